//! One route as one Ingress.

use std::collections::{BTreeMap, BTreeSet};

use super::loss::{self, Lost};
use super::nginx::{self, Rewrite, Said};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    Carries, FileObject, Ingress, IngressPath, IngressRule, IngressTls, Name, PathKind, Route, RouteHost, RouteMatch,
    RoutePath, RouteTls, Traced, Treatment, Why, Workload,
};
use crate::lower::Context;
use crate::origin::Origin;

/// What cert-manager reads.
pub(super) const ISSUER: &str = "cert-manager.io/cluster-issuer";

/// Makes Ingresses one after the other.
pub(super) struct Builder<'a> {
    context: &'a Context<'a>,
    treatments: &'a BTreeMap<Name, Treatment>,
    /// Hosts and paths that lead somewhere already, and who said so.
    taken: BTreeMap<(RouteHost, RoutePath), (String, Origin)>,
    /// The Secret of each set of hosts: two Ingresses of one host share its certificate.
    secrets: BTreeMap<Vec<String>, String>,
    /// Names and passwords, by the Secrets that hold them.
    made: BTreeMap<Name, FileObject>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(context: &'a Context<'a>, treatments: &'a BTreeMap<Name, Treatment>) -> Self {
        Builder { context, treatments, taken: BTreeMap::new(), secrets: BTreeMap::new(), made: BTreeMap::new() }
    }

    /// The Secrets of names and passwords.
    pub(super) fn into_secrets(self) -> impl Iterator<Item = FileObject> {
        self.made.into_values()
    }

    /// Adds the Ingress of a route to the workload that it leads to, or says why there is none.
    pub(super) fn add(&mut self, workload: &mut Workload, route: Route, diags: &mut Diagnostics) {
        let path = route.written_at.clone();
        let place = route.why.origins().first().copied().unwrap_or(workload.origin);
        let say = |cannot: &str, cause: &str, why: &str, diags: &mut Diagnostics| {
            let told = loss::not_made(&route, "Ingress", cannot, cause, place).why(why);
            diags.push(told.help("say --routes traefik where the cluster runs Traefik, or --ingress-class nginx where it runs ingress-nginx"));
        };
        let is_nginx = nginx::serves(&route, self.context.request.ingress_class.as_deref());
        match route.carries {
            Carries::Http => {}
            Carries::Tcp if is_nginx && nginx::passes_on(&route) => return self.passed_on(workload, &route, diags),
            Carries::Tcp | Carries::Udp => return not_carried(workload, &route, diags),
        }
        let steps: Vec<&Treatment> = loss::steps(&route, self.treatments);
        let steps: Vec<&Treatment> = steps.into_iter().filter(|step| !loss::is_https_redirect(step)).collect();
        let mut said = Said::default();
        let left: Vec<&Treatment> =
            steps.into_iter().filter(|step| !(is_nginx && said.step(step, &route.matches))).collect();
        if let Some(guard) = left.iter().find(|step| loss::is_guard(step)) {
            say(&loss::deed(guard), &guard.kind, "without that it would let in whom it kept out", diags);
            return;
        }
        let mut lost = Lost::default();
        for step in left {
            if step.kind == Treatment::ELSEWHERE {
                super::elsewhere(step, &route.called, &path, diags);
            } else {
                lost.step(step);
            }
        }
        for setting in route.backend.iter().filter(|setting| !(is_nginx && said.backend(setting))) {
            lost.backend(setting, workload);
        }
        let (matches, unsayable) = sayable(&route);
        if matches.is_empty() {
            let cannot = format!("tell {}", unsayable.join(", "));
            let why = "an Ingress knows hosts and paths alone, and would let in more without that";
            say(&cannot, &cannot, why, diags);
            return;
        }
        for words in unsayable {
            lost.add("tell", format!("tell {words}"));
        }
        let matches = self.vacant(&route, matches, &path, diags);
        if !matches.is_empty() {
            if !lost.is_empty() {
                diags.push(
                    lost.told(&route, "Ingress", place)
                        .why("the Ingress API knows hosts, paths and certificates alone")
                        .help("say --routes traefik where the cluster runs Traefik, or --ingress-class nginx where it runs ingress-nginx"),
                );
            }
            super::compared(&route, diags);
            let ingress = self.ingress(workload, &route, &matches, said, diags);
            workload.routed.push(super::port(&route));
            workload.ingresses.push(ingress);
        }
    }

    /// An Ingress by which ingress-nginx passes what is encrypted on as it is.
    fn passed_on(&mut self, workload: &mut Workload, route: &Route, diags: &mut Diagnostics) {
        let place = route.why.origins().first().copied().unwrap_or(workload.origin);
        diags.push(
            Diagnostic::new(
                Code::TlsPassthrough,
                place,
                format!("the encryption of {} is passed on by an annotation", route.called),
            )
            .why("ingress-nginx hears it only when it runs with --enable-ssl-passthrough")
            .help("add that flag to the controller; without it, the controller ends the encryption itself")
            .cause("ssl-passthrough")
            .key(route.written_at.clone()),
        );
        let mut said = Said::default();
        said.passes_on(route);
        let matches = self.vacant(route, route.matches.iter().collect(), &route.written_at, diags);
        if !matches.is_empty() {
            let plain = Route { tls: None, ..route.clone() };
            let ingress = self.ingress(workload, &plain, &matches, said, diags);
            workload.routed.push(super::port(route));
            workload.ingresses.push(ingress);
        }
    }

    /// The alternatives that lead nowhere yet.
    fn vacant<'m>(
        &mut self,
        route: &Route,
        matches: Vec<&'m RouteMatch>,
        path: &str,
        diags: &mut Diagnostics,
    ) -> Vec<&'m RouteMatch> {
        let mut vacant = Vec::with_capacity(matches.len());
        for found in matches {
            let place = found.why.origins().first().copied();
            let key = (found.host.clone(), found.path.clone());
            match (self.taken.get(&key), place) {
                (Some((other, first)), Some(place)) => diags.push(
                    Diagnostic::new(
                        Code::RouteTwice,
                        place,
                        format!("{} asks for what {other} leads elsewhere", route.called),
                    )
                    .also(*first, "asked for here too")
                    .why("an Ingress tells hosts and paths apart, and nothing else")
                    .help("give one of the two another host or path")
                    .key(path)
                    .covers(loss::places(route)),
                ),
                (Some(_), None) => {}
                (None, _) => {
                    self.taken.extend(place.map(|place| (key, (route.called.clone(), place))));
                    vacant.push(found);
                }
            }
        }
        vacant
    }

    fn ingress(
        &mut self,
        workload: &Workload,
        route: &Route,
        matches: &[&RouteMatch],
        said: Said,
        diags: &mut Diagnostics,
    ) -> Ingress {
        let port = super::port(route);
        let mut rules: Vec<IngressRule> = Vec::new();
        for found in matches {
            let host = host(found);
            let path = path(found, &workload.name, &port, said.rewrite.as_ref());
            match rules
                .iter_mut()
                .find(|rule| rule.host.as_ref().map(|host| &host.value) == host.as_ref().map(|host| &host.value))
            {
                Some(rule) => rule.paths.push(path),
                None => rules.push(IngressRule { host, paths: vec![path] }),
            }
        }
        for secret in said.secrets {
            self.made.entry(secret.name.clone()).or_insert(secret);
        }
        let mut annotations = route.annotations.clone();
        annotations.extend(said.annotations);
        let tls = route.tls.as_ref().and_then(|tls| self.tls(route, tls, &rules, &mut annotations, diags));
        let chosen = self.context.request.ingress_class.clone();
        let class = route.class.clone().or_else(|| Some(Traced::decided(chosen?, "chosen-ingress-class")));
        Ingress {
            name: route.name.clone(),
            class,
            annotations,
            tls: tls.into_iter().collect(),
            rules,
            why: route.why.clone(),
        }
    }

    /// The certificate of the hosts of a route.
    fn tls(
        &mut self,
        route: &Route,
        tls: &RouteTls,
        rules: &[IngressRule],
        annotations: &mut Vec<(String, Traced<String>)>,
        diags: &mut Diagnostics,
    ) -> Option<IngressTls> {
        let hosts: Vec<Traced<String>> = rules.iter().filter_map(|rule| rule.host.clone()).collect();
        let domains = tls.domains.iter().flat_map(|domain| domain.main.iter().chain(&domain.sans));
        domains
            .flat_map(|domain| domain.why.origins())
            .for_each(|place| diags.consume(*place, "the certificate is for the hosts of the route"));
        if hosts.is_empty() {
            tls.why
                .origins()
                .iter()
                .for_each(|place| diags.consume(*place, "any host gets the controller's own certificate"));
            return None;
        }
        let names: BTreeSet<String> = hosts.iter().map(|host| host.value.clone()).collect();
        let usual = || format!("{}-tls", route.name);
        let secret = match &tls.secret {
            Some(secret) => secret.clone(),
            None => {
                let name = self.secrets.entry(names.into_iter().collect()).or_insert_with(usual).clone();
                Traced { value: name, why: tls.why.clone() }
            }
        };
        let issuer = issuer(tls, self.context.request.cluster_issuer.as_deref());
        certificates(route, issuer.as_ref(), &secret.value, diags);
        if let Some(issuer) = issuer
            && !annotations.iter().any(|(key, _)| key == ISSUER)
        {
            annotations.push((ISSUER.to_owned(), issuer));
        }
        Some(IngressTls { hosts, secret: Some(secret), why: tls.why.clone() })
    }
}

