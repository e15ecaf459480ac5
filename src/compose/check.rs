//! Consistency of the whole project (compose-loading, section 18): what one key's decoding cannot see.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::compose::Dialect;
use crate::compose::conflicts;
use crate::compose::grammar::mounts::ShortKind;
use crate::compose::grammar::ports::MAX_PORTS;
use crate::compose::keys::{Entries, Key, Named};
use crate::compose::model::mount::ServiceMount;
use crate::compose::model::port::ServicePort;
use crate::compose::model::project::Project;
use crate::compose::model::service::Service;
use crate::diag::{Code, Diagnostic, Diagnostics, nearest};
use crate::origin::{Origin, Spanned};

/// What is checked.
pub(crate) struct Checked<'a> {
    /// The project, without services that are left out.
    pub(crate) project: &'a Project,
    /// Services that are left out, as no profile of theirs is active.
    pub(crate) inactive: &'a BTreeSet<String>,
    /// Whose rules hold.
    pub(crate) dialect: Dialect,
}

/// Reports every reference to something that is not defined, and what excludes each other.
pub(crate) fn check(checked: &Checked<'_>, place: Origin, diags: &mut Diagnostics) {
    let project = checked.project;
    let services = project.services.get().map(|services| &services.value);
    // What stands there in place of a mapping, or under a misspelt key, has an error of its own.
    let is_of_them = |said: &Diagnostic| {
        matches!((said.code, said.key.as_str()), (Code::WrongType, "services") | (Code::UnknownKey, ""))
    };
    let is_refused = services.is_none() && diags.iter().any(is_of_them);
    if services.is_none_or(|services| services.is_empty()) && checked.inactive.is_empty() && !is_refused {
        let origin = project.services.key().unwrap_or(place);
        diags.push(
            Diagnostic::new(Code::NoServices, origin, "the file holds no services")
                .help("write services: and at least one service")
                .covers(project.services.get().map(|services| services.origin)),
        );
    }
    if services.is_none_or(|services| services.is_empty())
        && let Some(name) = checked.inactive.first()
    {
        let origin = project.services.key().unwrap_or(place);
        diags.push(
            Diagnostic::new(Code::NoServices, origin, "no service is left")
                .why(format!("each has profiles, as `{name}` has, and none of them is active"))
                .help("say --profile with one of them, or --profile '*' for all"),
        );
    }
    let mut names: HashMap<&str, Origin> = HashMap::new();
    for (name, service) in services.into_iter().flatten() {
        let Some(body) = &service.value else { continue };
        check_service(checked, name, service.key, &body.value, diags);
        if checked.dialect == Dialect::Compose
            && let Some(container) = body.value.container_name.get()
            && let Some(first) = names.insert(&container.value.0, container.origin)
        {
            diags.push(
                Diagnostic::new(
                    Code::Conflict,
                    container.origin,
                    format!("two services have the container name `{}`", container.value.0),
                )
                .also(first, "the other service")
                .help("name one of them otherwise, or remove container_name")
                .key(format!("services.{name}.container_name")),
            );
        }
    }
}

/// Reports ranges of ports that are too many to be written out one by one, as the canonical form has them.
pub fn check_port_count(project: &Project, diags: &mut Diagnostics) {
    let services = project.services.get().into_iter().flat_map(|services| services.value.values());
    let services = services.filter_map(|named| named.value.as_ref());
    let ports = services.filter_map(|service| service.value.ports.get()).flat_map(|ports| &ports.value);
    let mut count = 0;
    let reached = ports.into_iter().find(|port| {
        count += match &port.value {
            ServicePort::Short(range) => range.count(),
            ServicePort::Long(_) => 0,
        };
        count > MAX_PORTS
    });
    if let Some(reached) = reached {
        diags.push(
            Diagnostic::new(Code::LoadLimit, reached.origin, format!("ranges make more than {MAX_PORTS} ports"))
                .why("the resolved project has an entry for each port of a range")
                .help("narrow the range"),
        );
    }
}

