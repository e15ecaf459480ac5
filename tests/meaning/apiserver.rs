//! What an API server would refuse: names, labels, quantities, duplicates, references within a pod, sizes. The rules are those of
//! `k8s.io/apimachinery/pkg/util/validation` and `pkg/apis/core/validation`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::case::{Case, template};
use crate::quantity;
use crate::verdicts::Verdicts;

/// The largest sum of annotations, and the largest ConfigMap or Secret.
const ANNOTATIONS: usize = 256 << 10;
const OBJECT: usize = 1 << 20;

fn is_label(text: &str, limit: usize) -> bool {
    let byte = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=limit).contains(&text.len()) && text.bytes().all(byte) && !text.starts_with('-') && !text.ends_with('-')
}

/// A DNS subdomain: labels between dots.
fn is_domain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(|part| is_label(part, 63) || is_label(part, 253) && part.len() <= 253)
}

fn is_word(text: &str) -> bool {
    let is_edge = |c: char| c.is_ascii_alphanumeric();
    text.len() <= 63
        && text.starts_with(is_edge)
        && text.ends_with(is_edge)
        && text.chars().all(|c| is_edge(c) || matches!(c, '-' | '_' | '.'))
}

/// A key of a label or annotation.
fn is_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((domain, name)) => is_domain(domain) && is_word(name),
        None => is_word(text),
    }
}

fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn twice<'a>(texts: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    texts.into_iter().find(|text| !seen.insert(*text))
}

/// Collects what is refused of one object.
struct Refusals(Vec<String>);

impl Refusals {
    fn unless(&mut self, is_right: bool, fault: impl FnOnce() -> String) {
        if !is_right {
            self.0.push(fault());
        }
    }

