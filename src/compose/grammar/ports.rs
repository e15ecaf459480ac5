//! Short ports and `expose` (compose loading, sections 16.3 and 16.4): `[[IP:][HOST]:]CONTAINER[/PROTOCOL]`, where HOST and
//! CONTAINER are `N` or `N-M`. Ranges are expanded in numeric order; an IPv6 address needs no brackets.

use std::net::IpAddr;

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

/// Reads a port in short form.
///
/// # Errors
///
/// No container port, numbers that are no ports, host names, unknown protocols and ranges of unequal length.
pub fn parse_short(text: &str) -> Result<Vec<PortMapping>, String> {
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
        && targets.0 != targets.1
        && length(targets) != length(published)
    {
        return Err(format!("the port ranges {host} and {container} have different lengths"));
    }
    let publish = |offset: u16| match published {
        None => None,
        Some((first, last)) if targets.0 == targets.1 && first != last => Some(format!("{first}-{last}")),
        Some((first, _)) => Some(first.saturating_add(offset).to_string()),
    };
    let mapping = |target: u16| PortMapping {
        host_ip: host_ip.clone(),
        published: publish(target.saturating_sub(targets.0)),
        target,
        protocol: protocol.clone(),
    };
    Ok((targets.0..=targets.1).map(mapping).collect())
}

/// Reads an exposed port: `80`, `81/udp`, `8080-8085/tcp`.
///
/// # Errors
///
/// Numbers that are no ports and unknown protocols. The reference checks nothing here, but what it then keeps cannot be used.
pub fn parse_expose(text: &str) -> Result<Vec<(u16, String)>, String> {
    let (ports, protocol) = split_protocol(text, text)?;
    let (first, last) = range(ports)?;
    Ok((first..=last).map(|port| (port, protocol.clone())).collect())
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
fn range(text: &str) -> Result<(u16, u16), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (port(first)?, port(last)?);
    if first <= last { Ok((first, last)) } else { Err(format!("the port range {text:?} ends before it starts")) }
}

fn port(text: &str) -> Result<u16, String> {
    // `parse` would take a plus sign.
    let digits = if text.bytes().all(|byte| byte.is_ascii_digit()) { text } else { "" };
    digits.parse().map_err(|_| format!("{text:?} is not a port: ports are 0 to 65535"))
}

fn length((first, last): (u16, u16)) -> u16 {
    last.saturating_sub(first)
}

#[cfg(test)]
mod tests {
    use super::{parse_expose, parse_short};
    use crate::compose::grammar::random_texts;

    /// The mappings in one line: `IP|published|target/protocol`.
    fn shown(text: &str) -> String {
        match parse_short(text) {
            Err(message) => format!("error: {message}"),
            Ok(mappings) => mappings
                .iter()
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
        assert_eq!(parse_expose("80"), Ok(vec![(80, "tcp".to_owned())]));
        assert_eq!(parse_expose("81/udp"), Ok(vec![(81, "udp".to_owned())]));
        assert_eq!(parse_expose("8080-8082/tcp").map(|ports| ports.len()), Ok(3));
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
