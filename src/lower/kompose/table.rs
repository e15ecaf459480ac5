//! The labels of kompose on services, and what each of them is under `x-kubernetes`.

use crate::compose::model::kubernetes::NAME;
use crate::lower::kompose::{Written, probes};
use crate::lower::kubernetes::Extensions;
use crate::origin::Origin;
use crate::syntax::{Entry, Map, Node, Value};

/// What a label means.
pub(super) enum Meaning {
    /// It says something; `forms` are its values, and `read` is false where it has another one.
    Said { forms: &'static str, read: fn(&Written<'_>, &mut Tree) -> bool },
    /// One value says what is so anyway.
    Usual { value: &'static str, reason: &'static str },
    /// Compose has a key for it.
    Instead(&'static str),
}

use Meaning::{Instead, Said, Usual};

/// What a Service's own pull policy is called.
pub(super) const PULL_POLICY: &str = "kompose.image-pull-policy";

/// What puts services into one pod.
pub(super) const GROUP: &str = "kompose.service.group";

/// The folder of its volumes that a service sees.
pub(super) const SUBPATH: &str = "kompose.volume.subpath";

/// How kompose's autoscalers are where a label says nothing.
const MOST_REPLICAS: i64 = 3;
const USED_CORES: i64 = 50;

/// Every label of a service, and of its `deploy`.
pub(super) const LABELS: &[(&str, Meaning)] = &[
    ("kompose.service.type", Said { forms: "nodeport, loadbalancer, clusterip or headless", read: service_type }),
    (
        "kompose.service.external-traffic-policy",
        Said {
            forms: "cluster or local",
            read: |label, tree| {
                let words = [("cluster", "Cluster"), ("local", "Local")];
                tree.word(&["service", "external_traffic_policy"], label, &words)
            },
        },
    ),
    (
        "kompose.service.nodeport.port",
        Said {
            forms: "a number from 30000 to 32767",
            read: |label, tree| tree.number(&["service", "node_port"], label),
        },
    ),
    // Heard together, at the end.
    (
        "kompose.service.expose",
        Said { forms: "true, or hosts behind commas", read: |label, _| !label.value.is_empty() },
    ),
    (
        "kompose.service.expose.tls-secret",
        Said { forms: "the name of a Secret", read: |label, _| !label.value.is_empty() },
    ),
    (
        "kompose.service.expose.ingress-class-name",
        Said { forms: "the name of an IngressClass", read: |label, _| !label.value.is_empty() },
    ),
    // Heard where services are put into pods.
    (GROUP, Said { forms: "a word that those of one pod share", read: |label, _| !label.value.is_empty() }),
    (
        "kompose.service.name_override",
        Instead("write container_name:, or aliases: under networks; it answers under its own name too"),
    ),
    (
        "kompose.serviceaccount-name",
        Said { forms: "the name of a ServiceAccount", read: |label, tree| tree.text(&["service_account"], label) },
    ),
    (
        "kompose.controller.type",
        Said {
            forms: "deployment, daemonset or statefulset",
            read: |label, tree| {
                let words = [
                    ("deployment", "deployment"),
                    ("replicationcontroller", "deployment"),
                    ("daemonset", "daemon-set"),
                    ("statefulset", "stateful-set"),
                ];
                tree.word(&["kind"], label, &words)
            },
        },
    ),
    ("kompose.controller.port.expose", Instead("write the port in its long form, with mode: host")),
    ("kompose.controller.expose.port", Instead("write the port in its long form, with mode: host")),
    (
        "kompose.image-pull-secret",
        Said {
            forms: "the name of a Secret",
            read: |label, tree| {
                let list = Value::List(vec![text(label.value, label.origin)]);
                tree.put(&["pull_secrets"], Node { value: list, origin: label.origin, tag: None }, label.origin)
            },
        },
    ),
    // Heard where the image is.
    (PULL_POLICY, Said { forms: "Always, IfNotPresent or Never", read: |label, _| pull_policy(label.value).is_some() }),
    ("kompose.service.healthcheck.readiness.test", Said { forms: "a command", read: probes::readiness }),
    (
        "kompose.service.healthcheck.readiness.interval",
        Said { forms: "a duration such as 30s", read: probes::readiness },
    ),
    (
        "kompose.service.healthcheck.readiness.timeout",
        Said { forms: "a duration such as 30s", read: probes::readiness },
    ),
    ("kompose.service.healthcheck.readiness.retries", Said { forms: "a number", read: probes::readiness }),
    (
        "kompose.service.healthcheck.readiness.start_period",
        Said { forms: "a duration such as 30s", read: probes::readiness },
    ),
    ("kompose.service.healthcheck.readiness.disable", Usual { value: "false", reason: "what is so anyway" }),
    ("kompose.service.healthcheck.readiness.http_get_path", Said { forms: "a path", read: probes::readiness }),
    ("kompose.service.healthcheck.readiness.http_get_port", Said { forms: "a port", read: probes::readiness }),
    ("kompose.service.healthcheck.readiness.tcp_port", Said { forms: "a port", read: probes::readiness }),
    ("kompose.service.healthcheck.liveness.http_get_path", Said { forms: "a path", read: probes::liveness }),
    ("kompose.service.healthcheck.liveness.http_get_port", Said { forms: "a port", read: probes::liveness }),
    ("kompose.service.healthcheck.liveness.tcp_port", Said { forms: "a port", read: probes::liveness }),
    (
        "kompose.security-context.fsgroup",
        Said {
            forms: "a group's number",
            read: |label, tree| tree.number(&["pod_security_context", "fsGroup"], label),
        },
    ),
    ("kompose.volume.type", Usual { value: "persistentVolumeClaim", reason: "what a named volume becomes anyway" }),
    (
        "kompose.volume.size",
        Said { forms: "a size such as 10Gi", read: |label, tree| tree.text(&["storage", "size"], label) },
    ),
    (
        "kompose.volume.storage-class-name",
        Said { forms: "the name of a StorageClass", read: |label, tree| tree.text(&["storage", "class"], label) },
    ),
    // Heard where the mounts are.
    (SUBPATH, Said { forms: "a folder below the volume's own, as app/data", read: |label, _| is_below(label.value) }),
    (
        "kompose.cronjob.schedule",
        Said { forms: "five fields such as 30 3 * * *", read: |label, tree| tree.text(&["schedule"], label) },
    ),
    (
        "kompose.cronjob.concurrency_policy",
        Said {
            forms: "Allow, Forbid or Replace",
            read: |label, tree| {
                let words = [("allow", "Allow"), ("forbid", "Forbid"), ("replace", "Replace")];
                tree.word(&["concurrency_policy"], label, &words)
            },
        },
    ),
    (
        "kompose.cronjob.backoff_limit",
        Said { forms: "a number", read: |label, tree| tree.number(&["backoff_limit"], label) },
    ),
    // Heard together, at the end.
    ("kompose.init.containers.name", Said { forms: "a name", read: |label, _| !label.value.is_empty() }),
    ("kompose.init.containers.image", Said { forms: "an image", read: |label, _| !label.value.is_empty() }),
    ("kompose.init.containers.command", Said { forms: "a command", read: |label, _| !label.value.is_empty() }),
    (
        "kompose.hpa.cpu",
        Said {
            forms: "a percentage without its sign",
            read: |label, tree| tree.number(&["autoscaling", "cpu"], label),
        },
    ),
    (
        "kompose.hpa.memory",
        Said {
            forms: "a percentage without its sign",
            read: |label, tree| tree.number(&["autoscaling", "memory"], label),
        },
    ),
    (
        "kompose.hpa.replicas.min",
        Said { forms: "a number", read: |label, tree| tree.number(&["autoscaling", "min_replicas"], label) },
    ),
    (
        "kompose.hpa.replicas.max",
        Said { forms: "a number", read: |label, tree| tree.number(&["autoscaling", "max_replicas"], label) },
    ),
    (
        "kompose.ephemeral-storage.limit",
        Said {
            forms: "a size such as 2Gi",
            read: |label, tree| tree.text(&["resources", "limits", "ephemeral-storage"], label),
        },
    ),
    (
        "kompose.ephemeral-storage.request",
        Said {
            forms: "a size such as 2Gi",
            read: |label, tree| tree.text(&["resources", "requests", "ephemeral-storage"], label),
        },
    ),
];

