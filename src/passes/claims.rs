//! Mounts become volumes and claims (design 4.4): a volume of one service is a claim of its StatefulSet's own, a volume of several
//! is one claim whose pods share a node.
//!
//! ```yaml
//! volumes: [db-data:/var/lib/mysql]
//! # StatefulSet with volumeClaimTemplates: db-data, and a headless governing Service
//! ```

mod apart;
mod groups;
mod on_nodes;
mod owned;
mod place;
mod say;
mod seeds;
mod stores;
mod wishes;

use crate::compose::Dialect;
use crate::diag::Diagnostics;
use crate::images;
use crate::ir::{App, Claim, EnvSource, Kind, NetworkShare, PersistentVolume, Traced, VolumeSource, Why, Workload};
use crate::lower::Context;
use crate::passes::claims::place::Placer;
use crate::passes::claims::stores::{Store, Stores};
use crate::passes::exposures;
use crate::passes::free::Taken;

/// What a volume gets when nothing states its size: the least that every cloud gives.
const DEFAULT_SIZE: i64 = 1 << 30;

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let stores = Stores::survey(app, context, diags);
    wishes::settle(app, &stores, diags);
    groups::together(app, &stores, diags);
    say::stores(app, &stores, context, diags);
    let seeders = seeds::seeders(app, &stores);
    let default = context.request.volume_size.map_or_else(
        || Traced::decided(DEFAULT_SIZE, "default-volume-size"),
        |size| Traced::decided(size, "chosen-volume-size"),
    );
    let mut taken = Taken::of(app);
    for (index, workload) in app.workloads.iter_mut().enumerate() {
        for mount in &workload.mounts {
            if seeders.at(index, &mount.target.value).is_none() {
                say::unknown_content((index, workload), mount, &stores, &seeders, diags);
            }
        }
        let mut placer = Placer::new(index, workload, &stores, &default);
        let mut seeds = Vec::new();
        let mut copies = owned::Copies::default();
        for mount in std::mem::take(&mut placer.workload.mounts) {
            let wanted = seeders.at(index, &mount.target.value).cloned();
            let placed = match mount.owner.clone() {
                Some(owner) => copies.place(&mut placer, mount, owner),
                None => placer.place(mount),
            };
            seeds.extend(wanted.map(|why| seeds::seed(placer.workload, &placed, why)));
            placer.workload.container.mounts.push(placed);
        }
        workload.steps.extend(seeds);
        workload.steps.extend(copies.into_steps(context));
        finish(workload, &mut taken);
    }
    for store in stores.iter().filter(|store| store.is_shared_claim) {
        let (claim, volume) = claim(store, app, &default);
        say::in_namespace(app, volume.as_ref(), diags);
        app.claims.push(claim);
        app.volumes.extend(volume);
    }
}

/// The claim of a store, and the volume that it is bound to where that is known.
fn claim(store: &Store, app: &App, default: &Traced<i64>) -> (Claim, Option<PersistentVolume>) {
    let size = store.size.clone().unwrap_or_else(|| default.clone());
    let volume = store.network.as_ref().map(|share: &NetworkShare| PersistentVolume {
        name: app.project.value.with(store.claim.as_str()),
        claim: store.claim.clone(),
        size: size.clone(),
        share: share.clone(),
    });
    let claim = Claim {
        name: store.claim.clone(),
        size,
        access: store.access(),
        class: store.wishes.class.clone(),
        labelled: store.labelled.clone(),
        volume: volume.as_ref().map(|volume| Traced { value: volume.name.clone(), why: volume.share.why.clone() }),
        why: Why::Origin(store.origin),
    };
    (claim, volume)
}

/// Whether each pod of a workload may have volumes of its own: swarm gave each task its own, Compose shared one.
fn has_own_volumes(workload: &Workload, dialect: Dialect) -> bool {
    workload.kind.value == Kind::Deployment
        && !workload.kind_is_said
        && (workload.replicas.value <= 1 || dialect == Dialect::Swarm)
        && !is_called_after_its_host(workload)
}

/// Programs that keep their data under their host name, or are called by it (`rabbit@one`, and Hadoop's nodes).
const CALLED_AFTER_THEIR_HOST: &[&str] =
    &["rabbitmq", "bitnami/rabbitmq", "emqx", "vernemq/vernemq", "docker-mailserver"];

/// Whether it matters which host name is written, which the pods of a StatefulSet lose: to the program that is known to run, or to
/// one that is told its own name by it, as `app@one`. One pod of a Deployment keeps it.
fn is_called_after_its_host(workload: &Workload) -> bool {
    let Some(host) = &workload.pod.hostname else { return false };
    let image = images::known(&workload.container.image.value);
    let is_known =
        image.is_some_and(|image| CALLED_AFTER_THEIR_HOST.contains(&image.name) || image.name.starts_with("hadoop-"));
    workload.replicas.value <= 1 && (is_known || names_its_node(workload, &host.value))
}

/// Whether a variable or an argument holds the name of a node on a host, as `app@one`: a word of its own, so that no user with a
/// password stands before the host.
fn names_its_node(workload: &Workload, host: &str) -> bool {
    let container = &workload.container;
    let words = container.command.iter().chain(&container.args).flatten().map(|word| word.value.as_str());
    let values = container.env.iter().filter_map(|variable| match &variable.source {
        EnvSource::Literal(value) => Some(value.as_str()),
        EnvSource::Composed(_) | EnvSource::Field(_) | EnvSource::Secret { object: _, key: _ } => None,
    });
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_node = |word: &str| {
        word.split_once('@').is_some_and(|(name, rest)| rest == host && !name.is_empty() && name.chars().all(is_part))
    };
    words.chain(values).any(|text| text.split([' ', ',', ';', '=', '\'', '"', '[', ']', '\n']).any(is_node))
}

/// A workload with claim templates is a StatefulSet.
fn finish(workload: &mut Workload, taken: &mut Taken) {
    let needs_group = !workload.claim_templates.is_empty()
        || workload.volumes.iter().any(|volume| {
            matches!(volume.source, VolumeSource::Claim(_) | VolumeSource::Object { kind: _, object: _, items: _ })
        });
    if !needs_group || workload.pod.fs_group.as_ref().is_some_and(|group| group.value == 0) {
        workload.pod.fs_group = None;
    }
    let numbered = workload.slots.as_ref().map(|slots| Why::Origin(slots.origin));
    let of_claims = workload.claim_templates.first().map(|claim| claim.why.clone());
    if let Some(why) = of_claims.or(numbered) {
        workload.kind = Traced { value: Kind::StatefulSet, why: why.clone() };
        exposures::govern(workload, why, taken);
    }
}
