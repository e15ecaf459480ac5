//! What decoding needs and where it is in the project, and what it says of keys and values that are wrong.

use super::Table;
use crate::compose::leaves::leaves;
use crate::diag::{Code, Diagnostic, Diagnostics, nearest};
use crate::origin::{Origin, Sources};
use crate::syntax::{Node, Value};

/// What decoding needs: the sink, the sources, and where in the project it is.
pub struct Reader<'a> {
    /// Where messages go.
    pub diags: &'a mut Diagnostics,
    /// Where texts are.
    pub sources: &'a Sources,
    path: String,
}

impl<'a> Reader<'a> {
    /// A reader at the top of the project.
    pub fn new(sources: &'a Sources, diags: &'a mut Diagnostics) -> Self {
        Reader { diags, sources, path: String::new() }
    }

    /// Reads something one step further down: under a key, or `[0]` in a list.
    pub fn within<T>(&mut self, segment: impl AsRef<str>, read: impl FnOnce(&mut Self) -> T) -> T {
        let place = self.enter(segment);
        let result = read(self);
        self.leave(place);
        result
    }

    /// Goes one step further down, and gives what [`Reader::leave`] needs to go back.
    pub(crate) fn enter(&mut self, segment: impl AsRef<str>) -> usize {
        let length = self.path.len();
        let segment = segment.as_ref();
        if length > 0 && !segment.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(segment);
        length
    }

    /// Goes back to where it was.
    pub(crate) fn leave(&mut self, place: usize) {
        self.path.truncate(place);
    }

    /// Where it is, as `services.web.ports[0]`.
    pub fn path(&self) -> String {
        self.path.clone()
    }

    /// Says that a value has the wrong type.
    pub fn wrong_type(&mut self, node: &Node, expected: &str) {
        let path = self.path();
        let subject = if path.is_empty() { "the top level of the file".to_owned() } else { format!("`{path}`") };
        let message = format!("{subject} must be {expected}, not {}", node.value.kind());
        let mut diagnostic = Diagnostic::new(Code::WrongType, node.origin, message)
            .label(format!("{} here", node.value.kind()))
            .key(path);
        if expected.contains("a string")
            && matches!(node.value, Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Timestamp(_))
        {
            diagnostic = diagnostic.help(format!("quote it: \"{}\"", self.sources.text_at(node.origin)));
        } else {
            diagnostic = diagnostic.help(format!("write {expected}"));
        }
        self.diags.push(diagnostic);
    }

    /// Says that a key has no value where it needs one.
    pub fn without_value(&mut self, key: Origin, expected: &str) {
        let path = self.path();
        self.diags.push(
            Diagnostic::new(Code::WrongType, key, format!("`{path}` has no value"))
                .label("nothing follows")
                .why(format!("it must be {expected}"))
                .help("give it a value, or remove the key")
                .key(path),
        );
    }

    /// Says that a value cannot be read.
    pub fn bad_value(&mut self, origin: Origin, message: impl Into<String>, help: impl Into<String>) {
        let path = self.path();
        let diagnostic =
            Diagnostic::new(Code::BadValue, origin, format!("`{path}`: {}", message.into())).help(help).key(path);
        self.diags.push(diagnostic);
    }

    /// Says that a mapping lacks a key.
    pub fn missing(&mut self, origin: Origin, name: &str) {
        let path = self.path();
        let message = format!("`{path}` has no `{name}`");
        self.diags.push(Diagnostic::new(Code::Missing, origin, message).help(format!("add `{name}:`")).key(path));
    }

    /// Says that no such key exists.
    pub fn unknown_key(&mut self, name: &str, key: Origin, value: &Node, table: &Table) {
        let mut found = Vec::new();
        leaves(value, &mut found);
        let path = self.path();
        let place = if path.is_empty() { "at the top level".to_owned() } else { format!("in `{path}`") };
        let near = nearest(name, table.rules.iter().map(|rule| rule.name));
        let mut diagnostic = Diagnostic::new(Code::UnknownKey, key, format!("unknown key `{name}` {place}")).key(path);
        diagnostic = match near {
            Some(near) => diagnostic.label("no such key").help(format!("did you mean `{near}`?")),
            None => diagnostic
                .label("no such key")
                .help(format!("remove it, or name it `x-{name}` if it is for another tool")),
        };
        self.diags.push(diagnostic.covers(found));
    }
}
