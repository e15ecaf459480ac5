//! Every edge of `depends_on` ends as a wait in the pod of the one that depends, as its place in one pod, or in a message or a reason
//! that names it. Over `testdata/`, and over the corpus that `TRANSSHIP_CORPUS` names.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads fixtures and fails loudly")]

use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use serde_yaml::Value;
use transship::world::OsWorld;
use transship::{Compilation, Request, compile};

fn stack_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            stack_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
    }
}

/// `(service, dependency)` of every entry that is written in the file itself.
fn edges(path: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let Ok(mut document) = serde_yaml::from_str::<Value>(&text) else { return Vec::new() };
    let _ = document.apply_merge();
    let mut found = Vec::new();
    let services = document.get("services").and_then(Value::as_mapping).cloned().unwrap_or_default();
    for (name, service) in &services {
        let Some(name) = name.as_str() else { continue };
        // Without an active profile it is left out, which the fixtures of profiles show.
        if service.get("profiles").is_some() {
            continue;
        }
        let names: Vec<String> = match service.get("depends_on") {
            Some(Value::Sequence(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::Mapping(map)) => map.keys().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        found.extend(names.into_iter().map(|dependency| (name.to_owned(), dependency)));
    }
    found
}

/// Whether a pod has the container of a service, and a wait for another or that other's container.
fn pod_holds(object: &Json, service: &str, dependency: &str) -> bool {
    let pod = ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"]
        .into_iter()
        .find_map(|pointer| object.pointer(pointer));
    let Some(pod) = pod else { return false };
    let names = |key: &str| -> Vec<String> {
        let list = pod.get(key).and_then(Json::as_array).cloned().unwrap_or_default();
        list.iter().filter_map(|container| container["name"].as_str().map(str::to_owned)).collect()
    };
    let all: Vec<String> = names("initContainers").into_iter().chain(names("containers")).collect();
    let (service, dependency) = (transship::ir::Name::from_text(service), transship::ir::Name::from_text(dependency));
    let wait = format!("wait-for-{dependency}");
    all.iter().any(|name| name == service.as_str())
        && all.iter().any(|name| name.starts_with(&wait) || name == dependency.as_str())
}

fn is_said(compilation: &Compilation, service: &str, dependency: &str) -> bool {
    let quoted = format!("`{dependency}`");
    let key = format!("services.{service}.depends_on");
    let said = compilation.diagnostics.iter().any(|diagnostic| {
        let speaks = diagnostic.message.contains(&quoted) || diagnostic.message.contains(dependency);
        diagnostic.key.starts_with(&key) && speaks || diagnostic.message.contains(&quoted)
    });
    said || compilation
        .consumed
        .iter()
        .any(|(leaf, _)| compilation.sources.text_at(*leaf).trim_matches(['"', '\'']) == dependency)
}

fn check(path: &Path) -> Vec<String> {
    let request = Request { files: vec![path.to_string_lossy().into_owned()], ..Request::default() };
    let compilation = compile(&OsWorld, &request);
    let Some(manifests) = &compilation.manifests else { return Vec::new() };
    let objects: Vec<Json> =
        manifests.iter().map(|manifest| serde_json::from_str(&manifest.object.to_string()).unwrap()).collect();
    let mut missing = Vec::new();
    for (service, dependency) in edges(path) {
        let waits = objects.iter().any(|object| pod_holds(object, &service, &dependency));
        if !waits && !is_said(&compilation, &service, &dependency) {
            missing.push(format!("{}: {service} -> {dependency}", path.display()));
        }
    }
    missing
}

#[test]
fn every_edge_of_the_fixtures_has_its_wait_or_its_reason() {
    let mut files = Vec::new();
    stack_files(Path::new("testdata"), &mut files);
    let count: usize = files.iter().map(|path| edges(path).len()).sum();
    let missing: Vec<String> = files.iter().flat_map(|path| check(path)).collect();
    assert!(count > 20, "{count} edges");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_edge_of_the_corpus_has_its_wait_or_its_reason() {
    let Ok(corpus) = std::env::var("TRANSSHIP_CORPUS") else {
        println!("skipped: TRANSSHIP_CORPUS is not set");
        return;
    };
    let mut files = Vec::new();
    stack_files(Path::new(&corpus), &mut files);
    let count: usize = files.iter().map(|path| edges(path).len()).sum();
    let missing: Vec<String> = files.iter().flat_map(|path| check(path)).collect();
    println!("{count} edges in {} files", files.len());
    assert!(count > 0);
    assert!(missing.is_empty(), "{} of {count}:\n{}", missing.len(), missing.join("\n"));
}
