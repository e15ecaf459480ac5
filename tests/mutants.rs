//! Differential test of the loader: files of the corpus are changed in structure (a part dropped, doubled, given another type,
//! moved, taken from another place, or a second file merged over) and read by compose-go and by this program. Ignored, as it needs
//! the oracle: `TRANSSHIP_ORACLE=... TRANSSHIP_CORPUS=... TRANSSHIP_MUTANTS=20000 cargo test --test mutants -- --ignored --nocapture`.
//! `docs/conformance.md` has the figures.
#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test reads fixtures and fails loudly"
)]

#[path = "reference/compare.rs"]
mod compare;
mod corpus;
mod random;
#[path = "reference/world.rs"]
mod world;

use std::path::{Path, PathBuf};
use std::process::Command;

use compare::{difference, ours};
use random::Random;
use serde_json::{Map, Value, json};

/// Pointers of every node below the root.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                found.push(at.clone());
                pointers(value, &at, found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let at = format!("{at}/{index}");
                found.push(at.clone());
                pointers(value, &at, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn split(pointer: &str) -> (&str, String) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    (parent, last.replace("~1", "/").replace("~0", "~"))
}

fn drop_at(root: &mut Value, pointer: &str) {
    let (parent, last) = split(pointer);
    match root.pointer_mut(parent) {
        Some(Value::Object(map)) => drop(map.shift_remove(&last)),
        Some(Value::Array(items)) => drop(items.remove(last.parse().unwrap())),
        _ => {}
    }
}

fn retyped(value: &Value, random: &mut Random) -> Value {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match random.below(10) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(7),
        3 => json!(1.5),
        4 => json!([value]),
        5 => json!({ "name": value }),
        6 => json!([]),
        7 => json!({}),
        8 => Value::String(text),
        _ => text.parse::<i64>().map_or_else(|_| json!("-1"), |number| json!(number)),
    }
}

/// Changes one place.
fn mutate(root: &mut Value, random: &mut Random) -> String {
    let mut all = Vec::new();
    pointers(root, "", &mut all);
    if all.is_empty() {
        return "nothing".to_owned();
    }
    let pointer = all[random.below(all.len())].clone();
    let taken = root.pointer(&pointer).cloned().unwrap();
    match random.below(6) {
        0 | 1 => {
            drop_at(root, &pointer);
            format!("drop {pointer}")
        }
        2 => {
            let (parent, last) = split(&pointer);
            match root.pointer_mut(parent) {
                Some(Value::Object(map)) => drop(map.insert(format!("{last}2"), taken)),
                Some(Value::Array(items)) => items.push(taken),
                _ => {}
            }
            format!("double {pointer}")
        }
        3 => {
            *root.pointer_mut(&pointer).unwrap() = retyped(&taken, random);
            format!("retype {pointer}")
        }
        4 => {
            match root.pointer_mut(&pointer) {
                Some(Value::Array(items)) => items.reverse(),
                Some(Value::Object(map)) => *map = map.clone().into_iter().rev().collect::<Map<_, _>>(),
                _ => {}
            }
            format!("reorder {pointer}")
        }
        _ => {
            let other = all[random.below(all.len())].clone();
            let value = root.pointer(&other).cloned().unwrap();
            if let Some(place) = root.pointer_mut(&pointer) {
                *place = value;
            }
            format!("copy {other} to {pointer}")
        }
    }
}

/// A file and the folder it stands in.
fn values(root: &Path) -> Vec<(PathBuf, Value)> {
    corpus::entries(root)
        .into_iter()
        .filter_map(|corpus::Entry { home: _, file: path }| {
            let text = std::fs::read_to_string(&path).unwrap();
            let mut value: serde_yaml::Value = serde_yaml::from_str(&text).ok()?;
            value.apply_merge().ok()?;
            Some((path, serde_json::to_value(value).ok()?))
        })
        .collect()
}

fn reference(oracle: &str, folder: &Path, files: &[String]) -> Option<Value> {
    let mut command = Command::new(oracle);
    command.current_dir(folder).env_clear().args(["-all", "-format", "json"]);
    command.env("HOME", "/home/u").env("PATH", "/usr/bin:/bin").env("PWD", folder);
    for file in files {
        command.args(["-f", file]);
    }
    let done = command.output().unwrap();
    done.status.success().then(|| serde_json::from_slice(&done.stdout).unwrap())
}

#[test]
#[ignore = "needs the oracle"]
fn mutants_agree() {
    let oracle = std::env::var("TRANSSHIP_ORACLE").unwrap();
    let root = PathBuf::from(std::env::var_os("TRANSSHIP_CORPUS").unwrap());
    let number = |name: &str, default: usize| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (count, seed, shown) =
        (number("TRANSSHIP_MUTANTS", 1000), number("TRANSSHIP_SEED", 1), number("TRANSSHIP_SHOWN", 40));
    let corpus = values(&root);
    let mut random = Random(u64::try_from(seed).unwrap());
    let (mut agreed, mut accepted, mut failures) = (0, 0, Vec::new());
    for number in 0..count {
        let (path, value) = &corpus[random.below(corpus.len())];
        let folder = tempfile::Builder::new().prefix("mutant").tempdir().unwrap();
        let environment = path.parent().unwrap().join(".env");
        if environment.exists() {
            std::fs::copy(environment, folder.path().join(".env")).unwrap();
        }
        let mut files = vec!["compose.yaml".to_owned()];
        let mut value = value.clone();
        let mut what: Vec<String> = (0..=random.below(2)).map(|_| mutate(&mut value, &mut random)).collect();
        std::fs::write(folder.path().join("compose.yaml"), value.to_string()).unwrap();
        if random.below(6) == 0 {
            let mut over =
                if random.below(2) == 0 { corpus[random.below(corpus.len())].1.clone() } else { value.clone() };
            what.push(format!("merge {}", mutate(&mut over, &mut random)));
            std::fs::write(folder.path().join("compose.2.yaml"), over.to_string()).unwrap();
            files.push("compose.2.yaml".to_owned());
        }
        let expected = reference(&oracle, folder.path(), &files);
        accepted += usize::from(expected.is_some());
        let mut always = world::variables(folder.path());
        always.insert("PWD".to_owned(), folder.path().to_str().unwrap().to_owned());
        match difference(expected.as_ref(), &ours(folder.path(), &files, always)) {
            None => agreed += 1,
            Some(difference) => {
                let short: String = difference.chars().take(400).collect();
                if failures.len() < shown {
                    println!("{number} {} {what:?}: {short}", path.display());
                    if let Some(kept) = std::env::var_os("TRANSSHIP_KEEP") {
                        let kept = PathBuf::from(kept).join(number.to_string());
                        std::fs::create_dir_all(&kept).unwrap();
                        for file in &files {
                            std::fs::copy(folder.path().join(file), kept.join(file)).unwrap();
                        }
                    }
                }
                failures.push(number);
            }
        }
    }
    println!("{agreed} of {count} mutants agree; {accepted} were accepted by the reference");
    assert!(agreed * 1000 >= count * 995, "{} mutants differ", failures.len());
}
