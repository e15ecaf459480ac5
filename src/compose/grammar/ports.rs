//! Short ports and `expose` (compose loading, sections 16.3 and 16.4): `[[IP:][HOST]:]CONTAINER[/PROTOCOL]`, where HOST and
//! CONTAINER are `N` or `N-M`. An IPv6 address needs no brackets.

use std::fmt;
use std::net::IpAddr;

/// How many ports ranges may be expanded to: far more than anybody publishes, and few enough to hold.
pub const MAX_PORTS: usize = 100_000;

/// One container port and what is published for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortMapping {
    /// The address to bind, without brackets.
    pub host_ip: Option<String>,
    /// `8080`, or `9000-9005` when any port of a range will do; none for a random port.
    pub published: Option<String>,
    /// The container's port.
    pub target: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

/// What a short port stands for: one port or a range, which is not expanded until somebody asks for its ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortRange {
    host_ip: Option<String>,
    /// None for random ports.
    published: Option<Range>,
    targets: Range,
    protocol: String,
}

impl PortRange {
    /// How many ports of the container it stands for.
    pub fn count(&self) -> usize {
        self.targets.count()
    }

    /// How many ports of the host it names.
    pub fn published_count(&self) -> usize {
        self.published.map_or(0, Range::count)
    }

    /// The container's first port.
    pub fn first_target(&self) -> u16 {
        self.targets.first
    }

    /// Each port by itself, in numeric order.
    pub fn mappings(&self) -> impl Iterator<Item = PortMapping> + '_ {
        let one_target = self.targets.count() == 1;
        (self.targets.first..=self.targets.last).map(move |target| PortMapping {
            host_ip: self.host_ip.clone(),
            published: self.published.map(|published| match published.first.checked_add(target - self.targets.first) {
                Some(port) if !one_target => port.to_string(),
                _ => published.to_string(),
            }),
            target,
            protocol: self.protocol.clone(),
        })
    }

    /// What is equal for ports that are the same, whatever form they are written in.
    pub fn identity(&self) -> String {
        let host = self.host_ip.as_deref().unwrap_or("0.0.0.0");
        let published = self.published.map(|published| published.to_string()).unwrap_or_default();
        format!("{host}:{published}:{}/{};", self.targets, self.protocol)
    }
}

/// Ports from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: u16,
    last: u16,
}

impl Range {
    fn count(self) -> usize {
        usize::from(self.last) - usize::from(self.first) + 1
    }
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(formatter, "{}", self.first)
        } else {
            write!(formatter, "{}-{}", self.first, self.last)
        }
    }
}

/// Reads a port in short form.
///
/// # Errors
///
/// No container port, numbers that are no ports, host names, unknown protocols and ranges of unequal length.
pub fn parse_short(text: &str) -> Result<PortRange, String> {
    let (host, container) = text.rsplit_once(':').map_or((None, text), |(host, container)| (Some(host), container));
    let (ip, host) = match host.and_then(|host| host.rsplit_once(':')) {
        Some((ip, host)) => (ip, host),
        None => ("", host.unwrap_or("")),
    };
    let (container, protocol) = split_protocol(text, container)?;
    let host_ip = host_ip(ip)?;
    let targets = range(container)?;
    let published = if host.is_empty() { None } else { Some(range(host)?) };
    if let Some(published) = published
        && targets.count() > 1
        && targets.count() != published.count()
    {
        return Err(format!("the port ranges {host} and {container} have different lengths"));
    }
    Ok(PortRange { host_ip, published, targets, protocol })
}

/// Exposed ports with their protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    ports: Range,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

impl Exposed {
    /// How many ports are exposed.
    pub fn count(&self) -> usize {
        self.ports.count()
    }

    /// Each port, in numeric order.
    pub fn ports(&self) -> impl Iterator<Item = u16> + use<> {
        self.ports.first..=self.ports.last
    }
}

/// Reads an exposed port: `80`, `81/udp`, `8080-8085/tcp`.
///
/// # Errors
///
/// Numbers that are no ports and unknown protocols. The reference checks nothing here, but what it then keeps cannot be used.
pub fn parse_expose(text: &str) -> Result<Exposed, String> {
    let (ports, protocol) = split_protocol(text, text)?;
    Ok(Exposed { ports: range(ports)?, protocol })
}

/// Cuts `/PROTOCOL` off; an empty one is tcp.
fn split_protocol<'a>(text: &str, container: &'a str) -> Result<(&'a str, String), String> {
    let (port, protocol) = container.split_once('/').unwrap_or((container, ""));
    if port.is_empty() {
        return Err(format!("{text:?} has no container port"));
    }
    let protocol = if protocol.is_empty() { "tcp".to_owned() } else { protocol.to_ascii_lowercase() };
    if matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        Ok((port, protocol))
    } else {
        Err(format!("{protocol:?} is not a protocol: ports are tcp, udp or sctp"))
    }
}

