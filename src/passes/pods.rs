//! What stands in one pod, and in which order (design 4.1): waits first, then what does its work and ends, then what stays.
//!
//! ```yaml
//! services:
//!   vpn: { image: vpn, healthcheck: { test: [CMD, check] } }
//!   web: { image: web, network_mode: "service:vpn", depends_on: { vpn: { condition: service_healthy } } }
//! # one pod: initContainers: vpn, which stays (restartPolicy: Always) and has a startupProbe; containers: web
//! ```

mod merge;

use std::collections::{BTreeMap, BTreeSet};

use super::exposures;
use super::free::Taken;
use crate::diag::Diagnostics;
use crate::ir::{App, Condition, Container, Host, Kind, Member, Name, Step, Stop, Target, Traced, Wait, Why, Workload};
use crate::lower::Context;

/// What holds a pod whose work is done.
const PAUSE: &str = "registry.k8s.io/pause:3.10";

pub(super) fn run(app: &mut App, _context: &Context<'_>, diags: &mut Diagnostics) {
    let mut taken = Taken::of(app);
    let mut guests: BTreeMap<Name, Vec<Workload>> = BTreeMap::new();
    let mut joined = Vec::new();
    let is_guest = |workload: &mut Workload| workload.host.as_ref().is_some_and(|host| host.owner != workload.name);
    for guest in app.workloads.extract_if(.., is_guest) {
        if let Some(host) = &guest.host {
            guests.entry(host.owner.clone()).or_default().push(guest);
        }
    }
    for owner in &mut app.workloads {
        let mut parts = vec![part(owner)];
        let mut of_pod = guests.remove(&owner.name).unwrap_or_default();
        of_pod.sort_by_key(|guest| guest.host.as_ref().map_or(0, |host| host.position));
        for mut guest in of_pod {
            if let (Some(one), Some(other)) = (&owner.pod.together, &guest.pod.together) {
                joined.push((one.value.clone(), other.value.clone()));
            }
            let mut part = part(&mut guest);
            merge::merge(owner, guest, &mut part, &parts, &mut app.claims, diags);
            parts.push(part);
        }
        // A guest's claim templates make a StatefulSet of it.
        if owner.kind.value == Kind::StatefulSet && owner.governing.is_none() {
            let why = owner.kind.why.clone();
            exposures::govern(owner, why, &mut taken);
        }
        for part in parts.iter_mut().filter(|part| part.ends) {
            without_hooks(&mut part.member.container, diags);
        }
        arrange(owner, parts);
        name_waits(owner);
    }
    same_nodes(app, joined);
}

/// A pod of two groups that share a node each makes them one group. A group of one pod needs no name.
fn same_nodes(app: &mut App, joined: Vec<(Name, Name)>) {
    let mut now: BTreeMap<Name, Name> = BTreeMap::new();
    let called = |now: &BTreeMap<Name, Name>, mut name: Name| {
        while let Some(next) = now.get(&name).filter(|next| **next != name) {
            name = next.clone();
        }
        name
    };
    for (one, other) in joined {
        let (one, other) = (called(&now, one), called(&now, other));
        now.insert(other, one);
    }
    let mut count: BTreeMap<Name, usize> = BTreeMap::new();
    for together in app.workloads.iter_mut().filter_map(|workload| workload.pod.together.as_mut()) {
        together.value = called(&now, together.value.clone());
        *count.entry(together.value.clone()).or_default() += 1;
    }
    for workload in &mut app.workloads {
        let is_alone = |together: &mut Traced<Name>| count.get(&together.value) == Some(&1);
        if workload.host.is_some() {
            workload.pod.together.take_if(is_alone);
        }
    }
}

/// One service of a pod.
struct Part {
    member: Member,
    waits: Vec<Wait>,
    before: Vec<Member>,
    needs: Vec<(Name, Condition)>,
    stays: bool,
    ends: bool,
}

/// Takes a service's own container and waits out of it.
fn part(workload: &mut Workload) -> Part {
    let pause = Container::of_image(Traced { value: PAUSE.to_owned(), why: workload.kind.why.clone() });
    let member = Member {
        name: workload.called.clone(),
        container: std::mem::replace(&mut workload.container, pause),
        ports: std::mem::take(&mut workload.ports),
        why: Why::Origin(workload.origin),
    };
    for patch in &mut workload.patches {
        if patch.target == Target::MainContainer {
            patch.target = Target::Container(workload.called.clone());
        }
    }
    let waits = std::mem::take(&mut workload.waits);
    let mut before = std::mem::take(&mut workload.before);
    before.iter_mut().for_each(|step| inherit(&mut step.container, &member.container));
    let Some(Host { owner, position: _, same_network: _, shared_paths: _, needs, staged }) = workload.host.clone()
    else {
        return Part { member, waits, before, needs: Vec::new(), stays: false, ends: workload.once_per_node.is_some() };
    };
    // What ends would be started again for ever beside what stays. In a Job of its own it is the main container.
    let ends = workload.once_per_node.is_some() || (workload.kind.value == Kind::Job && owner != workload.name);
    Part { member, waits, before, needs, stays: staged, ends }
}