/// Reports one circle of services that depend on each other, if there is one.
pub fn check_circles(project: &Project, diags: &mut Diagnostics) {
    let empty = Entries::new();
    let services = project.services.get().map_or(&empty, |services| &services.value);
    let mut finished: HashSet<&str> = HashSet::new();
    for start in services.keys() {
        // Services on the way, each with those it depends on that are not looked at yet.
        let mut way: Vec<(&str, Vec<(String, Origin)>)> = vec![(start, needed(services, start))];
        while let Some((name, rest)) = way.last_mut() {
            let Some((next, place)) = rest.pop() else {
                finished.insert(name);
                way.pop();
                continue;
            };
            if let Some(index) = way.iter().position(|(name, _)| *name == next) {
                let circle: Vec<&str> = way.iter().skip(index).map(|(name, _)| *name).chain([next.as_str()]).collect();
                diags.push(
                    Diagnostic::new(
                        Code::DependencyCycle,
                        place,
                        format!("services wait for each other in a circle: {}", circle.join(", ")),
                    )
                    .help("remove one of the dependencies")
                    .key(format!("services.{next}")),
                );
                return;
            }
            if let Some((next, _)) = services.get_key_value(&next).filter(|(next, _)| !finished.contains(next.as_str()))
            {
                way.push((next, needed(services, next)));
            }
        }
    }
}

/// What a service depends on, with the place that says so.
pub(crate) fn needed(services: &Entries<Service>, name: &str) -> Vec<(String, Origin)> {
    let Some(service) = services.get(name).and_then(|named| named.value.as_ref()) else { return Vec::new() };
    let written = service.value.depends_on.get().into_iter().flat_map(|found| &found.value.0);
    let mut all: Vec<(String, Origin)> = written.map(|(name, dependency)| (name.clone(), dependency.key)).collect();
    all.extend(implied(&service.value));
    all
}

/// Services that other keys than `depends_on` need.
fn implied(service: &Service) -> Vec<(String, Origin)> {
    let mut all = Vec::new();
    for link in service.links.get().map(|links| &links.value.0).into_iter().flatten() {
        let name = match link.value.split_once(':') {
            Some((name, alias)) if !alias.contains(':') => name,
            Some(_) | None => &link.value,
        };
        all.push((name.to_owned(), link.origin));
    }
    let modes = [&service.network_mode, &service.ipc, &service.uts].map(|key| key.get().cloned());
    let pid = service.pid.get().map(|pid| pid.clone().map(|pid| pid.0));
    for mode in modes.into_iter().chain([pid]).flatten() {
        if let Some(name) = mode.value.strip_prefix("service:") {
            all.push((name.to_owned(), mode.origin));
        }
    }
    for source in service.volumes_from.get().map(|sources| &sources.value.0).into_iter().flatten() {
        if !source.value.starts_with("container:") {
            all.push((source.value.split(':').next().unwrap_or_default().to_owned(), source.origin));
        }
    }
    all
}

fn check_service(checked: &Checked<'_>, name: &str, key: Origin, service: &Service, diags: &mut Diagnostics) {
    let project = checked.project;
    let path = format!("services.{name}");
    let has_build = service.build.get().is_some() && checked.dialect == Dialect::Compose;
    if service.image.get().is_none_or(|image| image.value.is_empty()) && !has_build && service.provider.get().is_none()
    {
        let help = match checked.dialect {
            Dialect::Compose => "add image:, or build: with a context",
            Dialect::Swarm => "add image: docker stack deploy builds none",
        };
        diags.push(
            Diagnostic::new(Code::Missing, key, format!("the service `{name}` has no image"))
                .help(help)
                .key(path.clone()),
        );
    }
    for (network, attachment) in service.networks.get().iter().flat_map(|networks| networks.value.0.iter()) {
        if network != "default" {
            require(name, &project.networks, ("network", "networks", network), attachment.key, diags);
        }
    }
    for mount in service.volumes.get().iter().flat_map(|mounts| mounts.value.iter()) {
        if let Some(volume) = named_volume(mount) {
            require(name, &project.volumes, ("volume", "volumes", volume), mount.origin, diags);
        }
    }
    for (grants, defined_in, what, section) in [
        (&service.configs, &project.configs, "config", "configs"),
        (&service.secrets, &project.secrets, "secret", "secrets"),
    ] {
        for grant in grants.get().iter().flat_map(|grants| grants.value.iter()) {
            match grant.value.source.get() {
                Some(source) => require(name, defined_in, (what, section, &source.value), source.origin, diags),
                None => diags.push(
                    Diagnostic::new(Code::Missing, grant.origin, format!("a {what} of `{name}` has no source"))
                        .help("add source:")
                        .key(path.clone()),
                ),
            }
        }
    }
    check_dependencies(checked, name, service, diags);
    if checked.dialect == Dialect::Compose {
        check_compose(checked, name, service, diags);
        conflicts::check(name, service, diags);
    }
}

/// Reports a name that its section does not define.
fn require<T>(
    service: &str,
    entries: &Section<T>,
    sought: (&str, &str, &str),
    origin: Origin,
    diags: &mut Diagnostics,
) {
    if !defined(entries, sought.2) {
        report_undefined(service, sought, near(entries, sought.2), origin, diags);
    }
}

