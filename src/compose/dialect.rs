//! Which of two dialects a file is written in: decided on the raw nodes, as interpolation and merge differ between them.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::grammar::placeholder::{Piece, pieces};
use crate::compose::keys::Swarm;
use crate::compose::model::scalar::scalar_text;
use crate::compose::model::service::Service;
use crate::diag::{Code, Diagnostics, Severity};
use crate::origin::Origin;
use crate::syntax::{Map, Node, Value};

/// Whose rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `docker compose`.
    Compose,
    /// `docker stack deploy`.
    Swarm,
}

impl Dialect {
    /// `compose` or `swarm`.
    pub fn word(self) -> &'static str {
        match self {
            Dialect::Compose => "compose",
            Dialect::Swarm => "swarm",
        }
    }
}

/// What was decided, why, and where the reason stands.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The dialect.
    pub dialect: Dialect,
    /// The reason, as a half sentence after "because".
    pub because: String,
    /// Where it stands; `None` where it is a file's name or nothing.
    pub place: Option<Origin>,
    /// Whether the other dialect may turn out to be meant.
    pub certainty: Certainty,
}

/// What it takes to read a file by the other dialect after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Nothing does.
    Firm,
    /// It has keys that its dialect refuses: whoever calls a file a stack means it, but cannot have deployed that.
    Named,
    /// Its dialect refuses it.
    Guess,
}

impl Decision {
    /// What a user says.
    pub fn said(dialect: Dialect) -> Decision {
        let because = "--dialect says so".to_owned();
        Decision { dialect, because, place: None, certainty: Certainty::Firm }
    }
}

const COMPOSE_TOP: &[&str] = &["name", "include", "models"];
const COMPOSE_SERVICE: &[&str] = &[
    "annotations",
    "attach",
    "develop",
    "extends",
    "gpus",
    "models",
    "platform",
    "post_start",
    "pre_start",
    "pre_stop",
    "profiles",
    "provider",
    "pull_policy",
    "use_api_socket",
];
/// What a swarm alone acts on, and what every reading keeps.
const SWARM_DEPLOY: &[&str] = &["placement", "update_config", "rollback_config", "endpoint_mode"];

/// Decides by the keys of the documents, then by the names of the files. Where nothing makes it certain, what keeps all that is
/// written is taken.
pub fn decide<'a>(documents: impl Iterator<Item = &'a Node>, file_names: &[String]) -> Decision {
    let tops: Vec<&Map> = documents.filter_map(map).collect();
    let compose = |because, place, certainty| Decision { dialect: Dialect::Compose, because, place, certainty };
    let swarm = |because, place, certainty| Decision { dialect: Dialect::Swarm, because, place, certainty };
    if let Some((key, place)) = tops.iter().find_map(|top| compose_only(top)) {
        return compose(format!("only docker compose knows `{key}`"), Some(place), Certainty::Firm);
    }
    let alone = tops.iter().find_map(|top| swarm_alone(top));
    let is_sure = alone.is_some();
    let found = alone.or_else(|| tops.iter().find_map(|top| swarm_first(top)));
    let named = named(file_names);
    if found.is_none() && named.is_none() {
        return compose("nothing in it speaks of a swarm".to_owned(), None, Certainty::Firm);
    }
    if let Some((because, place)) = refused(&tops) {
        return compose(because, Some(place), Certainty::Firm);
    }
    let certainty = if named.is_some() { Certainty::Named } else { Certainty::Guess };
    if !is_sure
        && (found.is_none() || named.is_none())
        && let Some((key, place)) = tops.iter().find_map(|top| ignored(top))
    {
        return compose(format!("docker stack deploy would ignore `{key}`"), Some(place), Certainty::Guess);
    }
    match (found, named) {
        (Some((key, place)), _) => swarm(format!("`{key}` means something on a swarm alone"), Some(place), certainty),
        (None, name) => swarm(format!("the file is called {}", name.map_or("", String::as_str)), None, certainty),
    }
}

/// The file that is called a stack or a swarm's.
fn named(file_names: &[String]) -> Option<&String> {
    let base = |name: &str| name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase();
    file_names.iter().find(|name| ["stack", "swarm"].iter().any(|word| base(name).contains(word)))
}

/// The other reading of a file that its dialect refuses, where it may be meant.
pub fn other(decision: &Decision, diags: &Diagnostics) -> Option<Decision> {
    let is_of_keys = |code| {
        matches!(
            code,
            Code::UnknownKey | Code::RefusedBySwarm | Code::KeyNewerThanVersion | Code::StackVersion | Code::WrongType
        )
    };
    let errors = || diags.iter().filter(|found| found.severity == Severity::Error);
    let may_be = match decision.certainty {
        Certainty::Firm => false,
        Certainty::Named => errors().all(|found| is_of_keys(found.code)),
        Certainty::Guess => true,
    };
    let refused = errors().next().filter(|_| may_be)?;
    let (dialect, who) = match decision.dialect {
        Dialect::Swarm => (Dialect::Compose, "a swarm"),
        Dialect::Compose => (Dialect::Swarm, "docker compose"),
    };
    let because = format!("{who} would not take it: {}", refused.message);
    let place = refused.primary.as_ref().map(|label| label.origin);
    Some(Decision { dialect, because, place, certainty: Certainty::Firm })
}

fn map(node: &Node) -> Option<&Map> {
    if let Value::Map(map) = &node.value { Some(map) } else { None }
}

fn services(top: &Map) -> impl Iterator<Item = &Map> {
    top.get("services")
        .and_then(|entry| map(&entry.value))
        .into_iter()
        .flat_map(|services| services.values())
        .filter_map(|entry| map(&entry.value))
}