/// `x-kubernetes` as labels say it.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) map: Map,
}

impl Tree {
    /// Puts a value where a path leads; always true.
    pub(super) fn put(&mut self, path: &[&str], value: Node, origin: Origin) -> bool {
        put(&mut self.map, path, value, origin);
        true
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, path: &[&str], label: &Written<'_>) -> bool {
        !label.value.is_empty() && self.put(path, text(label.value, label.origin), label.origin)
    }

    /// A whole number from 0.
    pub(super) fn number(&mut self, path: &[&str], label: &Written<'_>) -> bool {
        let digits = label.value.strip_suffix('%').unwrap_or(label.value);
        match digits.parse::<u32>() {
            Ok(number) => self.put(path, self::number(number.into(), label.origin), label.origin),
            Err(_) => false,
        }
    }

    /// One of some words, in any case, as it is called here.
    fn word(&mut self, path: &[&str], label: &Written<'_>, words: &[(&str, &str)]) -> bool {
        let found = words.iter().find(|(word, _)| label.value.eq_ignore_ascii_case(word));
        found.is_some_and(|(_, ours)| self.put(path, text(ours, label.origin), label.origin))
    }
}

fn put(map: &mut Map, path: &[&str], value: Node, origin: Origin) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        map.insert((*first).to_owned(), Entry { key: origin, value });
        return;
    }
    let empty = || Entry { key: origin, value: Node { value: Value::Map(Map::new()), origin, tag: None } };
    let entry = map.entry((*first).to_owned()).or_insert_with(empty);
    if let Value::Map(below) = &mut entry.value.value {
        put(below, rest, value, origin);
    }
}

