//! Net 4: removing any key of any fixture changes the compilation: manifests, messages, or what was consumed.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test reads fixtures and fails loudly"
)]

mod edited;
mod fixture;

use std::path::{Path, PathBuf};

use edited::{Edited, read_octals};
use serde_yaml::Value;
use transship::{Request, compile};

/// Every file with the one to compile: itself, or that of its folder which brings it in.
fn fixtures(folder: &Path, main: Option<&Path>, found: &mut Vec<(PathBuf, PathBuf)>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let is_main = |path: &&PathBuf| path.ends_with("compose.yaml") || path.ends_with("docker-stack.yml");
    let main = main.or_else(|| entries.iter().find(is_main).map(PathBuf::as_path)).map(Path::to_path_buf);
    // Stacks that stand beside each other bring nothing in.
    let is_separate = main.as_ref().is_some_and(|main| {
        std::fs::read_to_string(main).unwrap().lines().next().is_some_and(|line| line.contains("--separate"))
    });
    for path in entries {
        if path.ends_with("testdata/reference") {
            // Cases of the loader alone, many of which it refuses.
            continue;
        } else if path.is_dir() {
            fixtures(&path, main.as_deref().filter(|_| !is_separate), found);
        } else if path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
            found.push((path.clone(), main.clone().unwrap_or(path)));
        }
    }
}

/// Every key of the document, as the keys and indexes that lead to it.
fn key_paths(value: &Value, at: &mut Vec<Value>, found: &mut Vec<Vec<Value>>) {
    match value {
        Value::Mapping(map) => {
            for (key, value) in map {
                at.push(key.clone());
                found.push(at.clone());
                key_paths(value, at, found);
                at.pop();
            }
        }
        Value::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                at.push(Value::from(index));
                key_paths(item, at, found);
                at.pop();
            }
        }
        _ => {}
    }
}

fn without(value: &Value, path: &[Value]) -> Value {
    let (first, rest) = path.split_first().unwrap();
    let mut changed = value.clone();
    match &mut changed {
        Value::Mapping(map) if rest.is_empty() => {
            map.shift_remove(first);
        }
        Value::Mapping(map) => {
            let below = without(map.get(first).unwrap(), rest);
            map.insert(first.clone(), below);
        }
        Value::Sequence(items) => {
            let index = usize::try_from(first.as_u64().unwrap()).unwrap();
            let below = without(items.get(index).unwrap(), rest);
            *items.get_mut(index).unwrap() = below;
        }
        _ => unreachable!("a path leads through mappings and lists"),
    }
    changed
}

fn outcome(path: &Path, request: &Request, document: &Value) -> String {
    let path = path.to_string_lossy().into_owned();
    let world = Edited { path, text: serde_yaml::to_string(document).unwrap() };
    let compilation = compile(&world, request);
    let sources = &compilation.sources;
    let messages: Vec<_> = compilation
        .diagnostics
        .iter()
        .map(|found| {
            let labels = found.primary.iter().chain(&found.others);
            let places: Vec<_> = labels.clone().map(|label| label.origin).chain(found.covers.iter().copied()).collect();
            let texts: Vec<_> = labels.map(|label| &label.text).collect();
            let places: Vec<_> = places.into_iter().map(|place| sources.text_at(place)).collect();
            (found.code, &found.message, &found.help, texts, places)
        })
        .collect();
    let consumed: Vec<_> =
        compilation.consumed.iter().map(|(place, reason)| (sources.text_at(*place), reason)).collect();
    let objects: Vec<_> = compilation.manifests.iter().flatten().map(|manifest| manifest.object.to_string()).collect();
    let origins: Vec<_> = compilation.manifests.iter().flatten().flat_map(|manifest| manifest.reasons.iter()).collect();
    let origins: Vec<_> = origins
        .into_iter()
        .map(|(pointer, why)| (pointer, why.origins().iter().map(|place| sources.text_at(*place)).collect::<Vec<_>>()))
        .collect();
    format!("{messages:?}{consumed:?}{objects:?}{origins:?}")
}

/// Keys of one file whose removal changes nothing, and how many were removed.
fn silent(file: &Path, main: &Path) -> (Vec<String>, usize) {
    let Ok(mut document) = serde_yaml::from_str::<Value>(&std::fs::read_to_string(file).unwrap()) else {
        return (Vec::new(), 0);
    };
    // What is mounted is a file of another program.
    let is_mounted = file != main && ["services", "include", "volumes"].iter().all(|key| document.get(key).is_none());
    if is_mounted {
        return (Vec::new(), 0);
    }
    read_octals(&mut document);
    let (mut found, mut removed, mut paths) = (Vec::new(), 0, Vec::new());
    key_paths(&document, &mut Vec::new(), &mut paths);
    for request in fixture::requests(main) {
        let whole = outcome(file, &request, &document);
        for path in &paths {
            removed += 1;
            if outcome(file, &request, &without(&document, path)) == whole {
                found.push(format!("{}: {:?}: {path:?}", file.display(), request.routes));
            }
        }
    }
    (found, removed)
}

#[test]
fn removing_any_key_changes_the_compilation() {
    let mut files = Vec::new();
    fixtures(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"), None, &mut files);
    let lanes = std::thread::available_parallelism().map_or(1, usize::from);
    let shares: Vec<_> = std::thread::scope(|scope| {
        let lane = |first: usize| {
            let share = files.iter().skip(first).step_by(lanes);
            scope.spawn(move || share.map(|(file, main)| silent(file, main)).collect::<Vec<_>>())
        };
        let threads: Vec<_> = (0..lanes).map(lane).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let removed: usize = shares.iter().map(|(_, removed)| removed).sum();
    let silent: Vec<_> = shares.into_iter().flat_map(|(silent, _)| silent).collect();
    assert!(removed > 100);
    assert!(silent.is_empty(), "removing these changes nothing:\n{}", silent.join("\n"));
}
