//! A workload and all that belongs to it; rule: its files and rights stand before it, its Services behind it.
//!
//! A Job's name ends in a hash of its spec, which never changes in the cluster: a changed one is a new Job, and as the name stands
//! in the pods that wait for it, they wait for the new one.

use k8s_openapi::api::apps::v1::{
    DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy, Deployment, DeploymentSpec, DeploymentStrategy,
    RollingUpdateDaemonSet, RollingUpdateDeployment, StatefulSet, StatefulSetOrdinals, StatefulSetSpec,
};
use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, Job, JobSpec, JobTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::at::At;
use super::{
    Context, Manifest, Why, access, config, container, gateway, ingress, meta, patch, pod, scaling, service, storage,
    traefik,
};
use crate::ir::{Amount, Kind, Name, Outside, Overlap, Retries, Rollout, Schedule, Traced, Workload, short_hash};

/// Writes down a workload and what belongs to it.
pub(super) fn emit<'a>(context: &mut Context<'a>, workload: &'a Workload, manifests: &mut Vec<Manifest>) {
    let name = &workload.name;
    account_for(workload);
    manifests.extend(workload.files.iter().map(|file| config::file(context, file, Some(name))));
    access::emit(context, workload, manifests);
    let manifest = match workload.kind.value {
        Kind::Deployment => deployment(context, workload),
        Kind::StatefulSet => stateful_set(context, workload),
        Kind::DaemonSet => daemon_set(context, workload),
        Kind::CronJob => cron_job(context, workload),
        Kind::Job => {
            let (job, manifest) = job(context, workload);
            context.jobs.insert(name, job);
            manifest
        }
    };
    let kind = manifest.kind().to_owned();
    manifests.push(manifest);
    manifests.extend(workload.autoscaling.iter().map(|found| scaling::autoscaler(context, workload, &kind, found)));
    manifests.extend(workload.budget.iter().map(|found| scaling::budget(context, workload, found)));
    manifests.extend(workload.exposures.iter().map(|exposure| service::emit(context, name, exposure)));
    manifests.extend(workload.routes.iter().map(|found| traefik::route(context, name, found)));
    manifests.extend(workload.gateway_routes.iter().map(|found| gateway::route(context, name, found)));
    manifests.extend(workload.ingresses.iter().map(|found| ingress::emit(context, name, found)));
}

/// Takes a workload apart, so that a new field does not compile until somebody thought about it here.
#[expect(clippy::too_many_lines, reason = "one line a field is what makes this a list")]
fn account_for(workload: &Workload) {
    let Workload {
        name,
        service,
        origin,
        kind,
        replicas,
        labels,
        annotations,
        autoscaling,
        budget,
        patches,
        wishes,
        outside,
        timetable,
        attempts,
        kind_is_said,
        min_ready_seconds,
        progress_deadline,
        rollout,
        restart,
        run,
        schedule,
        once_per_node,
        slots,
        network,
        networks,
        router_labels,
        routes,
        routed,
        addresses,
        aliases,
        links,
        outer_links,
        shares,
        host,
        dependencies,
        ports,
        any_port,
        published,
        check,
        mounts,
        headless,
        container,
        called,
        pod,
        waits,
        before,
        steps,
        beside,
        roles,
        volumes,
        claim_templates,
        governing,
        answers,
        exposures,
        gateway_routes,
        ingresses,
        files,
    } = workload;
    // Written down in this module and those beside it.
    let _ = (
        name,
        origin,
        kind,
        replicas,
        labels,
        annotations,
        run,
        min_ready_seconds,
        progress_deadline,
        rollout,
        ports,
        container,
    );
    let _ = (steps, beside, roles, volumes, claim_templates, governing, exposures, files);
    let _ = (routes, gateway_routes, ingresses);
    let _ = (called, pod, schedule, autoscaling, budget, patches, wishes, slots);
    // Heard by the passes, which left them in place.
    let _ = (networks, routed, network, any_port, service, once_per_node, host, headless, kind_is_said);
    // Taken by the passes.
    let Outside { publish, usual, own, node_port, local } = outside;
    debug_assert!(publish.is_none() && usual.is_none() && own.is_none() && node_port.is_none() && local.is_none());
    debug_assert!(timetable.is_none() && attempts.is_none());
    debug_assert!(addresses.is_empty() && aliases.is_empty() && links.is_empty() && answers.is_empty());
    debug_assert!(dependencies.is_empty() && published.is_empty() && check.is_none() && mounts.is_empty());
    debug_assert!(router_labels.is_empty() && outer_links.is_empty());
    debug_assert!(restart.condition.is_none() && waits.is_empty() && before.is_empty() && shares.is_empty());
}

