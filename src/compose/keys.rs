//! The key table: `keys!` states every key once, with its type, its merge rule, what swarm does with it and what becomes of it.
//!
//! One line makes the field, its decoding, its row in the support matrix and its merge rule. What a mapping holds beyond its lines
//! and `x-*` is an error with a suggestion (net 1 of the design). Rules: Compose Specification, sections of each key, and
//! "Merge"; `docker stack deploy`'s lists of ignored and refused keys.

mod reader;

use indexmap::IndexMap;

pub use self::reader::Reader;
use crate::origin::{Origin, Spanned};
use crate::syntax::{Node, Value};

/// A key of a mapping: not there, there without a value, or there with one.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Key<T> {
    /// The key is not written.
    #[default]
    Absent,
    /// The key is written with no value, at this place.
    Null(Origin),
    /// The key has a value.
    Set {
        /// Where the key stands.
        key: Origin,
        /// The value and where it stands; boxed, as a service has a hundred keys and most are absent.
        value: Box<Spanned<T>>,
    },
}

impl<T> Key<T> {
    /// The value, if there is one.
    pub fn get(&self) -> Option<&Spanned<T>> {
        match self {
            Key::Set { key: _, value } => Some(&**value),
            Key::Absent | Key::Null(_) => None,
        }
    }

    /// The value, if there is one.
    pub fn take(self) -> Option<Spanned<T>> {
        match self {
            Key::Set { key: _, value } => Some(*value),
            Key::Absent | Key::Null(_) => None,
        }
    }

    /// Where the key stands.
    pub fn key(&self) -> Option<Origin> {
        match self {
            Key::Set { key, value: _ } | Key::Null(key) => Some(*key),
            Key::Absent => None,
        }
    }
}

/// A key that may be written, whatever it holds.
pub trait Written {
    /// Where the key stands, when it is written.
    fn written(&self) -> Option<Origin>;
}

impl<T> Written for Key<T> {
    fn written(&self) -> Option<Origin> {
        self.key()
    }
}

/// How a later file's value meets an earlier one's (compose-spec "Merge").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Mappings merge, lists append, scalars are replaced.
    Default,
    /// The later value stands alone, also when it is null or empty.
    Replace,
    /// `KEY=VALUE` lists and mappings become one mapping; the later value of a name wins.
    Pairs,
    /// Lists append, and equal items (up to `=`) stand once.
    Unique,
    /// The same, where one text may stand for a list of it.
    UniqueOrOne,
    /// Lists append; a later item replaces the earlier one of the same identity.
    UniqueBy(Identity),
    /// A list of names is a mapping of nulls.
    Names,
    /// A list of names is a mapping of `condition: service_started`.
    DependsOn,
    /// A string is a mapping with that one key.
    Short(&'static str),
    /// One text, a list or a mapping of `key=value` become a list, in which equal items stand once.
    Sequence,
    /// Mappings merge where both name the same driver, or one names none; otherwise the later one stands alone.
    Logging,
    /// Mappings of which each entry is merged by [`Merge::Either`].
    Each,
    /// Mappings merge; anything else is replaced.
    Either,
}

/// What makes two list items the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Address, published port, container port and protocol.
    Port,
    /// The mount point.
    MountTarget,
    /// The target, or the folder and the source's name.
    GrantTarget(&'static str),
    /// The device in the container.
    Device,
    /// The path of a file.
    Path,
}

/// What `docker stack deploy` does with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swarm {
    /// Reads it.
    Reads,
    /// Ignores it.
    Ignores,
    /// Refuses the file.
    Refuses,
}

/// What becomes of a key, and of all below it where that is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Manifests say the same.
    Exact,
    /// Manifests come near it; a message or a reason says where they differ.
    Approximate,
    /// Kubernetes has no counterpart; a message or a reason says so.
    Nothing,
    /// It decides how the project is read, built or worked on.
    Loader,
}

/// What a table is told about one key.
#[derive(Debug)]
pub struct KeyRule {
    /// The key.
    pub name: &'static str,
    /// How files merge there.
    pub merge: Merge,
    /// What swarm does with it.
    pub swarm: Swarm,
    /// What becomes of it.
    pub fit: Fit,
    /// What it means, in one sentence.
    pub doc: &'static str,
    /// What stands below it.
    pub shape: Shape,
    /// What its value looks like.
    pub form: Form,
}

/// What a value looks like, for the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Nothing is said of it.
    Any,
    /// Text.
    Text,
    /// A whole number.
    Whole,
    /// True or false.
    Flag,
    /// A list of texts.
    Texts,
    /// Names and texts: a mapping, or a list of `KEY=VALUE`.
    Pairs,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A mapping that Kubernetes reads.
    Mapping,
    /// A list of mappings that Kubernetes reads.
    Mappings,
    /// A number of pods, or a percentage.
    Portion,
    /// A size such as `10Gi`.
    Size,
    /// One of a table's mappings, or a list of them.
    OneOrMore,
    /// One text, or a list of them.
    TextOrTexts,
}

/// All keys of one kind of mapping.
#[derive(Debug)]
pub struct Table {
    /// Its path, as `services.*.healthcheck`.
    pub path: &'static str,
    /// Its keys.
    pub rules: &'static [KeyRule],
    /// Those of them that must be written.
    pub required: &'static [&'static str],
}

