//! What the reference refuses in any file, also in services that no profile activates (compose-loading, sections 7 and 18): names,
//! numbers below zero, and keys that exclude each other.

use crate::compose::keys::{Entries, Key, Named, Written};
use crate::compose::model::deploy::{Deploy, UpdateConfig};
use crate::compose::model::device::{DeviceRequest, Gpus};
use crate::compose::model::files::{External, FileSource};
use crate::compose::model::mount::{ServiceMount, Volume};
use crate::compose::model::port::ServicePort;
use crate::compose::model::project::Project;
use crate::compose::model::service::Service;
use crate::compose::model::text::Pairs;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::{Origin, Spanned};

/// Reports all of it.
pub(crate) fn check(project: &Project, diags: &mut Diagnostics) {
    names("services", &project.services, diags);
    names("networks", &project.networks, diags);
    names("volumes", &project.volumes, diags);
    names("configs", &project.configs, diags);
    names("secrets", &project.secrets, diags);
    names("models", &project.models, diags);
    for (name, service) in filled(&project.services) {
        check_service(&format!("services.{name}"), &service.value, diags);
    }
    for (name, volume) in filled(&project.volumes) {
        check_volume(&format!("volumes.{name}"), volume, diags);
    }
    for (name, network) in filled(&project.networks) {
        one_name(&format!("networks.{name}"), &network.value.name, &network.value.external, diags);
    }
    for (name, volume) in filled(&project.volumes) {
        one_name(&format!("volumes.{name}"), &volume.value.name, &volume.value.external, diags);
    }
    for (section, files, sources) in [
        ("configs", &project.configs, "`file`, `environment` or `content`"),
        ("secrets", &project.secrets, "`file` or `environment`"),
    ] {
        for (name, source) in filled(files) {
            one_name(&format!("{section}.{name}"), &source.value.name, &source.value.external, diags);
            check_source(&format!("{section}.{name}"), source, sources, section == "secrets", diags);
        }
    }
}

/// The entries of a section that hold something.
fn filled<T>(section: &Key<Entries<T>>) -> impl Iterator<Item = (&String, &Spanned<T>)> {
    let entries = section.get().map(|entries| &entries.value);
    entries.into_iter().flatten().filter_map(|(name, named)| Some((name, named.value.as_ref()?)))
}

/// Names hold ASCII letters, digits, dots, dashes and underscores.
fn names<T>(section: &str, entries: &Key<Entries<T>>, diags: &mut Diagnostics) {
    for (name, Named { key, value: _ }) in entries.get().map(|entries| &entries.value).into_iter().flatten() {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if name.is_empty() || !name.bytes().all(allowed) {
            diags.push(
                Diagnostic::new(Code::BadValue, *key, format!("`{name}` is no name under `{section}`"))
                    .why("names hold letters, digits, dots, dashes and underscores")
                    .help("rename it, here and where it is used")
                    .key(format!("{section}.{name}")),
            );
        }
    }
}

fn check_service(path: &str, service: &Service, diags: &mut Diagnostics) {
    let build = service.build.get().map(|build| &build.value);
    trailing_space(&format!("{path}.environment"), service.environment.get(), diags);
    trailing_space(&format!("{path}.build.args"), build.and_then(|build| build.args.get()), diags);
    for port in service.ports.get().map(|ports| &ports.value).into_iter().flatten() {
        if let ServicePort::Long(long) = &port.value
            && let Some(address) = long.host_ip.get()
            && address.value.parse::<std::net::IpAddr>().is_err()
        {
            diags.push(
                Diagnostic::new(Code::BadValue, address.origin, format!("`{}` is no IP address", address.value))
                    .help("write an address such as 127.0.0.1, or remove host_ip")
                    .key(format!("{path}.ports")),
            );
        }
    }
    for watch in
        service.develop.get().and_then(|develop| develop.value.watch.get()).iter().flat_map(|found| &found.value)
    {
        if let Some(folder) = watch.value.path.get().filter(|folder| folder.value.is_empty()) {
            diags.push(
                Diagnostic::new(Code::BadValue, folder.origin, "the path that is watched is empty")
                    .help("write a folder")
                    .key(format!("{path}.develop.watch")),
            );
        }
    }
    for mount in service.volumes.get().map(|mounts| &mounts.value).into_iter().flatten() {
        check_mount(path, mount, diags);
    }
    if let Some(Gpus::These(requests)) = service.gpus.get().map(|gpus| &gpus.value) {
        check_requests(&format!("{path}.gpus"), requests, diags);
    }
    let healthcheck = service.healthcheck.get().map(|found| &found.value);
    if let Some(retries) = healthcheck.and_then(|found| found.retries.get()) {
        not_negative(&format!("{path}.healthcheck.retries"), retries.value.0, retries.origin, diags);
    }
    if let Some(deploy) = service.deploy.get() {
        check_deploy(&format!("{path}.deploy"), &deploy.value, diags);
    }
}

