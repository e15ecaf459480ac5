//! Which of two dialects a file is written in: decided on the raw nodes, as interpolation and merge differ between them.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::grammar::placeholder::{Piece, pieces};
use crate::compose::model::scalar::scalar_text;
use crate::diag::{Diagnostics, Severity};
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
const SWARM_DEPLOY: &[&str] = &["placement", "update_config", "rollback_config", "endpoint_mode", "labels"];

/// Decides by the keys of the documents, then by the names of the files.
pub fn decide<'a>(documents: impl Iterator<Item = &'a Node>, file_names: &[String]) -> Decision {
    let tops: Vec<&Map> = documents.filter_map(map).collect();
    if let Some((key, place)) = tops.iter().find_map(|top| compose_only(top)) {
        return Decision {
            dialect: Dialect::Compose,
            because: format!("only docker compose knows `{key}`"),
            place: Some(place),
        };
    }
    let swarm = match tops.iter().find_map(|top| swarm_only(top)) {
        Some((key, place)) => Some((format!("`{key}` means something on a swarm alone"), Some(place))),
        None => named(file_names).map(|name| (format!("the file is called {name}"), None)),
    };
    match (swarm, refused(&tops)) {
        (Some(_), Some((because, place))) => Decision { dialect: Dialect::Compose, because, place: Some(place) },
        (Some((because, place)), None) => Decision { dialect: Dialect::Swarm, because, place },
        (None, _) => {
            Decision { dialect: Dialect::Compose, because: "nothing in it speaks of a swarm".to_owned(), place: None }
        }
    }
}

/// The file that is called a stack or a swarm's.
fn named(file_names: &[String]) -> Option<&String> {
    let base = |name: &str| name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase();
    file_names.iter().find(|name| ["stack", "swarm"].iter().any(|word| base(name).contains(word)))
}

/// Whether a file is called a stack or a swarm's: whoever calls it so means it.
pub fn is_named(file_names: &[String]) -> bool {
    named(file_names).is_some()
}

/// That docker compose alone can have run what docker stack deploy refuses.
pub fn refusal(of_stack: &Diagnostics) -> Option<Decision> {
    let refused = of_stack.iter().find(|found| found.severity == Severity::Error)?;
    let because = format!("a swarm would not take it: {}", refused.message);
    Some(Decision { dialect: Dialect::Compose, because, place: refused.primary.as_ref().map(|label| label.origin) })
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

fn swarm_only(top: &Map) -> Option<(String, Origin)> {
    let in_deploy = services(top).find_map(|service| {
        let deploy = map(&service.get("deploy")?.value)?;
        first(deploy, SWARM_DEPLOY).map(|(name, place)| (format!("deploy.{name}"), place)).or_else(|| {
            let mode = deploy.get("mode")?;
            let Value::String(text) = &mode.value.value else { return None };
            (text != "replicated").then(|| (format!("mode: {text}"), mode.key))
        })
    });
    in_deploy
        .or_else(|| overlay(top))
        .or_else(|| ["configs", "secrets"].iter().find_map(|section| external(top, section)))
        .or_else(|| services(top).find_map(|service| placeholder(service, &["hostname", "environment", "volumes"])))
        .or_else(|| placeholder(top, &["volumes"]))
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
