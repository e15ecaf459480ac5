//! Finished workloads written down as Kubernetes objects; rule: nothing is decided here, and every value keeps its reason.
//!
//! Before, in the terms of the IR: a Deployment `web` with two replicas that waits for port 3306 of `db`. After:
//!
//! ```yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata:
//!   name: web
//! spec:
//!   replicas: 2
//! # ... and its Secrets and ConfigMaps before it, its Services behind it
//! ```

mod access;
mod at;
mod certificate;
mod cluster;
mod config;
mod container;
mod escape;
mod gateway;
mod ingress;
mod meta;
mod network;
mod order;
mod patch;
mod placement;
mod pod;
mod policy;
mod reasons;
mod scaling;
mod service;
mod storage;
mod traefik;
mod value;
mod wait;
mod workload;
mod written;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

pub use self::reasons::Reasons;
pub use self::value::{Map, Value};
use crate::ir::{App, FileObject, FileObjectKind, Kind, Patch, Target, Traced, Wait, WaitFor, Workload};
pub use crate::ir::{Name, Why};
use crate::request::{Request, SMALL_IMAGE};

/// A Kubernetes object, and where everything in it came from.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The object, its keys in the order of the output.
    pub object: Value,
    /// Why everything in it is there.
    pub reasons: Reasons,
    /// The workload that it belongs to; `None` when it belongs to the app.
    pub owner: Option<Name>,
}

