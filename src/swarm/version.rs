//! `version` of stack files: which schema holds, that all files say the same, and the keys that every version refuses.

use crate::compose::leaves::leaves;
use crate::compose::model::scalar::scalar_text;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::Origin;
use crate::swarm::schema::{LATEST, REFUSED};
use crate::syntax::{Node, Value};

/// The version of a file.
#[derive(Clone, Debug)]
pub(super) struct Version {
    /// The minor number: the 8 of 3.8.
    pub(super) minor: u8,
    /// The whole, as `3.8`; the newest where the file says none, or `3`.
    pub(super) text: String,
    /// Where the file says it.
    place: Option<Origin>,
}

/// The version of a file; `None` after a message about one that stack files do not have.
pub(super) fn version(file: &Node, diags: &mut Diagnostics) -> Option<Version> {
    let Value::Map(top) = &file.value else { return None };
    let newest = format!("3.{LATEST}");
    let Some(entry) = top.get("version") else { return Some(Version { minor: LATEST, text: newest, place: None }) };
    let written = Some(&entry.value.value).filter(|value| **value != Value::Null).and_then(scalar_text);
    let text = match written.as_deref() {
        Some("" | "3") => newest.clone(),
        Some(text) => text.to_owned(),
        None => String::new(),
    };
    let minor = (0..=LATEST).find(|minor| text == format!("3.{minor}"));
    if minor.is_none() {
        let shown = if text.is_empty() { "this".to_owned() } else { format!("`{text}`") };
        let diagnostic = Diagnostic::new(
            Code::StackVersion,
            if text.is_empty() { entry.key } else { entry.value.origin },
            format!("{shown} is no version of stack files"),
        )
        .why(format!("docker stack deploy reads versions \"3.0\" to \"{newest}\""))
        .help(format!("remove `version:`, or write version: \"{newest}\""))
        .key("version");
        diags.push(diagnostic);
    }
    Some(Version { minor: minor?, text, place: Some(entry.value.origin) })
}

/// Says that a file has another version than the first.
pub(super) fn agree(earlier: &mut Vec<Version>, version: Option<&Version>, diags: &mut Diagnostics) {
    let Some(version) = version else { return };
    if let Some(first) = earlier.first()
        && first.text != version.text
        && let Some(place) = version.place.or(first.place)
    {
        let mut diagnostic = Diagnostic::new(
            Code::StackVersion,
            place,
            format!("one file says version {} and another {}", first.text, version.text),
        )
        .why("docker stack deploy merges files of one version only, and reads a file without one as the newest")
        .help("remove `version:` from all of them")
        .key("version");
        if let Some(first) = first.place.filter(|first| *first != place) {
            diagnostic = diagnostic.also(first, "the other version");
        }
        diags.push(diagnostic);
    }
    earlier.push(version.clone());
}

/// Takes out the keys of services that are refused, and says so.
pub(super) fn refuse_keys(file: &mut Node, diags: &mut Diagnostics) {
    let Value::Map(top) = &mut file.value else { return };
    let Some(Value::Map(services)) = top.get_mut("services").map(|entry| &mut entry.value.value) else { return };
    for (service, entry) in services.iter_mut() {
        let Value::Map(keys) = &mut entry.value.value else { continue };
        for (name, instead) in REFUSED {
            let Some(entry) = keys.shift_remove(*name) else { continue };
            let mut found = Vec::new();
            leaves(&entry.value, &mut found);
            let message = format!("`{name}` is refused by docker stack deploy");
            let diagnostic = Diagnostic::new(Code::RefusedBySwarm, entry.key, message)
                .help(*instead)
                .help("say --dialect compose if docker compose runs this file")
                .key(format!("services.{service}.{name}"))
                .covers(found);
            diags.push(diagnostic);
        }
    }
}
