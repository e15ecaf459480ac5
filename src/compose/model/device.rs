//! Devices of the host, what is asked of a node's devices, and limits of block input and output (compose-spec, "devices", "gpus",
//! "blkio_config"; deploy "devices").

use crate::compose::keys::{Decode, Merge, Reader, Shape, keys};
use crate::compose::model::scalar::{Bytes, Unquoted};
use crate::compose::model::text::{Pairs, TextSet, mapping};
use crate::origin::Spanned;
use crate::syntax::{Entry, Map, Node, Value};

keys! {
    /// A device of the host; a string is `source:target:permissions`.
    DeviceMapping in "services.*.devices[]" short parts requires "source", "target" {
        source "source": String, Merge::Default, Reads, Approximate, "The device on the host, or a CDI name.";
        target "target": String, Merge::Default, Reads, Approximate, "The device in the container.";
        permissions "permissions": String, Merge::Default, Reads, Nothing, "`r`, `w` and `m`: read, write, make nodes.";
    }
}

/// `source[:target[:permissions]]`; a target left out is the source.
fn parts(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
    let Value::String(text) = &node.value else { return mapping(node, reader) };
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, permissions) = match parts.as_slice() {
        [source] => (*source, "", "rwm"),
        [source, target] => (*source, *target, "rwm"),
        [source, target, permissions] => (*source, *target, *permissions),
        _ => {
            let message = format!("`{text}` has more than three parts");
            reader.bad_value(node.origin, message, "write source:target:permissions, or a mapping with these keys");
            return None;
        }
    };
    let target = if target.is_empty() { source } else { target };
    let entry = |text: &str| Entry {
        key: node.origin,
        value: Node { value: Value::String(text.to_owned()), origin: node.origin, tag: None },
    };
    Some(Map::from([
        ("source".to_owned(), entry(source)),
        ("target".to_owned(), entry(target)),
        ("permissions".to_owned(), entry(permissions)),
    ]))
}

keys! {
    /// Devices that are asked of a node.
    DeviceRequest in "services.*.deploy.resources.reservations.devices[]" {
        capabilities "capabilities": TextSet, Merge::Default, Reads, Approximate, "What they can do, as `gpu`.";
        driver "driver": String, Merge::Default, Reads, Approximate, "The driver that gives them out.";
        count "count": DeviceCount, Merge::Default, Reads, Approximate, "How many.";
        device_ids "device_ids": TextSet, Merge::Default, Reads, Approximate, "Which ones.";
        options "options": Pairs, Merge::Default, Reads, Approximate, "Options of the driver.";
    }
}

/// How many devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceCount {
    /// All of the node's.
    All,
    /// That many.
    Number(i64),
}

impl Decode for DeviceCount {
    const EXPECTED: &'static str = "a whole number or `all`";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::String(text) if text.eq_ignore_ascii_case("all") => Some(DeviceCount::All),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Timestamp(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Map(_) => i64::decode(node, reader).map(DeviceCount::Number),
        }
    }
}

/// `gpus`: `all`, or a list of requests.
#[derive(Clone, Debug, PartialEq)]
pub enum Gpus {
    /// All of the node's.
    All,
    /// These.
    These(Vec<Spanned<DeviceRequest>>),
}

impl Decode for Gpus {
    const SHAPE: Shape = Shape::Items(DeviceRequest::TABLE);
    const EXPECTED: &'static str = "`all` or a list";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::String(text) if text == "all" => Some(Gpus::All),
            Value::String(text) => {
                let message = format!("`{text}` is not `all`");
                reader.bad_value(node.origin, message, "write all, or a list of requests");
                None
            }
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Timestamp(_)
            | Value::List(_)
            | Value::Map(_) => Vec::decode(node, reader).map(Gpus::These),
        }
    }
}

keys! {
    /// `blkio_config`.
    BlkioConfig in "services.*.blkio_config" closed true {
        device_read_bps "device_read_bps": Vec<Spanned<BlkioLimit>>, Merge::Default, Reads, Nothing, "Bytes a second that are read from a device.";
        device_read_iops "device_read_iops": Vec<Spanned<BlkioLimit>>, Merge::Default, Reads, Nothing, "Reads a second from a device.";
        device_write_bps "device_write_bps": Vec<Spanned<BlkioLimit>>, Merge::Default, Reads, Nothing, "Bytes a second that are written to a device.";
        device_write_iops "device_write_iops": Vec<Spanned<BlkioLimit>>, Merge::Default, Reads, Nothing, "Writes a second to a device.";
        weight "weight": Weight, Merge::Default, Reads, Nothing, "Its weight among containers.";
        weight_device "weight_device": Vec<Spanned<BlkioWeight>>, Merge::Default, Reads, Nothing, "Its weight for a device.";
    }
}

keys! {
    /// A limit of one device.
    BlkioLimit in "services.*.blkio_config.device_read_bps[]" closed true {
        path "path": String, Merge::Default, Reads, Nothing, "The device.";
        rate "rate": Bytes, Merge::Default, Reads, Nothing, "Bytes or operations a second.";
    }
}

keys! {
    /// A weight for one device.
    BlkioWeight in "services.*.blkio_config.weight_device[]" closed true {
        path "path": String, Merge::Default, Reads, Nothing, "The device.";
        weight "weight": Weight, Merge::Default, Reads, Nothing, "The weight.";
    }
}

/// A weight among containers: 10 to 1000 means something to Docker, 0 to 65535 is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight(pub u16);

impl Decode for Weight {
    const EXPECTED: &'static str = "a whole number";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let origin = node.origin;
        let Unquoted(value) = Unquoted::<i64>::decode(node, reader)?;
        let weight = u16::try_from(value);
        if weight.is_err() {
            reader.bad_value(origin, format!("{value} is no weight"), "write a number from 10 to 1000");
        }
        weight.ok().map(Weight)
    }
}
