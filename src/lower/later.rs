//! Keys that are read and not translated yet, and keys that the loader consumes: one message each, or a reason, so that nothing
//! is silent.

use crate::compose::Dialect;
use crate::compose::keys::{Entries, Key, Named, Written};
use crate::compose::leaves::leaves;
use crate::compose::model::mount::Volume;
use crate::compose::model::network::{Attachment, Network};
use crate::compose::model::project::Project;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::lower::Context;
use crate::origin::Origin;
use crate::syntax::Node;

/// Says that a key is not translated yet.
pub(super) fn not_yet(path: &str, name: &str, key: &dyn Written, diags: &mut Diagnostics) {
    let Some(place) = key.written() else { return };
    diags.push(
        Diagnostic::new(Code::NotTranslated, place, format!("`{name}` is not translated yet"))
            .label("the manifests do not hold what this says")
            .help("add what it says to the manifests by hand")
            .key(format!("{path}.{name}"))
            .cause(name)
            .covers_below([place]),
    );
}

/// Takes note of a key whose whole value was used up.
pub(super) fn used_up(key: &dyn Written, reason: &'static str, diags: &mut Diagnostics) {
    if let Some(place) = key.written() {
        diags.consume_below(place, reason);
    }
}

/// Takes note of keys that begin with `x-`.
pub(super) fn extensions(extensions: &[(String, Origin, Node)], diags: &mut Diagnostics) {
    for (_, _, node) in extensions {
        let mut found = Vec::new();
        leaves(node, &mut found);
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
    not_yet("", "models", models, diags);
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
    if let Some(volumes) = volumes.get() {
        volumes_of(&volumes.value, diags);
    }
    if let Some(networks) = networks.get() {
        networks_of(&networks.value, diags);
    }
    extensions(extra, diags);
}

fn volumes_of(volumes: &Entries<Volume>, diags: &mut Diagnostics) {
    for (name, Named { key, value }) in volumes {
        let path = format!("volumes.{name}");
        diags.consume(*key, "the volume stands where it is mounted");
        let Some(volume) = value else { continue };
        diags.consume(volume.origin, "the volume stands where it is mounted");
        let Volume { name: real, driver, driver_opts, external, labels, extensions: extra } = &volume.value;
        not_yet(&path, "labels", labels, diags);
        extensions(extra, diags);
        if let Some(real) = real.get() {
            diags.consume(real.origin, "the name on the Docker host");
        }
        match driver {
            Key::Set { key: _, value } if matches!(value.value.as_str(), "local" | "default" | "") => {
                diags.consume(value.origin, "the default")
            }
            Key::Set { key, value } => diags.push(
                Diagnostic::new(
                    Code::NotTranslated,
                    *key,
                    format!("the volume driver `{}` is not translated yet", value.value),
                )
                .label("the claim is of the cluster's default class")
                .help("set storageClassName on the claim by hand")
                .key(format!("{path}.driver"))
                .covers([value.origin]),
            ),
            Key::Null(place) => diags.consume(*place, "a key without a value says nothing"),
            Key::Absent => {}
        }
        if let Key::Set { key, value } = driver_opts
            && !value.value.0.is_empty()
        {
            diags.push(
                Diagnostic::new(Code::NotTranslated, *key, "the options of the volume driver are not translated yet")
                    .label("the claim is of the cluster's default class")
                    .help("write a PersistentVolume by hand and bind the claim to it")
                    .key(format!("{path}.driver_opts"))
                    .covers(value.value.0.values().map(|pair| pair.origin)),
            );
        } else if let Some(options) = driver_opts.get() {
            diags.consume(options.origin, "no options");
        }
        if let Key::Set { key, value } = external {
            if value.value.is_external() {
                let claim = crate::ir::Name::from_text(real.get().map_or(name, |real| &real.value));
                diags.push(
                    Diagnostic::new(Code::ExternalObject, *key, format!("the claim {claim} must exist in the cluster"))
                        .help("create it before the first apply")
                        .key(path)
                        .covers([value.origin]),
                );
            } else {
                diags.consume(value.origin, "false is the default");
            }
        }
    }
}

fn networks_of(networks: &Entries<Network>, diags: &mut Diagnostics) {
    for (name, Named { key, value }) in networks {
        let path = format!("networks.{name}");
        diags.consume(*key, "pods reach each other without a network object");
        let Some(network) = value else { continue };
        diags.consume(network.origin, "pods reach each other without a network object");
        let Network {
            name: real,
            attachable,
            driver,
            driver_opts,
            enable_ipv4,
            enable_ipv6,
            external,
            internal,
            ipam,
            labels,
            extensions: extra,
        } = &network.value;
        let later: &[(&str, &dyn Written)] = &[
            ("name", real),
            ("driver_opts", driver_opts),
            ("enable_ipv4", enable_ipv4),
            ("enable_ipv6", enable_ipv6),
            ("internal", internal),
            ("ipam", ipam),
            ("labels", labels),
        ];
        for (field, key) in later {
            not_yet(&path, field, *key, diags);
        }
        if let Some(attachable) = attachable.get() {
            diags.consume(attachable.origin, "any pod may reach any other");
        }
        if let Key::Set { key, value } = driver {
            if matches!(value.value.as_str(), "bridge" | "overlay" | "default") {
                diags.consume(value.origin, "the pod network does what this driver does");
            } else {
                diags.push(
                    Diagnostic::new(
                        Code::NoCounterpart,
                        *key,
                        format!("the network driver `{}` has no counterpart", value.value),
                    )
                    .why("Kubernetes has one pod network")
                    .help("attach further networks with Multus if the pods need them")
                    .key(format!("{path}.driver"))
                    .covers([value.origin]),
                );
            }
        }
        if let Key::Set { key, value } = external {
            diags.push(
                Diagnostic::new(Code::ExternalObject, *key, format!("the external network `{name}` needs no object"))
                    .why("services of other stacks answer to their names only in the same namespace")
                    .help("put stacks that share a network into one namespace")
                    .covers(match &value.value {
                        crate::compose::model::files::External::Flag(_) => vec![value.origin],
                        crate::compose::model::files::External::Named(named) => vec![value.origin, named.origin],
                    }),
            );
        }
        extensions(extra, diags);
    }
}

/// A service's attachments to networks.
pub(super) fn attachments(path: &str, attachments: &Entries<Attachment>, diags: &mut Diagnostics) {
    for (name, Named { key, value }) in attachments {
        diags.consume(*key, "pods reach each other without a network object");
        let Some(attachment) = value else { continue };
        diags.consume(attachment.origin, "pods reach each other without a network object");
        let Attachment {
            aliases,
            driver_opts,
            gw_priority,
            interface_name,
            ipv4_address,
            ipv6_address,
            link_local_ips,
            mac_address,
            priority,
            use_service_name_alias,
            extensions: extra,
        } = &attachment.value;
        let path = format!("{path}.networks.{name}");
        let later: &[(&str, &dyn Written)] = &[
            ("aliases", aliases),
            ("driver_opts", driver_opts),
            ("gw_priority", gw_priority),
            ("interface_name", interface_name),
            ("ipv4_address", ipv4_address),
            ("ipv6_address", ipv6_address),
            ("link_local_ips", link_local_ips),
            ("mac_address", mac_address),
            ("priority", priority),
            ("use_service_name_alias", use_service_name_alias),
        ];
        for (field, key) in later {
            not_yet(&path, field, *key, diags);
        }
        extensions(extra, diags);
    }
}
