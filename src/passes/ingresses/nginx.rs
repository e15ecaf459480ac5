//! What ingress-nginx has annotations for (kubernetes.github.io/ingress-nginx, "Annotations"): used where `--ingress-class nginx` says
//! which controller serves the Ingresses.

use super::loss::{text, texts};
use super::users;
use crate::ir::{
    FileObject, PathKind, Route, RouteHost, RouteMatch, RoutePath, Setting, SettingValue, Traced, Treatment, Why,
};

const PREFIX: &str = "nginx.ingress.kubernetes.io/";

/// What annotations say of a route.
#[derive(Default)]
pub(super) struct Said {
    pub(super) annotations: Vec<(String, Traced<String>)>,
    /// Names and passwords.
    pub(super) secrets: Vec<FileObject>,
    /// How paths are written: as expressions, for the path that is sent on is made of them.
    pub(super) rewrite: Option<Rewrite>,
}

/// How the path that is sent on comes about.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Rewrite {
    /// This beginning is taken off.
    Strip(String),
    /// This is put before it, where all paths begin alike.
    Add {
        /// What is put before.
        prefix: String,
        /// How paths begin.
        below: String,
    },
    /// It becomes this.
    Replace(String),
}

impl Rewrite {
    /// A path as an expression, and how it is compared; `None` where none says it.
    pub(super) fn path(&self, path: &RoutePath) -> Option<(String, PathKind)> {
        let prefix = match path {
            RoutePath::Any => "",
            RoutePath::Prefix(prefix) => prefix.trim_end_matches('/'),
            RoutePath::Is(_) | RoutePath::Like(_) => return None,
        };
        match self {
            Rewrite::Strip(stripped) if stripped == prefix => {
                Some((format!("{}(/|$)(.*)", crate::compose::grammar::rule::escaped(prefix)), PathKind::OfController))
            }
            Rewrite::Strip(_) => None,
            Rewrite::Add { prefix: _, below } if below == prefix => {
                Some((format!("{}/?(.*)", crate::compose::grammar::rule::escaped(prefix)), PathKind::OfController))
            }
            Rewrite::Add { prefix: _, below: _ } => None,
            Rewrite::Replace(_) => Some((if prefix.is_empty() { "/" } else { prefix }.to_owned(), PathKind::Prefix)),
        }
    }

    fn target(&self) -> String {
        match self {
            Rewrite::Strip(_) => "/$2".to_owned(),
            Rewrite::Add { prefix, below } => format!("{}{below}/$1", prefix.trim_end_matches('/')),
            Rewrite::Replace(path) => path.clone(),
        }
    }
}

impl Said {
    fn add(&mut self, name: &str, value: impl Into<String>, why: &Why) {
        self.annotations.push((format!("{PREFIX}{name}"), Traced { value: value.into(), why: why.clone() }));
    }

    /// Says that the service itself ends the encryption.
    pub(super) fn passes_on(&mut self, route: &Route) {
        let why = route.tls.as_ref().and_then(|tls| tls.passthrough.as_ref()).unwrap_or(&route.why);
        self.add("ssl-passthrough", "true", why);
    }

