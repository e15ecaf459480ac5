//! Objects as one JSON document; rule: many objects are one `List` of `v1`, which `kubectl apply -f` takes as it
//! takes a file of several YAML documents.

use std::fmt::Write;

use crate::emit::Value;

/// Writes the objects as a pretty printed `List`, two spaces per level, with a newline at the end.
pub fn list<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let mut out = String::from("{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [");
    let mut text = String::new();
    let mut separator = "";
    for value in values {
        out.push_str(separator);
        separator = ",";
        text.clear();
        // Writing to a string cannot fail.
        let _ = write!(text, "{value:#}");
        // JSON escapes the newlines inside strings, so every newline here is layout and may be indented.
        for line in text.lines() {
            out.push_str("\n    ");
            out.push_str(line);
        }
    }
    if !separator.is_empty() {
        out.push_str("\n  ");
    }
    out.push_str("]\n}\n");
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::list;
    use crate::emit::Value;

    #[test]
    fn reads_as_serde_json_would_have_written_it() {
        let items = [
            json!({"kind": "A", "data": {"k": "a\nb\u{2028}\"", "n": []}}),
            json!({"kind": "B", "l": [1, {}]}),
            json!(7),
        ];
        let whole = json!({"apiVersion": "v1", "kind": "List", "items": items});
        assert_eq!(list(&items.map(Value::from)), format!("{whole:#}\n"));
    }

    #[test]
    fn no_objects_are_an_empty_list() {
        let whole = json!({"apiVersion": "v1", "kind": "List", "items": []});
        assert_eq!(list([]), format!("{whole:#}\n"));
    }
}
