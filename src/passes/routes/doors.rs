//! The doors of Traefik ("EntryPoints"): what they do to all that comes in by them joins the routers that it is led to. A router that
//! stands at doors which do different things becomes several routes.
//!
//! ```yaml
//! command: [--entrypoints.web.http.redirections.entrypoint.to=websecure, --entrypoints.websecure.http.tls.certresolver=le]
//! # the router `shop` of both doors: a route that is encrypted, and one that sends plain requests on to it
//! ```

use indexmap::IndexMap;

use super::blocks::{Block, Blocks};
use super::by_port::Outside;
use super::edge::Edge;
use super::traefik::{Shared, elsewhere, find_treatment, tls};
use super::{Maker, anything, fields, list, matches};
use crate::compose::grammar::rule;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Carries, Name, Route, RouteTls, Setting, SettingValue, Traced, Treatment, Why};
use crate::origin::Origin;

/// A door of Traefik.
#[derive(Clone, Default)]
pub(super) struct Door {
    /// The port of `:443`.
    port: Option<Traced<u16>>,
    /// Whether packets come in by it.
    is_udp: bool,
    /// Whether the router keeps it from the outside.
    is_inside: bool,
    /// Whether routers stand at it that name none.
    is_usual: bool,
    /// How what comes in is encrypted where the router says nothing.
    tls: Option<RouteTls>,
    /// Where all requests are sent on to.
    redirect: Option<Redirect>,
    /// What every request is treated with, by names as they are written.
    middlewares: Vec<Traced<String>>,
    /// Settings that no route says.
    others: Vec<String>,
}

/// Where a door sends all requests on to.
#[derive(Clone)]
struct Redirect {
    /// Another door, or its port.
    to: Traced<String>,
    scheme: String,
    is_permanent: bool,
    /// Routers of a higher one are asked first; by default there are none.
    priority: Option<i64>,
}

/// The doors of a router, by their names in lower case.
pub(super) fn read(edge: &Edge, outside: &Outside, path: &str, diags: &mut Diagnostics) -> IndexMap<String, Door> {
    let mut blocks: IndexMap<String, Block> = IndexMap::new();
    for (key, value) in &edge.flags {
        let Some((name, rest)) = key.strip_prefix("entrypoints.").and_then(|rest| rest.split_once('.')) else {
            continue;
        };
        let keys = rest.split('.').map(str::to_owned).collect();
        blocks.entry(name.to_owned()).or_default().settings.push((keys, value.clone()));
    }
    let acme = edge.v1_acme();
    let mut all: IndexMap<String, Door> =
        blocks.into_iter().map(|(name, block)| (name, door(block, acme.as_ref(), path, diags))).collect();
    for (key, value) in &edge.flags {
        if let Some(name) = key.strip_prefix("v1.") {
            all.insert(name.to_owned(), door(of_version_1(value), acme.as_ref(), path, diags));
        }
    }
    for door in all.values_mut() {
        door.is_inside = door.port.as_ref().is_some_and(|port| !outside.is_open(port.value));
    }
    all
}

/// `Name:http Address::80 Redirect.EntryPoint:https TLS` as settings.
fn of_version_1(value: &Traced<String>) -> Block {
    let mut block = Block::default();
    for word in value.value.split_whitespace() {
        let (key, text) = word.split_once(':').unwrap_or((word, "true"));
        let key = key.split('.').map(str::to_owned).collect();
        block.settings.push((key, Traced { value: text.to_owned(), why: value.why.clone() }));
    }
    block
}

