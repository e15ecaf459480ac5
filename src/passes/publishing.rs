//! Published ports become a second Service (design 4.3), `<service>-published`, unless they were open to the Docker host alone or
//! belong to a datastore.
//!
//! ```yaml
//! ports: ["80:3000"]
//! # Service web-published, type LoadBalancer: port 80, targetPort 3000
//! ```

mod ingress;

use std::collections::BTreeMap;

use super::free::Taken;
use super::policies::is_cut_off;
use crate::compose::Dialect;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Exposure, ExposureKind, ExposurePort, Port, Protocol, Published, Selects, Traced, Why, Workload};
use crate::lower::Context;
use crate::origin::Origin;
use crate::request::Publish;

/// The ports of nodes that Services may have.
const NODE_PORTS: std::ops::RangeInclusive<u16> = 30000..=32767;

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let mut taken: BTreeMap<(u16, Protocol), (String, Origin)> = BTreeMap::new();
    let mut names = Taken::of(app);
    let mut candidates: Vec<ingress::Candidate> = Vec::new();
    for (index, workload) in app.workloads.iter_mut().enumerate() {
        let said = workload.outside.publish.take();
        let usual = workload.outside.usual.take();
        let publish = said.as_ref().map(|said| said.value).or(usual).unwrap_or(context.request.publish);
        let because = if usual.is_some() { "x-kubernetes at the top level says so" } else { "--publish none says so" };
        let how = How { publish, said: said.as_ref(), because };
        let mut ports: Vec<ExposurePort> = Vec::new();
        // Docker's ingress reaches tasks over a network of its own.
        let is_cut_off = context.dialect() == Dialect::Compose && is_cut_off(&app.networks, workload);
        for published in asked(workload, &how, diags) {
            if is_cut_off && how.said.is_none() {
                not_open(workload, &published, diags);
                continue;
            }
            if let Some(port) = port(workload, &published, &how, &mut taken, diags) {
                let same =
                    |known: &ExposurePort| known.port.value == port.port.value && known.protocol == port.protocol;
                if ports.iter().any(same) {
                    let places = port.port.why.origins();
                    places.iter().for_each(|place| diags.consume(*place, "the same port is published already"));
                } else {
                    ports.push(port);
                }
            }
        }
        for place in said.iter().filter(|_| ports.is_empty()).flat_map(|said| said.why.origins()) {
            diags.consume(*place, "nothing of it is published");
        }
        let kind = match publish {
            Publish::LoadBalancer => Some(ExposureKind::LoadBalancer),
            Publish::NodePort => Some(ExposureKind::NodePort),
            Publish::Ingress => {
                candidates.extend(std::mem::take(&mut ports).into_iter().map(|port| (index, port)));
                None
            }
            Publish::None => None,
        };
        ports.shrink_to_fit();
        if let (Some(kind), Some(first)) = (kind, ports.first()) {
            let of_ports = first.port.why.clone();
            workload.exposures.push(Exposure {
                name: names.add(&workload.name, "published"),
                kind,
                selects: Selects::Own,
                why: said.as_ref().map_or(of_ports, |said| said.why.clone()),
                ports,
                not_ready: None,
                local: None,
            });
        }
        of_nodes(workload, diags);
    }
    ingress::settle(app, candidates, diags);
}

/// How a workload's ports are published, and whether its own words say so.
struct How<'a> {
    publish: Publish,
    said: Option<&'a Traced<Publish>>,
    because: &'static str,
}

/// What is to be published: what `ports` says, and every port of a service without `ports` whose user asks for it.
fn asked(workload: &mut Workload, how: &How<'_>, diags: &mut Diagnostics) -> Vec<Published> {
    let published = std::mem::take(&mut workload.published);
    let Some(said) = how.said.filter(|_| published.is_empty()) else { return published };
    let origin = said.why.origins().first().copied().unwrap_or(workload.origin);
    if how.publish == Publish::None {
        diags.consume(origin, "nothing would be published");
        return published;
    }
    let of_port = |port: &Port| Published {
        published: Some(port.number.clone()),
        target: port.number.clone(),
        protocol: port.protocol,
        address: None,
        origin,
    };
    let all: Vec<Published> = workload.ports.iter().map(of_port).collect();
    if all.is_empty() {
        diags.push(
            Diagnostic::new(
                Code::KubernetesWithoutEffect,
                origin,
                format!("no port of `{}` is known that could be published", workload.service),
            )
            .help("write ports: with them")
            .key(format!("services.{}", workload.service)),
        );
    }
    all
}

