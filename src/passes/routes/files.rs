//! Files that tell Traefik what its flags and labels tell it too ("Configuration Discovery", file provider): the static one, in place of
//! flags, and the dynamic ones, as labels under the provider's name `file`. They are read where the project mounts them.

use std::collections::BTreeMap;

use crate::diag::Diagnostics;
use crate::ir::{App, MountSource, RouterLabel, Traced, Why, Workload};
use crate::lower::Context;
use crate::origin::{Origin, Sources};
use crate::syntax::{self, Node, Value};

/// Where Traefik looks for the static file that no flag names, without their endings.
const USUAL: &[&str] = &["/etc/traefik/traefik", "/traefik", "/root/.config/traefik"];
/// The endings of files that it reads.
const ENDINGS: &[&str] = &[".toml", ".yaml", ".yml"];
/// The most bytes of one file.
const MOST_BYTES: u64 = 1 << 20;
/// How deeply values may be nested: deeper than any setting of Traefik.
const MAX_DEPTH: usize = 24;

/// A setting: the keys that lead to it, and its text.
type Leaf = (Vec<String>, String);

/// A file as it stands in the container.
struct Mounted {
    path: String,
    text: String,
    /// Where the project mounts it.
    place: Origin,
}

/// A dynamic file.
pub(super) struct File {
    /// Its name, without folders.
    pub(super) name: String,
    /// Where the project mounts it.
    pub(super) place: Origin,
    /// What it says, as labels would; `None` where it cannot be read.
    pub(super) labels: Option<Vec<RouterLabel>>,
}

/// Everything that the project mounts into a workload, as far as it can be read.
pub(super) struct Shelf<'a> {
    app: &'a App,
    context: &'a Context<'a>,
    workload: &'a Workload,
}

impl<'a> Shelf<'a> {
    /// What is mounted into one workload.
    pub(super) fn of(app: &'a App, context: &'a Context<'a>, workload: &'a Workload) -> Self {
        Shelf { app, context, workload }
    }

    /// A file by its path in the container.
    fn file(&self, path: &str) -> Option<Mounted> {
        let mut found = None;
        for mount in &self.workload.mounts {
            let target = mount.target.value.trim_end_matches('/');
            let below = path.strip_prefix(target).and_then(|rest| rest.strip_prefix('/'));
            let bytes = match &mount.source {
                MountSource::File { object, kind, key, mode: _ } if path == target => {
                    self.entry(*kind, object.as_str(), key)
                }
                MountSource::Folder { object, kind, items } => below.and_then(|below| {
                    let item = items.iter().find(|item| item.path == below);
                    self.entry(*kind, object.as_str(), item.map_or(below, |item| item.key.as_str()))
                }),
                MountSource::Data(folder) => below.and_then(|below| {
                    let full = format!("{}/{below}", folder.trim_end_matches('/'));
                    self.context.world.read(&full, MOST_BYTES).ok()
                }),
                MountSource::File { object: _, kind: _, key: _, mode: _ }
                | MountSource::Named { volume: _, subpath: _ }
                | MountSource::External { claim: _, subpath: _ }
                | MountSource::Image { reference: _, subpath: _ }
                | MountSource::Anonymous
                | MountSource::Memory(_)
                | MountSource::Host { path: _, kind: _ } => None,
            };
            if let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
                found = Some(Mounted { path: path.to_owned(), text, place: mount.origin });
            }
        }
        found
    }

    fn entry(&self, kind: crate::ir::FileObjectKind, object: &str, key: &str) -> Option<Vec<u8>> {
        let mut all = self.workload.files.iter().chain(&self.app.files);
        let file = all.find(|file| file.kind == kind && file.name.as_str() == object)?;
        file.entries.iter().find(|(known, _)| known == key).map(|(_, data)| data.bytes.clone())
    }

    /// The files of a folder of the container that Traefik would read, in the order of their names.
    fn folder(&self, folder: &str) -> Vec<Mounted> {
        let folder = folder.trim_end_matches('/');
        let mut paths = std::collections::BTreeSet::new();
        for mount in &self.workload.mounts {
            let target = mount.target.value.trim_end_matches('/');
            let names: Vec<String> = match &mount.source {
                MountSource::File { object: _, kind: _, key: _, mode: _ } => vec![target.to_owned()],
                MountSource::Folder { object, kind, items } if items.is_empty() => {
                    let mut all = self.workload.files.iter().chain(&self.app.files);
                    let file = all.find(|file| file.kind == *kind && file.name == *object);
                    file.iter().flat_map(|file| &file.entries).map(|(key, _)| format!("{target}/{key}")).collect()
                }
                MountSource::Folder { object: _, kind: _, items } => {
                    items.iter().map(|item| format!("{target}/{}", item.path)).collect()
                }
                MountSource::Data(host) => {
                    let below = folder.strip_prefix(target).unwrap_or_default();
                    let listed = self.context.world.list(&format!("{}{below}", host.trim_end_matches('/')));
                    let listed = listed.ok().filter(|_| folder.starts_with(target)).unwrap_or_default();
                    listed.into_iter().map(|entry| format!("{folder}/{}", entry.name)).collect()
                }
                MountSource::Named { volume: _, subpath: _ }
                | MountSource::External { claim: _, subpath: _ }
                | MountSource::Image { reference: _, subpath: _ }
                | MountSource::Anonymous
                | MountSource::Memory(_)
                | MountSource::Host { path: _, kind: _ } => Vec::new(),
            };
            paths.extend(names);
        }
        let is_read = |path: &String| {
            path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
                && ENDINGS.iter().any(|ending| path.ends_with(ending))
        };
        paths.into_iter().filter(is_read).filter_map(|path| self.file(&path)).collect()
    }

    /// The text of a file.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        self.file(path).map(|file| file.text)
    }

    /// What the static file says, by keys as flags have them; `None` where there is none that can be read.
    pub(super) fn settings(&self, named: Option<&str>) -> Option<BTreeMap<String, Traced<String>>> {
        let usual = USUAL.iter().flat_map(|start| ENDINGS.iter().map(move |ending| format!("{start}{ending}")));
        let mut paths = named.map(str::to_owned).into_iter().chain(usual);
        let file = paths.find_map(|path| self.file(&path))?;
        let why = Why::Origin(file.place);
        let all = leaves(&file)?.into_iter();
        Some(
            all.map(|(keys, text)| (keys.join(".").to_ascii_lowercase(), Traced { value: text, why: why.clone() }))
                .collect(),
        )
    }

    /// What the dynamic files say.
    pub(super) fn routing(&self, flags: &BTreeMap<String, Traced<String>>) -> Vec<File> {
        let named = ["providers.file.filename", "file.filename"].iter().find_map(|key| flags.get(*key));
        let folder = ["providers.file.directory", "file.directory"].iter().find_map(|key| flags.get(*key));
        let mut files: Vec<Mounted> = named.and_then(|path| self.file(&path.value)).into_iter().collect();
        if let (Some(folder), true) = (folder, files.is_empty()) {
            files = self.folder(&folder.value);
        }
        let label = |file: &Mounted, (keys, value): Leaf| RouterLabel {
            key: format!("traefik.{}", keys.join(".")),
            value: Traced { value, why: Why::Origin(file.place) },
            of_deploy: false,
        };
        let all = files.into_iter();
        all.map(|file| {
            let labels = leaves(&file).map(|all| all.into_iter().map(|leaf| label(&file, leaf)).collect());
            File { name: file.path.rsplit('/').next().unwrap_or_default().to_owned(), place: file.place, labels }
        })
        .collect()
    }
}

