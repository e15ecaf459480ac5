//! Files and folders of the project as ConfigMaps and Secrets: what is read, how it is keyed, and what fits.

use crate::diag::{Code, Diagnostic};
use crate::ir::{Data, FileObject, FileObjectKind, Item, Labelled, Name, Traced, Why};
use crate::lower::Context;
use crate::origin::Origin;
use crate::world::Kind;

/// Kubernetes' limit for the data of one ConfigMap or Secret, in bytes.
pub(super) const OBJECT_LIMIT: usize = 1 << 20;
/// From here on `kubectl apply` cannot keep its copy of the object in an annotation.
pub(super) const APPLY_LIMIT: usize = 240 << 10;
/// Most files of a folder that still make a ConfigMap.
const FOLDER_FILES: usize = 100;
/// How deep its folders go.
const FOLDER_DEPTH: usize = 8;

/// What a folder holds.
pub(super) struct Found {
    /// Keys with their bytes.
    pub(super) entries: Vec<(String, Vec<u8>)>,
    /// Which key is which file; empty where every key is the name of its file.
    pub(super) items: Vec<Item>,
    /// Whether one of the files is a key.
    pub(super) is_secret: bool,
}

/// A folder of a few text files, with folders in it, all of which fit into one object; `None` for any other.
pub(super) fn folder(context: &Context<'_>, full: &str) -> Option<Found> {
    let mut paths = Vec::new();
    list(context, full, full, "", 0, &mut paths)?;
    if paths.is_empty() || paths.iter().all(|path| is_placeholder(path)) {
        return None;
    }
    let mut found = Found { entries: Vec::new(), items: Vec::new(), is_secret: false };
    let mut total = 0;
    for path in paths {
        let file = format!("{}/{path}", full.trim_end_matches('/'));
        let bytes = context.world.read(&file, OBJECT_LIMIT as u64).ok()?;
        total += bytes.len();
        if total > OBJECT_LIMIT || std::str::from_utf8(&bytes).is_err() || bytes.contains(&0) {
            return None;
        }
        found.is_secret |= is_key_material(&path, &bytes);
        let mut key = data_key(&path);
        while found.entries.iter().any(|(other, _)| *other == key) {
            key.push('-');
        }
        found.items.push(Item { key: key.clone(), path, mode: executable(context, &file) });
        found.entries.push((key, bytes));
    }
    if found.items.iter().all(|item| item.key == item.path && item.mode.is_none()) {
        found.items.clear();
    }
    Some(found)
}

/// The paths of all files below a folder, in order. A link that leads out of the folder ends it, as does anything that is no file.
fn list(
    context: &Context<'_>,
    top: &str,
    folder: &str,
    below: &str,
    depth: usize,
    paths: &mut Vec<String>,
) -> Option<()> {
    if depth > FOLDER_DEPTH {
        return None;
    }
    for entry in context.world.list(folder).ok()? {
        let path = if below.is_empty() { entry.name.clone() } else { format!("{below}/{}", entry.name) };
        let full = format!("{}/{}", folder.trim_end_matches('/'), entry.name);
        if !stays(context, top, &full) {
            return None;
        }
        match entry.kind {
            Kind::File => paths.push(path),
            Kind::Folder => list(context, top, &full, &path, depth + 1, paths)?,
            Kind::Socket | Kind::CharacterDevice | Kind::BlockDevice | Kind::Other => return None,
        }
        if paths.len() > FOLDER_FILES {
            return None;
        }
    }
    Some(())
}

/// Whether a path still lies in the folder when its links are followed: files outside are read only when the input names them.
fn stays(context: &Context<'_>, top: &str, full: &str) -> bool {
    match (context.world.real_path(top), context.world.real_path(full)) {
        (Some(top), Some(real)) => {
            real.strip_prefix(top.as_str()).is_some_and(|rest| rest.starts_with('/') || top == "/")
        }
        _ => false,
    }
}

