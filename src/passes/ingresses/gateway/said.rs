//! What the Gateway API says of requests: matches and filters of an HTTPRoute.

use super::super::loss;
use crate::compose::grammar::rule::Test;
use crate::ir::{Filter, GatewayMatch, Route, RouteMatch, RoutePath, SettingValue, Treatment};

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
            Test::Method(method) if made.method.is_none() => made.method = Some(method.clone()),
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
