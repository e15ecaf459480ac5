//! The stack as the swarm would have run it: what `docker stack deploy` ignores is taken out, each with a message.

use std::collections::HashSet;

use crate::compose::keys::Swarm;
use crate::compose::leaves::leaves;
use crate::compose::model::service::Service;
use crate::compose::model::text::scalar_text;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::Origin;
use crate::swarm::deploy;
use crate::syntax::{Map, Node, Value};

/// What a swarm ignores below the keys that it reads: where it stands in a service, and the keys.
const IGNORED_BELOW: &[(&str, &[&str])] =
    &[("networks", &["ipv4_address", "ipv6_address"]), ("volumes", &["consistency"])];

/// Lists of a service in which nothing counts twice. The merge of several files appends them, after each file was checked alone.
const SETS: &[&str] =
    &["cap_add", "cap_drop", "depends_on", "dns", "dns_search", "expose", "external_links", "extra_hosts"];

/// Takes out of every service what docker stack deploy ignores, after a look at what it refuses.
pub(crate) fn settle(root: &mut Node, diags: &mut Diagnostics) {
    deploy::check(root, diags);
    let Value::Map(top) = &mut root.value else { return };
    let Some(Value::Map(services)) = top.get_mut("services").map(|entry| &mut entry.value.value) else { return };
    for (service_name, service) in services.iter_mut() {
        let Value::Map(keys) = &mut service.value.value else { continue };
        let path = format!("services.{service_name}");
        // What is refused was reported when the file was read.
        let is_ignored = |name: &str| Service::TABLE.rule(name).is_some_and(|rule| rule.swarm == Swarm::Ignores);
        take(keys, is_ignored, &path, diags);
        for name in SETS {
            if let Some(Value::List(items)) = keys.get_mut(*name).map(|entry| &mut entry.value.value) {
                drop_doubles(items, diags);
            }
        }
        for (section, ignored) in IGNORED_BELOW {
            let below: Vec<&mut Node> = match keys.get_mut(*section).map(|entry| &mut entry.value.value) {
                Some(Value::Map(entries)) => entries.values_mut().map(|entry| &mut entry.value).collect(),
                Some(Value::List(items)) => items.iter_mut().collect(),
                Some(_) | None => Vec::new(),
            };
            for node in below {
                if let Value::Map(map) = &mut node.value {
                    take(map, |name| ignored.contains(&name), &format!("{path}.{section}"), diags);
                }
            }
        }
    }
    forget_variables(diags);
}

/// Takes out of a list what stands in it before.
fn drop_doubles(items: &mut Vec<Node>, diags: &mut Diagnostics) {
    let mut seen = HashSet::with_capacity(items.len());
    items.retain(|item| {
        let Some(text) = scalar_text(&item.value) else { return true };
        let is_first = seen.insert(text);
        if !is_first {
            diags.consume(item.origin, "an earlier file says the same");
        }
        is_first
    });
}

/// A variable without a value is nobody's concern where it stands in a key that is left out.
fn forget_variables(diags: &mut Diagnostics) {
    let is_left_out = |found: &&Diagnostic| matches!(found.code, Code::IgnoredBySwarm | Code::BuildLeftOut);
    let left_out: HashSet<Origin> =
        diags.iter().filter(is_left_out).flat_map(|found| found.covers.iter().copied()).collect();
    diags.retain_mut(|found| {
        found.code != Code::VariableUnset
            || found.primary.as_ref().is_none_or(|label| !left_out.contains(&label.origin))
    });
}

/// What is left out with `build`.
fn unused(build: &Node) -> String {
    let Value::Map(keys) = &build.value else { return "the image that is named is pulled".to_owned() };
    let keys: Vec<&str> = keys.keys().map(String::as_str).collect();
    format!("the image that is named is pulled; where it is built these count: {}", keys.join(", "))
}

/// Takes keys out of a mapping, each with a message.
fn take(keys: &mut Map, is_ignored: impl Fn(&str) -> bool, path: &str, diags: &mut Diagnostics) {
    keys.retain(|name, entry| {
        if !is_ignored(name) {
            return true;
        }
        let mut found = Vec::new();
        leaves(&entry.value, &mut found);
        let message = format!("`{name}` is left out: docker stack deploy ignores it");
        let said = if name == "build" {
            // Nothing is lost: a cluster pulls the image as the swarm does.
            Diagnostic::new(Code::BuildLeftOut, entry.key, message)
                .cause("build")
                .why(unused(&entry.value))
                .help("build and push the image before: docker compose build && docker compose push")
        } else {
            Diagnostic::new(Code::IgnoredBySwarm, entry.key, message)
                .cause("ignored")
                .subject(name)
                .why("what ran on the swarm ran without it")
                .help("remove it, or say --dialect compose if docker compose runs this file")
        };
        diags.push(said.key(format!("{path}.{name}")).covers(found));
        false
    });
}
