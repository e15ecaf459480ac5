//! caddy-docker-proxy: labels are lines of a Caddyfile, `caddy` the address of a site, `caddy.reverse_proxy` what it leads to. Numbers
//! tell sites (`caddy_1`) and directives (`caddy.1_handle`, `caddy.handle_2`) apart.

mod matchers;
mod steps;

use indexmap::IndexMap;

use super::Maker;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Route, RouteHost, RouteTls, RouterLabel, Setting, SettingValue, Traced, Treatment, Why};
use crate::origin::Origin;
use matchers::Matcher;
use steps::Steps;

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
    let leading: Vec<&Line> = site.lines.iter().filter(|line| leads(line)).collect();
    if leading.is_empty() {
        nowhere(&service, path, &site.lines, &places, diags);
        return Vec::new();
    }
    let whole = Whole { service: &service, path, address: &address, hosts, places: &places, lines: &site.lines };
    leading.into_iter().filter_map(|line| lead(app, index, line, &whole, maker, diags)).collect()
}

/// Says that a site leads to no service.
fn nowhere(service: &str, path: &str, lines: &[Line], places: &[Origin], diags: &mut Diagnostics) {
    let Some(place) = places.first() else { return };
    let redirect = lines.iter().find(|line| name(line.directives.first()) == "redir");
    let to = redirect.and_then(|line| line.value.value.split_whitespace().find(|word| !word.starts_with(['@', '*'])));
    let message = match to {
        Some(to) => {
            Diagnostic::new(Code::RouteTarget, *place, format!("the site of `{service}` sends requests on to `{to}`"))
                .why("it leads to no service, and a route of the cluster leads to one")
                .help("have the controller of the cluster send them on: an Ingress of that host with its annotation for redirects")
        }
        None => Diagnostic::new(Code::RouteTarget, *place, format!("the site of `{service}` leads to no service"))
            .help("write caddy.reverse_proxy: \"{{upstreams 80}}\""),
    };
    diags.push(message.label("no route is made of it").key(path).covers(places.iter().copied()));
}

/// What holds for all lines of a site.
struct Whole<'a> {
    service: &'a str,
    path: &'a str,
    address: &'a Traced<String>,
    hosts: Vec<&'a str>,
    places: &'a [Origin],
    lines: &'a [Line],
}

impl Whole<'_> {
    /// How the site is encrypted: Caddy does it by itself, unless the address says http.
    fn tls(&self) -> Option<RouteTls> {
        let is_plain = |host: &&str| {
            host.starts_with("http://") || host.starts_with(':') || host.trim_end_matches('/').ends_with(":80")
        };
        if self.hosts.iter().all(is_plain) {
            return None;
        }
        let why = &self.address.why;
        // Certificates of its own, or files.
        let is_given = |line: &Line| {
            let words: Vec<&str> = line.value.value.split_whitespace().collect();
            name(line.directives.first()) == "tls"
                && line.directives.len() == 1
                && (words == ["internal"] || words.len() > 1)
        };
        let resolver = Traced { value: "letsencrypt".to_owned(), why: why.clone() };
        let resolver = Some(resolver).filter(|_| !self.lines.iter().any(is_given));
        Some(RouteTls { resolver, ..RouteTls::plain(why.clone()) })
    }
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
    let Whole { service, path, address, hosts, places, lines } = whole;
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
    let (matcher, stripped) = match asked(lines, line) {
        Ok(found) => found,
        Err(message) => {
            let place = line.value.why.origins().first()?;
            diags.push(
                Diagnostic::new(Code::RouteRule, *place, format!("the site of `{service}` cannot be read: {message}"))
                    .label("no route is made of it")
                    .why("without that it would let in more than the router did")
                    .help("tell requests apart by hosts and paths")
                    .key(*path),
            );
            return None;
        }
    };
    let mut steps = Steps::new(service, maker);
    if let Some(prefix) = stripped {
        steps.strip(&prefix, &line.value.why);
    }
    steps.of_site(lines, line);
    let Steps { made, mut backend, .. } = steps.settled();
    backend.extend(
        scheme.map(|scheme| Setting::at(&["server", "scheme"], SettingValue::Text(scheme), line.value.why.clone())),
    );
    let hosts: Vec<RouteHost> = hosts.iter().map(|written| host(written)).collect();
    let (name, called) = (maker.route_name(service), format!("the site of `{service}`"));
    let matches = matcher.matches(&hosts, &address.why);
    let route = Route {
        tls: whole.tls(),
        port: port.map(|port| Traced { value: port, why: line.value.why.clone() }),
        backend,
        steps: made.iter().map(Treatment::as_step).collect(),
        ..Route::plain(name, called, (*path).to_owned(), matches, Why::Origins(places.to_vec()))
    };
    Some((target, route, made))
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

/// What requests must be to come to a line, and the beginning of paths that is taken off.
fn asked(lines: &[Line], line: &Line) -> Result<(Matcher, Option<String>), String> {
    let blocks = line.directives.split_last().map_or(&[][..], |(_, blocks)| blocks);
    let mut matcher = Matcher::default();
    let mut stripped = None;
    for depth in 1..=blocks.len() {
        let Some(opening) = lines.iter().find(|other| blocks.get(..depth) == Some(other.directives.as_slice())) else {
            continue;
        };
        let found = matchers::of(&opening.value.value, lines)?;
        if name(blocks.get(depth - 1)) == "handle_path" {
            stripped = found.prefix().map(str::to_owned);
        }
        matcher = matcher.and(found);
    }
    Ok((matcher.and(matchers::of(&line.value.value, lines)?), stripped))
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
