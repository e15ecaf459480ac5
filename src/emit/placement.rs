//! Nodes that pods may run on; rule: a selector where labels must have values, an affinity where more is asked for.
//!
//! ```yaml
//! nodeSelector:
//!   disk: ssd
//! topologySpreadConstraints:
//!   - topologyKey: zone
//!     maxSkew: 1
//!     whenUnsatisfiable: ScheduleAnyway
//! ```

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Toleration, TopologySpreadConstraint,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::at::At;
use super::{Context, container, meta};
use crate::ir::{Name, NodeRule, NodeTest, Placement, Spread, Why};

/// What a pod's spec says of nodes.
pub(super) struct Nodes {
    pub(super) selector: Option<BTreeMap<String, String>>,
    pub(super) affinity: Option<NodeAffinity>,
    pub(super) tolerations: Option<Vec<Toleration>>,
    pub(super) spreads: Option<Vec<TopologySpreadConstraint>>,
}

/// The label and the taint of control-plane nodes.
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

/// Writes a placement down.
pub(super) fn nodes(context: &Context, at: &mut At, workload: &Name, placement: &Placement) -> Nodes {
    let Placement { selector, rules, control_plane, spreads } = placement;
    let labels: BTreeMap<String, String> = at.within("nodeSelector", |at| {
        selector.iter().map(|(label, value)| (label.clone(), at.put(label, value))).collect()
    });
    Nodes {
        selector: (!labels.is_empty()).then_some(labels),
        affinity: at.within("affinity", |at| affinity(at, rules)),
        tolerations: control_plane.as_ref().map(|why| vec![toleration(at, why)]),
        spreads: at
            .list("topologySpreadConstraints", spreads, |at, spread| self::spread(context, at, workload, spread)),
    }
}

fn affinity(at: &mut At, rules: &[NodeRule]) -> Option<NodeAffinity> {
    let required = |at: &mut At| {
        at.within("nodeSelectorTerms", |at| at.within("0", |at| at.list("matchExpressions", rules, requirement)))
    };
    let expressions =
        at.within("nodeAffinity", |at| at.within("requiredDuringSchedulingIgnoredDuringExecution", required))?;
    let term = NodeSelectorTerm { match_expressions: Some(expressions), match_fields: None };
    Some(NodeAffinity {
        required_during_scheduling_ignored_during_execution: Some(NodeSelector { node_selector_terms: vec![term] }),
        ..Default::default()
    })
}

fn requirement(at: &mut At, rule: &NodeRule) -> NodeSelectorRequirement {
    let NodeRule { label, test, why } = rule;
    at.here(why);
    let (operator, value) = match test {
        NodeTest::Is(value) => ("In", Some(value)),
        NodeTest::IsNot(value) => ("NotIn", Some(value)),
        NodeTest::Exists => ("Exists", None),
        NodeTest::Missing => ("DoesNotExist", None),
    };
    let values = value.map(|value| vec![value.clone()]);
    NodeSelectorRequirement { key: label.clone(), operator: operator.to_owned(), values }
}

fn toleration(at: &mut At, why: &Why) -> Toleration {
    at.because("tolerations", why);
    Toleration {
        key: Some(CONTROL_PLANE.to_owned()),
        operator: Some("Exists".to_owned()),
        effect: Some("NoSchedule".to_owned()),
        ..Default::default()
    }
}

/// A limit for each value: with so many domains asked for, the smallest number of pods in one counts as 0, so that the skew is
/// the number of pods itself (Kubernetes API, `TopologySpreadConstraint.minDomains`).
fn spread(context: &Context, at: &mut At, workload: &Name, spread: &Spread) -> TopologySpreadConstraint {
    let Spread { label, limit, why } = spread;
    at.here(why);
    let labels = meta::selecting(context, workload);
    TopologySpreadConstraint {
        max_skew: limit.map_or(1, container::count),
        min_domains: limit.map(|_| i32::MAX),
        topology_key: label.clone(),
        when_unsatisfiable: if limit.is_some() { "DoNotSchedule" } else { "ScheduleAnyway" }.to_owned(),
        label_selector: Some(LabelSelector { match_labels: Some(labels), match_expressions: None }),
        ..Default::default()
    }
}
