//! What schedulers for Docker start becomes CronJobs (design 4.1): the labels of swarm-cronjob, ofelia and chadburn. The scheduler
//! itself has nothing left to do.
//!
//! ```yaml
//! deploy: { labels: { swarm.cronjob.enable: "true", swarm.cronjob.schedule: "0 30 3 * * *" } }
//! # CronJob: schedule 30 3 * * *
//! ```

mod jobs;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::compose::grammar::schedule;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, EnvSource, Kind, Name, Overlap, Schedule, Timetable, Traced, Workload};
use crate::lower::Context;
use crate::passes::leaving;

/// Why a service becomes a CronJob.
const BY_SCHEDULER: &str = "a scheduler for Docker starts it";

/// The longest name of a CronJob: its Jobs get eleven characters more.
const LONGEST_NAME: usize = 52;

/// The images of schedulers, without registry and tag.
const SCHEDULERS: &[&str] =
    &["crazymax/swarm-cronjob", "mcuadros/ofelia", "netresearch/ofelia", "premoweb/chadburn", "codelev/cirona"];

/// The beginnings of the labels that they read.
const PREFIXES: &[&str] = &["swarm.cronjob.", "cirona.", "ofelia.", "chadburn."];

/// The parameters of one job, by their names.
type Parameters = IndexMap<String, Traced<String>>;

pub(super) fn run(app: &mut App, _context: &Context<'_>, diags: &mut Diagnostics) {
    let schedulers: BTreeSet<usize> =
        (0..app.workloads.len()).filter(|index| app.workloads.get(*index).is_some_and(is_scheduler)).collect();
    let zone = schedulers.iter().find_map(|index| app.workloads.get(*index).and_then(zone));
    let mut taken: BTreeSet<Name> = app.workloads.iter().map(|workload| workload.name.clone()).collect();
    let mut made: BTreeMap<usize, Vec<Workload>> = BTreeMap::new();
    let labelled = app.workloads.iter().any(has_labels);
    let leaves =
        |index: usize, workload: &Workload| schedulers.contains(&index) && (labelled || reads_labels_alone(workload));
    for (index, workload) in app.workloads.iter().enumerate() {
        if leaves(index, workload) {
            leave_out(workload, diags);
        }
    }
    let called = jobs::called(app);
    for index in 0..app.workloads.len() {
        let Some(workload) = app.workloads.get_mut(index) else { continue };
        if let Some(timetable) = workload.timetable.take() {
            as_said(workload, timetable, diags);
        }
        let labels = take_labels(workload);
        let (services, jobs) = sort(labels, diags);
        if !services.is_empty() {
            of_service(workload, services, zone.as_ref(), diags);
        }
        let jobs = jobs::make(app, (index, &called), jobs, zone.as_ref(), &mut taken, diags);
        if !jobs.is_empty() {
            made.insert(index, jobs);
        }
    }
    if made.is_empty() && schedulers.is_empty() {
        return;
    }
    let mut rest = Vec::with_capacity(app.workloads.len());
    let mut dropped = BTreeSet::new();
    for (index, workload) in std::mem::take(&mut app.workloads).into_iter().enumerate() {
        if leaves(index, &workload) {
            dropped.insert(workload.service);
        } else {
            rest.push(workload);
        }
        rest.extend(made.remove(&index).unwrap_or_default());
    }
    app.workloads = rest;
    if !dropped.is_empty() {
        leaving::forget(app, &dropped, "the scheduler is left out", diags);
    }
}

fn is_scheduler(workload: &Workload) -> bool {
    SCHEDULERS.contains(&leaving::repository(&workload.container.image.value).to_ascii_lowercase().as_str())
}

/// Whether it has no file of jobs: nothing is mounted but the engine's socket.
fn reads_labels_alone(workload: &Workload) -> bool {
    workload.mounts.iter().all(|mount| mount.target.value.ends_with("docker.sock"))
}

