//! What an Ingress cannot say of a route, in words, and whether the route is opened wider without it.

use std::collections::BTreeMap;

use crate::compose::grammar::rule::Test;
use crate::diag::{Code, Diagnostic};
use crate::ir::{Name, Route, RouteHost, RouteMatch, RoutePath, RouteTest, Setting, SettingValue, Treatment, Workload};
use crate::origin::Origin;
use crate::passes::ingresses::health;

/// That the router's own checks are not made.
const UNCHECKED: &str = "check the health itself";

/// What is lost of a route, in words, each beside what kind of loss it is.
#[derive(Default)]
pub(super) struct Lost {
    kinds: Vec<String>,
    words: Vec<String>,
}

impl Lost {
    /// Something more; what was said before is not said again.
    pub(super) fn add(&mut self, kind: &str, words: String) {
        if !self.words.contains(&words) {
            self.words.push(words);
            self.kinds.push(kind.to_owned());
        }
    }

    /// What a middleware does.
    pub(super) fn step(&mut self, treatment: &Treatment) {
        let kind = if treatment.kind == Treatment::UNSAID { &treatment.called } else { &treatment.kind };
        self.add(kind, deed(treatment));
    }

    /// What is said of how the service is spoken to, where there is no word for it. Its own healthcheck keeps requests from pods that
    /// are not ready, as the router's did.
    pub(super) fn backend(&mut self, setting: &Setting, workload: &Workload) {
        let is_checked = health::is_of_check(setting) && health::is_checked(workload);
        if let Some(words) = of_backend(setting).filter(|_| !is_checked) {
            self.add(&words.clone(), words);
        }
    }

    /// Whether nothing is lost.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// All of it, parted by semicolons.
    pub(super) fn words(&self) -> String {
        self.words.join("; ")
    }

    /// A message about it: routes that lose the same kind of thing share one.
    pub(super) fn told(&self, route: &Route, made: &str, place: Origin) -> Diagnostic {
        let words = self.words();
        let mut told =
            Diagnostic::new(Code::RouteLost, place, format!("the {made} of {} does not: {words}", route.called));
        if self.words.iter().any(|words| words == UNCHECKED) {
            told = told.help("write a healthcheck: for the service, so that pods which fail it get no requests");
        }
        told.cause(self.kinds.join("; "))
            .subject(format!("{}: {words}", route.called))
            .key(route.written_at.clone())
            .covers(places(route))
    }
}

/// A message about a route of which nothing is made.
pub(super) fn not_made(route: &Route, made: &str, cannot: &str, cause: &str, place: Origin) -> Diagnostic {
    Diagnostic::new(Code::RouteNotMade, place, format!("no {made} is made of {}: it cannot {cannot}", route.called))
        .cause(cause)
        .subject(route.called.as_str())
        .key(route.written_at.clone())
        .covers(places(route))
}

/// Every place that a route comes from.
pub(super) fn places(route: &Route) -> Vec<Origin> {
    let steps = route.steps.iter().flat_map(|step| step.why.origins());
    let settings = route.backend.iter().flat_map(|setting| setting.value.why.origins());
    let tls = route.tls.iter().flat_map(|tls| tls.why.origins());
    let matches = route.matches.iter().flat_map(|found| found.why.origins());
    let port = route.port.iter().flat_map(|port| port.why.origins());
    let class = route.class.iter().flat_map(|class| class.why.origins());
    let annotations = route.annotations.iter().flat_map(|(_, value)| value.why.origins());
    let all = route.why.origins().iter().chain(steps).chain(settings).chain(tls).chain(matches).chain(port);
    let all = all.chain(class).chain(annotations);
    let mut all: Vec<Origin> = all.copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The middlewares of a route, those that stand in chains one by one.
pub(super) fn steps<'a>(route: &Route, known: &'a BTreeMap<Name, Treatment>) -> Vec<&'a Treatment> {
    let mut all = Vec::new();
    let mut open: Vec<(Name, usize)> = route.steps.iter().rev().map(|step| (Name::from_text(&step.value), 0)).collect();
    while let Some((name, depth)) = open.pop() {
        let Some(treatment) = known.get(&name) else { continue };
        if treatment.kind != "chain" {
            all.push(treatment);
            continue;
        }
        // A chain may name itself.
        if depth < 8 && all.len() + open.len() < 256 {
            let names = treatment.settings.iter().flat_map(|setting| texts(setting));
            open.extend(names.rev().map(|name| (Name::from_text(name), depth + 1)));
        }
    }
    all
}

/// The texts of a list, or the one text.
pub(super) fn texts(setting: &Setting) -> std::slice::Iter<'_, String> {
    match &setting.value.value {
        SettingValue::List(items) | SettingValue::Names(items) => items.iter(),
        SettingValue::Text(text) => std::slice::from_ref(text).iter(),
        SettingValue::Flag(_) | SettingValue::Number(_) | SettingValue::Empty => [].iter(),
    }
}

/// A text of a middleware.
pub(super) fn text<'a>(treatment: &'a Treatment, path: &[&str]) -> Option<&'a str> {
    let setting = treatment.settings.iter().find(|setting| setting.path == path)?;
    texts(setting).next().map(String::as_str)
}

/// Whether it sends requests on to their encrypted form and does nothing else.
pub(super) fn is_https_redirect(treatment: &Treatment) -> bool {
    let to_https = || text(treatment, &["scheme"]).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    treatment.kind == "redirectScheme" && to_https()
}

