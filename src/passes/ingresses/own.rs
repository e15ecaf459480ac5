//! Routes for a cluster that runs Traefik: they stay what its labels said, written in the words of its resources, of version 3.

use std::collections::{BTreeMap, BTreeSet};

use super::loss::{self, Lost};
use super::{build, users};
use crate::compose::grammar::rule::Test;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    App, Carries, Certificate, FileObject, Name, Route, RouteHost, RouteMatch, RoutePath, RouteTest, RouteTls, Setting,
    SettingValue, Traced, Treatment, Workload,
};

/// Makes routes and treatments ready to be written down.
pub(super) fn settle(app: &mut App, issuer: Option<&str>, diags: &mut Diagnostics) {
    let known: BTreeMap<Name, Treatment> =
        app.treatments.iter().map(|treatment| (treatment.name.clone(), treatment.clone())).collect();
    let mut certificates = Certificates::default();
    for workload in &mut app.workloads {
        let mut routes = std::mem::take(&mut workload.routes);
        for route in &mut routes {
            self::route(route, workload, &known, diags);
            certificates.ask(route, issuer, diags);
            if route.carries != Carries::Udp {
                workload.routed.push(super::port(route));
            }
        }
        workload.routes = routes;
    }
    app.certificates.extend(certificates.made);
    let mut secrets = Vec::new();
    app.treatments.retain_mut(|treatment| {
        if matches!(treatment.kind.as_str(), Treatment::ELSEWHERE | Treatment::UNSAID) {
            treatment.why.origins().iter().for_each(|place| diags.consume(*place, "read for the routes that name it"));
            return false;
        }
        secrets.extend(self::treatment(treatment, diags));
        true
    });
    app.files.extend(secrets);
}

fn route(route: &mut Route, workload: &Workload, known: &BTreeMap<Name, Treatment>, diags: &mut Diagnostics) {
    let is_verbatim = route.rule.as_ref().is_some_and(|rule| is_of_three(&rule.value));
    if route.carries != Carries::Udp && !is_verbatim {
        let why = route.rule.as_ref().map_or(&route.why, |rule| &rule.why).clone();
        let tcp = route.carries == Carries::Tcp;
        let all: Vec<String> = route.matches.iter().map(|found| conjunction(found, tcp)).collect();
        route.rule = Some(Traced { value: all.join(" || "), why });
    }
    let mut lost = Lost::default();
    route.backend.retain_mut(|setting| match setting.path.first().map(String::as_str) {
        // Pods are checked by the cluster.
        Some("healthCheck") => {
            lost.backend(setting, workload);
            false
        }
        Some("server") => {
            setting.path.remove(0);
            true
        }
        Some("sticky") => {
            let is_on = setting.value.value != SettingValue::Flag(false);
            if setting.value.value == SettingValue::Flag(true) && setting.path.len() < 3 {
                setting.path = vec!["sticky".to_owned(), "cookie".to_owned()];
                setting.value.value = SettingValue::Empty;
            }
            is_on
        }
        Some(_) | None => true,
    });
    let (route_called, path) = (&route.called, route.written_at.clone());
    route.steps.retain_mut(|step| {
        let Some(treatment) = known.get(&Name::from_text(&step.value)) else { return true };
        if treatment.kind == Treatment::UNSAID {
            lost.step(treatment);
            return false;
        }
        if treatment.kind == Treatment::ELSEWHERE {
            step.value = super::elsewhere(treatment, route_called, &path, diags);
        }
        true
    });
    if lost.is_empty() {
        return;
    }
    let place = route.why.origins().first().copied().unwrap_or(workload.origin);
    diags.push(
        lost.told(route, "IngressRoute", place)
            .why("its resource has no word for that")
            .help("see what your version of Traefik has beside it, or have the service do it"),
    );
}

