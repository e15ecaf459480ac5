//! How an image is built (Compose Build Specification). Kubernetes builds nothing: only the context counts here.

use indexmap::IndexMap;

use crate::compose::keys::{Later, Merge, Reader, keys};
use crate::compose::model::scalar::mapping;
use crate::syntax::{Entry, Map, Node, Value};

keys! {
    /// A build; a string is its context.
    Build in "services.*.build" {
        context "context": String, Merge::Default, Reads, Translated, "The folder or repository that is built.";
        additional_contexts "additional_contexts": Later, Merge::Pairs, Reads, Loader, "Further named contexts.";
        args "args": Later, Merge::Pairs, Reads, Loader, "Build arguments.";
        cache_from "cache_from": Later, Merge::Default, Reads, Loader, "Where cached layers come from.";
        cache_to "cache_to": Later, Merge::Default, Reads, Loader, "Where cached layers go.";
        dockerfile "dockerfile": String, Merge::Default, Reads, Loader, "The Dockerfile.";
        dockerfile_inline "dockerfile_inline": String, Merge::Default, Reads, Loader, "The Dockerfile's text.";
        entitlements "entitlements": Later, Merge::Default, Reads, Loader, "Rights of the build.";
        extra_hosts "extra_hosts": Later, Merge::Default, Reads, Loader, "Lines for /etc/hosts.";
        isolation "isolation": Later, Merge::Default, Reads, Loader, "Isolation technology.";
        labels "labels": Later, Merge::Pairs, Reads, Loader, "Labels of the image.";
        network "network": Later, Merge::Default, Reads, Loader, "Network of the build.";
        no_cache "no_cache": Later, Merge::Default, Reads, Loader, "Whether the cache is ignored.";
        no_cache_filter "no_cache_filter": Later, Merge::Default, Reads, Loader, "Stages whose cache is ignored.";
        platforms "platforms": Later, Merge::Default, Reads, Loader, "Platforms it is built for.";
        privileged "privileged": Later, Merge::Default, Reads, Loader, "Whether the build is privileged.";
        provenance "provenance": Later, Merge::Default, Reads, Loader, "Attestation of origin.";
        pull "pull": Later, Merge::Default, Reads, Loader, "Whether base images are pulled.";
        sbom "sbom": Later, Merge::Default, Reads, Loader, "Attestation of contents.";
        secrets "secrets": Later, Merge::Default, Reads, Loader, "Secrets of the build.";
        shm_size "shm_size": Later, Merge::Default, Reads, Loader, "Size of /dev/shm.";
        ssh "ssh": Later, Merge::Default, Reads, Loader, "SSH agents and keys.";
        tags "tags": Later, Merge::Unique, Reads, Loader, "Further tags.";
        target "target": Later, Merge::Default, Reads, Loader, "The stage that is built.";
        ulimits "ulimits": Later, Merge::Default, Reads, Loader, "Limits of the build.";
    }
}

impl Build {
    fn short(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
        match node.value {
            Value::String(_) => Some(one("context", node)),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Timestamp(_)
            | Value::List(_)
            | Value::Map(_) => mapping(node, reader),
        }
    }
}

/// The mapping that a short form stands for.
pub(super) fn one(key: &str, node: Node) -> Map {
    IndexMap::from([(key.to_owned(), Entry { key: node.origin, value: node })])
}
