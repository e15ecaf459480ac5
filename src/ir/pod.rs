//! The pod of a workload: what holds for all its containers, and what must be there before they start.

use super::{HostAlias, Name, Placement, Resolver, Traced, Why};
use crate::origin::Origin;

/// What holds for the pod as a whole.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Seconds between the stop signal and the end.
    pub grace_seconds: Traced<u32>,
    /// Host name, where one was written that Kubernetes takes.
    pub hostname: Option<Traced<String>>,
    /// What its pods are labelled with, beside the labels that everything has; nothing selects pods by them.
    pub labels: Vec<(String, Traced<String>)>,
    /// Keys that Kubernetes takes, and texts for people and tools.
    pub annotations: Vec<(String, Traced<String>)>,
    /// Lines of /etc/hosts, by address.
    pub host_aliases: Vec<HostAlias>,
    /// How names are looked up.
    pub resolver: Resolver,
    /// Labels `transship.dev/<mark>: "true"`, by which Services and policies find pods of several workloads.
    pub marks: Vec<Traced<Name>>,
    /// Group that owns the files of its volumes.
    pub fs_group: Option<Traced<i64>>,
    /// Ids of further groups of its users.
    pub groups: Vec<Traced<i64>>,
    /// Kernel parameters, names with dots.
    pub sysctls: Vec<(String, Traced<String>)>,
    /// It sees the processes of its node.
    pub host_processes: Option<Origin>,
    /// It shares memory with processes of its node.
    pub host_memory: Option<Origin>,
    /// The account that it runs as; it must exist.
    pub account: Option<Traced<String>>,
    /// Secrets with which its images are pulled.
    pub pull_secrets: Vec<Traced<String>>,
    /// The name of its RuntimeClass.
    pub runtime: Option<Traced<String>>,
    /// The operating system that its containers are for, where Kubernetes must be told.
    pub system: Option<Traced<String>>,
    /// Where it may run.
    pub placement: Placement,
    /// Whether its containers see each other's processes.
    pub one_process_space: Option<Origin>,
    /// Name of the group of workloads that must share a node, as they share a volume. Made by `passes::claims`.
    pub together: Option<Traced<Name>>,
}

/// An init container that waits.
#[derive(Clone, Debug)]
pub struct Wait {
    /// The name of its container, which no other of the pod has.
    pub name: Name,
    /// The workload that is waited for.
    pub workload: Name,
    /// What for.
    pub wait_for: WaitFor,
    /// Why.
    pub why: Why,
}

/// What a wait looks at.
#[derive(Clone, Debug)]
pub enum WaitFor {
    /// The Service of that name accepts a TCP connection on a port.
    Port(Name, u16),
    /// The name resolves.
    Resolve(Name),
    /// The Job of that workload is complete. Emit knows the Job's name with its hash.
    Complete,
}