/// The alternatives that an Ingress can tell, and what it cannot tell of the others, each once.
fn sayable(route: &Route) -> (Vec<&RouteMatch>, Vec<String>) {
    let mut matches = Vec::new();
    let mut unsayable = Vec::new();
    for found in &route.matches {
        match loss::unsayable(found) {
            Some(words) if unsayable.contains(&words) => {}
            Some(words) => unsayable.push(words),
            None => matches.push(found),
        }
    }
    (matches, unsayable)
}

/// Says that what is no HTTP has no Ingress.
fn not_carried(workload: &Workload, route: &Route, diags: &mut Diagnostics) {
    let place = route.why.origins().first().copied().unwrap_or(workload.origin);
    let why = match &route.tls {
        Some(tls) if tls.passthrough.is_none() => {
            "an Ingress carries HTTP alone, and the service does not speak what the router encrypted"
        }
        Some(_) | None => "an Ingress carries HTTP alone, and no port that the router publishes is known to lead there",
    };
    diags.push(
        Diagnostic::new(Code::RouteNotMade, place, format!("no Ingress is made of {}", route.called))
            .why(why)
            .help("write ports: with the number under which the service itself is to be reached")
            .help("or say --routes gateway or --routes traefik where the cluster's controller carries it")
            .cause(why)
            .subject(route.called.as_str())
            .key(route.written_at.clone())
            .covers(loss::places(route)),
    );
}

