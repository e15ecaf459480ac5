//! What an object names is there: every ConfigMap, Secret, claim and account that a pod names is among the manifests, or a message
//! says that it must exist; every Service finds pods, and whatever leads to a Service finds its port. Over `testdata/`, and over the
//! corpus that `TRANSSHIP_CORPUS` names. The search is the test's own, by the words of the API.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test reads fixtures and fails loudly"
)]

mod corpus;
mod fixture;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use transship::world::OsWorld;
use transship::{Compilation, compile};

/// What a pod, or an object that leads somewhere, names: kind and name.
fn named(object: &Value, found: &mut BTreeSet<(&'static str, String)>) {
    const FIELDS: [(&str, &str, &str); 9] = [
        ("configMapRef", "name", "ConfigMap"),
        ("configMapKeyRef", "name", "ConfigMap"),
        ("configMap", "name", "ConfigMap"),
        ("secretRef", "name", "Secret"),
        ("secretKeyRef", "name", "Secret"),
        ("secret", "secretName", "Secret"),
        ("persistentVolumeClaim", "claimName", "PersistentVolumeClaim"),
        ("roleRef", "name", "Role"),
        ("service", "name", "Service"),
    ];
    match object {
        Value::Object(map) => {
            for (key, value) in map {
                for (_, field, kind) in FIELDS.iter().filter(|(name, _, _)| name == key) {
                    let name = value.get(field).and_then(Value::as_str);
                    found.extend(name.map(|name| (*kind, name.to_owned())));
                }
                if key == "serviceName" {
                    found.extend(value.as_str().map(|name| ("Service", name.to_owned())));
                }
                named(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| named(item, found)),
        _ => {}
    }
}

/// The labels of every pod that an object makes.
fn pods(object: &Value, found: &mut Vec<Value>) {
    if let Value::Object(map) = object {
        for (key, value) in map {
            if key == "template" {
                found.extend(value.pointer("/metadata/labels").cloned());
            }
            pods(value, found);
        }
    }
}

fn is_selected(selector: &Value, labels: &Value) -> bool {
    // The controller gives each pod of a StatefulSet its number.
    let mut wanted = selector.as_object().into_iter().flatten().filter(|(key, _)| !key.ends_with("/pod-index"));
    wanted.all(|(key, value)| labels.get(key) == Some(value))
}

/// What is named in vain, and how much is named at all.
fn faults(path: &Path, compilation: &Compilation) -> (Vec<String>, usize) {
    let Some(manifests) = &compilation.manifests else { return (Vec::new(), 0) };
    let objects: Vec<(String, String, String, Value)> = manifests
        .iter()
        .map(|manifest| {
            let object: Value = serde_json::from_str(&manifest.object.to_string()).unwrap();
            let namespace =
                object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default().to_owned();
            (manifest.kind().to_owned(), namespace, manifest.name().to_owned(), object)
        })
        .collect();
    let there: BTreeSet<(&str, &str, &str)> =
        objects.iter().map(|(kind, namespace, name, _)| (kind.as_str(), namespace.as_str(), name.as_str())).collect();
    let is_said = |name: &str| {
        let words = |text: &str| {
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
            text.split(|c| !is_name(c)).any(|word| word.trim_end_matches('.') == name)
        };
        let mut all = compilation.diagnostics.iter();
        all.any(|said| words(&said.message) || said.help.iter().any(|help| words(help)))
    };
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (kind, namespace, name, object) in &objects {
        let mut names = BTreeSet::new();
        named(object, &mut names);
        seen += names.len();
        for (wanted, other) in names {
            // The authority of the cluster is everywhere.
            if other == "kube-root-ca.crt" || is_said(&other) {
                continue;
            }
            if !there.contains(&(wanted, namespace, &other)) {
                wrong.push(format!("{}: {kind} {name} names the {wanted} {other}, which is not there", path.display()));
            }
        }
        if let ("Service", Some(selector)) = (kind.as_str(), object.pointer("/spec/selector")) {
            let mut found = Vec::new();
            objects
                .iter()
                .filter(|(_, own, _, _)| own == namespace)
                .for_each(|(_, _, _, other)| pods(other, &mut found));
            if !found.iter().any(|labels| is_selected(selector, labels)) {
                wrong.push(format!("{}: the Service {name} finds no pods", path.display()));
            }
        }
    }
    (wrong, seen)
}

fn check(files: &[PathBuf]) {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for path in files {
        for request in fixture::requests(path) {
            let (more, named) = faults(path, &compile(&OsWorld, &request));
            wrong.extend(more);
            seen += named;
        }
    }
    assert!(seen > 100, "only {seen} names were found");
    assert!(wrong.is_empty(), "{} names:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_fixtures_name_is_there() {
    let mut files = corpus::stack_files(Path::new("testdata"));
    // Cases of the loader alone, many of which it refuses.
    files.retain(|path| !path.starts_with("testdata/reference"));
    check(&files);
}

#[test]
fn what_the_corpus_names_is_there() {
    let Some(root) = corpus::root() else { return };
    check(&corpus::stack_files(&root));
}
