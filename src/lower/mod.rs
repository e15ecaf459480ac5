//! Lowering: each service alone becomes a workload of the IR. What needs the whole app is left to the passes.

mod annotations;
mod build;
mod command;
mod devices;
mod env_files;
mod environment;
mod files;
mod health;
mod image;
mod later;
mod lifecycle;
mod mounts;
mod placeholders;
mod placement;
mod ports;
mod resources;
mod restart;
mod rollout;
mod security;
mod service;
mod without_counterpart;

use std::collections::{BTreeMap, BTreeSet};

use crate::compose::Dialect;
use crate::compose::Loaded;
use crate::compose::keys::Key;
use crate::diag::Diagnostics;
use crate::ir::{App, EnvSource, FileObject, FileObjectKind, MountSource, Name, Traced, Workload};
use crate::lower::env_files::EnvObjects;
use crate::origin::Sources;
use crate::request::Request;
use crate::world::World;

/// What lowering looks at beside the service.
pub struct Context<'a> {
    /// The outside.
    pub world: &'a dyn World,
    /// Where texts are.
    pub sources: &'a Sources,
    /// The loaded project.
    pub loaded: &'a Loaded,
    /// What the caller chose.
    pub request: &'a Request,
}

impl Context<'_> {
    /// Whose rules hold.
    pub fn dialect(&self) -> Dialect {
        self.loaded.dialect
    }
}

/// Turns a project into an app.
pub fn lower(context: &Context<'_>, diags: &mut Diagnostics) -> App {
    let project = &context.loaded.project;
    let mut app = App {
        project: Traced::from_origin(Name::from_text(&context.loaded.name.value), context.loaded.name.origin),
        namespace: context.request.namespace.as_deref().map(Name::from_text),
        files: files::objects(context, diags),
        claims: Vec::new(),
        workloads: Vec::new(),
        dials: Vec::new(),
    };
    let env_objects = env_files::objects(context, &mut app.files);
    later::top_level(context, diags);
    if let Key::Set { key: _, value: services } = &project.services {
        let mut names = distinct_names(services.value.keys().map(String::as_str));
        for (name, service) in &services.value {
            if let (Some(body), Some(own)) = (&service.value, names.remove(name.as_str())) {
                app.workloads.push(service::lower(
                    context,
                    service::Identity { name, own, origin: service.key },
                    &body.value,
                    &env_objects,
                    &mut app.files,
                    diags,
                ));
            }
        }
    }
    own(&mut app, &env_objects);
    app
}

/// The name of each service in the cluster: its own where Kubernetes takes it; of two that would be one, the second ends in a hash.
fn distinct_names<'a>(services: impl Iterator<Item = &'a str> + Clone) -> BTreeMap<&'a str, Name> {
    let mut names = BTreeMap::new();
    let mut taken: BTreeSet<Name> = BTreeSet::new();
    for service in services.clone() {
        let name = Name::from_text(service);
        if name.as_str() == service {
            taken.insert(name.clone());
            names.insert(service, name);
        }
    }
    for service in services {
        if !names.contains_key(service) {
            let near = Name::from_text(service);
            let name = if taken.contains(&near) { near.with(&crate::ir::short_hash(service.as_bytes())) } else { near };
            taken.insert(name.clone());
            names.insert(service, name);
        }
    }
    names
}

/// Moves files that one workload alone uses to that workload. One of an `env_file` that every service had to take inline is left out.
fn own(app: &mut App, env_objects: &EnvObjects) {
    // The first user of an object, and whether it is the only one.
    let mut users: BTreeMap<(FileObjectKind, Name), (usize, bool)> = BTreeMap::new();
    for (index, workload) in app.workloads.iter().enumerate() {
        for (kind, name) in used(workload) {
            users.entry((kind, name.clone())).and_modify(|(_, only)| *only = false).or_insert((index, true));
        }
    }
    let mut shared: Vec<FileObject> = Vec::new();
    for object in std::mem::take(&mut app.files) {
        let user = users.get(&(object.kind, object.name.clone()));
        let only = user.filter(|(_, only)| *only).and_then(|(index, _)| app.workloads.get_mut(*index));
        match only {
            Some(only) => only.files.push(object),
            None if user.is_none() && env_objects.holds(&object) => {}
            None => shared.push(object),
        }
    }
    app.files = shared;
}

/// The ConfigMaps and Secrets that a workload uses.
fn used(workload: &Workload) -> BTreeSet<(FileObjectKind, &Name)> {
    let in_env = workload.container.env.iter().filter_map(|variable| match &variable.source {
        EnvSource::Secret { object, key: _ } => Some((FileObjectKind::Secret, object)),
        EnvSource::Literal(_) | EnvSource::Field(_) | EnvSource::Composed(_) => None,
    });
    let in_env_from = workload.container.env_from.iter().map(|from| (from.value.0, &from.value.1));
    let in_mounts = workload.mounts.iter().filter_map(|mount| match &mount.source {
        MountSource::File { object, kind, key: _, mode: _ } | MountSource::Folder { object, kind } => {
            Some((*kind, object))
        }
        MountSource::Named { volume: _, subpath: _ }
        | MountSource::External(_)
        | MountSource::Anonymous
        | MountSource::Memory(_)
        | MountSource::Data(_)
        | MountSource::Host { path: _, kind: _ } => None,
    });
    in_env.chain(in_env_from).chain(in_mounts).collect()
}
