//! Traefik 1 (v1.7, "Docker provider"): `traefik.frontend.rule`, `traefik.port` and their like, and segments for services with several
//! ports: `traefik.SEGMENT.port`.

use indexmap::IndexMap;

use super::traefik::unknown;
use super::{Maker, anything, fields, list, matches};
use crate::compose::grammar::rule::v1::{self, Change};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Carries, Route, RouteMatch, RouteTls, RouterLabel, Setting, SettingValue, Traced, Treatment, Why};
use crate::origin::Origin;

/// What a label of version 1 speaks of.
const TOPICS: &[&str] = &["port", "protocol", "weight", "domain", "backend", "frontend"];

/// The labels of one segment, by their keys in lower case without it.
pub(super) type Segment = Vec<(String, Traced<String>)>;

/// Takes labels of version 1 out, by segments; the first one has no name.
pub(super) fn segments(others: &mut Vec<RouterLabel>) -> IndexMap<String, Segment> {
    let mut all: IndexMap<String, Segment> = IndexMap::new();
    let is_topic = |part: &str| TOPICS.iter().any(|topic| topic.eq_ignore_ascii_case(part));
    for label in std::mem::take(others) {
        let parts: Vec<&str> = label.key.split('.').skip(1).collect();
        let (segment, rest) = match parts.as_slice() {
            [first, ..] if is_topic(first) => ("", parts.get(0..)),
            [segment, topic, ..] if is_topic(topic) => (*segment, parts.get(1..)),
            _ => {
                others.push(label);
                continue;
            }
        };
        let key = rest.unwrap_or_default().join(".");
        all.entry(segment.to_owned()).or_default().push((key, label.value));
    }
    all
}

/// Takes a setting out.
fn take(segment: &mut Segment, key: &str) -> Option<Traced<String>> {
    let place = segment.iter().position(|(known, _)| known.eq_ignore_ascii_case(key))?;
    Some(segment.remove(place).1)
}

/// The routes of one service, with what is done on their way. Segments have what the labels without one say, too.
pub(super) fn routes(
    segments: IndexMap<String, Segment>,
    (service, path): (&str, &str),
    maker: &mut Maker<'_>,
    diags: &mut Diagnostics,
) -> Vec<(Route, Vec<Treatment>)> {
    let base = segments.get("").cloned().unwrap_or_default();
    let has_segments = segments.len() > usize::from(!base.is_empty());
    let mut made = Vec::new();
    for (name, own) in segments {
        if name.is_empty() && has_segments {
            for place in own.iter().flat_map(|(_, value)| value.why.origins()) {
                diags.consume(*place, "holds for the segments of the service");
            }
            continue;
        }
        let mut segment = own;
        for (key, value) in base.iter().filter(|_| !name.is_empty()) {
            if !segment.iter().any(|(known, _)| known.eq_ignore_ascii_case(key)) {
                segment.push((key.clone(), value.clone()));
            }
        }
        let called = if name.is_empty() { service.to_owned() } else { format!("{service}-{name}") };
        let Some((route, steps, away)) = route(segment, &called, (service, path), maker, diags) else { continue };
        match away {
            Some(door) => made.extend(sent_on(route, steps, &door, maker)),
            None => made.push((route, steps)),
        }
    }
    made
}

/// The name that version 1 gives the door of plain requests.
const PLAIN: &str = "http";

