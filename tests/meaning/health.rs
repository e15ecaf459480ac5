//! The healthcheck: test, times and counts of the probes; Docker's defaults where nothing is written.

use serde_json::Value;
use transship::compose::Dialect;

use crate::argv::list;
use crate::case::{Case, Pod, Service};
use crate::environment;
use crate::kubelet;
use crate::quantity;
use crate::verdicts::Verdicts;

/// The command of a check; `None` where there is none, or where it is the image's own.
fn command(check: &Value) -> Option<Vec<String>> {
    let test = list(&check["test"]).filter(|test| !test.is_empty() && check["disable"] != true)?;
    match test[0].as_str() {
        "NONE" | "" => None,
        "CMD" => Some(test[1..].to_vec()),
        "CMD-SHELL" => Some([&["/bin/sh".to_owned(), "-c".to_owned()], &test[1..]].concat()),
        _ => Some(vec!["/bin/sh".to_owned(), "-c".to_owned(), test.join(" ")]),
    }
}

fn duration(check: &Value, key: &str, usual: f64) -> f64 {
    let written = environment::text(&check[key]).and_then(|text| quantity::seconds(&text));
    written.filter(|seconds| *seconds > 0.0).unwrap_or(usual)
}

fn number(probe: &Value, key: &str, usual: i32) -> f64 {
    probe[key].as_f64().unwrap_or(f64::from(usual))
}

fn same_number(name: &str, wanted: f64, found: f64) -> Result<(), String> {
    ((wanted - found).abs() < 1e-9).then_some(()).ok_or(format!("WRONG: {name} {wanted} became {found}"))
}

pub(crate) fn judge(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    let check = &service.value["healthcheck"];
    let key = |name: &str| format!("{}.healthcheck.{name}", service.key);
    let probe = &pod.container["readinessProbe"];
    let Some(command) = command(check) else {
        let is_probed =
            ["readinessProbe", "livenessProbe", "startupProbe"].iter().any(|name| !pod.container[name].is_null());
        if is_probed {
            verdicts.settle(case, "healthcheck", &key("test"), Err("WRONG: a probe that nobody asked for".to_owned()));
        } else if check.as_object().is_some_and(|check| !check.is_empty()) {
            let is_off = check["disable"] == true || check["test"][0] == "NONE";
            let fault = "LOST: the image's own check".to_owned();
            verdicts.settle(case, "healthcheck", &key("test"), is_off.then_some(()).ok_or(fault));
        }
        return;
    };
    // What runs once is never ready, which the value's own note says.
    if probe.is_null() && matches!(pod.workload["kind"].as_str(), Some("Job" | "CronJob")) {
        return;
    }
    if probe.is_null() {
        verdicts.settle(case, "healthcheck", &key("test"), Err(format!("LOST: {command:?}")));
        return;
    }
    let variables = kubelet::environment(case, pod.container);
    let found = kubelet::words(&probe["exec"]["command"], &variables);
    let outcome = (found == command).then_some(()).ok_or(format!("WRONG: {command:?} became {found:?}"));
    verdicts.settle(case, "healthcheck", &key("test"), outcome);
    let interval = duration(check, "interval", 30.0);
    let retries = check["retries"].as_f64().filter(|retries| *retries > 0.0).unwrap_or(3.0);
    let timeout = duration(check, "timeout", 30.0);
    let settled = [
        ("interval", same_number("interval", interval, number(probe, "periodSeconds", 10))),
        ("timeout", same_number("timeout", timeout, number(probe, "timeoutSeconds", 1))),
        ("retries", same_number("retries", retries, number(probe, "failureThreshold", 3))),
    ];
    for (name, outcome) in settled {
        verdicts.settle(case, "healthcheck", &key(name), outcome);
    }
    if case.dialect == Dialect::Swarm {
        let liveness = &pod.container["livenessProbe"];
        let same = liveness["exec"] == probe["exec"] && liveness["periodSeconds"] == probe["periodSeconds"];
        let fault = "LOST: an unhealthy task is killed".to_owned();
        verdicts.settle(case, "unhealthy task", &key("test"), same.then_some(()).ok_or(fault));
        let start = duration(check, "start_period", 0.0);
        let startup = &pod.container["startupProbe"];
        let time = number(startup, "periodSeconds", 10) * number(startup, "failureThreshold", 3);
        let fault = format!("WRONG: {start} s to start, then {retries} of {interval} s, became {time} s");
        let is_enough = time >= start + retries * interval;
        verdicts.settle(case, "start_period", &key("start_period"), is_enough.then_some(()).ok_or(fault));
    }
}
