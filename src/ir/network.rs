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

/// A name that one service has for a container of another project (`external_links`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OuterLink {
    /// The container, as Docker calls it there.
    pub container: String,
    /// What it is called.
    pub alias: Traced<String>,
}

/// A network of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// What Docker calls it.
    pub real: String,
    /// Whether other stacks of the call are on it.
    pub is_shared: bool,
    /// What the pods of its members are marked with.
    pub mark: Name,
    /// Whether its members are cut off from the outside, and where that is written.
    pub internal: Option<Origin>,
    /// Whether its members do not reach each other on it, and where that is written.
    pub apart: Option<Origin>,
    /// The address of the Docker host to which ports without one of their own were bound.
    pub binding: Option<Traced<String>>,
    /// Whether other projects share it, and where that is written.
    pub external: Option<Origin>,
    /// Whether it is that of the node.
    pub is_host: bool,
}

/// Which network a service has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkMode {
    /// Those that it names, shared with others.
    Shared,
    /// That of the node.
    Host(Origin),
    /// None.
    None(Origin),
}

/// A line of /etc/hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostAlias {
    /// The address.
    pub address: String,
    /// The names that it has: at least one.
    pub names: Vec<Traced<String>>,
}

/// How names are looked up beside what the cluster says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolver {
    /// Domains that are tried after the cluster's own.
    pub searches: Vec<Traced<String>>,
    /// Options of resolv.conf with their values.
    pub options: Vec<(Traced<String>, Option<String>)>,
}

impl Resolver {
    /// Adds what another one says and this one does not.
    pub fn join(&mut self, other: Resolver) {
        let Resolver { searches, options } = other;
        for search in searches {
            if !self.searches.iter().any(|known| known.value == search.value) {
                self.searches.push(search);
            }
        }
        for (name, value) in options {
            if !self.options.iter().any(|(known, _)| known.value == name.value) {
                self.options.push((name, value));
            }
        }
    }
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
    /// The number of the one pod that answers, where only one does.
    pub slot: Option<u32>,
    /// Why it is there.
    pub why: Why,
}

/// One workload names another as a host, in text that the container reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// Who dials; `None` for a workload of another stack.
    pub from: Option<Name>,
    /// The workload that is dialled.
    pub to: Name,
    /// The port, as far as the text says it.
    pub port: Option<(u16, Protocol)>,
    /// Whether the port is written, or is the usual one of a URL's scheme.
    pub written: bool,
    /// Whether it says that the workload itself listens there (`0.0.0.0:80`, `PORT`); then nobody is dialled.
    pub listens: bool,
    /// Where the text stands, or what mounts the file that holds it.
    pub place: Origin,
    /// File and line in a mounted file, as `nginx.conf:12`.
    pub line: Option<String>,
}

/// What may reach some pods, or be reached from them: a NetworkPolicy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: Name,
    /// The workload that it belongs to; `None` where it belongs to the app.
    pub owner: Option<Name>,
    /// Whom it holds for.
    pub pods: PolicyPods,
    /// What is let in, where that is limited.
    pub ingress: Option<Vec<PolicyRule>>,
    /// What is let out, where that is limited.
    pub egress: Option<Vec<PolicyRule>>,
    /// Why it is there.
    pub why: Why,
}

/// The pods that a policy speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyPods {
    /// Those of one workload.
    Of(Name),
    /// Those that carry all of these marks.
    Marked(Vec<Name>),
}

/// What a policy lets pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRule {
    /// The pods at the other end; `None` for anybody, inside of the cluster or not.
    pub pods: Option<PolicyPods>,
    /// Whether those of other projects and namespaces are meant too.
    pub any_namespace: bool,
    /// The ports; empty for all.
    pub ports: Vec<(u16, Protocol)>,
}
