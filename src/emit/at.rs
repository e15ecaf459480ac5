//! The recorder of reasons; rule: whatever places a value in an object says in the same breath why it stands there.
//!
//! [`At`] walks along while an object is built: it knows the JSON pointer of the place that is being filled. A reason holds for
//! everything below its pointer, unless a longer pointer says otherwise.

use serde::Serialize;
use serde_json::{Map, Value};

use super::order::idiomatic;
use super::{Manifest, Why};
use crate::ir::{Name, Traced};

/// Where in an object the next value is placed, and the reasons of all that were placed so far.
#[derive(Debug, Default)]
pub(super) struct At {
    pointer: String,
    origins: Vec<(String, Why)>,
}

impl At {
    /// Works below a key.
    pub(super) fn within<R>(&mut self, key: &str, work: impl FnOnce(&mut At) -> R) -> R {
        let length = self.pointer.len();
        self.push(key);
        let result = work(self);
        self.pointer.truncate(length);
        result
    }

    /// Says why all that stands here stands here.
    pub(super) fn here(&mut self, why: &Why) {
        self.origins.push((self.pointer.clone(), why.clone()));
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
            items
                .into_iter()
                .enumerate()
                .map(|(index, item)| at.within(&index.to_string(), |at| work(at, item)))
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
        // These types are plain data with text keys, which always serialise.
        let mut object = serde_json::to_value(object).unwrap_or_default();
        tidy_generated(&mut object);
        Manifest { object: idiomatic(object), origins: self.origins, owner: owner.cloned() }
    }

    fn push(&mut self, key: &str) {
        self.pointer.push('/');
        for character in key.chars() {
            match character {
                '~' => self.pointer.push_str("~0"),
                '/' => self.pointer.push_str("~1"),
                other => self.pointer.push(other),
            }
        }
    }
}

/// The labels that every object has, in the order in which they are read.
const LABELS: [&str; 3] = ["app.kubernetes.io/name", "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"];

/// Mends what the generated types do to the text: they sort labels, and give claim templates a kind of their own.
fn tidy_generated(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, child) in map.iter_mut() {
                match (key.as_str(), child) {
                    ("labels" | "matchLabels" | "selector", Value::Object(labels))
                        if labels.contains_key(LABELS[0]) =>
                    {
                        arrange(labels, LABELS);
                    }
                    // What the user wrote.
                    ("data" | "binaryData", _) => {}
                    ("volumeClaimTemplates", Value::Array(claims)) => {
                        for claim in claims.iter_mut().filter_map(Value::as_object_mut) {
                            claim.retain(|key, _| key != "apiVersion" && key != "kind");
                        }
                    }
                    (_, child) => tidy_generated(child),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(tidy_generated),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Moves the named keys to the front, in their order.
pub(super) fn arrange<'a>(map: &mut Map<String, Value>, keys: impl IntoIterator<Item = &'a str>) {
    let mut rest = std::mem::take(map);
    for key in keys {
        if let Some((key, value)) = rest.shift_remove_entry(key) {
            map.insert(key, value);
        }
    }
    map.extend(rest);
}
