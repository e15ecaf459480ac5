//! What routers are told about services becomes routes (design 4.3): labels of Traefik, caddy and others, variables of nginx-proxy. The
//! router itself is left out where it asks a Docker engine, which is not there.
//!
//! ```yaml
//! labels: { traefik.http.routers.shop.rule: Host(`shop.example.com`), traefik.http.routers.shop.tls: "true" }
//! # a Route: host shop.example.com, encrypted, to the port of this service
//! ```

mod blocks;
mod by_port;
mod caddy;
mod constraints;
mod doors;
mod edge;
mod families;
mod fields;
mod files;
mod labels;
mod matches;
mod nginx_proxy;
mod told;
mod traefik;
mod traefik_v1;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::compose::Dialect;
use crate::compose::grammar::rule;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    App, Carries, Name, Port, Protocol, Route, RouteHost, RouteMatch, RoutePath, RouterLabel, Setting, Traced,
    Treatment, Why,
};
use crate::lower::Context;
use crate::origin::Origin;
use crate::request::Routes;
use by_port::Outside;
use doors::{CatchAll, Door};
use edge::{Brand, Edge};
use labels::take;
pub(super) use matches::is_dns;
use told::Told;

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let mut edges = edge::find(app, context);
    let mut maker = Maker::new(app, context, &edges, diags);
    if context.request.routes != Routes::None {
        let files = told::read(&mut edges, app, diags);
        traefik(app, context, (&edges, files), &mut maker, diags);
        others(app, context, &edges, &mut maker, diags);
    }
    if context.request.routes == Routes::Ingress {
        by_port::settle(app, &edges, diags);
    }
    for workload in &mut app.workloads {
        for route in &workload.routes {
            listen(&mut workload.ports, route);
        }
    }
    if !context.request.keep_router {
        let unsaid = doors::unsaid(&maker.doors);
        edge::leave_out(app, &edges, &unsaid, diags);
    }
}

/// What names and rules routes are given.
struct Maker<'a> {
    project: &'a str,
    swarm: bool,
    taken: BTreeSet<Name>,
    treatments: BTreeSet<Name>,
    /// Middlewares that are named and not defined here.
    elsewhere: Vec<Treatment>,
    services: Vec<String>,
    default_rule: Option<Traced<String>>,
    doors: IndexMap<String, Door>,
    /// Hosts that some route leads on.
    reached: BTreeSet<RouteHost>,
    /// Whether what is reached inside of the project alone has no route; Traefik's own resources keep its door.
    closes: bool,
    /// What sends on all that is not encrypted.
    catch_all: Option<CatchAll>,
    /// Routers at doors that are kept from the outside.
    inside: Vec<Route>,
    /// Routers at whose doors all requests are sent on.
    away: Vec<Route>,
    /// The domain of hosts, the usual doors and the maker of certificates of version 1.
    v1_domain: Option<Traced<String>>,
    v1_entry_points: Option<Traced<String>>,
    v1_acme: Option<Traced<String>>,
}

impl<'a> Maker<'a> {
    fn new(app: &App, context: &'a Context<'_>, edges: &[Edge], diags: &mut Diagnostics) -> Self {
        let traefik = edges.iter().find(|edge| edge.brand == Brand::Traefik);
        let doors = traefik.map(|edge| {
            let service = app.workloads.get(edge.index).map(|workload| workload.service.as_str()).unwrap_or_default();
            let outside = app.workloads.get(edge.index).map(Outside::of).unwrap_or_default();
            doors::read(edge, &outside, &format!("services.{service}.command"), diags)
        });
        Maker {
            project: context.loaded.name.value.as_str(),
            swarm: context.dialect() == Dialect::Swarm,
            taken: app.workloads.iter().flat_map(|workload| &workload.routes).map(|route| route.name.clone()).collect(),
            treatments: BTreeSet::new(),
            elsewhere: Vec::new(),
            services: app.workloads.iter().map(|workload| workload.service.clone()).collect(),
            default_rule: traefik.and_then(|edge| edge.default_rule().cloned()),
            doors: doors.unwrap_or_default(),
            reached: BTreeSet::new(),
            closes: context.request.routes != Routes::Traefik,
            catch_all: None,
            inside: Vec::new(),
            away: Vec::new(),
            v1_domain: traefik.and_then(|edge| edge.flags.get("docker.domain").cloned()),
            v1_entry_points: traefik.and_then(Edge::v1_entry_points),
            v1_acme: traefik.and_then(Edge::v1_acme),
        }
    }