/// Who of cert-manager makes the certificate: nobody does where the user names a Secret that is there.
pub(super) fn issuer(tls: &RouteTls, chosen: Option<&str>) -> Option<Traced<String>> {
    if tls.issuer.is_some() || tls.secret.is_some() {
        return tls.issuer.clone();
    }
    let chosen = chosen.map(|name| Traced::decided(name.to_owned(), "chosen-cluster-issuer"));
    // Names of the cluster's objects have no capitals.
    let resolver = || tls.resolver.clone().map(|resolver| resolver.map(|name| Name::from_text(&name).to_string()));
    chosen.or_else(resolver)
}

/// Says who makes the certificate in a Secret, or that it must be made.
pub(super) fn certificates(route: &Route, issuer: Option<&Traced<String>>, secret: &str, diags: &mut Diagnostics) {
    let Some(tls) = &route.tls else { return };
    let Some(place) = tls.why.origins().first().or(route.why.origins().first()) else { return };
    let note = |title: String| Diagnostic::new(Code::RouteCertificate, *place, title).key(route.written_at.clone());
    let is_named = route.form.is_named();
    match issuer {
        Some(issuer) => diags.push(
            note(format!("the ClusterIssuer {} of cert-manager makes the certificates", issuer.value))
                .why(if is_named && tls.issuer.is_some() {
                    "cert-manager, which must be in the cluster, looks for an issuer of that name"
                } else if is_named {
                    "--cluster-issuer names it for all that is encrypted and names no Secret"
                } else {
                    "the router did it itself"
                })
                .help(if tls.issuer.is_some() {
                    "create a ClusterIssuer of that name: kubectl get clusterissuers shows those that are there"
                } else {
                    "create a ClusterIssuer of that name, or name another one with --cluster-issuer"
                })
                .cause(issuer.value.clone()),
        ),
        None if tls.secret.is_none() => {
            let (why, help) = if is_named {
                ("it is encrypted, and names neither a Secret nor an issuer", "or write issuer: beside tls:")
            } else {
                ("the router had it from its own configuration", "or name an issuer with --cluster-issuer")
            };
            diags.push(
                note(format!("the certificate is expected in the Secret {secret}"))
                    .why(why)
                    .help(format!("kubectl create secret tls {secret} --cert=FILE --key=FILE, {help}"))
                    .cause("certificates"),
            );
        }
        None => {}
    }
}

/// The host of an alternative, as the cluster's resources write it.
pub(super) fn host(found: &RouteMatch) -> Option<Traced<String>> {
    let value = match &found.host {
        RouteHost::Any | RouteHost::Like(_) => return None,
        RouteHost::Is(name) => name.clone(),
        RouteHost::Below(domain) => format!("*.{domain}"),
    };
    Some(Traced { value, why: found.why.clone() })
}

fn path(found: &RouteMatch, service: &Name, port: &Traced<u16>, rewrite: Option<&Rewrite>) -> IngressPath {
    let rewritten = rewrite.and_then(|rewrite| rewrite.path(&found.path));
    let (path, compared) = rewritten.unwrap_or_else(|| match &found.path {
        RoutePath::Any => ("/".to_owned(), PathKind::Prefix),
        RoutePath::Is(path) => (path.clone(), PathKind::Exact),
        RoutePath::Prefix(path) => (path.clone(), PathKind::Prefix),
        RoutePath::Like(regex) => (regex.clone(), PathKind::OfController),
    });
    // A port that is found elsewhere is a reason of its own.
    let why = Why::Origins(found.why.origins().iter().chain(port.why.origins()).copied().collect());
    let port = Traced { value: port.value, why: if why.origins().is_empty() { port.why.clone() } else { why } };
    IngressPath { path: Traced { value: path, why: found.why.clone() }, compared, service: service.clone(), port }
}
