//! Strategic merge (Kubernetes, "Update API Objects in Place Using kubectl patch"): mappings are merged key by key, `null` takes a key
//! away, and lists whose items have a key of their own are merged by it; other lists are replaced.

use super::Manifest;
use super::order;
use super::value::{Map, Value};
use crate::ir::{Patch, Target, Why};
use crate::syntax::{self, Node};

/// The key that tells items of a list apart, by the key under which the list stands.
const MERGE_KEYS: &[(&str, &str)] = &[
    ("containers", "name"),
    ("initContainers", "name"),
    ("volumes", "name"),
    ("env", "name"),
    ("imagePullSecrets", "name"),
    ("hostAliases", "ip"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("topologySpreadConstraints", "topologyKey"),
    ("rules", "host"),
];

/// Merges what the user says of a manifest into it.
pub(super) fn apply(manifest: &mut Manifest, patches: &[Patch]) {
    for patch in patches {
        let Some(prefix) = prefix(manifest, &patch.target) else { continue };
        let path: Vec<&str> = prefix.iter().copied().chain(patch.path.iter().copied()).collect();
        put(manifest, &path, &patch.tree);
    }
}

/// Merges a tree into what stands at a path.
pub(super) fn put(manifest: &mut Manifest, path: &[&str], tree: &Node) {
    let mut pointer = String::new();
    let mut value = &mut manifest.object;
    let mut parent = "";
    for key in path {
        pointer.push('/');
        pointer.push_str(key);
        let Some(next) = child(value, key) else { return };
        value = next;
        parent = key;
    }
    let reasons = &mut manifest.reasons;
    merge(value, tree, parent, &mut pointer, &mut |pointer, origin| reasons.push(pointer, 0, Why::Origin(origin)));
}

/// Where in the object a patch begins; none when it is not for this object.
fn prefix(manifest: &Manifest, target: &Target) -> Option<&'static [&'static str]> {
    let kind = manifest.kind();
    let is_controller = matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob");
    match target {
        Target::Controller => is_controller.then_some(&[]),
        Target::MainContainer => match kind {
            "CronJob" => Some(&["spec", "jobTemplate", "spec", "template", "spec", "containers", "0"]),
            _ => is_controller.then_some(&["spec", "template", "spec", "containers", "0"]),
        },
        Target::Services => (kind == "Service").then_some(&[]),
        Target::OwnService => {
            let is_own =
                kind == "Service" && manifest.owner.as_ref().is_some_and(|owner| owner.as_str() == manifest.name());
            is_own.then_some(&[])
        }
        Target::Kind(asked) => (kind == asked).then_some(&[]),
    }
}

/// The value at a key, made where there is none, or at a place of a list.
fn child<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    match value {
        Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        Value::Object(map) => map.entry(key),
        Value::Null => {
            *value = Value::Object(Map::default());
            child(value, key)
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

type Record<'r> = dyn FnMut(&str, crate::origin::Origin) + 'r;

fn merge(into: &mut Value, patch: &Node, parent: &str, pointer: &mut String, record: &mut Record<'_>) {
    match (&patch.value, into) {
        (syntax::Value::Map(patches), Value::Object(map)) => {
            for (key, entry) in patches.iter() {
                if entry.value.value == syntax::Value::Null {
                    map.remove(key);
                    record(pointer, entry.key);
                    continue;
                }
                let length = pointer.len();
                push(pointer, key);
                if let Some(value) = map.entry(key) {
                    merge(value, &entry.value, key, pointer, record);
                }
                pointer.truncate(length);
            }
            map.arrange_under(parent);
        }
        (syntax::Value::List(patches), Value::Array(items)) if merge_key(parent).is_some() => {
            let name = merge_key(parent).unwrap_or_default();
            for patch in patches {
                let wanted = text_at(patch, name);
                let known = items.iter().position(|item| {
                    wanted.is_some() && item.as_object().and_then(|map| map.get(name)).and_then(Value::as_str) == wanted
                });
                let place = known.unwrap_or(items.len());
                if known.is_none() {
                    items.push(Value::Null);
                }
                let length = pointer.len();
                push(pointer, &place.to_string());
                if let Some(item) = items.get_mut(place) {
                    merge(item, patch, parent, pointer, record);
                }
                pointer.truncate(length);
            }
        }
        (_, into) => {
            *into = plain(patch, parent);
            record_all(patch, pointer, record);
        }
    }
}

/// Notes where everything that was put in came from.
fn record_all(node: &Node, pointer: &mut String, record: &mut Record<'_>) {
    let length = pointer.len();
    match &node.value {
        syntax::Value::Map(map) if !map.is_empty() => {
            for (key, entry) in map.iter() {
                push(pointer, key);
                record_all(&entry.value, pointer, record);
                pointer.truncate(length);
            }
        }
        syntax::Value::List(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                push(pointer, &index.to_string());
                record_all(item, pointer, record);
                pointer.truncate(length);
            }
        }
        syntax::Value::Null
        | syntax::Value::Bool(_)
        | syntax::Value::Int(_)
        | syntax::Value::Float(_)
        | syntax::Value::Timestamp(_)
        | syntax::Value::String(_)
        | syntax::Value::List(_)
        | syntax::Value::Map(_) => record(pointer, node.origin),
    }
}

fn merge_key(parent: &str) -> Option<&'static str> {
    MERGE_KEYS.iter().find(|(list, _)| *list == parent).map(|(_, key)| *key)
}

fn text_at<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    let syntax::Value::Map(map) = &node.value else { return None };
    if let syntax::Value::String(text) = &map.get(key)?.value.value { Some(text) } else { None }
}

fn push(pointer: &mut String, key: &str) {
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
}

/// What the user wrote, as a value of the object, its keys in the usual order.
pub(super) fn plain(node: &Node, parent: &str) -> Value {
    match &node.value {
        syntax::Value::Null => Value::Null,
        syntax::Value::Bool(value) => Value::Bool(*value),
        syntax::Value::Int(value) => Value::Number((*value).into()),
        syntax::Value::Float(value) => serde_json::Number::from_f64(*value).map_or(Value::Null, Value::Number),
        syntax::Value::Timestamp(text) | syntax::Value::String(text) => Value::String(text.as_str().into()),
        syntax::Value::List(items) => Value::Array(items.iter().map(|item| plain(item, parent)).collect()),
        syntax::Value::Map(map) => {
            let pairs = map.iter().filter(|(_, entry)| entry.value.value != syntax::Value::Null);
            let mut read: Map =
                pairs.map(|(key, entry)| (std::borrow::Cow::Owned(key.clone()), plain(&entry.value, key))).collect();
            read.arrange_under(parent);
            Value::Object(read)
        }
    }
}

impl Map {
    /// Puts the keys in the order of hand-written manifests.
    fn arrange_under(&mut self, parent: &str) {
        if let Some(order) = order::under(parent) {
            self.sort_by(order);
        }
    }
}
