//! A file as the judge sees it: the resolved project, the objects of our manifests, and what we said.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use transship::compose::Dialect;
use transship::ir::{Name, short_hash};
use transship::world::MemoryOutput;
use transship::{Request, cli, compile};

use crate::world::Case as Machine;

/// A message: its code, and the key that it is about.
pub(crate) struct Said {
    pub(crate) code: &'static str,
    pub(crate) key: String,
}

pub(crate) struct Case {
    pub(crate) label: String,
    pub(crate) dialect: Dialect,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) project: Value,
    pub(crate) objects: Vec<Value>,
    pub(crate) said: Vec<Said>,
}

/// A service of the resolved project. `key` is `services.<name>`.
pub(crate) struct Service<'a> {
    pub(crate) name: &'a str,
    pub(crate) key: String,
    pub(crate) value: &'a Value,
}

/// The container of a service in the pod of a workload.
pub(crate) struct Pod<'a> {
    pub(crate) workload: &'a Value,
    pub(crate) spec: &'a Value,
    pub(crate) container: &'a Value,
}

/// What docker compose prints has every `$` doubled.
fn single_dollars(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.replace("$$", "$"),
        Value::Array(items) => items.iter_mut().for_each(single_dollars),
        Value::Object(map) => {
            for (key, mut value) in std::mem::take(map) {
                single_dollars(&mut value);
                map.insert(key.replace("$$", "$"), value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn word(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Compose => "compose",
        Dialect::Swarm => "swarm",
    }
}

impl Case {
    /// A file, with the project as `transship config` prints it. `None` where there are no manifests: errors are told.
    pub(crate) fn resolved(path: &Path, dialect: Dialect, variables: BTreeMap<String, String>) -> Option<Case> {
        let folder = path.parent()?.to_str()?.to_owned();
        let machine = Machine { folder, variables: variables.clone() };
        let file = path.to_str()?;
        let arguments = ["transship", "config", "--dialect", word(dialect), "--format", "json", "-f", file];
        let mut output = MemoryOutput::default();
        if cli::run(arguments.into_iter().map(Into::into), &machine, &mut output) != cli::DONE {
            return None;
        }
        let project = serde_json::from_slice(&output.stdout).unwrap();
        Case::compiled(path, dialect, variables, project)
    }

    /// A file of the corpus, with the project that the reference loader made of it.
    pub(crate) fn of_the_corpus(
        root: &Path,
        home: &Path,
        path: &Path,
        dialect: Dialect,
        variables: BTreeMap<String, String>,
    ) -> Option<Case> {
        let file = match dialect {
            Dialect::Compose => "expected.compose.json",
            Dialect::Swarm => "expected.stack.yml",
        };
        let text = std::fs::read_to_string(home.join(file)).ok()?;
        let text = text.replace("@CASE@", home.to_str()?).replace("@ROOT@", root.to_str()?);
        let project: Value = serde_yaml::from_str(&text).unwrap();
        Case::compiled(path, dialect, variables, project)
    }

    fn compiled(
        path: &Path,
        dialect: Dialect,
        variables: BTreeMap<String, String>,
        mut project: Value,
    ) -> Option<Case> {
        let machine = Machine { folder: path.parent()?.to_str()?.to_owned(), variables: variables.clone() };
        let files = vec![path.to_str()?.to_owned()];
        let compilation = compile(&machine, &Request { files, dialect: Some(dialect), ..Request::default() });
        if dialect == Dialect::Compose {
            single_dollars(&mut project);
        }
        let object = |text: String| serde_json::from_str(&text).unwrap();
        let said =
            |diagnostic: &transship::diag::Diagnostic| Said { code: diagnostic.code.id(), key: diagnostic.key.clone() };
        Some(Case {
            label: format!("{} ({})", path.display(), word(dialect)),
            dialect,
            variables,
            project,
            objects: compilation.manifests?.iter().map(|manifest| object(manifest.object.to_string())).collect(),
            said: compilation.diagnostics.iter().map(said).collect(),
        })
    }

    pub(crate) fn services(&self) -> Vec<Service<'_>> {
        let services = self.project["services"].as_object();
        let service = |(name, value)| -> Service<'_> {
            let name: &String = name;
            Service { name, key: format!("services.{name}"), value }
        };
        services.into_iter().flatten().map(service).collect()
    }

    /// Objects of a kind.
    pub(crate) fn kind(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.objects.iter().filter(move |object| object["kind"] == kind)
    }

    /// The object of a kind and name.
    pub(crate) fn object(&self, kind: &str, name: &str) -> Option<&Value> {
        self.kind(kind).find(|object| object["metadata"]["name"] == name)
    }

    /// Every pod that runs the container of a service. Of two services whose names become one, one ends in a hash.
    pub(crate) fn pods(&self, service: &Service) -> Vec<Pod<'_>> {
        let hashed = Name::from_text(&format!("{}-{}", service.name, short_hash(service.name.as_bytes())));
        let found = self.pods_called(hashed.as_str());
        if found.is_empty() { self.pods_called(Name::from_text(service.name).as_str()) } else { found }
    }

    fn pods_called(&self, name: &str) -> Vec<Pod<'_>> {
        let mut found = Vec::new();
        for workload in &self.objects {
            let Some(template) = template(workload) else { continue };
            let spec = &template["spec"];
            let containers = ["initContainers", "containers"].into_iter().filter_map(|key| spec[key].as_array());
            for container in containers.flatten().filter(|container| container["name"] == name) {
                found.push(Pod { workload, spec, container });
            }
        }
        found
    }

    /// The code of a message about a key, about what stands below it, or about what it stands in (but not a whole service). Places
    /// in lists are not told apart: a list of the file is not that of the resolved project. That a value was used up in silence
    /// (T0434) names nothing.
    pub(crate) fn names(&self, key: &str) -> Option<&'static str> {
        let of_list = |key: &str| key.split('[').next().unwrap_or_default().to_owned();
        let below = |key: &str, above: &str| {
            key.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let is_whole = |said: &str| said.matches('.').count() < 2 && said != key;
        let mut about = self.said.iter().filter(|said| said.code != "T0434" && !is_whole(&said.key));
        let wanted = of_list(key);
        about
            .find(|said| below(&of_list(&said.key), &wanted) || below(&wanted, &of_list(&said.key)))
            .map(|said| said.code)
    }
}

/// The pod template of a workload.
pub(crate) fn template(workload: &Value) -> Option<&Value> {
    ["/spec/template", "/spec/jobTemplate/spec/template"].into_iter().find_map(|pointer| workload.pointer(pointer))
}
