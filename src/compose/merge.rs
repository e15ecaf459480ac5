//! Merging of spanned nodes by the rules of the key table (compose-spec, "Merge"; compose-loading, section 8): a later file over an
//! earlier one, before anything is typed.

mod forms;
mod identity;

use std::collections::HashMap;

use self::forms::{dependency, keyed, long, name, pair, sequence};
use self::identity::{field, fingerprint, identity_of, key_of_text};
use crate::compose::keys::{Identity, Merge, Shape};
use crate::diag::{Code, Diagnostic, Diagnostics};
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
pub(crate) fn settle_lists(node: &mut Node, rule: Merge, shape: Shape, path: &str, diags: &mut Diagnostics) {
    match (&mut node.value, rule) {
        (Value::List(items), Merge::Unique | Merge::UniqueOrOne) => once(items, key_of_text, diags),
        (Value::List(items), Merge::UniqueBy(identity)) => {
            tell_overridden(items, identity, path, diags);
            once(items, |node| identity_of(node, identity), diags);
        }
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
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                settle_lists(&mut entry.value, rule, below, &path, diags);
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

/// Says which mounts of a list are not made, as a later one is at the same path. One that says the same twice loses nothing.
fn tell_overridden(items: &[Node], identity: Identity, path: &str, diags: &mut Diagnostics) {
    if items.len() < 2 || matches!(identity, Identity::Port | Identity::Path) {
        return;
    }
    let mut last: HashMap<String, &Node> = HashMap::with_capacity(items.len());
    for item in items.iter().rev() {
        let Some(at) = identity_of(item, identity) else { continue };
        let later = *last.entry(at.clone()).or_insert(item);
        if fingerprint(later) != fingerprint(item) {
            diags.push(
                Diagnostic::new(Code::OverriddenInList, item.origin, format!("nothing is mounted here at {at}"))
                    .also(later.origin, "this is mounted there")
                    .why("of several entries at one path docker compose takes the last")
                    .help("remove it, or mount it elsewhere")
                    .key(path),
            );
        }
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
