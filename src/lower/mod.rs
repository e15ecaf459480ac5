//! Lowering: each service alone becomes a workload of the IR. What needs the whole app is left to the passes.

mod command;
mod env_files;
mod environment;
mod files;
mod health;
mod later;
mod lifecycle;
mod mounts;
mod placeholders;
mod placement;
mod ports;
mod resources;
mod restart;
mod rollout;
mod service;

use std::collections::BTreeMap;

use crate::compose::Dialect;
use crate::compose::Loaded;
use crate::compose::keys::Key;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, FileObject, Name, Traced};
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
    };
    let env_objects = env_files::objects(context, &mut app.files);
    later::top_level(context, diags);
    let mut taken: BTreeMap<Name, usize> = BTreeMap::new();
    if let Key::Set { key: _, value: services } = &project.services {
        for (name, service) in &services.value {
            if let Some(body) = &service.value {
                let workload =
                    service::lower(context, name, service.key, &body.value, &env_objects, &mut app.files, diags);
                if let Some(other) = taken.get(&workload.name).and_then(|index: &usize| app.workloads.get(*index)) {
                    diags.push(
                        Diagnostic::new(
                            Code::Conflict,
                            service.key,
                            format!("`{name}` and `{}` would both be called {}", other.service, workload.name),
                        )
                        .also(other.origin, "the other service")
                        .why("Kubernetes names hold lower-case letters, digits and dashes only")
                        .help("rename one of the two"),
                    );
                    continue;
                }
                taken.insert(workload.name.clone(), app.workloads.len());
                app.workloads.push(workload);
            }
        }
    }
    own(&mut app, &env_objects);
    app
}

/// Moves files that one workload alone uses to that workload. One of an `env_file` that every service had to take inline is left out.
fn own(app: &mut App, env_objects: &EnvObjects) {
    let mut shared: Vec<FileObject> = Vec::new();
    for object in std::mem::take(&mut app.files) {
        let mut users = app.workloads.iter_mut().filter(|workload| uses(workload, &object));
        match (users.next(), users.next()) {
            (Some(only), None) => only.files.push(object),
            (None, _) if env_objects.holds(&object) => {}
            (Some(_), Some(_)) | (None, _) => shared.push(object),
        }
    }
    app.files = shared;
}

fn uses(workload: &crate::ir::Workload, object: &FileObject) -> bool {
    let in_env = workload.container.env.iter().any(|variable| match &variable.source {
        crate::ir::EnvSource::Secret { object: name, key: _ } => {
            *name == object.name && object.kind == crate::ir::FileObjectKind::Secret
        }
        crate::ir::EnvSource::Literal(_) | crate::ir::EnvSource::Field(_) | crate::ir::EnvSource::Composed(_) => false,
    });
    let in_env_from =
        || workload.container.env_from.iter().any(|from| from.value == (object.kind, object.name.clone()));
    in_env
        || in_env_from()
        || workload.mounts.iter().any(|mount| match &mount.source {
            crate::ir::MountSource::File { object: name, kind, key: _, mode: _ }
            | crate::ir::MountSource::Folder { object: name, kind } => *name == object.name && *kind == object.kind,
            crate::ir::MountSource::Named { volume: _, subpath: _ }
            | crate::ir::MountSource::External(_)
            | crate::ir::MountSource::Anonymous
            | crate::ir::MountSource::Memory(_)
            | crate::ir::MountSource::Data(_)
            | crate::ir::MountSource::Host { path: _, kind: _ } => false,
        })
}
