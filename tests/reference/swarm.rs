//! Stack files against what `docker stack config` makes of them. A case is a folder of `testdata/reference/swarm/` with
//! `stack.yml`, files that are merged over it (`stack.2.yml`, ...), `variables` when it has an environment, and the result that
//! `tests/reference/swarm.sh` wrote there: `expected.yml`, or `expected.err` where the file is refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;
use transship::Request;
use transship::compose::{self, Dialect, Resolved};
use transship::diag::{Diagnostics, Severity};
use transship::origin::Sources;
use transship::swarm;

use crate::corpus;
use crate::world::{Case, variables};

/// What this program makes of the files of a folder: the printed stack, or its errors.
fn ours(folder: &Path, files: Vec<String>, variables: BTreeMap<String, String>) -> Result<Value, Vec<String>> {
    let folder = folder.to_str().unwrap().to_owned();
    let files = files.iter().map(|file| format!("{folder}/{file}")).collect();
    let request = Request { files, dialect: Some(Dialect::Swarm), ..Request::default() };
    let (mut sources, mut diags) = (Sources::default(), Diagnostics::default());
    let world = Case { folder, variables };
    let resolved = compose::resolve(&world, &request, &mut sources, &mut diags);
    let errors: Vec<_> = diags.sorted(&sources).into_iter().filter(|found| found.severity == Severity::Error).collect();
    for error in &errors {
        assert!(!error.help.is_empty(), "{} says nothing of what to write", error.message);
    }
    match resolved.filter(|_| errors.is_empty()) {
        Some(Resolved::Stack(stack)) => Ok(swarm::config(&stack)),
        Some(Resolved::Project(_)) => panic!("--dialect is swarm"),
        None => Err(errors.into_iter().map(|error| format!("{}: {}", error.code.id(), error.message)).collect()),
    }
}

/// A text of the reference, with the folders that it was written for.
fn placed(path: &Path, case: &Path, root: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.replace("@CASE@", case.to_str().unwrap()).replace("@ROOT@", root.to_str().unwrap());
    Some(serde_yaml::from_str(&text).unwrap())
}

/// What is wrong with one case, if anything.
fn difference(expected: Option<Value>, ours: Result<Value, Vec<String>>) -> Option<String> {
    match (expected, ours) {
        (Some(expected), Ok(ours)) => {
            // Mappings are equal in any order.
            (expected != ours).then(|| format!("differs: expected {expected}, not {ours}"))
        }
        (Some(_), Err(errors)) => Some(format!("refused: {}", errors.join("; "))),
        (None, Ok(_)) => Some("accepted what the reference refuses".to_owned()),
        (None, Err(errors)) => errors.is_empty().then(|| "refused without an error".to_owned()),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/reference/swarm")
}

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// The files of a case: `stack.yml` comes before `stack.2.yml`.
fn files_of(case: &Path) -> Vec<String> {
    let names = std::fs::read_dir(case).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = names.filter(|name| name.starts_with("stack.") && name.ends_with(".yml")).collect();
    files.sort_by_key(|name| (name.len(), name.clone()));
    files
}

#[test]
fn cases() {
    let (root, folders) = (root(), folders());
    let mut wrong = Vec::new();
    for case in &folders {
        let files = files_of(case);
        let expected = placed(&case.join("expected.yml"), case, &root);
        assert!(expected.is_some() || case.join("expected.err").exists(), "{} has no result", case.display());
        if let Some(difference) = difference(expected, ours(case, files, variables(case))) {
            wrong.push(format!("{}: {difference}", case.file_name().unwrap().to_string_lossy()));
        }
    }
    assert!(folders.len() >= 60, "only {} cases", folders.len());
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), folders.len(), wrong.join("\n"));
}

/// Every file of the corpus, where the environment names one.
#[test]
fn corpus() {
    let Some(root) = corpus::root() else { return };
    let (mut compared, mut wrong) = (0, Vec::new());
    for corpus::Entry { home, file: path } in corpus::entries(&root) {
        let expected = placed(&home.join("expected.stack.yml"), &home, &root);
        let files = vec![path.file_name().unwrap().to_str().unwrap().to_owned()];
        let folder = path.parent().unwrap();
        // What the results of the corpus were made with.
        let mut variables = variables(folder);
        variables.insert("PWD".to_owned(), folder.to_str().unwrap().to_owned());
        compared += 1;
        if let Some(difference) = difference(expected, ours(folder, files, variables)) {
            wrong.push(format!("{}: {difference}", home.display()));
        }
    }
    assert!(compared > 100);
    assert!(wrong.is_empty(), "{} of {compared} files:\n{}", wrong.len(), wrong.join("\n"));
}

/// Cases that the reference does not read as it printed them.
const ONCE: &[(&str, &str)] = &[
    ("commands-in-words", "a dollar is printed as it is, and is a variable when it is read again"),
    ("substitution-operators", "the same"),
    ("merge-lists-append", "files may repeat each other's items, and one file may not repeat its own"),
    ("ulimits", "a limit of zero is not printed"),
    ("env-file-grammar", "the files of variables stand beside the case"),
    ("env-files-in-order", "the same"),
    ("merge-environment-after-files", "the same"),
];

/// What is printed reads as what it was printed from, over every case that is accepted.
#[test]
fn what_is_printed_is_a_fixed_point() {
    let mut wrong = Vec::new();
    for case in folders().into_iter().filter(|case| !ONCE.iter().any(|(name, _)| case.ends_with(name))) {
        let Ok(first) = ours(&case, files_of(&case), variables(&case)) else { continue };
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("stack.yml"), first.to_string()).unwrap();
        let second = ours(folder.path(), vec!["stack.yml".to_owned()], variables(&case));
        if let Some(difference) = difference(Some(first), second) {
            wrong.push(format!("{}: {difference}", case.file_name().unwrap().to_string_lossy()));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// A stack of two services, the keys of one in any order.
fn parts() -> impl Strategy<Value = Vec<&'static str>> {
    let keys = vec![
        "    command: [a, b]",
        "    environment: {A: '1', B: two}",
        "    ports: ['80:80', '9-11:9-11']",
        "    volumes: ['./a:/a', 'data:/b']",
        "    networks: {front: {aliases: [x]}}",
        "    healthcheck: {test: curl x, interval: 1m}",
        "    deploy: {replicas: 2, placement: {constraints: [node.role==worker]}, labels: [x=y]}",
        "    labels: [a=b, c]",
        "    depends_on: [db]",
        "    extra_hosts: ['a:1.1.1.1']",
        "    secrets: [token]",
        "    ulimits: {nofile: 5}",
    ];
    proptest::sample::subsequence(keys, 1..12).prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_never_changes_meaning(keys in parts()) {
        let around = |keys: &[&str]| {
            let keys: String = keys.iter().map(|key| format!("{key}\n")).collect();
            format!("services:\n  web:\n    image: nginx\n{keys}  db:\n    image: postgres\nvolumes: {{data: }}\nnetworks: {{front: }}\nsecrets: {{token: {{external: true}}}}\n")
        };
        let folder = tempfile::tempdir().unwrap();
        let read = |text: String| {
            std::fs::write(folder.path().join("stack.yml"), text).unwrap();
            ours(folder.path(), vec!["stack.yml".to_owned()], BTreeMap::new()).unwrap()
        };
        let turned: Vec<&str> = keys.iter().rev().copied().collect();
        let first = read(around(&keys));
        prop_assert_eq!(&first, &read(around(&turned)));
        prop_assert_eq!(&first, &read(first.to_string()));
    }
}
