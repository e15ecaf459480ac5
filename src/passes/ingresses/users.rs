//! Names and passwords that a router asks for, as a Secret: lines of an htpasswd file.

use super::loss::texts;
use crate::ir::{Data, FileObject, FileObjectKind, Labelled, Treatment, Why};

/// The Secret of a middleware, its lines under a key; `None` where it has no names of its own.
pub(super) fn secret(treatment: &Treatment, key: &str) -> Option<FileObject> {
    let users = treatment.settings.iter().find(|setting| setting.path == ["users"])?;
    let lines: String = texts(users).map(|line| format!("{line}\n")).collect();
    if lines.is_empty() {
        return None;
    }
    let why: &Why = &users.value.why;
    Some(FileObject {
        name: treatment.name.with("users"),
        kind: FileObjectKind::Secret,
        entries: vec![(key.to_owned(), Data { bytes: lines.into_bytes(), why: why.clone() })],
        path: None,
        labelled: Labelled::default(),
        why: why.clone(),
    })
}
