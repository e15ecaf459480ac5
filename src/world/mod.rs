//! The outside: files, the environment, and where output goes.
//!
//! The compiler asks a [`World`] and the command line writes to an [`Output`], so that tests run the whole program without a
//! disk. [`OsWorld`] and [`OsOutput`] are the only code that touches the real thing.

mod memory;
mod os;
mod output;

use std::fmt;
use std::io::{self, Read};

pub use memory::{MemoryOutput, MemoryWorld};
pub use os::OsWorld;
pub use output::OsOutput;

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
            ReadError::NotFound => formatter.write_str("there is no such file"),
            ReadError::TooLarge { limit } => write!(formatter, "it is larger than {limit} bytes"),
            ReadError::Folder => formatter.write_str("it is a folder"),
            ReadError::Denied => formatter.write_str("permission is denied"),
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
    /// As [`World::read`], for paths that the user names and no file does: a pipe is read too, such as the one that a shell makes of
    /// `-f <(command)`, and so is a character device, such as `/dev/stdin`. It waits for whoever writes the pipe.
    fn read_named(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        self.read(path, limit)
    }
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

/// Reads to the end, or to one byte past the limit, which tells that there is more.
fn read_limited(from: impl Read, limit: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(ReadError::TooLarge { limit }) } else { Ok(bytes) }
}
