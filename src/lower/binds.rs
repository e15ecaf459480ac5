//! Bind mounts (compose-spec, "volumes", type `bind`): what each path of the Docker host is for, and what stands for it in a cluster.

use crate::compose::grammar::mounts as grammar;
use crate::diag::{Code, Diagnostic};
use crate::ir::{FileObjectKind, Mount, MountSource, Traced};
use crate::lower::content;
use crate::lower::files;
use crate::lower::mounts::{Asked, Mounter};
use crate::origin::{Origin, Spanned};
use crate::world::Kind;

impl Mounter<'_> {
    /// A bind mount. The targets of source code that is not mounted join `dropped`.
    pub(super) fn bind(&mut self, source: &Spanned<String>, asked: Asked, dropped: &mut Vec<String>) -> Option<Mount> {
        let full = grammar::join(&self.context.loaded.folder, &source.value);
        let in_project = is_within(&full, &self.context.loaded.folder);
        if !in_project && is_clock(&full) {
            return self.clock(source, &asked);
        }
        if !in_project && is_system(&full) {
            return Some(self.system(&full, asked));
        }
        let found =
            if grammar::is_absolute(&full) && !full.starts_with('/') { None } else { self.context.world.kind(&full) };
        if found.is_some() && !in_project && found != Some(Kind::Socket) {
            self.tell_outside(&full, asked.origin);
        }
        match found {
            Some(Kind::File) => self.file(source, &full, asked),
            Some(Kind::Folder) => self.folder(source, &full, asked, dropped),
            Some(Kind::Socket) => Some(self.on_node(&full, "Socket", asked)),
            Some(Kind::CharacterDevice) => Some(self.on_node(&full, "CharDevice", asked)),
            Some(Kind::BlockDevice) => Some(self.on_node(&full, "BlockDevice", asked)),
            Some(Kind::Other) | None if looks_like_file(&full, &asked.target.value) => {
                self.absent(source, &full, asked)
            }
            Some(Kind::Other) | None => Some(asked.of(MountSource::Data(full))),
        }
    }

    fn folder(
        &mut self,
        source: &Spanned<String>,
        full: &str,
        asked: Asked,
        dropped: &mut Vec<String>,
    ) -> Option<Mount> {
        let target = asked.target.value.clone();
        let is_data = self.known.is_some_and(|image| image.data.contains(&target.as_str()))
            || [full, target.as_str()].iter().any(|path| names_data(path));
        if !is_data && self.is_source(full, &target) {
            self.diags.push(
                Diagnostic::new(Code::BindSource, asked.origin, format!("{} is not mounted", source.value))
                    .label("source code over an image that is built from it")
                    .why("the image holds the code; on the Docker host the mount was for editing it")
                    .help("build the image with the code in it")
                    .cause("bind-source")
                    .key(self.key())
                    .covers(asked.target.why.origins().iter().copied()),
            );
            dropped.push(target);
            return None;
        }
        if !is_data && let Some(found) = content::folder(self.context, full) {
            let kind = if found.is_secret { FileObjectKind::Secret } else { FileObjectKind::ConfigMap };
            self.say_size(full, found.entries.iter().map(|(_, bytes)| bytes.len()).sum(), asked.origin);
            let object = content::object(self.objects, self.own, full, kind, found.entries, asked.origin);
            self.warn_if_writable(source, &asked);
            return Some(asked.of(MountSource::Folder { object, kind, items: found.items }));
        }
        Some(asked.of(MountSource::Data(full.to_owned())))
    }

    /// Whether a folder is the source code that the image is built from: it holds the build's context or lies in it, and is not
    /// mounted where programs look for their configuration.
    fn is_source(&self, full: &str, target: &str) -> bool {
        let Some(build) = self.build.get() else { return false };
        let context = build.value.context.get().map_or(".", |context| context.value.as_str());
        if context.contains("://") || context.starts_with("git@") || context.starts_with("github.com/") {
            return false;
        }
        let context = grammar::join(&self.context.loaded.folder, context);
        (is_within(full, &context) || is_within(&context, full)) && !is_configuration(target)
    }

    fn file(&mut self, source: &Spanned<String>, full: &str, asked: Asked) -> Option<Mount> {
        let found = files::read_at(self.context, &self.key(), full, source.origin, self.diags)?;
        let base = base_name(full);
        let key = content::data_key(base);
        let kind = kind_of(base, &found.bytes);
        self.warn_if_writable(source, &asked);
        let mode = content::executable(self.context, full);
        let entries = vec![(key.clone(), found.bytes)];
        let object = content::object(self.objects, self.own, full, kind, entries, asked.origin);
        Some(asked.of(MountSource::File { object, kind, key, mode }))
    }

    /// A file that is not here: whoever has it makes the object from it.
    fn absent(&mut self, source: &Spanned<String>, full: &str, asked: Asked) -> Option<Mount> {
        let base = base_name(full);
        let (object, key) = (self.own.with(base), content::data_key(base));
        let kind = kind_of(base, b"");
        let create = match kind {
            FileObjectKind::ConfigMap => {
                format!("kubectl create configmap {object} --from-file={key}={}", source.value)
            }
            FileObjectKind::Secret => {
                format!("kubectl create secret generic {object} --from-file={key}={}", source.value)
            }
        };
        self.diags.push(
            Diagnostic::new(Code::BindFileMissing, asked.origin, format!("{} is not here", source.value))
                .label("taken for a file, by its name")
                .why(format!("the pods wait for the {} that is to hold it", kind.word()))
                .help(format!("convert where the file is, or run: {create}"))
                .cause("bind-file-missing")
                .key(self.key()),
        );
        Some(asked.of(MountSource::File { object, kind, key, mode: None }))
    }

    /// The host's time zone.
    fn clock(&mut self, source: &Spanned<String>, asked: &Asked) -> Option<Mount> {
        self.diags.push(
            Diagnostic::new(Code::BindTimeZone, asked.origin, format!("{} is not mounted", source.value))
                .why("it gave the container the time zone of the Docker host; the nodes of a cluster keep UTC")
                .help("name the zone in the environment: TZ: Europe/Berlin")
                .cause("bind-time-zone")
                .key(self.key())
                .covers(asked.target.why.origins().iter().copied().chain(asked.read_only)),
        );
        None
    }

    fn system(&mut self, full: &str, asked: Asked) -> Mount {
        if full.ends_with("/docker.sock") {
            self.diags.push(
                Diagnostic::new(Code::BindEngine, asked.origin, "there is no Docker engine behind this socket")
                    .why("the nodes of a cluster run containerd or CRI-O")
                    .help("leave the service out, or give it an account for the Kubernetes API")
                    .cause("bind-engine")
                    .key(self.key()),
            );
            return host(full, Traced::decided("Socket", "kind-of-path"), asked);
        }
        let kind = match (asked.must_exist, system_kind(full)) {
            (Some(origin), "") => Traced::from_origin("Directory", origin),
            (_, kind) => Traced::decided(kind, "kind-of-path"),
        };
        self.say_node(full, asked.origin);
        host(full, kind, asked)
    }

    fn on_node(&mut self, full: &str, kind: &'static str, asked: Asked) -> Mount {
        self.say_node(full, asked.origin);
        host(full, Traced::decided(kind, "kind-of-path"), asked)
    }

    fn say_node(&mut self, full: &str, origin: Origin) {
        self.diags.push(
            Diagnostic::new(Code::BindSystem, origin, format!("{full} is mounted from the node"))
                .why("the path of each node is its own, and a cluster may forbid it")
                .help("check that the cluster allows hostPath volumes")
                .cause("bind-system")
                .key(self.key()),
        );
    }

    fn tell_outside(&mut self, full: &str, origin: Origin) {
        self.diags.push(
            Diagnostic::new(Code::OutsideProject, origin, format!("{full} lies outside the project"))
                .why("what it holds now goes into the manifests where it is text")
                .help("keep it beside the Compose file if others are to get the same manifests")
                .cause("outside-project")
                .key(self.key()),
        );
    }

    fn say_size(&mut self, full: &str, total: usize, origin: Origin) {
        if total > content::APPLY_LIMIT {
            self.diags.push(content::large(full, total, origin).key(self.key()));
        }
    }

    fn warn_if_writable(&mut self, source: &Spanned<String>, asked: &Asked) {
        if asked.read_only.is_none() {
            self.diags.push(
                Diagnostic::new(
                    Code::BindReadOnly,
                    asked.origin,
                    format!("{} cannot be written by the container any more", source.value),
                )
                .why("it becomes a ConfigMap or Secret, which is read-only")
                .help("write :ro if the container only reads it; use a volume if it writes")
                .cause("bind-read-only")
                .key(self.key()),
            );
        }
    }
}

