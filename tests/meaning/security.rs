//! Rights, the kernel's settings, and what a pod is told of the network: names of itself and of others.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::argv::list;
use crate::case::{Case, Pod, Service};
use crate::environment;
use crate::verdicts::Verdicts;

fn texts(value: &Value) -> Vec<String> {
    list(value).unwrap_or_default()
}

fn holds(is_kept: bool, fault: impl FnOnce() -> String) -> Result<(), String> {
    if is_kept { Ok(()) } else { Err(fault()) }
}

fn capability(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    upper.strip_prefix("CAP_").unwrap_or(&upper).to_owned()
}

fn rights(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    let context = &pod.container["securityContext"];
    let named =
        |key: &str| -> BTreeSet<String> { texts(&service.value[key]).iter().map(|name| capability(name)).collect() };
    let (added, dropped) = (named("cap_add"), named("cap_drop"));
    // Docker drops before it adds, container runtimes of Kubernetes add before they drop.
    let stays_dropped = dropped.difference(&added).cloned().collect();
    for (key, field, wanted) in [("cap_add", "add", added), ("cap_drop", "drop", stays_dropped)] {
        let found: BTreeSet<String> = texts(&context["capabilities"][field]).into_iter().collect();
        let outcome = holds(wanted == found, || format!("WRONG: {wanted:?} became {found:?}"));
        verdicts.settle(case, key, &format!("{}.{key}", service.key), outcome);
    }
    let (privileged, read_only) = (&context["privileged"], &context["readOnlyRootFilesystem"]);
    for (key, found) in [("privileged", privileged), ("read_only", read_only)] {
        // A device of the node can be opened by a privileged container alone.
        let has_devices = key == "privileged" && case.names(&format!("{}.devices", service.key)).is_some();
        let wanted = service.value[key].as_bool().unwrap_or(false) || has_devices && found == true;
        let outcome = holds(wanted == found.as_bool().unwrap_or(false), || format!("WRONG: {wanted} became {found}"));
        verdicts.settle(case, key, &format!("{}.{key}", service.key), outcome);
    }
    let wanted = texts(&service.value["security_opt"]);
    for (index, option) in wanted.iter().enumerate() {
        let (name, value) = option.split_once([':', '=']).unwrap_or((option, "true"));
        let is_kept = match (name, value) {
            ("no-new-privileges", "true") => context["allowPrivilegeEscalation"] == false,
            ("no-new-privileges", _) => context["allowPrivilegeEscalation"] != false,
            ("seccomp", "unconfined") => context["seccompProfile"]["type"] == "Unconfined",
            ("label", "disable") => context["seLinuxOptions"]["type"] == "spc_t",
            ("apparmor", "unconfined") => context["appArmorProfile"]["type"] == "Unconfined",
            // A part of an SELinux label is a field of its own.
            _ => value.split(':').any(|part| part.len() > 1 && context.to_string().contains(&format!(":\"{part}\""))),
        };
        let outcome = holds(is_kept, || format!("LOST: {option}"));
        verdicts.settle(case, "security_opt", &format!("{}.security_opt[{index}]", service.key), outcome);
    }
}

fn pairs(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), environment::text(value).unwrap_or_default())).collect()
        }
        _ => {
            let split = |text: String| {
                let (key, value) = text.split_once('=').unwrap_or((&text, ""));
                (key.to_owned(), value.to_owned())
            };
            texts(value).into_iter().map(split).collect()
        }
    }
}

fn kernel(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    let empty = Vec::new();
    let settings = pod.spec["securityContext"]["sysctls"].as_array().unwrap_or(&empty);
    for (name, value) in pairs(&service.value["sysctls"]) {
        // The kernel takes either.
        let name = name.replace('/', ".");
        let is_kept = settings.iter().any(|found| found["name"] == name.as_str() && found["value"] == value.as_str());
        let outcome = holds(is_kept, || format!("LOST: {name}={value}"));
        verdicts.settle(case, "sysctls", &format!("{}.sysctls.{name}", service.key), outcome);
    }
    for (key, field) in [("pid", "hostPID"), ("ipc", "hostIPC"), ("network_mode", "hostNetwork")] {
        let is_on_host = |map: &serde_json::Map<String, Value>| {
            map.keys().any(|name| name == "host" || case.project["networks"][name]["name"] == "host")
        };
        let is_attached = key == "network_mode" && service.value["networks"].as_object().is_some_and(is_on_host);
        let wanted = service.value[key] == "host" || is_attached;
        let found = pod.spec[field] == true;
        let outcome = holds(wanted == found, || format!("WRONG: host {wanted} became {found}"));
        verdicts.settle(case, key, &format!("{}.{key}", service.key), outcome);
    }
    for key in
        ["ulimits", "userns_mode", "uts", "cgroup_parent", "mac_address", "runtime", "oom_score_adj", "storage_opt"]
    {
        let value = &service.value[key];
        let is_said =
            value.is_null() || *value == 0 || *value == "" || value.as_object().is_some_and(|map| map.is_empty());
        let is_usual = key == "runtime" && *value == "runc" || key == "userns_mode" && *value == "host";
        let is_there = key == "runtime" && !pod.spec["runtimeClassName"].is_null()
            || key == "storage_opt" && !pod.container["resources"]["limits"]["ephemeral-storage"].is_null();
        let outcome = holds(is_said || is_usual || is_there, || format!("LOST: {value}"));
        verdicts.settle(case, "kernel", &format!("{}.{key}", service.key), outcome);
    }
}

