//! What the compiler cannot see: `..` or `field: _` in a pattern under `lower/` or `emit/` would let a field pass unseen (net 2).
#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads the sources and fails loudly")]

use std::path::Path;

/// A rest pattern: `..` before a closing brace. A struct expression's `..Default::default()` names what it takes.
fn is_rest_pattern(line: &str) -> bool {
    let code = line.split("//").next().unwrap();
    code.contains(".. }") || code.trim() == ".."
}

/// A field of a struct that is passed over: `field: _name` anywhere, `field: _` where no enum's variant (`Kind::Variant`) is told
/// from others by it.
fn is_unread_field(line: &str) -> bool {
    let code = line.split("//").next().unwrap();
    let mut before = String::new();
    code.split(": _").zip(code.split(": _").skip(1)).any(|(left, right)| {
        before.push_str(left);
        let field = left.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let is_field = field.len() < left.len() && !field.ends_with("let ");
        is_field && (right.starts_with(|c: char| c.is_ascii_alphanumeric()) || !before.contains("::"))
    })
}

#[test]
fn no_rest_pattern_hides_a_field_from_lowering_or_emitting() {
    let mut found = Vec::new();
    let mut read = 0;
    let mut folders =
        ["src/lower", "src/emit"].map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.ends_with("tests.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            read += 1;
            for (number, _) in
                text.lines().enumerate().filter(|(_, line)| is_rest_pattern(line) || is_unread_field(line))
            {
                found.push(format!("{}:{}", path.display(), number + 1));
            }
        }
    }
    assert!(read > 10);
    assert!(found.is_empty(), "take these apart completely:\n{}", found.join("\n"));
}

#[test]
fn a_rest_pattern_is_told_from_a_struct_expression() {
    assert!(is_rest_pattern("let Key::Set { value, .. } = key;"));
    assert!(!is_rest_pattern("PodSpec { containers, ..PodSpec::default() }"));
}

#[test]
fn a_field_that_is_passed_over_is_told_from_a_variant() {
    assert!(is_unread_field("let Volume { name, labels: _labels } = volume;"));
    assert!(is_unread_field("        labels: _,"));
    assert!(is_unread_field("let Volume { name, labels: _ } = volume;"));
    assert!(!is_unread_field("MountSource::Host { path: _, kind: _ } => None,"));
    assert!(!is_unread_field("let Volume { name, labels } = volume;"));
    assert!(!is_unread_field("let rows: Vec<_> = found.iter().map(|(key, _)| key).collect();"));
}
