//! Autoscalers and budgets of what cannot have them: one pod on each node, what runs to its end, and what runs in another one's pod.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Autoscaling, Budget, Kind, Workload};
use crate::lower::Context;
use crate::origin::Origin;

pub(super) fn run(app: &mut App, _context: &Context<'_>, diags: &mut Diagnostics) {
    for workload in &mut app.workloads {
        let is_guest = workload.host.as_ref().is_some_and(|host| host.owner != workload.name);
        let (scales, because) = match workload.kind.value {
            _ if is_guest => (false, "it runs in the pod of another service"),
            Kind::Deployment | Kind::StatefulSet => (true, ""),
            Kind::DaemonSet => (false, "one pod runs on each node"),
            Kind::Job | Kind::CronJob => (false, "it runs to its end"),
        };
        if scales {
            continue;
        }
        if let Some(Autoscaling { least, most, cpu, memory, behavior, why }) = workload.autoscaling.take() {
            let numbers = [&least, &cpu, &memory].into_iter().flatten().chain([&most]);
            let places: Vec<Origin> =
                numbers.flat_map(|number| number.why.origins()).chain(why.origins()).copied().collect();
            say(workload, "autoscaling", because, &places, behavior.map(|node| node.origin), diags);
        }
        // Evictions pass over the pods of a DaemonSet.
        if let Some(Budget::Least(portion) | Budget::MostGone(portion)) = workload.budget.take() {
            say(workload, "pod_disruption_budget", because, portion.why.origins(), None, diags);
        }
    }
}

fn say(
    workload: &Workload,
    key: &str,
    because: &str,
    places: &[Origin],
    below: Option<Origin>,
    diags: &mut Diagnostics,
) {
    let first = places.first().copied().unwrap_or(workload.origin);
    diags.push(
        Diagnostic::new(
            Code::KubernetesWithoutEffect,
            first,
            format!("`{key}` of `{}` has no effect", workload.service),
        )
        .why(because)
        .help("remove it")
        .key(format!("services.{}.x-kubernetes.{key}", workload.service))
        .covers(places.iter().copied())
        .covers_below(below),
    );
}
