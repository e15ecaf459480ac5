//! Merging of spanned nodes by the rules of the key table (compose-spec, "Merge"; compose-loading, section 8): a later file over an
//! earlier one, before anything is typed.

use std::collections::HashMap;

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
    if over.value == Value::Null && rule != Merge::Logging {
        return base;
    }
    if base.value == Value::Null {
        return over;
    }
    if is_passed_over(&over, rule) {
        diags.push(
            Diagnostic::new(Code::ValueIgnored, over.origin, format!("`{path}` adds nothing here"))
                .why("Docker passes over a value that is neither a text, a list nor a mapping")
                .help("remove it, or write a list")
                .key(path),
        );
        return base;
    }
    match rule {
        Merge::Pairs => pairs(keyed(base, pair), keyed(over, pair), path, diags),
        Merge::Names => maps(keyed(base, name), keyed(over, name), shape, path, diags),
        Merge::DependsOn => maps(keyed(base, dependency), keyed(over, dependency), shape, path, diags),
        Merge::Short(key) => maps(long(base, key), long(over, key), shape, path, diags),
        Merge::UniqueOrOne => append(base, over, key_of_text, diags),
        Merge::UniqueBy(Identity::Path) => append(base, over, |node| identity_of(node, Identity::Path), diags),
        Merge::Unique | Merge::UniqueBy(_)
            if !matches!((&base.value, &over.value), (Value::List(_), Value::List(_))) =>
        {
            refuse(&base, &over, path, diags);
            base
        }
        Merge::Unique => append(base, over, key_of_text, diags),
        Merge::UniqueBy(identity) => append(base, over, |node| identity_of(node, identity), diags),
        Merge::Sequence => append(sequence(base), sequence(over), |node| Some(fingerprint(node)), diags),
        Merge::Logging if drivers_differ(&base, &over) => {
            consume(&base, diags);
            over
        }
        Merge::Either if !matches!((&base.value, &over.value), (Value::Map(_), Value::Map(_))) => {
            consume(&base, diags);
            over
        }
        Merge::Default | Merge::Replace | Merge::Logging | Merge::Either | Merge::Each => {
            by_kind(base, over, rule, shape, path, diags)
        }
    }
}

fn by_kind(base: Node, over: Node, rule: Merge, shape: Shape, path: &str, diags: &mut Diagnostics) -> Node {
    match (&base.value, &over.value) {
        (Value::Map(_), Value::Map(_)) if rule == Merge::Each => {
            entries(base, over, |_| (Merge::Either, Shape::Leaf), path, diags)
        }
        (Value::Map(_), Value::Map(_)) => maps(base, over, shape, path, diags),
        (Value::List(_), Value::List(_)) => append(base, over, |node| Some(fingerprint(node)), diags),
        (Value::Map(_) | Value::List(_), _) => {
            refuse(&base, &over, path, diags);
            base
        }
        (
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) | Value::String(_),
            _,
        ) => {
            consume(&base, diags);
            over
        }
    }
}

fn refuse(base: &Node, over: &Node, path: &str, diags: &mut Diagnostics) {
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
}

/// Where lists are put together, the reference passes over a later value of another kind.
fn is_passed_over(over: &Node, rule: Merge) -> bool {
    matches!(rule, Merge::Pairs | Merge::Sequence | Merge::UniqueOrOne | Merge::UniqueBy(Identity::Path))
        && matches!(over.value, Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_))
}

/// Logging options are merged only where both speak of the same driver, or one of them of none.
fn drivers_differ(base: &Node, over: &Node) -> bool {
    match (field(base, "driver"), field(over, "driver")) {
        (Some(base), Some(over)) => base != over,
        (None, _) | (_, None) => false,
    }
}

/// `KEY=VALUE` over `KEY=VALUE`: the later one stands, also where it has no value.
fn pairs(base: Node, over: Node, path: &str, diags: &mut Diagnostics) -> Node {
    entries(base, over, |_| (Merge::Replace, Shape::Leaf), path, diags)
}

fn maps(base: Node, over: Node, shape: Shape, path: &str, diags: &mut Diagnostics) -> Node {
    let rule_of = |name: &str| match shape {
        Shape::Table(table) => table.rule(name).map_or((Merge::Default, Shape::Leaf), |rule| (rule.merge, rule.shape)),
        Shape::Entries(table) => (Merge::Default, Shape::Table(table)),
        Shape::Items(_) | Shape::Leaf => (Merge::Default, Shape::Leaf),
    };
    entries(base, over, rule_of, path, diags)
}

