//! Tests of what is refused: mistakes of syntax, of keys and aliases, and files made to fill the memory.

use std::fmt::Write as _;

use super::{check_faults, read, root};
use crate::diag::Code;

/// Refused with one message; without the limits these would not end.
fn check_refused(text: &str, code: Code) {
    let read = read(text);
    assert_eq!(read.faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), [code]);
}

#[test]
fn duplicate_keys_are_all_reported_with_the_first_place() {
    let faults = check_faults(
        "a: 1\nb: {x: 1, 'x': 2}\na: 2\na: 3\n",
        &[(Code::YamlDuplicateKey, "'x'"), (Code::YamlDuplicateKey, "a"), (Code::YamlDuplicateKey, "a")],
    );
    for fault in faults {
        assert_eq!(fault.others.first().map(|label| label.text.as_str()), Some("first said here"));
    }
}

#[test]
fn two_merge_keys_are_a_duplicate() {
    check_faults("{<<: {a: 1}, <<: {b: 1}}", &[(Code::YamlDuplicateKey, "<<")]);
}

#[test]
fn keys_that_are_not_strings_are_all_reported() {
    let key = Code::YamlKeyNotString;
    check_faults(
        "1: a\ntrue: b\n~: c\n1.5: d\n2001-01-02: e\n\"1\": f\non: g\n",
        &[(key, "1"), (key, "true"), (key, "~"), (key, "1.5"), (key, "2001-01-02")],
    );
    check_faults("? [a]\n: b\n", &[(key, "[a]")]);
    check_faults("a: {{ x }}\n", &[(key, "{ x }")]);
    check_faults("[: d]", &[(key, "")]);
    let faults = check_faults("8080: a", &[(key, "8080")]);
    assert_eq!(faults.first().and_then(|fault| fault.help.first()).map(String::as_str), Some("quote it: `\"8080\":`"));
}

#[test]
fn merge_keys_that_merge_no_mapping_are_reported() {
    let merge = Code::YamlMergeKey;
    check_faults("a: {<<: x}\nb: {<<: }\nc: {<<: [{}, 1]}\n", &[(merge, "x"), (merge, ""), (merge, "1")]);
    check_faults("a: &a 1\nb: {<<: *a}\nc: {<<: [[{}]]}", &[(merge, "*a"), (merge, "[{}]")]);
}

#[test]
fn unknown_aliases_are_all_reported() {
    let unknown = Code::YamlUnknownAnchor;
    check_faults("a: *x\nb: {<<: *y}\nc: &x 1\n*z : 1\n", &[(unknown, "*x"), (unknown, "*y"), (unknown, "*z")]);
    check_faults("a: &x 1\n---\nb: *x\n", &[(unknown, "*x")]);
}

#[test]
fn an_alias_inside_its_own_anchor_is_refused() {
    check_faults("a: &x\n  b: *x\n", &[(Code::YamlUnknownAnchor, "*x")]);
    check_faults("&r [[*r]]", &[(Code::YamlUnknownAnchor, "*r")]);
    check_faults("a: &x {<<: *x}", &[(Code::YamlUnknownAnchor, "*x")]);
}

#[test]
fn mistakes_of_every_kind_are_reported_together() {
    check_faults(
        "a: *x\na: 1\n2: {<<: 1}\n",
        &[
            (Code::YamlUnknownAnchor, "*x"),
            (Code::YamlDuplicateKey, "a"),
            (Code::YamlKeyNotString, "2"),
            (Code::YamlMergeKey, "1"),
        ],
    );
}

#[test]
fn mistakes_of_syntax_give_one_message_at_their_place() {
    let syntax = Code::YamlSyntax;
    for (text, place) in [
        ("a: \"x", "\""),
        ("a: [b, c\nd: e", ":"),
        ("a: b: c", ":"),
        ("a:\n  - b\n c: d", "c"),
        ("a: @x", "@"),
        ("a: `x`", "`"),
        ("a: *", "*"),
        ("a: }", "}"),
        ("a: \"\\q\"", "\""),
        ("a: !u!x y", "!"),
        ("a: 'x' y", "y"),
        ("é: \"ü\" ß", "ß"),
    ] {
        check_faults(text, &[(syntax, place)]);
    }
    check_faults("a: [b", &[(syntax, "[")]);
}

