//! `volumes`, `tmpfs` and `shm_size` (compose-spec): what is mounted where, and what each bind mount is for.

use crate::compose::grammar::mounts::{self as grammar, ShortKind, ShortMount};
use crate::compose::keys::Key;
use crate::compose::model::mount::{
    BindOptions, LongMount, Mounts, ServiceMount, TmpfsMounts, TmpfsOptions, Volume, VolumeOptions,
};
use crate::compose::model::scalar::Bytes;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::images::Image;
use crate::ir::{FileObject, FileObjectKind, Mount, MountSource, Name, Traced, Why};
use crate::lower::{Context, files, later};
use crate::origin::{Origin, Spanned};
use crate::world::Kind;

/// Where a bind mount is being lowered: what every decision about it needs.
struct Bind<'a> {
    context: &'a Context<'a>,
    own: &'a Name,
    path: &'a str,
    has_build: bool,
    known: Option<&'static Image>,
}

/// Most files of a folder that still make a ConfigMap.
const FOLDER_FILES: usize = 100;

/// Every mount of `volumes`.
#[expect(
    clippy::too_many_arguments,
    reason = "a service's mounts depend on its image, its build and the files of the project"
)]
pub(super) fn mounts(
    context: &Context<'_>,
    own: &Name,
    path: &str,
    volumes: &Key<Mounts>,
    has_build: bool,
    known: Option<&'static Image>,
    objects: &mut Vec<FileObject>,
    diags: &mut Diagnostics,
) -> Vec<Mount> {
    let bind = Bind { context, own, path, has_build, known };
    let mut all = Vec::new();
    for mount in volumes.get().iter().flat_map(|mounts| mounts.value.iter()) {
        if refuse_relative(path, mount, diags) {
            continue;
        }
        match &mount.value {
            ServiceMount::Short(short) => all.extend(from_short(&bind, short, mount.origin, objects, diags)),
            ServiceMount::Long(long) => all.extend(from_long(&bind, long, mount.origin, objects, diags)),
        }
    }
    all
}

/// Docker refuses a mount point that is not absolute when the container starts, and so does Kubernetes.
fn refuse_relative(path: &str, mount: &Spanned<ServiceMount>, diags: &mut Diagnostics) -> bool {
    let (target, is_anonymous) = match &mount.value {
        ServiceMount::Short(short) => (short.target.as_str(), short.kind == ShortKind::Anonymous),
        ServiceMount::Long(long) => (long.target.get().map_or("", |target| target.value.as_str()), false),
    };
    if target.starts_with('/') {
        return false;
    }
    let help = if is_anonymous && target.contains(':') {
        "Docker reads one letter before a colon as a Windows drive: give the volume a longer name"
    } else {
        "begin it with a slash"
    };
    diags.push(
        Diagnostic::new(Code::BadValue, mount.origin, format!("the mount point `{target}` is not absolute"))
            .help(help)
            .key(format!("{path}.volumes")),
    );
    true
}

fn from_short(
    bind: &Bind<'_>,
    short: &ShortMount,
    origin: Origin,
    objects: &mut Vec<FileObject>,
    diags: &mut Diagnostics,
) -> Option<Mount> {
    let target = Traced::from_origin(short.target.clone(), origin);
    let read_only = short.read_only.then_some(origin);
    let source = short.source.as_deref().unwrap_or_default();
    let source = match short.kind {
        ShortKind::Anonymous => MountSource::Anonymous,
        ShortKind::Volume => named(bind, source, None, origin),
        ShortKind::Bind => {
            return bound(
                bind,
                &Spanned { value: source.to_owned(), origin },
                target,
                read_only,
                origin,
                objects,
                diags,
            );
        }
    };
    Some(Mount { target, source, read_only, origin })
}

