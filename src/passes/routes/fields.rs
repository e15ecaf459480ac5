//! The settings of Traefik, as its resources spell and type them (Traefik 3, "Routing & Load Balancing", reference). Labels are
//! compared without case and are all text.

use crate::ir::{Setting, SettingValue, Traced};

use Form::{Flag, List, Number, Text};

/// What a setting holds.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Flag,
    Number,
    List,
}

/// Settings, with their keys joined by dots; `*` stands for a key of the user's.
const FIELDS: &[(&str, Form)] = &[
    ("addPrefix.prefix", Text),
    ("basicAuth.headerField", Text),
    ("basicAuth.realm", Text),
    ("basicAuth.removeHeader", Flag),
    ("basicAuth.users", List),
    ("basicAuth.usersFile", Text),
    ("buffering.maxRequestBodyBytes", Number),
    ("buffering.maxResponseBodyBytes", Number),
    ("buffering.memRequestBodyBytes", Number),
    ("buffering.memResponseBodyBytes", Number),
    ("buffering.retryExpression", Text),
    ("chain.middlewares", List),
    ("circuitBreaker.checkPeriod", Text),
    ("circuitBreaker.expression", Text),
    ("circuitBreaker.fallbackDuration", Text),
    ("circuitBreaker.recoveryDuration", Text),
    ("circuitBreaker.responseCode", Number),
    ("compress.defaultEncoding", Text),
    ("compress.encodings", List),
    ("compress.excludedContentTypes", List),
    ("compress.includedContentTypes", List),
    ("compress.minResponseBodyBytes", Number),
    ("contentType.autoDetect", Flag),
    ("digestAuth.headerField", Text),
    ("digestAuth.realm", Text),
    ("digestAuth.removeHeader", Flag),
    ("digestAuth.users", List),
    ("digestAuth.usersFile", Text),
    ("errors.query", Text),
    ("errors.service", Text),
    ("errors.status", List),
    ("forwardAuth.addAuthCookiesToResponse", List),
    ("forwardAuth.address", Text),
    ("forwardAuth.authRequestHeaders", List),
    ("forwardAuth.authResponseHeaders", List),
    ("forwardAuth.authResponseHeadersRegex", Text),
    ("forwardAuth.forwardBody", Flag),
    ("forwardAuth.headerField", Text),
    ("forwardAuth.maxBodySize", Number),
    ("forwardAuth.preserveLocationHeader", Flag),
    ("forwardAuth.preserveRequestMethod", Flag),
    ("forwardAuth.tls.insecureSkipVerify", Flag),
    ("forwardAuth.trustForwardHeader", Flag),
    ("grpcWeb.allowOrigins", List),
    ("headers.accessControlAllowCredentials", Flag),
    ("headers.accessControlAllowHeaders", List),
    ("headers.accessControlAllowMethods", List),
    ("headers.accessControlAllowOriginList", List),
    ("headers.accessControlAllowOriginListRegex", List),
    ("headers.accessControlExposeHeaders", List),
    ("headers.accessControlMaxAge", Number),
    ("headers.addVaryHeader", Flag),
    ("headers.allowedHosts", List),
    ("headers.browserXssFilter", Flag),
    ("headers.contentSecurityPolicy", Text),
    ("headers.contentSecurityPolicyReportOnly", Text),
    ("headers.contentTypeNosniff", Flag),
    ("headers.customBrowserXSSValue", Text),
    ("headers.customFrameOptionsValue", Text),
    ("headers.customRequestHeaders.*", Text),
    ("headers.customResponseHeaders.*", Text),
    ("headers.featurePolicy", Text),
    ("headers.forceSTSHeader", Flag),
    ("headers.frameDeny", Flag),
    ("headers.hostsProxyHeaders", List),
    ("headers.isDevelopment", Flag),
    ("headers.permissionsPolicy", Text),
    ("headers.publicKey", Text),
    ("headers.referrerPolicy", Text),
    ("headers.sslForceHost", Flag),
    ("headers.sslHost", Text),
    ("headers.sslProxyHeaders.*", Text),
    ("headers.sslRedirect", Flag),
    ("headers.sslTemporaryRedirect", Flag),
    ("headers.stsIncludeSubdomains", Flag),
    ("headers.stsPreload", Flag),
    ("headers.stsSeconds", Number),
    ("inFlightConn.amount", Number),
    ("inFlightReq.amount", Number),
    ("inFlightReq.sourceCriterion.ipStrategy.depth", Number),
    ("inFlightReq.sourceCriterion.ipStrategy.excludedIPs", List),
    ("inFlightReq.sourceCriterion.requestHeaderName", Text),
    ("inFlightReq.sourceCriterion.requestHost", Flag),
    ("ipAllowList.ipStrategy.depth", Number),
    ("ipAllowList.ipStrategy.excludedIPs", List),
    ("ipAllowList.ipStrategy.ipv6Subnet", Number),
    ("ipAllowList.rejectStatusCode", Number),
    ("ipAllowList.sourceRange", List),
    ("loadBalancer.healthCheck.followRedirects", Flag),
    ("loadBalancer.healthCheck.headers.*", Text),
    ("loadBalancer.healthCheck.hostname", Text),
    ("loadBalancer.healthCheck.interval", Text),
    ("loadBalancer.healthCheck.method", Text),
    ("loadBalancer.healthCheck.mode", Text),
    ("loadBalancer.healthCheck.path", Text),
    ("loadBalancer.healthCheck.port", Number),
    ("loadBalancer.healthCheck.scheme", Text),
    ("loadBalancer.healthCheck.status", Number),
    ("loadBalancer.healthCheck.timeout", Text),
    ("loadBalancer.healthCheck.unhealthyInterval", Text),
    ("loadBalancer.passHostHeader", Flag),
    ("loadBalancer.proxyProtocol.version", Number),
    ("loadBalancer.responseForwarding.flushInterval", Text),
    ("loadBalancer.server.scheme", Text),
    ("loadBalancer.server.tls", Flag),
    ("loadBalancer.server.weight", Number),
    ("loadBalancer.serversTransport", Text),
    ("loadBalancer.sticky", Flag),
    ("loadBalancer.sticky.cookie", Flag),
    ("loadBalancer.sticky.cookie.domain", Text),
    ("loadBalancer.sticky.cookie.httpOnly", Flag),
    ("loadBalancer.sticky.cookie.maxAge", Number),
    ("loadBalancer.sticky.cookie.name", Text),
    ("loadBalancer.sticky.cookie.path", Text),
    ("loadBalancer.sticky.cookie.sameSite", Text),
    ("loadBalancer.sticky.cookie.secure", Flag),
    ("loadBalancer.strategy", Text),
    ("loadBalancer.terminationDelay", Number),
    ("passTLSClientCert.info.*", Flag),
    ("passTLSClientCert.pem", Flag),
    ("plugin.*", Text),
    ("rateLimit.average", Number),
    ("rateLimit.burst", Number),
    ("rateLimit.period", Text),
    ("rateLimit.sourceCriterion.ipStrategy.depth", Number),
    ("rateLimit.sourceCriterion.ipStrategy.excludedIPs", List),
    ("rateLimit.sourceCriterion.requestHeaderName", Text),
    ("rateLimit.sourceCriterion.requestHost", Flag),
    ("redirectRegex.permanent", Flag),
    ("redirectRegex.regex", Text),
    ("redirectRegex.replacement", Text),
    ("redirectScheme.permanent", Flag),
    ("redirectScheme.port", Text),
    ("redirectScheme.scheme", Text),
    ("replacePath.path", Text),
    ("replacePathRegex.regex", Text),
    ("replacePathRegex.replacement", Text),
    ("retry.attempts", Number),
    ("retry.initialInterval", Text),
    ("stripPrefix.forceSlash", Flag),
    ("stripPrefix.prefixes", List),
    ("stripPrefixRegex.regex", List),
    ("tls.options", Text),
];

