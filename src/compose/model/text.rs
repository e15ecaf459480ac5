//! Lists and mappings that many keys share: texts, `KEY=VALUE` pairs, options, names of the user's own (compose-loading, sections
//! 7 and 16).

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a decoder names the kinds it takes; every other kind is the same error"
)]

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::compose::keys::{Decode, Entries, Form, Named, Reader, Shape, Table};
use crate::diag::{Code, Diagnostic};
use crate::origin::{Origin, Spanned};
use crate::syntax::{Entry, Map, Node, Value, go_float};

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

/// A list of strings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(pub Vec<Spanned<String>>);

impl Decode for Texts {
    const FORM: Form = Form::Texts;
    const EXPECTED: &'static str = "a list of strings";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        texts(node, Self::EXPECTED, false, reader).map(Texts)
    }
}

/// A list of strings in which none stands twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextSet(pub Vec<Spanned<String>>);

impl Decode for TextSet {
    const EXPECTED: &'static str = "a list of strings";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let texts = texts(node, Self::EXPECTED, false, reader)?;
        refuse_doubles(&texts, reader);
        Some(TextSet(texts))
    }
}

/// One string, or a list of strings in which none stands twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneOrMore(pub Vec<Spanned<String>>);

impl Decode for OneOrMore {
    const FORM: Form = Form::TextOrTexts;
    const EXPECTED: &'static str = "a string or a list of strings";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        if let Value::String(text) = node.value {
            return Some(OneOrMore(vec![Spanned { value: text, origin: node.origin }]));
        }
        let texts = texts(node, Self::EXPECTED, false, reader)?;
        refuse_doubles(&texts, reader);
        Some(OneOrMore(texts))
    }
}

/// A list of strings or numbers in which none stands twice; numbers are taken as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextsAndNumbers(pub Vec<Spanned<String>>);

impl Decode for TextsAndNumbers {
    const EXPECTED: &'static str = "a list of strings or numbers";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let texts = texts(node, Self::EXPECTED, true, reader)?;
        refuse_doubles(&texts, reader);
        Some(TextsAndNumbers(texts))
    }
}

fn texts(node: Node, expected: &str, numbers: bool, reader: &mut Reader<'_>) -> Option<Vec<Spanned<String>>> {
    let Value::List(items) = node.value else {
        reader.wrong_type(&node, expected);
        return None;
    };
    let mut read = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let origin = item.origin;
        match item.value {
            Value::String(value) => read.push(Spanned { value, origin }),
            Value::Int(value) if numbers => read.push(Spanned { value: value.to_string(), origin }),
            _ => reader.within(format!("[{index}]"), |reader| reader.wrong_type(&item, "a string")),
        }
    }
    Some(read)
}

