//! Scalars and small collections that many keys share, with the casts that the reference makes (compose-loading, section 6).

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a decoder names the kinds it takes; every other kind is the same error"
)]

use indexmap::IndexMap;

use crate::compose::grammar::{bytes, duration};
use crate::compose::keys::{Decode, Entries, Named, Reader, Shape, Table};
use crate::origin::{Origin, Spanned};
use crate::syntax::{Map, Node, Value, go_float};

impl Decode for String {
    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            Value::String(text) => Some(text),
            _ => {
                reader.wrong_type(&node, "a string");
                None
            }
        }
    }
}

impl Decode for bool {
    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = match &node.value {
            Value::Bool(value) => return Some(*value),
            Value::String(text) => text.to_ascii_lowercase(),
            _ => {
                reader.wrong_type(&node, "true or false");
                return None;
            }
        };
        match text.as_str() {
            "true" | "yes" | "on" | "y" => Some(true),
            "false" | "no" | "off" | "n" => Some(false),
            _ => {
                reader.bad_value(node.origin, format!("`{text}` is neither true nor false"), "write true or false");
                None
            }
        }
    }
}

impl Decode for i64 {
    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Int(value) => Some(*value),
            #[expect(clippy::cast_possible_truncation, reason = "the reference truncates, and so does `as`")]
            Value::Float(value) => Some(*value as i64),
            Value::String(text) => match text.parse() {
                Ok(value) => Some(value),
                Err(_) => {
                    reader.bad_value(node.origin, format!("`{text}` is not a whole number"), "write a whole number");
                    None
                }
            },
            _ => {
                reader.wrong_type(&node, "a whole number");
                None
            }
        }
    }
}

impl Decode for f64 {
    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            #[expect(clippy::cast_precision_loss, reason = "numbers of cores and ratios are small")]
            Value::Int(value) => Some(*value as f64),
            Value::Float(value) => Some(*value),
            Value::String(text) => match text.trim().parse::<f64>() {
                Ok(value) if value.is_finite() => Some(value),
                _ => {
                    reader.bad_value(node.origin, format!("`{text}` is not a number"), "write a number such as 0.5");
                    None
                }
            },
            _ => {
                reader.wrong_type(&node, "a number");
                None
            }
        }
    }
}

/// A size in bytes: `512m`, `1g`, `1048576`, all 1024-based (Compose Specification, "Specifying byte values").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub i64);

impl Decode for Bytes {
    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Int(value) => Some(Bytes(*value)),
            Value::String(text) => match bytes::parse(text) {
                Ok(value) => Some(Bytes(value)),
                Err(message) => {
                    reader.bad_value(node.origin, message, "write a size such as 512m or 1g");
                    None
                }
            },
            _ => {
                reader.wrong_type(&node, "a size such as 512m");
                None
            }
        }
    }
}

/// A duration in nanoseconds: `1m30s`, `500ms` (Compose Specification, "Specifying durations").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration(pub i64);

impl Decode for Duration {
    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::String(text) => match duration::parse(text) {
                Ok(value) => Some(Duration(value)),
                Err(message) => {
                    reader.bad_value(node.origin, message, "write a duration such as 30s or 1m30s");
                    None
                }
            },
            Value::Int(0) => Some(Duration(0)),
            _ => {
                reader.wrong_type(&node, "a duration such as \"30s\"");
                None
            }
        }
    }
}

/// Text that a scalar of any type gives, as the reference prints it.
pub fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) | Value::Timestamp(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Float(value) => Some(go_float(*value)),
        Value::Null => Some(String::new()),
        Value::List(_) | Value::Map(_) => None,
    }
}

/// A list of strings; numbers are taken as text where the key allows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(pub Vec<Spanned<String>>);

impl Decode for Texts {
    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::List(items) = node.value else {
            if let Value::String(text) = node.value {
                return Some(Texts(vec![Spanned { value: text, origin: node.origin }]));
            }
            reader.wrong_type(&node, "a list");
            return None;
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            match &item.value {
                Value::String(_) | Value::Int(_) => {
                    texts.push(Spanned { value: scalar_text(&item.value).unwrap_or_default(), origin: item.origin });
                }
                _ => reader.within(format!("[{index}]"), |reader| reader.wrong_type(&item, "a string")),
            }
        }
        Some(Texts(texts))
    }
}

