//! Options that take one of a few words. The comments here are the text of `--help`.

use clap::ValueEnum;

use crate::compose::Dialect;
use crate::request::{Liveness, ManagerNodes, NetworkPolicies, Publish, Waits};

/// Whose rules hold.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum DialectChoice {
    /// Decided from the files
    Auto,
    /// docker compose
    Compose,
    /// docker stack deploy
    Swarm,
}

impl DialectChoice {
    /// As the compiler calls it; nothing where the files decide.
    pub(in crate::cli) fn dialect(self) -> Option<Dialect> {
        match self {
            DialectChoice::Auto => None,
            DialectChoice::Compose => Some(Dialect::Compose),
            DialectChoice::Swarm => Some(Dialect::Swarm),
        }
    }
}

/// What becomes of constraints to managers.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum ManagerChoice {
    /// They are dropped: managed clusters have no such nodes
    Drop,
    /// They become affinity and toleration of control-plane nodes
    Keep,
}

impl ManagerChoice {
    pub(in crate::cli) fn choice(self) -> ManagerNodes {
        match self {
            ManagerChoice::Drop => ManagerNodes::Drop,
            ManagerChoice::Keep => ManagerNodes::Keep,
        }
    }
}

/// What becomes of unhealthy containers.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum LivenessChoice {
    /// As in Docker: in a swarm they are, with docker compose they are not
    Auto,
    /// They are: liveness and startup probes
    Always,
    /// They are not: readiness probes alone
    Never,
}

impl LivenessChoice {
    pub(in crate::cli) fn choice(self) -> Liveness {
        match self {
            LivenessChoice::Auto => Liveness::Auto,
            LivenessChoice::Always => Liveness::Always,
            LivenessChoice::Never => Liveness::Never,
        }
    }
}

/// What becomes of depends_on.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum WaitsChoice {
    /// Init containers wait
    Init,
    /// Nothing waits
    None,
}

impl WaitsChoice {
    pub(in crate::cli) fn waits(self) -> Waits {
        match self {
            WaitsChoice::Init => Waits::Init,
            WaitsChoice::None => Waits::None,
        }
    }
}

/// Whether networks become policies.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum PoliciesChoice {
    /// Where networks kept services apart
    Auto,
    /// In every case
    Always,
    /// In none
    Never,
}

impl PoliciesChoice {
    pub(in crate::cli) fn choice(self) -> NetworkPolicies {
        match self {
            PoliciesChoice::Auto => NetworkPolicies::Auto,
            PoliciesChoice::Always => NetworkPolicies::Always,
            PoliciesChoice::Never => NetworkPolicies::Never,
        }
    }
}

/// How published ports are reached.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum PublishChoice {
    /// At an address of their own, under the published number
    LoadBalancer,
    /// At a port of every node: the published number where nodes may have it
    NodePort,
    /// By an Ingress for any host, where they speak HTTP
    Ingress,
    /// Not at all
    None,
}

impl PublishChoice {
    pub(in crate::cli) fn choice(self) -> Publish {
        match self {
            PublishChoice::LoadBalancer => Publish::LoadBalancer,
            PublishChoice::NodePort => Publish::NodePort,
            PublishChoice::Ingress => Publish::Ingress,
            PublishChoice::None => Publish::None,
        }
    }
}
