//! depends_on becomes init containers that wait (design 4.2), and names of services that dial each other answer before they are
//! ready, as on Docker.
//!
//! ```yaml
//! depends_on: { db: { condition: service_healthy } }
//! # initContainers: wait-for-db, until db accepts connections: Services route to ready pods alone
//! ```

mod circles;
mod early;

use std::collections::{BTreeMap, BTreeSet};

use self::circles::circles;
use super::free::Taken;
use super::probes;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    App, Condition, Dependency, Exposure, ExposureKind, JobRole, Kind, Name, Protocol, Selects, Wait, WaitFor, Why,
    Workload,
};
use crate::lower::Context;
use crate::origin::Origin;
use crate::request::Waits;

/// What a wait must know of the workload that is waited for.
struct Target {
    index: usize,
    /// The workload that is named, where another one stands for it.
    asked: Name,
    name: Name,
    kind: Kind,
    /// Whether it does its work and ends, though it is no Job of its own.
    ends: bool,
    port: Option<u16>,
    has_check: bool,
    replicas: u32,
    /// Its name has an address of its own or answers too early: it resolves though no pod is ready.
    resolves_early: bool,
    /// Its name has an address of its own.
    has_address: bool,
    /// Its name answers for pods that are not ready.
    answers_early: bool,
    /// The Service that answers for ready pods alone, where its own name does more; for started ones, where the pod is not ready before
    /// the one that waits.
    ready: Name,
    /// The owner of the pod that it shares with others, and whether it must answer before that pod is ready.
    host: Option<(Name, bool)>,
}

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let circles = circles(&app.workloads);
    for circle in &circles.members {
        circles::report(circle, &app.workloads, context.dialect(), diags);
    }
    let staged = early::stage(app, &circles, diags);
    early::answer_early(app, &circles, &staged);
    if context.request.waits == Waits::None {
        for dependency in app.workloads.iter_mut().flat_map(|workload| std::mem::take(&mut workload.dependencies)) {
            dependency.leaves.iter().for_each(|leaf| diags.consume(*leaf, "no waits were asked for"));
        }
        return;
    }
    let mut taken = Taken::of(app);
    let targets = targets(app, &mut taken);
    let provided: BTreeSet<&str> = app.provided.iter().map(String::as_str).collect();
    let mut asked_ready: BTreeMap<usize, Exposure> = BTreeMap::new();
    for (index, workload) in app.workloads.iter_mut().enumerate() {
        for dependency in std::mem::take(&mut workload.dependencies) {
            match targets.get(&dependency.service) {
                Some(target) if circles.holds(index, target.index) => {
                    dependency.leaves.iter().for_each(|leaf| diags.consume(*leaf, "part of a circle"));
                }
                Some(target) => wait(workload, &dependency, target, &mut asked_ready, diags),
                None if provided.contains(dependency.service.as_str()) => {
                    let message = format!("nothing waits for `{}`, which a provider makes", dependency.service);
                    let help = "remove the dependency, or wait in the command of the service";
                    let path = format!("services.{}.depends_on", workload.service);
                    nothing_waits(Code::DependencyAbsent, &dependency, message, help, path, diags);
                }
                None => absent(&workload.service, &dependency, diags),
            }
        }
    }
    start_healthy(app);
    for (index, exposure) in asked_ready {
        if let Some(workload) = app.workloads.get_mut(index) {
            workload.exposures.push(exposure);
        }
    }
}

/// What others of its pod wait for to be healthy is checked before they start.
fn start_healthy(app: &mut App) {
    let needs = app.workloads.iter().filter_map(|workload| workload.host.as_ref()).flat_map(|host| &host.needs);
    let healthy: BTreeSet<Name> =
        needs.filter(|(_, condition)| *condition == Condition::Healthy).map(|(name, _)| name.clone()).collect();
    for workload in app.workloads.iter_mut().filter(|workload| healthy.contains(&workload.name)) {
        workload.container.startup = workload.check.as_ref().map(probes::startup);
    }
}

