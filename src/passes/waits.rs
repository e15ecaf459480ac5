//! depends_on becomes init containers that wait (design 4.2), and names of services that dial each other answer before they are
//! ready, as on Docker.
//!
//! ```yaml
//! depends_on: { db: { condition: service_healthy } }
//! # initContainers: wait-for-db, until db accepts connections: Services route to ready pods alone
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::{cycles, references};
use crate::compose::Dialect;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    App, Condition, Dependency, Exposure, ExposureKind, JobRole, Kind, Name, Protocol, Selects, Wait, WaitFor, Why,
    Workload,
};
use crate::lower::Context;
use crate::request::Waits;

/// What a wait must know of the workload that is waited for.
struct Target {
    index: usize,
    name: Name,
    kind: Kind,
    port: Option<u16>,
    has_check: bool,
    replicas: u32,
    /// Its name has an address of its own or answers too early: it resolves though no pod is ready.
    resolves_early: bool,
    /// Its name answers for pods that are not ready.
    answers_early: bool,
    /// The Service that answers for ready pods alone, where its own name does more.
    ready: Name,
}

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let circles = circles(&app.workloads);
    for circle in &circles.members {
        report(circle, &app.workloads, context.dialect(), diags);
    }
    answer_early(app, &circles);
    if context.request.waits == Waits::None {
        for dependency in app.workloads.iter_mut().flat_map(|workload| std::mem::take(&mut workload.dependencies)) {
            dependency.leaves.iter().for_each(|leaf| diags.consume(*leaf, "no waits were asked for"));
        }
        return;
    }
    let mut taken: BTreeSet<Name> =
        app.workloads.iter().flat_map(|workload| &workload.exposures).map(|exposure| exposure.name.clone()).collect();
    let targets: BTreeMap<String, Target> = app
        .workloads
        .iter()
        .enumerate()
        .map(|(index, workload)| (workload.service.clone(), target(index, workload, &mut taken)))
        .collect();
    let mut asked_ready: BTreeMap<usize, Exposure> = BTreeMap::new();
    for (index, workload) in app.workloads.iter_mut().enumerate() {
        for dependency in std::mem::take(&mut workload.dependencies) {
            match targets.get(&dependency.service) {
                Some(target) if circles.holds(index, target.index) => {
                    dependency.leaves.iter().for_each(|leaf| diags.consume(*leaf, "part of a circle"));
                }
                Some(target) => wait(workload, &dependency, target, &mut asked_ready, diags),
                None => absent(&dependency, diags),
            }
        }
    }
    for (index, exposure) in asked_ready {
        if let Some(workload) = app.workloads.get_mut(index) {
            workload.exposures.push(exposure);
        }
    }
}

fn target(index: usize, workload: &Workload, taken: &mut BTreeSet<Name>) -> Target {
    let port =
        workload.ports.iter().find(|port| port.stated && port.protocol == Protocol::Tcp).map(|port| port.number.value);
    let own = workload.exposures.iter().find(|exposure| exposure.name == workload.name);
    let answers_early = own.is_some_and(|own| own.not_ready.is_some());
    let wanted = workload.name.with("ready");
    let mut ready = wanted.clone();
    let mut number = 2;
    while !taken.insert(ready.clone()) {
        ready = wanted.with(&number.to_string());
        number += 1;
    }
    Target {
        index,
        name: workload.name.clone(),
        kind: workload.kind.value,
        port,
        has_check: workload.check.is_some(),
        replicas: workload.replicas.value,
        resolves_early: answers_early || own.is_some_and(|own| own.kind != ExposureKind::Headless),
        answers_early,
        ready,
    }
}

fn absent(dependency: &Dependency, diags: &mut Diagnostics) {
    let Dependency { service, condition: _, required, origin, leaves } = dependency;
    if !required {
        diags.push(
            Diagnostic::new(
                Code::DependencyAbsent,
                *origin,
                format!("nothing waits for `{service}`, which is left out"),
            )
            .help("activate its profile to have it")
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
    if target.replicas == 0 {
        diags.push(
            Diagnostic::new(
                Code::DependencyScaledToZero,
                *origin,
                format!("nothing waits for `{service}`, which has no replicas"),
            )
            .help("give it replicas, or remove the dependency")
            .key(path)
            .covers(leaves.iter().copied()),
        );
        return;
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
        (Condition::Completed, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet) => {
            diags.push(
                Diagnostic::new(
                    Code::Conflict,
                    *origin,
                    format!("`{service}` is waited for to complete, but it never ends"),
                )
                .help("remove deploy.mode: global, or wait for service_started")
                .key(path),
            );
            return;
        }
        // A Job that is only waited for to start has started as soon as it is there.
        (Condition::Started | Condition::Healthy, Kind::Job) => {
            leaves.iter().chain([origin]).for_each(|leaf| diags.consume(*leaf, "a Job starts at once"));
            return;
        }
        (Condition::Started | Condition::Healthy, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet) => {
            let needs_ready = match (condition.value, target.port) {
                (Condition::Healthy, _) => target.answers_early || (target.port.is_none() && target.resolves_early),
                (Condition::Started | Condition::Completed, port) => port.is_none() && target.resolves_early,
            };
            let host = if needs_ready { target.ready.clone() } else { target.name.clone() };
            if needs_ready {
                asked_ready.entry(target.index).or_insert_with(|| ready(&host, &why));
            }
            served(host, target.port, dependency, &path, diags)
        }
    };
    if condition.value == Condition::Healthy && !target.has_check {
        diags.push(
            Diagnostic::new(
                Code::DependencyNoHealthcheck,
                condition.why.origins().first().copied().unwrap_or(*origin),
                format!("`{service}` has no healthcheck in this file"),
            )
            .why("Docker would use the one of the image, which Kubernetes does not read")
            .help(format!("write the healthcheck under services.{service}"))
            .key(path),
        );
    }
    let name = Name::from_text(&format!("wait-for-{}", target.name));
    workload.waits.push(Wait { name, workload: target.name.clone(), wait_for, why });
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
            .key(path),
        );
        return WaitFor::Resolve(host);
    };
    WaitFor::Port(host, port)
}

