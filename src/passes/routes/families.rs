//! Routers whose labels are a host, a port and a path: swarm-ingress (`ingress.host`), Interlock (`com.docker.lb.hosts`) and
//! docker-flow-proxy (`com.df.servicePath`, with an index for each further way).

use indexmap::IndexMap;

use super::{Maker, fields, list, matches, traefik};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    App, Route, RouteHost, RouteMatch, RoutePath, RouteTls, RouterLabel, Setting, SettingValue, Traced, Treatment, Why,
};
use crate::origin::Origin;

/// What one way is told.
#[derive(Default)]
struct Way {
    hosts: Vec<Traced<String>>,
    paths: Vec<Traced<String>>,
    port: Option<Traced<String>>,
    scheme: Option<Traced<String>>,
    tls: Option<Traced<String>>,
    users: Option<Traced<String>>,
    strips: Option<Traced<String>>,
    places: Vec<Origin>,
}

/// The routes of one service's labels, with what is done on their way.
pub(super) fn routes(
    app: &App,
    index: usize,
    labels: Vec<RouterLabel>,
    maker: &mut Maker<'_>,
    diags: &mut Diagnostics,
) -> Vec<(Route, Vec<Treatment>)> {
    let Some(workload) = app.workloads.get(index) else { return Vec::new() };
    let path = maker.path(app, index);
    let mut ways: IndexMap<String, Way> = IndexMap::new();
    for label in labels {
        label.value.why.origins().iter().for_each(|place| diags.consume(*place, "read for the route"));
        let lower = label.key.to_ascii_lowercase();
        let (family, rest) = match ["ingress.", "com.docker.lb.", "com.df."]
            .iter()
            .find_map(|family| Some((*family, lower.strip_prefix(family)?)))
        {
            Some(found) => found,
            None => continue,
        };
        let (key, number) = match rest.rsplit_once('.') {
            Some((key, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => (key, number),
            Some(_) | None => (rest, ""),
        };
        let way = ways.entry(format!("{family}{number}")).or_default();
        way.places.extend(label.value.why.origins());
        note(way, key, label.value, &path, diags);
    }
    let mut made = Vec::new();
    for way in ways.into_values() {
        made.extend(route(&workload.service, way, &path, maker, diags));
    }
    made
}

fn note(way: &mut Way, key: &str, value: Traced<String>, path: &str, diags: &mut Diagnostics) {
    let is_on = !value.value.is_empty() && fields::flag(&value.value) != Some(false) && value.value != "disable";
    match key {
        "host" | "alt_host" | "hosts" | "servicedomain" => way.hosts.extend(list(Some(value))),
        "path" | "context_root" | "servicepath" => way.paths.extend(list(Some(value))),
        "port" => way.port = Some(value),
        "virtual_proto" => way.scheme = Some(value),
        "ssl" | "ssl_only" | "ssl_cert" | "httpsonly" => way.tls = way.tls.take().or_else(|| is_on.then_some(value)),
        "users" | "userssecret" => way.users = Some(value),
        "context_root_rewrite" => way.strips = is_on.then_some(value),
        "ssl_backend" => way.scheme = is_on.then(|| Traced { value: "https".to_owned(), why: value.why }),
        // What tells the router of the service, and how it finds it.
        "notify"
        | "distribute"
        | "network"
        | "service_cluster"
        | "ssl_redirect"
        | "ssl_key"
        | "certificate_name"
        | "redirectwhenhttpproto" => {}
        _ => traefik::unknown(&format!("nothing becomes of `{key}`"), &value, path, diags),
    }
}

fn route(
    service: &str,
    way: Way,
    path: &str,
    maker: &mut Maker<'_>,
    diags: &mut Diagnostics,
) -> Option<(Route, Vec<Treatment>)> {
    if way.hosts.is_empty() && way.paths.is_empty() {
        without_host(service, &way, path, diags);
        return None;
    }
    let why = Why::Origins(way.places.clone());
    let hosts: Vec<RouteHost> = match way.hosts.as_slice() {
        [] => vec![RouteHost::Any],
        hosts => hosts.iter().map(|host| self::host(&host.value)).collect(),
    };
    let paths: Vec<RoutePath> = match way.paths.as_slice() {
        [] => vec![RoutePath::Any],
        paths => paths.iter().map(|path| matches::prefix(path.value.clone())).collect(),
    };
    let found = hosts.iter().flat_map(|host| {
        let why = why.clone();
        paths.iter().map(move |path| RouteMatch {
            host: host.clone(),
            path: path.clone(),
            tests: Vec::new(),
            why: why.clone(),
        })
    });
    let mut steps = Vec::new();
    let mut add = |kind: &str, key: &str, values: Vec<String>, why: &Why| {
        let setting = Setting::at(&[key], SettingValue::List(values), why.clone());
        steps.push(maker.treatment(service, kind, vec![setting], why));
    };
    if let Some(users) = &way.users {
        add("basicAuth", "users", users.value.split(',').map(|user| user.trim().to_owned()).collect(), &users.why);
    }
    if let Some(strips) = &way.strips {
        add("stripPrefix", "prefixes", way.paths.iter().map(|path| path.value.clone()).collect(), &strips.why);
    }
    let backend = way.scheme.filter(|scheme| scheme.value != "http");
    let backend =
        backend.map(|scheme| Setting::at(&["server", "scheme"], SettingValue::Text(scheme.value), scheme.why));
    let (name, called) = (maker.route_name(service), format!("the way to `{service}`"));
    let route = Route {
        tls: way.tls.map(|tls| RouteTls::plain(tls.why)),
        port: way.port.and_then(|port| super::port(&port, path, diags)),
        backend: backend.into_iter().collect(),
        steps: steps.iter().map(Treatment::as_step).collect(),
        ..Route::plain(name, called, path.to_owned(), found.collect(), why)
    };
    Some((route, steps))
}

/// Says of labels that lead to a port and name nothing that leads there that no route is made of them.
fn without_host(service: &str, way: &Way, path: &str, diags: &mut Diagnostics) {
    let Some(place) = way.places.first().filter(|_| way.port.is_some()) else { return };
    diags.push(
        Diagnostic::new(Code::RouteRule, *place, format!("labels of `{service}` name neither a host nor a path"))
            .label("no route is made of them")
            .help("name the host")
            .key(path)
            .covers(way.places.clone()),
    );
}

fn host(text: &str) -> RouteHost {
    let lower = text.trim().trim_end_matches('.').to_ascii_lowercase();
    match lower.strip_prefix("*.") {
        Some(domain) => RouteHost::Below(domain.to_owned()),
        None if lower.is_empty() || lower == "*" => RouteHost::Any,
        None => RouteHost::Is(lower),
    }
}
