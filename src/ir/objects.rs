//! Objects beside the workloads: files, Services, and the rights of a wait.

use super::workload::Protocol;
use super::{Name, Traced, Why};
use crate::syntax::Node;

/// ConfigMap or Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileObjectKind {
    /// Readable.
    ConfigMap,
    /// Secret.
    Secret,
}

impl FileObjectKind {
    /// As Kubernetes spells it.
    pub fn word(self) -> &'static str {
        match self {
            FileObjectKind::ConfigMap => "ConfigMap",
            FileObjectKind::Secret => "Secret",
        }
    }
}

/// A ConfigMap or Secret that is written.
#[derive(Clone, Debug)]
pub struct FileObject {
    /// Its name.
    pub name: Name,
    /// Which of the two.
    pub kind: FileObjectKind,
    /// Keys in order: each `[-._a-zA-Z0-9]+`, at most 253 characters.
    pub entries: Vec<(String, Data)>,
    /// The file or folder of the project that it holds: whoever mounts the same one shares it.
    pub path: Option<String>,
    /// What the input labels it with.
    pub labelled: Labelled,
    /// Why it is there.
    pub why: Why,
}

/// What the input labels an object with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labelled {
    /// What Kubernetes takes as labels.
    pub labels: Vec<(String, Traced<String>)>,
    /// What it takes as annotations alone.
    pub annotations: Vec<(String, Traced<String>)>,
    /// What is merged into it, in the words of the API.
    pub patches: Vec<Node>,
}

/// The content of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Why.
    pub why: Why,
}

/// A Service.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// Its name.
    pub name: Name,
    /// What it is for.
    pub kind: ExposureKind,
    /// Which pods answer.
    pub selects: Selects,
    /// May be empty only when headless.
    pub ports: Vec<ExposurePort>,
    /// Answers for pods that are not ready too.
    pub not_ready: Option<Why>,
    /// Whether only nodes that a pod runs on answer what comes from outside.
    pub local: Option<Traced<bool>>,
    /// Why it is there.
    pub why: Why,
}

/// What a Service is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExposureKind {
    /// An address of its own in the cluster.
    Cluster,
    /// The pods' own addresses.
    Headless,
    /// Reached from outside, at an address of its own.
    LoadBalancer,
    /// Reached from outside, at a port of every node.
    NodePort,
}

/// A Service that only says where else a name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Its name.
    pub name: Name,
    /// The full name of what is meant.
    pub target: String,
    /// Why it is there.
    pub why: Why,
}

/// The pods behind a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selects {
    /// Those of the workload that it belongs to.
    Own,
    /// Those of every workload with this mark.
    Marked(Name),
    /// The one of the StatefulSet that it belongs to that has this number.
    Slot(u32),
}

/// A port of a Service.
#[derive(Clone, Debug)]
pub struct ExposurePort {
    /// The Service's port.
    pub port: Traced<u16>,
    /// The container's port, where it differs.
    pub target: Option<u16>,
    /// The protocol.
    pub protocol: Protocol,
    /// The port of every node; the server chooses one where it is needed and not given.
    pub node_port: Option<u16>,
    /// What the user calls it.
    pub name: Option<Traced<Name>>,
    /// What is spoken on it, as `http`.
    pub spoken: Option<Traced<String>>,
}

/// A rule of the namespace, in the words of the API.
#[derive(Clone, Debug)]
pub struct NamespaceRule {
    /// LimitRange or ResourceQuota.
    pub kind: NamespaceRuleKind,
    /// Its spec.
    pub spec: Node,
}

/// What a rule of the namespace is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamespaceRuleKind {
    /// What each pod may ask for.
    LimitRange,
    /// What all of them may ask for.
    ResourceQuota,
}

/// The right to read one Job, for the account of the workload that waits for it.
#[derive(Clone, Debug)]
pub struct JobRole {
    /// The workload whose Job may be read.
    pub workload: Name,
    /// Name of the ServiceAccount, Role and RoleBinding.
    pub name: Name,
    /// Why.
    pub why: Why,
}
