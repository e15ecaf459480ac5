//! Limits and requests (compose-spec "deploy.resources", "cpus", "cpu_quota", "cpu_shares", "mem_limit", "storage_opt"; Kubernetes,
//! "Resource Management for Pods and Containers").

use indexmap::IndexMap;

use crate::compose::grammar::bytes;
use crate::compose::keys::Key;
use crate::compose::model::deploy::{Deploy, Limits, Reservations, Resources as DeployResources};
use crate::compose::model::device::Gpus;
use crate::compose::model::scalar::{Bytes, Ranged, Truncated};
use crate::compose::model::text::StorageOptions;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Resources, Traced, Why};
use crate::lower::flags::flag;
use crate::lower::{devices, later, without_counterpart};
use crate::origin::{Origin, Spanned};

/// What a service says of cores, memory, disk and devices.
pub(super) struct Written<'a> {
    pub(super) deploy: &'a Key<Deploy>,
    pub(super) cpus: &'a Key<f64>,
    pub(super) cpu_count: &'a Key<Ranged<0, { i64::MAX }>>,
    pub(super) cpu_quota: &'a Key<Truncated>,
    pub(super) cpu_period: &'a Key<Truncated>,
    pub(super) cpu_shares: &'a Key<Truncated>,
    pub(super) mem_limit: &'a Key<Bytes>,
    pub(super) mem_reservation: &'a Key<Bytes>,
    pub(super) memswap_limit: &'a Key<Bytes>,
    pub(super) storage_opt: &'a Key<StorageOptions>,
    pub(super) gpus: &'a Key<Gpus>,
}

/// The scheduler's period in microseconds, unless the file says otherwise.
const USUAL_PERIOD: i64 = 100_000;
/// The weight of one core.
const SHARES_OF_A_CORE: i64 = 1024;

/// Limits and requests. A limit without a reservation gets a request of 0: Kubernetes would copy the limit, Docker reserved nothing.
pub(super) fn resources(path: &str, written: &Written<'_>, diags: &mut Diagnostics) -> Resources {
    let mut found = Resources {
        limit_cpu: cores(&format!("{path}.cpus"), written.cpus, diags)
            .or_else(|| quota(written))
            .or_else(|| count(written)),
        limit_memory: written.mem_limit.get().and_then(memory),
        request_cpu: written.cpu_shares.get().and_then(shares),
        request_memory: written.mem_reservation.get().and_then(memory),
        limit_disk: disk(path, written.storage_opt, diags),
        request_disk: None,
        extended: devices::gpus(path, written.gpus, diags),
    };
    if let Some(of_deploy) = written.deploy.get().and_then(|deploy| deploy.value.resources.get()) {
        of_deploy_resources(&format!("{path}.deploy.resources"), &of_deploy.value, &mut found, diags);
    }
    // A weight is no promise: it never asks for more than the limit.
    if written.cpu_shares.get().is_some()
        && let (Some(limit), Some(request)) = (&found.limit_cpu, &mut found.request_cpu)
        && request.why.origins().first() == written.cpu_shares.get().map(|shares| &shares.origin)
    {
        request.value = request.value.min(limit.value);
    }
    consume_unused(path, written, &found, diags);
    found.extended = each_once(std::mem::take(&mut found.extended));
    let reserved = written.mem_reservation.get().map(|bytes| bytes.origin);
    let of_memory = match &found.request_memory {
        Some(request) if reserved.is_some_and(|origin| request.why.origins().contains(&origin)) => "mem_reservation",
        Some(_) | None => "deploy.resources.reservations.memory",
    };
    keep_below(&format!("{path}.{of_memory}"), &mut found.request_memory, found.limit_memory.as_ref(), diags);
    let of_cpu = format!("{path}.deploy.resources.reservations.cpus");
    keep_below(&of_cpu, &mut found.request_cpu, found.limit_cpu.as_ref(), diags);
    if let (Some(shares), Some(request)) = (written.cpu_shares.get(), &found.request_cpu)
        && request.why.origins().contains(&shares.origin)
    {
        diags.push(
            Diagnostic::new(Code::CpuWeight, shares.origin, "the weight is a reservation, too")
                .label(format!("{} thousandths of a core are kept free", request.value))
                .why("the kubelet makes the weight of a container of what it requests")
                .help("lower it if the pods find no node")
                .cause("cpu_shares")
                .key(format!("{path}.cpu_shares")),
        );
    }
    let zero = || Traced::decided(0, "nothing-reserved");
    if found.limit_cpu.is_some() {
        found.request_cpu = found.request_cpu.or_else(|| Some(zero()));
    }
    if found.limit_memory.is_some() {
        found.request_memory = found.request_memory.or_else(|| Some(zero()));
    }
    found.request_disk = found.limit_disk.as_ref().map(|_| zero());
    found
}

