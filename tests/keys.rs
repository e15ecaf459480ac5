//! The support matrix: `docs/keys.md` says what the key table says. `TRANSSHIP_BLESS=1 cargo test --test keys` writes it.

#![expect(clippy::disallowed_methods, reason = "a test reads and blesses its page")]

use std::fmt::Write;
use std::path::Path;

use transship::compose::keys::{Fate, KeyRule, Shape, Swarm, Table};
use transship::compose::model::project::Project;

const HEAD: &str = "\
# Keys

What is known of every key, generated from the key table in `src/compose/model/` by `tests/keys.rs`.
Run `TRANSSHIP_BLESS=1 cargo test --test keys` after changing it. Keys that begin with `x-` are accepted in every mapping of this table.

* *swarm* says what `docker stack deploy` does with the key: it reads it, ignores it, or refuses the file.
* *translated*: it is in the manifests, or a message says how they differ.
* *used by the loader*: it decides how the project is read.

| path | meaning | swarm | what becomes of it |
|---|---|---|---|
";

/// Appends the rows of a table that stands at `path`. `above` holds the tables on the way there, so that a table which holds itself ends.
fn rows(table: &'static Table, path: &str, above: &mut Vec<&'static str>, page: &mut String) {
    if above.contains(&table.path) {
        return;
    }
    above.push(table.path);
    for rule in table.rules {
        let path = if path.is_empty() { rule.name.to_owned() } else { format!("{path}.{}", rule.name) };
        row(rule, &path, page);
        match rule.shape {
            Shape::Leaf => {}
            Shape::Table(below) => rows(below, &path, above, page),
            Shape::Entries(below) => rows(below, &format!("{path}.*"), above, page),
            Shape::Items(below) => rows(below, &format!("{path}[]"), above, page),
        }
    }
    above.pop();
}

fn row(rule: &KeyRule, path: &str, page: &mut String) {
    let swarm = match rule.swarm {
        Swarm::Reads => "reads",
        Swarm::Ignores => "ignores",
        Swarm::Refuses => "refuses",
    };
    let fate = match rule.fate {
        Fate::Translated => "translated",
        Fate::Loader => "used by the loader",
    };
    let meaning = rule.doc.trim().replace('|', "\\|");
    writeln!(page, "| `{path}` | {meaning} | {swarm} | {fate} |").expect("a string takes every text");
}

#[test]
fn docs_keys_md_says_what_the_key_table_says() {
    let mut page = HEAD.to_owned();
    rows(Project::TABLE, "", &mut Vec::new(), &mut page);

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