/// Items of which none may stand twice (`uniqueItems` of the Compose schema).
fn refuse_doubles(texts: &[Spanned<String>], reader: &mut Reader<'_>) {
    let mut seen: HashMap<&str, Origin> = HashMap::with_capacity(texts.len());
    for text in texts {
        if let Some(first) = seen.insert(&text.value, text.origin) {
            let path = reader.path();
            reader.diags.push(
                Diagnostic::new(Code::Conflict, text.origin, format!("`{}` stands twice in `{path}`", text.value))
                    .also(first, "here first")
                    .help("remove one of the two")
                    .key(path),
            );
        }
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
    const FORM: Form = Form::Pairs;
    const EXPECTED: &'static str = "a mapping or a list of KEY=VALUE";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let mut pairs = IndexMap::new();
        match node.value {
            Value::Map(map) => {
                pairs.reserve_exact(map.len());
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
                pairs.reserve_exact(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    let Value::String(text) = &item.value else {
                        reader.within(format!("[{index}]"), |reader| {
                            reader.wrong_type(&item, "a string such as KEY=VALUE")
                        });
                        continue;
                    };
                    let (name, value) = pair(text);
                    let pair = Pair { value: value.map(str::to_owned), origin: item.origin, key: item.origin };
                    if let Some(earlier) = pairs.insert(name.to_owned(), pair) {
                        tell_replaced(text, &earlier, item.origin, reader);
                    }
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

/// Says which item of a list does not count, as a later one has its name. One that says the same twice loses nothing.
fn tell_replaced(later: &str, earlier: &Pair, place: Origin, reader: &mut Reader<'_>) {
    let (name, value) = pair(later);
    if value == earlier.value.as_deref() {
        return reader.diags.consume(earlier.origin, "it stands twice");
    }
    let path = reader.path();
    reader.diags.push(
        Diagnostic::new(Code::OverriddenInList, earlier.origin, format!("`{name}` has another value further down"))
            .also(place, "this one counts")
            .why("of several entries of one name Docker takes the last")
            .help("remove one of the two")
            .key(path),
    );
}

/// What stands on both sides of the first `=`.
fn pair(text: &str) -> (&str, Option<&str>) {
    match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    }
}

/// A mapping of names to texts that a driver reads: `driver_opts`. Numbers are taken as text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options(pub IndexMap<String, Pair>);

impl Decode for Options {
    const EXPECTED: &'static str = "a mapping of names to strings";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        options(node, "a string or a number", reader, |value| match value {
            Value::String(_) | Value::Int(_) | Value::Float(_) => scalar_text(value).map(Some),
            _ => None,
        })
        .map(Options)
    }
}

/// The same, where a name may stand without a value: `logging.options`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LooseOptions(pub IndexMap<String, Pair>);

impl Decode for LooseOptions {
    const EXPECTED: &'static str = "a mapping of names to strings";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        options(node, "a string or a number", reader, |value| match value {
            Value::Null => Some(None),
            Value::String(_) | Value::Int(_) | Value::Float(_) => scalar_text(value).map(Some),
            _ => None,
        })
        .map(LooseOptions)
    }
}

/// The same, for strings alone: `ipam.options`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextOptions(pub IndexMap<String, Pair>);

impl Decode for TextOptions {
    const EXPECTED: &'static str = "a mapping of names to strings";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        options(node, "a string", reader, |value| match value {
            Value::String(text) => Some(Some(text.clone())),
            _ => None,
        })
        .map(TextOptions)
    }
}

/// `storage_opt`: strings or whole numbers; a name may stand without a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StorageOptions(pub IndexMap<String, Pair>);

impl Decode for StorageOptions {
    const EXPECTED: &'static str = "a mapping of names to strings";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        options(node, "a string or a whole number", reader, |value| match value {
            Value::Null => Some(None),
            Value::String(_) | Value::Int(_) => scalar_text(value).map(Some),
            _ => None,
        })
        .map(StorageOptions)
    }
}

fn options(
    node: Node,
    expected: &str,
    reader: &mut Reader<'_>,
    text: impl Fn(&Value) -> Option<Option<String>>,
) -> Option<IndexMap<String, Pair>> {
    let map = mapping(node, reader)?;
    let mut read = IndexMap::with_capacity(map.len());
    for (name, entry) in map {
        let Some(value) = text(&entry.value.value) else {
            reader.within(name, |reader| reader.wrong_type(&entry.value, expected));
            continue;
        };
        let origin = if value.is_some() { entry.value.origin } else { entry.key };
        read.insert(name, Pair { value, origin, key: entry.key });
    }
    Some(read)
}

/// A mapping; a text is the value of its one key.
pub fn mapping_or(key: &str, node: Node, reader: &mut Reader<'_>) -> Option<Map> {
    if matches!(node.value, Value::String(_)) {
        return Some(Map::from([(key.to_owned(), Entry { key: node.origin, value: node })]));
    }
    mapping(node, reader)
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
            Value::Null if T::NULLABLE => None,
            Value::Null => {
                reader.within(name, |reader| reader.without_value(entry.key, T::EXPECTED));
                continue;
            }
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
    const EXPECTED: &'static str = "a mapping";

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
    const EXPECTED: &'static str = "a list";

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
