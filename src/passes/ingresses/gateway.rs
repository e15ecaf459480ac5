//! Routes of the Gateway API: one Gateway for the app, a door for plain requests and one for each encrypted host, and a route for each
//! set of hosts that a router names.

use std::collections::BTreeMap;

use super::{build, loss};
use crate::compose::grammar::rule::Test;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    App, Carries, Filter, Gateway, GatewayMatch, GatewayRoute, Listener, Name, Route, RouteHost, RouteMatch, RoutePath,
    RouteTls, SettingValue, Traced, Treatment, Why, Workload,
};
use crate::lower::Context;

/// The most matches of a rule, and the most hosts of a route, that every version of the API takes.
const MOST_MATCHES: usize = 8;
const MOST_HOSTS: usize = 16;
/// The most doors of a Gateway.
const MOST_DOORS: usize = 64;

/// Makes the Gateway and what is attached to it.
pub(super) fn settle(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let treatments: BTreeMap<Name, Treatment> =
        std::mem::take(&mut app.treatments).into_iter().map(|treatment| (treatment.name.clone(), treatment)).collect();
    let class = match &context.request.gateway_class {
        Some(class) => Traced::decided(class.clone(), "chosen-gateway-class"),
        None => Traced::decided("eg".to_owned(), "usual-gateway-class"),
    };
    let name = app.project.value.clone();
    let gateway = Gateway { name, class, annotations: Vec::new(), listeners: Vec::new() };
    let mut maker = Maker { gateway, treatments: &treatments, issuer: context.request.cluster_issuer.clone() };
    for workload in &mut app.workloads {
        for route in std::mem::take(&mut workload.routes) {
            let made = maker.route(workload, &route, diags);
            if !made.is_empty() && route.carries != Carries::Udp && made.iter().any(|made| made.port.is_some()) {
                workload.routed.push(super::port(&route));
            }
            workload.gateway_routes.extend(made);
        }
    }
    let gateway = maker.gateway;
    if let Some(place) = gateway.listeners.iter().flat_map(|door| door.why.origins()).next() {
        if context.request.gateway_class.is_none() {
            diags.push(
                Diagnostic::new(
                    Code::GatewayClass,
                    *place,
                    format!("the Gateway is of the class {}", gateway.class.value),
                )
                .why("a cluster has classes of its own: kubectl get gatewayclass")
                .help("name one with --gateway-class"),
            );
        }
        app.gateway = Some(gateway);
    }
    for treatment in treatments.values() {
        treatment.why.origins().iter().for_each(|place| diags.consume(*place, "read for the routes that name it"));
    }
}

struct Maker<'a> {
    gateway: Gateway,
    treatments: &'a BTreeMap<Name, Treatment>,
    issuer: Option<String>,
}

