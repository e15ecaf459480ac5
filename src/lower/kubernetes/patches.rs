//! What a user says in the words of Kubernetes: checked against its API, and kept as trees that emit merges into the objects.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{
    ConfigMap, LimitRange, Namespace, PersistentVolume, PersistentVolumeClaim, ResourceQuota, Secret, Service,
    ServiceAccount, Toleration,
};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::compose::keys::Key;
use crate::compose::model::kubernetes::{Raw, RawList};
use crate::compose::model::text::Pairs;
use crate::diag::{Code, Diagnostic, Diagnostics, nearest};
use crate::ir::{CUSTOM_KINDS, Patch, Target, Traced, is_custom};
use crate::lower::labelled::{is_key, is_value};
use crate::origin::{Origin, Spanned};
use crate::syntax::{Entry, Map, Node, Value};

/// The key under which a tree says that it takes something away or stands alone ("$patch", Kubernetes' strategic merge patch).
const DIRECTIVE: &str = "$patch";

/// What every cluster has: classes of its own programs, and the account of pods that name none.
const EVERYWHERE: &[&str] = &["system-cluster-critical", "system-node-critical", "default"];

/// The command that makes an account.
pub(super) const MAKE_ACCOUNT: &str = "kubectl create serviceaccount NAME";

/// Gathers patches of one place.
pub(super) struct Patches<'a> {
    /// The place, for messages.
    pub(super) path: &'a str,
    /// What was gathered.
    pub(super) list: &'a mut Vec<Patch>,
    /// Where messages go.
    pub(super) diags: &'a mut Diagnostics,
}

