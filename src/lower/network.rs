//! What a service says of its names, networks and name resolution (compose-spec, "container_name", "links", "networks",
//! "network_mode", "dns", "extra_hosts").
//!
//! ```yaml
//! services: { db: { container_name: shop-db, extra_hosts: ["mail=10.0.0.9"], dns_search: example.com } }
//! # a further name shop-db; hostAliases: 10.0.0.9 mail; dnsConfig: searches: example.com
//! ```

use std::net::IpAddr;

use indexmap::IndexMap;

use crate::compose::keys::{Key, Named};
use crate::compose::model::host::{ContainerName, ExtraHosts};
use crate::compose::model::network::{Attachment, Attachments};
use crate::compose::model::text::{OneOrMore, TextSet};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Alias, HostAlias, Link, Network, NetworkMode, OuterLink, Resolver, Traced};
use crate::lower::hostname::HostName;
use crate::lower::{Context, later, without_counterpart};
use crate::origin::Origin;

/// The names of a service, and where they are known.
pub(super) struct Names {
    pub(super) aliases: Vec<Alias>,
    pub(super) addresses: Vec<Traced<String>>,
    pub(super) networks: Vec<Traced<String>>,
    /// Whether one of its networks is that of the node.
    pub(super) on_host: Option<Origin>,
}

/// `networks`: which it joins, and what it is called there. Without the key it joins `default`.
pub(super) fn attachments(
    known: &IndexMap<String, Network>,
    path: &str,
    networks: &Key<Attachments>,
    mode: &Key<String>,
    diags: &mut Diagnostics,
) -> Names {
    let mut names = Names { aliases: Vec::new(), addresses: Vec::new(), networks: Vec::new(), on_host: None };
    if let Some(found) = networks.get() {
        diags.consume(found.origin, "no networks are the default one");
        for (name, Named { key, value }) in &found.value.0 {
            if known.get(name).is_some_and(|network| network.is_host) {
                names.on_host = Some(*key);
            } else {
                names.networks.push(Traced::from_origin(name.clone(), *key));
            }
            diags.consume(*key, "pods reach each other without a network object");
            if let Some(attachment) = value {
                diags.consume(attachment.origin, "pods reach each other without a network object");
                self::attachment(&format!("{path}.networks.{name}"), name, &attachment.value, &mut names, diags);
            }
        }
    }
    // Beside any other mode than Docker's default network there are none.
    let has_networks = mode.get().is_none_or(|mode| matches!(mode.value.as_str(), "" | "default" | "bridge"));
    if names.networks.is_empty() && has_networks {
        names.networks.push(Traced::decided("default".to_owned(), "default-network"));
    }
    names
}

fn attachment(path: &str, network: &str, attachment: &Attachment, names: &mut Names, diags: &mut Diagnostics) {
    let Attachment {
        aliases,
        driver_opts,
        gw_priority,
        interface_name,
        ipv4_address,
        ipv6_address,
        link_local_ips,
        mac_address,
        priority,
        use_service_name_alias,
        extensions,
    } = attachment;
    later::extensions(extensions, diags);
    for alias in aliases.get().iter().flat_map(|aliases| aliases.value.0.iter()) {
        names.aliases.push(Alias { name: Traced::from(alias.clone()), network: Some(network.to_owned()) });
    }
    for address in [ipv4_address, ipv6_address].into_iter().filter_map(Key::get) {
        if address.value.is_empty() {
            diags.consume(address.origin, "no address is asked for");
            continue;
        }
        names.addresses.push(Traced::from(address.clone()));
        fixed_address(path, address.origin, &address.value, diags);
    }
    for address in link_local_ips.get().iter().flat_map(|addresses| addresses.value.0.iter()) {
        fixed_address(path, address.origin, &address.value, diags);
    }
    if let Some(address) = mac_address.get() {
        fixed_address(path, address.origin, &address.value, diags);
    }
    if let Some(name) = interface_name.get() {
        diags.push(
            Diagnostic::new(Code::NoCounterpart, name.origin, "the name of a network interface cannot be chosen")
                .why("a pod has one interface, eth0")
                .help("remove it, or attach further networks with Multus")
                .key(path)
                .cause("interface names"),
        );
    }
    if driver_opts.get().is_some_and(|options| options.value.0.is_empty()) {
        later::used_up(driver_opts, "no options", diags);
    } else {
        without_counterpart::say(path, "driver_opts", driver_opts, diags);
    }
    later::used_up(gw_priority, "there is one pod network, and one gateway", diags);
    later::used_up(priority, "there is one pod network, joined first and last", diags);
    later::used_up(use_service_name_alias, "a service's own name always resolves", diags);
}

