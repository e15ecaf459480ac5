//! What is stored: one entry for each volume, folder of the host or external claim, whoever mounts it.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::compose::grammar::mounts as grammar;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    Access, App, Each, Kind, Labelled, Mount, MountSource, Name, NamedVolume, NetworkShare, Traced, Why, Wishes,
    Workload,
};
use crate::lower::Context;
use crate::origin::Origin;
use crate::passes::claims::apart::{self, Apart};
use crate::passes::claims::{has_own_volumes, on_nodes};
use crate::request::SharedVolumes;

/// What several mounts may show.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Identity {
    /// A named volume, by its claim, and the first of the workloads that see it alike where it is not one for all.
    Volume(Name, Option<usize>),
    /// A folder of the Docker host, by its path, and the same.
    Folder(String, Option<usize>),
    /// A claim that must exist.
    External(Name),
    /// A named volume of which each service has its own: the workload, and the volume's name.
    Each(usize, Name),
    /// A volume without a name, at a path where the image of one workload keeps its data.
    Anonymous(usize, String),
}

/// Something stored.
#[derive(Debug)]
pub(super) struct Store {
    /// The claim's name.
    pub(super) claim: Name,
    /// The workloads that mount it, in order.
    pub(super) users: Vec<usize>,
    /// Whether each pod of its one user has its own.
    pub(super) is_template: bool,
    /// Whether a claim is written for it.
    pub(super) is_shared_claim: bool,
    /// Why several nodes may mount it at once.
    pub(super) many_nodes: Option<Why>,
    /// What the user says of the claim beside its size.
    pub(super) wishes: Wishes,
    /// Bytes, where they are stated.
    pub(super) size: Option<Traced<i64>>,
    pub(super) labelled: Labelled,
    /// The network storage behind it.
    pub(super) network: Option<NetworkShare>,
    /// The first mount of it.
    pub(super) origin: Origin,
    is_written: bool,
}

impl Store {
    /// Who may mount it at once.
    pub(super) fn access(&self) -> Traced<Access> {
        match (&self.wishes.access, &self.many_nodes) {
            (Some(access), _) => access.clone(),
            (None, Some(why)) => Traced { value: Access::Many, why: why.clone() },
            (None, None) => Traced::decided(Access::Once, "read-write-once"),
        }
    }
}

/// Everything stored, in the order of the first mount.
#[derive(Debug)]
pub(super) struct Stores {
    all: IndexMap<Identity, Store>,
    named: IndexMap<String, NamedVolume>,
    /// The folders of the Docker host that no other of them holds.
    folders: BTreeSet<String>,
    project_folder: String,
    apart: Apart,
}

impl Stores {
    /// Looks at every mount of the app.
    pub(super) fn survey(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) -> Stores {
        let mut stores = Stores {
            all: IndexMap::new(),
            named: std::mem::take(&mut app.named_volumes),
            folders: BTreeSet::new(),
            project_folder: context.loaded.folder.clone(),
            apart: Apart::default(),
        };
        on_nodes::settle(app, &stores, context, diags);
        for mount in app.workloads.iter().flat_map(|workload| &workload.mounts) {
            if let MountSource::Data(path) = &mount.source {
                stores.folders.insert(path.clone());
            }
        }
        stores.apart = apart::find(app, &stores, context, diags);
        for (index, workload) in app.workloads.iter().enumerate() {
            for mount in &workload.mounts {
                stores.note(index, workload, mount);
            }
        }
        stores.unused(diags);
        stores.decide(app, context);
        stores.bound(diags);
        stores.name_folders(app);
        stores
    }

    /// What a mount shows, and the folder of it that it shows.
    pub(super) fn of(
        &self,
        index: usize,
        workload: &Workload,
        mount: &Mount,
    ) -> Option<(Identity, Option<Traced<String>>)> {
        match &mount.source {
            MountSource::Named { volume, subpath } => {
                let named = self.named.get(volume);
                let name = named.map_or_else(|| Name::from_text(volume), |named| named.name.clone());
                let identity = match named.and_then(|named| named.each) {
                    Some(Each::Service | Each::Slot(_)) => Identity::Each(index, name),
                    None => self.apart.seen(Identity::Volume(name, None), index),
                };
                Some((identity, subpath.clone()))
            }
            MountSource::External { claim, subpath } => {
                Some((Identity::External(claim.value.clone()), subpath.clone()))
            }
            MountSource::Data(path) => {
                let top = self.top_of(path);
                let below =
                    path.strip_prefix(top).map(|rest| rest.trim_start_matches('/')).filter(|rest| !rest.is_empty());
                let below = below.map(|rest| Traced::from_origin(rest.to_owned(), mount.origin));
                Some((self.apart.seen(Identity::Folder(top.to_owned(), None), index), below))
            }
            MountSource::Anonymous => {
                let target = mount.target.value.as_str();
                let known = crate::images::known(&workload.container.image.value)?;
                (known.datastore && known.data.contains(&target) && workload.kind.value == Kind::Deployment)
                    .then(|| (Identity::Anonymous(index, target.to_owned()), None))
            }
            MountSource::Memory(_)
            | MountSource::File { object: _, kind: _, key: _, mode: _ }
            | MountSource::Folder { object: _, kind: _, items: _ }
            | MountSource::Host { path: _, kind: _ }
            | MountSource::Image { reference: _, subpath: _ } => None,
        }
    }

