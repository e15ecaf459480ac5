//! Which labels of a service a router reads: those of containers for docker compose, those of `deploy` on a swarm (design 4.3).

use std::collections::BTreeMap;

use crate::compose::Dialect;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, RouterLabel, Workload};

/// Takes the labels of one router out of each workload. Where `labels` and `deploy.labels` both have a key, the dialect says which one
/// the router reads.
pub(super) fn take(
    app: &mut App,
    dialect: Dialect,
    is_ours: fn(&str) -> bool,
    diags: &mut Diagnostics,
) -> BTreeMap<usize, Vec<RouterLabel>> {
    let mut all = BTreeMap::new();
    for (index, workload) in app.workloads.iter_mut().enumerate() {
        let (ours, others): (Vec<_>, Vec<_>) = std::mem::take(&mut workload.router_labels)
            .into_iter()
            .partition(|label| is_ours(&label.key.to_ascii_lowercase()));
        workload.router_labels = others;
        if ours.is_empty() {
            continue;
        }
        let of_deploy = dialect == Dialect::Swarm;
        let (read, unread): (Vec<_>, Vec<_>) = ours.into_iter().partition(|label| label.of_deploy == of_deploy);
        let labels =
            if read.is_empty() { elsewhere(workload, unread, of_deploy, diags) } else { without(read, unread, diags) };
        all.insert(index, labels);
    }
    all
}

/// Labels that stand where the router does not look are meant all the same.
fn elsewhere(
    workload: &Workload,
    labels: Vec<RouterLabel>,
    of_deploy: bool,
    diags: &mut Diagnostics,
) -> Vec<RouterLabel> {
    let place = labels.first().and_then(|label| label.value.why.origins().first());
    if let Some(place) = place {
        let (here, there) = if of_deploy { ("labels", "deploy.labels") } else { ("deploy.labels", "labels") };
        diags.push(
            Diagnostic::new(
                Code::RouterLabelsElsewhere,
                *place,
                format!("a router does not look at the {here} of `{}`", workload.service),
            )
            .label("they become routes all the same")
            .why(if of_deploy {
                "on a swarm it reads the labels of services"
            } else {
                "docker compose sets them on nothing"
            })
            .help(format!("move them to {there}"))
            .cause("labels elsewhere")
            .key(format!("services.{}.{here}", workload.service)),
        );
    }
    labels
}

/// Those that the router reads; the others have nothing to say.
fn without(read: Vec<RouterLabel>, unread: Vec<RouterLabel>, diags: &mut Diagnostics) -> Vec<RouterLabel> {
    for place in unread.iter().flat_map(|label| label.value.why.origins()) {
        diags.consume(*place, "the router reads the other ones of the service");
    }
    read
}
