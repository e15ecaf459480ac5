//! Every edge of `depends_on` ends as a wait in the pod of the one that depends, as its place in one pod, or in a message or a reason
//! that names it. Over `testdata/`, and over the corpus that `TRANSSHIP_CORPUS` names.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads fixtures and fails loudly")]

mod corpus;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;
use serde_yaml::Value;
use transship::world::OsWorld;
use transship::{Compilation, Request, compile};

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

/// Reasons for which an entry makes no wait, as they are given for its leaves.
const REASONS: [&str; 6] = [
    "it comes first in their pod",
    "a Job starts at once",
    "part of a circle",
    "no waits were asked for",
    "the scheduler is left out",
    "the router is left out",
];

/// Codes of messages that say why an entry makes no wait: of circles, of what is left out, of what has no replicas or runs at set
/// times, and of pods that are left out themselves.
const CODES: [&str; 8] = ["T0201", "T0204", "T0206", "T0208", "T0234", "T0233", "T0333", "T0115"];

fn pod(object: &Json) -> Option<&Json> {
    ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"].into_iter().find_map(|path| object.pointer(path))
}

fn containers<'a>(pod: &'a Json, key: &str) -> impl Iterator<Item = (&'a str, &'a Json)> {
    let list = pod.get(key).and_then(Json::as_array).into_iter().flatten();
    list.filter_map(|container| Some((container["name"].as_str()?, container)))
}

/// The workloads whose pods hold the container of a service: its own, or that of a service whose pod it shares.
fn owners(objects: &[Json], service: &str) -> Vec<String> {
    let service = transship::ir::Name::from_text(service);
    let holds = |pod: &Json| {
        containers(pod, "initContainers").chain(containers(pod, "containers")).any(|(name, _)| name == service.as_str())
    };
    let named =
        |object: &Json| object.pointer("/metadata/labels")?["app.kubernetes.io/name"].as_str().map(str::to_owned);
    let found = objects.iter().filter(|object| pod(object).is_some_and(holds)).filter_map(named);
    found.chain([service.to_string()]).collect()
}

/// Whether the pod of a service waits for another, or starts it first.
fn pod_holds(object: &Json, service: &str, dependency: &str, owners: &[String]) -> bool {
    let Some(pod) = pod(object) else { return false };
    let (service, dependency) = (transship::ir::Name::from_text(service), transship::ir::Name::from_text(dependency));
    let order: Vec<&str> =
        containers(pod, "initContainers").chain(containers(pod, "containers")).map(|(name, _)| name).collect();
    let Some(own) = order.iter().position(|name| *name == service.as_str()) else { return false };
    let is_wait = |name: &str| {
        let awaited = name.strip_prefix("wait-for-");
        // A service may be called as a wait is.
        awaited.is_some_and(|name| owners.iter().any(|owner| name == owner || name == format!("{owner}-2")))
    };
    let before = order.get(..own).unwrap_or_default();
    before.iter().any(|name| is_wait(name) || *name == dependency.as_str())
}

/// Waits that wait for something that is not among the manifests, which would be for ever.
fn endless(objects: &[Json]) -> Vec<String> {
    let named = |kind: &str| -> BTreeMap<String, &Json> {
        let of_kind = objects.iter().filter(|object| object["kind"] == kind);
        of_kind.filter_map(|object| Some((object.pointer("/metadata/name")?.as_str()?.to_owned(), object))).collect()
    };
    let (services, jobs, roles) = (named("Service"), named("Job"), named("Role"));
    let mut wrong = Vec::new();
    for pod in objects.iter().filter_map(pod) {
        for (name, container) in containers(pod, "initContainers").filter(|(name, _)| name.starts_with("wait-for-")) {
            let command = container.pointer("/command/2").and_then(Json::as_str).unwrap_or_default();
            let words: Vec<&str> = command.split([' ', ';']).collect();
            let is_there = match words.as_slice() {
                ["until", "nc", "-z", "-w", "2", host, port, ..] => services.get(*host).is_some_and(|service| {
                    let ports = service.pointer("/spec/ports").and_then(Json::as_array);
                    let is_headless = service.pointer("/spec/clusterIP").is_some();
                    is_headless || ports.into_iter().flatten().any(|known| known["port"].as_u64() == port.parse().ok())
                }),
                // An address of its own resolves though nobody is ready.
                ["until", "nslookup", host, ..] => {
                    services.get(*host).is_some_and(|service| service.pointer("/spec/clusterIP").is_some())
                }
                _ => command.split("/jobs/").nth(1).and_then(|rest| rest.lines().next()).is_some_and(|job| {
                    let names = roles.values().filter_map(|role| role.pointer("/rules/0/resourceNames")?.as_array());
                    jobs.contains_key(job) && names.flatten().any(|name| name == job)
                }),
            };
            if !is_there {
                wrong.push(format!("{name} never ends: {command}"));
            }
        }
    }
    wrong
}