/// What is mounted is one of six kinds, and a folder of the host has a path.
fn check_mount(path: &str, mount: &Spanned<ServiceMount>, diags: &mut Diagnostics) {
    const KINDS: [&str; 6] = ["bind", "volume", "tmpfs", "cluster", "npipe", "image"];
    let ServiceMount::Long(long) = &mount.value else { return };
    let Some(kind) = long.kind.get() else { return };
    if !KINDS.contains(&kind.value.as_str()) {
        diags.push(
            Diagnostic::new(Code::BadValue, kind.origin, format!("`{}` is no kind of mount", kind.value))
                .help(format!("write one of: {}", KINDS.join(", ")))
                .key(format!("{path}.volumes")),
        );
    }
    if kind.value == "bind" && long.source.written().is_none() {
        diags.push(
            Diagnostic::new(Code::Missing, mount.origin, "a bind mount has no `source`")
                .help("add source: with a path of the host")
                .key(format!("{path}.volumes")),
        );
    }
}

/// Whether new containers come before or after the old ones go.
fn check_order(path: &str, update: Option<&Spanned<UpdateConfig>>, diags: &mut Diagnostics) {
    if let Some(order) = update.and_then(|update| update.value.order.get())
        && !matches!(order.value.as_str(), "start-first" | "stop-first")
    {
        diags.push(
            Diagnostic::new(Code::BadValue, order.origin, format!("`{}` is no order of an update", order.value))
                .help("write stop-first or start-first")
                .key(format!("{path}.order")),
        );
    }
}

fn check_deploy(path: &str, deploy: &Deploy, diags: &mut Diagnostics) {
    let reservations = deploy.resources.get().and_then(|resources| resources.value.reservations.get());
    if let Some(requests) = reservations.and_then(|found| found.value.devices.get()) {
        for request in &requests.value {
            if request.value.capabilities.written().is_none() {
                diags.push(
                    Diagnostic::new(Code::Missing, request.origin, "a device request says no `capabilities`")
                        .help("add capabilities: [gpu]")
                        .key(format!("{path}.resources.reservations.devices")),
                );
            }
        }
        check_requests(&format!("{path}.resources.reservations.devices"), &requests.value, diags);
    }
    check_order(&format!("{path}.update_config"), deploy.update_config.get(), diags);
    check_order(&format!("{path}.rollback_config"), deploy.rollback_config.get(), diags);
    let update = deploy.update_config.get().and_then(|update| update.value.parallelism.get());
    let rollback = deploy.rollback_config.get().and_then(|update| update.value.parallelism.get());
    let attempts = deploy.restart_policy.get().and_then(|policy| policy.value.max_attempts.get());
    let on_node = deploy.placement.get().and_then(|placement| placement.value.max_replicas_per_node.get());
    for (name, number) in [
        ("update_config.parallelism", update),
        ("rollback_config.parallelism", rollback),
        ("restart_policy.max_attempts", attempts),
        ("placement.max_replicas_per_node", on_node),
    ] {
        if let Some(number) = number {
            not_negative(&format!("{path}.{name}"), number.value, number.origin, diags);
        }
    }
}

