//! `env_file` (compose-spec; design 4.5): each file becomes a ConfigMap, its credentials a Secret, both named after the file, so that
//! every service that reads the file shares them. `envFrom` brings them into the container byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::compose::env_files::{EnvEntry, ReadEnvFile};
use crate::compose::keys::Key;
use crate::compose::model::scalar::Pairs;
use crate::ir::{Data, FileObject, FileObjectKind, Labelled, Name, Traced, Why, short_hash};
use crate::lower::Context;
use crate::lower::credentials::is_credential;

/// Objects whose every key is a variable, in the order in which later ones win.
pub(super) type EnvFrom = Vec<Traced<(FileObjectKind, Name)>>;

/// The objects of every file, by what was read of it: services may see one file with other values.
#[derive(Default)]
pub(super) struct EnvObjects {
    by_reading: BTreeMap<(String, usize), Vec<(FileObjectKind, Name)>>,
}

impl EnvObjects {
    /// Whether an object is one of these.
    pub(super) fn holds(&self, object: &FileObject) -> bool {
        self.by_reading.values().flatten().any(|(kind, name)| *kind == object.kind && *name == object.name)
    }
}

/// What a service's files give it.
pub(super) struct FromFiles<'a> {
    /// Objects that it takes whole.
    pub(super) objects: EnvFrom,
    /// Entries that no object can hold, in order.
    pub(super) inline: Vec<&'a EnvEntry>,
}

/// Which of two readings of a file it is: they share their entries when they are the same.
fn reading(file: &ReadEnvFile) -> (String, usize) {
    (file.path.value.clone(), Arc::as_ptr(&file.entries).addr())
}

/// Makes the objects of all files that services name.
pub(super) fn objects(context: &Context<'_>, objects: &mut Vec<FileObject>) -> EnvObjects {
    let mut taken: BTreeSet<Name> = objects.iter().map(|object| object.name.clone()).collect();
    // A service's own credentials stand in a Secret of its name.
    taken.extend(context.loaded.env_files.keys().map(|service| Name::from_text(service)));
    let mut made = EnvObjects::default();
    for file in context.loaded.env_files.values().flatten() {
        let key = reading(file);
        if made.by_reading.contains_key(&key) {
            continue;
        }
        let name = name(file, &taken);
        let (mut readable, mut secret) = (IndexMap::new(), IndexMap::new());
        for entry in file.entries.iter().filter(|entry| is_key(&entry.name)) {
            let EnvEntry { name, value, origin } = entry;
            let data = Data { bytes: value.clone().into_bytes(), why: Why::Origin(*origin) };
            let is_secret = !value.is_empty() && is_credential(name, value);
            let (into, out_of) = if is_secret { (&mut secret, &mut readable) } else { (&mut readable, &mut secret) };
            out_of.shift_remove(name);
            into.insert(name.clone(), data);
        }
        let mut names = Vec::new();
        for (kind, entries) in [(FileObjectKind::ConfigMap, readable), (FileObjectKind::Secret, secret)] {
            if !entries.is_empty() {
                let why = Why::Origin(file.path.origin);
                objects.push(FileObject {
                    name: name.clone(),
                    kind,
                    entries: entries.into_iter().collect(),
                    path: None,
                    labelled: Labelled::default(),
                    why,
                });
                names.push((kind, name.clone()));
            }
        }
        taken.insert(name);
        made.by_reading.insert(key, names);
    }
    made
}

/// The file's name, and what of its path tells it from others: `api.env` is api-env, `.env` is env.
fn name(file: &ReadEnvFile, taken: &BTreeSet<Name>) -> Name {
    let path = file.path.value.as_str();
    let starts = path.rmatch_indices(['/', '\\']).map(|(at, _)| at + 1).chain([0]);
    let names = starts.filter_map(|start| path.get(start..)).map(Name::from_text);
    let hashed = || {
        let mut text = path.to_owned();
        for entry in file.entries.iter() {
            text.push_str(&format!("\n{}={}", entry.name, entry.value));
        }
        Name::from_text(path.rsplit(['/', '\\']).next().unwrap_or_default()).with(&short_hash(text.as_bytes()))
    };
    // Two folders of the path tell files apart in all but odd cases; a whole path would tell where the project lies.
    names.take(3).find(|name| !taken.contains(name)).unwrap_or_else(hashed)
}

/// A key of a ConfigMap or Secret.
fn is_key(name: &str) -> bool {
    name.len() <= 253
        && !name.is_empty()
        && !matches!(name, "." | "..")
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// What a service takes of its files. A file that sets a variable which `environment` takes away is written inline without it, as
/// no entry of `env` can undo one of `envFrom`; so is one with a value that is only known for the service, as a swarm's placeholder.
pub(super) fn of_service<'a>(
    made: &EnvObjects,
    files: &'a [ReadEnvFile],
    environment: &Key<Pairs>,
    is_set: &dyn Fn(&str) -> bool,
    is_filled_in: &dyn Fn(&str) -> bool,
) -> FromFiles<'a> {
    let written = environment.get().map(|pairs| &pairs.value.0);
    let taken_away = |name: &str| {
        written.and_then(|pairs| pairs.get(name)).is_some_and(|pair| pair.value.is_none() && !is_set(name))
    };
    let mut found = FromFiles { objects: Vec::new(), inline: Vec::new() };
    // What stands inline beats every object, so that behind a file that must be inline all others are.
    let stands_inline = |entry: &EnvEntry| taken_away(&entry.name) || is_filled_in(&entry.value);
    let first_inline = files.iter().position(|file| file.entries.iter().any(stands_inline)).unwrap_or(files.len());
    for (index, file) in files.iter().enumerate() {
        if index >= first_inline {
            found.inline.extend(file.entries.iter().filter(|entry| !taken_away(&entry.name)));
            continue;
        }
        let names = made.by_reading.get(&reading(file)).into_iter().flatten();
        found.objects.extend(names.map(|name| Traced::from_origin(name.clone(), file.path.origin)));
        found.inline.extend(file.entries.iter().filter(|entry| !is_key(&entry.name)));
    }
    found
}
