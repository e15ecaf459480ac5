//! What a service is granted of configs and secrets (compose-spec, "configs", "secrets" of a service): files at the exact path.

use crate::compose::Dialect;
use crate::compose::grammar::mounts;
use crate::compose::keys::{Entries, Key};
use crate::compose::model::files::{FileSource, Grant, Grants, Mode};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{FileObjectKind, Mount, MountSource, Owner, Traced};
use crate::lower::content::data_key;
use crate::lower::files::ObjectNames;
use crate::lower::mounts::mount_point_refused;
use crate::lower::{Context, later};
use crate::origin::Spanned;

/// A service's configs and secrets as mounts.
pub(super) fn grants(
    (context, names): (&Context<'_>, &ObjectNames),
    path: &str,
    configs: &Key<Grants>,
    secrets: &Key<Grants>,
    group: &mut Option<Traced<i64>>,
    diags: &mut Diagnostics,
) -> Vec<Mount> {
    let project = &context.loaded.project;
    if context.dialect() == Dialect::Swarm && group.is_none() {
        *group = reader([configs, secrets]);
    }
    let mut all = Vec::new();
    for (grants, kind, folder, defined) in [
        (configs, FileObjectKind::ConfigMap, "/", &project.configs),
        (secrets, FileObjectKind::Secret, "/run/secrets/", &project.secrets),
    ] {
        for granted in grants.get().iter().flat_map(|grants| grants.value.iter()) {
            all.extend(grant((context, names), path, granted, (kind, folder), defined, group, diags));
        }
    }
    all
}

/// The user whom every file belongs to that others may not read: the program runs as that one, as it could read none of them else.
/// The group that is written beside it will do, as whatever group the files of a pod have is its program's too.
fn reader(all: [&Key<Grants>; 2]) -> Option<Traced<i64>> {
    let id = |owner: &Key<String>| {
        let owner = owner.get()?;
        Some(Traced::from_origin(owner.value.parse::<i64>().ok().filter(|id| *id > 0)?, owner.origin))
    };
    let mut found: Option<(Traced<i64>, Option<Traced<i64>>)> = None;
    for granted in all.into_iter().filter_map(Key::get).flat_map(|grants| grants.value.iter()) {
        let Grant { source, target, uid, gid, mode, extensions } = &granted.value;
        // Where it stands and what it holds tells nothing of its reader.
        let _ = (source, target, extensions);
        if mode.get().is_none_or(|mode| mode.value.0 & 0o004 != 0) {
            continue;
        }
        let uid = id(uid)?;
        match &found {
            Some((known, _)) if known.value != uid.value => return None,
            Some(_) => {}
            None => found = Some((uid, id(gid))),
        }
    }
    found.map(|(uid, gid)| gid.unwrap_or(uid))
}

fn grant(
    (context, names): (&Context<'_>, &ObjectNames),
    path: &str,
    granted: &Spanned<Grant>,
    (kind, folder): (FileObjectKind, &str),
    defined: &Key<Entries<FileSource>>,
    group: &mut Option<Traced<i64>>,
    diags: &mut Diagnostics,
) -> Option<Mount> {
    let Grant { source, target, uid, gid, mode, extensions } = &granted.value;
    later::extensions(extensions, diags);
    let source = source.get()?;
    let definition = defined.get()?.value.get(&source.value)?.value.as_ref()?;
    // Compose mounts the file itself, with the mode and the owner that it has there.
    let is_as_it_is = definition.value.file.get().is_some() && context.dialect() == Dialect::Compose;
    if is_as_it_is
        && let Some(first) = [mode.get().map(|mode| mode.origin)]
            .into_iter()
            .chain([uid, gid].map(|owner| owner.get().map(|owner| owner.origin)))
            .flatten()
            .next()
    {
        diags.push(
            Diagnostic::new(Code::FileMode, first, "mode and owner are ignored, as docker compose ignores them")
                .why("a secret or config that comes from a file is a bind mount there, with the file's own mode")
                .help("remove them")
                .cause("file-mode")
                .key(path)
                .covers([uid, gid].into_iter().filter_map(Key::get).map(|owner| owner.origin)),
        );
    }
    let owner = private((uid, gid), mode).filter(|_| !is_as_it_is);
    let mode = mode.get().filter(|_| !is_as_it_is).map(|mode| Traced::from_origin(mode.value.0 & 0o777, mode.origin));
    let bits = mode.as_ref().map_or(0o444, |mode| mode.value);
    if !is_as_it_is && owner.is_none() {
        owners(path, (uid, gid), bits, group, diags);
    }
    // An empty one, as of a variable that is not set, is none.
    let written = target.get().filter(|target| !target.value.is_empty());
    let path_in = match written {
        Some(target) if target.value.starts_with('/') => {
            Traced::from_origin(mounts::clean(&target.value), target.origin)
        }
        Some(target) => Traced::from_origin(mounts::clean(&format!("{folder}{}", target.value)), target.origin),
        None => Traced::from_origin(format!("{folder}{}", source.value), source.origin),
    };
    if path_in.value == "/" {
        let place = written.map_or(source.origin, |target| target.origin);
        diags.push(mount_point_refused(&path_in.value, place).key(path));
        return None;
    }
    if let Some(target) = target.get() {
        diags.consume(if written.is_some() { source.origin } else { target.origin }, "names the object");
    }
    let object = names.get(&(kind, source.value.clone()))?.clone();
    let mode = mode.or_else(|| Some(Traced::decided(0o444, "docker-default-mode")));
    let file = MountSource::File { object, kind, key: data_key(&source.value), mode };
    Some(Mount { owner, ..Mount::new(path_in, file, Some(granted.origin), granted.origin) })
}

/// Whose a file is that its owner alone may read; `None` where that is root, or where somebody else may read it too.
fn private((uid, gid): (&Key<String>, &Key<String>), mode: &Key<Mode>) -> Option<Owner> {
    let mode = mode.get().filter(|mode| mode.value.0 & 0o077 == 0)?;
    let id = |owner: &Spanned<String>| {
        let id = owner.value.parse::<i64>().ok().filter(|id| (0..=i64::from(u32::MAX >> 1)).contains(id))?;
        Some(Traced::from_origin(id, owner.origin))
    };
    let user = id(uid.get()?).filter(|user| user.value != 0)?;
    let group = match gid.get() {
        Some(group) => id(group)?,
        None => Traced::decided(0, "docker-default-group"),
    };
    Some(Owner { user, group, mode: Traced::from_origin(mode.value.0 & 0o777, mode.origin) })
}

/// Files of ConfigMaps and Secrets belong to root and to the group of the pod's files, which may always read them.
fn owners(
    path: &str,
    (uid, gid): (&Key<String>, &Key<String>),
    bits: u32,
    group: &mut Option<Traced<i64>>,
    diags: &mut Diagnostics,
) {
    for (owner, is_group) in [(gid, true), (uid, false)] {
        let Some(owner) = owner.get() else { continue };
        let id = owner.value.parse::<i64>().ok().filter(|id| *id > 0);
        if owner.value == "0" {
            diags.consume(owner.origin, "files belong to root anyway");
        } else if bits & 0o004 != 0 {
            diags.consume(owner.origin, "everybody may read the file");
        } else if group.as_ref().is_some_and(|group| group.value != 0) {
            diags.consume(owner.origin, "the group of the pod's files may read the file");
        } else if let Some(id) = id.filter(|_| is_group && bits & 0o040 != 0) {
            // A file that its group may not read asks for no group of the pod's files, which would read it.
            diags.consume(owner.origin, "the group of the pod's files");
            *group = Some(Traced::from_origin(id, owner.origin));
        } else {
            diags.push(
                Diagnostic::new(
                    Code::FileOwner,
                    owner.origin,
                    format!("the file belongs to root, not to {}", owner.value),
                )
                .why("files of ConfigMaps and Secrets cannot be given an owner")
                .help("give it a mode that others may read, as 0444")
                .cause("file-owner")
                .key(path),
            );
        }
    }
}
