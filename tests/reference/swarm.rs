//! Stack files against what `docker stack config` makes of them. A case is a folder of `testdata/reference/swarm/` with
//! `stack.yml`, files that are merged over it (`stack.2.yml`, ...), `variables` when it has an environment, and the result that
//! `tests/reference/swarm.sh` wrote there: `expected.yml`, or `expected.err` where the file is refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use transship::Request;
use transship::compose::{self, Dialect, Resolved};
use transship::diag::{Diagnostics, Severity};
use transship::origin::Sources;
use transship::swarm;
use transship::world::{FolderEntry, Kind, OsWorld, ReadError, World};

/// The real disk, seen with the environment of a case.
struct Case {
    folder: String,
    variables: BTreeMap<String, String>,
}

impl World for Case {
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        OsWorld.read(path, limit)
    }

    fn kind(&self, path: &str) -> Option<Kind> {
        OsWorld.kind(path)
    }

    fn mode(&self, path: &str) -> Option<u32> {
        OsWorld.mode(path)
    }

    fn list(&self, path: &str) -> Result<Vec<FolderEntry>, ReadError> {
        OsWorld.list(path)
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn current_folder(&self) -> String {
        self.folder.clone()
    }

    fn home(&self) -> Option<String> {
        self.variables.get("HOME").cloned()
    }

    fn stdin(&self, limit: u64) -> Result<Vec<u8>, ReadError> {
        OsWorld.stdin(limit)
    }
}

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

fn variables(folder: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder.join("variables")).unwrap_or_default();
    let own = text.lines().filter_map(|line| line.split_once('='));
    let always = [("PATH", "/usr/bin:/bin"), ("HOME", "/home/u")];
    always.into_iter().chain(own).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/reference/swarm");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut wrong = Vec::new();
    for case in &folders {
        let mut files: Vec<String> = std::fs::read_dir(case)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("stack.") && name.ends_with(".yml"))
            .collect();
        // `stack.yml` comes before `stack.2.yml`.
        files.sort_by_key(|name| (name.len(), name.clone()));
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
    let Some(root) = std::env::var_os("TRANSSHIP_CORPUS").map(PathBuf::from) else { return };
    let index = std::fs::read_to_string(root.join("index.tsv")).unwrap();
    let mut lines = index.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let column = |name: &str| header.iter().position(|found| *found == name).unwrap();
    let (id, file) = (column("case_id"), column("file"));
    let (mut compared, mut wrong) = (0, Vec::new());
    for row in lines {
        let home = root.join(row.get(id).unwrap());
        let path = home.join(row.get(file).unwrap());
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
