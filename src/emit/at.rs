//! The recorder of reasons; rule: whatever places a value in an object says in the same breath why it stands there.
//!
//! [`At`] walks along while an object is built: it knows the JSON pointer of the place that is being filled. A reason holds for
//! everything below its pointer, unless a longer pointer says otherwise.

use std::fmt::Write;

use serde::Serialize;

use super::reasons::Reasons;
use super::{Manifest, Why, written};
use crate::ir::{Name, Traced};

/// Where in an object the next value is placed, and the reasons of all that were placed so far.
#[derive(Debug)]
pub(super) struct At {
    pointer: String,
    /// The bytes of the pointer that it shares with that of the last reason.
    shared: usize,
    reasons: Reasons,
}

impl Default for At {
    fn default() -> Self {
        At { pointer: String::with_capacity(128), shared: 0, reasons: Reasons::with_room() }
    }
}

impl At {
    /// Works below a key.
    pub(super) fn within<R>(&mut self, key: &str, work: impl FnOnce(&mut At) -> R) -> R {
        let length = self.pointer.len();
        self.push(key);
        let result = work(self);
        self.back(length);
        result
    }

    /// Says why all that stands here stands here.
    pub(super) fn here(&mut self, why: &Why) {
        self.reasons.push(&self.pointer, self.shared, why.clone());
        self.shared = self.pointer.len();
    }

    /// Says why all that stands at a key stands there.
    pub(super) fn because(&mut self, key: &str, why: &Why) {
        self.within(key, |at| at.here(why));
    }

    /// A value that has its reason with it.
    pub(super) fn put<T: Clone>(&mut self, key: &str, traced: &Traced<T>) -> T {
        let Traced { value, why } = traced;
        self.because(key, why);
        value.clone()
    }

    /// The same for a value that may be missing.
    pub(super) fn maybe<T: Clone>(&mut self, key: &str, traced: Option<&Traced<T>>) -> Option<T> {
        traced.map(|traced| self.put(key, traced))
    }

    /// `true` where there is a reason for it.
    pub(super) fn flag(&mut self, key: &str, why: Option<&Why>) -> Option<bool> {
        why.map(|why| {
            self.because(key, why);
            true
        })
    }

    /// A constant of ours, under the name of the decision behind it.
    pub(super) fn decided<T>(&mut self, key: &str, value: T, decision: &'static str) -> T {
        self.because(key, &Why::Decision(decision));
        value
    }

    /// A list, each item built at its own place. `None` when it would be empty.
    pub(super) fn list<T, R>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        mut work: impl FnMut(&mut At, T) -> R,
    ) -> Option<Vec<R>> {
        let list: Vec<R> = self.within(key, |at| {
            let length = at.pointer.len();
            items
                .into_iter()
                .enumerate()
                .map(|(index, item)| {
                    // Writing to a string cannot fail.
                    let _ = write!(at.pointer, "/{index}");
                    let built = work(at, item);
                    at.back(length);
                    built
                })
                .collect()
        });
        (!list.is_empty()).then_some(list)
    }

    /// A list of values that have their reasons with them.
    pub(super) fn texts<T, R>(
        &mut self,
        key: &str,
        items: &[Traced<T>],
        mut work: impl FnMut(&T) -> R,
    ) -> Option<Vec<R>> {
        self.list(key, items, |at, item| {
            let Traced { value, why } = item;
            at.here(why);
            work(value)
        })
    }

    /// The finished object: as a value, in the order in which people write it.
    pub(super) fn finish(self, object: &impl Serialize, owner: Option<&Name>) -> Manifest {
        Manifest { object: written::object(object), reasons: self.reasons.fitted(), owner: owner.cloned() }
    }

    /// Works at a shorter pointer again.
    fn back(&mut self, length: usize) {
        self.pointer.truncate(length);
        self.shared = self.shared.min(length);
    }

    fn push(&mut self, key: &str) {
        self.pointer.push('/');
        if !key.bytes().any(|byte| matches!(byte, b'~' | b'/')) {
            self.pointer.push_str(key);
            return;
        }
        for character in key.chars() {
            match character {
                '~' => self.pointer.push_str("~0"),
                '/' => self.pointer.push_str("~1"),
                other => self.pointer.push(other),
            }
        }
    }
}
