//! Mounts become volumes and claims (design 4.4): a volume of one service is a claim of its StatefulSet's own, a volume of several
//! is one claim whose pods share a node.
//!
//! ```yaml
//! volumes: [db-data:/var/lib/mysql]
//! # StatefulSet with volumeClaimTemplates: db-data, and a headless governing Service
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::compose::Dialect;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    App, Claim, ContainerMount, Exposure, ExposureKind, Kind, Mount, MountSource, Name, Selects, Traced, Volume,
    VolumeSource, Why, Workload,
};
use crate::lower::Context;
use crate::origin::Origin;

/// What a volume gets when nothing states its size: the least that every cloud gives.
const DEFAULT_SIZE: i64 = 1 << 30;

/// The key of a named volume, or the claim of a copied folder.
fn storage(mount: &Mount) -> Option<String> {
    match &mount.source {
        MountSource::Named { volume, subpath: _ } => Some(volume.clone()),
        MountSource::Data(name) => Some(name.as_str().to_owned()),
        MountSource::External(_)
        | MountSource::Anonymous
        | MountSource::Memory(_)
        | MountSource::File { object: _, kind: _, key: _, mode: _ }
        | MountSource::Folder { object: _, kind: _ }
        | MountSource::Host { path: _, kind: _ } => None,
    }
}

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let mut users: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, workload) in app.workloads.iter().enumerate() {
        for volume in workload.mounts.iter().filter_map(storage) {
            let of_volume = users.entry(volume).or_default();
            if of_volume.last() != Some(&index) {
                of_volume.push(index);
            }
        }
    }
    let groups = together(&users, app.workloads.len());
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for root in &groups {
        *sizes.entry(*root).or_default() += 1;
    }
    let mut said = false;
    let mut shared: Vec<Claim> = Vec::new();
    for (index, workload) in app.workloads.iter_mut().enumerate() {
        let is_group = groups.get(index).and_then(|root| sizes.get(root)).is_some_and(|size| *size > 1);
        if let (true, Some(root)) = (is_group, groups.get(index)) {
            workload.pod.together = shared_origin(workload, &users)
                .map(|origin| Traced::from_origin(Name::from_text(&format!("volumes-{root}")), origin));
        }
        let template = workload.kind.value == Kind::Deployment
            && (workload.replicas.value <= 1 || context.dialect() == Dialect::Swarm);
        let mut names = Names::default();
        for mount in std::mem::take(&mut workload.mounts) {
            let alone =
                storage(&mount).is_some_and(|volume| users.get(&volume).is_some_and(|of_volume| of_volume.len() == 1));
            if storage(&mount).is_some() && !said {
                said = true;
                diags.push(
                    Diagnostic::new(Code::VolumeSize, mount.origin, "each volume is given 1Gi")
                        .why("Compose states no size; Kubernetes needs one")
                        .help("edit the claim's storage before the first apply"),
                );
            }
            place(workload, mount, alone && template, &mut names, &mut shared);
        }
        finish(workload);
    }
    let by_number: BTreeMap<String, Name> = group_names(app);
    for workload in &mut app.workloads {
        if let Some(together) = &mut workload.pod.together
            && let Some(name) = by_number.get(together.value.as_str())
        {
            together.value = name.clone();
        }
    }
    app.claims = shared;
}

fn shared_origin(workload: &Workload, users: &BTreeMap<String, Vec<usize>>) -> Option<Origin> {
    workload
        .mounts
        .iter()
        .find(|mount| storage(mount).and_then(|volume| users.get(&volume)).is_some_and(|of_volume| of_volume.len() > 1))
        .map(|mount| mount.origin)
}

/// A group is called after the first workload in it.
fn group_names(app: &App) -> BTreeMap<String, Name> {
    let mut names = BTreeMap::new();
    for workload in &app.workloads {
        if let Some(together) = &workload.pod.together {
            names.entry(together.value.as_str().to_owned()).or_insert_with(|| workload.name.clone());
        }
    }
    names
}

/// For each workload the number of its connected group: pairwise terms would deadlock on chains (A-v1-B-v2-C).
fn together(users: &BTreeMap<String, Vec<usize>>, count: usize) -> Vec<usize> {
    let mut parent: Vec<usize> = (0..count).collect();
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
    for of_volume in users.values() {
        if let Some((first, rest)) = of_volume.split_first() {
            for other in rest {
                let (one, two) = (root(&mut parent, *first), root(&mut parent, *other));
                if let Some(slot) = parent.get_mut(one.max(two)) {
                    *slot = one.min(two);
                }
            }
        }
    }
    (0..count).map(|node| root(&mut parent, node)).collect()
}

/// Names of a pod's volumes: each source has one, and no two share one.
#[derive(Default)]
struct Names {
    by_source: BTreeMap<String, Name>,
    taken: BTreeSet<Name>,
    /// The number to try next behind a name that is taken.
    next: BTreeMap<String, u32>,
}

impl Names {
    fn of(&mut self, wanted: &str, source: &str) -> Name {
        if let Some(name) = self.by_source.get(source) {
            return name.clone();
        }
        let mut name = Name::from_text(wanted);
        let number = self.next.entry(wanted.to_owned()).or_insert(2);
        while !self.taken.insert(name.clone()) {
            name = Name::from_text(&format!("{wanted}-{number}"));
            *number += 1;
        }
        self.by_source.insert(source.to_owned(), name.clone());
        name
    }
}

