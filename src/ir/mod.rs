//! The app between Compose and Kubernetes: workloads that still say *depends on, port, mount, check*, and what the passes make of it.
//!
//! `lower` fills the first half of a [`Workload`], one service at a time; the passes move each notion into the second half, until
//! `emit` can write it down without deciding anything. Everything keeps the order of the source; nothing here is hashed.

mod check;
mod container;
mod gateway;
mod layout;
mod left_out;
mod name;
mod neighbour;
mod network;
mod objects;
mod patch;
mod placement;
mod pod;
mod route;
mod run;
mod sharing;
mod slot;
mod storage;
mod workload;

pub use check::check;
pub use container::{
    Confinement, Container, EnvSource, EnvVar, Probe, ProbeAction, ProbeRequest, Resources, SecurityContext,
    SelinuxLabel, Stop,
};
pub use gateway::{Filter, Gateway, GatewayMatch, GatewayRoute, Listener, Parent};
pub use layout::{LONGEST_EXTENDED, Member, Step};
pub use left_out::LeftOut;
pub use name::Name;
pub use name::{is_object_name, short_hash};
pub use neighbour::{Call, Neighbour, Neighbourhood, Others, SharedNetwork};
pub use network::{
    Alias, Answer, Dial, HostAlias, Link, Network, NetworkMode, OuterLink, Policy, PolicyPods, PolicyRule, Resolver,
};
pub use objects::{
    Data, Elsewhere, Exposure, ExposureKind, ExposurePort, FileObject, FileObjectKind, JobRole, Labelled,
    NamespaceRule, NamespaceRuleKind, Selects,
};
pub use patch::{Autoscaling, Budget, CUSTOM_KINDS, Patch, Portion, Target, is_custom};
pub use placement::{NodeRule, NodeTest, Placement, Spread};
pub use pod::{Pod, Wait, WaitFor};
pub use route::{
    Attachment, Carries, Certificate, Ingress, IngressPath, IngressRule, IngressTls, PathKind, Route, RouteDomain,
    RouteForm, RouteHost, RouteMatch, RoutePath, RouteTest, RouteTls, RouterLabel, Setting, SettingValue, Treatment,
};
pub use run::{Overlap, Restart, RestartCondition, Retries, Run, Schedule, Timetable};
pub use sharing::{Share, Shared, SharedWith};
pub use slot::{PodField, Slots, TextPart, carry};
pub use storage::{
    Access, Claim, ContainerMount, Each, ImageContent, Item, Mount, MountSource, NamedVolume, NetworkShare, Owner,
    PersistentVolume, Propagation, Retention, ShareProtocol, Volume, VolumeSource, Wishes,
};
pub use workload::{
    Amount, Check, Condition, Dependency, Host, Kind, Outside, Port, Protocol, Published, Rollout, Workload,
};

use indexmap::IndexMap;

use crate::origin::{Origin, Spanned};

/// Why a value of the output is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The input says so.
    Origin(Origin),
    /// Several places of the input say so together.
    Origins(Vec<Origin>),
    /// A named decision of the compiler.
    Decision(&'static str),
}

impl Why {
    /// Every place of the input that it names.
    pub fn origins(&self) -> &[Origin] {
        match self {
            Why::Origin(origin) => std::slice::from_ref(origin),
            Why::Origins(origins) => origins,
            Why::Decision(_) => &[],
        }
    }
}

/// A value and why it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced<T> {
    /// The value.
    pub value: T,
    /// Why.
    pub why: Why,
}

impl<T> Traced<T> {
    /// A value that the input states.
    pub fn from_origin(value: T, origin: Origin) -> Self {
        Traced { value, why: Why::Origin(origin) }
    }

    /// A value that the compiler decided on.
    pub fn decided(value: T, decision: &'static str) -> Self {
        Traced { value, why: Why::Decision(decision) }
    }

    /// The same reason under another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Traced<U> {
        Traced { value: change(self.value), why: self.why }
    }
}

impl<T> From<Spanned<T>> for Traced<T> {
    fn from(spanned: Spanned<T>) -> Self {
        Traced::from_origin(spanned.value, spanned.origin)
    }
}

/// The whole app.
#[derive(Clone, Debug)]
pub struct App {
    /// The project's name: the value of the `part-of` label.
    pub project: Traced<Name>,
    /// The namespace that every object carries; `None` leaves it to kubectl.
    pub namespace: Option<Name>,
    /// ConfigMaps and Secrets that several workloads use, or none owns.
    pub files: Vec<FileObject>,
    /// The named volumes of the project by key. Taken by `passes::claims`: empty afterwards.
    pub named_volumes: IndexMap<String, NamedVolume>,
    /// Volumes of the cluster that claims are bound to. Made by `passes::claims`.
    pub volumes: Vec<PersistentVolume>,
    /// Claims that stand for themselves. Made by `passes::claims`.
    pub claims: Vec<Claim>,
    /// What the user says of claims that say nothing else.
    pub wishes: Wishes,
    /// LimitRange and ResourceQuota.
    pub rules: Vec<NamespaceRule>,
    /// What the user says of all objects; what a workload says counts more.
    pub defaults: Vec<Patch>,
    /// What the user says of objects, whatever a workload says.
    pub patches: Vec<Patch>,
    /// In the order of the file. Names are unique.
    pub workloads: Vec<Workload>,
    /// The networks of the project by their keys, `default` among them.
    pub networks: IndexMap<String, Network>,
    /// What keeps networks apart. Made by `passes::policies`.
    pub policies: Vec<Policy>,
    /// Who names whom as a host. Made by `passes::names`.
    pub dials: Vec<Dial>,
    /// Services that programs outside of the project make, so that they are no workloads. Heard by `passes::waits`.
    pub provided: Vec<String>,
    /// Services that are left out, which somebody may dial all the same. Made by `passes::routes`, heard by `passes::names`.
    pub left_out: Vec<LeftOut>,
    /// What routes do to requests on the way. Made by `passes::routes`.
    pub treatments: Vec<Treatment>,
    /// Where the traffic of routes comes in, where they are those of the Gateway API: one for each class. Made by
    /// `passes::ingresses`.
    pub gateways: Vec<Gateway>,
    /// Certificates of routes that Traefik's own resources carry. Made by `passes::ingresses`.
    pub certificates: Vec<Certificate>,
    /// Networks that other stacks of the call share. Made by `passes::stacks`, heard by `passes::names`.
    pub shared_networks: Vec<SharedNetwork>,
    /// Containers of the other stacks of the call, where a service links to one. Made by `passes::stacks`, heard by `passes::names`.
    pub others: Option<Others>,
    /// Who of another stack is named as a host. Made by `passes::names`, taken by `passes::stacks`: empty afterwards.
    pub calls: Vec<Call>,
    /// Names that lead out of the namespace. Made by `passes::names`.
    pub elsewhere: Vec<Elsewhere>,
}

impl App {
    /// What the stack is called in the cluster.
    pub fn stack(&self) -> &str {
        self.project.value.as_str()
    }
}
