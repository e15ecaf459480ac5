//! A rule as what a route asks of a request: alternatives, each with one host, one path and further tests.

use crate::compose::grammar::rule::{Literal, Rule, Test, disjuncts};
use crate::ir::{RouteHost, RouteMatch, RoutePath, RouteTest, Why};

/// The most alternatives of one rule.
const MOST: usize = 128;

/// What matches one label of a host, by regular expressions that people write for it.
const ANY_LABEL: &[&str] = &[
    ".+",
    ".*",
    ".+?",
    ".*?",
    "[^.]+",
    "[^\\.]+",
    "[a-z0-9-]+",
    "[a-zA-Z0-9-]+",
    "[a-z0-9]+",
    "[a-zA-Z0-9]+",
    "[a-z]+",
    "[a-zA-Z]+",
    "\\w+",
    "[\\w-]+",
    "[a-z0-9\\-]+",
    "[-a-z0-9]+",
    "[a-zA-Z0-9\\-]+",
    "[a-zA-Z0-9_-]+",
];

/// What a request must be.
///
/// # Errors
///
/// A rule with too many alternatives, and one that nothing can meet.
pub(super) fn of(rule: &Rule, why: &Why) -> Result<Vec<RouteMatch>, String> {
    let Some(conjunctions) = disjuncts(rule, MOST) else {
        return Err(format!("it has more than {MOST} alternatives"));
    };
    let mut all: Vec<RouteMatch> = Vec::with_capacity(conjunctions.len());
    for conjunction in conjunctions {
        if let Some(found) = one(conjunction, why)
            && !all.contains(&found)
        {
            all.push(found);
        }
    }
    if all.is_empty() { Err("no request can meet it".to_owned()) } else { Ok(all) }
}

/// One alternative; `None` when it contradicts itself.
fn one(conjunction: Vec<Literal>, why: &Why) -> Option<RouteMatch> {
    let (mut host, mut path, mut tests) = (RouteHost::Any, RoutePath::Any, Vec::new());
    for Literal { test, negated } in conjunction {
        if negated {
            tests.push(RouteTest { test, negated });
            continue;
        }
        match test {
            Test::Host(name) => host = narrower_host(host, RouteHost::Is(name))?,
            Test::HostLike(regex) => {
                let found = host_like(&regex);
                if matches!((&host, &found), (RouteHost::Any, _) | (_, RouteHost::Any)) || host == found {
                    host = narrower_host(host, found)?;
                } else {
                    tests.push(RouteTest { test: Test::HostLike(regex), negated });
                }
            }
            Test::Path(text) => path = narrower_path(path, RoutePath::Is(text))?,
            Test::PathPrefix(text) => path = narrower_path(path, prefix(text))?,
            Test::PathLike(regex) => match path {
                RoutePath::Any => path = RoutePath::Like(regex),
                RoutePath::Is(_) | RoutePath::Prefix(_) | RoutePath::Like(_) => {
                    tests.push(RouteTest { test: Test::PathLike(regex), negated });
                }
            },
            Test::Method(_)
            | Test::Header(_, _)
            | Test::HeaderLike(_, _)
            | Test::Query(_, _)
            | Test::QueryLike(_, _)
            | Test::Client(_)
            | Test::Alpn(_) => tests.push(RouteTest { test, negated }),
        }
    }
    Some(RouteMatch { host, path, tests, why: why.clone() })
}

/// Every path begins with a slash.
pub(super) fn prefix(text: String) -> RoutePath {
    if matches!(text.as_str(), "" | "/") { RoutePath::Any } else { RoutePath::Prefix(text) }
}

fn narrower_host(one: RouteHost, two: RouteHost) -> Option<RouteHost> {
    match (one, two) {
        (RouteHost::Any, other) | (other, RouteHost::Any) => Some(other),
        (one, two) => (one == two).then_some(one),
    }
}

fn narrower_path(one: RoutePath, two: RoutePath) -> Option<RoutePath> {
    match (one, two) {
        (RoutePath::Any, other) | (other, RoutePath::Any) => Some(other),
        (RoutePath::Is(path), RoutePath::Prefix(start)) | (RoutePath::Prefix(start), RoutePath::Is(path)) => {
            path.starts_with(&start).then_some(RoutePath::Is(path))
        }
        (RoutePath::Prefix(one), RoutePath::Prefix(two)) => {
            let (long, short) = if one.len() >= two.len() { (one, two) } else { (two, one) };
            long.starts_with(&short).then_some(RoutePath::Prefix(long))
        }
        (one, two) => (one == two).then_some(one),
    }
}

/// A regular expression for hosts, as something simpler where it is one: any host, one host, or all below a domain.
pub(super) fn host_like(regex: &str) -> RouteHost {
    let inner = regex.strip_prefix('^').unwrap_or(regex);
    let inner = inner.strip_suffix('$').unwrap_or(inner);
    if matches!(without_group(inner), ".*" | ".+") {
        return RouteHost::Any;
    }
    if let Some(name) = plain(inner) {
        return RouteHost::Is(name);
    }
    let below = inner.split_once("\\.").filter(|(head, _)| ANY_LABEL.contains(&without_group(head)));
    match below.and_then(|(_, domain)| plain(domain)) {
        Some(domain) => RouteHost::Below(domain),
        None => RouteHost::Like(regex.to_owned()),
    }
}

/// What stands in a group, or the text itself.
fn without_group(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else { return text };
    let inner = inner.strip_prefix("?:").unwrap_or(inner);
    match inner.strip_prefix("?P<").and_then(|rest| rest.split_once('>')) {
        Some((_, pattern)) => pattern,
        None => inner,
    }
}

/// A name of DNS that is written as a regular expression for itself.
fn plain(regex: &str) -> Option<String> {
    let text = regex.replace("\\.", ".").to_ascii_lowercase();
    is_dns(&text).then_some(text)
}

/// Whether a text is a name of DNS: labels of letters, digits and dashes (RFC 1123), and no address.
pub(in crate::passes) fn is_dns(text: &str) -> bool {
    text.len() <= 253
        && text.parse::<std::net::IpAddr>().is_err()
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::grammar::rule;

    fn read(text: &str) -> Result<Vec<RouteMatch>, String> {
        of(&rule::parse(text).unwrap(), &Why::Decision("test"))
    }

    #[test]
    fn expressions_for_hosts_become_simple_where_they_are() {
        assert_eq!(host_like("^.+\\.example\\.com$"), RouteHost::Below("example.com".to_owned()));
        assert_eq!(host_like("^([a-z0-9-]+)\\.example\\.com$"), RouteHost::Below("example.com".to_owned()));
        assert_eq!(host_like(".*"), RouteHost::Any);
        assert_eq!(host_like("^www\\.a\\.b$"), RouteHost::Is("www.a.b".to_owned()));
        assert_eq!(host_like("^(a|b)\\.c$"), RouteHost::Like("^(a|b)\\.c$".to_owned()));
    }

    #[test]
    fn what_contradicts_itself_is_left_out() {
        assert!(read("Host(`a`) && Host(`b`)").is_err());
        assert_eq!(read("Host(`a`) && Host(`b`) || Host(`c`)").unwrap().len(), 1);
        let found = read("PathPrefix(`/a`) && PathPrefix(`/a/b`)").unwrap();
        assert_eq!(found[0].path, RoutePath::Prefix("/a/b".to_owned()));
    }
}
