//! What the Gateway API says of requests: matches and filters of an HTTPRoute.

use super::super::loss;
use crate::compose::grammar::rule::Test;
use crate::ir::{Filter, GatewayMatch, Route, RouteMatch, RoutePath, SettingValue, Traced, Treatment, Why};

/// One alternative.
///
/// # Errors
///
/// What the API has no word for.
pub(super) fn matched(found: &RouteMatch) -> Result<GatewayMatch, String> {
    let without = RouteMatch { path: RoutePath::Any, tests: Vec::new(), ..found.clone() };
    if let Some(words) = loss::unsayable(&without) {
        return Err(words);
    }
    if let RoutePath::Is(path) | RoutePath::Prefix(path) = &found.path
        && !is_path(path)
    {
        return Err(format!("the path `{path}`"));
    }
    let path = match &found.path {
        RoutePath::Any => None,
        RoutePath::Is(path) => Some(("Exact", path.clone())),
        RoutePath::Prefix(path) => Some(("PathPrefix", path.clone())),
        RoutePath::Like(regex) => Some(("RegularExpression", regex.clone())),
    };
    let mut made = GatewayMatch { path, method: None, headers: Vec::new(), query: Vec::new(), why: found.why.clone() };
    for test in &found.tests {
        let words = || loss::test(test);
        if test.negated {
            return Err(words());
        }
        match &test.test {
            Test::Method(method) if made.method.is_none() && METHODS.contains(&method.as_str()) => {
                made.method = Some(method.clone())
            }
            Test::Header(name, value) => made.headers.push(("Exact", name.clone(), value.clone())),
            Test::HeaderLike(name, regex) => made.headers.push(("RegularExpression", name.clone(), regex.clone())),
            Test::Query(name, Some(value)) => made.query.push(("Exact", name.clone(), value.clone())),
            Test::Query(name, None) => made.query.push(("RegularExpression", name.clone(), ".*".to_owned())),
            Test::QueryLike(name, regex) => made.query.push(("RegularExpression", name.clone(), regex.clone())),
            Test::Method(_)
            | Test::Host(_)
            | Test::HostLike(_)
            | Test::Path(_)
            | Test::PathPrefix(_)
            | Test::PathLike(_)
            | Test::Client(_)
            | Test::Alpn(_) => return Err(words()),
        }
    }
    Ok(made)
}

/// The methods that the API knows.
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// Whether the API takes a path: the characters of RFC 3986, and no part that is resolved.
fn is_path(path: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "-/._~!$&'()*+,;=:@%".contains(c);
    loss::is_plain_path(path) && path.chars().all(is_known)
}

/// Filters of a route as the API takes them: each kind once, a header once, and nothing but the redirect where there is one. Those
/// that have no room are lost: they are given back.
pub(super) fn settled(filters: Vec<(Traced<Filter>, String)>, route: &Route) -> (Vec<Traced<Filter>>, Vec<String>) {
    let prefix = match route.matches.first().map(|found| &found.path) {
        Some(RoutePath::Prefix(path)) => path.trim_end_matches('/'),
        Some(RoutePath::Any | RoutePath::Is(_) | RoutePath::Like(_)) | None => "",
    };
    let is_sent_on = filters.iter().any(|(filter, _)| super::is_redirect(filter));
    let (mut kept, mut lost): (Vec<Traced<Filter>>, Vec<String>) = (Vec::new(), Vec::new());
    for (filter, deed) in filters {
        let known = kept.iter_mut().find(|known| kind(&known.value) == kind(&filter.value));
        let is_rewrite = matches!(filter.value, Filter::ReplacePrefix(_) | Filter::ReplacePath(_));
        match (known, filter.value) {
            (_, _) if is_sent_on && is_rewrite => lost.push(deed),
            (None, value) => kept.push(Traced { value, why: filter.why }),
            (Some(known), value) => {
                if join(&mut known.value, value, prefix) {
                    known.why = Why::Origins(known.why.origins().iter().chain(filter.why.origins()).copied().collect());
                } else {
                    lost.push(deed);
                }
            }
        }
    }
    (kept, lost)
}

/// What the API has once in a route.
fn kind(filter: &Filter) -> u8 {
    match filter {
        Filter::Redirect { scheme: _, port: _, status: _ } => 0,
        Filter::Headers { of_answer: false, set: _, remove: _ } => 1,
        Filter::Headers { of_answer: true, set: _, remove: _ } => 2,
        Filter::ReplacePrefix(_) | Filter::ReplacePath(_) => 3,
    }
}

