//! The pods of a StatefulSet are called after it, with a number: a host name of one's own is not heard there.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Kind};
use crate::lower::Context;

pub(super) fn run(app: &mut App, _context: &Context<'_>, diags: &mut Diagnostics) {
    for workload in app.workloads.iter_mut().filter(|workload| workload.kind.value == Kind::StatefulSet) {
        let Some(hostname) = workload.pod.hostname.take() else { continue };
        let Some(place) = hostname.why.origins().first() else { continue };
        diags.push(
            Diagnostic::new(
                Code::HostnameChanged,
                *place,
                format!("the host name `{}` is {}-0 in the container", hostname.value, workload.controller()),
            )
            .why("the pods of a StatefulSet are called after it; other services still find it by the name that was written")
            .help("write x-kubernetes: { kind: deployment } where the program keeps its data under its host name")
            .key(format!("services.{}.hostname", workload.service)),
        );
    }
}
