//! Whether pods can be replaced as the input says (design 4.1): not where the new pod needs what the old one still holds, and not
//! for what is never updated.
//!
//! ```yaml
//! deploy: { update_config: { order: start-first } }   # on a service with a volume of its own
//! # strategy: { type: Recreate }, and a warning
//! ```

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Amount, App, Check, Kind, Rollout, Traced, VolumeSource, Why, Workload};
use crate::lower::Context;
use crate::origin::Origin;

const SECOND: i64 = 1_000_000_000;

/// After so many seconds without progress a Deployment's update counts as failed, unless it says otherwise.
const DEADLINE: u32 = 600;

pub(super) fn run(app: &mut App, _context: &Context<'_>, diags: &mut Diagnostics) {
    for workload in &mut app.workloads {
        match workload.kind.value {
            Kind::Job | Kind::CronJob => never_updated(workload, diags),
            Kind::StatefulSet => one_by_one(workload, diags),
            Kind::DaemonSet => {
                if surges(workload) && host_port(workload).is_some() {
                    stop_first(workload, "the new pod needs the port of the node that the old one holds", diags);
                }
            }
            Kind::Deployment => deployment(workload, diags),
        }
    }
}

/// Settles how long an update may take, while the checks are still there.
pub(super) fn deadlines(app: &mut App, _context: &Context<'_>, _diags: &mut Diagnostics) {
    for workload in &mut app.workloads {
        workload.progress_deadline = deadline(workload);
    }
}

/// Whether a new pod is started before an old one is stopped.
fn surges(workload: &Workload) -> bool {
    match workload.rollout.value {
        Rollout::Recreate => false,
        Rollout::Rolling { max_surge, max_unavailable: _ } => max_surge != Amount::Count(0),
    }
}

fn host_port(workload: &Workload) -> Option<&Why> {
    workload.listens().find_map(|port| port.host_port.as_ref()).map(|port| &port.why)
}

fn never_updated(workload: &mut Workload, diags: &mut Diagnostics) {
    let pause = workload.min_ready_seconds.take();
    let pauses = pause.iter().flat_map(|pause| pause.why.origins());
    for place in workload.rollout.why.origins().iter().chain(pauses) {
        diags.consume(*place, "a Job is never updated: a changed one is a new Job");
    }
}

fn one_by_one(workload: &mut Workload, diags: &mut Diagnostics) {
    if surges(workload) {
        let because = match workload.claim_templates.is_empty() {
            true => "the new pod has the name of the old one",
            false => "the new pod needs the claim that the old one holds",
        };
        say_stop_first(workload, because, diags);
    } else {
        say_one_by_one(workload, diags);
    }
    for place in workload.rollout.why.origins() {
        diags.consume(*place, "a StatefulSet replaces its pods one by one, the old one first");
    }
}

/// Several pods at once are asked for, and replaced one after the other.
fn say_one_by_one(workload: &Workload, diags: &mut Diagnostics) {
    let at_once = match workload.rollout.value {
        Rollout::Recreate => Amount::All,
        Rollout::Rolling { max_surge: _, max_unavailable } => max_unavailable,
    };
    let Some(place) = workload.rollout.why.origins().first() else { return };
    if at_once == Amount::Count(1) || workload.replicas.value <= 1 {
        return;
    }
    diags.push(
        Diagnostic::new(
            Code::OneByOne,
            *place,
            format!("the pods of `{}` are replaced one at a time", workload.service),
        )
        .why("a StatefulSet waits for each new pod to be ready before it goes on")
        .help("nothing is to be done: an update takes longer, and more of the pods are there meanwhile")
        .key(format!("services.{}.deploy.update_config.parallelism", workload.service)),
    );
}

/// One pod of a claim must be gone before the next one starts: two databases on one folder destroy it. Several replicas that share a
/// claim hold it together anyway.
fn deployment(workload: &mut Workload, diags: &mut Diagnostics) {
    let holds = |workload: &Workload| {
        let claims = workload.volumes.iter().filter(|volume| matches!(volume.source, VolumeSource::Claim(_)));
        claims.into_iter().any(|volume| {
            let mounts = workload.containers().flat_map(|container| &container.mounts);
            let mut mounts = mounts.filter(|mount| mount.volume == volume.name);
            mounts.any(|mount| mount.read_only.is_none())
        })
    };
    if workload.replicas.value <= 1 && holds(workload) {
        if surges(workload) {
            say_stop_first(workload, "the new pod needs the volume that the old one writes to", diags);
        }
        workload.rollout.value = Rollout::Recreate;
        if workload.rollout.why.origins().is_empty() {
            workload.rollout.why = Why::Decision("one-pod-holds-the-volume");
        }
    } else if surges(workload) && host_port(workload).is_some() {
        stop_first(workload, "the new pod needs the port of the node that the old one holds", diags);
    }
}

fn stop_first(workload: &mut Workload, because: &str, diags: &mut Diagnostics) {
    say_stop_first(workload, because, diags);
    if let Rollout::Rolling { max_surge, max_unavailable: _ } = workload.rollout.value {
        workload.rollout.value = match max_surge {
            Amount::All => Rollout::Recreate,
            Amount::Count(step) => {
                Rollout::Rolling { max_surge: Amount::Count(0), max_unavailable: Amount::Count(step) }
            }
        };
    }
}

fn say_stop_first(workload: &Workload, because: &str, diags: &mut Diagnostics) {
    let place = workload.rollout.why.origins().last().copied().unwrap_or(workload.origin);
    diags.push(
        Diagnostic::new(
            Code::StartFirst,
            place,
            format!("`{}` is stopped before its new pod starts", workload.service),
        )
        .label("start-first cannot be had here")
        .why(because)
        .help("write order: stop-first, or remove it")
        .key(format!("services.{}.deploy.update_config.order", workload.service))
        .covers(workload.rollout.why.origins().iter().copied()),
    );
}

/// Long enough for a pod to become ready and stay so, where that can take longer than Kubernetes waits. Swarm waits for ever.
fn deadline(workload: &Workload) -> Option<Traced<u32>> {
    if workload.kind.value != Kind::Deployment {
        return None;
    }
    let starts = workload.check.as_ref().map_or(0, start_seconds);
    let stays = workload.min_ready_seconds.as_ref().map_or(0, |pause| pause.value);
    let needed = starts.saturating_add(stays).saturating_add(60);
    let origins: Vec<Origin> = workload
        .min_ready_seconds
        .iter()
        .map(|pause| &pause.why)
        .chain(
            workload.check.iter().flat_map(|check| [&check.start_period.why, &check.interval.why, &check.retries.why]),
        )
        .flat_map(Why::origins)
        .copied()
        .collect();
    (needed > DEADLINE).then_some(Traced { value: needed, why: Why::Origins(origins) })
}

/// The longest time that a healthcheck gives a container to become healthy.
fn start_seconds(check: &Check) -> u32 {
    let tries = i64::from(check.retries.value).saturating_mul(check.interval.value);
    u32::try_from(check.start_period.value.saturating_add(tries).max(0) / SECOND).unwrap_or(u32::MAX)
}
