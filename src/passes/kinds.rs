//! Which service runs once (design 4.1): a Job is one whose completion is waited for, or one that is not restarted and serves
//! nobody. And what the kind makes of the restart policy.

use std::collections::BTreeSet;

use crate::compose::Dialect;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Condition, Kind, Name, Restart, RestartCondition, Retries, Run, Shared, Traced, Why, Workload};
use crate::lower::Context;
use crate::origin::Origin;

mod ends;

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let mut awaited = BTreeSet::new();
    let mut awaited_healthy = BTreeSet::new();
    for dependency in app.workloads.iter().flat_map(|workload| &workload.dependencies) {
        match dependency.condition.value {
            Condition::Completed => awaited.insert(dependency.service.clone()),
            Condition::Healthy => awaited_healthy.insert(dependency.service.clone()),
            Condition::Started => false,
        };
    }
    let dialled: BTreeSet<&Name> = app.dials.iter().filter(|dial| !dial.listens).map(|dial| &dial.to).collect();
    for workload in &mut app.workloads {
        let serves = || {
            workload.check.is_some()
                || awaited_healthy.contains(&workload.service)
                || dialled.contains(&workload.name)
                || workload.ports.iter().any(|port| port.number.why != from_image() || runs_its_server(workload))
        };
        let never = workload.restart.condition.as_ref().filter(|found| found.value == RestartCondition::Never);
        let place = never.and_then(|found| found.why.origins().first().copied());
        let reason = match (workload.kind.value, place) {
            (Kind::StatefulSet | Kind::DaemonSet | Kind::Job | Kind::CronJob, _) => None,
            (Kind::Deployment, _) if workload.kind_is_said => None,
            (Kind::Deployment, _) if awaited.contains(&workload.service) => {
                say_endless(workload, diags);
                Some((place.unwrap_or(workload.origin), AWAITED.to_owned()))
            }
            (Kind::Deployment, Some(place)) if !serves() => Some((
                place,
                "it is not restarted, has no ports and no healthcheck, is no known server, and nobody dials it"
                    .to_owned(),
            )),
            // What has no `restart:` is left alone by docker compose when it ends, and started again by a swarm.
            (Kind::Deployment, None) if ends_once(workload, context.dialect()) && !serves() => {
                let again = match workload.restart.condition {
                    Some(_) => "it is started again only when it fails",
                    None => "it is not restarted",
                };
                ends::by_itself(workload).map(|because| (workload.origin, format!("{because}, and {again}")))
            }
            (Kind::Deployment, _) => None,
        };
        let declared = workload.kind.value == Kind::Job;
        if let Some((place, because)) = reason {
            becomes_job(workload, place, &because, diags);
        }
        settle_restart(workload, declared, diags);
    }
}

/// Whether Docker leaves alone what ended well.
fn ends_once(workload: &Workload, dialect: Dialect) -> bool {
    match workload.restart.condition.as_ref().map(|found| found.value) {
        None => dialect == Dialect::Compose,
        Some(RestartCondition::OnFailure | RestartCondition::Never) => true,
        Some(RestartCondition::Always) => false,
    }
}

/// Why the target of a wait for an end is a Job.
const AWAITED: &str = "another service waits for its completion";

/// What is waited for to end, and looks as if it never did: docker compose would wait for ever.
fn say_endless(workload: &Workload, diags: &mut Diagnostics) {
    let always = workload.restart.condition.as_ref().filter(|found| found.value == RestartCondition::Always);
    let (place, what) = match (always, workload.published.first(), &workload.check) {
        (Some(always), _, _) => (always.why.origins().first().copied(), "is started again whenever it ends"),
        (None, Some(published), _) => (Some(published.origin), "publishes ports"),
        (None, None, Some(check)) => (Some(check.origin), "has a healthcheck"),
        (None, None, None) => return,
    };
    diags.push(
        Diagnostic::new(
            Code::EndlessDependency,
            place.unwrap_or(workload.origin),
            format!("`{}` {what}, and its completion is waited for", workload.service),
        )
        .why("those who wait start once it has ended with success, and never if it is a server")
        .help("wait for service_healthy or service_started if it is a server; else remove this")
        .key(format!("services.{}", workload.service)),
    );
}

