//! Labels and annotations (compose-spec "labels", "annotations", "deploy.labels"; Kubernetes, "Labels and Selectors", "Annotations"):
//! free text for people and tools. Labels become labels where Kubernetes takes their values, and annotations, which hold any text,
//! otherwise; nothing is ever selected by them.

use crate::compose::keys::Key;
use crate::compose::model::text::Pairs;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Traced, Why};
use crate::lower::kompose;
use crate::lower::labelled::is_value;
use crate::origin::Origin;

use std::collections::BTreeSet;

/// Annotations: key and value, in the order of the file.
pub(super) type Annotations = Vec<(String, Traced<String>)>;

/// Where labels stand together whose keys Kubernetes refuses, as a JSON object.
const OTHERS: &str = "transship.dev/labels";
/// The longest name behind the slash of a key, and the longest domain before it.
const LONGEST_NAME: usize = 63;
const LONGEST_DOMAIN: usize = 253;

/// The annotations that one key's labels make, but for those that are taken for something else.
pub(super) fn of(path: &str, labels: &Key<Pairs>, taken: fn(&str) -> bool, diags: &mut Diagnostics) -> Annotations {
    let mut found = Annotations::new();
    let mut others = serde_json::Map::new();
    let mut places: Vec<Origin> = Vec::new();
    // Labels of kompose are heard as x-kubernetes is; an annotation of that name is one.
    let is_taken = |key: &str| taken(key) || (path.ends_with("labels") && kompose::is_label(key));
    for (key, pair) in labels.get().iter().flat_map(|pairs| pairs.value.0.iter()).filter(|(key, _)| !is_taken(key)) {
        let value = pair.value.clone().unwrap_or_default();
        if is_key(key) {
            found.push((key.clone(), Traced::from_origin(value, pair.origin)));
        } else {
            others.insert(key.clone(), value.into());
            places.push(pair.origin);
        }
    }
    if let Some(first) = places.first() {
        diags.push(
            Diagnostic::new(Code::LabelKey, *first, format!("labels whose keys Kubernetes refuses stand in {OTHERS}"))
                .why("a key there has at most 63 letters, digits, dashes, dots and underscores, behind a domain and a slash")
                .help("give the label a shorter key if a tool reads it")
                .cause("labels")
                .key(path)
                .covers(places.iter().copied()),
        );
        let value = serde_json::Value::Object(others).to_string();
        found.push((OTHERS.to_owned(), Traced { value, why: Why::Origins(places) }));
    }
    found
}

/// What is a label, and what is an annotation for its value. A router's or scheduler's keys belong together: where one of them is no
/// label, none is.
pub(super) fn sorted(found: Annotations) -> (Annotations, Annotations) {
    let tool = |key: &str| key.split_once('.').map(|(tool, _)| tool.to_owned());
    let texts: BTreeSet<String> =
        found.iter().filter(|(_, value)| !is_value(&value.value)).filter_map(|(key, _)| tool(key)).collect();
    found.into_iter().partition(|(key, value)| {
        is_value(&value.value) && key != OTHERS && tool(key).is_none_or(|tool| !texts.contains(&tool))
    })
}

/// The labels of two lists whose keys Kubernetes refuses, in one.
fn both(first: &Traced<String>, second: &Traced<String>) -> Traced<String> {
    let read = |text: &str| serde_json::from_str::<serde_json::Map<_, _>>(text).unwrap_or_default();
    let mut all = read(&first.value);
    all.extend(read(&second.value));
    let places = first.why.origins().iter().chain(second.why.origins()).copied().collect();
    Traced { value: serde_json::Value::Object(all).to_string(), why: Why::Origins(places) }
}

/// The later of two with one key counts.
pub(super) fn joined(path: &str, first: Annotations, second: Annotations, diags: &mut Diagnostics) -> Annotations {
    let mut all = first;
    for (key, value) in second {
        match all.iter_mut().find(|(known, _)| *known == key) {
            Some((_, before)) if key == OTHERS => *before = both(before, &value),
            Some((_, before)) => {
                let same = before.value == value.value;
                for place in before.why.origins() {
                    if same {
                        diags.consume(*place, "an annotation says the same");
                    } else {
                        diags.push(
                            Diagnostic::new(Code::LabelOverridden, *place, format!("the label `{key}` is left out"))
                                .why("an annotation has the same key, and both become annotations of the pod")
                                .help("give one of them another key")
                                .key(format!("{path}.labels.{key}")),
                        );
                    }
                }
                *before = value;
            }
            None => all.push((key, value)),
        }
    }
    all
}

/// What users may write as a key: a qualified name outside of the domains of Kubernetes.
fn is_key(key: &str) -> bool {
    // Domains of Kubernetes are its own, but for what it recommends; ours holds marks.
    let is_reserved = |(domain, name): (&str, &str)| {
        if domain == "app.kubernetes.io" {
            return matches!(name, "name" | "part-of" | "managed-by");
        }
        ["kubernetes.io", "k8s.io", "transship.dev"]
            .iter()
            .any(|own| domain.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    };
    is_qualified(key) && !key.split_once('/').is_some_and(is_reserved)
}

/// A qualified name: letters and digits at both ends.
pub(super) fn is_qualified(key: &str) -> bool {
    let (domain, name) = key.split_once('/').map_or((None, key), |(domain, name)| (Some(domain), name));
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let is_name = name.len() <= LONGEST_NAME
        && is_end(name.bytes().next())
        && is_end(name.bytes().last())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let is_label = |label: &str| {
        let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        is_end(label.bytes().next())
            && is_end(label.bytes().last())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    is_name && domain.is_none_or(|domain| domain.len() <= LONGEST_DOMAIN && domain.split('.').all(is_label))
}

#[cfg(test)]
mod tests {
    use super::{is_key, sorted};
    use crate::ir::Traced;

    #[test]
    fn the_labels_of_a_tool_stand_together() {
        let found = [("team", "web"), ("note", "two words"), ("job.on", "true"), ("job.at", "* *"), ("tier.a", "b")];
        let found = found.map(|(key, value)| (key.to_owned(), Traced::decided(value.to_owned(), "test")));
        let keys = |pairs: Vec<(String, _)>| pairs.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        let (labels, annotations) = sorted(found.into());
        assert_eq!(keys(labels), ["team", "tier.a"]);
        assert_eq!(keys(annotations), ["note", "job.on", "job.at"]);
    }

    #[test]
    fn keys_are_qualified_names() {
        for good in [
            "a",
            "com.example.team",
            "example.com/a_b",
            "traefik.http.routers.web.rule",
            "A-1",
            "app.kubernetes.io/component",
        ] {
            assert!(is_key(good), "{good}");
        }
        for bad in [
            "",
            "-a",
            "a-",
            "a b",
            "Example.com/a",
            "/a",
            "a/",
            "a/b/c",
            "kubernetes.io/a",
            "x.k8s.io/a",
            "app.kubernetes.io/name",
            &"a".repeat(64),
        ] {
            assert!(!is_key(bad), "{bad}");
        }
    }
}
