//! Objects as one JSON document; rule: many objects are one `List` of `v1`, which `kubectl apply -f` takes as it
//! takes a file of several YAML documents.

use std::borrow::Borrow;
use std::io;

use super::PIECE;
use crate::emit::Value;

/// Writes the objects as a pretty printed `List`, two spaces per level, with a newline at the end.
pub fn list<V: Borrow<Value>>(values: impl IntoIterator<Item = V>) -> String {
    let mut out = String::new();
    // Only a piece that cannot be taken is an error.
    let _ = pieces(values, |piece| {
        out.push_str(piece);
        Ok(())
    });
    out
}

/// The same in pieces, so that nobody needs to hold the whole text; ends with the first error.
pub fn pieces<V: Borrow<Value>>(
    values: impl IntoIterator<Item = V>,
    mut take: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = String::from("{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [");
    let mut separator = "";
    for value in values {
        out.push_str(separator);
        separator = ",";
        // JSON escapes the newlines inside strings, so every newline here is layout and may be indented.
        for line in format!("{:#}", value.borrow()).lines() {
            out.push_str("\n    ");
            out.push_str(line);
        }
        if out.len() >= PIECE {
            take(&out)?;
            out.clear();
        }
    }
    if !separator.is_empty() {
        out.push_str("\n  ");
    }
    out.push_str("]\n}\n");
    take(&out)
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
        assert_eq!(list(items.clone().map(Value::from)), format!("{whole:#}\n"));
    }

    #[test]
    fn no_objects_are_an_empty_list() {
        let whole = json!({"apiVersion": "v1", "kind": "List", "items": []});
        assert_eq!(list::<Value>([]), format!("{whole:#}\n"));
    }
}
