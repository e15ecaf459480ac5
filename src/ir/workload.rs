//! A workload: one service of the input, first in its own terms, then in terms that emit can write down.

use super::sharing::Share;
use super::{
    Alias, Answer, Claim, Container, Exposure, FileObject, JobRole, Link, Member, Mount, Name, NetworkMode, OuterLink,
    Pod, Restart, Run, Slots, Step, Traced, Volume, Wait,
};
use crate::origin::Origin;

/// What runs: one service.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its name, which others dial.
    pub name: Name,
    /// The service's name as the user wrote it.
    pub service: String,
    /// Where the service's key stands.
    pub origin: Origin,
    /// Deployment, StatefulSet, DaemonSet or Job; settled by `passes::kinds`, refined by `passes::claims`.
    pub kind: Traced<Kind>,
    /// How many; meaningless for a DaemonSet, whose value is 1.
    pub replicas: Traced<u32>,
    /// What its controller is labelled with, beside the labels that everything has.
    pub labels: Vec<(String, Traced<String>)>,
    /// What its controller is annotated with: keys that Kubernetes takes, and texts for people and tools.
    pub annotations: Vec<(String, Traced<String>)>,
    /// Between how many pods it has, where that changes by itself.
    pub autoscaling: Option<super::Autoscaling>,
    /// How many of its pods an eviction leaves.
    pub budget: Option<super::Budget>,
    /// What the user says of its objects in the words of the API.
    pub patches: Vec<super::Patch>,
    /// What the user says of its claims. Heard by `passes::claims`.
    pub wishes: super::Wishes,
    /// What the user says of its Services.
    pub outside: Outside,
    /// When the user says that it is started. Taken by `passes::cron`: `None` afterwards.
    pub timetable: Option<super::Timetable>,
    /// How often the user says that it is tried again. Taken by `passes::kinds`: `None` afterwards.
    pub attempts: Option<Traced<u32>>,
    /// Whether the user says which kind it is, so that no pass decides otherwise.
    pub kind_is_said: bool,
    /// Seconds a new pod must be ready before the next is replaced.
    pub min_ready_seconds: Option<Traced<u32>>,
    /// Seconds without progress after which an update counts as failed. Made by `passes::rollouts`.
    pub progress_deadline: Option<Traced<u32>>,
    /// How pods are replaced. Corrected by `passes::rollouts`.
    pub rollout: Traced<Rollout>,
    /// When Docker started it again. Taken by `passes::kinds`: empty afterwards.
    pub restart: Restart,
    /// How it runs where it ends: for Jobs alone. Made by `passes::kinds`.
    pub run: Run,
    /// When it is started: for CronJobs alone. Made by `passes::cron`.
    pub schedule: Option<super::Schedule>,
    /// Whether it does its work once on each node (`global-job`), and then only stays.
    pub once_per_node: Option<Origin>,
    /// What it says of the slots of its tasks: then its pods are numbered. Corrected by `passes::slots`.
    pub slots: Option<Slots>,

    /// Which network it has.
    pub network: NetworkMode,
    /// The networks it shares with others, by their keys.
    pub networks: Vec<Traced<String>>,
    /// What it says to routers. Taken by `passes::routes`: empty afterwards.
    pub router_labels: Vec<super::RouterLabel>,
    /// Ways to it from outside, that the user or routers state. Taken by `passes::ingresses`: empty afterwards.
    pub routes: Vec<super::Route>,
    /// The ports to which a router leads traffic from outside. Made by `passes::ingresses`.
    pub routed: Vec<Traced<u16>>,
    /// Addresses that Docker gave it. Taken by `passes::names`: empty afterwards.
    pub addresses: Vec<Traced<String>>,
    /// Names beside its own. Taken by `passes::names`: empty afterwards.
    pub aliases: Vec<Alias>,
    /// Names that it alone has for others. Taken by `passes::names`: empty afterwards.
    pub links: Vec<Link>,
    /// Names that it alone has for containers of other projects. Taken by `passes::names`: empty afterwards.
    pub outer_links: Vec<OuterLink>,
    /// What it shares with other services. Taken by `passes::groups`: empty afterwards.
    pub shares: Vec<Share>,
    /// The pod in which it runs with others. Made by `passes::groups`; `passes::pods` moves it there.
    pub host: Option<Host>,
    /// What it depends on. Taken by `passes::waits`: empty afterwards.
    pub dependencies: Vec<Dependency>,
    /// TCP, UDP and SCTP ports it listens on, no two alike. Completed by `passes::exposures`.
    pub ports: Vec<Port>,
    /// A range of ports that is too long to be listed: any port must answer.
    pub any_port: Option<Origin>,
    /// What was published on the host. Taken by `passes::publishing`: empty afterwards.
    pub published: Vec<Published>,
    /// Its healthcheck. Taken by `passes::probes`: `None` afterwards.
    pub check: Option<Check>,
    /// What is mounted where. Taken by `passes::claims`: empty afterwards.
    pub mounts: Vec<Mount>,
    /// The service has no replicas to share a name or is asked by DNS round robin: its Service is headless.
    pub headless: Option<Origin>,

    /// The main container.
    pub container: Container,
    /// The main container's name.
    pub called: Name,
    /// What holds for the pod as a whole.
    pub pod: Pod,
    /// Made by `passes::waits`, in the order of the dependencies. Taken by `passes::pods`: empty afterwards.
    pub waits: Vec<Wait>,
    /// Containers that run to their end before the main one, behind its waits, without the mounts and variables that they have from
    /// it. Taken by `passes::pods`: empty afterwards.
    pub before: Vec<Member>,
    /// What comes before the main container, in order. Made by `passes::pods`.
    pub steps: Vec<Step>,
    /// Containers that run beside the main one, in the order of their start. Made by `passes::pods`.
    pub beside: Vec<Member>,
    /// Roles and accounts that its waits need. Made by `passes::waits`.
    pub roles: Vec<JobRole>,
    /// Pod volumes, each used by at least one mount; names are unique in the pod.
    pub volumes: Vec<Volume>,
    /// Claim templates of a StatefulSet; empty for every other kind.
    pub claim_templates: Vec<Claim>,
    /// Name of the governing Service of a StatefulSet.
    pub governing: Option<Name>,
    /// Services under further names. Made by `passes::names`, taken by `passes::exposures`: empty afterwards.
    pub answers: Vec<Answer>,
    /// Its Services. Made by `passes::exposures`.
    pub exposures: Vec<Exposure>,
    /// Routes of the Gateway API that lead to it. Made by `passes::ingresses`.
    pub gateway_routes: Vec<super::GatewayRoute>,
    /// What leads to it from outside by host and path. Made by `passes::ingresses`.
    pub ingresses: Vec<super::Ingress>,
    /// ConfigMaps and Secrets that it alone uses.
    pub files: Vec<FileObject>,
}

