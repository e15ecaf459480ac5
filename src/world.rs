//! The outside: files, the environment, and where output goes.
//!
//! The compiler asks a [`World`] and the command line writes to an [`Output`], so that tests run the whole program without a
//! disk. [`OsWorld`] and [`OsOutput`] are the only code that touches the real thing.

#![expect(clippy::disallowed_methods, reason = "this is the one module that touches the outside")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Component, Path, PathBuf};

use tempfile::NamedTempFile;

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A Unix socket.
    Socket,
    /// A character device, such as `/dev/null`.
    CharacterDevice,
    /// A block device, such as `/dev/sda`.
    BlockDevice,
    /// Anything else: a pipe, or a link that leads nowhere.
    Other,
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderEntry {
    /// Its name, without the folder.
    pub name: String,
    /// What it is; links are followed.
    pub kind: Kind,
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// Nothing is there.
    NotFound,
    /// It holds more bytes than may be read.
    TooLarge {
        /// How many bytes may be read.
        limit: u64,
    },
    /// It is a folder.
    Folder,
    /// Permission is missing.
    Denied,
    /// Something else, in the words of the system.
    Other(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::NotFound => formatter.write_str("it does not exist"),
            ReadError::TooLarge { limit } => write!(formatter, "it is larger than {limit} bytes"),
            ReadError::Folder => formatter.write_str("it is a folder"),
            ReadError::Denied => formatter.write_str("permission is missing"),
            ReadError::Other(words) => formatter.write_str(words),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        // `ErrorKind` belongs to the standard library and grows, so it is asked for the three that have a name here.
        let kind = error.kind();
        if kind == io::ErrorKind::NotFound || kind == io::ErrorKind::NotADirectory {
            ReadError::NotFound
        } else if kind == io::ErrorKind::PermissionDenied {
            ReadError::Denied
        } else if kind == io::ErrorKind::IsADirectory {
            ReadError::Folder
        } else {
            ReadError::Other(error.to_string())
        }
    }
}

/// Everything a compilation may ask of the outside.
pub trait World {
    /// The bytes of a regular file, at most `limit` of them; `-` is standard input.
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError>;
    /// What a path leads to, links followed; `None` where nothing is there.
    fn kind(&self, path: &str) -> Option<Kind>;
    /// The permission bits; `None` where nothing is there or the system has none.
    fn mode(&self, path: &str) -> Option<u32>;
    /// What a folder holds, sorted by name.
    fn list(&self, path: &str) -> Result<Vec<FolderEntry>, ReadError>;
    /// The path with every link followed; `None` where nothing is there. A world without links has none to follow.
    fn real_path(&self, path: &str) -> Option<String> {
        self.kind(path).map(|_| path.to_owned())
    }
    /// A variable of the environment.
    fn environment(&self, name: &str) -> Option<String>;
    /// The folder that relative paths start from.
    fn current_folder(&self) -> String;
    /// The user's home folder.
    fn home(&self) -> Option<String>;
    /// All of standard input, at most `limit` bytes.
    fn stdin(&self, limit: u64) -> Result<Vec<u8>, ReadError>;
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Its path below the folder that is written, with `/`; of no account where one file is written.
    pub path: String,
    /// What it holds.
    pub text: String,
    /// Whether its owner alone may read it.
    pub private: bool,
}

