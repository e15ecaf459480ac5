//! Lowering: each service alone becomes a workload of the IR. What needs the whole app is left to the passes.

mod annotations;
mod before;
mod binds;
mod build;
mod command;
mod content;
mod credentials;
mod devices;
mod dockerfile;
mod env_files;
mod environment;
mod file_templates;
mod files;
mod flags;
mod grants;
mod health;
mod hooks;
mod hostname;
mod image;
mod kompose;
mod kubernetes;
mod labelled;
mod later;
mod lifecycle;
mod listening;
mod local_driver;
mod memory;
mod mounts;
mod nested;
mod network;
mod network_options;
mod networks;
mod owned;
mod owners;
mod placeholders;
mod placement;
mod ports;
mod resources;
mod restart;
mod rollout;
mod router_labels;
mod security;
mod service;
mod sharing;
mod source_code;
mod volumes;
mod windows;
mod without_counterpart;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use self::env_files::EnvObjects;
use self::files::ObjectNames;
use self::volumes::Definitions;
use crate::compose::keys::Key;
use crate::compose::{Dialect, Loaded};
use crate::diag::Diagnostics;
use crate::ir::{App, Name, Traced, Wishes};
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
    let objects = files::names(context);
    let mut app = App {
        project: Traced::from_origin(Name::from_text(&context.loaded.name.value), context.loaded.name.origin),
        namespace: match context.request.is_separate {
            true => Some(Name::from_text(&context.loaded.name.value)),
            false => context.request.namespace.as_deref().map(Name::from_text),
        },
        files: files::objects(context, &objects, diags),
        named_volumes: IndexMap::new(),
        volumes: Vec::new(),
        claims: Vec::new(),
        workloads: Vec::new(),
        networks: networks::networks(context, diags),
        policies: Vec::new(),
        dials: Vec::new(),
        provided: Vec::new(),
        treatments: Vec::new(),
        left_out: Vec::new(),
        gateways: Vec::new(),
        certificates: Vec::new(),
        shared_networks: Vec::new(),
        others: None,
        calls: Vec::new(),
        elsewhere: Vec::new(),
        wishes: Wishes::default(),
        rules: Vec::new(),
        defaults: Vec::new(),
        patches: Vec::new(),
    };
    let wide = kubernetes::project(context, &project.extensions, &mut app, diags);
    let env_objects = env_files::objects(context, &mut app.files);
    later::top_level(context, diags);
    let volumes = volumes::definitions(context, &mut app.files, diags);
    workloads(context, (&env_objects, &objects, &volumes), &mut app, diags);
    app.named_volumes = volumes::claimed(volumes);
    kubernetes::apply(&wide, context, &mut app);
    owners::settle(&mut app, &env_objects);
    app
}

/// Each service as a workload; those that a provider makes are named.
fn workloads(
    context: &Context<'_>,
    (env_objects, objects, definitions): (&EnvObjects, &ObjectNames, &Definitions),
    app: &mut App,
    diags: &mut Diagnostics,
) {
    let Key::Set { key: _, value: services } = &context.loaded.project.services else { return };
    let mut names = distinct_names(services.value.keys().map(String::as_str));
    for (name, service) in &services.value {
        let (Some(body), Some(own)) = (&service.value, names.remove(name.as_str())) else { continue };
        let identity = service::Identity { name, own, origin: service.key };
        let shared = service::Shared { env_objects, objects, definitions, networks: &app.networks };
        match service::lower(context, identity, &body.value, shared, &mut app.files, diags) {
            Some(workload) => app.workloads.push(workload),
            None => app.provided.push(name.clone()),
        }
    }
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
