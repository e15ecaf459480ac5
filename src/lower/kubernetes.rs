//! `x-kubernetes` of a service (design 4.8): what the compiler understands joins the workload; what is Kubernetes' own is checked
//! against its API and becomes a patch, the most special one last.

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscalerBehavior;
use k8s_openapi::api::core::v1::{Affinity, Container, Lifecycle, Probe, ResourceRequirements, Toleration};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::compose::keys::{Decode, Key, Reader};
use crate::compose::model::kubernetes::{
    AutoscalingExtras, BudgetExtras, KindWord, MetadataExtras, NAME, ProbeExtras, Raw, ServiceExtras,
    ServiceObjectExtras,
};
use crate::compose::model::scalar::scalar_text;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Autoscaling, Budget, Kind, Patch, Portion, Target, Traced, Why};
use crate::lower::{Context, later};
use crate::origin::{Origin, Spanned};
use crate::syntax::{Entry, Map, Node, Value};

const POD: &[&str] = &["spec", "template", "spec"];

/// What a service's `x-kubernetes` says.
#[derive(Default)]
pub(super) struct Extras {
    pub(super) kind: Option<Traced<Kind>>,
    pub(super) replicas: Option<Traced<u32>>,
    pub(super) autoscaling: Option<Autoscaling>,
    pub(super) budget: Option<Budget>,
    pub(super) patches: Vec<Patch>,
}

/// Reads it. `extensions` are the service's keys that begin with `x-`.
pub(super) fn extras(
    context: &Context<'_>,
    path: &str,
    extensions: &[(String, Origin, Node)],
    diags: &mut Diagnostics,
) -> Extras {
    let mut extras = Extras::default();
    let Some((_, place, node)) = extensions.iter().find(|(name, _, _)| name == NAME) else { return extras };
    if node.value == Value::Null {
        return extras;
    }
    let mut reader = Reader::new(context.sources, diags);
    let path = format!("{path}.{NAME}");
    let Some(written) = reader.within(&path, |reader| ServiceExtras::decode(node.clone(), reader)) else {
        return extras;
    };
    take(&path, *place, written, &mut extras, diags);
    extras
}

fn take(path: &str, place: Origin, written: ServiceExtras, extras: &mut Extras, diags: &mut Diagnostics) {
    let ServiceExtras {
        kind,
        replicas,
        autoscaling,
        pod_disruption_budget,
        probes,
        resources,
        service,
        service_account,
        pull_secrets,
        priority_class,
        termination_message_policy,
        tolerations,
        node_selector,
        affinity,
        lifecycle,
        sidecars,
        init_containers,
        annotations,
        labels,
        patch,
        extensions,
    } = written;
    later::extensions(&extensions, diags);
    extras.kind = kind.take().map(|kind| Traced::from_origin(controller(kind.value), kind.origin));
    extras.replicas = count(path, "replicas", replicas, diags);
    extras.autoscaling = autoscaling.take().and_then(|found| self::autoscaling(path, found.value, place, diags));
    extras.budget = pod_disruption_budget.take().and_then(|found| budget(path, found, diags));
    let mut patches = Patches { path, list: &mut extras.patches, diags };
    patches.text(service_account, "serviceAccountName");
    patches.text(priority_class, "priorityClassName");
    if let Some(secrets) = pull_secrets.take() {
        let items = secrets.value.0.into_iter().map(|secret| {
            let name = Node { value: Value::String(secret.value), origin: secret.origin, tag: None };
            map(secret.origin, [("name", name)])
        });
        let list = Node { value: Value::List(items.collect()), origin: secrets.origin, tag: None };
        patches.add(Target::Controller, POD, map(secrets.origin, [("imagePullSecrets", list)]));
    }
    patches.pod::<Vec<Toleration>>("tolerations", tolerations, "tolerations");
    patches.pod::<std::collections::BTreeMap<String, String>>("node_selector", node_selector, "nodeSelector");
    patches.pod::<Affinity>("affinity", affinity, "affinity");
    patches.pod::<Vec<Container>>("sidecars", sidecars, "containers");
    patches.pod::<Vec<Container>>("init_containers", init_containers, "initContainers");
    patches.container::<ResourceRequirements>("resources", resources, "resources");
    patches.container::<Lifecycle>("lifecycle", lifecycle, "lifecycle");
    if let Some(policy) = termination_message_policy.take() {
        let text = Node { value: Value::String(policy.value), origin: policy.origin, tag: None };
        patches.add(Target::MainContainer, &[], map(policy.origin, [("terminationMessagePolicy", text)]));
    }
    if let Some(probes) = probes.take() {
        let ProbeExtras { startup, readiness, liveness, extensions } = probes.value;
        later::extensions(&extensions, patches.diags);
        patches.container::<Probe>("probes.startup", startup, "startupProbe");
        patches.container::<Probe>("probes.readiness", readiness, "readinessProbe");
        patches.container::<Probe>("probes.liveness", liveness, "livenessProbe");
    }
    if let Some(service) = service.take() {
        let ServiceObjectExtras { kind, annotations, extensions } = service.value;
        later::extensions(&extensions, patches.diags);
        if let Some(kind) = kind.take() {
            let text = Node { value: Value::String(kind.value.word().to_owned()), origin: kind.origin, tag: None };
            patches.add(Target::OwnService, &["spec"], map(kind.origin, [("type", text)]));
        }
        patches.metadata("annotations", annotations, &Target::Services, &["metadata"]);
    }
    for (name, found) in [("annotations", annotations), ("labels", labels)] {
        let Some(found) = found.take() else { continue };
        let MetadataExtras { workload, pod, service, extensions } = found.value;
        later::extensions(&extensions, patches.diags);
        patches.metadata(name, workload, &Target::Controller, &["metadata"]);
        patches.metadata(name, pod, &Target::Controller, &["spec", "template", "metadata"]);
        patches.metadata(name, service, &Target::Services, &["metadata"]);
    }
    if let Some(patch) = patch.take() {
        patches.by_kind(patch.value.0);
    }
}

