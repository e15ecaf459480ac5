//! `x-kubernetes` (design 4.8): what the compiler understands joins the workload, the claim or the app; what is Kubernetes' own is
//! checked against its API and becomes a patch, the most special one last.

mod beside;
mod gateway;
mod ingress;
mod patches;

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscalerBehavior;
use k8s_openapi::api::core::v1::{
    Affinity, Lifecycle, PodSecurityContext, Probe, ResourceRequirements, SecurityContext,
};

use crate::compose::keys::{Decode, Key, Reader};
use crate::compose::model::kubernetes::{
    self as model, Amounts, AutoscalingExtras, BudgetExtras, ConcurrencyWord, KindWord, MetadataExtras, NAME,
    ProbeExtras, PublishWord, ServiceExtras, ServiceObjectExtras, ServiceWord, TrafficWord,
};
use crate::compose::model::scalar::scalar_text;
use crate::compose::model::text::Texts;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    Autoscaling, Budget, ExposureKind, Kind, Name, Outside, Overlap, Patch, Portion, Route, Target, Timetable, Traced,
    Why, Wishes,
};
use crate::lower::{Context, later};
use crate::origin::{Origin, Spanned};
use crate::request::Publish;
use crate::syntax::{Entry, Node, Value};
use patches::{MAKE_ACCOUNT, Patches, map, text};

pub(super) use beside::{apply, not_made, project, volume, with_file_extras};

/// What a service's `x-kubernetes` says.
#[derive(Default)]
pub(super) struct Extras {
    pub(super) kind: Option<Traced<Kind>>,
    pub(super) replicas: Option<Traced<u32>>,
    pub(super) autoscaling: Option<Autoscaling>,
    pub(super) budget: Option<Budget>,
    pub(super) timetable: Option<Timetable>,
    pub(super) attempts: Option<Traced<u32>>,
    pub(super) outside: Outside,
    pub(super) wishes: Wishes,
    pub(super) account: Option<Traced<String>>,
    pub(super) pull_secrets: Vec<Traced<String>>,
    pub(super) routes: Vec<Route>,
    pub(super) patches: Vec<Patch>,
}

/// Keys that begin with `x-`.
pub(super) type Extensions = [(String, Origin, Node)];

/// What stands under `x-kubernetes` at a place, and where.
fn written<T: Decode>(
    context: &Context<'_>,
    path: &str,
    extensions: &Extensions,
    diags: &mut Diagnostics,
) -> Option<(Origin, T)> {
    let (_, place, node) = extensions.iter().find(|(name, _, _)| name == NAME)?;
    if node.value == Value::Null {
        diags.consume(*place, "a key without a value says nothing");
        return None;
    }
    let mut reader = Reader::new(context.sources, diags);
    let read = reader.within(path, |reader| T::decode(node.clone(), reader))?;
    Some((*place, read))
}

/// Reads it. `extensions` are the service's keys that begin with `x-`.
pub(super) fn extras(
    context: &Context<'_>,
    (path, own): (&str, &Name),
    extensions: &Extensions,
    diags: &mut Diagnostics,
) -> Extras {
    let path = format!("{path}.{NAME}");
    let mut extras = Extras::default();
    if let Some((place, written)) = written::<ServiceExtras>(context, &path, extensions, diags) {
        take((&path, own), place, written, &mut extras, diags);
    }
    extras
}