/// Every setting of a file; `None` for what is no YAML or TOML, as a template is before Traefik fills it in.
fn leaves(file: &Mounted) -> Option<Vec<Leaf>> {
    let mut all = Vec::new();
    if file.path.ends_with(".toml") {
        let table: toml::Table = file.text.parse().ok()?;
        of_toml(&toml::Value::Table(table), &mut Vec::new(), &mut all);
    } else {
        let mut sources = Sources::default();
        let id = sources.add_file(file.path.as_str(), file.text.as_str());
        // The places of this text are nobody else's: messages point at the mount.
        let documents = syntax::parse(id, &mut sources, &mut Diagnostics::default())?;
        of_yaml(documents.first()?, &mut Vec::new(), &mut all);
    }
    Some(all)
}

/// A key that holds a dot would be two.
fn part(key: &str) -> String {
    key.replace('.', "-")
}

fn of_yaml(node: &Node, keys: &mut Vec<String>, all: &mut Vec<Leaf>) {
    let text = match &node.value {
        Value::Map(map) if !map.is_empty() && keys.len() < MAX_DEPTH => {
            for (key, entry) in map.iter() {
                keys.push(part(key));
                of_yaml(&entry.value, keys, all);
                keys.pop();
            }
            return;
        }
        Value::List(items)
            if items.iter().any(|item| matches!(item.value, Value::Map(_))) && keys.len() < MAX_DEPTH =>
        {
            for (index, item) in items.iter().enumerate() {
                numbered(keys, index, |keys| of_yaml(item, keys, all));
            }
            return;
        }
        Value::List(items) => items.iter().filter_map(scalar).collect::<Vec<_>>().join(","),
        Value::Map(_) => String::new(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) | Value::String(_) => {
            scalar(node).unwrap_or_default()
        }
    };
    all.push((keys.clone(), text));
}

fn scalar(node: &Node) -> Option<String> {
    crate::compose::model::scalar::scalar_text(&node.value)
}

fn of_toml(value: &toml::Value, keys: &mut Vec<String>, all: &mut Vec<Leaf>) {
    let text = match value {
        toml::Value::Table(table) if !table.is_empty() && keys.len() < MAX_DEPTH => {
            for (key, value) in table {
                keys.push(part(key));
                of_toml(value, keys, all);
                keys.pop();
            }
            return;
        }
        toml::Value::Array(items) if items.iter().any(toml::Value::is_table) && keys.len() < MAX_DEPTH => {
            for (index, item) in items.iter().enumerate() {
                numbered(keys, index, |keys| of_toml(item, keys, all));
            }
            return;
        }
        toml::Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        toml::Value::Table(_) => String::new(),
        toml::Value::String(_)
        | toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_) => plain(value),
    };
    all.push((keys.clone(), text));
}

fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(flag) => flag.to_string(),
        toml::Value::Datetime(time) => time.to_string(),
        // No setting is a list of lists.
        toml::Value::Array(_) | toml::Value::Table(_) => String::new(),
    }
}

/// `servers[0]`: an item of a list whose items have keys.
fn numbered(keys: &mut Vec<String>, index: usize, with: impl FnOnce(&mut Vec<String>)) {
    let Some(last) = keys.pop() else { return };
    keys.push(format!("{last}[{index}]"));
    with(keys);
    keys.pop();
    keys.push(last);
}
