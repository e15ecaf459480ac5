//! Routers that ask a Docker engine what to route: Traefik, caddy-docker-proxy, nginx-proxy with its companions. There is no engine in
//! a cluster, and an ingress controller does their work.

use std::collections::BTreeMap;

use super::fields;
use crate::ir::{App, EnvSource, MountSource, Traced, Workload};
use crate::passes::leaving::repository;

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
    /// What its command and variables say, by keys in lower case without dashes.
    pub(super) flags: BTreeMap<String, Traced<String>>,
}

/// The routers of an app.
pub(super) fn find(app: &App) -> Vec<Edge> {
    let all = app.workloads.iter().enumerate();
    all.filter_map(|(index, workload)| {
        let brand = brand(&workload.container.image.value)?;
        let flags = flags(workload);
        let asks_engine = mounts_socket(workload) || flags.keys().any(|key| is_provider(key));
        (asks_engine || brand == Brand::Companion).then_some(Edge { index, brand, flags })
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

    /// Whether version 1 makes certificates.
    pub(super) fn v1_acme(&self) -> Option<Traced<String>> {
        let (_, found) = self.flags.iter().find(|(key, _)| *key == "acme" || key.starts_with("acme."))?;
        Some(Traced { value: "letsencrypt".to_owned(), why: found.why.clone() })
    }

    /// The rule of a service that has none.
    pub(super) fn default_rule(&self) -> Option<&Traced<String>> {
        ["providers.docker.defaultrule", "providers.swarm.defaultrule"].iter().find_map(|key| self.flags.get(*key))
    }

    /// Whether it is told of routes by files too.
    pub(super) fn reads_files(&self) -> bool {
        self.flags.keys().any(|key| key.starts_with("providers.file") || key.starts_with("file."))
    }
}