/// A frontend that sends requests on to a door: it answers at that door, and sends on what comes in by the others.
fn sent_on(
    mut route: Route,
    steps: Vec<Treatment>,
    door: &Traced<String>,
    maker: &mut Maker<'_>,
) -> Vec<(Route, Vec<Treatment>)> {
    let named = |value: &str| Traced { value: value.to_owned(), why: door.why.clone() };
    let mut doors = route.entry_points.clone();
    if doors.is_empty() {
        doors = super::doors::usual(maker).iter().map(|name| named(name)).collect();
    }
    if doors.is_empty() {
        doors = vec![named(PLAIN), door.clone()];
    }
    let (own, others): (Vec<_>, Vec<_>) =
        doors.into_iter().partition(|known| known.value.eq_ignore_ascii_case(door.value.trim()));
    if own.is_empty() {
        return vec![(route, steps)];
    }
    let is_redirect = |step: &Traced<String>| {
        steps.iter().any(|known| known.kind == "redirectScheme" && known.name.as_str() == step.value)
    };
    let (redirects, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut route.steps).into_iter().partition(is_redirect);
    let answers = Route {
        tls: route.tls.clone().or_else(|| encrypted(&own, maker, &route.why)),
        entry_points: own,
        steps: rest,
        ..route.clone()
    };
    let Some(first) = others.first().map(|door| door.value.clone()) else { return vec![(answers, steps)] };
    let redirects = Route {
        name: maker.route_name(&format!("{}-{first}", route.name)),
        called: format!("the entry point `{first}` of {}", route.called),
        tls: None,
        entry_points: others,
        steps: redirects,
        ..route
    };
    vec![(answers, steps), (redirects, Vec::new())]
}

fn route(
    mut segment: Segment,
    called: &str,
    (service, path): (&str, &str),
    maker: &mut Maker<'_>,
    diags: &mut Diagnostics,
) -> Option<(Route, Vec<Treatment>, Option<Traced<String>>)> {
    let places: Vec<Origin> = segment.iter().flat_map(|(_, value)| value.why.origins()).copied().collect();
    places.iter().for_each(|place| diags.consume(*place, "read for the route"));
    let why = Why::Origins(places);
    let domain = take(&mut segment, "domain").or_else(|| maker.v1_domain.clone());
    let rule = take(&mut segment, "frontend.rule");
    let (found, changes) = match read(rule.as_ref(), domain.as_ref(), service, maker, &why) {
        Ok(read) => read,
        Err(message) => {
            let place = rule.iter().chain(&domain).flat_map(|text| text.why.origins()).chain(why.origins()).next();
            unread(called, place.copied(), &message, path, diags);
            return None;
        }
    };
    let mut steps = Steps { called, why: &why, made: Vec::new() };
    let away = treatments(&mut segment, &mut steps, path, diags);
    for change in changes {
        steps.change(change);
    }
    let port = take(&mut segment, "port").and_then(|port| super::port(&port, path, diags));
    let mut backend = backend(&mut segment);
    let entry_points = list(take(&mut segment, "frontend.entryPoints"));
    let priority = take(&mut segment, "frontend.priority")
        .and_then(|text| Some(Traced { value: text.value.trim().parse().ok()?, why: text.why }));
    for key in ["weight", "backend", "backend.loadbalancer.method", "backend.loadbalancer.swarm"] {
        take(&mut segment, key);
    }
    for (key, value) in segment {
        match key.to_ascii_lowercase().strip_prefix("backend.healthcheck.") {
            Some(rest) => backend.push(Setting::at(&["healthCheck", rest], SettingValue::Text(value.value), value.why)),
            None => unknown(&format!("nothing becomes of `{key}`"), &value, path, diags),
        }
    }
    let tls = encrypted(&entry_points, maker, &why);
    let made: Vec<Treatment> = steps.made.into_iter().map(|treatment| named(treatment, maker)).collect();
    let (name, title) = (maker.route_name(called), format!("the frontend of `{called}`"));
    let steps = made.iter().map(Treatment::as_step).collect();
    let route = Route {
        entry_points,
        tls,
        port,
        backend,
        steps,
        priority,
        ..Route::plain(name, title, path.to_owned(), found, why)
    };
    Some((route, made, away))
}

/// Says of a rule that cannot be read that there is no route.
fn unread(called: &str, place: Option<Origin>, message: &str, path: &str, diags: &mut Diagnostics) {
    let Some(place) = place else { return };
    let title = format!("the frontend of `{called}` has no rule that can be read: {message}");
    diags.push(
        Diagnostic::new(Code::RouteRule, place, title)
            .label("no route is made of it")
            .help("write the rule as Host:example.com")
            .key(path),
    );
}

