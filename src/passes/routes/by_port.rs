//! What an Ingress cannot carry is reached by a port: a router of TCP that has a door for itself, and each one of UDP, was nothing but a
//! published port of the router's, and becomes one of the service's own.
//!
//! ```yaml
//! labels: { traefik.tcp.routers.db.rule: HostSNI(`*`), traefik.tcp.routers.db.entrypoints: db } # --entrypoints.db.address=:5432
//! # Service db-published, type LoadBalancer: port 5432
//! ```

use std::collections::BTreeMap;

use super::edge::{Brand, Edge};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Carries, NetworkMode, Protocol, Published, Route, RouteForm, RouteHost, Traced, Workload};

/// Publishes the ports of such routers, which then have no route.
pub(super) fn settle(app: &mut App, edges: &[Edge], diags: &mut Diagnostics) {
    let routers = app.workloads.iter().flat_map(|workload| &workload.routes);
    let mut doors: BTreeMap<u16, usize> = BTreeMap::new();
    for port in routers.filter_map(|route| route.outside.as_ref()) {
        *doors.entry(port.value).or_default() += 1;
    }
    let edge = edges.iter().find(|edge| edge.brand == Brand::Traefik).and_then(|edge| app.workloads.get(edge.index));
    let outside: Outside = edge.map(Outside::of).unwrap_or_default();
    for workload in &mut app.workloads {
        for route in std::mem::take(&mut workload.routes) {
            let published = published(workload, &route, &doors, &outside);
            match published {
                Some(published) => publish(workload, &route, published, diags),
                None => workload.routes.push(route),
            }
        }
    }
}

/// The number under which a port is published, and the address of the host that it is bound to.
type Reached = (u16, Option<Traced<String>>);

/// How the doors of the router are reached from outside.
#[derive(Default)]
pub(super) struct Outside {
    /// Those that are published.
    ports: BTreeMap<(u16, Protocol), Reached>,
    /// Whether every port is, as it stands on the network of the host.
    is_every: bool,
}

impl Outside {
    /// The published ports of a router, and those that it has on its node.
    pub(super) fn of(workload: &Workload) -> Self {
        let ports = workload.published.iter().map(|published| {
            let number = published.published.as_ref().map_or(published.target.value, |number| number.value);
            ((published.target.value, published.protocol), (number, published.address.clone()))
        });
        let of_node = workload
            .ports
            .iter()
            .filter_map(|port| Some(((port.number.value, port.protocol), (port.host_port.as_ref()?.value, None))));
        let is_every = match workload.network {
            NetworkMode::Host(_) => true,
            // A range that is too long to be listed.
            NetworkMode::Shared | NetworkMode::None(_) => workload.any_port.is_some(),
        };
        Outside { ports: ports.chain(of_node).collect(), is_every }
    }

    /// Whether a door for HTTP is reached from outside. A router that publishes nothing is reached by somebody who stands before it.
    pub(super) fn is_open(&self, port: u16) -> bool {
        self.ports.is_empty() || self.number(port, Protocol::Tcp).is_some()
    }

    fn number(&self, port: u16, protocol: Protocol) -> Option<Reached> {
        self.ports.get(&(port, protocol)).cloned().or(self.is_every.then_some((port, None)))
    }
}

/// The port that a route becomes; `None` where it stays a route.
fn published(workload: &Workload, route: &Route, doors: &BTreeMap<u16, usize>, outside: &Outside) -> Option<Published> {
    let is_ours = match route.form {
        RouteForm::AsAsked => true,
        RouteForm::Ingress | RouteForm::Gateway(_) => false,
    };
    let door = route.outside.as_ref().filter(|_| is_ours)?;
    let protocol = match route.carries {
        Carries::Udp => Protocol::Udp,
        Carries::Tcp => Protocol::Tcp,
        Carries::Http => return None,
    };
    let is_any = route.matches.iter().any(|found| found.host == RouteHost::Any);
    let is_alone = doors.get(&door.value) == Some(&1);
    // The service itself must speak as the router did.
    let is_as_it_is = route.tls.as_ref().is_none_or(|tls| tls.passthrough.is_some());
    if !is_as_it_is || (protocol == Protocol::Tcp && !is_any && !is_alone) {
        return None;
    }
    let shown = workload.ports.iter().filter(|port| port.protocol == protocol).map(|port| port.number.clone());
    let target = route.port.clone().or_else(|| shown.min_by_key(|number| number.value))?;
    let (number, address) = outside.number(door.value, protocol)?;
    let origin = route.why.origins().first().copied().unwrap_or(workload.origin);
    let published = Some(Traced { value: number, why: route.why.clone() });
    Some(Published { published, target, protocol, address, origin })
}

fn publish(workload: &mut Workload, route: &Route, published: Published, diags: &mut Diagnostics) {
    let number = published.published.as_ref().map_or(published.target.value, |number| number.value);
    diags.push(
        Diagnostic::new(
            Code::RouteByPort,
            published.origin,
            format!("{} becomes the port {number} of `{}`", route.called, workload.service),
        )
        .why("an Ingress carries HTTP alone; the router gave it a port of its own, which the service now publishes itself")
        .help("say --routes gateway or --routes traefik where the cluster's controller carries it")
        .key(route.written_at.clone())
        .covers(route.matches.iter().flat_map(|found| found.why.origins()).copied())
        .covers(route.tls.iter().flat_map(|tls| tls.why.origins()).copied()),
    );
    super::listen(&mut workload.ports, &Route { port: Some(published.target.clone()), ..route.clone() });
    workload.published.push(published);
}