fn entries(
    base: Node,
    over: Node,
    rule_of: impl Fn(&str) -> (Merge, Shape),
    path: &str,
    diags: &mut Diagnostics,
) -> Node {
    let (Value::Map(mut merged), Value::Map(later)) = (base.value, over.value) else {
        diags.push(
            Diagnostic::new(Code::Merge, over.origin, format!("`{path}` cannot be merged"))
                .also(base.origin, "the earlier value")
                .help("write a mapping, or a list of strings, in both files")
                .key(path),
        );
        return Node { value: Value::Map(Map::new()), origin: base.origin, tag: None };
    };
    for (name, entry) in later {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if entry.value.tag == Some(Tag::Reset) {
            if let Some(removed) = merged.shift_remove(&name) {
                consume(&removed.value, diags);
            }
            continue;
        }
        let (rule, below) = rule_of(&name);
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

/// Lets each item of a keyed list stand once, as the reference does in every file: the last one, at the place of the first.
pub(crate) fn settle_lists(node: &mut Node, rule: Merge, shape: Shape, diags: &mut Diagnostics) {
    match (&mut node.value, rule) {
        (Value::List(items), Merge::Unique | Merge::UniqueOrOne) => once(items, key_of_text, diags),
        (Value::List(items), Merge::UniqueBy(identity)) => once(items, |node| identity_of(node, identity), diags),
        (Value::Map(map), _) => {
            for (name, entry) in map.iter_mut() {
                let (rule, below) = match shape {
                    Shape::Table(table) => match table.rule(name) {
                        Some(rule) => (rule.merge, rule.shape),
                        None => continue,
                    },
                    Shape::Entries(table) => (Merge::Default, Shape::Table(table)),
                    Shape::Items(_) | Shape::Leaf => return,
                };
                settle_lists(&mut entry.value, rule, below, diags);
            }
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Timestamp(_)
            | Value::String(_)
            | Value::List(_),
            _,
        ) => {}
    }
}

fn once(items: &mut Vec<Node>, identity: impl Fn(&Node) -> Option<String>, diags: &mut Diagnostics) {
    if items.len() < 2 {
        return;
    }
    let mut places: HashMap<String, usize> = HashMap::with_capacity(items.len());
    if items.iter().all(|item| identity(item).is_none_or(|key| places.insert(key, 0).is_none())) {
        return;
    }
    places.clear();
    *items = appended(Vec::new(), std::mem::take(items), identity, diags);
}

fn append(base: Node, over: Node, identity: impl Fn(&Node) -> Option<String>, diags: &mut Diagnostics) -> Node {
    let origin = base.origin;
    Node { value: Value::List(appended(items(base), items(over), identity, diags)), origin, tag: None }
}

/// Items after others: one that says which it is takes the place of the earlier one.
fn appended(
    mut merged: Vec<Node>,
    over: Vec<Node>,
    identity: impl Fn(&Node) -> Option<String>,
    diags: &mut Diagnostics,
) -> Vec<Node> {
    let mut places: HashMap<String, usize> = HashMap::with_capacity(merged.len());
    for (index, item) in merged.iter().enumerate() {
        if let Some(key) = identity(item) {
            places.insert(key, index);
        }
    }
    for item in over {
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
    merged
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

/// What stands before `=`; numbers count as text.
fn key_of_text(node: &Node) -> Option<String> {
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
fn fingerprint(node: &Node) -> String {
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

/// A mapping as a list of `key=value`, in order; a list or a single text stays.
fn sequence(node: Node) -> Node {
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
            let text = crate::compose::model::scalar::scalar_text(&value.value).unwrap_or_default();
            let line = if value.value == Value::Null { name.clone() } else { format!("{name}={text}") };
            lines.push(Node { value: Value::String(line), origin: value.origin, tag: None });
        }
    }
    lines.sort_by_cached_key(text);
    Node { value: Value::List(lines), origin: node.origin, tag: node.tag }
}

fn entry(node: Node, value: Value) -> Entry {
    Entry { key: node.origin, value: Node { value, origin: node.origin, tag: node.tag } }
}

/// A list as the mapping it stands for: each item gives a name and a value. A mapping stays, and so does a list with other items.
fn keyed(node: Node, entry_of: impl Fn(&Node) -> Option<(String, Value)>) -> Node {
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
    let place = || Node { value: Value::Null, origin: item.origin, tag: None };
    let started = entry(place(), Value::String("service_started".to_owned()));
    let required = entry(place(), Value::Bool(true));
    let long = [("condition".to_owned(), started), ("required".to_owned(), required)];
    text(item).map(|name| (name, Value::Map(Map::from_iter(long))))
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
            Some(text) => crate::compose::grammar::mounts::parse_short(&text).ok().map(|mount| mount.target),
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