/// The pod that a service runs in with others.
#[derive(Clone, Debug)]
pub struct Host {
    /// The workload that owns the pod: the service's own where it is the owner.
    pub owner: Name,
    /// Its place in the order of their start.
    pub position: usize,
    /// Whether it had the network of another one on Docker, too.
    pub same_network: bool,
    /// Mount points that it has from another one (`volumes_from`).
    pub shared_paths: Vec<String>,
    /// What must have come before it in the pod, and how far: made by `passes::waits`.
    pub needs: Vec<(Name, Condition)>,
    /// Whether what others wait for must answer before the whole pod is ready: made by `passes::waits`.
    pub staged: bool,
}

/// How a workload is reached, where the user says it in the words of the cluster. Taken by `passes::exposures` and
/// `passes::publishing`: empty afterwards.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// How its ports are published, as the service itself says.
    pub publish: Option<Traced<crate::request::Publish>>,
    /// How they are where it does not say so.
    pub usual: Option<crate::request::Publish>,
    /// What the Service of its own name is for.
    pub own: Option<Traced<super::ExposureKind>>,
    /// The port of every node.
    pub node_port: Option<Traced<u16>>,
    /// Whether only nodes that a pod runs on answer.
    pub local: Option<Traced<bool>>,
}

/// The kind of controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any pod does.
    Deployment,
    /// Each pod keeps its claims.
    StatefulSet,
    /// One pod on each node.
    DaemonSet,
    /// Runs to its end once. Its name in the cluster ends in a hash of its template.
    Job,
    /// Starts Jobs at set times.
    CronJob,
}

