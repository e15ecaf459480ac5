//! What an API server or a scheduler would refuse for ever, found before anything is written. Each message points at the input that
//! leads there.

mod services;

use std::collections::{BTreeMap, BTreeSet};

use super::{App, Container, FileObjectKind, Member, Name, Port, Step, Why, Workload};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::Origin;

/// Reports everything that would be refused.
pub fn check(app: &App, diags: &mut Diagnostics) {
    objects(app, diags);
    selectors(app, diags);
    for workload in &app.workloads {
        names(workload, diags);
        containers(workload, diags);
        volumes(workload, diags);
        node_ports(workload, diags);
    }
    services::check(app, diags);
}

/// No two objects of a kind share a name.
fn objects(app: &App, diags: &mut Diagnostics) {
    let controllers: Vec<Name> = app.workloads.iter().map(Workload::controller).collect();
    let mut seen: BTreeMap<(&'static str, &Name), Option<Origin>> = BTreeMap::new();
    let mut see = |kind: &'static str, name, place: Option<Origin>, diags: &mut Diagnostics| {
        let Some(first) = seen.insert((kind, name), place) else { return };
        let message = format!("two objects would both be the {kind} {name}");
        let mut diagnostic = match place.or(first) {
            Some(place) => Diagnostic::new(Code::ObjectTwice, place, message),
            None => Diagnostic::nowhere(Code::ObjectTwice, message),
        };
        if let (Some(first), Some(_)) = (first, place) {
            diagnostic = diagnostic.also(first, "the other one");
        }
        diags.push(
            diagnostic.why("one would replace the other in the cluster").help("rename what one of them is made of"),
        );
    };
    let place = |why: &Why| why.origins().first().copied();
    for file in app.files.iter().chain(app.workloads.iter().flat_map(|workload| &workload.files)) {
        let kind = match file.kind {
            FileObjectKind::ConfigMap => "ConfigMap",
            FileObjectKind::Secret => "Secret",
        };
        see(kind, &file.name, place(&file.why), diags);
    }
    for volume in &app.volumes {
        see("PersistentVolume", &volume.name, place(&volume.share.why), diags);
    }
    for claim in &app.claims {
        see("PersistentVolumeClaim", &claim.name, place(&claim.why), diags);
    }
    for (index, workload) in app.workloads.iter().enumerate() {
        let name = controllers.get(index).unwrap_or(&workload.name);
        see(workload.kind.value.word(), name, Some(workload.origin), diags);
        for exposure in &workload.exposures {
            see("Service", &exposure.name, place(&exposure.why).or(Some(workload.origin)), diags);
        }
    }
    for workload in &app.workloads {
        for ingress in &workload.ingresses {
            see("Ingress", &ingress.name, place(&ingress.why).or(Some(workload.origin)), diags);
        }
        for route in &workload.gateway_routes {
            see(route.kind, &route.name, place(&route.why).or(Some(workload.origin)), diags);
        }
    }
    for policy in &app.policies {
        see("NetworkPolicy", &policy.name, place(&policy.why), diags);
    }
    for elsewhere in &app.elsewhere {
        see("Service", &elsewhere.name, place(&elsewhere.why), diags);
    }
}

/// No two workloads select pods by the same name.
fn selectors(app: &App, diags: &mut Diagnostics) {
    let mut selected: BTreeMap<&Name, Origin> = BTreeMap::new();
    for workload in &app.workloads {
        if let Some(other) = selected.insert(&workload.name, workload.origin) {
            diags.push(
                Diagnostic::new(
                    Code::ObjectTwice,
                    workload.origin,
                    format!("two workloads would both be called {}", workload.name),
                )
                .also(other, "the other one")
                .why("their selectors would find each other's pods")
                .help("rename one of the two"),
            );
        }
    }
}

/// A controller that is called otherwise than its service.
fn names(workload: &Workload, diags: &mut Diagnostics) {
    let controller = workload.controller();
    let said = workload.slots.as_ref().and_then(|slots| slots.controller.as_ref());
    if controller != *said.unwrap_or(&workload.name) {
        diags.push(
            Diagnostic::new(
                Code::NameTooLong,
                workload.origin,
                format!("the {} of `{}` is called {controller}", workload.kind.value.word(), workload.service),
            )
            .why("Kubernetes adds to its name in the names and labels of its pods, which have at most 63 characters")
            .help("give the service a name of at most 52 characters to have them called alike")
            .key(format!("services.{}", workload.service)),
        );
    }
}