fn first(map: &Map, names: &[&str]) -> Option<(String, Origin)> {
    map.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(name, entry)| (name.clone(), entry.key))
}

fn compose_only(top: &Map) -> Option<(String, Origin)> {
    first(top, COMPOSE_TOP).or_else(|| {
        services(top).find_map(|service| {
            first(service, COMPOSE_SERVICE).or_else(|| {
                let entry = service.get("depends_on")?;
                map(&entry.value).map(|_| ("depends_on as a mapping".to_owned(), entry.key))
            })
        })
    })
}

/// What a swarm refuses and docker compose does not mind: a version that stack files do not have, and a service without an image.
fn refused(tops: &[&Map]) -> Option<(String, Origin)> {
    let version = tops.iter().find_map(|top| {
        let entry = top.get("version")?;
        let text = scalar_text(&entry.value.value)?;
        let is_old = text.starts_with('2')
            && text.strip_prefix('2').is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        is_old.then(|| (format!("docker stack deploy reads no version {text}"), entry.key))
    });
    version.or_else(|| {
        let (name, place) = built_alone(tops)?;
        Some((format!("docker stack deploy builds nothing, and `{name}` has no image"), place))
    })
}

/// A service that is built and has no image in any of the documents.
fn built_alone(tops: &[&Map]) -> Option<(String, Origin)> {
    let mut built: IndexMap<&str, Origin> = IndexMap::new();
    let mut pulled: HashSet<&str> = HashSet::new();
    let sections = tops.iter().filter_map(|top| map(&top.get("services")?.value));
    for (name, entry) in sections.flat_map(|services| services.iter()) {
        let Some(service) = map(&entry.value) else { continue };
        if let Some(build) = service.get("build") {
            built.entry(name).or_insert(build.key);
        }
        if service.contains_key("image") {
            pulled.insert(name);
        }
    }
    built.into_iter().find(|(name, _)| !pulled.contains(name)).map(|(name, place)| (name.to_owned(), place))
}

/// What has an effect where a swarm runs it, and nowhere else.
fn swarm_alone(top: &Map) -> Option<(String, Origin)> {
    let in_deploy = services(top).find_map(|service| {
        let deploy = map(&service.get("deploy")?.value)?;
        first(deploy, &["labels"]).map(|(name, place)| (format!("deploy.{name}"), place)).or_else(|| mode(deploy, true))
    });
    in_deploy
        .or_else(|| overlay(top))
        .or_else(|| ["configs", "secrets"].iter().find_map(|section| external(top, section)))
        .or_else(|| services(top).find_map(|service| placeholder(service, &["hostname", "environment", "volumes"])))
        .or_else(|| placeholder(top, &["volumes"]))
}

/// What is written for a swarm, and keeps its meaning whichever way it is read.
fn swarm_first(top: &Map) -> Option<(String, Origin)> {
    services(top).find_map(|service| {
        let deploy = map(&service.get("deploy")?.value)?;
        first(deploy, SWARM_DEPLOY)
            .map(|(name, place)| (format!("deploy.{name}"), place))
            .or_else(|| mode(deploy, false))
    })
}

/// A mode that is not the usual one: that of a job, or another.
fn mode(deploy: &Map, is_job: bool) -> Option<(String, Origin)> {
    let mode = deploy.get("mode")?;
    let Value::String(text) = &mode.value.value else { return None };
    (text != "replicated" && text.ends_with("-job") == is_job).then(|| (format!("mode: {text}"), mode.key))
}

/// What docker compose acts on and a swarm passes over. `build` is none of it: a swarm pulls the image that is named beside it.
fn ignored(top: &Map) -> Option<(String, Origin)> {
    let is_ignored = |name: &str| Service::TABLE.rule(name).is_some_and(|rule| rule.swarm == Swarm::Ignores);
    let says_nothing = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::Bool(true) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) => false,
    };
    services(top).find_map(|service| {
        let mut keys = service.iter().filter(|(name, _)| name.as_str() != "build" && is_ignored(name));
        let found = keys.find(|(_, entry)| !says_nothing(&entry.value.value));
        found.map(|(name, entry)| (name.to_owned(), entry.key))
    })
}

/// Where a swarm alone fills in placeholders; to docker compose they are text.
fn placeholder(section: &Map, keys: &[&str]) -> Option<(String, Origin)> {
    let mut open: Vec<&Node> = keys.iter().filter_map(|key| section.get(*key)).map(|entry| &entry.value).collect();
    while let Some(node) = open.pop() {
        match &node.value {
            Value::String(text) if text.contains("{{") => {
                let written = pieces(text).into_iter().find_map(|piece| match piece {
                    Piece::Field(_, written) => Some(written.to_owned()),
                    Piece::Text(_) | Piece::Other(_) => None,
                });
                if let Some(written) = written {
                    return Some((written, node.origin));
                }
            }
            Value::List(items) => open.extend(items.iter().rev()),
            Value::Map(map) => open.extend(map.values().rev().map(|entry| &entry.value)),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) | Value::String(_) => {
            }
        }
    }
    None
}

fn overlay(top: &Map) -> Option<(String, Origin)> {
    map(&top.get("networks")?.value)?.values().find_map(|network| {
        let driver = map(&network.value)?.get("driver")?;
        (driver.value.value == Value::String("overlay".to_owned())).then(|| ("driver: overlay".to_owned(), driver.key))
    })
}

fn external(top: &Map, section: &str) -> Option<(String, Origin)> {
    map(&top.get(section)?.value)?.values().find_map(|object| {
        let external = map(&object.value)?.get("external")?;
        Some((format!("{section} that are external"), external.key))
    })
}