/// `KEY=VALUE` items or a mapping. A value of `None` is a key without one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pairs(pub IndexMap<String, Pair>);

/// One of [`Pairs`].
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The value; `None` when only the key is written.
    pub value: Option<String>,
    /// The leaf: the value of a mapping, the whole item of a list.
    pub origin: Origin,
    /// Where the key stands.
    pub key: Origin,
}

impl Decode for Pairs {
    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let mut pairs = IndexMap::new();
        match node.value {
            Value::Map(map) => {
                for (name, entry) in map {
                    let value = match scalar_text(&entry.value.value) {
                        _ if entry.value.value == Value::Null => None,
                        Some(text) => Some(text),
                        None => {
                            reader.within(name.clone(), |reader| {
                                reader.wrong_type(&entry.value, "a string, a number or a boolean")
                            });
                            continue;
                        }
                    };
                    let origin = if value.is_some() { entry.value.origin } else { entry.key };
                    pairs.insert(name, Pair { value, origin, key: entry.key });
                }
            }
            Value::List(items) => {
                for (index, item) in items.into_iter().enumerate() {
                    let Value::String(text) = &item.value else {
                        reader.within(format!("[{index}]"), |reader| {
                            reader.wrong_type(&item, "a string such as KEY=VALUE")
                        });
                        continue;
                    };
                    let (name, value) = match text.split_once('=') {
                        Some((name, value)) => (name, Some(value.to_owned())),
                        None => (text.as_str(), None),
                    };
                    pairs.insert(name.to_owned(), Pair { value, origin: item.origin, key: item.origin });
                }
            }
            _ => {
                reader.wrong_type(&node, "a mapping or a list of KEY=VALUE");
                return None;
            }
        }
        Some(Pairs(pairs))
    }
}

/// The mapping under a node; anything else is an error.
pub fn mapping(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
    match node.value {
        Value::Map(map) => Some(map),
        _ => {
            reader.wrong_type(&node, "a mapping");
            None
        }
    }
}

/// A mapping with keys of the user's own, each an object of one type.
pub fn entries<T: Decode>(node: Node, reader: &mut Reader<'_>) -> Option<Entries<T>> {
    let map = mapping(node, reader)?;
    let mut read = Entries::with_capacity(map.len());
    for (name, entry) in map {
        let origin = entry.value.origin;
        let value = match entry.value.value {
            Value::Null => None,
            _ => match reader.within(name.clone(), |reader| T::decode(entry.value, reader)) {
                Some(value) => Some(Spanned { value, origin }),
                None => continue,
            },
        };
        read.insert(name, Named { key: entry.key, value });
    }
    Some(read)
}

impl<T: Decode> Decode for Entries<T> {
    const SHAPE: Shape = entries_shape(T::SHAPE);

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        entries(node, reader)
    }
}

const fn entries_shape(shape: Shape) -> Shape {
    match table_of(shape) {
        Some(table) => Shape::Entries(table),
        None => Shape::Leaf,
    }
}

const fn table_of(shape: Shape) -> Option<&'static Table> {
    match shape {
        Shape::Table(table) | Shape::Entries(table) | Shape::Items(table) => Some(table),
        Shape::Leaf => None,
    }
}

/// A list of objects of one type.
impl<T: Decode> Decode for Vec<Spanned<T>> {
    const SHAPE: Shape = match table_of(T::SHAPE) {
        Some(table) => Shape::Items(table),
        None => Shape::Leaf,
    };

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::List(items) = node.value else {
            reader.wrong_type(&node, "a list");
            return None;
        };
        let mut read = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let origin = item.origin;
            if let Some(value) = reader.within(format!("[{index}]"), |reader| T::decode(item, reader)) {
                read.push(Spanned { value, origin });
            }
        }
        Some(read)
    }
}

impl Texts {
    /// A list of strings alone: a number is an error, as in `command`.
    pub fn strings(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::List(items) = node.value else {
            reader.wrong_type(&node, "a string or a list of strings");
            return None;
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            if let Value::String(value) = item.value {
                texts.push(Spanned { value, origin: item.origin });
            } else {
                reader.within(format!("[{index}]"), |reader| reader.wrong_type(&item, "a string"));
            }
        }
        Some(Texts(texts))
    }
}