/// Adds a later filter of the same kind; whether that can be said.
fn join(known: &mut Filter, later: Filter, prefix: &str) -> bool {
    match (known, later) {
        (Filter::Headers { of_answer: _, set, remove }, Filter::Headers { of_answer: _, set: more, remove: less }) => {
            for (name, value) in more {
                remove.retain(|known| !known.eq_ignore_ascii_case(&name));
                set.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
                set.push((name, value));
            }
            for name in less {
                set.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
                if !remove.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                    remove.push(name);
                }
            }
            true
        }
        // What is taken off makes room for what is put before: `/new/old` without the `/old` of the match.
        (Filter::ReplacePrefix(known), Filter::ReplacePrefix(before)) if known == "/" => {
            before.strip_suffix(prefix).unwrap_or(&before).clone_into(known);
            true
        }
        (_, _) => false,
    }
}

/// What a middleware is as filters; `None` where there are none.
pub(super) fn filter(step: &Treatment, route: &Route) -> Option<Vec<Filter>> {
    let text = |key: &str| loss::text(step, &[key]);
    // The one path that all alternatives begin with.
    let prefix = || match route.matches.first().map(|found| &found.path) {
        Some(RoutePath::Prefix(path)) => Some(path.trim_end_matches('/')),
        Some(RoutePath::Any) => Some(""),
        Some(RoutePath::Is(_) | RoutePath::Like(_)) | None => None,
    };
    let alike =
        || route.matches.iter().all(|found| Some(&found.path) == route.matches.first().map(|first| &first.path));
    match step.kind.as_str() {
        "redirectScheme" => {
            let is_permanent = step
                .settings
                .iter()
                .any(|setting| setting.path == ["permanent"] && setting.value.value == SettingValue::Flag(true));
            let status = if is_permanent { 301 } else { 302 };
            Some(vec![Filter::Redirect {
                scheme: text("scheme")?.to_owned(),
                port: text("port").and_then(|port| port.parse().ok()),
                status,
            }])
        }
        "stripPrefix" => {
            let mut prefixes = step.settings.iter().flat_map(loss::texts);
            let is_it =
                prefixes.next().map(|prefix| prefix.trim_end_matches('/')) == prefix() && prefixes.next().is_none();
            (is_it && alike()).then(|| vec![Filter::ReplacePrefix("/".to_owned())])
        }
        "addPrefix" => {
            let before = text("prefix")?.trim_end_matches('/');
            let below = prefix().filter(|_| alike())?;
            Some(vec![Filter::ReplacePrefix(format!("{before}{below}"))])
        }
        "replacePath" => Some(vec![Filter::ReplacePath(text("path")?.to_owned())]),
        "headers" => headers(step),
        _ => None,
    }
}

/// Headers that are set to a text; those that answer questions of browsers are beyond the API.
fn headers(step: &Treatment) -> Option<Vec<Filter>> {
    let (mut set, mut remove) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for setting in &step.settings {
        let path: Vec<&str> = setting.path.iter().map(String::as_str).collect();
        let (of_answer, name, value) = match (path.as_slice(), &setting.value.value) {
            (["customRequestHeaders", name], SettingValue::Text(text)) => (0, *name, text.as_str()),
            (["customResponseHeaders", name], SettingValue::Text(text)) => (1, *name, text.as_str()),
            (["frameDeny"], SettingValue::Flag(true)) => (1, "X-Frame-Options", "DENY"),
            (["contentTypeNosniff"], SettingValue::Flag(true)) => (1, "X-Content-Type-Options", "nosniff"),
            (["browserXssFilter"], SettingValue::Flag(true)) => (1, "X-XSS-Protection", "1; mode=block"),
            (["customFrameOptionsValue"], SettingValue::Text(text)) => (1, "X-Frame-Options", text.as_str()),
            (["contentSecurityPolicy"], SettingValue::Text(text)) => (1, "Content-Security-Policy", text.as_str()),
            (["referrerPolicy"], SettingValue::Text(text)) => (1, "Referrer-Policy", text.as_str()),
            (["permissionsPolicy"], SettingValue::Text(text)) => (1, "Permissions-Policy", text.as_str()),
            _ => return None,
        };
        // An empty value takes a header away.
        let (set, remove) = (set.get_mut(of_answer)?, remove.get_mut(of_answer)?);
        if value.is_empty() {
            remove.push(name.to_owned());
        } else {
            set.push((name.to_owned(), value.to_owned()));
        }
    }
    let both = set.into_iter().zip(remove).zip([false, true]);
    let made = both.filter(|((set, remove), _)| !set.is_empty() || !remove.is_empty());
    Some(made.map(|((set, remove), of_answer)| Filter::Headers { of_answer, set, remove }).collect())
}
