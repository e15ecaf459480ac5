//! What keeps the number of a workload's pods: an autoscaler, a budget; rule: only where the user asks for one.
//!
//! ```yaml
//! kind: PodDisruptionBudget
//! spec:
//!   minAvailable: 1
//! ```

use k8s_openapi::api::autoscaling::v2::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec, MetricTarget,
    ResourceMetricSource,
};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::at::At;
use super::{Context, Manifest, container, meta, patch};
use crate::ir::{Autoscaling, Budget, Portion, Traced, Why, Workload};

/// The autoscaler of a controller of this kind.
pub(super) fn autoscaler(context: &Context, workload: &Workload, kind: &str, found: &Autoscaling) -> Manifest {
    let Autoscaling { least, most, cpu, memory, behavior, why } = found;
    let mut at = At::default();
    let metadata = meta::object(context, &mut at, &workload.name, &workload.name, why);
    let spec = at.within("spec", |at| HorizontalPodAutoscalerSpec {
        scale_target_ref: at.decided(
            "scaleTargetRef",
            CrossVersionObjectReference {
                api_version: Some("apps/v1".to_owned()),
                kind: kind.to_owned(),
                name: workload.controller().to_string(),
            },
            "autoscaled-controller",
        ),
        min_replicas: at.maybe("minReplicas", least.as_ref()).map(container::count),
        max_replicas: container::count(at.put("maxReplicas", most)),
        metrics: at.list(
            "metrics",
            [("cpu", cpu), ("memory", memory)].into_iter().filter_map(|(name, use_)| Some((name, use_.as_ref()?))),
            metric,
        ),
        behavior: None,
    });
    let mut manifest =
        at.finish(&HorizontalPodAutoscaler { metadata, spec: Some(spec), status: None }, Some(&workload.name));
    if let Some(tree) = behavior {
        patch::put(&mut manifest, &["spec", "behavior"], tree);
    }
    manifest
}

fn metric(at: &mut At, (name, percent): (&str, &Traced<u32>)) -> MetricSpec {
    at.here(&percent.why);
    MetricSpec {
        type_: "Resource".to_owned(),
        resource: Some(ResourceMetricSource {
            name: name.to_owned(),
            target: MetricTarget {
                type_: "Utilization".to_owned(),
                average_utilization: Some(container::count(percent.value)),
                ..Default::default()
            },
        }),
        ..Default::default()
    }
}

/// The budget of a workload's pods.
pub(super) fn budget(context: &Context, workload: &Workload, found: &Budget) -> Manifest {
    let (why, least, gone) = match found {
        Budget::Least(portion) => (&portion.why, Some(portion), None),
        Budget::MostGone(portion) => (&portion.why, None, Some(portion)),
    };
    let mut at = At::default();
    let metadata = meta::object(context, &mut at, &workload.name, &workload.name, why);
    let spec = at.within("spec", |at| PodDisruptionBudgetSpec {
        min_available: at.maybe("minAvailable", least).map(portion),
        max_unavailable: at.maybe("maxUnavailable", gone).map(portion),
        selector: Some(meta::selector(context, at, &workload.name)),
        ..Default::default()
    });
    at.because("apiVersion", &Why::clone(why));
    at.finish(&PodDisruptionBudget { metadata, spec: Some(spec), status: None }, Some(&workload.name))
}

fn portion(portion: Portion) -> IntOrString {
    match portion {
        Portion::Count(count) => IntOrString::Int(container::count(count)),
        Portion::Percent(text) => IntOrString::String(text),
    }
}
