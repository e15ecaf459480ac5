//! The names that a Docker network gives a service, and who dials them.

use super::{Name, Protocol, Traced, Why};
use crate::origin::Origin;

/// A further name of a service, as the user wrote it: a container name, a host name, a network's alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The name.
    pub name: Traced<String>,
    /// The network that knows it; `None` for every network of the service.
    pub network: Option<String>,
}

/// A name that one service alone has for another (`links`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The service that is meant, as the user wrote it.
    pub service: String,
    /// What it is called.
    pub alias: Traced<String>,
}

/// A further Service that finds a workload's pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The Service's name.
    pub name: Name,
    /// Whether it must tell each pod apart, as Docker's `tasks.` names do.
    pub each_pod: bool,
    /// Other workloads that answer to it too.
    pub shared: bool,
    /// Why it is there.
    pub why: Why,
}

/// One workload names another as a host, in text that the container reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// Who dials.
    pub from: Name,
    /// The workload that is dialled.
    pub to: Name,
    /// The port, as far as the text says it.
    pub port: Option<(u16, Protocol)>,
    /// Whether the port is written, or is the usual one of a URL's scheme.
    pub written: bool,
    /// Where the text stands, or what mounts the file that holds it.
    pub place: Origin,
    /// File and line in a mounted file, as `nginx.conf:12`.
    pub line: Option<String>,
}
