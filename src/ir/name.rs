//! A name that Kubernetes takes for any object: a DNS label of RFC 1035 (so that a Service may have it too).

use sha2::{Digest, Sha256};

/// Whether Kubernetes takes a text as the name of an object: a DNS subdomain of RFC 1123.
pub fn is_object_name(text: &str) -> bool {
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_part = |part: &str| {
        is_end(part.bytes().next())
            && is_end(part.bytes().last())
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_part)
}

/// 1 to 63 characters of `a-z`, `0-9` and `-`, beginning with a letter and not ending with `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The longest name.
    const LIMIT: usize = 63;

    /// The nearest name to any text: lower case, every other character a dash. A text that is a name already stays as it is; one
    /// that is too long ends in a hash of the whole, so that two long texts stay two names.
    pub fn from_text(text: &str) -> Name {
        if is_name(text) {
            return Name(text.to_owned());
        }
        let mut name = String::with_capacity(text.len());
        for character in text.chars().flat_map(char::to_lowercase) {
            match character {
                'a'..='z' | '0'..='9' => name.push(character),
                _ if name.is_empty() || name.ends_with('-') => {}
                _ => name.push('-'),
            }
        }
        let mut name = name.trim_end_matches('-').to_owned();
        if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
            name.insert_str(0, "x-");
            name.truncate(name.trim_end_matches('-').len());
        }
        if name.len() > Name::LIMIT {
            let hash = short_hash(text.as_bytes());
            name.truncate(Name::LIMIT - hash.len() - 1);
            name = format!("{}-{hash}", name.trim_end_matches('-'));
        }
        Name(name)
    }

    /// This name with a suffix, as `web-published`.
    pub fn with(&self, suffix: &str) -> Name {
        Name::from_text(&format!("{}-{suffix}", self.0))
    }

    /// This name, or the first of `web-2`, `web-3` and so on that is free.
    pub fn first_free(&self, mut is_free: impl FnMut(&Name) -> bool) -> Name {
        let mut name = self.clone();
        let mut number = 2;
        while !is_free(&name) {
            name = self.with(&number.to_string());
            number += 1;
        }
        name
    }

    /// This name, or one of that length that ends in a hash of it.
    pub fn limited(&self, limit: usize) -> Name {
        if self.0.len() <= limit {
            return self.clone();
        }
        let hash = short_hash(self.0.as_bytes());
        let mut name = self.0.clone();
        name.truncate(limit.saturating_sub(hash.len() + 1));
        Name(format!("{}-{hash}", name.trim_end_matches('-')))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text is a name as [`Name::from_text`] would leave it.
fn is_name(text: &str) -> bool {
    text.len() <= Name::LIMIT
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--")
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

impl std::fmt::Display for Name {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// The first eight hexadecimal digits of a SHA-256.
pub fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn underscores_and_case_become_a_label() {
        assert_eq!(Name::from_text("My_DB.1").as_str(), "my-db-1");
    }

    #[test]
    fn a_name_stays_as_it_is() {
        assert_eq!(Name::from_text("web-1").as_str(), "web-1");
    }

    #[test]
    fn a_digit_first_and_nothing_at_all_get_a_letter() {
        assert_eq!(Name::from_text("1web").as_str(), "x-1web");
        assert_eq!(Name::from_text("___").as_str(), "x");
    }

    #[test]
    fn long_names_are_cut_and_told_apart() {
        let (one, two) =
            (Name::from_text(&format!("{}a", "x".repeat(70))), Name::from_text(&format!("{}b", "x".repeat(70))));
        assert_eq!(one.as_str().len(), 63);
        assert_ne!(one, two);
    }
}