    fn once<'a>(&mut self, what: &str, texts: impl Iterator<Item = &'a str>) {
        if let Some(text) = twice(texts) {
            self.0.push(format!("{what} {text:?} twice"));
        }
    }

    fn metadata(&mut self, metadata: &Value, what: &str) {
        let pairs = |key: &str| metadata[key].as_object().cloned().unwrap_or_default();
        for (key, value) in pairs("labels") {
            let text = value.as_str().unwrap_or("\u{0}");
            self.unless(is_key(&key) && (text.is_empty() || is_word(text)), || format!("{what}: label {key}={value}"));
        }
        let mut total = 0;
        for (key, value) in pairs("annotations") {
            total += key.len() + value.as_str().map_or(0, str::len);
            let is_right = is_key(&key.to_ascii_lowercase()) && value.is_string();
            self.unless(is_right, || format!("{what}: annotation {key}={value}"));
        }
        self.unless(total <= ANNOTATIONS, || format!("{what}: {total} bytes of annotations"));
    }

    fn container(&mut self, container: &Value, volumes: &BTreeSet<&str>) {
        let name = container["name"].as_str().unwrap_or_default();
        self.unless(is_label(name, 63), || format!("container name {name:?}"));
        let image = container["image"].as_str().unwrap_or_default();
        self.unless(!image.is_empty() && image.trim() == image, || format!("{name}: image {image:?}"));
        self.once("variable", items(container, "env").iter().filter_map(|env| env["name"].as_str()));
        for variable in items(container, "env") {
            let own = variable["name"].as_str().unwrap_or_default();
            let is_right = !own.is_empty() && own.chars().all(|c| (' '..='~').contains(&c) && c != '=');
            self.unless(is_right, || format!("{name}: variable {own:?}"));
            let is_one = variable["value"].is_null() || variable["valueFrom"].is_null();
            self.unless(is_one, || format!("{name}: {own} has a value and a source"));
        }
        let mounts = items(container, "volumeMounts");
        self.once("mount", mounts.iter().filter_map(|mount| mount["mountPath"].as_str()));
        for mount in mounts {
            let (path, volume) =
                (mount["mountPath"].as_str().unwrap_or_default(), mount["name"].as_str().unwrap_or_default());
            let below = mount["subPath"].as_str().unwrap_or_default();
            self.unless(!path.is_empty(), || format!("{name}: mount at {path:?}"));
            self.unless(volumes.contains(volume), || format!("{name}: no volume {volume:?}"));
            let is_inside = !below.starts_with('/') && below.split('/').all(|part| part != "..");
            self.unless(is_inside, || format!("{name}: subPath {below:?}"));
        }
        let ports = items(container, "ports");
        self.once("port name", ports.iter().filter_map(|port| port["name"].as_str()));
        for port in ports {
            let number = port["containerPort"].as_i64().unwrap_or(0);
            self.unless((1..=65535).contains(&number), || format!("{name}: port {port}"));
            self.unless(port["name"].as_str().is_none_or(is_port_name), || {
                format!("{name}: port name {}", port["name"])
            });
        }
        self.resources(name, &container["resources"]);
        for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
            let probe = &container[probe];
            for field in ["periodSeconds", "timeoutSeconds", "failureThreshold"] {
                self.unless(
                    probe[field].as_i64().is_none_or(|number| (1..=i64::from(i32::MAX)).contains(&number)),
                    || format!("{name}: {field} {}", probe[field]),
                );
            }
            let is_command = probe.is_null() || probe["exec"].is_null() || !items(&probe["exec"], "command").is_empty();
            self.unless(is_command, || format!("{name}: a probe without a command"));
        }
        let context = &container["securityContext"];
        let is_raised = context["privileged"] == true
            || items(&context["capabilities"], "add").iter().any(|name| name == "SYS_ADMIN");
        self.unless(!(context["allowPrivilegeEscalation"] == false && is_raised), || {
            format!("{name}: privileged without escalation")
        });
        for key in ["runAsUser", "runAsGroup"] {
            self.unless(context[key].as_i64().is_none_or(|id| (0..=i64::from(i32::MAX)).contains(&id)), || {
                format!("{name}: {key} {}", context[key])
            });
        }
    }

    fn resources(&mut self, name: &str, resources: &Value) {
        for (kind, limit) in resources["limits"].as_object().into_iter().flatten() {
            let amount = |value: &Value| {
                let text = value.as_str()?;
                if kind == "cpu" { quantity::milli_cores(text).map(u128::from) } else { quantity::bytes(text) }
            };
            self.unless(amount(limit).is_some(), || format!("{name}: {kind} {limit}"));
            let request = &resources["requests"][kind];
            let is_within = request.is_null() || amount(request) <= amount(limit);
            self.unless(is_within, || format!("{name}: request {request} over limit {limit} of {kind}"));
        }
    }

    fn pod(&mut self, workload: &Value, pod: &Value) {
        let volumes = items(pod, "volumes");
        self.once("volume", volumes.iter().filter_map(|volume| volume["name"].as_str()));
        let claims = items(&workload["spec"], "volumeClaimTemplates");
        let names = volumes.iter().filter_map(|volume| volume["name"].as_str());
        let names: BTreeSet<&str> =
            names.chain(claims.iter().filter_map(|claim| claim["metadata"]["name"].as_str())).collect();
        for name in &names {
            self.unless(is_label(name, 63), || format!("volume name {name:?}"));
        }
        let containers: Vec<&Value> = items(pod, "initContainers").iter().chain(items(pod, "containers")).collect();
        self.unless(!items(pod, "containers").is_empty(), || "no container".to_owned());
        self.once("container", containers.iter().filter_map(|container| container["name"].as_str()));
        let mounted: BTreeSet<&str> = containers
            .iter()
            .flat_map(|container| items(container, "volumeMounts"))
            .filter_map(|mount| mount["name"].as_str())
            .collect();
        for name in names.iter().filter(|name| !mounted.contains(*name)) {
            self.0.push(format!("volume {name} is mounted nowhere"));
        }
        for container in &containers {
            self.container(container, &names);
        }
        let ports = containers.iter().flat_map(|container| items(container, "ports"));
        let on_node = ports.filter(|port| !port["hostPort"].is_null());
        let on_node: Vec<String> =
            on_node.map(|port| format!("{} {} {}", port["hostPort"], port["protocol"], port["hostIP"])).collect();
        self.once("port of the node", on_node.iter().map(String::as_str));
        self.unless(pod["hostname"].as_str().is_none_or(|name| is_label(name, 63)), || {
            format!("hostname {}", pod["hostname"])
        });
        for alias in items(pod, "hostAliases") {
            let ip = alias["ip"].as_str().unwrap_or_default();
            self.unless(ip.parse::<std::net::IpAddr>().is_ok(), || format!("host alias {alias}"));
            for name in items(alias, "hostnames") {
                self.unless(name.as_str().is_some_and(is_domain), || format!("host alias {alias}"));
            }
        }
        let dns = &pod["dnsConfig"];
        self.unless(items(dns, "nameservers").len() <= 3, || format!("{dns}"));
        self.unless(items(dns, "searches").len() <= 32, || format!("{dns}"));
        for server in items(dns, "nameservers") {
            self.unless(server.as_str().is_some_and(|ip| ip.parse::<std::net::IpAddr>().is_ok()), || format!("{dns}"));
        }
        let settings = items(&pod["securityContext"], "sysctls");
        self.once("sysctl", settings.iter().filter_map(|setting| setting["name"].as_str()));
        let grace = pod["terminationGracePeriodSeconds"].as_i64().unwrap_or(0);
        self.unless(grace >= 0, || format!("grace {grace}"));
    }

    fn service(&mut self, service: &Value) {
        let ports = items(&service["spec"], "ports");
        self.once("port name", ports.iter().filter_map(|port| port["name"].as_str()));
        let is_headless = service["spec"]["clusterIP"] == "None" || service["spec"]["type"] == "ExternalName";
        self.unless(!ports.is_empty() || is_headless, || "no ports".to_owned());
        let numbers: Vec<String> = ports
            .iter()
            .map(|port| format!("{} {}", port["port"], port["protocol"].as_str().unwrap_or("TCP")))
            .collect();
        self.once("port", numbers.iter().map(String::as_str));
        for port in ports {
            let number = port["port"].as_i64().unwrap_or(0);
            self.unless((1..=65535).contains(&number), || format!("port {port}"));
            let name = port["name"].as_str();
            self.unless(name.is_some() || ports.len() == 1, || "a port without a name".to_owned());
            self.unless(name.is_none_or(|name| is_label(name, 63)), || format!("port name {name:?}"));
            self.unless(port["nodePort"].as_i64().is_none_or(|node| (30000..=32767).contains(&node)), || {
                format!("{port}")
            });
        }
        for (key, value) in service["spec"]["selector"].as_object().into_iter().flatten() {
            self.unless(is_key(key) && value.as_str().is_some_and(is_word), || format!("selector {key}={value}"));
        }
    }

    fn data(&mut self, object: &Value) {
        let mut total = 0;
        let mut keys = Vec::new();
        for part in ["data", "binaryData"] {
            for (key, value) in object[part].as_object().into_iter().flatten() {
                let is_right = (1..=253).contains(&key.len())
                    && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
                    && key != "."
                    && !key.starts_with("..");
                self.unless(is_right && value.is_string(), || format!("key {key:?}"));
                let is_base64 = part == "binaryData" || object["kind"] == "Secret";
                let length = value.as_str().map_or(0, str::len);
                total += if is_base64 { length / 4 * 3 } else { length };
                keys.push(key.as_str());
            }
        }
        self.once("key", keys.into_iter());
        self.unless(total <= OBJECT, || format!("{total} bytes"));
    }
}

