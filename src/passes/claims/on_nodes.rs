//! Local storage of a service that runs on every node: on a swarm each node had its own, and no claim is mounted on all of them, so that
//! it is a folder of the node.
//!
//! ```yaml
//! agent: { volumes: ["state:/var/lib/agent"], deploy: { mode: global } }
//! # hostPath /var/lib/PROJECT/state
//! ```

use std::collections::BTreeSet;

use crate::compose::Dialect;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, ImageContent, Kind, Mount, MountSource, NodeTest, Traced, Workload};
use crate::lower::Context;
use crate::passes::claims::stores::{Identity, Stores};
use crate::request::SharedVolumes;

/// The label that one node alone has.
const NAME_OF_NODE: &str = "kubernetes.io/hostname";

/// Mounts folders of the node in place of what each node had, and says so.
pub(super) fn settle(app: &mut App, stores: &Stores, context: &Context<'_>, diags: &mut Diagnostics) {
    if context.dialect() != Dialect::Swarm || context.request.shared_volumes == SharedVolumes::ReadWriteMany {
        return;
    }
    let mut chosen: BTreeSet<Identity> = BTreeSet::new();
    let mut others: BTreeSet<Identity> = BTreeSet::new();
    for (index, workload) in app.workloads.iter().enumerate() {
        for mount in &workload.mounts {
            let Some((identity, _)) = stores.of(index, workload, mount) else { continue };
            let fits = runs_everywhere(workload) && can_be_of_node(workload, mount, stores, context);
            if fits {
                chosen.insert(identity)
            } else {
                others.insert(identity)
            };
        }
    }
    // What other services mount as well stays a claim of theirs.
    chosen.retain(|identity| !others.contains(identity));
    if chosen.is_empty() {
        return;
    }
    for index in 0..app.workloads.len() {
        let Some(workload) = app.workloads.get(index) else { continue };
        let place = |mount: &Mount| {
            let (identity, _) = stores.of(index, workload, mount)?;
            let path = folder(mount, app.project.value.as_str()).filter(|_| chosen.contains(&identity))?;
            say(workload, mount, &path, diags);
            Some(path)
        };
        let found: Vec<Option<String>> = workload.mounts.iter().map(place).collect();
        let Some(workload) = app.workloads.get_mut(index) else { continue };
        for (mount, path) in workload.mounts.iter_mut().zip(found) {
            if let Some(path) = path {
                mount.source =
                    MountSource::Host { path, kind: Traced::decided("DirectoryOrCreate", "folder-of-each-node") };
            }
        }
    }
}

/// Whether it has a pod on each of several nodes.
fn runs_everywhere(workload: &Workload) -> bool {
    let placement = &workload.pod.placement;
    let is_one = placement.selector.iter().any(|(label, _)| label == NAME_OF_NODE)
        || placement.rules.iter().any(|rule| rule.label == NAME_OF_NODE && matches!(rule.test, NodeTest::Is(_)));
    workload.kind.value == Kind::DaemonSet && !is_one
}

/// Whether nothing but the node's own disk stands behind it: folders beside the file are on no node. A new folder belongs to root, and
/// pods of other users cannot write to it; one that was there was made for them.
fn can_be_of_node(workload: &Workload, mount: &Mount, stores: &Stores, context: &Context<'_>) -> bool {
    let is_beside = |path: &str| path.starts_with(context.loaded.folder.as_str()) || !path.starts_with('/');
    let is_needed = matches!(mount.content, ImageContent::Needed(_));
    match &mount.source {
        MountSource::Data(path) => !is_needed && !is_beside(path),
        MountSource::Named { volume: _, subpath: _ } => {
            !is_needed && stores.is_local(mount) && (workload.pod.fs_group.is_none() || mount.read_only.is_some())
        }
        MountSource::External { claim: _, subpath: _ }
        | MountSource::Anonymous
        | MountSource::Memory(_)
        | MountSource::File { object: _, kind: _, key: _, mode: _ }
        | MountSource::Folder { object: _, kind: _, items: _ }
        | MountSource::Host { path: _, kind: _ }
        | MountSource::Image { reference: _, subpath: _ } => false,
    }
}

/// The folder of the node that stands for it.
fn folder(mount: &Mount, project: &str) -> Option<String> {
    match &mount.source {
        MountSource::Data(path) => Some(path.clone()),
        MountSource::Named { volume, subpath } => {
            let below = subpath.as_ref().map(|path| format!("/{}", path.value)).unwrap_or_default();
            Some(format!("/var/lib/{project}/{volume}{below}"))
        }
        MountSource::External { claim: _, subpath: _ }
        | MountSource::Anonymous
        | MountSource::Memory(_)
        | MountSource::File { object: _, kind: _, key: _, mode: _ }
        | MountSource::Folder { object: _, kind: _, items: _ }
        | MountSource::Host { path: _, kind: _ }
        | MountSource::Image { reference: _, subpath: _ } => None,
    }
}

fn say(workload: &Workload, mount: &Mount, path: &str, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(
            Code::VolumeOnEveryNode,
            mount.origin,
            format!("`{}` mounts {path} of each node at {}", workload.service, mount.target.value),
        )
        .why("on the swarm each node had a volume or folder of its own, and no claim is mounted on all nodes")
        .help("put its files on the nodes, where there are some; a cluster may forbid hostPath volumes")
        .help("say --shared-volumes rwx if a network storage is mounted there on all nodes")
        .cause("folder-of-each-node")
        .subject(format!("{path} at {}", mount.target.value))
        .key(format!("services.{}.volumes", workload.service)),
    );
}
