//! Merging of spanned nodes by the rules of the key table (compose-spec, "Merge"; compose-loading, section 8): a later file over an
//! earlier one, before anything is typed.

use indexmap::IndexMap;

use crate::compose::grammar::ports;
use crate::compose::keys::{Identity, Merge, Shape};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::Origin;
use crate::syntax::{Entry, Map, Node, Tag, Value};

/// A later node over an earlier one.
pub(crate) fn merge(base: Node, over: Node, rule: Merge, shape: Shape, path: &str, diags: &mut Diagnostics) -> Node {
    if over.tag == Some(Tag::Override) || rule == Merge::Replace {
        consume(&base, diags);
        return Node { tag: None, ..over };
    }
    if over.value == Value::Null {
        return base;
    }
    if base.value == Value::Null {
        return over;
    }
    match rule {
        Merge::Pairs => maps(keyed(base, pair), keyed(over, pair), Shape::Leaf, path, diags),
        Merge::Names => maps(keyed(base, name), keyed(over, name), shape, path, diags),
        Merge::DependsOn => maps(keyed(base, dependency), keyed(over, dependency), shape, path, diags),
        Merge::Short(key) => maps(long(base, key), long(over, key), shape, path, diags),
        Merge::Unique => append(base, over, |node| text(node).map(|text| before_equals(&text).to_owned()), diags),
        Merge::UniqueBy(identity) => append(base, over, |node| identity_of(node, identity), diags),
        Merge::Default | Merge::Replace => by_kind(base, over, shape, path, diags),
    }
}

fn by_kind(base: Node, over: Node, shape: Shape, path: &str, diags: &mut Diagnostics) -> Node {
    let both_maps = matches!((&base.value, &over.value), (Value::Map(_), Value::Map(_)));
    let both_lists = matches!((&base.value, &over.value), (Value::List(_), Value::List(_)));
    let collection = |node: &Node| matches!(node.value, Value::Map(_) | Value::List(_));
    if both_maps {
        return maps(base, over, shape, path, diags);
    }
    if both_lists {
        return append(base, over, |_| None, diags);
    }
    if collection(&base) || collection(&over) {
        diags.push(
            Diagnostic::new(
                Code::Merge,
                over.origin,
                format!("`{path}` cannot be merged: {} over {}", over.value.kind(), base.value.kind()),
            )
            .also(base.origin, "the earlier value")
            .help("write it in the same form as the earlier file, or replace it with !override")
            .key(path),
        );
        return base;
    }
    consume(&base, diags);
    over
}

fn maps(base: Node, over: Node, shape: Shape, path: &str, diags: &mut Diagnostics) -> Node {
    let (Value::Map(mut merged), Value::Map(later)) = (base.value, over.value) else {
        return Node { value: Value::Null, origin: base.origin, tag: None };
    };
    for (name, entry) in later {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if entry.value.tag == Some(Tag::Reset) {
            if let Some(removed) = merged.shift_remove(&name) {
                consume(&removed.value, diags);
            }
            continue;
        }
        let (rule, below) = match shape {
            Shape::Table(table) => {
                table.rule(&name).map_or((Merge::Default, Shape::Leaf), |rule| (rule.merge, rule.shape))
            }
            Shape::Entries(table) => (Merge::Default, Shape::Table(table)),
            Shape::Items(_) | Shape::Leaf => (Merge::Default, Shape::Leaf),
        };
        match merged.entry(name) {
            indexmap::map::Entry::Occupied(mut earlier) => {
                let taken = std::mem::replace(
                    &mut earlier.get_mut().value,
                    Node { value: Value::Null, origin: entry.key, tag: None },
                );
                *earlier.get_mut() =
                    Entry { key: entry.key, value: merge(taken, entry.value, rule, below, &path, diags) };
            }
            indexmap::map::Entry::Vacant(place) => {
                place.insert(entry);
            }
        }
    }
    Node { value: Value::Map(merged), origin: base.origin, tag: None }
}

