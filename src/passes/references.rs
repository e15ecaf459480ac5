//! Who dials whom by name: where a service's name stands as a host in another's variables, arguments or check (or its own).
//!
//! ```yaml
//! environment: { API: http://api:8000, DB_HOST: db, BROKERS: "kafka:9092" }   # dials api, db and kafka
//! environment: { POSTGRES_DB: db, ROLE: api }                                # dials nobody
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{App, Data, EnvSource, FileObject, FileObjectKind, Workload};

/// For each workload the numbers of those that it dials by name, in order; its own where it dials itself.
pub(super) fn dialled(app: &App) -> Vec<Vec<usize>> {
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, workload) in app.workloads.iter().enumerate() {
        names.insert(&workload.service, index);
        names.entry(workload.name.as_str()).or_insert(index);
    }
    app.workloads.iter().map(|workload| of_workload(workload, app, &names).into_iter().collect()).collect()
}

fn of_workload(workload: &Workload, app: &App, names: &BTreeMap<&str, usize>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for variable in &workload.container.env {
        match &variable.source {
            EnvSource::Literal(text) => hosts(text, names_host(&variable.name), names, &mut found),
            EnvSource::Field(_) | EnvSource::Composed(_) => {}
            EnvSource::Secret { object, key } => {
                let is_object = |file: &&FileObject| file.kind == FileObjectKind::Secret && file.name == *object;
                let files = workload.files.iter().chain(&app.files).filter(is_object);
                for (_, data) in files.flat_map(|file| &file.entries).filter(|(name, _)| name == key) {
                    hosts(text_of(data), names_host(&variable.name), names, &mut found);
                }
            }
        }
    }
    for from in &workload.container.env_from {
        let (kind, name) = &from.value;
        let is_object = |file: &&FileObject| file.kind == *kind && file.name == *name;
        for (key, data) in workload.files.iter().chain(&app.files).filter(is_object).flat_map(|file| &file.entries) {
            hosts(text_of(data), names_host(key), names, &mut found);
        }
    }
    let words = [&workload.container.command, &workload.container.args].into_iter().flatten().flatten();
    for word in words.chain(workload.check.iter().flat_map(|check| &check.command)) {
        hosts(&word.value, false, names, &mut found);
    }
    found
}

fn text_of(data: &Data) -> &str {
    std::str::from_utf8(&data.bytes).unwrap_or_default()
}

/// Whether a variable of this name holds a host, with nothing around it.
fn names_host(variable: &str) -> bool {
    let upper = variable.to_ascii_uppercase();
    ["HOST", "ADDR", "SERVER", "URL", "URI", "ENDPOINT", "NODE", "BROKER", "PEER", "SEED", "DSN", "UPSTREAM", "BACKEND"]
        .iter()
        .any(|word| upper.contains(word))
}

/// Every name in a text that stands where a host stands: behind `//` or `@`, before `:` and a number, behind `-h` or `--host`, or
/// alone in a list where the variable's name says so.
fn hosts(text: &str, is_host: bool, names: &BTreeMap<&str, usize>, found: &mut BTreeSet<usize>) {
    let is_word = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    let mut rest = text;
    let mut before = "";
    while let Some(start) = rest.find(is_word) {
        let (lead, from) = rest.split_at(start);
        let end = from.find(|character| !is_word(character)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        if let Some(index) = names.get(word) {
            let port =
                after.strip_prefix(':').is_some_and(|port| port.starts_with(|first: char| first.is_ascii_digit()));
            let flag = matches!(before, "-h" | "--host" | "--hostname" | "-H");
            let alone = is_host
                && matches!(lead.trim(), "" | "," | ";")
                && matches!(after.chars().next(), None | Some(',' | ';' | ' '));
            if lead.ends_with("//") || lead.ends_with('@') || port || flag || alone {
                found.insert(*index);
            }
        }
        before = word;
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::hosts;

    #[test]
    fn a_name_counts_only_where_a_host_stands() {
        let names = BTreeMap::from([("api", 0), ("db", 1)]);
        let found = |text: &str, is_host| {
            let mut found = BTreeSet::new();
            hosts(text, is_host, &names, &mut found);
            found.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(found("http://api/v1?db=db", false), [0]);
        assert_eq!(found("postgres://u:p@db/api", false), [1]);
        assert_eq!(found("api:80,db:5432", false), [0, 1]);
        assert_eq!(found("mysql -h db api", false), [1]);
        assert_eq!(found("api,db", true), [0, 1]);
        assert!(found("api", false).is_empty());
        assert!(found("run api db", false).is_empty());
    }
}