fn not_negative(path: &str, value: i64, origin: Origin, diags: &mut Diagnostics) {
    if value < 0 {
        diags.push(
            Diagnostic::new(Code::BadValue, origin, format!("`{path}` is below zero"))
                .help("write 0 or more")
                .key(path),
        );
    }
}

fn check_requests(path: &str, requests: &[Spanned<DeviceRequest>], diags: &mut Diagnostics) {
    for request in requests {
        if let (Some(count), Some(ids)) = (request.value.count.written(), request.value.device_ids.written()) {
            exclusive(path, ("count", count), ("device_ids", ids), diags);
        }
    }
}

fn exclusive(path: &str, (one, here): (&str, Origin), (other, there): (&str, Origin), diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::Conflict, there, format!("`{path}` has both `{one}` and `{other}`"))
            .also(here, format!("`{one}`"))
            .help("remove one of the two")
            .key(path),
    );
}

/// A list item `KEY =value` names a variable that nobody can read.
fn trailing_space(path: &str, pairs: Option<&Spanned<Pairs>>, diags: &mut Diagnostics) {
    for (name, pair) in pairs.map(|pairs| &pairs.value.0).into_iter().flatten() {
        if pair.key == pair.origin && name.ends_with(char::is_whitespace) {
            diags.push(
                Diagnostic::new(Code::BadValue, pair.origin, format!("the name `{name}` ends with a space"))
                    .help(format!("write {}=", name.trim_end()))
                    .key(path),
            );
        }
    }
}

/// `external.name` is the old place of `name`.
fn one_name(path: &str, name: &Key<String>, external: &Key<External>, diags: &mut Diagnostics) {
    if let Some(External::Named(old)) = external.get().map(|external| &external.value)
        && let Some(name) = name.get()
        && name.value != old.value
    {
        exclusive(path, ("external.name", old.origin), ("name", name.origin), diags);
    }
}

/// What exists already is not described.
fn check_volume(path: &str, volume: &Spanned<Volume>, diags: &mut Diagnostics) {
    let Volume { name: _, driver, driver_opts, external, labels, extensions: _ } = &volume.value;
    let Some(external) = external.get().filter(|external| external.value.is_external()) else { return };
    let others: [(&str, &dyn Written); 3] = [("driver", driver), ("driver_opts", driver_opts), ("labels", labels)];
    for (name, key) in others {
        if let Some(place) = key.written() {
            exclusive(path, ("external", external.origin), (name, place), diags);
        }
    }
}

fn check_source(path: &str, source: &Spanned<FileSource>, sources: &str, is_secret: bool, diags: &mut Diagnostics) {
    let FileSource {
        name: _,
        file,
        content,
        environment,
        external,
        labels: _,
        driver,
        driver_opts: _,
        template_driver: _,
        extensions: _,
    } = &source.value;
    let written: [(&str, &Key<String>); 3] = [("file", file), ("environment", environment), ("content", content)];
    let mut found = written.into_iter().filter_map(|(name, key)| Some((name, key.written()?)));
    match (found.next(), found.next()) {
        (Some(first), Some(second)) => exclusive(path, first, second, diags),
        (Some(_), None) => {}
        (None, _) if driver.written().is_some() || external.written().is_some() => {}
        (None, _) => return nothing_set(path, source.origin, sources, diags),
    }
    let is_external = external.get().is_some_and(|external| external.value.is_external());
    let is_empty = |key: &Key<String>| key.get().is_none_or(|value| value.value.is_empty());
    if is_secret && !is_external && is_empty(file) && is_empty(environment) {
        nothing_set(path, source.origin, sources, diags);
    }
}

fn nothing_set(path: &str, origin: Origin, sources: &str, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::Missing, origin, format!("`{path}` says nowhere what it holds"))
            .help(format!("add {sources}, or external: true"))
            .key(path),
    );
}
