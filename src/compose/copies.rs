//! What `extends` and `include` bring in: copies with origins of their own, which remember where they were written and where they
//! were asked for.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::{Origin, Sources, Via};
use crate::syntax::{Entry, Node, Value};

/// How many values `extends` and `include` may copy in one project. A file of a thousand services that all extend one of a hundred
/// keys needs a fifth of it; a chain of services in which each appends to the one before would fill any memory.
const MAX_COPIES: usize = 500_000;

/// Counts what is copied.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Copies(usize);

impl Copies {
    /// A copy of a node under new origins; `None` after a message that there are too many.
    pub(crate) fn copy(
        &mut self,
        node: &Node,
        via: Via,
        at: Origin,
        sources: &mut Sources,
        diags: &mut Diagnostics,
    ) -> Option<Node> {
        let was_full = self.0 > MAX_COPIES;
        let copy = self.node(node, via, at, sources);
        if self.0 <= MAX_COPIES {
            return Some(copy);
        }
        if !was_full {
            diags.push(
                Diagnostic::new(
                    Code::LoadLimit,
                    at,
                    format!("`extends` and `include` copy more than {MAX_COPIES} values"),
                )
                .label("reached while copying what this names")
                .why("services that extend each other in a chain hold more and more, so there is a limit far above what real projects need")
                .help("extend a small service that holds what the others share"),
            );
        }
        None
    }

    fn node(&mut self, node: &Node, via: Via, at: Origin, sources: &mut Sources) -> Node {
        self.0 += 1;
        let value = match &node.value {
            // Past the limit nothing more is copied; the message comes when this one is complete.
            Value::List(_) | Value::Map(_) if self.0 > MAX_COPIES => Value::Null,
            Value::List(items) => Value::List(items.iter().map(|item| self.node(item, via, at, sources)).collect()),
            Value::Map(map) => {
                let copy = |(name, entry): (&String, &Entry)| {
                    let key = sources.copy(entry.key, via, at);
                    (name.clone(), Entry { key, value: self.node(&entry.value, via, at, sources) })
                };
                Value::Map(map.iter().map(copy).collect())
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) | Value::String(_) => {
                node.value.clone()
            }
        };
        Node { value, origin: sources.copy(node.origin, via, at), tag: node.tag }
    }
}

/// Whether two nodes say the same, wherever they were written. The order of keys says nothing.
pub(crate) fn same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::List(ones), Value::List(others)) => {
            ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| same(one, other))
        }
        (Value::Map(ones), Value::Map(others)) => {
            let equal = |(name, entry): (&String, &Entry)| {
                others.get(name).is_some_and(|other| same(&entry.value, &other.value))
            };
            ones.len() == others.len() && ones.iter().all(equal)
        }
        (one, other) => one == other,
    }
}
