//! Several stack files: a later one over an earlier one, both in canonical form.
//!
//! The reference merges Go structures, where a value that equals zero is no value: a later file cannot say `false`, nor empty a
//! text. Lists of ports, mounts and grants are keyed, all others append, and top-level entries replace each other whole.

#![expect(clippy::wildcard_enum_match_arm, reason = "a rule names the kinds of values that it treats apart")]

use indexmap::IndexMap;

use crate::compose::leaves::leaves;
use crate::compose::model::scalar::scalar_text;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::swarm::kinds::{Kind, Number, Table, Zero};
use crate::swarm::read::{items, with};
use crate::swarm::schema::{ATTACHMENT, LOGGING, PROJECT, SERVICE};
use crate::syntax::{Entry, Map, Node, Value};

/// Merges a later file over an earlier one.
pub(super) fn files(base: Node, over: Node, diags: &mut Diagnostics) -> Node {
    let origin = base.origin;
    let (Value::Map(mut merged), Value::Map(later)) = (base.value, over.value) else {
        return Node { value: Value::Map(Map::new()), origin, tag: None };
    };
    for (name, entry) in later {
        let is_section = PROJECT.field(&name).is_some_and(|field| matches!(field.kind, Kind::Entries { .. }));
        match merged.get_mut(&name) {
            None if is_section => {
                merged.insert(name, entry);
            }
            Some(earlier) if is_section => sections(&name, earlier, entry, diags),
            // The version is the same, and only the first file's `x-*` are kept.
            Some(_) | None => consume(&entry.value, "docker stack deploy takes this key from the first file", diags),
        }
    }
    Node { value: Value::Map(merged), origin, tag: None }
}

fn sections(section: &str, base: &mut Entry, over: Entry, diags: &mut Diagnostics) {
    let (Value::Map(base), Value::Map(later)) = (&mut base.value.value, over.value.value) else { return };
    for (name, entry) in later {
        let Some(earlier) = base.get_mut(&name) else {
            base.insert(name, entry);
            continue;
        };
        let taken = std::mem::replace(earlier, entry);
        if section == "services" {
            let path = format!("services.{name}");
            let over = std::mem::replace(&mut earlier.value, with(&taken.value, Value::Null));
            earlier.value = service(taken.value, over, &path, diags);
        } else {
            consume(&taken.value, "the entry of a later file replaces it whole", diags);
        }
    }
}

fn service(base: Node, over: Node, path: &str, diags: &mut Diagnostics) -> Node {
    let keyed_lists: Vec<(String, &'static str)> = match &base.value {
        Value::Map(map) => map.keys().filter_map(|name| Some((name.clone(), identity(name)?))).collect(),
        _ => Vec::new(),
    };
    let mut merged = table(&SERVICE, base, over, path, diags);
    // Keyed lists of the earlier file lose their doubles and are sorted, also where the later file has none.
    if let Value::Map(map) = &mut merged.value {
        for (name, key) in keyed_lists {
            if let Some(entry) = map.get_mut(&name) {
                let list = std::mem::replace(&mut entry.value.value, Value::Null);
                entry.value.value = keyed(with(&entry.value, list), key, diags);
            }
        }
    }
    merged
}

fn table(table: &'static Table, base: Node, over: Node, path: &str, diags: &mut Diagnostics) -> Node {
    let origin = base.origin;
    let (Value::Map(mut merged), Value::Map(later)) = (base.value, over.value) else {
        return Node { value: Value::Map(Map::new()), origin, tag: None };
    };
    for (name, entry) in later {
        let path = format!("{path}.{name}");
        let Some(earlier) = merged.get_mut(&name) else {
            merged.insert(name, entry);
            continue;
        };
        let base = std::mem::replace(&mut earlier.value, with(&entry.value, Value::Null));
        let key = entry.key;
        earlier.value = match table.field(&name) {
            Some(field) => value(&field.kind, base, entry.value, &path, diags),
            None => free(base, entry.value, &path, diags),
        };
        earlier.key = key;
    }
    Node { value: Value::Map(merged), origin, tag: None }
}

