//! How an image is built (Compose Build Specification). Kubernetes builds nothing: only the context counts here.

use indexmap::IndexMap;

use crate::compose::keys::{Decode, Merge, Reader, keys};
use crate::compose::model::files::Grants;
use crate::compose::model::host::{ExtraHosts, Ulimits};
use crate::compose::model::scalar::{Bytes, TextOrBool};
use crate::compose::model::text::{OneOrMore, Pair, Pairs, Texts, mapping_or};
use crate::syntax::{Map, Node, Value};

keys! {
    /// A build; a string is its context.
    Build in "services.*.build" short context {
        context "context": String, Merge::Default, Reads, Loader, "The folder or repository that is built.";
        additional_contexts "additional_contexts": Pairs, Merge::Pairs, Reads, Loader, "Further named contexts.";
        args "args": Pairs, Merge::Pairs, Reads, Loader, "Build arguments.";
        cache_from "cache_from": Texts, Merge::Default, Reads, Loader, "Where cached layers come from.";
        cache_to "cache_to": Texts, Merge::Default, Reads, Loader, "Where cached layers go.";
        dockerfile "dockerfile": String, Merge::Default, Reads, Loader, "The Dockerfile.";
        dockerfile_inline "dockerfile_inline": String, Merge::Default, Reads, Loader, "The Dockerfile's text.";
        entitlements "entitlements": Texts, Merge::Default, Reads, Loader, "Rights of the build.";
        extra_hosts "extra_hosts": ExtraHosts, Merge::Sequence, Reads, Loader, "Lines for /etc/hosts.";
        isolation "isolation": String, Merge::Default, Reads, Loader, "Isolation technology.";
        labels "labels": Pairs, Merge::Pairs, Reads, Loader, "Labels of the image.";
        network "network": String, Merge::Default, Reads, Loader, "Network of the build.";
        no_cache "no_cache": bool, Merge::Default, Reads, Loader, "Whether the cache is ignored.";
        no_cache_filter "no_cache_filter": OneOrMore, Merge::Default, Reads, Loader, "Stages whose cache is ignored.";
        platforms "platforms": Texts, Merge::Default, Reads, Loader, "Platforms it is built for.";
        privileged "privileged": bool, Merge::Default, Reads, Loader, "Whether the build is privileged.";
        provenance "provenance": TextOrBool, Merge::Default, Reads, Loader, "Attestation of origin.";
        pull "pull": bool, Merge::Default, Reads, Loader, "Whether base images are pulled.";
        sbom "sbom": TextOrBool, Merge::Default, Reads, Loader, "Attestation of contents.";
        secrets "secrets": Grants, Merge::Default, Reads, Loader, "Secrets of the build.";
        shm_size "shm_size": Bytes, Merge::Default, Reads, Loader, "Size of /dev/shm.";
        ssh "ssh": SshKeys, Merge::Default, Reads, Loader, "SSH agents and keys.";
        tags "tags": Texts, Merge::Unique, Reads, Loader, "Further tags.";
        target "target": String, Merge::Default, Reads, Loader, "The stage that is built.";
        ulimits "ulimits": Ulimits, Merge::Default, Reads, Loader, "Limits of the build.";
    }
}

/// A string is the context.
fn context(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
    mapping_or("context", node, reader)
}

/// `ssh`: agents and keys, as a mapping or a list of `id=path`; `default` alone is the agent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SshKeys(pub IndexMap<String, Pair>);

impl Decode for SshKeys {
    const EXPECTED: &'static str = "a list of id=path";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let is_list = matches!(node.value, Value::List(_));
        let pairs = Pairs::decode(node, reader)?;
        for (name, pair) in &pairs.0 {
            if is_list && pair.value.is_none() && name != "default" {
                reader.bad_value(pair.origin, format!("the key `{name}` has no path"), format!("write {name}=PATH"));
            }
        }
        Some(SshKeys(pairs.0))
    }
}
