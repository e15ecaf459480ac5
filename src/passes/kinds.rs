//! Which service runs once (design 4.1): a Job is one whose completion is waited for, or one with `restart: "no"` that serves nobody.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Condition, Kind, Traced};
use crate::lower::Context;

pub(super) fn run(app: &mut App, _context: &Context<'_>, diags: &mut Diagnostics) {
    let mut awaited = BTreeSet::new();
    let mut dialled = BTreeSet::new();
    for dependency in app.workloads.iter().flat_map(|workload| &workload.dependencies) {
        match dependency.condition.value {
            Condition::Completed => awaited.insert(dependency.service.clone()),
            Condition::Started | Condition::Healthy => dialled.insert(dependency.service.clone()),
        };
    }
    for workload in &mut app.workloads {
        if workload.kind.value != Kind::Deployment {
            continue;
        }
        let serves = !workload.ports.is_empty() || workload.check.is_some() || dialled.contains(&workload.service);
        let reason = match workload.runs_once {
            _ if awaited.contains(&workload.service) => {
                Some((workload.runs_once.unwrap_or(workload.origin), "another service waits for its completion"))
            }
            Some(place) if !serves => {
                Some((place, "it is not restarted, has no ports and no healthcheck, and nobody waits for it to start"))
            }
            Some(_) | None => None,
        };
        if let Some((place, because)) = reason {
            workload.kind = Traced::from_origin(Kind::Job, place);
            diags.push(
                Diagnostic::new(Code::KindJob, place, format!("`{}` becomes a Job", workload.service))
                    .why(because)
                    .help("write restart: always if it is a server")
                    .key(format!("services.{}", workload.service)),
            );
        }
    }
}