fn append(base: Node, over: Node, identity: impl Fn(&Node) -> Option<String>, diags: &mut Diagnostics) -> Node {
    let origin = base.origin;
    let mut merged = items(base);
    let mut places: IndexMap<String, usize> = IndexMap::new();
    for (index, item) in merged.iter().enumerate() {
        if let Some(key) = identity(item) {
            places.insert(key, index);
        }
    }
    for item in items(over) {
        match identity(&item) {
            Some(key) => match places.get(&key).and_then(|index| merged.get_mut(*index)) {
                Some(earlier) => consume(&std::mem::replace(earlier, item), diags),
                None => {
                    places.insert(key, merged.len());
                    merged.push(item);
                }
            },
            None => merged.push(item),
        }
    }
    Node { value: Value::List(merged), origin, tag: None }
}

fn consume(node: &Node, diags: &mut Diagnostics) {
    let mut found = Vec::new();
    crate::compose::leaves::leaves(node, &mut found);
    for leaf in found {
        diags.consume(leaf, "overridden by a later file");
    }
}

fn items(node: Node) -> Vec<Node> {
    if let Value::List(items) = node.value { items } else { vec![node] }
}

fn text(node: &Node) -> Option<String> {
    if let Value::String(text) = &node.value { Some(text.clone()) } else { None }
}

fn before_equals(text: &str) -> &str {
    text.split_once('=').map_or(text, |(before, _)| before)
}

fn entry(node: Node, value: Value) -> Entry {
    Entry { key: node.origin, value: Node { value, origin: node.origin, tag: node.tag } }
}

/// A list as the mapping it stands for: each item gives a name and a value. A mapping stays.
fn keyed(node: Node, entry_of: impl Fn(&Node) -> Option<(String, Value)>) -> Node {
    let Value::List(items) = node.value else { return node };
    let entries = items.into_iter().filter_map(|item| {
        let (name, value) = entry_of(&item)?;
        Some((name, entry(item, value)))
    });
    Node { value: Value::Map(entries.collect()), origin: node.origin, tag: node.tag }
}

/// `KEY=VALUE`, or a key alone.
fn pair(item: &Node) -> Option<(String, Value)> {
    let text = text(item)?;
    Some(match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Value::String(value.to_owned())),
        None => (text, Value::Null),
    })
}

/// A name alone.
fn name(item: &Node) -> Option<(String, Value)> {
    text(item).map(|name| (name, Value::Null))
}

/// The name of a dependency that must be started.
fn dependency(item: &Node) -> Option<(String, Value)> {
    let place = Node { value: Value::Null, origin: item.origin, tag: None };
    let started = entry(place, Value::String("service_started".to_owned()));
    text(item).map(|name| (name, Value::Map(Map::from([("condition".to_owned(), started)]))))
}

fn long(node: Node, key: &str) -> Node {
    if !matches!(node.value, Value::String(_)) {
        return node;
    }
    let origin: Origin = node.origin;
    let value = node.value.clone();
    Node { value: Value::Map(Map::from([(key.to_owned(), entry(node, value))])), origin, tag: None }
}

fn field(node: &Node, name: &str) -> Option<String> {
    let Value::Map(map) = &node.value else { return None };
    crate::compose::model::scalar::scalar_text(&map.get(name)?.value.value)
}

fn identity_of(node: &Node, identity: Identity) -> Option<String> {
    match identity {
        Identity::Port => match text(node) {
            Some(text) => ports::parse_short(&text).ok().map(|mappings| {
                mappings
                    .iter()
                    .map(|port| {
                        let host = port.host_ip.clone().unwrap_or_else(|| "0.0.0.0".to_owned());
                        format!(
                            "{host}:{}:{}/{};",
                            port.published.clone().unwrap_or_default(),
                            port.target,
                            port.protocol
                        )
                    })
                    .collect()
            }),
            None => {
                let part = |name: &str, default: &str| field(node, name).unwrap_or_else(|| default.to_owned());
                Some(format!(
                    "{}:{}:{}/{};",
                    part("host_ip", "0.0.0.0"),
                    part("published", ""),
                    part("target", ""),
                    part("protocol", "tcp")
                ))
            }
        },
        Identity::MountTarget => match text(node) {
            Some(text) => crate::compose::grammar::mounts::parse_short(&text).ok().map(|mount| mount.target),
            None => field(node, "target"),
        },
        Identity::GrantTarget(folder) => match text(node) {
            Some(text) => Some(format!("{folder}{text}")),
            None => field(node, "target").or_else(|| field(node, "source").map(|source| format!("{folder}{source}"))),
        },
        Identity::Path => text(node).or_else(|| field(node, "path")),
    }
}