impl Kind {
    /// As Kubernetes spells it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Deployment => "Deployment",
            Kind::StatefulSet => "StatefulSet",
            Kind::DaemonSet => "DaemonSet",
            Kind::Job => "Job",
            Kind::CronJob => "CronJob",
        }
    }
}

/// How pods are replaced when the template changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollout {
    /// All old ones stop before the first new one starts.
    Recreate,
    /// Step by step.
    Rolling {
        /// How many more than asked for may run.
        max_surge: Amount,
        /// How many fewer than asked for may run.
        max_unavailable: Amount,
    },
}

/// A number of pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many.
    Count(u32),
    /// All of them.
    All,
}

/// What a dependency must have reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `service_started`.
    Started,
    /// `service_healthy`.
    Healthy,
    /// `service_completed_successfully`.
    Completed,
}

/// One entry of `depends_on`, or what implies one.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The service's name as the user wrote it.
    pub service: String,
    /// What it must have reached.
    pub condition: Traced<Condition>,
    /// Whether its absence is an error.
    pub required: bool,
    /// Where it is written.
    pub origin: Origin,
    /// Every leaf of the entry, to be accounted for.
    pub leaves: Vec<Origin>,
}

/// TCP, UDP or SCTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// As Kubernetes spells it.
    pub fn word(self) -> &'static str {
        match self {
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
            Protocol::Sctp => "SCTP",
        }
    }

    /// The beginning of a port's name.
    pub fn prefix(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        }
    }
}

/// A port that the container listens on.
#[derive(Clone, Debug, PartialEq)]
pub struct Port {
    /// 1 to 65535, and why it is known.
    pub number: Traced<u16>,
    /// The protocol.
    pub protocol: Protocol,
    /// Whether the service itself states it (ports, expose, its own healthcheck, the image table), so that a wait may dial it.
    pub stated: bool,
    /// A port of the node that is bound to it (`mode: host`).
    pub host_port: Option<Traced<u16>>,
    /// What the user calls it.
    pub name: Option<Traced<Name>>,
    /// What is spoken on it, as `http`.
    pub spoken: Option<Traced<String>>,
}

impl Port {
    /// A port of which no more is known than that it is there.
    pub fn plain(number: Traced<u16>, protocol: Protocol, stated: bool) -> Self {
        Port { number, protocol, stated, host_port: None, name: None, spoken: None }
    }
}

/// A port that was published on the host.
#[derive(Clone, Debug)]
pub struct Published {
    /// The port on the host: 1 to 65535; `None` for one that Docker chose.
    pub published: Option<Traced<u16>>,
    /// The container's port: 1 to 65535.
    pub target: Traced<u16>,
    /// The protocol.
    pub protocol: Protocol,
    /// The address of the host that it was bound to.
    pub address: Option<Traced<String>>,
    /// Where it is written.
    pub origin: Origin,
}

/// A healthcheck, in Docker's terms and with Docker's defaults filled in.
#[derive(Clone, Debug)]
pub struct Check {
    /// The command as an exec form: never empty.
    pub command: Vec<Traced<String>>,
    /// Between checks, in nanoseconds.
    pub interval: Traced<i64>,
    /// For one check, in nanoseconds.
    pub timeout: Traced<i64>,
    /// Failures in a row until it counts as unhealthy: at least 1.
    pub retries: Traced<u32>,
    /// Time in which failures do not count, in nanoseconds.
    pub start_period: Traced<i64>,
    /// Between checks in the start period, in nanoseconds.
    pub start_interval: Traced<i64>,
    /// Whether an unhealthy container was killed (swarm) or only marked (Compose).
    pub kills: bool,
    /// Where the healthcheck's key stands.
    pub origin: Origin,
}