/// The members of a pod beside the main one.
fn members(workload: &Workload) -> impl Iterator<Item = &Member> {
    let steps = workload.steps.iter().filter_map(|step| match step {
        Step::Wait(_) => None,
        Step::Ends(member) | Step::Stays(member) => Some(member.as_ref()),
    });
    steps.chain(&workload.beside)
}

/// No two containers of a pod share a name.
fn containers(workload: &Workload, diags: &mut Diagnostics) {
    let waits = workload.awaits().map(|wait| &wait.name);
    let mut seen = BTreeSet::new();
    for name in waits.chain(members(workload).map(|member| &member.name)).chain([&workload.called]) {
        if !seen.insert(name) {
            diags.push(
                Diagnostic::new(
                    Code::ObjectTwice,
                    workload.origin,
                    format!("two containers of one pod would both be called {name}"),
                )
                .help("rename the service")
                .key(format!("services.{}", workload.service)),
            );
        }
    }
}

/// Every mount has its volume, no two volumes share a name, and no two mounts of a container a path.
fn volumes(workload: &Workload, diags: &mut Diagnostics) {
    let path = format!("services.{}.volumes", workload.service);
    let mut names = BTreeSet::new();
    let templates = workload.claim_templates.iter().map(|claim| (&claim.name, &claim.why));
    for (name, why) in workload.volumes.iter().map(|volume| (&volume.name, &volume.why)).chain(templates) {
        if !names.insert(name) {
            let place = why.origins().first().copied().unwrap_or(workload.origin);
            diags.push(
                Diagnostic::new(
                    Code::VolumeTwice,
                    place,
                    format!("two volumes of one pod would both be called {name}"),
                )
                .help("rename one of the volumes")
                .key(path.clone()),
            );
        }
    }
    for container in workload.containers() {
        mounts(workload, container, &names, &path, diags);
    }
}

fn mounts(workload: &Workload, container: &Container, names: &BTreeSet<&Name>, path: &str, diags: &mut Diagnostics) {
    let mut targets: BTreeMap<&str, Origin> = BTreeMap::new();
    for mount in &container.mounts {
        let place = mount.path.why.origins().first().copied().unwrap_or(workload.origin);
        let target = mount.path.value.as_str();
        if !names.contains(&mount.volume) {
            diags.push(
                Diagnostic::new(Code::VolumeTwice, place, format!("nothing is there to be mounted at {target}"))
                    .help("name a volume that the file defines")
                    .key(path),
            );
        }
        if let Some(first) = targets.insert(target, place) {
            diags.push(
                Diagnostic::new(Code::VolumeTwice, place, format!("two things are mounted at {target}"))
                    .also(first, "the other one")
                    .why("the server refuses two mounts at one path of a container")
                    .help("remove one of the two")
                    .key(path),
            );
        }
    }
}

/// No two containers of a pod bind one port of the node.
fn node_ports(workload: &Workload, diags: &mut Diagnostics) {
    let mut seen: BTreeMap<(u16, &'static str), &Port> = BTreeMap::new();
    for port in workload.listens() {
        let Some(bound) = &port.host_port else { continue };
        if let Some(first) = seen.insert((bound.value, port.protocol.word()), port) {
            let place = bound.why.origins().first().copied().unwrap_or(workload.origin);
            let mut diagnostic = Diagnostic::new(
                Code::NodePortTwice,
                place,
                format!("port {} of the node is bound twice by one pod", bound.value),
            )
            .why("the pod could never be placed")
            .help("publish one of the two under another number")
            .key(format!("services.{}.ports", workload.service));
            let other = first.host_port.iter().flat_map(|bound| bound.why.origins()).next();
            if let Some(other) = other {
                diagnostic = diagnostic.also(*other, "bound here already");
            }
            diags.push(diagnostic);
        }
    }
}