    /// The path of a service's labels.
    fn path(&self, app: &App, index: usize) -> String {
        let service = app.workloads.get(index).map(|workload| workload.service.as_str()).unwrap_or_default();
        format!("services.{service}.labels")
    }

    fn route_name(&mut self, written: &str) -> Name {
        free(&mut self.taken, written)
    }

    fn treatment_name(&mut self, written: &str) -> Name {
        free(&mut self.treatments, written)
    }

    /// What is done on the way to one service, named after both.
    fn treatment(&mut self, service: &str, kind: &str, settings: Vec<Setting>, why: &Why) -> Treatment {
        let called = format!("{service}-{}", kind.to_ascii_lowercase());
        let name = self.treatment_name(&called);
        Treatment { name, called, carries: Carries::Http, kind: kind.to_owned(), settings, why: why.clone() }
    }

    /// The rule of a service that states none: Traefik asks for the host that is called like the service in its project.
    fn default_rule(&self, index: usize) -> Option<(Traced<String>, Vec<RouteMatch>)> {
        let service = self.services.get(index)?;
        let name =
            if self.swarm { format!("{}_{service}", self.project) } else { format!("{service}-{}", self.project) };
        let normal = name.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let usual = || Traced::decided("Host(`{{ normalize .Name }}`)".to_owned(), "traefik-default-rule");
        let template = self.default_rule.clone().unwrap_or_else(usual);
        let mut text = String::new();
        let mut rest = template.value.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            let (action, behind) = after.split_once("}}")?;
            text.push_str(before);
            let action = action.replace(['"', '`', '(', ')'], " ");
            let words: Vec<&str> = action.split_whitespace().collect();
            text.push_str(match words.as_slice() {
                ["normalize", ".Name"] | [".Name", "|", "normalize"] => &normal,
                [".Name"] | ["trimPrefix", "/", ".Name"] => &name,
                ["index", ".Labels", "com.docker.compose.service"]
                | [_, "index", ".Labels", "com.docker.compose.service"] => service,
                _ => return None,
            });
            rest = behind;
        }
        text.push_str(rest);
        let found = matches::of(&rule::parse(&text).ok()?, &template.why).ok()?;
        Some((Traced { value: text, why: template.why }, found))
    }
}

/// A name that no other one has yet.
fn free(taken: &mut BTreeSet<Name>, written: &str) -> Name {
    Name::from_text(written).first_free(|name| taken.insert(name.clone()))
}

/// The port of a container that a router is told.
fn port(written: &Traced<String>, path: &str, diags: &mut Diagnostics) -> Option<Traced<u16>> {
    match written.value.trim().parse().ok().filter(|port| *port > 0) {
        Some(port) => Some(Traced { value: port, why: written.why.clone() }),
        None => {
            traefik::unknown(&format!("`{}` is no port", written.value), written, path, diags);
            None
        }
    }
}

/// A list behind commas.
fn list(written: Option<Traced<String>>) -> Vec<Traced<String>> {
    let Some(Traced { value, why }) = written else { return Vec::new() };
    let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(|item| Traced { value: item.to_owned(), why: why.clone() }).collect()
}

/// What any request meets.
fn anything(why: &Why) -> RouteMatch {
    RouteMatch { host: RouteHost::Any, path: RoutePath::Any, tests: Vec::new(), why: why.clone() }
}

/// A port that a route leads to is one that the container listens on.
fn listen(ports: &mut Vec<Port>, route: &Route) {
    let Some(port) = &route.port else { return };
    let protocol = match route.carries {
        Carries::Http | Carries::Tcp => Protocol::Tcp,
        Carries::Udp => Protocol::Udp,
    };
    if !ports.iter().any(|known| known.number.value == port.value && known.protocol == protocol) {
        ports.push(Port::plain(port.clone(), protocol, true));
    }
}

