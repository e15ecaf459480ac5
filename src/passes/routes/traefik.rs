//! Traefik 2 and 3 (reference/routing, "Docker" and "Swarm" providers): routers, services and middlewares in labels become routes and
//! treatments. A router leads to the service of the same container unless it names another one.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::blocks::{Block, Blocks};
use super::{Maker, fields, matches};
use crate::compose::grammar::rule;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Carries, Name, Route, RouteTls, Setting, SettingValue, Traced, Treatment, Why};
use crate::origin::Origin;

/// How one service is reached, as the labels of its container say.
#[derive(Clone, Default)]
pub(super) struct Backend {
    /// The workload.
    pub(super) index: usize,
    pub(super) port: Option<Traced<u16>>,
    pub(super) settings: Vec<Setting>,
    pub(super) places: Vec<Origin>,
}

/// Services and middlewares, which every router may name, by protocol and name in lower case.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) backends: IndexMap<(Carries, String), Backend>,
    treatments: BTreeMap<(Carries, String), Name>,
}

/// Reads services and middlewares of all workloads.
pub(super) fn shared(
    app: &mut App,
    all: &mut BTreeMap<usize, Blocks>,
    maker: &mut Maker,
    diags: &mut Diagnostics,
) -> Shared {
    let mut shared = Shared::default();
    for (index, blocks) in all.iter_mut() {
        let path = maker.path(app, *index);
        for (carries, section) in
            [(Carries::Http, &mut blocks.http), (Carries::Tcp, &mut blocks.tcp), (Carries::Udp, &mut blocks.udp)]
        {
            for (name, block) in std::mem::take(&mut section.services) {
                let backend = self::backend(*index, block, &path, diags);
                shared.backends.insert((carries, name), backend);
            }
            for (name, block) in std::mem::take(&mut section.middlewares) {
                if let Some(treatment) = treatment(carries, &name, block, &path, maker, diags) {
                    shared.treatments.insert((carries, name), treatment.name.clone());
                    app.treatments.push(treatment);
                }
            }
        }
    }
    chains(app, &shared, diags);
    shared
}

/// A chain names its parts as labels do; from here on as treatments are called.
fn chains(app: &mut App, shared: &Shared, diags: &mut Diagnostics) {
    let mut made = Vec::new();
    for treatment in app.treatments.iter_mut().filter(|treatment| treatment.kind == "chain") {
        let carries = treatment.carries;
        for setting in &mut treatment.settings {
            let SettingValue::List(names) = &mut setting.value.value else { continue };
            for name in names {
                let step = Traced { value: name.clone(), why: setting.value.why.clone() };
                let called = format!("the middleware `{}`", treatment.called);
                let found = find_treatment(shared, carries, name)
                    .unwrap_or_else(|| elsewhere(&step, carries, &called, "", &mut made, diags));
                *name = found.to_string();
            }
        }
    }
    add(app, made);
}

/// Adds treatments that are defined elsewhere, each once.
pub(super) fn add(app: &mut App, made: Vec<Treatment>) {
    for treatment in made {
        if !app.treatments.iter().any(|known| known.name == treatment.name) {
            app.treatments.push(treatment);
        }
    }
}

fn backend(index: usize, mut block: Block, path: &str, diags: &mut Diagnostics) -> Backend {
    let mut backend = Backend { index, ..Backend::default() };
    backend.places = block.settings.iter().flat_map(|(_, value)| value.why.origins()).copied().collect();
    if let Some(port) = block.take("loadbalancer.server.port") {
        backend.port = super::port(&port, path, diags);
    }
    for (setting, value) in block.take_below("loadbalancer") {
        keep("loadBalancer", &setting, value, &mut backend.settings, path, diags);
    }
    for (setting, value) in block.settings {
        unknown(&format!("there is no `{}` of a service", setting.join(".")), &value, path, diags);
    }
    backend
}

/// Keeps a setting, or says that Traefik does not know it.
fn keep(
    root: &str,
    setting: &[String],
    value: Traced<String>,
    kept: &mut Vec<Setting>,
    path: &str,
    diags: &mut Diagnostics,
) {
    let why = value.why.clone();
    match fields::setting(root, setting, value) {
        Ok(setting) => kept.push(setting),
        Err(message) => unknown(&message, &Traced { value: String::new(), why }, path, diags),
    }
}