/// The kinds that need no setting.
const BARE: &[&str] = &["compress", "contentType", "grpcWeb"];

/// The kind of a middleware, as resources spell it.
pub(super) fn kind(written: &str) -> Option<&'static str> {
    // Its name before version 3.
    let written = if written.eq_ignore_ascii_case("ipWhiteList") { "ipAllowList" } else { written };
    let kinds = FIELDS.iter().filter_map(|(path, _)| path.split('.').next()).chain(BARE.iter().copied());
    kinds.filter(|kind| !matches!(*kind, "loadBalancer" | "tls")).find(|kind| kind.eq_ignore_ascii_case(written))
}

/// A setting below a root such as `stripPrefix`, spelt and typed.
///
/// # Errors
///
/// What Traefik does not know, and what is not what it takes there.
pub(super) fn setting(root: &str, path: &[String], value: Traced<String>) -> Result<Setting, String> {
    let whole: Vec<&str> = std::iter::once(root).chain(path.iter().map(String::as_str)).collect();
    let shown = whole.join(".");
    let (known, form) =
        FIELDS.iter().find(|(known, _)| is_same(known, &whole)).ok_or_else(|| format!("there is no `{shown}`"))?;
    let spelt = known.split('.').skip(1).map(|part| (part != "*").then(|| part.to_owned()));
    let path = path.iter().zip(spelt.chain(std::iter::repeat(None)));
    let path = path.map(|(written, spelt)| spelt.unwrap_or_else(|| written.clone())).collect();
    let Traced { value: text, why } = value;
    let value = match form {
        Text => SettingValue::Text(text),
        Flag => SettingValue::Flag(flag(&text).ok_or_else(|| format!("`{shown}` is true or false"))?),
        Number => SettingValue::Number(text.trim().parse().map_err(|_| format!("`{shown}` is a number"))?),
        List => SettingValue::List(
            text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect(),
        ),
    };
    Ok(Setting { path, value: Traced { value, why } })
}

/// As Go reads it.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "t" => Some(true),
        "false" | "0" | "f" => Some(false),
        _ => None,
    }
}

/// Whether a known path is the written one; `*` at the end stands for one key or several.
fn is_same(known: &str, whole: &[&str]) -> bool {
    let parts: Vec<&str> = known.split('.').collect();
    let is_open = parts.last() == Some(&"*");
    let fits = if is_open { whole.len() >= parts.len() } else { whole.len() == parts.len() };
    fits && parts.iter().zip(whole).all(|(known, written)| *known == "*" || known.eq_ignore_ascii_case(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(root: &str, path: &[&str], text: &str) -> Result<Setting, String> {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        setting(root, &path, Traced::decided(text.to_owned(), "test"))
    }

    #[test]
    fn settings_are_spelt_and_typed() {
        let found = read("stripPrefix", &["PREFIXES"], "/a, /b").unwrap();
        assert_eq!(found.path, ["prefixes"]);
        assert_eq!(found.value.value, SettingValue::List(vec!["/a".to_owned(), "/b".to_owned()]));
        assert_eq!(
            read("headers", &["customrequestheaders", "X-A"], "b").unwrap().path,
            ["customRequestHeaders", "X-A"]
        );
        assert!(read("rateLimit", &["average"], "many").is_err());
        assert!(read("stripPrefix", &["prefixs"], "/a").is_err());
        assert_eq!(kind("ipwhitelist"), Some("ipAllowList"));
        assert_eq!(kind("loadbalancer"), None);
    }
}