/// Where results and messages go.
pub trait Output {
    /// Writes to standard output. A reader that went away is no error.
    fn stdout(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Writes to standard error. A reader that went away is no error.
    fn stderr(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Whether standard error is read by a person.
    fn stderr_is_terminal(&self) -> bool;
    /// Writes one file, or a folder that is new, empty or ours. The error is a sentence for the user.
    fn write_files(&mut self, folder_or_file: &str, files: &[OutputFile]) -> Result<(), String>;
}

/// The machine that the program runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsWorld;

impl World for OsWorld {
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        if path == "-" {
            return self.stdin(limit);
        }
        // Opening a pipe waits for its writer and reading a device may never end, so the kind is asked before anything else.
        let metadata = fs::metadata(path)?;
        match kind_of(metadata.file_type()) {
            Kind::File if metadata.len() > limit => Err(ReadError::TooLarge { limit }),
            Kind::File => read_limited(File::open(path)?, limit),
            Kind::Folder => Err(ReadError::Folder),
            Kind::Socket | Kind::CharacterDevice | Kind::BlockDevice | Kind::Other => {
                Err(ReadError::Other("it is not a regular file".to_owned()))
            }
        }
    }

    fn kind(&self, path: &str) -> Option<Kind> {
        fs::metadata(path).ok().map(|metadata| kind_of(metadata.file_type()))
    }

    #[cfg(unix)]
    fn mode(&self, path: &str) -> Option<u32> {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).ok().map(|metadata| metadata.permissions().mode() & 0o7777)
    }

    #[cfg(not(unix))]
    fn mode(&self, _path: &str) -> Option<u32> {
        None
    }

    fn list(&self, path: &str) -> Result<Vec<FolderEntry>, ReadError> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let kind = fs::metadata(entry.path()).map_or(Kind::Other, |metadata| kind_of(metadata.file_type()));
            entries.push(FolderEntry { name: entry.file_name().to_string_lossy().into_owned(), kind });
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    fn real_path(&self, path: &str) -> Option<String> {
        fs::canonicalize(path).ok().map(|real| real.to_string_lossy().into_owned())
    }

    fn environment(&self, name: &str) -> Option<String> {
        // A value that is not UTF-8 is still set; no file of text could hold it exactly.
        std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    }

    fn current_folder(&self) -> String {
        std::env::current_dir().map_or_else(|_| ".".to_owned(), |folder| folder.to_string_lossy().into_owned())
    }

    fn home(&self) -> Option<String> {
        let home = std::env::home_dir()?.to_string_lossy().into_owned();
        (!home.is_empty()).then_some(home)
    }

    fn stdin(&self, limit: u64) -> Result<Vec<u8>, ReadError> {
        read_limited(io::stdin().lock(), limit)
    }
}

/// Reads to the end, or to one byte past the limit, which tells that there is more.
fn read_limited(from: impl Read, limit: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(ReadError::TooLarge { limit }) } else { Ok(bytes) }
}

fn kind_of(file_type: fs::FileType) -> Kind {
    if file_type.is_file() {
        Kind::File
    } else if file_type.is_dir() {
        Kind::Folder
    } else {
        special_kind(file_type)
    }
}

#[cfg(unix)]
fn special_kind(file_type: fs::FileType) -> Kind {
    use std::os::unix::fs::FileTypeExt;
    if file_type.is_socket() {
        Kind::Socket
    } else if file_type.is_char_device() {
        Kind::CharacterDevice
    } else if file_type.is_block_device() {
        Kind::BlockDevice
    } else {
        Kind::Other
    }
}

#[cfg(not(unix))]
fn special_kind(_file_type: fs::FileType) -> Kind {
    Kind::Other
}

/// Standard output, standard error and the disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsOutput;

impl Output for OsOutput {
    fn stdout(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        unless_broken_pipe(stdout.write_all(bytes).and_then(|()| stdout.flush()))
    }

    fn stderr(&mut self, bytes: &[u8]) -> io::Result<()> {
        unless_broken_pipe(io::stderr().lock().write_all(bytes))
    }

    fn stderr_is_terminal(&self) -> bool {
        io::stderr().is_terminal()
    }

    fn write_files(&mut self, folder_or_file: &str, files: &[OutputFile]) -> Result<(), String> {
        let path = Path::new(folder_or_file);
        match files {
            [file] if !folder_or_file.ends_with(std::path::is_separator) && !path.is_dir() => write_file(path, file),
            _ => write_folder(path, files),
        }
    }
}

/// `transship convert | head` must end quietly.
fn unless_broken_pipe(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Ok(()) | Err(_) => result,
    }
}

