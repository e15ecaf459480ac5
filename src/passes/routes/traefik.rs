//! Traefik 2 and 3 (reference/routing, "Docker" and "Swarm" providers): routers, services and middlewares in labels become routes and
//! treatments. A router leads to the service of the same container unless it names another one.

mod servers;
mod shared;

use std::collections::BTreeSet;

use super::blocks::{Block, Blocks};
use super::{Maker, Told, fields, matches};
use crate::compose::grammar::rule;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    App, Carries, Name, Route, RouteDomain, RouteMatch, RouteTls, Setting, SettingValue, Traced, Treatment, Why,
};
use crate::origin::Origin;
use shared::keep;
pub(super) use shared::{Backend, OF_FILES, Shared, add, find_treatment, read as shared, unknown};

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
    let Blocks { enable, mut http, tcp, udp, provider, is_old, is_unseen, others } = blocks;
    // Used up before.
    let _ = (provider, is_unseen, others);
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

/// Whether a router names a service of another container.
pub(super) fn leads_away(carries: Carries, block: &Block, shared: &Shared, index: usize) -> bool {
    let named = block.settings.iter().find(|(keys, _)| keys.join(".").eq_ignore_ascii_case("service"));
    let key = named.and_then(|(_, value)| shared::key(&value.value));
    key.and_then(|key| shared.backends.get(&(carries, key))).is_some_and(|backend| backend.index != index)
}

