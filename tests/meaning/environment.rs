//! The environment: what Docker would have set, byte for byte, and nothing else.

use std::collections::BTreeMap;

use serde_json::Value;
use transship::compose::Dialect;

use crate::case::{Case, Pod, Service};
use crate::kubelet;
use crate::verdicts::Verdicts;

/// A scalar as Docker passes it on.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// What a swarm fills in is a field of the pod here.
fn fields(case: &Case, service: &Service, pod: &Pod, text: &str) -> String {
    let label = "app.kubernetes.io/part-of";
    let stack = case.objects.iter().find_map(|object| object["metadata"]["labels"][label].as_str()).unwrap_or_default();
    // A global service has a task on each node, and a Job of one pod has one slot; others count their pods.
    let slot = match pod.workload["kind"].as_str().unwrap_or_default() {
        "DaemonSet" => "{{spec.nodeName}}",
        "Job" | "CronJob" => "1",
        _ => "{{metadata.labels['apps.kubernetes.io/pod-index']}}",
    };
    labelled(service, text.replace("{{index .Service.Labels \"com.docker.stack.namespace\"}}", stack))
        .replace("{{ .Service.Name }}", "{{.Service.Name}}")
        .replace("{{.Service.Name}}", &format!("{stack}_{}", service.name))
        .replace("{{.Node.Hostname}}", "{{spec.nodeName}}")
        .replace("{{.Node.ID}}", "{{spec.nodeName}}")
        .replace("{{.Task.Slot}}", slot)
        .replace("{{.Task.Name}}", "{{metadata.name}}")
        .replace("{{.Task.ID}}", "{{metadata.uid}}")
}

/// With the labels of a service: one that is not there is an empty text.
fn labelled(service: &Service, mut text: String) -> String {
    const BEFORE: &str = "{{index .Service.Labels \"";
    while let Some((before, key, behind)) = text.split_once(BEFORE).and_then(|(before, rest)| {
        let (key, behind) = rest.split_once("\"}}")?;
        Some((before, key, behind))
    }) {
        let labels = &service.value["deploy"]["labels"];
        let of_list = || {
            let items = labels.as_array()?.iter().filter_map(Value::as_str);
            items
                .filter_map(|item| item.split_once('='))
                .find(|(name, _)| *name == key)
                .map(|(_, value)| value.to_owned())
        };
        let value = self::text(&labels[key]).or_else(of_list).unwrap_or_default();
        text = format!("{before}{value}{behind}");
    }
    text
}

/// The variables that a service has; those without a value are not set.
pub(crate) fn expected(service: &Service) -> BTreeMap<String, Option<String>> {
    match &service.value["environment"] {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        Value::Array(items) => {
            let items = items.iter().filter_map(Value::as_str);
            items
                .map(|item| match item.split_once('=') {
                    Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                    None => (item.to_owned(), None),
                })
                .collect()
        }
        _ => BTreeMap::new(),
    }
}

pub(crate) fn judge(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    let actual = kubelet::environment(case, pod.container);
    let mut expected = expected(service);
    if case.dialect == Dialect::Swarm {
        expected.values_mut().for_each(|value| *value = value.as_deref().map(|text| fields(case, service, pod, text)));
    }
    for (name, value) in &expected {
        let outcome = match (value, actual.get(name)) {
            (None, None) => Ok(()),
            (Some(wanted), Some(found)) if wanted == found => Ok(()),
            (None, Some(found)) => Err(format!("WRONG: has no value in Docker, here {found:?}")),
            (Some(wanted), Some(found)) => Err(format!("WRONG: {wanted:?} became {found:?}")),
            (Some(wanted), None) => Err(format!("LOST: {wanted:?}")),
        };
        verdicts.settle(case, "environment", &format!("{}.environment.{name}", service.key), outcome);
    }
    // A field of the pod within a text needs a variable of its own.
    let is_extra = |name: &str| !expected.contains_key(name) && !name.starts_with("TRANSSHIP_");
    for (name, value) in actual.iter().filter(|(name, _)| is_extra(name)) {
        let fault = format!("WRONG: {name}={value:?} is nowhere in the project");
        verdicts.settle(case, "environment", &format!("{}.environment.{name}", service.key), Err(fault));
    }
}
