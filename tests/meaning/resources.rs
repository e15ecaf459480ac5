//! Cores and bytes, exact: Docker's sizes are binary, and a limit reserves nothing.

use serde_json::Value;

use crate::case::{Case, Pod, Service};
use crate::environment;
use crate::quantity;
use crate::verdicts::Verdicts;

/// A positive number of thousandths of a core.
fn cores(value: &Value) -> Option<u64> {
    let text = environment::text(value)?;
    quantity::milli_cores(&text).filter(|milli| *milli > 0)
}

fn memory(value: &Value) -> Option<u128> {
    quantity::docker_bytes(&environment::text(value)?).filter(|bytes| *bytes > 0)
}

/// The first of several keys that says something.
fn first<T>(service: &Value, paths: &[&str], read: impl Fn(&Value) -> Option<T>) -> Option<(String, T)> {
    paths.iter().find_map(|path| {
        let value = service.pointer(path)?;
        Some((path.trim_start_matches('/').replace('/', "."), read(value)?))
    })
}

fn settle<T: PartialEq + std::fmt::Debug>(
    case: &Case,
    service: &Service,
    (notion, usual): (&'static str, &str),
    wanted: Option<(String, T)>,
    found: Option<T>,
    verdicts: &mut Verdicts,
) {
    let path = wanted.as_ref().map_or(usual, |(path, _)| path.as_str());
    let key = format!("{}.{path}", service.key);
    let wanted = wanted.as_ref().map(|(_, value)| value);
    let outcome = if wanted == found.as_ref() { Ok(()) } else { Err(format!("WRONG: {wanted:?} became {found:?}")) };
    verdicts.settle(case, notion, &key, outcome);
}

/// Thousandths of a core that `cpu_quota` of each `cpu_period` are.
fn quota(service: &Value) -> Option<(String, u64)> {
    let number = |key: &str| environment::text(&service[key]).and_then(|text| text.parse::<f64>().ok());
    let quota = number("cpu_quota").filter(|quota| *quota > 0.0)?;
    let period = environment::text(&service["cpu_period"])
        .and_then(|text| text.parse().ok().or_else(|| Some(quantity::seconds(&text)? * 1e6)))
        .filter(|period| *period > 0.0)
        .unwrap_or(100_000.0);
    Some(("cpu_quota".to_owned(), quantity::milli_cores(&format!("{}", quota / period))?))
}

pub(crate) fn judge(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    let found = |path: &str| pod.container.pointer(path).and_then(Value::as_str);
    let milli = |path: &str| found(path).and_then(quantity::milli_cores).filter(|milli| *milli > 0);
    let bytes = |path: &str| found(path).and_then(quantity::bytes).filter(|bytes| *bytes > 0);
    let limit =
        first(service.value, &["/deploy/resources/limits/cpus", "/cpus"], cores).or_else(|| quota(service.value));
    // A percentage of the machine is as many cores here.
    let percent = |value: &Value| {
        Some(value.as_f64().filter(|n| *n > 0.0)? * 10.0).map(|n| format!("{n:.0}").parse::<u64>().unwrap_or(0))
    };
    let limit = limit.or_else(|| first(service.value, &["/cpu_percent"], percent));
    let limit = limit.or_else(|| first(service.value, &["/cpu_count"], cores));
    settle(case, service, ("cpu limit", "cpus"), limit, milli("/resources/limits/cpu"), verdicts);
    let limit = first(service.value, &["/deploy/resources/limits/memory", "/mem_limit"], memory);
    settle(case, service, ("memory limit", "mem_limit"), limit, bytes("/resources/limits/memory"), verdicts);
    // A share of a core is what Docker reserves when others want it too.
    let shares = |value: &Value| {
        environment::text(value)?.parse::<u64>().ok().filter(|n| *n > 0).map(|n| (n * 1000).div_ceil(1024))
    };
    let least = first(service.value, &["/deploy/resources/reservations/cpus"], cores)
        .or_else(|| first(service.value, &["/cpu_shares"], shares));
    settle(case, service, ("cpu request", "cpus"), least, milli("/resources/requests/cpu"), verdicts);
    let least = first(service.value, &["/deploy/resources/reservations/memory", "/mem_reservation"], memory);
    settle(case, service, ("memory request", "mem_reservation"), least, bytes("/resources/requests/memory"), verdicts);
    for (limit, request) in [
        ("/resources/limits/cpu", "/resources/requests/cpu"),
        ("/resources/limits/memory", "/resources/requests/memory"),
    ] {
        // Kubernetes would copy the limit.
        let is_copied = found(limit).is_some() && found(request).is_none();
        let fault = "WRONG: the limit is reserved".to_owned();
        let outcome = (!is_copied).then_some(()).ok_or(fault);
        verdicts.settle(case, "reservation", &format!("{}.deploy.resources.limits", service.key), outcome);
    }
}
