//! Routers that stand there twice, once for plain and once for encrypted requests, are one route; those that only redirect to the
//! encrypted form are none, for controllers do that themselves.

use std::collections::BTreeMap;

use super::loss;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Name, Route, RouteMatch, Treatment, Why};

/// The routes of one workload, each once.
pub(super) fn joined(
    routes: Vec<Route>,
    treatments: &BTreeMap<Name, Treatment>,
    diags: &mut Diagnostics,
) -> Vec<Route> {
    let mut kept: Vec<Route> = Vec::with_capacity(routes.len());
    let mut places: BTreeMap<Vec<RouteKey>, usize> = BTreeMap::new();
    let (encrypted, plain): (Vec<Route>, Vec<Route>) = routes.into_iter().partition(|route| route.tls.is_some());
    for route in encrypted.into_iter().chain(plain) {
        let is_plain = route.tls.is_none();
        if is_plain && loss::steps(&route, treatments).iter().any(|step| loss::is_https_redirect(step)) {
            redirects(&route, diags);
            continue;
        }
        let key = key(&route);
        match places.get(&key).and_then(|index| kept.get_mut(*index)) {
            Some(twin) if is_plain || is_same(twin, &route) => join(twin, route),
            Some(_) | None => {
                places.entry(key).or_insert(kept.len());
                kept.push(route);
            }
        }
    }
    kept
}

type RouteKey =
    (crate::ir::RouteHost, crate::ir::RoutePath, Vec<crate::ir::RouteTest>, Option<u16>, crate::ir::Carries);

fn key(route: &Route) -> Vec<RouteKey> {
    let one = |found: &RouteMatch| {
        let port = route.port.as_ref().map(|port| port.value);
        (found.host.clone(), found.path.clone(), found.tests.clone(), port, route.carries)
    };
    let mut all: Vec<RouteKey> = route.matches.iter().map(one).collect();
    all.sort();
    all
}

/// Whether two encrypted routes do the same.
fn is_same(one: &Route, two: &Route) -> bool {
    let steps = |route: &Route| route.steps.iter().map(|step| step.value.clone()).collect::<Vec<_>>();
    steps(one) == steps(two) && one.class == two.class && one.annotations.is_empty() && two.annotations.is_empty()
}

/// The one stays; what the other says is among its reasons.
fn join(twin: &mut Route, other: Route) {
    for step in &other.steps {
        if !twin.steps.iter().any(|known| known.value == step.value) {
            twin.steps.push(step.clone());
        }
    }
    twin.why = Why::Origins(twin.why.origins().iter().copied().chain(loss::places(&other)).collect());
    twin.entry_points.extend(other.entry_points);
}

fn redirects(route: &Route, diags: &mut Diagnostics) {
    let places = loss::places(route);
    let Some(place) = route.why.origins().first() else { return };
    diags.push(
        Diagnostic::new(Code::RouteRedirect, *place, format!("{} is left to the ingress controller", route.called))
            .label("it redirects to https and does nothing else")
            .why("controllers redirect by themselves, or are told to for all hosts at once")
            .cause("redirects to https")
            .key(route.written_at.clone())
            .covers(places),
    );
}
