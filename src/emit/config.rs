//! ConfigMaps and Secrets; rule: every key arrives byte for byte, and pods that use a changed one are replaced.
//!
//! ```yaml
//! kind: Secret
//! data:                                 # not stringData: a key removed there would live on after the next apply
//!   DB_PASSWORD: Z3Vlc3QtcGFzcw==
//! ```

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use sha2::{Digest, Sha256};

use super::at::At;
use super::{Context, Manifest, meta, patch};
use crate::ir::{Data, EnvSource, FileObject, FileObjectKind, Name, VolumeSource, Workload};

/// The object, owned by a workload or by the app.
pub(super) fn file(context: &Context, file: &FileObject, owner: Option<&Name>) -> Manifest {
    let FileObject { name, kind, entries, path, labelled, why } = file;
    // Where it was read matters to lowering alone.
    let _ = path;
    let mut at = At::default();
    let mut metadata = meta::object(context, &mut at, name, owner.unwrap_or(name), why);
    at.within("metadata", |at| meta::labelled(at, &mut metadata, labelled));
    let mut manifest = match kind {
        FileObjectKind::Secret => {
            let mut data = BTreeMap::new();
            for (key, content) in entries {
                let Data { bytes, why } = content;
                at.within("data", |at| at.because(key, why));
                data.insert(key.clone(), ByteString(bytes.clone()));
            }
            at.finish(&Secret { metadata, data: Some(data), ..Default::default() }, owner)
        }
        FileObjectKind::ConfigMap => {
            let (mut text, mut binary) = (BTreeMap::new(), BTreeMap::new());
            for (key, content) in entries {
                let Data { bytes, why } = content;
                match std::str::from_utf8(bytes) {
                    Ok(content) => {
                        at.within("data", |at| at.because(key, why));
                        text.insert(key.clone(), content.to_owned());
                    }
                    Err(_) => {
                        at.within("binaryData", |at| at.because(key, why));
                        binary.insert(key.clone(), ByteString(bytes.clone()));
                    }
                }
            }
            let object = ConfigMap { metadata, data: Some(text), binary_data: Some(binary), immutable: None };
            at.finish(&object, owner)
        }
    };
    manifest.object.arrange(&["data", "binaryData"], entries.iter().map(|(key, _)| key.as_str()));
    labelled.patches.iter().for_each(|tree| patch::put(&mut manifest, &[], tree));
    manifest
}

/// The annotations that change when a file that the pod uses changes; files that are not written here have none.
pub(super) fn checksums(context: &Context, at: &mut At, workload: &Workload) -> BTreeMap<String, String> {
    let mut checksums = BTreeMap::new();
    let used = used(workload);
    let shared = used.iter().filter_map(|object| context.files_by_name.get(object).copied());
    for file in shared.chain(workload.files.iter().filter(|file| used.contains(&(file.kind, &file.name)))) {
        let kind = match file.kind {
            FileObjectKind::Secret => "secret",
            FileObjectKind::ConfigMap => "config",
        };
        // The part behind the slash has the limits of a name.
        let key = format!("checksum/{}", Name::from_text(&format!("{kind}-{}", file.name)));
        at.within("annotations", |at| at.because(&key, &super::Why::Decision("checksum-of-files")));
        checksums.insert(key, checksum(file));
    }
    checksums
}

/// The file objects that a workload's pods read.
fn used(workload: &Workload) -> BTreeSet<(FileObjectKind, &Name)> {
    let in_env =
        workload.containers().flat_map(|container| &container.env).filter_map(|variable| match &variable.source {
            EnvSource::Secret { object, key: _ } => Some((FileObjectKind::Secret, object)),
            EnvSource::Literal(_) | EnvSource::Field(_) | EnvSource::Composed(_) => None,
        });
    let in_env_from =
        workload.containers().flat_map(|container| &container.env_from).map(|from| (from.value.0, &from.value.1));
    let in_volumes = workload.volumes.iter().filter_map(|volume| match &volume.source {
        VolumeSource::Object { kind, object, items: _ } => Some((*kind, object)),
        VolumeSource::Claim(_)
        | VolumeSource::Empty
        | VolumeSource::Memory(_)
        | VolumeSource::Host { path: _, kind: _ }
        | VolumeSource::Image(_) => None,
    });
    in_env.chain(in_env_from).chain(in_volumes).collect()
}

/// The first 16 hexadecimal digits of a SHA-256 over all keys and contents, each led by its length.
fn checksum(file: &FileObject) -> String {
    let mut hasher = Sha256::new();
    for (key, content) in &file.entries {
        for bytes in [key.as_bytes(), &content.bytes] {
            hasher.update(bytes.len().to_be_bytes());
            hasher.update(bytes);
        }
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
