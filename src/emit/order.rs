//! The order of keys in an emitted object; rule: as in manifests written by hand (what it is, what
//! it does), with no nulls and no empty maps that say nothing, and what the user wrote left as it was written.
//!
//! The types serialise alphabetically, so that `metadata` comes after `data` and `name` after `image`. The writer puts this right,
//! led by the key under which a map, or the list that holds it, stands. Lists keep their order.

use super::value::Value;

/// The keys that come first in an object.
pub(super) const OBJECT: &[&str] = &["apiVersion", "kind", "metadata", "type", "spec", "data"];

const METADATA: &[&str] = &["name", "namespace", "labels", "annotations"];

/// The specs of all kinds in one list: no two of them want the same keys in different orders.
const SPEC: &[&str] = &[
    // Deployment, StatefulSet, and the selector that a Service shares with them.
    "replicas",
    "minReadySeconds",
    "progressDeadlineSeconds",
    "revisionHistoryLimit",
    "ordinals",
    "podManagementPolicy",
    "serviceName",
    "type",
    "clusterIP",
    "externalName",
    "externalTrafficPolicy",
    "publishNotReadyAddresses",
    "selector",
    "ports",
    "strategy",
    "updateStrategy",
    // CronJob and Job.
    "schedule",
    "timeZone",
    "concurrencyPolicy",
    "jobTemplate",
    "completionMode",
    "suspend",
    "parallelism",
    "completions",
    "backoffLimit",
    "activeDeadlineSeconds",
    "ttlSecondsAfterFinished",
    "template",
    "volumeClaimTemplates",
    // The pod.
    "persistentVolumeClaimRetentionPolicy",
    "serviceAccountName",
    "automountServiceAccountToken",
    "imagePullSecrets",
    "priorityClassName",
    "enableServiceLinks",
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "runtimeClassName",
    "os",
    "shareProcessNamespace",
    "hostname",
    "subdomain",
    "hostNetwork",
    "dnsPolicy",
    "dnsConfig",
    "hostAliases",
    "restartPolicy",
    "terminationGracePeriodSeconds",
    "nodeSelector",
    "affinity",
    "tolerations",
    "topologySpreadConstraints",
    "securityContext",
    "initContainers",
    "containers",
    "volumes",
    // PersistentVolumeClaim and PersistentVolume.
    "capacity",
    "accessModes",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeName",
    "claimRef",
    "mountOptions",
    "resources",
    // NetworkPolicy, Ingress and routes, HorizontalPodAutoscaler.
    "podSelector",
    "policyTypes",
    "ingress",
    "egress",
    "ingressClassName",
    "gatewayClassName",
    "listeners",
    "parentRefs",
    "hostnames",
    "entryPoints",
    "routes",
    "tls",
    "rules",
    "scaleTargetRef",
    "minReplicas",
    "maxReplicas",
    "metrics",
];

const CONTAINER: &[&str] = &[
    "name",
    "image",
    "imagePullPolicy",
    "restartPolicy",
    "command",
    "args",
    "workingDir",
    "ports",
    "envFrom",
    "env",
    "startupProbe",
    "readinessProbe",
    "livenessProbe",
    "lifecycle",
    "resources",
    "securityContext",
    "volumeMounts",
    "stdin",
    "tty",
];

const PROBE: &[&str] = &[
    "exec",
    "httpGet",
    "tcpSocket",
    "initialDelaySeconds",
    "periodSeconds",
    "timeoutSeconds",
    "successThreshold",
    "failureThreshold",
];

/// The labels that every object has, in the order in which they are read.
const LABELS: &[&str] = &["app.kubernetes.io/name", "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"];