/// What the merge and the support matrix need to know of a type.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A scalar, or something taken whole.
    Leaf,
    /// A mapping of a table's keys.
    Table(&'static Table),
    /// A mapping of any keys to one table's mappings.
    Entries(&'static Table),
    /// A list of one table's mappings.
    Items(&'static Table),
}

impl Table {
    /// The rule of a key.
    pub fn rule(&self, name: &str) -> Option<&'static KeyRule> {
        self.rules.iter().find(|rule| rule.name == name)
    }
}

/// A type that a node can be decoded into.
pub trait Decode: Sized {
    /// What the merge needs to know of it.
    const SHAPE: Shape = Shape::Leaf;

    /// What a value looks like.
    const FORM: Form = Form::Any;

    /// Whether a key may stand there without a value.
    const NULLABLE: bool = false;

    /// What a value must be, for the message about a missing one.
    const EXPECTED: &'static str = "a value";

    /// Reads a node that is not null; `None` after a message.
    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self>;
}

/// Reads the value of a key. A key without a value is an error unless the type has a meaning for it.
pub fn decode_key<T: Decode>(name: &str, key: Origin, node: Node, reader: &mut Reader<'_>) -> Key<T> {
    if node.value == Value::Null {
        if T::NULLABLE {
            reader.diags.consume(key, "a key without a value says nothing");
        } else {
            reader.within(name, |reader| reader.without_value(key, T::EXPECTED));
        }
        return Key::Null(key);
    }
    let origin = node.origin;
    match reader.within(name, |reader| T::decode(node, reader)) {
        Some(value) => Key::Set { key, value: Box::new(Spanned { value, origin }) },
        None => Key::Absent,
    }
}

/// A named entry of a mapping with keys of the user's own: where the name stands, and what it names (`None` when null).
#[derive(Clone, Debug, PartialEq)]
pub struct Named<T> {
    /// Where the name stands.
    pub key: Origin,
    /// The entry.
    pub value: Option<Spanned<T>>,
}

/// A mapping with keys of the user's own.
pub type Entries<T> = IndexMap<String, Named<T>>;

/// States a mapping's keys, one a line: field, name, type, merge rule, what swarm does, what becomes of it, and what it means.
///
/// After the path may stand, in this order: `nullable`, when the mapping may be null; `short f`, when `f` makes the mapping of a
/// shorter form; `requires "name", ...`, the keys that must be there; `closed`, when not even `x-*` may be added.
macro_rules! keys {
    ($(#[$meta:meta])* $struct:ident in $path:literal
        $(nullable $nullable:literal)? $(short $short:ident)? $(requires $($required_name:literal),+)? $(closed $closed:literal)? {
        $($field:ident $name:literal: $type:ty, $merge:expr, $swarm:ident, $fit:ident, $doc:literal;)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $struct {
            $(#[doc = $doc] pub $field: $crate::compose::keys::Key<$type>,)*
            /// Keys that begin with `x-`.
            pub extensions: Vec<(String, $crate::origin::Origin, $crate::syntax::Node)>,
        }

        impl $struct {
            /// Its keys.
            pub const TABLE: &'static $crate::compose::keys::Table = &$crate::compose::keys::Table {
                path: $path,
                rules: &[$($crate::compose::keys::KeyRule {
                    name: $name,
                    merge: $merge,
                    swarm: $crate::compose::keys::Swarm::$swarm,
                    fit: $crate::compose::keys::Fit::$fit,
                    doc: $doc,
                    shape: <$type as $crate::compose::keys::Decode>::SHAPE,
                    form: <$type as $crate::compose::keys::Decode>::FORM,
                }),*],
                required: &[$($($required_name),+)?],
            };

            /// Reads a mapping; every key is read even when another is wrong.
            pub fn from_map(map: $crate::syntax::Map, reader: &mut $crate::compose::keys::Reader<'_>) -> Self {
                let open = !$crate::compose::keys::keys!(@flag $($closed)?);
                let mut read = Self::default();
                for (name, entry) in map {
                    match name.as_str() {
                        $($name => read.$field = $crate::compose::keys::decode_key($name, entry.key, entry.value, reader),)*
                        other if open && other.starts_with("x-") => read.extensions.push((name, entry.key, entry.value)),
                        other => reader.unknown_key(other, entry.key, &entry.value, Self::TABLE),
                    }
                }
                read
            }
        }

        impl $crate::compose::keys::Decode for $struct {
            const SHAPE: $crate::compose::keys::Shape = $crate::compose::keys::Shape::Table(Self::TABLE);
            const NULLABLE: bool = $crate::compose::keys::keys!(@flag $($nullable)?);
            const EXPECTED: &'static str = "a mapping";

            fn decode(node: $crate::syntax::Node, reader: &mut $crate::compose::keys::Reader<'_>) -> Option<Self> {
                let place = node.origin;
                let map = $crate::compose::keys::keys!(@short $($short)?)(node, reader)?;
                let required: &[&str] = &[$($($required_name),+)?];
                let lacking: Vec<&str> = required.iter().copied().filter(|name| !map.contains_key(*name)).collect();
                lacking.iter().for_each(|name| reader.missing(place, name));
                let read = Self::from_map(map, reader);
                lacking.is_empty().then_some(read)
            }
        }

        impl $crate::compose::canonical::Canonical for $struct {
            fn canonical(&self, form: $crate::compose::canonical::Form) -> Option<serde_json::Value> {
                let mut map = serde_json::Map::new();
                $($crate::compose::canonical::put(&mut map, $path, $name, &self.$field, form);)*
                $crate::compose::canonical::put_extensions(&mut map, &self.extensions, form);
                Some(serde_json::Value::Object(map))
            }
        }
    };
    (@flag) => { false };
    (@flag $flag:literal) => { $flag };
    (@short) => { $crate::compose::model::scalar::mapping };
    (@short $short:ident) => { $short };
}

pub(crate) use keys;