/// What the user says of ports of nodes, and of the nodes that answer.
fn of_nodes(workload: &mut Workload, diags: &mut Diagnostics) {
    let node_port = workload.outside.node_port.take();
    let local = workload.outside.local.take();
    let path = format!("services.{}.x-kubernetes.service", workload.service);
    let is_outside = |exposure: &&mut Exposure| match exposure.kind {
        ExposureKind::LoadBalancer | ExposureKind::NodePort => true,
        ExposureKind::Cluster | ExposureKind::Headless => false,
    };
    let mut outside: Vec<&mut Exposure> = workload.exposures.iter_mut().filter(is_outside).collect();
    let mut unheard: Vec<(Origin, &str, &str)> = Vec::new();
    if let Some(local) = local {
        if outside.is_empty() {
            let places = local.why.origins().iter();
            unheard.extend(places.map(|place| (*place, "external_traffic_policy", "nothing is reached from outside")));
        }
        outside.iter_mut().for_each(|exposure| exposure.local = Some(local.clone()));
    }
    if let Some(number) = node_port {
        let mut ports: Vec<&mut ExposurePort> = outside.into_iter().flat_map(|exposure| &mut exposure.ports).collect();
        match ports.as_mut_slice() {
            [only] => {
                only.node_port = Some(number.value);
                let places = only.port.why.origins().iter().chain(number.why.origins()).copied().collect();
                only.port.why = Why::Origins(places);
            }
            several => {
                let problem = if several.is_empty() {
                    "nothing is reached from outside"
                } else {
                    "several ports are reached from outside"
                };
                unheard.extend(number.why.origins().iter().map(|place| (*place, "node_port", problem)));
            }
        }
    }
    for (place, key, problem) in unheard {
        diags.push(
            Diagnostic::new(Code::KubernetesWithoutEffect, place, format!("`{key}` has no effect: {problem}"))
                .help("write publish: node-port or load-balancer, and one port under ports:; of several, publish one from 30000 to 32767 under its own number")
                .key(format!("{path}.{key}")),
        );
    }
}

/// On a network that is cut off Docker publishes nothing.
fn not_open(workload: &Workload, published: &Published, diags: &mut Diagnostics) {
    let Published { published, target, protocol: _, address, origin } = published;
    let places = published.iter().map(|number| &number.why).chain(address.iter().map(|address| &address.why));
    diags.push(
        Diagnostic::new(Code::InternalNotPublished, *origin, format!("port {} is not published", target.value))
            .label("all networks of the service are internal")
            .why("docker compose publishes nothing of a container that has no way to the outside")
            .help("attach the service to a network that is not internal, or remove the port")
            .key(format!("services.{}.ports", workload.service))
            .cause("internal networks")
            .covers(places.flat_map(Why::origins).chain(target.why.origins()).copied()),
    );
}

/// The port that is published; `None` after a message that says why not.
fn port(
    workload: &Workload,
    published: &Published,
    how: &How<'_>,
    taken: &mut BTreeMap<(u16, Protocol), (String, Origin)>,
    diags: &mut Diagnostics,
) -> Option<ExposurePort> {
    let Published { published: number, target, protocol, address, origin } = published;
    let path = format!("services.{}.ports", workload.service);
    let forward = |outside: u16| {
        format!("reach it with: kubectl port-forward service/{} {outside}:{}", workload.name, target.value)
    };
    // One that is to be published at any rate is, under its own number.
    let asked_for = how.said.filter(|_| how.publish != Publish::None);
    let Some(number) = number.as_ref().or(asked_for.map(|_| target)) else {
        diags.push(random(*origin, target.value).key(path));
        return None;
    };
    let place = number.why.origins().first().copied().unwrap_or(*origin);
    let of_address = address.iter().flat_map(|address| address.why.origins()).copied();
    if how.publish == Publish::None {
        if let Some(said) = how.said {
            let places = said.why.origins().iter().copied().chain([place]).chain(of_address);
            places.for_each(|place| diags.consume(place, "x-kubernetes.publish: none says that it is not published"));
            return None;
        }
        diags.push(
            Diagnostic::new(Code::PortNotPublished, place, format!("port {} is not published", number.value))
                .why(how.because)
                .help(forward(number.value))
                .key(path)
                .covers(of_address)
                .cause("--publish none"),
        );
        return None;
    }
    if let Some(address) = address
        && !elsewhere(
            &address.value,
            &address.why.origins().first().copied().unwrap_or(*origin),
            number.value,
            target.value,
            &path,
            &forward,
            diags,
        )
    {
        diags.consume(place, "the port is not published, as its address is reached from the Docker host alone");
        return None;
    }
    if how.said.is_none()
        && let Some(image) =
            crate::images::known(&workload.container.image.value).filter(|image| image.is_data_port(target.value))
    {
        let told = datastore(place, target.value, image.name, forward(number.value));
        diags.push(told.key(path).covers(of_address));
        return None;
    }
    double(workload, number.value, *protocol, place, taken, diags);
    let named = workload.ports.iter().find(|port| port.number.value == target.value && port.protocol == *protocol);
    Some(ExposurePort {
        target: (number.value != target.value).then_some(target.value),
        port: number.clone(),
        protocol: *protocol,
        node_port: node_port(number.value, how.publish, place, &path, diags),
        name: named.and_then(|port| port.name.clone()),
        spoken: named.and_then(|port| port.spoken.clone()),
    })
}

