//! Names become Services (design 4.3): every service under its own name on the ports of its container, and once more under each
//! further name.
//!
//! ```yaml
//! services: { db: { image: postgres, container_name: shop-db } }
//! # Service db: port 5432; Service shop-db: the same port, the same pods
//! ```

mod members;
mod moved;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    Answer, App, Dial, Exposure, ExposureKind, ExposurePort, FileObject, FileObjectKind, Name, NetworkMode, Port,
    Protocol, Selects, Traced, Why, Workload,
};
use crate::lower::Context;
use crate::origin::Origin;
use crate::passes::free::Taken;

pub(super) fn run(app: &mut App, _context: &Context<'_>, diags: &mut Diagnostics) {
    members::mark(app, diags);
    let mut dialled: BTreeMap<&Name, Vec<&Dial>> = BTreeMap::new();
    for dial in &app.dials {
        dialled.entry(&dial.to).or_default().push(dial);
    }
    let shared = objects(&app.files);
    let dependencies = app.workloads.iter().flat_map(|workload| &workload.dependencies);
    let awaited: BTreeSet<String> = dependencies.map(|dependency| dependency.service.clone()).collect();
    let image = |workload: &Workload| (workload.name.clone(), workload.container.image.value.clone());
    let images: BTreeMap<Name, String> = app.workloads.iter().map(image).collect();
    for workload in &mut app.workloads {
        let dials = dialled.get(&workload.name).map(Vec::as_slice).unwrap_or_default();
        infer(workload, dials, &images, diags);
        moved::doubt(workload, dials, &shared, diags);
        let is_dialled = dials.iter().any(|dial| dial.from.as_ref() != Some(&dial.to));
        let is_silent = workload.ends() && workload.ports.is_empty() && !is_dialled;
        if is_silent || is_nameless(workload, &awaited) {
            say_unreached(workload, diags);
            let places = workload.answers.drain(..).flat_map(|answer| answer.why.origins().to_vec());
            places.for_each(|place| diags.consume(place, "nobody dials what only runs once, or has no network"));
            if let Some(asked) = workload.outside.own.take() {
                without_service(&asked, workload, diags);
            }
            continue;
        }
        let mut own = own_name(workload, diags);
        if let Some(asked) = workload.outside.own.take() {
            as_asked(&mut own, asked, workload, diags);
        }
        workload.exposures.push(own);
    }
    further_names(&mut app.workloads);
}

/// ConfigMaps and Secrets of the app, by kind and name.
type Objects<'a> = BTreeMap<(FileObjectKind, &'a Name), &'a FileObject>;

fn objects(files: &[FileObject]) -> Objects<'_> {
    files.iter().map(|file| ((file.kind, &file.name), file)).collect()
}

/// A ConfigMap or Secret: the workload's own, or one of the app.
fn find<'a>(workload: &'a Workload, shared: &Objects<'a>, kind: FileObjectKind, name: &Name) -> Option<&'a FileObject> {
    let own = workload.files.iter().find(|file| file.kind == kind && file.name == *name);
    own.or_else(|| shared.get(&(kind, name)).copied())
}

/// Whether no name leads to it: it has no network, and nobody waits for it.
fn is_nameless(workload: &Workload, awaited: &BTreeSet<String>) -> bool {
    matches!(workload.network, NetworkMode::None(_)) && !awaited.contains(&workload.service)
}

/// Says of ports that are written on what has no network that nobody reaches them.
fn say_unreached(workload: &Workload, diags: &mut Diagnostics) {
    let NetworkMode::None(_) = workload.network else { return };
    for port in &workload.ports {
        let Some(place) = port.number.why.origins().first() else { continue };
        diags.push(
            Diagnostic::new(Code::PortUnreached, *place, format!("nobody reaches port {}", port.number.value))
                .why(format!("`{}` has no network", workload.service))
                .help("remove it, or remove network_mode: none")
                .cause("no network")
                .key(format!("services.{}", workload.service)),
        );
    }
}