fn is_port_name(name: &str) -> bool {
    is_label(name, 15) && name.contains(|c: char| c.is_ascii_lowercase()) && !name.contains("--")
}

fn refusals(object: &Value) -> Vec<String> {
    let mut found = Refusals(Vec::new());
    let kind = object["kind"].as_str().unwrap_or_default();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let is_name = match kind {
        "Service" => is_label(name, 63) && name.starts_with(|c: char| c.is_ascii_lowercase()),
        "CronJob" => is_label(name, 52),
        "StatefulSet" => is_label(name, 52),
        "Deployment" | "DaemonSet" | "Job" | "Namespace" => is_label(name, 63),
        _ => is_domain(name),
    };
    found.unless(is_name, || format!("name {name:?}"));
    found.metadata(&object["metadata"], kind);
    if let Some(template) = template(object) {
        found.metadata(&template["metadata"], "template");
        found.pod(object, &template["spec"]);
        let selector = &object["spec"]["selector"]["matchLabels"];
        for (key, value) in selector.as_object().into_iter().flatten() {
            found.unless(template["metadata"]["labels"][key] == *value, || format!("selector {key}"));
        }
    }
    match kind {
        "Service" => found.service(object),
        "ConfigMap" | "Secret" => found.data(object),
        _ => {}
    }
    found.0
}

/// Every object by itself, and the names of all.
pub(crate) fn judge(case: &Case, verdicts: &mut Verdicts) {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for object in &case.objects {
        let name = format!("{} {}", object["kind"], object["metadata"]["name"]);
        *names.entry(name.clone()).or_default() += 1;
        let refused = refusals(object);
        verdicts.refuse(case, &name, &refused);
    }
    let twice: Vec<String> = names.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect();
    verdicts.refuse(case, "two of one name", &twice);
}