    /// The outermost mounted folder that holds a path: on the Docker host both were one place.
    fn top_of<'a>(&self, path: &'a str) -> &'a str {
        let mut top = path;
        let mut rest = path;
        while let Some((above, _)) = rest.rsplit_once('/').filter(|(above, _)| !above.is_empty()) {
            if self.folders.contains(above) && !self.hold_project(above) {
                top = above;
            }
            rest = above;
        }
        top
    }

    /// Whether what a mount shows is on each node its own: nothing says that a network brings it there.
    pub(super) fn is_local(&self, mount: &Mount) -> bool {
        match &mount.source {
            MountSource::Named { volume, subpath: _ } => self.named.get(volume).is_none_or(|named| {
                named.network.is_none() && named.many_nodes.is_none() && named.wishes.access.is_none()
            }),
            MountSource::Data(_) => true,
            MountSource::External { claim: _, subpath: _ }
            | MountSource::Anonymous
            | MountSource::Memory(_)
            | MountSource::File { object: _, kind: _, key: _, mode: _ }
            | MountSource::Folder { object: _, kind: _, items: _ }
            | MountSource::Host { path: _, kind: _ }
            | MountSource::Image { reference: _, subpath: _ } => false,
        }
    }

    /// A path as people write it beside the Compose file.
    pub(super) fn shown(&self, path: &str) -> String {
        match path.strip_prefix(self.project_folder.as_str()).and_then(|rest| rest.strip_prefix('/')) {
            Some(rest) => format!("./{rest}"),
            None if self.project_folder == "." && !path.starts_with('.') && !grammar::is_absolute(path) => {
                format!("./{path}")
            }
            None => path.to_owned(),
        }
    }

    /// Whether a folder is the project's own, or one above it.
    pub(super) fn hold_project(&self, path: &str) -> bool {
        grammar::is_within(&self.project_folder, path)
    }

    /// The store of an identity.
    pub(super) fn get(&self, identity: &Identity) -> Option<&Store> {
        self.all.get(identity)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Store> {
        self.all.values()
    }

    /// The volumes of which each slot has its own: their names, where they are written, and who mounts them.
    pub(super) fn of_slots(&self) -> Vec<(&Name, Origin, Vec<usize>)> {
        let slots = self.named.values().filter_map(|named| match named.each? {
            Each::Slot(place) => Some((&named.name, place)),
            Each::Service => None,
        });
        let mut users: BTreeMap<&Name, Vec<usize>> = BTreeMap::new();
        for identity in self.all.keys() {
            if let Identity::Each(index, name) = identity {
                users.entry(name).or_default().push(*index);
            }
        }
        slots.map(|(name, place)| (name, place, users.remove(name).unwrap_or_default())).collect()
    }

    /// All of them with what they are.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Identity, &Store)> {
        self.all.iter()
    }

    fn note(&mut self, index: usize, workload: &Workload, mount: &Mount) {
        let Some((identity, _)) = self.of(index, workload, mount) else { return };
        let named =
            if let MountSource::Named { volume, subpath: _ } = &mount.source { self.named.get(volume) } else { None };
        let store = self.all.entry(identity.clone()).or_insert_with(|| Store {
            claim: match identity {
                Identity::Volume(name, None) | Identity::External(name) | Identity::Each(_, name) => name,
                Identity::Volume(name, Some(_)) => workload.name.with(name.as_str()),
                Identity::Folder(path, _) => workload.name.with(last_part(&path)),
                Identity::Anonymous(_, target) => workload.name.with(last_part(&target)),
            },
            users: Vec::new(),
            is_template: false,
            is_shared_claim: false,
            many_nodes: named.and_then(|named| named.many_nodes.clone()),
            wishes: named.map(|named| named.wishes.clone()).unwrap_or_default(),
            size: named.and_then(|named| named.size.clone()),
            labelled: named.map(|named| named.labelled.clone()).unwrap_or_default(),
            network: named.and_then(|named| named.network.clone()),
            origin: mount.origin,
            is_written: false,
        });
        store.wishes = std::mem::take(&mut store.wishes).or(&workload.wishes);
        store.is_written |= mount.read_only.is_none();
        if store.users.last() != Some(&index) {
            store.users.push(index);
        }
    }

    /// Volumes that nothing mounts say nothing.
    fn unused(&self, diags: &mut Diagnostics) {
        let mounted: BTreeSet<&Name> = self
            .all
            .keys()
            .filter_map(|identity| match identity {
                Identity::Volume(name, _) | Identity::Each(_, name) => Some(name),
                Identity::Folder(_, _) | Identity::External(_) | Identity::Anonymous(_, _) => None,
            })
            .collect();
        for volume in self.named.values() {
            if mounted.contains(&volume.name) {
                continue;
            }
            let NamedVolume { name: _, size, labelled, network, many_nodes, wishes, each: _, below: _, origin: _ } =
                volume;
            let labels = labelled.labels.iter().chain(&labelled.annotations).map(|(_, value)| &value.why);
            let reasons =
                size.iter().map(|size| &size.why).chain(network.iter().map(|share| &share.why)).chain(wishes.reasons());
            for place in reasons.chain(many_nodes).chain(labels).flat_map(Why::origins) {
                diags.consume(*place, "no service mounts the volume");
            }
        }
    }

    fn decide(&mut self, app: &App, context: &Context<'_>) {
        let dialect = context.dialect();
        for (identity, store) in &mut self.all {
            let users: Vec<&Workload> = store.users.iter().filter_map(|index| app.workloads.get(*index)).collect();
            let own = match (identity, users.as_slice()) {
                (Identity::Anonymous(_, _), _) => true,
                (Identity::Volume(_, _) | Identity::Folder(_, _) | Identity::Each(_, _), [only]) => {
                    store.network.is_none() && store.is_written && has_own_volumes(only, dialect)
                }
                (Identity::Volume(_, _) | Identity::Folder(_, _) | Identity::Each(_, _), _)
                | (Identity::External(_), _) => false,
            };
            store.is_template = own;
            store.is_shared_claim = !own && !matches!(identity, Identity::External(_));
            store.wishes = std::mem::take(&mut store.wishes).or(&app.wishes);
            store.size = store.wishes.size.clone().or(store.size.take());
            if store.network.is_some() {
                store.many_nodes = Some(Why::Decision("network-volume"));
            } else if let Some(access) = &store.wishes.access {
                store.many_nodes = match access.value {
                    Access::Many | Access::ReadOnlyMany => Some(access.why.clone()),
                    Access::Once | Access::OncePod => None,
                };
            } else if !several(store, &users) {
                store.many_nodes = None;
            } else if context.request.shared_volumes == SharedVolumes::ReadWriteMany {
                store.many_nodes = Some(Why::Decision("shared-volumes"));
            }
        }
    }

    /// A claim that is bound to a volume of a network has no class.
    fn bound(&mut self, diags: &mut Diagnostics) {
        for store in self.all.values_mut().filter(|store| store.network.is_some()) {
            let Some(class) = store.wishes.class.take() else { continue };
            let place = class.why.origins().first().copied().unwrap_or(store.origin);
            diags.push(
                Diagnostic::new(
                    Code::KubernetesWithoutEffect,
                    place,
                    format!("the claim {} has no storage class", store.claim),
                )
                .why("it is bound to the one volume that its driver options name")
                .help("remove the class, or the driver options")
                .key("x-kubernetes.class"),
            );
        }
    }

    /// A folder of several workloads is called after itself; no two claims have one name.
    fn name_folders(&mut self, app: &App) {
        let mut taken: BTreeMap<Name, usize> = BTreeMap::new();
        for (identity, store) in &mut self.all {
            match identity {
                Identity::Volume(_, _) | Identity::External(_) => {
                    taken.insert(store.claim.clone(), 1);
                }
                Identity::Folder(_, _) | Identity::Anonymous(_, _) | Identity::Each(_, _) => {}
            }
        }
        for (identity, store) in &mut self.all {
            let path = match identity {
                Identity::Folder(path, _) | Identity::Anonymous(_, path) => path.as_str(),
                // Its pods' claims are told apart by the name of their StatefulSet.
                Identity::Each(_, name) if !store.is_template => name.as_str(),
                Identity::Each(_, _) | Identity::Volume(_, _) | Identity::External(_) => continue,
            };
            let one = if store.users.len() > 1 { None } else { store.users.first() };
            let wanted = match one.and_then(|index| app.workloads.get(*index)) {
                Some(workload) => workload.name.with(last_part(path)),
                None => Name::from_text(last_part(path)),
            };
            let count = taken.entry(wanted.clone()).or_insert(0);
            *count += 1;
            let number = *count;
            store.claim = if number == 1 { wanted } else { wanted.with(&number.to_string()) };
            taken.entry(store.claim.clone()).or_insert(1);
        }
    }
}

/// Whether more than one pod mounts it at once.
pub(super) fn several(store: &Store, users: &[&Workload]) -> bool {
    !store.is_template
        && (users.len() > 1
            || users.iter().any(|workload| workload.replicas.value > 1 || workload.kind.value == Kind::DaemonSet))
}

/// A path's last part that says something.
pub(super) fn last_part(path: &str) -> &str {
    path.rsplit(['/', '\\']).find(|part| !part.is_empty() && *part != "." && *part != "~").unwrap_or("data")
}
