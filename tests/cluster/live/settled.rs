//! Whether a stack has come up: every pod ready and every Job complete, nothing started twice, nothing complained about.

use std::time::Duration;

use serde_json::Value;

use super::stack::{Stack, number, text};
use transship::ir::Name;

/// What Kubernetes says of itself when it is busy, and tries again or mends it: two of its parts wrote to one object, or one had not
/// heard of it yet. The node authorizer learns of a pod's claims, the scheduler of a claim that a StatefulSet made, the kubelet of its
/// objects and the keeper of addresses of a Service's address a moment after others ask.
const RETRIED: [&str; 7] = [
    "could not find v1.PersistentVolumeClaim",
    "the object has been modified; please apply your changes",
    "cache: timed out waiting for the condition",
    "no relationship found between node",
    "not registered",
    "is not allocated; repairing",
    "Failed to create endpoint for service",
];

/// Everything is as it was asked for, within the stack's limit.
pub(super) fn ready(stack: &Stack) -> Result<(), String> {
    stack.within(Duration::from_secs(stack.expect.ready.unwrap_or(120)), || {
        let mut waiting = Vec::new();
        for (kind, wanted, ready, updated) in [
            ("Deployment", "/spec/replicas", "/status/readyReplicas", "/status/updatedReplicas"),
            ("StatefulSet", "/spec/replicas", "/status/readyReplicas", "/status/updatedReplicas"),
            ("DaemonSet", "/status/desiredNumberScheduled", "/status/numberReady", "/status/updatedNumberScheduled"),
        ] {
            for object in stack.list("apps/v1", kind)?.iter().filter(|object| !fails(stack, object)) {
                let wanted = number(object, wanted);
                let is_seen = number(object, "/status/observedGeneration") == number(object, "/metadata/generation");
                let is_whole = [ready, updated].iter().all(|count| number(object, count) == wanted);
                // A rolling update is over when the last old pod has gone.
                let is_single = kind == "DaemonSet" || number(object, "/status/replicas") == wanted;
                if !(is_seen && is_whole && is_single) {
                    waiting.push(format!(
                        "{kind} {} has {} of {wanted}",
                        text(object, "/metadata/name"),
                        number(object, ready)
                    ));
                }
            }
        }
        for job in stack.list("batch/v1", "Job")? {
            let name = text(&job, "/metadata/name");
            if fails(stack, &job) {
                let conditions = job.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
                if !conditions.into_iter().any(|condition| text(condition, "/type") == "Failed") {
                    waiting.push(format!("Job {name} has not failed"));
                }
            } else if number(&job, "/status/succeeded")
                < job.pointer("/spec/completions").and_then(Value::as_i64).unwrap_or(1)
            {
                waiting.push(format!("Job {name} is not complete"));
            }
        }
        if waiting.is_empty() { Ok(()) } else { Err(waiting.join("; ")) }
    })
}

/// The stack says that this one fails, or is kept from starting.
fn fails(stack: &Stack, object: &Value) -> bool {
    let service = text(object, "/metadata/labels/app.kubernetes.io~1name");
    stack.expect.fails.iter().any(|name| Name::from_text(name).to_string() == service)
}

/// No container of the app was started twice.
pub(super) fn no_restarts(stack: &Stack) -> Result<(), String> {
    let mut again = Vec::new();
    for pod in stack.pods()? {
        for list in ["/status/containerStatuses", "/status/initContainerStatuses"] {
            for status in pod.pointer(list).and_then(Value::as_array).into_iter().flatten() {
                let count = number(status, "/restartCount");
                if count > 0 {
                    let ended = status.pointer("/lastState/terminated").cloned().unwrap_or_default();
                    again.push(format!(
                        "{} of {}: {count} times, {ended}",
                        text(status, "/name"),
                        text(&pod, "/metadata/name")
                    ));
                }
            }
        }
    }
    if again.is_empty() { Ok(()) } else { Err(again.join("; ")) }
}

/// No event of the type Warning, other than those that the stack lists.
pub(super) fn no_warnings(stack: &Stack) -> Result<(), String> {
    let mut found = Vec::new();
    for event in stack.list("v1", "Event")? {
        let (reason, name, message) =
            (text(&event, "/reason"), text(&event, "/involvedObject/name"), text(&event, "/message"));
        let is_listed = stack.expect.warnings.iter().any(|listed| match listed.split_once(": ") {
            Some((listed, part)) => listed == reason && (name.contains(part) || message.contains(part)),
            None => listed == reason,
        });
        let is_own = RETRIED.iter().any(|part| message.contains(part));
        if text(&event, "/type") == "Warning" && !is_listed && !is_own {
            found.push(format!("{reason} of {name}: {message}"));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found.join("\n")) }
}
