//! Configs and secrets (compose-spec, "configs", "secrets"): objects of their own, seen as files at the exact path.

use crate::compose::Dialect;
use crate::compose::find::say;
use crate::compose::grammar::mounts;
use crate::compose::keys::{Entries, Key, Written};
use crate::compose::model::files::{FileSource, Grant, Grants};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Data, FileObject, FileObjectKind, Mount, MountSource, Name, Traced, Why};
use crate::lower::{Context, later};
use crate::origin::{Origin, Spanned};

/// Kubernetes' limit for the data of one ConfigMap or Secret, in bytes.
const OBJECT_LIMIT: u64 = 1 << 20;
/// From here on `kubectl apply` cannot keep its copy of the object in an annotation.
const APPLY_LIMIT: usize = 240 << 10;

/// Every config and secret of the project that is made here.
pub(super) fn objects(context: &Context<'_>, diags: &mut Diagnostics) -> Vec<FileObject> {
    let project = &context.loaded.project;
    let mut all = Vec::new();
    for (section, kind, entries) in [
        ("configs", FileObjectKind::ConfigMap, &project.configs),
        ("secrets", FileObjectKind::Secret, &project.secrets),
    ] {
        for (name, entry) in entries.get().iter().flat_map(|entries| entries.value.iter()) {
            if let Some(source) = &entry.value {
                all.extend(object(context, section, kind, name, entry.key, source, diags));
            }
        }
    }
    all
}

fn object(
    context: &Context<'_>,
    section: &str,
    kind: FileObjectKind,
    name: &str,
    key: Origin,
    source: &Spanned<FileSource>,
    diags: &mut Diagnostics,
) -> Option<FileObject> {
    let FileSource {
        name: real,
        file,
        content,
        environment,
        external,
        labels,
        driver,
        driver_opts,
        template_driver,
        extensions,
    } = &source.value;
    let path = format!("{section}.{name}");
    later::extensions(extensions, diags);
    let not_yet: &[(&str, &dyn Written)] =
        &[("labels", labels), ("driver", driver), ("driver_opts", driver_opts), ("template_driver", template_driver)];
    for (field, key) in not_yet {
        later::not_yet(&path, field, *key, diags);
    }
    let object = object_name(name, &source.value);
    if let Some(real) = real.get() {
        diags.consume(real.origin, "the object's name");
    }
    if let Key::Set { key: place, value } = external
        && value.value.is_external()
    {
        let leaf = match &value.value {
            crate::compose::model::files::External::Flag(_) => value.origin,
            crate::compose::model::files::External::Named(named) => named.origin,
        };
        let create = match kind {
            FileObjectKind::ConfigMap => format!("kubectl create configmap {object} --from-file={name}=FILE"),
            FileObjectKind::Secret => format!("kubectl create secret generic {object} --from-file={name}=FILE"),
        };
        diags.push(
            Diagnostic::new(Code::ExternalObject, *place, format!("{object} must exist in the cluster"))
                .help(create)
                .key(path)
                .covers([leaf]),
        );
        return None;
    }
    if let Some(external) = external.get() {
        diags.consume(external.origin, "false is the default");
    }
    let data = if let Some(file) = file.get() {
        read(context, &path, file, diags)?
    } else if let Some(content) = content.get() {
        Data { bytes: content.value.clone().into_bytes(), why: Why::Origin(content.origin) }
    } else if let Some(variable) = environment.get() {
        let lookup = context.loaded.variables.lookup(context.world);
        let Some((value, _)) = lookup(&variable.value) else {
            diags.push(
                Diagnostic::new(
                    Code::FileMissing,
                    variable.origin,
                    format!("the variable `{}` is not set", variable.value),
                )
                .help("set it in the environment or in .env")
                .key(path),
            );
            return None;
        };
        Data { bytes: value.into_bytes(), why: Why::Origin(variable.origin) }
    } else {
        diags.push(
            Diagnostic::new(Code::Missing, key, format!("`{path}` has no content"))
                .help("write file:, content:, environment: or external: true")
                .key(path),
        );
        return None;
    };
    Some(FileObject { name: object, kind, entries: vec![(data_key(name), data)], why: Why::Origin(key) })
}

fn object_name(name: &str, source: &FileSource) -> Name {
    let named = match source.external.get().map(|external| &external.value) {
        Some(crate::compose::model::files::External::Named(named)) => Some(named.value.as_str()),
        Some(crate::compose::model::files::External::Flag(_)) | None => {
            source.name.get().map(|name| name.value.as_str())
        }
    };
    Name::from_text(named.unwrap_or(name))
}

/// A key of a ConfigMap or Secret: letters, digits, `-`, `_` and `.`.
pub(super) fn data_key(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' }).collect()
}

/// The content of a file of the project.
pub(super) fn read(context: &Context<'_>, path: &str, file: &Spanned<String>, diags: &mut Diagnostics) -> Option<Data> {
    let full = mounts::join(&context.loaded.folder, &file.value);
    match context.world.read(&full, OBJECT_LIMIT) {
        Ok(bytes) => {
            if bytes.len() > APPLY_LIMIT {
                diags.push(
                    Diagnostic::new(Code::FileLarge, file.origin, format!("{full} is large: {} bytes", bytes.len()))
                        .why("kubectl apply keeps a copy of the object in an annotation, which holds at most 262,144 bytes")
                        .help("apply with: kubectl apply --server-side")
                        .key(path),
                );
            }
            Some(Data { bytes, why: Why::Origin(file.origin) })
        }
        Err(error) => {
            let too_large = matches!(error, crate::world::ReadError::TooLarge { limit: _ });
            let code = if too_large { Code::FileTooLarge } else { Code::FileMissing };
            let help = if too_large {
                "put it into the image or onto a volume: an object holds at most 1 MiB"
            } else {
                "create it, or correct the path"
            };
            diags.push(
                Diagnostic::new(code, file.origin, format!("{full} cannot be read: {}", say(&error)))
                    .help(help)
                    .key(path),
            );
            None
        }
    }
}

/// A service's configs and secrets as mounts.
pub(super) fn grants(
    context: &Context<'_>,
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
            all.extend(grant(context, path, granted, kind, folder, defined, diags));
        }
    }
    all
}

fn grant(
    context: &Context<'_>,
    path: &str,
    granted: &Spanned<Grant>,
    kind: FileObjectKind,
    folder: &str,
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
    let object = object_name(&source.value, &definition.value);
    let mode = mode.or_else(|| Some(Traced::decided(0o444, "docker-default-mode")));
    Some(Mount {
        target: path_in,
        source: MountSource::File { object, kind, key: data_key(&source.value), mode },
        read_only: Some(granted.origin),
        origin: granted.origin,
    })
}