fn becomes_job(workload: &mut Workload, place: Origin, because: &str, diags: &mut Diagnostics) {
    workload.kind = Traced::from_origin(Kind::Job, place);
    if !runs_its_server(workload) {
        workload.ports.retain(|port| port.number.why != from_image());
    }
    let in_a_pod = workload.shares.iter().any(|share| match share.what {
        Shared::Network | Shared::Processes | Shared::Memory | Shared::Pod => true,
        Shared::Mounts { read_only: _ } => false,
    });
    let message = match in_a_pod {
        true => format!("`{}` runs to its end before the pod that it is in is ready", workload.service),
        false => format!("`{}` becomes a Job", workload.service),
    };
    diags.push(
        Diagnostic::new(Code::KindJob, place, message)
            .why(because)
            .help(if because == AWAITED {
                "wait for service_healthy or service_started if it is a server"
            } else {
                "write restart: always if it is a server"
            })
            .key(format!("services.{}", workload.service)),
    );
}

/// The reason of a port that only the image table knows.
fn from_image() -> Why {
    Why::Decision("image-table")
}

/// Whether the image's own server runs: nothing replaces its entrypoint, and its command is none, options, or a program of the
/// image's own name. `image: postgres` with `command: psql -f init.sql` is a client.
fn runs_its_server(workload: &Workload) -> bool {
    if workload.container.command.is_some() {
        return false;
    }
    let first = workload.container.args.iter().flatten().next().map(|word| word.value.as_str());
    let Some(program) = first.map(|word| word.rsplit('/').next().unwrap_or(word)) else { return true };
    let image = workload.container.image.value.as_str();
    let name = image.split('@').next().unwrap_or(image).rsplit('/').next().unwrap_or(image);
    let name = name.split(':').next().unwrap_or(name);
    program.starts_with('-')
        || program == name
        || ["d", "-server", "-server-start"]
            .iter()
            .any(|end| program.strip_suffix(end).is_some_and(|stem| !stem.is_empty() && name.starts_with(stem)))
        || matches!(program, "server" | "serve" | "start" | "run" | "agent")
}

/// Says that what Docker lets end is started again.
fn restarted(workload: &Workload, condition: &Traced<RestartCondition>, key: &str, diags: &mut Diagnostics) {
    let Some(place) = condition.why.origins().first() else { return };
    let (title, cause) = match condition.value {
        RestartCondition::Never => ("it is started again when it ends", "never"),
        RestartCondition::OnFailure => ("it is started again after a good end, too", "on failure"),
        RestartCondition::Always => return,
    };
    diags.push(
        Diagnostic::new(Code::RestartedAlways, *place, title)
            .why("pods of a Deployment, StatefulSet or DaemonSet are always restarted")
            .help("write x-kubernetes: { kind: job } if it ends by itself")
            .key(format!("services.{}.{key}", workload.service))
            .cause(cause),
    );
}

/// A Job is tried again as Docker would have started it again. Everything else is restarted for ever.
fn settle_restart(workload: &mut Workload, declared: bool, diags: &mut Diagnostics) {
    let Restart { condition, attempts, key, pauses } = std::mem::take(&mut workload.restart);
    let mut lost = pauses;
    let ends = match workload.kind.value {
        Kind::Job | Kind::CronJob => true,
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => false,
    };
    let said = workload.attempts.take();
    if ends {
        workload.run = Run { retries: retries(declared, condition.as_ref(), attempts.as_ref(), diags) };
        if let Some(said) = said {
            let before = workload.run.retries.why.origins().iter();
            before.for_each(|place| diags.consume(*place, "x-kubernetes.backoff_limit says it"));
            let retries = if said.value == 0 { Retries::Never } else { Retries::Times(said.value) };
            workload.run = Run { retries: Traced { value: retries, why: said.why } };
        }
    } else {
        for place in said.iter().flat_map(|said| said.why.origins()) {
            diags.push(
                Diagnostic::new(
                    Code::KubernetesWithoutEffect,
                    *place,
                    format!("`{}` is restarted for ever", workload.service),
                )
                .why("only a Job is tried again a number of times")
                .help("write kind: job beside it, or remove it")
                .key(format!("services.{}.x-kubernetes.backoff_limit", workload.service)),
            );
        }
        for place in condition.iter().flat_map(|found| found.why.origins()) {
            diags.consume(*place, "a Deployment restarts whatever ends");
        }
        if let Some(condition) = condition.as_ref().filter(|found| found.value != RestartCondition::Always) {
            restarted(workload, condition, key, diags);
        }
        let same = condition.as_ref().map(|found| found.why.origins());
        match attempts.as_ref().and_then(|found| found.why.origins().first()) {
            // `on-failure:3` is one text.
            Some(place) if same.is_some_and(|places| places.contains(place)) => lost.insert(0, ("on-failure", *place)),
            Some(place) => lost.insert(0, ("max_attempts", *place)),
            None => {}
        }
    }
    without_counterpart(workload, key, &lost, diags);
}

