//! The jobs that ofelia and chadburn are told by labels: `job-exec` in a service's container, `job-run` in a container of its own.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::{BY_SCHEDULER, Parameters, consume, set};
use crate::compose::grammar::words;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    Amount, App, Container, EnvSource, EnvVar, Name, Outside, Overlap, Pod, Restart, RestartCondition, Rollout, Traced,
    Workload,
};
use crate::origin::Origin;

/// The workloads that the jobs of one service's labels make.
pub(super) fn make(
    app: &App,
    (index, called): (usize, &BTreeMap<String, usize>),
    jobs: IndexMap<(String, String), Parameters>,
    zone: Option<&Traced<String>>,
    taken: &mut BTreeSet<Name>,
    diags: &mut Diagnostics,
) -> Vec<Workload> {
    let Some(labelled) = app.workloads.get(index) else { return Vec::new() };
    let mut made = Vec::new();
    for ((kind, job), mut parameters) in jobs {
        let places: Vec<Origin> = parameters.values().flat_map(|value| value.why.origins()).copied().collect();
        let Some(place) = places.first().copied() else { continue };
        let path = format!("services.{}", labelled.service);
        let container = parameters.shift_remove("container");
        let named = container.as_ref().map(|container| container.value.as_str());
        let source = match named {
            Some(name) => called.get(name).and_then(|index| app.workloads.get(*index)),
            None if kind == "job-exec" => Some(labelled),
            None => None,
        };
        let image = parameters.shift_remove("image");
        let mut workload = match (kind.as_str(), source, image) {
            ("job-exec", Some(source), _) => {
                in_a_pod_of_its_own(source, &job, place, &path, diags);
                source.clone()
            }
            ("job-run", Some(source), None) => source.clone(),
            ("job-run" | "job-service-run", _, Some(image)) => {
                Workload { container: Container::of_image(image), ..without_ties(labelled) }
            }
            _ => {
                cannot(&kind, &job, place, &places, &path, diags);
                continue;
            }
        };
        let name = Name::from_text(&format!("{}-{job}", workload.name));
        detach(&mut workload, &name, taken);
        let Some(schedule) = parameters.shift_remove("schedule") else {
            diags.push(
                Diagnostic::new(Code::Missing, place, format!("the job `{job}` has no schedule"))
                    .help("add a label that ends in .schedule")
                    .key(path)
                    .covers(places),
            );
            continue;
        };
        for place in &places {
            diags.consume(*place, "read for the CronJob");
        }
        let overlap = match parameters.shift_remove("no-overlap") {
            Some(value) if value.value == "true" => Traced { value: Overlap::Forbid, why: value.why },
            Some(_) | None => Traced::decided(Overlap::Allow, "ofelia-overlaps"),
        };
        settings(&mut workload, parameters, (&kind, &job), &path, diags);
        set(&mut workload, &schedule, overlap, zone, BY_SCHEDULER, diags);
        made.push(workload);
    }
    made
}

/// The workload of each container's name on the Docker host.
pub(super) fn called(app: &App) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for (index, workload) in app.workloads.iter().enumerate() {
        let aliases = workload.aliases.iter().map(|alias| &alias.name.value);
        for name in aliases.chain([&workload.service]) {
            all.entry(name.clone()).or_insert(index);
        }
    }
    all
}

fn in_a_pod_of_its_own(source: &Workload, job: &str, place: Origin, path: &str, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(
            Code::JobExecCopied,
            place,
            format!("the job `{job}` runs in a pod of its own, not inside of `{}`", source.service),
        )
        .label("it has the same image, variables and volumes, and none of its processes and other files")
        .why("a CronJob starts pods; it runs nothing in those that are there")
        .help("keep what both need in a volume, or let the command reach the service over the network")
        .cause("job-exec")
        .key(path),
    );
}

fn cannot(kind: &str, job: &str, place: Origin, places: &[Origin], path: &str, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::NoCounterpart, place, format!("the job `{job}` ({kind}) is lost"))
            .label("it runs in no container of this file")
            .help("write it as a service of its own with a schedule")
            .key(path)
            .covers(places.iter().copied()),
    );
}

/// A copy that has nothing of the service but its place in the file.
fn without_ties(labelled: &Workload) -> Workload {
    let mut copy = labelled.clone();
    copy.mounts.clear();
    copy.pod = Pod { fs_group: None, hostname: None, ..copy.pod };
    copy
}

/// Takes away what makes a service of it: names, ports, its check, and what it waits for.
fn detach(workload: &mut Workload, wanted: &Name, taken: &mut BTreeSet<Name>) {
    let name = wanted.first_free(|name| taken.insert(name.clone()));
    workload.service = name.to_string();
    workload.called = name.clone();
    workload.name = name;
    workload.aliases.clear();
    workload.links.clear();
    workload.answers.clear();
    workload.shares.clear();
    workload.dependencies.clear();
    workload.ports.clear();
    workload.published.clear();
    workload.files.clear();
    workload.labels.clear();
    workload.annotations.clear();
    workload.check = None;
    workload.autoscaling = None;
    workload.budget = None;
    workload.outside = Outside::default();
    workload.headless = None;
    workload.once_per_node = None;
    if let Some(slots) = &mut workload.slots {
        slots.hostname = None;
    }
    workload.min_ready_seconds = None;
    workload.restart =
        Restart { condition: Some(Traced::decided(RestartCondition::Never, "a-job-runs-once")), ..Restart::default() };
    workload.rollout = Traced::decided(
        Rollout::Rolling { max_surge: Amount::Count(0), max_unavailable: Amount::Count(1) },
        "docker-stops-first",
    );
    workload.replicas = Traced::decided(1, "one-run-at-a-time");
}

/// What the labels say of the container itself.
fn settings(
    workload: &mut Workload,
    parameters: Parameters,
    (kind, job): (&str, &str),
    path: &str,
    diags: &mut Diagnostics,
) {
    let container = &mut workload.container;
    for (parameter, value) in parameters {
        match parameter.as_str() {
            "command" => {
                let words = words::split_swarm(&value.value).unwrap_or_else(|_| vec![value.value.clone()]);
                let words = words.into_iter().map(|word| Traced { value: word, why: value.why.clone() });
                // What is executed replaces the entrypoint; what is run is its arguments.
                if kind == "job-exec" {
                    container.command = Some(words.collect());
                    container.args = None;
                } else {
                    container.args = Some(words.collect());
                }
            }
            "user" if value.value.parse::<i64>().is_ok() => {
                container.security.user = value.value.parse().ok().map(|id| Traced { value: id, why: value.why });
            }
            "dir" | "workdir" | "working-dir" => container.working_dir = Some(value),
            "environment" | "env" => {
                let listed: Vec<String> =
                    serde_json::from_str(&value.value).unwrap_or_else(|_| vec![value.value.clone()]);
                for pair in listed {
                    let (name, text) = pair.split_once('=').unwrap_or((&pair, ""));
                    container.env.retain(|variable| variable.name != name);
                    let source = EnvSource::Literal(text.to_owned());
                    container.env.push(EnvVar { name: name.to_owned(), source, why: value.why.clone() });
                }
            }
            "tty" | "delete" | "network" | "hostname" | "pull" => {
                consume(&value, "means nothing for a CronJob", diags);
            }
            _ => {
                let place = value.why.origins().first().copied().unwrap_or(workload.origin);
                diags.push(
                    Diagnostic::new(Code::NoCounterpart, place, format!("`{parameter}` of the job `{job}` is lost"))
                        .help("write the job as a service of its own")
                        .key(path),
                );
            }
        }
    }
}
