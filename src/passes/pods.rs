//! What stands in one pod, and in which order (design 4.1): waits first, then what does its work and ends, then what stays.
//!
//! ```yaml
//! deploy: { mode: global-job }
//! # DaemonSet: initContainers: the work; containers: pause, which keeps the pod there
//! ```

use crate::diag::Diagnostics;
use crate::ir::{App, Container, Member, Name, Step, Traced, Why, Workload};
use crate::lower::Context;

/// What holds a pod whose work is done.
const PAUSE: &str = "registry.k8s.io/pause:3.10";

pub(super) fn run(app: &mut App, _context: &Context<'_>, _diags: &mut Diagnostics) {
    for workload in &mut app.workloads {
        let waits = std::mem::take(&mut workload.waits);
        workload.steps.extend(waits.into_iter().map(Step::Wait));
        if let Some(place) = workload.once_per_node {
            let work = set_aside(workload, &Why::Origin(place));
            workload.steps.push(Step::Ends(Box::new(work)));
        }
        name_waits(workload);
    }
}

/// Takes the main container out of its place, where one that only stays comes in.
fn set_aside(workload: &mut Workload, why: &Why) -> Member {
    let pause = Container::of_image(Traced { value: PAUSE.to_owned(), why: why.clone() });
    let container = std::mem::replace(&mut workload.container, pause);
    let ports = std::mem::take(&mut workload.ports);
    let name = std::mem::replace(&mut workload.called, workload.name.with("done"));
    Member { name, container, ports, why: Why::Origin(workload.origin) }
}

/// No two containers of a pod share a name, and a workload may be called `wait-for-db`.
fn name_waits(workload: &mut Workload) {
    let mut taken: std::collections::BTreeSet<Name> =
        workload.beside.iter().map(|member| member.name.clone()).collect();
    taken.insert(workload.called.clone());
    for step in &workload.steps {
        if let Step::Ends(member) | Step::Stays(member) = step {
            taken.insert(member.name.clone());
        }
    }
    for step in &mut workload.steps {
        if let Step::Wait(wait) = step {
            let wanted = wait.name.clone();
            let mut number = 2;
            while !taken.insert(wait.name.clone()) {
                wait.name = wanted.with(&number.to_string());
                number += 1;
            }
        }
    }
}