/// An address that Docker would give and Kubernetes does not.
fn fixed_address(path: &str, place: Origin, address: &str, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::FixedAddress, place, format!("the pod does not get the address {address}"))
            .why("pods get new addresses whenever they are made; a variable or command that dials this one dials the name now")
            .help("dial the service by its name everywhere, in mounted files too")
            .key(path)
            .cause("fixed addresses"),
    );
}

fn is_address(name: &str) -> bool {
    name.parse::<std::net::IpAddr>().is_ok()
}

/// `container_name` and `hostname`, by both of which Docker finds a container.
pub(super) fn own_names(container_name: &Key<ContainerName>, hostname: &HostName) -> Vec<Alias> {
    let container = container_name.get().map(|name| Traced::from_origin(name.value.0.clone(), name.origin));
    let host = match hostname {
        // An empty one, as of a variable that is not set, is none; an address is dialled as one.
        HostName::One(name)
            if !name.value.is_empty() && !name.value.contains(['{', ' ']) && !is_address(&name.value) =>
        {
            Some(Traced::from(name.clone()))
        }
        HostName::One(_) | HostName::OfSlots(_) | HostName::None => None,
    };
    container.into_iter().chain(host).map(|name| Alias { name, network: None }).collect()
}

/// `links`: what others are called here. A link without an alias is the service's own name.
pub(super) fn links(context: &Context<'_>, links: &Key<TextSet>) -> Vec<Link> {
    let mut all = Vec::new();
    let services = context.loaded.project.services.get();
    for link in links.get().iter().flat_map(|links| links.value.0.iter()) {
        let (service, alias) = link.value.split_once(':').unwrap_or((&link.value, &link.value));
        // The loader has said which services are not defined.
        if services.is_some_and(|services| services.value.contains_key(service)) {
            all.push(Link { service: service.to_owned(), alias: Traced::from_origin(alias.to_owned(), link.origin) });
        }
    }
    all
}

/// `external_links`: containers of other projects.
pub(super) fn external_links(links: &Key<TextSet>) -> Vec<OuterLink> {
    let links = links.get().into_iter().flat_map(|links| links.value.0.iter());
    let outer = links.map(|link| {
        let (container, alias) = link.value.split_once(':').unwrap_or((&link.value, &link.value));
        OuterLink { container: container.to_owned(), alias: Traced::from_origin(alias.to_owned(), link.origin) }
    });
    outer.collect()
}

/// `network_mode` beside `service:` and `container:`, which make one pod of several services.
pub(super) fn mode(path: &str, mode: &Key<String>, host: Option<Origin>, diags: &mut Diagnostics) -> NetworkMode {
    if let Some(place) = host {
        on_host(path, place, diags);
        return NetworkMode::Host(place);
    }
    let Some(found) = mode.get() else { return NetworkMode::Shared };
    match found.value.as_str() {
        // One pod holds both.
        other if other.starts_with("service:") || other.starts_with("container:") => NetworkMode::Shared,
        "host" => {
            on_host(path, found.origin, diags);
            NetworkMode::Host(found.origin)
        }
        "none" => {
            diags.push(
                Diagnostic::new(Code::NetworkNone, found.origin, "a policy cuts the pod off, which still has an address")
                    .why("every pod has a network; a NetworkPolicy keeps traffic from it where the cluster enforces policies")
                    .help("check that the cluster's network plugin enforces NetworkPolicies")
                    .key(format!("{path}.network_mode")),
            );
            NetworkMode::None(found.origin)
        }
        _ => {
            diags.consume(found.origin, "a network of Docker's; there is one pod network");
            NetworkMode::Shared
        }
    }
}

/// Says what it means to share the node's network.
fn on_host(path: &str, place: Origin, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::NetworkHost, place, "the pod shares the network of its node")
            .why("it binds the node's own ports, so that a node can run one of it, and clusters that restrict pods refuse it")
            .help("remove network_mode: host unless the program needs the node's own interfaces")
            .key(path)
            .cause("the network of the node"),
    );
}

