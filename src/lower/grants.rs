//! What a service is granted of configs and secrets (compose-spec, "configs", "secrets" of a service): files at the exact path.

use crate::compose::Dialect;
use crate::compose::grammar::mounts;
use crate::compose::keys::{Entries, Key};
use crate::compose::model::files::{FileSource, Grant, Grants};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{FileObjectKind, Mount, MountSource, Traced};
use crate::lower::content::data_key;
use crate::lower::files::ObjectNames;
use crate::lower::{Context, later};
use crate::origin::Spanned;

/// A service's configs and secrets as mounts.
pub(super) fn grants(
    (context, names): (&Context<'_>, &ObjectNames),
    path: &str,
    configs: &Key<Grants>,
    secrets: &Key<Grants>,
    diags: &mut Diagnostics,
) -> Vec<Mount> {
    let project = &context.loaded.project;
    let mut all = Vec::new();
    for (grants, kind, folder, defined) in [
        (configs, FileObjectKind::ConfigMap, "/", &project.configs),
        (secrets, FileObjectKind::Secret, "/run/secrets/", &project.secrets),
    ] {
        for granted in grants.get().iter().flat_map(|grants| grants.value.iter()) {
            all.extend(grant((context, names), path, granted, (kind, folder), defined, diags));
        }
    }
    all
}

fn grant(
    (context, names): (&Context<'_>, &ObjectNames),
    path: &str,
    granted: &Spanned<Grant>,
    (kind, folder): (FileObjectKind, &str),
    defined: &Key<Entries<FileSource>>,
    diags: &mut Diagnostics,
) -> Option<Mount> {
    let Grant { source, target, uid, gid, mode, extensions } = &granted.value;
    later::extensions(extensions, diags);
    let source = source.get()?;
    let definition = defined.get()?.value.get(&source.value)?.value.as_ref()?;
    let from_file = definition.value.file.get().is_some();
    let mode = mode.get().and_then(|mode| {
        if from_file && context.dialect() == Dialect::Compose {
            diags.push(
                Diagnostic::new(Code::FileMode, mode.origin, "the mode is ignored, as docker compose ignores it")
                    .why("a secret or config that comes from a file is a bind mount there, with the file's own mode")
                    .help("remove it")
                    .key(path),
            );
            return None;
        }
        Some(Traced::from_origin(mode.value.0 & 0o777, mode.origin))
    });
    for owner in [uid, gid].into_iter().filter_map(Key::get) {
        if owner.value == "0" {
            diags.consume(owner.origin, "files belong to root anyway");
        } else {
            diags.push(
                Diagnostic::new(
                    Code::FileOwner,
                    owner.origin,
                    format!("the file belongs to root, not to {}", owner.value),
                )
                .why("files of ConfigMaps and Secrets cannot be given an owner")
                .help("give it a mode that others may read, as 0444")
                .key(path),
            );
        }
    }
    let path_in = match target.get() {
        Some(target) if target.value.starts_with('/') => {
            Traced::from_origin(mounts::clean(&target.value), target.origin)
        }
        Some(target) => Traced::from_origin(mounts::clean(&format!("{folder}{}", target.value)), target.origin),
        None => Traced::from_origin(format!("{folder}{}", source.value), source.origin),
    };
    if target.get().is_some() {
        diags.consume(source.origin, "names the object");
    }
    let object = names.get(&(kind, source.value.clone()))?.clone();
    let mode = mode.or_else(|| Some(Traced::decided(0o444, "docker-default-mode")));
    let file = MountSource::File { object, kind, key: data_key(&source.value), mode };
    Some(Mount::new(path_in, file, Some(granted.origin), granted.origin))
}