/// How the frontend speaks to the service.
fn backend(segment: &mut Segment) -> Vec<Setting> {
    let mut backend = Vec::new();
    if let Some(scheme) = take(segment, "protocol") {
        backend.push(Setting::at(&["server", "scheme"], SettingValue::Text(scheme.value), scheme.why));
    }
    if let Some(pass) = take(segment, "frontend.passHostHeader") {
        let flag = fields::flag(&pass.value).unwrap_or(true);
        backend.push(Setting::at(&["passHostHeader"], SettingValue::Flag(flag), pass.why));
    }
    for key in
        ["backend.loadbalancer.sticky", "backend.loadbalancer.stickiness", "backend.loadbalancer.stickiness.cookieName"]
    {
        if let Some(sticky) = take(segment, key) {
            let is_on = fields::flag(&sticky.value) != Some(false);
            backend.push(Setting::at(&["sticky", "cookie"], SettingValue::Flag(is_on), sticky.why));
        }
    }
    backend
}

fn named(treatment: Treatment, maker: &mut Maker<'_>) -> Treatment {
    Treatment { name: maker.treatment_name(&treatment.called), ..treatment }
}

/// What the rule asks for: the host that is called like the service where there is none.
fn read(
    rule: Option<&Traced<String>>,
    domain: Option<&Traced<String>>,
    service: &str,
    maker: &Maker<'_>,
    why: &Why,
) -> Result<(Vec<RouteMatch>, Vec<Change>), String> {
    let Some(rule) = rule else {
        let domain = domain.ok_or("there is none, and no domain for hosts")?;
        let name =
            if maker.swarm { format!("{}-{service}", maker.project) } else { format!("{service}.{}", maker.project) };
        let host = format!("Host:{name}.{}", domain.value).replace('_', "-");
        return read(Some(&Traced { value: host, why: why.clone() }), None, service, maker, why);
    };
    let read = v1::parse(&rule.value)?;
    let found = match &read.rule {
        Some(tests) => matches::of(tests, &rule.why)?,
        None => vec![anything(&rule.why)],
    };
    Ok((found, read.changes))
}

/// Whether requests come in by an encrypted door, and who makes the certificates, where the doors themselves are not known.
fn encrypted(entry_points: &[Traced<String>], maker: &Maker<'_>, why: &Why) -> Option<RouteTls> {
    if !maker.doors.is_empty() {
        return None;
    }
    let is_https = |name: &str| name.eq_ignore_ascii_case("https");
    let by_default =
        maker.v1_entry_points.as_ref().filter(|doors| entry_points.is_empty() && doors.value.split(',').any(is_https));
    let door = entry_points.iter().find(|door| is_https(&door.value));
    let why = door.map(|door| door.why.clone()).or_else(|| by_default.map(|_| why.clone()))?;
    let resolver = maker.v1_acme.clone();
    Some(RouteTls { resolver, ..RouteTls::plain(why) })
}

/// What is done on the way, each under a name of the frontend's.
struct Steps<'a> {
    called: &'a str,
    why: &'a Why,
    made: Vec<Treatment>,
}

impl Steps<'_> {
    fn add(&mut self, kind: &str, setting: Setting) {
        if let Some(known) = self.made.iter_mut().find(|treatment| treatment.kind == kind) {
            known.settings.push(setting);
            return;
        }
        let called = format!("{}-{}", self.called, kind.to_ascii_lowercase());
        self.made.push(Treatment {
            name: crate::ir::Name::from_text(&called),
            called,
            carries: Carries::Http,
            kind: kind.to_owned(),
            why: setting.value.why.clone(),
            settings: vec![setting],
        });
    }

    fn change(&mut self, change: Change) {
        let why = self.why.clone();
        let text = |key: &str, text: String| Setting::at(&[key], SettingValue::Text(text), why.clone());
        match change {
            Change::StripPrefix(prefixes) => {
                self.add("stripPrefix", Setting::at(&["prefixes"], SettingValue::List(prefixes), why.clone()));
            }
            Change::StripPrefixLike(regexes) => {
                self.add("stripPrefixRegex", Setting::at(&["regex"], SettingValue::List(regexes), why.clone()));
            }
            Change::AddPrefix(prefix) => self.add("addPrefix", text("prefix", prefix)),
            Change::Replace(path) => self.add("replacePath", text("path", path)),
            Change::ReplaceLike(regex, replacement) => {
                self.add("replacePathRegex", text("regex", regex));
                self.add("replacePathRegex", text("replacement", replacement));
            }
        }
    }
}

