//! Ports and names: what was published is published on the same number, what was exposed answers, and every name that a Docker
//! network gave a service is a Service that selects its pods. What networks kept apart stays apart.

use std::collections::BTreeSet;

use serde_json::Value;
use transship::compose::Dialect;
use transship::ir::Name;

use crate::argv::list;
use crate::case::{Case, Pod, Service, template};
use crate::environment;
use crate::verdicts::Verdicts;

/// Whether labels satisfy a selector of equalities.
fn selects(selector: &Value, labels: &Value) -> bool {
    let wanted = selector.as_object();
    wanted.is_some_and(|wanted| !wanted.is_empty() && wanted.iter().all(|(key, value)| labels[key] == *value))
}

fn labels<'a>(pod: &'a Pod) -> &'a Value {
    template(pod.workload).map_or(&Value::Null, |template| &template["metadata"]["labels"])
}

/// Services that select a pod.
fn services<'a>(case: &'a Case, pod: &'a Pod) -> impl Iterator<Item = &'a Value> {
    case.kind("Service").filter(move |service| selects(&service["spec"]["selector"], labels(pod)))
}

fn number(value: &Value) -> Option<i64> {
    environment::text(value)?.parse().ok()
}

fn protocol(value: &Value) -> String {
    value["protocol"].as_str().unwrap_or("tcp").to_ascii_uppercase()
}

/// Where a Service's port goes.
fn target(pod: &Pod, port: &Value) -> Option<i64> {
    let target = &port["targetPort"];
    let named = |name: &str| {
        let ports = pod.container["ports"].as_array()?;
        ports.iter().find(|port| port["name"] == name)?["containerPort"].as_i64()
    };
    target.as_i64().or_else(|| target.as_str().and_then(named)).or_else(|| port["port"].as_i64())
}

fn forwards(service: &Value, pod: &Pod, from: i64, to: i64, protocol: &str) -> bool {
    let ports = service["spec"]["ports"].as_array();
    let matches = |port: &&Value| {
        port["port"] == from && target(pod, port) == Some(to) && port["protocol"].as_str().unwrap_or("TCP") == protocol
    };
    ports.is_some_and(|ports| ports.iter().any(|port| matches(&port)))
}

