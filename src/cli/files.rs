//! Manifests as text: all in one, or a file for each.

use std::collections::BTreeSet;

use super::arguments::Format;
use crate::emit::{Manifest, Value};
use crate::render;
use crate::world::OutputFile;

/// All manifests in one text.
pub(super) fn together(manifests: &[Manifest], format: Format) -> String {
    let objects = manifests.iter().map(|manifest| &manifest.object);
    match format {
        Format::Yaml => render::yaml::stream(objects),
        Format::Json => render::json::list(objects),
    }
}

/// All manifests in one file.
pub(super) fn single(manifests: &[Manifest], format: Format) -> OutputFile {
    OutputFile { path: String::new(), text: together(manifests, format), private: manifests.iter().any(is_secret) }
}

/// A file for each manifest, named by what it holds.
pub(super) fn apart(manifests: &[Manifest], format: Format) -> Vec<OutputFile> {
    let mut taken = BTreeSet::new();
    manifests
        .iter()
        .map(|manifest| OutputFile {
            path: file_name(manifest, format, &mut taken),
            text: text(&manifest.object, format),
            private: is_secret(manifest),
        })
        .collect()
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
        let files = apart(&manifests, Format::Json);
        let names: Vec<(&str, bool)> = files.iter().map(|file| (file.path.as_str(), file.private)).collect();
        assert_eq!(names, [("web-secret.json", true), ("web-service.json", false), ("web-service-2.json", false)]);
        assert!(single(&manifests, Format::Yaml).private);
        assert!(!single(&manifests[1..], Format::Yaml).private);
    }
}
