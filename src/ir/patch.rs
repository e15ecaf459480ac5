//! What a user says of an object in the words of its API, to be merged into it when it is written.

use super::Name;
use crate::syntax::Node;

/// A merge patch for objects of one kind that belong to a workload: a strategic one, but for custom resources.
#[derive(Clone, Debug)]
pub struct Patch {
    /// Which of its objects.
    pub target: Target,
    /// Keys that lead from the object to where the tree is merged; each is a mapping, but for the last, which may be a list.
    pub path: &'static [&'static str],
    /// What is merged there.
    pub tree: Node,
}

/// The objects that a patch is for: those of the workload that it stands at, or of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every object.
    Every,
    /// The controller.
    Controller,
    /// The template of the pods: the path starts there.
    Pods,
    /// The service's own container. `passes::pods` says its name.
    MainContainer,
    /// A container of the pods by its name: the path starts there.
    Container(Name),
    /// The Services.
    Services,
    /// Those of a kind, as `Deployment`.
    Kind(String),
    /// One object, by its kind and name.
    Object(String, String),
}

/// Between how many pods a workload has, and by what.
#[derive(Clone, Debug)]
pub struct Autoscaling {
    /// At least 1.
    pub least: Option<super::Traced<u32>>,
    /// At least 1.
    pub most: super::Traced<u32>,
    /// Percent of the cores that are requested.
    pub cpu: Option<super::Traced<u32>>,
    /// Percent of the memory that is requested.
    pub memory: Option<super::Traced<u32>>,
    /// How fast, in the words of the API.
    pub behavior: Option<Node>,
    /// Why it is there.
    pub why: super::Why,
}

/// How many pods an eviction must leave: one of the two.
#[derive(Clone, Debug)]
pub enum Budget {
    /// So many, or such a percentage, stay.
    Least(super::Traced<Portion>),
    /// So many, or such a percentage, may go.
    MostGone(super::Traced<Portion>),
}

/// A number of pods or a percentage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Portion {
    /// So many.
    Count(u32),
    /// As `50%`.
    Percent(String),
}

/// The kinds of custom resources that are written, or that a user has beside them: the Gateway API, Traefik and cert-manager.
pub const CUSTOM_KINDS: &[&str] = &[
    "Gateway",
    "HTTPRoute",
    "GRPCRoute",
    "TLSRoute",
    "TCPRoute",
    "UDPRoute",
    "IngressRoute",
    "IngressRouteTCP",
    "IngressRouteUDP",
    "Middleware",
    "MiddlewareTCP",
    "ServersTransport",
    "ServersTransportTCP",
    "TLSOption",
    "TLSStore",
    "TraefikService",
    "Certificate",
];

/// Whether objects of a kind are custom resources: a server merges them as JSON (RFC 7386), lists as a whole.
pub fn is_custom(kind: &str) -> bool {
    CUSTOM_KINDS.contains(&kind)
}
