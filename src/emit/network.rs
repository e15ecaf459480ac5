//! What a pod knows of names beside the cluster's own, and whose network it has; rule: as the IR says, nothing added.
//!
//! ```yaml
//! hostNetwork: true
//! dnsPolicy: ClusterFirstWithHostNet    # or the pod would ask the node's servers, which know no Services
//! hostAliases:
//!   - ip: 10.0.0.9
//!     hostnames:
//!       - mail
//! ```

use k8s_openapi::api::core::v1::{HostAlias, PodDNSConfig, PodDNSConfigOption};

use super::Why;
use super::at::At;
use crate::ir::{self, NetworkMode};

/// Whether the pod has the network of its node.
pub(super) fn of_host(at: &mut At, network: NetworkMode) -> Option<bool> {
    match network {
        NetworkMode::Host(place) => at.flag("hostNetwork", Some(&Why::Origin(place))),
        NetworkMode::Shared | NetworkMode::None(_) => None,
    }
}

/// Services resolve in the network of the node too.
pub(super) fn policy(at: &mut At, network: NetworkMode) -> Option<String> {
    match network {
        NetworkMode::Host(_) => {
            Some(at.decided("dnsPolicy", "ClusterFirstWithHostNet".to_owned(), "services-resolve-on-the-node-network"))
        }
        NetworkMode::Shared | NetworkMode::None(_) => None,
    }
}

/// Lines of /etc/hosts for one address.
pub(super) fn host_alias(at: &mut At, alias: &ir::HostAlias) -> HostAlias {
    let ir::HostAlias { address, names } = alias;
    if let Some(first) = names.first() {
        at.because("ip", &first.why);
    }
    HostAlias { ip: address.clone(), hostnames: at.texts("hostnames", names, String::clone) }
}

/// Search domains and options; `None` where there are none.
pub(super) fn resolver(at: &mut At, resolver: &ir::Resolver) -> Option<PodDNSConfig> {
    let ir::Resolver { searches, options } = resolver;
    let (searches, options) = at.within("dnsConfig", |at| {
        let searches = at.texts("searches", searches, String::clone);
        let options = at.list("options", options, |at, (name, value)| {
            at.here(&name.why);
            PodDNSConfigOption { name: Some(name.value.clone()), value: value.clone() }
        });
        (searches, options)
    });
    (searches.is_some() || options.is_some()).then_some(PodDNSConfig { nameservers: None, searches, options })
}
