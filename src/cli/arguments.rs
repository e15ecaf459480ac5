//! What can be written on the command line. The comments here are the text of `--help`.

mod choices;
mod values;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use choices::{DialectChoice, LivenessChoice, ManagerChoice, PoliciesChoice, PublishChoice, WaitsChoice};
pub(super) use values::{Denied, code};
use values::{denied, namespace, object_name};

use super::routing::Routing;
use super::storing::Storing;
use crate::diag::Code;
use crate::request::{CalledAfter, Request};
use crate::target::Target;

/// Compiles docker-compose and swarm stack files to Kubernetes manifests
#[derive(Debug, Parser)]
#[command(name = "transship", version)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write the Kubernetes manifests
    Convert(Convert),
    /// Say what is wrong or gets lost, and write nothing
    Check(Check),
    /// Write the resolved project, as `docker compose config` does
    Config(Config),
    /// Explain a code of a message, or what becomes of a key
    Explain {
        /// The id or the name of a code, as T0101 or unknown-key, or a key, as services.healthcheck.interval
        subject: String,
    },
    /// Print the JSON Schema of `x-kubernetes`
    Schema,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// The arguments of `convert`.
#[derive(Debug, Args)]
pub(super) struct Convert {
    #[command(flatten)]
    pub(super) input: Input,
    /// Take each file as a stack of its own, in a namespace of its own
    #[arg(long, requires = "file", conflicts_with_all = ["project_name", "namespace", "service"])]
    pub(super) separate: bool,
    #[command(flatten)]
    pub(super) messages: Messages,
    /// Where the manifests go: a file, or a folder when it exists as one or ends in `/`; by default standard output
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(super) output: Option<String>,
    /// How the manifests are written
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    pub(super) format: Format,
}

/// The arguments of `check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) input: Input,
    /// Take each file as a stack of its own, in a namespace of its own
    #[arg(long, requires = "file", conflicts_with_all = ["project_name", "namespace", "service"])]
    pub(super) separate: bool,
    #[command(flatten)]
    pub(super) messages: Messages,
}

/// The arguments of `config`.
#[derive(Debug, Args)]
pub(super) struct Config {
    #[command(flatten)]
    pub(super) input: Input,
    #[command(flatten)]
    pub(super) messages: Messages,
    /// How the project is written
    #[arg(long, value_enum, default_value_t = ConfigFormat::Yaml)]
    pub(super) format: ConfigFormat,
    #[command(flatten)]
    pub(super) listing: Listings,
}

/// How a project is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ConfigFormat {
    /// YAML
    Yaml,
    /// JSON, as the reference writes it: without `x-*` below the top level
    Json,
}

/// Lists that are printed in place of the project.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct Listings {
    /// Print the names of the services
    #[arg(long)]
    services: bool,
    /// Print the names of the volumes
    #[arg(long)]
    volumes: bool,
    /// Print the names of the networks
    #[arg(long)]
    networks: bool,
    /// Print the profiles of the services
    #[arg(long)]
    profiles: bool,
    /// Print the images of the services
    #[arg(long)]
    images: bool,
    /// Print the names of the variables that the files use
    #[arg(long)]
    variables: bool,
    /// Print the variables that files set
    #[arg(long)]
    environment: bool,
    /// Print a hash of each service that is named, separated by commas; `*` is all of them
    #[arg(long, value_name = "SERVICES")]
    hash: Option<String>,
}

/// One of these lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    /// Names of services.
    Services,
    /// Names of volumes.
    Volumes,
    /// Names of networks.
    Networks,
    /// Profiles of services.
    Profiles,
    /// Images of services.
    Images,
    /// Names of variables that the files use.
    Variables,
    /// Variables that files set.
    Environment,
    /// Hashes of these services.
    Hash(String),
}

impl Listings {
    /// The one that is asked for.
    pub(super) fn asked(self) -> Option<Listing> {
        let Listings { services, volumes, networks, profiles, images, variables, environment, hash } = self;
        let flags = [
            (services, Listing::Services),
            (volumes, Listing::Volumes),
            (networks, Listing::Networks),
            (profiles, Listing::Profiles),
            (images, Listing::Images),
            (variables, Listing::Variables),
            (environment, Listing::Environment),
        ];
        let flag = flags.into_iter().find_map(|(asked, listing)| asked.then_some(listing));
        flag.or(hash.map(Listing::Hash))
    }
}

