//! Devices (compose-spec "devices", "gpus"; deploy "devices", "generic_resources"): what a device plugin gives out is a limit of an
//! extended resource; a device file of the node needs a privileged container.

use crate::compose::keys::Key;
use crate::compose::model::deploy::{DiscreteResource, GenericResource};
use crate::compose::model::device::{DeviceCount, DeviceMapping, DeviceRequest, Gpus};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Mount, MountSource, Traced};
use crate::lower::{binds, later, without_counterpart};
use crate::origin::{Origin, Spanned};

/// Extended resources: name and number.
pub(super) type Extended = Vec<(String, Traced<i64>)>;

/// `gpus`.
pub(super) fn gpus(path: &str, gpus: &Key<Gpus>, diags: &mut Diagnostics) -> Extended {
    let Key::Set { key: _, value } = gpus else { return Extended::new() };
    let path = format!("{path}.gpus");
    match &value.value {
        Gpus::All => {
            say_all(&path, value.origin, diags);
            vec![("nvidia.com/gpu".to_owned(), Traced::from_origin(1, value.origin))]
        }
        Gpus::These(requests) => requests.iter().filter_map(|one| request(&path, one, true, diags)).collect(),
    }
}

/// `deploy.resources.reservations.devices`.
pub(super) fn requests(path: &str, devices: &Key<Vec<Spanned<DeviceRequest>>>, diags: &mut Diagnostics) -> Extended {
    let all = devices.get().into_iter().flat_map(|devices| &devices.value);
    all.filter_map(|one| request(&format!("{path}.devices"), one, false, diags)).collect()
}

fn request(
    path: &str,
    request: &Spanned<DeviceRequest>,
    is_gpu: bool,
    diags: &mut Diagnostics,
) -> Option<(String, Traced<i64>)> {
    let DeviceRequest { capabilities, driver, count, device_ids, options, extensions } = &request.value;
    // Taken apart where they are counted.
    let _ = (count, device_ids);
    later::extensions(extensions, diags);
    let wanted = capabilities.get().map_or(&[][..], |texts| texts.value.0.as_slice());
    let mut is_gpu = is_gpu;
    for capability in wanted {
        is_gpu = is_gpu || capability.value == "gpu";
        diags.consume(capability.origin, "the device plugin gives all that a device can do");
    }
    if let Some(options) = options.get().filter(|options| !options.value.0.is_empty()) {
        diags.push(
            Diagnostic::new(Code::Device, options.origin, "options of a device driver are left out")
                .why("a limit counts devices and says nothing else")
                .help("set what they mean up in the device plugin")
                .cause("options")
                .key(path)
                .covers(options.value.0.values().map(|pair| pair.origin)),
        );
    }
    if options.get().is_some_and(|options| options.value.0.is_empty()) {
        later::used_up(options, "no options", diags);
    }
    let name = match driver.get().map(|driver| (driver.value.as_str(), driver.origin)) {
        None | Some(("nvidia" | "cdi" | "", _)) if is_gpu => "nvidia.com/gpu",
        Some(("amd", _)) if is_gpu => "amd.com/gpu",
        Some(("intel", _)) if is_gpu => "gpu.intel.com/i915",
        _ => {
            diags.push(
                Diagnostic::new(Code::Device, request.origin, "no device plugin is known that gives out such a device")
                    .help("set the limit of its extended resource on the container by hand")
                    .cause("unknown")
                    .key(path)
                    .covers(request_leaves(request)),
            );
            return None;
        }
    };
    if let Some(driver) = driver.get() {
        diags.consume(driver.origin, "names the extended resource");
    }
    Some((name.to_owned(), number(path, request, diags)))
}

/// How many devices are asked for.
fn number(path: &str, request: &Spanned<DeviceRequest>, diags: &mut Diagnostics) -> Traced<i64> {
    let DeviceRequest { capabilities, driver, count, device_ids, options, extensions } = &request.value;
    // The caller accounts for these.
    let _ = (capabilities, driver, options, extensions);
    let ids = device_ids.get().filter(|ids| !ids.value.0.is_empty());
    if ids.is_none() {
        later::used_up(device_ids, "no devices are named", diags);
    }
    match (count.get(), ids) {
        (Some(count), _) => match count.value {
            DeviceCount::Number(number) if number > 0 => Traced::from_origin(number, count.origin),
            DeviceCount::Number(_) | DeviceCount::All => {
                say_all(path, count.origin, diags);
                Traced::from_origin(1, count.origin)
            }
        },
        (None, Some(ids)) => {
            let number = i64::try_from(ids.value.0.len()).unwrap_or(1).max(1);
            diags.push(
                Diagnostic::new(Code::Device, ids.origin, "as many devices are asked for, not these")
                    .why("a device plugin gives out devices by number, not by id")
                    .help("label the nodes that have them, and write deploy.placement.constraints")
                    .cause("ids")
                    .key(path)
                    .covers(ids.value.0.iter().map(|id| id.origin)),
            );
            Traced::from_origin(number, ids.origin)
        }
        (None, None) => {
            say_all(path, request.origin, diags);
            Traced::from_origin(1, request.origin)
        }
    }
}

