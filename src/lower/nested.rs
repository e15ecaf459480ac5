//! What is mounted below a folder of files. A ConfigMap is read-only, so that a container runtime can make no mount point in it;
//! Docker mounted the folder of the host, in which it could.
//!
//! ```yaml
//! services: { web: { image: nginx, volumes: ["./conf.d:/etc/nginx/conf.d", "./own.conf:/etc/nginx/conf.d/own.conf"] } }
//! # an empty folder at /etc/nginx/conf.d, and in it one mount for each file
//! ```

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{FileObject, FileObjectKind, ImageContent, Item, Mount, MountSource, Name};

/// Takes folders of files apart where something is mounted below them.
pub(super) fn apart(mounts: Vec<Mount>, objects: &[FileObject], path: &str, diags: &mut Diagnostics) -> Vec<Mount> {
    let targets: BTreeSet<String> = mounts.iter().map(|mount| mount.target.value.clone()).collect();
    let mut all = Vec::with_capacity(mounts.len());
    for mount in mounts {
        let MountSource::Folder { object, kind, items } = &mount.source else {
            all.push(mount);
            continue;
        };
        let below = below(&targets, &mount.target.value);
        if below.is_empty() {
            all.push(mount);
            continue;
        }
        diags.push(
            Diagnostic::new(
                Code::FolderApart,
                mount.origin,
                format!("the files at {} are mounted one by one", mount.target.value),
            )
            .why("something is mounted below them, and nothing can be mounted in a ConfigMap or Secret")
            .help("mount that elsewhere to have the folder mounted as a whole")
            .cause("folder-apart")
            .key(format!("{path}.volumes")),
        );
        let items = if items.is_empty() { plain_items(objects, *kind, object) } else { items.clone() };
        let files = items.into_iter().filter_map(|item| file(&mount, (object, *kind), item, &below));
        let files: Vec<Mount> = files.collect();
        all.push(Mount { source: MountSource::Anonymous, content: ImageContent::Unwanted, read_only: None, ..mount });
        all.extend(files);
    }
    all
}

/// The mount points below a folder.
fn below<'a>(targets: &'a BTreeSet<String>, folder: &str) -> Vec<&'a str> {
    let start = format!("{}/", folder.trim_end_matches('/'));
    let from = targets.range::<str, _>((Bound::Excluded(start.as_str()), Bound::Unbounded));
    from.take_while(|target| target.starts_with(&start)).map(String::as_str).collect()
}

/// The files of an object whose keys are their names.
fn plain_items(objects: &[FileObject], kind: FileObjectKind, name: &Name) -> Vec<Item> {
    let object = objects.iter().find(|object| object.kind == kind && object.name == *name);
    let keys = object.into_iter().flat_map(|object| &object.entries);
    keys.map(|(key, _)| Item { key: key.clone(), path: key.clone(), mode: None }).collect()
}

/// The mount of one file of a folder, unless something else is seen there.
fn file(folder: &Mount, (object, kind): (&Name, FileObjectKind), item: Item, below: &[&str]) -> Option<Mount> {
    let Item { key, path, mode } = item;
    let target = format!("{}/{path}", folder.target.value.trim_end_matches('/'));
    let is_hidden = below
        .iter()
        .any(|other| target.strip_prefix(*other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    if is_hidden {
        return None;
    }
    let source = MountSource::File { object: object.clone(), kind, key, mode };
    let target = folder.target.clone().map(|_| target);
    Some(Mount::new(target, source, folder.read_only, folder.origin))
}