/// Merges two values of a kind.
fn value(kind: &'static Kind, base: Node, over: Node, path: &str, diags: &mut Diagnostics) -> Node {
    match kind {
        Kind::Number(Number { whole: _, signed: _, zero: Zero::Kept }) => replace(base, over, diags),
        Kind::Text
        | Kind::NullableText
        | Kind::Choice(_)
        | Kind::Flag(_)
        | Kind::Number(_)
        | Kind::Ratio
        | Kind::Bytes
        | Kind::Duration(_)
        | Kind::Command
        | Kind::NumberOrText => {
            if is_zero(kind, &over) && !is_zero(kind, &base) {
                without_effect(&base, &over, path, diags);
                base
            } else {
                replace(base, over, diags)
            }
        }
        Kind::Test
        | Kind::TextOrTexts
        | Kind::Texts { unique: _ }
        | Kind::Numbers
        | Kind::Hosts
        | Kind::Items(_)
        | Kind::Ports
        | Kind::Mounts
        | Kind::Grants => append(base, over),
        Kind::Pairs { null: true } => each(base, over, |base, over| {
            if is_empty(&over) && !is_empty(&base) {
                without_effect(&base, &over, path, diags);
                base
            } else {
                replace(base, over, diags)
            }
        }),
        Kind::Pairs { null: false } | Kind::Options { null: _ } | Kind::Ulimits => {
            each(base, over, |base, over| replace(base, over, diags))
        }
        Kind::Attachments => each(base, over, |base, over| attachment(base, over, path, diags)),
        Kind::Table(below, _) if std::ptr::eq(*below, &raw const LOGGING) => logging(base, over, path, diags),
        Kind::Table(below, _) | Kind::NullableTable(below) | Kind::Short(_, below) => {
            table(below, base, over, path, diags)
        }
        // Services alone merge by kind, and these do not stand in them.
        Kind::External { closed: _ } | Kind::Entries { .. } | Kind::Forgotten(_) => replace(base, over, diags),
    }
}

fn replace(base: Node, over: Node, diags: &mut Diagnostics) -> Node {
    consume(&base, "overridden by a later file", diags);
    over
}

fn without_effect(base: &Node, over: &Node, path: &str, diags: &mut Diagnostics) {
    let mut found = Vec::new();
    leaves(over, &mut found);
    let diagnostic = Diagnostic::new(
        Code::MergeWithoutEffect,
        over.origin,
        format!("`{path}` of an earlier file stays: docker stack deploy takes a zero for no value"),
    )
    .label("without effect")
    .also(base.origin, "the earlier value, which holds")
    .help("remove the value from the earlier file")
    .key(path)
    .covers(found);
    diags.push(diagnostic);
}

fn append(base: Node, over: Node) -> Node {
    let origin = base.origin;
    let mut all = items(base);
    all.extend(items(over));
    Node { value: Value::List(all), origin, tag: None }
}

/// Merges the values of equal names.
fn each(base: Node, over: Node, mut merge: impl FnMut(Node, Node) -> Node) -> Node {
    let origin = base.origin;
    let (Value::Map(mut merged), Value::Map(later)) = (base.value, over.value) else {
        return Node { value: Value::Map(Map::new()), origin, tag: None };
    };
    for (name, entry) in later {
        let value = match merged.get_mut(&name) {
            None => entry.value,
            Some(earlier) => {
                let base = std::mem::replace(&mut earlier.value, with(&entry.value, Value::Null));
                merge(base, entry.value)
            }
        };
        merged.insert(name, Entry { key: entry.key, value });
    }
    Node { value: Value::Map(merged), origin, tag: None }
}

/// The aliases of the later file alone count, also when it has none; addresses replace, options of the driver stay.
fn attachment(base: Node, over: Node, path: &str, diags: &mut Diagnostics) -> Node {
    if over.value == Value::Null {
        return base;
    }
    if base.value == Value::Null {
        return over;
    }
    let origin = base.origin;
    let (Value::Map(mut merged), Value::Map(mut later)) = (base.value, over.value) else {
        return Node { value: Value::Null, origin, tag: None };
    };
    if let Some(options) = later.shift_remove("driver_opts") {
        consume(&options.value, "docker stack deploy keeps the driver options of the first file", diags);
    }
    if let Some(aliases) = merged.shift_remove("aliases") {
        consume(&aliases.value, "the aliases of a later file replace them", diags);
    }
    let base = Node { value: Value::Map(merged), origin, tag: None };
    table(&ATTACHMENT, base, Node { value: Value::Map(later), origin, tag: None }, path, diags)
}

