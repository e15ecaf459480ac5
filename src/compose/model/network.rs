//! Networks, attachments to them, and dependencies (compose-spec, "networks", "depends_on").

use indexmap::IndexMap;

use crate::compose::keys::{Decode, Entries, Key, Merge, Named, Reader, Shape, keys};
use crate::compose::leaves::leaves;
use crate::compose::model::files::External;
use crate::compose::model::scalar::{Truncated, Unquoted};
use crate::compose::model::text::{Options, Pairs, TextOptions, TextSet, entries, mapping};
use crate::origin::{Origin, Spanned};
use crate::syntax::{Node, Value};

keys! {
    /// A network of the project.
    Network in "networks.*" nullable true {
        name "name": String, Merge::Default, Reads, Approximate, "Its real name.";
        attachable "attachable": bool, Merge::Default, Reads, Loader, "Whether single containers may join.";
        driver "driver": String, Merge::Default, Reads, Nothing, "What carries it.";
        driver_opts "driver_opts": Options, Merge::Default, Reads, Nothing, "Options of the driver.";
        enable_ipv4 "enable_ipv4": bool, Merge::Default, Reads, Approximate, "Whether it has IPv4 addresses.";
        enable_ipv6 "enable_ipv6": bool, Merge::Default, Reads, Approximate, "Whether it has IPv6 addresses.";
        external "external": External, Merge::Default, Reads, Approximate, "Whether it exists already.";
        internal "internal": bool, Merge::Default, Reads, Exact, "Whether it is cut off from the outside.";
        ipam "ipam": Ipam, Merge::Default, Reads, Nothing, "Its addresses.";
        labels "labels": Pairs, Merge::Pairs, Reads, Approximate, "Its labels.";
    }
}

keys! {
    /// A service's attachment to a network.
    Attachment in "services.*.networks.*" nullable true {
        aliases "aliases": TextSet, Merge::Unique, Reads, Approximate, "Further names on the network.";
        driver_opts "driver_opts": Options, Merge::Default, Reads, Nothing, "Options of the driver.";
        gw_priority "gw_priority": Unquoted<Truncated>, Merge::Default, Reads, Nothing, "Which network is the gateway.";
        interface_name "interface_name": String, Merge::Default, Reads, Nothing, "Name of the interface.";
        ipv4_address "ipv4_address": String, Merge::Default, Reads, Nothing, "A fixed address.";
        ipv6_address "ipv6_address": String, Merge::Default, Reads, Nothing, "A fixed address.";
        link_local_ips "link_local_ips": TextSet, Merge::Unique, Reads, Nothing, "Link-local addresses.";
        mac_address "mac_address": String, Merge::Default, Reads, Nothing, "A hardware address.";
        priority "priority": Unquoted<Truncated>, Merge::Default, Reads, Nothing, "In which order networks are joined.";
        use_service_name_alias "use_service_name_alias": bool, Merge::Default, Reads, Nothing, "Whether the service's name is one of its names there.";
    }
}

keys! {
    /// One dependency in long form.
    LongDependency in "services.*.depends_on.*" requires "condition" {
        condition "condition": String, Merge::Default, Reads, Approximate, "What it must have reached.";
        required "required": bool, Merge::Default, Reads, Approximate, "Whether it must be there.";
        restart "restart": bool, Merge::Default, Reads, Nothing, "Whether its restart restarts this one.";
    }
}

keys! {
    /// `networks.*.ipam`.
    Ipam in "networks.*.ipam" {
        driver "driver": String, Merge::Default, Reads, Nothing, "What gives out addresses.";
        config "config": Vec<Spanned<IpamPool>>, Merge::Default, Reads, Nothing, "The address ranges.";
        options "options": TextOptions, Merge::Default, Reads, Nothing, "Options of the driver.";
    }
}

keys! {
    /// `networks.*.ipam.config[]`.
    IpamPool in "networks.*.ipam.config[]" {
        subnet "subnet": String, Merge::Default, Reads, Nothing, "The range.";
        ip_range "ip_range": String, Merge::Default, Reads, Nothing, "The part of it that containers get.";
        gateway "gateway": String, Merge::Default, Reads, Nothing, "The address of the gateway.";
        aux_addresses "aux_addresses": TextOptions, Merge::Default, Reads, Nothing, "Addresses of hosts outside.";
    }
}

/// The networks of a service: a list of names, or a mapping.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attachments(pub Entries<Attachment>);

impl Decode for Attachments {
    const SHAPE: Shape = Shape::Entries(Attachment::TABLE);
    const EXPECTED: &'static str = "a list of names or a mapping";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        if !matches!(node.value, Value::List(_)) {
            return entries(node, reader).map(Attachments);
        }
        let names = TextSet::decode(node, reader)?;
        Some(Attachments(
            names.0.into_iter().map(|name| (name.value, Named { key: name.origin, value: None })).collect(),
        ))
    }
}

/// The dependencies of a service, by its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dependencies(pub IndexMap<String, ServiceDependency>);

/// What a dependency can be waited for.
const CONDITIONS: [&str; 3] = ["service_started", "service_healthy", "service_completed_successfully"];

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
    const EXPECTED: &'static str = "a list of names or a mapping";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let mut read = IndexMap::new();
        if matches!(node.value, Value::List(_)) {
            for name in TextSet::decode(node, reader)?.0 {
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
            let Some(long) = reader.within(name.clone(), |reader| LongDependency::decode(entry.value, reader)) else {
                continue;
            };
            let LongDependency { condition, required, restart, extensions: _ } = long;
            let Some(condition) = condition.take() else { continue };
            if !CONDITIONS.contains(&condition.value.as_str()) {
                let words = CONDITIONS.join(", ");
                let message = format!("`{}` is none of: {words}", condition.value);
                reader.within(name, |reader| {
                    reader.bad_value(condition.origin, message, format!("write one of: {words}"));
                });
                continue;
            }
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
