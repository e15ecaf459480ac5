//! Whether what the server returns contains what was sent: it drops fields of features that are off without a word.

use serde_json::Value;

/// JSON pointers of everything that was sent and is not returned as it was, each with what stands there instead.
pub(crate) fn lost(sent: &Value, returned: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    compare(sent, Some(returned), &mut String::new(), &mut found);
    found
}

fn compare(sent: &Value, returned: Option<&Value>, pointer: &mut String, found: &mut Vec<(String, String)>) {
    let length = pointer.len();
    match (sent, returned) {
        (Value::Object(sent), Some(Value::Object(returned))) => {
            for (key, value) in sent {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                compare(value, returned.get(key), pointer, found);
                pointer.truncate(length);
            }
        }
        (Value::Array(sent), Some(Value::Array(returned))) if sent.len() == returned.len() => {
            for (index, (value, other)) in sent.iter().zip(returned).enumerate() {
                pointer.push_str(&format!("/{index}"));
                compare(value, Some(other), pointer, found);
                pointer.truncate(length);
            }
        }
        (sent, Some(returned)) if sent == returned => {}
        // The API leaves these out where they mean the same as nothing.
        (Value::String(text), None) if text.is_empty() => {}
        (Value::Bool(false), None) => {}
        (Value::Number(number), None) if number.as_i64() == Some(0) => {}
        (_, Some(returned)) => found.push((pointer.clone(), format!("became {returned}"))),
        (sent, None) => found.push((pointer.clone(), format!("is gone: {sent}"))),
    }
}
