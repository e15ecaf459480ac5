//! Keys that say something which Kubernetes has no field for: each with why, and what to do instead.

use crate::compose::keys::Written;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::Origin;

/// What a user reads of a key without a counterpart.
struct Reason {
    key: &'static str,
    why: &'static str,
    help: &'static str,
}

const REASONS: &[Reason] = &[
    reason(
        "blkio_config",
        "Kubernetes does not weigh or limit block input and output",
        "choose a storage class that limits it",
    ),
    reason("cgroup", "containers of a pod have control groups of their own always", "remove it"),
    reason("cgroup_parent", "the kubelet places control groups itself", "remove it"),
    reason("cpu_percent", "it means something on Windows alone", "write a limit of cores: cpus"),
    reason(
        "cpu_rt_period",
        "Kubernetes has no real-time scheduling",
        "remove it, or set the scheduler up on the nodes",
    ),
    reason(
        "cpu_rt_runtime",
        "Kubernetes has no real-time scheduling",
        "remove it, or set the scheduler up on the nodes",
    ),
    reason(
        "ipc",
        "pods share memory with each other not at all, or with their node",
        "write service:NAME, host, or remove it",
    ),
    reason(
        "logging",
        "the kubelet keeps and rotates what containers write; drivers are no matter of a pod",
        "let the log collector of the cluster send it on",
    ),
    reason(
        "pid",
        "pods see the processes of their own containers, or of their node",
        "write service:NAME, host, or remove it",
    ),
    reason(
        "cpuset",
        "pods cannot choose processors by number",
        "reserve and limit whole cores alike, on nodes whose CPU manager is static, to get cores of their own",
    ),
    reason(
        "device_cgroup_rules",
        "the kubelet writes the rules for devices itself",
        "use a device plugin, or privileged: true",
    ),
    reason(
        "driver_opts",
        "there is one pod network, and it takes no options of a container",
        "remove them, or attach further networks with Multus",
    ),
    reason(
        "generic_resources",
        "nodes advertise resources to Kubernetes under other names",
        "set the limit of the extended resource by hand",
    ),
    reason("isolation", "it means something on Windows alone", "choose a runtime: runtime"),
    reason("mac_address", "the network of the cluster gives out hardware addresses", "remove it"),
    reason("mem_swappiness", "swap is a setting of the node", "remove it, or set swap up on the nodes"),
    reason(
        "memswap_limit",
        "swap is a setting of the node, and pods have none unless it says so",
        "raise mem_limit by the swap that is needed",
    ),
    reason(
        "models",
        "Kubernetes runs no models by itself",
        "run a service that serves the model, and set its address as a variable",
    ),
    reason(
        "oom_kill_disable",
        "the kubelet decides who is killed when memory runs out",
        "reserve as much memory as the limit allows",
    ),
    reason(
        "oom_score_adj",
        "the kubelet derives it from limits and reservations",
        "reserve as much memory as the limit allows, or use a priority class",
    ),
    reason("pids", "a limit of processes is a setting of the node", "set podPidsLimit on the nodes if it matters"),
    reason(
        "pids_limit",
        "a limit of processes is a setting of the node",
        "set podPidsLimit on the nodes if it matters",
    ),
    reason(
        "pull_refresh_after",
        "the kubelet pulls an image when a pod starts",
        "write pull_policy: always to have a new one at each start",
    ),
    reason("storage_opt", "the kubelet knows a limit of size alone", "write size, or remove it"),
    reason(
        "ulimits",
        "limits of processes are a setting of the container runtime",
        "set them on the nodes, or lower them in the command: sh -c 'ulimit -n ...; exec ...'",
    ),
    reason("umask", "the runtime sets it", "set it in the command: sh -c 'umask ...; exec ...'"),
    reason(
        "use_api_socket",
        "there is no Docker engine behind a pod",
        "give the service an account for the Kubernetes API",
    ),
    reason("userns_mode", "pods run in the user namespace of the node", "remove it"),
    reason("uts", "a pod has a host name of its own", "use network_mode: host, which has the node's"),
];

const fn reason(key: &'static str, why: &'static str, help: &'static str) -> Reason {
    Reason { key, why, help }
}

/// Says of a service that a provider makes it: no container runs, and nothing answers to its name.
pub(super) fn provided(path: &str, name: &str, provider: Origin, service: Origin, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::NoCounterpart, provider, format!("nothing is made of `{name}`, which a provider makes"))
            .why("docker compose runs a program that makes the service, and hands its address to others as variables")
            .help(format!(
                "make it by hand, and set the variables that begin with {} where they are read",
                variable(name)
            ))
            .key(format!("{path}.provider"))
            .covers_below([service]),
    );
}

/// The beginning of the variables that docker compose makes of what a provider says.
fn variable(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    name.chars().map(word).chain(['_']).collect()
}

/// Says of a key that it has no counterpart. The same key of many services is one cause.
pub(super) fn say(path: &str, name: &str, key: &dyn Written, diags: &mut Diagnostics) {
    let Some(place) = key.written() else { return };
    let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let mut diagnostic =
        Diagnostic::new(Code::NoCounterpart, place, format!("`{name}` has no counterpart in Kubernetes"))
            .key(path)
            .cause(name)
            .covers_below([place])
            .names_below();
    if let Some(reason) = REASONS.iter().find(|reason| reason.key == name) {
        diagnostic = diagnostic.why(reason.why).help(reason.help);
    }
    diags.push(diagnostic);
}