/// Gathers patches.
struct Patches<'a> {
    path: &'a str,
    list: &'a mut Vec<Patch>,
    diags: &'a mut Diagnostics,
}

impl Patches<'_> {
    fn add(&mut self, target: Target, path: &'static [&'static str], tree: Node) {
        self.list.push(Patch { target, path, tree });
    }

    fn text(&mut self, key: Key<String>, field: &str) {
        if let Some(found) = key.take() {
            let text = Node { value: Value::String(found.value), origin: found.origin, tag: None };
            self.add(Target::Controller, POD, map(found.origin, [(field, text)]));
        }
    }

    fn pod<T: DeserializeOwned + Serialize>(&mut self, name: &str, key: Key<Raw>, field: &str) {
        if let Some(node) = self.checked::<T>(name, key) {
            self.add(Target::Controller, POD, map(node.origin, [(field, node)]));
        }
    }

    fn container<T: DeserializeOwned + Serialize>(&mut self, name: &str, key: Key<Raw>, field: &str) {
        if let Some(node) = self.checked::<T>(name, key) {
            self.add(Target::MainContainer, &[], map(node.origin, [(field, node)]));
        }
    }

    fn metadata(&mut self, name: &str, key: Key<Raw>, target: &Target, path: &'static [&'static str]) {
        if let Some(node) = self.checked::<std::collections::BTreeMap<String, String>>(name, key) {
            self.add(target.clone(), path, map(node.origin, [(name, node)]));
        }
    }

    /// `patch`: a mapping for each kind.
    fn by_kind(&mut self, node: Node) {
        let Value::Map(kinds) = node.value else {
            self.say(node.origin, "patch", "it must be a mapping of kinds, as Deployment, to mappings");
            return;
        };
        for (kind, entry) in IntoIterator::into_iter(kinds) {
            if matches!(entry.value.value, Value::Map(_)) {
                self.add(Target::Kind(kind), &[], entry.value);
            } else {
                self.say(entry.value.origin, &format!("patch.{kind}"), "it must be a mapping");
            }
        }
    }

    /// The tree, when the API knows all of it.
    fn checked<T: DeserializeOwned + Serialize>(&mut self, name: &str, key: Key<Raw>) -> Option<Node> {
        let Raw(node) = key.take()?.value;
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

    fn say(&mut self, place: Origin, name: &str, why: &str) {
        self.diags.push(
            Diagnostic::new(Code::KubernetesField, place, format!("`{name}` is not what Kubernetes takes there"))
                .why(why)
                .help("write it as in a manifest: kubectl explain pod.spec tells the fields")
                .key(format!("{}.{name}", self.path)),
        );
    }
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

fn map<const N: usize>(origin: Origin, entries: [(&str, Node); N]) -> Node {
    let entries = entries.map(|(key, value)| (key.to_owned(), Entry { key: origin, value }));
    Node { value: Value::Map(Map::from(entries)), origin, tag: None }
}

fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::from(*value),
        Value::Float(value) => Json::from(*value),
        Value::Timestamp(text) | Value::String(text) => Json::String(text.clone()),
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        Value::Map(map) => Json::Object(map.iter().map(|(key, entry)| (key.clone(), json(&entry.value))).collect()),
    }
}

