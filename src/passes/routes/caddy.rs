//! caddy-docker-proxy: labels are lines of a Caddyfile, `caddy` the address of a site, `caddy.reverse_proxy` what it leads to. Numbers
//! tell sites (`caddy_1`) and directives (`caddy.1_handle`, `caddy.handle_2`) apart.

use indexmap::IndexMap;

use super::{Maker, matches};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    App, Carries, Name, Route, RouteForm, RouteHost, RouteMatch, RoutePath, RouteTls, RouterLabel, Setting,
    SettingValue, Traced, Treatment, Why,
};
use crate::origin::Origin;

/// Directives that the cluster has no need of, or that say how Caddy itself works.
const OWN: &[&str] =
    &["log", "import", "email", "admin", "tls", "bind", "metrics", "request_id", "skip_log", "log_skip"];

/// A line of a site: the directives that lead to it, and what stands behind the last one.
struct Line {
    directives: Vec<String>,
    value: Traced<String>,
}

/// One site.
#[derive(Default)]
struct Site {
    address: Option<Traced<String>>,
    lines: Vec<Line>,
}

/// The routes of one service's labels, each with the workload that it leads to and what is done on the way.
pub(super) fn routes(
    app: &App,
    index: usize,
    labels: Vec<RouterLabel>,
    maker: &mut Maker<'_>,
    diags: &mut Diagnostics,
) -> Vec<(usize, Route, Vec<Treatment>)> {
    let mut sites: IndexMap<String, Site> = IndexMap::new();
    for label in labels {
        label.value.why.origins().iter().for_each(|place| diags.consume(*place, "read for the route"));
        let lower = label.key.to_ascii_lowercase();
        let mut parts = lower.split('.');
        let site = sites.entry(parts.next().unwrap_or_default().to_owned()).or_default();
        let directives: Vec<String> = parts.map(str::to_owned).collect();
        if directives.is_empty() {
            site.address = Some(label.value);
        } else {
            site.lines.push(Line { directives, value: label.value });
        }
    }
    let path = maker.path(app, index);
    let mut made = Vec::new();
    for site in sites.into_values() {
        made.extend(of_site(app, index, site, &path, maker, diags));
    }
    made
}

fn of_site(
    app: &App,
    index: usize,
    site: Site,
    path: &str,
    maker: &mut Maker<'_>,
    diags: &mut Diagnostics,
) -> Vec<(usize, Route, Vec<Treatment>)> {
    // Without an address the lines are options of Caddy itself; in parentheses stands a name for lines that others import.
    let Some(address) =
        site.address.filter(|address| !address.value.trim().is_empty() && !address.value.trim().starts_with('('))
    else {
        return Vec::new();
    };
    let places: Vec<Origin> = site
        .lines
        .iter()
        .map(|line| &line.value)
        .chain([&address])
        .flat_map(|value| value.why.origins())
        .copied()
        .collect();
    let service = app.workloads.get(index).map(|workload| workload.service.clone()).unwrap_or_default();
    let hosts: Vec<&str> = address.value.split([',', ' ']).map(str::trim).filter(|host| !host.is_empty()).collect();
    let is_plain = hosts.iter().all(|host| host.starts_with("http://") || host.starts_with(':'));
    let internal =
        site.lines.iter().any(|line| name(line.directives.first()) == "tls" && line.value.value.trim() == "internal");
    let shared: Vec<&Line> = site
        .lines
        .iter()
        .filter(|line| !leads(line) && !in_block(line) && !OWN.contains(&name(line.directives.first())))
        .collect();
    let leading: Vec<&Line> = site.lines.iter().filter(|line| leads(line)).collect();
    if leading.is_empty() {
        if let Some(place) = places.first() {
            diags.push(
                Diagnostic::new(Code::RouteTarget, *place, format!("the site of `{service}` leads to no service"))
                    .label("no route is made of it")
                    .help("write caddy.reverse_proxy: \"{{upstreams 80}}\"")
                    .key(path)
                    .covers(places.iter().copied()),
            );
        }
        return Vec::new();
    }
    let is_tls = !is_plain;
    let whole = Whole {
        service: &service,
        path,
        address: &address,
        hosts,
        places: &places,
        lines: &site.lines,
        shared,
        is_tls,
        internal,
    };
    leading.into_iter().filter_map(|line| lead(app, index, line, &whole, maker, diags)).collect()
}

