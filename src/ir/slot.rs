//! What a pod knows of itself (Kubernetes, "downward API"), and the slots of a swarm's tasks: pods that are numbered from one.

use super::{EnvSource, EnvVar, Name, Traced, Why};
use crate::origin::Origin;

/// What the kubelet tells a container of its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodField {
    /// The name of its node.
    Node,
    /// Its own name.
    Name,
    /// Its id.
    Uid,
    /// Its number among the pods of its StatefulSet.
    Slot,
}

impl PodField {
    /// All of them.
    pub const ALL: [PodField; 4] = [PodField::Node, PodField::Name, PodField::Uid, PodField::Slot];

    /// The variable that carries it where it is a part of a longer text.
    pub fn variable(self) -> &'static str {
        match self {
            PodField::Node => "TRANSSHIP_NODE_NAME",
            PodField::Name => "TRANSSHIP_POD_NAME",
            PodField::Uid => "TRANSSHIP_POD_UID",
            PodField::Slot => "TRANSSHIP_TASK_SLOT",
        }
    }
}

/// A part of a text that the kubelet puts together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPart {
    /// Text, byte for byte.
    Text(String),
    /// What a variable of the environment carries.
    Field(PodField),
}

/// Adds the variables that carry the fields of some parts, once each.
pub fn carry(parts: &[TextPart], env: &mut Vec<EnvVar>, why: &Why) {
    for field in PodField::ALL {
        let name = field.variable();
        if parts.contains(&TextPart::Field(field)) && !env.iter().any(|variable| variable.name == name) {
            env.push(EnvVar { name: name.to_owned(), source: EnvSource::Field(field), why: why.clone() });
        }
    }
}

/// What a service says of the slots of its tasks.
#[derive(Clone, Debug)]
pub struct Slots {
    /// Where it first names the slot.
    pub origin: Origin,
    /// The host name of each pod: the text before its number, and the text behind it.
    pub hostname: Option<Traced<(String, String)>>,
    /// What its controller is called, so that its pods have these host names.
    pub controller: Option<Name>,
}

impl Slots {
    /// The most names that are made: a Service each.
    pub const MOST: u32 = 100;

    /// The host name of the pod with a number.
    pub fn host(&self, number: u32) -> Option<String> {
        self.hostname.as_ref().map(|hostname| format!("{}{number}{}", hostname.value.0, hostname.value.1))
    }
}