/// What is waited for under each service's name. What ends inside of another's pod is over when that pod is ready.
fn targets(app: &App, taken: &mut Taken) -> BTreeMap<String, Target> {
    let index_of: BTreeMap<&Name, usize> =
        app.workloads.iter().enumerate().map(|(index, workload)| (&workload.name, index)).collect();
    let mut targets = BTreeMap::new();
    for (index, workload) in app.workloads.iter().enumerate() {
        let owner = workload.host.as_ref().and_then(|host| index_of.get(&host.owner)).copied();
        let stands_for = if workload.ends() { owner.unwrap_or(index) } else { index };
        let meant = app.workloads.get(stands_for).unwrap_or(workload);
        targets.insert(workload.service.clone(), target(stands_for, meant, workload, taken));
    }
    targets
}

fn target(index: usize, workload: &Workload, asked: &Workload, taken: &mut Taken) -> Target {
    // What ends listens nowhere by the time that its pod is ready.
    let listens = workload.ports.iter().filter(|_| !workload.ends());
    let port =
        listens.into_iter().find(|port| port.stated && port.protocol == Protocol::Tcp).map(|port| port.number.value);
    let own = workload.exposures.iter().find(|exposure| exposure.name == workload.name);
    let answers_early = own.is_some_and(|own| own.not_ready.is_some());
    let is_staged = asked.host.as_ref().is_some_and(|host| host.staged);
    let ready = taken.add(&workload.name, if is_staged { "started" } else { "ready" });
    Target {
        index,
        asked: asked.name.clone(),
        name: workload.name.clone(),
        kind: workload.kind.value,
        ends: asked.ends(),
        port,
        has_check: asked.check.is_some(),
        replicas: workload.replicas.value,
        // Without a Service of its own the name never resolves.
        has_address: own.is_none_or(|own| own.kind != ExposureKind::Headless),
        resolves_early: answers_early || own.is_none_or(|own| own.kind != ExposureKind::Headless),
        answers_early,
        ready,
        host: asked.host.as_ref().map(|host| (host.owner.clone(), host.staged)),
    }
}

fn absent(from: &str, dependency: &Dependency, diags: &mut Diagnostics) {
    let Dependency { service, condition: _, required, origin, leaves } = dependency;
    if !required {
        diags.push(
            Diagnostic::new(
                Code::DependencyAbsent,
                *origin,
                format!("nothing waits for `{service}`, which is left out"),
            )
            .help("activate its profile to have it")
            .key(format!("services.{from}.depends_on.{service}"))
            .covers(leaves.iter().copied()),
        );
    }
}

fn wait(
    workload: &mut Workload,
    dependency: &Dependency,
    target: &Target,
    asked_ready: &mut BTreeMap<usize, Exposure>,
    diags: &mut Diagnostics,
) {
    let Dependency { service, condition, required: _, origin, leaves } = dependency;
    let path = format!("services.{}.depends_on.{service}", workload.service);
    let why = Why::Origins(
        std::iter::once(*origin).chain(leaves.iter().copied()).chain(condition.why.origins().iter().copied()).collect(),
    );
    if let (Some(host), Some((owner, _))) = (&mut workload.host, &target.host)
        && host.owner == *owner
    {
        host.needs.push((target.asked.clone(), condition.value));
        if condition.value == Condition::Healthy && !target.has_check {
            no_healthcheck(dependency, path, diags);
        }
        leaves.iter().chain([origin]).for_each(|leaf| diags.consume(*leaf, "it comes first in their pod"));
        return;
    }
    if target.replicas == 0 {
        let message = format!("nothing waits for `{service}`, which has no replicas");
        let help = "give it replicas, or remove the dependency";
        return nothing_waits(Code::DependencyScaledToZero, dependency, message, help, path, diags);
    }
    let wait_for = match (condition.value, target.kind) {
        (Condition::Completed, Kind::Job) => {
            workload.roles.push(JobRole {
                workload: target.name.clone(),
                name: workload.name.with("wait"),
                why: why.clone(),
            });
            WaitFor::Complete
        }
        (Condition::Completed, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet) if !target.ends => {
            return never_ends(service, *origin, path, diags);
        }
        (_, Kind::CronJob) => {
            let message = format!("nothing waits for `{service}`, which runs at set times");
            let help = "remove the dependency";
            return nothing_waits(Code::DependencyOnSchedule, dependency, message, help, path, diags);
        }
        // A Job that is only waited for to start has started as soon as it is there.
        (Condition::Started | Condition::Healthy, Kind::Job) => {
            let message = format!("nothing waits for `{service}`, which runs once and starts at once");
            let help = "write condition: service_completed_successfully to wait for its end";
            return nothing_waits(Code::DependencyOnJob, dependency, message, help, path, diags);
        }
        (_, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet) => {
            let host = answering(condition.value, target, &why, asked_ready);
            served(host, target.port, dependency, &path, diags)
        }
    };
    if condition.value == Condition::Healthy && !target.has_check {
        no_healthcheck(dependency, path, diags);
    }
    let name = Name::from_text(&format!("wait-for-{}", target.name));
    workload.waits.push(Wait { name, workload: target.name.clone(), wait_for, why });
}