/// The routes of the routers that stand in files, each with the workload that it leads to.
pub(super) fn of_files(
    Told { index, name: path, blocks }: Told,
    shared: &Shared,
    maker: &mut Maker,
    diags: &mut Diagnostics,
) -> Vec<(usize, Route)> {
    let mut made = Vec::new();
    for (carries, section) in [(Carries::Http, blocks.http), (Carries::Tcp, blocks.tcp), (Carries::Udp, blocks.udp)] {
        for (name, block) in section.routers {
            let leads_inside = block.settings.iter().any(|(keys, value)| {
                keys.join(".").eq_ignore_ascii_case("service") && value.value.ends_with("@internal")
            });
            if !leads_inside {
                // Those of the dashboard go with the router.
                made.extend(route(Router { name, block, carries, path: &path, index }, shared, maker, diags));
            }
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
    let (rule, matches) = rule_of(written, (*carries, *index), &why, maker, &lost, diags)?;
    let tls = tls(block, carries, path, diags);
    let entry_points: Vec<Traced<String>> = super::list(block.take("entrypoints"));
    let mut steps = Vec::new();
    for step in super::list(block.take("middlewares")) {
        let name = find_treatment(shared, *carries, &step.value)
            .unwrap_or_else(|| elsewhere(&step, *carries, &mut maker.elsewhere));
        steps.push(Traced { value: name.to_string(), why: step.why });
    }
    let priority =
        block.take("priority").and_then(|text| Some(Traced { value: text.value.trim().parse().ok()?, why: text.why }));
    // The syntax is seen from the rule; what is observed is the controller's own matter.
    block.take("ruleSyntax");
    block.take_below("observability");
    for (setting, value) in std::mem::take(&mut block.settings).into_iter().filter(|(setting, _)| !setting.is_empty()) {
        unknown(&format!("there is no `{}` of a router", setting.join(".")), &value, path, diags);
    }
    let name = maker.route_name(&router.name);
    let route = Route {
        carries: router.carries,
        rule,
        entry_points,
        tls,
        port: backend.port.clone(),
        backend: backend.settings.clone(),
        steps,
        priority,
        ..Route::plain(name, called, router.path.to_owned(), matches, why)
    };
    for place in &backend.places {
        diags.consume(*place, "read for the route");
    }
    Some((backend.index, route))
}

/// What a router asks of requests, as it is written and as it is read; that of the provider where it says nothing.
fn rule_of(
    written: Option<Traced<String>>,
    (carries, index): (Carries, usize),
    why: &Why,
    maker: &Maker,
    lost: &Lost<'_>,
    diags: &mut Diagnostics,
) -> Option<(Option<Traced<String>>, Vec<RouteMatch>)> {
    if carries == Carries::Udp {
        return Some((None, vec![super::anything(why)]));
    }
    let Some(text) = written else {
        let found = maker.default_rule(index);
        if found.is_none() {
            lost.say(Code::RouteRule, None, "has no rule", diags);
        }
        return found.map(|(text, found)| (Some(text), found));
    };
    match rule::parse(&text.value).and_then(|rule| matches::of(&rule, &text.why)) {
        Ok(found) => Some((Some(text), found)),
        Err(message) => {
            let place = text.why.origins().first().copied();
            lost.say(Code::RouteRule, place, &format!("has no rule that can be read: {message}"), diags);
            None
        }
    }
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

    /// Says that a router leads out of the project.
    fn far(&self, far: &str, place: Option<Origin>, diags: &mut Diagnostics) {
        let Some(place) = place.or_else(|| self.places.first().copied()) else { return };
        diags.push(
            Diagnostic::new(
                Code::RouterFileTarget,
                place,
                format!("{} leads to {far}, which is no service of the project", self.called),
            )
            .label("no route is made of it")
            .why("a file of the router names it, and a route of the cluster leads to a Service")
            .help("make a Service for it (x-kubernetes.external_names for a name, a Service with an EndpointSlice for an address), and write the route by hand")
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
        if named.value.ends_with("@internal") {
            lost.say(Code::RouteTarget, place, &format!("leads to `{}`, which is part of Traefik", named.value), diags);
            return None;
        }
        let key = shared::key(&named.value).map(|key| (carries, key));
        let found = key.as_ref().and_then(|key| shared.backends.get(key));
        if let Some(far) = key.as_ref().and_then(|key| shared.far.get(key)) {
            lost.far(far, place, diags);
        } else if found.is_none() {
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

/// A middleware that no label of the project defines. One that is called like a redirect to https is taken for it.
pub(super) fn elsewhere(step: &Traced<String>, carries: Carries, made: &mut Vec<Treatment>) -> Name {
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
        let scheme = SettingValue::Text("https".to_owned());
        treatment.kind = "redirectScheme".to_owned();
        treatment.settings.push(Setting::at(&["scheme"], scheme, step.why.clone()));
    }
    made.push(treatment);
    name
}

/// `tls=true`, or anything below it.
pub(super) fn tls(block: &mut Block, carries: &Carries, path: &str, diags: &mut Diagnostics) -> Option<RouteTls> {
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
            lower if lower.starts_with("domains[") => return !domain(&mut tls.domains, lower, value),
            _ => return true,
        }
        false
    });
    for (setting, value) in settings {
        unknown(&format!("there is no `tls.{}` of a router", setting.join(".")), &value, path, diags);
    }
    Some(tls)
}

/// `domains[0].main=example.com`; whether it is one.
fn domain(domains: &mut Vec<RouteDomain>, key: &str, value: &Traced<String>) -> bool {
    let number = key.strip_prefix("domains[").and_then(|rest| rest.split_once(']'));
    let Some((number, rest)) = number.and_then(|(number, rest)| Some((number.parse::<usize>().ok()?, rest))) else {
        return false;
    };
    // Numbers beyond any certificate are a mistake.
    if number >= 64 || !matches!(rest, ".main" | ".sans") {
        return false;
    }
    if domains.len() <= number {
        domains.resize(number + 1, RouteDomain::default());
    }
    let Some(found) = domains.get_mut(number) else { return false };
    if rest == ".main" {
        found.main = Some(value.clone());
    } else {
        found.sans = super::list(Some(value.clone()));
    }
    true
}

/// Services that no route leads to: nothing is done by their settings. Where they are is read for every router.
pub(super) fn idle(app: &App, shared: &Shared, diags: &mut Diagnostics) {
    let routes = app.workloads.iter().flat_map(|workload| &workload.routes);
    let settings = routes.flat_map(|route| &route.backend).flat_map(|setting| setting.value.why.origins());
    let used: BTreeSet<Origin> = settings.copied().collect();
    for backend in shared.backends.values() {
        backend.places.iter().for_each(|place| diags.consume(*place, "says where a router leads to"));
        let settings = backend.settings.iter().flat_map(|setting| setting.value.why.origins());
        for place in settings.filter(|place| !used.contains(place)) {
            diags.consume(*place, "no route leads to the service");
        }
    }
}

/// Middlewares that no route names: nothing is done by them.
pub(super) fn unused(app: &mut App, diags: &mut Diagnostics) {
    let mut used: BTreeSet<Name> = app
        .workloads
        .iter()
        .flat_map(|workload| &workload.routes)
        .flat_map(|route| &route.steps)
        .map(|step| Name::from_text(&step.value))
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
