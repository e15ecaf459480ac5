//! The JSON Schema of `x-kubernetes` (draft 2020-12), written from the key tables that decode it.
//!
//! It speaks of whole Compose files, so that an editor may hold a file to it beside the schema of the Compose Specification. A value
//! may hold a variable wherever a file may: what is a number after interpolation is a text before.

use serde_json::{Map, Value, json};

use crate::compose::keys::{Form, KeyRule, Shape, Table};
use crate::compose::model::kubernetes::{FileExtras, NAME, ProjectExtras, ServiceExtras, VolumeExtras};

/// The places where it stands: the section of the file, the name of its schema, and its keys.
pub const PLACES: &[(&str, &str, &Table)] = &[
    ("", "project", ProjectExtras::TABLE),
    ("services", "service", ServiceExtras::TABLE),
    ("volumes", "volume", VolumeExtras::TABLE),
    ("configs", "config", FileExtras::TABLE),
    ("secrets", "secret", FileExtras::TABLE),
];

/// The schema.
pub fn schema() -> Value {
    let mut properties = Map::new();
    let mut definitions = Map::new();
    for (section, name, table) in PLACES {
        definitions.insert((*name).to_owned(), self::table(table));
        let own = json!({ NAME: { "$ref": format!("#/$defs/{name}") } });
        if section.is_empty() {
            properties.insert(NAME.to_owned(), json!({ "$ref": format!("#/$defs/{name}") }));
        } else {
            let entry = json!({ "type": ["object", "null"], "properties": own });
            let section_schema = json!({ "type": ["object", "null"], "additionalProperties": entry });
            properties.insert((*section).to_owned(), section_schema);
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "x-kubernetes in Compose files, as transship reads it",
        "type": "object",
        "properties": properties,
        "$defs": definitions,
    })
}

/// A mapping of a table's keys, and of no others.
fn table(table: &Table) -> Value {
    let properties: Map<String, Value> =
        table.rules.iter().map(|rule| (rule.name.to_owned(), described(rule))).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if let (Value::Object(map), false) = (&mut schema, table.required.is_empty()) {
        map.insert("required".to_owned(), json!(table.required));
    }
    schema
}

fn described(rule: &KeyRule) -> Value {
    let schema = match (rule.shape, rule.form) {
        (Shape::Items(below), Form::OneOrMore) => {
            let one = table(below);
            json!({ "anyOf": [one, { "type": "array", "items": one }] })
        }
        (Shape::Items(below), _) => json!({ "type": "array", "items": table(below) }),
        (Shape::Table(below), _) => table(below),
        (Shape::Entries(below), _) => json!({ "type": "object", "additionalProperties": table(below) }),
        (Shape::Leaf, form) => leaf(form),
    };
    let mut map = Map::from_iter([("description".to_owned(), json!(rule.doc.trim()))]);
    if let Value::Object(schema) = schema {
        map.extend(schema);
    }
    Value::Object(map)
}

fn leaf(form: Form) -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    match form {
        Form::Any | Form::OneOrMore => json!({}),
        Form::Text => json!({ "type": "string" }),
        Form::Whole => json!({ "type": ["integer", "string"], "pattern": "^-?[0-9]+$|\\$" }),
        Form::Flag => json!({ "type": ["boolean", "string"], "pattern": "^(true|false)$|\\$" }),
        Form::Texts => texts,
        Form::TextOrTexts => json!({ "anyOf": [{ "type": "string" }, texts] }),
        Form::Pairs => json!({ "anyOf": [
            { "type": "object", "additionalProperties": { "type": ["string", "number", "boolean", "null"] } },
            texts,
        ] }),
        Form::Words(words) => json!({ "anyOf": [{ "enum": words }, { "type": "string", "pattern": "\\$" }] }),
        Form::Mapping => json!({ "type": "object" }),
        Form::Mappings => json!({ "type": "array", "items": { "type": "object" } }),
        Form::Portion => json!({ "type": ["integer", "string"], "pattern": "^[0-9]+%?$|\\$" }),
        Form::Size => json!({ "type": ["integer", "string"], "pattern": "^[0-9]+(\\.[0-9]+)? ?[A-Za-z]*$|\\$" }),
    }
}
