//! Moves what belongs to a service into the pod of another one: volumes, Services, files, rights. No volume of the two may be mixed
//! up, and what both mount is mounted once.

use std::collections::BTreeMap;

use super::Part;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    Claim, ContainerMount, Exposure, ExposureKind, ExposurePort, FileObject, Item, Kind, Name, Patch, Placement, Pod,
    Port, Step, Target, Traced, Volume, VolumeSource, Why, Workload,
};
use crate::passes::exposures::service_port;

/// Where programs share memory.
const SHARED_MEMORY: &str = "/dev/shm";

/// Moves all of `guest` but its container and waits, which are in `part`. `earlier` are the parts that the pod has already.
pub(super) fn merge(
    owner: &mut Workload,
    guest: Workload,
    part: &mut Part,
    earlier: &[Part],
    claims: &mut Vec<Claim>,
    diags: &mut Diagnostics,
) {
    let same_network = guest.host.as_ref().is_some_and(|host| host.same_network);
    port_clashes(&guest, same_network, &part.member.ports, earlier, diags);
    for place in guest.min_ready_seconds.iter().flat_map(|pause| pause.why.origins()) {
        diags.consume(*place, "the pod's owner says it for all");
    }
    let Workload {
        name,
        volumes,
        labels,
        annotations,
        claim_templates,
        exposures,
        files,
        roles,
        pod,
        governing,
        host,
        patches,
        service,
        steps,
        ..
    } = guest;
    annotate(&mut owner.labels, labels, diags);
    annotate(&mut owner.annotations, annotations, diags);
    let shared: Vec<String> = host.into_iter().flat_map(|host| host.shared_paths).collect();
    let mounts = &mut part.member.container.mounts;
    let mut renamed = Renamed::default();
    for volume in volumes {
        let known = shared_folder(&volume, &shared, mounts, earlier);
        let to = known.unwrap_or_else(|| add_volume(owner, &name, volume.clone()));
        renamed.0.insert(volume.name, to);
    }
    for claim in claim_templates {
        let from = claim.name.clone();
        let to = add_template(owner, &name, claim, claims);
        renamed.0.insert(from, to);
    }
    for mount in mounts.iter_mut() {
        if let Some(to) = renamed.0.get(&mount.volume) {
            mount.volume = to.clone();
        }
    }
    share_memory(mounts, earlier);
    early_steps(owner, &name, steps, &renamed);
    let own = objects(&exposures, &files);
    let needless = governing.filter(|governing| *governing != name);
    owner.exposures.extend(exposures.into_iter().filter(|exposure| needless.as_ref() != Some(&exposure.name)));
    if same_network {
        answer_for(owner, &part.member.ports);
    }
    owner.files.extend(files);
    let account = owner.roles.first().map_or_else(|| owner.name.with("wait"), |role| role.name.clone());
    for mut role in roles {
        role.name = account.clone();
        if !owner.roles.iter().any(|known| known.workload == role.workload) {
            owner.roles.push(role);
        }
    }
    merge_pod(owner, pod, diags);
    owner.patches.extend(patches.into_iter().flat_map(|patch| of_guest(patch, &service, &own, &owner.service, diags)));
}

/// The names of what a guest has of its own, by kind.
fn objects(exposures: &[Exposure], files: &[FileObject]) -> BTreeMap<String, Vec<String>> {
    let services = exposures.iter().map(|exposure| ("Service", &exposure.name));
    let mut own: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (kind, name) in services.chain(files.iter().map(|file| (file.kind.word(), &file.name))) {
        own.entry(kind.to_owned()).or_default().push(name.to_string());
    }
    own
}

