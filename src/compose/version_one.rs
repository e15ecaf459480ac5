//! Files of the first version of Compose, in which services stood at the top level. docker compose reads them no more; one word
//! about that says more than one about each service.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::syntax::{Node, Value};

/// Says that a file is one, if it is.
pub(super) fn is_one(root: &Node, diags: &mut Diagnostics) -> bool {
    let Value::Map(top) = &root.value else { return false };
    let entries = || top.iter().filter(|(name, _)| !name.starts_with("x-") && *name != "version");
    let is_service = |node: &Node| matches!(&node.value, Value::Map(keys) if keys.keys().any(|key| matches!(key.as_str(), "image" | "build")));
    let known = ["name", "services", "networks", "volumes", "secrets", "configs", "include", "models"];
    let is_plain = |(name, entry): (&String, &crate::syntax::Entry)| {
        !known.contains(&name.as_str()) && matches!(entry.value.value, Value::Map(_))
    };
    let Some((first, entry)) = entries().next() else { return false };
    if !entries().all(is_plain) || !entries().any(|(_, entry)| is_service(&entry.value)) {
        return false;
    }
    diags.push(
        Diagnostic::new(Code::VersionOne, entry.key, "the services stand at the top level")
            .label(format!("`{first}` is taken for a service"))
            .why("Compose files of version 1 were so; docker compose 2 reads them no more")
            .help("write services: above them, and indent them below it")
            .covers_below([root.origin]),
    );
    true
}
