//! Published and exposed ports (compose-spec, "ports", "expose"), in short and long form.

use crate::compose::grammar::ports;
use crate::compose::keys::{Decode, Merge, Reader, Shape, keys};
use crate::compose::model::text::{TextsAndNumbers, scalar_text};
use crate::diag::{Code, Diagnostic};
use crate::origin::Spanned;
use crate::syntax::{Node, Value};

keys! {
    /// A port in long form.
    LongPort in "services.*.ports[]" {
        name "name": String, Merge::Default, Reads, Exact, "A name for people.";
        mode "mode": String, Merge::Default, Reads, Approximate, "`ingress` or `host`.";
        host_ip "host_ip": String, Merge::Default, Reads, Approximate, "The address of the host.";
        target "target": i64, Merge::Default, Reads, Exact, "The container's port.";
        published "published": PublishedText, Merge::Default, Reads, Approximate, "The host's port or range.";
        protocol "protocol": String, Merge::Default, Reads, Exact, "`tcp`, `udp` or `sctp`.";
        app_protocol "app_protocol": String, Merge::Default, Reads, Exact, "What is spoken on it.";
    }
}

/// A published port as text: numbers are taken too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedText(pub String);

impl Decode for PublishedText {
    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        match (&node.value, scalar_text(&node.value)) {
            (Value::String(_) | Value::Int(_), Some(text)) => Some(PublishedText(text)),
            _ => {
                reader.wrong_type(&node, "a port or a range of ports");
                None
            }
        }
    }
}

/// One entry of `ports`, in the form it was written.
#[derive(Clone, Debug, PartialEq)]
pub enum ServicePort {
    /// `8080:80/tcp`: one port or a range.
    Short(ports::PortRange),
    /// A mapping.
    Long(Box<LongPort>),
}

impl Decode for ServicePort {
    const SHAPE: Shape = Shape::Table(LongPort::TABLE);

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let origin = node.origin;
        let text = match &node.value {
            Value::String(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Map(_) => {
                let port = LongPort::decode(node, reader)?;
                if port.target.get().is_none() {
                    reader.missing(origin, "target");
                    return None;
                }
                return Some(ServicePort::Long(Box::new(port)));
            }
            Value::Null | Value::Bool(_) | Value::Float(_) | Value::Timestamp(_) | Value::List(_) => {
                reader.wrong_type(&node, "a port such as \"8080:80\"");
                return None;
            }
        };
        match ports::parse_short(&text) {
            Ok(range) if range.first_target() > 0 => Some(ServicePort::Short(range)),
            Ok(_) => {
                reader.bad_value(origin, "0 is no port of a container", "write a port from 1 to 65535");
                None
            }
            Err(message) => {
                reader.bad_value(
                    origin,
                    message,
                    "write CONTAINER, HOST:CONTAINER or ADDRESS:HOST:CONTAINER, as \"8080:80\"",
                );
                None
            }
        }
    }
}

/// All published ports of a service.
pub type Ports = Vec<Spanned<ServicePort>>;

/// `expose`: ports with their protocols, and the texts as they are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposes(pub Vec<Spanned<ports::Exposed>>, pub Vec<Spanned<String>>);

impl Decode for Exposes {
    const EXPECTED: &'static str = "a list of ports";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let texts = TextsAndNumbers::decode(node, reader)?.0;
        let mut read = Vec::with_capacity(texts.len());
        for text in &texts {
            match ports::parse_expose(&text.value) {
                Ok(value) => read.push(Spanned { value, origin: text.origin }),
                Err(message) => {
                    let path = reader.path();
                    reader.diags.push(
                        Diagnostic::new(
                            Code::ValueIgnored,
                            text.origin,
                            format!("`{path}` exposes nothing: {message}"),
                        )
                        .why("Docker takes any text here, and does nothing with it")
                        .help("write a port such as \"8080\" or \"53/udp\"")
                        .key(path),
                    );
                }
            }
        }
        Some(Exposes(read, texts))
    }
}
