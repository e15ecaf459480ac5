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
    // A Dockerfile that is not here says nothing against it.
    text(context, &value.value).is_none_or(|text| !from_nothing(&text)).then_some(*key)
}

/// Whether the Dockerfile is here and copies nothing of a path of the build's context, which is given relative to it.
pub(super) fn copies_nothing_of(context: &Context<'_>, build: &Build, path: &str) -> bool {
    text(context, build).is_some_and(|text| !copies(&text, path))
}

/// What the Dockerfile says, if it is here.
fn text(context: &Context<'_>, build: &Build) -> Option<String> {
    if let Some(text) = build.dockerfile_inline.get() {
        return Some(text.value.clone());
    }
    let folder = build.context.get().map_or(".", |context| context.value.as_str());
    let folder = grammar::join(&context.loaded.folder, folder);
    let file = build.dockerfile.get().map_or("Dockerfile", |file| file.value.as_str());
    let bytes = context.world.read(&grammar::join(&folder, file), DOCKERFILE_LIMIT).ok();
    bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether an instruction of a Dockerfile may copy something of a path, or a base image does so when it is built upon.
fn copies(dockerfile: &str, path: &str) -> bool {
    let joined = dockerfile.replace("\\\r\n", " ").replace("\\\n", " ");
    joined.lines().any(|line| {
        let Some((word, rest)) = line.trim_start().split_once(char::is_whitespace) else { return false };
        if word.eq_ignore_ascii_case("FROM") {
            return rest.contains("onbuild");
        }
        let copies = word.eq_ignore_ascii_case("COPY") || word.eq_ignore_ascii_case("ADD");
        // What another stage holds came there by a line of its own.
        if !copies || rest.split_whitespace().any(|word| word.starts_with("--from=")) {
            return false;
        }
        let is_list = |c: char| c.is_whitespace() || matches!(c, '[' | ']' | '"' | ',');
        let words = rest.split(is_list).filter(|word| !word.is_empty() && !word.starts_with("--"));
        let mut sources: Vec<&str> = words.collect();
        // The last one is where it goes.
        sources.pop();
        sources.into_iter().any(|source| overlaps(source, path))
    })
}

/// Whether of two relative paths one may hold the other. The first may be a pattern, or begin with a variable.
fn overlaps(pattern: &str, path: &str) -> bool {
    fn parts(path: &str) -> impl Iterator<Item = &str> {
        path.split('/').filter(|part| !part.is_empty() && *part != ".")
    }
    parts(pattern).zip(parts(path)).all(|(one, other)| {
        one.split(['*', '?', '[', '$'])
            .next()
            .is_some_and(|start| if start == one { one == other } else { other.starts_with(start) })
    })
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
    use super::{copies, from_nothing};

    #[test]
    fn what_is_copied_is_seen() {
        for line in [
            "COPY . /app",
            "copy --chown=app src/ /app",
            "ADD [\"src/main\", \"/app/\"]",
            "COPY \\\n  s* /app",
            "COPY $DIR /app",
        ] {
            assert!(copies(&format!("FROM alpine\n{line}\n"), "src/main"), "{line}");
        }
        for line in ["COPY other /app", "COPY --from=build . /app", "RUN cp src /app", "COPY package*.json ./app/"] {
            assert!(!copies(&format!("FROM alpine\n{line}\n"), "src/main"), "{line}");
        }
        assert!(copies("FROM python:3-onbuild", "src"));
    }

    #[test]
    fn the_last_stage_decides() {
        assert!(from_nothing("FROM golang AS build\nRUN go build\nFROM scratch\nCOPY --from=build /a /a"));
        assert!(from_nothing("from --platform=linux/amd64 gcr.io/distroless/base"));
        assert!(!from_nothing("FROM scratch AS a\nFROM alpine"));
        assert!(!from_nothing("# FROM scratch\n"));
    }
}
