//! Values under `x-kubernetes`: what Kubernetes itself reads is handed on as it is written, and sizes and portions are read here.

use crate::compose::canonical::{Canonical, Form as Written, plain};
use crate::compose::grammar::bytes;
use crate::compose::keys::{Decode, Form, Reader, Shape};
use crate::compose::model::kubernetes::{GatewayExtras, IngressExtras};
use crate::compose::model::scalar::scalar_text;
use crate::origin::Spanned;
use crate::syntax::{Node, Value};

/// States a value that is handed on as it is written.
macro_rules! raw {
    ($(#[$meta:meta])* $type:ident $form:expr, $expected:literal, $($pattern:pat_param)|+) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $type(pub Node);

        impl Decode for $type {
            const FORM: Form = $form;
            const EXPECTED: &'static str = $expected;

            fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
                if !matches!(node.value, $($pattern)|+) {
                    reader.wrong_type(&node, Self::EXPECTED);
                    return None;
                }
                Some($type(node))
            }
        }

        impl Canonical for $type {
            fn canonical(&self, _form: Written) -> Option<serde_json::Value> {
                Some(plain(&self.0))
            }
        }
    };
}

raw! {
    /// A mapping of Kubernetes' own.
    Raw Form::Mapping, "a mapping", Value::Map(_)
}

raw! {
    /// A list of Kubernetes' own.
    RawList Form::Mappings, "a list of mappings", Value::List(_)
}

raw! {
    /// Amounts of resources: Kubernetes' own, where numbers stand for texts.
    Amounts Form::Mapping, "a mapping", Value::Map(_)
}

/// A number of pods, or a percentage of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Portion {
    /// So many.
    Count(u32),
    /// As `50%`.
    Percent(String),
}

impl Decode for Portion {
    const FORM: Form = Form::Portion;
    const EXPECTED: &'static str = "a number of pods or a percentage";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = scalar_text(&node.value).unwrap_or_default();
        let is_percentage = |text: &str| {
            text.strip_suffix('%').is_some_and(|number| number.parse::<u8>().is_ok_and(|number| number <= 100))
        };
        match text.parse::<i32>().ok().and_then(|count| u32::try_from(count).ok()) {
            Some(count) => Some(Portion::Count(count)),
            None if is_percentage(&text) => Some(Portion::Percent(text)),
            None => {
                reader.bad_value(
                    node.origin,
                    "this is neither a number nor a percentage",
                    "write a number of pods, or a percentage such as \"50%\"",
                );
                None
            }
        }
    }
}

impl Canonical for Portion {
    fn canonical(&self, _form: Written) -> Option<serde_json::Value> {
        Some(match self {
            Portion::Count(count) => (*count).into(),
            Portion::Percent(text) => text.clone().into(),
        })
    }
}

/// A size in bytes, above 0, as Kubernetes or Docker writes it: `10Gi`, `10g`, `10GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub i64);

impl Decode for Size {
    const FORM: Form = Form::Size;
    const EXPECTED: &'static str = "a size such as 10Gi";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = scalar_text(&node.value).unwrap_or_default();
        let whole = if text.ends_with(['i', 'I']) { format!("{text}b") } else { text.clone() };
        let size = bytes::parse(&whole).ok().filter(|bytes| *bytes > 0);
        if size.is_none() {
            reader.bad_value(node.origin, format!("`{text}` is no size"), "write a size such as 500Mi or 10Gi");
        }
        size.map(Size)
    }
}

impl Canonical for Size {
    fn canonical(&self, _form: Written) -> Option<serde_json::Value> {
        Some(self.0.into())
    }
}

/// States a list of tables of which one may stand without a list.
macro_rules! one_or_more {
    ($(#[$meta:meta])* $type:ident $table:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $type(pub Vec<Spanned<$table>>);

        impl Decode for $type {
            const SHAPE: Shape = Shape::Items($table::TABLE);
            const FORM: Form = Form::OneOrMore;
            const EXPECTED: &'static str = "a mapping or a list of mappings";

            fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
                if !matches!(node.value, Value::Map(_)) {
                    return Vec::decode(node, reader).map($type);
                }
                let origin = node.origin;
                $table::decode(node, reader).map(|value| $type(vec![Spanned { value, origin }]))
            }
        }

        impl Canonical for $type {
            fn canonical(&self, form: Written) -> Option<serde_json::Value> {
                self.0.canonical(form)
            }
        }
    };
}

one_or_more! {
    /// Ingresses: one may stand without a list.
    IngressList IngressExtras
}

one_or_more! {
    /// Routes of the Gateway API: one may stand without a list.
    GatewayList GatewayExtras
}
