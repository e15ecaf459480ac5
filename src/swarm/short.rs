//! The short forms of a stack file: ports, mounts, grants, networks, hosts, limits and `external` (docker/cli's loader, and its own
//! parser of volumes, which differs from that of Compose).

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a reader names the kinds of values it takes; every other kind is the same error"
)]

use crate::compose::grammar::mounts::{is_file_path, is_letter};
use crate::compose::grammar::ports::{self, MAX_PORTS};
use crate::compose::model::scalar::scalar_text;
use crate::diag::{Code, Diagnostic};
use crate::swarm::read::{FileReader, entry, is_name, items, with};
use crate::swarm::schema::{ATTACHMENT, GRANT, MOUNT, PORT};
use crate::syntax::{Entry, Map, Node, Value};

/// The version that long ports and mounts came with.
const LONG_FORMS: u8 = 2;

impl FileReader<'_> {
    /// Short ports become long ones, one for each pair of ports, in the reference's order: that of their texts.
    pub(super) fn ports(&mut self, node: Node) -> Option<Node> {
        self.unique(&node);
        let origin = node.origin;
        let lists = self.list(node, |reader, item| match &item.value {
            Value::String(text) => reader.short_port(text, &item),
            Value::Int(number) => reader.short_port(&number.to_string(), &item),
            Value::Map(_) if reader.version >= LONG_FORMS => {
                let long = reader.table(&PORT, item)?;
                Some(with(&long.clone(), Value::List(vec![long])))
            }
            Value::Map(_) => reader.too_long(&item, "port"),
            _ => reader.wrong(&item, "a port such as \"8080:80\", or a mapping"),
        })?;
        let flat = items(lists).into_iter().flat_map(items).collect();
        Some(Node { value: Value::List(flat), origin, tag: None })
    }

    fn short_port(&mut self, text: &str, item: &Node) -> Option<Node> {
        // The reference looks at no more than one slash of the container's part.
        let (host, container) = text.rsplit_once(':').map_or(("", text), |(host, container)| (host, container));
        let container: Vec<&str> = container.split('/').take(2).collect();
        let container = container.join("/");
        let text = if text.contains(':') { format!("{host}:{container}") } else { container };
        let range = match ports::parse_short(&text) {
            Ok(range) => range,
            Err(message) => {
                self.reader.bad_value(item.origin, message, "write PUBLISHED:TARGET, as \"8080:80\"");
                return None;
            }
        };
        self.port_count += range.count().max(range.published_count());
        if self.port_count > MAX_PORTS {
            return self.too_many_ports(item);
        }
        let mut mappings: Vec<_> = range.mappings().collect();
        mappings.sort_by_cached_key(|port| format!("{}/{}", port.target, port.protocol));
        let mut long = Vec::new();
        for port in mappings {
            if let Some(address) = port.host_ip.filter(|ip| !matches!(ip.as_str(), "0.0.0.0" | "::")) {
                self.address_ignored(item, &address);
            }
            for published in published(port.published.as_deref()) {
                let text = |value: &str| Value::String(value.to_owned());
                let mut map = Map::from([
                    ("mode".to_owned(), entry(item, text("ingress"))),
                    ("target".to_owned(), entry(item, Value::Int(i64::from(port.target)))),
                ]);
                if published > 0 {
                    map.insert("published".to_owned(), entry(item, Value::Int(i64::from(published))));
                }
                map.insert("protocol".to_owned(), entry(item, text(&port.protocol)));
                long.push(with(item, Value::Map(map)));
            }
        }
        Some(with(item, Value::List(long)))
    }

    fn too_many_ports(&mut self, item: &Node) -> Option<Node> {
        let path = self.reader.path();
        let diagnostic = Diagnostic::new(
            Code::LoadLimit,
            item.origin,
            format!("the ranges of the file make more than {MAX_PORTS} ports"),
        )
        .why("docker stack deploy would publish each port of a range by itself")
        .help("narrow the range")
        .cause("port-ranges")
        .key(path);
        self.reader.diags.push(diagnostic);
        None
    }

    fn address_ignored(&mut self, item: &Node, address: &str) {
        let path = self.reader.path();
        let diagnostic = Diagnostic::new(
            Code::PortAddressIgnored,
            item.origin,
            format!(
                "the address {address} is ignored: docker stack deploy publishes the port on every node and address"
            ),
        )
        .why("a port that looks private is open to everyone who reaches a node")
        .help("remove the address, or the port if only other services use it")
        .cause("port-address")
        .key(path);
        self.reader.diags.push(diagnostic);
    }

    fn too_long(&mut self, item: &Node, what: &str) -> Option<Node> {
        let path = self.reader.path();
        let version = self.version;
        let diagnostic = Diagnostic::new(
            Code::KeyNewerThanVersion,
            item.origin,
            format!("the long form of a {what} came with version 3.2, and this file says 3.{version}"),
        )
        .help("remove `version:`, or write the short form")
        .key(path);
        self.reader.diags.push(diagnostic);
        None
    }

    /// Short mounts become long ones.
    pub(super) fn mounts(&mut self, node: Node) -> Option<Node> {
        if self.version < LONG_FORMS {
            self.unique(&node);
        }
        self.list(node, |reader, item| match &item.value {
            Value::String(text) => match mount(text, &item) {
                Ok(long) => reader.whole_mount(long),
                Err(message) => {
                    reader.reader.bad_value(item.origin, message, "write SOURCE:TARGET or SOURCE:TARGET:ro");
                    None
                }
            },
            Value::Map(_) if reader.version < LONG_FORMS => reader.too_long(&item, "volume"),
            Value::Map(map) if !map.contains_key("type") => {
                reader.reader.missing(item.origin, "type");
                None
            }
            Value::Map(_) => {
                let long = reader.table(&MOUNT, item)?;
                reader.whole_mount(long)
            }
            _ => reader.wrong(&item, "a volume such as data:/data, or a mapping"),
        })
    }

    /// A bind mount must say what it binds.
    fn whole_mount(&mut self, long: Node) -> Option<Node> {
        let Value::Map(map) = &long.value else { return None };
        let is = |name: &str, text: &str| {
            map.get(name).is_some_and(|entry| entry.value.value == Value::String(text.to_owned()))
        };
        if is("type", "bind") && (!map.contains_key("source") || is("source", "")) {
            self.reader.missing(long.origin, "source");
            return None;
        }
        Some(long)
    }

    /// Uses of configs or secrets; a text is the source.
    pub(super) fn grants(&mut self, node: Node) -> Option<Node> {
        self.list(node, |reader, item| match &item.value {
            Value::String(_) => {
                let source = entry(&item, item.value.clone());
                Some(with(&item, Value::Map(Map::from([("source".to_owned(), source)]))))
            }
            _ => reader.table(&GRANT, item),
        })
    }

    /// Networks of a service: a list of names, or a mapping of them.
    pub(super) fn attachments(&mut self, node: Node) -> Option<Node> {
        let origin = node.origin;
        let Value::Map(map) = node.value else {
            let list = self.texts(node, true)?;
            let named = items(list).into_iter().filter_map(|item| {
                let Value::String(name) = &item.value else { return None };
                Some((name.clone(), entry(&item, Value::Null)))
            });
            return Some(Node { value: Value::Map(named.collect()), origin, tag: None });
        };
        let mut read = Map::with_capacity(map.len());
        for (name, entry) in map {
            if !is_name(&name) {
                let help = "a name has letters, digits, dots, dashes and underscores";
                self.reader.bad_value(entry.key, format!("`{name}` is no name of a network"), help);
                continue;
            }
            let value = match entry.value.value {
                Value::Null => Some(entry.value),
                _ => self.within(&name, |reader| reader.table(&ATTACHMENT, entry.value)),
            };
            read.extend(value.map(|value| (name, Entry { key: entry.key, value })));
        }
        Some(Node { value: Value::Map(read), origin, tag: None })
    }

    /// `HOST:IP` texts: of a mapping in the order of their texts, of a list as they stand; a text without separator is dropped.
    pub(super) fn hosts(&mut self, node: Node) -> Option<Node> {
        let origin = node.origin;
        let mut hosts = Vec::new();
        if matches!(node.value, Value::Map(_)) {
            let pairs = self.read(&crate::swarm::kinds::Kind::Pairs { null: true }, node)?;
            let Value::Map(map) = pairs.value else { return None };
            for (host, entry) in map {
                match scalar_text(&entry.value.value) {
                    Some(address) if entry.value.value != Value::Null => {
                        hosts.push(with(&entry.value, Value::String(format!("{host}:{address}"))));
                    }
                    Some(_) | None => {
                        self.reader
                            .diags
                            .consume(entry.key, "a host without address is left out by docker stack deploy");
                    }
                }
            }
            hosts.sort_by_key(|host| scalar_text(&host.value));
        } else {
            for item in items(self.texts(node, true)?) {
                let Value::String(text) = &item.value else { continue };
                match text.split_once('=').or_else(|| text.split_once(':')) {
                    Some((host, address)) => hosts.push(with(&item, Value::String(format!("{host}:{address}")))),
                    None => {
                        self.reader
                            .diags
                            .consume(item.origin, "a host without address is left out by docker stack deploy");
                    }
                }
            }
        }
        for host in &mut hosts {
            if let Value::String(text) = &mut host.value
                && let Some((name, address)) = text.split_once(':')
                && let Some(bare) = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
                && !bare.is_empty()
            {
                *text = format!("{name}:{bare}");
            }
        }
        Some(Node { value: Value::List(hosts), origin, tag: None })
    }

    /// Limits by name: a number, or `soft` and `hard`.
    pub(super) fn ulimits(&mut self, node: Node) -> Option<Node> {
        let origin = node.origin;
        let Value::Map(map) = node.value else { return self.wrong(&node, "a mapping") };
        let mut read = Map::with_capacity(map.len());
        for (name, entry) in map {
            let value = self.within(&name, |reader| reader.ulimit(entry.value));
            read.extend(value.map(|value| (name, Entry { key: entry.key, value })));
        }
        Some(Node { value: Value::Map(read), origin, tag: None })
    }

    fn ulimit(&mut self, node: Node) -> Option<Node> {
        let whole = |value: &Value| matches!(value, Value::Int(_));
        let Value::Map(map) = &node.value else {
            return if whole(&node.value) { Some(node) } else { self.wrong(&node, "a whole number, or soft and hard") };
        };
        let mut good = true;
        for name in ["soft", "hard"] {
            match map.get(name) {
                None => self.reader.missing(node.origin, name),
                Some(entry) if !whole(&entry.value.value) => {
                    self.within(name, |reader| reader.wrong(&entry.value, "a whole number"));
                }
                Some(_) => continue,
            }
            good = false;
        }
        for (name, entry) in map.iter().filter(|(name, _)| !matches!(name.as_str(), "soft" | "hard")) {
            self.reader.bad_value(entry.key, format!("a limit has no `{name}`"), "write soft and hard");
            good = false;
        }
        good.then_some(node)
    }

    /// `true`, `false`, or the name that it has outside.
    pub(super) fn external(&mut self, node: Node, closed: bool) -> Option<Node> {
        let Value::Map(map) = &node.value else {
            let is_flag = matches!(node.value, Value::Bool(_));
            return if is_flag { Some(node) } else { self.wrong(&node, "true or false") };
        };
        for (name, entry) in map {
            if name == "name" && !matches!(entry.value.value, Value::String(_)) {
                return self.within("name", |reader| reader.wrong(&entry.value, "a string"));
            }
            if name != "name" && closed {
                self.reader.bad_value(entry.key, format!("`external` has no `{name}`"), "write external: true");
                return None;
            }
        }
        Some(node)
    }
}