#[expect(clippy::too_many_lines, reason = "one line a key is what makes this readable")]
fn take(
    (path, own): (&str, &Name),
    place: Origin,
    written: ServiceExtras,
    extras: &mut Extras,
    diags: &mut Diagnostics,
) {
    let ServiceExtras {
        kind,
        replicas,
        autoscaling,
        pod_disruption_budget,
        schedule,
        time_zone,
        concurrency_policy,
        backoff_limit,
        publish,
        ingress,
        gateway,
        service,
        storage,
        probes,
        resources,
        security_context,
        pod_security_context,
        service_account,
        pull_secrets,
        priority_class,
        termination_message_policy,
        tolerations,
        node_selector,
        affinity,
        lifecycle,
        sidecars,
        init_containers,
        annotations,
        labels,
        patch,
        extensions,
    } = written;
    later::extensions(&extensions, diags);
    extras.kind = kind.take().map(|kind| Traced::from_origin(controller(kind.value), kind.origin));
    extras.replicas = count(path, "replicas", replicas, diags);
    extras.autoscaling = autoscaling.take().and_then(|found| self::autoscaling(path, found.value, place, diags));
    extras.budget = pod_disruption_budget.take().and_then(|found| budget(path, found, diags));
    extras.timetable = timetable(path, schedule, time_zone, concurrency_policy, diags);
    extras.attempts = count(path, "backoff_limit", backoff_limit, diags);
    let publish = publish.take();
    let needs_ingress = publish.as_ref().filter(|word| matches!(word.value, PublishWord::Ingress));
    if let (Some(word), true) = (needs_ingress, ingress.get().is_none() && gateway.get().is_none()) {
        diags.push(
            Diagnostic::new(Code::Missing, word.origin, format!("`{path}` has no `ingress`"))
                .why("it is to be reached by its Ingress, whose host is not known")
                .help("write ingress: { host: shop.example.com } beside it")
                .key(format!("{path}.publish")),
        );
    }
    extras.outside.publish = publish.map(|word| Traced::from_origin(self::publish(word.value), word.origin));
    extras.wishes = beside::wishes(storage, diags);
    let mut patches = Patches { path, list: &mut extras.patches, diags };
    extras.routes = ingress::routes(own, ingress, &mut patches);
    extras.routes.extend(gateway::routes(own, gateway, &mut patches));
    extras.account = patches.outside("service_account", service_account.take(), "ServiceAccount", MAKE_ACCOUNT);
    extras.pull_secrets = self::pull_secrets(pull_secrets, &mut patches);
    patches.scheduling(place, priority_class, tolerations, node_selector);
    patches.pod::<Affinity>("affinity", raw(affinity), "affinity");
    patches.pod::<PodSecurityContext>("pod_security_context", raw(pod_security_context), "securityContext");
    patches.containers("sidecars", sidecars, "containers");
    patches.containers("init_containers", init_containers, "initContainers");
    patches.container::<ResourceRequirements>("resources", amounts(resources), "resources");
    patches.container::<SecurityContext>("security_context", raw(security_context), "securityContext");
    patches.container::<Lifecycle>("lifecycle", raw(lifecycle), "lifecycle");
    if let Some(policy) = termination_message_policy.take() {
        let field = [("terminationMessagePolicy", text(policy.value.word(), policy.origin))];
        patches.add(Target::MainContainer, &[], map(policy.origin, field));
    }
    if let Some(probes) = probes.take() {
        let ProbeExtras { startup, readiness, liveness, extensions } = probes.value;
        later::extensions(&extensions, patches.diags);
        patches.container::<Probe>("probes.startup", probe(startup), "startupProbe");
        patches.container::<Probe>("probes.readiness", probe(readiness), "readinessProbe");
        patches.container::<Probe>("probes.liveness", probe(liveness), "livenessProbe");
    }
    if let Some(service) = service.take() {
        self::service(service.value, &mut extras.outside, &mut patches);
    }
    for (name, found) in [("annotations", annotations), ("labels", labels)] {
        let Some(found) = found.take() else { continue };
        let MetadataExtras { workload, pod, service, extensions } = found.value;
        later::extensions(&extensions, patches.diags);
        patches.metadata(&format!("{name}.workload"), workload, &Target::Controller, &["metadata"]);
        patches.metadata(&format!("{name}.pod"), pod, &Target::Pods, &["metadata"]);
        patches.metadata(&format!("{name}.service"), service, &Target::Services, &["metadata"]);
    }
    if let Some(patch) = patch.take() {
        patches.by_kind(patch.value);
    }
}

fn raw(key: Key<model::Raw>) -> Option<Node> {
    key.take().map(|found| found.value.0)
}

