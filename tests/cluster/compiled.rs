//! Compilations for the cluster: a project, its manifests, and the place in the source that a part of a manifest came from.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use transship::diag::{Diagnostic, Severity, by_cause, to_text};
use transship::emit::Manifest;
use transship::world::{FolderEntry, Kind, OsWorld, ReadError, World};
use transship::{Compilation, Request, compile};

/// The machine's files, with variables of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct StackWorld {
    /// The whole environment.
    pub(crate) variables: BTreeMap<String, String>,
}

impl World for StackWorld {
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        OsWorld.read(path, limit)
    }
    fn kind(&self, path: &str) -> Option<Kind> {
        OsWorld.kind(path)
    }
    fn mode(&self, path: &str) -> Option<u32> {
        OsWorld.mode(path)
    }
    fn list(&self, path: &str) -> Result<Vec<FolderEntry>, ReadError> {
        OsWorld.list(path)
    }
    fn environment(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
    fn current_folder(&self) -> String {
        OsWorld.current_folder()
    }
    fn home(&self) -> Option<String> {
        None
    }
    fn stdin(&self, _: u64) -> Result<Vec<u8>, ReadError> {
        Ok(Vec::new())
    }
}

/// The request for one file.
pub(crate) fn request(path: &Path) -> Request {
    Request { files: vec![path.to_string_lossy().into_owned()], ..Request::default() }
}

/// Compiles one file.
pub(crate) fn one(world: &StackWorld, path: &Path) -> Compilation {
    compile(world, &request(path))
}

/// The errors of a compilation as a person would see them.
pub(crate) fn errors(compilation: &Compilation) -> String {
    let errors = compilation.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    by_cause(errors).iter().map(|told| to_text(told, &compilation.sources, false)).collect()
}

/// The code of each message, and the line of the source that it is about.
pub(crate) fn messages(compilation: &Compilation) -> Vec<(String, String)> {
    let messages = compilation.diagnostics.iter();
    let sources = &compilation.sources;
    let line = |origin| {
        let entry = sources.entry(origin);
        let number = sources.position(entry.file, entry.range.start).line;
        let text = sources.file(entry.file).map_or("", |file| &*file.text);
        text.lines().nth(number - 1).unwrap_or_default().to_owned()
    };
    let place = |diagnostic: &Diagnostic| diagnostic.primary.as_ref().map_or(String::new(), |label| line(label.origin));
    messages.map(|diagnostic| (diagnostic.code.id().to_owned(), place(diagnostic))).collect()
}

/// The object of a manifest as plain JSON.
pub(crate) fn object(manifest: &Manifest) -> Value {
    serde_json::to_value(&manifest.object).unwrap_or_default()
}

/// Where in the source the value at a pointer came from: `file:line:column: text`, or the decision behind it.
pub(crate) fn place(compilation: &Compilation, manifest: &Manifest, pointer: &str) -> String {
    let Some(why) = manifest.why(pointer).or_else(|| manifest.why("/kind")) else { return "no reason".to_owned() };
    let Some(origin) = why.origins().first() else { return format!("{why:?}") };
    let entry = compilation.sources.entry(*origin);
    let position = compilation.sources.position(entry.file, entry.range.start);
    let file = compilation.sources.file(entry.file).map_or("?", |file| file.name.as_str());
    let text = compilation.sources.text_at(*origin).lines().next().unwrap_or_default();
    format!("{file}:{}:{}: {text}", position.line, position.column)
}

/// The pointer of a field as the server names it: `spec.template.spec.containers[0].image`.
pub(crate) fn pointer_of(field: &str, object: &Value) -> String {
    let mut pointer = String::new();
    for part in field.replace('[', ".").replace(']', "").split('.').filter(|part| !part.is_empty()) {
        let longer = format!("{pointer}/{}", part.replace('~', "~0").replace('/', "~1"));
        // Keys that hold dots of their own, as in `data[a.b]`, end the way.
        if object.pointer(&longer).is_none() {
            break;
        }
        pointer = longer;
    }
    pointer
}
