//! Services that are asked for by name (compose-loading, section 12; `docker compose config SERVICE...`): what they depend on comes
//! with them, and the others are left out, with what only those use.

use std::collections::BTreeSet;

use crate::compose::check::{named_volume, needed};
use crate::compose::keys::{Entries, Key};
use crate::compose::model::project::Project;
use crate::compose::model::service::Service;
use crate::diag::{Code, Diagnostic, Diagnostics, nearest};
use crate::syntax::{Node, Value};

/// The profiles of the services that are asked for: whoever asks for one by name asks for its profiles too.
pub(crate) fn profiles_of<'a>(project: &'a Project, names: &'a [String]) -> impl Iterator<Item = String> + 'a {
    let services = project.services.get().map(|services| &services.value);
    let service = move |name: &String| services?.get(name)?.value.as_ref();
    let profiles = names.iter().filter_map(service).filter_map(|service| service.value.profiles.get());
    profiles.flat_map(|profiles| profiles.value.0.iter().map(|profile| profile.value.clone()))
}

/// Leaves out what is not asked for. Without names everything is.
pub(crate) fn select(project: &mut Project, names: &[String], diags: &mut Diagnostics) {
    if names.is_empty() {
        return;
    }
    let Key::Set { key: _, value: services } = &mut project.services else { return };
    if report_unknown(names, services.value.keys(), diags) {
        return;
    }
    let kept = with_dependencies(&services.value, names);
    leave_out(&mut project.services, "service", &kept, diags);
    let mut used = Used::default();
    let services = project.services.get().into_iter().flat_map(|services| services.value.values());
    services.filter_map(|named| named.value.as_ref()).for_each(|service| used.add(&service.value));
    let Used { networks, volumes, secrets, configs, models } = used;
    leave_out(&mut project.networks, "network", &networks, diags);
    leave_out(&mut project.volumes, "volume", &volumes, diags);
    leave_out(&mut project.secrets, "secret", &secrets, diags);
    leave_out(&mut project.configs, "config", &configs, diags);
    leave_out(&mut project.models, "model", &models, diags);
}

/// The same for the services of a stack that is not decoded, where nothing depends on anything.
pub(crate) fn select_nodes(root: &mut Node, names: &[String], diags: &mut Diagnostics) {
    if let Value::Map(top) = &mut root.value
        && let Some(Value::Map(services)) = top.get_mut("services").map(|services| &mut services.value.value)
        && !names.is_empty()
    {
        report_unknown(names, services.keys(), diags);
        services.retain(|name, _| names.contains(name));
    }
}

/// Whether there is one that no service is called.
fn report_unknown<'a>(
    names: &[String],
    known: impl Iterator<Item = &'a String> + Clone,
    diags: &mut Diagnostics,
) -> bool {
    let mut is_unknown = false;
    for name in names.iter().filter(|name| !known.clone().any(|known| known == *name)) {
        is_unknown = true;
        let near = nearest(name, known.clone().map(String::as_str));
        diags.push(
            Diagnostic::nowhere(Code::Undefined, format!("there is no service `{name}`, which is asked for")).help(
                match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "correct the name; transship config --services lists them".to_owned(),
                },
            ),
        );
    }
    is_unknown
}

/// The services and all that they depend on, however far away.
fn with_dependencies(services: &Entries<Service>, names: &[String]) -> BTreeSet<String> {
    let mut kept: BTreeSet<String> = BTreeSet::new();
    let mut waiting: Vec<String> = names.to_vec();
    while let Some(name) = waiting.pop() {
        if kept.insert(name.clone()) {
            waiting.extend(needed(services, &name).into_iter().map(|(name, _)| name));
        }
    }
    kept
}

fn leave_out<T>(section: &mut Key<Entries<T>>, what: &str, kept: &BTreeSet<String>, diags: &mut Diagnostics) {
    let Key::Set { key: _, value: entries } = section else { return };
    entries.value.retain(|name, entry| {
        let is_kept = kept.contains(name);
        if !is_kept {
            diags.push(
                Diagnostic::new(Code::NotSelected, entry.key, format!("the {what} `{name}` is left out"))
                    .why("neither it nor anything that uses it is asked for")
                    .help("name it among the services, or name none")
                    .cause("not-selected")
                    .key(format!("{what}s.{name}"))
                    .covers_below([entry.key]),
            );
        }
        is_kept
    });
}

/// What services use of the rest of the project.
#[derive(Default)]
struct Used {
    networks: BTreeSet<String>,
    volumes: BTreeSet<String>,
    secrets: BTreeSet<String>,
    configs: BTreeSet<String>,
    models: BTreeSet<String>,
}

impl Used {
    fn add(&mut self, service: &Service) {
        let attached = service.networks.get().map(|networks| &networks.value.0);
        self.networks.extend(attached.into_iter().flat_map(|networks| networks.keys().cloned()));
        if attached.is_none_or(|networks| networks.is_empty()) {
            self.networks.insert("default".to_owned());
        }
        let mounts = service.volumes.get().into_iter().flat_map(|mounts| &mounts.value);
        self.volumes.extend(mounts.filter_map(named_volume).map(str::to_owned));
        let build = service.build.get().and_then(|build| build.value.secrets.get());
        for secrets in [service.secrets.get(), build].into_iter().flatten() {
            let sources = secrets.value.iter().filter_map(|grant| grant.value.source.get());
            self.secrets.extend(sources.map(|source| source.value.clone()));
        }
        let configs = service.configs.get().into_iter().flat_map(|grants| &grants.value);
        self.configs.extend(configs.filter_map(|grant| grant.value.source.get()).map(|source| source.value.clone()));
        let models = service.models.get().into_iter().flat_map(|models| models.value.0.keys());
        self.models.extend(models.cloned());
    }
}