/// Certificates that cert-manager is asked for: it reads annotations of Ingresses and Gateways alone, so that others stand beside their
/// routes.
#[derive(Default)]
struct Certificates {
    made: Vec<Certificate>,
    /// The certificate of each set of hosts.
    by_hosts: BTreeMap<Vec<String>, Name>,
}

impl Certificates {
    /// Asks for the certificate of a route whose encryption ends at the router, where the user names an issuer.
    fn ask(&mut self, route: &mut Route, issuer: Option<&str>, diags: &mut Diagnostics) {
        let ends_here = |tls: &&mut RouteTls| tls.passthrough.is_none() && tls.secret.is_none();
        let Some(tls) = route.tls.as_mut().filter(ends_here) else { return };
        let Some(issuer) = issuer.map(|name| Traced::decided(name.to_owned(), "chosen-cluster-issuer")) else { return };
        let said = tls.domains.iter().flat_map(|domain| domain.main.iter().chain(&domain.sans)).cloned();
        let mut hosts: Vec<Traced<String>> = said.collect();
        if hosts.is_empty() {
            let sayable = route.matches.iter().filter(|found| loss::unsayable_host(&found.host).is_none());
            hosts.extend(sayable.filter_map(build::host));
        }
        let mut seen = BTreeSet::new();
        hosts.retain(|host| seen.insert(host.value.clone()));
        if hosts.is_empty() {
            // Any host: the store's own certificate serves it.
            return;
        }
        let key = seen.into_iter().collect();
        let name = match self.by_hosts.get(&key) {
            Some(name) => name.clone(),
            None => {
                let name = route.name.with("tls");
                self.by_hosts.insert(key, name.clone());
                self.made.push(Certificate { name: name.clone(), issuer: issuer.clone(), hosts, why: tls.why.clone() });
                name
            }
        };
        let places = tls.resolver.take();
        places.iter().flat_map(|resolver| resolver.why.origins()).for_each(|place| {
            diags.consume(*place, "cert-manager makes the certificate in its place");
        });
        let domains = std::mem::take(&mut tls.domains);
        let domains = domains.iter().flat_map(|domain| domain.main.iter().chain(&domain.sans));
        domains.flat_map(|domain| domain.why.origins()).for_each(|place| {
            diags.consume(*place, "the Certificate beside the route names the hosts");
        });
        tls.secret = Some(Traced { value: name.to_string(), why: tls.why.clone() });
        build::certificates(route, Some(&issuer), name.as_str(), diags);
    }
}

/// Whether a rule is one of version 3 as it stands.
fn is_of_three(rule: &str) -> bool {
    let has_variables = rule.split('{').skip(1).any(|part| part.starts_with(|c: char| c.is_ascii_alphabetic()));
    let lower = rule.to_ascii_lowercase();
    let is_old = ["headers(", "headersregexp(", "hostheader("].iter().any(|call| lower.contains(call));
    !has_variables && !is_old && !rule.replace(' ', "").contains("`,`") && !rule.contains("Query(")
}

/// One alternative as a rule of version 3.
fn conjunction(found: &RouteMatch, tcp: bool) -> String {
    let (host, like) = if tcp { ("HostSNI", "HostSNIRegexp") } else { ("Host", "HostRegexp") };
    let mut all = Vec::new();
    match &found.host {
        RouteHost::Any if tcp => all.push("HostSNI(`*`)".to_owned()),
        RouteHost::Any => {}
        RouteHost::Is(name) => all.push(format!("{host}({})", quoted(name))),
        RouteHost::Below(domain) => {
            let regex = format!("^[^.]+\\.{}$", crate::compose::grammar::rule::escaped(domain));
            all.push(format!("{like}({})", quoted(&regex)));
        }
        RouteHost::Like(regex) => all.push(format!("{like}({})", quoted(regex))),
    }
    match &found.path {
        RoutePath::Any => {}
        RoutePath::Is(path) => all.push(format!("Path({})", quoted(path))),
        RoutePath::Prefix(path) => all.push(format!("PathPrefix({})", quoted(path))),
        RoutePath::Like(regex) => all.push(format!("PathRegexp({})", quoted(regex))),
    }
    all.extend(found.tests.iter().map(test));
    if all.is_empty() { "PathPrefix(`/`)".to_owned() } else { all.join(" && ") }
}