/// Says of a port without a number for the outside that it is not published.
fn random(place: Origin, target: u16) -> Diagnostic {
    Diagnostic::new(Code::PortRandom, place, format!("port {target} is not published"))
        .why("Docker published it under a number chosen at random")
        .help(format!("write \"{target}:{target}\" to publish it"))
        .cause("a number chosen at random")
}

/// Says of a port of a datastore that it is not published.
fn datastore(place: Origin, target: u16, image: &str, forward: String) -> Diagnostic {
    Diagnostic::new(Code::PortDatastore, place, format!("port {target} of {image} is not published"))
        .label("a datastore open to the outside")
        .why("a load balancer would open it to the network it stands in; in the cluster it is reachable")
        .help(forward)
        .help("to publish it all the same write x-kubernetes: { publish: load-balancer } on the service")
        .cause("datastores")
}

/// Whether a port that is bound to one address of the host is published at all.
fn elsewhere(
    address: &str,
    place: &Origin,
    outside: u16,
    inside: u16,
    path: &str,
    forward: &dyn Fn(u16) -> String,
    diags: &mut Diagnostics,
) -> bool {
    if matches!(address, "" | "0.0.0.0" | "::") {
        return true;
    }
    let is_loopback = address.starts_with("127.") || address == "::1" || address == "localhost";
    if is_loopback {
        diags.push(
            Diagnostic::new(Code::PortLoopback, *place, format!("port {inside} is not published"))
                .label(format!("{address} is reached from the Docker host alone"))
                .help(forward(outside))
                .help(format!("to publish it write the port without {address}"))
                .key(path)
                .cause("loopback addresses"),
        );
        return false;
    }
    diags.push(
        Diagnostic::new(Code::PortHostAddress, *place, format!("port {inside} is published on every address"))
            .label(format!("a Service cannot be bound to {address}"))
            .help("remove the address; to let some in alone write x-kubernetes: { patch: { Service: { spec: { loadBalancerSourceRanges: [10.0.0.0/8] } } } }")
            .key(path)
            .cause("addresses of the host"),
    );
    true
}

/// Two services that publish one port cannot run on one Docker host together; each Service has an address of its own.
fn double(
    workload: &Workload,
    number: u16,
    protocol: Protocol,
    place: Origin,
    taken: &mut BTreeMap<(u16, Protocol), (String, Origin)>,
    diags: &mut Diagnostics,
) {
    match taken.get(&(number, protocol)) {
        Some((other, first)) if *other != workload.service => diags.push(
            Diagnostic::new(
                Code::PortTwice,
                place,
                format!("`{}` and `{other}` publish the same port {number}", workload.service),
            )
            .also(*first, "published here too")
            .why("one Docker host could start only one of the two; a cluster gives each an address of its own, where it has several to give")
            .help("publish one of them under another number, unless only one is meant to run")
            .key(format!("services.{}.ports", workload.service)),
        ),
        Some(_) => {}
        None => {
            taken.insert((number, protocol), (workload.service.clone(), place));
        }
    }
}

fn node_port(number: u16, publish: Publish, place: Origin, path: &str, diags: &mut Diagnostics) -> Option<u16> {
    match publish {
        Publish::NodePort if NODE_PORTS.contains(&number) => Some(number),
        Publish::NodePort => {
            diags.push(
                Diagnostic::new(Code::NodePortChosen, place, format!("the server chooses the node port for {number}"))
                    .why("ports of nodes are 30000 to 32767")
                    .help("publish a number in that range, or see: kubectl get services")
                    .key(path)
                    .cause("node ports"),
            );
            None
        }
        Publish::LoadBalancer | Publish::Ingress | Publish::None => None,
    }
}