/// The names of our files in a folder, one a line; whatever it does not name is a stranger's.
const MARKER: &str = ".transship";
/// How the names of unfinished files start. Such a file is ours, left by a run that was killed.
const UNFINISHED: &str = ".transship-unfinished-";
/// A marker is a list of names; nothing longer is one.
const LONGEST_MARKER: u64 = 16 * 1024 * 1024;

fn sentence(path: &Path, error: impl fmt::Display) -> String {
    format!("Cannot write {}: {error}.", path.display())
}

/// Writes one file so that whoever reads it sees the old one or the new one, never half of it.
fn write_file(path: &Path, file: &OutputFile) -> Result<(), String> {
    // A link stays a link: what it leads to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
        // A device or a pipe (`-o /dev/stdout`) is written into; renaming a file over it would destroy it.
        let written =
            fs::OpenOptions::new().write(true).open(&path).and_then(|mut to| to.write_all(file.text.as_bytes()));
        return unless_broken_pipe(written).map_err(|error| sentence(&path, error));
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unfinished = unfinished(folder, &file.text, file.private).map_err(|error| sentence(&path, error))?;
    finish(unfinished, &path)
}

/// A file that vanishes by itself unless it gets its name by [`finish`].
fn unfinished(folder: &Path, text: &str, private: bool) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The system takes the umask away from these.
        builder.permissions(fs::Permissions::from_mode(if private { 0o600 } else { 0o644 }));
    }
    #[cfg(not(unix))]
    let _ = private;
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

fn finish(file: NamedTempFile, path: &Path) -> Result<(), String> {
    file.persist(path).map(drop).map_err(|error| sentence(path, error.error))
}

/// Writes a folder: first everything under passing names, then, when no more can go wrong but a rename, under the right ones.
fn write_folder(folder: &Path, files: &[OutputFile]) -> Result<(), String> {
    let names = checked_names(files)?;
    let is_new = fs::symlink_metadata(folder).is_err();
    let (ours, present) = if is_new { Default::default() } else { our_files(folder)? };
    for name in &names {
        if folder.join(name).is_dir() {
            return Err(format!("Cannot write {}: it is a folder.", folder.join(name).display()));
        }
    }
    fs::create_dir_all(folder).map_err(|error| sentence(folder, error))?;
    let result = replace_files(folder, files, &names, &ours, &present);
    if result.is_err() && is_new {
        // An empty folder is no result. Where something is in it, the system refuses, which is right as well.
        let _ = fs::remove_dir(folder);
    }
    result
}

fn replace_files(
    folder: &Path,
    files: &[OutputFile],
    names: &BTreeSet<String>,
    ours: &BTreeSet<String>,
    present: &BTreeSet<String>,
) -> Result<(), String> {
    let write = |text: &str, private| unfinished(folder, text, private).map_err(|error| sentence(folder, error));
    // While files are renamed, old and new ones are ours, so that a run that is cut short can be repeated.
    let first_marker = write(&marker(names.union(ours)), false)?;
    let last_marker = write(&marker(names), false)?;
    let mut written = Vec::new();
    for file in files {
        written.push((folder.join(&file.path), write(&file.text, file.private)?));
    }
    for (path, _) in &written {
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| sentence(parent, error))?;
    }
    finish(first_marker, &folder.join(MARKER))?;
    for (path, file) in written {
        finish(file, &path)?;
    }
    for name in present.difference(names) {
        remove(folder, name)?;
    }
    finish(last_marker, &folder.join(MARKER))
}

fn marker<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().fold(String::new(), |text, name| text + name + "\n")
}

/// Removes a file of ours and the folders that are empty without it.
fn remove(folder: &Path, name: &str) -> Result<(), String> {
    let path = folder.join(name);
    fs::remove_file(&path).map_err(|error| format!("Cannot remove {}: {error}.", path.display()))?;
    for parent in path.ancestors().skip(1).take_while(|parent| *parent != folder) {
        if fs::remove_dir(parent).is_err() {
            break;
        }
    }
    Ok(())
}

