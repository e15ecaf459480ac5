//! `transship config`: the resolved project in canonical form, or lists of what is in it, as `docker compose config` prints them; a stack
//! as `docker stack config` does.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::arguments::{Config, ConfigFormat, Listing};
use super::messages::{Reporter, apply_levels};
use super::{DONE, INPUT_ERRORS};
use crate::compose::canonical::{Form, canonical};
use crate::compose::leaves::Paths;
use crate::compose::{self, Dialect, Resolved};
use crate::diag::Diagnostics;
use crate::origin::Sources;
use crate::render::yaml;
use crate::swarm;
use crate::world::{Output, World};

/// Prints the project, or what was asked of it, unless there are errors.
pub(super) fn config(choices: Config, world: &dyn World, output: &mut dyn Output) -> u8 {
    let request = choices.request();
    let Config { messages, format, listing, .. } = choices;
    let reporter = Reporter::new(&messages, world);
    let mut sources = Sources::default();
    let mut diags = Diagnostics::default();
    let resolved = compose::resolve(world, &request, &mut sources, &mut diags);
    if let Some(Resolved::Project(loaded)) = &resolved
        && loaded.dialect == Dialect::Compose
    {
        compose::check_circles(&loaded.project, &mut diags);
        compose::check_port_count(&loaded.project, &mut diags);
    }
    let mut diagnostics = diags.sorted(&sources);
    apply_levels(&mut diagnostics, &messages);
    let code = reporter.report(&diagnostics, (&sources, &Paths::default()), output);
    if code != DONE {
        return code;
    }
    let Some(resolved) = resolved else { return INPUT_ERRORS };
    let text = match listing.asked() {
        None => whole(&resolved, world, format),
        Some(asked) => list(&asked, &resolved, world, &sources),
    };
    match output.stdout(text.as_bytes()) {
        Ok(()) => DONE,
        Err(error) => reporter.failure(&format!("cannot write to standard output: {error}"), output),
    }
}

fn whole(resolved: &Resolved, world: &dyn World, format: ConfigFormat) -> String {
    match format {
        ConfigFormat::Yaml => yaml::document(&in_form(resolved, world, Form::Yaml).into()),
        ConfigFormat::Json => format!("{:#}\n", in_form(resolved, world, Form::Json)),
    }
}

/// A stack has one form, as `docker stack config` prints YAML alone.
fn in_form(resolved: &Resolved, world: &dyn World, form: Form) -> Value {
    match resolved {
        Resolved::Project(loaded) => canonical(loaded, world, form),
        Resolved::Stack(stack) => swarm::config(stack),
    }
}

/// One line each, in order.
fn list(asked: &Listing, resolved: &Resolved, world: &dyn World, sources: &Sources) -> String {
    let project = in_form(resolved, world, Form::Json);
    let section = |name: &str| project.get(name).and_then(Value::as_object).into_iter().flatten();
    let names = |name: &str| section(name).map(|(name, _)| name.clone()).collect::<BTreeSet<_>>();
    let lines: BTreeSet<String> = match asked {
        Listing::Services => names("services"),
        Listing::Volumes => names("volumes"),
        Listing::Networks => names("networks"),
        Listing::Profiles => section("services")
            .filter_map(|(_, service)| service.get("profiles")?.as_array())
            .flatten()
            .filter_map(|profile| profile.as_str().map(str::to_owned))
            .collect(),
        Listing::Images => section("services")
            .filter(|(_, service)| service.get("provider").is_none())
            .filter_map(|(name, service)| match (service.get("image").and_then(Value::as_str), resolved) {
                (Some(image), _) => Some(image.to_owned()),
                (None, Resolved::Project(loaded)) => Some(format!("{}-{name}", loaded.name.value)),
                (None, Resolved::Stack(_)) => None,
            })
            .collect(),
        Listing::Variables => sources.variables().map(|variable| variable.name.clone()).collect(),
        Listing::Environment => match resolved {
            Resolved::Project(loaded) => {
                let lookup = loaded.variables.lookup(world);
                let value = |name: &String| lookup(name).map(|(value, _)| format!("{name}={value}"));
                loaded.variables.from_files.keys().filter_map(value).collect()
            }
            // No file sets variables of a stack.
            Resolved::Stack(_) => BTreeSet::new(),
        },
        Listing::Hash(wanted) => section("services")
            .filter(|(name, _)| wanted == "*" || wanted.split(',').any(|one| one == name.as_str()))
            .map(|(name, service)| format!("{name} {}", hash(service)))
            .collect(),
    };
    lines.into_iter().map(|line| line + "\n").collect()
}

/// A text that changes when the service does.
fn hash(service: &Value) -> String {
    Sha256::digest(service.to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
}
