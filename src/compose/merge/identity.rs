//! Which items of two lists are the same (compose-loading, section 8): the later one takes the place of the earlier.

use crate::compose::grammar::{mounts, ports};
use crate::compose::keys::Identity;
use crate::compose::model::scalar::scalar_text;
use crate::syntax::{Node, Value};

/// What an item is known by; nothing where it does not say.
pub(super) fn identity_of(node: &Node, identity: Identity) -> Option<String> {
    match identity {
        Identity::Port => match &node.value {
            Value::String(text) => ports::parse_short(text).ok().map(|range| range.identity()),
            Value::Int(port) => ports::parse_short(&port.to_string()).ok().map(|range| range.identity()),
            Value::Map(_) => {
                let part = |name: &str, default: &str| field(node, name).unwrap_or_else(|| default.to_owned());
                Some(format!(
                    "{}:{}:{}/{};",
                    part("host_ip", "0.0.0.0"),
                    part("published", ""),
                    part("target", ""),
                    part("protocol", "tcp")
                ))
            }
            Value::Null | Value::Bool(_) | Value::Float(_) | Value::Timestamp(_) | Value::List(_) => None,
        },
        Identity::MountTarget => match text(node) {
            Some(text) => mounts::parse_short(&text).ok().map(|mount| mount.target),
            None => field(node, "target"),
        },
        Identity::GrantTarget(folder) => match text(node) {
            Some(text) => Some(format!("{folder}{text}")),
            None => field(node, "target").or_else(|| field(node, "source").map(|source| format!("{folder}{source}"))),
        },
        Identity::Device => match text(node) {
            Some(text) => {
                let mut parts = text.split(':');
                let source = parts.next().map(str::to_owned);
                parts.next().map(str::to_owned).or(source)
            }
            None => field(node, "target"),
        },
        Identity::Path => text(node).or_else(|| field(node, "path")),
    }
}

/// What stands before `=`; numbers count as text.
pub(super) fn key_of_text(node: &Node) -> Option<String> {
    let text = match &node.value {
        Value::Int(number) => return Some(number.to_string()),
        Value::String(text) => text,
        Value::Null | Value::Bool(_) | Value::Float(_) | Value::Timestamp(_) | Value::List(_) | Value::Map(_) => {
            return None;
        }
    };
    Some(text.split_once('=').map_or(text.as_str(), |(before, _)| before).to_owned())
}

/// A text that two nodes share when they hold the same.
pub(super) fn fingerprint(node: &Node) -> String {
    match &node.value {
        Value::Null => "~".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => format!("{value:e}f"),
        Value::Timestamp(text) => format!("@{text}"),
        Value::String(text) => format!("{text:?}"),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(fingerprint).collect();
            format!("[{}]", items.join(","))
        }
        Value::Map(map) => {
            let mut entries: Vec<String> =
                map.iter().map(|(name, entry)| format!("{name:?}:{}", fingerprint(&entry.value))).collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
    }
}

/// The text of a key of a mapping.
pub(super) fn field(node: &Node, name: &str) -> Option<String> {
    let Value::Map(map) = &node.value else { return None };
    scalar_text(&map.get(name)?.value.value)
}

/// The text of a node that is one.
pub(super) fn text(node: &Node) -> Option<String> {
    if let Value::String(text) = &node.value { Some(text.clone()) } else { None }
}