/// The keys that come first, by the key under which their map stands.
const ORDERS: &[(&str, &[&str])] = &[
    ("metadata", METADATA),
    ("labels", LABELS),
    ("matchLabels", LABELS),
    // Of a Service; that of a controller holds `matchLabels`.
    ("selector", LABELS),
    ("spec", SPEC),
    ("containers", CONTAINER),
    ("initContainers", CONTAINER),
    ("volumeClaimTemplates", OBJECT),
    (
        "rules",
        &["apiGroups", "resources", "resourceNames", "verbs", "host", "http", "matches", "filters", "backendRefs"],
    ),
    ("startupProbe", PROBE),
    ("readinessProbe", PROBE),
    ("livenessProbe", PROBE),
    ("httpGet", &["path", "port", "scheme", "host", "httpHeaders"]),
    // Of a Service, of a container and of a NetworkPolicy.
    ("ports", &["name", "containerPort", "hostPort", "hostIP", "protocol", "port", "targetPort", "nodePort"]),
    ("env", &["name", "value", "valueFrom"]),
    ("secretKeyRef", &["name", "key"]),
    ("configMapKeyRef", &["name", "key"]),
    ("volumeMounts", &["name", "mountPath", "subPath", "readOnly"]),
    ("claimRef", &["kind", "namespace", "name"]),
    ("nfs", &["server", "path", "readOnly"]),
    ("csi", &["driver", "volumeHandle", "readOnly", "volumeAttributes", "nodeStageSecretRef"]),
    ("configMap", &["name", "defaultMode", "items"]),
    ("secret", &["secretName", "defaultMode", "items"]),
    ("items", &["key", "path", "mode"]),
    ("resources", &["limits", "requests"]),
    ("strategy", &["type", "rollingUpdate"]),
    ("updateStrategy", &["type", "rollingUpdate"]),
    ("topologySpreadConstraints", &["topologyKey", "maxSkew", "minDomains", "whenUnsatisfiable"]),
    ("seLinuxOptions", &["user", "role", "type", "level"]),
    ("seccompProfile", &["type"]),
    ("appArmorProfile", &["type"]),
    (
        "securityContext",
        &[
            "privileged",
            "allowPrivilegeEscalation",
            "runAsUser",
            "runAsGroup",
            "fsGroup",
            "supplementalGroups",
            "readOnlyRootFilesystem",
            "capabilities",
            "seccompProfile",
            "appArmorProfile",
            "seLinuxOptions",
            "sysctls",
        ],
    ),
    ("tolerations", &["key", "operator", "value", "effect"]),
    ("hostAliases", &["ip", "hostnames"]),
    ("services", &["name", "port", "scheme"]),
    ("domains", &["main", "sans"]),
    ("listeners", &["name", "hostname", "port", "protocol", "tls"]),
    ("parentRefs", &["name", "namespace", "sectionName"]),
    ("backendRefs", &["name", "port"]),
    ("matches", &["path", "method", "headers", "queryParams"]),
    ("filters", &["type"]),
    ("path", &["type", "value"]),
    ("routes", &["kind", "match", "priority", "middlewares", "services"]),
    ("paths", &["path", "pathType", "backend"]),
    ("subjects", &["kind", "name", "namespace"]),
];

/// What the user named and ordered, to be left as it is.
const USER_DATA: &[&str] = &[
    "data",
    "binaryData",
    "stringData",
    "labels",
    "annotations",
    "matchLabels",
    "nodeSelector",
    "parameters",
    "volumeAttributes",
];

/// Where an empty map says something: this kind of volume, every pod, every namespace, this kind of issuer.
const MEANINGFUL_WHEN_EMPTY: &[&str] = &[
    "emptyDir",
    "podSelector",
    "namespaceSelector",
    "labelSelector",
    "selector",
    "selfSigned",
    "tls",
    "cookie",
    "compress",
    "contentType",
    "grpcWeb",
];

/// The keys that come first in a map under `parent`, or in a list there.
pub(super) fn under(parent: &str) -> Option<&'static [&'static str]> {
    ORDERS.iter().find(|(key, _)| *key == parent).map(|(_, order)| *order)
}

/// Whether what stands under a key was named and ordered by the user.
pub(super) fn is_user_data(key: &str) -> bool {
    USER_DATA.contains(&key)
}

/// Whether the items of a list are whole objects that need not say of which type they are.
pub(super) fn is_of_one_type(key: &str) -> bool {
    key == "volumeClaimTemplates"
}