fn request_leaves(request: &Spanned<DeviceRequest>) -> Vec<Origin> {
    let DeviceRequest { capabilities, driver, count, device_ids, options, extensions } = &request.value;
    // The caller accounts for these.
    let _ = (capabilities, options, extensions);
    let ids = device_ids.get().into_iter().flat_map(|ids| ids.value.0.iter().map(|id| id.origin));
    driver
        .get()
        .map(|driver| driver.origin)
        .into_iter()
        .chain(count.get().map(|count| count.origin))
        .chain(ids)
        .collect()
}

fn say_all(path: &str, place: Origin, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::Device, place, "one device is asked for, in place of all")
            .why("a device plugin gives out a number of devices")
            .help("write how many: count: 2")
            .cause("all")
            .key(path),
    );
}

/// `generic_resources`: graphics processors under the names that swarm nodes use; others are the cluster's own.
pub(super) fn generic(path: &str, found: &Key<Vec<Spanned<GenericResource>>>, diags: &mut Diagnostics) -> Extended {
    let mut extended = Extended::new();
    let mut all_known = true;
    for resource in found.get().into_iter().flat_map(|found| &found.value) {
        let GenericResource { discrete_resource_spec, extensions } = &resource.value;
        later::extensions(extensions, diags);
        let Some(spec) = discrete_resource_spec.get() else { continue };
        let DiscreteResource { kind, value, extensions } = &spec.value;
        later::extensions(extensions, diags);
        let is_gpu = kind.get().is_some_and(|kind| {
            matches!(kind.value.to_ascii_lowercase().as_str(), "gpu" | "nvidia-gpu" | "nvidia" | "nvidia.com/gpu")
        });
        match (kind.get(), value.get()) {
            (kind, Some(value)) if value.value.0 == 0 => {
                for place in kind.iter().map(|kind| kind.origin).chain([value.origin]) {
                    diags.consume(place, "none of them is none");
                }
            }
            (Some(kind), Some(value)) if is_gpu && value.value.0 > 0 => {
                diags.consume(kind.origin, "names the extended resource");
                extended.push(("nvidia.com/gpu".to_owned(), Traced::from_origin(value.value.0, value.origin)));
            }
            _ => all_known = false,
        }
    }
    if !all_known {
        without_counterpart::say(path, "generic_resources", found, diags);
    }
    extended
}

/// `devices`: files of the node, for which the container must be privileged, as nothing else lets it use them; it may be anyway.
pub(super) fn mappings(
    path: &str,
    devices: &Key<Vec<Spanned<DeviceMapping>>>,
    is_privileged: bool,
    diags: &mut Diagnostics,
) -> (Vec<Mount>, Option<Origin>) {
    let (mut mounts, mut privileged) = (Vec::new(), None);
    for device in devices.get().into_iter().flat_map(|devices| &devices.value) {
        let DeviceMapping { source, target, permissions, extensions } = &device.value;
        later::extensions(extensions, diags);
        let Some(source) = source.get() else { continue };
        let target = target.get().unwrap_or(source);
        let path = format!("{path}.devices");
        if !source.value.starts_with('/') || !target.value.starts_with('/') {
            diags.push(
                Diagnostic::new(Code::Device, source.origin, format!("the device {} is left out", source.value))
                    .why("it is no path of a node")
                    .help("set the limit of the extended resource that gives it out by hand")
                    .key(path)
                    .covers([device.origin, target.origin])
                    .covers(permissions.get().map(|found| found.origin)),
            );
            continue;
        }
        let message = if is_privileged {
            binds::of_the_node(&source.value, device.origin)
        } else {
            privileged = privileged.or(Some(device.origin));
            Diagnostic::new(Code::DeviceFile, device.origin, "a device file makes the container privileged")
                .why("nothing less lets a container use a file under /dev of its node, and that lets it read and write all of them")
                .help("use a device plugin, and write deploy.resources.reservations.devices")
                .cause("devices")
        };
        diags.push(message.covers(permissions.get().map(|found| found.origin)).key(path));
        mounts.push(Mount::new(
            Traced::from_origin(target.value.clone(), target.origin),
            MountSource::Host { path: source.value.clone(), kind: Traced::decided("", "kind-of-path") },
            None,
            source.origin,
        ));
    }
    (mounts, privileged)
}
