//! Messages for the user: what is wrong or was decided, where, why, and what to write instead.
//!
//! Code that finds something wrong says so to the sink ([`Diagnostics`]) and goes on: `Option` says "could not", the sink says
//! why, and the rest of the file is still read. The message stands beside its check; [`Code`] is one table.

mod cause;
mod code;
mod json;
mod nearest;
mod text;
mod used;

pub use cause::{Told, by_cause};
pub use code::{Code, Severity};
pub use json::to_json;
pub(crate) use nearest::nearest;
pub use text::{summary, to_text};
pub use used::used_up;

use crate::compose::leaves::{Leaves, Paths};
use std::ops::Range;

use crate::origin::{FileId, Origin, Sources};

/// A place and what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub origin: Origin,
    /// A few words; empty when the title says it all.
    pub text: String,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of message it is.
    pub code: Code,
    /// How much it matters: the code's own severity unless `--deny` raised it.
    pub severity: Severity,
    /// The title: one sentence without a full stop.
    pub message: String,
    /// The place it is about; `None` only where there is no text at all (no file found, a wrong variable).
    pub primary: Option<Label>,
    /// Other places that explain it.
    pub others: Vec<Label>,
    /// Why it is so: a sentence, or nothing where the title says it all.
    pub why: Option<String>,
    /// What to write or do: each a sentence.
    pub help: Vec<String>,
    /// Whether its help is for its own place alone, such as a command that makes one object: where messages of one cause are told
    /// once, people are told the help of each.
    pub own_help: bool,
    /// The path of the key it is about, as `services.web.ports[0]`; empty where it is about no key.
    pub key: String,
    /// Leaves of the input that it speaks for beside its own place: a warning about a mapping speaks for all that stands in it.
    pub covers: Vec<Origin>,
    /// Keys, lists and mappings of which it speaks for all that stands below.
    pub covers_below: Vec<Origin>,
    /// Whether its label names the keys below, where it says nothing else.
    pub names_below: bool,
    /// What it has in common with other messages of its code: people are told once, with every place; programs get each one.
    /// Empty where it stands for itself.
    pub cause: String,
    /// What it is about among the messages of its cause, such as a variable: each is told once. Empty where the place says it.
    pub subject: String,
}

impl Diagnostic {
    /// A message about a place.
    pub fn new(code: Code, origin: Origin, message: impl Into<String>) -> Self {
        Diagnostic { primary: Some(Label { origin, text: String::new() }), ..Diagnostic::nowhere(code, message) }
    }

    /// A message about no place in any file.
    pub fn nowhere(code: Code, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: code.severity(),
            message: message.into(),
            primary: None,
            others: Vec::new(),
            why: None,
            help: Vec::new(),
            own_help: false,
            key: String::new(),
            covers: Vec::new(),
            covers_below: Vec::new(),
            names_below: false,
            cause: String::new(),
            subject: String::new(),
        }
    }

    /// The words beside the marked text.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(primary) = &mut self.primary {
            primary.text = text.into();
        }
        self
    }

    /// Another place that explains it.
    #[must_use]
    pub fn also(mut self, origin: Origin, text: impl Into<String>) -> Self {
        self.others.push(Label { origin, text: text.into() });
        self
    }

    /// Why it is so.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// What to write or do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// What to do about its own place alone, though others have its cause.
    #[must_use]
    pub fn own_help(self, help: impl Into<String>) -> Self {
        Diagnostic { own_help: true, ..self.help(help) }
    }

    /// Leaves that it speaks for.
    #[must_use]
    pub fn covers(mut self, leaves: impl IntoIterator<Item = Origin>) -> Self {
        self.covers.extend(leaves);
        self
    }

    /// What it has in common with other messages of its code, such as the name of the key that every service has.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = cause.into();
        self
    }

    /// What it is about among the messages of its cause.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    /// A key, list or mapping that it speaks for, with all that stands below.
    #[must_use]
    pub fn covers_below(mut self, places: impl IntoIterator<Item = Origin>) -> Self {
        self.covers_below.extend(places);
        self
    }

    /// Has its label name the keys below its own.
    #[must_use]
    pub fn names_below(mut self) -> Self {
        self.names_below = true;
        self
    }

    /// The path of the key it is about.
    #[must_use]
    pub fn key(mut self, path: impl Into<String>) -> Self {
        self.key = path.into();
        self
    }
}

/// How many keys below its own a label names.
const SHOWN: usize = 8;

