//! How a service is deployed (Compose Deploy Specification; `docker stack deploy` reads it in full).

use crate::compose::keys::{Merge, Reader, keys};
use crate::compose::model::device::DeviceRequest;
use crate::compose::model::scalar::{Bytes, Duration, Truncated};
use crate::compose::model::text::{Pairs, Texts, mapping};
use crate::origin::Spanned;
use crate::syntax::{Map, Node, Value};

keys! {
    /// `deploy`.
    Deploy in "services.*.deploy" nullable true {
        mode "mode": String, Merge::Default, Reads, Exact, "`replicated`, `global`, `replicated-job` or `global-job`.";
        replicas "replicas": i64, Merge::Default, Reads, Exact, "How many containers run.";
        endpoint_mode "endpoint_mode": String, Merge::Default, Reads, Exact, "`vip` or `dnsrr`.";
        labels "labels": Pairs, Merge::Pairs, Reads, Exact, "Labels of the service.";
        update_config "update_config": UpdateConfig, Merge::Default, Reads, Approximate, "How containers are replaced.";
        rollback_config "rollback_config": UpdateConfig, Merge::Default, Reads, Nothing, "How a rollback proceeds.";
        resources "resources": Resources, Merge::Default, Reads, Exact, "Limits and reservations.";
        restart_policy "restart_policy": RestartPolicy, Merge::Default, Reads, Approximate, "When a container is started again.";
        placement "placement": Placement, Merge::Default, Reads, Approximate, "Where containers run.";
    }
}

keys! {
    /// `deploy.update_config`.
    UpdateConfig in "services.*.deploy.update_config" {
        parallelism "parallelism": i64, Merge::Default, Reads, Approximate, "How many are replaced at once; 0 is all.";
        delay "delay": Duration, Merge::Default, Reads, Approximate, "Pause between two steps.";
        failure_action "failure_action": String, Merge::Default, Reads, Approximate, "`pause`, `continue` or `rollback`.";
        monitor "monitor": Duration, Merge::Default, Reads, Approximate, "How long a new container is watched.";
        max_failure_ratio "max_failure_ratio": f64, Merge::Default, Reads, Nothing, "Failures that are tolerated.";
        order "order": String, Merge::Default, Reads, Exact, "`stop-first` or `start-first`.";
    }
}

keys! {
    /// `deploy.restart_policy`.
    RestartPolicy in "services.*.deploy.restart_policy" {
        condition "condition": String, Merge::Default, Reads, Approximate, "`none`, `on-failure` or `any`.";
        delay "delay": Duration, Merge::Default, Reads, Nothing, "Pause before a restart.";
        max_attempts "max_attempts": i64, Merge::Default, Reads, Approximate, "How often it is tried.";
        window "window": Duration, Merge::Default, Reads, Nothing, "When a start counts as good.";
    }
}

keys! {
    /// `deploy.placement`.
    Placement in "services.*.deploy.placement" {
        constraints "constraints": Texts, Merge::Default, Reads, Approximate, "What a node must be.";
        preferences "preferences": Vec<Spanned<Preference>>, Merge::Default, Reads, Approximate, "Over what containers are spread.";
        max_replicas_per_node "max_replicas_per_node": i64, Merge::Default, Reads, Approximate, "How many run on one node.";
    }
}

keys! {
    /// `deploy.resources`.
    Resources in "services.*.deploy.resources" {
        limits "limits": Limits, Merge::Default, Reads, Exact, "What it may use.";
        reservations "reservations": Reservations, Merge::Default, Reads, Exact, "What it is promised.";
    }
}

keys! {
    /// `deploy.resources.limits`.
    Limits in "services.*.deploy.resources.limits" short quoted_memory {
        cpus "cpus": f64, Merge::Default, Reads, Exact, "Number of cores.";
        memory "memory": Bytes, Merge::Default, Reads, Exact, "Bytes of memory.";
        pids "pids": i64, Merge::Default, Reads, Nothing, "Number of processes.";
    }
}

keys! {
    /// `deploy.resources.reservations`.
    Reservations in "services.*.deploy.resources.reservations" short quoted_memory {
        cpus "cpus": f64, Merge::Default, Reads, Exact, "Number of cores.";
        memory "memory": Bytes, Merge::Default, Reads, Exact, "Bytes of memory.";
        generic_resources "generic_resources": Vec<Spanned<GenericResource>>, Merge::Default, Reads, Approximate, "Resources that nodes advertise.";
        devices "devices": Vec<Spanned<DeviceRequest>>, Merge::Default, Reads, Approximate, "Devices such as graphics processors.";
    }
}

keys! {
    /// `deploy.placement.preferences[]`.
    Preference in "services.*.deploy.placement.preferences[]" {
        spread "spread": String, Merge::Default, Reads, Approximate, "The node label over whose values containers are spread.";
    }
}

keys! {
    /// `deploy.resources.reservations.generic_resources[]`.
    GenericResource in "services.*.deploy.resources.reservations.generic_resources[]" {
        discrete_resource_spec "discrete_resource_spec": DiscreteResource, Merge::Default, Reads, Approximate, "A resource that is counted.";
    }
}

keys! {
    /// `generic_resources[].discrete_resource_spec`.
    DiscreteResource in "services.*.deploy.resources.reservations.generic_resources[].discrete_resource_spec" {
        kind "kind": String, Merge::Default, Reads, Approximate, "The name that nodes advertise.";
        value "value": Truncated, Merge::Default, Reads, Approximate, "How many.";
    }
}

/// Sizes must be strings under `deploy.resources`, unlike everywhere else.
fn quoted_memory(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
    let mut map = mapping(node, reader)?;
    if let Some(memory) =
        map.get_mut("memory").filter(|entry| matches!(entry.value.value, Value::Int(_) | Value::Float(_)))
    {
        reader.within("memory", |reader| reader.wrong_type(&memory.value, "a string such as \"512m\""));
        map.shift_remove("memory");
    }
    Some(map)
}
