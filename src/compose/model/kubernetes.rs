//! `x-kubernetes`: what a user says of the cluster that Compose has no key for (design 4.8). Keys of Compose's style name what the
//! compiler understands; what stands under `patch`, `affinity`, `sidecars` and the like is Kubernetes' own, and is checked against its API.
//!
//! `beside` holds the keys that stand on volumes, configs, secrets and at the top level, `value` the types of values. The tables
//! here decode, and `schema` writes them down as JSON Schema.

mod beside;
mod value;

pub use beside::{AccessWord, FileExtras, ProjectExtras, RetentionWord, StorageExtras, VolumeExtras};
pub use value::{Amounts, GatewayList, IngressList, Portion, Raw, RawList, Size};

use crate::compose::keys::{Merge, keys};
use crate::compose::model::scalar::choices;
use crate::compose::model::text::{OneOrMore, Pairs, Texts};

/// The key under which it stands.
pub const NAME: &str = "x-kubernetes";

keys! {
    /// `x-kubernetes` of a service.
    ServiceExtras in "services.*.x-kubernetes" closed true {
        kind "kind": KindWord, Merge::Default, Reads, Exact, "The kind of controller.";
        replicas "replicas": i64, Merge::Default, Reads, Exact, "How many pods run.";
        autoscaling "autoscaling": AutoscalingExtras, Merge::Default, Reads, Exact, "Between how many pods, and by what.";
        pod_disruption_budget "pod_disruption_budget": BudgetExtras, Merge::Default, Reads, Exact, "How many pods an eviction must leave.";
        schedule "schedule": String, Merge::Default, Reads, Exact, "When it is started, as `30 3 * * *`: it becomes a CronJob.";
        time_zone "time_zone": String, Merge::Default, Reads, Exact, "The time zone of the schedule, as `Europe/Paris`.";
        concurrency_policy "concurrency_policy": ConcurrencyWord, Merge::Default, Reads, Exact, "What happens when a run is due while the last one goes on.";
        backoff_limit "backoff_limit": i64, Merge::Default, Reads, Exact, "How often a Job that failed is tried again.";
        publish "publish": PublishWord, Merge::Default, Reads, Exact, "How its ports are reached from outside.";
        ingress "ingress": IngressList, Merge::Default, Reads, Exact, "Hosts and paths by which it is reached: one, or a list of them.";
        gateway "gateway": GatewayList, Merge::Default, Reads, Exact, "Hosts and paths by which a Gateway leads to it: one, or a list of them.";
        service "service": ServiceObjectExtras, Merge::Default, Reads, Exact, "What its Services say.";
        storage "storage": StorageExtras, Merge::Default, Reads, Exact, "What holds for each claim of its pods whose volume says nothing else.";
        probes "probes": ProbeExtras, Merge::Default, Reads, Exact, "Probes as Kubernetes has them.";
        resources "resources": Amounts, Merge::Default, Reads, Exact, "`limits` and `requests`, as Kubernetes has them.";
        security_context "security_context": Raw, Merge::Default, Reads, Exact, "What its container may do, as Kubernetes has it (SecurityContext).";
        pod_security_context "pod_security_context": Raw, Merge::Default, Reads, Exact, "What its pods may do, as Kubernetes has it (PodSecurityContext).";
        service_account "service_account": String, Merge::Default, Reads, Exact, "The account that its pods run as.";
        pull_secrets "pull_secrets": Texts, Merge::Default, Reads, Exact, "Secrets with which its images are pulled.";
        priority_class "priority_class": String, Merge::Default, Reads, Exact, "The PriorityClass of its pods.";
        termination_message_policy "termination_message_policy": MessageWord, Merge::Default, Reads, Exact, "Where the reason of an end is read.";
        tolerations "tolerations": RawList, Merge::Default, Reads, Exact, "Taints that its pods bear, as Kubernetes has them (Toleration).";
        node_selector "node_selector": Pairs, Merge::Default, Reads, Exact, "Labels of nodes that it runs on.";
        affinity "affinity": Raw, Merge::Default, Reads, Exact, "Where its pods run, as Kubernetes has it (Affinity).";
        lifecycle "lifecycle": Raw, Merge::Default, Reads, Exact, "Hooks of its container, as Kubernetes has them (Lifecycle).";
        sidecars "sidecars": RawList, Merge::Default, Reads, Exact, "Further containers of its pods, as Kubernetes has them (Container).";
        init_containers "init_containers": RawList, Merge::Default, Reads, Exact, "Containers that run before it, as Kubernetes has them (Container).";
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
        behavior "behavior": Raw, Merge::Default, Reads, Exact, "How fast it grows and shrinks, as Kubernetes has it (HorizontalPodAutoscalerBehavior).";
    }
}

keys! {
    /// `x-kubernetes.pod_disruption_budget`.
    BudgetExtras in "services.*.x-kubernetes.pod_disruption_budget" closed true {
        min_available "min_available": Portion, Merge::Default, Reads, Exact, "A number of pods, or a percentage as text.";
        max_unavailable "max_unavailable": Portion, Merge::Default, Reads, Exact, "A number of pods, or a percentage as text.";
    }
}

keys! {
    /// `x-kubernetes.probes`: each takes the place of what the healthcheck made, field by field.
    ProbeExtras in "services.*.x-kubernetes.probes" closed true {
        startup "startup": Raw, Merge::Default, Reads, Exact, "The startup probe, as Kubernetes has it (Probe).";
        readiness "readiness": Raw, Merge::Default, Reads, Exact, "The readiness probe, as Kubernetes has it (Probe).";
        liveness "liveness": Raw, Merge::Default, Reads, Exact, "The liveness probe, as Kubernetes has it (Probe).";
    }
}

