//! What the user says of claims in the words of the cluster, where it meets what they are: who mounts them, and what deletes them.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Access, App, Patch, Retention, Target, Traced, Why, Wishes, Workload};
use crate::origin::Origin;
use crate::passes::claims::stores::{Store, Stores, several};
use crate::syntax::{Entry, Map, Node, Value};

/// The field of a StatefulSet that says it.
const POLICY: &str = "persistentVolumeClaimRetentionPolicy";

/// Says what cannot be, and moves what StatefulSets say of their claims there.
pub(super) fn settle(app: &mut App, stores: &Stores, diags: &mut Diagnostics) {
    let mut of_sets: Vec<Vec<Option<Traced<Retention>>>> = vec![Vec::new(); app.workloads.len()];
    for store in stores.iter() {
        let users: Vec<&Workload> = store.users.iter().filter_map(|index| app.workloads.get(*index)).collect();
        if let Some(access) = store.wishes.access.as_ref().filter(|access| access.value == Access::OncePod)
            && several(store, &users)
        {
            one_pod(store, access, diags);
        }
        let index = store.users.first().filter(|_| store.is_template).copied();
        match index.and_then(|index| of_sets.get_mut(index)) {
            Some(of_set) => of_set.push(store.wishes.retention.clone()),
            None => {
                if let Some(retention) = &store.wishes.retention {
                    stays(store, retention, diags);
                }
            }
        }
    }
    for (workload, retentions) in app.workloads.iter_mut().zip(of_sets) {
        retain(workload, retentions, diags);
    }
    unheard(app, stores, diags);
}

/// Says what a service asks of its claims where it has none, or where each of them has a word of its own.
fn unheard(app: &App, stores: &Stores, diags: &mut Diagnostics) {
    let heard: BTreeSet<Origin> =
        stores.iter().flat_map(|store| store.wishes.reasons()).flat_map(Why::origins).copied().collect();
    let has_store: BTreeSet<usize> = stores.iter().flat_map(|store| store.users.iter().copied()).collect();
    let left = |wishes: &Wishes| -> Vec<Origin> {
        wishes.reasons().flat_map(Why::origins).filter(|place| !heard.contains(place)).copied().collect()
    };
    left(&app.wishes).into_iter().for_each(|place| diags.consume(place, "each claim has a word of its own"));
    for (index, workload) in app.workloads.iter().enumerate() {
        let places = left(&workload.wishes);
        let Some(first) = places.first().filter(|_| !has_store.contains(&index)) else {
            places.into_iter().for_each(|place| diags.consume(place, "its volumes have words of their own"));
            continue;
        };
        diags.push(
            Diagnostic::new(
                Code::KubernetesWithoutEffect,
                *first,
                format!("`{}` has no volume that a claim is made of", workload.service),
            )
            .help("mount one: volumes: [data:/PATH]")
            .key(format!("services.{}.x-kubernetes.storage", workload.service))
            .covers(places),
        );
    }
}

fn one_pod(store: &Store, access: &Traced<Access>, diags: &mut Diagnostics) {
    let place = access.why.origins().first().copied().unwrap_or(store.origin);
    diags.push(
        Diagnostic::new(Code::Conflict, place, format!("several pods mount the claim {}", store.claim))
            .also(store.origin, "mounted here")
            .why("ReadWriteOncePod lets one pod alone mount it, and the others would wait for ever")
            .help("write ReadWriteOnce, or ReadWriteMany where the storage class offers it")
            .key("x-kubernetes.access_mode"),
    );
}

/// A claim that stands for itself stays until somebody deletes it.
fn stays(store: &Store, retention: &Traced<Retention>, diags: &mut Diagnostics) {
    let place = retention.why.origins().first().copied().unwrap_or(store.origin);
    match retention.value {
        Retention::Retain => diags.consume(place, "a claim stays until somebody deletes it"),
        Retention::Delete => diags.push(
            Diagnostic::new(
                Code::KubernetesWithoutEffect,
                place,
                format!("the claim {} stays until somebody deletes it", store.claim),
            )
            .why("only a StatefulSet deletes claims, and only those that are its own")
            .help("delete it by hand, or choose a storage class whose volumes are deleted with their claims")
            .key("x-kubernetes.retention"),
        ),
    }
}

/// A StatefulSet says it once for all of its claims: they are deleted only where that is said of each.
fn retain(workload: &mut Workload, retentions: Vec<Option<Traced<Retention>>>, diags: &mut Diagnostics) {
    let all: Vec<&Traced<Retention>> = retentions.iter().flatten().collect();
    let Some(first) = all.first().copied() else { return };
    let deleted = |retention: &&&Traced<Retention>| retention.value == Retention::Delete;
    let says_delete = all.iter().filter(deleted).count();
    let value = if says_delete == retentions.len() { Retention::Delete } else { Retention::Retain };
    let origins: Vec<_> = all.iter().flat_map(|retention| retention.why.origins()).copied().collect();
    for place in &origins {
        diags.consume(*place, "the StatefulSet says it once for all of its claims");
    }
    if says_delete > 0 && value == Retention::Retain {
        let place = origins.first().copied().unwrap_or(workload.origin);
        diags.push(
            Diagnostic::new(
                Code::KubernetesWithoutEffect,
                place,
                format!("no claim of `{}` is deleted with it", workload.service),
            )
            .why("a StatefulSet says it once for all of its claims, and not all of them may be deleted")
            .help("write retention: Delete on each of its volumes")
            .key(format!("services.{}.volumes", workload.service)),
        );
    }
    let Some(origin) = first.why.origins().first().copied() else { return };
    let word = match value {
        Retention::Retain => "Retain",
        Retention::Delete => "Delete",
    };
    let text = Node { value: Value::String(word.to_owned()), origin, tag: None };
    let policy = map(origin, "whenDeleted", text);
    let tree = map(origin, POLICY, policy);
    workload.patches.insert(0, Patch { target: Target::Controller, path: &["spec"], tree });
}

fn map(origin: crate::origin::Origin, key: &str, value: Node) -> Node {
    Node { value: Value::Map(Map::from([(key.to_owned(), Entry { key: origin, value })])), origin, tag: None }
}