/// What a container before the main one has from it: its mounts, its folder, and the variables that it does not set itself.
fn inherit(step: &mut Container, main: &Container) {
    step.mounts.clone_from(&main.mounts);
    step.env_from.clone_from(&main.env_from);
    if step.working_dir.is_none() {
        step.working_dir.clone_from(&main.working_dir);
    }
    let own = std::mem::take(&mut step.env);
    let is_own = |name: &str| own.iter().any(|variable| variable.name == name);
    step.env = main.env.iter().filter(|variable| !is_own(&variable.name)).cloned().collect();
    step.env.extend(own);
}

/// The server takes no hooks on an init container.
fn without_hooks(container: &mut Container, diags: &mut Diagnostics) {
    let hooks = [container.after_start.take(), container.before_stop.take()];
    for word in hooks.into_iter().flatten().flatten() {
        word.why
            .origins()
            .iter()
            .for_each(|place| diags.consume(*place, "what ends before its pod starts has no hooks"));
    }
    if let Some(Stop::Field(signal) | Stop::Hook(signal)) = container.stop.take() {
        signal.why.origins().iter().for_each(|place| diags.consume(*place, "what ends by itself is sent no signal"));
    }
}

/// Puts the parts of a pod, which come in the order of their start, into their places.
fn arrange(workload: &mut Workload, mut parts: Vec<Part>) {
    if let Some(last) = parts.last_mut().filter(|last| last.stays) {
        // Nobody comes behind it.
        last.stays = false;
    }
    let mut early: BTreeSet<Name> = BTreeSet::new();
    for part in parts.iter_mut().rev() {
        part.stays |= early.contains(&part.member.name);
        if part.ends || part.stays {
            early.extend(part.needs.iter().map(|(name, _)| name.clone()));
        }
        let healthy = part.needs.iter().filter(|(_, condition)| *condition != Condition::Started);
        early.extend(healthy.map(|(name, _)| name.clone()));
    }
    // A Job is over when its own container is, whatever runs beside it.
    let is_job = matches!(workload.kind.value, Kind::Job | Kind::CronJob);
    let mut beside = Vec::new();
    for Part { member, waits, before, needs: _, stays, ends } in parts {
        let is_own = member.name == workload.called;
        let ends_first = before.into_iter().map(|step| Step::Ends(Box::new(step)));
        let waits: Vec<Step> = waits.into_iter().map(Step::Wait).chain(ends_first).collect();
        if ends {
            workload.steps.extend(waits);
            workload.steps.push(Step::Ends(Box::new(member)));
        } else if stays || (is_job && !is_own) {
            workload.steps.extend(waits);
            workload.steps.push(Step::Stays(Box::new(member)));
        } else {
            beside.push((member, waits));
        }
    }
    let mut rest = beside.into_iter();
    match rest.next() {
        Some((main, waits)) => {
            workload.steps.extend(waits);
            let Member { name, container, ports, why: _ } = main;
            workload.called = name;
            workload.container = container;
            workload.ports = ports;
        }
        None => workload.called = workload.name.with("done"),
    }
    for (member, waits) in rest {
        workload.steps.extend(waits);
        workload.beside.push(member);
    }
}

/// No two containers of a pod share a name, and a workload may be called `wait-for-db`. Two members that wait for the same thing
/// wait once.
fn name_waits(workload: &mut Workload) {
    let mut taken: BTreeSet<Name> = workload.beside.iter().map(|member| member.name.clone()).collect();
    taken.insert(workload.called.clone());
    for step in &workload.steps {
        if let Step::Ends(member) | Step::Stays(member) = step {
            taken.insert(member.name.clone());
        }
    }
    let mut seen = BTreeSet::new();
    workload.steps.retain(|step| match step {
        Step::Wait(wait) => seen.insert(format!("{} {:?}", wait.workload, wait.wait_for)),
        Step::Ends(_) | Step::Stays(_) => true,
    });
    for step in &mut workload.steps {
        if let Step::Wait(wait) = step {
            wait.name = wait.name.first_free(|name| taken.insert(name.clone()));
        }
    }
}