impl Patches<'_> {
    /// Adds a tree.
    pub(super) fn add(&mut self, target: Target, path: &'static [&'static str], tree: Node) {
        self.list.push(Patch { target, path, tree });
    }

    /// A field of the pods.
    pub(super) fn pod<T: DeserializeOwned + Serialize>(&mut self, name: &str, node: Option<Node>, field: &str) {
        if let Some(node) = node.and_then(|node| self.checked::<T>(name, node)) {
            self.add(Target::Pods, &["spec"], map(node.origin, [(field, node)]));
        }
    }

    /// On which nodes pods may run, and before which others.
    pub(super) fn scheduling(
        &mut self,
        place: Origin,
        priority_class: Key<String>,
        tolerations: Key<RawList>,
        node_selector: Key<Pairs>,
    ) {
        let help = "kubectl create priorityclass NAME --value=1000";
        if let Some(class) = self.outside("priority_class", priority_class.take(), "PriorityClass", help) {
            let origin = class.why.origins().first().copied().unwrap_or(place);
            self.add(Target::Pods, &["spec"], map(origin, [("priorityClassName", text(class.value, origin))]));
        }
        self.pod::<Vec<Toleration>>("tolerations", tolerations.take().map(|list| list.value.0), "tolerations");
        if let Some(node) = self.texts("node_selector", node_selector, true) {
            self.add(Target::Pods, &["spec"], map(node.origin, [("nodeSelector", node)]));
        }
    }

    /// The name of something that the manifests do not make.
    pub(super) fn outside(
        &mut self,
        key: &str,
        name: Option<Spanned<String>>,
        kind: &str,
        help: &str,
    ) -> Option<Traced<String>> {
        let found = self.name(key, name?)?;
        let place = found.why.origins().first().copied();
        if let Some(place) = place.filter(|_| !EVERYWHERE.contains(&found.value.as_str())) {
            self.diags.push(
                Diagnostic::new(
                    Code::ExternalObject,
                    place,
                    format!("the {kind} {} must exist in the cluster", found.value),
                )
                .why("the server makes no pods without it")
                .help(help.replace("NAME", &found.value))
                .cause(format!("{kind} {}", found.value))
                .key(format!("{}.{key}", self.path)),
            );
        }
        Some(found)
    }

    /// A field of the service's own container.
    pub(super) fn container<T: DeserializeOwned + Serialize>(&mut self, name: &str, node: Option<Node>, field: &str) {
        if let Some(node) = node.and_then(|node| self.checked::<T>(name, node)) {
            self.add(Target::MainContainer, &[], map(node.origin, [(field, node)]));
        }
    }

    /// Further containers: each has a name and an image.
    pub(super) fn containers(&mut self, name: &str, key: Key<RawList>, field: &str) {
        let Some(RawList(node)) = key.take().map(|found| found.value) else { return };
        let Value::List(items) = &node.value else { return };
        for (index, item) in items.iter().enumerate() {
            let known = if let Value::Map(map) = &item.value { Some(map) } else { None };
            for needed in ["name", "image"] {
                if !known.is_some_and(|map| map.contains_key(needed)) {
                    self.say(item.origin, &format!("{name}[{index}]"), &format!("a container has its {needed}"));
                    return;
                }
            }
        }
        self.pod::<Vec<k8s_openapi::api::core::v1::Container>>(name, Some(node), field);
    }

    /// Labels or annotations.
    pub(super) fn metadata(&mut self, name: &str, key: Key<Pairs>, target: &Target, path: &'static [&'static str]) {
        let field = if name.ends_with("labels") || name.starts_with("labels") { "labels" } else { "annotations" };
        if let Some(node) = self.texts(name, key, field == "labels") {
            self.add(target.clone(), path, map(node.origin, [(field, node)]));
        }
    }

    /// Names and texts as Kubernetes takes them, as a tree; those that it refuses are errors.
    pub(super) fn texts(&mut self, name: &str, key: Key<Pairs>, are_labels: bool) -> Option<Node> {
        let Spanned { value: Pairs(pairs), origin } = key.take()?;
        let mut tree = Map::new();
        for (key, pair) in pairs {
            let text = pair.value.unwrap_or_default();
            let problem = match () {
                () if !is_key(&key) => format!("`{key}` is no key"),
                () if are_labels && !is_value(&text) => format!("`{text}` is no label's value"),
                () => {
                    let value = Node { value: Value::String(text), origin: pair.origin, tag: None };
                    tree.insert(key, Entry { key: pair.key, value });
                    continue;
                }
            };
            self.diags.push(
                Diagnostic::new(Code::KubernetesField, pair.origin, format!("`{name}`: {problem}"))
                    .why("at most 63 letters, digits, dashes, underscores and dots, with letters or digits at both ends; a key may have a domain and a slash before")
                    .help(if are_labels { "shorten it, or write it as an annotation" } else { "give it such a key" })
                    .key(format!("{}.{name}.{key}", self.path)),
            );
        }
        (!tree.is_empty()).then_some(Node { value: Value::Map(tree), origin, tag: None })
    }

    /// `patch` of a service: a mapping for each kind of its objects.
    pub(super) fn by_kind(&mut self, Raw(node): Raw) {
        for (kind, entry) in entries(node) {
            if let Some(tree) = self.of_kind(&kind, &kind, entry) {
                self.add(Target::Kind(kind), &[], tree);
            }
        }
    }

    /// `patch` at the top level: a mapping for each kind, or each `kind/name`.
    pub(super) fn by_object(&mut self, Raw(node): Raw) {
        for (object, entry) in entries(node) {
            let (kind, name) =
                object.split_once('/').map_or((object.as_str(), None), |(kind, name)| (kind, Some(name)));
            let Some(tree) = self.of_kind(&object, kind, entry) else { continue };
            match name {
                Some(name) => self.add(Target::Object(kind.to_owned(), name.to_owned()), &[], tree),
                None => self.add(Target::Kind(kind.to_owned()), &[], tree),
            }
        }
    }

    fn of_kind(&mut self, key: &str, kind: &str, entry: Entry) -> Option<Node> {
        if !matches!(entry.value.value, Value::Map(_)) {
            self.say(entry.value.origin, &format!("patch.{key}"), "it must be a mapping");
            return None;
        }
        self.object(&format!("patch.{key}"), kind, entry.key, entry.value)
    }

    /// A tree for an object of a kind.
    pub(super) fn object(&mut self, name: &str, kind: &str, place: Origin, node: Node) -> Option<Node> {
        match kind {
            "Deployment" => self.checked::<Deployment>(name, node),
            "StatefulSet" => self.checked::<StatefulSet>(name, node),
            "DaemonSet" => self.checked::<DaemonSet>(name, node),
            "Job" => self.checked::<Job>(name, node),
            "CronJob" => self.checked::<CronJob>(name, node),
            "Service" => self.checked::<Service>(name, node),
            "ServiceAccount" => self.checked::<ServiceAccount>(name, node),
            "ConfigMap" => self.checked::<ConfigMap>(name, node),
            "Secret" => self.checked::<Secret>(name, node),
            "PersistentVolumeClaim" => self.checked::<PersistentVolumeClaim>(name, node),
            "PersistentVolume" => self.checked::<PersistentVolume>(name, node),
            "HorizontalPodAutoscaler" => self.checked::<HorizontalPodAutoscaler>(name, node),
            "PodDisruptionBudget" => self.checked::<PodDisruptionBudget>(name, node),
            "Ingress" => self.checked::<Ingress>(name, node),
            "NetworkPolicy" => self.checked::<NetworkPolicy>(name, node),
            "Role" => self.checked::<Role>(name, node),
            "RoleBinding" => self.checked::<RoleBinding>(name, node),
            "LimitRange" => self.checked::<LimitRange>(name, node),
            "ResourceQuota" => self.checked::<ResourceQuota>(name, node),
            "Namespace" => self.checked::<Namespace>(name, node),
            _ if is_custom(kind) => self.custom(name, node),
            _ => {
                self.unknown_kind(kind, place);
                None
            }
        }
    }

    /// A tree for a custom resource, whose fields are not known here; the server merges those as JSON.
    fn custom(&mut self, name: &str, node: Node) -> Option<Node> {
        let Some(place) = directive(&node) else { return Some(node) };
        self.diags.push(
            Diagnostic::new(
                Code::KubernetesField,
                place,
                format!("`{name}` is merged as JSON, where there is no `{DIRECTIVE}`"),
            )
            .why("a server knows no strategic merge of custom resources")
            .help("write null to take a key away; a list takes the place of the whole list")
            .key(format!("{}.{name}", self.path)),
        );
        None
    }

    fn unknown_kind(&mut self, kind: &str, place: Origin) {
        let help = match nearest(kind, KINDS.iter().chain(CUSTOM_KINDS).copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of: {}, {}", KINDS.join(", "), CUSTOM_KINDS.join(", ")),
        };
        self.diags.push(
            Diagnostic::new(Code::KubernetesField, place, format!("no object is of the kind `{kind}`"))
                .help(help)
                .key(format!("{}.patch.{kind}", self.path)),
        );
    }

    /// The tree, when the API knows all of it.
    pub(super) fn checked<T: DeserializeOwned + Serialize>(&mut self, name: &str, node: Node) -> Option<Node> {
        let json = json(&node);
        match serde_json::from_value::<T>(json.clone()) {
            Ok(read) => {
                let known = serde_json::to_value(read).unwrap_or_default();
                if let Some(lost) = lost(&json, &known, name.to_owned()) {
                    self.say(node.origin, name, &format!("Kubernetes has no field {lost}"));
                    return None;
                }
                Some(node)
            }
            Err(error) => {
                self.say(node.origin, name, &error.to_string());
                None
            }
        }
    }

    /// Says that the API takes something else.
    pub(super) fn say(&mut self, place: Origin, name: &str, why: &str) {
        self.diags.push(
            Diagnostic::new(Code::KubernetesField, place, format!("`{name}` is not what Kubernetes takes there"))
                .why(why)
                .help("write it as in a manifest: kubectl explain pod.spec tells the fields")
                .key(format!("{}.{name}", self.path)),
        );
    }

    /// The name of an object that must exist: letters, digits, dashes and dots.
    pub(super) fn name(&mut self, key: &str, name: Spanned<String>) -> Option<Traced<String>> {
        if crate::ir::is_object_name(&name.value) {
            return Some(Traced::from(name));
        }
        self.diags.push(
            Diagnostic::new(
                Code::BadValue,
                name.origin,
                format!("`{}.{key}`: `{}` is no name of an object", self.path, name.value),
            )
            .help("write lower-case letters, digits, dashes and dots, with letters or digits at both ends")
            .key(format!("{}.{key}", self.path)),
        );
        None
    }
}