/// Options merge where the driver is the same or one file names none; the reference loses those of the later file when the
/// earlier one has none at all.
fn logging(base: Node, over: Node, path: &str, diags: &mut Diagnostics) -> Node {
    let driver = |node: &Node| {
        let Value::Map(map) = &node.value else { return None };
        map.get("driver").and_then(|entry| scalar_text(&entry.value.value)).filter(|driver| !driver.is_empty())
    };
    let (earlier, later) = (driver(&base), driver(&over));
    if earlier.is_some() && later.is_some() && earlier != later {
        return replace(base, over, diags);
    }
    let origin = over.origin;
    let Value::Map(mut map) = over.value else { return base };
    let has_options = matches!(&base.value, Value::Map(map) if map.contains_key("options"));
    if !has_options && let Some(options) = map.shift_remove("options") {
        without_effect(&base, &options.value, &format!("{path}.options"), diags);
    }
    if earlier.is_some()
        && let Some(driver) = map.shift_remove("driver")
    {
        consume(&driver.value, "the earlier file names the same driver", diags);
    }
    table(&LOGGING, base, Node { value: Value::Map(map), origin, tag: None }, path, diags)
}

/// What makes two items of a service's list the same.
fn identity(name: &str) -> Option<&'static str> {
    match name {
        "ports" => Some("published"),
        "volumes" => Some("target"),
        "secrets" | "configs" => Some("source"),
        _ => None,
    }
}

/// One item for each identity, the last of them, sorted by it.
fn keyed(list: Node, key: &str, diags: &mut Diagnostics) -> Value {
    let mut found: IndexMap<(i64, String), Node> = IndexMap::new();
    for item in items(list) {
        let value = match &item.value {
            Value::Map(map) => map.get(key).map(|entry| &entry.value.value),
            _ => None,
        };
        let identity = match value {
            Some(Value::Int(number)) => (*number, String::new()),
            Some(other) => (0, scalar_text(other).unwrap_or_default()),
            None => (0, String::new()),
        };
        if let Some(earlier) = found.insert(identity, item) {
            consume(&earlier, "a later item of the merged files takes its place", diags);
        }
    }
    found.sort_keys();
    found.into_values().collect()
}

/// Merges what a user's own `x-*` key holds: mappings by key, lists by appending.
fn free(base: Node, over: Node, path: &str, diags: &mut Diagnostics) -> Node {
    match (&base.value, &over.value) {
        (Value::Map(_), Value::Map(_)) => each(base, over, |base, over| free(base, over, path, diags)),
        (Value::List(_), Value::List(_)) => append(base, over),
        (Value::Null, _) | (_, Value::Null) => replace(base, over, diags),
        (_, Value::List(_)) => {
            let kind = base.value.kind();
            diags.push(
                Diagnostic::new(Code::Merge, over.origin, format!("`{path}` cannot be merged: a list over {kind}"))
                    .also(base.origin, "the earlier value")
                    .help("write it in the same form as the earlier file")
                    .key(path),
            );
            base
        }
        _ => replace(base, over, diags),
    }
}

/// Whether a value is as good as none.
pub(super) fn is_zero(kind: &Kind, node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Int(number) => *number == 0,
        Value::Float(number) => *number == 0.0,
        Value::String(text) => match kind {
            Kind::Duration(_) => text == "0s",
            Kind::Bytes => text == "0",
            _ => text.is_empty(),
        },
        Value::Timestamp(_) => false,
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
    }
}

fn is_empty(node: &Node) -> bool {
    matches!(&node.value, Value::Null) || node.value == Value::String(String::new())
}

fn consume(node: &Node, reason: &'static str, diags: &mut Diagnostics) {
    let mut found = Vec::new();
    leaves(node, &mut found);
    for leaf in found {
        diags.consume(leaf, reason);
    }
}
