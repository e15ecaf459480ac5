//! `tmpfs` and `shm_size` (compose-spec): folders in memory.
//!
//! Docker mounts a tmpfs with mode 1777; a folder in memory of Kubernetes has 0777, which lets the same users in.

use crate::compose::grammar::{bytes, mounts};
use crate::compose::keys::Key;
use crate::compose::model::mount::TmpfsMounts;
use crate::compose::model::scalar::Bytes;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Mount, MountSource, Traced};
use crate::lower::mounts::mount_point_refused;
use crate::origin::Origin;

/// What every container has at `/dev/shm`, in bytes.
const USUAL_SHARED_MEMORY: i64 = 64 << 20;

/// A limit in bytes; Docker reads 0 as none.
pub(super) fn limit(size: Option<Traced<i64>>, diags: &mut Diagnostics) -> Option<Traced<i64>> {
    let size = size?;
    if size.value > 0 {
        return Some(size);
    }
    for place in size.why.origins() {
        diags.consume(*place, "0 is no limit");
    }
    None
}

/// Whether everybody may write with these permission bits, as with those that a folder in memory has.
pub(super) fn is_open(mode: u32) -> bool {
    mode & 0o777 == 0o777
}

/// Says what a folder in memory is not: one message, with all of its options.
pub(super) fn refuse(options: &[String], folder: &str, origin: Origin, key: String, diags: &mut Diagnostics) {
    if options.is_empty() {
        return;
    }
    let (list, are) = (options.join(", "), if options.len() == 1 { "has" } else { "have" });
    let is_minor = options.iter().all(|option| RESTRICTIONS.contains(&option.as_str()));
    let message = format!("{list} of {folder} {are} no counterpart");
    let found = if is_minor {
        Diagnostic::new(Code::TmpfsRestriction, origin, message)
            .why("Kubernetes mounts a folder in memory without them, so that what is put there can be run")
            .help("read_only: true and no-new-privileges keep programs from being replaced or gaining rights")
    } else {
        Diagnostic::new(Code::TmpfsOption, origin, message)
            .why("a folder in memory belongs to root, and everybody may write to it")
            .help("remove them, or set owner and mode in the container's start")
    };
    diags.push(found.cause(list).key(key));
}

/// Options that take rights away from what lies in the folder.
const RESTRICTIONS: [&str; 3] = ["noexec", "nosuid", "nodev"];

/// `tmpfs`.
pub(super) fn tmpfs(path: &str, tmpfs: &Key<TmpfsMounts>, diags: &mut Diagnostics) -> Vec<Mount> {
    let mut all = Vec::new();
    let key = format!("{path}.tmpfs");
    for found in tmpfs.get().iter().flat_map(|tmpfs| tmpfs.value.0.iter()) {
        let folder = mounts::clean(&found.value.path);
        if !found.value.path.starts_with('/') || folder == "/" {
            diags.push(mount_point_refused(&found.value.path, found.origin).key(key.clone()));
            continue;
        }
        let (mut size, mut read_only) = (None, None);
        let mut left = Vec::new();
        for (option, value) in &found.value.options {
            match (option.as_str(), value.as_deref()) {
                ("size", Some(text)) => match bytes::parse(text) {
                    Ok(bytes) => size = limit(Some(Traced::from_origin(bytes, found.origin)), diags),
                    // A share of the memory of the machine, as `50%`: there is no one machine.
                    Err(_) => left.push(format!("size={text}")),
                },
                ("mode", Some(text)) if u32::from_str_radix(text, 8).is_ok_and(is_open) => {}
                ("uid" | "gid", Some("0")) => {}
                ("ro", None) => read_only = Some(found.origin),
                ("rw", None) => read_only = None,
                ("exec" | "suid" | "dev" | "noatime" | "async", None) => {}
                (other, None) => left.push(other.to_owned()),
                (other, Some(text)) => left.push(format!("{other}={text}")),
            }
        }
        refuse(&left, &folder, found.origin, key.clone(), diags);
        let target = Traced::from_origin(folder, found.origin);
        all.push(Mount::new(target, MountSource::Memory(size), read_only, found.origin));
    }
    all
}

/// `shm_size`, unless something else is mounted there.
pub(super) fn shm(size: &Key<Bytes>, others: &[Mount], diags: &mut Diagnostics) -> Option<Mount> {
    let found = size.get()?;
    if others.iter().any(|mount| mount.target.value == "/dev/shm") {
        diags.consume(found.origin, "something else is mounted there");
        return None;
    }
    if found.value.0 <= 0 || found.value.0 == USUAL_SHARED_MEMORY {
        diags.consume(found.origin, "what every container has");
        return None;
    }
    let target = Traced::decided("/dev/shm".to_owned(), "shared-memory");
    let size = Traced::from_origin(found.value.0, found.origin);
    Some(Mount::new(target, MountSource::Memory(Some(size)), None, found.origin))
}
