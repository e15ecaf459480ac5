//! What directives of a Caddyfile do on the way, as middlewares: those of the site, of the blocks that a line stands in, and of the line
//! itself.

use super::{Line, is_block, leads, matchers, name};
use crate::ir::{Carries, Name, Setting, SettingValue, Traced, Treatment, Why};
use crate::passes::routes::Maker;

/// Directives that the cluster has no need of, or that say how Caddy itself works.
const OWN: &[&str] =
    &["log", "email", "admin", "tls", "bind", "metrics", "request_id", "skip_log", "log_skip", "redir"];

/// What the names of imported lines say where these are about certificates and logs alone.
const ABOUT_CADDY: &[&str] = &["tls", "ssl", "cert", "dns", "cloudflare", "acme", "wildcard", "log", "cf-", "cf_"];

/// Headers of requests that controllers set as well.
const FORWARDED: &[&str] =
    &["host", "x-real-ip", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"];

/// Gathers what is done on the way of one route.
pub(super) struct Steps<'a, 'm> {
    service: &'a str,
    maker: &'a mut Maker<'m>,
    pub(super) made: Vec<Treatment>,
    pub(super) backend: Vec<Setting>,
    headers: Vec<Setting>,
}

impl<'a, 'm> Steps<'a, 'm> {
    pub(super) fn new(service: &'a str, maker: &'a mut Maker<'m>) -> Self {
        Steps { service, maker, made: Vec::new(), backend: Vec::new(), headers: Vec::new() }
    }

    /// All of them, headers as one.
    pub(super) fn settled(mut self) -> Self {
        let headers = std::mem::take(&mut self.headers);
        if let Some(why) = headers.first().map(|setting| setting.value.why.clone()) {
            self.add("headers", headers, &why);
        }
        self
    }

    fn add(&mut self, kind: &str, settings: Vec<Setting>, why: &Why) {
        self.made.push(self.maker.treatment(self.service, kind, settings, why));
    }

    fn push(&mut self, kind: &str, called: String, settings: Vec<Setting>, why: &Why) {
        let name: Name = self.maker.treatment_name(&called);
        let carries = Carries::Http;
        self.made.push(Treatment { name, called, carries, kind: kind.to_owned(), settings, why: why.clone() });
    }

    /// What has no word of its own in the cluster.
    fn unsaid(&mut self, directive: &str, why: &Why) {
        if !self.made.iter().any(|made| made.kind == Treatment::UNSAID && made.called == directive) {
            self.push(Treatment::UNSAID, directive.to_owned(), Vec::new(), why);
        }
    }

    /// Takes the beginning of paths off.
    pub(super) fn strip(&mut self, prefix: &str, why: &Why) {
        let settings = vec![Setting::at(&["prefixes"], SettingValue::List(vec![prefix.to_owned()]), why.clone())];
        self.add("stripPrefix", settings, why);
    }

    /// What the site and the blocks of a line that leads somewhere say, and the lines below it.
    pub(super) fn of_site(&mut self, lines: &[Line], leading: &Line) {
        for line in lines.iter().filter(|line| !leads(line)) {
            if let Some(below) = line.directives.strip_prefix(leading.directives.as_slice()) {
                self.of_proxy(below, &line.value);
                continue;
            }
            // The block that it stands in is one around the leading line, or the site itself.
            let blocks = line.directives.iter().take_while(|block| is_block(name(Some(block)))).count();
            let (around, own) = line.directives.split_at(blocks);
            if leading.directives.starts_with(around) {
                self.directive(own, &line.value, lines);
            }
        }
    }

    /// A directive beside the leading one.
    fn directive(&mut self, directives: &[String], value: &Traced<String>, lines: &[Line]) {
        let directive = name(directives.first());
        // Blocks and matchers are read for what requests must be; another leading line has its own.
        if directive.is_empty() || directive.starts_with('@') || directive == "reverse_proxy" {
            return;
        }
        let text = value.value.trim();
        let why = &value.why;
        match directive {
            "redir" => self.unsaid(directive, why),
            own if OWN.contains(&own) => {}
            "import" => {
                let snippet = text.split_whitespace().next().unwrap_or_default();
                let lower = snippet.to_ascii_lowercase();
                if !ABOUT_CADDY.iter().any(|word| lower.contains(word)) {
                    self.push(Treatment::ELSEWHERE, snippet.to_owned(), Vec::new(), why);
                }
            }
            "abort" | "error" | "respond" if text.starts_with('@') => self.refusal(directive, text, lines, why),
            "encode" => self.add("compress", Vec::new(), why),
            "basicauth" | "basic_auth" => {
                let user = directives.get(1).map(|user| format!("{user}:{}", value.value));
                let users = user.unwrap_or_else(|| value.value.replacen(' ', ":", 1));
                self.add("basicAuth", vec![Setting::at(&["users"], SettingValue::List(vec![users]), why.clone())], why);
            }
            "forward_auth" if directives.len() > 1 => {}
            "forward_auth" => self.add("forwardAuth", Vec::new(), why),
            "header" => {
                let written = directives.get(1).map_or_else(|| text.to_owned(), |name| format!("{name} {text}"));
                self.header("customResponseHeaders", &written, why);
            }
            "uri" => match text.split_once(char::is_whitespace) {
                Some(("strip_prefix", prefix)) => self.strip(prefix.trim(), why),
                Some(_) | None => self.unsaid("uri", why),
            },
            "rewrite" => {
                let before = text.strip_prefix("* ").map(str::trim).and_then(|to| to.strip_suffix("{uri}"));
                match before {
                    Some("") => {}
                    Some(prefix) if prefix.starts_with('/') && !prefix.contains(['{', '?']) => {
                        let settings =
                            vec![Setting::at(&["prefix"], SettingValue::Text(prefix.to_owned()), why.clone())];
                        self.add("addPrefix", settings, why);
                    }
                    Some(_) | None => self.unsaid("rewrite", why),
                }
            }
            other => self.unsaid(other, why),
        }
    }

    /// Requests that are refused: all but those of some addresses, or what no middleware tells apart.
    fn refusal(&mut self, directive: &str, text: &str, lines: &[Line], why: &Why) {
        match matchers::of(text, lines).ok().and_then(|matcher| matcher.all_but()) {
            Some(ranges) => {
                self.add(
                    "ipAllowList",
                    vec![Setting::at(&["sourceRange"], SettingValue::List(ranges), why.clone())],
                    why,
                );
            }
            None => self.unsaid(directive, why),
        }
    }

    /// What stands below `reverse_proxy`.
    fn of_proxy(&mut self, below: &[String], value: &Traced<String>) {
        let written = || {
            let before = below.get(1).map(|name| format!("{name} ")).unwrap_or_default();
            format!("{before}{}", value.value.trim())
        };
        match name(below.first()) {
            "header_up" => self.header("customRequestHeaders", &written(), &value.why),
            "header_down" => self.header("customResponseHeaders", &written(), &value.why),
            "transport" => match name(below.get(1)) {
                "" => {}
                "tls" | "tls_insecure_skip_verify" => {
                    let scheme = SettingValue::Text("https".to_owned());
                    if !self.backend.iter().any(|known| known.path == ["server", "scheme"]) {
                        self.backend.push(Setting::at(&["server", "scheme"], scheme, value.why.clone()));
                    }
                }
                other => self.unsaid(other, &value.why),
            },
            other => self.unsaid(other, &value.why),
        }
    }

    /// `Name value`, `-Name`: a header that is set or taken off.
    fn header(&mut self, kind: &str, written: &str, why: &Why) {
        let (field, value) = written.trim().split_once(char::is_whitespace).unwrap_or((written.trim(), ""));
        let (field, value) = match field.strip_prefix('-') {
            Some(field) if value.is_empty() => (field, ""),
            Some(_) => return self.unsaid("header", why),
            None => (field, value.trim().trim_matches(['"', '`'])),
        };
        let is_forwarded = kind == "customRequestHeaders" && value.contains('{');
        if is_forwarded && FORWARDED.contains(&field.to_ascii_lowercase().as_str()) {
            return;
        }
        let is_plain = field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if field.is_empty() || !is_plain || value.contains(['{', '}']) {
            let directive = if kind == "customRequestHeaders" { "header_up" } else { "header" };
            return self.unsaid(directive, why);
        }
        self.headers.push(Setting::at(&[kind, field], SettingValue::Text(value.to_owned()), why.clone()));
    }
}