/// What holds for all lines of a site.
struct Whole<'a> {
    service: &'a str,
    path: &'a str,
    address: &'a Traced<String>,
    hosts: Vec<&'a str>,
    places: &'a [Origin],
    lines: &'a [Line],
    shared: Vec<&'a Line>,
    is_tls: bool,
    internal: bool,
}

/// The route of one line that leads somewhere.
fn lead(
    app: &App,
    index: usize,
    line: &Line,
    whole: &Whole<'_>,
    maker: &mut Maker<'_>,
    diags: &mut Diagnostics,
) -> Option<(usize, Route, Vec<Treatment>)> {
    let Whole { service, path, address, hosts, places, lines, shared, is_tls, internal } = whole;
    let Some((target, port, scheme)) = upstream(app, index, &line.value.value) else {
        let place = line.value.why.origins().first()?;
        let title =
            format!("the site of `{service}` leads to `{}`, which is no service of the project", line.value.value);
        diags.push(
            Diagnostic::new(Code::RouteTarget, *place, title)
                .label("no route is made of it")
                .help("write \"{{upstreams 80}}\" to lead to the service itself")
                .key(*path),
        );
        return None;
    };
    let (prefix, strips) = prefix(lines, line);
    let found = |host: &&str| RouteMatch {
        host: self::host(host),
        path: prefix.clone(),
        tests: Vec::new(),
        why: address.why.clone(),
    };
    let mut steps = Vec::new();
    if let (true, RoutePath::Prefix(prefix)) = (strips, &prefix) {
        let value = Traced { value: SettingValue::List(vec![prefix.clone()]), why: line.value.why.clone() };
        let setting = Setting { path: vec!["prefixes".to_owned()], value };
        steps.push(step(service, "stripPrefix", vec![setting], &line.value.why, maker));
    }
    for other in shared {
        steps.push(treatment(service, other, maker));
    }
    let resolver = Traced { value: "letsencrypt".to_owned(), why: address.why.clone() };
    let plain = RouteTls::plain(address.why.clone());
    let backend = scheme.map(|scheme| Setting {
        path: vec!["server".to_owned(), "scheme".to_owned()],
        value: Traced { value: SettingValue::Text(scheme), why: line.value.why.clone() },
    });
    let route = Route {
        name: maker.route_name(service),
        called: format!("the site of `{service}`"),
        written_at: (*path).to_owned(),
        form: RouteForm::AsAsked,
        carries: Carries::Http,
        matches: hosts.iter().map(found).collect(),
        rule: None,
        entry_points: Vec::new(),
        outside: None,
        tls: is_tls.then(|| RouteTls { resolver: (!internal).then_some(resolver), ..plain }),
        port: port.map(|port| Traced { value: port, why: line.value.why.clone() }),
        backend: backend.into_iter().collect(),
        steps: steps.iter().map(|step| Traced { value: step.name.to_string(), why: step.why.clone() }).collect(),
        priority: None,
        class: None,
        annotations: Vec::new(),
        why: Why::Origins(places.to_vec()),
    };
    Some((target, route, steps))
}