/// What a guest says of objects is said of its own alone; it has no controller.
fn of_guest(
    patch: Patch,
    guest: &str,
    own: &BTreeMap<String, Vec<String>>,
    owner: &str,
    diags: &mut Diagnostics,
) -> Vec<Patch> {
    let kind = match &patch.target {
        Target::Services => "Service",
        Target::Kind(kind) => kind.as_str(),
        Target::Every
        | Target::Controller
        | Target::Pods
        | Target::MainContainer
        | Target::Container(_)
        | Target::Object(_, _) => return vec![patch],
    };
    let names = own.get(kind).map_or(&[][..], Vec::as_slice);
    if names.is_empty() {
        diags.push(
            Diagnostic::new(Code::PatchUnmatched, patch.tree.origin, format!("`{guest}` has no {kind} of its own"))
                .why(format!("it runs in the pod of `{owner}`"))
                .help(format!("write it under x-kubernetes of `{owner}`"))
                .key(format!("services.{guest}.x-kubernetes"))
                .covers_below([patch.tree.origin]),
        );
    }
    let target = |name: &String| Target::Object(kind.to_owned(), name.clone());
    names.iter().map(|name| Patch { target: target(name), ..patch.clone() }).collect()
}

/// Keys and texts.
type Annotations = Vec<(String, Traced<String>)>;

/// What is done before a guest starts is done before its pod does.
fn early_steps(owner: &mut Workload, guest: &Name, steps: Vec<Step>, renamed: &Renamed) {
    for mut step in steps {
        if let Step::Ends(member) | Step::Stays(member) = &mut step {
            for mount in &mut member.container.mounts {
                if let Some(to) = renamed.0.get(&mount.volume) {
                    mount.volume = to.clone();
                }
            }
            member.name = member.name.with(guest.as_str());
        }
        owner.steps.push(step);
    }
}

/// The new names of a guest's volumes.
#[derive(Default)]
struct Renamed(BTreeMap<Name, Name>);

/// Two programs cannot listen on one port of one network. Of services that shared a network on Docker too, only what their images
/// are known for is told: what one of them publishes, it may publish for the other.
fn port_clashes(guest: &Workload, same_network: bool, ports: &[Port], earlier: &[Part], diags: &mut Diagnostics) {
    let known = |port: &Port| !same_network || port.number.why == Why::Decision("image-table");
    let listens = |part: &Part, port: &Port| {
        let mut others = part.member.ports.iter().filter(|other| known(other));
        others.any(|other| other.number.value == port.number.value && other.protocol == port.protocol)
    };
    for port in ports.iter().filter(|port| known(port)) {
        let Some(other) = earlier.iter().find(|part| listens(part, port)) else { continue };
        let number = port.number.value;
        diags.push(
            Diagnostic::new(
                Code::OnePodPort,
                port.number.why.origins().first().copied().unwrap_or(guest.origin),
                format!("`{}` and `{}` both listen on port {number} of one pod", other.member.name, guest.service),
            )
            .why("a pod has one network, so that the second one cannot bind the port")
            .help("let one of them listen on another port")
            .key(format!("services.{}", guest.service)),
        );
    }
}

/// The volume of an earlier part that the guest has from it (`volumes_from`): a folder that only this pod sees.
fn shared_folder(volume: &Volume, shared: &[String], mounts: &[ContainerMount], earlier: &[Part]) -> Option<Name> {
    match volume.source {
        VolumeSource::Empty | VolumeSource::Memory(_) => {}
        VolumeSource::Claim(_)
        | VolumeSource::Image(_)
        | VolumeSource::Object { kind: _, object: _, items: _ }
        | VolumeSource::Host { path: _, kind: _ } => return None,
    }
    let mount = mounts.iter().find(|mount| mount.volume == volume.name)?;
    shared.contains(&mount.path.value).then_some(())?;
    let mut others = earlier.iter().flat_map(|part| &part.member.container.mounts);
    others.find(|other| other.path.value == mount.path.value).map(|other| other.volume.clone())
}