    /// Says what a middleware does; `false` where no annotation can.
    pub(super) fn step(&mut self, treatment: &Treatment, matches: &[RouteMatch]) -> bool {
        let why = &treatment.why;
        let number = |path: &[&str]| number(treatment, path);
        match treatment.kind.as_str() {
            "basicAuth" => self.basic_auth(treatment),
            "forwardAuth" => self.forward_auth(treatment),
            "ipAllowList" if treatment.settings.iter().all(|setting| setting.path == ["sourceRange"]) => {
                self.add("whitelist-source-range", list(treatment, "sourceRange"), why);
                true
            }
            "stripPrefix" => match list(treatment, "prefixes") {
                prefix if !prefix.contains(',') => {
                    self.rewrite(Rewrite::Strip(prefix.trim_end_matches('/').to_owned()), matches, why)
                }
                _ => false,
            },
            "addPrefix" => {
                let below = match matches.first().map(|found| &found.path) {
                    Some(RoutePath::Prefix(path)) => path.trim_end_matches('/').to_owned(),
                    Some(RoutePath::Any | RoutePath::Is(_) | RoutePath::Like(_)) | None => String::new(),
                };
                text(treatment, &["prefix"])
                    .is_some_and(|prefix| self.rewrite(Rewrite::Add { prefix: prefix.to_owned(), below }, matches, why))
            }
            "replacePath" => text(treatment, &["path"])
                .is_some_and(|path| self.rewrite(Rewrite::Replace(path.to_owned()), matches, why)),
            "rateLimit" => self.rate_limit(treatment),
            "inFlightReq" => number(&["amount"]).is_some_and(|amount| {
                self.add("limit-connections", amount.to_string(), why);
                true
            }),
            "buffering" => number(&["maxRequestBodyBytes"]).is_some_and(|bytes| {
                self.add("proxy-body-size", bytes.to_string(), why);
                treatment.settings.len() == 1
            }),
            "headers" => self.cross_origin(treatment),
            _ => false,
        }
    }

    /// Names and passwords stand in a Secret.
    fn basic_auth(&mut self, treatment: &Treatment) -> bool {
        let why = &treatment.why;
        let Some(secret) = users::secret(treatment, "auth") else { return false };
        self.add("auth-type", "basic", why);
        self.add("auth-secret", secret.name.as_str(), why);
        if let Some(realm) = text(treatment, &["realm"]) {
            self.add("auth-realm", realm, why);
        }
        self.secrets.push(secret);
        treatment
            .settings
            .iter()
            .all(|setting| matches!(setting.path.first().map(String::as_str), Some("users" | "realm")))
    }

    /// Another service is asked about each request.
    fn forward_auth(&mut self, treatment: &Treatment) -> bool {
        let why = &treatment.why;
        let Some(address) = text(treatment, &["address"]) else { return false };
        // The controller asks from a namespace of its own.
        let host = address.split("://").nth(1).unwrap_or_default().split(['/', ':']).next().unwrap_or_default();
        if !host.contains('.') {
            return false;
        }
        self.add("auth-url", address, why);
        let headers = list(treatment, "authResponseHeaders");
        if !headers.is_empty() {
            self.add("auth-response-headers", headers, why);
        }
        true
    }

    /// So many requests in a second or a minute.
    fn rate_limit(&mut self, treatment: &Treatment) -> bool {
        let why = &treatment.why;
        let Some(average) = number(treatment, &["average"]) else { return false };
        let name = match text(treatment, &["period"]) {
            None | Some("1s" | "1") => "limit-rps",
            Some("1m" | "60s" | "60") => "limit-rpm",
            Some(_) => return false,
        };
        self.add(name, average.to_string(), why);
        if let Some(burst) = number(treatment, &["burst"]).filter(|_| average > 0) {
            self.add("limit-burst-multiplier", (burst / average).max(1).to_string(), why);
        }
        true
    }

    /// One path is sent on, whichever way the request came.
    fn rewrite(&mut self, rewrite: Rewrite, matches: &[RouteMatch], why: &Why) -> bool {
        if self.rewrite.is_some() || matches.iter().any(|found| rewrite.path(&found.path).is_none()) {
            return false;
        }
        self.add("rewrite-target", rewrite.target(), why);
        if matches!(rewrite, Rewrite::Strip(_) | Rewrite::Add { prefix: _, below: _ }) {
            self.add("use-regex", "true", why);
        }
        self.rewrite = Some(rewrite);
        true
    }

