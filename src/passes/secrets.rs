//! What is secret is shown nowhere but in its Secret: messages hide it, and `--secrets omit` leaves the Secrets out, too.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Data, FileObject, FileObjectKind, Why};
use crate::lower::Context;
use crate::origin::{Origin, Sources};
use crate::request::Secrets;

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let is_secret = |file: &&FileObject| file.kind == FileObjectKind::Secret;
    let all = app.files.iter().chain(app.workloads.iter().flat_map(|workload| &workload.files));
    for (_, data) in all.filter(is_secret).flat_map(|file| &file.entries) {
        conceal(data, context.sources, diags);
    }
    if context.request.secrets == Secrets::Omit {
        let namespace = app.namespace.as_ref().map(|name| format!(" -n {name}")).unwrap_or_default();
        omit(&mut app.files, &namespace, diags);
        for workload in &mut app.workloads {
            omit(&mut workload.files, &namespace, diags);
        }
    }
}

/// Hides the value where it stands in a file of the input. The path of a file that holds it, and the variable that it is taken
/// from, may be seen.
fn conceal(data: &Data, sources: &Sources, diags: &mut Diagnostics) {
    let value = String::from_utf8_lossy(&data.bytes);
    let value = value.trim();
    for origin in data.why.origins() {
        let written = sources.text_at(*origin);
        let entry = sources.entry(*origin);
        let hidden = match whole(written, value) {
            Some(at) => at..at + value.len(),
            // Escaped or quoted otherwise: all of it, or what stands behind the name.
            None if letters(written).contains(&letters(value)) => after_name(written)..written.len(),
            None => {
                // Variables stand around it, and their defaults may hold the password itself.
                for password in url_passwords(value) {
                    let found = written.match_indices(password).map(|(at, _)| entry.range.start + at);
                    found.for_each(|at| diags.conceal(entry.file, at..at + password.len()));
                }
                continue;
            }
        };
        diags.conceal(entry.file, entry.range.start + hidden.start..entry.range.start + hidden.end);
    }
}

/// Where a value stands in a text: as a word of its own, so that `pass` is found behind `password=` and not in it.
fn whole(written: &str, value: &str) -> Option<usize> {
    let is_inside = |next: Option<char>| next.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let is_whole = |at: &usize| {
        let before = written.get(..*at).and_then(|before| before.chars().next_back());
        let after = written.get(at + value.len()..).and_then(|after| after.chars().next());
        !is_inside(before) && !is_inside(after)
    };
    // The last one: what is before it names it.
    let found = written.match_indices(value).map(|(at, _)| at).filter(is_whole).last();
    found.or_else(|| written.rfind(value))
}

/// The passwords of the URLs in a text.
fn url_passwords(text: &str) -> impl Iterator<Item = &str> {
    text.split("://").skip(1).filter_map(|rest| {
        let (user, _) = rest.split_once('@')?;
        let (_, password) = user.split_once(':')?;
        // One letter would hide half of the line.
        Some(password).filter(|password| password.len() > 2 && !password.contains('/'))
    })
}

/// Where the value of `NAME=value` begins; the beginning of any other text.
fn after_name(written: &str) -> usize {
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    written.split_once('=').filter(|(name, _)| is_name(name)).map_or(0, |(name, _)| name.len() + 1)
}

/// What no way of quoting changes.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Leaves Secrets out and says how they are made.
fn omit(files: &mut Vec<FileObject>, namespace: &str, diags: &mut Diagnostics) {
    files.retain(|file| {
        if file.kind == FileObjectKind::ConfigMap {
            return true;
        }
        let mut command = format!("kubectl create secret generic {}{namespace}", file.name);
        let mut leaves: Vec<Origin> = file.why.origins().to_vec();
        for (key, data) in &file.entries {
            let is_line = data.bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
            let from = if is_line { "literal" } else { "file" };
            let what = if is_line { "VALUE" } else { "FILE" };
            command.push_str(&format!(" --from-{from}={key}={what}"));
            leaves.extend(data.why.origins());
        }
        let labels = file.labelled.labels.iter().chain(&file.labelled.annotations);
        leaves.extend(labels.flat_map(|(_, value)| value.why.origins().to_vec()));
        let title = format!("the Secret {} is left out", file.name);
        let place = match &file.why {
            Why::Origin(place) => Some(*place),
            Why::Origins(places) => places.first().copied(),
            Why::Decision(_) => None,
        };
        let diagnostic = match place {
            Some(place) => Diagnostic::new(Code::SecretOmitted, place, title),
            None => Diagnostic::nowhere(Code::SecretOmitted, title),
        };
        diags.push(diagnostic.why("the pods wait until it is there").help(command).covers(leaves));
        false
    });
}
