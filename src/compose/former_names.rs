//! Keys that were extension fields before the specification took them up: they still mean the same, below the key that replaced
//! them.

use crate::compose::keys::{Decode, Merge};
use crate::compose::merge::merge;
use crate::compose::model::lifecycle::Develop;
use crate::diag::Diagnostics;
use crate::syntax::{Entry, Map, Node, Value};

/// Gives the former keys of every service their present names.
pub(crate) fn rename(document: &mut Node, diags: &mut Diagnostics) {
    let services = map(document).and_then(|top| top.get_mut("services")).and_then(|services| map(&mut services.value));
    for (name, service) in services.into_iter().flatten() {
        let Some(keys) = map(&mut service.value) else { continue };
        if let Some(former) = keys.shift_remove("x-develop") {
            replace(keys, "develop", former, &format!("services.{name}.develop"), diags);
        }
        let rules = keys.get_mut("develop").and_then(|develop| map(&mut develop.value)?.get_mut("watch"));
        let Some(Value::List(rules)) = rules.map(|rules| &mut rules.value.value) else { continue };
        for keys in rules.iter_mut().filter_map(map) {
            if let Some(former) = keys.shift_remove("x-initialSync") {
                replace(keys, "initial_sync", former, &format!("services.{name}.develop.watch.initial_sync"), diags);
            }
        }
    }
}

fn replace(keys: &mut Map, name: &str, former: Entry, path: &str, diags: &mut Diagnostics) {
    let entry = match keys.shift_remove(name) {
        Some(Entry { key, value }) => {
            Entry { key, value: merge(former.value, value, Merge::Default, Develop::SHAPE, path, diags) }
        }
        None => former,
    };
    keys.insert(name.to_owned(), entry);
}

fn map(node: &mut Node) -> Option<&mut Map> {
    if let Value::Map(map) = &mut node.value { Some(map) } else { None }
}
