//! What is one for all on a Docker host, and on each node of a swarm its own (SwarmKit has no volumes that move): services that
//! are told to run on different nodes never see each other's local volumes and folders.
//!
//! ```yaml
//! one: { volumes: ["/ssd:/data"], deploy: { placement: { constraints: [node.hostname == a] } } }
//! two: { volumes: ["/ssd:/data"], deploy: { placement: { constraints: [node.hostname == b] } } }
//! # a claim for each of the two: one claim would hold both on one node, which suits neither
//! ```

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::compose::Dialect;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, NodeTest, Workload};
use crate::lower::Context;
use crate::origin::Origin;
use crate::passes::claims::stores::{Identity, Stores};
use crate::request::SharedVolumes;

/// So many services are named.
const MOST_NAMES: usize = 5;

/// For what is not one for all: for each workload that mounts it the first of those that see it alike.
#[derive(Debug, Default)]
pub(super) struct Apart(BTreeMap<Identity, BTreeMap<usize, usize>>);

impl Apart {
    /// What a workload sees of it.
    pub(super) fn seen(&self, identity: Identity, index: usize) -> Identity {
        let Some(first) = self.0.get(&identity).and_then(|alike| alike.get(&index)).copied() else { return identity };
        match identity {
            Identity::Volume(name, _) => Identity::Volume(name, Some(first)),
            Identity::Folder(path, _) => Identity::Folder(path, Some(first)),
            Identity::External(_) | Identity::Each(_, _) | Identity::Anonymous(_, _) => identity,
        }
    }
}

/// Looks for local storage of services that run on different nodes, and says that each has its own.
pub(super) fn find(app: &App, stores: &Stores, context: &Context<'_>, diags: &mut Diagnostics) -> Apart {
    let mut apart = Apart::default();
    if context.dialect() != Dialect::Swarm || context.request.shared_volumes == SharedVolumes::ReadWriteMany {
        return apart;
    }
    let mut users: IndexMap<Identity, IndexMap<usize, Origin>> = IndexMap::new();
    for (index, workload) in app.workloads.iter().enumerate() {
        for mount in workload.mounts.iter().filter(|mount| stores.is_local(mount)) {
            if let Some((identity, _)) = stores.of(index, workload, mount) {
                users.entry(identity).or_default().entry(index).or_insert(mount.origin);
            }
        }
    }
    for (identity, users) in users.into_iter().filter(|(_, users)| users.len() > 1) {
        let workloads = users.keys().filter_map(|index| Some((*index, app.workloads.get(*index)?)));
        let Some(alike) = alike(workloads.collect()) else { continue };
        let (Some((first, _)), Some((_, place))) = (users.first(), users.last()) else { continue };
        let name = |index: &usize| app.workloads.get(*index).map(|workload| format!("`{}`", workload.service));
        let firsts: BTreeSet<&usize> = alike.values().collect();
        let mut names: Vec<String> = firsts.iter().take(MOST_NAMES).copied().filter_map(name).collect();
        if firsts.len() > MOST_NAMES {
            names.push(format!("and {} more", firsts.len() - MOST_NAMES));
        }
        let what = match &identity {
            Identity::Volume(volume, _) | Identity::Each(_, volume) => format!("volume {volume}"),
            Identity::Folder(path, _) => format!("folder {}", stores.shown(path)),
            Identity::External(claim) => format!("claim {claim}"),
            Identity::Anonymous(_, target) => format!("folder {target}"),
        };
        let service = app.workloads.get(*first).map(|workload| workload.service.as_str()).unwrap_or_default();
        let title = format!("{} have a {what} of their own each", names.join(", "));
        diags.push(
            Diagnostic::new(Code::VolumeOfEachNode, *place, title)
                .why("they run on different nodes, and a swarm has local volumes and folders on each node")
                .help("say --shared-volumes rwx if a network storage is mounted there on all nodes")
                .cause("volume-of-each-node")
                .subject(what)
                .key(format!("services.{service}.volumes")),
        );
        apart.0.insert(identity, alike);
    }
    apart
}

/// For each workload the first one that asks for the same nodes; `None` where no two ask for different ones.
fn alike(workloads: Vec<(usize, &Workload)>) -> Option<BTreeMap<usize, usize>> {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (label, value) in workloads.iter().flat_map(|(_, workload)| required(workload)) {
        values.entry(label).or_default().insert(value);
    }
    values.retain(|_, values| values.len() > 1);
    if values.is_empty() {
        return None;
    }
    let mut firsts: BTreeMap<BTreeSet<(&str, &str)>, usize> = BTreeMap::new();
    let mut alike = BTreeMap::new();
    for (index, workload) in workloads {
        let asked: BTreeSet<(&str, &str)> =
            required(workload).filter(|(label, _)| values.contains_key(label)).collect();
        alike.insert(index, *firsts.entry(asked).or_insert(index));
    }
    Some(alike)
}

/// The labels that a workload's nodes must have, with their values.
fn required(workload: &Workload) -> impl Iterator<Item = (&str, &str)> {
    let placement = &workload.pod.placement;
    let selected = placement.selector.iter().map(|(label, value)| (label.as_str(), value.value.as_str()));
    let ruled = placement.rules.iter().filter_map(|rule| match &rule.test {
        NodeTest::Is(value) => Some((rule.label.as_str(), value.as_str())),
        NodeTest::IsNot(_) | NodeTest::Exists | NodeTest::Missing => None,
    });
    selected.chain(ruled)
}