fn published(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    for (index, port) in service.value["ports"].as_array().into_iter().flatten().enumerate() {
        let key = format!("{}.ports[{index}]", service.key);
        let Some(to) = number(&port["target"]) else { continue };
        let protocol = protocol(port);
        // Of a range Docker takes any.
        let first = port["published"].as_str().and_then(|range| range.split('-').next()?.parse().ok());
        let outcome = match number(&port["published"]).or(first).filter(|from| *from > 0) {
            None => Err(format!("LOST: {to} at any port, {}", port["published"])),
            Some(from) => {
                let outside = |service: &&Value| {
                    let kind = service["spec"]["type"].as_str().unwrap_or("ClusterIP");
                    kind != "ClusterIP" || !service["spec"]["externalIPs"].is_null()
                };
                let is_served =
                    services(case, pod).filter(outside).any(|service| forwards(service, pod, from, to, &protocol));
                let on_node = |found: &Value| {
                    found["containerPort"] == to
                        && found["hostPort"] == from
                        && found["protocol"].as_str().unwrap_or("TCP") == protocol
                };
                let is_on_node = pod.container["ports"].as_array().is_some_and(|ports| ports.iter().any(on_node));
                let is_host = pod.spec["hostNetwork"] == true && from == to;
                (is_served || is_on_node || is_host).then_some(()).ok_or(format!("LOST: {from} to {to} {protocol}"))
            }
        };
        verdicts.settle(case, "published", &key, outcome);
        verdicts.settle(case, "port", &key, answers(case, service.name, pod, to, &protocol));
    }
    // What runs once is dialled by nobody.
    if matches!(pod.workload["kind"].as_str(), Some("Job" | "CronJob")) {
        return;
    }
    for (index, text) in list(&service.value["expose"]).into_iter().flatten().enumerate() {
        let (number, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
        let Ok(to) = number.parse::<i64>() else { continue };
        let outcome = answers(case, service.name, pod, to, &protocol.to_ascii_uppercase());
        verdicts.settle(case, "port", &format!("{}.expose[{index}]", service.key), outcome);
    }
}

/// Whether a name is a Service of these pods that has the port, or is headless, so that any port answers.
fn answers(case: &Case, name: &str, pod: &Pod, port: i64, protocol: &str) -> Result<(), String> {
    let Some(service) = called(case, name, pod) else { return Err(format!("LOST: no Service {name}")) };
    let is_headless = service["spec"]["clusterIP"] == "None";
    let is_there = is_headless || forwards(service, pod, port, port, protocol);
    is_there.then_some(()).ok_or(format!("LOST: {name} does not answer on {port} {protocol}"))
}

/// The Service of a name that selects a pod.
fn called<'a>(case: &'a Case, name: &str, pod: &'a Pod) -> Option<&'a Value> {
    let wanted = Name::from_text(name);
    let hashed = format!("{wanted}-{}", transship::ir::short_hash(name.as_bytes()));
    services(case, pod).find(|service| {
        let found = service["metadata"]["name"].as_str().unwrap_or_default();
        found == wanted.as_str() || found == hashed || found == name
    })
}

/// A name that Docker resolves to a service.
fn names(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    if matches!(service.value["network_mode"].as_str(), Some("none" | "host")) {
        return;
    }
    let mut all = vec![(service.name.to_owned(), service.key.clone())];
    if let Some(name) =
        service.value["container_name"].as_str().filter(|_| case.dialect != transship::compose::Dialect::Swarm)
    {
        all.push((name.to_owned(), format!("{}.container_name", service.key)));
    }
    for (network, value) in service.value["networks"].as_object().into_iter().flatten() {
        let aliases = list(&value["aliases"]).into_iter().flatten();
        all.extend(aliases.map(|alias| (alias, format!("{}.networks.{network}.aliases", service.key))));
    }
    // What runs once is dialled by nobody; names that Kubernetes refuses are rewritten where they are dialled.
    let mode = service.value["deploy"]["mode"].as_str().unwrap_or_default();
    let runs_once = matches!(pod.workload["kind"].as_str(), Some("Job" | "CronJob")) || mode.ends_with("-job");
    let is_taken = |name: &str| name == service.name || Name::from_text(name).as_str() == name;
    for (name, key) in all.into_iter().filter(|(name, _)| !runs_once && is_taken(name)) {
        let is_there = called(case, &name, pod).is_some();
        // Of two services with one name one has it, and a message of the other says so.
        let is_told = || case.said.iter().any(|said| said.code == "T0309" && said.key == service.key);
        let outcome = (is_there || is_told()).then_some(()).ok_or(format!("LOST: no Service {name}"));
        verdicts.settle(case, "name", &key, outcome);
    }
}

/// The networks of a service; a stack's print leaves the usual one out.
fn networks(service: &Service) -> BTreeSet<String> {
    let named: BTreeSet<String> = match &service.value["networks"] {
        Value::Object(map) => map.keys().cloned().collect(),
        value => list(value).unwrap_or_default().into_iter().collect(),
    };
    if named.is_empty() { BTreeSet::from(["default".to_owned()]) } else { named }
}

/// Whether members of a network talk: a bridge without communication between containers keeps them apart.
fn is_open(case: &Case, network: &str) -> bool {
    let network = &case.project["networks"][network];
    let is_bridge = case.dialect == Dialect::Compose && matches!(network["driver"].as_str(), None | Some("bridge"));
    !is_bridge || network["driver_opts"]["com.docker.network.bridge.enable_icc"] != "false"
}

/// Whether a policy's rules let a peer in; ports of a rule are not looked at, as a published port is open to all.
fn lets_in(policy: &Value, labels: &Value) -> bool {
    let rules = policy["spec"]["ingress"].as_array();
    rules.into_iter().flatten().any(|rule| {
        let from = rule["from"].as_array();
        from.is_some_and(|peers| peers.iter().any(|peer| selects(&peer["podSelector"]["matchLabels"], labels)))
    })
}

/// Between two services: what shares a network may talk, what shares none may not.
fn isolation(case: &Case, verdicts: &mut Verdicts) {
    let all = case.services();
    let plain = |service: &Service| service.value["network_mode"].is_null();
    for one in all.iter().filter(|service| plain(service)) {
        for other in all.iter().filter(|service| plain(service) && service.name != one.name) {
            let wanted = networks(one).intersection(&networks(other)).any(|network| is_open(case, network));
            let (pods, peers) = (case.pods(one), case.pods(other));
            let (Some(pod), Some(peer)) = (pods.first(), peers.first()) else { continue };
            if pod.workload == peer.workload {
                continue;
            }
            let policies = case.kind("NetworkPolicy").filter(|policy| {
                let is_ingress =
                    list(&policy["spec"]["policyTypes"]).is_none_or(|kinds| kinds.iter().any(|kind| kind == "Ingress"));
                is_ingress && selects(&policy["spec"]["podSelector"]["matchLabels"], labels(pod))
            });
            let policies: Vec<&Value> = policies.collect();
            let found = policies.is_empty() || policies.iter().any(|policy| lets_in(policy, labels(peer)));
            let fault = format!("WRONG: {} reaches it: {wanted} became {found}", other.name);
            verdicts.settle(
                case,
                "isolation",
                &format!("{}.networks", one.key),
                (wanted == found).then_some(()).ok_or(fault),
            );
        }
    }
}

pub(crate) fn judge(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    published(case, service, pod, verdicts);
    names(case, service, pod, verdicts);
}

pub(crate) fn judge_all(case: &Case, verdicts: &mut Verdicts) {
    isolation(case, verdicts);
}
