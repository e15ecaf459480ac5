//! What was used up without a trace in the manifests, as notes: a leaf that decides, restates a default or matters elsewhere.

use std::collections::BTreeSet;

use super::{Code, Diagnostic};
use crate::compose::leaves::Paths;
use crate::origin::Origin;

/// A note for each leaf that was used up, unless a message speaks for it already; the first reason counts.
pub fn used_up(consumed: &[(Origin, &'static str)], said: &[Diagnostic], paths: &Paths) -> Vec<Diagnostic> {
    let mut known: BTreeSet<Origin> = BTreeSet::new();
    for message in said {
        known.extend(message.covers.iter().copied());
        known.extend(message.primary.iter().chain(&message.others).map(|label| label.origin));
    }
    let mut notes = Vec::new();
    for (leaf, reason) in consumed {
        if !known.insert(*leaf) {
            continue;
        }
        let path = paths.of(*leaf).unwrap_or_default();
        let title = match path.as_str() {
            "" => "this has no field of its own".to_owned(),
            path => format!("`{path}` has no field of its own"),
        };
        notes.push(Diagnostic::new(Code::UsedUp, *leaf, title).why(*reason).cause(*reason).key(path));
    }
    notes
}
