//! The files that tests go over: those of `testdata/`, and those of the corpus, a folder that `TRANSSHIP_CORPUS` names, in which
//! `index.tsv` has a line for each case.

#![allow(dead_code, reason = "each test takes of it what it needs")]

use std::path::{Path, PathBuf};

/// A case of the corpus.
pub(crate) struct Entry {
    /// Its folder.
    pub(crate) home: PathBuf,
    /// Its file, in that folder or below it.
    pub(crate) file: PathBuf,
}

/// The folder of the corpus; `None`, and a line that says so, where the environment names none.
pub(crate) fn root() -> Option<PathBuf> {
    let root = std::env::var_os("TRANSSHIP_CORPUS").map(PathBuf::from);
    if root.is_none() {
        println!("skipped: TRANSSHIP_CORPUS is not set");
    }
    root
}

/// The cases that the index of a corpus names, in its order.
pub(crate) fn entries(root: &Path) -> Vec<Entry> {
    let index = std::fs::read_to_string(root.join("index.tsv")).unwrap();
    let mut rows = index.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let header = rows.next().unwrap();
    let column = |name: &str| header.iter().position(|found| *found == name).unwrap();
    let (id, file) = (column("case_id"), column("file"));
    let entry = |row: Vec<&str>| {
        let home = root.join(row.get(id).unwrap());
        Entry { file: home.join(row.get(file).unwrap()), home }
    };
    rows.map(entry).collect()
}

/// Every file below a folder that holds services, in order.
pub(crate) fn stack_files(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        let is_stack = path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
        if path.is_dir() {
            found.extend(stack_files(&path));
        } else if is_stack && std::fs::read_to_string(&path).is_ok_and(|text| text.contains("services:")) {
            found.push(path);
        }
    }
    found
}
