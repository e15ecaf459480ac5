//! What a service has in common with another one, so that both stand in one pod.

use crate::origin::Origin;

/// One key that names another service or its container.
#[derive(Clone, Debug)]
pub struct Share {
    /// Whose.
    pub with: SharedWith,
    /// What.
    pub what: Shared,
    /// Where it is written.
    pub origin: Origin,
}

/// Who is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SharedWith {
    /// A service, as the user wrote it.
    Service(String),
    /// A container, by the name that it has on the Docker host.
    Container(String),
    /// All services that say the same word.
    Group(String),
}

/// What is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// Addresses and ports (`network_mode`).
    Network,
    /// Processes (`pid`).
    Processes,
    /// Shared memory and semaphores (`ipc`).
    Memory,
    /// The pod alone: each of them had addresses of its own.
    Pod,
    /// What is mounted (`volumes_from`).
    Mounts {
        /// Whether it cannot be written to.
        read_only: bool,
    },
}