/// A probe does one thing: another one takes the place of the command that the healthcheck made.
fn probe(key: Key<model::Raw>) -> Option<Node> {
    let mut node = raw(key)?;
    if let Value::Map(fields) = &mut node.value {
        let other = ["httpGet", "tcpSocket", "grpc"].into_iter().find_map(|field| fields.get(field));
        if let Some(origin) = other.map(|entry| entry.key).filter(|_| !fields.contains_key("exec")) {
            let nothing = Node { value: Value::Null, origin, tag: None };
            fields.insert("exec".to_owned(), Entry { key: origin, value: nothing });
        }
    }
    Some(node)
}

/// Amounts as texts: `cpu: 1` is `cpu: "1"` to Kubernetes.
fn amounts(key: Key<Amounts>) -> Option<Node> {
    let Amounts(mut node) = key.take()?.value;
    if let Value::Map(sections) = &mut node.value {
        for (_, section) in sections {
            let Value::Map(section) = &mut section.value.value else { continue };
            for (_, amount) in section {
                match amount.value.value {
                    Value::Int(_) | Value::Float(_) => {
                        let text = scalar_text(&amount.value.value).unwrap_or_default();
                        amount.value.value = Value::String(text);
                    }
                    Value::Null
                    | Value::Bool(_)
                    | Value::Timestamp(_)
                    | Value::String(_)
                    | Value::List(_)
                    | Value::Map(_) => {}
                }
            }
        }
    }
    Some(node)
}

/// Names of Secrets.
fn pull_secrets(key: Key<Texts>, patches: &mut Patches<'_>) -> Vec<Traced<String>> {
    let names = key.take().into_iter().flat_map(|names| names.value.0);
    names.filter_map(|name| patches.name("pull_secrets", name)).collect()
}

fn service(written: ServiceObjectExtras, outside: &mut Outside, patches: &mut Patches<'_>) {
    let ServiceObjectExtras { kind, node_port, external_traffic_policy, annotations, labels, extensions } = written;
    later::extensions(&extensions, patches.diags);
    outside.own = kind.take().map(|word| {
        let kind = match word.value {
            ServiceWord::ClusterIp => ExposureKind::Cluster,
            ServiceWord::Headless => ExposureKind::Headless,
            ServiceWord::NodePort => ExposureKind::NodePort,
            ServiceWord::LoadBalancer => ExposureKind::LoadBalancer,
        };
        Traced::from_origin(kind, word.origin)
    });
    outside.local = external_traffic_policy
        .take()
        .map(|word| Traced::from_origin(matches!(word.value, TrafficWord::Local), word.origin));
    if let Some(port) = node_port.take() {
        let number = u16::try_from(port.value).ok().filter(|number| (30000..=32767).contains(number));
        outside.node_port = number.map(|number| Traced::from_origin(number, port.origin));
        if number.is_none() {
            let path = format!("{}.service.node_port", patches.path);
            patches.diags.push(
                Diagnostic::new(Code::BadValue, port.origin, format!("`{path}`: {} is no port of nodes", port.value))
                    .help("write a number from 30000 to 32767")
                    .key(path),
            );
        }
    }
    patches.metadata("service.annotations", annotations, &Target::Services, &["metadata"]);
    patches.metadata("service.labels", labels, &Target::Services, &["metadata"]);
}

fn publish(word: PublishWord) -> Publish {
    match word {
        PublishWord::None | PublishWord::Ingress => Publish::None,
        PublishWord::LoadBalancer => Publish::LoadBalancer,
        PublishWord::NodePort => Publish::NodePort,
    }
}

fn timetable(
    path: &str,
    schedule: Key<String>,
    time_zone: Key<String>,
    concurrency: Key<ConcurrencyWord>,
    diags: &mut Diagnostics,
) -> Option<Timetable> {
    let zone = time_zone.take().map(Traced::from);
    let overlap = concurrency.take().map(|word| {
        let overlap = match word.value {
            ConcurrencyWord::Allow => Overlap::Allow,
            ConcurrencyWord::Forbid => Overlap::Forbid,
            ConcurrencyWord::Replace => Overlap::Replace,
        };
        Traced::from_origin(overlap, word.origin)
    });
    let Some(written) = schedule.take() else {
        let places = zone.iter().map(|zone| &zone.why).chain(overlap.iter().map(|overlap| &overlap.why));
        let places: Vec<Origin> = places.flat_map(Why::origins).copied().collect();
        if let Some(first) = places.first() {
            diags.push(
                Diagnostic::new(Code::KubernetesWithoutEffect, *first, "there is no schedule that this is for")
                    .help("write schedule: beside it, as \"30 3 * * *\"")
                    .key(path)
                    .covers(places),
            );
        }
        return None;
    };
    let overlap = overlap.unwrap_or_else(|| Traced::decided(Overlap::Allow, "kubernetes-overlaps"));
    Some(Timetable { written: Traced::from(written), zone, overlap })
}

