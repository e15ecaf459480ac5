//! Manifests as text: all in one, or a file for each.

use std::collections::BTreeSet;
use std::io;
use std::sync::mpsc;
use std::thread;

use super::arguments::Format;
use crate::emit::{Manifest, Value};
use crate::render;
use crate::world::OutputFile;

/// How many manifests are handed over at once, so that the handing over costs nothing beside the making.
const BATCH: usize = 32;

/// How many batches may wait to be written.
const WAITING: usize = 8;

/// All manifests in one text, piece by piece: one thread makes them, and this one writes them, in the order in which they are made.
pub(super) fn together(
    manifests: impl Iterator<Item = Manifest> + Send,
    format: Format,
    take: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel::<Vec<Value>>(WAITING);
        let mut objects = manifests.map(|manifest| manifest.object);
        let make = move || {
            loop {
                let batch: Vec<Value> = objects.by_ref().take(BATCH).collect();
                // Nobody listens any more once writing has failed.
                if batch.is_empty() || sender.send(batch).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new().spawn_scoped(scope, make)?;
        let objects = receiver.into_iter().flatten();
        match format {
            Format::Yaml => render::yaml::pieces(objects, take),
            Format::Json => render::json::pieces(objects, take),
        }
    })
}

/// All manifests in one file.
pub(super) fn single(manifests: impl Iterator<Item = Manifest> + Send, format: Format) -> OutputFile {
    let mut file = OutputFile { path: String::new(), text: String::new(), private: false };
    let manifests = manifests.inspect(|manifest| file.private |= is_secret(manifest));
    // A text takes every piece.
    let _ = together(manifests, format, |piece| {
        file.text.push_str(piece);
        Ok(())
    });
    file
}

/// A file for each manifest, named by what it holds.
pub(super) fn apart(manifests: impl Iterator<Item = Manifest>, format: Format) -> Vec<OutputFile> {
    let mut taken = BTreeSet::new();
    manifests
        .map(|manifest| OutputFile {
            path: file_name(&manifest, format, &mut taken),
            text: text(&manifest.object, format),
            private: is_secret(&manifest),
        })
        .collect()
}

/// The same in a folder of its own.
pub(super) fn below(folder: &str, manifests: impl Iterator<Item = Manifest>, format: Format) -> Vec<OutputFile> {
    let file = |file: OutputFile| OutputFile { path: format!("{folder}/{}", file.path), ..file };
    apart(manifests, format).into_iter().map(file).collect()
}

fn text(object: &Value, format: Format) -> String {
    match format {
        Format::Yaml => render::yaml::stream([object]),
        Format::Json => format!("{object:#}\n"),
    }
}

/// `web-deployment.yaml`; where two would be called alike, the second is `web-deployment-2.yaml`.
fn file_name(manifest: &Manifest, format: Format, taken: &mut BTreeSet<String>) -> String {
    let ending = match format {
        Format::Yaml => "yaml",
        Format::Json => "json",
    };
    let stem = format!("{}-{}", manifest.name(), manifest.kind().to_ascii_lowercase());
    let mut name = format!("{stem}.{ending}");
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{stem}-{number}.{ending}");
        number += 1;
    }
    name
}

fn is_secret(manifest: &Manifest) -> bool {
    manifest.kind() == "Secret"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::emit::Reasons;

    fn manifest(kind: &str, name: &str) -> Manifest {
        let object = json!({"kind": kind, "metadata": {"name": name}});
        Manifest { object: object.into(), reasons: Reasons::default(), owner: None }
    }

    #[test]
    fn every_file_has_its_own_name_and_secrets_are_private() {
        let manifests = [manifest("Secret", "web"), manifest("Service", "web"), manifest("Service", "web")];
        let files = apart(manifests.iter().cloned(), Format::Json);
        let names: Vec<(&str, bool)> = files.iter().map(|file| (file.path.as_str(), file.private)).collect();
        assert_eq!(names, [("web-secret.json", true), ("web-service.json", false), ("web-service-2.json", false)]);
        assert!(single(manifests.iter().cloned(), Format::Yaml).private);
        assert!(!single(manifests[1..].iter().cloned(), Format::Yaml).private);
    }
}
