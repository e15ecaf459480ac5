//! What a container dials is there: for every `name:port` in the texts of the output, a Service of that name has the port, or is
//! headless so that any port answers, or a message says that the name was left. Over `testdata/`, and over the corpus that
//! `TRANSSHIP_CORPUS` names. The search for references is the test's own, simpler than the compiler's.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    reason = "a test reads fixtures and fails loudly"
)]

mod corpus;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base64::Engine;
use serde_json::Value;
use transship::world::OsWorld;
use transship::{Request, compile};

/// Every name that the file gives a service: keys, container names, aliases of networks and links.
fn services(path: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let Ok(file) = serde_yaml::from_str::<serde_yaml::Value>(&text) else { return BTreeSet::new() };
    let services = file.get("services").and_then(|services| services.as_mapping().cloned()).unwrap_or_default();
    let mut names = BTreeSet::new();
    for (name, service) in &services {
        names.extend(name.as_str().map(str::to_owned));
        names.extend(service.get("container_name").and_then(|name| name.as_str()).map(str::to_owned));
        let networks = service.get("networks").and_then(|networks| networks.as_mapping().cloned()).unwrap_or_default();
        let aliases = networks.values().filter_map(|network| network.get("aliases")?.as_sequence());
        names.extend(aliases.flatten().filter_map(|alias| alias.as_str().map(str::to_owned)));
        let links = service.get("links").and_then(|links| links.as_sequence()).into_iter().flatten();
        names.extend(links.filter_map(|link| Some(link.as_str()?.split_once(':')?.1.to_owned())));
    }
    // What is interpolated stands there otherwise.
    names.retain(|name| !name.contains('$'));
    names
}

/// Every `name:port` in a text, however it is surrounded.
fn references(text: &str) -> Vec<(String, u16)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut found = Vec::new();
    for (at, _) in text.match_indices(':') {
        let name: String = text[..at].chars().rev().take_while(|c| is_name(*c)).collect();
        let name: String = name.chars().rev().collect();
        let digits: String = text[at + 1..].chars().take_while(char::is_ascii_digit).collect();
        let before = text[..at - name.len()].chars().next_back();
        let next = text[at + 1 + digits.len()..].chars().next();
        let ends = next.is_none_or(|c| !is_name(c) && c != '@');
        // A user's password, an image's tag and a path are no ports.
        if let (true, Ok(port), true) =
            (ends, digits.parse(), before != Some('/') || text[..at - name.len()].ends_with("//"))
        {
            found.push((name, port));
        }
    }
    found
}

/// Texts of the environment and the commands of every container, and of Secrets.
fn texts(object: &Value, key: &str, found: &mut Vec<(String, String)>) {
    match object {
        Value::Object(map) => {
            let name = map.get("name").and_then(Value::as_str).unwrap_or(key);
            for (child, value) in map {
                match value {
                    Value::String(text) if child == "value" => found.push((name.to_owned(), text.clone())),
                    _ => texts(value, child, found),
                }
            }
        }
        Value::Array(items) if matches!(key, "command" | "args") => {
            found.extend(items.iter().filter_map(Value::as_str).map(|text| (String::new(), text.to_owned())));
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, key, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check(path: &Path) -> (usize, Vec<String>) {
    let request = Request { files: vec![path.to_string_lossy().into_owned()], ..Request::default() };
    let compilation = compile(&OsWorld, &request);
    let Some(manifests) = &compilation.manifests else { return (0, Vec::new()) };
    let mut answers: BTreeMap<String, Option<BTreeSet<u16>>> = BTreeMap::new();
    let mut all = Vec::new();
    for manifest in manifests {
        let object: Value = serde_json::from_str(&manifest.object.to_string()).unwrap();
        match manifest.kind() {
            "Service" => {
                let is_headless = object.pointer("/spec/clusterIP").is_some();
                let ports = object.pointer("/spec/ports").and_then(Value::as_array).cloned().unwrap_or_default();
                let ports = ports.iter().filter_map(|port| u16::try_from(port.get("port")?.as_u64()?).ok()).collect();
                answers.insert(manifest.name().to_owned(), (!is_headless).then_some(ports));
            }
            "Secret" => {
                for (key, value) in object.get("data").and_then(Value::as_object).into_iter().flatten() {
                    let bytes = base64::engine::general_purpose::STANDARD.decode(value.as_str().unwrap()).unwrap();
                    all.extend(String::from_utf8(bytes).ok().map(|text| (key.clone(), text)));
                }
            }
            "ConfigMap" => {}
            _ => texts(&object, "", &mut all),
        }
    }
    let written = services(path);
    let mut seen = 0;
    let mut wrong = Vec::new();
    for (key, text) in all {
        if key.to_ascii_uppercase().contains("IMAGE") {
            continue;
        }
        for (name, port) in references(&text) {
            let said = compilation
                .diagnostics
                .iter()
                .filter(|diagnostic| matches!(diagnostic.code.id(), "T0308" | "T0766"))
                .any(|diagnostic| diagnostic.message.contains(&format!("`{name}`")));
            let is_answered = match answers.get(&name) {
                Some(None) => true,
                Some(Some(ports)) => ports.contains(&port),
                None if written.contains(&name) => said,
                None => continue,
            };
            seen += 1;
            if !is_answered {
                wrong.push(format!("{}: nothing answers to {name}:{port} of {key}", path.display()));
            }
        }
    }
    (seen, wrong)
}

#[test]
fn every_name_and_port_that_the_corpus_dials_is_there() {
    let Some(root) = corpus::root() else { return };
    let results: Vec<(usize, Vec<String>)> = corpus::entries(&root).iter().map(|entry| check(&entry.file)).collect();
    let wrong: Vec<&String> = results.iter().flat_map(|(_, wrong)| wrong).collect();
    let seen: usize = results.iter().map(|(seen, _)| seen).sum();
    assert!(seen > 100, "{seen}");
    assert!(
        wrong.is_empty(),
        "{} of {seen}:\n{}",
        wrong.len(),
        wrong.iter().map(|line| line.as_str()).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn every_name_and_port_that_the_fixtures_dial_is_there() {
    let mut seen = 0;
    for path in corpus::stack_files(Path::new("testdata")) {
        let (found, wrong) = check(&path);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        seen += found;
    }
    assert!(seen > 10, "{seen}");
}
