//! One stack file, checked against the schema of its version and brought into canonical form: short forms become long ones,
//! lists of `KEY=VALUE` mappings, commands words. The reference does both to each file before it merges them, so a value that a
//! later file would replace must be good all the same.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a reader names the kinds of values it takes; every other kind is the same error"
)]

use crate::compose::grammar::{bytes, duration, words};
use crate::compose::keys::Reader;
use crate::compose::model::scalar::scalar_text;
use crate::swarm::kinds::{Field, Kind, Number, Table};
use crate::swarm::schema::{BUILD, PROJECT};
use crate::syntax::{Entry, Map, Node, Value};

/// Reads one file.
pub(super) struct FileReader<'a> {
    /// The minor version that the file is read by.
    pub(super) version: u8,
    /// Where it is and where messages go.
    pub(super) reader: Reader<'a>,
    /// How many ports the ranges so far make.
    pub(super) port_count: usize,
}

impl FileReader<'_> {
    /// Reads a whole file.
    pub(super) fn read_file(&mut self, file: Node) -> Option<Node> {
        self.table(&PROJECT, file)
    }

    /// Reads a value; `None` after a message.
    pub(super) fn read(&mut self, kind: &'static Kind, node: Node) -> Option<Node> {
        match kind {
            Kind::Text => self.text(node),
            Kind::NullableText if node.value == Value::Null => Some(with(&node, Value::String(String::new()))),
            Kind::NullableText => self.text(node),
            Kind::Choice(choices) => self.choice(choices, node),
            Kind::Flag(_) => self.flag(node),
            Kind::Number(number) => self.number(*number, node),
            Kind::Ratio => self.ratio(node),
            Kind::Bytes => self.bytes(node),
            Kind::Duration(_) => self.duration(node),
            Kind::Command => self.command(node),
            Kind::Test => self.test(node),
            Kind::TextOrTexts => self.text_or_texts(node),
            Kind::Texts { unique } => self.texts(node, *unique),
            Kind::Numbers => self.numbers(node),
            Kind::Pairs { null } => self.pairs(node, *null),
            Kind::Options { null } => self.options(node, *null),
            Kind::Hosts => self.hosts(node),
            Kind::Attachments => self.attachments(node),
            Kind::Ports => self.ports(node),
            Kind::Mounts => self.mounts(node),
            Kind::Grants => self.grants(node),
            Kind::Ulimits => self.ulimits(node),
            Kind::External { closed } => self.external(node, *closed),
            Kind::Table(table, _) => self.table(table, node),
            Kind::NullableTable(_) if node.value == Value::Null => Some(with(&node, Value::Map(Map::new()))),
            Kind::NullableTable(table) => self.table(table, node),
            Kind::Short(key, table) => self.short(key, table, node),
            Kind::Items(table) => self.items(table, node),
            Kind::Entries { table, nullable, closed } => self.entries(table, *nullable, *closed, node),
            Kind::Forgotten(kind) => self.read(kind, node),
            Kind::NumberOrText if matches!(node.value, Value::Int(_) | Value::String(_)) => Some(node),
            Kind::NumberOrText => self.wrong(&node, "a whole number or a string"),
        }
    }

    /// Says what a value must be.
    pub(super) fn wrong(&mut self, node: &Node, expected: &str) -> Option<Node> {
        match &node.value {
            Value::String(text) if expected.contains("number") && text.parse::<f64>().is_ok() => {
                let message = format!("it must be {expected}, and quotes make it a string");
                self.reader.bad_value(node.origin, message, format!("write it without quotes: {text}"));
            }
            _ => self.reader.wrong_type(node, expected),
        }
        None
    }

    fn text(&mut self, node: Node) -> Option<Node> {
        if matches!(node.value, Value::String(_)) { Some(node) } else { self.wrong(&node, "a string") }
    }

    fn choice(&mut self, choices: &[&str], node: Node) -> Option<Node> {
        let node = self.text(node)?;
        let Value::String(text) = &node.value else { return None };
        if choices.contains(&text.as_str()) {
            return Some(node);
        }
        let choices = choices.join(" or ");
        self.reader.bad_value(node.origin, format!("`{text}` is not {choices}"), format!("write {choices}"));
        None
    }

    fn flag(&mut self, node: Node) -> Option<Node> {
        if matches!(node.value, Value::Bool(_)) { Some(node) } else { self.wrong(&node, "true or false") }
    }

    fn number(&mut self, rule: Number, node: Node) -> Option<Node> {
        let expected = if rule.whole { "a whole number" } else { "a number" };
        let number = match node.value {
            Value::Int(number) => number,
            #[expect(clippy::cast_possible_truncation, reason = "the reference truncates, and so does `as`")]
            Value::Float(number) if number.is_finite() && (!rule.whole || number.fract() == 0.0) => number as i64,
            _ => return self.wrong(&node, expected),
        };
        if number < 0 && !rule.signed {
            self.reader.bad_value(node.origin, format!("{number} is negative"), format!("write {expected} from 0 up"));
            return None;
        }
        Some(with(&node, Value::Int(number)))
    }

    fn ratio(&mut self, node: Node) -> Option<Node> {
        let number = match node.value {
            #[expect(clippy::cast_precision_loss, reason = "the reference reads it in single precision")]
            Value::Int(number) => number as f32,
            #[expect(clippy::cast_possible_truncation, reason = "the reference reads it in single precision")]
            Value::Float(number) if number.is_finite() => number as f32,
            _ => return self.wrong(&node, "a number"),
        };
        // The shortest text that gives the same single is what the reference prints.
        let number = number.to_string().parse().unwrap_or_default();
        Some(with(&node, Value::Float(number)))
    }

    fn bytes(&mut self, node: Node) -> Option<Node> {
        let node = self.text(node)?;
        let Value::String(text) = &node.value else { return None };
        let size = bytes::parse(text)
            .and_then(|size| if size < 0 { Err(format!("{text:?} is not a size: it is negative")) } else { Ok(size) });
        match size {
            Ok(size) => Some(with(&node, Value::String(size.to_string()))),
            Err(message) => {
                self.reader.bad_value(node.origin, message, "write a size such as 512m or 1g");
                None
            }
        }
    }

    fn duration(&mut self, node: Node) -> Option<Node> {
        let node = self.text(node)?;
        let Value::String(text) = &node.value else { return None };
        let read = duration::parse(text).and_then(|nanoseconds| {
            // Days and weeks are of Compose; no unit of Go has these letters.
            if text.contains(['d', 'w']) {
                Err(format!("{text:?} is not a duration of a stack file: it knows no days and weeks"))
            } else {
                Ok(nanoseconds)
            }
        });
        match read {
            Ok(nanoseconds) => Some(with(&node, Value::String(duration::print(nanoseconds)))),
            Err(message) => {
                self.reader.bad_value(node.origin, message, "write a duration such as 30s, 1m30s or 24h");
                None
            }
        }
    }

    fn command(&mut self, node: Node) -> Option<Node> {
        let Value::String(text) = &node.value else { return self.texts(node, false) };
        match words::split_swarm(text) {
            Ok(words) => Some(with(&node, words.into_iter().map(|word| with(&node, Value::String(word))).collect())),
            Err(message) => {
                self.reader.bad_value(node.origin, message, "close the quote, or write a list of words");
                None
            }
        }
    }

    fn test(&mut self, node: Node) -> Option<Node> {
        if !matches!(node.value, Value::String(_)) {
            return self.texts(node, false);
        }
        let shell = with(&node, Value::String("CMD-SHELL".to_owned()));
        Some(with(&node, Value::List(vec![shell, node.clone()])))
    }

    fn text_or_texts(&mut self, node: Node) -> Option<Node> {
        if matches!(node.value, Value::String(_)) {
            return Some(with(&node, Value::List(vec![node.clone()])));
        }
        self.texts(node, true)
    }

    /// The items of a list, with the path of each.
    pub(super) fn list(&mut self, node: Node, mut item: impl FnMut(&mut Self, Node) -> Option<Node>) -> Option<Node> {
        let origin = node.origin;
        let Value::List(items) = node.value else { return self.wrong(&node, "a list") };
        let mut read = Vec::with_capacity(items.len());
        for (index, node) in items.into_iter().enumerate() {
            let inner = format!("[{index}]");
            read.extend(self.within(&inner, |reader| item(reader, node)));
        }
        Some(Node { value: Value::List(read), origin, tag: None })
    }

    /// A list of texts, in which each may have to stand once.
    pub(super) fn texts(&mut self, node: Node, unique: bool) -> Option<Node> {
        if unique {
            self.unique(&node);
        }
        self.list(node, Self::text)
    }

    fn numbers(&mut self, node: Node) -> Option<Node> {
        self.unique(&node);
        self.list(node, |reader, item| match &item.value {
            Value::String(_) | Value::Int(_) | Value::Float(_) => {
                Some(with(&item, Value::String(scalar_text(&item.value).unwrap_or_default())))
            }
            _ => reader.wrong(&item, "a string or a number"),
        })
    }

    fn pairs(&mut self, node: Node, null: bool) -> Option<Node> {
        if matches!(node.value, Value::Map(_)) {
            return self.mapped(node, true, |value| null && *value == Value::Null);
        }
        self.unique(&node);
        let origin = node.origin;
        if !matches!(node.value, Value::List(_)) {
            return self.wrong(&node, "a mapping or a list of KEY=VALUE");
        }
        let list = self.list(node, Self::text)?;
        let mut map = Map::new();
        for item in items(list) {
            let Value::String(text) = &item.value else { continue };
            let (name, value) = match text.split_once('=') {
                Some((name, value)) => (name.to_owned(), Value::String(value.to_owned())),
                None if null => (text.clone(), Value::Null),
                None => (text.clone(), Value::String(String::new())),
            };
            map.insert(name, Entry { key: item.origin, value: with(&item, value) });
        }
        Some(Node { value: Value::Map(map), origin, tag: None })
    }

    fn options(&mut self, node: Node, null: bool) -> Option<Node> {
        if let Value::Map(map) = &node.value
            && !null
            && let Some((name, entry)) = map.iter().find(|(_, entry)| entry.value.value == Value::Null)
        {
            let (name, key) = (name.clone(), entry.key);
            self.within(&name, |reader| reader.no_value(key, "a string or a number"));
        }
        self.mapped(node, false, |_| false)
    }

    /// A mapping whose values become text; where `keep` says so they stay what they are.
    fn mapped(&mut self, node: Node, named: bool, keep: impl Fn(&Value) -> bool) -> Option<Node> {
        let origin = node.origin;
        let Value::Map(map) = node.value else { return self.wrong(&node, "a mapping") };
        let mut read = Map::with_capacity(map.len());
        for (name, mut entry) in map {
            if name.is_empty() && named {
                self.reader.bad_value(entry.key, "a key is empty", "give it a name");
            }
            if !keep(&entry.value.value) {
                let text = match &entry.value.value {
                    Value::Bool(_) | Value::List(_) | Value::Map(_) => None,
                    other => scalar_text(other),
                };
                let Some(text) = text else {
                    self.within(&name, |reader| reader.wrong(&entry.value, "a string or a number"));
                    continue;
                };
                entry.value.value = Value::String(text);
            }
            read.insert(name, entry);
        }
        Some(Node { value: Value::Map(read), origin, tag: None })
    }

    /// The keys of a table: those that are unknown to the version are errors.
    pub(super) fn table(&mut self, table: &'static Table, node: Node) -> Option<Node> {
        let origin = node.origin;
        let Value::Map(map) = node.value else { return self.wrong(&node, "a mapping") };
        // A build is ignored as a whole, which one message says.
        let is_build = std::ptr::eq(table, &raw const BUILD);
        let mut read = Map::with_capacity(map.len());
        for (name, entry) in map {
            let field = table.field(&name);
            let is_known = field.is_some_and(|field| field.since <= self.version);
            let holds = |since: Option<u8>| since.is_some_and(|since| since <= self.version);
            if let Some(field) = field.filter(|_| is_known) {
                self.key(field, is_build, name, entry, &mut read);
            } else if (name.starts_with("x-") && holds(table.extensions)) || (is_build && holds(table.open)) {
                self.finite(&entry.value);
                read.insert(name, entry);
            } else if holds(table.open) {
                self.passed_over(&name, &entry);
            } else {
                let since = field.map(|field| field.since);
                let since = since.or(table.extensions.filter(|_| name.starts_with("x-")));
                self.unknown(table, &name, &entry, since);
            }
        }
        Some(Node { value: Value::Map(read), origin, tag: None })
    }

    /// One key of a table, which goes into `read` unless it is wrong or nobody looks at it.
    fn key(&mut self, field: &'static Field, is_build: bool, name: String, entry: Entry, read: &mut Map) {
        let key = entry.key;
        let is_null = entry.value.value == Value::Null;
        let may_be_null = matches!(field.kind, Kind::NullableText | Kind::NullableTable(_));
        let value = self.within(&name, |reader| {
            if is_null && !may_be_null { reader.no_value(key, "") } else { reader.read(&field.kind, entry.value) }
        });
        match value {
            Some(value) if matches!(field.kind, Kind::Forgotten(_)) && !is_build => {
                self.passed_over(&name, &Entry { key, value });
            }
            Some(value) => {
                read.insert(name, Entry { key, value });
            }
            None => {}
        }
    }

    fn short(&mut self, key: &str, table: &'static Table, node: Node) -> Option<Node> {
        if matches!(node.value, Value::String(_)) {
            return Some(with(&node, Value::Map(Map::from([(key.to_owned(), entry(&node, node.value.clone()))]))));
        }
        self.table(table, node)
    }

    fn items(&mut self, table: &'static Table, node: Node) -> Option<Node> {
        self.list(node, |reader, item| reader.table(table, item))
    }

    fn entries(&mut self, table: &'static Table, nullable: bool, closed: bool, node: Node) -> Option<Node> {
        let origin = node.origin;
        let Value::Map(map) = node.value else { return self.wrong(&node, "a mapping") };
        let mut read = Map::with_capacity(map.len());
        for (name, entry) in map {
            let key = entry.key;
            if closed && !is_name(&name) {
                let message = format!("`{name}` is no name");
                let help = "a name has letters, digits, dots, dashes and underscores";
                self.within(&name, |reader| reader.reader.bad_value(key, message, help));
                continue;
            }
            let value = if entry.value.value == Value::Null && nullable {
                Some(entry.value)
            } else if entry.value.value == Value::Null {
                self.within(&name, |reader| reader.no_value(key, "a mapping"))
            } else {
                self.within(&name, |reader| reader.table(table, entry.value))
            };
            if let Some(value) = value {
                read.insert(name, Entry { key, value });
            }
        }
        Some(Node { value: Value::Map(read), origin, tag: None })
    }

    /// Reads something one step further down.
    pub(super) fn within<T>(&mut self, segment: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let place = self.reader.enter(segment);
        let result = read(self);
        self.reader.leave(place);
        result
    }
}

impl FromIterator<Node> for Value {
    fn from_iter<T: IntoIterator<Item = Node>>(nodes: T) -> Self {
        Value::List(nodes.into_iter().collect())
    }
}

/// The pattern of names: letters, digits, `.`, `_` and `-`.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// Another value at the same place.
pub(super) fn with(node: &Node, value: Value) -> Node {
    Node { value, origin: node.origin, tag: None }
}

/// An entry whose key and value stand where a short form stands.
pub(super) fn entry(node: &Node, value: Value) -> Entry {
    Entry { key: node.origin, value: with(node, value) }
}

/// The items of a list.
pub(super) fn items(node: Node) -> Vec<Node> {
    if let Value::List(items) = node.value { items } else { Vec::new() }
}

/// The services of a stack.
pub(super) fn services(root: &Node) -> Option<&Map> {
    let Value::Map(top) = &root.value else { return None };
    let Value::Map(services) = &top.get("services")?.value.value else { return None };
    Some(services)
}
