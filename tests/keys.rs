//! The support matrix: `docs/keys.md` says what the key table says, which `TRANSSHIP_BLESS=1 cargo test --test keys` writes; and every
//! key has a fixture in `testdata/keys/`, in which it does what the table says of it.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test reads fixtures, fails loudly, and blesses its page"
)]

mod edited;

use std::fmt::Write;
use std::path::Path;

use edited::{Edited, read_octals};
use serde_yaml::Value;
use transship::compose::keys::{Fit, KeyRule, Shape, Swarm, Table};
use transship::compose::model::project::Project;
use transship::diag::Severity;
use transship::{Compilation, Request, compile};

const HEAD: &str = "\
# Keys

What is known of every key, generated from the key table in `src/compose/model/` by `tests/keys.rs`.
Run `TRANSSHIP_BLESS=1 cargo test --test keys` after changing it. Keys that begin with `x-` are accepted in every mapping of this table.

* *swarm* says what `docker stack deploy` does with the key: it reads it, ignores it, or refuses the file.
* *exact*: manifests say the same. *approximate*: they come near it, and a message says where behaviour differs.
* *none*: Kubernetes has no counterpart, and a message says why and what to do.
* *loader*: it decides how the project is read, built or worked on, and is no matter of the cluster.

Values that no manifest holds, such as those that restate a default, are listed with their reasons by `-vv`, and always in JSON messages.

| path | meaning | swarm | what becomes of it |
|---|---|---|---|
";

/// Keys that a table has for the sake of its other use: the loader refuses them there.
const REFUSED: &[&str] = &["configs.*.driver", "configs.*.driver_opts", "secrets.*.content"];

/// A key of the table: its path with `*` and `[]`, and what becomes of it.
struct Row {
    path: String,
    rule: &'static KeyRule,
    fit: Fit,
}

/// Appends the rows of a table that stands at `path`. `above` holds the tables on the way there, so that a table which holds itself
/// ends. Below what is nothing or no matter of the cluster is nothing else.
fn rows(table: &'static Table, path: &str, above: &mut Vec<(&'static str, Fit)>, found: &mut Vec<Row>) {
    if above.iter().any(|(known, _)| *known == table.path) {
        return;
    }
    let outer = above.last().map_or(Fit::Exact, |(_, fit)| *fit);
    for rule in table.rules {
        let path = if path.is_empty() { rule.name.to_owned() } else { format!("{path}.{}", rule.name) };
        let fit = if matches!(outer, Fit::Nothing | Fit::Loader) { outer } else { rule.fit };
        above.push((table.path, fit));
        found.push(Row { path: path.clone(), rule, fit });
        match rule.shape {
            Shape::Leaf => {}
            Shape::Table(below) => rows(below, &path, above, found),
            Shape::Entries(below) => rows(below, &format!("{path}.*"), above, found),
            Shape::Items(below) => rows(below, &format!("{path}[]"), above, found),
        }
        above.pop();
    }
}

fn all_rows() -> Vec<Row> {
    let mut found = Vec::new();
    rows(Project::TABLE, "", &mut Vec::new(), &mut found);
    found.retain(|row| !REFUSED.contains(&row.path.as_str()));
    found
}

fn line(row: &Row, page: &mut String) {
    let Row { path, rule, fit } = row;
    let swarm = match rule.swarm {
        Swarm::Reads => "reads",
        Swarm::Ignores => "ignores",
        Swarm::Refuses => "refuses",
    };
    let fit = match fit {
        Fit::Exact => "exact",
        Fit::Approximate => "approximate",
        Fit::Nothing => "none",
        Fit::Loader => "loader",
    };
    let meaning = rule.doc.trim().replace('|', "\\|");
    writeln!(page, "| `{path}` | {meaning} | {swarm} | {fit} |").expect("a string takes every text");
}

