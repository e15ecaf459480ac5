//! Members of a cluster (Cassandra, Redis Cluster, RabbitMQ, ...) reach each other on further ports and know each other by address:
//! behind an address of its own, which is no member's, a Service would let in what it lists alone. Their Services are headless.
//!
//! ```yaml
//! services: { one: { image: cassandra }, two: { image: cassandra, environment: { CASSANDRA_SEEDS: one } } }
//! # two asks one's pod on port 7000, which no key states
//! ```

use std::collections::BTreeMap;

use super::{Objects, find};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::images;
use crate::ir::{App, Workload};

/// Images whose instances make a cluster out of themselves.
const ALWAYS: [&str; 16] = [
    "apache/hadoop",
    "apacheignite/ignite",
    "apachepulsar/pulsar",
    "apachepulsar/pulsar-all",
    "bitnami/cassandra",
    "bitnami/consul",
    "bitnami/mariadb-galera",
    "bitnami/rabbitmq",
    "bitnami/redis-cluster",
    "cassandra",
    "consul",
    "couchbase",
    "emqx",
    "percona-xtradb-cluster",
    "rabbitmq",
    "scylla",
];

/// Images that do so when they are told to, and the word for it.
const WHEN_TOLD: [(&str, &str); 6] = [
    ("bitnami/redis", "cluster-enabled"),
    ("keydb", "cluster-enabled"),
    ("mariadb", "wsrep"),
    ("percona", "wsrep"),
    ("redis", "cluster-enabled"),
    ("valkey", "cluster-enabled"),
];

/// Makes the Services of members headless, before they are made.
pub(super) fn mark(app: &mut App, diags: &mut Diagnostics) {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let shared = super::objects(&app.files);
    let names: Vec<Option<&'static str>> = app.workloads.iter().map(|workload| member(workload, &shared)).collect();
    for (name, workload) in names.iter().zip(&app.workloads) {
        if let Some(name) = name {
            *counts.entry(*name).or_default() += workload.replicas.value;
        }
    }
    for (name, workload) in names.into_iter().zip(&mut app.workloads) {
        let is_alone = name.is_none_or(|name| counts.get(name).is_none_or(|count| *count < 2));
        if is_alone || workload.headless.is_some() || workload.ports.is_empty() {
            continue;
        }
        diags.push(
            Diagnostic::new(
                Code::ClusterMember,
                workload.origin,
                format!("the Service of `{}` is headless, as it is one of several of its kind", workload.service),
            )
            .why("members of a cluster reach each other's own addresses, on ports that no key states")
            .help("write x-kubernetes: { service: { type: ClusterIP } } if they have nothing to do with each other")
            .cause("member")
            .key(format!("services.{}", workload.service)),
        );
        workload.headless = Some(workload.origin);
    }
}

/// The image's name, where its instances make a cluster.
fn member(workload: &Workload, shared: &Objects<'_>) -> Option<&'static str> {
    let image = images::known(&workload.container.image.value)?;
    if ALWAYS.contains(&image.name) {
        return Some(image.name);
    }
    let (_, word) = WHEN_TOLD.iter().find(|(name, _)| *name == image.name)?;
    let container = &workload.container;
    let words = container.command.iter().chain(&container.args).flatten();
    let is_told = words.into_iter().any(|found| found.value.contains(word)) || in_files(workload, shared, word);
    is_told.then_some(image.name)
}

/// Whether a mounted file says so, in a line that is no comment.
fn in_files(workload: &Workload, shared: &Objects<'_>, word: &str) -> bool {
    let mut mounted = workload.mounts.iter().filter_map(|mount| mount.source.object());
    mounted.any(|(kind, name, only)| {
        find(workload, shared, kind, name).into_iter().flat_map(|object| &object.entries).any(|(key, data)| {
            let text = String::from_utf8_lossy(&data.bytes);
            only.is_none_or(|only| only == key)
                && text.lines().any(|line| line.trim_start().starts_with(word) && !line.trim_end().ends_with(" no"))
        })
    })
}
