//! Services, and what leads to them: the server refuses one port twice in a Service, and one port of the nodes in two; a backend
//! that is not there answers nobody.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Exposure, Kind, Name, PathKind, Protocol, Traced, Why, Workload};
use crate::origin::Origin;

/// Reports what would be refused of the Services of an app, and of what leads to them.
pub(super) fn check(app: &App, diags: &mut Diagnostics) {
    let mut nodes: BTreeMap<u16, (&Name, Origin)> = BTreeMap::new();
    for workload in &app.workloads {
        for exposure in &workload.exposures {
            ports(workload, exposure, diags);
            of_nodes(workload, exposure, &mut nodes, diags);
        }
    }
    backends(app, diags);
    paths(app, diags);
    every_node(app, diags);
}

/// Where a value is written, or else its workload.
fn place(why: &Why, workload: &Workload) -> Origin {
    why.origins().first().copied().unwrap_or(workload.origin)
}

/// No two ports of a Service have one number and protocol, or one name.
fn ports(workload: &Workload, exposure: &Exposure, diags: &mut Diagnostics) {
    let mut numbers: BTreeMap<(u16, Protocol), Origin> = BTreeMap::new();
    let mut names: BTreeMap<String, Origin> = BTreeMap::new();
    for port in &exposure.ports {
        let here = place(&port.port.why, workload);
        let number = port.port.value;
        let usual = || format!("{}-{number}", port.protocol.prefix());
        let name = port.name.as_ref().map_or_else(usual, |name| name.value.to_string());
        let first = match (numbers.insert((number, port.protocol), here), names.insert(name.clone(), here)) {
            (Some(first), _) => Some((first, format!("has port {number} twice"))),
            (None, Some(first)) => Some((first, format!("has two ports called {name}"))),
            (None, None) => None,
        };
        if let Some((first, what)) = first {
            diags.push(
                Diagnostic::new(Code::ServicePortTwice, here, format!("the Service {} {what}", exposure.name))
                    .also(first, "the other one")
                    .why("the server refuses such a Service")
                    .help("publish one of the two under another number, or give it another name")
                    .key(format!("services.{}.ports", workload.service)),
            );
        }
    }
}

/// No two Services have one port of the nodes.
fn of_nodes<'a>(
    workload: &Workload,
    exposure: &'a Exposure,
    taken: &mut BTreeMap<u16, (&'a Name, Origin)>,
    diags: &mut Diagnostics,
) {
    for port in &exposure.ports {
        let Some(number) = port.node_port else { continue };
        let here = place(&port.port.why, workload);
        let (name, first) = *taken.entry(number).or_insert((&exposure.name, here));
        if *name != exposure.name {
            diags.push(
                Diagnostic::new(
                    Code::NodePortOfTwo,
                    here,
                    format!("the Services {name} and {} would both have port {number} of every node", exposure.name),
                )
                .also(first, "the other one")
                .why("the server gives a port of the nodes to one Service alone")
                .help("publish one of the two under another number, from 30000 to 32767")
                .key(format!("services.{}.ports", workload.service)),
            );
        }
    }
}

/// Whatever leads to a Service by a port leads to one that is there.
fn backends(app: &App, diags: &mut Diagnostics) {
    let exposures = app.workloads.iter().flat_map(|workload| &workload.exposures);
    let known: BTreeSet<(&Name, u16)> =
        exposures.flat_map(|exposure| exposure.ports.iter().map(|port| (&exposure.name, port.port.value))).collect();
    for workload in &app.workloads {
        let of_ingresses = workload.ingresses.iter().flat_map(|ingress| &ingress.rules).flat_map(|rule| &rule.paths);
        let of_routes = workload.gateway_routes.iter().filter_map(|route| route.port.as_ref());
        let led: Vec<(&Name, &Traced<u16>)> = of_ingresses
            .map(|path| (&path.service, &path.port))
            .chain(of_routes.map(|port| (&workload.name, port)))
            .collect();
        for (service, port) in led {
            if !known.contains(&(service, port.value)) {
                diags.push(
                    Diagnostic::new(
                        Code::BackendMissing,
                        place(&port.why, workload),
                        format!("the Service {service} has no port {} for what leads to it", port.value),
                    )
                    .why("whoever comes that way would be told that nothing is there")
                    .help(format!("write expose: [\"{}\"], or lead to a port that the service has", port.value))
                    .key(format!("services.{}", workload.service)),
                );
            }
        }
    }
}

/// No rule of an Ingress has a path twice.
fn paths(app: &App, diags: &mut Diagnostics) {
    for workload in &app.workloads {
        for ingress in &workload.ingresses {
            let mut seen: BTreeSet<(Option<&str>, &str, PathKind)> = BTreeSet::new();
            for rule in &ingress.rules {
                let host = rule.host.as_ref().map(|host| host.value.as_str());
                for path in &rule.paths {
                    if !seen.insert((host, path.path.value.as_str(), path.compared)) {
                        diags.push(
                            Diagnostic::new(
                                Code::RoutePathTwice,
                                place(&path.path.why, workload),
                                format!("{}{} leads to two Services", host.unwrap_or("*"), path.path.value),
                            )
                            .why("controllers take the first of the two, or refuse both")
                            .help("remove one of the two routes")
                            .key(format!("services.{}", workload.service)),
                        );
                    }
                }
            }
        }
    }
}

/// A port of the node that a pod on every node binds is bound by no other pod: one of the two would never be placed.
fn every_node(app: &App, diags: &mut Diagnostics) {
    let is_anywhere = |workload: &&Workload| {
        let placement = &workload.pod.placement;
        placement.selector.is_empty() && placement.rules.is_empty()
    };
    let mut taken: BTreeMap<(u16, Protocol), (&Workload, Origin)> = BTreeMap::new();
    let (everywhere, others): (Vec<&Workload>, Vec<&Workload>) =
        app.workloads.iter().filter(is_anywhere).partition(|workload| workload.kind.value == Kind::DaemonSet);
    for workload in everywhere.into_iter().chain(others.into_iter().filter(|workload| !workload.ends())) {
        for port in workload.listens() {
            let Some(bound) = &port.host_port else { continue };
            let here = place(&bound.why, workload);
            let key = (bound.value, port.protocol);
            match taken.get(&key) {
                Some((other, first)) if other.name != workload.name => diags.push(
                    Diagnostic::new(
                        Code::NodePortTwice,
                        here,
                        format!(
                            "`{}` and `{}` both bind port {} of their node",
                            other.service, workload.service, key.0
                        ),
                    )
                    .also(*first, "on every node")
                    .why("a pod of the one is on every node, so that no pod of the other one could ever be placed")
                    .help("publish one of the two under another number, or keep them on different nodes")
                    .key(format!("services.{}.ports", workload.service)),
                ),
                Some(_) => {}
                None if workload.kind.value == Kind::DaemonSet => {
                    taken.insert(key, (workload, here));
                }
                None => {}
            }
        }
    }
}
