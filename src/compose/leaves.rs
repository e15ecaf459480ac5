//! Every leaf of the resolved project, and which of them stand under a key: what lets each be accounted for by its origin alone.

use std::ops::Range;

use crate::origin::Origin;
use crate::syntax::{Node, Value};

/// Leaves in the order of the document, so that those under a key or a collection stand together.
#[derive(Clone, Debug, Default)]
pub struct Leaves {
    all: Vec<Origin>,
    /// By the origin of the key or collection, sorted, the range of its leaves.
    below: Vec<(Origin, Range<u32>)>,
}

impl Leaves {
    /// The leaves of a resolved tree.
    pub fn of(root: &Node) -> Self {
        let mut leaves = Leaves::default();
        leaves.add(root, root.origin);
        leaves.below.sort_by_key(|(place, _)| *place);
        leaves.below.shrink_to_fit();
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
        // Of several that have one origin the last counts.
        let behind = self.below.partition_point(|(known, _)| *known <= place);
        let range = self.below.get(..behind).and_then(<[_]>::last).filter(|(known, _)| *known == place);
        let found = range.and_then(|(_, range)| self.all.get(range.start as usize..range.end as usize));
        range.is_none().then_some(place).into_iter().chain(found.unwrap_or_default().iter().copied())
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
        // There are fewer leaves than bytes, and files have a limit far below four gigabytes.
        let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let range = small(start)..small(self.all.len());
        if node.origin != key && matches!(node.value, Value::List(_) | Value::Map(_)) {
            self.below.push((node.origin, range.clone()));
        }
        self.below.push((key, range));
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
