//! `restart` and `deploy.restart_policy` (compose-spec, "restart"; Compose Deploy Specification, "restart_policy"): what is written.
//! What becomes of it depends on the kind, which `passes::kinds` settles.

use crate::compose::Dialect;
use crate::compose::keys::Key;
use crate::compose::model::deploy::RestartPolicy;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Restart, RestartCondition, Traced};
use crate::lower::later;
use crate::origin::{Origin, Spanned};

/// Both keys together: the policy under `deploy` stands above the other.
pub(super) fn restart(
    dialect: Dialect,
    path: &str,
    restart: &Key<String>,
    policy: Option<&RestartPolicy>,
    diags: &mut Diagnostics,
) -> Restart {
    if let (Some(restart), Some(_)) = (restart.get(), policy) {
        diags.consume(restart.origin, "deploy.restart_policy stands above it");
    }
    match (policy, restart.get()) {
        (Some(policy), _) => of_policy(dialect, &format!("{path}.deploy.restart_policy"), policy, diags),
        (None, Some(restart)) => of_word(dialect, path, restart, diags),
        (None, None) => Restart::default(),
    }
}

fn of_policy(dialect: Dialect, path: &str, policy: &RestartPolicy, diags: &mut Diagnostics) -> Restart {
    let RestartPolicy { condition, delay, max_attempts, window, extensions } = policy;
    later::extensions(extensions, diags);
    let mut found = Restart { key: "deploy.restart_policy", ..Restart::default() };
    if let Some(condition) = condition.get() {
        found.condition =
            self::condition(dialect, path, condition, diags).map(|value| Traced::from_origin(value, condition.origin));
    }
    if let Some(attempts) = max_attempts.get() {
        match u32::try_from(attempts.value) {
            Ok(0) => diags.consume(attempts.origin, "0 is no limit"),
            Ok(number) => found.attempts = Some(Traced::from_origin(number, attempts.origin)),
            Err(_) => diags.push(
                Diagnostic::new(
                    Code::BadValue,
                    attempts.origin,
                    format!("{} is no number of attempts", attempts.value),
                )
                .help("write 0 or more")
                .key(format!("{path}.max_attempts")),
            ),
        }
    }
    if let Some(window) = window.get().filter(|window| window.value.0 <= 0) {
        diags.consume(window.origin, "no window is the default");
    }
    let window = window.get().filter(|window| window.value.0 > 0);
    let places: [(&'static str, Option<Origin>); 2] =
        [("delay", delay.get().map(|found| found.origin)), ("window", window.map(|found| found.origin))];
    found.pauses = places.into_iter().filter_map(|(name, place)| Some((name, place?))).collect();
    found
}

/// `none`, `on-failure` or `any`. The words of `restart` mean the same to docker compose; a swarm refuses them.
fn condition(
    dialect: Dialect,
    path: &str,
    condition: &Spanned<String>,
    diags: &mut Diagnostics,
) -> Option<RestartCondition> {
    let key = format!("{path}.condition");
    let (value, swarm_word) = match condition.value.as_str() {
        "none" => return Some(RestartCondition::Never),
        "on-failure" => return Some(RestartCondition::OnFailure),
        "any" | "" => return Some(RestartCondition::Always),
        "no" => (RestartCondition::Never, "none"),
        "always" | "unless-stopped" => (RestartCondition::Always, "any"),
        other => {
            diags.push(
                Diagnostic::new(Code::BadValue, condition.origin, format!("`{other}` is no condition"))
                    .help("write none, on-failure or any")
                    .key(key),
            );
            return None;
        }
    };
    if dialect == Dialect::Swarm {
        let word = condition.value.as_str();
        diags.push(
            Diagnostic::new(
                Code::RestartCondition,
                condition.origin,
                format!("a swarm refuses the condition `{word}`"),
            )
            .label(format!("taken for `{swarm_word}`"))
            .why("it is a word of restart:, which means the same")
            .help(format!("write condition: {swarm_word}"))
            .cause(word)
            .key(key),
        );
    }
    Some(value)
}

/// `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:3`. Swarm reads `no` as nothing written, which is `any` there.
fn of_word(dialect: Dialect, path: &str, restart: &Spanned<String>, diags: &mut Diagnostics) -> Restart {
    let bad = |message: String, diags: &mut Diagnostics| {
        diags.push(
            Diagnostic::new(Code::BadValue, restart.origin, message)
                .help("write no, always, on-failure, on-failure:3 or unless-stopped")
                .key(format!("{path}.restart")),
        );
    };
    let (word, number) = match restart.value.split_once(':') {
        Some((word, number)) => (word, Some(number)),
        None => (restart.value.as_str(), None),
    };
    let condition = match (word, dialect) {
        ("no", Dialect::Swarm) => {
            diags.consume(restart.origin, "swarm restarts what ends all the same");
            return Restart::default();
        }
        ("no", Dialect::Compose) => RestartCondition::Never,
        ("on-failure", _) => RestartCondition::OnFailure,
        ("always" | "unless-stopped", _) => RestartCondition::Always,
        ("", _) => {
            diags.consume(restart.origin, "nothing is said");
            return Restart::default();
        }
        (other, _) => {
            bad(format!("`{other}` is no restart policy"), diags);
            return Restart::default();
        }
    };
    let condition_found = Some(Traced::from_origin(condition, restart.origin));
    let mut found = Restart { condition: condition_found, key: "restart", ..Restart::default() };
    match number.map(str::parse::<u32>) {
        // Docker reads 0 as no limit.
        None | Some(Ok(0)) => {}
        Some(Ok(number)) if condition == RestartCondition::OnFailure => {
            found.attempts = Some(Traced::from_origin(number, restart.origin));
        }
        Some(Ok(_) | Err(_)) => bad(format!("`{}` is no restart policy", restart.value), diags),
    }
    found
}
