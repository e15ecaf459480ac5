//! Which of two routes is asked first: Traefik goes by priority, an Ingress and an HTTPRoute by the longer path (networking.k8s.io,
//! "Multiple matches"; gateway.networking.k8s.io, HTTPRouteRule). Where a priority that is said turns that round, it is told.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Route, RouteHost, RoutePath};

/// The most routes of one host that are compared: more of them are made by a program.
const MOST: usize = 200;

/// Tells of routes whose priority is lost.
pub(super) fn tell<'a>(routes: impl Iterator<Item = &'a Route>, diags: &mut Diagnostics) {
    let mut hosts: BTreeMap<&RouteHost, Vec<(&RoutePath, &Route)>> = BTreeMap::new();
    for route in routes {
        for found in &route.matches {
            hosts.entry(&found.host).or_default().push((&found.path, route));
        }
    }
    for of_host in hosts.values().filter(|of_host| of_host.len() <= MOST) {
        for (path, route) in of_host {
            let Some(priority) = &route.priority else { continue };
            let beaten = of_host.iter().find(|(other_path, other)| {
                let asks_first = priority.value > self::priority(other);
                meets(route, other) && asks_first && covers(path, other_path)
            });
            let beats = of_host.iter().find(|(other_path, other)| {
                let asks_last = priority.value < self::priority(other);
                meets(route, other) && asks_last && covers(other_path, path)
            });
            let (Some((_, other)), Some(place)) = (beaten.or(beats), priority.why.origins().first()) else { continue };
            let (first, last) = if beaten.is_some() { (route, other) } else { (other, route) };
            diags.push(
                Diagnostic::new(
                    Code::RouteOrder,
                    *place,
                    format!("{} is no longer asked before {}", first.called, last.called),
                )
                .label("the priority is lost")
                .why("in the cluster the longer path is asked first, whatever a priority says")
                .help("give one of the two another path, or say --routes traefik where the cluster runs Traefik")
                .key(route.written_at.clone()),
            );
        }
    }
}

/// Whether requests come in by a door of both.
fn meets(one: &Route, two: &Route) -> bool {
    let doors =
        |route: &Route| route.entry_points.iter().map(|door| door.value.to_ascii_lowercase()).collect::<Vec<_>>();
    let (first, second) = (doors(one), doors(two));
    first.is_empty() || second.is_empty() || first.iter().any(|door| second.contains(door))
}

/// The longer rule is asked first where no priority is said.
fn priority(route: &Route) -> i64 {
    let length = || route.rule.as_ref().map_or(0, |rule| i64::try_from(rule.value.len()).unwrap_or(i64::MAX));
    route.priority.as_ref().map_or_else(length, |priority| priority.value)
}

/// Whether the one is asked for all that the other is, and for more.
fn covers(wide: &RoutePath, narrow: &RoutePath) -> bool {
    match (wide, narrow) {
        (RoutePath::Any, RoutePath::Is(_) | RoutePath::Prefix(_)) => true,
        (RoutePath::Prefix(start), RoutePath::Is(path)) => path.starts_with(start.as_str()),
        (RoutePath::Prefix(start), RoutePath::Prefix(path)) => path != start && path.starts_with(start.as_str()),
        (RoutePath::Any | RoutePath::Is(_) | RoutePath::Prefix(_) | RoutePath::Like(_), _) => false,
    }
}
