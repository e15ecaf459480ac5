//! `load`, top to bottom: find, read, decide the dialect, interpolate, merge, decode once, check (compose-loading, section 1).

use std::collections::BTreeMap;

use crate::compose::check;
use crate::compose::dialect::{self, Decision, Dialect};
use crate::compose::env_files::{self, EnvFiles, Surroundings};
use crate::compose::find::{self, FILE_LIMIT, Files, Variables};
use crate::compose::interpolate::interpolate;
use crate::compose::keys::{Decode, Merge, Reader, Swarm};
use crate::compose::leaves::{Leaves, leaves};
use crate::compose::merge::{merge, settle_tags};
use crate::compose::model::project::Project;
use crate::compose::model::service::Service;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::{Origin, Sources, Spanned};
use crate::request::Request;
use crate::syntax::{self, Node, Value};
use crate::world::{ReadError, World};

/// A project and what was learned on the way to it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the user wrote, resolved.
    pub project: Project,
    /// Its name.
    pub name: Spanned<String>,
    /// Whose rules hold.
    pub dialect: Dialect,
    /// The folder that relative paths are relative to.
    pub folder: String,
    /// Variables that files set.
    pub variables: Variables,
    /// The environment files of each service, read.
    pub env_files: EnvFiles,
    /// Every leaf of the resolved project.
    pub leaves: Leaves,
}

/// Loads a project. `None` after errors that leave nothing to look at; otherwise errors stand in the sink.
pub fn load(world: &dyn World, request: &Request, sources: &mut Sources, diags: &mut Diagnostics) -> Option<Loaded> {
    let files = find::files(world, request, diags)?;
    let mut documents = read_all(world, &files, sources, diags)?;
    let decision = request.dialect.map_or_else(
        || dialect::decide(&documents, &files.paths),
        |dialect| Decision { dialect, because: "--dialect says so".to_owned(), place: None },
    );
    let dialect = decision.dialect;
    say_dialect(&decision, diags);
    let variables = find::variables(world, request, &files, sources, diags);
    let lookup = variables.lookup(world);
    let name = project_name(world, request, &files, &documents, &*lookup, sources, diags);
    let named = |asked: &str| {
        lookup(asked).or_else(|| {
            (asked == "COMPOSE_PROJECT_NAME").then(|| (name.value.clone(), "the project's name".to_owned()))
        })
    };
    for document in &mut documents {
        interpolate(document, dialect, &named, sources, diags);
    }
    let mut merged: Option<Node> = None;
    for mut document in documents {
        merged = Some(match merged {
            None => {
                settle_tags(&mut document);
                document
            }
            Some(base) => merge(base, document, Merge::Default, Project::SHAPE, "", diags),
        });
    }
    let mut root = merged?;
    if dialect == Dialect::Swarm {
        apply_swarm_rules(&mut root, diags);
    }
    let leaves = Leaves::of(&root);
    let place = root.origin;
    let of_profiles = leaves_of_profiles(&root);
    let mut reader = Reader::new(sources, diags);
    let mut project = Project::decode(root, &mut reader)?;
    let inactive = deactivate(&mut project, &active_profiles(world, request), &of_profiles, diags);
    check::check(&check::Checked { project: &project, inactive: &inactive, dialect }, place, diags);
    let around = Surroundings { world, folder: &files.folder, dialect, lookup: &*lookup };
    let env_files = env_files::read(&project, &around, sources, diags);
    drop(lookup);
    Some(Loaded { project, name, dialect, folder: files.folder, variables, env_files, leaves })
}

fn say_dialect(decision: &Decision, diags: &mut Diagnostics) {
    let message = format!("read as a {} file, because {}", decision.dialect.word(), decision.because);
    let diagnostic = match decision.place {
        Some(place) => Diagnostic::new(Code::Dialect, place, message),
        None => Diagnostic::nowhere(Code::Dialect, message),
    };
    diags.push(diagnostic.help("say --dialect compose or --dialect swarm to have it read otherwise"));
}

fn read_all(world: &dyn World, files: &Files, sources: &mut Sources, diags: &mut Diagnostics) -> Option<Vec<Node>> {
    let mut documents = Vec::new();
    let mut complete = true;
    for path in &files.paths {
        let bytes = if path == "-" { world.stdin(FILE_LIMIT) } else { world.read(path, FILE_LIMIT) };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                diags.push(
                    Diagnostic::nowhere(code_of(&error), format!("{path} cannot be read: {}", find::say(&error)))
                        .help("check the path after -f"),
                );
                complete = false;
                continue;
            }
        };
        let name = if path == "-" { "<stdin>" } else { path };
        let Some(file) = env_files::text_of(name, bytes, sources, diags) else {
            complete = false;
            continue;
        };
        match syntax::parse(file, sources, diags) {
            Some(nodes) => documents.extend(nodes),
            None => complete = false,
        }
    }
    if !complete {
        return None;
    }
    if documents.is_empty() {
        let names = files.paths.join(", ");
        diags.push(
            Diagnostic::nowhere(Code::EmptyFile, format!("{names} is empty"))
                .help("write services: and at least one service"),
        );
        return None;
    }
    Some(documents)
}

fn code_of(error: &ReadError) -> Code {
    match error {
        ReadError::NotFound => Code::FileNotFound,
        ReadError::TooLarge { limit: _ } | ReadError::Folder | ReadError::Denied | ReadError::Other(_) => {
            Code::FileUnreadable
        }
    }
}

