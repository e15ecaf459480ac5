//! What belongs to the namespace and to no workload; rule: the user's own words, and the labels that everything has.
//!
//! ```yaml
//! kind: ResourceQuota
//! spec:
//!   hard:
//!     pods: "10"
//! ```

use k8s_openapi::api::core::v1::{LimitRange, ResourceQuota};

use super::at::At;
use super::{Context, Manifest, Why, meta, patch};
use crate::ir::{NamespaceRule, NamespaceRuleKind};

/// A LimitRange or ResourceQuota, called after the project.
pub(super) fn rule(context: &Context, rule: &NamespaceRule) -> Manifest {
    let NamespaceRule { kind, spec } = rule;
    let mut at = At::default();
    let name = &context.project.value;
    let metadata = meta::object(context, &mut at, name, name, &Why::Origin(spec.origin));
    let mut manifest = match kind {
        NamespaceRuleKind::LimitRange => at.finish(&LimitRange { metadata, spec: None }, None),
        NamespaceRuleKind::ResourceQuota => at.finish(&ResourceQuota { metadata, spec: None, status: None }, None),
    };
    patch::put(&mut manifest, &["spec"], spec);
    manifest
}
