//! Routes of the Gateway API: a Gateway for each class, a door for plain requests and one for each encrypted host, and a route for each
//! set of hosts that a router names.

mod said;

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::build;
use super::loss::{self, Lost};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    Attachment, Carries, Filter, Gateway, GatewayMatch, GatewayRoute, Listener, Name, Parent, Route, RouteForm,
    RouteHost, RouteTls, Traced, Treatment, Why, Workload,
};
use crate::lower::Context;

/// The most matches of a rule, and the most hosts of a route, that every version of the API takes.
const MOST_MATCHES: usize = 8;
const MOST_HOSTS: usize = 16;
/// The most doors of a Gateway.
const MOST_DOORS: usize = 64;

/// Makes Gateways and what is attached to them.
pub(super) struct Maker<'a> {
    context: &'a Context<'a>,
    project: &'a Name,
    usual: Gateway,
    /// Those of other classes.
    others: IndexMap<String, Gateway>,
    treatments: &'a BTreeMap<Name, Treatment>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(context: &'a Context<'a>, project: &'a Name, treatments: &'a BTreeMap<Name, Treatment>) -> Self {
        let class = match &context.request.gateway_class {
            Some(class) => Traced::decided(class.clone(), "chosen-gateway-class"),
            None => Traced::decided("eg".to_owned(), "usual-gateway-class"),
        };
        let usual = Gateway { name: project.clone(), class, annotations: Vec::new(), listeners: Vec::new() };
        Maker { context, project, usual, others: IndexMap::new(), treatments }
    }

    /// The Gateways that have a door.
    pub(super) fn into_gateways(self, diags: &mut Diagnostics) -> Vec<Gateway> {
        let door = self.usual.listeners.iter().flat_map(|door| door.why.origins()).next();
        if let (Some(place), None) = (door, &self.context.request.gateway_class) {
            diags.push(
                Diagnostic::new(
                    Code::GatewayClass,
                    *place,
                    format!("the Gateway is of the class {}", self.usual.class.value),
                )
                .why("a cluster has classes of its own: kubectl get gatewayclass")
                .help("name one with --gateway-class"),
            );
        }
        let all = std::iter::once(self.usual).chain(self.others.into_values());
        all.filter(|gateway| !gateway.listeners.is_empty()).collect()
    }

    /// Adds the routes that are made of one.
    pub(super) fn add(&mut self, workload: &mut Workload, route: &Route, diags: &mut Diagnostics) {
        let made = self.route(workload, route, diags);
        if route.carries != Carries::Udp && made.iter().any(|made| made.port.is_some()) {
            workload.routed.push(super::port(route));
        }
        workload.gateway_routes.extend(made);
    }

    fn route(&mut self, workload: &Workload, route: &Route, diags: &mut Diagnostics) -> Vec<GatewayRoute> {
        let path = route.written_at.clone();
        let place = route.why.origins().first().copied().unwrap_or(workload.origin);
        let not_made = |what: String, diags: &mut Diagnostics| {
            diags.push(
                loss::not_made(route, "route", &what, &what, place)
                    .why("without that it would let in more than the router did")
                    .help(
                        "say --routes traefik where the cluster runs Traefik, or write it by hand for your controller",
                    ),
            );
            Vec::new()
        };
        if route.carries != Carries::Http {
            return match self.stream(route) {
                Some(made) => vec![made],
                None => not_made("be reached at a port that is not known, or by more than the host".to_owned(), diags),
            };
        }
        let mut lost = Lost::default();
        route.backend.iter().for_each(|setting| lost.backend(setting, workload));
        let mut filters = Vec::new();
        for step in loss::steps(route, self.treatments) {
            match said::filter(step, route) {
                Some(found) => filters
                    .extend(found.into_iter().map(|value| (Traced { value, why: step.why.clone() }, loss::deed(step)))),
                None if loss::is_guard(step) => return not_made(loss::deed(step), diags),
                None if step.kind == Treatment::ELSEWHERE => {
                    super::elsewhere(step, &route.called, &path, diags);
                }
                None => lost.step(step),
            }
        }
        let (mut filters, without_room) = said::settled(filters, route);
        for words in without_room {
            lost.add(&words.clone(), words);
        }
        let redirects = filters.iter().any(is_redirect);
        if redirects && route.tls.is_some() {
            // What is encrypted already is not sent on to itself.
            filters.retain(|filter| !is_redirect(filter));
        }
        let sets = sets(route, &mut lost);
        if sets.is_empty() {
            return not_made(lost.words(), diags);
        }
        if !lost.is_empty() {
            diags.push(lost.told(route, "HTTPRoute", place).why("the Gateway API has no word for that").help(
                "say --routes traefik where the cluster runs Traefik, or see what your controller has beside it",
            ));
        }
        let made = self.attached(route, sets, &filters, diags);
        if made.is_empty() {
            return not_made(format!("be attached: the Gateway has {MOST_DOORS} listeners already"), diags);
        }
        super::compared(route, diags);
        made
    }

    /// A route for each set of hosts.
    fn attached(
        &mut self,
        route: &Route,
        sets: Vec<Set>,
        filters: &[Traced<Filter>],
        diags: &mut Diagnostics,
    ) -> Vec<GatewayRoute> {
        let is_sent_on = filters.iter().any(is_redirect);
        // A prefix is replaced in a rule of one match alone.
        let most = if filters.iter().any(|filter| matches!(filter.value, Filter::ReplacePrefix(_))) {
            1
        } else {
            MOST_MATCHES
        };
        let mut made = Vec::new();
        for Set { matches, hosts } in sets {
            let parents = match &route.form {
                RouteForm::Gateway(Attachment { gateway: Some(gateway), namespace, section }) => {
                    vec![Parent { gateway: gateway.clone(), namespace: namespace.clone(), door: section.clone() }]
                }
                RouteForm::Gateway(_) | RouteForm::Ingress | RouteForm::AsAsked => self.parents(route, &hosts, diags),
            };
            let parts = matches.chunks(most).filter(|_| !parents.is_empty());
            for part in parts {
                let number = made.len() + 1;
                made.push(GatewayRoute {
                    name: if number == 1 { route.name.clone() } else { route.name.with(&number.to_string()) },
                    kind: "HTTPRoute",
                    parents: parents.clone(),
                    hosts: hosts.clone(),
                    matches: if part.iter().any(is_any) { Vec::new() } else { part.to_vec() },
                    filters: filters.to_vec(),
                    port: (!is_sent_on).then(|| super::port(route)),
                    annotations: route.annotations.clone(),
                    why: route.why.clone(),
                });
            }
        }
        made
    }

    /// The Gateway of a class, made where there is none.
    fn gateway(&mut self, class: Option<&Traced<String>>) -> &mut Gateway {
        match class.filter(|class| class.value != self.usual.class.value) {
            None => &mut self.usual,
            Some(class) => self.others.entry(class.value.clone()).or_insert_with(|| Gateway {
                name: self.project.with(&class.value),
                class: class.clone(),
                annotations: Vec::new(),
                listeners: Vec::new(),
            }),
        }
    }

    /// The doors by which requests for some hosts come in.
    fn parents(&mut self, route: &Route, hosts: &[Traced<String>], diags: &mut Diagnostics) -> Vec<Parent> {
        let chosen = self.context.request.cluster_issuer.as_deref();
        let gateway = self.gateway(route.class.as_ref());
        let Some(tls) = &route.tls else {
            let door = Door { called: Name::from_text("http"), host: None, port: 80, protocol: "HTTP", secret: None };
            return door.of(gateway, &route.why).into_iter().collect();
        };
        let issuer = build::issuer(tls, chosen);
        let first = hosts.first().map_or_else(|| gateway.name.clone(), |host| door_name(&host.value));
        build::certificates(route, issuer.as_ref(), first.with("tls").as_str(), diags);
        if let Some(issuer) = issuer
            && !gateway.annotations.iter().any(|(key, _)| key == build::ISSUER)
        {
            gateway.annotations.push((build::ISSUER.to_owned(), issuer));
        }
        if hosts.is_empty() {
            let secret = gateway.name.with("tls");
            return encrypted(Name::from_text("https"), None, secret, tls).of(gateway, &tls.why).into_iter().collect();
        }
        let doors = hosts.iter().map(|host| {
            let called = door_name(&host.value);
            encrypted(Name::from_text(&format!("https-{called}")), Some(host.clone()), called.with("tls"), tls)
        });
        doors.filter_map(|door| door.of(gateway, &tls.why)).collect()
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
        let gateway = self.gateway(route.class.as_ref());
        let door = |host: Option<&Traced<String>>| {
            let called = host.map_or_else(|| port.to_string(), |host| door_name(&host.value).to_string());
            let called = Name::from_text(&format!("{}-{called}", protocol.to_ascii_lowercase()));
            Door { called, host: host.cloned(), port, protocol, secret: None }
        };
        // Doors of one port are told apart by their hosts, where others end the encryption of theirs.
        let doors: Vec<Door> = match kind {
            "TLSRoute" if !hosts.is_empty() => hosts.iter().map(|host| door(Some(host))).collect(),
            _ => vec![door(None)],
        };
        let parents: Vec<Parent> = doors.into_iter().filter_map(|door| door.of(gateway, &route.why)).collect();
        (!parents.is_empty()).then(|| GatewayRoute {
            name: route.name.clone(),
            kind,
            parents,
            hosts: if kind == "TLSRoute" { hosts } else { Vec::new() },
            matches: Vec::new(),
            filters: Vec::new(),
            port: Some(super::port(route)),
            annotations: route.annotations.clone(),
            why: route.why.clone(),
        })
    }
}

