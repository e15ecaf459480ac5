//! Networks, volumes, secrets and configs of a stack: what `external` excludes, and the name that it brings.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::syntax::{Map, Node, Value};

/// Checks the objects of one file, and moves `external: {name: x}` to `name: x`.
pub(super) fn objects(root: &mut Node, diags: &mut Diagnostics) {
    let Value::Map(top) = &mut root.value else { return };
    for section in ["networks", "volumes", "secrets", "configs"] {
        let Some(Value::Map(entries)) = top.get_mut(section).map(|entry| &mut entry.value.value) else { continue };
        for (name, entry) in entries.iter_mut() {
            if let Value::Map(map) = &mut entry.value.value {
                object(section, name, map, diags);
            }
        }
    }
}

fn object(section: &str, name: &str, map: &mut Map, diags: &mut Diagnostics) {
    let path = format!("{section}.{name}");
    let external = map.get("external").filter(|entry| entry.value.value != Value::Bool(false)).cloned();
    let Some(external) = external else {
        if section == "secrets" && is_set(map, "driver") && is_set(map, "file") {
            excludes(map, "driver", "file", &path, "a secret of a driver has no file", diags);
        }
        return;
    };
    if section == "volumes" {
        for key in ["driver", "driver_opts", "labels", "x-cluster-spec"] {
            if is_set(map, key) {
                excludes(map, "external", key, &path, "a volume that is there already is not set up here", diags);
            }
        }
    }
    let named = if let Value::Map(named) = &external.value.value { named.get("name") } else { None };
    let outside = named.filter(|entry| entry.value.value != Value::String(String::new()));
    match outside {
        Some(_) if is_set(map, "name") => {
            excludes(map, "external", "name", &path, "its name is written twice", diags);
        }
        Some(outside) => {
            map.insert("name".to_owned(), outside.clone());
        }
        None => {}
    }
    // An empty name says no more than `external` does: what is told of the one is told of the other.
    let empty = named.filter(|_| outside.is_none()).map(|entry| entry.value.origin);
    if let Some(entry) = map.get_mut("external") {
        entry.value.value = Value::Bool(true);
        entry.value.origin = empty.unwrap_or(entry.value.origin);
    }
}

fn is_set(map: &Map, key: &str) -> bool {
    let value = map.get(key).map(|entry| &entry.value.value);
    value.is_some_and(|value| *value != Value::String(String::new()) && *value != Value::Map(Map::new()))
}

fn excludes(map: &Map, first: &str, second: &str, path: &str, why: &str, diags: &mut Diagnostics) {
    let (Some(first_entry), Some(second_entry)) = (map.get(first), map.get(second)) else { return };
    diags.push(
        Diagnostic::new(Code::Conflict, second_entry.key, format!("`{path}` has both `{first}` and `{second}`"))
            .also(first_entry.key, format!("`{first}` stands here"))
            .why(why)
            .help(format!("remove `{second}`, or `{first}`"))
            .key(path),
    );
}
