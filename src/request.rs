//! What a caller asks for: the same choices that the command line offers.

use std::collections::BTreeMap;

use crate::compose::Dialect;
use crate::target::Target;

/// The smallest image with a shell and what goes with it, for containers of ours before those of the user.
pub(crate) const SMALL_IMAGE: &str = "busybox:1.37";

/// Choices for one compilation. The default finds the files as docker compose does.
///
/// Later versions may add fields: build one from the default.
///
/// ```
/// use transship::{Publish, Request};
///
/// let request = Request { files: vec!["compose.yaml".into()], publish: Publish::NodePort, ..Request::default() };
/// assert!(!request.is_separate);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Paths of Compose files, merged in order; `-` is standard input. Relative ones start from the current folder of the
    /// [`World`](crate::world::World). Empty: found as docker compose finds them.
    pub files: Vec<String>,
    /// Whether each file is a stack of its own, in a namespace of its own, in place of all being merged into one.
    pub is_separate: bool,
    /// What the project is called after, where nothing names it.
    pub called_after: CalledAfter,
    /// The folder that relative paths are relative to; by default that of the first file.
    pub project_directory: Option<String>,
    /// The project's name, of lower-case letters, digits, dashes and underscores: any other is an error (T0108). By default
    /// `COMPOSE_PROJECT_NAME`, the file's `name`, or the folder's name.
    pub project_name: Option<String>,
    /// Active profiles; `*` is all of them. Empty: those of `COMPOSE_PROFILES`.
    pub profiles: Vec<String>,
    /// The services that are wanted, with what they depend on. Empty: all of them.
    pub services: Vec<String>,
    /// Environment files in place of `.env`.
    pub env_files: Vec<String>,
    /// The dialect; by default decided from the file.
    pub dialect: Option<Dialect>,
    /// What becomes of constraints to manager nodes.
    pub manager_nodes: ManagerNodes,
    /// The version of Kubernetes that the manifests are for; by default 1.34.
    pub target: Target,
    /// How published ports are reached from outside.
    pub publish: Publish,
    /// What the labels and variables of routers become.
    pub routes: Routes,
    /// The class of Ingresses; `nginx` makes use of its annotations. None: that of the cluster.
    pub ingress_class: Option<String>,
    /// The class of the Gateway; by default `eg`.
    pub gateway_class: Option<String>,
    /// The cert-manager ClusterIssuer that makes certificates; by default the one that the router names.
    pub cluster_issuer: Option<String>,
    /// Whether a router that asks a Docker engine stays, though the cluster's own does its work.
    pub keep_router: bool,
    /// The registry under which images are named that the file builds and does not name, as `registry.example.com/team`.
    pub registry: Option<String>,
    /// Whether networks that kept services apart become policies.
    pub network_policies: NetworkPolicies,
    /// A namespace that every object carries, and that is written too: a DNS label. What is none becomes the nearest one. None:
    /// objects carry no namespace.
    pub namespace: Option<String>,
    /// Bytes of each volume whose size nothing states, above 0; by default 1 GiB.
    pub volume_size: Option<i64>,
    /// How volumes of several pods are mounted.
    pub shared_volumes: SharedVolumes,
    /// Names of Secrets with which the images of all pods are pulled; they must exist in the cluster.
    pub pull_secrets: Vec<String>,
    /// What becomes of credentials.
    pub secrets: Secrets,
    /// What becomes of `depends_on`.
    pub waits: Waits,
    /// Whether what stays unhealthy is restarted.
    pub liveness: Liveness,
    /// The image that waits for ports and names, in place of busybox: has `sh`, `nc`, `nslookup` and `grep`.
    pub wait_image: Option<String>,
    /// The image that waits for Jobs, in place of curlimages/curl: has `sh`, `curl` and `tr`.
    pub job_wait_image: Option<String>,
}

impl Request {
    /// One request for each stack.
    pub fn stacks(&self) -> Vec<Request> {
        if !self.is_separate {
            return vec![self.clone()];
        }
        let folder = |file: &str| file.rfind(['/', std::path::MAIN_SEPARATOR]).map(|at| file.split_at(at).0.to_owned());
        let mut count: BTreeMap<Option<String>, usize> = BTreeMap::new();
        self.files.iter().for_each(|file| *count.entry(folder(file)).or_default() += 1);
        let called_after = |file: &str| match count.get(&folder(file)) {
            Some(0 | 1) | None => CalledAfter::StackFile,
            Some(_) => CalledAfter::File,
        };
        let one =
            |file: &String| Request { files: vec![file.clone()], called_after: called_after(file), ..self.clone() };
        self.files.iter().map(one).collect()
    }
}

/// What a project is called after, where nothing names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CalledAfter {
    /// Its folder, as with docker compose.
    #[default]
    Folder,
    /// Its file if it is a stack file, which has no name of its own, else its folder.
    StackFile,
    /// Its file, as another one stands in that folder.
    File,
}

/// What becomes of `depends_on`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Waits {
    /// Init containers that wait.
    #[default]
    Init,
    /// Nothing: containers are restarted until what they need is there.
    None,
}

/// Whether a container whose healthcheck goes on failing is restarted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Liveness {
    /// As Docker did: in a swarm it was replaced, docker compose only marked it.
    #[default]
    Auto,
    /// It is: liveness and startup probes.
    Always,
    /// It is not: readiness probes alone.
    Never,
}

/// What becomes of `node.role == manager`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ManagerNodes {
    /// It is dropped, and the user is told: managed clusters show no control-plane nodes.
    #[default]
    Drop,
    /// It becomes an affinity to control-plane nodes, and a toleration of their taint.
    Keep,
}

/// How published ports are reached from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Publish {
    /// At an address of their own, under the published number.
    #[default]
    LoadBalancer,
    /// At a port of every node: the published number, where nodes may have it.
    NodePort,
    /// By an Ingress, where they speak HTTP.
    Ingress,
    /// Not at all.
    None,
}

/// What the labels and variables of routers become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Routes {
    /// Ingresses.
    #[default]
    Ingress,
    /// A Gateway and routes of the Gateway API.
    Gateway,
    /// Resources of Traefik's own, which say all that its labels can.
    Traefik,
    /// Nothing: they stay labels.
    None,
}

/// How volumes of several pods are mounted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SharedVolumes {
    /// On one node at a time, where all the pods run: any storage can do it.
    #[default]
    ReadWriteOnce,
    /// On several nodes at once: the storage class must offer it.
    ReadWriteMany,
}

/// What becomes of credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// They stand in Secrets among the manifests.
    #[default]
    Inline,
    /// Their Secrets are left out, and messages say how to create them.
    Omit,
}

/// Whether networks become NetworkPolicies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NetworkPolicies {
    /// Where networks kept services apart.
    #[default]
    Auto,
    /// In every case.
    Always,
    /// In none.
    Never,
}
