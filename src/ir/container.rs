//! A container: what runs, with which variables, limits and rights.

use super::{ContainerMount, FileObjectKind, Name, PodField, TextPart, Traced, Why};
use crate::origin::Origin;

/// A container.
#[derive(Clone, Debug)]
pub struct Container {
    /// The image.
    pub image: Traced<String>,
    /// `Always`, `Never` or `IfNotPresent`, where the user says so.
    pub pull: Option<Traced<&'static str>>,
    /// What replaces the image's entrypoint.
    pub command: Option<Vec<Traced<String>>>,
    /// What replaces the image's command.
    pub args: Option<Vec<Traced<String>>>,
    /// The folder it starts in.
    pub working_dir: Option<Traced<String>>,
    /// In the user's order; names are unique.
    pub env: Vec<EnvVar>,
    /// Objects whose every key becomes a variable; `env` beats them.
    pub env_from: Vec<Traced<(FileObjectKind, Name)>>,
    /// Limits and requests.
    pub resources: Resources,
    /// What it may do.
    pub security: SecurityContext,
    /// Made by `passes::claims`.
    pub mounts: Vec<ContainerMount>,
    /// Whether it is started yet. Made by `passes::probes`.
    pub startup: Option<Probe>,
    /// Whether it can serve. Made by `passes::probes`.
    pub readiness: Option<Probe>,
    /// Whether it must be restarted. Made by `passes::probes`.
    pub liveness: Option<Probe>,
    /// The signal that stops it, where it is not the usual one.
    pub stop: Option<Stop>,
    /// A command that runs once it has started: never empty.
    pub after_start: Option<Vec<Traced<String>>>,
    /// A command that runs before it is told to stop: never empty.
    pub before_stop: Option<Vec<Traced<String>>>,
    /// Keeps standard input open.
    pub stdin: Option<Origin>,
    /// Gives it a terminal.
    pub tty: Option<Origin>,
}

impl Container {
    /// A container that runs an image as it is.
    pub fn of_image(image: Traced<String>) -> Self {
        Container {
            image,
            pull: None,
            command: None,
            args: None,
            working_dir: None,
            env: Vec::new(),
            env_from: Vec::new(),
            resources: Resources::default(),
            security: SecurityContext::default(),
            mounts: Vec::new(),
            startup: None,
            readiness: None,
            liveness: None,
            stop: None,
            after_start: None,
            before_stop: None,
            stdin: None,
            tty: None,
        }
    }
}

/// How the container is sent its signal.
#[derive(Clone, Debug)]
pub enum Stop {
    /// Kubernetes is told: a name such as `SIGINT`. The pod must say that it runs on Linux.
    Field(Traced<String>),
    /// A hook sends it: a name such as `INT`, or a number.
    Hook(Traced<String>),
}

/// A variable of the environment.
#[derive(Clone, Debug)]
pub struct EnvVar {
    /// The name.
    pub name: String,
    /// Its value.
    pub source: EnvSource,
    /// Why it is there.
    pub why: Why,
}

/// Where a variable's value comes from.
#[derive(Clone, Debug)]
pub enum EnvSource {
    /// Readable in the manifest, byte for byte (emit escapes it for the kubelet).
    Literal(String),
    /// A field of the pod.
    Field(PodField),
    /// Text with variables in it that stand earlier in the environment; emit escapes the rest for the kubelet.
    Composed(Vec<TextPart>),
    /// A key of a Secret.
    Secret {
        /// The Secret.
        object: Name,
        /// The key in it.
        key: String,
    },
}

/// Limits and requests.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    /// Cores in thousandths.
    pub limit_cpu: Option<Traced<i64>>,
    /// Bytes.
    pub limit_memory: Option<Traced<i64>>,
    /// Cores in thousandths.
    pub request_cpu: Option<Traced<i64>>,
    /// Bytes.
    pub request_memory: Option<Traced<i64>>,
    /// Bytes of the node's disk that the container may write.
    pub limit_disk: Option<Traced<i64>>,
    /// Bytes of the node's disk that are kept free for it.
    pub request_disk: Option<Traced<i64>>,
    /// What device plugins give out: name and number, names unique.
    pub extended: Vec<(String, Traced<i64>)>,
}

/// What a container may do.
#[derive(Clone, Debug, Default)]
pub struct SecurityContext {
    /// User id.
    pub user: Option<Traced<i64>>,
    /// Group id.
    pub group: Option<Traced<i64>>,
    /// The root file system cannot be written.
    pub read_only_root: Option<Origin>,
    /// All powers of the node.
    pub privileged: Option<Origin>,
    /// Capabilities added, without `CAP_`.
    pub add: Vec<Traced<String>>,
    /// Capabilities dropped, without `CAP_`.
    pub drop: Vec<Traced<String>>,
    /// Programs cannot gain rights that the container was not given.
    pub no_new_privileges: Option<Origin>,
    /// The seccomp profile, where it is not the runtime's own.
    pub seccomp: Option<Traced<Confinement>>,
    /// The AppArmor profile, where it is not the runtime's own.
    pub app_armor: Option<Traced<Confinement>>,
    /// The SELinux label.
    pub selinux: Option<Traced<SelinuxLabel>>,
    /// The GMSACredentialSpec that a Windows container runs as.
    pub windows_account: Option<Traced<String>>,
}

/// How a container is confined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confinement {
    /// Not at all.
    Unconfined,
    /// By a profile that lies on every node.
    Profile(String),
}

/// An SELinux label; a part that is `None` is the runtime's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelinuxLabel {
    /// The user.
    pub user: Option<String>,
    /// The role.
    pub role: Option<String>,
    /// The type.
    pub kind: Option<String>,
    /// The level.
    pub level: Option<String>,
}

/// A probe.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What is done.
    pub action: ProbeAction,
    /// Seconds, at least 1.
    pub period: Traced<u32>,
    /// Seconds, at least 1.
    pub timeout: Traced<u32>,
    /// At least 1.
    pub failures: Traced<u32>,
}

/// How a probe finds out.
#[derive(Clone, Debug)]
pub enum ProbeAction {
    /// A command: never empty.
    Run(Vec<Traced<String>>),
    /// A request to the pod itself, which any answer from 200 to 399 passes.
    Get(ProbeRequest),
}

/// A request of a probe.
#[derive(Clone, Debug)]
pub struct ProbeRequest {
    /// Begins with a slash.
    pub path: Traced<String>,
    /// The container's port.
    pub port: Traced<u16>,
    /// `HTTPS`, where it is not plain HTTP; no certificate is checked.
    pub scheme: Option<Traced<&'static str>>,
    /// Headers by their names.
    pub headers: Vec<(String, Traced<String>)>,
}
