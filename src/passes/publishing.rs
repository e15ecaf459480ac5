//! Published ports become a second Service (design 4.3), `<service>-published`, unless they were open to the Docker host alone or
//! belong to a datastore.
//!
//! ```yaml
//! ports: ["80:3000"]
//! # Service web-published, type LoadBalancer: port 80, targetPort 3000
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::policies::is_cut_off;
use crate::compose::Dialect;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Exposure, ExposureKind, ExposurePort, Name, Protocol, Published, Selects, Why, Workload};
use crate::lower::Context;
use crate::origin::Origin;
use crate::request::Publish;

/// The ports of nodes that Services may have.
const NODE_PORTS: std::ops::RangeInclusive<u16> = 30000..=32767;

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let mut taken: BTreeMap<(u16, Protocol), (String, Origin)> = BTreeMap::new();
    let names: BTreeSet<Name> = app
        .workloads
        .iter()
        .flat_map(|workload| workload.exposures.iter().map(|exposure| &exposure.name).chain([&workload.name]))
        .cloned()
        .collect();
    for workload in &mut app.workloads {
        let mut ports: Vec<ExposurePort> = Vec::new();
        // Docker's ingress reaches tasks over a network of its own.
        let is_cut_off = context.dialect() == Dialect::Compose && is_cut_off(&app.networks, workload);
        for published in std::mem::take(&mut workload.published) {
            if is_cut_off {
                not_open(workload, &published, diags);
                continue;
            }
            if let Some(port) = port(workload, &published, context.request.publish, &mut taken, diags) {
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
        let kind = match context.request.publish {
            Publish::LoadBalancer => ExposureKind::LoadBalancer,
            Publish::NodePort => ExposureKind::NodePort,
            Publish::None => continue,
        };
        ports.shrink_to_fit();
        if let Some(first) = ports.first() {
            workload.exposures.push(Exposure {
                name: free(&workload.name, &names),
                kind,
                selects: Selects::Own,
                why: first.port.why.clone(),
                ports,
                not_ready: None,
            });
        }
    }
}

/// The name of the Service of what is published, beside those that are names of services.
fn free(own: &Name, names: &BTreeSet<Name>) -> Name {
    let mut name = own.with("published");
    let mut number = 2;
    while names.contains(&name) {
        name = own.with(&format!("published-{number}"));
        number += 1;
    }
    name
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
    publish: Publish,
    taken: &mut BTreeMap<(u16, Protocol), (String, Origin)>,
    diags: &mut Diagnostics,
) -> Option<ExposurePort> {
    let Published { published: number, target, protocol, address, origin } = published;
    let path = format!("services.{}.ports", workload.service);
    let forward = |outside: u16| {
        format!("reach it with: kubectl port-forward service/{} {outside}:{}", workload.name, target.value)
    };
    let Some(number) = number else {
        diags.push(
            Diagnostic::new(Code::PortRandom, *origin, format!("port {} is not published", target.value))
                .why("Docker published it under a number chosen at random")
                .help(format!("write \"{0}:{0}\" to publish it", target.value))
                .key(path)
                .cause("a number chosen at random"),
        );
        return None;
    };
    let place = number.why.origins().first().copied().unwrap_or(*origin);
    let of_address = address.iter().flat_map(|address| address.why.origins()).copied();
    if publish == Publish::None {
        diags.push(
            Diagnostic::new(Code::PortNotPublished, place, format!("port {} is not published", number.value))
                .why("--publish none says so")
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
    if let Some(image) = crate::images::known(&workload.container.image.value).filter(|image| image.datastore) {
        diags.push(
            Diagnostic::new(
                Code::PortDatastore,
                place,
                format!("port {} of {} is not published", target.value, image.name),
            )
            .label("a datastore open to the outside")
            .why("a load balancer would open it to the network it stands in; in the cluster it is reachable")
            .help(forward(number.value))
            .key(path)
            .covers(of_address)
            .cause("datastores"),
        );
        return None;
    }
    double(workload, number.value, *protocol, place, taken, diags);
    let named = workload.ports.iter().find(|port| port.number.value == target.value && port.protocol == *protocol);
    Some(ExposurePort {
        target: (number.value != target.value).then_some(target.value),
        port: number.clone(),
        protocol: *protocol,
        node_port: node_port(number.value, publish, place, &path, diags),
        name: named.and_then(|port| port.name.clone()),
        spoken: named.and_then(|port| port.spoken.clone()),
    })
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
                .key(path)
                .cause("loopback addresses"),
        );
        return false;
    }
    diags.push(
        Diagnostic::new(Code::PortHostAddress, *place, format!("port {inside} is published on every address"))
            .label(format!("a Service cannot be bound to {address}"))
            .help("restrict it with loadBalancerSourceRanges, or remove the address")
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
        Publish::LoadBalancer | Publish::None => None,
    }
}
