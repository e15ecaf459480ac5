//! Routers that ask a Docker engine what to route: Traefik, caddy-docker-proxy, nginx-proxy with its companions. There is no engine in
//! a cluster, and an ingress controller does their work.

use std::collections::{BTreeMap, BTreeSet};

use super::files::{File, Shelf};
use super::{constraints, fields};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, EnvSource, LeftOut, MountSource, RouterLabel, Traced, Workload};
use crate::lower::Context;
use crate::origin::Origin;
use crate::passes::leaving::{self, repository};

/// Which router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brand {
    Traefik,
    Caddy,
    NginxProxy,
    /// Makes certificates or configuration for another one.
    Companion,
    /// Leads to services by labels of its own: docker-flow-proxy, swarm-ingress.
    Other,
}

/// A router of the project.
pub(super) struct Edge {
    pub(super) index: usize,
    pub(super) brand: Brand,
    /// What its command and variables say, or its static file in their place, by keys in lower case without dashes.
    pub(super) flags: BTreeMap<String, Traced<String>>,
    /// The files that tell it of routers.
    pub(super) files: Vec<File>,
}

/// The routers of an app.
pub(super) fn find(app: &App, context: &Context<'_>) -> Vec<Edge> {
    let all = app.workloads.iter().enumerate();
    all.filter_map(|(index, workload)| {
        let brand = brand(&workload.container.image.value)?;
        let mut flags = flags(workload);
        let shelf = Shelf::of(app, context, workload);
        if brand == Brand::Traefik
            && let Some(said) = shelf.settings(flags.get("configfile").map(|path| path.value.as_str()))
        {
            // Version 1 hears both; later ones hear no flags beside a file.
            let is_old = said.keys().chain(flags.keys()).any(|key| is_of_version_1(key));
            let flagged = std::mem::replace(&mut flags, said);
            flags.extend(flagged.into_iter().filter(|(key, _)| is_old || key == "docker_host"));
        }
        let asks_engine = mounts_socket(workload) || flags.keys().any(|key| is_provider(key));
        let files = if brand == Brand::Traefik { shelf.routing(&flags) } else { Vec::new() };
        (asks_engine || brand == Brand::Companion).then_some(Edge { index, brand, flags, files })
    })
    .collect()
}

fn brand(image: &str) -> Option<Brand> {
    let repository = repository(image).to_ascii_lowercase();
    let name = repository.rsplit('/').next().unwrap_or_default();
    match (repository.as_str(), name) {
        (_, "traefik") => Some(Brand::Traefik),
        (_, "caddy-docker-proxy" | "caddy-docker-plugin") => Some(Brand::Caddy),
        (_, "nginx-proxy") => Some(Brand::NginxProxy),
        (
            _,
            "docker-gen"
            | "acme-companion"
            | "letsencrypt-nginx-proxy-companion"
            | "docker-letsencrypt-nginx-proxy-companion",
        ) => Some(Brand::Companion),
        (_, "docker-flow-proxy" | "swarm-ingress") => Some(Brand::Other),
        ("dockerflow/docker-flow-swarm-listener" | "vfarcic/docker-flow-swarm-listener", _) => Some(Brand::Companion),
        _ => None,
    }
}

fn mounts_socket(workload: &Workload) -> bool {
    workload.mounts.iter().any(|mount| match &mount.source {
        MountSource::Host { path, kind: _ } => path.ends_with("docker.sock"),
        MountSource::Data(_)
        | MountSource::Named { volume: _, subpath: _ }
        | MountSource::External { claim: _, subpath: _ }
        | MountSource::Anonymous
        | MountSource::Memory(_)
        | MountSource::File { object: _, kind: _, key: _, mode: _ }
        | MountSource::Folder { object: _, kind: _, items: _ }
        | MountSource::Image { reference: _, subpath: _ } => mount.target.value.ends_with("docker.sock"),
    })
}

