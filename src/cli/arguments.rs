//! What can be written on the command line. The comments here are the text of `--help`.

mod choices;
mod cluster;
mod values;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use choices::DialectChoice;
use cluster::Cluster;
use values::denied;
pub(super) use values::{Denied, code};

use crate::diag::Code;
use crate::request::Request;

/// What stands below each help: what a script needs to know.
const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  the input holds errors, so nothing was written
  2  wrong usage, or the result could not be written";

/// Compiles docker-compose and swarm stack files to Kubernetes manifests
#[derive(Debug, Parser)]
#[command(name = "transship", version, after_help = EXIT_CODES)]
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
    Check(Compiled),
    /// Write the resolved project, as `docker compose config` or `docker stack config` does
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
#[command(after_help = EXIT_CODES)]
pub(super) struct Convert {
    /// Where the manifests go: a file, which is replaced, or a folder when it exists as one or ends in `/`, with a file for each
    /// object [default: standard output]
    #[arg(short, long, value_name = "FILE|DIR", value_parser = NonEmptyStringValueParser::new())]
    pub(super) output: Option<String>,
    /// How the manifests are written
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) compiled: Compiled,
}

/// What `convert` and `check` have in common.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Compiled {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    cluster: Cluster,
    #[command(flatten)]
    pub(super) messages: Messages,
}

/// The arguments of `config`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Config {
    /// How the project is written
    #[arg(long, value_enum, default_value_t = ConfigFormat::Yaml)]
    pub(super) format: ConfigFormat,
    #[command(flatten)]
    pub(super) listing: Listings,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    pub(super) messages: Messages,
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
#[command(next_help_heading = "Reading")]
pub(super) struct Input {
    /// The services that are wanted, with what they depend on [default: all]
    #[arg(value_name = "SERVICE", help_heading = None)]
    service: Vec<String>,
    /// A Compose file, or `-` for standard input; later ones are merged over earlier ones [default: as docker compose finds them]
    #[arg(short, long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    file: Vec<String>,
    /// The folder that relative paths start from [default: that of the first file]
    #[arg(long, value_name = "DIR")]
    project_directory: Option<String>,
    /// The name of the project [default: COMPOSE_PROJECT_NAME, `name:`, or that of the folder]
    #[arg(short, long, value_name = "NAME")]
    project_name: Option<String>,
    /// A profile that is active; `*` is all of them [default: COMPOSE_PROFILES]
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
    /// A file of variables, in place of .env
    #[arg(long, value_name = "FILE")]
    env_file: Vec<String>,
    /// Whose rules the files follow
    #[arg(long, value_enum, default_value_t = DialectChoice::Auto)]
    dialect: DialectChoice,
}

impl Compiled {
    /// The same choices, as the library takes them.
    pub(super) fn request(&self) -> Request {
        self.cluster.onto(self.input.request())
    }
}

impl Config {
    /// The same choices, as the library takes them.
    pub(super) fn request(&self) -> Request {
        self.input.request()
    }
}

impl Input {
    fn request(&self) -> Request {
        let Input { service, file, project_directory, project_name, profile, env_file, dialect } = self;
        Request {
            files: file.clone(),
            project_directory: project_directory.clone(),
            project_name: project_name.clone(),
            profiles: profile.clone(),
            services: service.clone(),
            env_files: env_file.clone(),
            dialect: dialect.dialect(),
            ..Request::default()
        }
    }
}

/// What is said, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Messages")]
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