impl Manifest {
    /// Its kind, as `Deployment`.
    pub fn kind(&self) -> &str {
        self.text("/kind")
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// Why the value at a JSON pointer is there: the reason recorded at the longest pointer that leads to it.
    pub fn why(&self, pointer: &str) -> Option<&Why> {
        self.reasons.of(pointer)
    }

    fn text(&self, pointer: &str) -> &str {
        self.object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The images of the init containers that wait.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Images {
    /// Waits for ports and names: has `sh`, `nc`, `nslookup` and `grep`.
    pub wait: Traced<String>,
    /// Waits for Jobs: has `sh`, `curl` and `tr`.
    pub job_wait: Traced<String>,
}

impl Images {
    /// Those that the caller chose, or the usual ones.
    pub fn of(request: &Request) -> Self {
        let chosen = |image: &Option<String>, usual: Traced<String>| match image {
            Some(image) => Traced::decided(image.clone(), "chosen-wait-image"),
            None => usual,
        };
        let Images { wait, job_wait } = Images::default();
        Images { wait: chosen(&request.wait_image, wait), job_wait: chosen(&request.job_wait_image, job_wait) }
    }
}

impl Default for Images {
    fn default() -> Self {
        Images {
            wait: Traced::decided(SMALL_IMAGE.to_owned(), "wait-image"),
            job_wait: Traced::decided("curlimages/curl:8.11.1".to_owned(), "wait-image"),
        }
    }
}

/// What every object may need to know about the app.
struct Context<'a> {
    project: &'a Traced<Name>,
    namespace: Option<&'a Name>,
    images: &'a Images,
    /// The files that no single workload owns.
    files_by_name: BTreeMap<(FileObjectKind, &'a Name), &'a FileObject>,
    /// The names in the cluster of the Jobs that were written so far, by workload.
    jobs: IndexMap<&'a Name, Name>,
    /// What the user says of every workload's objects, before and after what the workload says.
    defaults: &'a [Patch],
    patches: &'a [Patch],
}

impl Context<'_> {
    /// The name that a workload's Job has in the cluster.
    fn job(&self, workload: &Name) -> Name {
        self.jobs.get(workload).unwrap_or(workload).clone()
    }
}

/// Writes the app down: what is shared, then each workload with what belongs to it, Jobs before those that wait for them. Each
/// manifest is made when it is asked for.
#[doc(hidden)]
pub fn emit<'a>(app: &'a App, images: &'a Images) -> impl Iterator<Item = Manifest> + 'a {
    let App {
        project,
        namespace,
        files,
        named_volumes,
        volumes,
        claims,
        wishes,
        rules,
        defaults,
        patches,
        workloads,
        networks,
        policies,
        dials,
        provided,
        left_out,
        treatments,
        gateways,
        certificates,
        shared_networks,
        others,
        calls,
        elsewhere,
    } = app;
    // Taken by the passes.
    debug_assert!(named_volumes.is_empty() && shared_networks.is_empty() && calls.is_empty() && others.is_none());
    // Heard by the passes.
    let _ = (networks, dials, provided, left_out, wishes);
    let files_by_name = files.iter().map(|file| ((file.kind, &file.name), file)).collect();
    let mut context = Context {
        project,
        namespace: namespace.as_ref(),
        images,
        files_by_name,
        jobs: IndexMap::new(),
        defaults,
        patches,
    };
    let mut shared: Vec<Manifest> = meta::namespace(&context).into_iter().collect();
    shared.extend(rules.iter().map(|rule| cluster::rule(&context, rule)));
    shared.extend(files.iter().map(|file| config::file(&context, file, None)));
    shared.extend(policies.iter().map(|policy| policy::emit(&context, policy)));
    shared.extend(volumes.iter().map(|volume| storage::persistent_volume(&context, volume)));
    shared.extend(gateways.iter().map(|found| gateway::gateway(&context, found)));
    shared.extend(certificates.iter().map(|found| certificate::emit(&context, found)));
    shared.extend(treatments.iter().map(|found| traefik::treatment(&context, found)));
    shared.extend(claims.iter().map(|claim| storage::claim(&context, claim)));
    shared.extend(elsewhere.iter().map(|elsewhere| service::elsewhere(&context, elsewhere)));
    shared.iter_mut().for_each(|manifest| {
        patch::apply(manifest, defaults);
        patch::apply(manifest, patches);
    });
    let of_workloads = in_order(workloads).into_iter().flat_map(move |workload| of_workload(&mut context, workload));
    shared.into_iter().chain(of_workloads)
}

/// A workload with what belongs to it, patched by what is said of all, then of it, and then by the last word on all.
fn of_workload<'a>(context: &mut Context<'a>, workload: &'a Workload) -> Vec<Manifest> {
    let mut manifests = Vec::new();
    workload::emit(context, workload, &mut manifests);
    for manifest in &mut manifests {
        patch::apply(manifest, context.defaults);
        patch::apply(manifest, &workload.patches);
        patch::apply(manifest, context.patches);
    }
    manifests
}

/// Patches of a kind or an object that none of the manifests is.
#[doc(hidden)]
pub fn unmatched<'a>(app: &'a App, images: &'a Images) -> Vec<&'a Patch> {
    let named = |patch: &&'a Patch| matches!(patch.target, Target::Kind(_) | Target::Object(_, _));
    let mut open: Vec<(Option<&Name>, &Patch)> = app.patches.iter().filter(named).map(|patch| (None, patch)).collect();
    let of_workloads = app
        .workloads
        .iter()
        .flat_map(|workload| workload.patches.iter().filter(named).map(move |patch| (Some(&workload.name), patch)));
    open.extend(of_workloads);
    if open.is_empty() {
        return Vec::new();
    }
    let mut kinds = BTreeSet::new();
    let mut objects = BTreeSet::new();
    for manifest in emit(app, images) {
        let (kind, name) = (manifest.kind().to_owned(), manifest.name().to_owned());
        for owner in [None, manifest.owner.clone()] {
            kinds.insert((owner.clone(), kind.clone()));
            objects.insert((owner, kind.clone(), name.clone()));
        }
    }
    open.retain(|(owner, patch)| {
        let owner = owner.cloned();
        match &patch.target {
            Target::Kind(kind) => !kinds.contains(&(owner, kind.clone())),
            Target::Object(kind, name) => !objects.contains(&(owner, kind.clone(), name.clone())),
            Target::Every
            | Target::Controller
            | Target::Pods
            | Target::MainContainer
            | Target::Container(_)
            | Target::Services => false,
        }
    });
    open.into_iter().map(|(_, patch)| patch).collect()
}

/// The order of the file, except that a Job comes no later than just before the first workload that waits for its end. Without
/// recursion: a chain of Jobs can be as long as the file.
fn in_order(workloads: &[Workload]) -> Vec<&Workload> {
    let jobs: BTreeMap<&Name, &Workload> = workloads
        .iter()
        .filter(|workload| workload.kind.value == Kind::Job)
        .map(|workload| (&workload.name, workload))
        .collect();
    let mut order = Vec::with_capacity(workloads.len());
    let mut seen = BTreeSet::new();
    for workload in workloads {
        let mut open = vec![];
        if seen.insert(&workload.name) {
            open.push((workload, awaited_jobs(workload)));
        }
        while let Some((waiting, rest)) = open.last_mut() {
            match rest.next() {
                Some(name) => {
                    if let Some(job) = jobs.get(name).filter(|_| seen.insert(name)) {
                        open.push((job, awaited_jobs(job)));
                    }
                }
                None => {
                    order.push(*waiting);
                    open.pop();
                }
            }
        }
    }
    order
}

/// The Jobs whose ends a workload waits for.
fn awaited_jobs(workload: &Workload) -> impl Iterator<Item = &Name> {
    workload.awaits().filter_map(awaited_job)
}

/// The workload whose end is waited for.
fn awaited_job(wait: &Wait) -> Option<&Name> {
    match &wait.wait_for {
        WaitFor::Complete => Some(&wait.workload),
        WaitFor::Port(_, _) | WaitFor::Resolve(_) => None,
    }
}
