//! Interpolation of every string value of a document (compose-spec, "Interpolation"): never of keys.

use std::fmt::Write;

use crate::compose::Dialect;
use crate::compose::grammar::template::{self, Mode, Outcome, TemplateError};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::{Origin, Sources, VariableUse};
use crate::swarm;
use crate::syntax::{Node, Value};

/// A variable's value and where it was set.
pub(crate) type Lookup<'a> = dyn Fn(&str) -> Option<(String, String)> + 'a;

/// Replaces `${...}` in every string value under a node.
pub(crate) fn interpolate(
    node: &mut Node,
    dialect: Dialect,
    lookup: &Lookup<'_>,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) {
    let mut path = Vec::new();
    walk(node, &mut path, &Context { dialect, lookup }, sources, diags);
}

struct Context<'a> {
    dialect: Dialect,
    lookup: &'a Lookup<'a>,
}

/// A step on the way to a value.
#[derive(Clone, Copy)]
enum Segment<'n> {
    Key(&'n str),
    Item(usize),
}

fn walk<'n>(
    node: &'n mut Node,
    path: &mut Vec<Segment<'n>>,
    context: &Context<'_>,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) {
    if let Value::String(text) = &node.value
        && text.contains('$')
    {
        if let Some(value) = replace(text, node.origin, path, context, sources, diags)
            && value != *text
        {
            node.value = match context.dialect {
                Dialect::Compose => Value::String(value),
                Dialect::Swarm => swarm::cast(&plain(path), value),
            };
        }
        return;
    }
    match &mut node.value {
        Value::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.push(Segment::Item(index));
                walk(item, path, context, sources, diags);
                path.pop();
            }
        }
        Value::Map(map) => {
            for (name, entry) in map.iter_mut() {
                path.push(Segment::Key(name));
                walk(&mut entry.value, path, context, sources, diags);
                path.pop();
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) => {}
    }
}

/// The names of the keys, and `[]` for an item.
fn plain<'n>(path: &[Segment<'n>]) -> Vec<&'n str> {
    let name = |segment: &Segment<'n>| match segment {
        Segment::Key(name) => *name,
        Segment::Item(_) => "[]",
    };
    path.iter().map(name).collect()
}

/// As `services.web.ports[0]`.
fn joined(path: &[Segment<'_>]) -> String {
    let mut joined = String::new();
    for segment in path {
        // Writing to a string cannot fail.
        let _ = match segment {
            Segment::Key(name) if joined.is_empty() => joined.write_str(name),
            Segment::Key(name) => write!(joined, ".{name}"),
            Segment::Item(index) => write!(joined, "[{index}]"),
        };
    }
    joined
}

fn replace(
    text: &str,
    origin: Origin,
    path: &[Segment<'_>],
    context: &Context<'_>,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) -> Option<String> {
    let mode = match context.dialect {
        Dialect::Compose => Mode::Compose,
        Dialect::Swarm => Mode::Swarm,
    };
    let (places, file) = match context.dialect {
        Dialect::Compose => ("the environment, in .env,", "the environment or in .env"),
        Dialect::Swarm => ("the environment", "the environment (docker stack deploy reads no .env)"),
    };
    let key = joined(path);
    match template::interpolate(text, mode, &|name| (context.lookup)(name).map(|(value, _)| value)) {
        Ok(Outcome { value, used, unset, forgotten }) => {
            for error in forgotten {
                diags.push(
                    Diagnostic::new(Code::SubstitutionLost, origin, format!("`{key}` loses a part: {error}"))
                        .label("nothing stands in its place")
                        .why(
                            "docker stack deploy forgets this error when a later variable of the same text is replaced",
                        )
                        .help("set the variable, or write $$ where a dollar sign is meant")
                        .key(key.clone()),
                );
            }
            for name in used {
                let set_in = (context.lookup)(&name).map(|(_, place)| place);
                sources.add_variable(origin, VariableUse { name, set_in });
            }
            for name in unset {
                diags.push(
                    Diagnostic::new(Code::VariableUnset, origin, format!("the variable `{name}` is not set"))
                        .label("a blank string stands in for it")
                        .help(format!("set it in {file}, or write a default: ${{{name}:-default}}"))
                        .cause("variables")
                        .subject(name)
                        .key(key.clone()),
                );
            }
            Some(value)
        }
        Err(error) => {
            diags.push(refusal(&error, origin, &key, places));
            None
        }
    }
}

/// What is said of a text that cannot be interpolated; variables are set in `places`.
fn refusal(error: &TemplateError, origin: Origin, key: &str, places: &str) -> Diagnostic {
    match error {
        TemplateError::Syntax { message } => {
            let title = format!("`{key}` cannot be interpolated: {message}");
            Diagnostic::new(Code::InterpolationSyntax, origin, title)
                .help("write $$ where a dollar sign is meant")
                .key(key)
        }
        TemplateError::Required { variable, message } => {
            let said = if message.is_empty() { String::new() } else { format!(": {message}") };
            let title = format!("the required variable `{variable}` is not set{said}");
            Diagnostic::new(Code::VariableRequired, origin, title)
                .help(format!("set {variable} in {places} or in a file named with --env-file"))
                .key(key)
        }
    }
}