fn report_undefined(
    service: &str,
    (what, section, named): (&str, &str, &str),
    near: Option<&str>,
    origin: Origin,
    diags: &mut Diagnostics,
) {
    diags.push(
        Diagnostic::new(
            Code::Undefined,
            origin,
            format!("the service `{service}` uses the {what} `{named}`, which is not defined"),
        )
        .label(format!("no such {what}"))
        .help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("define it under {section}: at the top level, or correct the name"),
        })
        .key(format!("services.{service}")),
    );
}

/// What docker stack deploy does not know, or does not read.
fn check_compose(checked: &Checked<'_>, name: &str, service: &Service, diags: &mut Diagnostics) {
    let project = checked.project;
    let build = service.build.get().map(|build| &build.value);
    for secret in build.and_then(|build| build.secrets.get()).map(|found| &found.value).into_iter().flatten() {
        let source = secret.value.source.get().map_or("", |source| source.value.as_str());
        require(name, &project.secrets, ("secret", "secrets", source), secret.origin, diags);
    }
    for (model, use_) in service.models.get().map(|models| &models.value.0).into_iter().flatten() {
        require(name, &project.models, ("model", "models", model), use_.key, diags);
    }
    let contexts = build.and_then(|build| build.additional_contexts.get());
    for context in contexts.map(|contexts| contexts.value.0.values()).into_iter().flatten() {
        let Some(target) = context.value.as_deref().and_then(|value| value.strip_prefix("service:")) else { continue };
        let found = project.services.get().and_then(|services| services.value.get(target)?.value.as_ref());
        let is_left_out = checked.inactive.contains(target);
        if !is_left_out && found.is_none_or(|service| service.value.build.get().is_none()) {
            report_undefined(name, ("built service", "services", target), None, context.origin, diags);
        }
    }
    let written = service.depends_on.get().map(|found| &found.value.0);
    for (target, origin) in implied(service) {
        if !written.is_some_and(|written| written.contains_key(&target)) {
            require(name, &project.services, ("service", "services", &target), origin, diags);
        }
    }
}

fn check_dependencies(checked: &Checked<'_>, name: &str, service: &Service, diags: &mut Diagnostics) {
    for (target, dependency) in service.depends_on.get().iter().flat_map(|found| found.value.0.iter()) {
        let is_inactive = checked.inactive.contains(target);
        if defined(&checked.project.services, target) || (is_inactive && !dependency.required) {
            continue;
        }
        let path = format!("services.{name}.depends_on.{target}");
        let state = if is_inactive { "is left out, as no profile of it is active" } else { "is not defined" };
        let message = format!("`{name}` depends on the service `{target}`, which {state}");
        diags.push(match checked.dialect {
            Dialect::Compose => Diagnostic::new(Code::Undefined, dependency.key, message)
                .help(match near(&checked.project.services, target) {
                    _ if is_inactive => "say --profile with one of its profiles, or write required: false".to_owned(),
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "define it, correct the name, or remove the dependency".to_owned(),
                })
                .key(path),
            Dialect::Swarm => Diagnostic::new(Code::DependencySwarmLoose, dependency.key, message)
                .why("swarm ignores depends_on, so it did no harm there")
                .help("remove the dependency")
                .key(path)
                .covers(dependency.leaves.iter().copied()),
        });
    }
}

/// A section of the top level.
type Section<T> = Key<indexmap::IndexMap<String, Named<T>>>;

fn defined<T>(section: &Section<T>, name: &str) -> bool {
    section.get().is_some_and(|entries| entries.value.contains_key(name))
}

/// The most names that one which is missing is compared with: a file of thousands that misses thousands is read in time.
const MOST_COMPARED: usize = 500;

/// The name of a section that was probably meant.
fn near<'a, T>(section: &'a Section<T>, name: &str) -> Option<&'a str> {
    let entries = &section.get()?.value;
    nearest(name, entries.keys().take(MOST_COMPARED).map(String::as_str))
}

/// The named volume of the project that a mount shows.
pub(crate) fn named_volume(mount: &Spanned<ServiceMount>) -> Option<&str> {
    match &mount.value {
        ServiceMount::Short(short) if short.kind == ShortKind::Volume => short.source.as_deref(),
        ServiceMount::Short(_) => None,
        ServiceMount::Long(long) => {
            let is_volume = long.kind.get().is_some_and(|kind| kind.value == "volume");
            long.source.get().map(|source| source.value.as_str()).filter(|source| is_volume && !source.is_empty())
        }
    }
}