/// Whether a value under a key says nothing.
pub(super) fn is_noise(key: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty() && !MEANINGFUL_WHEN_EMPTY.contains(&key),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::emit::written::object;

    /// Compares as text, since maps are equal in any order.
    fn assert_order(given: Value, expected: &Value) {
        assert_eq!(format!("{:#}", object(&given)), format!("{expected:#}"));
    }

    #[test]
    fn a_deployment_reads_as_written_by_hand() {
        let given = json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"annotations": {"z": "1", "a": "2"}, "labels": {"name": "x", "app": "y"}, "name": "web", "namespace": "n"},
            "spec": {"minReadySeconds": 10, "replicas": 2, "selector": {"matchLabels": {"z": "1", "a": "2"}},
                "strategy": {"rollingUpdate": {"maxSurge": 1}, "type": "RollingUpdate"},
                "template": {"metadata": {}, "spec": {
                    "containers": [{"args": ["b", "a"],
                        "env": [{"value": "1", "name": "Z"}, {"valueFrom": {"secretKeyRef": {"key": "k", "name": "s"}}, "name": "A"}],
                        "image": "i", "livenessProbe": {"failureThreshold": 3, "httpGet": {"port": 1, "path": "/"}, "periodSeconds": 5},
                        "name": "web", "ports": [{"containerPort": 80, "name": "http", "protocol": "UDP"}],
                        "resources": {"limits": {"cpu": "1"}, "claims": [], "requests": {"cpu": "0"}},
                        "volumeMounts": [{"mountPath": "/a", "name": "v", "readOnly": true, "subPath": "s"}]}],
                    "enableServiceLinks": false, "nodeSelector": {"z": "1", "a": "2"}, "schedulerName": "p",
                    "volumes": [{"emptyDir": {}, "name": "v"}]}}}});
        let expected = json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "n", "labels": {"name": "x", "app": "y"}, "annotations": {"z": "1", "a": "2"}},
            "spec": {"replicas": 2, "minReadySeconds": 10, "selector": {"matchLabels": {"z": "1", "a": "2"}},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
                "template": {"spec": {
                    "enableServiceLinks": false, "nodeSelector": {"z": "1", "a": "2"},
                    "containers": [{"name": "web", "image": "i", "args": ["b", "a"],
                        "ports": [{"name": "http", "containerPort": 80, "protocol": "UDP"}],
                        "env": [{"name": "Z", "value": "1"}, {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
                        "livenessProbe": {"httpGet": {"path": "/", "port": 1}, "periodSeconds": 5, "failureThreshold": 3},
                        "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "0"}},
                        "volumeMounts": [{"name": "v", "mountPath": "/a", "subPath": "s", "readOnly": true}]}],
                    "volumes": [{"name": "v", "emptyDir": {}}], "schedulerName": "p"}}}});
        assert_order(given, &expected);
    }

    #[test]
    fn a_service_tells_its_type_first() {
        let given = json!({"kind": "Service", "apiVersion": "v1", "spec": {"sessionAffinity": "e", "selector": {"z": "", "name": "n"},
            "ports": [{"nodePort": 3, "name": "b", "port": 1, "targetPort": 2, "appProtocol": "h"}, {"port": 1, "name": "a"}],
            "clusterIP": "None", "type": "LoadBalancer"}});
        let expected = json!({"apiVersion": "v1", "kind": "Service", "spec": {"type": "LoadBalancer", "clusterIP": "None",
            "selector": {"z": "", "name": "n"},
            "ports": [{"name": "b", "port": 1, "targetPort": 2, "nodePort": 3, "appProtocol": "h"}, {"name": "a", "port": 1}],
            "sessionAffinity": "e"}});
        assert_order(given, &expected);
    }

    #[test]
    fn user_data_is_left_alone() {
        let given = json!({"data": {"spec": {"template": null, "replicas": []}, "metadata": "", "a": {}}, "kind": "ConfigMap",
            "binaryData": {"z": "", "name": ""}, "metadata": {"name": "c"}, "type": "t"});
        let expected = json!({"kind": "ConfigMap", "metadata": {"name": "c"}, "type": "t",
            "data": {"spec": {"template": null, "replicas": []}, "metadata": "", "a": {}}, "binaryData": {"z": "", "name": ""}});
        assert_order(given, &expected);
    }

    #[test]
    fn only_what_says_nothing_is_dropped() {
        let given = json!({"metadata": {"labels": {}, "name": "n"}, "status": {"loadBalancer": {}}, "x": null,
            "spec": {"egress": [], "ingress": [{}, {"from": [{"namespaceSelector": {}}, {"podSelector": {"matchLabels": {}}}]}],
                "podSelector": {}, "storageClassName": "", "replicas": 0, "paused": false}});
        let expected = json!({"metadata": {"name": "n"}, "spec": {"replicas": 0, "storageClassName": "", "podSelector": {},
            "ingress": [{}, {"from": [{"namespaceSelector": {}}, {"podSelector": {}}]}], "paused": false}});
        assert_order(given, &expected);
        assert_order(json!([{"b": null}]), &json!([{"b": null}]));
    }
}
