//! Keys that the loader consumes, and what stands beside the services: one message each, or a reason, so that nothing
//! is silent.

use crate::compose::Dialect;
use crate::compose::keys::{Key, Written};
use crate::compose::leaves::leaves;
use crate::compose::model::kubernetes;
use crate::compose::model::project::Project;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::lower::{Context, without_counterpart};
use crate::origin::Origin;
use crate::syntax::{Node, Value};

/// Takes note of a key whose whole value was used up.
pub(super) fn used_up(key: &dyn Written, reason: &'static str, diags: &mut Diagnostics) {
    if let Some(place) = key.written() {
        diags.consume_below(place, reason);
    }
}

/// Takes note of keys that begin with `x-` where `x-kubernetes` is not heard.
pub(super) fn extensions(extensions: &[(String, Origin, Node)], diags: &mut Diagnostics) {
    beside_kubernetes(extensions, diags);
    for (_, place, node) in extensions.iter().filter(|(name, _, _)| name == kubernetes::NAME) {
        let mut found = Vec::new();
        leaves(node, &mut found);
        diags.push(
            Diagnostic::new(Code::KubernetesUnheard, *place, "`x-kubernetes` is not heard here")
                .label("nothing comes of it here")
                .help("write it on a service, a volume, a config, a secret or at the top level")
                .cause("x-kubernetes")
                .covers(found),
        );
    }
}

/// What `x-kubernetes` says of an object whose content is missing, which a message has told.
pub(super) fn without_object(extensions: &[(String, Origin, Node)], diags: &mut Diagnostics) {
    for (_, place, _) in extensions.iter().filter(|(name, _, _)| name == kubernetes::NAME) {
        diags.consume_below(*place, "the object is not made, as its content is missing");
    }
}

/// Takes note of keys that begin with `x-`, but for `x-kubernetes`, which is heard.
pub(super) fn beside_kubernetes(extensions: &[(String, Origin, Node)], diags: &mut Diagnostics) {
    for (_, place, node) in extensions.iter().filter(|(name, _, _)| name != kubernetes::NAME) {
        let mut found = Vec::new();
        leaves(node, &mut found);
        if node.value == Value::Null {
            // The leaf of a key without a value is the key.
            found.push(*place);
        }
        found.into_iter().for_each(|leaf| diags.consume(leaf, "an extension field, for other tools or for anchors"));
    }
}

/// What stands at the top level beside services, volumes, configs and secrets.
pub(super) fn top_level(context: &Context<'_>, diags: &mut Diagnostics) {
    let Project { version, name, include, services, networks, volumes, configs, secrets, models, extensions: extra } =
        &context.loaded.project;
    // Lowered one after the other.
    let _ = services;
    if let Key::Set { key, value } = version {
        match context.dialect() {
            Dialect::Compose => diags.push(
                Diagnostic::new(Code::VersionObsolete, *key, "`version` is ignored")
                    .help("remove it, unless docker stack deploy still reads the file")
                    .covers([value.origin]),
            ),
            Dialect::Swarm => diags.consume(value.origin, "the stack was read by the rules of this version"),
        }
    }
    if let Some(name) = name.get() {
        diags.consume(name.origin, "the project's name, or overridden by a flag or variable");
    }
    used_up(include, "the loader has read the files that it names", diags);
    without_counterpart::say("", "models", models, diags);
    for (section, place) in [
        ("networks", networks.get().map(|found| found.origin)),
        ("volumes", volumes.get().map(|found| found.origin)),
        ("configs", configs.get().map(|found| found.origin)),
        ("secrets", secrets.get().map(|found| found.origin)),
    ] {
        if let Some(place) = place {
            let _ = section;
            diags.consume(place, "an empty section");
        }
    }
    beside_kubernetes(extra, diags);
}