fn controller(word: KindWord) -> Kind {
    match word {
        KindWord::Deployment => Kind::Deployment,
        KindWord::StatefulSet => Kind::StatefulSet,
        KindWord::DaemonSet => Kind::DaemonSet,
        KindWord::Job => Kind::Job,
    }
}

fn count(path: &str, name: &str, key: Key<i64>, diags: &mut Diagnostics) -> Option<Traced<u32>> {
    let found = key.take()?;
    match u32::try_from(found.value).ok().filter(|count| i32::try_from(*count).is_ok()) {
        Some(count) => Some(Traced::from_origin(count, found.origin)),
        None => {
            diags.push(
                Diagnostic::new(
                    Code::BadValue,
                    found.origin,
                    format!("`{path}.{name}`: {} is out of range", found.value),
                )
                .help("write a whole number from 0")
                .key(format!("{path}.{name}")),
            );
            None
        }
    }
}

fn autoscaling(path: &str, written: AutoscalingExtras, place: Origin, diags: &mut Diagnostics) -> Option<Autoscaling> {
    let path = format!("{path}.autoscaling");
    let AutoscalingExtras { min_replicas, max_replicas, cpu, memory, behavior, extensions } = written;
    later::extensions(&extensions, diags);
    let mut patches = Patches { path: &path, list: &mut Vec::new(), diags };
    let behavior = patches.checked::<HorizontalPodAutoscalerBehavior>("behavior", behavior);
    Some(Autoscaling {
        least: count(&path, "min_replicas", min_replicas, diags),
        most: count(&path, "max_replicas", max_replicas, diags)?,
        cpu: count(&path, "cpu", cpu, diags),
        memory: count(&path, "memory", memory, diags),
        behavior,
        why: Why::Origin(place),
    })
}

fn budget(path: &str, written: Spanned<BudgetExtras>, diags: &mut Diagnostics) -> Option<Budget> {
    let path = format!("{path}.pod_disruption_budget");
    let BudgetExtras { min_available, max_unavailable, extensions } = written.value;
    later::extensions(&extensions, diags);
    let mut portion = |key: Key<Raw>| {
        let Raw(node) = key.take()?.value;
        let portion = match &node.value {
            Value::Int(count) => u32::try_from(*count).ok().map(Portion::Count),
            Value::Null
            | Value::Bool(_)
            | Value::Float(_)
            | Value::Timestamp(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Map(_) => scalar_text(&node.value)
                .filter(|text| {
                    text.strip_suffix('%').is_some_and(|number| number.parse::<u8>().is_ok_and(|number| number <= 100))
                })
                .map(Portion::Percent),
        };
        if portion.is_none() {
            diags.push(
                Diagnostic::new(
                    Code::BadValue,
                    node.origin,
                    format!("`{path}`: this is neither a number nor a percentage"),
                )
                .help("write a number of pods, or a percentage such as \"50%\"")
                .key(path.clone()),
            );
        }
        portion.map(|portion| Traced::from_origin(portion, node.origin))
    };
    match (portion(min_available), portion(max_unavailable)) {
        (Some(least), None) => Some(Budget::Least(least)),
        (None, Some(gone)) => Some(Budget::MostGone(gone)),
        (None, None) => None,
        (Some(_), Some(_)) => {
            diags.push(
                Diagnostic::new(Code::Conflict, written.origin, "a budget says one of the two")
                    .help("write min_available or max_unavailable")
                    .key(path),
            );
            None
        }
    }
}
