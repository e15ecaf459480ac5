//! Decisions that need the whole app, each a plain function that turns one notion of the IR into Kubernetes' own.

mod claims;
mod cron;
mod cycles;
mod docker_host;
mod exposures;
mod free;
mod groups;
mod hostnames;
mod ingresses;
mod kinds;
mod leaving;
mod names;
mod pods;
mod policies;
mod probes;
mod publishing;
mod rollouts;
mod routes;
mod scaling;
mod secrets;
mod sidecars;
mod slots;
pub(crate) mod stacks;
mod waits;

use crate::diag::Diagnostics;
use crate::ir::App;
use crate::lower::Context;

/// One pass.
pub struct Pass {
    /// Its name, for dumps.
    pub name: &'static str,
    /// What it does.
    pub run: fn(&mut App, &Context<'_>, &mut Diagnostics),
}

/// The first passes, in order. Behind them stacks tell each other who dials whom.
pub const FIRST: &[Pass] = &[
    // Makes workloads, which all others then see.
    Pass { name: "cron", run: cron::run },
    // Takes routers of Docker engines away, before anybody looks at their names, ports and mounts.
    Pass { name: "routes", run: routes::run },
    // Pods that are numbered have names of their own, which the next one looks up.
    Pass { name: "numbered", run: slots::call },
    // From here on every host in a text is a name of the cluster, and it is known who dials whom.
    Pass { name: "names", run: names::run },
];

/// All further passes, in order.
pub const PASSES: &[Pass] = &[
    // Looks at texts alone, in which every name is one of the cluster by now.
    Pass { name: "docker-host", run: docker_host::run },
    // Who runs once must be known before waits and claims, which differ for Jobs.
    Pass { name: "kinds", run: kinds::run },
    // Kinds say whose pods have numbers.
    Pass { name: "slots", run: slots::run },
    // Who stands in whose pod must be known before names, waits and mounts.
    Pass { name: "groups", run: groups::run },
    // Kinds and pods are known; a StatefulSet scales as a Deployment does.
    Pass { name: "scaling", run: scaling::run },
    // Ports are completed from what others dial, before waits ask for them.
    Pass { name: "exposures", run: exposures::run },
    // Stands behind the Services of names, in this order in the output too.
    Pass { name: "publishing", run: publishing::run },
    // Leads to Services by their ports.
    Pass { name: "ingresses", run: ingresses::run },
    // Needs kinds and ports.
    Pass { name: "waits", run: waits::run },
    // Looks at what is published and who waits for whom.
    Pass { name: "policies", run: policies::run },
    // Makes StatefulSets of Deployments that own a volume, which need a governing Service.
    Pass { name: "claims", run: claims::run },
    // Needs to know what became a StatefulSet.
    Pass { name: "hostnames", run: hostnames::run },
    // Looks at the checks, which the next one takes.
    Pass { name: "deadlines", run: rollouts::deadlines },
    // Needs kinds alone.
    Pass { name: "sidecars", run: sidecars::run },
    // Looks at nothing but the checks.
    Pass { name: "probes", run: probes::run },
    // Puts finished containers into pods: what each holds is known by now.
    Pass { name: "pods", run: pods::run },
    // Needs whole pods: what the old one holds, the new one cannot have.
    Pass { name: "rollouts", run: rollouts::run },
    // Looks at everything, once nothing changes any more.
    Pass { name: "check", run: |app, _, diags| crate::ir::check(app, diags) },
    // Behind the check: a Secret that is left out is missing on purpose.
    Pass { name: "secrets", run: secrets::run },
];
