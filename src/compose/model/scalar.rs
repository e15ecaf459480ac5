//! Scalars and small collections that many keys share, with the casts that the reference makes (compose-loading, section 6).

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a decoder names the kinds it takes; every other kind is the same error"
)]

use crate::compose::grammar::{bytes, duration};
use crate::compose::keys::{Decode, Form, Reader};
use crate::diag::{Code, Diagnostic};
use crate::syntax::{Node, Value};

impl Decode for String {
    const FORM: Form = Form::Text;
    const EXPECTED: &'static str = "a string";

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
    const FORM: Form = Form::Flag;
    const EXPECTED: &'static str = "true or false";

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

/// A whole number, from a number without a fraction or from text; `None` after a message.
fn whole(node: &Node, reader: &mut Reader<'_>) -> Option<i64> {
    match &node.value {
        Value::Int(value) => return Some(*value),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it has no fraction, and a number too large stays too large"
        )]
        Value::Float(value) if value.fract() == 0.0 => return Some(*value as i64),
        Value::Float(_) => {
            let text = reader.sources.text_at(node.origin).to_owned();
            reader.bad_value(node.origin, format!("`{text}` is not a whole number"), "write a whole number");
        }
        Value::String(text) => match text.parse() {
            Ok(value) => return Some(value),
            Err(_) => reader.bad_value(node.origin, format!("`{text}` is not a whole number"), "write a whole number"),
        },
        _ => reader.wrong_type(node, "a whole number"),
    }
    None
}

impl Decode for i64 {
    const FORM: Form = Form::Whole;
    const EXPECTED: &'static str = "a whole number";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        whole(&node, reader)
    }
}

/// A number of which the reference takes the whole part: `cpu_shares: 73.5` is 73.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncated(pub i64);

impl Decode for Truncated {
    const EXPECTED: &'static str = "a number";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "the reference truncates, and so does `as`")]
        if let Value::Float(value) = &node.value {
            return Some(Truncated(*value as i64));
        }
        whole(&node, reader).map(Truncated)
    }
}

/// A whole number between two others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranged<const LEAST: i64, const MOST: i64>(pub i64);

impl<const LEAST: i64, const MOST: i64> Decode for Ranged<LEAST, MOST> {
    const EXPECTED: &'static str = "a whole number";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let origin = node.origin;
        let value = whole(&node, reader)?;
        if (LEAST..=MOST).contains(&value) {
            return Some(Ranged(value));
        }
        let bounds = if MOST == i64::MAX { format!("at least {LEAST}") } else { format!("from {LEAST} to {MOST}") };
        reader.bad_value(origin, format!("{value} is not {bounds}"), format!("write a number {bounds}"));
        None
    }
}

/// A value that must not be quoted: text is an error even when it reads like one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unquoted<T>(pub T);

impl<T: Decode> Decode for Unquoted<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        if matches!(node.value, Value::String(_)) {
            reader.wrong_type(&node, T::EXPECTED);
            return None;
        }
        T::decode(node, reader).map(Unquoted)
    }
}

/// A value that may be left out after its key: `pid:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nullable<T>(pub T);

impl<T: Decode> Decode for Nullable<T> {
    const NULLABLE: bool = true;

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        T::decode(node, reader).map(Nullable)
    }
}

/// Text, or true or false as text: `provenance: true`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextOrBool(pub String);

impl Decode for TextOrBool {
    const EXPECTED: &'static str = "a string, or true or false";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            Value::String(text) => Some(TextOrBool(text)),
            Value::Bool(value) => Some(TextOrBool(value.to_string())),
            _ => {
                reader.wrong_type(&node, Self::EXPECTED);
                None
            }
        }
    }
}

/// Permission bits that a process takes from what it makes: `077` and `0o77` are octal, `77` is decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Umask(pub u32);

impl Decode for Umask {
    const EXPECTED: &'static str = "permission bits such as 0022";
    const NULLABLE: bool = true;

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let found = match &node.value {
            Value::String(text) => match crate::syntax::scalar_of(text) {
                Value::Int(value) => u32::try_from(value).ok(),
                _ => None,
            },
            _ => u32::try_from(whole(&node, reader)?).ok(),
        };
        if found.is_none() {
            reader.bad_value(node.origin, "these are no permission bits", "write octal digits such as 0022");
        }
        found.map(Umask)
    }
}

impl Decode for f64 {
    const EXPECTED: &'static str = "a number";

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
    const EXPECTED: &'static str = "a size such as 512m";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Int(value) => Some(Bytes(*value)),
            Value::Float(_) => {
                let path = reader.path();
                reader.diags.push(
                    Diagnostic::new(Code::ValueIgnored, node.origin, format!("`{path}` has no effect"))
                        .label("Docker ignores a size with a decimal point, unless it is quoted")
                        .help(format!("write a whole number, or quote it: \"{}\"", reader.sources.text_at(node.origin)))
                        .key(path),
                );
                None
            }
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
    const EXPECTED: &'static str = "a duration such as \"30s\"";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::String(text) => match duration::parse(text) {
                Ok(value) => Some(Duration(value)),
                Err(message) => {
                    reader.bad_value(node.origin, message, "write a duration such as 30s or 1m30s");
                    None
                }
            },
            _ => {
                reader.wrong_type(&node, "a duration such as \"30s\"");
                None
            }
        }
    }
}

/// States a set of words that a key may hold, as an enum.
macro_rules! choices {
    ($(#[$meta:meta])* $enum:ident { $($variant:ident $word:literal $doc:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $enum {
            $(#[doc = $doc] $variant,)+
        }

        impl $enum {
            /// The word that stands in the file.
            pub fn word(self) -> &'static str {
                match self { $($enum::$variant => $word),+ }
            }
        }

        impl $crate::compose::canonical::Canonical for $enum {
            fn canonical(&self, _form: $crate::compose::canonical::Form) -> Option<serde_json::Value> {
                Some(serde_json::Value::String(self.word().to_owned()))
            }
        }

        impl $crate::compose::keys::Decode for $enum {
            const FORM: $crate::compose::keys::Form = $crate::compose::keys::Form::Words(&[$($word),+]);
            const EXPECTED: &'static str = concat!("one of:" $(, " ", $word)+);

            fn decode(node: $crate::syntax::Node, reader: &mut $crate::compose::keys::Reader<'_>) -> Option<Self> {
                let origin = node.origin;
                let text = String::decode(node, reader)?;
                match text.as_str() {
                    $($word => Some($enum::$variant),)+
                    _ => {
                        let words = [$($word),+].join(", ");
                        reader.bad_value(origin, format!("`{text}` is none of: {words}"), format!("write one of: {words}"));
                        None
                    }
                }
            }
        }
    };
}

pub(crate) use choices;

pub use crate::compose::model::text::{Pairs, Texts, entries, mapping, mapping_or, scalar_text};
