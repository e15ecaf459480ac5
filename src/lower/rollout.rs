//! Replicas, updates, restarts and the end of a service (compose-spec "deploy"; SwarmKit's defaults: stop-first, one by one).

use crate::compose::Dialect;
use crate::compose::keys::Key;
use crate::compose::model::deploy::{Deploy, UpdateConfig};
use crate::compose::model::host::Logging;
use crate::compose::model::network::Dependencies;
use crate::compose::model::scalar::Duration;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Amount, Condition, Dependency, Kind, Placement, Restart, Rollout, Traced, Why};
use crate::lower::annotations::{self, Annotations};
use crate::lower::{Context, later, restart, router_labels, without_counterpart};
use crate::origin::{Origin, Spanned};

const SECOND: i64 = 1_000_000_000;

/// What `deploy`, `scale` and `restart` say together.
pub(super) struct Plan {
    pub(super) kind: Option<Traced<Kind>>,
    pub(super) replicas: Traced<u32>,
    pub(super) min_ready_seconds: Option<Traced<u32>>,
    pub(super) rollout: Traced<Rollout>,
    pub(super) restart: Restart,
    pub(super) once_per_node: Option<Origin>,
    pub(super) headless: Option<Origin>,
    pub(super) placement: Placement,
    pub(super) annotations: Annotations,
}

/// Takes `deploy` apart.
pub(super) fn plan(
    context: &Context<'_>,
    path: &str,
    deploy: &Key<Deploy>,
    scale: &Key<i64>,
    restart: &Key<String>,
    diags: &mut Diagnostics,
) -> Plan {
    let mut plan = Plan {
        kind: None,
        replicas: count(path, scale, diags).unwrap_or_else(|| Traced::decided(1, "one-replica")),
        min_ready_seconds: None,
        rollout: Traced::decided(
            Rollout::Rolling { max_surge: Amount::Count(0), max_unavailable: Amount::Count(1) },
            "docker-stops-first",
        ),
        restart: Restart::default(),
        once_per_node: None,
        headless: None,
        placement: Placement::default(),
        annotations: Annotations::new(),
    };
    let mut policy = None;
    if let Some(found) = deploy.get() {
        let Deploy {
            mode,
            replicas,
            endpoint_mode,
            labels,
            update_config,
            rollback_config,
            resources,
            restart_policy,
            placement,
            extensions,
        } = &found.value;
        // Read beside the service's own limits.
        let _ = resources;
        let path = format!("{path}.deploy");
        later::extensions(extensions, diags);
        plan.annotations = annotations::of(&format!("{path}.labels"), labels, router_labels::taken(context), diags);
        rollback(&path, update_config, rollback_config, diags);
        kind(&path, mode, &mut plan, diags);
        if let Some(written) = count(&path, replicas, diags) {
            match &plan.kind {
                Some(kind) if kind.value == Kind::DaemonSet => once_a_node(context.dialect(), &path, &written, diags),
                _ => {
                    let scale = std::mem::replace(&mut plan.replicas, written);
                    scale.why.origins().iter().for_each(|place| diags.consume(*place, "deploy.replicas says the same"));
                }
            }
        }
        if let Some(mode) = endpoint_mode.get() {
            if mode.value.eq_ignore_ascii_case("dnsrr") {
                plan.headless = Some(mode.origin);
            }
            diags.consume(mode.origin, "decides between a Service with an address and a headless one");
        }
        if let Some(update) = update_config.get() {
            self::update(&path, &update.value, &mut plan, diags);
        }
        policy = restart_policy.get().map(|found| &found.value);
        if let Some(placement) = placement.get() {
            plan.placement = super::placement::placement(context, &path, &placement.value, diags);
        }
    }
    plan.restart = restart::restart(context.dialect(), path, restart, policy, diags);
    plan
}

fn count(path: &str, key: &Key<i64>, diags: &mut Diagnostics) -> Option<Traced<u32>> {
    let found = key.get()?;
    match u32::try_from(found.value).ok().filter(|count| i32::try_from(*count).is_ok()) {
        Some(count) => Some(Traced::from_origin(count, found.origin)),
        None => {
            diags.push(
                Diagnostic::new(Code::BadValue, found.origin, format!("{} is no number of replicas", found.value))
                    .help("write 0 or more")
                    .key(path),
            );
            None
        }
    }
}

/// `replicas` beside a global mode: an error in swarm, as in the reference.
fn once_a_node(dialect: Dialect, path: &str, written: &Traced<u32>, diags: &mut Diagnostics) {
    let Some(place) = written.why.origins().first() else { return };
    let code = match dialect {
        Dialect::Swarm => Code::Conflict,
        Dialect::Compose => Code::NoCounterpart,
    };
    diags.push(
        Diagnostic::new(code, *place, "`replicas` can only stand beside mode: replicated or replicated-job")
            .label("a global service runs once on each node")
            .help("remove replicas, or the mode")
            .key(format!("{path}.replicas")),
    );
}