/// Ports that are dialled or listened on anywhere in the project's texts: on Docker a name reaches every port. A variable such as
/// `PORT` counts only where nothing else is known.
fn infer(workload: &mut Workload, dials: &[&Dial], images: &BTreeMap<Name, String>, diags: &mut Diagnostics) {
    let is_known = !workload.ports.is_empty();
    for dial in dials.iter().filter(|dial| dial.written || !dial.listens || !is_known) {
        let Some((number, protocol)) = dial.port else { continue };
        let image = dial.from.as_ref().and_then(|from| images.get(from));
        let is_web = matches!(number, 80 | 443);
        if is_known && is_web && !dial.written && image == Some(&workload.container.image.value) {
            // Members of one kind know each other's port, as with MinIO's `http://minio2/data`.
            continue;
        }
        if workload.ports.iter().any(|port| port.number.value == number && port.protocol == protocol) {
            continue;
        }
        let seen = dial.line.as_ref().map_or_else(|| "seen here".to_owned(), |line| format!("seen in {line}"));
        let because = match &dial.from {
            Some(from) if *from == dial.to => "as its own settings say",
            Some(_) => "as another service dials it",
            None => "as another stack dials it",
        };
        say(workload, (number, protocol), dial.place, because, seen, diags);
        workload.ports.push(Port::plain(Traced::from_origin(number, dial.place), protocol, false));
    }
}

/// A port was found that no key states.
fn say(
    workload: &Workload,
    (number, protocol): (u16, Protocol),
    place: Origin,
    because: &str,
    seen: String,
    diags: &mut Diagnostics,
) {
    let suffix = match protocol {
        Protocol::Tcp => "",
        Protocol::Udp => "/udp",
        Protocol::Sctp => "/sctp",
    };
    diags.push(
        Diagnostic::new(
            Code::PortInferred,
            place,
            format!("`{}` listens on port {number}, {because}", workload.service),
        )
        .label(seen)
        .help(format!("write expose: [\"{number}{suffix}\"] to say so"))
        .key(format!("services.{}", workload.service)),
    );
}

fn own_name(workload: &Workload, diags: &mut Diagnostics) -> Exposure {
    if workload.ports.is_empty() {
        diags.push(
            Diagnostic::new(Code::PortUnknown, workload.origin, format!("no port of `{}` is known", workload.service))
                .why("its Service is headless: the name resolves to the pods, and any port answers")
                .help("write expose: with its ports to give the Service an address of its own")
                .key(format!("services.{}", workload.service))
                .cause("no port is known"),
        );
    }
    let is_headless = workload.ports.is_empty() || workload.headless.is_some() || workload.any_port.is_some();
    Exposure {
        name: workload.name.clone(),
        kind: if is_headless { ExposureKind::Headless } else { ExposureKind::Cluster },
        selects: Selects::Own,
        ports: workload.ports.iter().map(service_port).collect(),
        not_ready: None,
        local: None,
        why: workload.headless.or(workload.any_port).map_or(Why::Origin(workload.origin), Why::Origin),
    }
}

/// The user says what the Service is for.
fn as_asked(own: &mut Exposure, asked: Traced<ExposureKind>, workload: &Workload, diags: &mut Diagnostics) {
    if own.ports.is_empty() && asked.value != ExposureKind::Headless {
        without_service(&asked, workload, diags);
        return;
    }
    own.kind = asked.value;
    own.why = asked.why;
}

fn without_service(asked: &Traced<ExposureKind>, workload: &Workload, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(
            Code::KubernetesWithoutEffect,
            asked.why.origins().first().copied().unwrap_or(workload.origin),
            format!("the Service of `{}` cannot be of this type", workload.service),
        )
        .why("such a Service has ports, and none is known here")
        .help("write expose: with its ports")
        .key(format!("services.{}.x-kubernetes.service.type", workload.service)),
    );
}

