//! Limits, requests, users and rights (compose-spec "deploy.resources", "user", "cap_add", "read_only", "privileged").

use crate::compose::keys::Key;
use crate::compose::model::deploy::{Deploy, Limits, Reservations, Resources as DeployResources};
use crate::compose::model::scalar::Bytes;
use crate::compose::model::text::TextSet;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Resources, SecurityContext, Traced};
use crate::lower::later;
use crate::origin::{Origin, Spanned};

/// User and group ids.
type User = (Option<Traced<i64>>, Option<Traced<i64>>);

/// Limits and requests. A limit without a reservation gets a request of 0: Kubernetes would copy the limit, Docker reserved nothing.
pub(super) fn resources(
    path: &str,
    deploy: &Key<Deploy>,
    cpus: &Key<f64>,
    mem_limit: &Key<Bytes>,
    mem_reservation: &Key<Bytes>,
    diags: &mut Diagnostics,
) -> Resources {
    let mut found = Resources {
        limit_cpu: cpus.get().and_then(cores),
        limit_memory: mem_limit.get().and_then(memory),
        request_cpu: None,
        request_memory: mem_reservation.get().and_then(memory),
    };
    if let Some(of_deploy) = deploy.get().and_then(|deploy| deploy.value.resources.get()) {
        let DeployResources { limits, reservations, extensions } = &of_deploy.value;
        later::extensions(extensions, diags);
        if let Some(limits) = limits.get() {
            let Limits { cpus, memory: bytes, pids, extensions } = &limits.value;
            later::extensions(extensions, diags);
            found.limit_cpu = cpus.get().and_then(cores).or(found.limit_cpu);
            found.limit_memory = bytes.get().and_then(memory).or(found.limit_memory);
            if let Key::Set { key, value } = pids {
                diags.push(
                    Diagnostic::new(Code::NoCounterpart, *key, "a limit of processes has no counterpart")
                        .why("Kubernetes limits processes by a setting of the node alone (podPidsLimit)")
                        .help("set podPidsLimit on the nodes if it matters")
                        .key(format!("{path}.deploy.resources.limits.pids"))
                        .covers([value.origin]),
                );
            }
        }
        if let Some(reservations) = reservations.get() {
            let Reservations { cpus, memory: bytes, generic_resources, devices, extensions } = &reservations.value;
            later::extensions(extensions, diags);
            found.request_cpu = cpus.get().and_then(cores);
            found.request_memory = bytes.get().and_then(memory).or(found.request_memory);
            let path = format!("{path}.deploy.resources.reservations");
            later::not_yet(&path, "generic_resources", generic_resources, diags);
            later::not_yet(&path, "devices", devices, diags);
        }
    }
    for (limit, request, what) in
        [(&found.limit_cpu, &found.request_cpu, "cpus"), (&found.limit_memory, &found.request_memory, "memory")]
    {
        if let (Some(limit), Some(request)) = (limit, request)
            && request.value > limit.value
            && let (Some(high), Some(low)) = (request.why.origins().first(), limit.why.origins().first())
        {
            diags.push(
                Diagnostic::new(Code::Conflict, *high, format!("more {what} are reserved than the limit allows"))
                    .also(*low, "the limit")
                    .help("raise the limit or lower the reservation")
                    .key(format!("{path}.deploy.resources")),
            );
        }
    }
    let zero = || Traced::decided(0, "nothing-reserved");
    if found.limit_cpu.is_some() {
        found.request_cpu = found.request_cpu.or_else(|| Some(zero()));
    }
    if found.limit_memory.is_some() {
        found.request_memory = found.request_memory.or_else(|| Some(zero()));
    }
    found
}

#[expect(clippy::cast_possible_truncation, reason = "a number of cores in thousandths is far below 2^63")]
fn cores(cpus: &Spanned<f64>) -> Option<Traced<i64>> {
    (cpus.value > 0.0).then(|| Traced::from_origin((cpus.value * 1000.0 - 1e-6).ceil() as i64, cpus.origin))
}

fn memory(bytes: &Spanned<Bytes>) -> Option<Traced<i64>> {
    (bytes.value.0 > 0).then(|| Traced::from_origin(bytes.value.0, bytes.origin))
}

/// `user`: ids; a name is known to the image alone.
pub(super) fn user(path: &str, user: &Key<String>, diags: &mut Diagnostics) -> User {
    let Some(found) = user.get() else { return (None, None) };
    let (name, group) = match found.value.split_once(':') {
        Some((name, group)) => (name, Some(group)),
        None => (found.value.as_str(), None),
    };
    let id = |text: &str| match text {
        "root" => Some(0),
        _ => text.parse::<i64>().ok().filter(|id| *id >= 0),
    };
    let (user_id, group_id) = (id(name), group.and_then(id));
    if user_id.is_none() || (group.is_some_and(|group| !group.is_empty()) && group_id.is_none()) {
        diags.push(
            Diagnostic::new(Code::NoCounterpart, found.origin, format!("the user `{}` is not set", found.value))
                .label("a name")
                .why("Kubernetes takes numbers alone; names are known to the image")
                .help("write the numbers: docker run --rm IMAGE id")
                .key(format!("{path}.user")),
        );
    }
    (user_id.map(|id| Traced::from_origin(id, found.origin)), group_id.map(|id| Traced::from_origin(id, found.origin)))
}

/// What the container may do.
pub(super) fn security(
    user: Option<Traced<i64>>,
    group: Option<Traced<i64>>,
    read_only: &Key<bool>,
    privileged: &Key<bool>,
    cap_add: &Key<TextSet>,
    cap_drop: &Key<TextSet>,
    diags: &mut Diagnostics,
) -> SecurityContext {
    let capabilities = |key: &Key<TextSet>| {
        let names = key.get().map_or(&[][..], |texts| texts.value.0.as_slice());
        names
            .iter()
            .map(|name| {
                Traced::from_origin(name.value.to_ascii_uppercase().trim_start_matches("CAP_").to_owned(), name.origin)
            })
            .collect()
    };
    SecurityContext {
        user,
        group,
        read_only_root: flag(read_only, diags),
        privileged: flag(privileged, diags),
        add: capabilities(cap_add),
        drop: capabilities(cap_drop),
    }
}

/// Where a flag is set to true.
pub(super) fn flag(key: &Key<bool>, diags: &mut Diagnostics) -> Option<Origin> {
    let found = key.get()?;
    if !found.value {
        diags.consume(found.origin, "false is the default");
    }
    found.value.then_some(found.origin)
}

/// `init: true` puts a process before the image's own; Kubernetes does not.
pub(super) fn init(path: &str, init: &Key<bool>, diags: &mut Diagnostics) {
    if let Some(place) = flag(init, diags) {
        diags.push(
            Diagnostic::new(Code::Init, place, "the image's own process is PID 1")
                .why("Kubernetes has no init process; it matters where a program leaves children behind")
                .help("start the program through tini in the image if it does")
                .key(format!("{path}.init")),
        );
    }
}
