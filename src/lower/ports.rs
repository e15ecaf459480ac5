//! `ports`, `expose` and the image table (compose-spec, "ports", "expose"): what the container listens on, and what was published.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::compose::keys::Key;
use crate::compose::model::deploy::Deploy;
use crate::compose::model::port::{Exposes, LongPort, Ports, ServicePort};
use crate::compose::model::text::{Pair, Pairs};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Check, Name, Network, NetworkMode, Port, Protocol, Published, Traced};
use crate::lower::{annotations, later};
use crate::origin::{Origin, Spanned};

/// One published port in either form: what both have.
struct Mapping {
    host_ip: Option<(String, Origin)>,
    published: Option<(String, Origin)>,
    target: Traced<u16>,
    protocol: Protocol,
    host_mode: bool,
    name: Option<Traced<Name>>,
    spoken: Option<Traced<String>>,
    origin: Origin,
}

/// Addresses that stand for all of a node.
const EVERY_ADDRESS: [&str; 3] = ["", "0.0.0.0", "::"];

impl Mapping {
    /// The port of the node under which it was published there. One at a single address, or at a number that Docker chooses, is
    /// published like any other.
    fn on_node(&self) -> Option<Traced<u16>> {
        let is_everywhere = self.host_ip.as_ref().is_none_or(|(address, _)| EVERY_ADDRESS.contains(&address.as_str()));
        let (text, origin) = self.published.as_ref().filter(|_| self.host_mode && is_everywhere)?;
        Some(Traced::from_origin(text.parse().ok().filter(|port| *port > 0)?, *origin))
    }
}

/// Ports that the service itself states, in order, no two alike.
pub(super) fn stated(
    ports: &Key<Ports>,
    expose: &Key<Exposes>,
    check: Option<&Check>,
    usual: Vec<(Traced<u16>, Protocol)>,
    routers: Vec<Traced<u16>>,
    diags: &mut Diagnostics,
) -> Vec<Port> {
    let mut found: Vec<Port> = Vec::new();
    let long = long_ranges(ports, expose);
    for mapping in mappings(ports, &long, &mut Diagnostics::default()) {
        let host_port = mapping.on_node();
        let plain = Port::plain(mapping.target, mapping.protocol, true);
        add(&mut found, Port { host_port, name: mapping.name, spoken: mapping.spoken, ..plain }, diags);
    }
    for port in expose.get().iter().flat_map(|ports| ports.value.0.iter()) {
        let Some(protocol) = protocol(&port.value.protocol) else { continue };
        if long.contains(&port.origin) {
            continue;
        }
        if port.value.count() == 1 && port.value.ports().all(|number| number == 0) {
            diags.push(
                Diagnostic::new(Code::ValueIgnored, port.origin, "port 0 exposes nothing")
                    .why("Docker takes any text here, and does nothing with it")
                    .help("write a port from 1 to 65535"),
            );
        }
        for number in port.value.ports().filter(|number| *number > 0) {
            add(&mut found, Port::plain(Traced::from_origin(number, port.origin), protocol, true), diags);
        }
    }
    if let Some((port, origin)) = check.and_then(own_port) {
        add(
            &mut found,
            Port::plain(Traced::from_origin(port, origin), Protocol::Tcp, true),
            &mut Diagnostics::default(),
        );
    }
    for port in routers {
        add(&mut found, Port::plain(port, Protocol::Tcp, true), &mut Diagnostics::default());
    }
    // What else is published does not close the image's own ports.
    for port in usual {
        let (number, protocol) = port;
        add(&mut found, Port::plain(number, protocol, true), &mut Diagnostics::default());
    }
    // Most services have one port, and a list makes room for four.
    found.shrink_to_fit();
    found
}

/// More ports than anybody wants to read in a Service.
const LONG_RANGE: usize = 100;

/// Entries that stand for more ports than a Service lists.
fn long_ranges(ports: &Key<Ports>, expose: &Key<Exposes>) -> BTreeSet<Origin> {
    let mut counts: BTreeMap<Origin, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for port in ports.get().into_iter().flat_map(|ports| ports.value.iter()) {
        *counts.entry(port.origin).or_default() += match &port.value {
            ServicePort::Short(range) => range.count(),
            // A stack's ranges are in long form already, and each of their ports says where the range stands.
            ServicePort::Long(long) => {
                usize::from(seen.insert((port.origin, long.target.get().map(|target| target.value))))
            }
        };
    }
    for port in expose.get().into_iter().flat_map(|ports| ports.value.0.iter()) {
        *counts.entry(port.origin).or_default() += port.value.count();
    }
    counts.into_iter().filter(|(_, count)| *count > LONG_RANGE).map(|(origin, _)| origin).collect()
}

