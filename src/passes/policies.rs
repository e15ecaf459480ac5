//! Networks that kept services apart become policies that do (design 4.3): who shares a network may talk, what was published stays
//! open, an internal network leads nowhere else.
//!
//! ```yaml
//! services: { web: { networks: [front, back] }, db: { networks: [back] }, proxy: { networks: [front] } }
//! # NetworkPolicies network-front and network-back: each lets in the pods that carry its mark
//! ```

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::free::Taken;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    App, Exposure, ExposureKind, Name, Network, NetworkMode, Policy, PolicyPods, PolicyRule, Protocol, Selects, Traced,
    WaitFor, Why, Workload,
};
use crate::lower::Context;
use crate::request::NetworkPolicies;

/// Where names are asked for: any server, for clusters have caches on their nodes.
const DNS: [(u16, Protocol); 2] = [(53, Protocol::Udp), (53, Protocol::Tcp)];

/// Where API servers listen.
const API_SERVER: [(u16, Protocol); 2] = [(443, Protocol::Tcp), (6443, Protocol::Tcp)];

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let is_wanted = match context.request.network_policies {
        NetworkPolicies::Auto => keeps_apart(app),
        NetworkPolicies::Always => true,
        NetworkPolicies::Never => false,
    };
    for place in app.networks.values().flat_map(|network| [network.internal, network.apart]).flatten() {
        diags.consume(place, "decides what the pods of its members may reach");
    }
    if !is_wanted {
        return;
    }
    wait_without_reaching(app);
    let members = mark(app);
    let cut_off: BTreeSet<&str> = app
        .workloads
        .iter()
        .filter(|workload| is_internal(app, workload))
        .flat_map(|workload| workload.networks.iter().map(|network| network.value.as_str()))
        .collect();
    let mut policies = Vec::new();
    let mut marked = BTreeSet::new();
    for (key, network) in &app.networks {
        // One external network may have several keys.
        if let Some(places) = members.get(key).filter(|_| marked.insert(&network.mark)) {
            policies.extend(of_network(network, places, cut_off.contains(key.as_str())));
        }
    }
    for workload in &app.workloads {
        policies.extend(of_workload(workload));
    }
    if let Some(first) =
        app.workloads.iter().flat_map(|workload| &workload.networks).find_map(|network| network.why.origins().first())
    {
        diags.push(
            Diagnostic::new(Code::NetworkPolicies, *first, "networks are kept apart by NetworkPolicies")
                .why("services that share no network could not reach each other on Docker")
                .help("say --network-policies never to leave them out, where the cluster's network plugin would not enforce them"),
        );
    }
    app.policies = policies;
}

/// Whether some services had networks that others had not, or were cut off.
fn keeps_apart(app: &App) -> bool {
    let is_alone = |workload: &&Workload| {
        let mut networks = workload.networks.iter().filter_map(|network| app.networks.get(&network.value));
        workload.network == NetworkMode::Shared && networks.any(|network| network.apart.is_some())
    };
    if app.workloads.iter().filter(is_alone).count() > 1 {
        return true;
    }
    let mut first: Option<BTreeSet<&str>> = None;
    for workload in &app.workloads {
        match workload.network {
            NetworkMode::Host(_) => continue,
            NetworkMode::None(_) => return true,
            NetworkMode::Shared if workload.networks.is_empty() => continue,
            NetworkMode::Shared => {}
        }
        if is_internal(app, workload) {
            return true;
        }
        let own: BTreeSet<&str> = workload.networks.iter().map(|network| network.value.as_str()).collect();
        match &first {
            Some(first) if *first != own => return true,
            Some(_) => {}
            None => first = Some(own),
        }
    }
    false
}

/// Whether all networks of a workload are cut off from the outside.
fn is_internal(app: &App, workload: &Workload) -> bool {
    is_cut_off(&app.networks, workload)
}

/// The same, where the workloads are at work.
pub(super) fn is_cut_off(networks: &IndexMap<String, Network>, workload: &Workload) -> bool {
    let internal = |key: &str| networks.get(key).is_some_and(|network| network.internal.is_some());
    let is_attached = workload.network == NetworkMode::Shared && !workload.networks.is_empty();
    is_attached && workload.networks.iter().all(|network| internal(&network.value))
}