fn door(mut block: Block, acme: Option<&Traced<String>>, path: &str, diags: &mut Diagnostics) -> Door {
    let mut door = Door::default();
    if let Some(address) = block.take("address") {
        let (place, protocol) = address.value.split_once('/').unwrap_or((&address.value, "tcp"));
        door.is_udp = protocol.eq_ignore_ascii_case("udp");
        let port = place.rsplit(':').next().and_then(|port| port.parse().ok());
        door.port = port.map(|port| Traced { value: port, why: address.why.clone() });
    }
    door.is_usual = block.take("asdefault").is_some_and(|said| fields::flag(&said.value) == Some(true));
    let mut http = Block { called: String::new(), settings: block.take_below("http") };
    door.tls = tls(&mut http, &Carries::Http, path, diags);
    door.middlewares = list(http.take("middlewares"));
    if let Some(to) = http.take("redirections.entrypoint.to") {
        let text = |http: &mut Block, key: &str| http.take(&format!("redirections.entrypoint.{key}"));
        door.redirect = Some(Redirect {
            to,
            scheme: text(&mut http, "scheme").map_or_else(|| "https".to_owned(), |scheme| scheme.value),
            is_permanent: text(&mut http, "permanent").is_none_or(|said| fields::flag(&said.value) != Some(false)),
            priority: text(&mut http, "priority").and_then(|said| said.value.trim().parse().ok()),
        });
    }
    // Version 1.
    if let Some(to) = block.take("redirect.entrypoint") {
        let is_permanent = block.take("redirect.permanent").is_some_and(|said| fields::flag(&said.value) == Some(true));
        let scheme = if to.value.to_ascii_lowercase().contains("http") && !to.value.contains("https") {
            "http"
        } else {
            "https"
        };
        door.redirect = Some(Redirect { to, scheme: scheme.to_owned(), is_permanent, priority: None });
    }
    let said = block.take("tls").into_iter().chain(block.take_below("tls").into_iter().map(|(_, value)| value)).next();
    if let Some(said) = said {
        door.tls = Some(RouteTls { resolver: acme.cloned(), ..RouteTls::plain(said.why) });
    }
    let of_http = http.settings.iter().map(|(keys, _)| format!("http.{}", keys.join(".")));
    let others = block
        .settings
        .iter()
        .map(|(keys, _)| keys.join("."))
        .filter(|key| !key.eq_ignore_ascii_case("name"))
        .chain(of_http);
    door.others = others.filter(|key| !key.starts_with("observability.")).collect();
    door
}

/// What the doors are told and no route says, each below its door.
pub(super) fn unsaid(doors: &IndexMap<String, Door>) -> Vec<String> {
    doors.iter().flat_map(|(name, door)| door.others.iter().map(move |key| format!("{name}.{key}"))).collect()
}

/// The names by which people call the door of encrypted requests, where the router itself is not part of the project.
const ENCRYPTED: &[&str] = &["websecure", "https", "web-secure", "web_secure", "secure"];

/// The doors at which routers stand that name none.
pub(super) fn usual(maker: &Maker<'_>) -> Vec<String> {
    if let Some(said) = &maker.v1_entry_points {
        return list(Some(said.clone())).into_iter().map(|door| door.value.to_ascii_lowercase()).collect();
    }
    let doors = || maker.doors.iter().filter(|(_, door)| !door.is_udp);
    let said: Vec<String> = doors().filter(|(_, door)| door.is_usual).map(|(name, _)| name.clone()).collect();
    if !said.is_empty() {
        return said;
    }
    // That of the dashboard is for what asks for it.
    doors().map(|(name, _)| name.clone()).filter(|name| name != "traefik").collect()
}

/// What comes in alike.
struct Part {
    doors: Vec<Traced<String>>,
    tls: Option<RouteTls>,
    middlewares: Vec<Traced<String>>,
}

/// A router on the labels of the edge router itself that sends on what no other router answers: the older way to say what a door does.
pub(super) struct CatchAll {
    doors: Vec<Traced<String>>,
    redirect: Redirect,
}

/// The first of these routers.
pub(super) fn catch_all(blocks: &Blocks, shared: &Shared, treatments: &[Treatment]) -> Option<CatchAll> {
    let asks_nothing = |text: &Traced<String>| {
        let found = rule::parse(&text.value).and_then(|rule| matches::of(&rule, &text.why)).unwrap_or_default();
        found.first() == Some(&anything(&text.why))
    };
    blocks.http.routers.values().find_map(|block| {
        let said = |key: &str| {
            let mut all = block.settings.iter().filter(|(keys, _)| keys.join(".").eq_ignore_ascii_case(key));
            all.next().map(|(_, value)| value.clone())
        };
        said("rule").filter(asks_nothing)?;
        let redirect = list(said("middlewares")).into_iter().find_map(|step| {
            let name = find_treatment(shared, Carries::Http, &step.value)?;
            let treatment = treatments.iter().find(|treatment| treatment.name == name)?;
            let says = |key: &str, value: &SettingValue| {
                treatment.settings.iter().any(|setting| setting.path == [key] && setting.value.value == *value)
            };
            let scheme = "https".to_owned();
            let is_it = treatment.kind == "redirectScheme" && says("scheme", &SettingValue::Text(scheme.clone()));
            is_it.then(|| Redirect {
                to: Traced { value: scheme.clone(), why: step.why },
                scheme,
                is_permanent: says("permanent", &SettingValue::Flag(true)),
                priority: None,
            })
        })?;
        Some(CatchAll { doors: list(said("entrypoints")), redirect })
    })
}

