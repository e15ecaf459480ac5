//! Order: every edge of `depends_on` is a wait that means its condition, or a place in one pod.

use serde_json::Value;
use transship::ir::Name;

use crate::argv::list;
use crate::case::{Case, Pod, Service};
use crate::verdicts::Verdicts;

/// Names and conditions.
fn edges(service: &Service) -> Vec<(String, String)> {
    match &service.value["depends_on"] {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| (name.clone(), value["condition"].as_str().unwrap_or("service_started").to_owned()))
            .collect(),
        value => list(value).unwrap_or_default().into_iter().map(|name| (name, "service_started".to_owned())).collect(),
    }
}

/// What an init container waits for, as its script says.
fn script(container: &Value) -> String {
    [list(&container["command"]), list(&container["args"])]
        .into_iter()
        .flatten()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

fn outcome(case: &Case, pod: &Pod, name: &str, condition: &str) -> Result<(), String> {
    let service = case.services().into_iter().find(|service| service.name == name);
    let Some(service) = service else { return Err(format!("LOST: {name} is not part of the project")) };
    let pods = case.pods(&service);
    if pods.is_empty() && case.names(&service.key).is_some() {
        return Ok(());
    }
    if pods.iter().any(|other| other.workload == pod.workload) {
        return Ok(());
    }
    let inits = pod.spec["initContainers"].as_array().cloned().unwrap_or_default();
    // A long name is cut, and how much of it is left depends on what follows.
    let own: String = Name::from_text(name).as_str().chars().take(40).collect();
    let waits = inits.iter().filter(|container| container["name"] != pod.container["name"]).map(script);
    let scripts: Vec<String> = waits.collect();
    let mut waits = scripts.iter().filter(|script| script.contains(&own));
    // What ends inside of another's pod is over when that pod is ready.
    let hosts: Vec<&str> = pods
        .iter()
        .flat_map(|pod| [&pod.spec["initContainers"], &pod.spec["containers"]])
        .flat_map(|list| list.as_array().into_iter().flatten())
        .filter_map(|container| container["name"].as_str())
        .collect();
    let is_right = match condition {
        "service_completed_successfully" if pods.iter().any(|pod| pod.workload["kind"] == "Deployment") => {
            hosts.iter().any(|host| scripts.iter().any(|script| script.contains(&format!("{host} "))))
        }
        "service_completed_successfully" => {
            let jobs = pods.iter().filter(|pod| pod.workload["kind"] == "Job");
            let jobs: Vec<&str> = jobs.filter_map(|pod| pod.workload["metadata"]["name"].as_str()).collect();
            !jobs.is_empty() && waits.any(|script| jobs.iter().any(|job| script.contains(&format!("/jobs/{job}"))))
        }
        _ => waits.next().is_some(),
    };
    is_right.then_some(()).ok_or(format!("LOST: no wait for {name} ({condition})"))
}

pub(crate) fn judge(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    for (name, condition) in edges(service) {
        let key = format!("{}.depends_on.{name}", service.key);
        verdicts.settle(case, "depends_on", &key, outcome(case, pod, &name, &condition));
    }
}