/// Files that only keep an empty folder in version control.
fn is_placeholder(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some(".gitkeep" | ".gitignore" | ".keep" | ".placeholder"))
}

/// The object that holds a file or folder: the one that holds it already, or a new one of the workload's own.
pub(super) fn object(
    objects: &mut Vec<FileObject>,
    own: &Name,
    full: &str,
    kind: FileObjectKind,
    entries: Vec<(String, Vec<u8>)>,
    origin: Origin,
) -> Name {
    if let Some(known) = objects.iter().find(|object| object.kind == kind && object.path.as_deref() == Some(full)) {
        return known.name.clone();
    }
    let name = free_name(objects, kind, &own.with(full.trim_end_matches('/').rsplit('/').next().unwrap_or("files")));
    objects.push(FileObject {
        name: name.clone(),
        kind,
        entries: entries.into_iter().map(|(key, bytes)| (key, Data { bytes, why: Why::Origin(origin) })).collect(),
        path: Some(full.to_owned()),
        labelled: Labelled::default(),
        why: Why::Origin(origin),
    });
    name
}

/// A name that no object of the kind has.
pub(super) fn free_name(objects: &[FileObject], kind: FileObjectKind, wanted: &Name) -> Name {
    wanted.first_free(|name| !objects.iter().any(|object| object.kind == kind && object.name == *name))
}

/// A key of a ConfigMap or Secret: letters, digits, `-`, `_` and `.`, not beginning with two dots.
pub(super) fn data_key(name: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let key: String = name.chars().map(legal).take(253).collect();
    match key.strip_prefix("..") {
        Some(rest) => format!("--{rest}"),
        None if key == "." || key.is_empty() => "-".to_owned(),
        None => key,
    }
}

/// The permission bits of a file that may be executed.
pub(super) fn executable(context: &Context<'_>, full: &str) -> Option<Traced<u32>> {
    context.world.mode(full).filter(|mode| mode & 0o111 != 0).map(|_| Traced::decided(0o755, "executable-file"))
}

/// Whether a file is a private key or a list of passwords, by its content or by a name that leaves no doubt.
pub(super) fn is_key_material(name: &str, bytes: &[u8]) -> bool {
    let name = name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let by_name =
        matches!(name.as_str(), ".htpasswd" | "htpasswd" | "id_rsa" | "id_ed25519" | ".pgpass" | ".netrc" | ".env")
            || [".key", ".p12", ".pfx", ".jks", ".keystore", ".keytab"].iter().any(|ending| name.ends_with(ending))
            || ["keyfile", "jwt.hex", "jwtsecret"].iter().any(|ending| name.ends_with(ending))
            || name.ends_with("key.pem") && !name.contains("pub");
    by_name || std::str::from_utf8(bytes).is_ok_and(|text| text.contains("-----BEGIN ") && text.contains("PRIVATE KEY"))
}

/// Says that an object is too large for `kubectl apply` alone.
pub(super) fn large(full: &str, total: usize, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::FileLarge, origin, format!("{full} is large: {total} bytes"))
        .why("kubectl apply keeps a copy of the object in an annotation, which holds at most 262,144 bytes")
        .help("apply with: kubectl apply --server-side")
}

#[cfg(test)]
mod tests {
    use super::{data_key, is_key_material};

    #[test]
    fn keys_are_what_kubernetes_takes() {
        for (name, key) in
            [("a.conf", "a.conf"), ("conf.d/a b", "conf.d-a-b"), ("..data", "--data"), (".env", ".env"), ("", "-")]
        {
            assert_eq!(data_key(name), key);
        }
    }

    #[test]
    fn keys_are_told_from_certificates() {
        assert!(is_key_material("a", b"-----BEGIN RSA PRIVATE KEY-----"));
        assert!(is_key_material("tls/server.KEY", b""));
        assert!(!is_key_material("ca.pem", b"-----BEGIN CERTIFICATE-----"));
        assert!(is_key_material("certs/node-1-key.pem", b""));
        assert!(!is_key_material("public-key.pem", b""));
    }
}
