//! Healthchecks become probes (design 4.6): readiness always; startup and liveness where Docker killed what was unhealthy.
//!
//! ```yaml
//! healthcheck: { test: [CMD, check], interval: 10s, retries: 4, start_period: 30s }
//! # readinessProbe: { exec: { command: [check] }, periodSeconds: 10, timeoutSeconds: 30, failureThreshold: 4 }
//! ```

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Check, Probe, ProbeAction, Target, Traced, Why, Workload};
use crate::lower::Context;
use crate::origin::Origin;
use crate::syntax::Value;

const SECOND: i64 = 1_000_000_000;

pub(super) fn run(app: &mut App, _context: &Context<'_>, diags: &mut Diagnostics) {
    for workload in &mut app.workloads {
        let ends = workload.ends();
        let Some(check) = workload.check.take() else { continue };
        let startup = startup(&check);
        let Check { command, interval, timeout, retries, start_period, start_interval, kills, origin: _ } = check;
        let unused: Vec<Origin> =
            [&start_period.why, &start_interval.why].into_iter().flat_map(Why::origins).copied().collect();
        if ends {
            let rest = command
                .iter()
                .map(|word| &word.why)
                .chain([&interval.why, &timeout.why, &retries.why])
                .flat_map(Why::origins)
                .copied();
            rest.chain(unused).for_each(|origin| diags.consume(origin, "what runs once has no probes"));
            continue;
        }
        let probe = Probe {
            action: ProbeAction::Run(command),
            period: seconds(&interval),
            timeout: seconds(&timeout),
            failures: retries.clone(),
        };
        if kills {
            if start_period.value == 0 {
                start_interval
                    .why
                    .origins()
                    .iter()
                    .for_each(|origin| diags.consume(*origin, "without a start period it has no effect"));
            }
            workload.container.startup = Some(startup);
            workload.container.liveness = Some(probe.clone());
        } else {
            unused.into_iter().for_each(|origin| {
                diags.consume(origin, "docker compose kills nothing, so being unready at first is all there is to it")
            });
        }
        workload.container.readiness = Some(probe);
    }
    app.workloads.iter().for_each(|workload| without_action(workload, diags));
}

/// What the user says of a probe alone needs a probe that it is said of.
fn without_action(workload: &Workload, diags: &mut Diagnostics) {
    let made = [
        ("startupProbe", &workload.container.startup),
        ("readinessProbe", &workload.container.readiness),
        ("livenessProbe", &workload.container.liveness),
    ];
    for patch in workload.patches.iter().filter(|patch| patch.target == Target::MainContainer) {
        let Value::Map(fields) = &patch.tree.value else { continue };
        for (field, made) in &made {
            let Some(Value::Map(probe)) = fields.get(*field).map(|entry| &entry.value.value) else { continue };
            let acts = |field: &&str| probe.get(*field).is_some_and(|entry| entry.value.value != Value::Null);
            let kept = made.is_some() && !probe.contains_key("exec");
            if !kept && !["exec", "httpGet", "tcpSocket", "grpc"].iter().any(acts) {
                diags.push(
                    Diagnostic::new(Code::KubernetesField, patch.tree.origin, format!("the {field} does nothing"))
                        .why(format!("`{}` has no healthcheck that made such a probe", workload.service))
                        .help("write exec, httpGet, tcpSocket or grpc in it")
                        .key(format!("services.{}.x-kubernetes.probes", workload.service)),
                );
            }
        }
    }
}

/// Passes when the check does, and fails when Docker would call the container unhealthy.
pub(super) fn startup(check: &Check) -> Probe {
    let Check { command, interval, timeout, retries, start_period, start_interval, kills: _, origin: _ } = check;
    let grace = start_period.value.saturating_add(i64::from(retries.value).saturating_mul(interval.value));
    let step = if start_period.value > 0 { start_interval } else { interval };
    let period = seconds(step);
    let failures = grace
        .div_euclid(i64::from(period.value) * SECOND)
        .saturating_add(i64::from(grace % (i64::from(period.value) * SECOND) != 0));
    let origins: Vec<Origin> =
        [&start_period.why, &interval.why, &retries.why].into_iter().flat_map(Why::origins).copied().collect();
    let why = if origins.is_empty() { Why::Decision("docker-default-healthcheck") } else { Why::Origins(origins) };
    let failures = Traced { value: u32::try_from(failures.max(1)).unwrap_or(u32::MAX), why };
    Probe { action: ProbeAction::Run(command.clone()), period, timeout: seconds(timeout), failures }
}

/// Whole seconds, at least one, that hold a time in nanoseconds.
pub(super) fn seconds(time: &Traced<i64>) -> Traced<u32> {
    let value = u32::try_from((time.value.max(1) + SECOND - 1) / SECOND).unwrap_or(u32::MAX).max(1);
    Traced { value, why: time.why.clone() }
}