/// What is read.
#[derive(Debug, Args)]
pub(super) struct Input {
    /// The services that are wanted, with what they depend on [default: all]
    #[arg(value_name = "SERVICE")]
    service: Vec<String>,
    /// A Compose file, or `-` for standard input; later ones are merged over earlier ones
    #[arg(short, long, value_name = "FILE")]
    file: Vec<String>,
    /// The folder that relative paths start from [default: that of the first file]
    #[arg(long, value_name = "DIR")]
    project_directory: Option<String>,
    /// The name of the project
    #[arg(short, long, value_name = "NAME")]
    project_name: Option<String>,
    /// A profile that is active; `*` is all of them
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
    /// A file of variables, in place of .env
    #[arg(long, value_name = "FILE")]
    env_file: Vec<String>,
    /// Whose rules the files follow
    #[arg(long, value_enum, default_value_t = DialectChoice::Auto)]
    dialect: DialectChoice,
    /// What becomes of constraints to manager nodes
    #[arg(long, value_enum, default_value_t = ManagerChoice::Drop)]
    manager_nodes: ManagerChoice,
    /// The version of Kubernetes that the manifests are for
    #[arg(long, value_name = "VERSION", value_parser = Target::parse, default_value_t)]
    kubernetes_version: Target,
    /// How published ports are reached from outside
    #[arg(long, value_enum, default_value_t = PublishChoice::LoadBalancer)]
    publish: PublishChoice,
    /// The registry of images that are built and have no name of their own
    #[arg(long, value_name = "HOST/PATH")]
    registry: Option<String>,
    /// A Secret with which the images of all pods are pulled
    #[arg(long, value_name = "NAME", value_parser = object_name)]
    image_pull_secret: Vec<String>,
    /// Whether networks that kept services apart become NetworkPolicies
    #[arg(long, value_enum, default_value_t = PoliciesChoice::Auto)]
    network_policies: PoliciesChoice,
    /// A namespace that every object carries, and that is written too
    #[arg(short, long, value_parser = namespace)]
    namespace: Option<String>,
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

impl Input {
    /// The same choices, as the library takes them.
    pub(super) fn into_request(self, is_separate: bool) -> Request {
        let Input {
            service,
            file,
            project_directory,
            project_name,
            profile,
            env_file,
            dialect,
            manager_nodes,
            kubernetes_version,
            publish,
            network_policies,
            namespace,
            waiting,
            registry,
            image_pull_secret,
            storing,
            routing,
        } = self;
        let Routing { routes, ingress_class, gateway_class, cluster_issuer, keep_router } = routing;
        let Waiting { waits, wait_image, job_wait_image, liveness } = waiting;
        Request {
            files: file,
            is_separate,
            called_after: CalledAfter::default(),
            project_directory,
            project_name,
            profiles: profile,
            services: service,
            env_files: env_file,
            dialect: dialect.dialect(),
            manager_nodes: manager_nodes.choice(),
            target: kubernetes_version,
            registry,
            routes: routes.choice(),
            ingress_class,
            gateway_class,
            cluster_issuer,
            keep_router,
            pull_secrets: image_pull_secret,
            publish: publish.choice(),
            network_policies: network_policies.choice(),
            namespace,
            waits: waits.waits(),
            liveness: liveness.choice(),
            wait_image,
            job_wait_image,
            volume_size: storing.volume_size,
            shared_volumes: storing.shared_volumes(),
            secrets: storing.secrets(),
        }
    }
}

/// What is said, and how.
#[derive(Debug, Args)]
pub(super) struct Messages {
    /// How messages are written: for people, or one JSON object a line with notes included
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = MessageFormat::Human)]
    pub(super) message_format: MessageFormat,
    /// Treat as errors: `warnings`, `notes`, or the id or name of a code
    #[arg(long, value_name = "WHAT", value_parser = denied)]
    pub(super) deny: Vec<Denied>,
    /// Silence a code, also where --deny names it; errors cannot be silenced
    #[arg(long, value_name = "CODE", value_parser = code)]
    pub(super) allow: Vec<Code>,
    /// Show notes too; twice, also what became of values that no manifest holds
    #[arg(short, long, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Show errors only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,
}

/// How manifests are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// YAML documents
    Yaml,
    /// One JSON list, or one JSON object a file
    Json,
}

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum MessageFormat {
    /// With the lines of the source
    Human,
    /// One object a line
    Json,
}

#[cfg(test)]
mod tests;