/// The sink that every stage writes to.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    concealed: Vec<(FileId, Range<usize>)>,
    consumed: Vec<(Origin, &'static str)>,
    consumed_below: Vec<(Origin, &'static str)>,
}

impl Diagnostics {
    /// Hides a part of a file in every message: a credential stands there.
    pub fn conceal(&mut self, file: FileId, range: Range<usize>) {
        self.concealed.push((file, range));
    }

    /// What is to be hidden; nothing afterwards.
    pub fn take_concealed(&mut self) -> Vec<(FileId, Range<usize>)> {
        std::mem::take(&mut self.concealed)
    }

    /// Takes a message, unless the very same one was said already.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.list.last() != Some(&diagnostic) {
            self.list.push(diagnostic);
        }
    }

    /// Takes everything that another sink holds.
    pub fn join(&mut self, other: Diagnostics) {
        let Diagnostics { list, concealed, consumed, consumed_below } = other;
        self.list.extend(list);
        self.concealed.extend(concealed);
        self.consumed.extend(consumed);
        self.consumed_below.extend(consumed_below);
    }

    /// Notes that a leaf of the input was used up without a trace in the manifests, and why that is right.
    pub fn consume(&mut self, leaf: Origin, reason: &'static str) {
        self.consumed.push((leaf, reason));
    }

    /// The same for everything under a key, list or mapping.
    pub fn consume_below(&mut self, place: Origin, reason: &'static str) {
        self.consumed_below.push((place, reason));
    }

    /// Says leaf by leaf what was said of keys, lists and mappings as a whole, and names the very key at which a message stands.
    pub fn spread(&mut self, leaves: &Leaves) {
        for (place, reason) in std::mem::take(&mut self.consumed_below) {
            self.consumed.extend(leaves.below(place).map(|leaf| (leaf, reason)));
        }
        // Behind what is said of them elsewhere.
        self.consumed.extend(leaves.empty().iter().map(|leaf| (*leaf, "an empty list or mapping says nothing")));
        for diagnostic in &mut self.list {
            for place in std::mem::take(&mut diagnostic.covers_below) {
                diagnostic.covers.extend(leaves.below(place));
            }
            if diagnostic.names_below {
                name_what_is_below(diagnostic, leaves.paths());
            }
            let found = diagnostic.primary.as_ref().and_then(|label| leaves.paths().of(label.origin));
            if let Some(path) = found.filter(|path| path.starts_with(&diagnostic.key)) {
                diagnostic.key = path;
            }
        }
    }

    /// Gives every leaf that was used up away, with the reason.
    pub fn take_consumed(&mut self) -> Vec<(Origin, &'static str)> {
        std::mem::take(&mut self.consumed)
    }

    /// All messages so far, in the order they were said.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Lets a caller raise severities (`--deny`) or silence codes (`--allow`).
    pub fn retain_mut(&mut self, keep: impl FnMut(&mut Diagnostic) -> bool) {
        self.list.retain_mut(keep);
    }

    /// All messages by file, position and code; those without a place come first.
    pub fn sorted(self, sources: &Sources) -> Vec<Diagnostic> {
        sorted(self.list, sources)
    }
}

/// Says in the label of a message about a mapping which keys stand there.
fn name_what_is_below(diagnostic: &mut Diagnostic, paths: &Paths) {
    let Diagnostic { primary: Some(label), key, covers, .. } = diagnostic else { return };
    if !label.text.is_empty() {
        return;
    }
    let below = |leaf: &Origin| {
        let rest = paths.of(*leaf)?.strip_prefix(key.as_str())?.to_owned();
        (rest.starts_with(['.', '[']) && rest.contains('.')).then(|| rest.trim_start_matches('.').to_owned())
    };
    let names: Vec<String> = covers.iter().take(SHOWN).filter_map(below).collect();
    if !names.is_empty() {
        let more = if covers.len() > SHOWN { ", ..." } else { "" };
        label.text = format!("with {}{more}", names.join(", "));
    }
}

/// Messages by file, position and code; those without a place come first.
pub fn sorted(mut list: Vec<Diagnostic>, sources: &Sources) -> Vec<Diagnostic> {
    list.sort_by_cached_key(|diagnostic| {
        let place = diagnostic.primary.as_ref().map(|label| {
            let entry = sources.entry(label.origin);
            (entry.file, entry.range.start, entry.range.end)
        });
        (place, diagnostic.code.id())
    });
    list
}
