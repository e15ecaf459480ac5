//! The vocabulary of `expect.toml`: what is true of a stack that runs. docs/testing.md describes it for people.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// What one live stack promises beyond what is computed from its project.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Expect {
    /// Seconds until everything is ready and every Job complete.
    pub(crate) ready: Option<u64>,
    /// The environment that the file is interpolated with: all of it.
    pub(crate) variables: BTreeMap<String, Text>,
    /// Warning events that may come up: a reason, or `reason: part of the object's name or of the message`.
    pub(crate) warnings: Vec<String>,
    /// The class that all claims get, as if it were the cluster's default.
    pub(crate) storage_class: Option<String>,
    /// Facts that do not hold yet, by their names, with the reason.
    pub(crate) pending: BTreeMap<String, String>,
    /// What a web server answers the probe pod.
    pub(crate) http: Vec<Http>,
}

/// A text, or one that is too long to be written down.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Text {
    /// As it is.
    Plain(String),
    /// A part, so many times.
    Repeated { repeat: String, times: usize },
}

impl Text {
    pub(crate) fn text(&self) -> String {
        match self {
            Text::Plain(text) => text.clone(),
            Text::Repeated { repeat, times } => repeat.repeat(*times),
        }
    }
}

/// `GET url` from the probe pod is answered with 200.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Http {
    pub(crate) url: String,
    /// A part of the body.
    pub(crate) contains: String,
}

/// Reads the expectations of a stack.
pub(crate) fn read(path: &Path) -> Result<Expect, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}
