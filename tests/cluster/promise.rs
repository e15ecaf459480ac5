//! What each container should see and what should answer, computed from the resolved project in Compose's terms.
//!
//! Nothing here looks at manifests, except to know which diagnostics say that a promise is not kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use transship::Compilation;
use transship::compose::grammar::mounts::{self, ShortKind};
use transship::compose::keys::Key;
use transship::compose::model::files::{FileSource, Grants};
use transship::compose::model::mount::ServiceMount;
use transship::compose::model::port::ServicePort;
use transship::compose::model::service::Service;
use transship::compose::{Dialect, Loaded, load};
use transship::diag::Diagnostics;
use transship::ir::Name;
use transship::origin::{Origin, Sources};
use transship::world::World;

use crate::compiled::{self, StackWorld};

/// What Compose promises of one service.
#[derive(Debug, Default)]
pub(crate) struct Promise {
    /// Its name in the file.
    pub(crate) service: String,
    /// Its name in the cluster.
    pub(crate) workload: String,
    /// Its variables.
    pub(crate) environment: BTreeMap<String, String>,
    /// Its entrypoint, where the file has one.
    pub(crate) entrypoint: Option<Vec<String>>,
    /// Its command, where the file has one.
    pub(crate) command: Option<Vec<String>>,
    /// The contents of configs, secrets and bound files, by path.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// TCP ports that the file states.
    pub(crate) ports: BTreeSet<u16>,
    /// TCP ports of the host, without those of which the compiler says that they are not published.
    pub(crate) published: BTreeSet<u16>,
}

/// The promises of all services.
pub(crate) fn promises(world: &StackWorld, file: &Path, compilation: &Compilation) -> Result<Vec<Promise>, String> {
    let (mut sources, mut diags) = (Sources::default(), Diagnostics::default());
    let loaded = load(world, &compiled::request(file), &mut sources, &mut diags).ok_or("the project does not load")?;
    // The same loader reads the same files, so that the origins are the same.
    let mut spoken: BTreeSet<Origin> = BTreeSet::new();
    for diagnostic in &compilation.diagnostics {
        spoken.extend(diagnostic.covers.iter().copied());
        spoken.extend(diagnostic.primary.iter().chain(&diagnostic.others).map(|label| label.origin));
    }
    let services = loaded.project.services.get().into_iter().flat_map(|services| services.value.iter());
    let bodies = services.filter_map(|(name, entry)| Some((name, entry.value.as_ref()?)));
    Ok(bodies.map(|(name, service)| promise(world, &loaded, name, &service.value, &spoken)).collect())
}

fn promise(world: &StackWorld, loaded: &Loaded, name: &str, service: &Service, spoken: &BTreeSet<Origin>) -> Promise {
    let words = |words: &[transship::origin::Spanned<String>]| words.iter().map(|word| word.value.clone()).collect();
    let mut promise = Promise {
        service: name.to_owned(),
        workload: Name::from_text(name).to_string(),
        entrypoint: service.entrypoint.get().map(|command| words(&command.value.0)),
        command: service.command.get().map(|command| words(&command.value.0)),
        ..Promise::default()
    };
    for file in loaded.env_files.get(name).into_iter().flatten() {
        promise.environment.extend(file.entries.iter().map(|entry| (entry.name.clone(), entry.value.clone())));
    }
    let lookup = loaded.variables.lookup(world);
    for (name, pair) in service.environment.get().into_iter().flat_map(|pairs| pairs.value.0.iter()) {
        match pair.value.clone().or_else(|| lookup(name).map(|(value, _)| value)) {
            // Swarm fills templates in when a task starts.
            Some(value) if loaded.dialect == Dialect::Swarm && value.contains("{{") => {
                promise.environment.remove(name);
            }
            Some(value) => {
                promise.environment.insert(name.clone(), value);
            }
            None => {
                promise.environment.remove(name);
            }
        }
    }
    files(world, loaded, service, &mut promise);
    ports(service, spoken, &mut promise);
    promise
}