/// Adds a volume under a name that is free, or finds the same one.
fn add_volume(owner: &mut Workload, guest: &Name, volume: Volume) -> Name {
    let same = owner.volumes.iter().find(|known| match (&known.source, &volume.source) {
        (VolumeSource::Claim(one), VolumeSource::Claim(other)) => one == other,
        (
            VolumeSource::Object { kind, object, items },
            VolumeSource::Object { kind: other_kind, object: other, items: more },
        ) => {
            let keys = |items: &[Item]| {
                items
                    .iter()
                    .map(|item| (item.key.clone(), item.path.clone(), item.mode.as_ref().map(|mode| mode.value)))
                    .collect::<Vec<_>>()
            };
            kind == other_kind && object == other && keys(items) == keys(more)
        }
        _ => false,
    });
    if let Some(same) = same {
        return same.name.clone();
    }
    let name = free_name(owner, guest, &volume.name);
    owner.volumes.push(Volume { name: name.clone(), ..volume });
    name
}

/// A claim of the guest's own: a template where the owner can have them, and a claim of the app where it cannot.
fn add_template(owner: &mut Workload, guest: &Name, claim: Claim, claims: &mut Vec<Claim>) -> Name {
    let name = free_name(owner, guest, &claim.name);
    match owner.kind.value {
        Kind::Deployment | Kind::StatefulSet => {
            owner.kind = Traced { value: Kind::StatefulSet, why: claim.why.clone() };
            owner.claim_templates.push(Claim { name: name.clone(), ..claim });
        }
        Kind::DaemonSet | Kind::Job | Kind::CronJob => {
            let source = VolumeSource::Claim(claim.name.clone());
            owner.volumes.push(Volume { name: name.clone(), source, why: claim.why.clone() });
            claims.push(claim);
        }
    }
    name
}

fn free_name(owner: &Workload, guest: &Name, wanted: &Name) -> Name {
    let taken = |name: &Name| {
        owner.volumes.iter().any(|volume| volume.name == *name)
            || owner.claim_templates.iter().any(|claim| claim.name == *name)
    };
    let mut name = wanted.clone();
    let mut number = 2;
    while taken(&name) {
        name = Name::from_text(&format!("{guest}-{wanted}"));
        if taken(&name) {
            name = name.with(&number.to_string());
        }
        number += 1;
    }
    name
}

/// Containers of a pod share memory, so they share the folder that shows it.
fn share_memory(mounts: &mut Vec<ContainerMount>, earlier: &[Part]) {
    if mounts.iter().any(|mount| mount.path.value == SHARED_MEMORY) {
        return;
    }
    let mut others = earlier.iter().flat_map(|part| &part.member.container.mounts);
    mounts.extend(others.find(|other| other.path.value == SHARED_MEMORY).cloned());
}

/// On Docker whoever dials the owner of a network reaches all that listen there.
fn answer_for(owner: &mut Workload, ports: &[Port]) {
    let name = owner.name.clone();
    let Some(own) = owner.exposures.iter_mut().find(|exposure| exposure.name == name) else { return };
    match own.kind {
        ExposureKind::Cluster | ExposureKind::LoadBalancer | ExposureKind::NodePort => {}
        // Any port answers.
        ExposureKind::Headless => return,
    }
    for port in ports {
        let is_known = |known: &ExposurePort| known.port.value == port.number.value && known.protocol == port.protocol;
        if !own.ports.iter().any(is_known) {
            own.ports.push(service_port(port));
        }
    }
}

/// The owner's text holds where both have one under a key.
fn annotate(own: &mut Annotations, more: Annotations, diags: &mut Diagnostics) {
    for (key, value) in more {
        if own.iter().any(|(known, _)| *known == key) {
            let places = value.why.origins().iter();
            places.for_each(|place| diags.consume(*place, "the pod's owner has another text under this key"));
        } else {
            own.push((key, value));
        }
    }
}

