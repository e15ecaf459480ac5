//! Keys that name another service beside `depends_on`: what is shared with it, and that it is started first (compose-spec,
//! "network_mode", "pid", "ipc", "volumes_from", "links": each implies a dependency).

use crate::compose::keys::Key;
use crate::compose::model::scalar::Nullable;
use crate::compose::model::text::TextSet;
use crate::diag::Diagnostics;
use crate::ir::{Condition, Dependency, Share, Shared, SharedWith, Traced};
use crate::lower::without_counterpart;
use crate::origin::Origin;

/// What a service shares with others and with its node.
pub(super) struct Sharing {
    /// With others, in the order network, processes, memory, mounts.
    pub(super) shares: Vec<Share>,
    /// `pid: host`.
    pub(super) host_processes: Option<Origin>,
    /// `ipc: host`.
    pub(super) host_memory: Option<Origin>,
}

/// Takes the keys apart that name a namespace or a volume of another one.
pub(super) fn sharing(
    path: &str,
    network_mode: &Key<String>,
    pid: &Key<Nullable<String>>,
    ipc: &Key<String>,
    volumes_from: &Key<TextSet>,
    diags: &mut Diagnostics,
) -> Sharing {
    let mut found = Vec::new();
    let mut mode = |name: &str, text: Option<(&str, Origin)>, what: Shared, diags: &mut Diagnostics| {
        let Some((text, origin)) = text else { return false };
        if let Some(service) = text.strip_prefix("service:") {
            found.push(Share { with: SharedWith::Service(service.to_owned()), what, origin });
        } else if let Some(container) = text.strip_prefix("container:") {
            found.push(Share { with: SharedWith::Container(container.to_owned()), what, origin });
        } else if name == "pid" && matches!(text, "private" | "") {
            diags.consume(origin, "containers see their own processes alone");
        } else if name == "ipc" && matches!(text, "shareable" | "private" | "none" | "") {
            diags.consume(origin, "containers of a pod share memory, and pods share none");
        } else {
            return false;
        }
        true
    };
    let network = network_mode.get().map(|found| (found.value.as_str(), found.origin));
    // Every other mode is the network's own affair.
    mode("network_mode", network, Shared::Network, diags);
    let processes = pid.get().map(|found| (found.value.0.as_str(), found.origin));
    let host_processes = processes.filter(|(text, _)| *text == "host").map(|(_, origin)| origin);
    if !mode("pid", processes, Shared::Processes, diags) && host_processes.is_none() {
        without_counterpart::say(path, "pid", pid, diags);
    }
    let memory = ipc.get().map(|found| (found.value.as_str(), found.origin));
    let host_memory = memory.filter(|(text, _)| *text == "host").map(|(_, origin)| origin);
    if !mode("ipc", memory, Shared::Memory, diags) && host_memory.is_none() {
        without_counterpart::say(path, "ipc", ipc, diags);
    }
    for source in volumes_from.get().iter().flat_map(|texts| texts.value.0.iter()) {
        let (rest, is_container) = match source.value.strip_prefix("container:") {
            Some(rest) => (rest, true),
            None => (source.value.as_str(), false),
        };
        let (name, access) = rest.split_once(':').unwrap_or((rest, "rw"));
        let name = name.to_owned();
        let with = if is_container { SharedWith::Container(name) } else { SharedWith::Service(name) };
        let what = Shared::Mounts { read_only: access == "ro" };
        found.push(Share { with, what, origin: source.origin });
    }
    Sharing { shares: found, host_processes, host_memory }
}

/// Adds what the shares and links of a service imply to what it says itself: its own word holds where both speak of a service.
pub(super) fn implied(shares: &[Share], links: &Key<TextSet>, dependencies: &mut Vec<Dependency>) {
    let shared = shares.iter().filter_map(|share| match &share.with {
        SharedWith::Service(service) => Some((service.as_str(), share.origin)),
        SharedWith::Container(_) | SharedWith::Group(_) => None,
    });
    let linked = links.get().into_iter().flat_map(|links| links.value.0.iter());
    let linked = linked.map(|link| (link.value.split(':').next().unwrap_or_default(), link.origin));
    for (service, origin) in shared.chain(linked) {
        if dependencies.iter().any(|known| known.service == service) {
            continue;
        }
        dependencies.push(Dependency {
            service: service.to_owned(),
            condition: Traced::from_origin(Condition::Started, origin),
            required: true,
            origin,
            leaves: vec![origin],
        });
    }
}
