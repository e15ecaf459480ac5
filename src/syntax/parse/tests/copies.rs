//! Tests of what stands in two places: aliases and merge keys.

use super::{at, check, map, read, root, show};
use crate::origin::{Origin, Via};

#[test]
fn a_copy_has_origins_of_its_own() {
    let read = read("a: &x {k: [1]}\nb: *x\nc: &y [*x]\nd: *y\n");
    let documents = read.documents.expect("no error");
    let root = documents.first().expect("a document");
    assert_eq!(show(root), "{a: {k: [1]}, b: {k: [1]}, c: [{k: [1]}], d: [{k: [1]}]}");
    let entry = |origin: Origin| read.sources.entry(origin);
    let leaves = ["a.k.0", "b.k.0", "c.0.k.0", "d.0.k.0"].map(|path| at(root, path).origin);
    for (number, leaf) in leaves.iter().enumerate() {
        assert_eq!(read.sources.text_at(*leaf), "1");
        assert!(!leaves.iter().skip(number + 1).any(|other| other == leaf));
    }
    let [written, copied, _, twice] = leaves;
    assert_eq!(entry(written).via, None);
    let (via, place) = entry(copied).via.expect("a step");
    assert_eq!((via, read.sources.text_at(place), entry(place).via), (Via::Alias, "*x", None));
    let (_, inner) = entry(twice).via.expect("a step");
    let (_, outer) = entry(inner).via.expect("the alias is a copy itself");
    assert_eq!((read.sources.text_at(inner), read.sources.text_at(outer)), ("*x", "*y"));
    let keys = ["a", "b"].map(|path| map(at(root, path)).get("k").expect("the key").key);
    assert_eq!(keys.map(|key| read.sources.text_at(key)), ["k", "k"]);
    assert!(entry(keys[0]).via.is_none() && entry(keys[1]).via.is_some());
}

#[test]
fn the_last_anchor_before_an_alias_wins_in_its_document() {
    check("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", "{a: 1, b: 1, c: 2, d: 2}");
    check("a: &x\nb: *x\n&k key: 1\nc: *k\n", r#"{a: null, b: null, key: 1, c: "key"}"#);
    check("a: &k name\n*k : 2\n", r#"{a: "name", name: 2}"#);
    let documents = read("a: &x 1\n---\na: &x 2\nb: *x\n").documents.expect("no error");
    assert_eq!(documents.iter().map(show).collect::<Vec<_>>(), ["{a: 1}", "{a: 2, b: 2}"]);
}

#[test]
fn own_keys_win_wherever_the_merge_key_stands() {
    check("b: &b {x: 1, y: 2}\nc:\n  <<: *b\n  x: 3\n", "{b: {x: 1, y: 2}, c: {y: 2, x: 3}}");
    check("b: &b {x: 1, y: 2}\nc:\n  x: 3\n  <<: *b\n", "{b: {x: 1, y: 2}, c: {x: 3, y: 2}}");
    check("b: &b {x: 1}\nc:\n  <<: *b\n  x:\n", "{b: {x: 1}, c: {x: null}}");
}

#[test]
fn a_merge_takes_a_mapping_an_alias_or_a_list_of_those() {
    check("{<<: {x: 1}, y: 2}", "{x: 1, y: 2}");
    check("a: &a {x: 1}\nb: {<<: [*a, {x: 2, z: 3}], y: 2}", "{a: {x: 1}, b: {x: 1, z: 3, y: 2}}");
    check("a: &a [{x: 1}, {y: 2}]\nb: {<<: *a}", "{a: [{x: 1}, {y: 2}], b: {x: 1, y: 2}}");
    check("{<<: [], y: 2}", "{y: 2}");
}

#[test]
fn a_merge_is_shallow_and_follows_merges() {
    check("a: &a {m: {x: 1}}\nb: {<<: *a, m: {y: 2}}", "{a: {m: {x: 1}}, b: {m: {y: 2}}}");
    check(
        "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b, z: 3}",
        "{a: {x: 1}, b: {x: 1, y: 2}, c: {x: 1, y: 2, z: 3}}",
    );
}

#[test]
fn a_quoted_merge_key_is_a_key_and_a_merge_value_is_a_string() {
    check("{\"<<\": 1}", "{<<: 1}");
    check("{a: <<}", r#"{a: "<<"}"#);
}

#[test]
fn merged_entries_say_which_merge_key_brought_them() {
    let read = read("a: &a {k: [1]}\nb:\n  <<: *a\n");
    let documents = read.documents.expect("no error");
    let root = documents.first().expect("a document");
    for origin in [map(at(root, "b")).get("k").expect("the key").key, at(root, "b.k").origin, at(root, "b.k.0").origin]
    {
        let (via, place) = read.sources.entry(origin).via.expect("a step");
        assert_eq!((via, read.sources.text_at(place)), (Via::Merge, "<<"));
    }
    assert_ne!(at(root, "a.k").origin, at(root, "b.k").origin);
}

#[test]
fn a_tag_is_copied_with_its_node() {
    check("a: &a !reset [1]\nb: *a\n", "{a: !reset [1], b: !reset [1]}");
    assert_eq!(root("a: &a !reset x\nb: *a\n"), root("a: &a !reset x\nb: *a\n"));
}
