//! Names that answer before their pods are ready, as on Docker, where a name answers from the start of a container: of services that
//! dial each other none would ever be ready otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::circles::{Circles, rings};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Condition, ExposureKind, Name, Why, Workload};

/// Marks the pods that wait, by one of their members, for something that waits for another of their members: each member is then
/// started before those behind it wait, and answers before the pod is ready. Gives the numbers of the owners.
pub(super) fn stage(app: &mut App, circles: &Circles, diags: &mut Diagnostics) -> BTreeSet<usize> {
    let owners = owners(app);
    let mut edges: Vec<Vec<usize>> = vec![Vec::new(); app.workloads.len()];
    for (index, workload) in app.workloads.iter().enumerate() {
        for dependency in &workload.dependencies {
            let Some(target) = circles.index_of.get(&dependency.service).copied() else { continue };
            let (Some(from), Some(to)) = (owners.get(index).copied(), owners.get(target).copied()) else { continue };
            if from != to && !circles.holds(index, target) {
                edges.get_mut(from).into_iter().for_each(|list| list.push(to));
            }
        }
    }
    let staged: BTreeSet<usize> = rings(&edges).into_iter().flatten().collect();
    for (workload, owner) in app.workloads.iter_mut().zip(owners) {
        let Some(host) = workload.host.as_mut().filter(|_| staged.contains(&owner)) else { continue };
        host.staged = true;
        if workload.check.is_some() {
            diags.push(
                Diagnostic::new(
                    Code::OnePodEarly,
                    workload.origin,
                    format!("`{}` answers before its healthcheck has passed", workload.service),
                )
                .why("its pod waits for a service that waits for this one, so it cannot be ready first")
                .help("let it share no network, processes or mounts with the service that waits")
                .key(format!("services.{}", workload.service)),
            );
        }
    }
    staged
}

/// Docker answers names from the start of a container, Kubernetes from readiness: of services that dial each other none would ever
/// be ready. A wait for a start is an edge as well, as the one that is waited for may dial the one that waits.
pub(super) fn answer_early(app: &mut App, circles: &Circles, staged: &BTreeSet<usize>) {
    let owners = owners(app);
    let of_pod = |index: usize| owners.get(index).copied().unwrap_or(index);
    let mut edges: Vec<Vec<usize>> = vec![Vec::new(); app.workloads.len()];
    let index_of: BTreeMap<&Name, usize> =
        app.workloads.iter().enumerate().map(|(index, workload)| (&workload.name, index)).collect();
    for dial in app.dials.iter().filter(|dial| !dial.listens) {
        let from = dial.from.as_ref().and_then(|from| index_of.get(from));
        if let (Some(from), Some(to)) = (from, index_of.get(&dial.to)) {
            edges.get_mut(of_pod(*from)).into_iter().for_each(|list| list.push(of_pod(*to)));
        }
    }
    for (index, workload) in app.workloads.iter().enumerate() {
        let started =
            workload.dependencies.iter().filter(|dependency| dependency.condition.value == Condition::Started);
        let targets = started
            .filter_map(|dependency| circles.index_of.get(&dependency.service).copied())
            .filter(|target| !circles.holds(index, *target) && of_pod(*target) != of_pod(index));
        let targets: Vec<usize> = targets.map(of_pod).collect();
        edges.get_mut(of_pod(index)).into_iter().for_each(|list| list.extend(&targets));
    }
    let mut early = staged.clone();
    early.extend(rings(&edges).into_iter().flatten());
    let workloads = app.workloads.iter_mut().zip(&owners);
    for workload in workloads.filter(|(_, owner)| early.contains(owner)).map(|(workload, _)| workload) {
        for exposure in &mut workload.exposures {
            match exposure.kind {
                ExposureKind::Cluster | ExposureKind::Headless => {
                    exposure.not_ready.get_or_insert(Why::Decision("peers-find-each-other"));
                }
                ExposureKind::LoadBalancer | ExposureKind::NodePort => {}
            }
        }
    }
}

/// For each workload the number of the one that owns its pod.
fn owners(app: &App) -> Vec<usize> {
    let index_of: BTreeMap<&Name, usize> =
        app.workloads.iter().enumerate().map(|(index, workload)| (&workload.name, index)).collect();
    let owner = |(index, workload): (usize, &Workload)| {
        workload.host.as_ref().and_then(|host| index_of.get(&host.owner)).copied().unwrap_or(index)
    };
    app.workloads.iter().enumerate().map(owner).collect()
}