/// A door that is asked for.
struct Door {
    called: Name,
    host: Option<Traced<String>>,
    port: u16,
    protocol: &'static str,
    secret: Option<Traced<Name>>,
}

impl Door {
    /// The door of a Gateway that is like it, made where there is none; `None` where the Gateway can have no more.
    fn of(self, gateway: &mut Gateway, why: &Why) -> Option<Parent> {
        let Door { called, host, port, protocol, secret } = self;
        let written = |host: &Option<Traced<String>>| host.as_ref().map(|host| host.value.clone());
        let alike = |known: &&Listener| {
            known.port == port && known.protocol == protocol && written(&known.host) == written(&host)
        };
        let found = gateway.listeners.iter().find(alike).map(|known| known.name.clone());
        let name = match found {
            Some(name) => name,
            None if gateway.listeners.len() >= MOST_DOORS => return None,
            None => {
                let name = called.first_free(|name| !gateway.listeners.iter().any(|known| known.name == *name));
                let made = Listener { name: name.clone(), host, port, protocol, secret, why: why.clone() };
                gateway.listeners.push(made);
                name
            }
        };
        Some(Parent {
            gateway: Traced { value: gateway.name.to_string(), why: why.clone() },
            namespace: None,
            door: Some(Traced { value: name.to_string(), why: why.clone() }),
        })
    }
}

