//! `--publish ingress`: what speaks HTTP is reached by an Ingress for any host. One service alone can have every path; what else was
//! published is not.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, ExposurePort, Name, Protocol, Route, RouteHost, RouteMatch, RoutePath, Traced, Why};

/// Ports on which people have programs speak HTTP.
const HTTP: &[std::ops::RangeInclusive<u16>] = &[
    80..=81,
    3000..=3003,
    4000..=4000,
    4200..=4200,
    5000..=5001,
    5173..=5173,
    5601..=5601,
    8000..=8999,
    9000..=9001,
    9090..=9090,
];

/// A port that was published, and the workload's number.
pub(super) type Candidate = (usize, ExposurePort);

/// Gives the service with the most usual port a route for any host, and says what becomes of the others.
pub(super) fn settle(app: &mut App, candidates: Vec<Candidate>, diags: &mut Diagnostics) {
    let (mut http, others): (Vec<Candidate>, Vec<Candidate>) =
        candidates.into_iter().partition(|(_, port)| speaks_http(port));
    for (index, port) in others {
        let why = "it is not known to speak HTTP, and an Ingress carries nothing else";
        left(
            app,
            index,
            &port,
            why,
            "publish it by --publish load-balancer, or write app_protocol: http if it speaks it",
            diags,
        );
    }
    // Sorting keeps the order of the file among equals.
    http.sort_by_key(|(_, port)| (port.port.value != 80, port.port.value));
    let mut all = http.into_iter();
    let Some((index, port)) = all.next() else { return };
    if let Some(workload) = app.workloads.get_mut(index) {
        let why: Why = port.port.why.clone();
        let target = port.target.unwrap_or(port.port.value);
        let any = RouteMatch { host: RouteHost::Any, path: RoutePath::Any, tests: Vec::new(), why: why.clone() };
        let name = Name::from_text(&format!("{}-published", workload.name));
        let called = format!("port {} of `{}`", port.port.value, workload.service);
        let written_at = format!("services.{}.ports", workload.service);
        let route = Route::plain(name, called, written_at, vec![any], why.clone());
        workload.routes.push(Route { port: Some(Traced { value: target, why }), ..route });
    }
    for (other, port) in all {
        let is_same = other == index;
        let why = if is_same {
            "the Ingress of the service leads to another one of its ports"
        } else {
            "without a host an Ingress leads to one service alone"
        };
        left(
            app,
            other,
            &port,
            why,
            "give the service a host of its own by a router's labels, or publish it by --publish load-balancer",
            diags,
        );
    }
}

fn speaks_http(port: &ExposurePort) -> bool {
    let by_number = |number: u16| HTTP.iter().any(|range| range.contains(&number));
    let target = port.target.unwrap_or(port.port.value);
    let said = port.spoken.as_ref().map(|spoken| spoken.value.to_ascii_lowercase());
    port.protocol == Protocol::Tcp
        && said.map_or_else(|| by_number(port.port.value) || by_number(target), |said| said == "http")
}

fn left(app: &App, index: usize, port: &ExposurePort, why: &str, help: &str, diags: &mut Diagnostics) {
    let Some(workload) = app.workloads.get(index) else { return };
    let place = port.port.why.origins().first().copied().unwrap_or(workload.origin);
    diags.push(
        Diagnostic::new(
            Code::PublishNotRouted,
            place,
            format!("port {} of `{}` is not published", port.port.value, workload.service),
        )
        .why(why)
        .help(help)
        .key(format!("services.{}.ports", workload.service))
        .cause(why),
    );
}
