//! Consistency of the whole project (compose-loading, section 18): what one key's decoding cannot see.

use crate::compose::Dialect;
use crate::compose::grammar::mounts::ShortKind;
use crate::compose::keys::{Key, Named};
use crate::compose::model::mount::ServiceMount;
use crate::compose::model::project::Project;
use crate::compose::model::service::Service;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::{Origin, Spanned};

/// What is checked.
pub(crate) struct Checked<'a> {
    /// The project, without services that are left out.
    pub(crate) project: &'a Project,
    /// Services that are left out, as no profile of theirs is active.
    pub(crate) inactive: &'a [String],
    /// Whose rules hold.
    pub(crate) dialect: Dialect,
}

/// Reports every reference to something that is not defined, and what excludes each other.
pub(crate) fn check(checked: &Checked<'_>, place: Origin, diags: &mut Diagnostics) {
    let project = checked.project;
    let services = project.services.get();
    if services.is_none_or(|services| services.value.is_empty()) && checked.inactive.is_empty() {
        let origin = project.services.key().unwrap_or(place);
        diags.push(
            Diagnostic::new(Code::EmptyFile, origin, "the file holds no services")
                .help("write services: and at least one service"),
        );
    }
    for (name, service) in services.iter().flat_map(|services| services.value.iter()) {
        match &service.value {
            Some(body) => check_service(checked, name, service.key, &body.value, diags),
            None => diags.push(
                Diagnostic::new(Code::WrongType, service.key, format!("`services.{name}` must be a mapping, not null"))
                    .help("give it at least an image")
                    .key(format!("services.{name}")),
            ),
        }
    }
}

fn check_service(checked: &Checked<'_>, name: &str, key: Origin, service: &Service, diags: &mut Diagnostics) {
    let project = checked.project;
    let path = format!("services.{name}");
    let has_build = service.build.get().is_some() && checked.dialect == Dialect::Compose;
    if service.image.get().is_none_or(|image| image.value.is_empty()) && !has_build && service.provider.get().is_none()
    {
        diags.push(
            Diagnostic::new(Code::Missing, key, format!("the service `{name}` has no image"))
                .help("add image:, or build: with a context")
                .key(path.clone()),
        );
    }
    let undefined = |what: &str, section: &str, named: &str, origin: Origin, diags: &mut Diagnostics| {
        diags.push(
            Diagnostic::new(
                Code::Undefined,
                origin,
                format!("the service `{name}` uses the {what} `{named}`, which is not defined"),
            )
            .label(format!("no such {what}"))
            .help(format!("define it under {section}: at the top level, or correct the name"))
            .key(path.clone()),
        );
    };
    for (network, attachment) in service.networks.get().iter().flat_map(|networks| networks.value.0.iter()) {
        if network != "default" && !defined(&project.networks, network) {
            undefined("network", "networks", network, attachment.key, diags);
        }
    }
    for mount in service.volumes.get().iter().flat_map(|mounts| mounts.value.iter()) {
        if let Some(volume) = named_volume(mount)
            && !defined(&project.volumes, volume)
        {
            undefined("volume", "volumes", volume, mount.origin, diags);
        }
    }
    for (grants, defined_in, what, section) in [
        (&service.configs, &project.configs, "config", "configs"),
        (&service.secrets, &project.secrets, "secret", "secrets"),
    ] {
        for grant in grants.get().iter().flat_map(|grants| grants.value.iter()) {
            match grant.value.source.get() {
                Some(source) if !defined(defined_in, &source.value) => {
                    undefined(what, section, &source.value, source.origin, diags)
                }
                Some(_) => {}
                None => diags.push(
                    Diagnostic::new(Code::Missing, grant.origin, format!("a {what} of `{name}` has no source"))
                        .help("add source:")
                        .key(path.clone()),
                ),
            }
        }
    }
    check_dependencies(checked, name, service, diags);
    if let (Some(mode), Some(networks)) = (service.network_mode.get(), service.networks.get()) {
        diags.push(
            Diagnostic::new(
                Code::Conflict,
                mode.origin,
                format!("the service `{name}` has both network_mode and networks"),
            )
            .also(networks.origin, "the networks")
            .help("remove one of the two")
            .key(path),
        );
    }
}

fn check_dependencies(checked: &Checked<'_>, name: &str, service: &Service, diags: &mut Diagnostics) {
    for (target, dependency) in service.depends_on.get().iter().flat_map(|found| found.value.0.iter()) {
        let is_inactive = checked.inactive.iter().any(|inactive| inactive == target);
        if defined(&checked.project.services, target) || (is_inactive && !dependency.required) {
            continue;
        }
        let path = format!("services.{name}.depends_on.{target}");
        let state = if is_inactive { "is left out, as no profile of it is active" } else { "is not defined" };
        let message = format!("`{name}` depends on the service `{target}`, which {state}");
        diags.push(match checked.dialect {
            Dialect::Compose => Diagnostic::new(Code::Undefined, dependency.key, message)
                .help("define it, correct the name, or remove the dependency")
                .key(path),
            Dialect::Swarm => Diagnostic::new(Code::DependencySwarmLoose, dependency.key, message)
                .why("swarm ignores depends_on, so it did no harm there")
                .help("remove the dependency")
                .key(path)
                .covers(dependency.leaves.iter().copied()),
        });
    }
}

fn defined<T>(section: &Key<indexmap::IndexMap<String, Named<T>>>, name: &str) -> bool {
    section.get().is_some_and(|entries| entries.value.contains_key(name))
}

/// The named volume of the project that a mount shows.
pub(crate) fn named_volume(mount: &Spanned<ServiceMount>) -> Option<&str> {
    match &mount.value {
        ServiceMount::Short(short) if short.kind == ShortKind::Volume => short.source.as_deref(),
        ServiceMount::Short(_) => None,
        ServiceMount::Long(long) => {
            let is_volume = long.kind.get().is_some_and(|kind| kind.value == "volume");
            long.source.get().filter(|_| is_volume).map(|source| source.value.as_str())
        }
    }
}