keys! {
    /// `x-kubernetes.ingress`: an Ingress that leads to it.
    IngressExtras in "services.*.x-kubernetes.ingress[]" requires "host" closed true {
        host "host": OneOrMore, Merge::Default, Reads, Exact, "The host that is asked for, or several; `*` is any, `*.example.com` any below.";
        path "path": String, Merge::Default, Reads, Exact, "The path that is asked for: `/` unless it says so.";
        path_type "path_type": PathWord, Merge::Default, Reads, Exact, "Whether longer paths lead there too: they do unless it says so.";
        port "port": i64, Merge::Default, Reads, Exact, "The port of the container, where it has several.";
        class "class": String, Merge::Default, Reads, Exact, "The IngressClass.";
        tls "tls": bool, Merge::Default, Reads, Exact, "Whether it is encrypted.";
        tls_secret "tls_secret": String, Merge::Default, Reads, Exact, "The Secret with the certificate.";
        issuer "issuer": String, Merge::Default, Reads, Exact, "The ClusterIssuer of cert-manager that makes the certificate.";
        annotations "annotations": Pairs, Merge::Pairs, Reads, Exact, "Annotations of the Ingress.";
    }
}

keys! {
    /// `x-kubernetes.gateway`: an HTTPRoute of the Gateway API that leads to it.
    GatewayExtras in "services.*.x-kubernetes.gateway[]" requires "host" closed true {
        host "host": OneOrMore, Merge::Default, Reads, Exact, "The host that is asked for, or several; `*` is any, `*.example.com` any below.";
        path "path": String, Merge::Default, Reads, Exact, "The path that is asked for: `/` unless it says so.";
        path_type "path_type": PathWord, Merge::Default, Reads, Exact, "Whether longer paths lead there too: they do unless it says so.";
        port "port": i64, Merge::Default, Reads, Exact, "The port of the container, where it has several.";
        name "name": String, Merge::Default, Reads, Exact, "The Gateway that it is attached to, which exists already; without it, one is made.";
        namespace "namespace": String, Merge::Default, Reads, Exact, "The namespace of that Gateway, where it is another one, whose listener must allow routes of this one.";
        section "section": String, Merge::Default, Reads, Exact, "The one listener of that Gateway: all of them unless it says so.";
        class "class": String, Merge::Default, Reads, Exact, "The GatewayClass of the Gateway that is made.";
        tls "tls": bool, Merge::Default, Reads, Exact, "Whether the listener that is made is encrypted.";
        tls_secret "tls_secret": String, Merge::Default, Reads, Exact, "The Secret with its certificate.";
        issuer "issuer": String, Merge::Default, Reads, Exact, "The ClusterIssuer of cert-manager that makes the certificate.";
        annotations "annotations": Pairs, Merge::Pairs, Reads, Exact, "Annotations of the HTTPRoute.";
    }
}

keys! {
    /// `x-kubernetes.service`.
    ServiceObjectExtras in "services.*.x-kubernetes.service" closed true {
        kind "type": ServiceWord, Merge::Default, Reads, Exact, "The type of the Service of its own name.";
        node_port "node_port": i64, Merge::Default, Reads, Exact, "The port of every node that leads to its one published port.";
        external_traffic_policy "external_traffic_policy": TrafficWord, Merge::Default, Reads, Exact, "Which nodes answer what comes from outside.";
        annotations "annotations": Pairs, Merge::Pairs, Reads, Exact, "Annotations of its Services.";
        labels "labels": Pairs, Merge::Pairs, Reads, Exact, "Labels of its Services.";
    }
}

keys! {
    /// Annotations or labels, by the object that they stand on.
    MetadataExtras in "services.*.x-kubernetes.annotations" closed true {
        workload "workload": Pairs, Merge::Pairs, Reads, Exact, "Those of the controller.";
        pod "pod": Pairs, Merge::Pairs, Reads, Exact, "Those of its pods.";
        service "service": Pairs, Merge::Pairs, Reads, Exact, "Those of its Services.";
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
        ClusterIp "ClusterIP" "Reached in the cluster, at one address.";
        Headless "Headless" "Reached in the cluster, at the addresses of its pods.";
        NodePort "NodePort" "Reached on a port of every node.";
        LoadBalancer "LoadBalancer" "Reached from outside.";
    }
}

choices! {
    /// How ports are reached from outside.
    PublishWord {
        None "none" "Not at all.";
        LoadBalancer "load-balancer" "At an address of their own.";
        NodePort "node-port" "On a port of every node.";
        Ingress "ingress" "By its Ingress alone.";
    }
}

choices! {
    /// How a path is compared.
    PathWord {
        Prefix "Prefix" "It begins like this.";
        Exact "Exact" "It is this one.";
    }
}

choices! {
    /// Which nodes answer what comes from outside.
    TrafficWord {
        Cluster "Cluster" "All of them.";
        Local "Local" "Those that a pod runs on: the address of the caller stays.";
    }
}

choices! {
    /// What happens when a run is due while the last one goes on.
    ConcurrencyWord {
        Allow "Allow" "Both run.";
        Forbid "Forbid" "The new one is passed over.";
        Replace "Replace" "The old one is ended.";
    }
}

choices! {
    /// Where the reason of an end is read.
    MessageWord {
        File "File" "In the file of the container.";
        Logs "FallbackToLogsOnError" "In its log, where the file is empty.";
    }
}