/// Lowers a reservation above its limit to the limit: a swarm keeps that much free all the same, and the API server refuses the pod.
fn keep_below(path: &str, request: &mut Option<Traced<i64>>, limit: Option<&Traced<i64>>, diags: &mut Diagnostics) {
    if let (Some(request), Some(limit)) = (request, limit)
        && request.value > limit.value
        && let (Some(high), Some(low)) = (request.why.origins().first(), limit.why.origins().first())
    {
        diags.push(
            Diagnostic::new(Code::ReservedAboveLimit, *high, "more is reserved than the limit allows to use")
                .label("the limit is requested")
                .also(*low, "the limit")
                .why("Kubernetes refuses a request above its limit")
                .help("raise the limit or lower the reservation")
                .cause("reserved above limit")
                .key(path),
        );
        request.value = limit.value;
    }
}

fn of_deploy_resources(path: &str, written: &DeployResources, found: &mut Resources, diags: &mut Diagnostics) {
    let DeployResources { limits, reservations, extensions } = written;
    later::extensions(extensions, diags);
    if let Some(limits) = limits.get() {
        let Limits { cpus, memory: bytes, pids, extensions } = &limits.value;
        later::extensions(extensions, diags);
        found.limit_cpu = cores(&format!("{path}.limits.cpus"), cpus, diags).or(found.limit_cpu.take());
        found.limit_memory = bytes.get().and_then(memory).or(found.limit_memory.take());
        let is_nothing = [
            cpus.get().filter(|cpus| cpus.value == 0.0).map(|found| found.origin),
            bytes.get().filter(|bytes| bytes.value.0 <= 0).map(|found| found.origin),
            pids.get().filter(|pids| pids.value <= 0).map(|found| found.origin),
        ];
        is_nothing.into_iter().flatten().for_each(|place| diags.consume(place, "no limit, as without it"));
        if pids.get().is_none_or(|pids| pids.value > 0) {
            without_counterpart::say(&format!("{path}.limits"), "pids", pids, diags);
        }
    }
    if let Some(reservations) = reservations.get() {
        let Reservations { cpus, memory: bytes, generic_resources, devices: wanted, extensions } = &reservations.value;
        later::extensions(extensions, diags);
        found.request_cpu = cores(&format!("{path}.reservations.cpus"), cpus, diags).or(found.request_cpu.take());
        found.request_memory = bytes.get().and_then(memory).or(found.request_memory.take());
        let is_nothing = [
            cpus.get().filter(|cpus| cpus.value == 0.0).map(|found| found.origin),
            bytes.get().filter(|bytes| bytes.value.0 <= 0).map(|found| found.origin),
        ];
        is_nothing.into_iter().flatten().for_each(|place| diags.consume(place, "nothing is reserved, as without it"));
        let path = format!("{path}.reservations");
        found.extended.extend(devices::generic(&path, generic_resources, diags));
        found.extended.extend(devices::requests(&path, wanted, diags));
    }
}

/// Several requests for one kind of device add up.
fn each_once(extended: devices::Extended) -> devices::Extended {
    let mut sums: IndexMap<String, Traced<i64>> = IndexMap::new();
    for (name, number) in extended {
        match sums.get_mut(&name) {
            Some(sum) => {
                let mut places = sum.why.origins().to_vec();
                places.extend_from_slice(number.why.origins());
                sum.value = sum.value.saturating_add(number.value);
                sum.why = Why::Origins(places);
            }
            None => {
                sums.insert(name, number);
            }
        }
    }
    sums.into_iter().collect()
}