/// What holds for a pod as a whole: the longest time to stop, and every demand on the node.
fn merge_pod(owner: &mut Workload, pod: Pod, diags: &mut Diagnostics) {
    let Pod {
        grace_seconds,
        hostname,
        labels,
        annotations,
        host_aliases,
        resolver,
        marks,
        fs_group,
        groups,
        sysctls,
        host_processes,
        host_memory,
        account,
        pull_secrets,
        runtime,
        system,
        placement,
        one_process_space,
        together,
    } = pod;
    annotate(&mut owner.pod.labels, labels, diags);
    annotate(&mut owner.pod.annotations, annotations, diags);
    let own = &mut owner.pod;
    if grace_seconds.value > own.grace_seconds.value {
        own.grace_seconds = grace_seconds;
    } else {
        let places = grace_seconds.why.origins().iter();
        places.for_each(|place| diags.consume(*place, "the pod's longest time holds for all of its containers"));
    }
    if let Some(name) = hostname {
        let places = name.why.origins().iter();
        places.for_each(|place| diags.consume(*place, "the pod has the host name of its owner"));
    }
    for alias in host_aliases {
        match own.host_aliases.iter_mut().find(|known| known.address == alias.address) {
            Some(known) => known.names.extend(alias.names),
            None => own.host_aliases.push(alias),
        }
    }
    own.resolver.join(resolver);
    let new = marks.into_iter().filter(|mark| !own.marks.iter().any(|known| known.value == mark.value));
    let new: Vec<_> = new.collect();
    own.marks.extend(new);
    let new: Vec<_> =
        groups.into_iter().filter(|group| !own.groups.iter().any(|known| known.value == group.value)).collect();
    own.groups.extend(new);
    let new: Vec<_> =
        sysctls.into_iter().filter(|(name, _)| !own.sysctls.iter().any(|(known, _)| known == name)).collect();
    own.sysctls.extend(new);
    own.host_processes = own.host_processes.or(host_processes);
    own.host_memory = own.host_memory.or(host_memory);
    credentials(own, account, pull_secrets, diags);
    own.runtime = own.runtime.take().or(runtime);
    own.fs_group = own.fs_group.take().or(fs_group);
    own.system = own.system.take().or(system);
    own.together = own.together.take().or(together);
    // Whoever sees the node's processes sees those of its pod, and the server takes one of the two alone.
    own.one_process_space = own.one_process_space.or(one_process_space).filter(|_| own.host_processes.is_none());
    demand(&mut own.placement, placement);
}

/// What all of the containers demand of the node.
fn demand(own: &mut Placement, more: Placement) {
    let Placement { selector, rules, control_plane, spreads } = more;
    for (key, value) in selector {
        if let Some((_, known)) = own.selector.iter_mut().find(|(known, _)| *known == key) {
            let places = known.why.origins().iter().chain(value.why.origins()).copied().collect();
            known.why = Why::Origins(places);
        } else {
            own.selector.push((key, value));
        }
    }
    own.rules.extend(rules);
    own.control_plane = own.control_plane.take().or(control_plane);
    if own.spreads.is_empty() {
        own.spreads = spreads;
    }
}

/// The pod runs as one account, and pulls with every Secret.
fn credentials(
    own: &mut Pod,
    account: Option<Traced<String>>,
    pull_secrets: Vec<Traced<String>>,
    diags: &mut Diagnostics,
) {
    match (&own.account, account) {
        (None, account) => own.account = account,
        (Some(_), account) => {
            let places = account.iter().flat_map(|account| account.why.origins());
            places.for_each(|place| diags.consume(*place, "the pod runs as the account of its owner"));
        }
    }
    for secret in pull_secrets {
        match own.pull_secrets.iter_mut().find(|known| known.value == secret.value) {
            Some(known) => {
                known.why = Why::Origins(known.why.origins().iter().chain(secret.why.origins()).copied().collect());
            }
            None => own.pull_secrets.push(secret),
        }
    }
}
