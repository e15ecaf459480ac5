//! Commands after a container's start and before its stop (compose-spec, "post_start", "pre_stop"). Kubernetes has one of each, so
//! that several become one line for the shell.

use crate::compose::keys::{Key, Written};
use crate::compose::model::lifecycle::{Hook, Hooks};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Stop, Traced, Why};
use crate::lower::flags::flag;
use crate::lower::later;
use crate::origin::{Origin, Spanned};

/// The command of one kind of hook: never empty.
pub(super) fn command(path: &str, hooks: &Key<Hooks>, diags: &mut Diagnostics) -> Option<Vec<Traced<String>>> {
    let found = hooks.get()?;
    let mut lines: Vec<String> = Vec::new();
    let mut origins: Vec<Origin> = Vec::new();
    let mut alone: Option<Vec<Traced<String>>> = None;
    for (number, hook) in found.value.iter().enumerate() {
        let Hook { command, user, privileged, working_dir, environment, extensions } = &hook.value;
        later::extensions(extensions, diags);
        let path = format!("{path}[{number}]");
        // Docker runs it as the user of its container where none is named.
        if let Some(user) = user.get().filter(|user| user.value.is_empty()) {
            diags.consume(user.origin, "an empty user is that of the container");
        }
        let user = user.get().filter(|user| !user.value.is_empty()).map(|user| ("user", user.origin));
        let privileged = flag(privileged, diags).map(|place| ("privileged", place));
        for (key, place) in user.into_iter().chain(privileged) {
            not_its_own(key, place, &path, diags);
        }
        let words: &[Spanned<String>] = command.get().map_or(&[], |command| command.value.0.as_slice());
        if words.is_empty() {
            let of_nothing: [&dyn Written; 2] = [working_dir, environment];
            of_nothing.iter().for_each(|key| later::used_up(*key, "a hook without a command does nothing", diags));
            continue;
        }
        origins.extend(words.iter().map(|word| word.origin));
        let mut line = String::new();
        if let Some(folder) = working_dir.get() {
            origins.push(folder.origin);
            line.push_str(&format!("cd {} && ", quoted(&folder.value)));
        }
        for (name, pair) in environment.get().into_iter().flat_map(|pairs| pairs.value.0.iter()) {
            origins.push(pair.origin);
            line.push_str(&format!("export {name}={} && ", quoted(pair.value.as_deref().unwrap_or_default())));
        }
        let is_plain = line.is_empty();
        line.push_str(&words.iter().map(|word| quoted(&word.value)).collect::<Vec<_>>().join(" "));
        alone = is_plain.then(|| words.iter().cloned().map(Traced::from).collect());
        lines.push(if is_plain { line } else { format!("({line})") });
    }
    match lines.as_slice() {
        [] => None,
        [_] if alone.is_some() => alone,
        _ => Some(in_a_shell(lines.join(" && "), Why::Origins(origins))),
    }
}

/// The hook before the stop sends the signal too where a hook must.
pub(super) fn with_signal(
    before_stop: Option<Vec<Traced<String>>>,
    stop: Option<Stop>,
) -> (Option<Vec<Traced<String>>>, Option<Stop>) {
    match (before_stop, stop) {
        (Some(words), Some(Stop::Hook(signal))) => {
            let line = words.iter().map(|word| quoted(&word.value)).collect::<Vec<_>>().join(" ");
            let origins = words.iter().map(|word| &word.why).chain([&signal.why]).flat_map(Why::origins);
            let origins = origins.copied().collect();
            let signal = signal.value;
            let line = format!("{line}; kill -s {signal} 1; while kill -0 1 2>/dev/null; do sleep 1; done");
            (Some(in_a_shell(line, Why::Origins(origins))), None)
        }
        (before_stop, stop) => (before_stop, stop),
    }
}

fn in_a_shell(line: String, why: Why) -> Vec<Traced<String>> {
    let word = |value: String| Traced { value, why: why.clone() };
    vec![word("sh".to_owned()), word("-c".to_owned()), word(line)]
}

fn not_its_own(key: &str, place: Origin, path: &str, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::HookRights, place, format!("`{key}` of a hook has no counterpart"))
            .label("the command runs with the rights of its container")
            .help("run it as the container's user, or do its work in a service of its own")
            .key(format!("{path}.{key}")),
    );
}

/// A word that the shell leaves as it is.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(quoted("a/b-c"), "a/b-c");
        assert_eq!(quoted("it's $HOME"), "'it'\\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
