//! One workload's mounts as volumes of its pod: each source has one name, and no two share one.

use std::collections::{BTreeMap, BTreeSet};

use crate::images::{self, Image};
use crate::ir::{
    Claim, ContainerMount, FileObjectKind, Item, Mount, MountSource, Name, TextPart, Traced, Volume, VolumeSource, Why,
    Workload,
};
use crate::passes::claims::stores::{Identity, Stores, last_part};

/// A volume of single files of one object.
struct Files {
    /// Its place among the volumes of the pod.
    index: usize,
    name: Name,
    /// The keys that it has, with their modes.
    modes: BTreeMap<String, Option<Traced<u32>>>,
}

/// Places the mounts of one workload.
pub(super) struct Placer<'a> {
    index: usize,
    pub(super) workload: &'a mut Workload,
    stores: &'a Stores,
    default: &'a Traced<i64>,
    known: Option<&'static Image>,
    by_source: BTreeMap<String, Name>,
    taken: BTreeSet<Name>,
    /// The volumes of single files, by the object that they are of.
    files: BTreeMap<(FileObjectKind, Name), Vec<Files>>,
    /// The volumes of claims.
    claims: BTreeMap<Name, Name>,
    /// The number to try next behind a name that is taken.
    next: BTreeMap<Name, u32>,
}