fn host(full: &str, kind: Traced<&'static str>, asked: Asked) -> Mount {
    let propagation = asked.propagation.clone();
    Mount { propagation, ..asked.of(MountSource::Host { path: grammar::clean(full), kind }) }
}

/// A path's last part.
pub(super) fn base_name(path: &str) -> &str {
    path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or("files")
}

/// Whether a path is a folder or lies in it.
fn is_within(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    folder == "." && !path.starts_with(['/', '.'])
        || path == folder
        || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn is_clock(path: &str) -> bool {
    matches!(path, "/etc/localtime" | "/etc/timezone" | "/etc/TZ") || path.starts_with("/usr/share/zoneinfo")
}

/// Paths that belong to the host itself.
fn is_system(path: &str) -> bool {
    let path = grammar::clean(path);
    [
        "/proc",
        "/sys",
        "/dev",
        "/etc",
        "/var/run",
        "/run",
        "/var/log",
        "/var/lib/docker",
        "/var/lib/containerd",
        "/var/lib/kubelet",
        "/lib",
        "/lib64",
        "/usr",
        "/bin",
        "/sbin",
        "/boot",
        "/",
    ]
    .iter()
    .any(|system| {
        path == *system || (*system != "/" && path.strip_prefix(system).is_some_and(|rest| rest.starts_with('/')))
    })
}

/// What a path of the system is, as the kubelet checks it; empty where it may be either, and then it is not checked.
fn system_kind(path: &str) -> &'static str {
    let path = grammar::clean(path);
    match path.as_str() {
        "/" | "/proc" | "/sys" | "/dev" | "/dev/shm" | "/dev/dri" | "/dev/snd" | "/dev/bus/usb" | "/etc"
        | "/var/run" | "/run" | "/run/udev" | "/var/log" | "/usr" | "/lib" | "/lib/modules" | "/boot" => "Directory",
        "/etc/passwd" | "/etc/group" | "/etc/hosts" | "/etc/hostname" | "/etc/resolv.conf" | "/etc/os-release"
        | "/etc/machine-id" => "File",
        _ if path.ends_with(".sock") => "Socket",
        _ if path.starts_with("/dev/") => "CharDevice",
        _ => "",
    }
}

