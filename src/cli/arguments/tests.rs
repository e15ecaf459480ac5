//! What the options take and refuse.

use clap::CommandFactory;

use super::values::namespace;
use super::*;

#[test]
fn the_definition_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn codes_are_found_by_id_and_name() {
    assert_eq!(code("t0101"), Ok(Code::UnknownKey));
    assert_eq!(code("Unknown-Key"), Ok(Code::UnknownKey));
    assert!(code("unknwon-key").unwrap_err().contains("`unknown-key`"));
    assert!(!code("quite-something-else").unwrap_err().contains("mean"));
    assert_eq!(denied("Warnings"), Ok(Denied::Warnings));
    assert!(denied("warning").unwrap_err().contains("`warnings`"));
}

#[test]
fn namespaces_are_labels() {
    for good in ["a", "shop-1", "1a", &"a".repeat(63)] {
        assert!(namespace(good).is_ok(), "{good}");
    }
    for bad in ["", "-a", "a-", "A", "a.b", "a_b", "ä", &"a".repeat(64)] {
        assert!(namespace(bad).is_err(), "{bad}");
    }
}