/// The kinds that are written.
const KINDS: &[&str] = &[
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "Service",
    "ServiceAccount",
    "ConfigMap",
    "Secret",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "Ingress",
    "NetworkPolicy",
    "Role",
    "RoleBinding",
    "LimitRange",
    "ResourceQuota",
    "Namespace",
];

/// Where a tree says how it is merged.
fn directive(node: &Node) -> Option<Origin> {
    match &node.value {
        Value::Map(map) => map
            .get(DIRECTIVE)
            .map(|entry| entry.key)
            .or_else(|| map.iter().find_map(|(_, entry)| directive(&entry.value))),
        Value::List(items) => items.iter().find_map(directive),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) | Value::String(_) => None,
    }
}

/// The entries of a mapping.
pub(super) fn entries(node: Node) -> impl Iterator<Item = (String, Entry)> {
    let map = if let Value::Map(map) = node.value { map } else { Map::new() };
    IntoIterator::into_iter(map)
}

/// A field that was written and not read.
fn lost(written: &Json, read: &Json, path: String) -> Option<String> {
    match (written, read) {
        (Json::Object(written), Json::Object(read)) => written.iter().find_map(|(key, value)| match read.get(key) {
            Some(known) => lost(value, known, format!("{path}.{key}")),
            None if value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty) => None,
            None => Some(format!("{path}.{key}")),
        }),
        (Json::Array(written), Json::Array(read)) => {
            written.iter().zip(read).find_map(|(written, read)| lost(written, read, path.clone()))
        }
        _ => None,
    }
}

/// A mapping that stands where its content does.
pub(super) fn map<const N: usize>(origin: Origin, entries: [(&str, Node); N]) -> Node {
    let entries = entries.map(|(key, value)| (key.to_owned(), Entry { key: origin, value }));
    Node { value: Value::Map(Map::from(entries)), origin, tag: None }
}

/// A text that stands where it was written.
pub(super) fn text(value: impl Into<String>, origin: Origin) -> Node {
    Node { value: Value::String(value.into()), origin, tag: None }
}

/// A tree as the API reads it, without what only guides the merge.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::from(*value),
        Value::Float(value) => Json::from(*value),
        Value::Timestamp(text) | Value::String(text) => Json::String(text.clone()),
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        Value::Map(map) => {
            let fields = map.iter().filter(|(key, _)| *key != DIRECTIVE);
            Json::Object(fields.map(|(key, entry)| (key.clone(), json(&entry.value))).collect())
        }
    }
}
