//! Resources whose kinds no plain API server knows (Traefik's own, the Gateway API): every one in the snapshots against its shape in
//! `custom_resources.yaml`. The cluster tests send all others to a real server.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads fixtures and fails loudly")]

use std::path::Path;

use serde_yaml::Value;

/// What of a value its shape does not allow.
fn wrong(value: &Value, shape: &Value, path: &str, found: &mut Vec<String>) {
    match (shape, value) {
        (Value::String(word), value) => {
            let fits = match word.as_str() {
                "text" => value.is_string(),
                "number" => value.is_i64(),
                "flag" => value.is_bool(),
                "any" => true,
                other => panic!("{path}: there is no shape {other}"),
            };
            if !fits {
                found.push(format!("{path}: {value:?} is no {word}"));
            }
        }
        (Value::Sequence(shapes), Value::Sequence(items)) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| wrong(item, shapes.first().unwrap(), &format!("{path}[{index}]"), found));
        }
        (Value::Mapping(shapes), Value::Mapping(map)) => {
            for (key, value) in map {
                let key = key.as_str().unwrap();
                let known = shapes.get(key).or_else(|| shapes.get(format!("{key}!"))).or_else(|| shapes.get("*"));
                match known {
                    Some(shape) => wrong(value, shape, &format!("{path}.{key}"), found),
                    None => found.push(format!("{path}: there is no {key}")),
                }
            }
            for key in shapes.keys().filter_map(|key| key.as_str().unwrap().strip_suffix('!')) {
                if !map.contains_key(key) {
                    found.push(format!("{path}: {key} is missing"));
                }
            }
        }
        (_, value) => found.push(format!("{path}: {value:?} has another shape")),
    }
}

fn snapshots(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            snapshots(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn custom_resources_have_their_shapes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shapes: Value =
        serde_yaml::from_str(&std::fs::read_to_string(root.join("tests/custom_resources.yaml")).unwrap()).unwrap();
    let mut files = Vec::new();
    snapshots(&root.join("snapshots"), &mut files);
    files.sort();
    let (mut faults, mut count) = (Vec::new(), 0);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for document in text.split("\n---\n").filter(|part| part.contains("apiVersion: ")) {
            let document = document.get(document.find("apiVersion: ").unwrap()..).unwrap();
            let version = document.lines().next().unwrap().trim_start_matches("apiVersion: ");
            let Some(kinds) = shapes.get(version) else { continue };
            count += 1;
            let object: Value = serde_yaml::from_str(document).unwrap();
            let kind = object["kind"].as_str().unwrap();
            let place = format!("{}: {kind} {}", file.display(), object["metadata"]["name"].as_str().unwrap());
            match kinds.get(kind) {
                Some(shape) => wrong(&object["spec"], shape, &place, &mut faults),
                None => faults.push(format!("{place}: there is no shape of this kind")),
            }
        }
    }
    println!("{count} custom resources");
    assert!(count > 0);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn another_shape_is_found() {
    let shape: Value = serde_yaml::from_str("{ a!: number, b: [text] }").unwrap();
    let faults = |text: &str| {
        let mut found = Vec::new();
        wrong(&serde_yaml::from_str(text).unwrap(), &shape, "", &mut found);
        found.len()
    };
    assert_eq!(faults("{ a: 1, b: [x] }"), 0);
    assert_eq!(faults("{ a: x, b: [1], c: 2 }"), 3);
    assert_eq!(faults("{ b: x }"), 2);
}
