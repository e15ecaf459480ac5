//! Compose files against what compose-go makes of them. A case is a folder of `testdata/reference/compose/` with `compose.yaml`,
//! files that are merged over it (`compose.2.yaml`, ...), `variables` when it has an environment, and the result that
//! `tests/reference/compose.sh` wrote there: `expected.json`, or `expected.err` where the project is refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;

use crate::compare::{difference, ours};
use crate::corpus;
use crate::world::variables;

/// Cases in which we differ on purpose, each with the reason.
const DEPARTURES: &[(&str, &str)] = &[
    ("cast-blkio", "the reference writes these keys with capitals, which it then does not read"),
    ("merge-port-forms", "the same port as a number and as text is one port"),
];

fn placed(path: &Path, case: &Path, root: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.replace("@CASE@", case.to_str().unwrap()).replace("@ROOT@", root.to_str().unwrap());
    Some(serde_json::from_str(&text).unwrap())
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

fn files_of(case: &Path) -> Vec<String> {
    let mut files = vec!["compose.yaml".to_owned()];
    files.extend((2..10).map(|number| format!("compose.{number}.yaml")).filter(|name| case.join(name).exists()));
    files
}

#[test]
fn cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/reference/compose");
    let folders = folders(&root);
    let mut wrong = Vec::new();
    for case in &folders {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let expected = placed(&case.join("expected.json"), case, &root);
        assert!(expected.is_some() || case.join("expected.err").exists(), "{name} has no result");
        let difference = difference(expected.as_ref(), &ours(case, &files_of(case), variables(case)));
        let departure = DEPARTURES.iter().find(|(departed, _)| *departed == name);
        match (difference, departure) {
            (Some(difference), None) => wrong.push(format!("{name}: {difference}")),
            (None, Some((_, reason))) => wrong.push(format!("{name}: no departure any more: {reason}")),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    assert!(folders.len() >= 250, "only {} cases", folders.len());
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), folders.len(), wrong.join("\n"));
}

/// Every file of the corpus, where the environment names one.
#[test]
fn corpus() {
    let Some(root) = corpus::root() else { return };
    let (mut compared, mut wrong) = (0, Vec::new());
    for corpus::Entry { home, file: path } in corpus::entries(&root) {
        let folder = path.parent().unwrap();
        let expected = placed(&home.join("expected.compose.json"), &home, &root);
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let always = BTreeMap::from([
            ("HOME".to_owned(), "/home/u".to_owned()),
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
        ]);
        let always = always.into_iter().chain([("PWD".to_owned(), folder.to_str().unwrap().to_owned())]).collect();
        compared += 1;
        if let Some(difference) = difference(expected.as_ref(), &ours(folder, &[name], always)) {
            wrong.push(format!("{}: {difference}", home.display()));
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 0, "the corpus is empty");
}

/// What is printed reads as what it was printed from: over every case that is accepted, as JSON and as YAML.
#[test]
fn what_is_printed_is_a_fixed_point() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/reference/compose");
    // The reference doubles `$` in keys as well, where it is no variable when it is read again; it does not print an empty name,
    // nor a service that a dependency may do without, nor a limit of zero.
    let kept = ["interpolation-keys-stay", "names-of-resources", "profiles-optional", "ulimits-forms"];
    let departs = |case: &PathBuf| kept.iter().any(|name| case.ends_with(name));
    for case in folders(&root).into_iter().filter(|case| !departs(case)) {
        let Ok(first) = ours(&case, &files_of(&case), variables(&case)) else { continue };
        if first.pointer("/secrets").is_some() || uses_models(&first) {
            // The content of secrets is never printed, and JSON has no models.
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("compose.yaml"), first.to_string()).unwrap();
        let second = ours(folder.path(), &["compose.yaml".to_owned()], variables(&case));
        let difference = difference(Some(&first), &second);
        assert!(difference.is_none(), "{}: {difference:?}", case.display());
    }
}

fn uses_models(project: &Value) -> bool {
    let services = project.pointer("/services").and_then(Value::as_object);
    services.is_some_and(|services| services.values().any(|service| service.get("models").is_some()))
}

/// A project of two services, in parts that may stand in any order.
fn parts() -> impl Strategy<Value = Vec<String>> {
    let keys = vec![
        "    image: nginx",
        "    command: [a, b]",
        "    environment: {A: '1', B: two}",
        "    ports: ['80:80', '9-11:9-11']",
        "    volumes: ['./a:/a', 'data:/b']",
        "    networks: {front: {aliases: [x]}}",
        "    healthcheck: {test: curl x, interval: 1m}",
        "    deploy: {replicas: 2, resources: {limits: {memory: 1g}}}",
        "    labels: [a=b, c]",
        "    depends_on: [db]",
        "    extra_hosts: ['a:1.1.1.1']",
        "    ulimits: {nofile: 5}",
    ];
    proptest::sample::subsequence(keys, 1..12)
        .prop_shuffle()
        .prop_map(|keys| keys.into_iter().map(str::to_owned).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_never_changes_meaning(keys in parts()) {
        let around = |keys: &[String]| {
            let keys: String = keys.iter().filter(|key| !key.contains("image:")).map(|key| format!("{key}\n")).collect();
            format!("services:\n  web:\n    image: nginx\n{keys}  db:\n    image: postgres\nvolumes: {{data: }}\nnetworks: {{front: }}\n")
        };
        let folder = tempfile::tempdir().unwrap();
        let read = |text: String| {
            std::fs::write(folder.path().join("compose.yaml"), text).unwrap();
            ours(folder.path(), &["compose.yaml".to_owned()], BTreeMap::new()).unwrap()
        };
        let mut turned = keys.clone();
        turned.reverse();
        let first = read(around(&keys));
        prop_assert_eq!(&first, &read(around(&turned)));
        prop_assert_eq!(&first, &read(first.to_string()));
    }
}
