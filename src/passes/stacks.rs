//! Several stacks in one call: who shares a network with whom, and who dials across. Names of other stacks resolve on the networks
//! that both share, as on one Docker host or swarm.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::compose::model::files::External;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    App, Call, Dial, Name, Neighbour, Neighbourhood, Network, NetworkMode, Others, SharedNetwork, Why, Workload,
};
use crate::lower::Context;

/// Says what each stack of several is called; no two may be called alike.
pub(crate) fn tell_apart(contexts: &[Context<'_>], sinks: &mut [Diagnostics]) {
    let mut seen = BTreeSet::new();
    if contexts.len() > 1 {
        shared_volumes(contexts, sinks);
    }
    for (context, diags) in contexts.iter().zip(sinks).filter(|(context, _)| context.request.is_separate) {
        let file = context.request.files.first().map(String::as_str).unwrap_or_default();
        let name = Name::from_text(&context.loaded.name.value);
        let at = |code, message: String| match context.loaded.project.services.key() {
            Some(place) => Diagnostic::new(code, place, message),
            None => Diagnostic::nowhere(code, message),
        };
        diags.push(
            at(Code::StackName, format!("{file} is the stack {name}"))
                .label("its namespace is called so, too")
                .help("write name: at the top of the file to call it otherwise")
                .key("name"),
        );
        if !seen.insert(name.clone()) {
            diags.push(
                at(Code::StackTwice, format!("two stacks would both be called {name}"))
                    .why("each stack has a namespace of its own, which is called after it")
                    .help(format!("write name: at the top of {file}"))
                    .key("name"),
            );
        }
    }
}

/// Says which volumes several stacks have in common: each namespace has claims of its own.
fn shared_volumes(contexts: &[Context<'_>], sinks: &mut [Diagnostics]) {
    let mut first: BTreeMap<String, (usize, bool)> = BTreeMap::new();
    let stack = |number: usize| contexts.get(number).map(|context| Name::from_text(&context.loaded.name.value));
    for (number, (context, diags)) in contexts.iter().zip(sinks).enumerate() {
        let project = &context.loaded.name.value;
        let volumes = context.loaded.project.volumes.get().into_iter().flat_map(|volumes| volumes.value.iter());
        for (key, volume) in volumes {
            let value = volume.value.as_ref().map(|volume| &volume.value);
            let external = value.and_then(|volume| volume.external.get()).filter(|found| found.value.is_external());
            let named = value.and_then(|volume| volume.name.get()).map(|name| name.value.as_str());
            let real = match external.map(|found| &found.value) {
                Some(External::Named(name)) => name.value.clone(),
                Some(External::Flag(_)) => named.unwrap_or(key).to_owned(),
                None => named.map_or_else(|| format!("{project}_{key}"), str::to_owned),
            };
            let is_made = external.is_none();
            let (other, other_is_made) = *first.entry(real.clone()).or_insert((number, is_made));
            if other == number {
                continue;
            }
            let (Some(one), Some(two)) = (stack(other), stack(number)) else { continue };
            let both = match is_made || other_is_made {
                true => "one of them makes it, and the other one waits for a claim that is not in its namespace",
                false => "each of them waits for a claim of its own",
            };
            diags.push(
                Diagnostic::new(
                    Code::VolumeOfStacks,
                    volume.key,
                    format!("the stacks {one} and {two} do not share the volume {real}"),
                )
                .label(both)
                .why("a claim belongs to one namespace, and each stack has its own")
                .help("convert the two without --separate, into one namespace, or put the data on storage that both reach, such as NFS")
                .key(format!("volumes.{key}")),
            );
        }
    }
}

/// Tells each stack who is on the networks that it shares with others. Runs before any name is looked up.
pub(crate) fn introduce(apps: &mut [App]) {
    link(apps);
    let mut places: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    for (stack, app) in apps.iter().enumerate() {
        for (key, network) in app.networks.iter().filter(|(_, network)| !network.is_host) {
            places.entry(network.real.clone()).or_default().push((stack, key.clone()));
        }
    }
    for (real, places) in places {
        let stacks: BTreeSet<usize> = places.iter().map(|(stack, _)| *stack).collect();
        if stacks.len() < 2 {
            continue;
        }
        let mut neighbourhood = Neighbourhood::default();
        for (stack, key) in &places {
            if let Some(app) = apps.get(*stack) {
                members(*stack, app, key, &real, &mut neighbourhood);
            }
        }
        let neighbours = Arc::new(neighbourhood);
        for (stack, key) in places {
            let Some(app) = apps.get_mut(stack) else { continue };
            if let Some(network) = app.networks.get_mut(&key) {
                *network =
                    Network { is_shared: true, mark: Name::from_text(&format!("network-{real}")), ..network.clone() };
            }
            app.shared_networks.push(SharedNetwork { key, own: stack, neighbours: Arc::clone(&neighbours) });
        }
    }
}

/// Tells stacks that link to containers of others what these are called, whatever networks they are on.
fn link(apps: &mut [App]) {
    if !apps.iter().flat_map(|app| &app.workloads).any(|workload| !workload.outer_links.is_empty()) {
        return;
    }
    let mut all = Neighbourhood::default();
    for (stack, app) in apps.iter().enumerate() {
        let Some(namespace) = &app.namespace else { continue };
        let project = &app.project.value;
        for workload in &app.workloads {
            let service = &workload.service;
            let made =
                [format!("{project}-{service}-1"), format!("{project}_{service}_1"), format!("{project}_{service}")];
            let own = workload.aliases.iter().filter(|alias| alias.network.is_none());
            for name in own.map(|alias| alias.name.value.clone()).chain(made).chain([service.clone()]) {
                all.names.entry(name.to_ascii_lowercase()).or_default().push(Neighbour {
                    stack,
                    namespace: namespace.clone(),
                    workload: workload.name.clone(),
                    service: workload.name.clone(),
                    each_pod: false,
                });
            }
        }
    }
    let containers = Arc::new(all);
    for (own, app) in apps.iter_mut().enumerate() {
        app.others = Some(Others { own, containers: Arc::clone(&containers) });
    }
}

/// Every name that Docker gives the members of a network.
fn members(stack: usize, app: &App, key: &str, real: &str, neighbourhood: &mut Neighbourhood) {
    let Some(namespace) = &app.namespace else { return };
    let project = &app.project.value;
    let services: BTreeSet<&Name> = app.workloads.iter().map(|workload| &workload.name).collect();
    for workload in &app.workloads {
        let is_member = workload.networks.iter().any(|network| network.value == key);
        if !is_member || workload.network != NetworkMode::Shared {
            continue;
        }
        let service = &workload.service;
        let one = |each_pod| Neighbour {
            stack,
            namespace: namespace.clone(),
            workload: workload.name.clone(),
            service: if each_pod { super::names::tasks(&workload.name, &services) } else { workload.name.clone() },
            each_pod,
        };
        let mut add = |name: &str, each_pod: bool| {
            let of = neighbourhood.names.entry(name.to_ascii_lowercase()).or_default();
            if !of.contains(&one(each_pod)) {
                of.push(one(each_pod));
            }
        };
        add(service, false);
        aliases(workload, key).for_each(|alias| add(alias, false));
        for made in [
            format!("{project}_{service}"),
            format!("{project}-{service}-1"),
            format!("{project}_{service}_1"),
            format!("{service}.{real}"),
        ] {
            add(&made, false);
        }
        add(&format!("tasks.{service}"), true);
        add(&format!("tasks.{project}_{service}"), true);
    }
}

fn aliases<'a>(workload: &'a Workload, key: &'a str) -> impl Iterator<Item = &'a str> {
    let on_network = workload.aliases.iter().filter(move |alias| alias.network.as_deref().is_none_or(|on| on == key));
    on_network.map(|alias| alias.name.value.as_str())
}

/// Tells each stack who of the others dials it. Runs once every name was looked up, before ports are.
pub(crate) fn connect(apps: &mut [App]) {
    let calls: Vec<Call> = apps.iter_mut().flat_map(|app| std::mem::take(&mut app.calls)).collect();
    let index = |app: &App| -> BTreeMap<Name, usize> {
        app.workloads.iter().enumerate().map(|(index, workload)| (workload.name.clone(), index)).collect()
    };
    let numbers: Vec<_> = apps.iter().map(index).collect();
    for Call { to, port, written, place, line } in calls {
        let Neighbour { stack, namespace: _, workload: name, service, each_pod } = to;
        let Some(app) = apps.get_mut(stack) else { continue };
        let number = numbers.get(stack).and_then(|numbers| numbers.get(&name)).copied();
        if let Some(workload) = number.and_then(|number| app.workloads.get_mut(number)).filter(|_| each_pod) {
            let answer = super::names::answer(service, true, Why::Origin(place));
            if !workload.answers.iter().any(|known| known.name == answer.name) {
                workload.answers.push(answer);
            }
        }
        app.dials.push(Dial { from: None, to: name, port, written, listens: false, place, line });
    }
}
