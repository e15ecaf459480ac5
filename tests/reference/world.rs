//! The real disk, seen with the environment of a case.

use std::collections::BTreeMap;
use std::path::Path;

use transship::world::{FolderEntry, Kind, OsWorld, ReadError, World};

/// The real disk, seen with the environment of a case.
pub(crate) struct Case {
    pub(crate) folder: String,
    pub(crate) variables: BTreeMap<String, String>,
}

impl Case {
    /// A path as the real disk knows it.
    fn at(&self, path: &str) -> String {
        if path == "-" { path.to_owned() } else { Path::new(&self.folder).join(path).to_str().unwrap().to_owned() }
    }
}

impl World for Case {
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        OsWorld.read(&self.at(path), limit)
    }

    fn kind(&self, path: &str) -> Option<Kind> {
        OsWorld.kind(&self.at(path))
    }

    fn mode(&self, path: &str) -> Option<u32> {
        OsWorld.mode(&self.at(path))
    }

    fn list(&self, path: &str) -> Result<Vec<FolderEntry>, ReadError> {
        OsWorld.list(&self.at(path))
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

/// The environment of a case: its own variables, and those that are always set.
pub(crate) fn variables(folder: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder.join("variables")).unwrap_or_default();
    let own = text.lines().filter_map(|line| line.split_once('='));
    let always = [("PATH", "/usr/bin:/bin"), ("HOME", "/home/u")];
    always.into_iter().chain(own).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
