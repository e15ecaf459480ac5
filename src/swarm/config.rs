//! The stack as `docker stack config` prints it: canonical, zeros left out, paths absolute, `env_file` read into `environment`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is printed in a form of its own is named; all else is printed as it is"
)]

use serde_json::{Map as Object, Value as Json};

use crate::compose::grammar::mounts::clean;
use crate::swarm::Stack;
use crate::swarm::kinds::{Field, Kind, Number, Table, Zero};
use crate::swarm::merge::is_zero;
use crate::swarm::schema::{ATTACHMENT, DISCRETE_RESOURCE, GRANT, MOUNT, PORT, PROJECT};
use crate::syntax::{Map, Node, Value};

type Members = Object<String, Json>;

/// What the printed stack depends on.
struct Printer<'a> {
    stack: &'a Stack,
}

/// Prints a stack.
pub fn config(stack: &Stack) -> Json {
    let printer = Printer { stack };
    let mut top = Object::new();
    let Value::Map(root) = &stack.root.value else { return Json::Object(top) };
    top.insert("version".to_owned(), Json::String(stack.version.clone()));
    top.insert("services".to_owned(), Json::Object(Object::new()));
    for field in PROJECT.fields {
        if let Some(entry) = root.get(field.name)
            && let Kind::Entries { table, nullable: _, closed: _ } = field.kind
            && let Value::Map(entries) = &entry.value.value
            && (!entries.is_empty() || field.name == "services")
        {
            top.insert(field.name.to_owned(), printer.entries(field.name, table, entries));
        }
    }
    for (name, entry) in root.iter().filter(|(name, _)| name.starts_with("x-")) {
        top.insert(name.clone(), plain(&entry.value));
    }
    Json::Object(top)
}

impl Printer<'_> {
    fn entries(&self, section: &str, table: &'static Table, entries: &Map) -> Json {
        let mut sorted: Vec<_> = entries.iter().collect();
        sorted.sort_by_key(|(name, _)| *name);
        let mut printed = Object::new();
        for (name, entry) in sorted {
            let empty = Map::new();
            let map = if let Value::Map(map) = &entry.value.value { map } else { &empty };
            let mut body = self.table(table, map);
            // What is external is called what the file calls it, unless it says otherwise.
            if body.contains_key("external") && !body.contains_key("name") {
                body.insert("name".to_owned(), Json::String(name.clone()));
            }
            match section {
                "services" => self.environment(name, &mut body),
                "secrets" | "configs" => self.file(&mut body),
                // The reference keeps the `x-*` of what is external, and forgets all others.
                _ if !body.contains_key("external") => {
                    body.retain(|key, _| !key.starts_with("x-") || table.field(key).is_some());
                }
                _ => {}
            }
            printed.insert(name.clone(), Json::Object(body));
        }
        Json::Object(printed)
    }

    /// The variables of a service, those of its files among them.
    fn environment(&self, service: &str, body: &mut Members) {
        let Some(variables) = self.stack.environment.get(service).filter(|variables| !variables.is_empty()) else {
            body.shift_remove("environment");
            return;
        };
        let mut sorted: Vec<_> = variables.iter().collect();
        sorted.sort_by_key(|(name, _)| *name);
        let value = |value: &Option<String>| value.clone().map_or(Json::Null, Json::String);
        let printed = sorted.into_iter().map(|(name, variable)| (name.clone(), value(&variable.value))).collect();
        body.insert("environment".to_owned(), Json::Object(printed));
    }

    /// The file of a secret or config that is neither external nor a driver's; none is the folder itself.
    fn file(&self, body: &mut Members) {
        if !body.contains_key("external") && !body.contains_key("driver") {
            let file = body.get("file").and_then(Json::as_str).unwrap_or_default();
            let file = if file.starts_with('/') { file.to_owned() } else { self.joined(file) };
            body.insert("file".to_owned(), Json::String(file));
        }
    }

    fn table(&self, table: &'static Table, map: &Map) -> Members {
        let mut printed = Object::new();
        for field in table.fields {
            if let Some(entry) = map.get(field.name)
                && let Some(value) = self.field(table, field, &entry.value)
            {
                printed.insert(field.name.to_owned(), value);
            }
        }
        if std::ptr::eq(table, &raw const DISCRETE_RESOURCE) {
            printed.entry("kind").or_insert_with(|| Json::String(String::new()));
            printed.entry("value").or_insert_with(|| Json::from(0));
        }
        let is_extension = |name: &str| table.extensions.is_some() && name.starts_with("x-");
        for (name, entry) in map.iter().filter(|(name, _)| is_extension(name) && table.field(name).is_none()) {
            printed.insert(name.clone(), plain(&entry.value));
        }
        printed
    }

    /// A value, unless it is a zero that counts as none.
    fn field(&self, table: &'static Table, field: &'static Field, node: &Node) -> Option<Json> {
        let kind = &field.kind;
        let kept = match kind {
            Kind::Flag(zero) | Kind::Number(Number { whole: _, signed: _, zero }) | Kind::Duration(zero) => {
                *zero == Zero::Kept
            }
            Kind::Table(below, zero) => return self.below(below, *zero, node),
            Kind::NullableTable(below) | Kind::Short(_, below) => return self.below(below, Zero::Unset, node),
            Kind::Forgotten(_) => return None,
            Kind::External { closed: _ } => {
                let external = !matches!(node.value, Value::Bool(false));
                return external.then_some(Json::Bool(true));
            }
            Kind::Text
            | Kind::NullableText
            | Kind::Choice(_)
            | Kind::Ratio
            | Kind::Bytes
            | Kind::Command
            | Kind::Test
            | Kind::TextOrTexts
            | Kind::Texts { unique: _ }
            | Kind::Numbers
            | Kind::Pairs { null: _ }
            | Kind::Options { null: _ }
            | Kind::Hosts
            | Kind::Attachments
            | Kind::Ports
            | Kind::Mounts
            | Kind::Grants
            | Kind::Ulimits
            | Kind::Items(_)
            | Kind::Entries { table: _, nullable: _, closed: _ }
            | Kind::NumberOrText => false,
        };
        if !kept && is_zero(kind, node) {
            return None;
        }
        Some(match kind {
            Kind::Ports => self.items(&PORT, node),
            Kind::Mounts => self.items(&MOUNT, node),
            Kind::Grants => self.items(&GRANT, node),
            Kind::Items(below) => self.items(below, node),
            Kind::Attachments => self.attachments(node),
            Kind::Ulimits => ulimits(node),
            _ if std::ptr::eq(table, &raw const PORT) => number_of_32_bits(node),
            _ => plain(node),
        })
    }

    fn below(&self, table: &'static Table, zero: Zero, node: &Node) -> Option<Json> {
        let Value::Map(map) = &node.value else { return None };
        let printed = self.table(table, map);
        (zero == Zero::Kept || !printed.is_empty()).then_some(Json::Object(printed))
    }

    fn items(&self, table: &'static Table, node: &Node) -> Json {
        let Value::List(items) = &node.value else { return Json::Null };
        let item = |item: &Node| {
            let Value::Map(map) = &item.value else { return Json::Null };
            let mut printed = self.table(table, map);
            if std::ptr::eq(table, &raw const MOUNT) {
                self.bind(&mut printed);
            }
            Json::Object(printed)
        };
        items.iter().map(item).collect()
    }

    /// The host's path of a bind mount: `~` is the home folder, and what is relative starts at the stack's folder.
    fn bind(&self, mount: &mut Members) {
        if mount.get("type").and_then(Json::as_str) != Some("bind") {
            return;
        }
        let Some(source) = mount.get("source").and_then(Json::as_str) else { return };
        let home = self.stack.home.as_deref();
        let source = match (source.strip_prefix('~'), home) {
            (Some(rest), Some(home)) => format!("{home}{rest}"),
            (Some(_), None) | (None, _) => source.to_owned(),
        };
        let is_absolute = source.starts_with('/') || is_windows_absolute(&source);
        let source = if is_absolute { source } else { self.joined(&source) };
        mount.insert("source".to_owned(), Json::String(source));
    }

    /// A relative path as seen from the stack's folder.
    fn joined(&self, path: &str) -> String {
        clean(&format!("{}/{path}", self.stack.folder))
    }

    fn attachments(&self, node: &Node) -> Json {
        let Value::Map(map) = &node.value else { return Json::Null };
        let mut sorted: Vec<_> = map.iter().collect();
        sorted.sort_by_key(|(name, _)| *name);
        let value = |node: &Node| match &node.value {
            Value::Map(map) => Json::Object(self.table(&ATTACHMENT, map)),
            _ => Json::Null,
        };
        Json::Object(sorted.into_iter().map(|(name, entry)| (name.clone(), value(&entry.value))).collect())
    }
}