/// Settings of frontends and what they are called since.
const SINCE: &[(&str, &str, &[&str])] = &[
    ("frontend.auth.basic", "basicAuth", &["users"]),
    ("frontend.auth.basic.users", "basicAuth", &["users"]),
    ("frontend.auth.basic.usersFile", "basicAuth", &["usersFile"]),
    ("frontend.auth.basic.removeHeader", "basicAuth", &["removeHeader"]),
    ("frontend.auth.digest.users", "digestAuth", &["users"]),
    ("frontend.auth.digest.removeHeader", "digestAuth", &["removeHeader"]),
    ("frontend.auth.headerField", "basicAuth", &["headerField"]),
    ("frontend.auth.forward.address", "forwardAuth", &["address"]),
    ("frontend.auth.forward.trustForwardHeader", "forwardAuth", &["trustForwardHeader"]),
    ("frontend.auth.forward.authResponseHeaders", "forwardAuth", &["authResponseHeaders"]),
    ("frontend.whiteList.sourceRange", "ipAllowList", &["sourceRange"]),
    ("frontend.whitelistSourceRange", "ipAllowList", &["sourceRange"]),
    ("frontend.redirect.regex", "redirectRegex", &["regex"]),
    ("frontend.redirect.replacement", "redirectRegex", &["replacement"]),
    ("backend.circuitbreaker.expression", "circuitBreaker", &["expression"]),
    ("backend.circuitbreaker", "circuitBreaker", &["expression"]),
    ("backend.maxconn.amount", "inFlightReq", &["amount"]),
    ("backend.buffering.maxRequestBodyBytes", "buffering", &["maxRequestBodyBytes"]),
];

/// Takes what is done on the way out, and gives the door that requests are sent on to.
fn treatments(
    segment: &mut Segment,
    steps: &mut Steps<'_>,
    path: &str,
    diags: &mut Diagnostics,
) -> Option<Traced<String>> {
    let mut keep = |root: &str, below: &[&str], value: Traced<String>, steps: &mut Steps<'_>| {
        let below: Vec<String> = below.iter().map(|part| (*part).to_owned()).collect();
        let why = value.why.clone();
        match fields::setting(root, &below, value) {
            Ok(setting) => steps.add(root, setting),
            Err(message) => unknown(&message, &Traced { value: String::new(), why }, path, diags),
        }
    };
    for (old, kind, below) in SINCE {
        if let Some(value) = take(segment, old) {
            keep(kind, below, value, steps);
        }
    }
    let permanent = take(segment, "frontend.redirect.permanent");
    let away = take(segment, "frontend.redirect.entryPoint");
    if let Some(door) = &away {
        // Where both are written, version 1 reads this alone; the other one was consumed.
        steps.made.retain(|made| made.kind != "redirectRegex");
        let scheme = if door.value.to_ascii_lowercase().contains("https") { "https" } else { "http" };
        keep("redirectScheme", &["scheme"], Traced { value: scheme.to_owned(), why: door.why.clone() }, steps);
    }
    if let Some(permanent) = permanent {
        let kind =
            if steps.made.iter().any(|made| made.kind == "redirectRegex") { "redirectRegex" } else { "redirectScheme" };
        keep(kind, &["permanent"], permanent, steps);
    }
    let is_header = |key: &str| key.to_ascii_lowercase().starts_with("frontend.headers.");
    let (headers, others) = std::mem::take(segment).into_iter().partition(|(key, _)| is_header(key));
    *segment = others;
    let headers: Segment = headers;
    for (key, value) in headers {
        let name = key.splitn(3, '.').nth(2).unwrap_or_default();
        let is_map = ["customRequestHeaders", "customResponseHeaders", "sslProxyHeaders"]
            .iter()
            .any(|map| map.eq_ignore_ascii_case(name));
        if !is_map {
            keep("headers", &[name], value, steps);
            continue;
        }
        // `Name:value||Name:value`.
        for pair in value.value.split("||") {
            let (header, text) = pair.split_once(':').unwrap_or((pair, ""));
            let text = Traced { value: text.trim().to_owned(), why: value.why.clone() };
            keep("headers", &[name, header.trim()], text, steps);
        }
    }
    away
}
