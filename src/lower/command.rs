//! `entrypoint` and `command` (compose-spec): Kubernetes calls them `command` and `args`.

use crate::compose::keys::Key;
use crate::compose::model::service::Command;
use crate::diag::Diagnostics;
use crate::ir::Traced;

/// The words; `None` where the image's own hold.
pub(super) fn words(command: &Key<Command>, diags: &mut Diagnostics) -> Option<Vec<Traced<String>>> {
    let found = command.get()?;
    if found.value.0.is_empty() {
        diags.consume(found.origin, "an empty list: the image's own holds");
        return None;
    }
    Some(found.value.0.iter().cloned().map(Traced::from).collect())
}