impl Maker<'_> {
    fn route(&mut self, workload: &Workload, route: &Route, diags: &mut Diagnostics) -> Vec<GatewayRoute> {
        let path = format!("services.{}.labels", workload.service);
        let places = loss::places(route);
        let place = route.why.origins().first().copied().unwrap_or(workload.origin);
        let not_made = |what: String, diags: &mut Diagnostics| {
            diags.push(
                Diagnostic::new(
                    Code::RouteNotMade,
                    place,
                    format!("no route is made of {}: it cannot {what}", route.called),
                )
                .why("without that it would let in more than the router did")
                .help("say --routes traefik where the cluster runs Traefik, or write it by hand for your controller")
                .key(path.clone())
                .covers(places.iter().copied()),
            );
            Vec::new()
        };
        if route.carries != Carries::Http {
            return match self.stream(route) {
                Some(made) => vec![made],
                None => not_made("be reached at a port that is not known, or by more than the host".to_owned(), diags),
            };
        }
        let mut lost: Vec<String> = route.backend.iter().filter_map(loss::of_backend).collect();
        let mut filters = Vec::new();
        for step in loss::steps(route, self.treatments) {
            match filter(step, route) {
                Some(found) => filters.extend(found.into_iter().map(|value| Traced { value, why: step.why.clone() })),
                None if loss::is_guard(step) => return not_made(loss::deed(step), diags),
                None if step.kind == Treatment::ELSEWHERE => {
                    super::elsewhere(step, &route.called, &path, diags);
                }
                None => lost.push(loss::deed(step)),
            }
        }
        let redirects = filters.iter().any(is_redirect);
        if redirects && route.tls.is_some() {
            // What is encrypted already is not sent on to itself.
            filters.retain(|filter| !is_redirect(filter));
        }
        let sets = sets(route, &mut lost);
        if sets.is_empty() {
            return not_made(lost.join(", "), diags);
        }
        lost.dedup();
        if !lost.is_empty() {
            diags.push(
                Diagnostic::new(
                    Code::RouteLost,
                    place,
                    format!("the HTTPRoute of {} does not: {}", route.called, lost.join("; ")),
                )
                .why("the Gateway API has no word for that")
                .help("say --routes traefik where the cluster runs Traefik, or see what your controller has beside it")
                .key(path.clone())
                .covers(places.iter().copied()),
            );
        }
        self.attached(workload, route, sets, &filters, diags)
    }

    /// A route for each set of hosts.
    fn attached(
        &mut self,
        workload: &Workload,
        route: &Route,
        sets: Vec<Set>,
        filters: &[Traced<Filter>],
        diags: &mut Diagnostics,
    ) -> Vec<GatewayRoute> {
        let is_sent_on = filters.iter().any(is_redirect);
        let mut made = Vec::new();
        for Set { matches, hosts } in sets {
            let doors = self.doors(route, &hosts, workload, diags);
            for part in matches.chunks(MOST_MATCHES) {
                let number = made.len() + 1;
                made.push(GatewayRoute {
                    name: if number == 1 { route.name.clone() } else { route.name.with(&number.to_string()) },
                    kind: "HTTPRoute",
                    gateway: self.gateway.name.clone(),
                    doors: doors.clone(),
                    hosts: hosts.clone(),
                    matches: part.iter().filter(|one| !is_any(one)).cloned().collect(),
                    filters: filters.to_vec(),
                    port: (!is_sent_on).then(|| super::port(route)),
                    annotations: route.annotations.clone(),
                    why: route.why.clone(),
                });
            }
        }
        made
    }

    /// The doors by which requests for some hosts come in.
    fn doors(
        &mut self,
        route: &Route,
        hosts: &[Traced<String>],
        workload: &Workload,
        diags: &mut Diagnostics,
    ) -> Vec<Name> {
        let Some(tls) = &route.tls else {
            return vec![self.door(Name::from_text("http"), None, 80, "HTTP", None, &route.why)];
        };
        let issuer = tls
            .issuer
            .clone()
            .or_else(|| self.issuer.clone().map(|name| Traced::decided(name, "chosen-cluster-issuer")));
        let issuer = issuer
            .or_else(|| tls.resolver.clone().map(|resolver| resolver.map(|name| Name::from_text(&name).to_string())));
        let first = hosts.first().map_or_else(|| self.gateway.name.clone(), |host| door_name(&host.value));
        build::certificates((tls, first.with("tls").as_str()), issuer.as_ref(), workload, diags);
        if let Some(issuer) = issuer
            && !self.gateway.annotations.iter().any(|(key, _)| key == build::ISSUER)
        {
            self.gateway.annotations.push((build::ISSUER.to_owned(), issuer));
        }
        if hosts.is_empty() {
            let secret = self.gateway.name.with("tls");
            return vec![self.encrypted(Name::from_text("https"), None, secret, tls)];
        }
        let mut doors = Vec::with_capacity(hosts.len());
        for host in hosts {
            let called = door_name(&host.value);
            doors.push(self.encrypted(
                Name::from_text(&format!("https-{called}")),
                Some(host.clone()),
                called.with("tls"),
                tls,
            ));
        }
        doors
    }

    fn encrypted(&mut self, name: Name, host: Option<Traced<String>>, secret: Name, tls: &RouteTls) -> Name {
        let given =
            tls.secret.as_ref().map(|secret| Traced { value: Name::from_text(&secret.value), why: secret.why.clone() });
        let secret = given.unwrap_or(Traced { value: secret, why: tls.why.clone() });
        self.door(name, host, 443, "HTTPS", Some(secret), &tls.why)
    }

    fn door(
        &mut self,
        name: Name,
        host: Option<Traced<String>>,
        port: u16,
        protocol: &'static str,
        secret: Option<Traced<Name>>,
        why: &Why,
    ) -> Name {
        let is_full = self.gateway.listeners.len() >= MOST_DOORS;
        if !is_full && !self.gateway.listeners.iter().any(|door| door.name == name) {
            self.gateway.listeners.push(Listener {
                name: name.clone(),
                host,
                port,
                protocol,
                secret,
                why: why.clone(),
            });
        }
        name
    }

    /// What is no HTTP comes in by a port of its own.
    fn stream(&mut self, route: &Route) -> Option<GatewayRoute> {
        let passes = route.tls.as_ref().is_some_and(|tls| tls.passthrough.is_some());
        let hosts: Option<Vec<Traced<String>>> = route
            .matches
            .iter()
            .filter(|found| found.host != RouteHost::Any)
            .map(|found| if loss::unsayable(found).is_none() { build::host(found) } else { None })
            .collect();
        let hosts = hosts?;
        let (kind, protocol) = match route.carries {
            Carries::Udp => ("UDPRoute", "UDP"),
            Carries::Tcp | Carries::Http if passes => ("TLSRoute", "TLS"),
            Carries::Tcp | Carries::Http if route.tls.is_none() && hosts.is_empty() => ("TCPRoute", "TCP"),
            Carries::Tcp | Carries::Http => return None,
        };
        let port = route.outside.as_ref().map(|port| port.value).or((kind == "TLSRoute").then_some(443))?;
        let name = Name::from_text(&format!("{}-{port}", protocol.to_ascii_lowercase()));
        let door = self.door(name, None, port, protocol, None, &route.why);
        Some(GatewayRoute {
            name: route.name.clone(),
            kind,
            gateway: self.gateway.name.clone(),
            doors: vec![door],
            hosts: if kind == "TLSRoute" { hosts } else { Vec::new() },
            matches: Vec::new(),
            filters: Vec::new(),
            port: Some(super::port(route)),
            annotations: route.annotations.clone(),
            why: route.why.clone(),
        })
    }
}

