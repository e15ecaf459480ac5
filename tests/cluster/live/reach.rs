//! What the probe pod reaches: names, ports and pages.

use std::time::Duration;

use super::stack::{PROBE, Stack};
use crate::expect::Http;

/// A page is there and holds what it should.
pub(super) fn http(stack: &Stack, http: &Http) -> Result<(), String> {
    stack.within(Duration::from_secs(10), || {
        let body = stack.exec(PROBE, &["wget", "-q", "-T", "5", "-O", "-", &http.url])?;
        let body = String::from_utf8_lossy(&body);
        if body.contains(&http.contains) { Ok(()) } else { Err(format!("`{}` is not in: {body}", http.contains)) }
    })
}
