//! `entrypoint` and `command` (compose-spec): Kubernetes calls them `command` and `args`.

use crate::compose::Dialect;
use crate::compose::keys::Key;
use crate::compose::model::service::Command;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::Traced;
use crate::lower::Context;

/// What replaces the image's entrypoint, and the arguments. `None` where the image's own hold.
pub(super) struct Process {
    /// In place of the image's entrypoint.
    pub(super) command: Option<Vec<Traced<String>>>,
    /// In place of the image's command.
    pub(super) args: Option<Vec<Traced<String>>>,
}

/// Splits what runs as Kubernetes has it. An empty entrypoint takes the image's away in docker compose: its place is taken by the
/// command. A swarm reads it as nothing at all.
pub(super) fn process(
    context: &Context<'_>,
    service: &str,
    entrypoint: &Key<Command>,
    command: &Key<Command>,
    diags: &mut Diagnostics,
) -> Process {
    let is_cleared = match entrypoint.get().map(|found| found.value.0.as_slice()) {
        None => false,
        Some([]) => context.dialect() == Dialect::Compose,
        Some([only]) => only.value.is_empty(),
        Some(_) => false,
    };
    if !is_cleared {
        return Process { command: words(entrypoint, diags), args: words(command, diags) };
    }
    let own = words(command, diags);
    if let Some(found) = entrypoint.get() {
        if own.is_some() {
            diags.consume(found.origin, "the command stands in the entrypoint's place");
            found.value.0.iter().for_each(|word| diags.consume(word.origin, "the command stands in its place"));
        } else {
            diags.push(
                Diagnostic::new(Code::EntrypointCleared, found.origin, "the image's entrypoint runs")
                    .label("is to be taken away")
                    .why("an empty list says nothing in Kubernetes, and the image's own command is not known here")
                    .help("write the image's command under command:")
                    .covers(found.value.0.iter().map(|word| word.origin))
                    .key(format!("{service}.entrypoint")),
            );
        }
    }
    Process { command: own, args: None }
}

/// The folder it starts in: empty is the image's own.
pub(super) fn folder(path: &str, folder: &Key<String>, diags: &mut Diagnostics) -> Option<Traced<String>> {
    let found = folder.get()?;
    if found.value.is_empty() {
        diags.consume(found.origin, "an empty folder is the image's own");
        return None;
    }
    // A drive letter begins a path of Windows.
    let is_absolute = found.value.starts_with(['/', '\\']) || found.value.get(1..2) == Some(":");
    if !is_absolute {
        diags.push(
            Diagnostic::new(Code::BadValue, found.origin, format!("the folder `{}` is not absolute", found.value))
                .help("write a path that begins with a slash")
                .key(format!("{path}.working_dir")),
        );
    }
    Some(Traced::from(found.clone()))
}

/// The words; `None` where the image's own hold.
fn words(command: &Key<Command>, diags: &mut Diagnostics) -> Option<Vec<Traced<String>>> {
    let found = command.get()?;
    if found.value.0.is_empty() {
        diags.consume(found.origin, "an empty list: the image's own holds");
        return None;
    }
    Some(found.value.0.iter().cloned().map(Traced::from).collect())
}