/// Hosts of which the same is asked.
struct Set {
    matches: Vec<GatewayMatch>,
    hosts: Vec<Traced<String>>,
}

/// The alternatives of a route by their hosts; what cannot be said is lost.
fn sets(route: &Route, lost: &mut Vec<String>) -> Vec<Set> {
    let mut by_host: BTreeMap<Option<String>, Set> = BTreeMap::new();
    for found in &route.matches {
        match matched(found) {
            Ok(one) => {
                let host = build::host(found);
                let key = host.as_ref().map(|host| host.value.clone());
                let set = by_host
                    .entry(key)
                    .or_insert_with(|| Set { matches: Vec::new(), hosts: host.into_iter().collect() });
                set.matches.push(one);
            }
            Err(words) => lost.push(format!("tell {words}")),
        }
    }
    let mut sets: Vec<Set> = Vec::new();
    for Set { matches, hosts } in by_host.into_values() {
        let fits = |known: &&mut Set| {
            known.matches == matches && !hosts.is_empty() && (1..MOST_HOSTS).contains(&known.hosts.len())
        };
        match sets.iter_mut().find(fits) {
            Some(known) => known.hosts.extend(hosts),
            None => sets.push(Set { matches, hosts }),
        }
    }
    sets
}

fn is_redirect(filter: &Traced<Filter>) -> bool {
    matches!(filter.value, Filter::Redirect { scheme: _, port: _, status: _ })
}

/// What the door of a host is called.
fn door_name(host: &str) -> Name {
    Name::from_text(&host.replace('*', "any"))
}

fn is_any(found: &GatewayMatch) -> bool {
    found.path.is_none() && found.method.is_none() && found.headers.is_empty() && found.query.is_empty()
}

/// One alternative.
///
/// # Errors
///
/// What the API has no word for.
fn matched(found: &RouteMatch) -> Result<GatewayMatch, String> {
    let without = RouteMatch { path: RoutePath::Any, tests: Vec::new(), ..found.clone() };
    if let Some(words) = loss::unsayable(&without) {
        return Err(words);
    }
    let path = match &found.path {
        RoutePath::Any => None,
        RoutePath::Is(path) => Some(("Exact", path.clone())),
        RoutePath::Prefix(path) => Some(("PathPrefix", path.clone())),
        RoutePath::Like(regex) => Some(("RegularExpression", regex.clone())),
    };
    let mut made = GatewayMatch { path, method: None, headers: Vec::new(), query: Vec::new(), why: found.why.clone() };
    for test in &found.tests {
        let words = || loss::test(test);
        if test.negated {
            return Err(words());
        }
        match &test.test {
            Test::Method(method) if made.method.is_none() => made.method = Some(method.clone()),
            Test::Header(name, value) => made.headers.push(("Exact", name.clone(), value.clone())),
            Test::HeaderLike(name, regex) => made.headers.push(("RegularExpression", name.clone(), regex.clone())),
            Test::Query(name, Some(value)) => made.query.push(("Exact", name.clone(), value.clone())),
            Test::Query(name, None) => made.query.push(("RegularExpression", name.clone(), ".*".to_owned())),
            Test::QueryLike(name, regex) => made.query.push(("RegularExpression", name.clone(), regex.clone())),
            Test::Method(_)
            | Test::Host(_)
            | Test::HostLike(_)
            | Test::Path(_)
            | Test::PathPrefix(_)
            | Test::PathLike(_)
            | Test::Client(_)
            | Test::Alpn(_) => return Err(words()),
        }
    }
    Ok(made)
}

