//! NetworkPolicies; rule: policies add up, as networks do, and what none selects is open.
//!
//! ```yaml
//! kind: NetworkPolicy
//! metadata:
//!   name: network-back
//! spec:
//!   podSelector:
//!     matchLabels:
//!       transship.dev/network-back: "true"
//!   policyTypes:
//!     - Ingress
//!   ingress:
//!     - from:
//!         - podSelector:
//!             matchLabels:
//!               transship.dev/network-back: "true"
//! ```

use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
    NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::at::At;
use super::{Context, Manifest, container, meta};
use crate::ir::{Policy, PolicyPods, PolicyRule};

/// A policy of the app or of one workload.
pub(super) fn emit(context: &Context, policy: &Policy) -> Manifest {
    let Policy { name, owner, pods, ingress, egress, why } = policy;
    let mut at = At::default();
    let metadata = meta::object(context, &mut at, name, owner.as_ref().unwrap_or(name), why);
    at.because("spec", why);
    let types = [("Ingress", ingress.is_some()), ("Egress", egress.is_some())];
    let spec = NetworkPolicySpec {
        pod_selector: Some(selector(context, pods, false)),
        policy_types: Some(types.iter().filter(|(_, holds)| *holds).map(|(word, _)| (*word).to_owned()).collect()),
        ingress: ingress.as_ref().map(|rules| rules.iter().map(|rule| self::ingress(context, rule)).collect()),
        egress: egress.as_ref().map(|rules| rules.iter().map(|rule| self::egress(context, rule)).collect()),
    };
    at.finish(&NetworkPolicy { metadata, spec: Some(spec) }, owner.as_ref())
}

fn ingress(context: &Context, rule: &PolicyRule) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule { from: peers(context, rule), ports: ports(rule) }
}

fn egress(context: &Context, rule: &PolicyRule) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule { to: peers(context, rule), ports: ports(rule) }
}

/// Nobody in particular means everybody.
fn peers(context: &Context, rule: &PolicyRule) -> Option<Vec<NetworkPolicyPeer>> {
    let pods = rule.pods.as_ref()?;
    Some(vec![NetworkPolicyPeer {
        pod_selector: Some(selector(context, pods, rule.any_namespace)),
        namespace_selector: rule.any_namespace.then(LabelSelector::default),
        ip_block: None,
    }])
}

/// Pods of another namespace belong to another project.
fn selector(context: &Context, pods: &PolicyPods, any_project: bool) -> LabelSelector {
    let labels = match pods {
        PolicyPods::Of(workload) => meta::selecting(context, workload),
        PolicyPods::Marked(marks) => {
            let mut labels: meta::Labels = marks.iter().map(|mark| (meta::mark(mark), "true".to_owned())).collect();
            if !any_project {
                labels.extend([meta::in_project(context)]);
            }
            labels
        }
    };
    LabelSelector { match_labels: Some(labels), match_expressions: None }
}

fn ports(rule: &PolicyRule) -> Option<Vec<NetworkPolicyPort>> {
    let all: Vec<NetworkPolicyPort> = rule
        .ports
        .iter()
        .map(|(number, protocol)| NetworkPolicyPort {
            port: Some(IntOrString::Int(i32::from(*number))),
            protocol: container::protocol(*protocol),
            end_port: None,
        })
        .collect();
    (!all.is_empty()).then_some(all)
}