fn from_long(
    bind: &Bind<'_>,
    long: &LongMount,
    origin: Origin,
    objects: &mut Vec<FileObject>,
    diags: &mut Diagnostics,
) -> Option<Mount> {
    let LongMount {
        kind,
        source,
        target,
        read_only,
        consistency,
        bind: bind_options,
        volume,
        tmpfs,
        image,
        extensions,
    } = long;
    let path = format!("{}.volumes", bind.path);
    later::extensions(extensions, diags);
    later::used_up(consistency, "a hint for Docker Desktop", diags);
    later::not_yet(&path, "image", image, diags);
    if let Some(BindOptions { propagation, create_host_path, recursive, selinux, extensions }) =
        bind_options.get().map(|found| &found.value)
    {
        later::extensions(extensions, diags);
        later::not_yet(&path, "propagation", propagation, diags);
        later::not_yet(&path, "recursive", recursive, diags);
        later::not_yet(&path, "selinux", selinux, diags);
        if let Some(create) = create_host_path.get() {
            diags.consume(create.origin, "matters on the Docker host alone");
        }
    }
    let mut subpath = None;
    if let Some(VolumeOptions { labels, nocopy, subpath: below, extensions }) = volume.get().map(|found| &found.value) {
        later::extensions(extensions, diags);
        later::not_yet(&path, "labels", labels, diags);
        if let Some(nocopy) = nocopy.get() {
            diags.consume(nocopy.origin, "Kubernetes copies nothing into a new volume");
        }
        subpath = below.get().cloned().map(Traced::from);
    }
    let mut size = None;
    if let Some(TmpfsOptions { size: bytes, mode, extensions }) = tmpfs.get().map(|found| &found.value) {
        later::extensions(extensions, diags);
        later::not_yet(&path, "mode", mode, diags);
        size = bytes.get().map(|bytes| Traced::from_origin(bytes.value.0, bytes.origin));
    }
    for empty in [
        bind_options.get().map(|found| found.origin),
        volume.get().map(|found| found.origin),
        tmpfs.get().map(|found| found.origin),
    ]
    .into_iter()
    .flatten()
    {
        diags.consume(empty, "options without effect of their own");
    }
    let target: Traced<String> = target.get().cloned()?.map(|target| grammar::clean(&target)).into();
    let read_only = crate::lower::resources::flag(read_only, diags);
    let kind = kind.get()?;
    diags.consume(kind.origin, "decides what is mounted");
    let source = match (kind.value.as_str(), source.get()) {
        ("bind", Some(source)) => return bound(bind, source, target, read_only, origin, objects, diags),
        ("volume", Some(source)) => {
            diags.consume(source.origin, "names the volume");
            named(bind, &source.value, subpath, source.origin)
        }
        ("volume", None) => MountSource::Anonymous,
        ("tmpfs", _) => MountSource::Memory(size),
        (other, source) => {
            diags.push(
                Diagnostic::new(
                    Code::NotTranslated,
                    kind.origin,
                    format!("a mount of type `{other}` is not translated yet"),
                )
                .help("add it to the manifests by hand")
                .key(path)
                .covers(source.map(|source| source.origin).into_iter().chain(target.why.origins().iter().copied())),
            );
            return None;
        }
    };
    Some(Mount { target, source, read_only, origin })
}

fn named(bind: &Bind<'_>, volume: &str, subpath: Option<Traced<String>>, origin: Origin) -> MountSource {
    let definition = bind
        .context
        .loaded
        .project
        .volumes
        .get()
        .and_then(|volumes| volumes.value.get(volume))
        .and_then(|entry| entry.value.as_ref());
    if let Some(found) = definition {
        let Volume { name, driver, driver_opts, external, labels, extensions } = &found.value;
        // Said once for the volume, not for each mount.
        let _ = (driver, driver_opts, labels, extensions);
        if external.get().is_some_and(|external| external.value.is_external()) {
            let real = name.get().map_or(volume, |name| name.value.as_str());
            return MountSource::External(Traced::from_origin(Name::from_text(real), origin));
        }
    }
    MountSource::Named { volume: volume.to_owned(), subpath }
}

