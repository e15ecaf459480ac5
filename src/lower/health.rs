//! `healthcheck` (compose-spec): Docker's defaults are filled in, as Kubernetes has others.

use crate::compose::Dialect;
use crate::compose::keys::Key;
use crate::compose::model::health::{Healthcheck, Test};
use crate::compose::model::scalar::Duration;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Check, Traced};
use crate::lower::{Context, later};
use crate::origin::Origin;
use crate::request::Liveness;

const SECOND: i64 = 1_000_000_000;
const MILLISECOND: i64 = 1_000_000;

/// The check; `None` where there is none or the image's own would hold.
pub(super) fn check(
    context: &Context<'_>,
    path: &str,
    healthcheck: &Key<Healthcheck>,
    diags: &mut Diagnostics,
) -> Option<Check> {
    let Key::Set { key, value: found } = healthcheck else { return None };
    let Healthcheck { disable, interval, retries, start_interval, start_period, test, timeout, extensions } =
        &found.value;
    later::extensions(extensions, diags);
    let off = disable.get().is_some_and(|disable| disable.value);
    if let Some(disable) = disable.get() {
        diags.consume(disable.origin, "says whether there are probes");
    }
    let command = match test.get() {
        Some(test) if !off => command(&test.value, test.origin, diags),
        Some(_) | None => None,
    };
    let Some(command) = command else {
        let times = [interval, start_interval, start_period, timeout]
            .into_iter()
            .filter_map(|key| key.get().map(|time| time.origin));
        diags.push(
            Diagnostic::new(Code::HealthcheckNone, *key, "there are no probes for this service")
                .why("the check is turned off, or is the image's own, which Kubernetes does not read")
                .help("write test: with the image's own check if it should count")
                .key(format!("{path}.healthcheck"))
                .covers(
                    times
                        .chain(test.get().map(|test| test.origin))
                        .chain(test.get().into_iter().flat_map(|test| words(&test.value)))
                        .chain(retries.get().map(|retries| retries.origin))
                        .chain([found.origin]),
                ),
        );
        return None;
    };
    let retries = match retries.get() {
        Some(retries) if retries.value.0 > 0 => {
            Traced::from(retries.clone().map(|count| u32::try_from(count.0).unwrap_or(u32::MAX)))
        }
        Some(retries) => Traced::from_origin(3, retries.origin),
        None => Traced::decided(3, "docker-default-retries"),
    };
    let period = start_period.get().filter(|time| time.value.0 < 0).map_or(&Key::Absent, |_| start_period);
    fractions(
        path,
        [("interval", interval), ("timeout", timeout), ("start_interval", start_interval), ("start_period", period)],
        diags,
    );
    Some(Check {
        command,
        interval: time(interval, 30, "docker-default-interval"),
        timeout: time(timeout, 30, "docker-default-timeout"),
        retries,
        start_period: time(start_period, 0, "docker-default-start-period"),
        start_interval: time(start_interval, 5, "docker-default-start-interval"),
        kills: match context.request.liveness {
            Liveness::Auto => context.dialect() == Dialect::Swarm,
            Liveness::Always => true,
            Liveness::Never => false,
        },
        origin: *key,
    })
}

/// Says which times are no whole seconds: probes have none other.
fn fractions(path: &str, times: [(&str, &Key<Duration>); 4], diags: &mut Diagnostics) {
    for (name, key) in times {
        let Some(time) = key.get().filter(|time| time.value.0 % SECOND != 0 || time.value.0 < 0) else { continue };
        if time.value.0 < MILLISECOND {
            diags.push(
                Diagnostic::new(Code::HealthcheckTime, time.origin, format!("Docker refuses this {name}"))
                    .label("the default is taken")
                    .why("times of a healthcheck are 0, or at least a millisecond")
                    .help("write a time such as 30s")
                    .key(format!("{path}.healthcheck.{name}")),
            );
            continue;
        }
        let seconds = time.value.0 / SECOND + 1;
        diags.push(
            Diagnostic::new(Code::HealthcheckRounded, time.origin, format!("`{name}` is {seconds} s"))
                .why("probes count in whole seconds")
                .help(format!("write {seconds}s"))
                .cause(name)
                .key(format!("{path}.healthcheck.{name}")),
        );
    }
}

fn time(key: &Key<Duration>, default: i64, decision: &'static str) -> Traced<i64> {
    match key.get() {
        Some(time) if time.value.0 > 0 => Traced::from_origin(time.value.0, time.origin),
        Some(time) => Traced::from_origin(default * SECOND, time.origin),
        None => Traced::decided(default * SECOND, decision),
    }
}

/// Where the words of a test stand.
fn words(test: &Test) -> Vec<Origin> {
    match test {
        Test::None | Test::Inherit => Vec::new(),
        Test::Exec(words) => words.iter().map(|word| word.origin).collect(),
        Test::Shell(words) => words.iter().map(|word| word.origin).collect(),
    }
}

fn command(test: &Test, place: Origin, diags: &mut Diagnostics) -> Option<Vec<Traced<String>>> {
    match test {
        Test::None | Test::Inherit => None,
        Test::Exec(words) if words.is_empty() => None,
        Test::Exec(words) => Some(words.iter().cloned().map(Traced::from).collect()),
        Test::Shell(words) => {
            let line = words.first()?;
            diags.consume(place, "says that a shell runs the test");
            let shell = |word: &str| Traced::from_origin(word.to_owned(), line.origin);
            let words = words.iter().cloned().map(Traced::from);
            Some([shell("/bin/sh"), shell("-c")].into_iter().chain(words).collect())
        }
    }
}
