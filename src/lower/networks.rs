//! Networks of the project (compose-spec, "networks"): nothing is made for them but, where they kept services apart, policies.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::compose::keys::{Entries, Key, Named};
use crate::compose::model::files::External;
use crate::compose::model::network::{Ipam, Network as Written};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Name, Network, short_hash};
use crate::lower::{Context, later, network_options};
use crate::origin::Origin;

/// Every network by its key, `default` among them.
pub(super) fn networks(context: &Context<'_>, diags: &mut Diagnostics) -> IndexMap<String, Network> {
    let mut all = IndexMap::new();
    let empty = Entries::new();
    let written = context.loaded.project.networks.get().map_or(&empty, |networks| &networks.value);
    for (key, entry) in written {
        let network = self::network(context, key, entry, diags);
        all.insert(key.clone(), network);
    }
    all.entry("default".to_owned()).or_insert_with(|| plain(context, "default"));
    tell_apart(&mut all);
    all
}

/// Two networks whose marks would be one (`a_b` and `a-b`): the second's ends in a hash.
fn tell_apart(all: &mut IndexMap<String, Network>) {
    let mut taken: BTreeMap<Name, String> = BTreeMap::new();
    for network in all.values_mut() {
        if taken.get(&network.mark).is_some_and(|real| *real != network.real) {
            network.mark = network.mark.with(&short_hash(network.real.as_bytes()));
        }
        taken.entry(network.mark.clone()).or_insert_with(|| network.real.clone());
    }
}

fn plain(context: &Context<'_>, name: &str) -> Network {
    Network {
        real: scoped(context, name),
        is_shared: false,
        mark: mark(name),
        internal: None,
        apart: None,
        binding: None,
        external: None,
        is_host: false,
    }
}

/// What Docker calls a network of the project that has no other name.
fn scoped(context: &Context<'_>, name: &str) -> String {
    format!("{}_{name}", context.loaded.name.value)
}

/// What its members are marked with.
fn mark(name: &str) -> Name {
    Name::from_text(&format!("network-{name}"))
}

fn network(
    context: &Context<'_>,
    name: &str,
    Named { key, value }: &Named<Written>,
    diags: &mut Diagnostics,
) -> Network {
    diags.consume(*key, "pods reach each other without a network object");
    let Some(network) = value else { return plain(context, name) };
    diags.consume(network.origin, "pods reach each other without a network object");
    let path = format!("networks.{name}");
    let Written {
        name: real,
        attachable,
        driver,
        driver_opts,
        enable_ipv4,
        enable_ipv6,
        external,
        internal,
        ipam,
        labels,
        extensions,
    } = &network.value;
    later::extensions(extensions, diags);
    later::used_up(real, "the network's name on the Docker host", diags);
    later::used_up(attachable, "any pod may reach any other", diags);
    later::used_up(labels, "labels of an object that Kubernetes does not have", diags);
    self::driver(&path, driver, diags);
    let network_options::Decided { apart, binding } =
        network_options::read((name, &path), driver, driver_opts, context.dialect(), diags);
    addresses(name, &path, (ipam, enable_ipv4, enable_ipv6), diags);
    let real = real.get().map(|real| real.value.clone()).filter(|real| !real.is_empty());
    let external = self::external(context, name, real.as_deref().unwrap_or(name), external, diags);
    let real = real.unwrap_or_else(|| if external.is_some() { name.to_owned() } else { scoped(context, name) });
    let is_host = external.is_some() && real == "host";
    let internal = internal.get().and_then(|internal| {
        if !internal.value {
            diags.consume(internal.origin, "false is the default");
        }
        internal.value.then_some(internal.origin)
    });
    // Members of an external network are found by what everybody calls it.
    let mark = mark(if external.is_some() { &real } else { name });
    Network { real, is_shared: false, mark, internal, apart, binding, external, is_host }
}

fn driver(path: &str, driver: &Key<String>, diags: &mut Diagnostics) {
    let Key::Set { key, value } = driver else {
        return later::used_up(driver, "a key without a value says nothing", diags);
    };
    if matches!(value.value.as_str(), "" | "bridge" | "overlay" | "default" | "host" | "none" | "nat") {
        diags.consume(value.origin, "the pod network does what this driver does");
        return;
    }
    diags.push(
        Diagnostic::new(Code::NoCounterpart, *key, format!("the network driver `{}` has no counterpart", value.value))
            .why("Kubernetes has one pod network")
            .help("attach further networks with Multus if the pods need them")
            .key(format!("{path}.driver"))
            .cause("network drivers")
            .covers([value.origin]),
    );
}

/// Addresses are the cluster's own affair. Docker gives out IPv4 alone by default.
fn addresses(
    name: &str,
    path: &str,
    (ipam, ipv4, ipv6): (&Key<Ipam>, &Key<bool>, &Key<bool>),
    diags: &mut Diagnostics,
) {
    let mut places = Vec::new();
    for (family, usual) in [(ipv4, true), (ipv6, false)] {
        match family.get() {
            Some(family) if family.value == usual => diags.consume(family.origin, "the default"),
            Some(_) | None => places.extend(family.key()),
        }
    }
    match ipam.get().filter(|ipam| says_nothing(&ipam.value)) {
        Some(_) => later::used_up(ipam, "the default", diags),
        None => places.extend(ipam.key()),
    }
    let Some(first) = places.first() else { return };
    diags.push(
        Diagnostic::new(Code::NetworkAddresses, *first, format!("the addresses of `{name}` are not kept"))
            .why("every pod has an address of the cluster's one network, and Services have the families that the cluster gives them")
            .help("dial services by name; nothing else depends on it unless a program has these addresses in its configuration")
            .key(path)
            .cause("addresses of networks")
            .covers_below(places.iter().copied()),
    );
}

/// Whether addresses are left to Docker's own choice.
fn says_nothing(ipam: &Ipam) -> bool {
    let Ipam { driver, config, options, extensions } = ipam;
    driver.get().is_none_or(|driver| matches!(driver.value.as_str(), "" | "default"))
        && config.get().is_none_or(|config| config.value.is_empty())
        && options.get().is_none_or(|options| options.value.0.is_empty())
        && extensions.is_empty()
}

fn external(
    context: &Context<'_>,
    name: &str,
    real: &str,
    external: &Key<External>,
    diags: &mut Diagnostics,
) -> Option<Origin> {
    let Key::Set { key, value } = external else { return None };
    if !value.value.is_external() {
        diags.consume(value.origin, "false is the default");
        return None;
    }
    if real == "host" {
        for place in [*key, value.origin] {
            diags.consume(place, "the network of the node, which is always there");
        }
        return Some(*key);
    }
    let needless =
        Diagnostic::new(Code::ExternalObject, *key, format!("the external network `{name}` needs no object"))
            .covers_below([*key]);
    diags.push(if context.request.is_separate {
        needless
            .why("services of other stacks on it answer where their names are dialled")
            .help("give the files of all stacks on that network in one call")
    } else {
        needless
            .why("services of other stacks answer to their names only in the same namespace")
            .help("put stacks that share a network into one namespace, or convert them together: --separate")
    });
    Some(*key)
}