/// The Service that is waited for: its own name, or one that answers for ready pods alone, which is asked for then.
fn answering(condition: Condition, target: &Target, why: &Why, asked_ready: &mut BTreeMap<usize, Exposure>) -> Name {
    let staged = target.host.as_ref().is_some_and(|(_, staged)| *staged);
    let needs_ready = match condition {
        // The pod is not ready until the one that waits has started; an address of its own would resolve though nobody is there.
        _ if staged => target.port.is_none() && target.has_address,
        Condition::Healthy | Condition::Completed => {
            target.answers_early || (target.port.is_none() && target.resolves_early)
        }
        Condition::Started => target.port.is_none() && target.resolves_early,
    };
    if !needs_ready {
        return target.name.clone();
    }
    asked_ready.entry(target.index).or_insert_with(|| ready(&target.ready, staged, why));
    target.ready.clone()
}

fn no_healthcheck(dependency: &Dependency, path: String, diags: &mut Diagnostics) {
    let Dependency { service, condition, required: _, origin, leaves: _ } = dependency;
    diags.push(
        Diagnostic::new(
            Code::DependencyNoHealthcheck,
            condition.why.origins().first().copied().unwrap_or(*origin),
            format!("`{service}` has no healthcheck in this file"),
        )
        .why("Docker would use the one of the image, which Kubernetes does not read")
        .help(format!("write the healthcheck under services.{service}"))
        .cause(service.as_str())
        .key(path),
    );
}

fn never_ends(service: &str, place: Origin, path: String, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::Conflict, place, format!("`{service}` is waited for to complete, but it never ends"))
            .help("remove deploy.mode: global, or wait for service_started")
            .key(path),
    );
}

/// Says why a dependency makes no wait.
fn nothing_waits(
    code: Code,
    dependency: &Dependency,
    message: String,
    help: &str,
    path: String,
    diags: &mut Diagnostics,
) {
    diags.push(
        Diagnostic::new(code, dependency.origin, message)
            .help(help)
            .key(path)
            .covers(dependency.leaves.iter().copied()),
    );
}

/// A wait for a port that the dependency states itself, or else for its name: a port that is only inferred may be wrong, and the
/// wait would hang for ever.
fn served(host: Name, port: Option<u16>, dependency: &Dependency, path: &str, diags: &mut Diagnostics) -> WaitFor {
    let Some(port) = port else {
        let service = &dependency.service;
        diags.push(
            Diagnostic::new(
                Code::DependencyByName,
                dependency.origin,
                format!("the wait for `{service}` is for its name to resolve"),
            )
            .label("it states no TCP port")
            .help("write expose: with its port to wait for a connection")
            .cause("wait-by-name")
            .subject(service.as_str())
            .key(path),
        );
        return WaitFor::Resolve(host);
    };
    WaitFor::Port(host, port)
}

/// The Service that answers for ready pods alone, or for started ones.
fn ready(name: &Name, starts: bool, why: &Why) -> Exposure {
    Exposure {
        name: name.clone(),
        kind: ExposureKind::Headless,
        selects: Selects::Own,
        ports: Vec::new(),
        not_ready: starts.then_some(Why::Decision("peers-find-each-other")),
        local: None,
        why: why.clone(),
    }
}