/// The metadata of the controller: its kind has a reason of its own.
fn metadata(context: &Context, at: &mut At, name: &Name, workload: &Workload) -> ObjectMeta {
    let mut metadata = meta::object(context, at, name, &workload.name, &Why::Origin(workload.origin));
    at.because("apiVersion", &workload.kind.why);
    at.because("kind", &workload.kind.why);
    let labels = at.within("metadata", |at| meta::texts(at, "labels", &workload.labels));
    metadata.labels.get_or_insert_default().extend(labels);
    let annotations = at.within("metadata", |at| meta::annotations(at, &workload.annotations));
    metadata.annotations = (!annotations.is_empty()).then_some(annotations);
    metadata
}

fn seconds(at: &mut At, workload: &Workload) -> Option<i32> {
    at.maybe("minReadySeconds", workload.min_ready_seconds.as_ref()).map(container::count)
}

fn deployment(context: &Context, workload: &Workload) -> Manifest {
    let mut at = At::default();
    let metadata = metadata(context, &mut at, &workload.name, workload);
    let spec = at.within("spec", |at| DeploymentSpec {
        // An autoscaler counts the replicas itself; a number here would undo its work at each apply.
        replicas: workload.autoscaling.is_none().then(|| container::count(at.put("replicas", &workload.replicas))),
        min_ready_seconds: seconds(at, workload),
        progress_deadline_seconds: at
            .maybe("progressDeadlineSeconds", workload.progress_deadline.as_ref())
            .map(container::count),
        selector: meta::selector(context, at, &workload.name),
        strategy: Some(strategy(at, &workload.rollout)),
        template: pod::template(context, at, workload),
        ..Default::default()
    });
    at.finish(&Deployment { metadata, spec: Some(spec), status: None }, Some(&workload.name))
}

fn stateful_set(context: &Context, workload: &Workload) -> Manifest {
    let mut at = At::default();
    let metadata = metadata(context, &mut at, &workload.controller(), workload);
    let spec = at.within("spec", |at| StatefulSetSpec {
        // An autoscaler counts the replicas itself; a number here would undo its work at each apply.
        replicas: workload.autoscaling.is_none().then(|| container::count(at.put("replicas", &workload.replicas))),
        min_ready_seconds: seconds(at, workload),
        ordinals: workload.slots.as_ref().map(|slots| {
            at.because("ordinals", &Why::Origin(slots.origin));
            StatefulSetOrdinals { start: Some(1) }
        }),
        pod_management_policy: Some(at.decided("podManagementPolicy", "Parallel".to_owned(), "parallel-pods")),
        service_name: workload.governing.as_ref().map(|name| {
            at.because("serviceName", &workload.kind.why);
            name.to_string()
        }),
        selector: meta::selector(context, at, &workload.name),
        template: pod::template(context, at, workload),
        volume_claim_templates: at.list("volumeClaimTemplates", &workload.claim_templates, storage::template),
        ..Default::default()
    });
    let mut manifest = at.finish(&StatefulSet { metadata, spec: Some(spec), status: None }, Some(&workload.name));
    for (index, claim) in workload.claim_templates.iter().enumerate() {
        let place = index.to_string();
        let path = ["spec", "volumeClaimTemplates", place.as_str()];
        claim.labelled.patches.iter().for_each(|tree| patch::put(&mut manifest, &path, tree));
    }
    manifest
}

fn daemon_set(context: &Context, workload: &Workload) -> Manifest {
    let mut at = At::default();
    let metadata = metadata(context, &mut at, &workload.name, workload);
    let spec = at.within("spec", |at| DaemonSetSpec {
        min_ready_seconds: seconds(at, workload),
        selector: meta::selector(context, at, &workload.name),
        update_strategy: Some(update_strategy(at, &workload.rollout)),
        template: pod::template(context, at, workload),
        revision_history_limit: None,
    });
    at.finish(&DaemonSet { metadata, spec: Some(spec), status: None }, Some(&workload.name))
}