/// The Service that answers for ready pods alone.
fn ready(name: &Name, why: &Why) -> Exposure {
    Exposure {
        name: name.clone(),
        kind: ExposureKind::Headless,
        selects: Selects::Own,
        ports: Vec::new(),
        not_ready: None,
        why: why.clone(),
    }
}

/// Docker answers names from the start of a container, Kubernetes from readiness: of services that dial each other none would ever
/// be ready. A wait for a start is an edge as well, as the one that is waited for may dial the one that waits.
fn answer_early(app: &mut App, circles: &Circles) {
    let mut edges = references::dialled(app);
    for (index, workload) in app.workloads.iter().enumerate() {
        let started =
            workload.dependencies.iter().filter(|dependency| dependency.condition.value == Condition::Started);
        let targets = started.filter_map(|dependency| circles.index_of.get(&dependency.service).copied());
        if let Some(edges) = edges.get_mut(index) {
            edges.extend(targets);
        }
    }
    for component in cycles::components(&edges) {
        if let [only] = component.as_slice()
            && !edges.get(*only).is_some_and(|targets| targets.contains(only))
        {
            continue;
        }
        for index in component {
            let Some(workload) = app.workloads.get_mut(index) else { continue };
            for exposure in &mut workload.exposures {
                match exposure.kind {
                    ExposureKind::Cluster | ExposureKind::Headless => {
                        exposure.not_ready.get_or_insert(Why::Decision("peers-find-each-other"));
                    }
                    ExposureKind::LoadBalancer | ExposureKind::NodePort => {}
                }
            }
        }
    }
}

/// Services that depend on each other in a circle.
struct Circles {
    /// Each circle's services, in the order of the file.
    members: Vec<Vec<usize>>,
    /// The number of a service's workload.
    index_of: BTreeMap<String, usize>,
    /// The circle that a workload is in.
    circle_of: BTreeMap<usize, usize>,
}

impl Circles {
    /// Whether both are in one circle.
    fn holds(&self, one: usize, other: usize) -> bool {
        self.circle_of.get(&one).is_some_and(|circle| self.circle_of.get(&other) == Some(circle))
    }
}

fn circles(workloads: &[Workload]) -> Circles {
    let index_of: BTreeMap<String, usize> =
        workloads.iter().enumerate().map(|(index, workload)| (workload.service.clone(), index)).collect();
    let targets = |workload: &Workload| {
        let dependencies = workload.dependencies.iter();
        dependencies.filter_map(|dependency| index_of.get(&dependency.service).copied()).collect::<Vec<usize>>()
    };
    let edges: Vec<Vec<usize>> = workloads.iter().map(targets).collect();
    let mut members = cycles::components(&edges);
    members.retain(|component| {
        let waits_for_itself = |only: &usize| edges.get(*only).is_some_and(|targets| targets.contains(only));
        component.len() > 1 || component.first().is_some_and(waits_for_itself)
    });
    members.iter_mut().for_each(|component| component.sort_unstable());
    let circle_of = members
        .iter()
        .enumerate()
        .flat_map(|(circle, component)| component.iter().map(move |index| (*index, circle)))
        .collect();
    Circles { members, index_of, circle_of }
}

fn report(circle: &[usize], workloads: &[Workload], dialect: Dialect, diags: &mut Diagnostics) {
    let members: Vec<&Workload> = circle.iter().filter_map(|index| workloads.get(*index)).collect();
    let names: BTreeSet<&str> = members.iter().map(|workload| workload.service.as_str()).collect();
    let mut places = members.iter().flat_map(|workload| {
        let inside = workload.dependencies.iter().filter(|dependency| names.contains(dependency.service.as_str()));
        inside.map(|dependency| (workload.service.as_str(), dependency.service.as_str(), dependency.origin))
    });
    let Some((from, to, first)) = places.next() else { return };
    let list = members.iter().map(|workload| workload.service.as_str()).collect::<Vec<_>>().join(", ");
    let (code, message) = match (dialect, circle) {
        (Dialect::Compose, [_]) => (Code::DependencyCycle, format!("`{list}` waits for itself")),
        (Dialect::Compose, _) => (Code::DependencyCycle, format!("services wait for each other in a circle: {list}")),
        (Dialect::Swarm, [_]) => (Code::DependencySwarmLoose, format!("`{list}` depends on itself, so nothing waits")),
        (Dialect::Swarm, _) => {
            (Code::DependencySwarmLoose, format!("depends_on makes a circle of {list}, so nothing waits there"))
        }
    };
    let mut diagnostic = Diagnostic::new(code, first, message)
        .label(format!("{from} waits for {to}"))
        .help("remove one of the dependencies")
        .key(format!("services.{from}.depends_on.{to}"));
    for (from, to, place) in places {
        diagnostic = diagnostic.also(place, format!("{from} waits for {to}"));
    }
    diags.push(diagnostic);
}