/// A range that is too long to be listed, and a word about it.
pub(super) fn any_port(
    path: &str,
    ports: &Key<Ports>,
    expose: &Key<Exposes>,
    diags: &mut Diagnostics,
) -> Option<Origin> {
    let long = long_ranges(ports, expose);
    for place in &long {
        let is_published = ports.get().is_some_and(|ports| ports.value.iter().any(|port| port.origin == *place));
        if is_published {
            diags.push(
                Diagnostic::new(Code::PortRange, *place, "a long range of ports is not published")
                    .why("a Service lists every port; inside of the cluster the service's name reaches all of them")
                    .help("narrow the range, or run the service with network_mode: host")
                    .cause("long-range")
                    .key(format!("{path}.ports")),
            );
        }
    }
    long.into_iter().next()
}

/// The ports to which labels and variables tell routers to send requests.
pub(super) fn of_routers(labels: &Key<Pairs>, deploy: &Key<Deploy>, environment: &Key<Pairs>) -> Vec<Traced<u16>> {
    let of_deploy = deploy.get().and_then(|deploy| deploy.value.labels.get());
    let label = labels.get().into_iter().chain(of_deploy).flat_map(|labels| &labels.value.0);
    let label = label.filter(|(name, _)| {
        let lower = name.to_ascii_lowercase();
        // Packets come in by a port of UDP, which the route states.
        lower.ends_with(".loadbalancer.server.port") && !lower.starts_with("traefik.udp.")
            || lower == "traefik.port"
            || lower == "com.df.port"
    });
    let variables = environment.get().into_iter().flat_map(|variables| &variables.value.0);
    let variable = variables.filter(|(name, _)| *name == "VIRTUAL_PORT");
    let port = |pair: &Pair| {
        let number = pair.value.as_deref()?.trim().parse().ok().filter(|port| *port > 0)?;
        Some(Traced::from_origin(number, pair.origin))
    };
    label.chain(variable).filter_map(|(_, pair)| port(pair)).collect()
}

/// Adds a port, or what is said of one that is known.
fn add(found: &mut Vec<Port>, port: Port, diags: &mut Diagnostics) {
    let same =
        found.iter_mut().find(|known| known.number.value == port.number.value && known.protocol == port.protocol);
    match same {
        Some(known) => {
            port.number.why.origins().iter().for_each(|origin| diags.consume(*origin, "the port is stated already"));
            known.host_port = known.host_port.take().or(port.host_port);
            known.name = known.name.take().or(port.name);
            known.spoken = known.spoken.take().or(port.spoken);
        }
        None => found.push(port),
    }
}

/// The port that a healthcheck asks the container itself for: `localhost:8080` or `127.0.0.1:8080`.
fn own_port(check: &Check) -> Option<(u16, Origin)> {
    check.command.iter().find_map(|word| {
        ["localhost:", "127.0.0.1:", "0.0.0.0:", "[::1]:"].iter().find_map(|host| {
            let (_, after) = word.value.split_once(host)?;
            let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
            let port = digits.parse().ok().filter(|port| *port > 0)?;
            Some((port, *word.why.origins().first()?))
        })
    })
}

/// The address that ports without one of their own are bound to: that of the service's networks, where all say one.
pub(super) fn binding<'a>(
    known: &'a IndexMap<String, Network>,
    networks: &[Traced<String>],
) -> Option<&'a Traced<String>> {
    let mut own = networks.iter().filter_map(|network| known.get(&network.value));
    let first = own.next()?.binding.as_ref()?;
    own.all(|network| network.binding.is_some()).then_some(first)
}

/// Ports that were published on the host, whatever becomes of them.
pub(super) fn published(
    path: &str,
    ports: &Key<Ports>,
    network: NetworkMode,
    binding: Option<&Traced<String>>,
    diags: &mut Diagnostics,
) -> Vec<Published> {
    let mut all: Vec<Published> = Vec::new();
    let long = long_ranges(ports, &Key::Absent);
    for mapping in mappings(ports, &long, diags) {
        if mapping.on_node().is_some() {
            continue;
        }
        let Mapping { host_ip, published, target, protocol, host_mode, origin, name, spoken } = mapping;
        // They belong to the container's port, and no port of the node has them.
        let _ = (name, spoken, host_mode);
        let number = match published {
            None => None,
            Some((text, place)) => match text.split('-').next().unwrap_or_default().parse::<u16>() {
                Ok(0) => None,
                Ok(port) => Some(Traced::from_origin(port, place)),
                Err(_) => {
                    diags.push(
                        Diagnostic::new(Code::BadValue, place, format!("`{text}` is no published port"))
                            .help("write a port from 1 to 65535")
                            .key(format!("{path}.ports")),
                    );
                    continue;
                }
            },
        };
        if network != NetworkMode::Shared {
            let places = number.iter().flat_map(|number| number.why.origins()).chain([&origin]);
            places.for_each(|place| diags.consume(*place, "Docker publishes nothing without a network of its own"));
            continue;
        }
        let own = host_ip.map(|(address, place)| Traced::from_origin(address, place));
        let address = own.filter(|address| !address.value.is_empty()).or_else(|| binding.cloned());
        all.push(Published { published: number, target, protocol, address, origin });
    }
    all
}

