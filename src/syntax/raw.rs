//! What a document says, as a flat list: aliases are not followed yet, merge keys are still keys.
//!
//! Nodes name each other by number, so that an alias costs nothing until it is followed.

use std::collections::HashMap;

use super::node::{Tag, Value};
use crate::origin::Origin;

/// The number of a node in [`Raws`].
pub(super) type Id = u32;

/// A node as it is written.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) what: What,
    pub(super) origin: Origin,
    pub(super) tag: Option<Tag>,
}

/// What a written node is.
#[derive(Debug)]
pub(super) enum What {
    /// A scalar, typed.
    Scalar(Value),
    /// `!!merge <<`, or an unquoted `<<` without a tag: a merge key where a key stands, a string elsewhere.
    MergeKey,
    /// A sequence.
    List(Vec<Id>),
    /// A mapping: keys and values.
    Map(Vec<(Id, Id)>),
    /// `*name`, and the node that the name stands for, which is never an alias itself.
    Alias(Id),
    /// An alias that stands for nothing; it has been reported.
    Unknown,
}

/// All nodes of one document, and what its anchors name.
#[derive(Debug, Default)]
pub(super) struct Raws {
    list: Vec<Raw>,
    anchors: HashMap<usize, Option<Id>>,
}

impl Raws {
    /// Adds a node and gives its number.
    pub(super) fn push(&mut self, raw: Raw) -> Id {
        self.list.push(raw);
        // A file has a limit far below four gigabytes, and fewer nodes than bytes.
        Id::try_from(self.list.len() - 1).unwrap_or(Id::MAX)
    }

    /// Says that an anchor is written and that its node has not ended yet. The parser's number 0 means "no anchor".
    pub(super) fn open_anchor(&mut self, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
    }

    /// Says which node an anchor names.
    pub(super) fn close_anchor(&mut self, anchor: usize, id: Id) {
        if anchor != 0 {
            self.anchors.insert(anchor, Some(id));
        }
    }

    /// The node that an anchor names; `None` while that node has not ended.
    pub(super) fn anchored(&self, anchor: usize) -> Option<Id> {
        self.anchors.get(&anchor).copied().flatten()
    }

    /// All nodes, each once.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Raw> {
        self.list.iter()
    }

    /// A node.
    pub(super) fn get(&self, id: Id) -> Option<&Raw> {
        self.list.get(id as usize)
    }

    /// The number of the node that an alias stands for, or the number itself.
    pub(super) fn target(&self, id: Id) -> Id {
        match self.get(id).map(|raw| &raw.what) {
            Some(What::Alias(target)) => *target,
            Some(What::Scalar(_) | What::MergeKey | What::List(_) | What::Map(_) | What::Unknown) | None => id,
        }
    }

    /// A node, or the one that it is an alias of.
    pub(super) fn follow(&self, id: Id) -> Option<&Raw> {
        self.get(self.target(id))
    }

    /// The text of a key; `None` when it is no string.
    pub(super) fn key_text(&self, id: Id) -> Option<&str> {
        match &self.follow(id)?.what {
            What::Scalar(Value::String(text)) => Some(text),
            What::MergeKey => Some("<<"),
            What::Scalar(_) | What::List(_) | What::Map(_) | What::Alias(_) | What::Unknown => None,
        }
    }

    /// The pairs of each mapping that a merge key's value brings, or the first part of it that is no mapping.
    pub(super) fn merged(&self, value: Id) -> Result<Vec<&[(Id, Id)]>, Id> {
        let parts: &[Id] = match self.follow(value).map(|raw| &raw.what) {
            Some(What::List(items)) => items,
            Some(What::Scalar(_) | What::MergeKey | What::Map(_) | What::Alias(_) | What::Unknown) | None => &[value],
        };
        parts
            .iter()
            .map(|part| match self.follow(*part).map(|raw| &raw.what) {
                Some(What::Map(pairs)) => Ok(pairs.as_slice()),
                Some(What::Scalar(_) | What::MergeKey | What::List(_) | What::Alias(_) | What::Unknown) | None => {
                    Err(*part)
                }
            })
            .collect()
    }
}
