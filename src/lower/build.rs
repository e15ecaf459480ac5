//! `build` (Compose Build Specification): Kubernetes runs images and builds none, so that the user is told the commands that make
//! the image and bring it to where the cluster's nodes find it.

use crate::compose::keys::{Key, Written};
use crate::compose::model::build::Build;
use crate::compose::model::text::Pairs;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::lower::credentials::is_credential;
use crate::lower::{Context, later};
use crate::origin::Origin;

/// Says how the image is built and pushed.
#[expect(clippy::too_many_lines, reason = "one line a key is what makes this readable")]
pub(super) fn note(
    context: &Context<'_>,
    path: &str,
    place: Origin,
    build: &Build,
    image: &str,
    diags: &mut Diagnostics,
) {
    let Build {
        context: folder,
        additional_contexts,
        args,
        cache_from,
        cache_to,
        dockerfile,
        dockerfile_inline,
        entitlements,
        extra_hosts,
        isolation,
        labels,
        network,
        no_cache,
        no_cache_filter,
        platforms,
        privileged,
        provenance,
        pull,
        sbom,
        secrets,
        shm_size,
        ssh,
        tags,
        target,
        ulimits,
        extensions: extra,
    } = build;
    let service = path.strip_prefix("services.").unwrap_or(path);
    // What one `docker build` cannot be told in a line is left to docker compose, which reads it here.
    let needs_compose: &[&dyn Written] =
        &[dockerfile_inline, secrets, ssh, entitlements, extra_hosts, ulimits, additional_contexts];
    let command = if needs_compose.iter().any(|key| key.written().is_some()) {
        // It tags what it builds with the image that is written, or with the names of project and service.
        let own = format!("{}-{service}", context.loaded.name.value);
        let is_renamed = context.request.registry.is_some() && image.ends_with(&format!("/{own}"));
        let tag = if is_renamed { format!("docker tag {} {} && ", word(&own), word(image)) } else { String::new() };
        format!("docker compose build {} && {tag}docker push {}", word(service), word(image))
    } else {
        let mut command = format!("docker build -t {}", word(image));
        if let Some(file) = dockerfile.get() {
            let folder = folder.get().map_or(".", |folder| folder.value.trim_end_matches('/'));
            let below = file.value.strip_prefix("./").unwrap_or(&file.value);
            let file = if below.starts_with('/') { below.to_owned() } else { format!("{folder}/{below}") };
            command.push_str(&format!(" -f {}", word(&file)));
        }
        flag(&mut command, "--target", target.get().map(|target| target.value.clone()));
        let platforms = platforms
            .get()
            .map(|texts| texts.value.0.iter().map(|text| text.value.as_str()).collect::<Vec<_>>().join(","));
        flag(&mut command, "--platform", platforms);
        flag(&mut command, "--network", network.get().map(|network| network.value.clone()));
        pairs(&mut command, "--build-arg", args);
        pairs(&mut command, "--label", labels);
        let folder = folder.get().map_or(".", |folder| folder.value.as_str());
        format!("{command} {} && docker push {}", word(folder), word(image))
    };
    diags.push(
        Diagnostic::new(Code::BuildNote, place, format!("the image {image} must be built and pushed"))
            .why("Kubernetes runs images and does not build them")
            // Services that are built alike are built once.
            .cause(command.clone())
            .help(command)
            .key(format!("{path}.build"))
            .covers(folder.get().map(|folder| folder.origin)),
    );
    let used: &[&dyn Written] = &[
        additional_contexts,
        args,
        cache_from,
        cache_to,
        dockerfile,
        dockerfile_inline,
        entitlements,
        extra_hosts,
        isolation,
        labels,
        network,
        no_cache,
        no_cache_filter,
        platforms,
        privileged,
        provenance,
        pull,
        sbom,
        secrets,
        shm_size,
        ssh,
        tags,
        target,
        ulimits,
    ];
    for key in used {
        later::used_up(*key, "used when the image is built", diags);
    }
    later::extensions(extra, diags);
}

fn flag(command: &mut String, name: &str, value: Option<String>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        command.push_str(&format!(" {name} {}", word(&value)));
    }
}

/// A name without a value takes that of the environment; a credential is never shown.
fn pairs(command: &mut String, name: &str, values: &Key<Pairs>) {
    for (key, pair) in values.get().into_iter().flat_map(|values| &values.value.0) {
        let shown = pair.value.as_ref().filter(|value| !is_credential(key, value));
        let text = shown.map_or_else(|| key.clone(), |value| format!("{key}={value}"));
        command.push_str(&format!(" {name} {}", word(&text)));
    }
}

/// A word as a shell reads it.
fn word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@,+%".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!([word("./api"), word("a b"), word("it's"), word("")], ["./api", "'a b'", r"'it'\''s'", "''"]);
    }
}
