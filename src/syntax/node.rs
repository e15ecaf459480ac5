//! The spanned tree that YAML text becomes, with scalars typed by the rules of the reference loader's YAML library.

use std::ops::{Deref, DerefMut};

use indexmap::IndexMap;

use crate::origin::Origin;

/// A value of the tree and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it was written: the whole scalar, or the collection from its first to its last byte.
    pub origin: Origin,
    /// `!reset` or `!override`, when the text says so.
    pub tag: Option<Tag>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false` (never `yes` or `on`: those are strings).
    Bool(bool),
    /// An integer, after Go's base prefixes were read: `010` is 8.
    Int(i64),
    /// A float, or an integer too large for 64 bits.
    Float(f64),
    /// An unquoted date or time, as Go prints the time it stands for.
    Timestamp(String),
    /// Text.
    String(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping with string keys, in the order of the file.
    Map(Map),
}

/// A mapping: the key's text, where the key was written, and the value. Boxed, so that scalars, of which there are many more, are small.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map(Box<IndexMap<String, Entry>>);

impl Map {
    /// An empty mapping.
    pub fn new() -> Self {
        Map::default()
    }

    /// An empty mapping with room for entries.
    pub fn with_capacity(capacity: usize) -> Self {
        IndexMap::with_capacity(capacity).into()
    }
}

impl From<IndexMap<String, Entry>> for Map {
    fn from(entries: IndexMap<String, Entry>) -> Self {
        Map(Box::new(entries))
    }
}

impl<const N: usize> From<[(String, Entry); N]> for Map {
    fn from(entries: [(String, Entry); N]) -> Self {
        IndexMap::from(entries).into()
    }
}

impl FromIterator<(String, Entry)> for Map {
    fn from_iter<I: IntoIterator<Item = (String, Entry)>>(entries: I) -> Self {
        entries.into_iter().collect::<IndexMap<_, _>>().into()
    }
}

impl Deref for Map {
    type Target = IndexMap<String, Entry>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Map {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl IntoIterator for Map {
    type Item = (String, Entry);
    type IntoIter = indexmap::map::IntoIter<String, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a mut Map {
    type Item = (&'a String, &'a mut Entry);
    type IntoIter = indexmap::map::IterMut<'a, String, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a String, &'a Entry);
    type IntoIter = indexmap::map::Iter<'a, String, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// One entry of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where the key was written.
    pub key: Origin,
    /// The value.
    pub value: Node,
}

/// A custom tag that changes how files are merged (Compose Specification, section "Merge").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// `!reset`: remove what an earlier file said.
    Reset,
    /// `!override`: replace what an earlier file said.
    Override,
}

impl Value {
    /// What messages call it: `mapping`, `list`, `string`, `number`, `boolean` or `null`.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::Float(_) => "a number",
            Value::Timestamp(_) => "a date",
            Value::String(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}
