//! Names without a value in `environment` take it from the project's variables (compose-loading, section 13.3). One that nothing
//! sets stays without a value, and is not set in the container either, whatever an `env_file` says.

use crate::compose::interpolate::Lookup;
use crate::origin::{Origin, Sources, VariableUse};
use crate::syntax::{Map, Node, Value};

/// Gives the bare names of lists their values. The reference does it with the variables of the file that holds the list.
pub(crate) fn resolve_lists(document: &mut Node, lookup: &Lookup<'_>, sources: &mut Sources) {
    for environment in environments(document) {
        let Value::List(items) = &mut environment.value else { continue };
        for item in items {
            if let Value::String(name) = &mut item.value
                && !name.contains('=')
                && let Some(value) = found(name, item.origin, lookup, sources)
            {
                *name = format!("{name}={value}");
            }
        }
    }
}

/// Gives the bare names of mappings their values. The reference does it once, with the variables of the project.
pub(crate) fn resolve_mappings(model: &mut Node, lookup: &Lookup<'_>, sources: &mut Sources) {
    for environment in environments(model) {
        let Value::Map(variables) = &mut environment.value else { continue };
        for (name, entry) in variables {
            if entry.value.value == Value::Null
                && let Some(value) = found(name, entry.key, lookup, sources)
            {
                // A key without a value has no text of its own: the key stands for it, as it did before.
                entry.value = Node { value: Value::String(value), origin: entry.key, tag: None };
            }
        }
    }
}

fn found(name: &str, origin: Origin, lookup: &Lookup<'_>, sources: &mut Sources) -> Option<String> {
    let (value, place) = lookup(name)?;
    sources.add_variable(origin, VariableUse { name: name.to_owned(), set_in: Some(place) });
    Some(value)
}

/// The `environment` of every service.
fn environments(root: &mut Node) -> impl Iterator<Item = &mut Node> {
    let services = map(root).and_then(|top| top.get_mut("services")).and_then(|services| map(&mut services.value));
    let services = services.into_iter().flat_map(|services| services.values_mut());
    services.filter_map(|service| map(&mut service.value)?.get_mut("environment").map(|entry| &mut entry.value))
}

fn map(node: &mut Node) -> Option<&mut Map> {
    if let Value::Map(map) = &mut node.value { Some(map) } else { None }
}
