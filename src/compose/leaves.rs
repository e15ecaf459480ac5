//! Every leaf of the resolved project, and which of them stand under a key: what lets each be accounted for by its origin alone.

use std::collections::HashMap;
use std::ops::Range;

use crate::origin::Origin;
use crate::syntax::{Node, Value};

/// Leaves in the order of the document, so that those under a key or a collection stand together.
#[derive(Clone, Debug, Default)]
pub struct Leaves {
    all: Vec<Origin>,
    below: HashMap<Origin, Range<usize>>,
}

impl Leaves {
    /// The leaves of a resolved tree.
    pub fn of(root: &Node) -> Self {
        let mut leaves = Leaves::default();
        leaves.add(root, root.origin);
        leaves
    }

    /// Adds leaves that loading used up, so that they are no longer part of the tree.
    pub fn extend(&mut self, spent: impl IntoIterator<Item = Origin>) {
        self.all.extend(spent);
    }

    /// Every leaf.
    pub fn all(&self) -> &[Origin] {
        &self.all
    }

    /// Every leaf, given away.
    pub fn into_all(self) -> Vec<Origin> {
        self.all
    }

    /// Every leaf under a key, by the origin of the key, or under a list or mapping, by its own. A leaf stands for itself.
    pub fn below(&self, place: Origin) -> impl Iterator<Item = Origin> + '_ {
        let range = self.below.get(&place).cloned();
        let found = range.clone().and_then(|range| self.all.get(range)).unwrap_or_default();
        range.is_none().then_some(place).into_iter().chain(found.iter().copied())
    }

    fn add(&mut self, node: &Node, key: Origin) {
        let start = self.all.len();
        match &node.value {
            Value::List(items) if !items.is_empty() => items.iter().for_each(|item| self.add(item, item.origin)),
            Value::Map(map) if !map.is_empty() => map.values().for_each(|entry| self.add(&entry.value, entry.key)),
            // A key without a value has no text of its own: the key stands for it.
            Value::Null => self.all.push(key),
            Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Timestamp(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Map(_) => self.all.push(node.origin),
        }
        let range = start..self.all.len();
        if node.origin != key && matches!(node.value, Value::List(_) | Value::Map(_)) {
            self.below.insert(node.origin, range.clone());
        }
        self.below.insert(key, range);
    }
}

/// Every leaf under a node: scalars, nulls, and collections that are empty.
pub fn leaves(node: &Node, into: &mut Vec<Origin>) {
    match &node.value {
        Value::List(items) if !items.is_empty() => items.iter().for_each(|item| leaves(item, into)),
        Value::Map(map) if !map.is_empty() => {
            for entry in map.values() {
                if entry.value.value == Value::Null { into.push(entry.key) } else { leaves(&entry.value, into) }
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Timestamp(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Map(_) => into.push(node.origin),
    }
}
