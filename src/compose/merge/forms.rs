//! The forms that a value is brought to before it is merged (compose-loading, section 8): a list as the mapping it stands for, a
//! mapping as a list, a short form as the long one.

use super::identity::text;
use crate::compose::model::scalar::scalar_text;
use crate::syntax::{Entry, Map, Node, Value};

/// A mapping as a list of `key=value`, in order; a list or a single text stays.
pub(super) fn sequence(node: Node) -> Node {
    let Value::Map(map) = node.value else { return node };
    let mut lines: Vec<Node> = Vec::with_capacity(map.len());
    for (name, entry) in &map {
        let values = match &entry.value.value {
            Value::List(items) => items.iter().collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Timestamp(_)
            | Value::String(_)
            | Value::Map(_) => vec![&entry.value],
        };
        for value in values {
            let text = scalar_text(&value.value).unwrap_or_default();
            let line = if value.value == Value::Null { name.clone() } else { format!("{name}={text}") };
            lines.push(Node { value: Value::String(line), origin: value.origin, tag: None });
        }
    }
    lines.sort_by_cached_key(text);
    Node { value: Value::List(lines), origin: node.origin, tag: node.tag }
}

/// A list as the mapping it stands for: each item gives a name and a value. A mapping stays, and so does a list with other items.
pub(super) fn keyed(node: Node, entry_of: impl Fn(&Node) -> Option<(String, Value)>) -> Node {
    let items = match node.value {
        Value::List(items) => items,
        Value::String(_) => vec![Node { tag: None, ..node }],
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Timestamp(_)
        | Value::Map(_)) => return Node { value: other, ..node },
    };
    let (origin, tag) = (node.origin, node.tag);
    if items.iter().any(|item| entry_of(item).is_none()) {
        return Node { value: Value::List(items), origin, tag };
    }
    let entries = items.into_iter().filter_map(|item| {
        let (name, value) = entry_of(&item)?;
        Some((name, entry(item, value)))
    });
    Node { value: Value::Map(entries.collect()), origin, tag }
}

/// `KEY=VALUE`, or a key alone.
pub(super) fn pair(item: &Node) -> Option<(String, Value)> {
    let text = text(item)?;
    Some(match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Value::String(value.to_owned())),
        None => (text, Value::Null),
    })
}

/// A name alone.
pub(super) fn name(item: &Node) -> Option<(String, Value)> {
    text(item).map(|name| (name, Value::Null))
}

/// The name of a dependency that must be started.
pub(super) fn dependency(item: &Node) -> Option<(String, Value)> {
    let place = || Node { value: Value::Null, origin: item.origin, tag: None };
    let started = entry(place(), Value::String("service_started".to_owned()));
    let required = entry(place(), Value::Bool(true));
    let long = [("condition".to_owned(), started), ("required".to_owned(), required)];
    text(item).map(|name| (name, Value::Map(Map::from_iter(long))))
}

/// A text as the mapping that it is short for.
pub(super) fn long(node: Node, key: &str) -> Node {
    if !matches!(node.value, Value::String(_)) {
        return node;
    }
    let origin = node.origin;
    let value = node.value.clone();
    Node { value: Value::Map(Map::from([(key.to_owned(), entry(node, value))])), origin, tag: None }
}

fn entry(node: Node, value: Value) -> Entry {
    Entry { key: node.origin, value: Node { value, origin: node.origin, tag: node.tag } }
}
