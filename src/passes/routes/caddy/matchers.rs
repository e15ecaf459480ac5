//! Matchers of a Caddyfile ("Request Matchers"): which requests of a site a directive is for, by a path or by a name that lines of the
//! site define.
//!
//! ```yaml
//! caddy: "*.example.com"
//! caddy.1_@grafana: host grafana.example.com
//! caddy.1_handle: "@grafana"      # requests for grafana.example.com alone
//! ```

use super::super::matches;
use super::{Line, host, name};
use crate::compose::grammar::rule::{Test, escaped};
use crate::ir::{RouteHost, RouteMatch, RoutePath, RouteTest, Why};

/// The most alternatives of one directive.
const MOST: usize = 128;

/// What `private_ranges` stands for.
const PRIVATE: &[&str] = &["192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8", "127.0.0.1/8", "fd00::/8", "::1/128"];

/// What requests must be, besides asking for the site: nothing where all is empty.
#[derive(Clone, Default)]
pub(super) struct Matcher {
    hosts: Vec<RouteHost>,
    paths: Vec<RoutePath>,
    /// All of them, each by one of its alternatives.
    tests: Vec<Vec<RouteTest>>,
}

impl Matcher {
    /// The one path that it asks for, and nothing else.
    pub(super) fn prefix(&self) -> Option<&str> {
        match self.paths.as_slice() {
            [RoutePath::Prefix(prefix)] => Some(prefix),
            _ => None,
        }
    }

    /// The addresses that it leaves out all others of, where it asks for that alone: `not remote_ip 10.0.0.0/8`.
    pub(super) fn all_but(&self) -> Option<Vec<String>> {
        let is_bare = self.hosts.is_empty() && self.paths.is_empty() && !self.tests.is_empty();
        let range = |tests: &Vec<RouteTest>| match tests.as_slice() {
            [RouteTest { test: Test::Client(range), negated: true }] => Some(range.clone()),
            _ => None,
        };
        if is_bare { self.tests.iter().map(range).collect() } else { None }
    }

    /// What both ask for.
    pub(super) fn and(mut self, other: Matcher) -> Matcher {
        if self.hosts.is_empty() {
            self.hosts = other.hosts;
        }
        // A path within a path is the longer one.
        if !other.paths.is_empty() {
            self.paths = other.paths;
        }
        self.tests.extend(other.tests);
        self
    }

    /// The requests for these hosts that meet it.
    pub(super) fn matches(&self, hosts: &[RouteHost], why: &Why) -> Vec<RouteMatch> {
        let hosts = if self.hosts.is_empty() { hosts } else { &self.hosts };
        let any = [RoutePath::Any];
        let paths = if self.paths.is_empty() { &any } else { self.paths.as_slice() };
        let mut conjunctions: Vec<Vec<RouteTest>> = vec![Vec::new()];
        for alternatives in &self.tests {
            let longer = |before: &Vec<RouteTest>| {
                let with = |test: &RouteTest| before.iter().cloned().chain([test.clone()]).collect();
                alternatives.iter().map(with).collect::<Vec<Vec<RouteTest>>>()
            };
            conjunctions = conjunctions.iter().flat_map(longer).take(MOST).collect();
        }
        let mut all = Vec::new();
        for host in hosts {
            for path in paths {
                for tests in &conjunctions {
                    let found =
                        RouteMatch { host: host.clone(), path: path.clone(), tests: tests.clone(), why: why.clone() };
                    all.push(found);
                }
            }
        }
        all.truncate(MOST);
        all
    }
}

/// The matcher that stands before what a directive says: `/api/*`, `@name`, or none.
///
/// # Errors
///
/// A name that no line defines, or one whose definition says more than routes can.
pub(super) fn of(text: &str, lines: &[Line]) -> Result<Matcher, String> {
    let first = text.split_whitespace().next().unwrap_or_default();
    if let Some(called) = first.strip_prefix('@') {
        return named(called, lines);
    }
    let paths = if first.starts_with('/') { vec![path(first)] } else { Vec::new() };
    Ok(Matcher { paths, ..Matcher::default() })
}

