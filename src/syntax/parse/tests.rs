//! Tests of the whole reader: values, places, mistakes and limits.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::Sources;
use crate::syntax::{Map, Node, Tag, Value, parse};

mod copies;
mod faults;

struct Read {
    documents: Option<Vec<Node>>,
    sources: Sources,
    faults: Vec<Diagnostic>,
}

fn read(text: &str) -> Read {
    let (mut sources, mut diags) = (Sources::default(), Diagnostics::default());
    let file = sources.add_file("compose.yaml", text);
    let documents = parse(file, &mut sources, &mut diags);
    let faults = diags.sorted(&sources);
    assert_eq!(documents.is_none(), !faults.is_empty(), "{text:?}: {faults:?}");
    Read { documents, sources, faults }
}

fn root(text: &str) -> Node {
    let read = read(text);
    let documents = read.documents.unwrap_or_else(|| panic!("{text:?}: {:?}", read.faults));
    assert_eq!(documents.len(), 1, "{text:?}");
    documents.into_iter().next().expect("one document")
}

fn map(node: &Node) -> &Map {
    let Value::Map(map) = &node.value else { panic!("not a mapping: {node:?}") };
    map
}

fn at<'a>(node: &'a Node, path: &str) -> &'a Node {
    path.split('.').fold(node, |node, part| match &node.value {
        Value::List(items) => items.get(part.parse::<usize>().expect("an index")).expect("an item"),
        Value::Map(map) => &map.get(part).unwrap_or_else(|| panic!("no {part} in {map:?}")).value,
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) | Value::String(_) => {
            panic!("{part} in {node:?}")
        }
    })
}

/// The tree in one line, tags in front.
fn show(node: &Node) -> String {
    let tag = match node.tag {
        Some(Tag::Reset) => "!reset ",
        Some(Tag::Override) => "!override ",
        None => "",
    };
    let value = match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Timestamp(text) => format!("<{text}>"),
        Value::String(text) => format!("{text:?}"),
        Value::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Value::Map(map) => {
            let entries: Vec<_> = map.iter().map(|(key, entry)| format!("{key}: {}", show(&entry.value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    };
    format!("{tag}{value}")
}

fn check(text: &str, expected: &str) {
    assert_eq!(show(&root(text)), expected, "{text:?}");
}

/// Codes and marked texts of all mistakes.
fn check_faults(text: &str, expected: &[(Code, &str)]) -> Vec<Diagnostic> {
    let read = read(text);
    let found: Vec<_> = read
        .faults
        .iter()
        .map(|fault| (fault.code, read.sources.text_at(fault.primary.as_ref().expect("a place").origin)))
        .collect();
    assert_eq!(found, expected, "{text:?}");
    for fault in &read.faults {
        assert!(!fault.help.is_empty() && !fault.message.ends_with('.'), "{fault:?}");
    }
    read.faults
}

#[test]
fn unquoted_scalars_are_typed_and_others_are_not() {
    check(
        "[1, '1', \"1\", true, 'true', ~, yes, 22:22, 010, 1e3]",
        r#"[1, "1", "1", true, "true", null, "yes", "22:22", 8, 1000.0]"#,
    );
    check("a: |\n  1\nb: >-\n  1\n", r#"{a: "1\n", b: "1"}"#);
    check("a: 2001-01-02", "{a: <2001-01-02 00:00:00 +0000 UTC>}");
    check("on: 1\nyes: 2", "{on: 1, yes: 2}");
}

#[test]
fn tags_of_yaml_type_a_scalar_and_unknown_tags_keep_the_string() {
    check("[!!str 1, !!int '1', !!float 1, !!binary aGk=, !!str ]", r#"["1", 1, 1.0, "hi", ""]"#);
    check("[!foo 1, ! 2, !foo [3]]", r#"["1", "2", [3]]"#);
}

#[test]
fn reset_and_override_mark_the_node_and_keep_the_string() {
    check(
        "a: !reset null\nb: !override 2\nc: !override [1]\nd: !reset {}\ne: !reset\n",
        r#"{a: !reset "null", b: !override "2", c: !override [1], d: !reset {}, e: !reset ""}"#,
    );
    check("a: !override\n  - x\nb: !override\n  c: 1\n", r#"{a: !override ["x"], b: !override {c: 1}}"#);
}

#[test]
fn a_value_that_does_not_fit_its_tag_is_an_error() {
    check_faults("[!!int x, !!binary '!']", &[(Code::YamlSyntax, "x"), (Code::YamlSyntax, "'!'")]);
    check_faults("!!binary /w==", &[(Code::NotUtf8, "/w==")]);
}

#[test]
fn empty_files_hold_no_document_and_empty_documents_hold_null() {
    for text in ["", "\n\n", "# only\n# comments", "   "] {
        assert_eq!(read(text).documents, Some(Vec::new()), "{text:?}");
    }
    check("---\n", "null");
    let documents = read("---\n---\na: 1\n...\n---\nb").documents.expect("no error");
    assert_eq!(documents.iter().map(show).collect::<Vec<_>>(), ["null", "{a: 1}", "\"b\""]);
}

#[test]
fn a_block_scalar_that_ends_with_the_file_gets_no_line_break() {
    for (text, expected) in [
        ("a: |\n  x", "x"),
        ("a: |+\n  x", "x"),
        ("a: |-\n  x", "x"),
        ("a: >\n  x\n  y", "x y"),
        ("a: |\n  x\n", "x\n"),
        ("a: |\n  x\n\n", "x\n"),
        ("a: |+\n  x\n\n", "x\n\n"),
        ("a: |\n  x\n  ", "x\n"),
        ("a: |\n  x\n    ", "x\n  "),
        ("a: |\r\n  x\r\n  y", "x\ny"),
        ("a: |\n  x\r\n", "x\n"),
        ("a: |", ""),
        ("a: |\n  x\n# c", "x\n"),
    ] {
        assert_eq!(at(&root(text), "a").value, Value::String(expected.to_owned()), "{text:?}");
    }
}

#[test]
fn windows_line_ends_are_read() {
    check("a: 1\r\nb:\r\n  - x\r\n  - |\r\n    y\r\n    z\r\n", r#"{a: 1, b: ["x", "y\nz\n"]}"#);
}

#[test]
fn places_are_bytes_from_first_to_last() {
    let text = "# é\nä: 1   # é\nb:\n  - é x\n  - y: \"ü\"\n\n# end\nc: [1, {a: b}, ]\nd: |\n  text\n  more\n\ne:\nf: [k: v]\n";
    let read = read(text);
    let documents = read.documents.expect("no error");
    let root = documents.first().expect("a document");
    let shown = |node: &Node| read.sources.text_at(node.origin).to_owned();
    for (path, expected) in [
        ("ä", "1"),
        ("b", "- é x\n  - y: \"ü\""),
        ("b.0", "é x"),
        ("b.1", "y: \"ü\""),
        ("b.1.y", "\"ü\""),
        ("c", "[1, {a: b}, ]"),
        ("c.1", "{a: b}"),
        ("d", "text\n  more"),
        ("e", ""),
        ("f.0", "k: v"),
        ("f", "[k: v]"),
    ] {
        assert_eq!(shown(at(root, path)), expected, "{path}");
    }
    assert!(shown(root).starts_with("ä: 1") && shown(root).ends_with("f: [k: v]"));
    let key = map(root).get("ä").expect("the key").key;
    assert_eq!(read.sources.text_at(key), "ä");
    let empty = read.sources.entry(at(root, "e").origin).range.clone();
    assert_eq!(text.get(empty.start - 2..empty.start), Some("e:"));
}