fn project_name(
    world: &dyn World,
    request: &Request,
    files: &Files,
    documents: &[Node],
    lookup: &crate::compose::interpolate::Lookup<'_>,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) -> Spanned<String> {
    let outside = sources.add_file("<project name>", "");
    let nowhere = sources.add(outside, 0..0);
    let asked = request
        .project_name
        .clone()
        .or_else(|| lookup("COMPOSE_PROJECT_NAME").map(|(value, _)| value))
        .filter(|name| !name.is_empty());
    if let Some(name) = asked {
        if normal(&name) != name {
            diags.push(
                Diagnostic::nowhere(Code::ProjectName, format!("`{name}` is no project name"))
                    .why("it must hold lower-case letters, digits, dashes and underscores only, and begin with a letter or digit")
                    .help(format!("write {}", normal(&name))),
            );
        }
        return Spanned { value: normal(&name), origin: nowhere };
    }
    let written = documents.iter().rev().find_map(|document| {
        let Value::Map(top) = &document.value else { return None };
        let name = &top.get("name")?.value;
        if let Value::String(_) = &name.value { Some(name.clone()) } else { None }
    });
    if let Some(mut name) = written {
        interpolate(&mut name, Dialect::Compose, lookup, sources, &mut Diagnostics::default());
        if let Value::String(text) = &name.value {
            return Spanned { value: normal(text), origin: name.origin };
        }
    }
    let folder = if files.folder.starts_with('/') {
        files.folder.clone()
    } else {
        crate::compose::grammar::mounts::join(&world.current_folder(), &files.folder)
    };
    let base = normal(folder.rsplit('/').next().unwrap_or_default());
    if base.is_empty() {
        diags.push(
            Diagnostic::nowhere(Code::ProjectName, "the folder's name gives no project name")
                .help("name the project: -p NAME"),
        );
    }
    Spanned { value: base, origin: nowhere }
}

/// A project name as the reference normalises it: lower case, other characters dropped, no dash or underscore first.
fn normal(name: &str) -> String {
    let kept: String = name
        .to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
        .collect();
    kept.trim_start_matches(['_', '-']).to_owned()
}

/// Takes away what `docker stack deploy` ignores, and refuses what it refuses.
fn apply_swarm_rules(root: &mut Node, diags: &mut Diagnostics) {
    let Value::Map(top) = &mut root.value else { return };
    let Some(services) = top.get_mut("services") else { return };
    let Value::Map(services) = &mut services.value.value else { return };
    for (service_name, service) in services.iter_mut() {
        let Value::Map(keys) = &mut service.value.value else { continue };
        keys.retain(|name, entry| {
            let Some(rule) = Service::TABLE.rule(name) else { return true };
            let path = format!("services.{service_name}.{name}");
            let mut found = Vec::new();
            leaves(&entry.value, &mut found);
            match rule.swarm {
                Swarm::Reads => return true,
                Swarm::Ignores => diags.push(
                    Diagnostic::new(
                        Code::IgnoredBySwarm,
                        entry.key,
                        format!("`{name}` is left out: docker stack deploy ignores it"),
                    )
                    .why("what ran on the swarm ran without it")
                    .help("remove it, or say --dialect compose if docker compose runs this file")
                    .key(path)
                    .covers(found),
                ),
                Swarm::Refuses => diags.push(
                    Diagnostic::new(
                        Code::RefusedBySwarm,
                        entry.key,
                        format!("`{name}` is refused by docker stack deploy"),
                    )
                    .help("remove it (limits stand under deploy.resources), or say --dialect compose")
                    .key(path)
                    .covers(found),
                ),
            }
            false
        });
    }
}

fn active_profiles(world: &dyn World, request: &Request) -> Vec<String> {
    if !request.profiles.is_empty() {
        return request.profiles.clone();
    }
    let list = world.environment("COMPOSE_PROFILES").unwrap_or_default();
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The leaves of every service that names profiles: they are accounted for together when it is left out.
fn leaves_of_profiles(root: &Node) -> BTreeMap<String, Vec<Origin>> {
    let Value::Map(top) = &root.value else { return BTreeMap::new() };
    let Some(Value::Map(services)) = top.get("services").map(|services| &services.value.value) else {
        return BTreeMap::new();
    };
    let mut all = BTreeMap::new();
    for (name, service) in services {
        if matches!(&service.value.value, Value::Map(keys) if keys.contains_key("profiles")) {
            let mut found = Vec::new();
            leaves(&service.value, &mut found);
            all.insert(name.clone(), found);
        }
    }
    all
}

/// Leaves out services whose profiles are not active; the names of those that stay out are kept for `required: false`.
fn deactivate(
    project: &mut Project,
    active: &[String],
    of_profiles: &BTreeMap<String, Vec<Origin>>,
    diags: &mut Diagnostics,
) -> Vec<String> {
    let crate::compose::keys::Key::Set { key: _, value: services } = &mut project.services else { return Vec::new() };
    let mut left_out = Vec::new();
    services.value.retain(|name, service| {
        let Some(body) = &service.value else { return true };
        let Some(profiles) = body.value.profiles.get() else { return true };
        let is_active = |profile: &Spanned<String>| active.iter().any(|name| name == "*" || *name == profile.value);
        if profiles.value.0.is_empty() || profiles.value.0.iter().any(is_active) {
            return true;
        }
        let names: Vec<&str> = profiles.value.0.iter().map(|profile| profile.value.as_str()).collect();
        diags.push(
            Diagnostic::new(
                Code::ProfileInactive,
                service.key,
                format!("the service `{name}` is left out: no profile of it is active"),
            )
            .help(format!("say --profile {}", names.first().copied().unwrap_or_default()))
            .key(format!("services.{name}"))
            .covers(of_profiles.get(name).into_iter().flatten().copied()),
        );
        left_out.push(name.clone());
        false
    });
    left_out
}
