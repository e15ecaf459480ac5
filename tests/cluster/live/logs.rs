//! What containers wrote, and in which order.

use super::stack::{Stack, container, text};
use crate::expect::{Log, Order};

/// The service's log holds a text.
pub(super) fn log(stack: &Stack, log: &Log) -> Result<(), String> {
    let lines = lines(stack, &log.service)?;
    if lines.iter().any(|(_, line)| line.contains(&log.contains)) {
        Ok(())
    } else {
        let last: Vec<&str> = lines.iter().rev().take(5).map(|(_, line)| line.as_str()).collect();
        Err(format!("the last lines, backwards, are {last:?}"))
    }
}

/// One service wrote before another one did.
pub(super) fn order(stack: &Stack, order: &Order) -> Result<(), String> {
    let (first, then) = (lines(stack, &order.first)?, lines(stack, &order.then)?);
    let earlier = if order.ends == Some(true) { first.last() } else { first.first() };
    let (Some((earlier, _)), Some((later, _))) = (earlier, then.first()) else {
        return Err("one of them wrote nothing".to_owned());
    };
    if earlier < later { Ok(()) } else { Err(format!("{} wrote at {earlier}, {} at {later}", order.first, order.then)) }
}

/// What one container has written so far.
pub(super) fn of_container(stack: &Stack, pod: &str, container: &str) -> Result<String, String> {
    let path = format!("/api/v1/namespaces/{}/pods/{pod}/log?container={container}", stack.namespace);
    let answer = stack.cluster.get(&path)?;
    if answer.is_good() { Ok(String::from_utf8_lossy(&answer.text).into_owned()) } else { Err(answer.message()) }
}

/// The lines of all pods of a service, each with its time, in the order of the times.
fn lines(stack: &Stack, service: &str) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    for pod in stack.pods_of_service(service)? {
        let (pod, container) = (text(&pod, "/metadata/name"), container(service));
        let path =
            format!("/api/v1/namespaces/{}/pods/{pod}/log?timestamps=true&container={container}", stack.namespace);
        let answer = stack.cluster.get(&path)?;
        if !answer.is_good() {
            return Err(answer.message());
        }
        found.extend(String::from_utf8_lossy(&answer.text).lines().filter_map(|line| {
            let (time, line) = line.split_once(' ')?;
            // Fractions of a second have no zeros at their ends.
            let (seconds, fraction) = time.trim_end_matches('Z').split_once('.').unwrap_or((time, ""));
            Some((format!("{seconds}.{fraction:0<9}"), line.to_owned()))
        }));
    }
    found.sort();
    Ok(found)
}
