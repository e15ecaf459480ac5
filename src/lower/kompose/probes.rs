//! Labels of kompose about probes, which say what `x-kubernetes.probes` says.

use crate::compose::grammar::{duration, words as shell};
use crate::lower::kompose::Written;
use crate::lower::kompose::table::{Tree, number, text};
use crate::syntax::{Node, Value};

const SECOND: i64 = 1_000_000_000;

/// A label of the readiness probe.
pub(super) fn readiness(label: &Written<'_>, tree: &mut Tree) -> bool {
    probe("readiness", label, tree)
}

/// A label of the liveness probe.
pub(super) fn liveness(label: &Written<'_>, tree: &mut Tree) -> bool {
    probe("liveness", label, tree)
}

fn probe(kind: &'static str, label: &Written<'_>, tree: &mut Tree) -> bool {
    let at = |field: &'static str| ["probes", kind, field];
    let field = label.name.rsplit('.').next().unwrap_or_default();
    let nothing = || Node { value: Value::Null, origin: label.origin, tag: None };
    match field {
        "test" => !label.value.is_empty() && tree.put(&["probes", kind, "exec", "command"], words(label), label.origin),
        "interval" => seconds(&at("periodSeconds"), label, tree),
        "timeout" => seconds(&at("timeoutSeconds"), label, tree),
        "start_period" => seconds(&at("initialDelaySeconds"), label, tree),
        "retries" => tree.number(&at("failureThreshold"), label),
        "http_get_path" => {
            // The healthcheck made a probe that runs a command, and a probe does one thing.
            tree.put(&at("exec"), nothing(), label.origin);
            tree.text(&["probes", kind, "httpGet", "path"], label)
        }
        "http_get_port" => {
            tree.put(&at("exec"), nothing(), label.origin);
            tree.number(&["probes", kind, "httpGet", "port"], label)
        }
        "tcp_port" => {
            tree.put(&at("exec"), nothing(), label.origin);
            tree.number(&["probes", kind, "tcpSocket", "port"], label)
        }
        _ => false,
    }
}

/// A request needs a port: without one, the probe stays what the healthcheck made it.
pub(super) fn without_port(tree: &mut Tree) {
    let Some(Value::Map(kinds)) = tree.map.get_mut("probes").map(|entry| &mut entry.value.value) else { return };
    for (_, probe) in &mut *kinds {
        let Value::Map(probe) = &mut probe.value.value else { continue };
        let lacks = matches!(
            probe.get("httpGet").map(|request| &request.value.value),
            Some(Value::Map(request)) if !request.contains_key("port")
        );
        if lacks {
            probe.shift_remove("httpGet");
            probe.shift_remove("exec");
        }
    }
    kinds.retain(|_, probe| !matches!(&probe.value.value, Value::Map(probe) if probe.is_empty()));
}

/// Whole seconds, at least one.
fn seconds(path: &[&str], label: &Written<'_>, tree: &mut Tree) -> bool {
    match duration::parse(label.value) {
        Ok(found) if found > 0 => tree.put(path, number((found / SECOND).max(1), label.origin), label.origin),
        Ok(_) | Err(_) => false,
    }
}

/// A command: a list as JSON writes it, or words as a shell splits them.
pub(super) fn words(label: &Written<'_>) -> Node {
    let list: Option<Vec<String>> = serde_json::from_str(label.value).ok();
    let words = list.or_else(|| shell::split_swarm(label.value).ok()).unwrap_or_else(|| vec![label.value.to_owned()]);
    let words = match words.split_first() {
        Some((first, rest)) if first == "CMD" => rest.to_vec(),
        Some((first, rest)) if first == "CMD-SHELL" => {
            vec!["/bin/sh".to_owned(), "-c".to_owned(), rest.join(" ")]
        }
        Some(_) | None => words,
    };
    let items = words.iter().map(|word| text(word, label.origin)).collect();
    Node { value: Value::List(items), origin: label.origin, tag: None }
}
