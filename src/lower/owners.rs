//! Who owns a ConfigMap or Secret: the one workload that uses it, or the app. A file that several use is called after itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{App, EnvSource, FileObject, FileObjectKind, MountSource, Name, Workload};
use crate::lower::env_files::EnvObjects;

/// An object's identity.
type Key = (FileObjectKind, Name);

/// Moves what one workload alone uses to that workload, and names files of several after themselves. One of
/// an `env_file` that every service had to take inline is left out.
pub(super) fn settle(app: &mut App, env_objects: &EnvObjects) {
    let mut users: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    for (index, workload) in app.workloads.iter().enumerate() {
        for key in used(workload) {
            users.entry(key).or_default().push(index);
        }
    }
    let mut taken: BTreeSet<Key> = app.files.iter().map(|object| (object.kind, object.name.clone())).collect();
    let mut shared: Vec<FileObject> = Vec::new();
    for mut object in std::mem::take(&mut app.files) {
        let key = (object.kind, object.name.clone());
        let of_object = users.get(&key).map_or(&[][..], Vec::as_slice);
        if let [only] = of_object
            && let Some(workload) = app.workloads.get_mut(*only)
        {
            workload.files.push(object);
            continue;
        }
        if of_object.is_empty() && env_objects.holds(&object) {
            continue;
        }
        if let Some(path) = object.path.as_deref().filter(|_| of_object.len() > 1) {
            let wanted = (object.kind, Name::from_text(super::binds::base_name(path)));
            if taken.insert(wanted.clone()) {
                for workload in of_object {
                    if let Some(workload) = app.workloads.get_mut(*workload) {
                        rename(workload, &key, &wanted.1);
                    }
                }
                object.name = wanted.1;
            }
        }
        shared.push(object);
    }
    app.files = shared;
}

/// Every object that a workload uses, once.
fn used(workload: &Workload) -> BTreeSet<Key> {
    let of_variables = workload.container.env.iter().filter_map(|variable| match &variable.source {
        EnvSource::Secret { object, key: _ } => Some((FileObjectKind::Secret, object.clone())),
        EnvSource::Literal(_) | EnvSource::Field(_) | EnvSource::Composed(_) => None,
    });
    let of_files = workload.container.env_from.iter().map(|from| from.value.clone());
    let mounted = workload.mounts.iter().filter_map(|mount| mount.source.object());
    of_variables.chain(of_files).chain(mounted.map(|(kind, name, _)| (kind, name.clone()))).collect()
}

fn rename(workload: &mut Workload, key: &Key, to: &Name) {
    for mount in &mut workload.mounts {
        if let MountSource::File { object, kind, key: _, mode: _ } | MountSource::Folder { object, kind, items: _ } =
            &mut mount.source
            && (*kind, &*object) == (key.0, &key.1)
        {
            *object = to.clone();
        }
    }
}