/// The time zone that a scheduler runs in.
fn zone(workload: &Workload) -> Option<Traced<String>> {
    let variable = workload.container.env.iter().find(|variable| variable.name == "TZ")?;
    match &variable.source {
        EnvSource::Literal(text) => is_zone(text).then(|| Traced { value: text.clone(), why: variable.why.clone() }),
        EnvSource::Field(_) | EnvSource::Composed(_) | EnvSource::Secret { object: _, key: _ } => None,
    }
}

/// A name of the time zone database: `UTC`, `Europe/Paris`.
fn is_zone(text: &str) -> bool {
    matches!(text, "UTC" | "GMT")
        || (text.contains('/')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+')))
}

fn is_label(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    PREFIXES.iter().any(|prefix| lower.starts_with(prefix))
}

fn has_labels(workload: &Workload) -> bool {
    let own = workload.labels.iter().chain(&workload.annotations);
    own.chain(&workload.pod.labels).chain(&workload.pod.annotations).any(|(key, _)| is_label(key))
}

/// Takes the labels of schedulers out of what a workload is annotated with.
fn take_labels(workload: &mut Workload) -> Vec<(String, Traced<String>)> {
    let mut found = Vec::new();
    let Workload { labels, annotations, pod, .. } = workload;
    for texts in [labels, annotations, &mut pod.labels, &mut pod.annotations] {
        let (ours, others) = std::mem::take(texts).into_iter().partition(|(key, _)| is_label(key));
        *texts = others;
        found.extend::<Vec<_>>(ours);
    }
    found
}

/// Labels of swarm-cronjob speak of the service, those of ofelia of jobs: `<tool>.<kind>.<job>.<parameter>`.
fn sort(
    labels: Vec<(String, Traced<String>)>,
    diags: &mut Diagnostics,
) -> (Parameters, IndexMap<(String, String), Parameters>) {
    let mut services = Parameters::new();
    let mut jobs: IndexMap<(String, String), Parameters> = IndexMap::new();
    let mut off = false;
    for (key, value) in labels {
        let lower = key.to_ascii_lowercase();
        let parameter = lower.strip_prefix("swarm.cronjob.").or_else(|| lower.strip_prefix("cirona."));
        if let Some(parameter) = parameter {
            services.insert(parameter.to_owned(), value);
            continue;
        }
        let mut parts = key.splitn(4, '.').skip(1);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(kind), Some(job), Some(parameter)) if kind.starts_with("job-") => {
                let of_job = jobs.entry((kind.to_ascii_lowercase(), job.to_owned())).or_default();
                of_job.insert(parameter.to_ascii_lowercase(), value);
            }
            (word, _, _) => {
                off |= word == Some("enabled") && value.value == "false";
                consume(&value, "a setting of the scheduler", diags);
            }
        }
    }
    if off {
        for value in jobs.values().flat_map(IndexMap::values) {
            consume(value, "the scheduler is told to pass it over", diags);
        }
        jobs.clear();
    }
    (services, jobs)
}

fn consume<T>(value: &Traced<T>, reason: &'static str, diags: &mut Diagnostics) {
    value.why.origins().iter().for_each(|place| diags.consume(*place, reason));
}

/// A service that swarm-cronjob starts.
fn of_service(
    workload: &mut Workload,
    mut parameters: Parameters,
    zone: Option<&Traced<String>>,
    diags: &mut Diagnostics,
) {
    let is_on = parameters.get("enable").is_some_and(|value| value.value.eq_ignore_ascii_case("true"));
    let schedule = parameters.shift_remove("schedule");
    let skips = parameters.get("skip-running").is_some_and(|value| value.value.eq_ignore_ascii_case("true"));
    let overlap = match parameters.get("skip-running") {
        Some(value) => Traced { value: if skips { Overlap::Forbid } else { Overlap::Replace }, why: value.why.clone() },
        // It updates the service by force, which ends the task that still runs.
        None => Traced::decided(Overlap::Replace, "swarm-cronjob-replaces"),
    };
    let replicas = parameters.get("replicas").and_then(|value| {
        Some(Traced { value: value.value.parse().ok().filter(|count| *count > 0)?, why: value.why.clone() })
    });
    for value in parameters.values() {
        consume(value, "read for the CronJob", diags);
    }
    let Some(schedule) = schedule else { return };
    if !is_on {
        return consume(&schedule, "swarm-cronjob passes over what it is not told to start", diags);
    }
    consume(&workload.replicas, "the schedule starts it", diags);
    workload.replicas = replicas.unwrap_or_else(|| Traced::decided(1, "one-run-at-a-time"));
    set(workload, &schedule, overlap, zone, BY_SCHEDULER, diags);
}

