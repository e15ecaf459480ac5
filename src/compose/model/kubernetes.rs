//! `x-kubernetes`: what a user says of the cluster that Compose has no key for (design 4.8). Keys of Compose's style name what the
//! compiler understands; what stands under `patch`, `affinity`, `sidecars` and the like is Kubernetes' own, and is checked against its API.

use crate::compose::canonical::{Canonical, Form, plain};
use crate::compose::keys::{Decode, Merge, Reader, keys};
use crate::compose::model::scalar::choices;
use crate::compose::model::text::Texts;
use crate::syntax::{Node, Value};

/// The key under which it stands.
pub const NAME: &str = "x-kubernetes";

keys! {
    /// `x-kubernetes` of a service.
    ServiceExtras in "services.*.x-kubernetes" closed true {
        kind "kind": KindWord, Merge::Default, Reads, Exact, "The kind of controller.";
        replicas "replicas": i64, Merge::Default, Reads, Exact, "How many pods run.";
        autoscaling "autoscaling": AutoscalingExtras, Merge::Default, Reads, Exact, "Between how many pods, and by what.";
        pod_disruption_budget "pod_disruption_budget": BudgetExtras, Merge::Default, Reads, Exact, "How many pods an eviction must leave.";
        probes "probes": ProbeExtras, Merge::Default, Reads, Exact, "Probes as Kubernetes has them.";
        resources "resources": Raw, Merge::Default, Reads, Exact, "`limits` and `requests`, as Kubernetes has them.";
        service "service": ServiceObjectExtras, Merge::Default, Reads, Exact, "What its Services say.";
        service_account "service_account": String, Merge::Default, Reads, Exact, "The account that its pods run as.";
        pull_secrets "pull_secrets": Texts, Merge::Default, Reads, Exact, "Secrets with which its image is pulled.";
        priority_class "priority_class": String, Merge::Default, Reads, Exact, "The PriorityClass of its pods.";
        termination_message_policy "termination_message_policy": String, Merge::Default, Reads, Exact, "`File` or `FallbackToLogsOnError`.";
        tolerations "tolerations": Raw, Merge::Default, Reads, Exact, "Taints that its pods bear.";
        node_selector "node_selector": Raw, Merge::Default, Reads, Exact, "Labels of nodes that it runs on.";
        affinity "affinity": Raw, Merge::Default, Reads, Exact, "Where its pods run, as Kubernetes has it.";
        lifecycle "lifecycle": Raw, Merge::Default, Reads, Exact, "Hooks of its container.";
        sidecars "sidecars": Raw, Merge::Default, Reads, Exact, "Further containers of its pods.";
        init_containers "init_containers": Raw, Merge::Default, Reads, Exact, "Containers that run before it.";
        annotations "annotations": MetadataExtras, Merge::Default, Reads, Exact, "Annotations, by object.";
        labels "labels": MetadataExtras, Merge::Default, Reads, Exact, "Labels, by object.";
        patch "patch": Raw, Merge::Default, Reads, Exact, "A strategic merge patch for each kind of its objects; the last word.";
    }
}

keys! {
    /// `x-kubernetes.autoscaling`: a HorizontalPodAutoscaler.
    AutoscalingExtras in "services.*.x-kubernetes.autoscaling" requires "max_replicas" closed true {
        min_replicas "min_replicas": i64, Merge::Default, Reads, Exact, "The fewest pods: 1 unless it says so.";
        max_replicas "max_replicas": i64, Merge::Default, Reads, Exact, "The most pods.";
        cpu "cpu": i64, Merge::Default, Reads, Exact, "Cores in use, in percent of those requested.";
        memory "memory": i64, Merge::Default, Reads, Exact, "Memory in use, in percent of what is requested.";
        behavior "behavior": Raw, Merge::Default, Reads, Exact, "How fast it grows and shrinks, as Kubernetes has it.";
    }
}

keys! {
    /// `x-kubernetes.pod_disruption_budget`.
    BudgetExtras in "services.*.x-kubernetes.pod_disruption_budget" closed true {
        min_available "min_available": Raw, Merge::Default, Reads, Exact, "A number of pods, or a percentage as text.";
        max_unavailable "max_unavailable": Raw, Merge::Default, Reads, Exact, "A number of pods, or a percentage as text.";
    }
}

keys! {
    /// `x-kubernetes.probes`: each takes the place of what the healthcheck made, field by field.
    ProbeExtras in "services.*.x-kubernetes.probes" closed true {
        startup "startup": Raw, Merge::Default, Reads, Exact, "The startup probe.";
        readiness "readiness": Raw, Merge::Default, Reads, Exact, "The readiness probe.";
        liveness "liveness": Raw, Merge::Default, Reads, Exact, "The liveness probe.";
    }
}

keys! {
    /// `x-kubernetes.service`.
    ServiceObjectExtras in "services.*.x-kubernetes.service" closed true {
        kind "type": ServiceWord, Merge::Default, Reads, Exact, "`ClusterIP`, `NodePort` or `LoadBalancer`: the type of its own Service.";
        annotations "annotations": Raw, Merge::Default, Reads, Exact, "Annotations of its Services.";
    }
}

keys! {
    /// Annotations or labels, by the object that they stand on.
    MetadataExtras in "services.*.x-kubernetes.annotations" closed true {
        workload "workload": Raw, Merge::Default, Reads, Exact, "Those of the controller.";
        pod "pod": Raw, Merge::Default, Reads, Exact, "Those of its pods.";
        service "service": Raw, Merge::Default, Reads, Exact, "Those of its Services.";
    }
}

choices! {
    /// A kind of controller.
    KindWord {
        Deployment "deployment" "Any pod does.";
        StatefulSet "stateful-set" "Each pod keeps its name and its claims.";
        DaemonSet "daemon-set" "One pod on each node.";
        Job "job" "Runs to its end once.";
    }
}

choices! {
    /// A type of Service.
    ServiceWord {
        ClusterIp "ClusterIP" "Reached in the cluster.";
        NodePort "NodePort" "Reached on a port of every node.";
        LoadBalancer "LoadBalancer" "Reached from outside.";
    }
}

/// What is handed on as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw(pub Node);

impl Decode for Raw {
    const EXPECTED: &'static str = "a value";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        if node.value == Value::Null {
            reader.wrong_type(&node, Self::EXPECTED);
            return None;
        }
        Some(Raw(node))
    }
}

impl Canonical for Raw {
    fn canonical(&self, _form: Form) -> Option<serde_json::Value> {
        Some(plain(&self.0))
    }
}