fn kind(path: &str, mode: &Key<String>, plan: &mut Plan, diags: &mut Diagnostics) {
    let Some(mode) = mode.get() else { return };
    match mode.value.as_str() {
        "replicated" | "" => diags.consume(mode.origin, "the default"),
        "global" => {
            plan.kind = Some(Traced::from_origin(Kind::DaemonSet, mode.origin));
            diags.consume(mode.origin, "makes it a DaemonSet");
        }
        "replicated-job" => {
            plan.kind = Some(Traced::from_origin(Kind::Job, mode.origin));
            diags.consume(mode.origin, "makes it a Job");
        }
        "global-job" => {
            plan.kind = Some(Traced::from_origin(Kind::DaemonSet, mode.origin));
            plan.once_per_node = Some(mode.origin);
        }
        other => diags.push(
            Diagnostic::new(Code::BadValue, mode.origin, format!("`{other}` is no mode"))
                .help("write replicated, global, replicated-job or global-job")
                .key(path),
        ),
    }
}

/// A rollback proceeds as an update does.
fn rollback(path: &str, update: &Key<UpdateConfig>, rollback: &Key<UpdateConfig>, diags: &mut Diagnostics) {
    let (Some(place), Some(found)) = (rollback.key(), rollback.get()) else { return };
    let usual = UpdateConfig::default();
    let meant = |config: &UpdateConfig| {
        let UpdateConfig { parallelism, delay, failure_action, monitor, max_failure_ratio, order, extensions } = config;
        // What follows a failed rollback has no bearing on how it proceeds.
        let _ = (failure_action, max_failure_ratio, extensions);
        let pause = |key: &Key<Duration>| key.get().map_or(0, |found| found.value.0);
        let order = order.get().is_some_and(|order| order.value == "start-first");
        (parallelism.get().map_or(1, |found| found.value), pause(delay).max(pause(monitor)), order)
    };
    let same = meant(&found.value) == meant(update.get().map_or(&usual, |update| &update.value));
    if same {
        return diags.consume_below(place, "a rollback proceeds as an update does");
    }
    diags.push(
        Diagnostic::new(Code::RollbackConfig, place, "`rollback_config` has no effect of its own")
            .label("a rollback proceeds as update_config says")
            .help("write the same under both, or remove it")
            .cause("rollback-config")
            .key(format!("{path}.rollback_config"))
            .covers_below([place]),
    );
}

fn update(path: &str, update: &UpdateConfig, plan: &mut Plan, diags: &mut Diagnostics) {
    let UpdateConfig { parallelism, delay, failure_action, monitor, max_failure_ratio, order, extensions } = update;
    let path = format!("{path}.update_config");
    later::extensions(extensions, diags);
    let step = match parallelism.get() {
        Some(found) if found.value == 0 => Amount::All,
        Some(found) => Amount::Count(u32::try_from(found.value).unwrap_or_else(|_| {
            diags.push(
                Diagnostic::new(Code::BadValue, found.origin, format!("{} is no parallelism", found.value))
                    .help("write 1 or more, or 0 for all at once")
                    .key(format!("{path}.parallelism")),
            );
            1
        })),
        None => Amount::Count(1),
    };
    let start_first = order.get().is_some_and(|order| order.value == "start-first");
    let origins: Vec<Origin> =
        parallelism.get().map(|found| found.origin).into_iter().chain(order.get().map(|order| order.origin)).collect();
    let rollout = match (start_first, step) {
        (true, step) => Rollout::Rolling { max_surge: step, max_unavailable: Amount::Count(0) },
        (false, Amount::All) => Rollout::Recreate,
        (false, Amount::Count(step)) => {
            Rollout::Rolling { max_surge: Amount::Count(0), max_unavailable: Amount::Count(step) }
        }
    };
    plan.rollout = Traced {
        value: rollout,
        why: if origins.is_empty() { Why::Decision("docker-stops-first") } else { Why::Origins(origins) },
    };
    let pauses: Vec<&Spanned<Duration>> = [delay, monitor].into_iter().filter_map(Key::get).collect();
    let longest = pauses.iter().map(|pause| seconds(pause.value.0)).max().filter(|longest| *longest > 0);
    match longest {
        Some(longest) => {
            plan.min_ready_seconds =
                Some(Traced { value: longest, why: Why::Origins(pauses.iter().map(|pause| pause.origin).collect()) })
        }
        None => pauses.iter().for_each(|pause| diags.consume(pause.origin, "no pause is the default")),
    }
    failure(&path, failure_action, max_failure_ratio, diags);
}

