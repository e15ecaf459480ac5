//! `transship explain`: the page of a code, as it stands in `docs/codes/`.

use crate::diag::Code;

/// The page, without the mark of its heading.
pub(super) fn page(code: Code) -> &'static str {
    code.page().trim_start_matches("# ")
}
