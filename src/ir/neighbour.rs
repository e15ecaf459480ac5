//! What stands beside the app: services of other stacks of one call, on networks that they share.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Name, Protocol};
use crate::origin::Origin;

/// A service of some stack, under one of the names that it has on a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The stack's number in the call.
    pub stack: usize,
    /// What the stack is called: its namespace.
    pub namespace: Name,
    /// The workload.
    pub workload: Name,
    /// The Service that the name leads to.
    pub service: Name,
    /// Whether the name leads to each of its pods (`tasks.SERVICE`).
    pub each_pod: bool,
}

/// Everybody on a network that several stacks share, by name, in lower case.
#[derive(Clone, Debug, Default)]
pub struct Neighbourhood {
    /// In the order of the stacks.
    pub names: BTreeMap<String, Vec<Neighbour>>,
}

/// A network of the app that other stacks share.
#[derive(Clone, Debug)]
pub struct SharedNetwork {
    /// Its key in this app.
    pub key: String,
    /// The number of this app's stack.
    pub own: usize,
    /// Who is on it, this app's own services among them.
    pub neighbours: Arc<Neighbourhood>,
}

/// The containers of all stacks of the call, by every name that they have anywhere.
#[derive(Clone, Debug)]
pub struct Others {
    /// The number of this app's stack.
    pub own: usize,
    /// Who they are, this app's own among them.
    pub containers: Arc<Neighbourhood>,
}

/// A workload of this app names one of another stack as a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who is dialled.
    pub to: Neighbour,
    /// The port, as far as the text says it.
    pub port: Option<(u16, Protocol)>,
    /// Whether the port is written.
    pub written: bool,
    /// Where the text stands.
    pub place: Origin,
    /// File and line in a mounted file.
    pub line: Option<String>,
}
