//! Bind mounts (compose-spec, "volumes", type `bind`): what each path of the Docker host is for, and what stands for it in a cluster.

pub(super) mod words;

use self::words::{
    is_clock, is_configuration, is_read_at_start, is_system, looks_like_file, names_code_file, names_data,
    names_datastore, system_kind,
};
use crate::compose::grammar::mounts as grammar;
use crate::diag::{Code, Diagnostic};
use crate::ir::{FileObjectKind, Mount, MountSource, Traced, Why};
use crate::lower::mounts::{Asked, Mounter};
use crate::lower::source_code::Held;
use crate::lower::{content, files, placeholders};
use crate::origin::{Origin, Spanned};
use crate::world::Kind;

impl Mounter<'_> {
    /// A bind mount. The targets of source code that is not mounted join `dropped`.
    pub(super) fn bind(&mut self, source: &Spanned<String>, asked: Asked, dropped: &mut Vec<String>) -> Option<Mount> {
        if placeholders::has_placeholder(self.context, &source.value) {
            return self.of_pods(source, asked, dropped);
        }
        self.path_of_host(source, asked, dropped)
    }

    fn path_of_host(&mut self, source: &Spanned<String>, asked: Asked, dropped: &mut Vec<String>) -> Option<Mount> {
        let full = self.below_the_project(grammar::join(&self.context.loaded.folder, &source.value));
        let in_project = grammar::is_within(&full, &self.context.loaded.folder);
        if !in_project && is_clock(&full) {
            return self.clock(source, &asked);
        }
        if !in_project && is_system(&full) {
            return Some(self.system(&full, asked));
        }
        let found =
            if grammar::is_absolute(&full) && !full.starts_with('/') { None } else { self.context.world.kind(&full) };
        match found {
            Some(Kind::File) => {
                if !in_project {
                    self.tell_outside(&full, asked.origin);
                }
                self.file(source, &full, asked)
            }
            Some(Kind::Folder) => self.folder(source, &full, asked, dropped),
            Some(Kind::Socket) => Some(self.on_node(&full, "Socket", asked)),
            Some(Kind::CharacterDevice) => Some(self.on_node(&full, "CharDevice", asked)),
            Some(Kind::BlockDevice) => Some(self.on_node(&full, "BlockDevice", asked)),
            Some(Kind::Other) | None if looks_like_file(&asked.target.value) => {
                if names_code_file(&full) && self.held(&full, &asked.target.value) == Held::Code {
                    return self.drop_source(source, &asked, dropped, Held::Code);
                }
                self.absent(source, &full, asked)
            }
            Some(Kind::Other) | None => {
                let target = asked.target.value.as_str();
                if !self.is_data(&full, &asked) && self.is_absent_source(&full, target) {
                    let held = self.seen(&full);
                    return self.drop_source(source, &asked, dropped, held);
                }
                if !self.is_data(&full, &asked) && is_read_at_start(target) {
                    return Some(self.absent_settings(source, &full, asked));
                }
                Some(asked.of(MountSource::Data(full)))
            }
        }
    }

    /// A path with placeholders: what lies below the first of them is another folder for each pod, or for each service.
    fn of_pods(&mut self, source: &Spanned<String>, mut asked: Asked, dropped: &mut Vec<String>) -> Option<Mount> {
        let (parent, below) = placeholders::split(&source.value)?;
        self.below(below, Why::Origin(source.origin), &mut asked);
        if asked.of_pod.is_none()
            && let Some(below) = asked.subpath.take()
        {
            let value = format!("{}/{}", parent.trim_end_matches('/'), below.value);
            return self.path_of_host(&Spanned { value, origin: source.origin }, asked, dropped);
        }
        let full = grammar::join(&self.context.loaded.folder, parent);
        if is_system(&full) { Some(self.system(&full, asked)) } else { Some(asked.of(MountSource::Data(full))) }
    }

    /// A path that is written in full, `$PWD/conf`, as one that is written from the project's folder, where it lies in it.
    fn below_the_project(&self, full: String) -> String {
        let folder = &self.context.loaded.folder;
        let written = grammar::join(&self.context.world.current_folder(), folder);
        match full.strip_prefix(&written) {
            Some("") => grammar::join(folder, ""),
            Some(rest) if rest.starts_with('/') && written != "/" => {
                grammar::join(folder, rest.trim_start_matches('/'))
            }
            _ => full,
        }
    }

    fn folder(
        &mut self,
        source: &Spanned<String>,
        full: &str,
        asked: Asked,
        dropped: &mut Vec<String>,
    ) -> Option<Mount> {
        // The checkout is no data, and no settings: it is code that the container may build, and files of other services.
        let is_project = grammar::is_within(&self.context.loaded.folder, full);
        let is_data = !is_project && self.is_data(full, &asked);
        let held = if is_data { Held::Other } else { self.held(full, &asked.target.value) };
        if held != Held::Other {
            return self.drop_source(source, &asked, dropped, held);
        }
        if !is_data
            && !is_project
            && let Some(found) = content::folder(self.context, full)
        {
            if !grammar::is_within(full, &self.context.loaded.folder) {
                self.tell_outside(full, asked.origin);
            }
            let kind = if found.is_secret { FileObjectKind::Secret } else { FileObjectKind::ConfigMap };
            self.say_size(full, found.entries.iter().map(|(_, bytes)| bytes.len()).sum(), asked.origin);
            let object = content::object(self.objects, self.own, full, kind, found.entries, asked.origin);
            self.warn_if_writable(source, &asked);
            return Some(asked.of(MountSource::Folder { object, kind, items: found.items }));
        }
        Some(asked.of(MountSource::Data(full.to_owned())))
    }

    /// Whether programs write data there: the image keeps it there, or a name says so. A folder that is called after a datastore
    /// may as well hold its settings: it does where it is not written, or is mounted where settings are.
    fn is_data(&self, full: &str, asked: &Asked) -> bool {
        let target = asked.target.value.as_str();
        if self.known.is_some_and(|image| image.data.contains(&target)) {
            return true;
        }
        let is_settings = asked.read_only.is_some() || is_configuration(target);
        !target.starts_with("/docker-entrypoint")
            && [full, target].iter().any(|path| names_data(path) || !is_settings && names_datastore(path))
    }

    fn file(&mut self, source: &Spanned<String>, full: &str, asked: Asked) -> Option<Mount> {
        let found = files::read_at(self.context, &self.key(), full, source.origin, self.diags)?;
        let base = base_name(full);
        let key = content::data_key(base);
        let kind = kind_of(&[base, &asked.target.value], &found.bytes);
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
        let kind = kind_of(&[base, &asked.target.value], b"");
        let create = match kind {
            FileObjectKind::ConfigMap => {
                format!("kubectl create configmap {object} --from-file={key}={}", source.value)
            }
            FileObjectKind::Secret => {
                format!("kubectl create secret generic {object} --from-file={key}={}", source.value)
            }
        };
        let help = format!("convert where the file is, or run: {create}");
        self.say_absent(source, ("taken for a file, by its name in the container", kind, help), asked.origin);
        Some(asked.of(MountSource::File { object, kind, key, mode: None }))
    }

    /// A folder that is not here, of files that are read once, at the start: an empty volume in its place would be found too late.
    fn absent_settings(&mut self, source: &Spanned<String>, full: &str, asked: Asked) -> Mount {
        let (object, kind) = (self.own.with(base_name(full)), FileObjectKind::ConfigMap);
        let create = format!("kubectl create configmap {object} --from-file={}", source.value);
        let help = format!("convert where the folder is, or run: {create}");
        self.say_absent(source, ("taken for a folder of settings, by where it is mounted", kind, help), asked.origin);
        asked.of(MountSource::Folder { object, kind, items: Vec::new() })
    }

    fn say_absent(
        &mut self,
        source: &Spanned<String>,
        (label, kind, help): (&'static str, FileObjectKind, String),
        origin: Origin,
    ) {
        self.diags.push(
            Diagnostic::new(Code::BindFileMissing, origin, format!("{} is not here", source.value))
                .label(label)
                .why(format!("the pods wait for the {} that is to hold it", kind.word()))
                .own_help(help)
                .cause(kind.word())
                .key(self.key()),
        );
    }

    /// The host's time zone.
    fn clock(&mut self, source: &Spanned<String>, asked: &Asked) -> Option<Mount> {
        if self.has_zone {
            asked.leaves().for_each(|leaf| self.diags.consume(leaf, "TZ says the time zone"));
            return None;
        }
        self.diags.push(
            Diagnostic::new(Code::BindTimeZone, asked.origin, format!("{} is not mounted", source.value))
                .why("it gave the container the time zone of the Docker host; the nodes of a cluster keep UTC")
                .help("name the zone in the environment: TZ: Europe/Berlin")
                .cause("bind-time-zone")
                .key(self.key())
                .covers(asked.leaves()),
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
        let message = match self.known {
            Some(image) if image.watches_node && !self.on_each_node => of_one_node(image.name, full, origin),
            Some(_) | None => of_the_node(full, origin),
        };
        self.diags.push(message.key(self.key()));
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
        if asked.read_only.is_some() {
            return;
        }
        if asked.target.value.starts_with("/docker-entrypoint-initdb.d") {
            self.diags.push(
                Diagnostic::new(Code::BindReadOnce, asked.origin, format!("{} is read-only now", source.value))
                    .why("it becomes a ConfigMap or Secret; what stands there is run once, and never written")
                    .help("write :ro to have it so with Docker too")
                    .cause("bind-read-once")
                    .key(self.key()),
            );
        } else {
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

/// A path of the node is mounted.
pub(super) fn of_the_node(path: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::BindSystem, origin, format!("{path} is mounted from the node"))
        .why("the path of each node is its own, and a cluster may forbid it")
        .help("check that the cluster allows hostPath volumes")
        .cause("bind-system")
}

/// A path of the node is mounted by what watches the node, which was the only one on Docker.
fn of_one_node(image: &str, path: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::BindSystem, origin, format!("{path} is mounted from the one node that {image} runs on"))
        .why("one pod watches one node, and a cluster may forbid it to mount its paths")
        .help("to have one on each node, write: x-kubernetes: { kind: daemon-set }")
        .cause("bind-system of agents")
}

fn host(full: &str, kind: Traced<&'static str>, asked: Asked) -> Mount {
    let propagation = asked.propagation.clone();
    Mount { propagation, ..asked.of(MountSource::Host { path: grammar::clean(full), kind }) }
}

/// A path's last part.
pub(super) fn base_name(path: &str) -> &str {
    path.trim_end_matches(['/', '\\'])
        .rsplit(['/', '\\'])
        .next()
        .filter(|name| !matches!(*name, "" | "." | ".."))
        .unwrap_or("files")
}

/// Whether a file with such a name here or in the container holds a key or passwords, or its content is a private key.
fn kind_of(names: &[&str], bytes: &[u8]) -> FileObjectKind {
    let is_secret = names.iter().any(|name| content::is_key_material(name, bytes));
    if is_secret { FileObjectKind::Secret } else { FileObjectKind::ConfigMap }
}

#[cfg(test)]
mod tests {
    use super::base_name;

    #[test]
    fn the_project_itself_has_a_name() {
        assert_eq!(
            [base_name("./"), base_name("."), base_name("a/b/"), base_name("/")],
            ["files", "files", "b", "files"]
        );
    }
}