fn failure(path: &str, action: &Key<String>, ratio: &Key<f64>, diags: &mut Diagnostics) {
    if let Some(action) = action.get() {
        match action.value.as_str() {
            "pause" | "" => diags.consume(action.origin, "Kubernetes stalls a failing rollout too"),
            other if !matches!(other, "continue" | "rollback") => diags.push(
                Diagnostic::new(Code::BadValue, action.origin, format!("`{other}` is no action"))
                    .help("write pause, continue or rollback")
                    .key(format!("{path}.failure_action")),
            ),
            other => diags.push(
                Diagnostic::new(
                    Code::RollbackAction,
                    action.origin,
                    format!("`failure_action: {other}` has no counterpart"),
                )
                .label("a failing rollout stalls, and the old pods go on")
                .help("roll back by hand: kubectl rollout undo deployment/NAME")
                .cause(other)
                .key(format!("{path}.failure_action")),
            ),
        }
    }
    if let Some(ratio) = ratio.get() {
        if ratio.value == 0.0 {
            diags.consume(ratio.origin, "the default");
        } else {
            diags.push(
                Diagnostic::new(Code::NoCounterpart, ratio.origin, "`max_failure_ratio` has no counterpart")
                    .label("a rollout stalls at the first pod that does not become ready")
                    .help("remove it")
                    .cause("max-failure-ratio")
                    .key(format!("{path}.max_failure_ratio")),
            );
        }
    }
}

/// Seconds of a duration, rounded up.
pub(super) fn seconds(nanoseconds: i64) -> u32 {
    u32::try_from((nanoseconds.max(0) + SECOND - 1) / SECOND).unwrap_or(u32::MAX)
}

/// Seconds between the stop signal and the end: Docker's default is 10, Kubernetes' 30.
pub(super) fn grace(path: &str, period: &Key<Duration>, diags: &mut Diagnostics) -> Traced<u32> {
    match period.get() {
        Some(period) => {
            let rounded = seconds(period.value.0);
            if period.value.0 > 0 && period.value.0 % 1_000_000_000 != 0 {
                diags.push(
                    Diagnostic::new(Code::GraceRounded, period.origin, format!("`stop_grace_period` is {rounded} s"))
                        .why("Kubernetes counts in whole seconds")
                        .help(format!("write {rounded}s"))
                        .cause("grace")
                        .key(format!("{path}.stop_grace_period")),
                );
            }
            Traced::from_origin(rounded, period.origin)
        }
        None => Traced::decided(10, "docker-default-grace"),
    }
}

/// `logging`: the container's output goes where the cluster puts it.
pub(super) fn logging(path: &str, logging: &Key<Logging>, diags: &mut Diagnostics) {
    let Some(Logging { driver, options, extensions }) = logging.get().map(|found| &found.value) else { return };
    // They share the fate of the driver that they are for.
    let _ = (options, extensions);
    let driver = driver.get().map(|driver| driver.value.as_str());
    match driver {
        None | Some("json-file" | "local" | "") => later::used_up(logging, "the kubelet keeps and rotates logs", diags),
        Some(_) => without_counterpart::say(path, "logging", logging, diags),
    }
}

/// `depends_on`.
pub(super) fn dependencies(
    dialect: Dialect,
    path: &str,
    depends_on: &Key<Dependencies>,
    diags: &mut Diagnostics,
) -> Vec<Dependency> {
    let Key::Set { key, value } = depends_on else { return Vec::new() };
    if dialect == Dialect::Swarm && !value.value.0.is_empty() {
        diags.push(
            Diagnostic::new(Code::DependencyIgnored, *key, "depends_on is honoured, though swarm ignored it")
                .help("remove it if the order does not matter")
                .cause("depends_on")
                .key(format!("{path}.depends_on")),
        );
    }
    let mut found = Vec::new();
    for (service, dependency) in &value.value.0 {
        let condition =
            match dependency.condition.as_ref().map(|condition| (condition.value.as_str(), condition.origin)) {
                None => Traced::from_origin(Condition::Started, dependency.key),
                Some(("service_started", origin)) => Traced::from_origin(Condition::Started, origin),
                Some(("service_healthy", origin)) => Traced::from_origin(Condition::Healthy, origin),
                Some(("service_completed_successfully", origin)) => Traced::from_origin(Condition::Completed, origin),
                Some((other, origin)) => {
                    diags.push(
                        Diagnostic::new(Code::BadValue, origin, format!("`{other}` is no condition"))
                            .help("write service_started, service_healthy or service_completed_successfully")
                            .key(format!("{path}.depends_on.{service}")),
                    );
                    continue;
                }
            };
        if let Some(restart) = dependency.restart {
            diags.push(
                Diagnostic::new(
                    Code::DependencyRestart,
                    restart,
                    format!("a restart of `{service}` restarts nothing else"),
                )
                .why("Kubernetes restarts no pod because another was restarted")
                .help("let the program reconnect, or run: kubectl rollout restart")
                .cause("dependency-restart")
                .key(format!("{path}.depends_on.{service}.restart")),
            );
        }
        found.push(Dependency {
            service: service.clone(),
            condition,
            required: dependency.required,
            origin: dependency.key,
            leaves: dependency.leaves.clone(),
        });
    }
    found
}