/// The routes that a router becomes, once it is known what its doors do, and what sends on to it.
pub(super) fn enter(route: Route, shared: &Shared, maker: &mut Maker<'_>) -> Vec<Route> {
    let plain = route.clone();
    let mut made = by_doors(route, shared, maker);
    let is_encrypted = plain.carries == Carries::Http && made.iter().any(|one| one.tls.is_some());
    if let Some(CatchAll { doors, redirect }) = maker.catch_all.take() {
        let stands = |door: &Traced<String>| {
            let is_it = |own: &Traced<String>| own.value.eq_ignore_ascii_case(&door.value);
            plain.entry_points.is_empty() || plain.entry_points.iter().any(is_it)
        };
        for door in doors.iter().filter(|door| is_encrypted && !stands(door)) {
            made.push(sent_on(&plain, door.clone(), &redirect, maker));
        }
        maker.catch_all = Some(CatchAll { doors, redirect });
    }
    made
}

fn by_doors(mut route: Route, shared: &Shared, maker: &mut Maker<'_>) -> Vec<Route> {
    if maker.doors.is_empty() {
        guess(&mut route);
        return vec![route];
    }
    let said = &route.entry_points;
    route.outside = said.iter().filter_map(|door| known(maker, door)?.port.clone()).next();
    if route.carries != Carries::Http {
        return vec![route];
    }
    let named: Vec<Traced<String>> = if said.is_empty() {
        usual(maker).into_iter().map(|value| Traced { value, why: route.why.clone() }).collect()
    } else {
        said.clone()
    };
    if named.is_empty() {
        return vec![route];
    }
    let is_inside = |door: &Traced<String>| maker.closes && known(maker, door).is_some_and(|door| door.is_inside);
    let named: Vec<Traced<String>> = named.into_iter().filter(|door| !is_inside(door)).collect();
    if named.is_empty() {
        maker.inside.push(route);
        return Vec::new();
    }
    let (mut parts, sent_on) = parts(named, &route, maker);
    if parts.is_empty() {
        maker.away.push(route.clone());
    } else {
        maker.reached.extend(route.matches.iter().map(|found| found.host.clone()));
    }
    let is_whole = parts.len() < 2 && sent_on.is_empty();
    // What is encrypted has the router's own name.
    parts.sort_by_key(|part| part.tls.is_none());
    let mut made = Vec::new();
    for part in parts {
        let mut one = route.clone();
        if !made.is_empty() {
            let door = part.doors.first().map(|door| door.value.as_str()).unwrap_or_default();
            one.name = maker.route_name(&format!("{}-{door}", route.name));
        }
        if !is_whole {
            one.entry_points = part.doors;
        }
        one.tls = part.tls;
        let before = part.middlewares.into_iter().map(|step| self::step(&step, shared, maker));
        one.steps = before.collect::<Vec<_>>().into_iter().chain(one.steps).collect();
        made.push(one);
    }
    made.extend(sent_on.into_iter().map(|(door, redirect)| self::sent_on(&route, door, &redirect, maker)));
    made
}

/// The doors that let a router's requests in, those alike together, and those that send them on.
fn parts(named: Vec<Traced<String>>, route: &Route, maker: &Maker<'_>) -> (Vec<Part>, Vec<(Traced<String>, Redirect)>) {
    let (mut parts, mut sent_on): (Vec<Part>, Vec<_>) = (Vec::new(), Vec::new());
    for door in named {
        let known = known(maker, &door).cloned().unwrap_or_default();
        if let Some(redirect) = known.redirect.filter(|redirect| redirect.is_asked_before(route)) {
            sent_on.push((door, redirect));
            continue;
        }
        let tls = route.tls.clone().or(known.tls);
        let alike = |part: &&mut Part| {
            resolver(part.tls.as_ref()) == resolver(tls.as_ref())
                && values(&part.middlewares) == values(&known.middlewares)
        };
        match parts.iter_mut().find(alike) {
            Some(part) => part.doors.push(door),
            None => parts.push(Part { doors: vec![door], tls, middlewares: known.middlewares }),
        }
    }
    (parts, sent_on)
}

fn known<'m>(maker: &'m Maker<'_>, door: &Traced<String>) -> Option<&'m Door> {
    maker.doors.get(&door.value.to_ascii_lowercase())
}

fn values(all: &[Traced<String>]) -> Vec<&str> {
    all.iter().map(|one| one.value.as_str()).collect()
}

/// Whether it is encrypted, and who makes certificates.
fn resolver(tls: Option<&RouteTls>) -> Option<Option<&str>> {
    tls.map(|tls| tls.resolver.as_ref().map(|resolver| resolver.value.as_str()))
}

