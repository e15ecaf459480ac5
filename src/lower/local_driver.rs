//! Options of Docker's local volume driver, which are those of `mount`: NFS, CIFS, folders in memory and paths of the host.
//!
//! ```yaml
//! driver_opts: {type: nfs, o: "addr=10.0.0.5,nfsvers=4.1,rw", device: ":/exports/data"}
//! # PersistentVolume: nfs 10.0.0.5 /exports/data, mountOptions nfsvers=4.1
//! ```

use crate::compose::model::text::Options;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Data, FileObject, FileObjectKind, Labelled, NamedVolume, NetworkShare, ShareProtocol, Traced, Why};
use crate::lower::memory;
use crate::lower::volumes::{Definition, bytes_of};
use crate::origin::Spanned;

/// Whether an option was read for the network storage of a volume.
pub(super) fn is_used(named: &NamedVolume, option: &str) -> bool {
    named.network.is_some() && matches!(option, "type" | "o" | "device")
}

/// What options of the local driver make of a volume; network storage is noted in `named`.
pub(super) fn special(
    options: &Options,
    path: &str,
    named: &mut NamedVolume,
    objects: &mut Vec<FileObject>,
    diags: &mut Diagnostics,
) -> Option<Definition> {
    let text = |name: &str| options.0.get(name).and_then(|pair| pair.value.as_deref()).unwrap_or_default();
    let (kind, device) = (text("type").to_ascii_lowercase(), text("device"));
    let flags: Vec<&str> = text("o").split(',').map(str::trim).filter(|flag| !flag.is_empty()).collect();
    let all = || options.0.values().map(|pair| pair.origin);
    if kind.starts_with("nfs") {
        named.network = Some(nfs(&kind, device, &flags, options)?);
    } else if matches!(kind.as_str(), "cifs" | "smb" | "smb3") {
        named.network = Some(smb(device, &flags, path, named, options, objects, diags)?);
    } else if kind == "tmpfs" {
        all().for_each(|origin| diags.consume(origin, "a folder in memory"));
        let size = flags.iter().find_map(|flag| bytes_of(flag.strip_prefix("size=")?));
        let origin = options.0.get("o").map_or(named.origin, |pair| pair.origin);
        let usual = |flag: &str| {
            flag.starts_with("size=") || matches!(flag, "rw" | "defaults" | "uid=0" | "gid=0" | "mode=1777")
        };
        let left: Vec<String> = flags.iter().filter(|flag| !usual(flag)).map(|flag| (*flag).to_owned()).collect();
        memory::refuse(&left, "the folder in memory", origin, format!("{path}.driver_opts"), diags);
        return Some(Definition::Memory(size.map(|bytes| Traced::from_origin(bytes, origin))));
    } else if !device.is_empty()
        && (matches!(kind.as_str(), "none" | "bind") || flags.iter().any(|flag| *flag == "bind" || *flag == "rbind"))
    {
        let pair = options.0.get("device")?;
        all().for_each(|origin| diags.consume(origin, "a path of the host under a name"));
        let read_only = options.0.get("o").filter(|_| flags.contains(&"ro")).map(|pair| pair.origin);
        return Some(Definition::Bind(Spanned { value: device.to_owned(), origin: pair.origin }, read_only));
    }
    None
}

fn why(options: &Options) -> Why {
    Why::Origins(
        ["type", "o", "device"].iter().filter_map(|name| options.0.get(*name)).map(|pair| pair.origin).collect(),
    )
}

/// `device` is `:/path` with the address among the options, or `server:/path`.
fn nfs(kind: &str, device: &str, flags: &[&str], options: &Options) -> Option<NetworkShare> {
    let (before, path) = device.split_once(":/").unwrap_or(("", device.trim_start_matches([':', '/'])));
    let address = flags.iter().find_map(|flag| flag.strip_prefix("addr="));
    let server = address.filter(|address| !address.is_empty()).or(Some(before).filter(|server| !server.is_empty()))?;
    let mut kept: Vec<String> = flags
        .iter()
        .filter(|flag| !flag.starts_with("addr=") && !matches!(**flag, "rw" | "ro" | "defaults"))
        .map(|flag| (*flag).to_owned())
        .collect();
    if kind == "nfs4" && !kept.iter().any(|flag| flag.starts_with("vers=") || flag.starts_with("nfsvers=")) {
        kept.push("nfsvers=4".to_owned());
    }
    Some(NetworkShare {
        protocol: ShareProtocol::Nfs { server: server.to_owned(), path: format!("/{path}") },
        options: kept,
        read_only: flags.contains(&"ro"),
        why: why(options),
    })
}

/// The user and the password go to a Secret, which the driver reads.
fn smb(
    device: &str,
    flags: &[&str],
    path: &str,
    named: &NamedVolume,
    options: &Options,
    objects: &mut Vec<FileObject>,
    diags: &mut Diagnostics,
) -> Option<NetworkShare> {
    if device.is_empty() {
        return None;
    }
    let place = options.0.get("o").or_else(|| options.0.get("device"))?.origin;
    let mut entries = Vec::new();
    let mut kept = Vec::new();
    for flag in flags {
        match flag.split_once('=') {
            Some(("username" | "user", value)) => entries.push(("username", value)),
            Some(("password" | "pass", value)) => entries.push(("password", value)),
            Some(("domain" | "dom" | "workgroup", value)) => entries.push(("domain", value)),
            Some(("addr" | "ip", _)) => {}
            _ if matches!(*flag, "rw" | "ro" | "defaults") => {}
            _ => kept.push((*flag).to_owned()),
        }
    }
    let secret = (!entries.is_empty()).then(|| named.name.with("smb"));
    if let Some(name) = &secret {
        let data = |value: &str| Data { bytes: value.as_bytes().to_vec(), why: Why::Origin(place) };
        objects.push(FileObject {
            name: name.clone(),
            kind: FileObjectKind::Secret,
            entries: entries.iter().map(|(key, value)| ((*key).to_owned(), data(value))).collect(),
            path: None,
            labelled: Labelled::default(),
            why: Why::Origin(place),
        });
    }
    diags.push(
        // Not at the options, which hold the password.
        Diagnostic::new(
            Code::NetworkVolume,
            options.0.get("device")?.origin,
            format!("{device} needs the driver smb.csi.k8s.io in the cluster"),
        )
        .why("Kubernetes mounts NFS by itself, but not SMB")
        .help("install it: https://github.com/kubernetes-csi/csi-driver-smb")
        .cause("smb")
        .key(format!("{path}.driver_opts")),
    );
    Some(NetworkShare {
        protocol: ShareProtocol::Smb { share: device.replace('\\', "/"), secret },
        options: kept,
        read_only: flags.contains(&"ro"),
        why: why(options),
    })
}
