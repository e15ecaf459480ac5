//! Services that are left out because the cluster does their work: schedulers and routers of Docker engines.

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::ir::{App, EnvSource, FileObject, FileObjectKind, Name, Workload};
use crate::origin::Origin;

/// The repository of an image, without registry, tag and digest.
pub(super) fn repository(image: &str) -> &str {
    let path = image.split('@').next().unwrap_or(image);
    let path = match path.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => path,
        Some(_) | None => path,
    };
    match path.split_once('/') {
        Some((registry, rest)) if registry.contains(['.', ':']) => rest,
        Some(_) | None => path,
    }
}

/// Says in one message that a service is left out; what was said of it before no longer matters, unless it is an error.
pub(super) fn say(workload: &Workload, diagnostic: Diagnostic, diags: &mut Diagnostics) {
    let path = format!("services.{}", workload.service);
    let below = format!("{path}.");
    diags
        .retain_mut(|known| known.severity == Severity::Error || (known.key != path && !known.key.starts_with(&below)));
    diags.push(diagnostic.key(path).covers_below([workload.origin]));
}

/// Nobody waits for a service that is left out.
pub(super) fn forget(app: &mut App, dropped: &BTreeSet<String>, reason: &'static str, diags: &mut Diagnostics) {
    for workload in &mut app.workloads {
        workload.dependencies.retain(|dependency| {
            let stays = !dropped.contains(&dependency.service);
            if !stays {
                let leaves: Vec<Origin> = dependency.leaves.clone();
                leaves.iter().for_each(|leaf| diags.consume(*leaf, reason));
            }
            stays
        });
    }
}

/// Takes ConfigMaps and Secrets away that only a service used which is left out.
pub(super) fn orphans(app: &mut App, dropped: &[Workload], diags: &mut Diagnostics) {
    let gone: BTreeSet<(FileObjectKind, Name)> = dropped.iter().flat_map(used).collect();
    let kept: BTreeSet<(FileObjectKind, Name)> = app.workloads.iter().flat_map(used).collect();
    app.files.retain(|file| {
        let id = (file.kind, file.name.clone());
        let stays = kept.contains(&id) || !gone.contains(&id);
        if !stays {
            lose(file, diags);
        }
        stays
    });
    dropped.iter().flat_map(|workload| &workload.files).for_each(|file| lose(file, diags));
}

fn lose(file: &FileObject, diags: &mut Diagnostics) {
    let entries = file.entries.iter().map(|(_, data)| &data.why);
    let labels = file.labelled.labels.iter().chain(&file.labelled.annotations).map(|(_, text)| &text.why);
    for place in entries.chain(labels).chain([&file.why]).flat_map(|why| why.origins()) {
        diags.consume(*place, "only a service that is left out used it");
    }
}

/// The ConfigMaps and Secrets that a workload reads.
fn used(workload: &Workload) -> Vec<(FileObjectKind, Name)> {
    let mut all: Vec<_> = workload.container.env_from.iter().map(|from| from.value.clone()).collect();
    for variable in &workload.container.env {
        if let EnvSource::Secret { object, key: _ } = &variable.source {
            all.push((FileObjectKind::Secret, object.clone()));
        }
    }
    let mounted = workload.mounts.iter().filter_map(|mount| mount.source.object());
    all.extend(mounted.map(|(kind, name, _)| (kind, name.clone())));
    all
}
