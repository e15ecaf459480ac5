//! What can be chosen about manifests and the cluster that they are for. The comments here are the text of `--help`.

use clap::Args;

use super::choices::{LivenessChoice, ManagerChoice, PoliciesChoice, PublishChoice, WaitsChoice};
use super::values::{namespace, object_name};
use crate::cli::routing::Routing;
use crate::cli::storing::Storing;
use crate::request::Request;
use crate::target::Target;

/// What the manifests are to be like.
#[derive(Debug, Args)]
#[command(next_help_heading = "Manifests")]
pub(super) struct Cluster {
    /// The version of Kubernetes that the manifests are for
    #[arg(long, value_name = "VERSION", value_parser = Target::parse, default_value_t)]
    kubernetes_version: Target,
    /// A namespace that every object carries, and that is written too
    #[arg(short, long, value_parser = namespace)]
    namespace: Option<String>,
    /// Take each file as a stack of its own, in a namespace of its own
    #[arg(long, requires = "file", conflicts_with_all = ["project_name", "namespace", "service"])]
    separate: bool,
    /// How published ports are reached from outside
    #[arg(long, value_enum, default_value_t = PublishChoice::LoadBalancer)]
    publish: PublishChoice,
    /// Whether networks that kept services apart become NetworkPolicies
    #[arg(long, value_enum, default_value_t = PoliciesChoice::Auto)]
    network_policies: PoliciesChoice,
    /// What becomes of constraints to manager nodes
    #[arg(long, value_enum, default_value_t = ManagerChoice::Drop)]
    manager_nodes: ManagerChoice,
    /// The registry of images that are built and have no name of their own
    #[arg(long, value_name = "HOST/PATH")]
    registry: Option<String>,
    /// A Secret with which the images of all pods are pulled
    #[arg(long, value_name = "NAME", value_parser = object_name)]
    image_pull_secret: Vec<String>,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    storing: Storing,
    #[command(flatten)]
    routing: Routing,
}

/// What becomes of depends_on and of healthchecks.
#[derive(Debug, Args)]
struct Waiting {
    /// Whether init containers wait for what depends_on names
    #[arg(long, value_enum, default_value_t = WaitsChoice::Init)]
    waits: WaitsChoice,
    /// The image that waits for ports and names; it has sh, nc, nslookup and grep [default: busybox:1.37]
    #[arg(long, value_name = "IMAGE")]
    wait_image: Option<String>,
    /// The image that waits for Jobs; it has sh, curl and tr [default: curlimages/curl:8.11.1]
    #[arg(long, value_name = "IMAGE")]
    job_wait_image: Option<String>,
    /// Whether containers whose healthcheck goes on failing are restarted
    #[arg(long, value_enum, default_value_t = LivenessChoice::Auto)]
    liveness: LivenessChoice,
}

impl Cluster {
    /// These choices beside those of what is read.
    pub(super) fn onto(&self, request: Request) -> Request {
        let Cluster {
            kubernetes_version,
            namespace,
            separate,
            publish,
            network_policies,
            manager_nodes,
            registry,
            image_pull_secret,
            waiting,
            storing,
            routing,
        } = self;
        let Routing { routes, ingress_class, gateway_class, cluster_issuer, keep_router } = routing;
        let Waiting { waits, wait_image, job_wait_image, liveness } = waiting;
        Request {
            is_separate: *separate,
            target: *kubernetes_version,
            namespace: namespace.clone(),
            publish: publish.choice(),
            network_policies: network_policies.choice(),
            manager_nodes: manager_nodes.choice(),
            registry: registry.clone(),
            pull_secrets: image_pull_secret.clone(),
            routes: routes.choice(),
            ingress_class: ingress_class.clone(),
            gateway_class: gateway_class.clone(),
            cluster_issuer: cluster_issuer.clone(),
            keep_router: *keep_router,
            waits: waits.waits(),
            wait_image: wait_image.clone(),
            job_wait_image: job_wait_image.clone(),
            liveness: liveness.choice(),
            volume_size: storing.volume_size,
            shared_volumes: storing.shared_volumes(),
            secrets: storing.secrets(),
            ..request
        }
    }
}
