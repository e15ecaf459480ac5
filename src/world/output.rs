//! Standard output, standard error and files, written; rule: whole or not at all, and no file of a stranger is touched.

#![expect(clippy::disallowed_methods, reason = "this module is what writes to the outside")]

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Component, Path, PathBuf};

use tempfile::NamedTempFile;

use super::{OsWorld, Output, OutputFile, ReadError, World};

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

/// What went wrong, without the name of the unfinished file.
fn words(error: io::Error) -> String {
    let words = ReadError::from(error).to_string();
    words.split_once(" at path ").map_or(words.as_str(), |(words, _)| words).to_owned()
}

fn sentence(path: &Path, error: impl fmt::Display) -> String {
    format!("cannot write {}: {error}", path.display())
}

/// Writes one file so that whoever reads it sees the old one or the new one, never half of it.
fn write_file(path: &Path, file: &OutputFile) -> Result<(), String> {
    // A link stays a link: what it leads to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
        // A device or a pipe (`-o /dev/stdout`) is written into; renaming a file over it would destroy it.
        let written =
            fs::OpenOptions::new().write(true).open(&path).and_then(|mut to| to.write_all(file.text.as_bytes()));
        return unless_broken_pipe(written).map_err(|error| sentence(&path, words(error)));
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if fs::metadata(folder).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Err(sentence(&path, format!("there is no folder {}", folder.display())));
    }
    let unfinished = unfinished(folder, &file.text, file.private).map_err(|error| sentence(&path, words(error)))?;
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
    file.persist(path).map(drop).map_err(|error| sentence(path, words(error.error)))
}

/// Writes a folder: first everything under passing names, then, when no more can go wrong but a rename, under the right ones.
fn write_folder(folder: &Path, files: &[OutputFile]) -> Result<(), String> {
    let names = checked_names(files)?;
    let is_new = fs::symlink_metadata(folder).is_err();
    let (ours, present) = if is_new { Default::default() } else { our_files(folder)? };
    for name in &names {
        if folder.join(name).is_dir() {
            return Err(format!("cannot write {}: it is a folder", folder.join(name).display()));
        }
    }
    fs::create_dir_all(folder).map_err(|error| sentence(folder, words(error)))?;
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
    let write = |text: &str, private| unfinished(folder, text, private).map_err(|error| sentence(folder, words(error)));
    // While files are renamed, old and new ones are ours, so that a run that is cut short can be repeated.
    let first_marker = write(&marker(names.union(ours)), false)?;
    let last_marker = write(&marker(names), false)?;
    let mut written = Vec::new();
    for file in files {
        written.push((folder.join(&file.path), write(&file.text, file.private)?));
    }
    for (path, _) in &written {
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| sentence(parent, words(error)))?;
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
    fs::remove_file(&path).map_err(|error| format!("cannot remove {}: {error}", path.display()))?;
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
            return Err(format!("refused to write `{}`: it is no plain path inside the folder", file.path));
        }
        if !names.insert(file.path.clone()) {
            return Err(format!("refused to write `{}` twice", file.path));
        }
    }
    for name in &names {
        let above = Path::new(name).ancestors().skip(1).filter_map(Path::to_str);
        if let Some(above) = above.into_iter().find(|above| names.contains(*above)) {
            return Err(format!("refused to write `{name}`: `{above}` is a file of its own"));
        }
    }
    Ok(names)
}

/// The names that the marker of a folder lists, and those of our files that are there, unfinished ones too.
///
/// Only what was found by walking is ever removed: a marker is a text that anybody may have changed.
fn our_files(folder: &Path) -> Result<(BTreeSet<String>, BTreeSet<String>), String> {
    if !folder.is_dir() {
        return Err(format!("cannot write {}: it is not a folder", folder.display()));
    }
    let ours: BTreeSet<String> = match OsWorld.read(&folder.join(MARKER).to_string_lossy(), LONGEST_MARKER) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect(),
        Err(ReadError::NotFound) => BTreeSet::new(),
        Err(error) => return Err(format!("cannot read {}: {error}", folder.join(MARKER).display())),
    };
    let mut present = BTreeSet::new();
    let mut waiting: Vec<(PathBuf, String)> = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = waiting.pop() {
        let unreadable = |error: io::Error| format!("cannot read {}: {error}", path.display());
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
                    "{} holds `{name}`, which transship did not write: name a folder that is new or empty, or remove the file",
                    folder.display()
                ));
            }
        }
    }
    Ok((ours, present))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::world::Kind;

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
}