/// A directive without the numbers that tell it apart: `1_handle`, `handle_2`.
fn name(written: Option<&String>) -> &str {
    let mut text = written.map_or("", String::as_str);
    if let Some((number, rest)) = text.split_once('_')
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        text = rest;
    }
    match text.rsplit_once('_') {
        Some((rest, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        Some(_) | None => text,
    }
}

/// Whether a line says where requests go: `reverse_proxy`, itself or in a block.
fn leads(line: &Line) -> bool {
    name(line.directives.last()) == "reverse_proxy"
        && line.directives.iter().rev().skip(1).all(|block| is_block(name(Some(block))))
}

fn is_block(name: &str) -> bool {
    matches!(name, "handle" | "handle_path" | "route")
}

/// Whether it stands in a block of paths, opens one, or says more of a directive that leads somewhere.
fn in_block(line: &Line) -> bool {
    let first = name(line.directives.first());
    is_block(first) || first.starts_with('@')
}

/// The path that a line is for, and whether it is taken off.
fn prefix(lines: &[Line], line: &Line) -> (RoutePath, bool) {
    let (blocks, strips) = match line.directives.split_last() {
        Some((_, blocks)) => (blocks, blocks.iter().any(|block| name(Some(block)) == "handle_path")),
        None => (&[][..], false),
    };
    let opening = lines.iter().find(|other| !blocks.is_empty() && other.directives == blocks);
    let matcher = opening.map_or(line.value.value.as_str(), |opening| opening.value.value.as_str());
    let first = matcher.split_whitespace().next().unwrap_or_default();
    if !first.starts_with('/') {
        return (RoutePath::Any, false);
    }
    let path = match first.strip_suffix('*') {
        Some(start) => matches::prefix(start.trim_end_matches('/').to_owned()),
        None => RoutePath::Is(first.to_owned()),
    };
    (path, strips)
}

/// `{{upstreams 80}}`, `{{upstreams https 443}}`, `service:80`: the workload, the port, and a scheme that is not the usual one.
fn upstream(app: &App, index: usize, text: &str) -> Option<(usize, Option<u16>, Option<String>)> {
    if let Some((_, template)) = text.split_once("{{") {
        let inner = template.split_once("}}").map_or(template, |(inner, _)| inner);
        let mut words = inner.split_whitespace();
        if words.next() != Some("upstreams") {
            return None;
        }
        let (mut port, mut scheme) = (None, None);
        for word in words {
            match word.parse() {
                Ok(number) => port = Some(number),
                Err(_) => scheme = (word != "http").then(|| word.to_owned()),
            }
        }
        return Some((index, port, scheme));
    }
    let address = text.split_whitespace().find(|word| !word.starts_with(['/', '@', '*']))?;
    let (scheme, rest) = address.split_once("://").map_or((None, address), |(scheme, rest)| (Some(scheme), rest));
    let (host, port) = rest.split_once(':').unwrap_or((rest, ""));
    let target = app.workloads.iter().position(|workload| workload.service.eq_ignore_ascii_case(host))?;
    let port = port.parse().ok().or(Some(if scheme == Some("https") { 443 } else { 80 }));
    Some((target, port, scheme.filter(|scheme| *scheme != "http").map(str::to_owned)))
}

/// `example.com`, `*.example.com`, `https://example.com:8443`, `:80`.
fn host(text: &str) -> RouteHost {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let name = rest.split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase();
    match name.strip_prefix("*.") {
        Some(domain) => RouteHost::Below(domain.to_owned()),
        None if name.is_empty() => RouteHost::Any,
        None => RouteHost::Is(name),
    }
}

fn step(service: &str, kind: &str, settings: Vec<Setting>, why: &Why, maker: &mut Maker<'_>) -> Treatment {
    let called = format!("{service}-{}", kind.to_ascii_lowercase());
    let name: Name = maker.treatment_name(&called);
    Treatment { name, called, carries: Carries::Http, kind: kind.to_owned(), settings, why: why.clone() }
}

/// A directive that stands for the whole site.
fn treatment(service: &str, line: &Line, maker: &mut Maker<'_>) -> Treatment {
    let why = &line.value.why;
    let directive = name(line.directives.first());
    match directive {
        "encode" => step(service, "compress", Vec::new(), why, maker),
        "basicauth" | "basic_auth" => {
            let user = line.directives.get(1).map(|user| format!("{user}:{}", line.value.value));
            let users = user.unwrap_or_else(|| line.value.value.replacen(' ', ":", 1));
            let value = Traced { value: SettingValue::List(vec![users]), why: why.clone() };
            step(service, "basicAuth", vec![Setting { path: vec!["users".to_owned()], value }], why, maker)
        }
        "forward_auth" => step(service, "forwardAuth", Vec::new(), why, maker),
        other => Treatment { called: other.to_owned(), ..step(service, Treatment::UNSAID, Vec::new(), why, maker) },
    }
}
