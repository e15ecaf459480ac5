//! Names, namespaces, labels and selectors; rule: the same three labels everywhere, and selectors that never change.
//!
//! ```yaml
//! metadata:
//!   name: web-published
//!   namespace: shop
//!   labels:
//!     app.kubernetes.io/name: web
//!     app.kubernetes.io/part-of: guestbook
//!     app.kubernetes.io/managed-by: transship
//! ```

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde::Serialize;

use super::at::At;
use super::{Context, Manifest, Why};
use crate::ir::{Labelled, Name, Traced};

/// An object of a kind that the cluster does not know by itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Custom<S> {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) metadata: ObjectMeta,
    pub(super) spec: S,
}

/// Labels of an object or a pod.
pub(super) type Labels = BTreeMap<String, String>;

const NAME: &str = "app.kubernetes.io/name";
const PART_OF: &str = "app.kubernetes.io/part-of";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// The namespace that the app is to live in.
pub(super) fn namespace(context: &Context) -> Option<Manifest> {
    let name = context.namespace?;
    let mut at = At::default();
    let why = Why::Decision("chosen-namespace");
    let metadata = cluster_wide(context, &mut at, name, name, &why);
    Some(at.finish(&Namespace { metadata, ..Default::default() }, None))
}

/// The metadata of an object, with the reason why it is there at all.
pub(super) fn object(context: &Context, at: &mut At, name: &Name, label: &Name, why: &Why) -> ObjectMeta {
    let metadata = cluster_wide(context, at, name, label, why);
    let namespace = at.within("metadata", |at| {
        context.namespace.map(|name| at.decided("namespace", name.to_string(), "chosen-namespace"))
    });
    ObjectMeta { namespace, ..metadata }
}

/// The same for an object that the user annotates.
pub(super) fn annotated(
    context: &Context,
    at: &mut At,
    name: &Name,
    label: &Name,
    texts: &[(String, Traced<String>)],
    why: &Why,
) -> ObjectMeta {
    let metadata = object(context, at, name, label, why);
    let annotations = at.within("metadata", |at| annotations(at, texts));
    ObjectMeta { annotations: (!annotations.is_empty()).then_some(annotations), ..metadata }
}

/// The metadata of an object that stands in no namespace.
pub(super) fn cluster_wide(context: &Context, at: &mut At, name: &Name, label: &Name, why: &Why) -> ObjectMeta {
    at.because("apiVersion", why);
    at.because("kind", why);
    at.within("metadata", |at| {
        at.because("name", why);
        ObjectMeta { name: Some(name.to_string()), labels: Some(labels(context, at, label)), ..Default::default() }
    })
}

/// What the input labels an object with, beside the labels that everything has.
pub(super) fn labelled(at: &mut At, metadata: &mut ObjectMeta, labelled: &Labelled) {
    let Labelled { labels, annotations, patches } = labelled;
    // Merged when the object is finished.
    let _ = patches;
    for (section, pairs, into) in
        [("labels", labels, &mut metadata.labels), ("annotations", annotations, &mut metadata.annotations)]
    {
        for (name, value) in pairs {
            let value = at.within(section, |at| at.put(name, value));
            into.get_or_insert_default().insert(name.clone(), value);
        }
    }
}

/// The labels that everything has.
pub(super) fn labels(context: &Context, at: &mut At, label: &Name) -> Labels {
    at.within("labels", |at| {
        at.here(&Why::Decision("standard-labels"));
        let project = at.put(PART_OF, context.project);
        Labels::from([
            (NAME.to_owned(), label.to_string()),
            (PART_OF.to_owned(), project.to_string()),
            (MANAGED_BY.to_owned(), "transship".to_owned()),
        ])
    })
}

/// Texts for people and tools.
pub(super) fn annotations(at: &mut At, annotations: &[(String, Traced<String>)]) -> BTreeMap<String, String> {
    texts(at, "annotations", annotations)
}

/// Labels or annotations that the user wrote.
pub(super) fn texts(at: &mut At, section: &str, texts: &[(String, Traced<String>)]) -> BTreeMap<String, String> {
    at.within(section, |at| texts.iter().map(|(key, text)| (key.clone(), at.put(key, text))).collect())
}

/// The labels that find a workload's pods.
pub(super) fn selecting(context: &Context, workload: &Name) -> Labels {
    Labels::from([(NAME.to_owned(), workload.to_string()), in_project(context)])
}

/// The labels that find the one pod of a StatefulSet that has a number.
pub(super) fn numbered(context: &Context, workload: &Name, number: u32) -> Labels {
    let mut labels = selecting(context, workload);
    labels.insert("apps.kubernetes.io/pod-index".to_owned(), number.to_string());
    labels
}

/// The label that a mark of a pod is.
pub(super) fn mark(mark: &Name) -> String {
    format!("transship.dev/{mark}")
}

/// The labels that find the pods of every workload with a mark.
pub(super) fn marked(context: &Context, name: &Name) -> Labels {
    Labels::from([(mark(name), "true".to_owned()), in_project(context)])
}

/// The label that everything of the project has.
pub(super) fn in_project(context: &Context) -> (String, String) {
    (PART_OF.to_owned(), context.project.value.to_string())
}

/// The selector of a controller.
pub(super) fn selector(context: &Context, at: &mut At, workload: &Name) -> LabelSelector {
    let labels = selecting(context, workload);
    at.decided("selector", LabelSelector { match_labels: Some(labels), match_expressions: None }, "standard-labels")
}