/// Whether a message or a reason speaks of this very entry.
fn is_said(compilation: &Compilation, service: &str, dependency: &str) -> bool {
    let quoted = format!("`{dependency}`");
    let key = format!("services.{service}");
    let said = compilation.diagnostics.iter().any(|diagnostic| {
        let is_named = diagnostic.message.contains(&quoted)
            || diagnostic.key == format!("{key}.depends_on.{dependency}")
            || diagnostic.message.contains("circle") && diagnostic.message.contains(dependency);
        let of_service = diagnostic.key == key || diagnostic.key.starts_with(&format!("{key}."));
        // One message speaks of a whole circle, at the entry of one of its members.
        let speaks =
            (of_service || diagnostic.message.contains("circle")) && (is_named || diagnostic.code.id() == "T0233");
        CODES.contains(&diagnostic.code.id()) && speaks
    });
    let entry = format!("{key}.depends_on");
    said || compilation.consumed.iter().any(|(leaf, reason)| {
        let Some(path) = compilation.paths.of(*leaf) else { return false };
        let of_entry = path == format!("{entry}.{dependency}")
            || path.starts_with(&format!("{entry}.{dependency}."))
            || path.starts_with(&format!("{entry}["))
                && compilation.sources.text_at(*leaf).trim_matches(['"', '\'']) == dependency;
        of_entry && REASONS.contains(reason)
    })
}

fn check(path: &Path) -> Vec<String> {
    let request = Request { files: vec![path.to_string_lossy().into_owned()], ..Request::default() };
    let compilation = compile(&OsWorld, &request);
    let Some(manifests) = &compilation.manifests else { return Vec::new() };
    let objects: Vec<Json> =
        manifests.iter().map(|manifest| serde_json::from_str(&manifest.object.to_string()).unwrap()).collect();
    let mut missing = Vec::new();
    for (service, dependency) in edges(path) {
        let owners = owners(&objects, &dependency);
        let waits = objects.iter().any(|object| pod_holds(object, &service, &dependency, &owners));
        if !waits && !is_said(&compilation, &service, &dependency) {
            missing.push(format!("{}: {service} -> {dependency}", path.display()));
        }
    }
    missing.extend(endless(&objects).into_iter().map(|wait| format!("{}: {wait}", path.display())));
    missing
}

#[test]
fn every_edge_of_the_fixtures_has_its_wait_or_its_reason() {
    let files = corpus::stack_files(Path::new("testdata"));
    let count: usize = files.iter().map(|path| edges(path).len()).sum();
    let missing: Vec<String> = files.iter().flat_map(|path| check(path)).collect();
    assert!(count > 20, "{count} edges");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_edge_of_the_corpus_has_its_wait_or_its_reason() {
    let Some(root) = corpus::root() else { return };
    let files = corpus::stack_files(&root);
    let count: usize = files.iter().map(|path| edges(path).len()).sum();
    let missing: Vec<String> = files.iter().flat_map(|path| check(path)).collect();
    println!("{count} edges in {} files", files.len());
    assert!(count > 0);
    assert!(missing.is_empty(), "{} of {count}:\n{}", missing.len(), missing.join("\n"));
}
