//! What a router asks of a service by itself (Traefik, "Health Check") becomes a readiness probe, where the service has no
//! healthcheck: in the cluster it is readiness that keeps requests away.
//!
//! ```yaml
//! traefik.http.services.web.loadbalancer.healthcheck.path: /health
//! # readinessProbe: { httpGet: { path: /health, port: 80 }, periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 1 }
//! ```

use crate::compose::grammar::duration;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Probe, ProbeAction, ProbeRequest, Route, Setting, SettingValue, Target, Traced, Workload};
use crate::origin::Origin;
use crate::passes::probes::seconds;
use crate::syntax::Value;

const SECOND: i64 = 1_000_000_000;
/// Traefik's own, in nanoseconds.
const INTERVAL: i64 = 30 * SECOND;
const TIMEOUT: i64 = 5 * SECOND;

/// Makes the probe of a workload from the first of its routes that is checked; routes that share the check are settled with it.
pub(super) fn probe(workload: &mut Workload, diags: &mut Diagnostics) {
    if workload.ends() || is_checked(workload) {
        return;
    }
    let Some((probe, places, called)) = workload.routes.iter().find_map(|route| {
        let (probe, places) = read(route)?;
        Some((probe, places, route.called.clone()))
    }) else {
        return;
    };
    for route in &mut workload.routes {
        route.backend.retain(|setting| {
            !is_of_check(setting) || !setting.value.why.origins().iter().all(|place| places.contains(place))
        });
    }
    if let Some(place) = places.first() {
        diags.push(
            Diagnostic::new(
                Code::RouterCheck,
                workload.origin,
                format!("`{}` has no healthcheck: it is ready when it passes the router's", workload.service),
            )
            .also(*place, format!("asked for on the way of {called}"))
            .why("a pod that is not ready gets no requests from anybody, where the router kept away its own alone")
            .help("write a healthcheck: for the service if another check should decide")
            .cause("checks of routers")
            .key(format!("services.{}.healthcheck", workload.service)),
        );
    }
    places.iter().for_each(|place| diags.consume(*place, "read for the readiness probe"));
    workload.container.readiness = Some(probe);
}

/// Whether something else decides when a pod is ready.
pub(super) fn is_checked(workload: &Workload) -> bool {
    let is_patched = || {
        workload
            .patches
            .iter()
            .filter(|patch| patch.target == Target::MainContainer)
            .any(|patch| matches!(&patch.tree.value, Value::Map(fields) if fields.contains_key("readinessProbe")))
    };
    workload.check.is_some() || workload.container.readiness.is_some() || is_patched()
}

/// Whether a setting is one of the router's check.
pub(super) fn is_of_check(setting: &Setting) -> bool {
    setting.path.first().is_some_and(|key| key == "healthCheck")
}

/// The probe of a route, and where the check is written; `None` where a probe cannot ask what the router did.
fn read(route: &Route) -> Option<(Probe, Vec<Origin>)> {
    let settings: Vec<&Setting> = route.backend.iter().filter(|setting| is_of_check(setting)).collect();
    let find = |key: &str| {
        settings
            .iter()
            .find(|setting| setting.path.get(1).is_some_and(|found| found.eq_ignore_ascii_case(key)))
            .map(|setting| Traced { value: text(&setting.value.value), why: setting.value.why.clone() })
    };
    let is_one_of = |key: &str, usual: &[&str]| find(key).is_none_or(|found| usual.contains(&found.value.as_str()));
    // The kubelet sends GET, follows redirects, and takes whatever is no error.
    if !is_one_of("mode", &["", "http"])
        || !is_one_of("method", &["", "GET", "HEAD"])
        || !is_one_of("status", &["", "0"])
        || !is_one_of("followRedirects", &["", "true"])
    {
        return None;
    }
    let path = find("path").filter(|path| !path.value.is_empty())?;
    let path = Traced { value: format!("/{}", path.value.trim_start_matches('/')), why: path.why };
    let port = match find("port") {
        Some(port) => Traced { value: port.value.trim().parse().ok().filter(|port| *port != 0)?, why: port.why },
        None => route.port.clone()?,
    };
    let of_server = route.backend.iter().find(|setting| setting.path == ["server", "scheme"]);
    let of_server = of_server.map(|found| Traced { value: text(&found.value.value), why: found.value.why.clone() });
    let scheme = find("scheme").or(of_server);
    let scheme = match scheme.as_ref().map(|scheme| scheme.value.to_ascii_lowercase()).as_deref() {
        None | Some("" | "http") => None,
        Some("https") => scheme.map(|scheme| Traced { value: "HTTPS", why: scheme.why }),
        // Such as h2c, which the kubelet does not speak.
        Some(_) => return None,
    };
    let host = find("hostname").filter(|host| !host.value.is_empty()).map(|host| ("Host".to_owned(), host));
    let named = settings.iter().filter(|setting| setting.path.get(1).is_some_and(|key| key == "headers"));
    let named = named.filter_map(|setting| {
        let value = Traced { value: text(&setting.value.value), why: setting.value.why.clone() };
        Some((setting.path.get(2)?.clone(), value))
    });
    let probe = Probe {
        action: ProbeAction::Get(ProbeRequest { path, port, scheme, headers: host.into_iter().chain(named).collect() }),
        period: seconds(&time(find("interval"), INTERVAL)),
        timeout: seconds(&time(find("timeout"), TIMEOUT)),
        failures: Traced::decided(1, "first-failure-counts"),
    };
    Some((probe, settings.iter().flat_map(|setting| setting.value.why.origins()).copied().collect()))
}

/// Nanoseconds; a number alone is one of seconds. What cannot be read is what Traefik has by itself.
fn time(written: Option<Traced<String>>, usual: i64) -> Traced<i64> {
    let Some(Traced { value, why }) = written else { return Traced::decided(usual, "traefik-default") };
    let of_seconds = || value.trim().parse::<i64>().ok().and_then(|number| number.checked_mul(SECOND));
    let read = duration::parse(value.trim()).ok().or_else(of_seconds).filter(|time| *time > 0);
    Traced { value: read.unwrap_or(usual), why }
}

fn text(value: &SettingValue) -> String {
    match value {
        SettingValue::Text(text) => text.clone(),
        SettingValue::Number(number) => number.to_string(),
        SettingValue::Flag(flag) => flag.to_string(),
        SettingValue::List(items) | SettingValue::Names(items) => items.join(","),
        SettingValue::Empty => String::new(),
    }
}
