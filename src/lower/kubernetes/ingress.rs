//! `x-kubernetes.ingress` of a service: routes to it, which become Ingresses whatever those of routers become.

use crate::compose::keys::Key;
use crate::compose::model::kubernetes::{IngressExtras, IngressList, PathWord};
use crate::compose::model::text::{OneOrMore, Pairs};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Name, Route, RouteForm, RouteHost, RouteMatch, RoutePath, RouteTls, Traced, Why};
use crate::lower::kubernetes::patches::Patches;
use crate::lower::later;
use crate::origin::{Origin, Spanned};
use crate::syntax::Value;

/// The routes that it makes.
pub(super) fn routes(own: &Name, key: Key<IngressList>, patches: &mut Patches<'_>) -> Vec<Route> {
    let written = key.take().into_iter().flat_map(|list| list.value.0);
    numbered(own, written.filter_map(|written| route(own, written, patches)).collect())
}

/// Routes of one kind by names of their own.
pub(super) fn numbered(own: &Name, mut routes: Vec<Route>) -> Vec<Route> {
    for (index, route) in routes.iter_mut().enumerate().skip(1) {
        route.name = own.with(&(index + 1).to_string());
    }
    routes
}

fn route(own: &Name, written: Spanned<IngressExtras>, patches: &mut Patches<'_>) -> Option<Route> {
    let IngressExtras { host, path, path_type, port, class, tls, tls_secret, issuer, annotations, extensions } =
        written.value;
    later::extensions(&extensions, patches.diags);
    let place = format!("{}.ingress", patches.path);
    let why = Why::Origin(written.origin);
    let port = port.take().and_then(|port| self::port(&place, &port, patches.diags));
    let matches = matches(&place, host.take()?, path.take(), path_type, patches.diags)?;
    let secret = tls_secret.take().and_then(|name| patches.name("ingress.tls_secret", name));
    let issuer = issuer.take().and_then(|name| patches.name("ingress.issuer", name));
    let tls = encrypted(&place, tls.take(), (secret, issuer), patches.diags);
    let annotations = self::annotations("ingress.annotations", annotations, patches);
    let class = class.take().and_then(|name| patches.name("ingress.class", name));
    let route = Route::plain(own.clone(), "the ingress".to_owned(), place, matches, why);
    Some(Route { form: RouteForm::Ingress, tls, port, class, annotations, ..route })
}

/// Whether and how it is encrypted: a certificate says so, too.
pub(super) fn encrypted(
    place: &str,
    flag: Option<Spanned<bool>>,
    (secret, issuer): (Option<Traced<String>>, Option<Traced<String>>),
    diags: &mut Diagnostics,
) -> Option<RouteTls> {
    let of_certificate = secret.iter().chain(&issuer).map(|found| found.why.clone()).next();
    let why = match &flag {
        Some(flag) if !flag.value => {
            diags.consume(flag.origin, "it is not encrypted unless something says so");
            for origin in secret.iter().chain(&issuer).flat_map(|found| found.why.origins()) {
                diags.push(
                    Diagnostic::new(Code::KubernetesWithoutEffect, *origin, "what is not encrypted has no certificate")
                        .help("remove tls: false, or this")
                        .key(place),
                );
            }
            return None;
        }
        Some(flag) => Why::Origin(flag.origin),
        None => of_certificate?,
    };
    Some(RouteTls { secret, issuer, ..RouteTls::plain(why) })
}

/// What the object that is made of it is annotated with.
pub(super) fn annotations(name: &str, key: Key<Pairs>, patches: &mut Patches<'_>) -> Vec<(String, Traced<String>)> {
    let Some(Value::Map(map)) = patches.texts(name, key, false).map(|node| node.value) else { return Vec::new() };
    let text = |entry: &crate::syntax::Entry| {
        if let Value::String(text) = &entry.value.value { text.clone() } else { String::new() }
    };
    map.iter().map(|(key, entry)| (key.clone(), Traced::from_origin(text(entry), entry.value.origin))).collect()
}

/// The port of the container.
pub(super) fn port(place: &str, port: &Spanned<i64>, diags: &mut Diagnostics) -> Option<Traced<u16>> {
    let number = u16::try_from(port.value).ok().filter(|number| *number > 0);
    if number.is_none() {
        refuse(place, port.origin, &format!("{} is no port", port.value), "write a number from 1 to 65535", diags);
    }
    number.map(|number| Traced::from_origin(number, port.origin))
}

/// Every host with the path.
pub(super) fn matches(
    place: &str,
    hosts: Spanned<OneOrMore>,
    path: Option<Spanned<String>>,
    path_type: Key<PathWord>,
    diags: &mut Diagnostics,
) -> Option<Vec<RouteMatch>> {
    let exact = path_type.take();
    let path_origin = path.as_ref().map(|path| path.origin);
    let is_path = path.as_ref().is_none_or(|path| path.value.starts_with('/'));
    if let Some(path) = path.as_ref().filter(|_| !is_path) {
        refuse(place, path.origin, &format!("`{}` is no path", path.value), "begin it with a slash", diags);
    }
    let path = match (path, &exact) {
        (Some(path), Some(word)) if matches!(word.value, PathWord::Exact) => RoutePath::Is(path.value),
        (None, Some(word)) if matches!(word.value, PathWord::Exact) => RoutePath::Is("/".to_owned()),
        (Some(path), _) if path.value != "/" => RoutePath::Prefix(path.value),
        (Some(_) | None, _) => RoutePath::Any,
    };
    let mut all = Vec::new();
    for host in hosts.value.0 {
        let name = host.value.strip_prefix("*.").unwrap_or(&host.value);
        let found = match host.value.as_str() {
            "*" => RouteHost::Any,
            _ if !crate::ir::is_object_name(name) || name.parse::<std::net::IpAddr>().is_ok() => {
                let help = "write a name in lower case, as shop.example.com, without port and path";
                refuse(place, host.origin, &format!("`{}` is no name of a host", host.value), help, diags);
                continue;
            }
            text if text.starts_with("*.") => RouteHost::Below(name.to_owned()),
            text => RouteHost::Is(text.to_owned()),
        };
        let places = [Some(host.origin), path_origin, exact.as_ref().map(|word| word.origin)];
        let why = Why::Origins(places.into_iter().flatten().collect());
        all.push(RouteMatch { host: found, path: path.clone(), tests: Vec::new(), why });
    }
    (is_path && !all.is_empty()).then_some(all)
}

fn refuse(place: &str, origin: Origin, problem: &str, help: &str, diags: &mut Diagnostics) {
    diags.push(Diagnostic::new(Code::BadValue, origin, format!("`{place}`: {problem}")).help(help).key(place));
}