fn encrypted(called: Name, host: Option<Traced<String>>, secret: Name, tls: &RouteTls) -> Door {
    let given =
        tls.secret.as_ref().map(|secret| Traced { value: Name::from_text(&secret.value), why: secret.why.clone() });
    let secret = given.unwrap_or(Traced { value: secret, why: tls.why.clone() });
    Door { called, host, port: 443, protocol: "HTTPS", secret: Some(secret) }
}

/// Hosts of which the same is asked.
struct Set {
    matches: Vec<GatewayMatch>,
    hosts: Vec<Traced<String>>,
}

/// The alternatives of a route by their hosts; what cannot be said is lost.
fn sets(route: &Route, lost: &mut Lost) -> Vec<Set> {
    let mut by_host: BTreeMap<Option<String>, Set> = BTreeMap::new();
    for found in &route.matches {
        match said::matched(found) {
            Ok(one) => {
                let host = build::host(found);
                let key = host.as_ref().map(|host| host.value.clone());
                let set = by_host
                    .entry(key)
                    .or_insert_with(|| Set { matches: Vec::new(), hosts: host.into_iter().collect() });
                set.matches.push(one);
            }
            Err(words) => lost.add("tell", format!("tell {words}")),
        }
    }
    let mut sets: Vec<Set> = Vec::new();
    for Set { matches, hosts } in by_host.into_values() {
        let fits = |known: &&mut Set| {
            let alike = known.matches.iter().map(asked).eq(matches.iter().map(asked));
            alike && !hosts.is_empty() && (1..MOST_HOSTS).contains(&known.hosts.len())
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

/// What is asked for, without the reason.
fn asked(found: &GatewayMatch) -> GatewayMatch {
    GatewayMatch { why: Why::Decision("asked"), ..found.clone() }
}

fn is_any(found: &GatewayMatch) -> bool {
    found.path.is_none() && found.method.is_none() && found.headers.is_empty() && found.query.is_empty()
}