/// A text where a label stands.
pub(super) fn text(value: &str, origin: Origin) -> Node {
    Node { value: Value::String(value.to_owned()), origin, tag: None }
}

/// A number where a label stands.
pub(super) fn number(value: i64, origin: Origin) -> Node {
    Node { value: Value::Int(value), origin, tag: None }
}

/// A mapping of one key where a label stands.
pub(super) fn map(origin: Origin, key: &str, value: Node) -> Node {
    let entry = Entry { key: origin, value };
    Node { value: Value::Map(Map::from([(key.to_owned(), entry)])), origin, tag: None }
}

/// As Kubernetes spells it.
pub(super) fn pull_policy(value: &str) -> Option<&'static str> {
    ["Always", "IfNotPresent", "Never"].into_iter().find(|word| word.eq_ignore_ascii_case(value))
}

/// kompose makes one Service; here what is published has one of its own.
fn service_type(label: &Written<'_>, tree: &mut Tree) -> bool {
    match label.value.to_ascii_lowercase().as_str() {
        "clusterip" | "" => tree.put(&["publish"], text("none", label.origin), label.origin),
        "nodeport" => tree.put(&["publish"], text("node-port", label.origin), label.origin),
        "loadbalancer" => tree.put(&["publish"], text("load-balancer", label.origin), label.origin),
        "headless" => tree.put(&["service", "type"], text("Headless", label.origin), label.origin),
        _ => false,
    }
}

/// Labels that say nothing without another one.
const BESIDE: &[(&str, &str)] = &[
    ("kompose.service.expose.tls-secret", "kompose.service.expose"),
    ("kompose.service.expose.ingress-class-name", "kompose.service.expose"),
    ("kompose.service.healthcheck.readiness.http_get_path", "kompose.service.healthcheck.readiness.http_get_port"),
    ("kompose.service.healthcheck.liveness.http_get_path", "kompose.service.healthcheck.liveness.http_get_port"),
    ("kompose.init.containers.name", "kompose.init.containers.image"),
    ("kompose.init.containers.command", "kompose.init.containers.image"),
];