/// Marks the pods of each network's members; for each network the places that say so.
fn mark(app: &mut App) -> BTreeMap<String, Vec<Why>> {
    let mut members: BTreeMap<String, Vec<Why>> = BTreeMap::new();
    let internal: Vec<bool> = app.workloads.iter().map(|workload| is_internal(app, workload)).collect();
    for (workload, internal) in app.workloads.iter_mut().zip(internal) {
        if workload.network != NetworkMode::Shared {
            continue;
        }
        for network in &workload.networks {
            let Some(known) = app.networks.get(&network.value) else { continue };
            members.entry(network.value.clone()).or_default().push(network.why.clone());
            if !workload.pod.marks.iter().any(|mark| mark.value == known.mark) {
                workload.pod.marks.push(Traced { value: known.mark.clone(), why: network.why.clone() });
            }
        }
        if internal {
            let places = workload.networks.iter().filter_map(|network| app.networks.get(&network.value)?.internal);
            let why = Why::Origins(places.collect());
            workload.pod.marks.push(Traced { value: internal_mark(), why });
        }
    }
    members
}

/// What pods are marked with that have internal networks alone.
fn internal_mark() -> Name {
    Name::from_text("internal")
}

fn of_network(network: &Network, members: &[Why], is_cut_off: bool) -> Vec<Policy> {
    let why = Why::Origins(
        members.iter().flat_map(Why::origins).copied().chain(network.external).chain(network.apart).collect(),
    );
    let why = if why.origins().is_empty() { Why::Decision("default-network") } else { why };
    let members = PolicyRule {
        pods: Some(PolicyPods::Marked(vec![network.mark.clone()])),
        any_namespace: network.external.is_some() || network.is_shared,
        ports: Vec::new(),
    };
    let from_members: Vec<PolicyRule> = network.apart.is_none().then_some(members).into_iter().collect();
    let mut policies = vec![Policy {
        name: network.mark.clone(),
        owner: None,
        pods: PolicyPods::Marked(vec![network.mark.clone()]),
        ingress: Some(from_members.clone()),
        egress: None,
        why,
    }];
    if let Some(place) = network.internal.filter(|_| is_cut_off) {
        policies.push(Policy {
            name: network.mark.with("internal"),
            owner: None,
            pods: PolicyPods::Marked(vec![network.mark.clone(), internal_mark()]),
            ingress: None,
            egress: Some(from_members.into_iter().chain([anywhere(&DNS)]).collect()),
            why: Why::Origin(place),
        });
    }
    policies
}

fn anywhere(ports: &[(u16, Protocol)]) -> PolicyRule {
    PolicyRule { pods: None, any_namespace: false, ports: ports.to_vec() }
}

fn of_workload(workload: &Workload) -> Vec<Policy> {
    let policy = |suffix: &str, ingress, egress, why: Why| Policy {
        name: workload.name.with(suffix),
        owner: Some(workload.name.clone()),
        pods: PolicyPods::Of(workload.host.as_ref().map_or(&workload.name, |host| &host.owner).clone()),
        ingress,
        egress,
        why,
    };
    let waits_for_job = workload.waits.iter().find(|wait| matches!(wait.wait_for, WaitFor::Complete));
    match workload.network {
        NetworkMode::Host(_) => return Vec::new(),
        NetworkMode::None(place) => {
            let mut rules = Vec::new();
            if !workload.waits.is_empty() {
                rules.push(anywhere(&DNS));
            }
            rules.extend(waits_for_job.map(|_| anywhere(&API_SERVER)));
            return vec![policy("no-network", Some(Vec::new()), Some(rules), Why::Origin(place))];
        }
        NetworkMode::Shared => {}
    }
    let mut policies = Vec::new();
    let (ports, why) = open_ports(workload);
    if !ports.is_empty() {
        policies.push(policy("open", Some(vec![anywhere(&ports)]), None, why));
    }
    let is_internal = workload.pod.marks.iter().any(|mark| mark.value == internal_mark());
    if let Some(wait) = waits_for_job.filter(|_| is_internal) {
        policies.push(policy("job-wait", None, Some(vec![anywhere(&API_SERVER)]), wait.why.clone()));
    }
    policies
}

