//! Templates in configs and secrets of a swarm (`template_driver: golang`; SwarmKit, "template"): what is known of the services that
//! are granted them is filled in.

use crate::compose::grammar::mounts;
use crate::compose::grammar::placeholder::{Piece, pieces};
use crate::compose::model::service::Service;
use crate::ir::FileObjectKind;
use crate::lower::content::OBJECT_LIMIT;
use crate::lower::{Context, placeholders};

/// A text with what is known filled in.
pub(super) struct Filled {
    /// The text.
    pub(super) text: String,
    /// The first template that is left as it is written.
    pub(super) left: Option<String>,
}

/// Fills in a config or secret, by what is the same for all services that are granted it.
pub(super) fn fill(context: &Context<'_>, kind: FileObjectKind, name: &str, text: &str) -> Filled {
    let users = users(context, kind, name);
    let mut filled = Filled { text: String::with_capacity(text.len()), left: None };
    for piece in pieces(text) {
        let (found, written) = match piece {
            Piece::Text(text) => (Some(text.to_owned()), text),
            Piece::Field(_, written) => (same(&users, |service, _| of_service(context, service, written)), written),
            Piece::Other(written) => (called(context, kind, &users, written), written),
        };
        if found.is_none() {
            filled.left.get_or_insert_with(|| written.to_owned());
        }
        filled.text.push_str(found.as_deref().unwrap_or(written));
    }
    filled
}

/// The services that are granted an object.
fn users<'a>(context: &Context<'a>, kind: FileObjectKind, name: &str) -> Vec<(&'a str, &'a Service)> {
    let services = context.loaded.project.services.get().into_iter().flat_map(|services| services.value.iter());
    let bodies = services.filter_map(|(name, entry)| Some((name.as_str(), &entry.value.as_ref()?.value)));
    let is_granted = |service: &Service| {
        let grants = match kind {
            FileObjectKind::ConfigMap => &service.configs,
            FileObjectKind::Secret => &service.secrets,
        };
        let mut sources = grants.get().into_iter().flat_map(|grants| &grants.value);
        sources.any(|grant| grant.value.source.get().is_some_and(|source| source.value == name))
    };
    bodies.filter(|(_, service)| is_granted(service)).collect()
}

/// A value that all users have alike.
fn same(users: &[(&str, &Service)], of: impl Fn(&str, &Service) -> Option<String>) -> Option<String> {
    let mut all = users.iter().map(|(name, service)| of(name, service));
    let first = all.next()??;
    all.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

fn of_service(context: &Context<'_>, service: &str, written: &str) -> Option<String> {
    let filled = placeholders::fill(context, Some(service), written);
    filled.text().filter(|_| filled.reasons.is_empty())
}

/// `{{ env "NAME" }}`, `{{ config "NAME" }}` and `{{ secret "NAME" }}`.
fn called(context: &Context<'_>, kind: FileObjectKind, users: &[(&str, &Service)], written: &str) -> Option<String> {
    let inside = written.strip_prefix("{{")?.strip_suffix("}}")?.trim_matches('-').trim();
    let (function, argument) = inside.split_once(char::is_whitespace)?;
    let name = argument.trim().strip_prefix('"')?.strip_suffix('"').filter(|name| !name.contains(['"', '\\']))?;
    match (function, kind) {
        ("env", _) => same(users, |_, service| variable(service, name)),
        ("config", _) => content(context, FileObjectKind::ConfigMap, name),
        ("secret", FileObjectKind::Secret) => content(context, FileObjectKind::Secret, name),
        // What is secret does not become readable.
        _ => None,
    }
}

fn variable(service: &Service, name: &str) -> Option<String> {
    let value = service.environment.get()?.value.0.get(name)?.value.clone()?;
    (!value.contains("{{")).then_some(value)
}

/// The text of another config or secret, where it is no template itself.
fn content(context: &Context<'_>, kind: FileObjectKind, name: &str) -> Option<String> {
    let project = &context.loaded.project;
    let entries = match kind {
        FileObjectKind::ConfigMap => &project.configs,
        FileObjectKind::Secret => &project.secrets,
    };
    let source = &entries.get()?.value.get(name)?.value.as_ref()?.value;
    if source.template_driver.get().is_some() {
        return None;
    }
    if let Some(content) = source.content.get() {
        return Some(content.value.clone());
    }
    let full = mounts::join(&context.loaded.folder, &source.file.get()?.value);
    String::from_utf8(context.world.read(&full, OBJECT_LIMIT as u64).ok()?).ok()
}
