//! What two keys of one active service may not say at once (compose-loading, section 18).

use std::collections::HashMap;

use crate::compose::keys::Key;
use crate::compose::model::build::Build;
use crate::compose::model::deploy::Deploy;
use crate::compose::model::mount::ServiceMount;
use crate::compose::model::service::Service;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::{Origin, Spanned};

/// Reports all of it.
pub(crate) fn check(name: &str, service: &Service, diags: &mut Diagnostics) {
    let path = format!("services.{name}");
    if let Some(build) = service.build.get() {
        check_build(&path, service, &build.value, diags);
    }
    if let Some(mode) = service.network_mode.get().filter(|mode| !mode.value.is_empty())
        && let Some(networks) = service.networks.get().filter(|networks| !networks.value.0.is_empty())
    {
        both(&path, ("network_mode", mode.origin), ("networks", networks.origin), diags);
    }
    if let Some(deploy) = service.deploy.get() {
        check_deploy(&path, service, &deploy.value, diags);
    }
    check_count(&path, service, diags);
    check_watch(&path, service, diags);
    check_mounts(&path, service, diags);
}

fn both(path: &str, (one, here): (&str, Origin), (other, there): (&str, Origin), diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::Conflict, here, format!("`{path}` has both {one} and {other}"))
            .also(there, format!("the other: {other}"))
            .help("remove one of the two")
            .key(path),
    );
}

fn check_build(path: &str, service: &Service, build: &Build, diags: &mut Diagnostics) {
    let filled = |key: &Key<String>| key.get().filter(|text| !text.value.is_empty()).map(|text| text.origin);
    if let (Some(file), Some(inline)) = (filled(&build.dockerfile), filled(&build.dockerfile_inline)) {
        both(&format!("{path}.build"), ("dockerfile", file), ("dockerfile_inline", inline), diags);
    }
    if let Some(platform) = service.platform.get().filter(|platform| !platform.value.is_empty())
        && let Some(platforms) = build.platforms.get().filter(|platforms| !platforms.value.0.is_empty())
        && !platforms.value.0.iter().any(|one| one.value == platform.value)
    {
        diags.push(
            Diagnostic::new(
                Code::Conflict,
                platform.origin,
                format!("`{path}` runs on {}, for which it is not built", platform.value),
            )
            .also(platforms.origin, "the platforms it is built for")
            .help(format!("add {} to build.platforms", platform.value))
            .key(format!("{path}.platform")),
        );
    }
}

fn differ(path: &str, (one, here): (&str, Origin), (other, there): (&str, Origin), diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::Conflict, here, format!("`{path}`: {one} and {other} say different things"))
            .also(there, format!("the other: {other}"))
            .help("remove one of the two, or say the same in both")
            .key(path),
    );
}

fn check_deploy(path: &str, service: &Service, deploy: &Deploy, diags: &mut Diagnostics) {
    if let (Some(scale), Some(replicas)) = (service.scale.get(), deploy.replicas.get())
        && scale.value != replicas.value
    {
        differ(path, ("scale", scale.origin), ("deploy.replicas", replicas.origin), diags);
    }
    let resources = deploy.resources.get().map(|resources| &resources.value);
    if let Some(limits) = resources.and_then(|resources| resources.limits.get()) {
        let other = |value: Option<Origin>| value.unwrap_or(limits.origin);
        #[expect(clippy::cast_possible_truncation, reason = "the reference compares 32 bits")]
        if let Some(cpus) = service.cpus.get().filter(|cpus| cpus.value as f32 != 0.0)
            && limits.value.cpus.get().map_or(0.0, |limit| limit.value as f32) != cpus.value as f32
        {
            let there = other(limits.value.cpus.get().map(|limit| limit.origin));
            differ(path, ("cpus", cpus.origin), ("deploy.resources.limits.cpus", there), diags);
        }
        if let Some(memory) = service.mem_limit.get().filter(|memory| memory.value.0 != 0)
            && limits.value.memory.get().map_or(0, |limit| limit.value.0) != memory.value.0
        {
            let there = other(limits.value.memory.get().map(|limit| limit.origin));
            differ(path, ("mem_limit", memory.origin), ("deploy.resources.limits.memory", there), diags);
        }
        if let Some(pids) = service.pids_limit.get().filter(|pids| pids.value.0 != 0)
            && limits.value.pids.get().map_or(0, |limit| limit.value) != pids.value.0
        {
            let there = other(limits.value.pids.get().map(|limit| limit.origin));
            differ(path, ("pids_limit", pids.origin), ("deploy.resources.limits.pids", there), diags);
        }
    }
    if let Some(promised) = resources.and_then(|resources| resources.reservations.get())
        && let Some(memory) = service.mem_reservation.get().filter(|memory| memory.value.0 != 0)
        && promised.value.memory.get().map_or(0, |found| found.value.0) != memory.value.0
    {
        let there = promised.value.memory.get().map_or(promised.origin, |found| found.origin);
        differ(path, ("mem_reservation", memory.origin), ("deploy.resources.reservations.memory", there), diags);
    }
}