/// Whether it keeps requests out that would pass without it.
pub(super) fn is_guard(treatment: &Treatment) -> bool {
    if treatment.kind == Treatment::ELSEWHERE {
        let lower = treatment.called.to_ascii_lowercase();
        if ["no-auth", "noauth", "no_auth", "without-auth"].iter().any(|word| lower.contains(word)) {
            return false;
        }
        let words = ["auth", "sso", "login", "allow", "whitelist", "internal", "private", "vpn", "lan-", "local"];
        return words.iter().any(|word| lower.contains(word));
    }
    if treatment.kind == Treatment::UNSAID {
        // Directives of caddy that refuse requests.
        return matches!(treatment.called.as_str(), "abort" | "error" | "authorize" | "authenticate" | "crowdsec");
    }
    matches!(treatment.kind.as_str(), "basicAuth" | "digestAuth" | "forwardAuth" | "ipAllowList" | "plugin")
}

/// What a middleware does, in a few words.
pub(super) fn deed(treatment: &Treatment) -> String {
    let list = || treatment.settings.iter().flat_map(texts).cloned().collect::<Vec<_>>().join(", ");
    let words = match treatment.kind.as_str() {
        "basicAuth" | "digestAuth" => "ask for a password".to_owned(),
        "forwardAuth" => format!("ask {} first", text(treatment, &["address"]).unwrap_or("another service")),
        "ipAllowList" => format!("let in {} alone", list()),
        "stripPrefix" | "stripPrefixRegex" => format!("take {} off the path", list()),
        "addPrefix" => format!("put {} before the path", list()),
        "replacePath" | "replacePathRegex" => "replace the path".to_owned(),
        "redirectRegex" | "redirectScheme" => "redirect".to_owned(),
        "headers" => "set headers".to_owned(),
        "rateLimit" | "inFlightReq" | "inFlightConn" => "limit requests".to_owned(),
        "compress" => "compress".to_owned(),
        "retry" => "try again".to_owned(),
        "buffering" => "limit bodies".to_owned(),
        "errors" => "show error pages of another service".to_owned(),
        "circuitBreaker" => "break the circuit".to_owned(),
        Treatment::UNSAID => return format!("do what `{}` says", treatment.called),
        Treatment::ELSEWHERE => return format!("do what `{}` does", treatment.called),
        other => other.to_owned(),
    };
    format!("{words} (`{}`)", treatment.called)
}

/// What of an alternative no Ingress can say; `None` when it can say all.
pub(super) fn unsayable(found: &RouteMatch) -> Option<String> {
    if let Some(words) = unsayable_host(&found.host) {
        return Some(words);
    }
    match &found.path {
        RoutePath::Like(regex) => return Some(format!("paths like {regex}")),
        RoutePath::Is(path) | RoutePath::Prefix(path) if !is_plain_path(path) => {
            return Some(format!("the path `{path}`"));
        }
        RoutePath::Any | RoutePath::Is(_) | RoutePath::Prefix(_) => {}
    }
    found.tests.first().map(test)
}

/// A beginning of paths that ends within a word, as `/user-`: the cluster compares part by part, and would find none.
pub(super) fn partial_prefix(found: &RouteMatch) -> Option<&str> {
    match &found.path {
        RoutePath::Prefix(path) => Some(path.as_str()).filter(|path| path.ends_with(['-', '_', '.', '~', '='])),
        RoutePath::Any | RoutePath::Is(_) | RoutePath::Like(_) => None,
    }
}

/// Whether a path is absolute, and has no part that is empty or resolved.
pub(super) fn is_plain_path(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    path.starts_with('/')
        && !["//", "/./", "/../", "%2f", "#"].iter().any(|part| lower.contains(part))
        && !path.ends_with("/.")
        && !path.ends_with("/..")
}

/// What of a host only a regular expression says, or nobody.
pub(super) fn unsayable_host(host: &RouteHost) -> Option<String> {
    match host {
        RouteHost::Like(regex) => Some(format!("hosts like {regex}")),
        RouteHost::Is(name) if name.is_empty() => Some("a host without a name".to_owned()),
        RouteHost::Is(name) if !super::super::routes::is_dns(name) => {
            Some(format!("the host `{name}`, which is no name of DNS"))
        }
        RouteHost::Below(_) | RouteHost::Is(_) | RouteHost::Any => None,
    }
}

/// What a request is asked for, in words.
pub(super) fn test(found: &RouteTest) -> String {
    let words = match &found.test {
        Test::Host(name) => format!("the host {name}"),
        Test::HostLike(regex) => format!("hosts like {regex}"),
        Test::Path(path) => format!("the path {path}"),
        Test::PathPrefix(path) => format!("paths below {path}"),
        Test::PathLike(regex) => format!("paths like {regex}"),
        Test::Method(method) => format!("the method {method}"),
        Test::Header(name, _) | Test::HeaderLike(name, _) => format!("the header {name}"),
        Test::Query(name, _) | Test::QueryLike(name, _) => format!("the parameter {name}"),
        Test::Client(range) => format!("clients of {range}"),
        Test::Alpn(protocol) => format!("the protocol {protocol}"),
    };
    if found.negated { format!("all but {words}") } else { words }
}

/// What the Ingress API has no word for in how the service is spoken to.
fn of_backend(setting: &Setting) -> Option<String> {
    let key = setting.path.join(".");
    match (key.as_str(), &setting.value.value) {
        ("passHostHeader", SettingValue::Flag(true)) => None,
        ("server.scheme", SettingValue::Text(scheme)) if scheme.eq_ignore_ascii_case("http") => None,
        ("server.scheme", SettingValue::Text(scheme)) => Some(format!("speak {scheme} to the service")),
        ("sticky" | "sticky.cookie", SettingValue::Flag(false)) => None,
        (key, _) if key.starts_with("sticky") => Some("keep a client at one pod".to_owned()),
        (key, _) if key.starts_with("healthCheck") => Some(UNCHECKED.to_owned()),
        (key, _) => Some(format!("set {key}")),
    }
}
