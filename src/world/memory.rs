//! A world and an output of values, for tests and for callers who compile what is not on a disk.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::{FolderEntry, Kind, Output, OutputFile, ReadError, World, read_limited};

/// A world of values, for tests and for callers who compile what is not on a disk.
#[derive(Clone, Debug, Default)]
pub struct MemoryWorld {
    /// Files by path; relative paths start from the current folder. Folders are there because files are in them.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Paths that are something else: empty folders, sockets, devices.
    pub kinds: BTreeMap<String, Kind>,
    /// Permission bits by path.
    pub modes: BTreeMap<String, u32>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// The current folder; empty stands for `/`.
    pub current_folder: String,
    /// The user's home folder.
    pub home: Option<String>,
    /// What standard input holds.
    pub stdin: Vec<u8>,
}

impl MemoryWorld {
    /// The one spelling of a path: from the root, without `.` and `..`.
    fn absolute(&self, path: &str) -> String {
        let start = if path.starts_with('/') { "" } else { self.current_folder.as_str() };
        let mut parts: Vec<&str> = Vec::new();
        for part in start.split('/').chain(path.split('/')) {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                name => parts.push(name),
            }
        }
        format!("/{}", parts.join("/"))
    }

    fn find<'a, T>(&self, values: &'a BTreeMap<String, T>, path: &str) -> Option<&'a T> {
        values.iter().find(|(name, _)| self.absolute(name) == path).map(|(_, value)| value)
    }
}

impl World for MemoryWorld {
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        if path == "-" {
            return self.stdin(limit);
        }
        if let Some(bytes) = self.find(&self.files, &self.absolute(path)) {
            return read_limited(bytes.as_slice(), limit);
        }
        match self.kind(path) {
            None => Err(ReadError::NotFound),
            Some(Kind::Folder) => Err(ReadError::Folder),
            Some(Kind::File | Kind::Socket | Kind::CharacterDevice | Kind::BlockDevice | Kind::Other) => {
                Err(ReadError::Other("it is not a regular file".to_owned()))
            }
        }
    }

    fn kind(&self, path: &str) -> Option<Kind> {
        let path = self.absolute(path);
        if let Some(kind) = self.find(&self.kinds, &path) {
            return Some(*kind);
        }
        if self.find(&self.files, &path).is_some() {
            return Some(Kind::File);
        }
        let inside = format!("{}/", path.trim_end_matches('/'));
        let holds = self.files.keys().chain(self.kinds.keys()).any(|name| self.absolute(name).starts_with(&inside));
        (holds || path == "/" || path == self.absolute("")).then_some(Kind::Folder)
    }

    fn mode(&self, path: &str) -> Option<u32> {
        self.find(&self.modes, &self.absolute(path)).copied()
    }

    fn list(&self, path: &str) -> Result<Vec<FolderEntry>, ReadError> {
        match self.kind(path) {
            Some(Kind::Folder) => {}
            None => return Err(ReadError::NotFound),
            Some(Kind::File | Kind::Socket | Kind::CharacterDevice | Kind::BlockDevice | Kind::Other) => {
                return Err(ReadError::Other("it is not a folder".to_owned()));
            }
        }
        let folder = self.absolute(path);
        let inside = format!("{}/", folder.trim_end_matches('/'));
        let paths = self.files.keys().chain(self.kinds.keys()).map(|name| self.absolute(name));
        let names: BTreeSet<String> = paths
            .filter_map(|path| path.strip_prefix(&inside)?.split('/').next().map(str::to_owned))
            .filter(|name| !name.is_empty())
            .collect();
        let entry = |name: String| {
            let kind = self.kind(&format!("{inside}{name}")).unwrap_or(Kind::Other);
            FolderEntry { name, kind }
        };
        Ok(names.into_iter().map(entry).collect())
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.environment.get(name).cloned()
    }

    fn current_folder(&self) -> String {
        self.absolute("")
    }

    fn home(&self) -> Option<String> {
        self.home.clone()
    }

    fn stdin(&self, limit: u64) -> Result<Vec<u8>, ReadError> {
        read_limited(self.stdin.as_slice(), limit)
    }
}

/// An output that keeps what it is given, for tests of the command line.
#[derive(Clone, Debug, Default)]
pub struct MemoryOutput {
    /// What went to standard output.
    pub stdout: Vec<u8>,
    /// What went to standard error.
    pub stderr: Vec<u8>,
    /// What [`Output::stderr_is_terminal`] says.
    pub terminal: bool,
    /// Every folder or file that was written, with its files, in order.
    pub written: Vec<(String, Vec<OutputFile>)>,
}

impl Output for MemoryOutput {
    fn stdout(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stdout.extend_from_slice(bytes);
        Ok(())
    }

    fn stderr(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stderr.extend_from_slice(bytes);
        Ok(())
    }

    fn stderr_is_terminal(&self) -> bool {
        self.terminal
    }

    fn write_files(&mut self, folder_or_file: &str, files: &[OutputFile]) -> Result<(), String> {
        self.written.push((folder_or_file.to_owned(), files.to_vec()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_knows_folders_and_spellings() {
        let world = MemoryWorld {
            files: BTreeMap::from([
                ("compose.yaml".to_owned(), b"x".to_vec()),
                ("/app/conf/a".to_owned(), b"yy".to_vec()),
                ("/etc/hosts".to_owned(), Vec::new()),
            ]),
            kinds: BTreeMap::from([("/run/docker.sock".to_owned(), Kind::Socket)]),
            modes: BTreeMap::from([("conf/a".to_owned(), 0o755)]),
            current_folder: "/app".to_owned(),
            stdin: b"in".to_vec(),
            ..MemoryWorld::default()
        };
        assert_eq!(world.read("./conf/../compose.yaml", 1), Ok(b"x".to_vec()));
        assert_eq!(world.read("conf/a", 1), Err(ReadError::TooLarge { limit: 1 }));
        assert_eq!(world.read("conf", 1), Err(ReadError::Folder));
        assert_eq!(world.read("con", 1), Err(ReadError::NotFound));
        assert_eq!(world.read("-", 2), Ok(b"in".to_vec()));
        assert_eq!(world.kind("../run/docker.sock"), Some(Kind::Socket));
        assert_eq!(world.mode("/app/conf/a"), Some(0o755));
        let names: Vec<String> = world.list("/").unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["app", "etc", "run"]);
        let entries = world.list(".").unwrap();
        assert_eq!(entries.iter().map(|entry| entry.kind).collect::<Vec<_>>(), [Kind::File, Kind::Folder]);
    }
}