impl<'a> Placer<'a> {
    pub(super) fn new(
        index: usize,
        workload: &'a mut Workload,
        stores: &'a Stores,
        default: &'a Traced<i64>,
    ) -> Placer<'a> {
        let known = images::known(&workload.container.image.value);
        Placer {
            index,
            workload,
            stores,
            default,
            known,
            by_source: BTreeMap::new(),
            taken: BTreeSet::new(),
            files: BTreeMap::new(),
            claims: BTreeMap::new(),
            next: BTreeMap::new(),
        }
    }

    /// The mount as the container sees it; its volume joins the pod.
    pub(super) fn place(&mut self, mount: Mount) -> ContainerMount {
        let stored = self.stores.of(self.index, self.workload, &mount);
        let Mount { target, source, read_only, content: _, propagation, of_pod, owner: _, origin } = mount;
        let why = Why::Origin(origin);
        let mut subpath = None;
        let volume = match stored {
            Some((identity, below)) => {
                subpath = below.or_else(|| self.below_root(&target.value));
                self.stored(&identity, &why)
            }
            None => self.other(source, &target.value, &mut subpath, &why),
        };
        let of_pod = of_pod.map(|mut parts| {
            if let Some(above) = subpath.take() {
                parts.value.insert(0, TextPart::Text(format!("{}/", above.value)));
            }
            parts
        });
        ContainerMount { volume, path: target, subpath, of_pod, read_only: read_only.map(Why::Origin), propagation }
    }

    /// A new block volume holds `lost+found`, and some images refuse a data folder that is not empty.
    fn below_root(&self, target: &str) -> Option<Traced<String>> {
        let known = self.known?;
        (known.wants_empty_folder && known.data.contains(&target))
            .then(|| Traced::decided("data".to_owned(), "data-folder-must-be-empty"))
    }

    fn stored(&mut self, identity: &Identity, why: &Why) -> Name {
        let Some(store) = self.stores.get(identity) else { return Name::from_text("data") };
        if !store.is_template {
            return self.add(store.claim.as_str(), VolumeSource::Claim(store.claim.clone()), why);
        }
        let (name, is_new) = self.name(store.claim.as_str(), &format!("claim {}", store.claim));
        if is_new {
            self.workload.claim_templates.push(Claim {
                name: name.clone(),
                size: store.size.clone().unwrap_or_else(|| self.default.clone()),
                access: store.access(),
                class: store.wishes.class.clone(),
                labelled: store.labelled.clone(),
                volume: None,
                why: why.clone(),
            });
        }
        name
    }

    fn other(&mut self, source: MountSource, target: &str, subpath: &mut Option<Traced<String>>, why: &Why) -> Name {
        match source {
            MountSource::Anonymous => self.add(last_part(target), VolumeSource::Empty, why),
            MountSource::Memory(size) => self.add(last_part(target), VolumeSource::Memory(size), why),
            MountSource::Host { path, kind } => {
                let wanted = if path == "/" { "root".to_owned() } else { last_part(&path).to_owned() };
                self.add(&wanted, VolumeSource::Host { path, kind }, why)
            }
            MountSource::Image { reference, subpath: below } => {
                *subpath = below;
                self.add(last_part(target), VolumeSource::Image(reference), why)
            }
            MountSource::Folder { object, kind, items } => {
                self.add(object.as_str(), VolumeSource::Object { kind, object: object.clone(), items }, why)
            }
            MountSource::File { object, kind, key, mode } => {
                *subpath = Some(Traced { value: key.clone(), why: why.clone() });
                self.file(&object, kind, Item { path: key.clone(), key, mode }, why)
            }
            // What is stored has a store, which was asked for before.
            MountSource::Named { volume: _, subpath: _ }
            | MountSource::External { claim: _, subpath: _ }
            | MountSource::Data(_) => self.add("data", VolumeSource::Empty, why),
        }
    }

    /// Files of one object share a volume as long as no key is asked for with two modes.
    fn file(&mut self, object: &Name, kind: FileObjectKind, item: Item, why: &Why) -> Name {
        let of_object = self.files.entry((kind, object.clone())).or_default();
        for volume in of_object.iter_mut() {
            match volume.modes.get(&item.key) {
                Some(mode) if *mode == item.mode => return volume.name.clone(),
                Some(_) => {}
                None => {
                    volume.modes.insert(item.key.clone(), item.mode.clone());
                    let pod_volume = self.workload.volumes.get_mut(volume.index).map(|volume| &mut volume.source);
                    if let Some(VolumeSource::Object { kind: _, object: _, items }) = pod_volume {
                        items.push(item);
                    }
                    return volume.name.clone();
                }
            }
        }
        let modes = BTreeMap::from([(item.key.clone(), item.mode.clone())]);
        let index = self.workload.volumes.len();
        let source = VolumeSource::Object { kind, object: object.clone(), items: vec![item] };
        let name = self.add(object.as_str(), source, why);
        self.files.entry((kind, object.clone())).or_default().push(Files { index, name: name.clone(), modes });
        name
    }

    /// Adds a volume, or joins the one of the same claim.
    pub(super) fn add(&mut self, wanted: &str, source: VolumeSource, why: &Why) -> Name {
        let claim = match &source {
            VolumeSource::Claim(claim) => Some(claim.clone()),
            VolumeSource::Empty
            | VolumeSource::Memory(_)
            | VolumeSource::Object { kind: _, object: _, items: _ }
            | VolumeSource::Host { path: _, kind: _ }
            | VolumeSource::Image(_) => None,
        };
        if let Some(name) = claim.as_ref().and_then(|claim| self.claims.get(claim)) {
            return name.clone();
        }
        let number = format!("volume {}", self.workload.volumes.len());
        let (name, _) = self.name(wanted, &number);
        self.claims.extend(claim.map(|claim| (claim, name.clone())));
        self.workload.volumes.push(Volume { name: name.clone(), source, why: why.clone() });
        name
    }

    /// The name of a source in this pod, and whether it is new.
    fn name(&mut self, wanted: &str, source: &str) -> (Name, bool) {
        if let Some(name) = self.by_source.get(source) {
            return (name.clone(), false);
        }
        let mut name = Name::from_text(wanted);
        let number = self.next.entry(name.clone()).or_insert(2_u32);
        while !self.taken.insert(name.clone()) {
            name = Name::from_text(wanted).with(&number.to_string());
            *number += 1;
        }
        self.by_source.insert(source.to_owned(), name.clone());
        (name, true)
    }
}
