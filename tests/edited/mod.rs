//! A fixture of which one file is edited in memory: how the tests take keys away.

use serde_yaml::Value;
use transship::world::{FolderEntry, Kind, OsWorld, ReadError, World};

/// The disk, with one file's text replaced.
pub(crate) struct Edited {
    /// The file.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) text: String,
}

impl World for Edited {
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        if path == self.path { Ok(self.text.clone().into_bytes()) } else { OsWorld.read(path, limit) }
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
    fn environment(&self, _name: &str) -> Option<String> {
        None
    }
    fn current_folder(&self) -> String {
        OsWorld.current_folder()
    }
    fn home(&self) -> Option<String> {
        None
    }
    fn stdin(&self, _limit: u64) -> Result<Vec<u8>, ReadError> {
        Err(ReadError::NotFound)
    }
}

/// Go reads `0755` as an octal number, the reader used here as a text, which it would write in quotes.
pub(crate) fn read_octals(value: &mut Value) {
    match value {
        Value::Mapping(map) => map.values_mut().for_each(read_octals),
        Value::Sequence(items) => items.iter_mut().for_each(read_octals),
        Value::String(text) if matches!(text.len(), 4 | 5) && text.starts_with('0') => {
            if let Ok(number) = u32::from_str_radix(text, 8) {
                *value = Value::from(number);
            }
        }
        _ => {}
    }
}