/// The paths, once it is sure that each lies in the folder and none stands in the way of another.
fn checked_names(files: &[OutputFile]) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    for file in files {
        let mut parts = Vec::new();
        for component in Path::new(&file.path).components() {
            match component {
                Component::Normal(part) => parts.push(part.to_string_lossy()),
                Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => parts.clear(),
            }
        }
        // Whatever is not spelled in the one plain way (`..`, `//`, `./`, a root, a drive) differs from its own parts.
        let plain = !parts.is_empty() && parts.join("/") == file.path && !file.path.contains(char::is_control);
        if !plain || file.path.starts_with(MARKER) {
            return Err(format!("Refused to write `{}`: it is no plain path inside the folder.", file.path));
        }
        if !names.insert(file.path.clone()) {
            return Err(format!("Refused to write `{}` twice.", file.path));
        }
    }
    for name in &names {
        let above = Path::new(name).ancestors().skip(1).filter_map(Path::to_str);
        if let Some(above) = above.into_iter().find(|above| names.contains(*above)) {
            return Err(format!("Refused to write `{name}`: `{above}` is a file of its own."));
        }
    }
    Ok(names)
}

/// The names that the marker of a folder lists, and those of our files that are there, unfinished ones too.
///
/// Only what was found by walking is ever removed: a marker is a text that anybody may have changed.
fn our_files(folder: &Path) -> Result<(BTreeSet<String>, BTreeSet<String>), String> {
    if !folder.is_dir() {
        return Err(format!("Cannot write {}: it is not a folder.", folder.display()));
    }
    let ours: BTreeSet<String> = match OsWorld.read(&folder.join(MARKER).to_string_lossy(), LONGEST_MARKER) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect(),
        Err(ReadError::NotFound) => BTreeSet::new(),
        Err(error) => return Err(format!("Cannot read {}: {error}.", folder.join(MARKER).display())),
    };
    let mut present = BTreeSet::new();
    let mut waiting: Vec<(PathBuf, String)> = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = waiting.pop() {
        let unreadable = |error: io::Error| format!("Cannot read {}: {error}.", path.display());
        for entry in fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            // A link to a folder is not a folder here, so nothing outside is ever reached.
            if entry.file_type().map_err(unreadable)?.is_dir() {
                waiting.push((entry.path(), name + "/"));
            } else if ours.contains(&name) || name.starts_with(UNFINISHED) {
                present.insert(name);
            } else if name != MARKER {
                return Err(format!(
                    "{} holds `{name}`, which transship did not write. Name a folder that is new or empty, or remove the file.",
                    folder.display()
                ));
            }
        }
    }
    Ok((ours, present))
}

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

    fn file(path: &str, text: &str) -> OutputFile {
        OutputFile { path: path.to_owned(), text: text.to_owned(), private: false }
    }

    /// Every file below a folder with its text.
    fn tree(folder: &Path) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut waiting = vec![folder.to_owned()];
        while let Some(path) = waiting.pop() {
            for entry in fs::read_dir(path).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                    found.insert(name, fs::read_to_string(&path).unwrap());
                }
            }
        }
        found
    }

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn write(path: &Path, files: &[OutputFile]) -> Result<(), String> {
        OsOutput.write_files(path.to_str().unwrap(), files)
    }

    #[test]
    fn reads_regular_files_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "12345").unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(OsWorld.read(path, 5), Ok(b"12345".to_vec()));
        assert_eq!(OsWorld.read(path, u64::MAX), Ok(b"12345".to_vec()));
        assert_eq!(OsWorld.read(path, 4), Err(ReadError::TooLarge { limit: 4 }));
        assert_eq!(OsWorld.read(folder.path().to_str().unwrap(), 4), Err(ReadError::Folder));
        assert_eq!(OsWorld.read(&format!("{path}/b"), 4), Err(ReadError::NotFound));
        assert_eq!(OsWorld.kind(path), Some(Kind::File));
        assert_eq!(OsWorld.kind("/nowhere/at/all"), None);
        let entries = OsWorld.list(folder.path().to_str().unwrap()).unwrap();
        assert_eq!(entries, [FolderEntry { name: "a".to_owned(), kind: Kind::File }]);
        assert_eq!(read_limited(io::repeat(0), 9), Err(ReadError::TooLarge { limit: 9 }));
    }

    #[cfg(unix)]
    #[test]
    fn never_waits_for_pipes_and_devices() {
        assert!(matches!(OsWorld.read("/dev/zero", 9), Err(ReadError::Other(_))));
        assert_eq!(OsWorld.kind("/dev/zero"), Some(Kind::CharacterDevice));
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert_eq!(OsWorld.kind(socket.to_str().unwrap()), Some(Kind::Socket));
        let pipe = folder.path().join("p");
        if std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()) {
            assert!(matches!(OsWorld.read(pipe.to_str().unwrap(), 9), Err(ReadError::Other(_))));
        }
    }

    #[cfg(unix)]
    #[test]
    fn one_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.yaml");
        write(&path, &[file("out.yaml", "1")]).unwrap();
        assert_eq!(OsWorld.mode(path.to_str().unwrap()).unwrap() & 0o600, 0o600);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write(&link, &[OutputFile { private: true, ..file("link", "2") }]).unwrap();
        assert_eq!(OsWorld.mode(path.to_str().unwrap()), Some(0o600));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(tree(folder.path()), map(&[("out.yaml", "2"), ("link", "2")]));
        write(Path::new("/dev/null"), &[file("null", "3")]).unwrap();
        assert_eq!(OsWorld.kind("/dev/null"), Some(Kind::CharacterDevice));
        assert!(write(&folder.path().join("no/out.yaml"), &[file("out.yaml", "1")]).is_err());
    }

    #[test]
    fn a_folder_of_ours_is_written_again_without_what_is_stale() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/out");
        write(&path, &[file("a.yaml", "1"), file("base/b.yaml", "2")]).unwrap();
        fs::write(path.join(format!("{UNFINISHED}x")), "half").unwrap();
        write(&path, &[file("a.yaml", "3"), file("c.yaml", "4")]).unwrap();
        assert_eq!(tree(&path), map(&[(".transship", "a.yaml\nc.yaml\n"), ("a.yaml", "3"), ("c.yaml", "4")]));
        assert!(!path.join("base").exists());
        write(&path, &[file("a.yaml", "5")]).unwrap();
        assert_eq!(tree(&path), map(&[(".transship", "a.yaml\n"), ("a.yaml", "5")]));
    }

    #[test]
    fn a_stranger_stops_everything() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out/");
        write(&path, &[file("a.yaml", "1")]).unwrap();
        fs::create_dir(path.join("sub")).unwrap();
        fs::write(path.join("sub/mine"), "x").unwrap();
        let before = tree(&path);
        let error = write(&path, &[file("b.yaml", "2")]).unwrap_err();
        assert!(error.contains("`sub/mine`, which transship did not write"), "{error}");
        assert_eq!(tree(&path), before);
    }

    #[test]
    fn an_error_leaves_nothing_half_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out/");
        for bad in ["../x", "/x", "a/../x", "./x", "a//x", "", "a\nb", ".transship", "."] {
            assert!(write(&path, &[file("good", "1"), file(bad, "2")]).is_err(), "{bad}");
        }
        assert!(write(&path, &[file("a", "1"), file("a", "2")]).is_err());
        assert!(write(&path, &[file("a", "1"), file("a/b", "2")]).is_err());
        assert!(!path.exists());
        write(&path, &[file("a", "1")]).unwrap();
        let before = tree(&path);
        assert!(write(&path, &[file("0", "1"), file("a/b", "2")]).is_err());
        assert_eq!(tree(&path), before);
    }

    #[test]
    fn a_marker_cannot_name_files_outside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out/");
        fs::create_dir(&path).unwrap();
        fs::write(folder.path().join("precious"), "x").unwrap();
        fs::write(path.join(MARKER), "../precious\n").unwrap();
        write(&path, &[file("a", "1")]).unwrap();
        assert_eq!(tree(folder.path()), map(&[("precious", "x"), ("out/.transship", "a\n"), ("out/a", "1")]));
    }

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
