//! Keys that are true or false, and false where they are not written.

use crate::compose::keys::Key;
use crate::diag::Diagnostics;
use crate::origin::Origin;

/// Where a flag is set to true.
pub(super) fn flag(key: &Key<bool>, diags: &mut Diagnostics) -> Option<Origin> {
    let found = key.get()?;
    if !found.value {
        diags.consume(found.origin, "false is the default");
    }
    found.value.then_some(found.origin)
}