fn bound(
    bind: &Bind<'_>,
    source: &Spanned<String>,
    target: Traced<String>,
    read_only: Option<Origin>,
    origin: Origin,
    objects: &mut Vec<FileObject>,
    diags: &mut Diagnostics,
) -> Option<Mount> {
    let key = format!("{}.volumes", bind.path);
    if source.origin != origin {
        diags.consume(source.origin, "decides what is mounted");
    }
    let mount = |source: MountSource| Some(Mount { target: target.clone(), source, read_only, origin });
    if is_system(&source.value) {
        let socket = source.value.ends_with("docker.sock");
        let code = if socket { Code::BindEngine } else { Code::BindSystem };
        let title = if socket {
            "there is no Docker engine behind this socket".to_owned()
        } else {
            format!("{} is mounted from the node", source.value)
        };
        diags.push(
            Diagnostic::new(code, origin, title)
                .why("the path of each node is its own, and a cluster may forbid it")
                .help(if socket {
                    "leave the service out, or give it an account for the Kubernetes API"
                } else {
                    "check that the cluster allows hostPath volumes"
                })
                .key(key),
        );
        let kind = if socket { "Socket" } else { "" };
        return mount(MountSource::Host { path: grammar::clean(&source.value), kind });
    }
    let full = grammar::join(&bind.context.loaded.folder, &source.value);
    let is_data = bind.known.is_some_and(|image| image.data.contains(&target.value.as_str()));
    match bind.context.world.kind(&full) {
        Some(Kind::File) => file(bind, source, &full, &target, read_only, origin, objects, diags),
        Some(Kind::Folder) if bind.has_build && !is_data => {
            diags.push(
                Diagnostic::new(Code::BindSource, origin, format!("{} is not mounted", source.value))
                    .label("source code over an image that is built from it")
                    .why("the image holds the code; on the Docker host the mount was for editing it")
                    .help("build the image with the code in it")
                    .key(key),
            );
            None
        }
        Some(Kind::Folder) if !is_data => match folder(bind, source, &full, diags) {
            Some(object) => {
                let (name, kind) = (object.name.clone(), object.kind);
                warn_if_writable(read_only, origin, &source.value, &key, diags);
                objects.push(object);
                mount(MountSource::Folder { object: name, kind })
            }
            None => data(bind, source, &target, read_only, origin, diags),
        },
        Some(Kind::Folder | Kind::Socket | Kind::CharacterDevice | Kind::BlockDevice | Kind::Other) | None => {
            data(bind, source, &target, read_only, origin, diags)
        }
    }
}

/// Paths that belong to the host itself.
fn is_system(path: &str) -> bool {
    let path = grammar::clean(path);
    ["/proc", "/sys", "/dev", "/etc", "/var/run", "/run", "/var/log", "/var/lib/docker", "/lib", "/usr", "/boot", "/"]
        .iter()
        .any(|system| {
            path == *system || (*system != "/" && path.strip_prefix(system).is_some_and(|rest| rest.starts_with('/')))
        })
}

fn data(
    bind: &Bind<'_>,
    source: &Spanned<String>,
    target: &Traced<String>,
    read_only: Option<Origin>,
    origin: Origin,
    diags: &mut Diagnostics,
) -> Option<Mount> {
    let last = source
        .value
        .rsplit(['/', '\\'])
        .find(|part| !part.is_empty() && *part != "." && *part != "~")
        .unwrap_or("data");
    let name = bind.own.with(last);
    diags.push(
        Diagnostic::new(Code::BindData, origin, format!("{} becomes the claim {name}", source.value))
            .label("a folder of the Docker host")
            .why("its files are not in the cluster")
            .help(format!("copy the data: kubectl cp {} POD:{}", source.value, target.value))
            .key(format!("{}.volumes", bind.path)),
    );
    Some(Mount { target: target.clone(), source: MountSource::Data(name), read_only, origin })
}

fn warn_if_writable(read_only: Option<Origin>, origin: Origin, source: &str, key: &str, diags: &mut Diagnostics) {
    if read_only.is_none() {
        diags.push(
            Diagnostic::new(
                Code::BindReadOnly,
                origin,
                format!("{source} cannot be written by the container any more"),
            )
            .why("it becomes a ConfigMap or Secret, which is read-only")
            .help("write :ro if the container only reads it; use a volume if it writes")
            .key(key),
        );
    }
}

#[expect(clippy::too_many_arguments, reason = "a file's mount is decided by where it is, what it is and who mounts it")]
fn file(
    bind: &Bind<'_>,
    source: &Spanned<String>,
    full: &str,
    target: &Traced<String>,
    read_only: Option<Origin>,
    origin: Origin,
    objects: &mut Vec<FileObject>,
    diags: &mut Diagnostics,
) -> Option<Mount> {
    let key = format!("{}.volumes", bind.path);
    let found = files::read(bind.context, &key, source, diags)?;
    let base = full.rsplit('/').next().unwrap_or("file");
    let data_key = files::data_key(base);
    let kind = if is_key_material(&found.bytes) { FileObjectKind::Secret } else { FileObjectKind::ConfigMap };
    let name = bind.own.with(base);
    warn_if_writable(read_only, origin, &source.value, &key, diags);
    let executable = bind
        .context
        .world
        .mode(full)
        .filter(|mode| mode & 0o111 != 0)
        .map(|_| Traced::decided(0o555, "executable-file"));
    let entry = (data_key.clone(), crate::ir::Data { why: Why::Origin(origin), ..found });
    match objects.iter_mut().find(|object| object.name == name && object.kind == kind) {
        Some(object) if object.entries.iter().any(|(other, _)| *other == data_key) => {}
        Some(object) => object.entries.push(entry),
        None => objects.push(FileObject { name: name.clone(), kind, entries: vec![entry], why: Why::Origin(origin) }),
    }
    Some(Mount {
        target: target.clone(),
        source: MountSource::File { object: name, kind, key: data_key, mode: executable },
        read_only,
        origin,
    })
}

