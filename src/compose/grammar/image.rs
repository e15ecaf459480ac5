//! References of images, as `registry.example.com:5000/team/web:1.2@sha256:...` (the grammar of the OCI distribution project, which
//! Docker and the kubelet share).

/// What is wrong with a reference; `None` where it is good.
pub fn fault(reference: &str) -> Option<&'static str> {
    if reference.contains(char::is_whitespace) {
        return Some("it has a blank in it");
    }
    let (rest, digest) = reference.split_once('@').map_or((reference, None), |(rest, digest)| (rest, Some(digest)));
    if digest.is_some_and(|digest| !is_digest(digest)) {
        return Some("its digest is not algorithm:hexadecimal");
    }
    // A colon before the last slash belongs to the port of the registry.
    let start = rest.rfind('/').map_or(0, |at| at + 1);
    let colon = rest.get(start..).and_then(|last| last.find(':')).map(|at| start + at);
    let (name, tag) = match colon {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..)),
        None => (rest, None),
    };
    if tag.is_some_and(|tag| !is_tag(tag)) {
        return Some("its tag is not made of letters, digits, underscores, dots and dashes");
    }
    let is_registry = |first: &str| {
        first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|byte| byte.is_ascii_uppercase())
    };
    let (registry, path) = match name.split_once('/') {
        Some((first, path)) if is_registry(first) => (Some(first), path),
        _ => (None, name),
    };
    if registry.is_some_and(|registry| !is_host(registry)) {
        return Some("its registry is no host name");
    }
    if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some("names of images are written in lower case");
    }
    let is_good = name.len() <= 255 && path.split('/').all(is_component);
    (!is_good)
        .then_some("its name is not made of lower-case letters and digits with single dots, dashes or slashes between")
}

fn is_host(registry: &str) -> bool {
    let (host, port) = match registry.rsplit_once(':') {
        Some((host, port)) if !registry.ends_with(']') => (host, Some(port)),
        _ => (registry, None),
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_address = host.starts_with('[') && host.ends_with(']');
    port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
        && (is_address || host.split('.').all(is_label))
}

/// `a`, `a-b`, `a.b`, `a_b`, `a__b`.
fn is_component(component: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = component.as_bytes();
    let ends_well = bytes.first().is_some_and(is_word) && bytes.last().is_some_and(is_word);
    let mut separators = component.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    ends_well
        && separators
            .all(|between| matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-'))
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

fn is_digest(digest: &str) -> bool {
    digest.split_once(':').is_some_and(|(algorithm, hex)| {
        !algorithm.is_empty()
            && algorithm.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+._-".contains(&byte))
            && hex.len() >= 32
            && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::fault;
    use crate::compose::grammar::random_texts;

    #[test]
    fn good_ones() {
        for reference in [
            "nginx",
            "nginx:1.27-alpine",
            "library/nginx",
            "localhost:5000/a/b__c/d-e:V1",
            "localhost/app",
            "ghcr.io/a.b/c_d:latest",
            "registry.example.com:443/x@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "x:1@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "MyRegistry/app",
            "[::1]:5000/app",
            "a---b",
        ] {
            assert_eq!(fault(reference), None, "{reference}");
        }
    }

    #[test]
    fn bad_ones() {
        for (reference, why) in [
            ("Image With Space:tag", "blank"),
            ("Nginx", "lower case"),
            ("team/MyApp:1", "lower case"),
            ("nginx:", "tag"),
            ("nginx:a b", "blank"),
            ("nginx:-x", "tag"),
            ("nginx@sha256:12", "digest"),
            (":1.0", "name"),
            ("/web:1", "name"),
            ("a//b", "name"),
            ("a.-b", "name"),
            ("-reg.io:5/x", "registry"),
            ("<your-image>", "name"),
        ] {
            assert!(fault(reference).is_some_and(|found| found.contains(why)), "{reference}: {:?}", fault(reference));
        }
    }

    #[test]
    fn never_panics() {
        for text in random_texts(&["a", "Z", "/", ":", "@", ".", "-", "_", "é", "[", "]", " ", "sha256:"], 3_000) {
            let _ = fault(&text);
        }
    }
}
