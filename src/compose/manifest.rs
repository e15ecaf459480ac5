//! Files that are Kubernetes manifests already: one word about that says more than one about each of their keys.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::syntax::{Node, Value};

/// Says that a file is one, if it is.
pub(super) fn is_one(root: &Node, diags: &mut Diagnostics) -> bool {
    let Value::Map(top) = &root.value else { return false };
    let (Some(version), true, false) = (top.get("apiVersion"), top.contains_key("kind"), top.contains_key("services"))
    else {
        return false;
    };
    diags.push(
        Diagnostic::new(Code::UnknownKey, version.key, "this is a Kubernetes manifest, not a Compose file")
            .label("no key of Compose")
            .help("name the Compose file with -f")
            .covers_below([root.origin]),
    );
    true
}