pub(super) fn unknown(message: &str, value: &Traced<String>, path: &str, diags: &mut Diagnostics) {
    let Some(place) = value.why.origins().first() else { return };
    diags.push(
        Diagnostic::new(Code::RouterLabel, *place, format!("a label says nothing to the router: {message}"))
            .why("the router passes over it, or over the service")
            .help("correct the label, or remove it")
            .key(path)
            .covers(value.why.origins().iter().copied()),
    );
}

fn treatment(
    carries: Carries,
    name: &str,
    block: Block,
    path: &str,
    maker: &mut Maker,
    diags: &mut Diagnostics,
) -> Option<Treatment> {
    let places: Vec<Origin> = block.settings.iter().flat_map(|(_, value)| value.why.origins()).copied().collect();
    let (first, value) = block.settings.first()?;
    let written = first.first()?.clone();
    let Some(kind) = fields::kind(&written) else {
        unknown(
            &format!("there is no middleware `{written}`"),
            &Traced { value: String::new(), why: value.why.clone() },
            path,
            diags,
        );
        places.iter().for_each(|place| diags.consume(*place, "of a middleware that Traefik does not know"));
        return None;
    };
    let mut settings = Vec::new();
    for (setting, value) in block.settings {
        let (root, below) = setting.split_first()?;
        if !root.eq_ignore_ascii_case(&written) {
            unknown(&format!("the middleware `{}` is a {written} already", block.called), &value, path, diags);
        } else if below.is_empty() {
            // `compress=true`.
            value.why.origins().iter().for_each(|place| diags.consume(*place, "says which middleware it is"));
        } else {
            keep(kind, below, value, &mut settings, path, diags);
        }
    }
    let name = maker.treatment_name(name);
    Some(Treatment { name, called: block.called, carries, kind: kind.to_owned(), settings, why: Why::Origins(places) })
}

/// The routes of one workload's routers, each with the workload that it leads to.
pub(super) fn routes(
    app: &App,
    index: usize,
    blocks: Blocks,
    shared: &Shared,
    maker: &mut Maker,
    diags: &mut Diagnostics,
) -> Vec<(usize, Route)> {
    let mut made = Vec::new();
    let path = maker.path(app, index);
    let Blocks { enable, mut http, tcp, udp, provider, is_old, others } = blocks;
    // Used up before.
    let _ = (provider, others);
    if let Some(enable) =
        enable.filter(|_| !is_old && http.routers.is_empty() && tcp.routers.is_empty() && udp.routers.is_empty())
    {
        // Traefik makes a router of its own for what only says that it is to be routed.
        let called = app.workloads.get(index).map(|workload| workload.service.clone()).unwrap_or_default();
        http.routers.insert(called.to_ascii_lowercase(), Block { called, settings: vec![(Vec::new(), enable)] });
    }
    for (carries, section) in [(Carries::Http, http), (Carries::Tcp, tcp), (Carries::Udp, udp)] {
        for (name, block) in section.routers {
            let router = Router { name, block, carries, path: &path, index };
            made.extend(route(router, shared, maker, diags));
        }
    }
    made
}

struct Router<'a> {
    name: String,
    block: Block,
    carries: Carries,
    path: &'a str,
    index: usize,
}

