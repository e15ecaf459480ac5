//! What stands in no manifest and is no message's own place, as notes: a leaf that decides, restates a default, matters elsewhere, or of
//! which a message about the key above it speaks.

use std::collections::BTreeSet;

use super::{Code, Diagnostic};
use crate::compose::leaves::Paths;
use crate::origin::Origin;

/// A note for each leaf that was used up or is spoken for, unless a message stands at it already; the first reason counts.
pub fn used_up(
    consumed: &[(Origin, &'static str)],
    said: &[Diagnostic],
    (leaves, paths): (&[Origin], &Paths),
) -> Vec<Diagnostic> {
    let leaves: BTreeSet<Origin> = leaves.iter().copied().collect();
    let labels = said.iter().flat_map(|message| message.primary.iter().chain(&message.others));
    let mut known: BTreeSet<Origin> = labels.map(|label| label.origin).collect();
    let mut notes = Vec::new();
    let covered = said.iter().flat_map(|message| message.covers.iter().map(move |leaf| (*leaf, message)));
    for (leaf, message) in covered.filter(|(leaf, _)| leaves.contains(leaf)) {
        // A message about the leaf's own key names it already.
        if known.insert(leaf) && paths.of(leaf).is_none_or(|path| path != message.key) {
            let why = format!("{}: {}", message.code.id(), message.message);
            notes.push(note(leaf, &why, message.code.id(), paths));
        }
    }
    for (leaf, reason) in consumed.iter().filter(|(leaf, _)| leaves.contains(leaf)) {
        if known.insert(*leaf) {
            notes.push(note(*leaf, reason, reason, paths));
        }
    }
    notes
}

fn note(leaf: Origin, why: &str, cause: &str, paths: &Paths) -> Diagnostic {
    let path = paths.of(leaf).unwrap_or_default();
    let title = match path.as_str() {
        "" => "this has no field of its own".to_owned(),
        path => format!("`{path}` has no field of its own"),
    };
    Diagnostic::new(Code::UsedUp, leaf, title).why(why).cause(cause).key(path)
}
