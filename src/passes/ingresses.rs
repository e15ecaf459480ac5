//! Routes become Ingresses (design 4.3) as far as the Ingress API can say them: hosts, paths and certificates. A route that it would
//! open wider than it was is not made; everything else that is lost is said, once for each route.
//!
//! ```yaml
//! # a Route: host shop.example.com, path /api, encrypted, to port 8080
//! # Ingress: host shop.example.com, path /api, Secret shop-tls, Service shop, port 8080
//! ```

mod build;
mod gateway;
mod loss;
mod nginx;
mod own;
mod twins;
mod users;

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Carries, ExposureKind, Name, Protocol, Route, Traced, Treatment, Workload};
use crate::lower::Context;
use crate::request::Routes;
use build::Builder;

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    if matches!(context.request.routes, Routes::Traefik | Routes::Gateway) {
        for workload in &mut app.workloads {
            let routes = std::mem::take(&mut workload.routes);
            workload.routes = routes.into_iter().filter_map(|route| arrive(workload, route, diags)).collect();
        }
        if context.request.routes == Routes::Gateway {
            gateway::settle(app, context, diags);
        } else {
            own::settle(app, context.request.cluster_issuer.as_deref(), diags);
        }
        return;
    }
    let treatments: BTreeMap<Name, Treatment> =
        std::mem::take(&mut app.treatments).into_iter().map(|treatment| (treatment.name.clone(), treatment)).collect();
    let mut builder = Builder::new(context, &treatments);
    for workload in &mut app.workloads {
        let routes = std::mem::take(&mut workload.routes);
        let routes: Vec<Route> = routes.into_iter().filter_map(|route| arrive(workload, route, diags)).collect();
        for route in twins::joined(routes, &format!("services.{}.labels", workload.service), &treatments, diags) {
            builder.add(workload, route, diags);
        }
    }
    app.files.extend(builder.into_secrets());
    for treatment in treatments.values() {
        treatment.why.origins().iter().for_each(|place| diags.consume(*place, "read for the routes that name it"));
    }
}

/// Settles the port that a route leads to: that of the workload's own Service. `None` after a message.
fn arrive(workload: &Workload, mut route: Route, diags: &mut Diagnostics) -> Option<Route> {
    let protocol = match route.carries {
        Carries::Http | Carries::Tcp => Protocol::Tcp,
        Carries::Udp => Protocol::Udp,
    };
    let is_served = workload.exposures.iter().any(|exposure| {
        let is_inside = match exposure.kind {
            ExposureKind::Cluster | ExposureKind::Headless => true,
            ExposureKind::LoadBalancer | ExposureKind::NodePort => false,
        };
        is_inside && exposure.name == workload.name
    });
    if route.port.is_none() {
        // Traefik takes the lowest one of those that the container shows.
        let shown = workload.ports.iter().filter(|port| port.protocol == protocol);
        route.port = shown.map(|port| port.number.clone()).min_by_key(|number| number.value);
    }
    if is_served && route.port.is_some() {
        return Some(route);
    }
    let place = route.why.origins().first().copied().unwrap_or(workload.origin);
    diags.push(
        Diagnostic::new(Code::RoutePort, place, format!("no port is known to which {} leads", route.called))
            .label("no route is made of it")
            .why("what leads there must name a port of the Service")
            .help("write expose: with the port, or name it where the route is written")
            .key(format!("services.{}", workload.service))
            .covers(loss::places(&route)),
    );
    None
}

/// The port that a route leads to, once it is settled.
fn port(route: &Route) -> Traced<u16> {
    route.port.clone().unwrap_or_else(|| Traced::decided(80, "usual-port"))
}

/// Says that a middleware is defined elsewhere, and gives the name that it has in the cluster.
fn elsewhere(treatment: &Treatment, called: &str, path: &str, diags: &mut Diagnostics) -> String {
    let (name, provider) = treatment.called.split_once('@').unwrap_or((&treatment.called, "docker"));
    let is_file = provider == "file";
    if let Some(place) = treatment.why.origins().first() {
        let why = if is_file {
            "it stands in a configuration file of Traefik, which is not part of this project"
        } else {
            "no label of this project defines it: that of another one may"
        };
        diags.push(
            Diagnostic::new(
                Code::RouteStepUnknown,
                *place,
                format!("{called} names the middleware `{}`, which is not here", treatment.called),
            )
            .why(why)
            .help("define it in a label, or in the cluster, and add it to the route there")
            .cause(treatment.called.clone())
            .key(path),
        );
    }
    if is_file { treatment.called.clone() } else { Name::from_text(name).to_string() }
}