/// What several labels say together, and what kompose fills in. Gives those that lack another one, and which.
pub(super) fn complete<'a>(
    tree: &mut Tree,
    labels: &[Written<'a>],
    extensions: &Extensions,
) -> Vec<(Written<'a>, &'static str)> {
    let find = |name: &str| labels.iter().find(|label| label.name == name && !label.value.is_empty());
    if let Some(expose) = find("kompose.service.expose") {
        let tls = find("kompose.service.expose.tls-secret");
        let class = find("kompose.service.expose.ingress-class-name");
        let hosts = hosts(expose, tls, class);
        tree.put(&["ingress"], Node { value: Value::List(hosts), origin: expose.origin, tag: None }, expose.origin);
        let said = extensions.iter().any(|(name, _, node)| {
            name == NAME && matches!(&node.value, Value::Map(map) if map.contains_key("publish"))
        });
        // kompose publishes nothing but what a label asks for.
        if !said && !tree.map.contains_key("publish") {
            tree.put(&["publish"], text("ingress", expose.origin), expose.origin);
        }
    }
    if let Some(image) = find("kompose.init.containers.image") {
        init_container(tree, image, find("kompose.init.containers.name"), find("kompose.init.containers.command"));
    }
    let scaling = labels.iter().find(|label| label.name.starts_with("kompose.hpa."));
    if let (Some(label), Some(Value::Map(scaling))) =
        (scaling, tree.map.get_mut("autoscaling").map(|entry| &mut entry.value.value))
    {
        let least = match scaling.get("min_replicas").map(|entry| &entry.value.value) {
            Some(Value::Int(least)) => *least,
            _ => 1,
        };
        let mut usual = |key: &str, value: i64| {
            let entry = || Entry { key: label.origin, value: number(value, label.origin) };
            scaling.entry(key.to_owned()).or_insert_with(entry);
        };
        usual("max_replicas", MOST_REPLICAS.max(least));
        if !scaling.contains_key("cpu") && !scaling.contains_key("memory") {
            let value = number(USED_CORES, label.origin);
            scaling.insert("cpu".to_owned(), Entry { key: label.origin, value });
        }
    }
    probes::without_port(tree);
    let lacks = |(name, needed): &(&str, &'static str)| match find(needed) {
        Some(_) => None,
        None => find(name).map(|label| (*label, *needed)),
    };
    BESIDE.iter().filter_map(lacks).collect()
}

/// `shop.example.com/cart,example.org`; `true` is any host.
fn hosts(expose: &Written<'_>, tls: Option<&Written<'_>>, class: Option<&Written<'_>>) -> Vec<Node> {
    let all = if expose.value.eq_ignore_ascii_case("true") { "*" } else { expose.value };
    let one = |written: &str| {
        let (host, path) = match written.find('/') {
            Some(slash) => written.split_at(slash),
            None => (written, ""),
        };
        let mut map = Map::new();
        put(&mut map, &["host"], text(host, expose.origin), expose.origin);
        if !path.is_empty() {
            put(&mut map, &["path"], text(path, expose.origin), expose.origin);
        }
        for (key, label) in [("tls_secret", tls), ("class", class)] {
            if let Some(label) = label {
                put(&mut map, &[key], text(label.value, label.origin), label.origin);
            }
        }
        Node { value: Value::Map(map), origin: expose.origin, tag: None }
    };
    all.split(',').map(str::trim).filter(|host| !host.is_empty()).map(one).collect()
}

fn init_container(tree: &mut Tree, image: &Written<'_>, name: Option<&Written<'_>>, command: Option<&Written<'_>>) {
    let mut map = Map::new();
    let name = name.map_or_else(|| text("init", image.origin), |name| text(name.value, name.origin));
    put(&mut map, &["name"], name, image.origin);
    put(&mut map, &["image"], text(image.value, image.origin), image.origin);
    if let Some(command) = command {
        put(&mut map, &["command"], probes::words(command), command.origin);
    }
    let list = Value::List(vec![Node { value: Value::Map(map), origin: image.origin, tag: None }]);
    tree.put(&["init_containers"], Node { value: list, origin: image.origin, tag: None }, image.origin);
}

/// Whether a path stays below where it starts.
pub(super) fn is_below(path: &str) -> bool {
    !path.is_empty() && !path.starts_with('/') && path.split('/').all(|part| part != "..")
}
