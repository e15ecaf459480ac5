//! The machine's files and environment, read; rule: nothing that is not a regular file is opened unless the user names it, and no
//! more is read than asked for.

#![expect(clippy::disallowed_methods, reason = "this module is what reads the outside")]

use std::fs::{self, File};
use std::io;

use super::{FolderEntry, Kind, ReadError, World, read_limited};

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

    fn read_named(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        match self.kind(path) {
            // A pipe, or a terminal or `/dev/null`.
            Some(Kind::Other | Kind::CharacterDevice) => read_limited(File::open(path)?, limit),
            Some(Kind::File | Kind::Folder | Kind::Socket | Kind::BlockDevice) | None => self.read(path, limit),
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn waits_only_for_pipes_and_devices_that_the_user_names() {
        assert!(matches!(OsWorld.read("/dev/zero", 9), Err(ReadError::Other(_))));
        assert_eq!(OsWorld.read_named("/dev/zero", 9), Err(ReadError::TooLarge { limit: 9 }));
        assert_eq!(OsWorld.read_named("/dev/null", 9), Ok(Vec::new()));
        assert_eq!(OsWorld.kind("/dev/zero"), Some(Kind::CharacterDevice));
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert_eq!(OsWorld.kind(socket.to_str().unwrap()), Some(Kind::Socket));
        let pipe = folder.path().join("p");
        if std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()) {
            assert!(matches!(OsWorld.read(pipe.to_str().unwrap(), 9), Err(ReadError::Other(_))));
            let writer = pipe.clone();
            let writer = std::thread::spawn(move || fs::write(writer, "12345"));
            assert_eq!(OsWorld.read_named(pipe.to_str().unwrap(), 5), Ok(b"12345".to_vec()));
            writer.join().unwrap().unwrap();
        }
    }
}