/// Labels of Traefik become routes.
fn traefik(
    app: &mut App,
    context: &Context<'_>,
    (edges, mut files): (&[Edge], Vec<Told>),
    maker: &mut Maker<'_>,
    diags: &mut Diagnostics,
) {
    let edge = edges.iter().find(|edge| edge.brand == Brand::Traefik);
    let by_default = edge.is_none_or(Edge::exposes_by_default);
    let (mut all, old) = by_version(app, context.dialect(), edge, maker, diags);
    let shared = traefik::shared(app, &mut all, &mut files, maker, diags);
    told::users(app, context, edges);
    let own = edge.filter(|_| !context.request.keep_router).and_then(|edge| all.get(&edge.index));
    maker.catch_all = own.and_then(|blocks| doors::catch_all(blocks, &shared, &app.treatments));
    let leaves = |index: usize| !context.request.keep_router && edges.iter().any(|edge| edge.index == index);
    for (index, mut blocks) in all {
        let said = blocks.enable.as_ref().and_then(|enable| fields::flag(&enable.value));
        if !said.unwrap_or(by_default) || blocks.is_unseen {
            off(&blocks, app, index, diags);
        } else {
            if leaves(index) {
                // Its own routes lead to its dashboard, which goes with it; those to others stay.
                blocks.keep_routers(|carries, block| traefik::leads_away(carries, block, &shared, index));
                blocks.enable = None;
            }
            for (target, route) in traefik::routes(app, index, blocks, &shared, maker, diags) {
                enter(app, target, route, &shared, maker);
            }
        }
    }
    for file in files {
        for (target, route) in traefik::of_files(file, &shared, maker, diags) {
            enter(app, target, route, &shared, maker);
        }
    }
    for (index, segments) in old.into_iter().filter(|(index, _)| !leaves(*index)) {
        let service = maker.services.get(index).cloned().unwrap_or_default();
        let path = maker.path(app, index);
        for (route, steps) in traefik_v1::routes(segments, (&service, &path), maker, diags) {
            app.treatments.extend(steps);
            enter(app, index, route, &shared, maker);
        }
    }
    traefik::idle(app, &shared, diags);
    doors::away(maker, diags);
    doors::inside(maker, diags);
    traefik::add(app, std::mem::take(&mut maker.elsewhere));
    traefik::unused(app, diags);
}

/// The labels that Traefik reads, by workload: in the words of version 2 and later, and the segments of version 1.
fn by_version(
    app: &mut App,
    dialect: Dialect,
    edge: Option<&Edge>,
    maker: &Maker<'_>,
    diags: &mut Diagnostics,
) -> (BTreeMap<usize, blocks::Blocks>, BTreeMap<usize, IndexMap<String, traefik_v1::Segment>>) {
    let by_default = edge.is_none_or(Edge::exposes_by_default);
    let labels = take(app, dialect, |key| key.starts_with("traefik."), diags);
    let sorted = |labels: Vec<RouterLabel>| {
        let is_unseen = edge.is_some_and(|edge| !edge.sees(&labels));
        blocks::Blocks { is_unseen, ..blocks::sort(labels) }
    };
    let mut all: BTreeMap<usize, blocks::Blocks> =
        labels.into_iter().map(|(index, labels)| (index, sorted(labels))).collect();
    let mut old = BTreeMap::new();
    for (index, blocks) in &mut all {
        let segments = traefik_v1::segments(&mut blocks.others);
        let is_on = blocks.enable.as_ref().and_then(|enable| fields::flag(&enable.value)).unwrap_or(by_default);
        if !segments.is_empty() && is_on && !blocks.is_unseen {
            // What only says that it is to be routed is routed by these.
            blocks.is_old = true;
            old.insert(*index, segments);
        } else if let Some(place) = segments.values().flatten().flat_map(|(_, value)| value.why.origins()).next() {
            let places = segments.values().flatten().flat_map(|(_, value)| value.why.origins()).copied();
            passed_over(app, *index, *place, &Off::of(blocks), places.collect(), diags);
        }
        settle(app, *index, blocks, maker, diags);
    }
    (all, old)
}

