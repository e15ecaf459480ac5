//! Sidecars of what runs to its end (Kubernetes, "Sidecar Containers"): as containers beside it they would keep its Job from ever
//! being done, so that they become init containers that stay.
//!
//! ```yaml
//! x-kubernetes: { kind: job, sidecars: [{ name: proxy, image: example/proxy }] }
//! # initContainers: proxy, restartPolicy: Always
//! ```

use crate::diag::Diagnostics;
use crate::ir::{App, Kind, Target};
use crate::lower::Context;
use crate::syntax::{Entry, Node, Value};

pub(super) fn run(app: &mut App, _context: &Context<'_>, _diags: &mut Diagnostics) {
    for workload in &mut app.workloads {
        match workload.kind.value {
            Kind::Job | Kind::CronJob => {}
            Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => continue,
        }
        for patch in workload.patches.iter_mut().filter(|patch| patch.target == Target::Pods) {
            let Value::Map(fields) = &mut patch.tree.value else { continue };
            let Some(mut sidecars) = fields.shift_remove("containers") else { continue };
            if let Value::List(containers) = &mut sidecars.value.value {
                containers.iter_mut().for_each(stays);
            }
            fields.insert("initContainers".to_owned(), sidecars);
        }
    }
}

fn stays(container: &mut Node) {
    let origin = container.origin;
    if let Value::Map(fields) = &mut container.value {
        let always = Node { value: Value::String("Always".to_owned()), origin, tag: None };
        fields.insert("restartPolicy".to_owned(), Entry { key: origin, value: always });
    }
}
