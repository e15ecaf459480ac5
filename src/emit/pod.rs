//! The template of a workload's pods; rule: what Docker gave a container, and none of what Kubernetes adds unasked.
//!
//! ```yaml
//! spec:
//!   automountServiceAccountToken: false
//!   enableServiceLinks: false           # Docker injects no DB_PORT=tcp://... variables
//!   securityContext:
//!     seccompProfile:
//!       type: RuntimeDefault
//! ```

use k8s_openapi::api::core::v1::{
    Affinity, Container, LocalObjectReference, NodeAffinity, PodAffinity, PodAffinityTerm, PodOS, PodSecurityContext,
    PodSpec, PodTemplateSpec, SeccompProfile, Sysctl, Volume,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::at::At;
use super::{Context, access, config, container, meta, network, placement, storage, wait};
use crate::ir::{Kind, Member, Name, Pod, Retries, Step, Traced, Why, Workload};

/// The label of workloads that must share a node.
const TOGETHER: &str = "transship.dev/together";

/// The template of a workload's pods.
pub(super) fn template(context: &Context, at: &mut At, workload: &Workload) -> PodTemplateSpec {
    at.within("template", |at| PodTemplateSpec {
        metadata: Some(at.within("metadata", |at| metadata(context, at, workload))),
        spec: Some(at.within("spec", |at| spec(context, at, workload))),
    })
}

fn spec(context: &Context, at: &mut At, workload: &Workload) -> PodSpec {
    let Pod {
        grace_seconds,
        hostname,
        host_aliases,
        resolver,
        marks,
        labels,
        annotations,
        fs_group,
        groups,
        sysctls,
        host_processes,
        host_memory,
        account,
        pull_secrets,
        runtime,
        system,
        placement,
        one_process_space,
        together,
    } = &workload.pod;
    // Written into the metadata.
    let _ = (marks, labels, annotations);
    let volumes = volumes(at, workload);
    let nodes = placement::nodes(context, at, &workload.name, placement);
    PodSpec {
        service_account_name: account_name(at, workload, account.as_ref()),
        automount_service_account_token: Some(at.decided("automountServiceAccountToken", false, "no-account-token")),
        enable_service_links: Some(at.decided("enableServiceLinks", false, "no-service-links")),
        host_pid: at.flag("hostPID", host_processes.map(Why::Origin).as_ref()),
        host_ipc: at.flag("hostIPC", host_memory.map(Why::Origin).as_ref()),
        runtime_class_name: at.maybe("runtimeClassName", runtime.as_ref()),
        os: system.as_ref().map(|system| PodOS { name: at.put("os", system) }),
        restart_policy: restart_policy(at, workload),
        share_process_namespace: at.flag("shareProcessNamespace", one_process_space.map(Why::Origin).as_ref()),
        hostname: at.maybe("hostname", hostname.as_ref()),
        host_network: network::of_host(at, workload.network),
        dns_policy: network::policy(at, workload.network),
        host_aliases: at.list("hostAliases", host_aliases, network::host_alias),
        dns_config: network::resolver(at, resolver),
        termination_grace_period_seconds: Some(i64::from(at.put("terminationGracePeriodSeconds", grace_seconds))),
        node_selector: nodes.selector,
        affinity: affinity(context, at, together.as_ref(), nodes.affinity),
        tolerations: nodes.tolerations,
        topology_spread_constraints: nodes.spreads,
        security_context: Some(at.within("securityContext", |at| security(at, fs_group.as_ref(), groups, sysctls))),
        image_pull_secrets: at
            .texts("imagePullSecrets", pull_secrets, |name| LocalObjectReference { name: name.clone() }),
        init_containers: at.list("initContainers", &workload.steps, |at, step| self::step(context, at, workload, step)),
        containers: containers(at, workload),
        volumes: Some(volumes),
        ..Default::default()
    }
}

/// The account that the user names, or the one whose rights its waits need.
fn account_name(at: &mut At, workload: &Workload, said: Option<&Traced<String>>) -> Option<String> {
    at.maybe("serviceAccountName", said).or_else(|| {
        let (name, why) = access::account(workload)?;
        at.because("serviceAccountName", why);
        Some(name.to_string())
    })
}

/// The volumes of the workload, and behind them the one that holds the token of its waits.
fn volumes(at: &mut At, workload: &Workload) -> Vec<Volume> {
    let mut volumes = at.list("volumes", &workload.volumes, storage::volume).unwrap_or_default();
    let index = volumes.len().to_string();
    volumes.extend(at.within("volumes", |at| at.within(&index, |at| wait::volume(at, workload))));
    volumes
}

/// What ends says whether it is tried again in place; everything else is always restarted, which is the default.
fn restart_policy(at: &mut At, workload: &Workload) -> Option<String> {
    match workload.kind.value {
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => None,
        Kind::Job | Kind::CronJob => {
            at.because("restartPolicy", &workload.run.retries.why);
            Some(match workload.run.retries.value {
                Retries::Never => "Never".to_owned(),
                Retries::Times(_) | Retries::Unlimited => "OnFailure".to_owned(),
            })
        }
    }
}

fn step(context: &Context, at: &mut At, workload: &Workload, step: &Step) -> Container {
    match step {
        Step::Wait(wait) => wait::container(context, at, workload, wait),
        Step::Ends(member) => self::member(at, member),
        Step::Stays(member) => {
            at.because("restartPolicy", &member.why);
            Container { restart_policy: Some("Always".to_owned()), ..self::member(at, member) }
        }
    }
}

fn containers(at: &mut At, workload: &Workload) -> Vec<Container> {
    at.within("containers", |at| {
        let why = Why::Origin(workload.origin);
        let main =
            at.within("0", |at| container::main(at, &workload.called, &why, &workload.ports, &workload.container));
        let beside = workload
            .beside
            .iter()
            .enumerate()
            .map(|(index, member)| at.within(&(index + 1).to_string(), |at| self::member(at, member)));
        [main].into_iter().chain(beside).collect()
    })
}

fn member(at: &mut At, member: &Member) -> Container {
    let Member { name, container, ports, why } = member;
    container::main(at, name, why, ports, container)
}

fn metadata(context: &Context, at: &mut At, workload: &Workload) -> ObjectMeta {
    let pod = &workload.pod;
    let mut labels = meta::labels(context, at, &workload.name);
    labels.extend(meta::texts(at, "labels", &pod.labels));
    for mark in &pod.marks {
        let label = meta::mark(&mark.value);
        at.within("labels", |at| at.because(&label, &mark.why));
        labels.insert(label, "true".to_owned());
    }
    let group = at.within("labels", |at| at.maybe(TOGETHER, pod.together.as_ref()));
    labels.extend(group.map(|name| (TOGETHER.to_owned(), name.to_string())));
    let mut annotations = meta::annotations(at, &pod.annotations);
    annotations.extend(config::checksums(context, at, workload));
    ObjectMeta {
        labels: Some(labels),
        annotations: (!annotations.is_empty()).then_some(annotations),
        ..Default::default()
    }
}

/// On nodes as asked for, and where the others of the group are.
fn affinity(
    context: &Context,
    at: &mut At,
    group: Option<&Traced<Name>>,
    nodes: Option<NodeAffinity>,
) -> Option<Affinity> {
    let pods = group.map(|group| at.within("affinity", |at| beside(context, at, group)));
    (nodes.is_some() || pods.is_some()).then_some(Affinity {
        node_affinity: nodes,
        pod_affinity: pods,
        ..Default::default()
    })
}

fn beside(context: &Context, at: &mut At, group: &Traced<Name>) -> PodAffinity {
    let name = at.put("podAffinity", group).to_string();
    let labels = [(TOGETHER.to_owned(), name), meta::in_project(context)].into();
    let term = PodAffinityTerm {
        label_selector: Some(LabelSelector { match_labels: Some(labels), match_expressions: None }),
        topology_key: "kubernetes.io/hostname".to_owned(),
        ..Default::default()
    };
    let required_during_scheduling_ignored_during_execution = Some(vec![term]);
    PodAffinity { required_during_scheduling_ignored_during_execution, ..Default::default() }
}

fn security(
    at: &mut At,
    fs_group: Option<&Traced<i64>>,
    groups: &[Traced<i64>],
    sysctls: &[(String, Traced<String>)],
) -> PodSecurityContext {
    let profile = SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None };
    PodSecurityContext {
        fs_group: at.maybe("fsGroup", fs_group),
        supplemental_groups: at.texts("supplementalGroups", groups, |group| *group),
        seccomp_profile: Some(at.decided("seccompProfile", profile, "docker-default-seccomp")),
        sysctls: at.list("sysctls", sysctls, |at, (name, value)| {
            at.here(&value.why);
            Sysctl { name: name.clone(), value: value.value.clone() }
        }),
        ..Default::default()
    }
}