/// Gives a StatefulSet the Service that its pods are called after: its own one, where that is headless already.
pub(super) fn govern(workload: &mut Workload, why: Why, taken: &mut Taken) {
    let mut own = workload.exposures.iter().filter(|exposure| exposure.name == workload.name);
    if own.any(|own| own.kind == ExposureKind::Headless && own.selects == Selects::Own) {
        workload.governing = Some(workload.name.clone());
        return;
    }
    let name = taken.add(&workload.name, "headless");
    workload.exposures.push(Exposure {
        name: name.clone(),
        kind: ExposureKind::Headless,
        selects: Selects::Own,
        ports: workload.ports.iter().map(service_port).collect(),
        not_ready: Some(Why::Decision("peers-find-each-other")),
        local: None,
        why,
    });
    workload.governing = Some(name);
}

/// A port under its own number.
pub(super) fn service_port(port: &Port) -> ExposurePort {
    ExposurePort {
        port: port.number.clone(),
        target: None,
        protocol: port.protocol,
        node_port: None,
        name: port.name.clone(),
        spoken: port.spoken.clone(),
    }
}

/// The Services of further names; one that several workloads share finds their pods by a mark.
fn further_names(workloads: &mut [Workload]) {
    let mut shared: BTreeMap<Name, Shared> = BTreeMap::new();
    for (index, workload) in workloads.iter_mut().enumerate() {
        for answer in std::mem::take(&mut workload.answers) {
            let Answer { name, each_pod, shared: is_shared, slot, why } = answer;
            let Some(own) = workload.exposures.first() else { continue };
            if let Some(number) = slot {
                workload.exposures.push(of_one_pod(name, number, why, own.clone()));
                continue;
            }
            let kind = if each_pod { ExposureKind::Headless } else { own.kind };
            if !is_shared {
                workload.exposures.push(Exposure { name, kind, why, ..own.clone() });
                continue;
            }
            let mark = Name::from_text(&format!("answers-{name}"));
            workload.pod.marks.push(Traced { value: mark.clone(), why: why.clone() });
            match shared.entry(name.clone()) {
                Entry::Occupied(mut entry) => entry.get_mut().add(&own.ports, &why),
                Entry::Vacant(entry) => {
                    let places = why.origins().to_vec();
                    let exposure = Exposure { name, kind, selects: Selects::Marked(mark), why, ..own.clone() };
                    let ports = exposure.ports.iter().map(number).collect();
                    entry.insert(Shared { index, exposure, ports, places });
                }
            }
        }
    }
    for Shared { index, mut exposure, ports: _, places } in shared.into_values() {
        exposure.why = Why::Origins(places);
        if let Some(workload) = workloads.get_mut(index) {
            workload.exposures.push(exposure);
        }
    }
}

/// The Service of one pod, by its own address, from its start: pods that are told apart are mostly peers.
fn of_one_pod(name: Name, number: u32, why: Why, own: Exposure) -> Exposure {
    Exposure {
        name,
        kind: ExposureKind::Headless,
        selects: Selects::Slot(number),
        not_ready: Some(Why::Decision("peers-find-each-other")),
        why,
        ..own
    }
}

/// The Service of a name that several workloads share.
struct Shared {
    /// The workload that it stands beside.
    index: usize,
    exposure: Exposure,
    /// The numbers of its ports.
    ports: BTreeSet<(u16, Protocol)>,
    places: Vec<Origin>,
}

fn number(port: &ExposurePort) -> (u16, Protocol) {
    (port.port.value, port.protocol)
}

impl Shared {
    /// Docker answers with the addresses of all in turn: an address of its own serves only where all listen on the same ports.
    fn add(&mut self, ports: &[ExposurePort], why: &Why) {
        let alike = self.ports.len() == ports.len() && ports.iter().all(|port| self.ports.contains(&number(port)));
        if !alike || ports.is_empty() {
            self.exposure.kind = ExposureKind::Headless;
        }
        for port in ports {
            if self.ports.insert(number(port)) {
                self.exposure.ports.push(port.clone());
            }
        }
        self.places.extend(why.origins());
    }
}