/// Takes the key at a path away; gives the path in this document, or `None` when the document does not hold it.
fn removed(value: &mut Value, path: &str) -> Option<String> {
    let (step, rest) = match path.find(['.', '[']) {
        Some(0) if path.starts_with("[]") => ("[]", path.get(2..)?),
        Some(end) => path.split_at(end),
        None => (path, ""),
    };
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let joined = |step: String, below: String| match below.as_str() {
        "" => step,
        below if below.starts_with('[') => format!("{step}{below}"),
        below => format!("{step}.{below}"),
    };
    match value {
        Value::Sequence(items) if step == "[]" => joined("[0]".to_owned(), removed(items.first_mut()?, rest)?).into(),
        Value::Mapping(map) => {
            let name = if step == "*" { map.keys().next()?.as_str()?.to_owned() } else { step.to_owned() };
            if rest.is_empty() {
                map.shift_remove(&name)?;
                return Some(name);
            }
            Some(joined(name.clone(), removed(map.get_mut(&name)?, rest)?))
        }
        _ => None,
    }
}

fn compiled(file: &Path, document: &Value) -> Compilation {
    let path = file.to_string_lossy().into_owned();
    let world = Edited { path: path.clone(), text: serde_yaml::to_string(document).unwrap() };
    compile(&world, &Request { files: vec![path], ..Request::default() })
}

fn objects(compilation: &Compilation) -> Vec<String> {
    compilation.manifests.iter().flatten().map(|manifest| manifest.object.to_string()).collect()
}

/// Whether a key is the one at `path`, or stands below it.
fn is_below(key: &str, path: &str) -> bool {
    key.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// What is wrong with what a key's fixture shows; `None` where it shows what the table says.
fn fault(row: &Row) -> Option<String> {
    let name = row.path.replace(".*", "").replace("[]", "");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/keys/{name}.yaml"));
    let Ok(text) = std::fs::read_to_string(&file) else { return Some(format!("testdata/keys/{name}.yaml is missing")) };
    let mut document: Value = serde_yaml::from_str(&text).unwrap();
    read_octals(&mut document);
    let whole = compiled(&file, &document);
    if whole.manifests.is_none() {
        return Some("its fixture does not compile".to_owned());
    }
    let Some(path) = removed(&mut document, &row.path) else { return Some("its fixture does not hold it".to_owned()) };
    let without = compiled(&file, &document);
    let is_required = without.manifests.is_none();
    let changes = objects(&whole) != objects(&without);
    let speaks = |least: Severity| {
        whole.diagnostics.iter().filter(move |found| found.severity <= least).any(|found| {
            let mut covers = found.covers.iter().filter_map(|leaf| whole.paths.of(*leaf));
            is_below(&found.key, &path) || covers.any(|leaf| is_below(&leaf, &path))
        })
    };
    let used_up = || {
        let mut leaves = whole.consumed.iter().filter_map(|(leaf, _)| whole.paths.of(*leaf));
        leaves.any(|leaf| is_below(&leaf, &path))
    };
    let is_as_said = match row.fit {
        Fit::Exact => changes && !speaks(Severity::Warning),
        Fit::Approximate => changes || speaks(Severity::Note) || used_up(),
        Fit::Nothing => (!changes || is_required) && (speaks(Severity::Note) || used_up()),
        Fit::Loader => changes || speaks(Severity::Note) || used_up(),
    };
    let fit = row.fit;
    (!is_as_said).then(|| {
        let (said, used_up) = (speaks(Severity::Note), used_up());
        format!("{fit:?}, but it changes the manifests: {changes}, is spoken of: {said}, is used up: {used_up}")
    })
}

#[test]
fn every_key_does_in_its_fixture_what_the_table_says() {
    let rows = all_rows();
    assert!(rows.len() > 300);
    let faults: Vec<String> =
        rows.iter().filter_map(|row| fault(row).map(|fault| format!("{}: {fault}", row.path))).collect();
    assert!(faults.is_empty(), "{} keys:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn docs_keys_md_says_what_the_key_table_says() {
    let mut page = HEAD.to_owned();
    all_rows().iter().for_each(|row| line(row, &mut page));

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
    if std::env::var_os("TRANSSHIP_BLESS").is_some() {
        std::fs::write(&file, &page).expect("docs/keys.md can be written");
    }
    let written = std::fs::read_to_string(&file).expect("docs/keys.md is there").replace("\r\n", "\n");
    let differs = page.lines().zip(written.lines()).find(|(want, have)| want != have);
    assert!(
        page == written,
        "docs/keys.md is stale, first at {differs:?}: run `TRANSSHIP_BLESS=1 cargo test --test keys`"
    );
}