/// Ports that are reached from outside: what is published, bound to the node, or routed.
fn open_ports(workload: &Workload) -> (Vec<(u16, Protocol)>, Why) {
    let mut ports: Vec<(u16, Protocol)> = Vec::new();
    let mut places = Vec::new();
    let is_published = |exposure: &&Exposure| match exposure.kind {
        ExposureKind::LoadBalancer | ExposureKind::NodePort => true,
        ExposureKind::Cluster | ExposureKind::Headless => false,
    };
    for port in workload.exposures.iter().filter(is_published).flat_map(|exposure| &exposure.ports) {
        ports.push((port.target.unwrap_or(port.port.value), port.protocol));
        places.extend(port.port.why.origins());
    }
    for port in workload.ports.iter().filter(|port| port.host_port.is_some()) {
        ports.push((port.number.value, port.protocol));
        places.extend(port.number.why.origins());
    }
    for port in &workload.routed {
        ports.push((port.value, Protocol::Tcp));
        places.extend(port.why.origins());
    }
    let mut seen = BTreeSet::new();
    ports.retain(|port| seen.insert(*port));
    (ports, Why::Origins(places))
}

/// The Service that answers for ready pods alone, where a wait has asked for one.
fn ready_service(workload: &Workload) -> Option<&Exposure> {
    workload.exposures.iter().find(|exposure| {
        let is_own = exposure.name == workload.name || workload.headless.is_some();
        exposure.kind == ExposureKind::Headless
            && exposure.ports.is_empty()
            && exposure.not_ready.is_none()
            && !is_own
            && exposure.name.as_str().starts_with(workload.name.with("ready").as_str())
    })
}

/// The networks of each pod on which it reaches others, by every workload in it: those of its owner.
fn networks_of_pods(app: &App) -> BTreeMap<Name, BTreeSet<String>> {
    let by_name: BTreeMap<&Name, &Workload> = app.workloads.iter().map(|workload| (&workload.name, workload)).collect();
    let of_pod = |workload: &Workload| {
        let owner = workload.host.as_ref().and_then(|host| by_name.get(&host.owner)).copied().unwrap_or(workload);
        let is_open = |key: &str| app.networks.get(key).is_none_or(|network| network.apart.is_none());
        let is_shared = owner.network == NetworkMode::Shared;
        let keys = owner.networks.iter().filter(|network| is_shared && is_open(&network.value));
        (workload.name.clone(), keys.map(|network| network.value.clone()).collect())
    };
    app.workloads.iter().map(of_pod).collect()
}

/// A wait for a service on no network of one's own cannot connect to it: it waits for the name, which resolves when the pod is ready.
fn wait_without_reaching(app: &mut App) {
    let networks = networks_of_pods(app);
    let on_nodes: BTreeSet<Name> = app
        .workloads
        .iter()
        .filter(|workload| matches!(workload.network, NetworkMode::Host(_)))
        .map(|workload| workload.name.clone())
        .collect();
    let cut_off: BTreeSet<Name> = app
        .workloads
        .iter()
        .filter(|workload| is_internal(app, workload))
        .map(|workload| workload.name.clone())
        .collect();
    let mut taken = Taken::of(app);
    let mut ready: BTreeMap<Name, Name> = app
        .workloads
        .iter()
        .filter_map(|workload| Some((workload.name.clone(), ready_service(workload)?.name.clone())))
        .collect();
    let mut asked: BTreeMap<Name, Why> = BTreeMap::new();
    for workload in &mut app.workloads {
        let (Some(own), mode) = (networks.get(&workload.name), workload.network) else { continue };
        for wait in &mut workload.waits {
            let Some(target) = networks.get(&wait.workload) else { continue };
            // Nodes are outside of all networks: whoever is not cut off from the outside reaches them.
            let reaches_nodes = mode == NetworkMode::Shared && !cut_off.contains(&workload.name);
            let reaches = matches!(mode, NetworkMode::Host(_))
                || !own.is_disjoint(target)
                || (on_nodes.contains(&wait.workload) && reaches_nodes);
            let WaitFor::Port(_, _) = &wait.wait_for else { continue };
            if !reaches {
                let ready = ready.entry(wait.workload.clone()).or_insert_with(|| taken.add(&wait.workload, "ready"));
                wait.wait_for = WaitFor::Resolve(ready.clone());
                asked.entry(wait.workload.clone()).or_insert_with(|| wait.why.clone());
            }
        }
    }
    for workload in &mut app.workloads {
        let Some(why) = asked.remove(&workload.name) else { continue };
        let Some(name) = ready.remove(&workload.name) else { continue };
        if !workload.exposures.iter().any(|exposure| exposure.name == name) {
            workload.exposures.push(Exposure {
                name,
                kind: ExposureKind::Headless,
                selects: Selects::Own,
                ports: Vec::new(),
                not_ready: None,
                local: None,
                why,
            });
        }
    }
}