/// `--providers.docker.endpoint=…`, `--docker.swarmmode`, `TRAEFIK_PROVIDERS_SWARM_…`, `DOCKER_HOST`.
fn is_provider(key: &str) -> bool {
    ["providers.docker", "providers.swarm", "docker"]
        .iter()
        .any(|provider| key.strip_prefix(provider).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
        || key == "docker_host"
}

/// `docker.domain`, `defaultentrypoints`, `v1.http`.
fn is_of_version_1(key: &str) -> bool {
    ["docker", "defaultentrypoints", "acme", "v1"]
        .iter()
        .any(|first| key.strip_prefix(first).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// What the command says, and the variables of Traefik: `TRAEFIK_A_B` is `--a.b`.
fn flags(workload: &Workload) -> BTreeMap<String, Traced<String>> {
    let container = &workload.container;
    let mut all = BTreeMap::new();
    for variable in &container.env {
        let EnvSource::Literal(text) = &variable.source else { continue };
        let lower = variable.name.to_ascii_lowercase();
        let key = lower.strip_prefix("traefik_").map_or_else(|| lower.clone(), |rest| rest.replace('_', "."));
        all.insert(key, Traced { value: text.clone(), why: variable.why.clone() });
    }
    for word in container.command.iter().chain(&container.args).flatten() {
        // A word may be a script that starts the router.
        let is_one = word.value.starts_with("--");
        let parts = word.value.split(|c: char| !is_one && c.is_whitespace());
        for part in parts {
            let Some(flag) = part.strip_prefix("--") else { continue };
            let (key, value) = flag.split_once('=').unwrap_or((flag, "true"));
            let value = value.trim_matches(|c| c == '"' || c == '\'');
            // Each door of version 1 stands behind the same key.
            let door = value.strip_prefix("Name:").and_then(|rest| rest.split_whitespace().next());
            let key = door.map_or_else(|| key.to_ascii_lowercase(), |door| format!("v1.{}", door.to_ascii_lowercase()));
            all.insert(key, Traced { value: value.to_owned(), why: word.why.clone() });
        }
    }
    all
}

impl Edge {
    /// Whether services are routed that do not ask for it: usual, unless it is told otherwise.
    pub(super) fn exposes_by_default(&self) -> bool {
        let keys = ["providers.docker.exposedbydefault", "providers.swarm.exposedbydefault", "docker.exposedbydefault"];
        let said = keys.iter().find_map(|key| self.flags.get(*key));
        said.is_none_or(|said| fields::flag(&said.value) != Some(false))
    }

    /// Whether it looks at a service with these labels.
    pub(super) fn sees(&self, labels: &[RouterLabel]) -> bool {
        let keys = ["providers.docker.constraints", "providers.swarm.constraints"];
        let Some(said) = keys.iter().find_map(|key| self.flags.get(*key)) else { return true };
        let known = labels.iter().map(|label| (label.key.to_ascii_lowercase(), label.value.value.as_str())).collect();
        constraints::meets(&said.value, &known) != Some(false)
    }

    /// Whether version 1 makes certificates.
    pub(super) fn v1_acme(&self) -> Option<Traced<String>> {
        let (_, found) = self.flags.iter().find(|(key, _)| *key == "acme" || key.starts_with("acme."))?;
        Some(Traced { value: "letsencrypt".to_owned(), why: found.why.clone() })
    }

    /// The doors at which version 1 has frontends that name none.
    pub(super) fn v1_entry_points(&self) -> Option<Traced<String>> {
        let said = self.flags.get("defaultentrypoints").cloned();
        let door = || self.flags.iter().find(|(key, _)| key.starts_with("v1."));
        said.or_else(|| door().map(|(_, door)| Traced { value: "http".to_owned(), why: door.why.clone() }))
    }

    /// The rule of a service that has none.
    pub(super) fn default_rule(&self) -> Option<&Traced<String>> {
        ["providers.docker.defaultrule", "providers.swarm.defaultrule"].iter().find_map(|key| self.flags.get(*key))
    }

    /// Whether it is told of routes by files too.
    fn reads_files(&self) -> bool {
        self.flags.keys().any(|key| key.starts_with("providers.file") || key == "file" || key.starts_with("file."))
    }

    /// Whether some of these files are not here, or cannot be read.
    fn has_unread_files(&self) -> bool {
        self.reads_files() && (self.files.is_empty() || self.files.iter().any(|file| file.labels.is_none()))
    }
}

/// How many places that wait for a router are shown, and how many of its settings.
const MOST_PLACES: usize = 8;

/// Where others say that they wait for a service, by its name.
fn waiting(app: &App) -> BTreeMap<String, Vec<Origin>> {
    let mut all: BTreeMap<String, Vec<Origin>> = BTreeMap::new();
    for dependency in app.workloads.iter().flat_map(|workload| &workload.dependencies) {
        all.entry(dependency.service.clone()).or_default().push(dependency.origin);
    }
    all
}

/// Leaves routers out that ask a Docker engine.
pub(super) fn leave_out(app: &mut App, edges: &[Edge], unsaid: &[String], diags: &mut Diagnostics) {
    let is_routed = app.workloads.iter().any(|workload| !workload.routes.is_empty());
    let has_others = app.workloads.len() > edges.len();
    let waiting = waiting(app);
    let mut dropped = BTreeSet::new();
    for edge in edges {
        let Some(workload) = app.workloads.get(edge.index) else { continue };
        if edge.reads_files() && !is_routed && has_others {
            // Files may lead to the services that no label leads to.
            continue;
        }
        let title = match edge.brand {
            Brand::Companion => format!("`{}` is left out: it serves a router that is left out", workload.service),
            Brand::Traefik | Brand::Caddy | Brand::NginxProxy | Brand::Other => {
                format!("`{}` is left out: an ingress controller of the cluster does its work", workload.service)
            }
        };
        let mut diagnostic = Diagnostic::new(Code::RouterLeftOut, workload.origin, title)
            .why("it asks a Docker engine what to route, and there is none in a cluster")
            .help("see which controllers there are with: kubectl get ingressclass; say --keep-router to keep it");
        if edge.has_unread_files() {
            diagnostic = diagnostic.help("routes that stand in its files must be written as Ingresses by hand");
        }
        if edge.brand == Brand::Traefik && !unsaid.is_empty() {
            let shown: Vec<&str> = unsaid.iter().map(String::as_str).take(MOST_PLACES).collect();
            let more = if unsaid.len() > shown.len() { " and more" } else { "" };
            diagnostic = diagnostic.help(format!(
                "tell the controller itself what its entry points were told: {}{more}",
                shown.join(", ")
            ));
        }
        for place in waiting.get(&workload.service).into_iter().flatten().take(MOST_PLACES) {
            diagnostic = diagnostic.also(*place, "this no longer waits for it");
        }
        leaving::say(workload, diagnostic, diags);
        dropped.insert(edge.index);
    }
    if dropped.is_empty() {
        return;
    }
    let (mut gone, mut rest) = (Vec::new(), Vec::new());
    for (index, workload) in std::mem::take(&mut app.workloads).into_iter().enumerate() {
        if dropped.contains(&index) { gone.push(workload) } else { rest.push(workload) }
    }
    app.workloads = rest;
    app.left_out.extend(gone.iter().map(|workload| {
        LeftOut {
            service: workload.service.clone(),
            names: [workload.service.clone(), workload.name.to_string()]
                .into_iter()
                .chain(workload.aliases.iter().map(|alias| alias.name.value.clone()))
                .collect(),
        }
    }));
    let services: BTreeSet<String> = gone.iter().map(|workload| workload.service.clone()).collect();
    leaving::forget(app, &services, "the router is left out", diags);
    leaving::orphans(app, &gone, diags);
}
