//! The project's name (compose-loading, section 3): asked for, in `COMPOSE_PROJECT_NAME`, the last `name:`, or the folder's name.

use crate::compose::Dialect;
use crate::compose::find::Files;
use crate::compose::grammar::mounts;
use crate::compose::interpolate::{Lookup, interpolate};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::{Sources, Spanned};
use crate::request::{CalledAfter, Request};
use crate::syntax::{Node, Value};
use crate::world::World;

/// The name, and where it stands.
pub(crate) fn project_name<'a>(
    world: &dyn World,
    request: &Request,
    (files, dialect): (&Files, Dialect),
    documents: impl DoubleEndedIterator<Item = &'a Node>,
    lookup: &Lookup<'_>,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) -> Spanned<String> {
    let outside = sources.add_file("<project name>", "");
    let nowhere = sources.add(outside, 0..0);
    let from_flag = request.project_name.clone().map(|name| (name, "-p"));
    // One name is no name for several stacks.
    let is_one = !request.is_separate;
    let from_variable =
        || lookup("COMPOSE_PROJECT_NAME").filter(|_| is_one).map(|(name, _)| (name, "COMPOSE_PROJECT_NAME"));
    let asked = from_flag.filter(|(name, _)| !name.is_empty()).or_else(from_variable);
    if let Some((name, by)) = asked.filter(|(name, _)| !name.is_empty()) {
        if normal(&name) != name {
            diags.push(
                Diagnostic::nowhere(Code::ProjectName, format!("`{name}`, given by {by}, is no project name"))
                    .why("it must hold lower-case letters, digits, dashes and underscores only, and begin with a letter or digit")
                    .help(format!("write {}", normal(&name))),
            );
        }
        return Spanned { value: normal(&name), origin: nowhere };
    }
    if let Some(mut name) = written(documents) {
        // The document that holds it is interpolated later, with its messages.
        interpolate(&mut name, Dialect::Compose, lookup, sources, &mut Diagnostics::default());
        if let Value::String(text) = &name.value
            && !normal(text).is_empty()
        {
            return Spanned { value: normal(text), origin: name.origin };
        }
        diags.push(
            Diagnostic::new(Code::ProjectName, name.origin, "nothing is left of the project's name")
                .why("only lower-case letters, digits, dashes and underscores count, and it begins with a letter or digit")
                .help("write another name, or give one with -p"),
        );
        return Spanned { value: String::new(), origin: name.origin };
    }
    if let Some(base) = files.paths.first().and_then(|path| of_file(path, request.called_after, dialect)) {
        return Spanned { value: base, origin: nowhere };
    }
    let folder = mounts::join(&world.current_folder(), &files.folder);
    let base = normal(folder.rsplit('/').next().unwrap_or_default());
    if base.is_empty() {
        diags.push(
            Diagnostic::nowhere(Code::ProjectName, format!("the name of the folder {folder} gives no project name"))
                .why("only lower-case letters, digits, dashes and underscores count, and it begins with a letter or digit")
                .help("name the project: -p NAME, or name: at the top of the file"),
        );
    }
    Spanned { value: base, origin: nowhere }
}

/// The name that the name of a file gives, where it says something: `docker-compose.monitoring.yml` is monitoring.
fn of_file(path: &str, called_after: CalledAfter, dialect: Dialect) -> Option<String> {
    match called_after {
        CalledAfter::Folder => return None,
        CalledAfter::StackFile if dialect == Dialect::Compose => return None,
        CalledAfter::StackFile | CalledAfter::File => {}
    }
    let file = path.rsplit(['/', '\\']).next()?;
    let mut stem = file.strip_suffix(".yml").or_else(|| file.strip_suffix(".yaml")).unwrap_or(file);
    let separators = ['-', '_', '.'];
    while let Some(rest) = ["docker", "compose", "stack", "swarm"].iter().find_map(|word| {
        let before = stem.strip_suffix(word).filter(|rest| rest.is_empty() || rest.ends_with(separators));
        before.or_else(|| stem.strip_prefix(word).filter(|rest| rest.is_empty() || rest.starts_with(separators)))
    }) {
        stem = rest.trim_matches(separators);
    }
    Some(normal(stem)).filter(|name| !name.is_empty())
}

/// The last `name:` that is not empty.
fn written<'a>(documents: impl DoubleEndedIterator<Item = &'a Node>) -> Option<Node> {
    documents.rev().find_map(|document| {
        let Value::Map(top) = &document.value else { return None };
        let name = &top.get("name")?.value;
        match &name.value {
            Value::String(text) if !text.is_empty() => Some(name.clone()),
            Value::String(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Timestamp(_)
            | Value::List(_)
            | Value::Map(_) => None,
        }
    })
}

/// A project name as the reference normalises it: lower case, other characters dropped, no dash or underscore first.
pub(crate) fn normal(name: &str) -> String {
    let kept: String = name
        .to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
        .collect();
    kept.trim_start_matches(['_', '-']).to_owned()
}