fn files(world: &StackWorld, loaded: &Loaded, service: &Service, promise: &mut Promise) {
    let configs = loaded.project.configs.get().map(|entries| &entries.value);
    let secrets = loaded.project.secrets.get().map(|entries| &entries.value);
    for (grants, entries, folder) in [(&service.configs, configs, "/"), (&service.secrets, secrets, "/run/secrets/")] {
        for (source, target) in targets(grants, folder) {
            let entry = entries.and_then(|entries| entries.get(&source)).and_then(|entry| entry.value.as_ref());
            if let Some(bytes) = entry.and_then(|entry| content(world, loaded, &entry.value)) {
                promise.files.insert(target, bytes);
            }
        }
    }
    for mount in service.volumes.get().into_iter().flat_map(|mounts| mounts.value.iter()) {
        let (source, target) = match &mount.value {
            ServiceMount::Short(mount) if mount.kind == ShortKind::Bind => (mount.source.clone(), mount.target.clone()),
            ServiceMount::Short(_) => continue,
            ServiceMount::Long(mount) if mount.kind.get().is_some_and(|kind| kind.value == "bind") => {
                (text(&mount.source), text(&mount.target).unwrap_or_default())
            }
            ServiceMount::Long(_) => continue,
        };
        let source = mounts::join(&loaded.folder, &source.unwrap_or_default());
        if let Ok(bytes) = world.read(&source, u64::MAX) {
            promise.files.insert(target, bytes);
        } else if let Ok(entries) = world.list(&source) {
            for entry in entries {
                if let Ok(bytes) = world.read(&format!("{source}/{}", entry.name), u64::MAX) {
                    promise.files.insert(format!("{target}/{}", entry.name), bytes);
                }
            }
        }
    }
}

/// Source and path of each config or secret.
fn targets(grants: &Key<Grants>, folder: &str) -> Vec<(String, String)> {
    let grants = grants.get().into_iter().flat_map(|grants| grants.value.iter());
    let target = |grant: &transship::compose::model::files::Grant| {
        let source = text(&grant.source)?;
        let target = text(&grant.target).unwrap_or_else(|| source.clone());
        Some((source, if target.starts_with('/') { target } else { format!("{folder}{target}") }))
    };
    grants.filter_map(|grant| target(&grant.value)).collect()
}

fn content(world: &StackWorld, loaded: &Loaded, source: &FileSource) -> Option<Vec<u8>> {
    if let Some(file) = text(&source.file) {
        return world.read(&mounts::join(&loaded.folder, &file), u64::MAX).ok();
    }
    if let Some(variable) = text(&source.environment) {
        return loaded.variables.lookup(world)(&variable).map(|(value, _)| value.into_bytes());
    }
    text(&source.content).map(String::into_bytes)
}

fn ports(service: &Service, spoken: &BTreeSet<Origin>, promise: &mut Promise) {
    for port in service.ports.get().into_iter().flat_map(|ports| ports.value.iter()) {
        let mut add = |target: u16, published: Option<String>, protocol: &str, origin: Origin| {
            if protocol != "tcp" {
                return;
            }
            promise.ports.insert(target);
            let number: Option<u16> = published.and_then(|published| published.parse().ok());
            promise.published.extend(number.filter(|_| !spoken.contains(&origin)));
        };
        match &port.value {
            ServicePort::Short(range) => {
                for mapping in range.mappings() {
                    add(mapping.target, mapping.published, &mapping.protocol, port.origin);
                }
            }
            ServicePort::Long(long) => {
                let target = long.target.get().and_then(|target| u16::try_from(target.value).ok());
                let published = long.published.get();
                let protocol = text(&long.protocol).unwrap_or_else(|| "tcp".to_owned());
                let origin = published.map_or(port.origin, |published| published.origin);
                if let Some(target) = target {
                    add(target, published.map(|published| published.value.0.clone()), &protocol, origin);
                }
            }
        }
    }
    for expose in service.expose.get().into_iter().flat_map(|expose| expose.value.0.iter()) {
        if expose.value.protocol == "tcp" {
            promise.ports.extend(expose.value.ports());
        }
    }
}

fn text(key: &Key<String>) -> Option<String> {
    key.get().map(|text| text.value.clone())
}
