//! `transship explain`: the page of a code, as it stands in `docs/codes/`, or what is known of a key.

use std::fmt::Write;

use super::arguments;
use crate::compose::keys::{Fit, Form, KeyRule, Shape, Swarm, Table};
use crate::compose::model::kubernetes::NAME;
use crate::compose::model::project::Project;
use crate::compose::schema::PLACES;
use crate::diag::nearest;

/// A key that was found: its path with `*` for names and `[]` for lists, and the keys that may stand below it.
struct Found {
    path: String,
    rule: Option<&'static KeyRule>,
    below: Option<&'static Table>,
    /// What becomes of it, which a key above may have decided.
    fit: Fit,
}

/// The page of a code or of a key.
///
/// # Errors
///
/// What is neither: the message names the nearest of each.
pub(super) fn explain(subject: &str) -> Result<String, String> {
    let is_code = subject.len() == 5 && subject.starts_with(['T', 't']);
    let looks_like_key = subject.contains('.') || subject.contains('[');
    match arguments::code(subject) {
        Ok(code) => Ok(code.page().trim_start_matches("# ").to_owned()),
        Err(message) if is_code => Err(message),
        Err(message) => match find(subject) {
            Ok(found) => Ok(page(&found)),
            Err(near) if looks_like_key => Err(near),
            // A word that is near to a code was meant as one.
            Err(near) if message.contains("mean") || near.is_empty() => Err(message),
            Err(near) => Err(near),
        },
    }
}

/// The key of a path; names of services and places in lists may be left out, and so may `services`.
fn find(subject: &str) -> Result<Found, String> {
    let segments: Vec<&str> = subject.split(['.', '[']).map(|part| part.trim_end_matches(']')).collect();
    let whole = walk(Project::TABLE, String::new(), &segments);
    if whole.is_ok() {
        return whole;
    }
    let known = |segment: &&str| Project::TABLE.rule(segment).is_some();
    if segments.first().is_some_and(known) {
        return whole;
    }
    let service = Project::TABLE.rule("services").map(|rule| rule.shape);
    match service {
        Some(Shape::Entries(table)) => walk(table, "services.*".to_owned(), &segments),
        Some(Shape::Leaf | Shape::Table(_) | Shape::Items(_)) | None => whole,
    }
}

fn walk(table: &'static Table, start: String, segments: &[&str]) -> Result<Found, String> {
    let mut found = Found { path: start, rule: None, below: Some(table), fit: Fit::Exact };
    // Whether a name of the user's own, or a place in a list, may come next.
    let mut free = false;
    for (index, segment) in segments.iter().enumerate() {
        let Some(table) = found.below else {
            if free {
                continue;
            }
            return Err(format!("`{}` has no keys of its own", found.path));
        };
        let is_place = segment.is_empty() || *segment == "*" || segment.bytes().all(|byte| byte.is_ascii_digit());
        if free && (is_place || (table.rule(segment).is_none() && *segment != NAME && index + 1 < segments.len())) {
            free = false;
            continue;
        }
        found = step(found, table, segment)?;
        free = matches!(found.rule.map(|rule| rule.shape), Some(Shape::Entries(_) | Shape::Items(_)));
    }
    Ok(found)
}

fn step(found: Found, table: &'static Table, segment: &str) -> Result<Found, String> {
    let path = if found.path.is_empty() { segment.to_owned() } else { format!("{}.{segment}", found.path) };
    if segment == NAME {
        let section = found.path.split('.').next().unwrap_or_default();
        let place = PLACES.iter().find(|(place, _, _)| *place == section && found.path.matches('.').count() <= 1);
        return match place {
            Some((_, _, table)) => Ok(Found { path, rule: None, below: Some(table), fit: Fit::Exact }),
            None => Err(format!("`{NAME}` is not heard in `{}`", found.path)),
        };
    }
    let Some(rule) = table.rule(segment) else { return Err(unknown(&found.path, segment, table)) };
    let fit = if matches!(found.fit, Fit::Nothing | Fit::Loader) { found.fit } else { rule.fit };
    let (path, below) = match rule.shape {
        Shape::Leaf => (path, None),
        Shape::Table(below) => (path, Some(below)),
        Shape::Entries(below) => (format!("{path}.*"), Some(below)),
        Shape::Items(below) => (format!("{path}[]"), Some(below)),
    };
    Ok(Found { path, rule: Some(rule), below, fit })
}

fn unknown(path: &str, segment: &str, table: &Table) -> String {
    let place = if path.is_empty() { "at the top level".to_owned() } else { format!("in `{path}`") };
    match nearest(segment, table.rules.iter().map(|rule| rule.name)) {
        Some(near) => format!("there is no key `{segment}` {place}; did you mean `{near}`?"),
        None => format!("there is neither a code nor a key `{segment}` {place}"),
    }
}

fn page(found: &Found) -> String {
    let Found { path, rule, below, fit } = found;
    let mut text = format!("{path}\n");
    // Writing to a string cannot fail.
    if let Some(rule) = rule {
        let _ = write!(text, "\n{}\n", rule.doc.trim());
        if let Form::Words(words) = rule.form {
            let _ = write!(text, "\nOne of: {}.\n", words.join(", "));
        }
        let fit = match fit {
            Fit::Exact => "Manifests say the same.",
            Fit::Approximate => "Manifests come near it, and a message says where behaviour differs.",
            Fit::Nothing => "Kubernetes has no counterpart: a message says why, and what to do.",
            Fit::Loader => "It decides how the project is read, built or worked on, and is no matter of the cluster.",
        };
        let _ = write!(text, "\n{fit}\n");
        let swarm = match rule.swarm {
            Swarm::Reads => "reads it",
            Swarm::Ignores => "ignores it",
            Swarm::Refuses => "refuses the file",
        };
        let _ = match path.contains(NAME) {
            true => writeln!(text, "Docker passes over it."),
            false => writeln!(text, "docker stack deploy {swarm}."),
        };
    }
    if let Some(below) = below {
        let longest = below.rules.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
        let _ = write!(text, "\nKeys:\n");
        for rule in below.rules {
            let _ = writeln!(text, "  {:longest$}  {}", rule.name, rule.doc.trim());
        }
    }
    text
}