/// `extra_hosts`: lines of /etc/hosts, by address.
pub(super) fn hosts(path: &str, hosts: &Key<ExtraHosts>, diags: &mut Diagnostics) -> Vec<HostAlias> {
    let path = format!("{path}.extra_hosts");
    let mut all: IndexMap<String, HostAlias> = IndexMap::new();
    let lines = hosts.get().into_iter().flat_map(|hosts| hosts.value.0.iter());
    if let Some(found) = hosts.get().filter(|hosts| hosts.value.0.is_empty()) {
        diags.consume(found.origin, "no lines");
    }
    for line in lines {
        // What stands in /etc/hosts may have blanks around it.
        let (host, address) = (line.value.host.trim(), line.value.address.trim());
        if address == "host-gateway" {
            diags.push(
                Diagnostic::new(Code::HostGateway, line.origin, format!("`{host}` does not resolve"))
                    .label("the Docker host has no counterpart")
                    .why("a pod runs on any node, and what listens on the Docker host is not there")
                    .help(format!("make a Service for what `{host}` offered, and dial that"))
                    .key(path.clone())
                    .cause("host-gateway"),
            );
            continue;
        }
        let name = host.to_ascii_lowercase();
        let is_name = name.split('.').all(|label| {
            let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            (1..=63).contains(&label.len())
                && label.bytes().all(inside)
                && !label.starts_with('-')
                && !label.ends_with('-')
        });
        if !is_name || address.parse::<IpAddr>().is_err() {
            let what = if is_name { address } else { host };
            diags.push(
                Diagnostic::new(Code::ExtraHostRefused, line.origin, format!("the line for `{host}` is left out"))
                    .label(format!("Kubernetes refuses `{what}`"))
                    .why("hostAliases take addresses, and names of lower-case letters, digits, dashes and dots")
                    .help("correct it, or make a Service of that name")
                    .key(path.clone()),
            );
            continue;
        }
        let alias = all
            .entry(address.to_owned())
            .or_insert_with(|| HostAlias { address: address.to_owned(), names: Vec::new() });
        alias.names.push(Traced::from_origin(name, line.origin));
    }
    all.into_values().collect()
}

/// `dns_search` and `dns_opt`. Further servers of `dns` are not given to the pod: resolvers that ask all servers at once would
/// take their "no such name" for the name of a service.
pub(super) fn resolver(
    path: &str,
    servers: &Key<OneOrMore>,
    search: &Key<OneOrMore>,
    options: &Key<TextSet>,
    diags: &mut Diagnostics,
) -> Resolver {
    for server in servers.get().iter().flat_map(|servers| servers.value.0.iter()) {
        if PUBLIC.contains(&server.value.as_str()) {
            diags.push(
                Diagnostic::new(
                    Code::DnsServerPublic,
                    server.origin,
                    format!("the cluster's own name server is asked, not {}", server.value),
                )
                .why("it knows the names of services, and asks others for the rest")
                .help("remove it")
                .key(format!("{path}.dns"))
                .cause("public name servers"),
            );
            continue;
        }
        diags.push(
            Diagnostic::new(Code::DnsServer, server.origin, format!("the name server {} is not asked", server.value))
                .why("a pod asks the cluster's own server, which alone knows the names of services")
                .help("forward the server's zones in the configuration of CoreDNS")
                .key(format!("{path}.dns"))
                .cause("name servers"),
        );
    }
    let mut resolver = Resolver::default();
    for domain in search.get().iter().flat_map(|domains| domains.value.0.iter()) {
        // Names mean the same in capitals, which Kubernetes refuses.
        let name = domain.value.to_ascii_lowercase();
        if name == "." {
            diags.consume(domain.origin, "no further domains");
        } else if is_search_domain(&name) {
            resolver.searches.push(Traced::from_origin(name, domain.origin));
        } else {
            let message = format!("names are not searched in `{}`", domain.value);
            diags.push(
                Diagnostic::new(Code::SearchDomainRefused, domain.origin, message)
                    .why("Kubernetes takes domains of letters, digits, dashes and underscores between dots")
                    .help("correct it, or remove it")
                    .key(format!("{path}.dns_search")),
            );
        }
    }
    for option in options.get().iter().flat_map(|options| options.value.0.iter()) {
        if option.value.is_empty() {
            diags.consume(option.origin, "an empty option says nothing");
            continue;
        }
        let (name, value) =
            option.value.split_once(':').map_or((option.value.as_str(), None), |(name, value)| (name, Some(value)));
        resolver.options.push((Traced::from_origin(name.to_owned(), option.origin), value.map(str::to_owned)));
    }
    for empty in [
        servers.get().map(|found| (found.value.0.len(), found.origin)),
        search.get().map(|found| (found.value.0.len(), found.origin)),
        options.get().map(|found| (found.value.0.len(), found.origin)),
    ] {
        if let Some((0, place)) = empty {
            diags.consume(place, "an empty list");
        }
    }
    resolver
}

/// What Kubernetes takes for a domain to search in: a name of DNS, in which labels may begin with an underscore.
fn is_search_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        let bare = label.strip_prefix('_').unwrap_or(label);
        let ends = [bare.bytes().next(), bare.bytes().next_back()];
        label.len() <= 63
            && ends.iter().all(|end| end.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
            && bare.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
    };
    name.len() <= 253 && name.strip_suffix('.').unwrap_or(name).split('.').all(is_label)
}

/// Servers that everybody may ask, and that know no names of anybody's own.
const PUBLIC: &[&str] = &[
    "8.8.8.8",
    "8.8.4.4",
    "1.1.1.1",
    "1.0.0.1",
    "9.9.9.9",
    "149.112.112.112",
    "208.67.222.222",
    "208.67.220.220",
    "2001:4860:4860::8888",
    "2001:4860:4860::8844",
    "2606:4700:4700::1111",
    "2606:4700:4700::1001",
];
