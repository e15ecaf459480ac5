//! The image a service runs and when it is pulled (compose-spec "image", "build", "pull_policy"; Compose Build Specification).

use crate::compose::Dialect;
use crate::compose::grammar::image as reference;
use crate::compose::keys::Key;
use crate::compose::model::build::Build;
use crate::compose::model::host::PullPolicy;
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::ir::{Name, Traced, Why};
use crate::lower::{Context, build};
use crate::origin::{Origin, Spanned};

/// The image: as it is written, or the one that its build makes, under the registry that was chosen.
pub(super) fn image(
    context: &Context<'_>,
    own: &Name,
    image: &Key<String>,
    built: &Key<Build>,
    place: (&str, Origin),
    diags: &mut Diagnostics,
) -> Traced<String> {
    let (path, origin) = place;
    let written = image.get().filter(|image| !image.value.trim().is_empty());
    let image = match written {
        Some(image) => {
            check(context, path, image, diags);
            Traced::from_origin(image.value.trim().to_owned(), image.origin)
        }
        None => {
            let name = format!("{}-{own}", context.loaded.name.value);
            let value = match &context.request.registry {
                Some(registry) => format!("{}/{name}", registry.trim_end_matches('/')),
                None => name,
            };
            Traced { value, why: Why::Origin(built.key().unwrap_or(origin)) }
        }
    };
    if let Some(found) = built.get()
        && context.dialect() == Dialect::Compose
    {
        build::note(context, path, built.key().unwrap_or(found.origin), &found.value, &image.value, diags);
    }
    image
}

/// What no kubelet can pull. Where a variable that is not set left a hole, that is what is said.
fn check(context: &Context<'_>, path: &str, image: &Spanned<String>, diags: &mut Diagnostics) {
    let Some(fault) = reference::fault(&image.value) else { return };
    let has_hole = context.sources.entry(image.origin).variables.iter().any(|variable| variable.set_in.is_none());
    let is_said = |told: &Diagnostic| {
        told.severity == Severity::Error && told.primary.as_ref().is_some_and(|label| label.origin == image.origin)
    };
    if has_hole || diags.iter().any(is_said) {
        return;
    }
    diags.push(
        Diagnostic::new(Code::ImageReference, image.origin, format!("`{}` is no image", image.value))
            .label(fault)
            .why("neither Docker nor a kubelet finds an image by it")
            .help("write it as registry.example.com/team/name:tag")
            .key(format!("{path}.image")),
    );
}

/// `pull_policy`: what the kubelet knows as well; it never looks for a newer image at set times.
pub(super) fn pull(path: &str, policy: &Key<PullPolicy>, diags: &mut Diagnostics) -> Option<Traced<&'static str>> {
    let found = policy.get()?;
    let word = match found.value.0.as_str() {
        "always" => "Always",
        "never" => "Never",
        "missing" | "if_not_present" | "build" => "IfNotPresent",
        _ => {
            diags.push(
                Diagnostic::new(
                    Code::PullPolicy,
                    found.origin,
                    "the image is pulled at each start of a pod, not at set times",
                )
                .why("the kubelet looks for a newer image when it starts a container, and at no other time")
                .help("restart the pods at set times to have a newer image: kubectl rollout restart")
                .cause("pull_policy")
                .key(format!("{path}.pull_policy")),
            );
            "Always"
        }
    };
    Some(Traced::from_origin(word, found.origin))
}