/// Every port, those of long ranges left out.
fn mappings(ports: &Key<Ports>, long: &BTreeSet<Origin>, diags: &mut Diagnostics) -> Vec<Mapping> {
    let mut all = Vec::new();
    let ports = ports.get().into_iter().flat_map(|ports| ports.value.iter());
    for port in ports.filter(|port| !long.contains(&port.origin)) {
        match &port.value {
            ServicePort::Short(range) => all.extend(range.mappings().filter_map(|short| {
                Some(Mapping {
                    host_ip: short.host_ip.map(|address| (address, port.origin)),
                    published: short.published.map(|text| (text, port.origin)),
                    target: Traced::from_origin(short.target, port.origin),
                    protocol: protocol(&short.protocol)?,
                    host_mode: false,
                    name: None,
                    spoken: None,
                    origin: port.origin,
                })
            })),
            ServicePort::Long(long) => all.extend(long_mapping(long, port.origin, diags)),
        }
    }
    all
}

fn long_mapping(long: &LongPort, origin: Origin, diags: &mut Diagnostics) -> Option<Mapping> {
    let LongPort { name, mode, host_ip, target, published, protocol: spoken, app_protocol, extensions } = long;
    later::extensions(extensions, diags);
    let spoken_on_it = app_protocol.get().and_then(|spoken| app_protocol_of(spoken, diags));
    // Texts that are empty, as of a variable that is not set, say nothing.
    let is_empty = [
        name.get().filter(|name| name.value.is_empty()).map(|name| name.origin),
        published.get().filter(|text| text.value.0.is_empty()).map(|text| text.origin),
    ];
    is_empty.into_iter().flatten().for_each(|place| diags.consume(place, "an empty text says nothing"));
    let name = name
        .get()
        .filter(|name| !name.value.is_empty())
        .cloned()
        .map(|name| Traced::from(name).map(|name| Name::from_text(&name)));
    let host_mode = mode.get().is_some_and(|mode| mode.value == "host");
    if let Some(mode) = mode.get() {
        diags.consume(mode.origin, "decides between a port of the node and a Service");
    }
    let protocol = match spoken.get() {
        Some(word) => {
            diags.consume(word.origin, "the port's protocol");
            protocol(&word.value).or_else(|| {
                diags.push(
                    Diagnostic::new(Code::BadValue, word.origin, format!("`{}` is no protocol of a port", word.value))
                        .help("write tcp, udp or sctp"),
                );
                None
            })?
        }
        None => Protocol::Tcp,
    };
    let target = target.get()?;
    let Some(number) = u16::try_from(target.value).ok().filter(|number| *number > 0) else {
        diags.push(
            Diagnostic::new(Code::BadValue, target.origin, format!("{} is no port", target.value))
                .help("write a port from 1 to 65535"),
        );
        return None;
    };
    if let Some(address) = host_ip.get() {
        diags.consume(address.origin, "decides where the port is published");
    }
    Some(Mapping {
        host_ip: host_ip.get().map(|address| (address.value.clone(), address.origin)),
        published: published.get().map(|text| (text.value.0.clone(), text.origin)).filter(|(text, _)| !text.is_empty()),
        target: Traced::from_origin(number, target.origin),
        protocol,
        host_mode,
        name,
        spoken: spoken_on_it,
        origin,
    })
}

/// The protocol that is spoken on a port, as Kubernetes takes it.
fn app_protocol_of(spoken: &Spanned<String>, diags: &mut Diagnostics) -> Option<Traced<String>> {
    if spoken.value.is_empty() {
        diags.consume(spoken.origin, "no protocol is said");
        return None;
    }
    if !annotations::is_qualified(&spoken.value) {
        diags.push(
            Diagnostic::new(
                Code::ProtocolRefused,
                spoken.origin,
                format!("`{}` is no application protocol", spoken.value),
            )
            .why("Kubernetes takes names such as http, or kubernetes.io/h2c")
            .help("correct it, or remove it"),
        );
        return None;
    }
    Some(Traced::from(spoken.clone()))
}

fn protocol(word: &str) -> Option<Protocol> {
    match word.to_ascii_lowercase().as_str() {
        "" | "tcp" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        "sctp" => Some(Protocol::Sctp),
        _ => None,
    }
}
