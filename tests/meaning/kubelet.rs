//! What the kubelet makes of a container's texts: `$(NAME)` and `$$`, and the environment in its order.

use std::collections::BTreeMap;

use base64::Engine;
use serde_json::Value;

use crate::case::Case;

/// Replaces `$(NAME)` by its value; a name that is not set stays as it is written, and `$$` is one `$`.
pub(crate) fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(tail) = after.strip_prefix('$') {
            out.push('$');
            rest = tail;
        } else if let Some((name, tail)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match variables.get(name) {
                Some(value) => out.push_str(value),
                None => out.push_str(&format!("$({name})")),
            }
            rest = tail;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out + rest
}

/// The text of a key of a ConfigMap or Secret; `None` where our manifests have no such object or key.
fn referred(case: &Case, kind: &str, name: &str, key: &str) -> Option<String> {
    let object = case.object(kind, name)?;
    let text = object["data"][key].as_str()?;
    if kind == "ConfigMap" {
        return Some(text.to_owned());
    }
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text).ok()?).ok()
}

/// Every key of a ConfigMap or Secret.
fn all(case: &Case, kind: &str, name: &str) -> Vec<(String, String)> {
    let data = case.object(kind, name).and_then(|object| object["data"].as_object());
    let keys = data.into_iter().flatten().map(|(key, _)| key);
    keys.filter_map(|key| Some((key.clone(), referred(case, kind, name, key)?))).collect()
}

/// The environment that a container gets. Fields of the pod are written as `{{spec.nodeName}}`.
pub(crate) fn environment(case: &Case, container: &Value) -> BTreeMap<String, String> {
    let mut result = BTreeMap::new();
    for source in container["envFrom"].as_array().into_iter().flatten() {
        let prefix = source["prefix"].as_str().unwrap_or_default();
        for (key, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
            if let Some(name) = source[key]["name"].as_str() {
                result.extend(all(case, kind, name).into_iter().map(|(key, value)| (format!("{prefix}{key}"), value)));
            }
        }
    }
    // Variables of the API server's Service are there even without service links.
    let mut before = BTreeMap::from([
        ("KUBERNETES_SERVICE_HOST".to_owned(), "10.0.0.1".to_owned()),
        ("KUBERNETES_SERVICE_PORT".to_owned(), "443".to_owned()),
    ]);
    for variable in container["env"].as_array().into_iter().flatten() {
        let Some(name) = variable["name"].as_str() else { continue };
        let from = &variable["valueFrom"];
        let reference = |key: &str, kind: &str| {
            let (name, key) = (from[key]["name"].as_str()?, from[key]["key"].as_str()?);
            referred(case, kind, name, key)
        };
        let value = if let Some(text) = variable["value"].as_str().filter(|text| !text.is_empty()) {
            Some(expand(text, &before))
        } else if let Some(field) = from["fieldRef"]["fieldPath"].as_str() {
            Some(format!("{{{{{field}}}}}"))
        } else if from.is_null() {
            Some(String::new())
        } else {
            reference("secretKeyRef", "Secret").or_else(|| reference("configMapKeyRef", "ConfigMap"))
        };
        if let Some(value) = value {
            before.insert(name.to_owned(), value.clone());
            result.insert(name.to_owned(), value);
        }
    }
    result
}

/// A list of texts as the process gets it.
pub(crate) fn words(list: &Value, variables: &BTreeMap<String, String>) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(|text| expand(text, variables)).collect()
}