fn controller(word: KindWord) -> Kind {
    match word {
        KindWord::Deployment => Kind::Deployment,
        KindWord::StatefulSet => Kind::StatefulSet,
        KindWord::DaemonSet => Kind::DaemonSet,
        KindWord::Job => Kind::Job,
    }
}

fn count(path: &str, name: &str, key: Key<i64>, diags: &mut Diagnostics) -> Option<Traced<u32>> {
    let found = key.take()?;
    match u32::try_from(found.value).ok().filter(|count| i32::try_from(*count).is_ok()) {
        Some(count) => Some(Traced::from_origin(count, found.origin)),
        None => {
            diags.push(
                Diagnostic::new(
                    Code::BadValue,
                    found.origin,
                    format!("`{path}.{name}`: {} is out of range", found.value),
                )
                .help("write a whole number from 0")
                .key(format!("{path}.{name}")),
            );
            None
        }
    }
}

fn autoscaling(path: &str, written: AutoscalingExtras, place: Origin, diags: &mut Diagnostics) -> Option<Autoscaling> {
    let path = format!("{path}.autoscaling");
    let AutoscalingExtras { min_replicas, max_replicas, cpu, memory, behavior, extensions } = written;
    later::extensions(&extensions, diags);
    let mut patches = Patches { path: &path, list: &mut Vec::new(), diags };
    let behavior = raw(behavior).and_then(|node| patches.checked::<HorizontalPodAutoscalerBehavior>("behavior", node));
    let found = Autoscaling {
        least: count(&path, "min_replicas", min_replicas, diags),
        most: count(&path, "max_replicas", max_replicas, diags)?,
        cpu: count(&path, "cpu", cpu, diags),
        memory: count(&path, "memory", memory, diags),
        behavior,
        why: Why::Origin(place),
    };
    let most = found.most.value;
    let wrong = match &found.least {
        _ if most == 0 => Some((&found.most, "an autoscaler keeps at least one pod")),
        Some(least) if least.value == 0 => Some((least, "an autoscaler keeps at least one pod")),
        Some(least) if least.value > most => Some((least, "the fewest pods are more than the most")),
        Some(_) | None => None,
    };
    if let Some((number, problem)) = wrong {
        let place = number.why.origins().first().copied().unwrap_or(place);
        diags.push(
            Diagnostic::new(Code::BadValue, place, format!("`{path}`: {problem}"))
                .help("write min_replicas from 1 up to max_replicas")
                .key(path),
        );
        return None;
    }
    Some(found)
}

fn budget(path: &str, written: Spanned<BudgetExtras>, diags: &mut Diagnostics) -> Option<Budget> {
    let path = format!("{path}.pod_disruption_budget");
    let BudgetExtras { min_available, max_unavailable, extensions } = written.value;
    later::extensions(&extensions, diags);
    let portion = |key: Key<model::Portion>| {
        key.take().map(|found| {
            let portion = match found.value {
                model::Portion::Count(count) => Portion::Count(count),
                model::Portion::Percent(text) => Portion::Percent(text),
            };
            Traced::from_origin(portion, found.origin)
        })
    };
    match (portion(min_available), portion(max_unavailable)) {
        (Some(least), None) => Some(Budget::Least(least)),
        (None, Some(gone)) => Some(Budget::MostGone(gone)),
        (None, None) => None,
        (Some(_), Some(_)) => {
            diags.push(
                Diagnostic::new(Code::Conflict, written.origin, "a budget says one of the two")
                    .help("write min_available or max_unavailable")
                    .key(path),
            );
            None
        }
    }
}