/// The address without brackets.
fn host_ip(text: &str) -> Result<Option<String>, String> {
    let refuse = || format!("{text:?} is not an IP address: host names are not accepted here");
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or_else(refuse)?,
        None => text,
    };
    if bare.is_empty() {
        return Ok(None);
    }
    bare.parse::<IpAddr>().map_err(|_| refuse())?;
    Ok(Some(bare.to_owned()))
}

/// `N` or `N-M`.
fn range(text: &str) -> Result<Range, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (port(first)?, port(last)?);
    if first <= last {
        Ok(Range { first, last })
    } else {
        Err(format!("the port range {text:?} ends before it starts"))
    }
}

fn port(text: &str) -> Result<u16, String> {
    // `parse` would take a plus sign.
    let digits = if text.bytes().all(|byte| byte.is_ascii_digit()) { text } else { "" };
    digits.parse().map_err(|_| format!("{text:?} is not a port: ports are 0 to 65535"))
}

#[cfg(test)]
mod tests {
    use super::{parse_expose, parse_short};
    use crate::compose::grammar::random_texts;

    /// The mappings in one line: `IP|published|target/protocol`.
    fn shown(text: &str) -> String {
        match parse_short(text) {
            Err(message) => format!("error: {message}"),
            Ok(range) => range
                .mappings()
                .map(|m| {
                    let (ip, published) = (m.host_ip.as_deref().unwrap_or(""), m.published.as_deref().unwrap_or(""));
                    format!("{ip}|{published}|{}/{}", m.target, m.protocol)
                })
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    #[test]
    fn short_forms() {
        let cases = [
            ("80", "||80/tcp"),
            ("80/", "||80/tcp"),
            ("080:80/UDP", "|80|80/udp"),
            (":80", "||80/tcp"),
            ("127.0.0.1::90", "127.0.0.1||90/tcp"),
            ("127.0.0.1:5000:90/sctp", "127.0.0.1|5000|90/sctp"),
            ("[::1]:70:70", "::1|70|70/tcp"),
            ("::1:70:70", "::1|70|70/tcp"),
            ("9-11", "||9/tcp ||10/tcp ||11/tcp"),
            ("3000-3001:4000-4001", "|3000|4000/tcp |3001|4001/tcp"),
            ("9000-9005:80", "|9000-9005|80/tcp"),
            ("9000-9000:80", "|9000|80/tcp"),
            ("65534-65535", "||65534/tcp ||65535/tcp"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn refusals() {
        let cases = [
            ("70000", "error: \"70000\" is not a port: ports are 0 to 65535"),
            ("127.0.0.1:80", "error: \"127.0.0.1\" is not a port: ports are 0 to 65535"),
            ("localhost:1:2", "error: \"localhost\" is not an IP address: host names are not accepted here"),
            ("3000-3005:4000-4002", "error: the port ranges 3000-3005 and 4000-4002 have different lengths"),
            ("3000:4000-4002", "error: the port ranges 3000 and 4000-4002 have different lengths"),
            ("80/foo", "error: \"foo\" is not a protocol: ports are tcp, udp or sctp"),
            ("1.2.3.4:80:", "error: \"1.2.3.4:80:\" has no container port"),
            ("9-8", "error: the port range \"9-8\" ends before it starts"),
            ("", "error: \"\" has no container port"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
        for text in ["/tcp", "+80", "-80", "80-", "80-81-82", "80/tcp/x", "[::1:70:70", "8 0", "[a]:1:1"] {
            assert!(parse_short(text).is_err(), "{text}");
        }
    }

    #[test]
    fn exposed() {
        let shown = |text| parse_expose(text).map(|exposed| (exposed.ports().collect::<Vec<_>>(), exposed.protocol));
        assert_eq!(shown("80"), Ok((vec![80], "tcp".to_owned())));
        assert_eq!(shown("81/udp"), Ok((vec![81], "udp".to_owned())));
        assert_eq!(shown("8080-8082/tcp"), Ok((vec![8080, 8081, 8082], "tcp".to_owned())));
        assert!(parse_expose("80:80").is_err());
    }

    #[test]
    fn never_panics() {
        for text in random_texts(&["1", "65535", ":", "-", "/", "tcp", "[", "]", ".", "::1", "é", "127.0.0.1"], 5_000)
        {
            let _ = parse_short(&text);
            let _ = parse_expose(&text);
        }
    }
}