fn is_key_material(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.contains("-----BEGIN ") && text.contains("PRIVATE KEY"))
}

/// A folder of a few text files without folders in it, all of which fit into one object; `None` for any other.
fn folder(bind: &Bind<'_>, source: &Spanned<String>, full: &str, diags: &mut Diagnostics) -> Option<FileObject> {
    let listed = bind.context.world.list(full).ok()?;
    if listed.is_empty() || listed.len() > FOLDER_FILES || listed.iter().any(|entry| entry.kind != Kind::File) {
        return None;
    }
    let mut entries = Vec::new();
    let mut total = 0;
    for entry in listed {
        if files::data_key(&entry.name) != entry.name {
            return None;
        }
        let bytes = bind.context.world.read(&grammar::join(full, &entry.name), 1 << 20).ok()?;
        total += bytes.len();
        if total > 1 << 20 || std::str::from_utf8(&bytes).is_err() {
            return None;
        }
        entries.push((entry.name, crate::ir::Data { bytes, why: Why::Origin(source.origin) }));
    }
    if total > 240 << 10 {
        diags.push(
            Diagnostic::new(Code::FileLarge, source.origin, format!("{full} is large: {total} bytes"))
                .help("apply with: kubectl apply --server-side"),
        );
    }
    let kind = if entries.iter().any(|(_, data)| is_key_material(&data.bytes)) {
        FileObjectKind::Secret
    } else {
        FileObjectKind::ConfigMap
    };
    let base = full.trim_end_matches('/').rsplit('/').next().unwrap_or("files");
    Some(FileObject { name: bind.own.with(base), kind, entries, why: Why::Origin(source.origin) })
}

/// `tmpfs`.
pub(super) fn tmpfs(path: &str, tmpfs: &Key<TmpfsMounts>, diags: &mut Diagnostics) -> Vec<Mount> {
    let mut all = Vec::new();
    for found in tmpfs.get().iter().flat_map(|tmpfs| tmpfs.value.0.iter()) {
        let mut size = None;
        for (option, value) in &found.value.options {
            match (option.as_str(), value) {
                ("size", Some(text)) => match crate::compose::grammar::bytes::parse(text) {
                    Ok(bytes) => size = Some(Traced::from_origin(bytes, found.origin)),
                    Err(message) => diags.push(
                        Diagnostic::new(Code::BadValue, found.origin, message)
                            .help("write a size such as size=64m")
                            .key(format!("{path}.tmpfs")),
                    ),
                },
                ("rw" | "noexec" | "nosuid" | "nodev" | "exec" | "suid" | "dev", None) => {}
                (other, _) => diags.push(
                    Diagnostic::new(
                        Code::TmpfsOption,
                        found.origin,
                        format!("the option `{other}` of {} has no counterpart", found.value.path),
                    )
                    .why("a folder in memory belongs to root and all may write to it")
                    .help("remove it, or set the mode in the container's start")
                    .key(format!("{path}.tmpfs")),
                ),
            }
        }
        all.push(Mount {
            target: Traced::from_origin(grammar::clean(&found.value.path), found.origin),
            source: MountSource::Memory(size),
            read_only: None,
            origin: found.origin,
        });
    }
    all
}

/// `shm_size`; 64 MiB is what every container has.
pub(super) fn shm(size: &Key<Bytes>) -> Option<Mount> {
    let found = size.get()?;
    let size = Traced::from_origin(found.value.0, found.origin);
    Some(Mount {
        target: Traced::decided("/dev/shm".to_owned(), "shared-memory"),
        source: MountSource::Memory(Some(size)),
        read_only: None,
        origin: found.origin,
    })
}

/// The last of several mounts at one path, as with Docker.
pub(super) fn without_doubles(mounts: Vec<Mount>, diags: &mut Diagnostics) -> Vec<Mount> {
    let mut kept: indexmap::IndexMap<String, Mount> = indexmap::IndexMap::new();
    for mount in mounts {
        if let Some(earlier) = kept.insert(mount.target.value.clone(), mount) {
            diags.consume(earlier.origin, "a later mount stands at the same path");
            earlier
                .target
                .why
                .origins()
                .iter()
                .for_each(|origin| diags.consume(*origin, "a later mount stands at the same path"));
        }
    }
    kept.into_values().collect()
}
