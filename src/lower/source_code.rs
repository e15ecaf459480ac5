//! Source code over an image that is built from it (compose-spec, "volumes" and "build"): the mount is for editing the code on the
//! Docker host, and has no place in a cluster.

use crate::compose::grammar::mounts as grammar;
use crate::compose::model::build::Build;
use crate::diag::{Code, Diagnostic};
use crate::ir::Mount;
use crate::lower::binds::words::{is_configuration, names_code};
use crate::lower::dockerfile;
use crate::lower::mounts::{Asked, Mounter};
use crate::origin::Spanned;

/// What an image that is built here has of a folder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// It is the code that the image is built from.
    Code,
    /// It is all of the code, and the image has none.
    Nothing,
    /// It is more than the folder that the image is built from, which alone the build sees.
    Part,
    /// It is something else.
    Other,
}

impl Mounter<'_> {
    /// Says that source code is not mounted, and has what is mounted below it go with it.
    pub(super) fn drop_source(
        &mut self,
        source: &Spanned<String>,
        asked: &Asked,
        dropped: &mut Vec<String>,
        held: Held,
    ) -> Option<Mount> {
        let (image, help) = match held {
            Held::Code | Held::Other => ("the image holds the code", "build the image with the code in it".to_owned()),
            Held::Nothing => (
                "the image is to hold the code, of which its Dockerfile copies none",
                "build the image with the code in it".to_owned(),
            ),
            Held::Part => (
                "the image is to hold the code, of which its build sees a part alone",
                format!("set build: context: {}, and copy the code to {}", source.value, asked.target.value),
            ),
        };
        self.diags.push(
            Diagnostic::new(Code::BindSource, asked.origin, format!("{} is not mounted", source.value))
                .label("source code over an image that is built from it")
                .why(format!("{image}; on the Docker host the mount was for editing it"))
                .help(help)
                .cause(if held == Held::Part { "bind-source-part" } else { "bind-source" })
                .key(self.key())
                .covers(asked.leaves()),
        );
        dropped.push(asked.target.value.clone());
        None
    }

    /// Whether a folder is the source code that the image is built from. Of what the Dockerfile copies nothing of, the image has
    /// nothing.
    pub(super) fn held(&self, full: &str, target: &str) -> Held {
        let Some((build, context)) = self.source_context().filter(|_| self.is_source(full, target)) else {
            return Held::Other;
        };
        let is_whole = grammar::is_within(&context, full);
        let path = if is_whole { "" } else { full.strip_prefix(context.trim_end_matches('/')).unwrap_or(full) };
        match dockerfile::copies_nothing_of(self.context, build, path) {
            true if is_whole => Held::Nothing,
            true => Held::Other,
            false => self.seen(full),
        }
    }

    /// Whether the build sees all of a folder that holds its context or lies in it.
    pub(super) fn seen(&self, full: &str) -> Held {
        let sees_all = self.source_context().is_none_or(|(build, context)| {
            build.additional_contexts.get().is_some() || grammar::is_within(full, &context)
        });
        if sees_all { Held::Code } else { Held::Part }
    }

    /// The folder of the project that the image is built from.
    fn source_context(&self) -> Option<(&Build, String)> {
        let build = &self.build.get()?.value;
        let context = build.context.get().map_or(".", |context| context.value.as_str());
        let is_remote = context.contains("://") || context.starts_with("git@") || context.starts_with("github.com/");
        (!is_remote).then(|| (build, grammar::join(&self.context.loaded.folder, context)))
    }

    /// Whether a folder holds the build's context or lies in it, and is not mounted where programs look for their configuration.
    fn is_source(&self, full: &str, target: &str) -> bool {
        let Some((_, context)) = self.source_context() else { return false };
        (grammar::is_within(full, &context) || grammar::is_within(&context, full)) && !is_configuration(target)
    }

    /// Whether a folder that is not here is source code. Docker makes an empty one, which may be what is wanted; not so where the
    /// image is built from it, or where its name says that code belongs there.
    pub(super) fn is_absent_source(&self, full: &str, target: &str) -> bool {
        let Some((_, context)) = self.source_context() else { return false };
        let below = full.strip_prefix(&context).map_or(full, |rest| rest.trim_start_matches('/'));
        // `./services/web:/app/services/web` stands where the build put it.
        let is_in_its_place =
            below.contains('/') && target.strip_suffix(below).is_some_and(|above| above.ends_with('/'));
        self.is_source(full, target)
            && (grammar::is_within(&context, full)
                || is_in_its_place
                || names_code(full)
                || names_code(target)
                || self.context.world.kind(&context).is_none())
    }
}