fn test(found: &RouteTest) -> String {
    let call = match &found.test {
        Test::Host(name) => format!("Host({})", quoted(name)),
        Test::HostLike(regex) => format!("HostRegexp({})", quoted(regex)),
        Test::Path(path) => format!("Path({})", quoted(path)),
        Test::PathPrefix(path) => format!("PathPrefix({})", quoted(path)),
        Test::PathLike(regex) => format!("PathRegexp({})", quoted(regex)),
        Test::Method(method) => format!("Method({})", quoted(method)),
        Test::Header(name, value) => format!("Header({}, {})", quoted(name), quoted(value)),
        Test::HeaderLike(name, regex) => format!("HeaderRegexp({}, {})", quoted(name), quoted(regex)),
        Test::Query(name, None) => format!("Query({})", quoted(name)),
        Test::Query(name, Some(value)) => format!("Query({}, {})", quoted(name), quoted(value)),
        Test::QueryLike(name, regex) => format!("QueryRegexp({}, {})", quoted(name), quoted(regex)),
        Test::Client(range) => format!("ClientIP({})", quoted(range)),
        Test::Alpn(protocol) => format!("ALPN({})", quoted(protocol)),
    };
    if found.negated { format!("!{call}") } else { call }
}

/// A literal: in backticks unless it holds one.
fn quoted(text: &str) -> String {
    if text.contains('`') {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        format!("`{text}`")
    }
}

/// Names and passwords go to a Secret, parts of a chain are names of resources. Gives the Secret.
fn treatment(treatment: &mut Treatment, diags: &mut Diagnostics) -> Option<FileObject> {
    match treatment.kind.as_str() {
        "basicAuth" | "digestAuth" => {
            users_elsewhere(treatment, diags);
            let secret = users::secret(treatment, "users")?;
            let why = secret.why.clone();
            treatment.settings.retain(|setting| setting.path != ["users"]);
            let name = SettingValue::Text(secret.name.to_string());
            treatment.settings.insert(0, Setting::at(&["secret"], name, why));
            Some(secret)
        }
        "chain" => {
            for setting in &mut treatment.settings {
                if let SettingValue::List(names) = &setting.value.value {
                    setting.value.value = SettingValue::Names(names.clone());
                }
            }
            None
        }
        "errors" => {
            treatment.settings.retain(|setting| {
                let is_service = setting.path == ["service"];
                if let (true, Some(place)) = (is_service, setting.value.why.origins().first()) {
                    diags.push(
                        Diagnostic::new(
                            Code::RouteLost,
                            *place,
                            format!("the service of error pages is left out of {}", treatment.name),
                        )
                        .why("a resource names a Service and its port there")
                        .help("add it to the Middleware by hand"),
                    );
                }
                !is_service
            });
            None
        }
        _ => None,
    }
}

/// Names and passwords that stand in a file which is not here: the user makes the Secret of it.
fn users_elsewhere(treatment: &mut Treatment, diags: &mut Diagnostics) {
    let name = treatment.name.with("users");
    for setting in treatment.settings.iter_mut().filter(|setting| setting.path == ["usersFile"]) {
        if let Some(place) = setting.value.why.origins().first() {
            diags.push(
                Diagnostic::new(
                    Code::RouteLost,
                    *place,
                    format!("the names and passwords of {} stand in a file that is not here", treatment.called),
                )
                .why("a Middleware reads them from a Secret")
                .help(format!("kubectl create secret generic {name} --from-file=users=FILE"))
                .key(treatment.called.clone()),
            );
        }
        setting.path = vec!["secret".to_owned()];
        setting.value.value = SettingValue::Text(name.to_string());
    }
}
