//! Strategic merge (Kubernetes, "Update API Objects in Place Using kubectl patch"): mappings are merged key by key, `null` takes a key
//! away, and lists whose items have a key of their own are merged by it; other lists are replaced. Of custom resources all are.

use super::Manifest;
use super::order;
use super::value::{Map, Value};
use crate::ir::{Patch, Target, Why, is_custom};
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

/// The key under which a tree says that it takes something away or stands alone.
const DIRECTIVE: &str = "$patch";

/// Merges what the user says of a manifest into it.
pub(super) fn apply(manifest: &mut Manifest, patches: &[Patch]) {
    for patch in patches {
        let Some(prefix) = prefix(manifest, &patch.target) else { continue };
        let path: Vec<&str> = prefix.iter().map(String::as_str).chain(patch.path.iter().copied()).collect();
        put(manifest, &path, &patch.tree);
    }
}

/// What patches say of the pods of a Job, as text: a changed Job must have another name.
pub(super) fn said_of_job(patches: &[&[Patch]]) -> String {
    let of_pods = |patch: &&Patch| match &patch.target {
        Target::Pods | Target::MainContainer | Target::Container(_) => true,
        Target::Kind(kind) | Target::Object(kind, _) => kind == "Job",
        Target::Every | Target::Controller | Target::Services => false,
    };
    let trees = patches.iter().flat_map(|patches| patches.iter()).filter(of_pods);
    trees.map(|patch| plain(&patch.tree, "").to_string()).collect()
}

/// Merges a tree into what stands at a path.
pub(super) fn put(manifest: &mut Manifest, path: &[&str], tree: &Node) {
    let is_custom = is_custom(manifest.kind());
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
    let keys: KeyOf = if is_custom { |_, _| None } else { merge_key };
    merge(value, tree, parent, keys, &mut pointer, &mut |pointer, origin| {
        reasons.push(pointer, 0, Why::Origin(origin))
    });
    if let (true, Value::Object(map)) = (path.is_empty(), &mut manifest.object) {
        map.sort_by(order::OBJECT);
    }
    let above = path.len().checked_sub(2).and_then(|index| path.get(index)).copied().unwrap_or_default();
    arrange_at(&mut manifest.object, path, above);
}

/// A key that was put where there was none stands in its usual place.
fn arrange_at(object: &mut Value, path: &[&str], parent: &str) {
    let Some((_, above)) = path.split_last() else { return };
    let mut value = object;
    for key in above {
        let Some(next) = child(value, key) else { return };
        value = next;
    }
    if let Value::Object(map) = value {
        map.arrange_under(parent);
    }
}

/// Where in the object a patch begins; none when it is not for this object.
fn prefix(manifest: &Manifest, target: &Target) -> Option<Vec<String>> {
    let kind = manifest.kind();
    let template: Option<&[&str]> = match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => Some(&["spec", "template"]),
        "CronJob" => Some(&["spec", "jobTemplate", "spec", "template"]),
        _ => None,
    };
    let path = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    match target {
        Target::Every => Some(Vec::new()),
        Target::Controller => template.map(|_| Vec::new()),
        Target::Pods => template.map(path),
        // The passes have said which one it is.
        Target::MainContainer => None,
        Target::Container(name) => {
            let mut prefix = path(template?);
            let spec = manifest.object.pointer(&format!("/{}/spec", prefix.join("/")))?.as_object()?;
            let (list, place) = ["containers", "initContainers"].into_iter().find_map(|list| {
                let mut items = spec.get(list)?.as_array()?.iter();
                let is_it = |item: &Value| item.pointer("/name").and_then(Value::as_str) == Some(name.as_str());
                Some((list, items.position(is_it)?))
            })?;
            prefix.extend(["spec".to_owned(), list.to_owned(), place.to_string()]);
            Some(prefix)
        }
        Target::Services => (kind == "Service").then(Vec::new),
        Target::Kind(asked) => (kind == asked).then(Vec::new),
        Target::Object(asked, name) => (kind == asked && manifest.name() == name).then(Vec::new),
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

/// The key that tells items of a list apart.
type KeyOf = fn(&str, &[Value]) -> Option<&'static str>;

fn merge(into: &mut Value, patch: &Node, parent: &str, keys: KeyOf, pointer: &mut String, record: &mut Record<'_>) {
    match (&patch.value, into) {
        (syntax::Value::Map(patches), Value::Object(map)) => {
            if directive(patch) == Some("replace") {
                *map = Map::default();
            }
            for (key, entry) in patches.iter() {
                if key == DIRECTIVE {
                    record(pointer, entry.value.origin);
                    continue;
                }
                if entry.value.value == syntax::Value::Null {
                    map.remove(key);
                    record(pointer, entry.key);
                    continue;
                }
                let length = pointer.len();
                push(pointer, key);
                if let Some(value) = map.entry(key) {
                    merge(value, &entry.value, key, keys, pointer, record);
                }
                pointer.truncate(length);
            }
            map.arrange_under(parent);
        }
        (syntax::Value::List(patches), Value::Array(items)) if keys(parent, items).is_some() => {
            let name = keys(parent, items).unwrap_or_default();
            for patch in patches {
                let wanted = scalar_at(patch, name);
                let known = items.iter().position(|item| {
                    wanted.is_some() && item.as_object().and_then(|map| map.get(name)) == wanted.as_ref()
                });
                if let (Some("delete"), Some(known)) = (directive(patch), known) {
                    items.remove(known);
                    record(pointer, patch.origin);
                    record_all(patch, pointer, record);
                    continue;
                }
                let place = known.unwrap_or(items.len());
                if known.is_none() {
                    items.push(Value::Null);
                }
                let length = pointer.len();
                push(pointer, &place.to_string());
                if let Some(item) = items.get_mut(place) {
                    merge(item, patch, parent, keys, pointer, record);
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

/// Ports of Services and of containers have different keys.
fn merge_key(parent: &str, items: &[Value]) -> Option<&'static str> {
    if parent == "ports" {
        let is_of_container = items.iter().any(|item| item.pointer("/containerPort").is_some());
        return Some(if is_of_container { "containerPort" } else { "port" });
    }
    MERGE_KEYS.iter().find(|(list, _)| *list == parent).map(|(_, key)| *key)
}

fn scalar_at(node: &Node, key: &str) -> Option<Value> {
    let syntax::Value::Map(map) = &node.value else { return None };
    let value = plain(&map.get(key)?.value, key);
    matches!(value, Value::String(_) | Value::Number(_)).then_some(value)
}

fn directive(node: &Node) -> Option<&str> {
    let syntax::Value::Map(map) = &node.value else { return None };
    if let syntax::Value::String(text) = &map.get(DIRECTIVE)?.value.value { Some(text) } else { None }
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
            let pairs = map.iter().filter(|(key, entry)| entry.value.value != syntax::Value::Null && *key != DIRECTIVE);
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
