//! Services that depend on each other in a circle: docker compose refuses them (compose-spec, "depends_on"), and on a swarm nothing
//! waits.

use std::collections::{BTreeMap, BTreeSet};

use crate::compose::Dialect;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::Workload;
use crate::passes::cycles;

/// Services that depend on each other in a circle.
pub(super) struct Circles {
    /// Each circle's services, in the order of the file.
    pub(super) members: Vec<Vec<usize>>,
    /// The number of a service's workload.
    pub(super) index_of: BTreeMap<String, usize>,
    /// The circle that a workload is in.
    circle_of: BTreeMap<usize, usize>,
}

impl Circles {
    /// Whether both are in one circle.
    pub(super) fn holds(&self, one: usize, other: usize) -> bool {
        self.circle_of.get(&one).is_some_and(|circle| self.circle_of.get(&other) == Some(circle))
    }
}

/// The circles of `depends_on`.
pub(super) fn circles(workloads: &[Workload]) -> Circles {
    let index_of: BTreeMap<String, usize> =
        workloads.iter().enumerate().map(|(index, workload)| (workload.service.clone(), index)).collect();
    let targets = |workload: &Workload| {
        let dependencies = workload.dependencies.iter();
        dependencies.filter_map(|dependency| index_of.get(&dependency.service).copied()).collect::<Vec<usize>>()
    };
    let edges: Vec<Vec<usize>> = workloads.iter().map(targets).collect();
    let mut members = rings(&edges);
    members.iter_mut().for_each(|component| component.sort_unstable());
    let circle_of = members
        .iter()
        .enumerate()
        .flat_map(|(circle, component)| component.iter().map(move |index| (*index, circle)))
        .collect();
    Circles { members, index_of, circle_of }
}

/// Says of a circle that nothing waits in it: docker compose refuses it, a swarm does not look.
pub(super) fn report(circle: &[usize], workloads: &[Workload], dialect: Dialect, diags: &mut Diagnostics) {
    let members: Vec<&Workload> = circle.iter().filter_map(|index| workloads.get(*index)).collect();
    let names: BTreeSet<&str> = members.iter().map(|workload| workload.service.as_str()).collect();
    let mut places = members.iter().flat_map(|workload| {
        let inside = workload.dependencies.iter().filter(|dependency| names.contains(dependency.service.as_str()));
        inside.map(|dependency| (workload.service.as_str(), dependency.service.as_str(), dependency.origin))
    });
    let Some((from, to, first)) = places.next() else { return };
    let list = members.iter().map(|workload| workload.service.as_str()).collect::<Vec<_>>().join(", ");
    let (code, message) = match (dialect, circle) {
        (Dialect::Compose, [_]) => (Code::DependencyCycle, format!("`{list}` waits for itself")),
        (Dialect::Compose, _) => (Code::DependencyCycle, format!("services wait for each other in a circle: {list}")),
        (Dialect::Swarm, [_]) => (Code::DependencySwarmLoose, format!("`{list}` depends on itself, so nothing waits")),
        (Dialect::Swarm, _) => {
            (Code::DependencySwarmLoose, format!("depends_on makes a circle of {list}, so nothing waits there"))
        }
    };
    let mut diagnostic = Diagnostic::new(code, first, message)
        .label(format!("{from} waits for {to}"))
        .help("remove one of the dependencies")
        .key(format!("services.{from}.depends_on.{to}"));
    for (from, to, place) in places {
        diagnostic = diagnostic.also(place, format!("{from} waits for {to}"));
    }
    diags.push(diagnostic);
}

/// Components of more than one node, or of one with an edge to itself.
pub(super) fn rings(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut rings = cycles::components(edges);
    rings.retain(|component| match component.as_slice() {
        [only] => edges.get(*only).is_some_and(|targets| targets.contains(only)),
        _ => true,
    });
    rings
}
