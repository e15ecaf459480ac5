//! `x-kubernetes` of what stands beside the services: volumes, configs, secrets and the project itself.

use crate::compose::keys::{Merge, keys};
use crate::compose::model::kubernetes::PublishWord;
use crate::compose::model::kubernetes::value::{Raw, RawList, Size};
use crate::compose::model::scalar::choices;
use crate::compose::model::text::{Pairs, Texts};

keys! {
    /// `x-kubernetes` at the top level: what holds for the whole project.
    ProjectExtras in "x-kubernetes" closed true {
        labels "labels": Pairs, Merge::Pairs, Reads, Exact, "Labels of every object and every pod.";
        annotations "annotations": Pairs, Merge::Pairs, Reads, Exact, "Annotations of every object.";
        publish "publish": PublishWord, Merge::Default, Reads, Exact, "How the ports of services that say nothing are reached from outside.";
        storage "storage": StorageExtras, Merge::Default, Reads, Exact, "What holds for each claim that says nothing else.";
        service_account "service_account": String, Merge::Default, Reads, Exact, "The account that pods run as.";
        pull_secrets "pull_secrets": Texts, Merge::Default, Reads, Exact, "Secrets with which every image is pulled.";
        priority_class "priority_class": String, Merge::Default, Reads, Exact, "The PriorityClass of pods.";
        tolerations "tolerations": RawList, Merge::Default, Reads, Exact, "Taints that pods bear, as Kubernetes has them (Toleration).";
        node_selector "node_selector": Pairs, Merge::Pairs, Reads, Exact, "Labels of nodes that pods run on.";
        external_names "external_names": Pairs, Merge::Pairs, Reads, Exact, "Names that lead to hosts outside of the cluster: ExternalName Services.";
        limit_range "limit_range": Raw, Merge::Default, Reads, Exact, "A LimitRange of the namespace, as Kubernetes has it (LimitRangeSpec).";
        resource_quota "resource_quota": Raw, Merge::Default, Reads, Exact, "A ResourceQuota of the namespace, as Kubernetes has it (ResourceQuotaSpec).";
        patch "patch": Raw, Merge::Default, Reads, Exact, "A strategic merge patch for each `Kind` or `Kind/name`; after those of services.";
    }
}

keys! {
    /// `x-kubernetes.storage`, of a service or at the top level.
    StorageExtras in "x-kubernetes.storage" closed true {
        size "size": Size, Merge::Default, Reads, Exact, "Its size, as `10Gi`.";
        class "class": String, Merge::Default, Reads, Exact, "Its StorageClass.";
        access_mode "access_mode": AccessWord, Merge::Default, Reads, Exact, "Who may mount it at once.";
        retention "retention": RetentionWord, Merge::Default, Reads, Exact, "What becomes of it when its StatefulSet is deleted.";
    }
}

keys! {
    /// `x-kubernetes` of a volume.
    VolumeExtras in "volumes.*.x-kubernetes" closed true {
        size "size": Size, Merge::Default, Reads, Exact, "Its size, as `10Gi`.";
        class "class": String, Merge::Default, Reads, Exact, "Its StorageClass.";
        access_mode "access_mode": AccessWord, Merge::Default, Reads, Exact, "Who may mount it at once.";
        retention "retention": RetentionWord, Merge::Default, Reads, Exact, "What becomes of it when its StatefulSet is deleted.";
        claim "claim": String, Merge::Default, Reads, Exact, "A claim that exists already, and is mounted in its place.";
        selector "selector": Raw, Merge::Default, Reads, Exact, "Which PersistentVolumes will do, as Kubernetes has it (LabelSelector).";
        labels "labels": Pairs, Merge::Pairs, Reads, Exact, "Labels of its claim.";
        annotations "annotations": Pairs, Merge::Pairs, Reads, Exact, "Annotations of its claim.";
        patch "patch": Raw, Merge::Default, Reads, Exact, "A strategic merge patch of its claim.";
    }
}

keys! {
    /// `x-kubernetes` of a config or secret.
    FileExtras in "configs.*.x-kubernetes" closed true {
        kind "type": String, Merge::Default, Reads, Exact, "The type of the Secret; a ConfigMap has none.";
        immutable "immutable": bool, Merge::Default, Reads, Exact, "Whether the server refuses changes.";
        labels "labels": Pairs, Merge::Pairs, Reads, Exact, "Labels of the object.";
        annotations "annotations": Pairs, Merge::Pairs, Reads, Exact, "Annotations of the object.";
        patch "patch": Raw, Merge::Default, Reads, Exact, "A strategic merge patch of the object.";
    }
}

choices! {
    /// Who may mount a volume at once.
    AccessWord {
        Once "ReadWriteOnce" "The pods of one node.";
        OncePod "ReadWriteOncePod" "One pod.";
        Many "ReadWriteMany" "Pods of all nodes.";
        ReadOnlyMany "ReadOnlyMany" "Pods of all nodes, to read.";
    }
}

choices! {
    /// What becomes of a claim.
    RetentionWord {
        Retain "Retain" "It stays.";
        Delete "Delete" "It is deleted, and its data with it.";
    }
}
