//! What stays as it is and what goes: a second apply, and a deletion.

use std::time::Duration;

use serde_json::{Value, json};

use super::stack::{PROBE, STRANGER, Stack, number, text};

/// Applying the same output again changes nothing. What kubectl says is no witness: it compares claim templates with the server's
/// defaults in them, and says `configured` of every StatefulSet that has some.
pub(super) fn second_apply(stack: &Stack) -> Result<(), String> {
    let before = stated(stack)?;
    stack.apply(&stack.text)?;
    let after = stated(stack)?;
    let changed = before.iter().zip(&after).filter(|(before, after)| before != after);
    let names: Vec<&str> = changed.map(|(before, _)| text(before, "/metadata/name")).collect();
    if names.is_empty() { Ok(()) } else { Err(format!("changed: {}", names.join(", "))) }
}

/// Every object of the stack as it stands in the cluster, without what the controllers write, and the names of the pods.
fn stated(stack: &Stack) -> Result<Vec<Value>, String> {
    let mut found = Vec::new();
    for object in &stack.objects {
        let path = stack.cluster.collection(text(object, "/apiVersion"), text(object, "/kind"), &stack.namespace)?;
        let mut object = stack.cluster.get(&format!("{path}/{}", text(object, "/metadata/name")))?.body;
        if let Some(map) = object.as_object_mut() {
            map.remove("status");
        }
        if let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut) {
            metadata.remove("resourceVersion");
            metadata.remove("managedFields");
        }
        found.push(object);
    }
    let pods = stack.pods()?;
    found.extend(pods.iter().map(|pod| json!({"metadata": {"name": text(pod, "/metadata/name")}})));
    Ok(found)
}

/// `kubectl delete -f` of the same output leaves the claims of templates, which hold the data, and nothing else.
pub(super) fn deleted(stack: &Stack) -> Result<(), String> {
    let kept = claims_of_templates(stack)?;
    // Jobs that an edit replaced are of an earlier output.
    for text in stack.earlier.iter().chain([&stack.text]) {
        let arguments = ["delete", "-f", "-", "--wait=false", "--ignore-not-found"];
        let output = stack.cluster.kubectl(&stack.namespace, &arguments, text.as_bytes())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
    }
    // Pods go last, and asking for one kind costs far less than asking for all of them.
    let limit = Duration::from_secs(90);
    stack.within(limit, || match stack.pods()?.as_slice() {
        [] => Ok(()),
        [first, ..] => Err(format!("still there: pod/{}", text(first, "/metadata/name"))),
    })?;
    let kinds = stack.cluster.kubectl(
        &stack.namespace,
        &["api-resources", "--namespaced", "--verbs=list,delete", "-o", "name"],
        b"",
    )?;
    let kinds = String::from_utf8_lossy(&kinds.stdout).into_owned();
    let kinds: Vec<&str> = kinds.lines().filter(|kind| !kind.starts_with("events")).collect();
    stack.within(limit, || {
        let output = stack.cluster.kubectl(
            &stack.namespace,
            &["get", &kinds.join(","), "-o", "name", "--ignore-not-found"],
            b"",
        )?;
        let left = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_ours = |line: &&str| {
            let always = [
                format!("pod/{PROBE}"),
                format!("pod/{STRANGER}"),
                "configmap/kube-root-ca.crt".to_owned(),
                "serviceaccount/default".to_owned(),
            ];
            !always.iter().any(|name| name == line) && !kept.iter().any(|name| name == line)
        };
        let left: Vec<&str> = left.lines().filter(is_ours).collect();
        if left.is_empty() { Ok(()) } else { Err(format!("still there: {}", left.join(", "))) }
    })
}

/// The claims that StatefulSets made: `<template>-<set>-<number>`, where numbers start at `ordinals.start`.
fn claims_of_templates(stack: &Stack) -> Result<Vec<String>, String> {
    let mut kept = Vec::new();
    for set in stack.list("apps/v1", "StatefulSet")? {
        let name = text(&set, "/metadata/name");
        for template in set.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array).into_iter().flatten() {
            let template = text(template, "/metadata/name");
            let first = number(&set, "/spec/ordinals/start");
            kept.extend(
                (first..first + number(&set, "/spec/replicas"))
                    .map(|index| format!("persistentvolumeclaim/{template}-{name}-{index}")),
            );
        }
    }
    Ok(kept)
}
