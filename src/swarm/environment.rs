//! The variables of services, with those of their `env_file` (docker/cli: `NAME=VALUE` lines taken as they are).
//!
//! The reference resolves them in each file before it merges, and asks the shell not only for a variable without value but also
//! for one whose value is empty.

use indexmap::IndexMap;

use crate::compose::env_files::{EnvFiles, Shelf};
use crate::compose::interpolate::Lookup;
use crate::origin::{Origin, Spanned};
use crate::swarm::read::services;
use crate::syntax::{Entry, Map, Node, Value};

/// The variables of a service; `None` is one that nothing sets.
pub(super) type Variables = IndexMap<String, Spanned<Option<String>>>;

/// The variables of every service of one file. The environment files that were read are added to `read`.
pub(super) fn resolve(
    root: &Node,
    shelf: &mut Shelf<'_>,
    lookup: &Lookup<'_>,
    read: &mut EnvFiles,
) -> IndexMap<String, Variables> {
    let mut all = IndexMap::new();
    for (name, entry) in services(root).into_iter().flatten() {
        let Value::Map(service) = &entry.value.value else { continue };
        let mut variables = Variables::new();
        let mut of_files = Variables::new();
        for path in list(service, "env_file") {
            let Value::String(text) = &path.value else { continue };
            let Some(file) = shelf.raw(&Spanned { value: text.clone(), origin: path.origin }) else { continue };
            for entry in file.entries.iter() {
                let value = Spanned { value: Some(entry.value.clone()), origin: entry.origin };
                of_files.insert(entry.name.clone(), value);
            }
            read.entry(name.clone()).or_default().push(file);
        }
        update(&mut variables, of_files, lookup);
        update(&mut variables, written(service), lookup);
        all.insert(name.clone(), variables);
    }
    all
}

/// Later variables over earlier ones; the shell's value stands for one without value or with an empty one.
fn update(variables: &mut Variables, later: Variables, lookup: &Lookup<'_>) {
    for (name, mut variable) in later {
        if variable.value.as_deref().unwrap_or_default().is_empty()
            && let Some((value, _)) = lookup(&name)
        {
            variable.value = Some(value);
        }
        variables.insert(name, variable);
    }
}

/// Merges the variables of a later file over those of an earlier one: what is empty replaces nothing that is not.
pub(super) fn merge(base: &mut IndexMap<String, Variables>, over: IndexMap<String, Variables>) {
    let empty = |variable: &Spanned<Option<String>>| variable.value.as_deref().unwrap_or_default().is_empty();
    for (service, later) in over {
        let earlier = base.entry(service).or_default();
        for (name, variable) in later {
            if !empty(&variable) || earlier.get(&name).is_none_or(empty) {
                earlier.insert(name, variable);
            }
        }
    }
}

/// Writes into `environment` what reading files and `environment` one after the other would not give.
pub(super) fn settle(root: &mut Node, resolved: &IndexMap<String, Variables>, files: &EnvFiles, lookup: &Lookup<'_>) {
    let Value::Map(top) = &mut root.value else { return };
    let Some(Value::Map(services)) = top.get_mut("services").map(|entry| &mut entry.value.value) else { return };
    for (name, entry) in services.iter_mut() {
        let (Value::Map(service), Some(wanted)) = (&mut entry.value.value, resolved.get(name)) else { continue };
        let mut plain: IndexMap<&str, Option<String>> = IndexMap::new();
        for entry in files.get(name).into_iter().flatten().flat_map(|file| file.entries.iter()) {
            plain.insert(&entry.name, Some(entry.value.clone()));
        }
        let own = written(service);
        for (name, variable) in &own {
            let value = variable.value.clone().or_else(|| lookup(name).map(|(value, _)| value));
            plain.insert(name, value);
        }
        let changed: Vec<(String, Option<String>, Origin)> = wanted
            .iter()
            .filter(|(name, variable)| plain.get(name.as_str()) != Some(&variable.value))
            .map(|(name, variable)| (name.clone(), variable.value.clone(), variable.origin))
            .collect();
        if changed.is_empty() {
            continue;
        }
        let place = entry.value.origin;
        let empty = Node { value: Value::Map(Map::new()), origin: place, tag: None };
        let section = service.entry("environment".to_owned()).or_insert(Entry { key: entry.key, value: empty });
        if let Value::Map(map) = &mut section.value.value {
            for (name, value, origin) in changed {
                let value = Node { value: value.map_or(Value::Null, Value::String), origin, tag: None };
                map.insert(name, Entry { key: origin, value });
            }
        }
    }
}

fn written(service: &Map) -> Variables {
    let Some(Value::Map(map)) = service.get("environment").map(|entry| &entry.value.value) else {
        return Variables::new();
    };
    map.iter()
        .map(|(name, entry)| {
            let value = if let Value::String(text) = &entry.value.value { Some(text.clone()) } else { None };
            (name.clone(), Spanned { value, origin: entry.value.origin })
        })
        .collect()
}

fn list<'a>(service: &'a Map, key: &str) -> &'a [Node] {
    match service.get(key).map(|entry| &entry.value.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}