fn names(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    let spec = pod.spec;
    if let Some(name) = service.value["hostname"].as_str() {
        let label = name.split('.').next().unwrap_or_default();
        let is_told = label != name && case.names(&format!("{}.hostname", service.key)).is_some();
        let outcome = holds(spec["hostname"] == name || is_told && spec["hostname"] == label, || {
            format!("WRONG: {name} became {}", spec["hostname"])
        });
        verdicts.settle(case, "hostname", &format!("{}.hostname", service.key), outcome);
    }
    let empty = Vec::new();
    let aliases = spec["hostAliases"].as_array().unwrap_or(&empty);
    let hosts: Vec<(String, String)> = match &service.value["extra_hosts"] {
        Value::Object(map) => map
            .iter()
            .flat_map(|(host, address)| texts(address).into_iter().map(move |address| (host.clone(), address)))
            .collect(),
        value => {
            let split = |text: String| {
                let (host, address) = text.split_once('=').or_else(|| text.split_once(':')).unwrap_or((&text, ""));
                (host.to_owned(), address.to_owned())
            };
            texts(value).into_iter().map(split).collect()
        }
    };
    for (host, address) in hosts {
        // Blanks around it are none of its own in /etc/hosts either.
        let address = address.trim().trim_matches(['[', ']']);
        // An address that a service had is a name of that service now.
        let is_service = case.object("Service", &host).is_some();
        let addresses: Vec<&str> = address.split(',').collect();
        let is_kept = is_service
            || aliases.iter().any(|alias| {
                addresses.iter().any(|address| alias["ip"] == *address)
                    && texts(&alias["hostnames"]).iter().any(|name| name.eq_ignore_ascii_case(&host))
            });
        let outcome = holds(is_kept, || format!("LOST: {host}={address}"));
        verdicts.settle(case, "extra_hosts", &format!("{}.extra_hosts", service.key), outcome);
    }
    for (key, field) in [("dns", "nameservers"), ("dns_search", "searches")] {
        let found = texts(&spec["dnsConfig"][field]);
        for value in texts(&service.value[key]).iter().filter(|value| *value != ".") {
            // Names of hosts are the same in capitals.
            let outcome =
                holds(found.iter().any(|found| found.eq_ignore_ascii_case(value)), || format!("LOST: {value}"));
            verdicts.settle(case, key, &format!("{}.{key}", service.key), outcome);
        }
    }
}

/// Labels that tools read and that the compiler translates: schedules and routes.
const TOOLS: [&str; 9] = [
    "swarm.cronjob.",
    "ofelia.",
    "chadburn.",
    "traefik.",
    "caddy",
    "kompose.",
    "ingress.",
    "com.docker.lb.",
    "com.df.",
];

/// Labels are read by people and tools: every pair is somewhere on the pod, or on the workload.
fn labels(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    let template = crate::case::template(pod.workload);
    let on_pod = template.map(|template| &template["metadata"]);
    let on_workload = Some(&pod.workload["metadata"]);
    let lists = [
        ("labels", &service.value["labels"], on_pod),
        ("annotations", &service.value["annotations"], on_pod),
        ("deploy.labels", &service.value["deploy"]["labels"], on_workload),
    ];
    for (key, list, place) in lists {
        let of_a_tool = |name: &str| TOOLS.iter().any(|tool| name.starts_with(tool));
        // What is no key of an annotation stands in one of all such labels.
        let others = |place: &Value| place["annotations"]["transship.dev/labels"].as_str().map(str::to_owned);
        let others: Value =
            place.and_then(others).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        for (name, value) in pairs(list).into_iter().filter(|(name, _)| !of_a_tool(name)) {
            let found = |kind: &str| place.is_some_and(|place| place[kind][name.as_str()] == value.as_str());
            let outcome =
                holds(found("annotations") || found("labels") || others[name.as_str()] == value.as_str(), || {
                    format!("LOST: {name}={value:?}")
                });
            verdicts.settle(case, "labels", &format!("{}.{key}.{name}", service.key), outcome);
        }
    }
}

pub(crate) fn judge(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    rights(case, service, pod, verdicts);
    kernel(case, service, pod, verdicts);
    names(case, service, pod, verdicts);
    labels(case, service, pod, verdicts);
}