/// A service whose schedule the user states.
fn as_said(workload: &mut Workload, timetable: Timetable, diags: &mut Diagnostics) {
    let Timetable { written, zone, overlap } = timetable;
    if workload.replicas.value == 0 {
        consume(&workload.replicas, "the schedule starts it", diags);
        workload.replicas = Traced::decided(1, "one-run-at-a-time");
    }
    if workload.kind_is_said {
        let origin = workload.kind.why.origins().first().copied().unwrap_or(workload.origin);
        match workload.kind.value {
            Kind::Job | Kind::CronJob => diags.consume(origin, "a CronJob starts Jobs"),
            Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => diags.push(
                Diagnostic::new(
                    Code::Conflict,
                    origin,
                    format!("what a schedule starts is a Job: `{}`", workload.service),
                )
                .help("remove kind:, or the schedule")
                .key(format!("services.{}.x-kubernetes.kind", workload.service)),
            ),
        }
    }
    set(workload, &written, overlap, zone.as_ref(), "its schedule says so", diags);
}

/// Makes a CronJob of a workload, unless the schedule cannot be read.
fn set(
    workload: &mut Workload,
    written: &Traced<String>,
    overlap: Traced<Overlap>,
    zone: Option<&Traced<String>>,
    because: &'static str,
    diags: &mut Diagnostics,
) {
    let place = written.why.origins().first().copied().unwrap_or(workload.origin);
    let path = format!("services.{}", workload.service);
    let read = match schedule::parse(&written.value) {
        Ok(read) => read,
        Err(message) => {
            diags.push(
                Diagnostic::new(Code::BadValue, place, format!("the schedule cannot be had: {message}"))
                    .why("a CronJob starts at minutes that five fields name")
                    .help("write minute, hour, day of the month, month and day of the week, as \"30 3 * * *\"")
                    .key(path),
            );
            return;
        }
    };
    if let Some(differs) = &read.differs {
        diags.push(
            Diagnostic::new(
                Code::ScheduleDiffers,
                place,
                format!("`{}` is started {differs}: `{}`", workload.service, read.fields),
            )
            .why("a CronJob starts at minutes that five fields name")
            .help("write five fields, or let the program itself wait between its runs")
            .key(path.clone()),
        );
    }
    diags.push(
        Diagnostic::new(Code::KindCronJob, place, format!("`{}` becomes a CronJob", workload.service))
            .why(because)
            .key(path),
    );
    let zone = match read.zone {
        Some(zone) => Some(Traced { value: zone, why: written.why.clone() }),
        None => zone.cloned(),
    };
    workload.kind = Traced { value: Kind::CronJob, why: written.why.clone() };
    workload.name = workload.name.limited(LONGEST_NAME);
    workload.called = workload.called.limited(LONGEST_NAME);
    let fields = Traced { value: read.fields, why: written.why.clone() };
    workload.schedule = Some(Schedule { fields, zone, overlap });
}

fn leave_out(workload: &Workload, diags: &mut Diagnostics) {
    let diagnostic = Diagnostic::new(
        Code::SchedulerLeftOut,
        workload.origin,
        format!("`{}` is left out: CronJobs do its work", workload.service),
    );
    leaving::say(workload, diagnostic.why("it starts containers of a Docker engine, which is not there"), diags);
}
