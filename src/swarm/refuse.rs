//! What is wrong in a stack file, beside wrong types: keys that nobody knows, items that repeat, values that are missing.

#![expect(clippy::wildcard_enum_match_arm, reason = "a check names the kinds of values that it looks into")]

use std::collections::HashSet;

use crate::compose::leaves::leaves;
use crate::compose::model::scalar::scalar_text;
use crate::diag::{Code, Diagnostic, nearest};
use crate::origin::Origin;
use crate::swarm::kinds::Table;
use crate::swarm::read::FileReader;
use crate::swarm::schema::LATEST;
use crate::syntax::{Entry, Node, Value};

impl FileReader<'_> {
    /// Says which item of a list repeats an earlier one.
    pub(super) fn unique(&mut self, node: &Node) {
        let Value::List(items) = &node.value else { return };
        let mut seen = HashSet::with_capacity(items.len());
        for item in items {
            if !seen.insert(fingerprint(item)) {
                let path = self.reader.path();
                let diagnostic = Diagnostic::new(Code::BadValue, item.origin, format!("`{path}` holds an item twice"))
                    .why("docker stack deploy refuses a list that repeats an item here")
                    .help("remove one of the two")
                    .key(path);
                self.reader.diags.push(diagnostic);
            }
        }
    }

    /// Numbers that JSON cannot hold are refused wherever they stand.
    pub(super) fn finite(&mut self, node: &Node) {
        match &node.value {
            Value::Float(number) if !number.is_finite() => {
                self.reader.bad_value(node.origin, "infinity and not-a-number are no values", "quote it");
            }
            Value::List(items) => items.iter().for_each(|item| self.finite(item)),
            Value::Map(map) => map.values().for_each(|entry| self.finite(&entry.value)),
            _ => {}
        }
    }

    /// Says of a key that the swarm ignores that it is left out.
    pub(super) fn passed_over(&mut self, name: &str, entry: &Entry) {
        self.finite(&entry.value);
        let mut found = Vec::new();
        leaves(&entry.value, &mut found);
        let path = format!("{}.{name}", self.reader.path());
        let diagnostic = Diagnostic::new(
            Code::IgnoredBySwarm,
            entry.key,
            format!("`{name}` is left out: docker stack deploy ignores it here"),
        )
        .cause("ignored")
        .subject(name)
        .why("what ran on the swarm ran without it")
        .help("remove it, or say --dialect compose if docker compose runs this file")
        .key(path)
        .covers(found);
        self.reader.diags.push(diagnostic);
    }

    /// Says of a key that there is none, or none yet in the version of the file.
    pub(super) fn unknown(&mut self, table: &Table, name: &str, entry: &Entry, since: Option<u8>) {
        let mut found = Vec::new();
        leaves(&entry.value, &mut found);
        let path = self.reader.path();
        let version = self.version;
        let place = match table.name {
            "the top level" => "at the top level".to_owned(),
            thing => format!("in {thing}"),
        };
        let mut diagnostic = match since {
            Some(since) => Diagnostic::new(
                Code::KeyNewerThanVersion,
                entry.key,
                format!("`{name}` came with version 3.{since}, and this file says 3.{version}"),
            )
            .help(format!("remove `version:`, or write version: \"3.{LATEST}\"")),
            None => {
                Diagnostic::new(Code::UnknownKey, entry.key, format!("docker stack deploy knows no `{name}` {place}"))
                    .label("no such key")
            }
        };
        if since.is_none() {
            diagnostic = match nearest(name, table.fields.iter().map(|field| field.name)) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help("remove it, or say --dialect compose if docker compose runs this file"),
            };
        }
        self.reader.diags.push(diagnostic.key(path).covers(found));
    }

    /// Says that a key has no value. The schema takes null for a type of its own.
    pub(super) fn no_value(&mut self, key: Origin, expected: &str) -> Option<Node> {
        let path = self.reader.path();
        let mut diagnostic = Diagnostic::new(Code::WrongType, key, format!("`{path}` has no value"))
            .label("nothing follows")
            .why("docker stack deploy refuses a key without a value here");
        diagnostic = match expected {
            "" => diagnostic.help("give it a value, or remove the key"),
            expected => diagnostic.help(format!("write {expected}, or remove the key")),
        };
        self.reader.diags.push(diagnostic.key(path));
        None
    }
}

/// A text that is the same for equal values alone, whatever the order of their keys.
fn fingerprint(node: &Node) -> String {
    match &node.value {
        Value::List(items) => format!("[{}]", items.iter().map(fingerprint).collect::<Vec<_>>().join(",")),
        Value::Map(map) => {
            let mut pairs: Vec<String> =
                map.iter().map(|(name, entry)| format!("{name:?}:{}", fingerprint(&entry.value))).collect();
            pairs.sort();
            format!("{{{}}}", pairs.join(","))
        }
        Value::String(text) | Value::Timestamp(text) => format!("{text:?}"),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            scalar_text(&node.value).filter(|text| !text.is_empty()).unwrap_or_else(|| "null".to_owned())
        }
    }
}
