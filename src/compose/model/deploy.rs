//! How a service is deployed (Compose Deploy Specification; `docker stack deploy` reads it in full).

use crate::compose::keys::{Later, Merge, Reader, keys};
use crate::compose::model::scalar::{Bytes, Duration, Texts, mapping};
use crate::syntax::{Map, Node, Value};

keys! {
    /// `deploy`.
    Deploy in "services.*.deploy" {
        mode "mode": String, Merge::Default, Reads, Translated, "`replicated`, `global`, `replicated-job` or `global-job`.";
        replicas "replicas": i64, Merge::Default, Reads, Translated, "How many containers run.";
        endpoint_mode "endpoint_mode": String, Merge::Default, Reads, Translated, "`vip` or `dnsrr`.";
        labels "labels": Later, Merge::Pairs, Reads, Later, "Labels of the service.";
        update_config "update_config": UpdateConfig, Merge::Default, Reads, Translated, "How containers are replaced.";
        rollback_config "rollback_config": Later, Merge::Default, Reads, Later, "How a rollback proceeds.";
        resources "resources": Resources, Merge::Default, Reads, Translated, "Limits and reservations.";
        restart_policy "restart_policy": RestartPolicy, Merge::Default, Reads, Translated, "When a container is started again.";
        placement "placement": Placement, Merge::Default, Reads, Translated, "Where containers run.";
    }
}

keys! {
    /// `deploy.update_config`.
    UpdateConfig in "services.*.deploy.update_config" {
        parallelism "parallelism": i64, Merge::Default, Reads, Translated, "How many are replaced at once; 0 is all.";
        delay "delay": Duration, Merge::Default, Reads, Translated, "Pause between two steps.";
        failure_action "failure_action": String, Merge::Default, Reads, Translated, "`pause`, `continue` or `rollback`.";
        monitor "monitor": Duration, Merge::Default, Reads, Translated, "How long a new container is watched.";
        max_failure_ratio "max_failure_ratio": f64, Merge::Default, Reads, Translated, "Failures that are tolerated.";
        order "order": String, Merge::Default, Reads, Translated, "`stop-first` or `start-first`.";
    }
}

keys! {
    /// `deploy.restart_policy`.
    RestartPolicy in "services.*.deploy.restart_policy" {
        condition "condition": String, Merge::Default, Reads, Translated, "`none`, `on-failure` or `any`.";
        delay "delay": Duration, Merge::Default, Reads, Translated, "Pause before a restart.";
        max_attempts "max_attempts": i64, Merge::Default, Reads, Translated, "How often it is tried.";
        window "window": Duration, Merge::Default, Reads, Translated, "When a start counts as good.";
    }
}

keys! {
    /// `deploy.placement`.
    Placement in "services.*.deploy.placement" {
        constraints "constraints": Texts, Merge::Default, Reads, Translated, "What a node must be.";
        preferences "preferences": Later, Merge::Default, Reads, Later, "Over what containers are spread.";
        max_replicas_per_node "max_replicas_per_node": Later, Merge::Default, Reads, Later, "How many run on one node.";
    }
}

keys! {
    /// `deploy.resources`.
    Resources in "services.*.deploy.resources" {
        limits "limits": Limits, Merge::Default, Reads, Translated, "What it may use.";
        reservations "reservations": Reservations, Merge::Default, Reads, Translated, "What it is promised.";
    }
}

keys! {
    /// `deploy.resources.limits`.
    Limits in "services.*.deploy.resources.limits" {
        cpus "cpus": f64, Merge::Default, Reads, Translated, "Number of cores.";
        memory "memory": Bytes, Merge::Default, Reads, Translated, "Bytes of memory.";
        pids "pids": i64, Merge::Default, Reads, Translated, "Number of processes.";
    }
}

keys! {
    /// `deploy.resources.reservations`.
    Reservations in "services.*.deploy.resources.reservations" {
        cpus "cpus": f64, Merge::Default, Reads, Translated, "Number of cores.";
        memory "memory": Bytes, Merge::Default, Reads, Translated, "Bytes of memory.";
        generic_resources "generic_resources": Later, Merge::Default, Reads, Later, "Resources that nodes advertise.";
        devices "devices": Later, Merge::Default, Reads, Later, "Devices such as graphics processors.";
    }
}

macro_rules! without_short_form {
    ($($name:ident)*) => {
        $(impl $name {
            fn short(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
                if node.value == Value::Null { Some(Map::new()) } else { mapping(node, reader) }
            }
        })*
    };
}

without_short_form! { Deploy UpdateConfig RestartPolicy Placement Resources Limits Reservations }
