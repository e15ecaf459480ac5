//! What can be told of an image that is built from the project (compose-spec, "build"): its Dockerfile is read, nothing is run.

use crate::compose::grammar::mounts as grammar;
use crate::compose::keys::Key;
use crate::compose::model::build::Build;
use crate::lower::Context;
use crate::origin::Origin;

/// More than any Dockerfile has.
const DOCKERFILE_LIMIT: u64 = 256 << 10;

/// Where the build is written, if its image is likely to have a shell and `cp`: its last stage does not begin from nothing.
pub(super) fn with_shell(context: &Context<'_>, build: &Key<Build>) -> Option<Origin> {
    let Key::Set { key, value } = build else { return None };
    let build = &value.value;
    let text = match build.dockerfile_inline.get() {
        Some(text) => Some(text.value.clone()),
        None => {
            let folder = build.context.get().map_or(".", |context| context.value.as_str());
            let folder = grammar::join(&context.loaded.folder, folder);
            let file = build.dockerfile.get().map_or("Dockerfile", |file| file.value.as_str());
            let bytes = context.world.read(&grammar::join(&folder, file), DOCKERFILE_LIMIT).ok();
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        }
    };
    // A Dockerfile that is not here says nothing against it.
    text.is_none_or(|text| !from_nothing(&text)).then_some(*key)
}

/// Whether the last stage begins from an image without a shell.
fn from_nothing(dockerfile: &str) -> bool {
    let mut bases = dockerfile.lines().filter_map(|line| {
        let (word, rest) = line.trim_start().split_once(char::is_whitespace)?;
        let base = rest.split_whitespace().find(|word| !word.starts_with("--"))?;
        word.eq_ignore_ascii_case("FROM").then(|| base.to_ascii_lowercase())
    });
    bases
        .next_back()
        .is_some_and(|base| base == "scratch" || base.contains("distroless") || base.contains("chainguard/static"))
}

#[cfg(test)]
mod tests {
    use super::from_nothing;

    #[test]
    fn the_last_stage_decides() {
        assert!(from_nothing("FROM golang AS build\nRUN go build\nFROM scratch\nCOPY --from=build /a /a"));
        assert!(from_nothing("from --platform=linux/amd64 gcr.io/distroless/base"));
        assert!(!from_nothing("FROM scratch AS a\nFROM alpine"));
        assert!(!from_nothing("# FROM scratch\n"));
    }
}