/// Whether a path is absolute on Windows: a drive or a share, and a separator after it.
fn is_windows_absolute(path: &str) -> bool {
    let separator = ['/', '\\'];
    if let Some((drive, rest)) = path.split_once(':')
        && drive.len() == 1
        && drive.starts_with(|c: char| c.is_ascii_alphabetic())
    {
        return rest.starts_with(separator);
    }
    let server = path.strip_prefix(separator).and_then(|rest| rest.strip_prefix(separator)).unwrap_or_default();
    if server.starts_with(separator) || server.starts_with('.') {
        return false;
    }
    let share = server.split_once(separator).map(|(_, share)| share).unwrap_or_default();
    !share.starts_with(separator) && !share.starts_with('.') && share.contains(separator)
}

/// A limit of one number is that number, and a zero no limit at all.
fn ulimits(node: &Node) -> Json {
    let Value::Map(map) = &node.value else { return Json::Null };
    let limit = |node: &Node| match &node.value {
        Value::Int(number) if *number != 0 => Json::from(*number),
        Value::Map(map) => {
            let set = map.iter().filter(|(_, entry)| entry.value.value != Value::Int(0));
            Json::Object(set.map(|(name, entry)| (name.clone(), plain(&entry.value))).collect())
        }
        _ => Json::Object(Object::new()),
    };
    let mut sorted: Vec<_> = map.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    Json::Object(sorted.into_iter().map(|(name, entry)| (name.clone(), limit(&entry.value))).collect())
}

/// Ports are numbers of 32 bits in the reference, which cuts off what is beyond.
fn number_of_32_bits(node: &Node) -> Json {
    match &node.value {
        Value::Int(number) => Json::from(*number & i64::from(u32::MAX)),
        _ => plain(node),
    }
}

/// A tree as it is.
fn plain(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Int(number) => Json::from(*number),
        Value::Float(number) => Json::from(*number),
        Value::Timestamp(text) | Value::String(text) => Json::String(text.clone()),
        Value::List(items) => items.iter().map(plain).collect(),
        Value::Map(map) => Json::Object(map.iter().map(|(name, entry)| (name.clone(), plain(&entry.value))).collect()),
    }
}
