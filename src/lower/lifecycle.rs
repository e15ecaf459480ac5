//! How a container ends (compose-spec "stop_signal"): the signal, told to Kubernetes where it listens, else sent by a hook.

use crate::compose::keys::Key;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Stop, Traced};
use crate::lower::Context;
use crate::target::Feature;

/// Signals of Linux on x86 and ARM, by number from 1.
const SIGNALS: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS",
];
/// The real-time signals: `RTMIN` is the first, `RTMAX` the last.
const FIRST_REAL_TIME: u32 = 34;
const LAST_REAL_TIME: u32 = 64;

/// The signal that stops the container; `None` for the one that Kubernetes sends anyway.
pub(super) fn stop(context: &Context<'_>, path: &str, signal: &Key<String>, diags: &mut Diagnostics) -> Option<Stop> {
    let found = signal.get()?;
    if found.value.is_empty() {
        diags.consume(found.origin, "no signal is the usual one");
        return None;
    }
    let Some(name) = name(&found.value) else {
        diags.push(
            Diagnostic::new(
                Code::StopSignal,
                found.origin,
                format!("`{}` is no signal, so the usual one is sent", found.value),
            )
            .help("write a name such as SIGINT, or a number")
            .key(format!("{path}.stop_signal")),
        );
        return None;
    };
    if name == "TERM" {
        diags.consume(found.origin, "the signal that Kubernetes sends");
        return None;
    }
    if context.request.target.has(Feature::StopSignal) {
        return Some(Stop::Field(Traced::from_origin(field(&name), found.origin)));
    }
    Some(Stop::Hook(Traced::from_origin(name, found.origin)))
}

/// Kubernetes takes a signal for a known operating system alone.
pub(super) fn system(stop: Option<&Stop>) -> Option<Traced<String>> {
    match stop? {
        Stop::Field(_) => Some(Traced::decided("linux".to_owned(), "signals-of-linux")),
        Stop::Hook(_) => None,
    }
}

/// The value of `lifecycle.stopSignal`, as `SIGINT` or `SIGRTMIN+3`.
fn field(name: &str) -> String {
    match name.parse::<u32>() {
        Ok(number) if number == FIRST_REAL_TIME => "SIGRTMIN".to_owned(),
        Ok(number) if number == LAST_REAL_TIME => "SIGRTMAX".to_owned(),
        Ok(number) => format!("SIGRTMIN+{}", number.saturating_sub(FIRST_REAL_TIME)),
        Err(_) => format!("SIG{name}"),
    }
}

/// What every `kill -s` understands: a name without `SIG`, and the number of a real-time signal, whose names differ.
fn name(text: &str) -> Option<String> {
    let upper = text.trim().to_ascii_uppercase();
    let plain = upper.strip_prefix("SIG").unwrap_or(&upper);
    if let Ok(number) = plain.parse::<u32>() {
        let standard = usize::try_from(number).ok().and_then(|number| SIGNALS.get(number.checked_sub(1)?));
        let real_time = (FIRST_REAL_TIME..=LAST_REAL_TIME).contains(&number);
        return standard.map(|name| (*name).to_owned()).or_else(|| real_time.then(|| number.to_string()));
    }
    let offset = |text: &str, sign: char| match text {
        "" => Some(0),
        _ => text.strip_prefix(sign)?.parse::<u32>().ok(),
    };
    let real_time = match (plain.strip_prefix("RTMIN"), plain.strip_prefix("RTMAX")) {
        (Some(rest), _) => offset(rest, '+').and_then(|offset| FIRST_REAL_TIME.checked_add(offset)),
        (None, Some(rest)) => offset(rest, '-').and_then(|offset| LAST_REAL_TIME.checked_sub(offset)),
        (None, None) => None,
    };
    if let Some(number) = real_time {
        return (FIRST_REAL_TIME..=LAST_REAL_TIME).contains(&number).then(|| number.to_string());
    }
    let alias = match plain {
        "POLL" => "IO",
        "IOT" => "ABRT",
        "CLD" => "CHLD",
        other => other,
    };
    SIGNALS.contains(&alias).then(|| alias.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_known_by_name_and_number() {
        for (text, expected) in [
            ("SIGINT", "INT"),
            ("int", "INT"),
            ("2", "INT"),
            ("SIGRTMIN+3", "37"),
            ("RTMAX-1", "63"),
            ("37", "37"),
            ("SIGCLD", "CHLD"),
            ("15", "TERM"),
        ] {
            assert_eq!(name(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "SIG", "SIGNOPE", "0", "32", "65", "RTMIN-1", "RTMIN+31", "-2"] {
            assert_eq!(name(text), None, "{text}");
        }
        assert_eq!(
            [field("INT"), field("37"), field("34"), field("64")],
            ["SIGINT", "SIGRTMIN+3", "SIGRTMIN", "SIGRTMAX"]
        );
    }
}