/// How many containers there are, and whether they may have one name.
fn check_count(path: &str, service: &Service, diags: &mut Diagnostics) {
    let replicas = service.deploy.get().and_then(|deploy| deploy.value.replicas.get());
    for (name, count) in [("scale", service.scale.get()), ("deploy.replicas", replicas)] {
        if let Some(count) = count.filter(|count| count.value < 0) {
            diags.push(
                Diagnostic::new(Code::BadValue, count.origin, format!("`{path}.{name}` is below zero"))
                    .help("write 0 or more")
                    .key(format!("{path}.{name}")),
            );
        }
    }
    if let Some(count) = service.scale.get().or(replicas).filter(|count| count.value > 1)
        && let Some(name) = service.container_name.get()
    {
        diags.push(
            Diagnostic::new(
                Code::Conflict,
                name.origin,
                format!("`{path}` has {} containers and one name for all", count.value),
            )
            .also(count.origin, "so many containers")
            .help("remove container_name")
            .key(format!("{path}.container_name")),
        );
    }
}

fn check_watch(path: &str, service: &Service, diags: &mut Diagnostics) {
    let watches = service.develop.get().and_then(|develop| develop.value.watch.get());
    for watch in watches.map(|watches| &watches.value).into_iter().flatten() {
        let needs_target =
            watch.value.action.get().is_some_and(|action| !matches!(action.value.word(), "rebuild" | "restart"));
        if needs_target && watch.value.target.get().is_none_or(|target| target.value.is_empty()) {
            diags.push(
                Diagnostic::new(Code::Missing, watch.origin, "what is watched has no `target`")
                    .why("files are copied there")
                    .help("add target: with the folder in the container")
                    .key(format!("{path}.develop.watch")),
            );
        }
    }
}

/// One mount point, one mount.
fn check_mounts(path: &str, service: &Service, diags: &mut Diagnostics) {
    let tmpfs = service.tmpfs.get().map(|tmpfs| &tmpfs.value.1).into_iter().flatten();
    let tmpfs = tmpfs.map(|text| (text.value.split(':').next().unwrap_or_default().to_owned(), text.origin));
    let volumes = service.volumes.get().map(|mounts| &mounts.value).into_iter().flatten();
    let volumes = volumes.filter_map(|mount: &Spanned<ServiceMount>| {
        let target = match &mount.value {
            ServiceMount::Short(short) => short.target.clone(),
            ServiceMount::Long(long) => crate::compose::grammar::mounts::clean(&long.target.get()?.value),
        };
        Some((target, mount.origin))
    });
    let mut taken: HashMap<String, Origin> = HashMap::new();
    for (target, origin) in tmpfs.chain(volumes) {
        if let Some(first) = taken.get(&target) {
            diags.push(
                Diagnostic::new(Code::Conflict, origin, format!("`{target}` is mounted twice"))
                    .also(*first, "here first")
                    .help("remove one of the two")
                    .key(path),
            );
        } else {
            taken.insert(target, origin);
        }
    }
}
