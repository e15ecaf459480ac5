//! Which services stand in one pod (design 4.1): those that share a network, processes or memory, and those that share mounts which
//! no claim can bring to two pods.
//!
//! ```yaml
//! services: { vpn: { image: vpn }, web: { image: web, network_mode: "service:vpn" } }
//! # one pod, owned by vpn, in which vpn is started before web
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::images;
use crate::ir::{App, Host, Kind, Mount, MountSource, Share, Shared, SharedWith, Traced, Why, Workload};
use crate::lower::Context;
use crate::origin::Origin;

/// A share whose other side was found.
struct Edge {
    from: usize,
    to: usize,
    what: Shared,
    origin: Origin,
}

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let edges = edges(app, context, diags);
    if edges.is_empty() {
        return;
    }
    let (joined, copied) = share_mounts(app, &edges, context, diags);
    let mut groups = Groups::new(app.workloads.len());
    for edge in joined.iter().filter_map(|index| edges.get(*index)) {
        groups.join(edge.from, edge.to);
        match edge.what {
            Shared::Processes => groups.processes.push((edge.to, edge.origin)),
            Shared::Pod => groups.wanted.push(edge.to),
            Shared::Network | Shared::Memory | Shared::Mounts { read_only: _ } => {}
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in 0..app.workloads.len() {
        members.entry(groups.root(index)).or_default().push(index);
    }
    let processes: Vec<(usize, Origin)> =
        std::mem::take(&mut groups.processes).into_iter().map(|(index, origin)| (groups.root(index), origin)).collect();
    let wanted: BTreeSet<usize> =
        std::mem::take(&mut groups.wanted).into_iter().map(|index| groups.root(index)).collect();
    for (root, members) in members.into_iter().filter(|(_, members)| members.len() > 1) {
        let order = in_order(app, &members);
        let why = match wanted.contains(&root) {
            true => "kompose.service.group says so",
            false => "containers share networks, processes and memory inside of a pod alone",
        };
        settle(app, &order, why, diags);
        for (index, paths) in &copied {
            let host = app.workloads.get_mut(*index).and_then(|workload| workload.host.as_mut());
            host.into_iter().for_each(|host| host.shared_paths.clone_from(paths));
        }
        let sees = processes.iter().find(|(of_group, _)| *of_group == root).map(|(_, origin)| *origin);
        if let Some(owner) = order.first().and_then(|first| app.workloads.get_mut(*first)) {
            owner.pod.one_process_space = sees;
        }
    }
    for edge in edges.iter().filter(|edge| edge.what == Shared::Network) {
        app.workloads.get_mut(edge.to).into_iter().for_each(lend_ports);
    }
    for edge in &edges {
        let host = app.workloads.get_mut(edge.from).and_then(|workload| workload.host.as_mut());
        host.into_iter().for_each(|host| host.same_network |= edge.what == Shared::Network);
        diags.consume(edge.origin, "the containers of one pod share it");
    }
}

/// What lends its network publishes the ports of others too: `vpn: { ports: ["8080:8080"] }` may be the web page of what dials
/// through it. Nobody waits for such a port, as the one that opens it may start behind the one that waits.
fn lend_ports(workload: &mut Workload) {
    let known = images::known(&workload.container.image.value).map_or(&[][..], |image| image.ports);
    let published: BTreeSet<u16> = workload.published.iter().map(|port| port.target.value).collect();
    let may_be_lent = |number: u16| published.contains(&number) && !known.contains(&number);
    for port in workload.ports.iter_mut().filter(|port| may_be_lent(port.number.value)) {
        port.stated = false;
    }
}

/// Finds the other side of every share.
fn edges(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) -> Vec<Edge> {
    let shares: Vec<(usize, Share)> = app
        .workloads
        .iter_mut()
        .enumerate()
        .flat_map(|(index, workload)| std::mem::take(&mut workload.shares).into_iter().map(move |share| (index, share)))
        .collect();
    if shares.is_empty() {
        return Vec::new();
    }
    let services: BTreeMap<String, usize> =
        app.workloads.iter().enumerate().map(|(index, workload)| (workload.service.clone(), index)).collect();
    let containers = containers(context, &services);
    let mut firsts: BTreeMap<String, usize> = BTreeMap::new();
    let mut edges = Vec::new();
    for (from, Share { with, what, origin }) in shares {
        let to = match &with {
            SharedWith::Service(name) => services.get(name),
            SharedWith::Container(name) => containers.get(name),
            SharedWith::Group(word) => Some(&*firsts.entry(word.clone()).or_insert(from)),
        };
        match to {
            Some(to) if *to != from => edges.push(Edge { from, to: *to, what, origin }),
            // Waiting for itself is said by the pass that looks for circles.
            Some(_) if what == Shared::Pod => diags.consume(origin, "those who say the same join its pod"),
            Some(_) => diags.consume(origin, "it names itself"),
            None => unknown(&with, origin, app.workloads.get(from), diags),
        }
    }
    edges
}

/// The names that containers have on the Docker host: the one that is written, or the one that docker compose makes.
fn containers(context: &Context<'_>, services: &BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    let project = &context.loaded.name.value;
    let mut names = BTreeMap::new();
    for (service, index) in services {
        names.insert(format!("{project}-{service}-1"), *index);
        names.insert(format!("{project}_{service}_1"), *index);
    }
    for (service, body) in context.loaded.project.services.get().into_iter().flat_map(|found| found.value.iter()) {
        let name = body.value.as_ref().and_then(|body| body.value.container_name.get());
        if let (Some(name), Some(index)) = (name, services.get(service)) {
            names.insert(name.value.0.clone(), *index);
        }
    }
    names
}

fn unknown(with: &SharedWith, origin: Origin, from: Option<&Workload>, diags: &mut Diagnostics) {
    // The loader has said which services are not defined.
    let SharedWith::Container(name) = with else { return };
    let path = from.map(|workload| format!("services.{}", workload.service)).unwrap_or_default();
    diags.push(
        Diagnostic::new(Code::ShareOutside, origin, format!("no service of this file is the container `{name}`"))
            .label("what it shares is lost")
            .why("a pod holds containers of one project alone")
            .help("name a service of this file: \"service:NAME\"")
            .key(path),
    );
}

/// Copies mounts to those who have them from others. Gives the numbers of the shares that need one pod (a folder without a name and
/// one in memory are seen inside of a pod alone), and what was copied to whom.
fn share_mounts(
    app: &mut App,
    edges: &[Edge],
    context: &Context<'_>,
    diags: &mut Diagnostics,
) -> (Vec<usize>, BTreeMap<usize, Vec<String>>) {
    let mut of_workload: Vec<Vec<usize>> = vec![Vec::new(); app.workloads.len()];
    let mut targets: Vec<Vec<usize>> = vec![Vec::new(); app.workloads.len()];
    let mut joined = Vec::new();
    let mut copied: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (index, edge) in edges.iter().enumerate() {
        match edge.what {
            Shared::Network | Shared::Processes | Shared::Memory | Shared::Pod => joined.push(index),
            Shared::Mounts { read_only: _ } => {
                of_workload.get_mut(edge.from).into_iter().for_each(|list| list.push(index));
                targets.get_mut(edge.from).into_iter().for_each(|list| list.push(edge.to));
            }
        }
    }
    // Components come with what they lead to before them, so that mounts travel along a chain.
    for from in super::cycles::components(&targets).into_iter().flatten() {
        for index in of_workload.get(from).cloned().unwrap_or_default() {
            let Some(edge) = edges.get(index) else { continue };
            let Shared::Mounts { read_only } = edge.what else { continue };
            let source = app.workloads.get(edge.to).map(|workload| workload.mounts.clone()).unwrap_or_default();
            if source.is_empty() {
                nothing_known(app, edge, context, diags);
            }
            if source.iter().any(only_in_its_pod) {
                joined.push(index);
            }
            if let Some(workload) = app.workloads.get_mut(from) {
                let paths = copy_mounts(workload, source, read_only, edge.origin);
                copied.entry(from).or_default().extend(paths);
            }
        }
    }
    (joined, copied)
}

fn copy_mounts(workload: &mut Workload, source: Vec<Mount>, read_only: bool, origin: Origin) -> Vec<String> {
    let mut copied = Vec::new();
    let own: BTreeSet<String> = workload.mounts.iter().map(|mount| mount.target.value.clone()).collect();
    for mut mount in source.into_iter().filter(|mount| !own.contains(&mount.target.value)) {
        mount.target.why = Why::Origin(origin);
        mount.origin = origin;
        mount.read_only = mount.read_only.or(read_only.then_some(origin));
        copied.push(mount.target.value.clone());
        workload.mounts.push(mount);
    }
    copied
}

fn only_in_its_pod(mount: &Mount) -> bool {
    matches!(mount.source, MountSource::Anonymous | MountSource::Memory(_))
}

fn nothing_known(app: &App, edge: &Edge, context: &Context<'_>, diags: &mut Diagnostics) {
    let service = |index: usize| app.workloads.get(index).map(|workload| workload.service.as_str()).unwrap_or_default();
    let (name, asks) = (service(edge.to), service(edge.from));
    let written = |service: &str| context.loaded.project.services.get()?.value.get(service)?.value.as_ref();
    let has_source = written(name).is_some_and(|service| service.value.volumes.key().is_some());
    let is_built = written(asks).is_some_and(|service| service.value.build.key().is_some());
    let diagnostic = match (has_source, is_built) {
        // Its image holds the code that the other one mounted, as is said where that is not mounted.
        (true, true) => return,
        (true, false) => Diagnostic::new(Code::ShareNothing, edge.origin, format!("`{name}` has nothing to share"))
            .label("nothing is shared")
            .why("its source code is in its image, and is not mounted")
            .help("build an image with the code for this service too"),
        (false, _) => {
            Diagnostic::new(Code::ShareNothing, edge.origin, format!("`{name}` mounts nothing that this file knows of"))
                .label("nothing is shared")
                .why("volumes that an image declares are not known here")
                .help(format!("write the folder as a named volume of `{name}` and mount that"))
        }
    };
    diags.push(diagnostic.key(format!("services.{asks}.volumes_from")));
}

/// Members in the order of their start: what one depends on comes before it, and otherwise the order of the file holds.
fn in_order(app: &App, members: &[usize]) -> Vec<usize> {
    let by_service: BTreeMap<&str, usize> = members
        .iter()
        .filter_map(|index| app.workloads.get(*index).map(|workload| (workload.service.as_str(), *index)))
        .collect();
    let needs = |index: usize| -> BTreeSet<usize> {
        let dependencies = app.workloads.get(index).into_iter().flat_map(|workload| &workload.dependencies);
        let inside = dependencies.filter_map(|dependency| by_service.get(dependency.service.as_str()).copied());
        inside.filter(|other| *other != index).collect()
    };
    let mut open: BTreeMap<usize, usize> = BTreeMap::new();
    let mut needed_by: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in members {
        let needs = needs(*index);
        open.insert(*index, needs.len());
        needs.into_iter().for_each(|other| needed_by.entry(other).or_default().push(*index));
    }
    let mut free: BTreeSet<usize> = open.iter().filter(|(_, count)| **count == 0).map(|(index, _)| *index).collect();
    let mut order = Vec::with_capacity(members.len());
    while let Some(next) = free.pop_first() {
        order.push(next);
        for other in needed_by.remove(&next).unwrap_or_default() {
            if let Some(count) = open.get_mut(&other) {
                *count -= 1;
                if *count == 0 {
                    free.insert(other);
                }
            }
        }
    }
    // What is left stands in a circle, which is said elsewhere.
    let placed: BTreeSet<usize> = order.iter().copied().collect();
    order.extend(members.iter().copied().filter(|index| !placed.contains(index)));
    order
}

/// Says who owns the pod; the others follow it in number and kind.
fn settle(app: &mut App, order: &[usize], why: &str, diags: &mut Diagnostics) {
    let Some(owner) = order.first().and_then(|first| app.workloads.get(*first)).cloned() else { return };
    for (position, index) in order.iter().enumerate() {
        let Some(member) = app.workloads.get_mut(*index) else { continue };
        member.host = Some(Host {
            owner: owner.name.clone(),
            position,
            same_network: false,
            shared_paths: Vec::new(),
            needs: Vec::new(),
            staged: false,
        });
        if position == 0 {
            continue;
        }
        diags.push(
            Diagnostic::new(
                Code::OnePod,
                member.origin,
                format!("`{}` runs in the pod of `{}`", member.service, owner.service),
            )
            .why(why)
            .key(format!("services.{}", member.service)),
        );
        follow(member, &owner, diags);
    }
}

fn follow(member: &mut Workload, owner: &Workload, diags: &mut Diagnostics) {
    let path = format!("services.{}.deploy", member.service);
    let ends = member.kind.value == Kind::Job;
    let mut lost: Vec<(&str, Vec<Origin>)> = Vec::new();
    if member.replicas.value != owner.replicas.value && !member.replicas.why.origins().is_empty() {
        lost.push(("number of replicas", member.replicas.why.origins().to_vec()));
    }
    if member.kind.value != owner.kind.value && !ends && !member.kind.why.origins().is_empty() {
        lost.push(("mode", member.kind.why.origins().to_vec()));
    }
    if member.rollout.value != owner.rollout.value && !member.rollout.why.origins().is_empty() {
        lost.push(("way of updating", member.rollout.why.origins().to_vec()));
    }
    for (what, places) in lost {
        let Some(first) = places.first() else { continue };
        diags.push(
            Diagnostic::new(
                Code::OnePodDiffers,
                *first,
                format!("the {what} of `{}` is that of `{}`", member.service, owner.service),
            )
            .label("a pod has one for all of its containers")
            .also(owner.origin, "the pod is that of this service")
            .help(format!("write it under services.{}", owner.service))
            .key(path.clone())
            .covers(places.iter().copied()),
        );
    }
    let said = [&member.replicas.why, &member.rollout.why];
    for place in said.into_iter().flat_map(Why::origins) {
        diags.consume(*place, "the pod's owner says it for all");
    }
    member.replicas = Traced { value: owner.replicas.value, why: owner.replicas.why.clone() };
    member.rollout = owner.rollout.clone();
}

/// Sets that are joined (union by the smaller number, with paths made shorter on the way).
struct Groups {
    parent: Vec<usize>,
    processes: Vec<(usize, Origin)>,
    /// Members of pods that a user asks for.
    wanted: Vec<usize>,
}

impl Groups {
    fn new(count: usize) -> Self {
        Groups { parent: (0..count).collect(), processes: Vec::new(), wanted: Vec::new() }
    }

    fn root(&mut self, mut node: usize) -> usize {
        while let Some(up) = self.parent.get(node).copied().filter(|up| *up != node) {
            let above = self.parent.get(up).copied().unwrap_or(up);
            if let Some(slot) = self.parent.get_mut(node) {
                *slot = above;
            }
            node = up;
        }
        node
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(slot) = self.parent.get_mut(one.max(other)) {
            *slot = one.min(other);
        }
    }
}