/// Whether a file with such a name holds a key or passwords, or its content is a private key.
fn kind_of(name: &str, bytes: &[u8]) -> FileObjectKind {
    if content::is_key_material(name, bytes) { FileObjectKind::Secret } else { FileObjectKind::ConfigMap }
}

/// Endings of files that a container reads.
const FILES: [&str; 46] = [
    "conf",
    "cfg",
    "cnf",
    "config",
    "ini",
    "yml",
    "yaml",
    "json",
    "json5",
    "toml",
    "xml",
    "properties",
    "env",
    "txt",
    "md",
    "sh",
    "bash",
    "py",
    "js",
    "mjs",
    "ts",
    "php",
    "rb",
    "pl",
    "lua",
    "sql",
    "html",
    "htm",
    "css",
    "htpasswd",
    "key",
    "pem",
    "crt",
    "cer",
    "cert",
    "csr",
    "p12",
    "pfx",
    "jks",
    "tmpl",
    "tpl",
    "template",
    "acl",
    "rules",
    "lic",
    "list",
];

/// Whether a path that is not there was meant as a file: both ends have the name of one.
fn looks_like_file(source: &str, target: &str) -> bool {
    let is_file = |path: &str| {
        let name = base_name(path);
        let well_known = ["Caddyfile", "Corefile", "Dockerfile", "Makefile", "Procfile", "passwd", ".env", ".htpasswd"];
        well_known.contains(&name)
            || name
                .rsplit_once('.')
                .is_some_and(|(stem, ending)| !stem.is_empty() && FILES.contains(&ending.to_ascii_lowercase().as_str()))
    };
    is_file(source) && (is_file(target) || base_name(source) == base_name(target))
}

/// Whether a folder's name says that programs write data into it.
fn names_data(path: &str) -> bool {
    let name = base_name(path).to_ascii_lowercase();
    let words = [
        "data",
        "db",
        "database",
        "uploads",
        "upload",
        "storage",
        "logs",
        "log",
        "backup",
        "backups",
        "cache",
        "tmp",
        "media",
        "volumes",
        "state",
        "pgdata",
        "mysql",
        "postgres",
        "postgresql",
        "mongo",
        "redis",
        "downloads",
    ];
    words.contains(&name.as_str()) || name.ends_with("-data") || name.ends_with("_data") || name.ends_with("-db")
}

/// Where programs look for their configuration, and not for their code.
fn is_configuration(target: &str) -> bool {
    [
        "/etc",
        "/usr/local/etc",
        "/docker-entrypoint",
        "/config",
        "/conf",
        "/certs",
        "/ssl",
        "/run",
        "/var/run",
        "/opt/bitnami",
    ]
    .iter()
    .any(|folder| target.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::{is_system, is_within, looks_like_file, names_data, system_kind};

    #[test]
    fn names_tell_files_from_folders() {
        assert!(looks_like_file("/p/nginx.conf", "/etc/nginx/nginx.conf"));
        assert!(looks_like_file("/p/Caddyfile", "/etc/caddy/Caddyfile"));
        assert!(!looks_like_file("/p/conf.d", "/etc/nginx/conf.d"));
        assert!(!looks_like_file("/p/init.sql", "/docker-entrypoint-initdb.d"));
        assert!(!looks_like_file("/p/.config", "/root/.config"));
        assert!(names_data("/p/pg-data") && !names_data("/p/src"));
    }

    #[test]
    fn the_system_is_known_by_its_paths() {
        assert!(is_system("/var/run/docker.sock") && is_system("/") && !is_system("/etcetera") && !is_system("/srv/x"));
        assert_eq!(system_kind("/dev/ttyUSB0"), "CharDevice");
        assert_eq!(system_kind("/etc/letsencrypt"), "");
        assert!(is_within("/a/b", "/a") && is_within("/a", "/a") && !is_within("/ab", "/a"));
        assert!(is_within("conf/x", ".") && !is_within("../x", "."));
    }
}