/// The matcher that lines define: `@name: host example.com`, or `@name.host: example.com`.
fn named(called: &str, lines: &[Line]) -> Result<Matcher, String> {
    let mut matcher = Matcher::default();
    let mut is_defined = false;
    let is_it = |line: &&Line| name(line.directives.first()).strip_prefix('@') == Some(&called.to_ascii_lowercase());
    for line in lines.iter().filter(is_it) {
        let below = line.directives.get(1..).unwrap_or_default().iter().map(|key| name(Some(key)).to_owned());
        let words: Vec<String> = below.chain(line.value.value.split_whitespace().map(str::to_owned)).collect();
        if !words.is_empty() {
            is_defined = true;
            add(&mut matcher, &words, false)?;
        }
    }
    if is_defined { Ok(matcher) } else { Err(format!("no label of the service defines the matcher `@{called}`")) }
}

/// Adds one condition: its name, and what stands behind.
fn add(matcher: &mut Matcher, words: &[String], negated: bool) -> Result<(), String> {
    let Some((kind, rest)) = words.split_first() else { return Ok(()) };
    let each = |make: fn(&str) -> Test| rest.iter().map(|word| RouteTest { test: make(word), negated }).collect();
    let tests: Vec<RouteTest> = match kind.as_str() {
        "not" if !negated => return add(matcher, rest, true),
        "host" if !negated => {
            matcher.hosts.extend(rest.iter().map(|word| host(word)));
            return Ok(());
        }
        "path" if !negated => {
            matcher.paths.extend(rest.iter().map(|word| path(word)));
            return Ok(());
        }
        "host" => each(|word| Test::Host(word.to_ascii_lowercase())),
        "path" => each(|word| match path(word) {
            RoutePath::Prefix(start) | RoutePath::Like(start) => Test::PathPrefix(start),
            RoutePath::Is(whole) => Test::Path(whole),
            RoutePath::Any => Test::PathPrefix("/".to_owned()),
        }),
        "method" => each(|word| Test::Method(word.to_ascii_uppercase())),
        "remote_ip" | "client_ip" => {
            let ranges = rest.iter().filter(|word| *word != "forwarded");
            let all = ranges.flat_map(|word| match word.as_str() {
                "private_ranges" => PRIVATE.to_vec(),
                other => vec![other],
            });
            all.map(|range| RouteTest { test: Test::Client(range.to_owned()), negated }).collect()
        }
        "header" => header(rest, negated).into_iter().collect(),
        other => return Err(format!("routes cannot say its matcher `{other}`")),
    };
    if tests.is_empty() {
        return Err(format!("routes cannot say its matcher `{}`", words.join(" ")));
    }
    if negated {
        // None of them may hold.
        matcher.tests.extend(tests.into_iter().map(|test| vec![test]));
    } else {
        matcher.tests.push(tests);
    }
    Ok(())
}

/// `Connection *Upgrade*`: a header whose value has stars for anything.
fn header(words: &[String], negated: bool) -> Option<RouteTest> {
    let (field, value) = words.split_first()?;
    if field.starts_with('!') {
        return None;
    }
    let value = value.join(" ");
    let test = if value.is_empty() {
        Test::HeaderLike(field.clone(), ".+".to_owned())
    } else if value.contains('*') {
        let pieces: Vec<String> = value.split('*').map(escaped).collect();
        Test::HeaderLike(field.clone(), format!("^{}$", pieces.join(".*")))
    } else {
        Test::Header(field.clone(), value)
    };
    Some(RouteTest { test, negated })
}

/// `/api/*`, `/api`, `*.php`.
fn path(text: &str) -> RoutePath {
    match text.strip_suffix('*') {
        Some(start) if !start.contains('*') => matches::prefix(start.trim_end_matches('/').to_owned()),
        None if !text.contains('*') => RoutePath::Is(text.to_owned()),
        Some(_) | None => {
            let pieces: Vec<String> = text.split('*').map(escaped).collect();
            RoutePath::Like(format!("^{}$", pieces.join(".*")))
        }
    }
}
