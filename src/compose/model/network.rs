//! Networks, attachments to them, and dependencies (compose-spec, "networks", "depends_on").

use indexmap::IndexMap;

use crate::compose::keys::{Decode, Entries, Key, Later, Merge, Named, Reader, Shape, keys, leaves};
use crate::compose::model::files::External;
use crate::compose::model::scalar::{Texts, entries, mapping};
use crate::origin::{Origin, Spanned};
use crate::syntax::{Map, Node, Value};

keys! {
    /// A network of the project.
    Network in "networks.*" {
        name "name": Later, Merge::Default, Reads, Later, "Its real name.";
        attachable "attachable": bool, Merge::Default, Reads, Loader, "Whether single containers may join.";
        driver "driver": String, Merge::Default, Reads, Translated, "What carries it.";
        driver_opts "driver_opts": Later, Merge::Default, Reads, Later, "Options of the driver.";
        enable_ipv4 "enable_ipv4": Later, Merge::Default, Reads, Later, "Whether it has IPv4 addresses.";
        enable_ipv6 "enable_ipv6": Later, Merge::Default, Reads, Later, "Whether it has IPv6 addresses.";
        external "external": External, Merge::Default, Reads, Translated, "Whether it exists already.";
        internal "internal": Later, Merge::Default, Reads, Later, "Whether it is cut off from the outside.";
        ipam "ipam": Later, Merge::Default, Reads, Later, "Its addresses.";
        labels "labels": Later, Merge::Pairs, Reads, Later, "Its labels.";
    }
}

keys! {
    /// A service's attachment to a network.
    Attachment in "services.*.networks.*" {
        aliases "aliases": Later, Merge::Unique, Reads, Later, "Further names on the network.";
        driver_opts "driver_opts": Later, Merge::Default, Reads, Later, "Options of the driver.";
        gw_priority "gw_priority": Later, Merge::Default, Reads, Later, "Which network is the gateway.";
        interface_name "interface_name": Later, Merge::Default, Reads, Later, "Name of the interface.";
        ipv4_address "ipv4_address": Later, Merge::Default, Reads, Later, "A fixed address.";
        ipv6_address "ipv6_address": Later, Merge::Default, Reads, Later, "A fixed address.";
        link_local_ips "link_local_ips": Later, Merge::Unique, Reads, Later, "Link-local addresses.";
        mac_address "mac_address": Later, Merge::Default, Reads, Later, "A hardware address.";
        priority "priority": Later, Merge::Default, Reads, Later, "In which order networks are joined.";
    }
}

keys! {
    /// One dependency in long form.
    LongDependency in "services.*.depends_on.*" {
        condition "condition": String, Merge::Default, Reads, Translated, "What it must have reached.";
        required "required": bool, Merge::Default, Reads, Translated, "Whether it must be there.";
        restart "restart": bool, Merge::Default, Reads, Translated, "Whether its restart restarts this one.";
    }
}

macro_rules! without_short_form {
    ($($name:ident)*) => {
        $(impl $name {
            fn short(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
                mapping(node, reader)
            }
        })*
    };
}

without_short_form! { Network Attachment LongDependency }

/// The networks of a service: a list of names, or a mapping.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attachments(pub Entries<Attachment>);

impl Decode for Attachments {
    const SHAPE: Shape = Shape::Entries(Attachment::TABLE);

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        if !matches!(node.value, Value::List(_)) {
            return entries(node, reader).map(Attachments);
        }
        let names = Texts::decode(node, reader)?;
        Some(Attachments(
            names.0.into_iter().map(|name| (name.value, Named { key: name.origin, value: None })).collect(),
        ))
    }
}

/// The dependencies of a service, by its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dependencies(pub IndexMap<String, ServiceDependency>);

/// One dependency.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceDependency {
    /// Where the service is named.
    pub key: Origin,
    /// `service_started` and so on; `None` in the short form.
    pub condition: Option<Spanned<String>>,
    /// Whether it must be there.
    pub required: bool,
    /// `restart: true`, and where.
    pub restart: Option<Origin>,
    /// Every leaf of the entry.
    pub leaves: Vec<Origin>,
}

impl Decode for Dependencies {
    const SHAPE: Shape = Shape::Entries(LongDependency::TABLE);

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let mut read = IndexMap::new();
        if matches!(node.value, Value::List(_)) {
            for name in Texts::decode(node, reader)?.0 {
                let key = name.origin;
                read.insert(
                    name.value,
                    ServiceDependency { key, condition: None, required: true, restart: None, leaves: vec![key] },
                );
            }
            return Some(Dependencies(read));
        }
        for (name, entry) in mapping(node, reader)? {
            let mut found = Vec::new();
            leaves(&entry.value, &mut found);
            let place = entry.value.origin;
            let Some(long) = reader.within(name.clone(), |reader| LongDependency::decode(entry.value, reader)) else {
                continue;
            };
            let LongDependency { condition, required, restart, extensions: _ } = long;
            let Some(condition) = condition.take() else {
                reader.within(name, |reader| reader.missing(place, "condition"));
                continue;
            };
            let restart = match restart {
                Key::Set { key, value } if value.value => Some(key),
                Key::Set { key: _, value: _ } | Key::Null(_) | Key::Absent => None,
            };
            let required = required.take().is_none_or(|required| required.value);
            read.insert(
                name,
                ServiceDependency { key: entry.key, condition: Some(condition), required, restart, leaves: found },
            );
        }
        Some(Dependencies(read))
    }
}