/// What a middleware is as filters; `None` where there are none.
fn filter(step: &Treatment, route: &Route) -> Option<Vec<Filter>> {
    let text = |key: &str| loss::text(step, &[key]);
    // The one path that all alternatives begin with.
    let prefix = || match route.matches.first().map(|found| &found.path) {
        Some(RoutePath::Prefix(path)) => Some(path.trim_end_matches('/')),
        Some(RoutePath::Any) => Some(""),
        Some(RoutePath::Is(_) | RoutePath::Like(_)) | None => None,
    };
    let alike =
        || route.matches.iter().all(|found| Some(&found.path) == route.matches.first().map(|first| &first.path));
    match step.kind.as_str() {
        "redirectScheme" => {
            let is_permanent = step
                .settings
                .iter()
                .any(|setting| setting.path == ["permanent"] && setting.value.value == SettingValue::Flag(true));
            let status = if is_permanent { 301 } else { 302 };
            Some(vec![Filter::Redirect {
                scheme: text("scheme")?.to_owned(),
                port: text("port").and_then(|port| port.parse().ok()),
                status,
            }])
        }
        "stripPrefix" => {
            let mut prefixes = step.settings.iter().flat_map(loss::texts);
            let is_it =
                prefixes.next().map(|prefix| prefix.trim_end_matches('/')) == prefix() && prefixes.next().is_none();
            (is_it && alike()).then(|| vec![Filter::ReplacePrefix("/".to_owned())])
        }
        "addPrefix" => {
            let before = text("prefix")?.trim_end_matches('/');
            let below = prefix().filter(|_| alike())?;
            Some(vec![Filter::ReplacePrefix(format!("{before}{below}"))])
        }
        "replacePath" => Some(vec![Filter::ReplacePath(text("path")?.to_owned())]),
        "headers" => headers(step),
        _ => None,
    }
}

/// Headers that are set to a text; those that answer questions of browsers are beyond the API.
fn headers(step: &Treatment) -> Option<Vec<Filter>> {
    let (mut set, mut remove) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for setting in &step.settings {
        let path: Vec<&str> = setting.path.iter().map(String::as_str).collect();
        let (of_answer, name, value) = match (path.as_slice(), &setting.value.value) {
            (["customRequestHeaders", name], SettingValue::Text(text)) => (0, *name, text.as_str()),
            (["customResponseHeaders", name], SettingValue::Text(text)) => (1, *name, text.as_str()),
            (["frameDeny"], SettingValue::Flag(true)) => (1, "X-Frame-Options", "DENY"),
            (["contentTypeNosniff"], SettingValue::Flag(true)) => (1, "X-Content-Type-Options", "nosniff"),
            (["browserXssFilter"], SettingValue::Flag(true)) => (1, "X-XSS-Protection", "1; mode=block"),
            (["customFrameOptionsValue"], SettingValue::Text(text)) => (1, "X-Frame-Options", text.as_str()),
            (["contentSecurityPolicy"], SettingValue::Text(text)) => (1, "Content-Security-Policy", text.as_str()),
            (["referrerPolicy"], SettingValue::Text(text)) => (1, "Referrer-Policy", text.as_str()),
            (["permissionsPolicy"], SettingValue::Text(text)) => (1, "Permissions-Policy", text.as_str()),
            _ => return None,
        };
        // An empty value takes a header away.
        let (set, remove) = (set.get_mut(of_answer)?, remove.get_mut(of_answer)?);
        if value.is_empty() {
            remove.push(name.to_owned());
        } else {
            set.push((name.to_owned(), value.to_owned()));
        }
    }
    let both = set.into_iter().zip(remove).zip([false, true]);
    let made = both.filter(|((set, remove), _)| !set.is_empty() || !remove.is_empty());
    Some(made.map(|((set, remove), of_answer)| Filter::Headers { of_answer, set, remove }).collect())
}
