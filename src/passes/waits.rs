//! depends_on becomes init containers that wait (design 4.2).
//!
//! ```yaml
//! depends_on: { db: { condition: service_healthy } }
//! # initContainers: wait-for-db, until db accepts connections: Services route to ready pods alone
//! ```

use std::collections::BTreeMap;

use crate::compose::Dialect;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Condition, Dependency, JobRole, Kind, Name, Protocol, Wait, WaitFor, Why, Workload};
use crate::lower::Context;

/// What a wait must know of the workload that is waited for.
struct Target {
    name: Name,
    kind: Kind,
    port: Option<u16>,
    has_check: bool,
    replicas: u32,
}

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let circles = circles(&app.workloads);
    for circle in &circles {
        report(circle, &app.workloads, context.dialect(), diags);
    }
    let targets: BTreeMap<String, Target> =
        app.workloads.iter().map(|workload| (workload.service.clone(), target(workload))).collect();
    for workload in &mut app.workloads {
        for dependency in std::mem::take(&mut workload.dependencies) {
            let in_circle =
                circles.iter().any(|circle| circle.contains(&workload.service) && circle.contains(&dependency.service));
            if in_circle {
                dependency.leaves.iter().for_each(|leaf| diags.consume(*leaf, "part of a circle"));
                continue;
            }
            match targets.get(&dependency.service) {
                Some(target) => wait(workload, &dependency, target, diags),
                None => absent(&dependency, diags),
            }
        }
    }
}

fn target(workload: &Workload) -> Target {
    let port =
        workload.ports.iter().find(|port| port.stated && port.protocol == Protocol::Tcp).map(|port| port.number.value);
    Target {
        name: workload.name.clone(),
        kind: workload.kind.value,
        port,
        has_check: workload.check.is_some(),
        replicas: workload.replicas.value,
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

fn wait(workload: &mut Workload, dependency: &Dependency, target: &Target, diags: &mut Diagnostics) {
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
    let is_job = target.kind == Kind::Job;
    let wait_for = match (condition.value, target.port) {
        (Condition::Completed, _) if is_job => {
            workload.roles.push(JobRole {
                workload: target.name.clone(),
                name: workload.name.with("wait"),
                why: why.clone(),
            });
            WaitFor::Complete
        }
        (Condition::Completed, _) => {
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
        (Condition::Started | Condition::Healthy, _) if is_job => {
            leaves.iter().chain([origin]).for_each(|leaf| diags.consume(*leaf, "a Job starts at once"));
            return;
        }
        (Condition::Started | Condition::Healthy, Some(port)) => WaitFor::Port(target.name.clone(), port),
        (Condition::Started | Condition::Healthy, None) => {
            diags.push(
                Diagnostic::new(
                    Code::DependencyByName,
                    *origin,
                    format!("the wait for `{service}` is for its name to resolve"),
                )
                .label("it states no TCP port")
                .help("write expose: with its port to wait for a connection")
                .key(path.clone()),
            );
            WaitFor::Resolve(target.name.clone())
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
    workload.waits.push(Wait { workload: target.name.clone(), wait_for, why });
}

/// Groups of services that depend on each other in a circle, each in the order of the file (Tarjan's algorithm, without recursion).
fn circles(workloads: &[Workload]) -> Vec<Vec<String>> {
    let index_of: BTreeMap<&str, usize> =
        workloads.iter().enumerate().map(|(index, workload)| (workload.service.as_str(), index)).collect();
    let edges: Vec<Vec<usize>> = workloads
        .iter()
        .map(|workload| {
            workload
                .dependencies
                .iter()
                .filter_map(|dependency| index_of.get(dependency.service.as_str()).copied())
                .collect()
        })
        .collect();
    let mut components = crate::passes::cycles::components(&edges);
    components.retain(|component| match component.as_slice() {
        [only] => edges.get(*only).is_some_and(|targets| targets.contains(only)),
        _ => true,
    });
    components
        .into_iter()
        .map(|mut component| {
            component.sort_unstable();
            component
                .into_iter()
                .filter_map(|index| workloads.get(index))
                .map(|workload| workload.service.clone())
                .collect()
        })
        .collect()
}

fn report(circle: &[String], workloads: &[Workload], dialect: Dialect, diags: &mut Diagnostics) {
    let inside = |dependency: &&Dependency| circle.contains(&dependency.service);
    let mut places = workloads.iter().filter(|workload| circle.contains(&workload.service)).flat_map(|workload| {
        workload
            .dependencies
            .iter()
            .filter(inside)
            .map(|dependency| (workload.service.clone(), dependency.service.clone(), dependency.origin))
    });
    let Some((_, _, first)) = places.next() else { return };
    let names = circle.join(", ");
    let (code, message) = match dialect {
        Dialect::Compose => (Code::DependencyCycle, format!("services wait for each other in a circle: {names}")),
        Dialect::Swarm => {
            (Code::DependencySwarmLoose, format!("depends_on makes a circle of {names}, so nothing waits there"))
        }
    };
    let mut diagnostic = Diagnostic::new(code, first, message).help("remove one of the dependencies");
    for (from, to, place) in places {
        diagnostic = diagnostic.also(place, format!("{from} waits for {to}"));
    }
    diags.push(diagnostic);
}
