//! Why everything in an object is there: JSON pointers with their reasons, without what neighbours have in common.
//!
//! Pointers are recorded while an object is built from its root to its leaves, so that each begins like the one before it. Only
//! the rest is kept: the pointers of a pod would otherwise be longer than the pod.

use crate::ir::Why;

/// The reasons of an object, in the order in which they were recorded.
#[derive(Clone, Debug, Default)]
pub struct Reasons {
    entries: Vec<Entry>,
    /// The ends of all pointers, one after the other.
    rests: String,
}

#[derive(Clone, Debug)]
struct Entry {
    why: Why,
    /// Bytes that the pointer has in common with the one before it.
    shared: u32,
    /// Where the rest of it ends in the text of all rests.
    end: u32,
}

impl Reasons {
    /// Room for the reasons of an object of usual size.
    pub(super) fn with_room() -> Self {
        Reasons { entries: Vec::with_capacity(32), rests: String::with_capacity(512) }
    }

    /// Gives room back that was not needed.
    pub(super) fn fitted(mut self) -> Self {
        self.entries.shrink_to_fit();
        self.rests.shrink_to_fit();
        self
    }

    /// Adds a reason; the first `shared` bytes of its pointer are those of the one before.
    pub(super) fn push(&mut self, pointer: &str, shared: usize, why: Why) {
        self.rests.push_str(pointer.get(shared..).unwrap_or_default());
        // An object of four gigabytes of names cannot be made of a file whose size is limited.
        let count = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        self.entries.push(Entry { why, shared: count(shared), end: count(self.rests.len()) });
    }

    /// JSON pointers, each with the reason of all that stands there or below.
    pub fn iter(&self) -> impl Iterator<Item = (String, &Why)> {
        let mut pointer = String::new();
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            self.step(&mut pointer, &mut start, entry);
            (pointer.clone(), &entry.why)
        })
    }

    /// The reasons alone.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Why> {
        self.entries.iter().map(|entry| &entry.why)
    }

    /// The reason recorded at the longest pointer that leads to a value; the last of several at one place.
    pub fn of(&self, pointer: &str) -> Option<&Why> {
        let mut found: Option<(usize, &Why)> = None;
        let mut known = String::new();
        let mut start = 0;
        for entry in &self.entries {
            self.step(&mut known, &mut start, entry);
            let leads =
                pointer.strip_prefix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            if leads && found.is_none_or(|(longest, _)| known.len() >= longest) {
                found = Some((known.len(), &entry.why));
            }
        }
        found.map(|(_, why)| why)
    }

    /// Makes the pointer before an entry the pointer of the entry.
    fn step(&self, pointer: &mut String, start: &mut usize, entry: &Entry) {
        let end = entry.end as usize;
        pointer.truncate(entry.shared as usize);
        pointer.push_str(self.rests.get(*start..end).unwrap_or_default());
        *start = end;
    }
}