/// The numbers of a published port: none is 0, a range is each of its numbers.
fn published(text: Option<&str>) -> std::ops::RangeInclusive<u16> {
    let Some(text) = text else { return 0..=0 };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.parse().unwrap_or_default();
    number(first)..=number(last)
}

/// A mount in short form: `[SOURCE:]TARGET[:OPTIONS]`. One letter before a colon is a Windows drive.
fn mount(text: &str, item: &Node) -> Result<Node, String> {
    let (source, target, options) = match text.len() {
        0 => return Err("the volume is empty".to_owned()),
        1 | 2 => (None, text.to_owned(), None),
        _ => {
            let mut sections = sections(text)?.into_iter();
            match (sections.next(), sections.next(), sections.next(), sections.next()) {
                (Some(target), None, _, _) => (None, target, None),
                (Some(source), Some(target), options, None) => (Some(source), target, options),
                (_, _, _, Some(_)) => return Err(format!("the volume {text:?} has too many colons")),
                (None, _, _, _) => return Err(format!("the volume {text:?} has no target")),
            }
        }
    };
    let kind = if source.as_deref().is_some_and(is_file_path) { "bind" } else { "volume" };
    let string = |value: &str| entry(item, Value::String(value.to_owned()));
    let nested = |name: &str, value: Value| entry(item, Value::Map(Map::from([(name.to_owned(), entry(item, value))])));
    let mut map = Map::from([("type".to_owned(), string(kind))]);
    map.extend(source.map(|source| ("source".to_owned(), string(&source))));
    map.insert("target".to_owned(), string(&target));
    for option in options.iter().flat_map(|options| options.split(',')) {
        match option {
            "ro" => {
                map.insert("read_only".to_owned(), entry(item, Value::Bool(true)));
            }
            "rw" => {
                map.shift_remove("read_only");
            }
            "nocopy" => {
                map.insert("volume".to_owned(), nested("nocopy", Value::Bool(true)));
            }
            "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => {
                map.insert("bind".to_owned(), nested("propagation", Value::String(option.to_owned())));
            }
            // The reference passes over options that it does not know.
            _ => {}
        }
    }
    Ok(with(item, Value::Map(map)))
}

/// The sections between colons; a colon after a single letter belongs to it.
fn sections(text: &str) -> Result<Vec<String>, String> {
    let mut sections = vec![String::new()];
    for c in text.chars() {
        let Some(section) = sections.last_mut() else { break };
        if c == ':' && !is_letter(section) {
            sections.push(String::new());
        } else {
            section.push(c);
        }
    }
    if sections.iter().any(String::is_empty) {
        return Err(format!("the volume {text:?} has an empty section between colons"));
    }
    Ok(sections)
}
