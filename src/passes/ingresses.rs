//! Routes become Ingresses (design 4.3) as far as the Ingress API can say them: hosts, paths and certificates. A route that it would
//! open wider than it was is not made; everything else that is lost is said, once for each route.
//!
//! ```yaml
//! # a Route: host shop.example.com, path /api, encrypted, to port 8080
//! # Ingress: host shop.example.com, path /api, Secret shop-tls, Service shop, port 8080
//! ```

mod build;
mod gateway;
mod health;
mod loss;
mod nginx;
mod order;
mod own;
mod twins;
mod users;

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Carries, ExposureKind, Name, Protocol, Route, RouteForm, Traced, Treatment, Workload};
use crate::lower::Context;
use crate::request::Routes;
use build::Builder;

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let treatments: BTreeMap<Name, Treatment> =
        app.treatments.iter().map(|treatment| (treatment.name.clone(), treatment.clone())).collect();
    let mut builder = Builder::new(context, &treatments);
    let mut gateways = gateway::Maker::new(context, &app.project.value, &treatments);
    for workload in &mut app.workloads {
        let routes = std::mem::take(&mut workload.routes);
        workload.routes = routes.into_iter().filter_map(|route| arrive(workload, route, diags)).collect();
        health::probe(workload, diags);
    }
    if context.request.routes != Routes::Traefik {
        order::tell(app.workloads.iter().flat_map(|workload| &workload.routes), diags);
    }
    for workload in &mut app.workloads {
        let (mut ingresses, mut own) = (Vec::new(), Vec::new());
        for route in std::mem::take(&mut workload.routes) {
            match made_as(&route, context.request.routes) {
                Routes::Ingress | Routes::None => ingresses.push(route),
                Routes::Gateway => gateways.add(workload, &route, diags),
                Routes::Traefik => own.push(route),
            }
        }
        for route in twins::joined(ingresses, &treatments, diags) {
            builder.add(workload, route, diags);
        }
        workload.routes = own;
    }
    app.files.extend(builder.into_secrets());
    app.gateways = gateways.into_gateways(diags);
    if context.request.routes == Routes::Traefik {
        own::settle(app, context.request.cluster_issuer.as_deref(), diags);
        return;
    }
    app.treatments.clear();
    for treatment in treatments.values() {
        treatment.why.origins().iter().for_each(|place| diags.consume(*place, "read for the routes that name it"));
    }
}

/// What a route becomes: what the user names, or what is asked for all.
fn made_as(route: &Route, asked: Routes) -> Routes {
    match route.form {
        RouteForm::AsAsked => asked,
        RouteForm::Ingress => Routes::Ingress,
        RouteForm::Gateway(_) => Routes::Gateway,
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
            .key(route.written_at.clone())
            .covers(loss::places(&route)),
    );
    None
}

/// Says of prefixes that end within a word that they are compared part by part.
fn compared(route: &Route, diags: &mut Diagnostics) {
    for found in route.matches.iter().filter(|_| !route.form.is_named()) {
        let (Some(prefix), Some(place)) = (loss::partial_prefix(found), found.why.origins().first()) else { continue };
        diags.push(
            Diagnostic::new(
                Code::PathPrefix,
                *place,
                format!("paths that begin with `{prefix}` do not reach {}", route.called),
            )
            .label("only this path itself, and what stands below it behind a slash")
            .why("the router compared letters; a prefix is compared part by part in the cluster")
            .help("name the whole parts, or say --routes traefik where the cluster runs Traefik")
            .cause(prefix)
            .key(route.written_at.clone()),
        );
    }
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