/// What the name of its door says of a route.
fn guess(route: &mut Route) {
    let is_plain = route.carries == Carries::Http && route.tls.is_none();
    let door = route.entry_points.iter().find(|door| ENCRYPTED.contains(&door.value.to_ascii_lowercase().as_str()));
    if let (true, Some(door)) = (is_plain, door) {
        route.tls = Some(RouteTls::plain(door.why.clone()));
    }
}

/// A middleware of a door, as routes name it.
fn step(step: &Traced<String>, shared: &Shared, maker: &mut Maker<'_>) -> Traced<String> {
    let name = find_treatment(shared, Carries::Http, &step.value)
        .unwrap_or_else(|| elsewhere(step, Carries::Http, &mut maker.elsewhere));
    Traced { value: name.to_string(), why: step.why.clone() }
}

impl Redirect {
    /// Traefik asks the longer rule first, unless a priority is said; what a door sends on comes before all.
    fn is_asked_before(&self, route: &Route) -> bool {
        let length = || route.rule.as_ref().map_or(0, |rule| i64::try_from(rule.value.len()).unwrap_or(i64::MAX));
        let own = route.priority.as_ref().map_or_else(length, |priority| priority.value);
        self.priority.is_none_or(|priority| priority > own)
    }
}

/// What a door makes of the requests that a router would answer: they are sent on.
fn sent_on(route: &Route, door: Traced<String>, redirect: &Redirect, maker: &mut Maker<'_>) -> Route {
    let to = redirect.to.value.trim_start_matches(':');
    let name = Name::from_text(&format!("{}-to-{to}", door.value));
    let why = &redirect.to.why;
    if !maker.elsewhere.iter().any(|known| known.name == name) {
        let setting = |key: &str, value: SettingValue| Setting::at(&[key], value, why.clone());
        maker.elsewhere.push(Treatment {
            name: name.clone(),
            called: door.value.clone(),
            carries: Carries::Http,
            kind: "redirectScheme".to_owned(),
            settings: vec![
                setting("scheme", SettingValue::Text(redirect.scheme.clone())),
                setting("permanent", SettingValue::Flag(redirect.is_permanent)),
            ],
            why: why.clone(),
        });
    }
    let places: Vec<Origin> = route.why.origins().iter().chain(why.origins()).copied().collect();
    Route {
        name: maker.route_name(&format!("{}-{}", route.name, door.value)),
        called: format!("the entry point `{}` of {}", door.value, route.called),
        entry_points: vec![door],
        tls: None,
        backend: Vec::new(),
        steps: vec![Traced { value: name.to_string(), why: why.clone() }],
        priority: None,
        why: Why::Origins(places),
        ..route.clone()
    }
}

/// Says of routers at doors that nobody reaches from outside that they have no route.
pub(super) fn inside(maker: &mut Maker<'_>, diags: &mut Diagnostics) {
    for route in std::mem::take(&mut maker.inside) {
        let Some(place) = route.why.origins().first() else { continue };
        let door = route.entry_points.first().map(|door| door.value.as_str()).unwrap_or_default();
        diags.push(
            Diagnostic::new(Code::RouteInside, *place, format!("{} is not reached from outside", route.called))
                .label(format!("the router does not publish the port of the entry point `{door}`"))
                .why("a route of the cluster would open it to everybody")
                .help("publish that port to have a route; services of the cluster dial the service by its own name")
                .key(route.written_at.clone())
                .covers(route.matches.iter().flat_map(|found| found.why.origins()).copied())
                .covers(route.steps.iter().flat_map(|step| step.why.origins()).copied()),
        );
    }
}

/// Says of routers whose requests are all sent on that nobody answers them there.
pub(super) fn away(maker: &mut Maker<'_>, diags: &mut Diagnostics) {
    for route in std::mem::take(&mut maker.away) {
        let is_answered = route.matches.iter().all(|found| maker.reached.contains(&found.host));
        let Some(place) = route.why.origins().first().filter(|_| !is_answered) else { continue };
        let door = route.entry_points.first().map(|door| door.value.as_str()).unwrap_or_default();
        diags.push(
            Diagnostic::new(Code::RouteSentAway, *place, format!("no request reaches {}", route.called))
                .label(format!("the entry point `{door}` sends all requests on"))
                .why("where they are sent on to, no router answers its hosts")
                .help("name the entry point that they are sent on to in the label `entrypoints`")
                .key(route.written_at.clone()),
        );
    }
}