fn route(
    mut router: Router<'_>,
    shared: &Shared,
    maker: &mut Maker,
    diags: &mut Diagnostics,
) -> Option<(usize, Route)> {
    let places: Vec<Origin> =
        router.block.settings.iter().flat_map(|(_, value)| value.why.origins()).copied().collect();
    for place in &places {
        diags.consume(*place, "read for the route");
    }
    let Router { name: _, block, path, carries, index } = &mut router;
    let called = format!("the router `{}`", block.called);
    let lost = Lost { called: &called, places: &places, path };
    let backend = backend_of(block.take("service"), shared, (*carries, *index), &lost, diags)?;
    let written = block.take("rule");
    let why = Why::Origins(places.clone());
    let (rule, matches) = match (&written, *carries) {
        (_, Carries::Udp) => (None, vec![super::anything(&why)]),
        (Some(text), _) => match rule::parse(&text.value).and_then(|rule| matches::of(&rule, &text.why)) {
            Ok(found) => (written.clone(), found),
            Err(message) => {
                let place = text.why.origins().first().copied();
                lost.say(Code::RouteRule, place, &format!("has no rule that can be read: {message}"), diags);
                return None;
            }
        },
        (None, _) => match maker.default_rule(*index) {
            Some((text, found)) => (Some(text), found),
            None => {
                lost.say(Code::RouteRule, None, "has no rule", diags);
                return None;
            }
        },
    };
    let tls = tls(block, carries, path, diags);
    let entry_points: Vec<Traced<String>> = super::list(block.take("entrypoints"));
    let mut steps = Vec::new();
    for step in super::list(block.take("middlewares")) {
        match find_treatment(shared, *carries, &step.value) {
            Some(name) => steps.push(Traced { value: name, why: step.why }),
            None => {
                let name = elsewhere(&step, *carries, &called, path, &mut maker.elsewhere, diags);
                steps.push(Traced { value: name, why: step.why });
            }
        }
    }
    let priority =
        block.take("priority").and_then(|text| Some(Traced { value: text.value.trim().parse().ok()?, why: text.why }));
    // The syntax is seen from the rule; what is observed is the controller's own matter.
    block.take("ruleSyntax");
    block.take_below("observability");
    for (setting, value) in std::mem::take(&mut block.settings).into_iter().filter(|(setting, _)| !setting.is_empty()) {
        unknown(&format!("there is no `{}` of a router", setting.join(".")), &value, path, diags);
    }
    let route = Route {
        name: maker.route_name(&router.name),
        called,
        carries: router.carries,
        matches,
        rule,
        entry_points,
        tls,
        port: backend.port.clone(),
        backend: backend.settings.clone(),
        steps,
        priority,
        class: None,
        annotations: Vec::new(),
        why,
    };
    for place in &backend.places {
        diags.consume(*place, "read for the route");
    }
    Some((backend.index, route))
}

/// What is said of a router that becomes no route.
struct Lost<'a> {
    called: &'a str,
    places: &'a [Origin],
    path: &'a str,
}

impl Lost<'_> {
    fn say(&self, code: Code, place: Option<Origin>, what: &str, diags: &mut Diagnostics) {
        let Some(place) = place.or_else(|| self.places.first().copied()) else { return };
        diags.push(
            Diagnostic::new(code, place, format!("{} {what}", self.called))
                .label("no route is made of it")
                .why("Traefik passes over such a router")
                .help("write the rule as Host(`example.com`), and name one service")
                .key(self.path)
                .covers(self.places.iter().copied()),
        );
    }
}

/// The service that a router names, or the only one of its own container.
fn backend_of(
    named: Option<Traced<String>>,
    shared: &Shared,
    (carries, index): (Carries, usize),
    lost: &Lost<'_>,
    diags: &mut Diagnostics,
) -> Option<Backend> {
    if let Some(named) = named {
        let place = named.why.origins().first().copied();
        let (name, provider) = named.value.split_once('@').unwrap_or((named.value.as_str(), "docker"));
        if provider == "internal" {
            lost.say(Code::RouteTarget, place, &format!("leads to `{}`, which is part of Traefik", named.value), diags);
            return None;
        }
        let found = shared
            .backends
            .get(&(carries, name.to_ascii_lowercase()))
            .filter(|_| matches!(provider, "docker" | "swarm"));
        if found.is_none() {
            lost.say(
                Code::RouteTarget,
                place,
                &format!("leads to a service `{}` that no label defines", named.value),
                diags,
            );
        }
        return found.cloned();
    }
    let mut own = shared.backends.iter().filter(|((of, _), backend)| *of == carries && backend.index == index);
    match (own.next(), own.next()) {
        (None, _) => Some(Backend { index, ..Backend::default() }),
        (Some((_, backend)), None) => Some(backend.clone()),
        (Some(_), Some(_)) => {
            lost.say(Code::RouteTarget, None, "does not say which of several services it leads to", diags);
            None
        }
    }
}

fn find_treatment(shared: &Shared, carries: Carries, written: &str) -> Option<Name> {
    let (name, provider) = written.split_once('@').unwrap_or((written, "docker"));
    let is_ours = matches!(provider, "docker" | "swarm");
    shared.treatments.get(&(carries, name.to_ascii_lowercase())).filter(|_| is_ours).cloned()
}