/// The Job and the name that it has in the cluster.
fn job(context: &Context, workload: &Workload) -> (Name, Manifest) {
    let mut at = At::default();
    let spec = at.within("spec", |at| job_spec(context, at, workload));
    let mut text = serde_json::to_string(&spec).unwrap_or_default();
    text.push_str(&patch::said_of_job(&[context.defaults, &workload.patches, context.patches]));
    let name = workload.name.with(&short_hash(text.as_bytes()));
    let metadata = metadata(context, &mut at, &name, workload);
    let manifest = at.finish(&Job { metadata, spec: Some(spec), status: None }, Some(&workload.name));
    (name, manifest)
}

fn cron_job(context: &Context, workload: &Workload) -> Manifest {
    let mut at = At::default();
    let metadata = metadata(context, &mut at, &workload.controller(), workload);
    let spec = at.within("spec", |at| {
        let job_template = at.within("jobTemplate", |at| {
            let spec = at.within("spec", |at| job_spec(context, at, workload));
            JobTemplateSpec { metadata: None, spec: Some(spec) }
        });
        let Some(Schedule { fields, zone, overlap }) = &workload.schedule else { return CronJobSpec::default() };
        CronJobSpec {
            schedule: at.put("schedule", fields),
            time_zone: at.maybe("timeZone", zone.as_ref()),
            concurrency_policy: match at.put("concurrencyPolicy", overlap) {
                Overlap::Allow => None,
                Overlap::Forbid => Some("Forbid".to_owned()),
                Overlap::Replace => Some("Replace".to_owned()),
            },
            job_template,
            ..Default::default()
        }
    });
    at.finish(&CronJob { metadata, spec: Some(spec), status: None }, Some(&workload.name))
}

fn job_spec(context: &Context, at: &mut At, workload: &Workload) -> JobSpec {
    let replicas = container::count(workload.replicas.value);
    let several = |at: &mut At, key| {
        (replicas > 1).then(|| {
            at.because(key, &workload.replicas.why);
            replicas
        })
    };
    at.because("backoffLimit", &workload.run.retries.why);
    JobSpec {
        // Not `completions: 0`, which is done at once.
        suspend: (replicas == 0).then(|| {
            at.because("suspend", &workload.replicas.why);
            true
        }),
        parallelism: several(at, "parallelism"),
        completions: several(at, "completions"),
        backoff_limit: Some(match workload.run.retries.value {
            Retries::Never => 0,
            Retries::Times(times) => container::count(times),
            Retries::Unlimited => i32::MAX,
        }),
        template: pod::template(context, at, workload),
        ..Default::default()
    }
}

fn strategy(at: &mut At, rollout: &Traced<Rollout>) -> DeploymentStrategy {
    match at.put("strategy", rollout) {
        Rollout::Recreate => DeploymentStrategy { type_: Some("Recreate".to_owned()), rolling_update: None },
        Rollout::Rolling { max_surge, max_unavailable } => DeploymentStrategy {
            type_: Some("RollingUpdate".to_owned()),
            rolling_update: Some(RollingUpdateDeployment {
                max_surge: Some(amount(max_surge)),
                max_unavailable: Some(amount(max_unavailable)),
            }),
        },
    }
}

/// A DaemonSet has one pod on a node: all at once is what `Recreate` means for it.
fn update_strategy(at: &mut At, rollout: &Traced<Rollout>) -> DaemonSetUpdateStrategy {
    let (max_surge, max_unavailable) = match at.put("updateStrategy", rollout) {
        Rollout::Recreate => (Amount::Count(0), Amount::All),
        Rollout::Rolling { max_surge, max_unavailable } => (max_surge, max_unavailable),
    };
    let (max_surge, max_unavailable) = (Some(amount(max_surge)), Some(amount(max_unavailable)));
    let rolling_update = Some(RollingUpdateDaemonSet { max_surge, max_unavailable });
    DaemonSetUpdateStrategy { type_: Some("RollingUpdate".to_owned()), rolling_update }
}

fn amount(amount: Amount) -> IntOrString {
    match amount {
        Amount::Count(number) => IntOrString::Int(container::count(number)),
        Amount::All => IntOrString::String("100%".to_owned()),
    }
}