/// What was written and said the same as something else, or nothing.
fn consume_unused(path: &str, written: &Written<'_>, found: &Resources, diags: &mut Diagnostics) {
    let limit = found.limit_cpu.as_ref().map_or(&[][..], |limit| limit.why.origins());
    let unused = |place: Option<Origin>| place.filter(|place| !limit.contains(place));
    let of_cpu = [
        written.cpus.get().map(|found| found.origin),
        written.cpu_count.get().map(|found| found.origin),
        written.cpu_quota.get().map(|found| found.origin),
        written.cpu_period.get().map(|found| found.origin),
    ];
    for place in of_cpu.into_iter().filter_map(unused) {
        diags.consume(place, "another key limits the cores, or nothing does");
    }
    if let Some(period) = written.cpu_period.get()
        && !matches!(period.value.0, 0 | USUAL_PERIOD)
    {
        diags.push(
            Diagnostic::new(Code::CpuPeriod, period.origin, "the scheduler's period is that of the node")
                .why("Kubernetes limits a share of cores; the time over which it is measured is a setting of the kubelet")
                .help("remove it; what cpu_quota means with it is kept as a limit of cores")
                .cause("cpu_period")
                .key(format!("{path}.cpu_period")),
        );
    }
    let limit = written.mem_limit.get();
    if let Some(swap) = written.memswap_limit.get()
        && (swap.value.0 == 0 || limit.is_some_and(|limit| limit.value == swap.value))
    {
        diags.consume(swap.origin, "no swap, as pods have none");
    } else {
        without_counterpart::say(path, "memswap_limit", written.memswap_limit, diags);
    }
    for (key, place) in [
        (found.limit_memory.as_ref(), written.mem_limit.get().map(|found| found.origin)),
        (found.request_memory.as_ref(), written.mem_reservation.get().map(|found| found.origin)),
        (found.request_cpu.as_ref(), written.cpu_shares.get().map(|found| found.origin)),
    ] {
        if let Some(place) = place.filter(|place| key.is_none_or(|key| !key.why.origins().contains(place))) {
            diags.consume(place, "deploy.resources says it, or nothing is limited");
        }
    }
}

/// `cpu_quota` in each `cpu_period`, both in microseconds.
fn quota(written: &Written<'_>) -> Option<Traced<i64>> {
    let quota = written.cpu_quota.get().filter(|quota| quota.value.0 > 0)?;
    let period = written.cpu_period.get().filter(|period| period.value.0 > 0);
    let micros = period.map_or(USUAL_PERIOD, |period| period.value.0);
    let thousandths = quota.value.0.saturating_mul(1000).saturating_add(micros - 1) / micros;
    let places = [Some(quota.origin), period.map(|period| period.origin)].into_iter().flatten().collect();
    Some(Traced { value: thousandths.max(1), why: Why::Origins(places) })
}

fn count(written: &Written<'_>) -> Option<Traced<i64>> {
    let count = written.cpu_count.get().filter(|count| count.value.0 > 0)?;
    Some(Traced::from_origin(count.value.0.saturating_mul(1000), count.origin))
}

/// The kubelet makes a weight of a request, 1024 for each core.
fn shares(shares: &Spanned<Truncated>) -> Option<Traced<i64>> {
    let weight = shares.value.0;
    (weight > 0).then(|| {
        let thousandths = weight.saturating_mul(1000).saturating_add(SHARES_OF_A_CORE - 1) / SHARES_OF_A_CORE;
        Traced::from_origin(thousandths.max(1), shares.origin)
    })
}

/// `storage_opt`: the size of what the container may write; nothing else has a counterpart.
fn disk(path: &str, options: &Key<StorageOptions>, diags: &mut Diagnostics) -> Option<Traced<i64>> {
    let found = options.get()?;
    let size = found.value.0.get("size").and_then(|pair| {
        let bytes = bytes::parse(pair.value.as_deref()?).ok().filter(|bytes| *bytes > 0)?;
        Some(Traced::from_origin(bytes, pair.origin))
    });
    if found.value.0.is_empty() {
        later::used_up(options, "no options", diags);
    } else if size.is_none() || found.value.0.len() > 1 {
        without_counterpart::say(path, "storage_opt", options, diags);
    }
    size
}

/// A number of cores, which no machine has more than a million of; 0 is no limit.
#[expect(clippy::cast_possible_truncation, reason = "a number of cores in thousandths is far below 2^63")]
fn cores(path: &str, cpus: &Key<f64>, diags: &mut Diagnostics) -> Option<Traced<i64>> {
    let cpus = cpus.get()?;
    if !(0.0..=1e6).contains(&cpus.value) {
        diags.push(
            Diagnostic::new(Code::BadValue, cpus.origin, format!("{} is no number of cores", cpus.value))
                .help("write a number such as 0.5")
                .key(path),
        );
        return None;
    }
    (cpus.value > 0.0).then(|| Traced::from_origin((cpus.value * 1000.0 - 1e-6).ceil() as i64, cpus.origin))
}

fn memory(bytes: &Spanned<Bytes>) -> Option<Traced<i64>> {
    (bytes.value.0 > 0).then(|| Traced::from_origin(bytes.value.0, bytes.origin))
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
