//! Which workloads must share a node: those that one volume, which one node at a time may mount, connects.
//!
//! One label for each connected group: pairwise terms would deadlock on chains (A-v1-B-v2-C).

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Kind, Name, Traced};
use crate::origin::Origin;
use crate::passes::claims::stores::{Stores, several};

/// Gives each workload of a group its label.
pub(super) fn together(app: &mut App, stores: &Stores, diags: &mut Diagnostics) {
    let mut parent: Vec<usize> = (0..app.workloads.len()).collect();
    let mut because: BTreeMap<usize, Origin> = BTreeMap::new();
    for store in stores.iter().filter(|store| store.many_nodes.is_none()) {
        let users: Vec<_> = store.users.iter().filter_map(|index| app.workloads.get(*index)).collect();
        if !several(store, &users) {
            continue;
        }
        let Some((first, rest)) = store.users.split_first() else { continue };
        for index in &store.users {
            because.entry(*index).or_insert(store.origin);
        }
        for other in rest {
            let (one, two) = (root(&mut parent, *first), root(&mut parent, *other));
            if let Some(slot) = parent.get_mut(one.max(two)) {
                *slot = one.min(two);
            }
        }
    }
    let mut names: BTreeMap<usize, Name> = BTreeMap::new();
    for (index, origin) in because {
        let group = root(&mut parent, index);
        let Some(workload) = app.workloads.get_mut(index) else { continue };
        // Its pods stand on every node: none of them can follow the others.
        if workload.kind.value == Kind::DaemonSet {
            continue;
        }
        // A group is called after the first workload in it.
        let name = names.entry(group).or_insert_with(|| workload.name.clone()).clone();
        workload.pod.together = Some(Traced::from_origin(name, origin));
        let count = workload.replicas.value;
        workload.pod.placement.spreads.retain(|spread| {
            let fits = spread.limit.is_none_or(|most| count <= most);
            if !fits && let Some(place) = spread.why.origins().first() {
                all_on_one_node(&workload.service, *place, diags);
            }
            fits
        });
    }
}

/// A limit of pods on one node and a volume that one node may mount: no node would be found for some of them.
fn all_on_one_node(service: &str, place: Origin, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::NodeLimitLost, place, format!("all pods of `{service}` run on one node"))
            .label("left out")
            .why("they share a claim, and most storage is mounted on one node at a time")
            .help("say --shared-volumes rwx if the cluster has a storage class that is mounted on several nodes")
            .cause("one-node")
            .key(format!("services.{service}.deploy.placement.max_replicas_per_node")),
    );
}

fn root(parent: &mut [usize], mut node: usize) -> usize {
    while let Some(up) = parent.get(node).copied().filter(|up| *up != node) {
        let above = parent.get(up).copied().unwrap_or(up);
        if let Some(slot) = parent.get_mut(node) {
            *slot = above;
        }
        node = up;
    }
    node
}