#[test]
fn tabs_in_the_indentation_are_named() {
    for text in ["a:\n\tb: c\n", "a:\n  b: 1\n\tc: 2\n"] {
        let faults = check_faults(text, &[(Code::YamlSyntax, "\t")]);
        assert_eq!(faults.first().and_then(|fault| fault.help.first()).map(String::as_str), Some("indent with spaces"));
    }
}

#[test]
fn control_characters_are_refused_everywhere() {
    for text in ["a: \0", "a: \"\u{7}\"", "# \u{1b}", "a: |\n  \u{7f}\n"] {
        let read = read(text);
        let fault = read.faults.first().expect("a mistake");
        assert_eq!((fault.code, read.faults.len()), (Code::YamlSyntax, 1), "{text:?}");
    }
    root("a: \"\\x07 \\0\"");
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    root(&nested(200));
    check_refused(&nested(201), Code::YamlLimit);
    check_refused(&nested(10_000), Code::YamlLimit);
    check_refused(&"[".repeat(65_000), Code::YamlLimit);
    check_refused(&"{a: ".repeat(16_000), Code::YamlLimit);
    check_refused(&"- ".repeat(32_000), Code::YamlLimit);
    let block = |depth: usize| (0..depth).fold(String::new(), |text, level| text + &" ".repeat(level) + "a:\n");
    check_refused(&block(350), Code::YamlLimit);
    root(&block(200));
    check_refused(&format!("{}{}", block(150), " ".repeat(150) + &nested(60)), Code::YamlLimit);
}

#[test]
fn a_billion_laughs_are_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{items}]").expect("a string takes all");
    }
    check_refused(&text, Code::YamlLimit);
}

#[test]
fn copies_of_long_texts_are_refused() {
    let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(30_000), "*a,".repeat(10_000));
    check_refused(&text, Code::YamlLimit);
    let text = format!("a: &a {{? {} : 1}}\nb: [{}]\n", "x".repeat(30_000), "*a,".repeat(10_000));
    check_refused(&text, Code::YamlLimit);
}

#[test]
fn chains_of_aliases_and_merges_are_bounded() {
    for link in ["[*a", "{<<: *a"] {
        let close = if link.starts_with('[') { ']' } else { '}' };
        let mut text = "a0: &a0 {}\n".to_owned();
        for level in 1..1_000 {
            writeln!(text, "a{level}: &a{level} {link}{}{close}", level - 1).expect("a string takes all");
        }
        check_refused(&text, Code::YamlLimit);
    }
    let text = format!("e: &e {{}}\nl: &l [{}]\nm:\n{}", "*e,".repeat(10_000), "- <<: *l\n".repeat(3_000));
    check_refused(&text, Code::YamlLimit);
}

#[test]
fn large_harmless_files_are_read() {
    root(&(0..6_000).fold(String::new(), |text, number| text + "key" + &number.to_string() + ": x\n"));
    root(&format!("[{}]", "&a 1, *a, ".repeat(6_000)));
    root(&format!("a: \"{}\"", "\\n".repeat(32_000)));
    root(&format!("a: |\n{}", "  x\n".repeat(16_000)));
    let many = read(&"---\n".repeat(16_000));
    assert_eq!(many.documents.map(|documents| documents.len()), Some(16_000));
}

#[test]
fn a_file_larger_than_the_limit_is_refused() {
    check_refused(&" ".repeat((64 << 20) + 1), Code::YamlLimit);
}

#[test]
fn a_file_holds_a_limited_number_of_values() {
    check_refused(&"- a\n".repeat(crate::syntax::MAX_NODES + 1), Code::YamlLimit);
}
