//! Labels of volumes, configs and secrets: labels of the object where Kubernetes takes them as such, annotations otherwise.

use crate::compose::model::text::Pairs;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Labelled, Traced};
use crate::lower::kompose;

/// Sorts the pairs; those that are neither are said to be lost.
pub(super) fn labelled(path: &str, pairs: &Pairs, diags: &mut Diagnostics) -> Labelled {
    let mut sorted = Labelled::default();
    for (name, pair) in pairs.0.iter().filter(|(name, _)| !kompose::is_label(name)) {
        let value = Traced::from_origin(pair.value.clone().unwrap_or_default(), pair.origin);
        if !is_key(name) {
            diags.push(
                Diagnostic::new(Code::LabelRefused, pair.origin, format!("the label `{name}` is left out"))
                    .why("Kubernetes takes keys such as example.com/name, with at most 63 letters, digits, dashes, underscores and dots behind the slash")
                    .help("rename it")
                    .cause("label-refused")
                    .key(path),
            );
        } else if is_value(&value.value) && !is_taken(name) {
            sorted.labels.push((name.clone(), value));
        } else if !is_taken(name) {
            sorted.annotations.push((name.clone(), value));
        } else {
            diags.consume(pair.origin, "the manifests set this label themselves");
        }
    }
    sorted
}

/// Labels that every object has from us.
fn is_taken(name: &str) -> bool {
    matches!(name, "app.kubernetes.io/name" | "app.kubernetes.io/part-of" | "app.kubernetes.io/managed-by")
}

/// A label's key: a name of at most 63 characters, with a domain before a slash where there is one.
pub(super) fn is_key(key: &str) -> bool {
    let (domain, name) = match key.split_once('/') {
        Some((domain, name)) => (Some(domain), name),
        None => (None, key),
    };
    let is_domain = |domain: &str| {
        domain.len() <= 253
            && domain.split('.').all(|part| {
                let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                !part.is_empty() && part.chars().all(legal) && !part.starts_with('-') && !part.ends_with('-')
            })
    };
    !name.is_empty() && is_value(name) && domain.is_none_or(is_domain)
}

/// A label's value: at most 63 letters, digits, dashes, underscores and dots, letters or digits at both ends; it may be empty.
pub(super) fn is_value(value: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    value.len() <= 63
        && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && ends(value.chars().next())
        && ends(value.chars().next_back())
}

#[cfg(test)]
mod tests {
    use super::{is_key, is_value};

    #[test]
    fn keys_and_values_as_the_api_server_takes_them() {
        for key in ["a", "com.example.tier", "example.com/a_b", &"x".repeat(63)] {
            assert!(is_key(key), "{key}");
        }
        for key in ["", "/a", "a/", "A.B/c", "a/b/c", "-a", "a b", &"x".repeat(64)] {
            assert!(!is_key(key), "{key}");
        }
        assert!(is_value("") && is_value("v1.2") && !is_value("a b") && !is_value(".a") && !is_value(&"x".repeat(64)));
    }
}