/// `replicated-job` tries again unless it is told not to; a service of docker compose only when it is told to.
fn retries(
    declared: bool,
    condition: Option<&Traced<RestartCondition>>,
    attempts: Option<&Traced<u32>>,
    diags: &mut Diagnostics,
) -> Traced<Retries> {
    let tries_again = match condition.map(|found| found.value) {
        Some(RestartCondition::Never) => false,
        Some(RestartCondition::OnFailure | RestartCondition::Always) => true,
        None => declared,
    };
    let attempts_places = attempts.iter().flat_map(|found| found.why.origins()).copied();
    if !tries_again {
        attempts_places.clone().for_each(|place| diags.consume(place, "it is not tried again at all"));
    }
    // Docker reads 0 as no limit.
    let value = match (tries_again, attempts.map(|found| found.value)) {
        (false, _) => Retries::Never,
        (true, None | Some(0)) => Retries::Unlimited,
        (true, Some(number)) => Retries::Times(number),
    };
    let places: Vec<Origin> =
        condition.iter().flat_map(|found| found.why.origins()).copied().chain(attempts_places).collect();
    let why = match (places.is_empty(), tries_again) {
        (false, _) => Why::Origins(places),
        (true, true) => Why::Decision("swarm-tries-for-ever"),
        (true, false) => Why::Decision("no-second-attempt"),
    };
    Traced { value, why }
}

fn without_counterpart(workload: &Workload, key: &str, lost: &[(&'static str, Origin)], diags: &mut Diagnostics) {
    let Some((first_name, first)) = lost.first() else { return };
    let names: Vec<String> = lost.iter().map(|(name, _)| format!("`{name}`")).collect();
    let have = if names.len() == 1 { "has" } else { "have" };
    let last = key.rsplit('.').next().unwrap_or(key);
    // How long it waits changes what an end costs, not what comes of it.
    let (code, cause) = match *first_name {
        "max_attempts" | "on-failure" => (Code::RestartAttempts, "attempts"),
        _ => (Code::RestartPause, "pauses"),
    };
    let (whose, why, may_give_up) = match workload.kind.value {
        Kind::Job | Kind::CronJob => {
            ("what ends", "Kubernetes tries again after pauses of its own, from 10 seconds to 5 minutes", false)
        }
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => (
            "what stays",
            "Kubernetes restarts a container for ever, after pauses from 10 seconds to 5 minutes",
            code == Code::RestartAttempts,
        ),
    };
    let remove = if names.len() == 1 { "remove it" } else { "remove them" };
    let help = match may_give_up {
        true => format!("{remove}, or write x-kubernetes: {{ kind: job }} if it must give up"),
        false => remove.to_owned(),
    };
    diags.push(
        Diagnostic::new(code, *first, format!("{} of {last} {have} no counterpart", names.join(", ")))
            .why(why)
            .help(help)
            .cause(format!("{cause} of {whose}"))
            .key(format!("services.{}.{key}", workload.service))
            .covers(lost.iter().map(|(_, place)| *place)),
    );
}
