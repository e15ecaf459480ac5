//! nginx-proxy and its companion for certificates: variables of a container (`VIRTUAL_HOST` and its like, `LETSENCRYPT_HOST`) say by
//! which hosts it is reached. They stay variables, for the program may read them too.

use std::collections::BTreeMap;

use super::{Maker, list, matches};
use crate::compose::grammar::rule::escaped;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    App, EnvSource, FileObject, Route, RouteHost, RouteMatch, RoutePath, RouteTls, Setting, SettingValue, Traced,
    Treatment, Why, Workload,
};

/// The variables that it reads.
const READ: &[&str] = &[
    "VIRTUAL_HOST",
    "VIRTUAL_PORT",
    "VIRTUAL_PATH",
    "VIRTUAL_DEST",
    "VIRTUAL_PROTO",
    "VIRTUAL_HOST_MULTIPORTS",
    "LETSENCRYPT_HOST",
    "HTTPS_METHOD",
    "NETWORK_ACCESS",
    "CERT_NAME",
    "SELF_SIGNED_HOST",
];

/// Addresses that a network of one's own has: what `NETWORK_ACCESS=internal` lets in.
const INTERNAL: &[&str] = &["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

type Variables = BTreeMap<&'static str, Traced<String>>;

/// The routes that the variables of one workload make, with what is done on their way.
pub(super) fn routes(
    app: &App,
    index: usize,
    is_there: bool,
    maker: &mut Maker<'_>,
    diags: &mut Diagnostics,
) -> Vec<(Route, Vec<Treatment>)> {
    let Some(workload) = app.workloads.get(index) else { return Vec::new() };
    let variables = variables(app, workload);
    let path = format!("services.{}.environment", workload.service);
    let mut made = Vec::new();
    if let Some(many) = variables.get("VIRTUAL_HOST_MULTIPORTS") {
        if let (true, Some(place)) = (is_there, many.why.origins().first()) {
            for site in sites(&many.value) {
                made.extend(route(workload, &variables, Site { why: many.why.clone(), ..site }, maker));
            }
            if made.is_empty() {
                diags.push(
                    Diagnostic::new(Code::RouteRule, *place, "VIRTUAL_HOST_MULTIPORTS holds no host that can be read")
                        .help("write a host, below it paths in quotes, below each its port")
                        .key(path),
                );
            }
        }
        return made;
    }
    let Some(hosts) = variables.get("VIRTUAL_HOST") else { return made };
    let is_name = |host: &Traced<String>| host.value.contains('.') || host.value.starts_with('~');
    let written = list(Some(hosts.clone()));
    // Other programs have a variable of that name: it counts where the proxy is part of the project, or hosts have dots.
    if !is_there && !written.iter().all(is_name) {
        return made;
    }
    let text = |name: &str| {
        variables.get(name).map(|variable| variable.value.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let site = Site {
        hosts: written.into_iter().map(|host| host.value).collect(),
        path: text("VIRTUAL_PATH").unwrap_or_default(),
        dest: text("VIRTUAL_DEST"),
        port: text("VIRTUAL_PORT").and_then(|port| port.parse().ok()),
        proto: text("VIRTUAL_PROTO"),
        why: hosts.why.clone(),
    };
    made.extend(route(workload, &variables, site, maker));
    made
}

/// What the container's variables say: those of its own beat those of files.
fn variables(app: &App, workload: &Workload) -> Variables {
    let mut all = Variables::new();
    for from in &workload.container.env_from {
        let is = |file: &&FileObject| (file.kind, &file.name) == (from.value.0, &from.value.1);
        let Some(file) = workload.files.iter().chain(&app.files).find(is) else { continue };
        for (key, data) in &file.entries {
            if let (Some(name), Ok(text)) = (READ.iter().find(|name| *name == key), std::str::from_utf8(&data.bytes)) {
                all.insert(name, Traced { value: text.to_owned(), why: data.why.clone() });
            }
        }
    }
    for variable in &workload.container.env {
        if let (Some(name), EnvSource::Literal(text)) =
            (READ.iter().find(|name| **name == variable.name), &variable.source)
        {
            all.insert(name, Traced { value: text.clone(), why: variable.why.clone() });
        }
    }
    all
}

/// Hosts and one path.
struct Site {
    hosts: Vec<String>,
    path: String,
    dest: Option<String>,
    port: Option<u16>,
    proto: Option<String>,
    why: Why,
}

fn route(
    workload: &Workload,
    variables: &Variables,
    site: Site,
    maker: &mut Maker<'_>,
) -> Option<(Route, Vec<Treatment>)> {
    let why = site.why.clone();
    let found: Vec<RouteMatch> = site
        .hosts
        .iter()
        .map(|host| RouteMatch {
            host: self::host(host),
            path: self::path(&site.path),
            tests: Vec::new(),
            why: why.clone(),
        })
        .collect();
    if found.is_empty() {
        return None;
    }
    let service = &workload.service;
    let mut made = Vec::new();
    let mut add =
        |kind: &str, settings: Vec<Setting>, why: &Why| made.push(maker.treatment(service, kind, settings, why));
    let text = |key: &str, value: &str| Setting::at(&[key], SettingValue::Text(value.to_owned()), why.clone());
    let texts = |key: &str, values: Vec<String>| Setting::at(&[key], SettingValue::List(values), why.clone());
    if let (Some(dest), RoutePath::Prefix(prefix)) = (&site.dest, self::path(&site.path)) {
        let prefix = prefix.trim_end_matches('/');
        if dest == "/" {
            add("stripPrefix", vec![texts("prefixes", vec![prefix.to_owned()])], &why);
        } else if dest.trim_end_matches('/') != prefix {
            let regex = format!("^{}/?(.*)", escaped(prefix));
            let replacement = format!("{}/$1", dest.trim_end_matches('/'));
            add("replacePathRegex", vec![text("regex", &regex), text("replacement", &replacement)], &why);
        }
    }
    if let Some(access) = variables.get("NETWORK_ACCESS").filter(|access| access.value == "internal") {
        let ranges = INTERNAL.iter().map(|range| (*range).to_owned()).collect();
        add("ipAllowList", vec![texts("sourceRange", ranges)], &access.why);
    }
    let backend = site.proto.iter().filter(|proto| *proto != "http");
    let backend =
        backend.map(|proto| Setting::at(&["server", "scheme"], SettingValue::Text(proto.clone()), why.clone()));
    let (name, called) = (maker.route_name(service), format!("the host of `{service}`"));
    let route = Route {
        tls: tls(variables, &site.hosts),
        port: site.port.map(|port| Traced {
            value: port,
            why: variables.get("VIRTUAL_PORT").map_or(&why, |port| &port.why).clone(),
        }),
        backend: backend.collect(),
        steps: made.iter().map(Treatment::as_step).collect(),
        ..Route::plain(name, called, format!("services.{service}.environment"), found, why.clone())
    };
    Some((route, made))
}

/// `a.example.com`, `*.example.com`, `~^regular expression$`.
fn host(text: &str) -> RouteHost {
    if let Some(regex) = text.strip_prefix('~') {
        return matches::host_like(regex);
    }
    let lower = text.to_ascii_lowercase();
    let lower = lower.split(':').next().unwrap_or_default();
    match lower.strip_prefix("*.").or_else(|| lower.strip_prefix('.')) {
        Some(domain) => RouteHost::Below(domain.to_owned()),
        None if lower.ends_with(".*") => RouteHost::Like(format!("^{}.+$", escaped(lower.trim_end_matches('*')))),
        None => RouteHost::Is(lower.to_owned()),
    }
}

fn path(text: &str) -> RoutePath {
    match text.strip_prefix('~') {
        Some(regex) => RoutePath::Like(regex.trim_start_matches('*').trim().to_owned()),
        None => match text.strip_prefix('=') {
            Some(path) => RoutePath::Is(path.trim().to_owned()),
            None => matches::prefix(text.trim().to_owned()),
        },
    }
}

/// The companion makes certificates for the hosts that it is told.
fn tls(variables: &Variables, hosts: &[String]) -> Option<RouteTls> {
    let made = variables.get("LETSENCRYPT_HOST");
    let by_companion = made.filter(|made| list(Some((*made).clone())).iter().any(|host| hosts.contains(&host.value)));
    if let Some(made) = by_companion {
        let resolver = Traced { value: "letsencrypt".to_owned(), why: made.why.clone() };
        return Some(RouteTls { resolver: Some(resolver), ..RouteTls::plain(made.why.clone()) });
    }
    let by_hand = variables.get("CERT_NAME").or_else(|| variables.get("SELF_SIGNED_HOST"));
    by_hand.map(|found| RouteTls::plain(found.why.clone()))
}

/// `VIRTUAL_HOST_MULTIPORTS`: hosts, below each its paths in quotes, below each `port` and `dest`.
fn sites(text: &str) -> Vec<Site> {
    let mut all: Vec<Site> = Vec::new();
    let mut host = String::new();
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default();
        let Some((key, value)) = line.trim().rsplit_once(':') else { continue };
        let (key, value) = (unquoted(key), unquoted(value));
        let is_top = line.starts_with(|c: char| !c.is_whitespace());
        let site = |path: &str, host: &str| Site {
            hosts: vec![host.to_owned()],
            path: path.to_owned(),
            dest: None,
            port: None,
            proto: None,
            why: Why::Decision("multiports"),
        };
        if is_top {
            key.clone_into(&mut host);
            if matches!(value, "" | "{}") {
                all.push(site("", &host));
            }
        } else if key.starts_with('/') || key.starts_with('~') {
            // The host alone stood for a path that is now named.
            all.retain(|known| !(known.hosts == [host.clone()] && known.path.is_empty() && known.port.is_none()));
            all.push(site(key, &host));
        } else if let Some(last) = all.last_mut() {
            match key {
                "port" => last.port = value.parse().ok(),
                "dest" => last.dest = Some(value.to_owned()),
                "proto" => last.proto = Some(value.to_owned()),
                _ => {}
            }
        }
    }
    all
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(|c| c == '"' || c == '\'')
}