fn place(workload: &mut Workload, mount: Mount, template: bool, names: &mut Names, shared: &mut Vec<Claim>) {
    let Mount { target, source, read_only, origin } = mount;
    let why = Why::Origin(origin);
    let mut subpath = None;
    let volume = match source {
        MountSource::Named { volume, subpath: below } => {
            subpath = below.or_else(|| below_root(workload, &target.value));
            claim(workload, &volume, template, names, shared, &why)
        }
        MountSource::Data(name) => {
            subpath = below_root(workload, &target.value);
            claim(workload, name.as_str(), template, names, shared, &why)
        }
        MountSource::External(claim) => {
            add(workload, names, claim.value.as_str(), VolumeSource::Claim(claim.value.clone()), claim.why)
        }
        MountSource::Anonymous => add(workload, names, &last_part(&target.value), VolumeSource::Empty, why.clone()),
        MountSource::Memory(size) => {
            add(workload, names, &last_part(&target.value), VolumeSource::Memory(size), why.clone())
        }
        MountSource::Host { path, kind } => {
            add(workload, names, &last_part(&path), VolumeSource::Host { path, kind }, why.clone())
        }
        MountSource::Folder { object, kind } => add(
            workload,
            names,
            object.as_str(),
            VolumeSource::Object { kind, object: object.clone(), items: Vec::new() },
            why.clone(),
        ),
        MountSource::File { object, kind, key, mode } => {
            subpath = Some(Traced { value: key.clone(), why: why.clone() });
            add(
                workload,
                names,
                object.as_str(),
                VolumeSource::Object { kind, object: object.clone(), items: vec![(key, mode)] },
                why.clone(),
            )
        }
    };
    let read_only = read_only.map(Why::Origin);
    workload.container.mounts.push(ContainerMount { volume, path: target, subpath, read_only });
}

/// A new block volume holds `lost+found`, and some images refuse a data folder that is not empty.
fn below_root(workload: &Workload, target: &str) -> Option<Traced<String>> {
    let known = crate::images::known(&workload.container.image.value)?;
    (known.wants_empty_folder && known.data.contains(&target))
        .then(|| Traced::decided("data".to_owned(), "data-folder-must-be-empty"))
}

fn last_part(path: &str) -> String {
    path.rsplit('/').find(|part| !part.is_empty()).unwrap_or("root").to_owned()
}

fn claim(
    workload: &mut Workload,
    volume: &str,
    template: bool,
    names: &mut Names,
    shared: &mut Vec<Claim>,
    why: &Why,
) -> Name {
    let size = || Traced::decided(DEFAULT_SIZE, "default-volume-size");
    if template {
        let name = names.of(volume, volume);
        if !workload.claim_templates.iter().any(|claim| claim.name == name) {
            workload.claim_templates.push(Claim { name: name.clone(), size: size(), why: why.clone() });
        }
        return name;
    }
    let name = Name::from_text(volume);
    if !shared.iter().any(|claim| claim.name == name) {
        shared.push(Claim { name: name.clone(), size: size(), why: why.clone() });
    }
    add(workload, names, volume, VolumeSource::Claim(name), why.clone())
}

/// Adds a volume, or joins one of the same object: files of one object share a volume as long as no key is asked for twice.
fn add(workload: &mut Workload, names: &mut Names, wanted: &str, source: VolumeSource, why: Why) -> Name {
    for volume in &mut workload.volumes {
        if let (VolumeSource::Claim(one), VolumeSource::Claim(two)) = (&volume.source, &source)
            && one == two
        {
            return volume.name.clone();
        }
        if let (
            VolumeSource::Object { kind, object, items },
            VolumeSource::Object { kind: other_kind, object: other, items: more },
        ) = (&mut volume.source, &source)
            && kind == other_kind
            && object == other
            && items.is_empty() == more.is_empty()
        {
            let clashes = more
                .iter()
                .any(|(key, mode)| items.iter().any(|(known, known_mode)| known == key && known_mode != mode));
            if !clashes {
                items.extend(
                    more.iter()
                        .filter(|(key, _)| !items.iter().any(|(known, _)| known == key))
                        .cloned()
                        .collect::<Vec<_>>(),
                );
                return volume.name.clone();
            }
        }
    }
    // No key of a volume holds a slash.
    let source_key = format!("/{}", workload.volumes.len());
    let name = names.of(wanted, &source_key);
    workload.volumes.push(Volume { name: name.clone(), source, why });
    name
}

/// A workload with claim templates is a StatefulSet.
fn finish(workload: &mut Workload) {
    let needs_group = !workload.claim_templates.is_empty()
        || workload.volumes.iter().any(|volume| {
            matches!(volume.source, VolumeSource::Claim(_) | VolumeSource::Object { kind: _, object: _, items: _ })
        });
    if !needs_group || workload.pod.fs_group.as_ref().is_some_and(|group| group.value == 0) {
        workload.pod.fs_group = None;
    }
    if let Some(first) = workload.claim_templates.first() {
        let why = first.why.clone();
        workload.kind = Traced { value: Kind::StatefulSet, why: why.clone() };
        let governing = workload.name.with("headless");
        workload.exposures.push(Exposure {
            name: governing.clone(),
            kind: ExposureKind::Headless,
            selects: Selects::Own,
            ports: workload.ports.iter().map(crate::passes::exposures::service_port).collect(),
            not_ready: Some(Why::Decision("peers-find-each-other")),
            why,
        });
        workload.governing = Some(governing);
    }
}