/// Gives a workload what a router becomes at its doors.
fn enter(app: &mut App, target: usize, route: Route, shared: &traefik::Shared, maker: &mut Maker<'_>) {
    let made = doors::enter(route, shared, maker);
    if let Some(workload) = app.workloads.get_mut(target) {
        workload.routes.extend(made);
    }
}

/// Uses up what is said to the provider, and says what is no label of Traefik.
fn settle(app: &App, index: usize, blocks: &mut blocks::Blocks, maker: &Maker<'_>, diags: &mut Diagnostics) {
    let path = maker.path(app, index);
    for value in blocks.enable.iter().chain(&blocks.provider) {
        for place in value.why.origins() {
            diags.consume(*place, "tells Traefik which services it asks, and by which network");
        }
    }
    for label in std::mem::take(&mut blocks.others) {
        traefik::unknown(&format!("there is no `{}`", label.key), &label.value, &path, diags);
    }
}

/// A service that Traefik passes over.
fn off(blocks: &blocks::Blocks, app: &App, index: usize, diags: &mut Diagnostics) {
    let routers = [&blocks.http, &blocks.tcp, &blocks.udp].into_iter().flat_map(|section| section.routers.values());
    let settings = routers.flat_map(|block| &block.settings);
    let places: Vec<Origin> = settings.flat_map(|(_, value)| value.why.origins()).copied().collect();
    let Some(place) = places.first().copied() else { return };
    passed_over(app, index, place, &Off::of(blocks), places, diags);
}

/// Why a service is not routed.
enum Off {
    /// It says so.
    Said,
    /// It does not ask for it.
    NotAsked,
    /// The router looks at others alone.
    Unseen,
}

impl Off {
    fn of(blocks: &blocks::Blocks) -> Off {
        match &blocks.enable {
            _ if blocks.is_unseen => Off::Unseen,
            Some(_) => Off::Said,
            None => Off::NotAsked,
        }
    }
}

fn passed_over(app: &App, index: usize, place: Origin, off: &Off, places: Vec<Origin>, diags: &mut Diagnostics) {
    let service = app.workloads.get(index).map(|workload| workload.service.as_str()).unwrap_or_default();
    let (why, help) = match off {
        Off::Said => ("traefik.enable is false", "write traefik.enable=true to route it"),
        Off::NotAsked => {
            ("Traefik routes what says traefik.enable=true alone", "write traefik.enable=true to route it")
        }
        Off::Unseen => (
            "its labels do not meet the constraints of Traefik",
            "give it the label that providers.swarm.constraints or providers.docker.constraints asks for",
        ),
    };
    diags.push(
        Diagnostic::new(Code::RouteOff, place, format!("`{service}` is not routed"))
            .why(why)
            .help(help)
            .key(format!("services.{service}.labels"))
            .covers(places),
    );
}

/// Labels of other routers, and variables of nginx-proxy.
fn others(app: &mut App, context: &Context<'_>, edges: &[Edge], maker: &mut Maker<'_>, diags: &mut Diagnostics) {
    let dialect = context.dialect();
    for (index, labels) in take(app, dialect, |key| key.starts_with("caddy"), diags) {
        let made = caddy::routes(app, index, labels, maker, diags);
        made.into_iter().for_each(|(target, route, steps)| give(app, target, route, steps));
    }
    for (index, labels) in take(app, dialect, |_| true, diags) {
        let made = families::routes(app, index, labels, maker, diags);
        made.into_iter().for_each(|(route, steps)| give(app, index, route, steps));
    }
    let is_there = edges.iter().any(|edge| edge.brand == Brand::NginxProxy);
    for index in (0..app.workloads.len()).filter(|index| !edges.iter().any(|edge| edge.index == *index)) {
        let made = nginx_proxy::routes(app, index, is_there, maker, diags);
        made.into_iter().for_each(|(route, steps)| give(app, index, route, steps));
    }
}

/// Gives a workload a route, and the app what is done on its way.
fn give(app: &mut App, index: usize, route: Route, steps: Vec<Treatment>) {
    app.treatments.extend(steps);
    if let Some(workload) = app.workloads.get_mut(index) {
        workload.routes.push(route);
    }
}