/// A middleware that no label of the project defines. One that is called like a redirect to https is taken for it.
fn elsewhere(
    step: &Traced<String>,
    carries: Carries,
    called: &str,
    path: &str,
    made: &mut Vec<Treatment>,
    diags: &mut Diagnostics,
) -> Name {
    let lower = step.value.to_ascii_lowercase();
    let mut treatment = Treatment {
        name: Name::from_text(&format!("{lower}-elsewhere")),
        called: step.value.clone(),
        carries,
        kind: Treatment::ELSEWHERE.to_owned(),
        settings: Vec::new(),
        why: step.why.clone(),
    };
    let name = treatment.name.clone();
    if lower.contains("redirect") && ["https", "ssl", "secure", "tls"].iter().any(|word| lower.contains(word)) {
        let scheme = Traced { value: SettingValue::Text("https".to_owned()), why: step.why.clone() };
        treatment.kind = "redirectScheme".to_owned();
        treatment.settings.push(Setting { path: vec!["scheme".to_owned()], value: scheme });
    } else if let Some(place) = step.why.origins().first() {
        let (_, provider) = step.value.split_once('@').unwrap_or((&step.value, "docker"));
        let why = match provider {
            "file" => "it stands in a configuration file of Traefik, which is not part of this project",
            _ => "no label of this project defines it: that of another one may",
        };
        diags.push(
            Diagnostic::new(
                Code::RouteStepUnknown,
                *place,
                format!("{called} names the middleware `{}`, which is not here", step.value),
            )
            .why(why)
            .help("define it in a label, or in the cluster, and add it to the route there")
            .cause(step.value.clone())
            .key(path),
        );
    }
    made.push(treatment);
    name
}

/// `tls=true`, or anything below it.
fn tls(block: &mut Block, carries: &Carries, path: &str, diags: &mut Diagnostics) -> Option<RouteTls> {
    let switch = block.take("tls");
    let mut settings = block.take_below("tls");
    let is_off = switch.as_ref().is_some_and(|switch| fields::flag(&switch.value) == Some(false));
    if (is_off || switch.is_none()) && settings.is_empty() {
        return None;
    }
    let why = |value: &Traced<String>| value.why.origins().to_vec();
    let places = switch.iter().flat_map(why).chain(settings.iter().flat_map(|(_, value)| value.why.origins()).copied());
    let mut tls = RouteTls::plain(Why::Origins(places.collect()));
    settings.retain(|(key, value)| {
        match key.join(".").to_ascii_lowercase().as_str() {
            "certresolver" => tls.resolver = Some(value.clone()).filter(|resolver| !resolver.value.is_empty()),
            "passthrough" if *carries == Carries::Tcp => {
                tls.passthrough = (fields::flag(&value.value) == Some(true)).then(|| value.why.clone());
            }
            "options" => keep("tls", key, value.clone(), &mut tls.settings, path, diags),
            lower if lower.starts_with("domains[") => {
                // The certificate that a Secret holds says itself whom it is for.
                tls.domains.push(value.clone());
            }
            _ => return true,
        }
        false
    });
    for (setting, value) in settings {
        unknown(&format!("there is no `tls.{}` of a router", setting.join(".")), &value, path, diags);
    }
    Some(tls)
}

/// Middlewares that no route names: nothing is done by them.
pub(super) fn unused(app: &mut App, diags: &mut Diagnostics) {
    let mut used: BTreeSet<Name> = app
        .workloads
        .iter()
        .flat_map(|workload| &workload.routes)
        .flat_map(|route| &route.steps)
        .map(|step| step.value.clone())
        .collect();
    for treatment in &app.treatments {
        for setting in treatment.settings.iter().filter(|_| treatment.kind == "chain") {
            if let SettingValue::List(names) = &setting.value.value {
                used.extend(names.iter().map(|name| Name::from_text(name)));
            }
        }
    }
    app.treatments.retain(|treatment| {
        let stays = used.contains(&treatment.name);
        if !stays {
            treatment.why.origins().iter().for_each(|place| diags.consume(*place, "no router names the middleware"));
        }
        stays
    });
}