    /// Of headers, what other sites may ask for.
    fn cross_origin(&mut self, treatment: &Treatment) -> bool {
        const NAMES: &[(&str, &str)] = &[
            ("accessControlAllowOriginList", "cors-allow-origin"),
            ("accessControlAllowMethods", "cors-allow-methods"),
            ("accessControlAllowHeaders", "cors-allow-headers"),
            ("accessControlExposeHeaders", "cors-expose-headers"),
            ("accessControlAllowCredentials", "cors-allow-credentials"),
            ("accessControlMaxAge", "cors-max-age"),
        ];
        let (mut found, mut is_all) = (false, true);
        for setting in &treatment.settings {
            match NAMES.iter().find(|(name, _)| setting.path == [*name]) {
                Some((_, annotation)) => {
                    found = true;
                    self.add(annotation, shown(setting), &setting.value.why);
                }
                // It goes with the others.
                None if setting.path == ["addVaryHeader"] => {}
                None => is_all = false,
            }
        }
        if found {
            self.add("enable-cors", "true", &treatment.why);
        }
        found && is_all
    }

    /// Says how the service is spoken to; `false` where no annotation can.
    pub(super) fn backend(&mut self, setting: &Setting) -> bool {
        let why = &setting.value.why;
        let path: Vec<&str> = setting.path.iter().map(String::as_str).collect();
        match (path.as_slice(), &setting.value.value) {
            (["server", "scheme"], SettingValue::Text(scheme)) => {
                let spoken = match scheme.to_ascii_lowercase().as_str() {
                    "https" => "HTTPS",
                    "h2c" | "grpc" => "GRPC",
                    "grpcs" => "GRPCS",
                    "fastcgi" => "FCGI",
                    _ => return false,
                };
                self.add("backend-protocol", spoken, why);
            }
            (["sticky"] | ["sticky", "cookie"], SettingValue::Flag(true)) => self.sticky(why),
            (["sticky", "cookie", name], _) => {
                let annotation = match *name {
                    "name" => "session-cookie-name",
                    "secure" => "session-cookie-secure",
                    "sameSite" => "session-cookie-samesite",
                    "maxAge" => "session-cookie-max-age",
                    "path" => "session-cookie-path",
                    "domain" => "session-cookie-domain",
                    // It always is.
                    "httpOnly" => "",
                    _ => return false,
                };
                self.sticky(why);
                if !annotation.is_empty() {
                    self.add(annotation, shown(setting), why);
                }
            }
            _ => return false,
        }
        true
    }

    fn sticky(&mut self, why: &Why) {
        let name = format!("{PREFIX}affinity");
        if !self.annotations.iter().any(|(known, _)| *known == name) {
            self.add("affinity", "cookie", why);
        }
    }
}

fn number(treatment: &Treatment, path: &[&str]) -> Option<i64> {
    let setting = treatment.settings.iter().find(|setting| setting.path == path)?;
    if let SettingValue::Number(number) = setting.value.value { Some(number) } else { None }
}

fn list(treatment: &Treatment, key: &str) -> String {
    let found = treatment.settings.iter().find(|setting| setting.path == [key]);
    found.map(|setting| texts(setting).cloned().collect::<Vec<_>>().join(",")).unwrap_or_default()
}

fn shown(setting: &Setting) -> String {
    match &setting.value.value {
        SettingValue::Text(text) => text.clone(),
        SettingValue::Flag(flag) => flag.to_string(),
        SettingValue::Number(number) => number.to_string(),
        SettingValue::List(items) | SettingValue::Names(items) => items.join(", "),
        SettingValue::Empty => String::new(),
    }
}

/// Whether what is encrypted reaches the service as it is, by hosts that an Ingress can name.
pub(super) fn passes_on(route: &Route) -> bool {
    let has_host = |found: &RouteMatch| found.host != RouteHost::Any && super::loss::unsayable(found).is_none();
    route.tls.as_ref().is_some_and(|tls| tls.passthrough.is_some()) && route.matches.iter().all(has_host)
}

/// Whether a route is served by ingress-nginx.
pub(super) fn serves(route: &Route, chosen: Option<&str>) -> bool {
    route.class.as_ref().map(|class| class.value.as_str()).or(chosen) == Some("nginx")
}
