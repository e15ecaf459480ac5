//! What does not start, and what starts when its time has come.

use std::time::Duration;

use serde_json::Value;

use super::logs;
use super::stack::{Stack, number, text};
use crate::expect::{Fires, Held};

/// The service waits: none of its containers has started, and what it waits with says why.
pub(super) fn held(stack: &Stack, held: &Held) -> Result<(), String> {
    stack.within(Duration::from_secs(40), || {
        let pods = stack.pods_of_service(&held.service)?;
        let pod = pods.first().ok_or("it has no pod")?;
        if let Some(started) = statuses(pod, "/status/containerStatuses").find(|status| has_started(status)) {
            return Err(format!("container {} has started", text(started, "/name")));
        }
        let mut seen = Vec::new();
        for status in statuses(pod, "/status/initContainerStatuses").filter(|status| has_started(status)) {
            let lines = logs::of_container(stack, text(pod, "/metadata/name"), text(status, "/name"))?;
            if lines.contains(&held.log) {
                return Ok(());
            }
            seen.push(lines);
        }
        Err(format!("what it waits with says {seen:?}"))
    })
}

/// The schedule made a Job, and the Job is complete.
pub(super) fn fires(stack: &Stack, fires: &Fires) -> Result<(), String> {
    stack.within(Duration::from_secs(fires.within), || {
        let pods = stack.pods_of_service(&fires.service)?;
        let ended = |pod: &&Value| text(pod, "/status/phase") == "Succeeded";
        let pod = pods.iter().find(ended).ok_or_else(|| format!("{} pods, none of which has ended", pods.len()))?;
        for status in statuses(pod, "/status/containerStatuses") {
            let lines = logs::of_container(stack, text(pod, "/metadata/name"), text(status, "/name"))?;
            if lines.contains(&fires.log) {
                return Ok(());
            }
        }
        Err(format!("{} ended and does not say so", text(pod, "/metadata/name")))
    })
}

fn statuses<'a>(pod: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    pod.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn has_started(status: &Value) -> bool {
    number(status, "/restartCount") > 0
        || ["/state/running", "/state/terminated"].iter().any(|state| status.pointer(state).is_some())
}
