//! `transship convert` and `transship check`.

use super::arguments::{Compiled, Convert, Messages};
use super::messages::{Reporter, apply_levels};
use super::{DONE, INPUT_ERRORS, files};
use crate::Analysis;
use crate::diag::sorted;
use crate::request::Request;
use crate::world::{Kind, Output, World};

/// Says what there is to say, and nothing else.
pub(super) fn check(choices: &Compiled, world: &dyn World, output: &mut dyn Output) -> u8 {
    let reporter = Reporter::new(&choices.messages, world);
    let request = choices.request();
    let analysis = analysed(&request, &choices.messages, &reporter, world);
    reporter.report(&analysis.diagnostics, (&analysis.sources, &analysis.paths), output)
}

/// Says what there is to say and writes the manifests, unless there are errors.
pub(super) fn convert(choices: Convert, world: &dyn World, output: &mut dyn Output) -> u8 {
    let Convert { output: target, format, compiled } = choices;
    let (request, messages) = (compiled.request(), compiled.messages);
    let reporter = Reporter::new(&messages, world);
    let target = target.filter(|path| path != "-");
    if let Some(path) = target.as_ref().filter(|path| request.files.contains(path)) {
        return reporter.failure(&format!("{path} is read, so the manifests cannot be written to it"), output);
    }
    let analysis = analysed(&request, &messages, &reporter, world);
    let code = reporter.report(&analysis.diagnostics, (&analysis.sources, &analysis.paths), output);
    if code != DONE {
        return code;
    }
    // Without errors there are manifests.
    let Some(manifests) = analysis.manifests() else { return INPUT_ERRORS };
    let written = match target {
        None => files::together(manifests, format, |piece| output.stdout(piece.as_bytes()))
            .map_err(|error| format!("cannot write to standard output: {error}")),
        Some(path) if is_folder(&path, world) && request.is_separate => {
            let of_stacks = analysis.stacks().into_iter().flatten();
            let files: Vec<_> = of_stacks.flat_map(|(name, manifests)| files::below(name, manifests, format)).collect();
            output.write_files(&path, &files)
        }
        Some(path) if is_folder(&path, world) => output.write_files(&path, &files::apart(manifests, format)),
        Some(path) => output.write_files(&path, &[files::single(manifests, format)]),
    };
    match written {
        Ok(()) => DONE,
        Err(message) => reporter.failure(&message, output),
    }
}

fn analysed(request: &Request, messages: &Messages, reporter: &Reporter, world: &dyn World) -> Analysis {
    let mut analysis = crate::analyse(world, request);
    let used_up = if reporter.says_all() { analysis.used_up() } else { Vec::new() };
    apply_levels(&mut analysis.diagnostics, messages);
    // These are in every file, so that --deny does not mean them.
    analysis.diagnostics.extend(used_up.into_iter().filter(|note| !messages.allow.contains(&note.code)));
    analysis.diagnostics = sorted(analysis.diagnostics, &analysis.sources);
    analysis
}

fn is_folder(path: &str, world: &dyn World) -> bool {
    path.ends_with(std::path::is_separator) || world.kind(path) == Some(Kind::Folder)
}
