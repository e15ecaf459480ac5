//! How many, how they end, how they are replaced: replicas, kind, grace, restarts and updates.

use serde_json::Value;
use transship::compose::Dialect;

use crate::case::{Case, Pod, Service};
use crate::environment;
use crate::quantity;
use crate::verdicts::Verdicts;

fn replicas(case: &Case, service: &Service, pod: &Pod) -> Result<(), String> {
    let deploy = &service.value["deploy"];
    let number = |value: &Value| environment::text(value).and_then(|text| text.parse::<i64>().ok());
    let written = number(&deploy["replicas"]).or_else(|| number(&service.value["scale"]));
    let wanted = written.unwrap_or(1);
    let spec = &pod.workload["spec"];
    let name = pod.workload["metadata"]["name"].as_str().unwrap_or_default();
    let is_scaled = case.kind("HorizontalPodAutoscaler").any(|scaler| scaler["spec"]["scaleTargetRef"]["name"] == name);
    let kind = pod.workload["kind"].as_str().unwrap_or_default();
    let is_guest = pod.spec["containers"].as_array().is_some_and(|containers| containers.len() > 1);
    match (kind, deploy["mode"].as_str().unwrap_or("replicated")) {
        ("DaemonSet", "global" | "global-job") => Ok(()),
        (_, "global" | "global-job") => Err(format!("WRONG: global became {kind}")),
        ("Deployment" | "StatefulSet", _) if is_scaled => Ok(()),
        // A container beside another's runs as often as that one.
        (_, "replicated") if written.is_none() && is_guest => Ok(()),
        ("Deployment" | "StatefulSet", _) => {
            let found = spec["replicas"].as_i64().unwrap_or(1);
            (found == wanted).then_some(()).ok_or(format!("WRONG: {wanted} replicas became {found}"))
        }
        ("Job", "replicated-job") => {
            let found = spec["completions"].as_i64().unwrap_or(1);
            let is_none = wanted == 0 && spec["suspend"] == true;
            (found == wanted || is_none).then_some(()).ok_or(format!("WRONG: {wanted} completions became {found}"))
        }
        ("Job", _) => {
            let found = spec["completions"].as_i64().unwrap_or(1);
            let is_none = wanted == 0 && spec["suspend"] == true;
            (found == wanted || is_none).then_some(()).ok_or(format!("WRONG: {wanted} runs became {found}"))
        }
        ("CronJob", _) => Ok(()),
        _ => Err(format!("WRONG: {kind}")),
    }
}

/// A pod of several containers waits for the slowest.
fn grace(service: &Service, pod: &Pod) -> Result<(), String> {
    let written = environment::text(&service.value["stop_grace_period"]).and_then(|text| quantity::seconds(&text));
    let wanted = written.unwrap_or(10.0);
    let found = pod.spec["terminationGracePeriodSeconds"].as_f64().unwrap_or(30.0);
    let containers = pod.spec["containers"].as_array().map_or(0, Vec::len);
    let is_right = (wanted - found).abs() < 1e-9 || containers > 1 && found >= wanted;
    is_right.then_some(()).ok_or(format!("WRONG: {wanted} s became {found} s"))
}

fn restart(service: &Service, pod: &Pod) -> (String, Result<(), String>) {
    let policy = &service.value["deploy"]["restart_policy"]["condition"];
    let (key, wanted) = match (policy.as_str(), service.value["restart"].as_str()) {
        (Some(condition), _) => ("deploy.restart_policy.condition", condition),
        (None, Some(restart)) => ("restart", restart),
        (None, None) => return (String::new(), Ok(())),
    };
    let found = pod.spec["restartPolicy"].as_str().unwrap_or("Always");
    let is_kept = match wanted.split(':').next().unwrap_or_default() {
        "no" | "none" => found == "Never",
        "on-failure" => found == "OnFailure",
        // A job is over when it ends well.
        "any" if pod.workload["kind"] == "Job" => found == "OnFailure",
        _ => found == "Always",
    };
    let fault = format!("WRONG: {wanted} became {found}");
    (format!("{}.{key}", service.key), is_kept.then_some(()).ok_or(fault))
}

fn update(service: &Service, pod: &Pod) -> Result<(), String> {
    let config = &service.value["deploy"]["update_config"];
    let parallel = environment::text(&config["parallelism"]).and_then(|text| text.parse::<i64>().ok()).unwrap_or(1);
    let is_start_first = config["order"] == "start-first";
    let spec = &pod.workload["spec"];
    let strategy = if pod.workload["kind"] == "Deployment" { &spec["strategy"] } else { &spec["updateStrategy"] };
    let rolling = &strategy["rollingUpdate"];
    let found = |key: &str, usual: Value| if rolling[key].is_null() { usual } else { rolling[key].clone() };
    let (surge, gone) = match pod.workload["kind"].as_str() {
        Some("Deployment") => (found("maxSurge", "25%".into()), found("maxUnavailable", "25%".into())),
        Some("StatefulSet" | "DaemonSet") => (found("maxSurge", 0.into()), found("maxUnavailable", 1.into())),
        _ => return Ok(()),
    };
    let amount: Value = if parallel == 0 { "100%".into() } else { parallel.into() };
    let replicas = spec["replicas"].as_i64().unwrap_or(1);
    let is_all = parallel == 0 || parallel >= replicas;
    let is_recreate = strategy["type"] == "Recreate";
    let is_right = match is_start_first {
        true => surge == amount && gone == 0,
        false => is_recreate && (is_all || replicas <= 1) || surge == 0 && gone == amount,
    };
    is_right.then_some(()).ok_or(format!("WRONG: {config} became {strategy}"))
}

pub(crate) fn judge(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    let key = |name: &str| format!("{}.{name}", service.key);
    let counted = if service.value["scale"].is_null() { "deploy.replicas" } else { "scale" };
    let counted = if service.value["deploy"]["mode"].is_null() { counted } else { "deploy.mode" };
    verdicts.settle(case, "replicas", &key(counted), replicas(case, service, pod));
    verdicts.settle(case, "stop_grace_period", &key("stop_grace_period"), grace(service, pod));
    let (path, outcome) = restart(service, pod);
    let is_ignored = case.dialect == Dialect::Swarm && path.ends_with(".restart");
    if !path.is_empty() && !is_ignored {
        verdicts.settle(case, "restart", &path, outcome);
    }
    verdicts.settle(case, "update", &key("deploy.update_config"), update(service, pod));
    if let Some(signal) = service.value["stop_signal"].as_str() {
        let found = &pod.container["lifecycle"]["stopSignal"];
        let hook = pod.container["lifecycle"]["preStop"].to_string();
        let short = signal.trim_start_matches("SIG");
        // `kill` takes signals of real time by their number alone.
        let real = short.strip_prefix("RTMIN+").and_then(|more| more.parse::<u32>().ok());
        let short = if short == "9" { "KILL" } else { short };
        let short = real.map_or(short.to_owned(), |more| (34 + more).to_string());
        let is_kept = matches!(short.as_str(), "TERM" | "15") || found == signal || hook.contains(&short);
        verdicts.settle(
            case,
            "stop_signal",
            &key("stop_signal"),
            is_kept.then_some(()).ok_or(format!("LOST: {signal}")),
        );
    }
}
