//! Texts in every style of YAML (1.2.2, chapters 5 to 9): what is written must be read back the same.

use serde_json::json;

use super::stream;
use crate::emit::Value;

fn document(value: &serde_json::Value) -> String {
    super::document(&Value::from(value.clone()))
}

#[test]
fn writes_as_people_do() {
    let value = json!({
        "kind": "X",
        "spec": {"ports": [{"name": "a", "port": 1}, {"port": 2, "l": [[1, [2]], [{"a": {"b": true}}], [], {}]}]},
        "emptyDir": {}, "none": null, "items": [], "cpu": "500m", "sum": "0f6c9e", "port": "3306", "on": "yes",
    });
    let expected = "kind: X\nspec:\n  ports:\n    - name: a\n      port: 1\n    - port: 2\n      l:\n        - - 1\n          \
                    - - 2\n        - - a:\n              b: true\n        - []\n        - {}\nemptyDir: {}\nnone: null\n\
                    items: []\ncpu: 500m\nsum: 0f6c9e\nport: \"3306\"\n\"on\": \"yes\"\n";
    assert_eq!(document(&value), expected);
}

#[test]
fn blocks_say_their_indentation_where_the_first_line_does_not() {
    let value = json!({"a": {"b": "x\ny\n"}, "c": [" x\ny", {"d": "\nx\n\n\n", "e": "x\n\n y"}, [" x\n"]]});
    let expected = "a:\n  b: |\n    x\n    y\nc:\n  - |2-\n     x\n    y\n  - d: |2+\n\n      x\n\n\n    e: |-\n      x\n\n\
                    \x20      y\n  - - |2\n       x\n";
    assert_eq!(document(&value), expected);
}

#[test]
fn quotes_what_a_reader_could_take_for_something_else() {
    for text in [
        "",
        "y",
        "No",
        "ON",
        "0_x1F",
        "1_000",
        "22:22",
        "2001-01-01",
        "1e3",
        "a: b",
        "a #b",
        "a ",
        "...  x",
        "... g",
        "é",
    ] {
        assert_eq!(document(&json!(text)), format!("\"{text}\"\n"));
    }
    for text in
        ["a:b", "a#b", "sh -c 'x; y'", "10.0.0.0/8", "1Gi", "12ab", "http://localhost:3000/", "until nc -z; do x; done"]
    {
        assert_eq!(document(&json!(text)), format!("{text}\n"));
    }
    assert_eq!(document(&json!("\u{7}\u{2028}\u{10ffff}\r\n")), "\"\\x07\\u2028\\U0010FFFF\\r\\n\"\n");
}

#[test]
fn floats_have_a_point_and_a_signed_exponent() {
    for (value, text) in [(1e21, "1.0e+21\n"), (1.5e-9, "1.5e-9\n"), (0.5, "0.5\n"), (1e300, "1.0e+300\n")] {
        assert_eq!(document(&json!(value)), text);
    }
}

#[test]
fn long_keys_are_explicit() {
    let name = "k".repeat(1001);
    assert_eq!(document(&json!([{ name.as_str(): 1 }])), format!("- ? \"{name}\"\n  : 1\n"));
    let escaped = "\u{7}".repeat(300);
    assert_eq!(document(&json!({ escaped: [1] })), format!("? \"{}\"\n:\n  - 1\n", "\\x07".repeat(300)));
}

#[test]
fn documents_are_parted_by_a_line() {
    assert_eq!(stream::<Value>([]), "");
    assert_eq!(
        stream([json!({"a": 1}), json!({"b": "x\n\n"}), json!([])].map(Value::from)),
        "a: 1\n---\nb: |+\n  x\n\n---\n[]\n"
    );
}
