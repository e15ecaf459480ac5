//! Net 3: every leaf of the resolved project ends as origin of a manifest leaf, subject of a diagnostic, or consumed for a reason;
//! and every manifest leaf has an origin or names a decision. Over `testdata/`, and over the corpus that `TRANSSHIP_CORPUS` names.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test reads fixtures and fails loudly"
)]

mod corpus;
mod fixture;

use std::collections::BTreeSet;
use std::path::Path;

use transship::diag::{Severity, by_cause, to_text};
use transship::emit::Value;
use transship::origin::Origin;
use transship::world::OsWorld;
use transship::{Compilation, compile};

fn leaves(value: &Value, pointer: &mut String, found: &mut Vec<String>) {
    let length = pointer.len();
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map.iter() {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                leaves(value, pointer, found);
                pointer.truncate(length);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                leaves(value, pointer, found);
                pointer.truncate(length);
            }
        }
        _ => found.push(pointer.clone()),
    }
}

fn check(path: &Path) -> Vec<String> {
    fixture::requests(path).iter().flat_map(|request| faults(path, &compile(&OsWorld, request))).collect()
}

fn faults(path: &Path, compilation: &Compilation) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(manifests) = &compilation.manifests else {
        let errors = compilation.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
        return if errors == 0 { vec![format!("{}: no manifests and no error", path.display())] } else { Vec::new() };
    };
    let mut accounted: BTreeSet<Origin> = compilation.consumed.iter().map(|(origin, _)| *origin).collect();
    for diagnostic in &compilation.diagnostics {
        accounted.extend(diagnostic.covers.iter().copied());
        accounted.extend(diagnostic.primary.iter().chain(&diagnostic.others).map(|label| label.origin));
    }
    for manifest in manifests {
        accounted.extend(manifest.reasons.values().flat_map(|why| why.origins().iter().copied()));
        let mut found = Vec::new();
        leaves(&manifest.object, &mut String::new(), &mut found);
        for pointer in found.iter().filter(|pointer| manifest.why(pointer).is_none()) {
            wrong.push(format!("{}: {} {}{pointer} has no reason", path.display(), manifest.kind(), manifest.name()));
        }
    }
    for leaf in compilation.leaves.iter().filter(|leaf| !accounted.contains(leaf)) {
        let entry = compilation.sources.entry(*leaf);
        let place = compilation.sources.position(entry.file, entry.range.start);
        wrong.push(format!(
            "{}:{}:{}: `{}` is lost",
            path.display(),
            place.line,
            place.column,
            compilation.sources.text_at(*leaf)
        ));
    }
    wrong
}

#[test]
fn every_leaf_of_the_fixtures_is_accounted_for() {
    let mut files = corpus::stack_files(Path::new("testdata"));
    // Cases of the loader alone, many of which it refuses.
    files.retain(|path| !path.starts_with("testdata/reference"));
    let wrong: Vec<String> = files.iter().flat_map(|path| check(path)).collect();
    assert!(!files.is_empty());
    assert!(wrong.is_empty(), "{} leaves:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_leaf_of_the_corpus_is_accounted_for() {
    let Some(root) = corpus::root() else { return };
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in corpus::entries(&root) {
        count += 1;
        wrong.extend(check(&entry.file));
    }
    assert!(count > 0);
    assert!(wrong.is_empty(), "{} leaves in {count} files:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_error_of_the_corpus_points_at_a_place() {
    let Some(root) = corpus::root() else { return };
    let (mut done, mut refused) = (0, 0);
    for entry in corpus::entries(&root) {
        let compilation = compile(&OsWorld, &fixture::request(&entry.file));
        if compilation.manifests.is_some() {
            done += 1;
            continue;
        }
        refused += 1;
        let errors = compilation.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        for told in by_cause(errors) {
            print!("{}", to_text(&told, &compilation.sources, false));
            assert!(told.first.primary.is_some(), "{}: {}", entry.home.display(), told.first.message);
        }
    }
    println!("{done} converted, {refused} refused");
}
