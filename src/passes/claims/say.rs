//! What is said about storage: sizes, data to be copied, what several pods of one volume mean, and what does not last.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::images;
use crate::ir::{App, EnvSource, ImageContent, Kind, Mount, MountSource, PersistentVolume, ShareProtocol, Workload};
use crate::lower::Context;
use crate::passes::claims::seeds::Seeders;
use crate::passes::claims::stores::{Identity, Store, Stores, several};

/// Everything that is known before mounts are placed.
pub(super) fn stores(app: &App, stores: &Stores, context: &Context<'_>, diags: &mut Diagnostics) {
    let sized = stores
        .iter()
        .find(|store| store.size.is_none() && (store.is_template || store.is_shared_claim && store.network.is_none()));
    if let Some(store) = sized.filter(|_| context.request.volume_size.is_none()) {
        diags.push(
            Diagnostic::new(Code::VolumeSize, store.origin, "each volume is given 1Gi")
                .why("Compose states no size; Kubernetes needs one")
                .help("say --volume-size 10Gi, or write x-kubernetes: { size: 10Gi } under a volume, before the first apply"),
        );
    }
    for (index, workload) in app.workloads.iter().enumerate() {
        for mount in &workload.mounts {
            if let MountSource::Data(path) = &mount.source
                && let Some((identity, _)) = stores.of(index, workload, mount)
                && let Some(store) = stores.get(&identity)
            {
                let shown = stores.shown(path);
                if stores.hold_project(path) {
                    copy_project(workload, mount, &shown, store, diags);
                } else if is_database_file(&mount.target.value) {
                    copy_file(workload, mount, &shown, store, diags);
                } else {
                    copy(workload, mount, &shown, store, diags);
                }
            }
        }
        if !workload.ends() {
            not_kept(workload, diags);
        }
    }
    for (identity, store) in stores.entries() {
        shared(app, stores, (identity, store), diags);
    }
    of_slots(app, stores, diags);
}

/// Tasks of two services had one volume where their slots had one number.
fn of_slots(app: &App, stores: &Stores, diags: &mut Diagnostics) {
    for (volume, place, users) in stores.of_slots() {
        let names: Vec<String> = users
            .iter()
            .filter_map(|index| app.workloads.get(*index))
            .map(|user| format!("`{}`", user.service))
            .collect();
        if names.len() > 1 {
            diags.push(
                Diagnostic::new(
                    Code::VolumeOfSlots,
                    place,
                    format!("the pods of {} have volumes {volume} of their own each", names.join(", ")),
                )
                .why("on the swarm tasks of these services with one number shared one; a pod's own claim belongs to one StatefulSet")
                .help("give them one volume, with a folder for each slot, or run them as one service")
                .key("volumes"),
            );
        }
    }
}

fn copy(workload: &Workload, mount: &Mount, path: &str, store: &Store, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::BindData, mount.origin, format!("{path} becomes the claim {}", store.claim))
            .label("a folder of the Docker host")
            .why("its files are not in the cluster")
            .own_help(match &mount.of_pod {
                Some(_) => format!(
                    "copy to each pod the folder below {path} that is its own: kubectl cp FOLDER/. POD:{}",
                    mount.target.value
                ),
                None => format!("copy the data: kubectl cp {} POD:{}", contents(path), mount.target.value),
            })
            .cause("bind-data")
            .key(format!("services.{}.volumes", workload.service)),
    );
}

/// What kubectl is told to copy: where the target is there, and a mount always is, it would put a folder itself below it.
fn contents(path: &str) -> String {
    format!("{}/.", path.trim_end_matches('/'))
}

/// The checkout over an image that somebody else built, as for development.
fn copy_project(workload: &Workload, mount: &Mount, path: &str, store: &Store, diags: &mut Diagnostics) {
    let target = &mount.target.value;
    diags.push(
        Diagnostic::new(Code::BindData, mount.origin, format!("{path} becomes the claim {}", store.claim))
            .label("the project's own folder, over an image that does not hold it")
            .why("the claim begins empty: nothing of the project is in it")
            .own_help(format!(
                "build an image that copies the project to {target}, or copy it: kubectl cp {} POD:{target}",
                contents(path)
            ))
            .cause("bind-project")
            .key(format!("services.{}.volumes", workload.service)),
    );
}

/// Whether a program keeps a database in a file of such a name.
fn is_database_file(target: &str) -> bool {
    let name = target.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty() && matches!(ending, "db" | "db3" | "duckdb" | "mdb" | "rdb" | "sqlite" | "sqlite3")
    })
}

/// A file that the program writes, and that is not here: a claim is a folder.
fn copy_file(workload: &Workload, mount: &Mount, path: &str, store: &Store, diags: &mut Diagnostics) {
    let target = &mount.target.value;
    let folder = target.rsplit_once('/').map_or("/", |(folder, _)| folder);
    diags.push(
        Diagnostic::new(Code::BindData, mount.origin, format!("{path} becomes the claim {}", store.claim))
            .label("taken for a file, by its name in the container")
            .why("a claim is mounted as a folder, and the program looks for a file")
            .help(format!(
                "have the file in a folder of its own, as {folder}/data, mount that, and copy the file into it"
            ))
            .cause("bind-data-file")
            .key(format!("services.{}.volumes", workload.service)),
    );
}

/// A volume of the cluster is told the namespace of the Secret that its driver reads.
pub(super) fn in_namespace(app: &App, volume: Option<&PersistentVolume>, diags: &mut Diagnostics) {
    let Some(volume) = volume.filter(|_| app.namespace.is_none()) else { return };
    let ShareProtocol::Smb { share: _, secret: Some(secret) } = &volume.share.protocol else { return };
    let Some(place) = volume.share.why.origins().first() else { return };
    diags.push(
        Diagnostic::new(
            Code::SmbNamespace,
            *place,
            format!("the driver of the claim {} reads the Secret {secret} in the namespace default", volume.claim),
        )
        .why("a volume belongs to no namespace and must say where its Secret is, and none was chosen")
        .help("say --namespace with the one that the manifests are applied to")
        .cause("smb-namespace")
        .key("volumes"),
    );
}

/// A datastore that nothing is mounted into, and volumes without a name.
fn not_kept(workload: &Workload, diags: &mut Diagnostics) {
    let known = images::known(&workload.container.image.value);
    let key = format!("services.{}.volumes", workload.service);
    for mount in &workload.mounts {
        let is_data = known.is_some_and(|image| image.datastore && image.data.contains(&mount.target.value.as_str()));
        // A folder in which single files are mounted is no volume of the user's.
        let is_file = |other: &Mount| {
            other.origin == mount.origin
                && matches!(other.source, MountSource::File { object: _, kind: _, key: _, mode: _ })
        };
        if matches!(mount.source, MountSource::Anonymous) && !is_data && !workload.mounts.iter().any(is_file) {
            diags.push(
                Diagnostic::new(
                    Code::DataNotKept,
                    mount.origin,
                    format!("{} lasts as long as the pod", mount.target.value),
                )
                .why("a volume without a name becomes an empty folder of the pod")
                .help("name the volume if what it holds must last")
                .cause("anonymous-volume")
                .key(key.clone()),
            );
        }
    }
    let Some(image) = known.filter(|image| image.datastore && !image.data.is_empty()) else { return };
    let touches = |target: &str| {
        image.data.iter().any(|data| {
            let within = |one: &str, other: &str| {
                one == other || one.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'))
            };
            within(data, target) || within(target, data)
        })
    };
    let is_kept =
        |mount: &Mount| touches(&mount.target.value) || (is_storage(mount) && is_told(workload, &mount.target.value));
    if !workload.mounts.iter().any(is_kept) {
        let data = image.data.first().copied().unwrap_or_default();
        diags.push(
            Diagnostic::new(
                Code::DataNotKept,
                workload.origin,
                format!("what `{}` stores lasts as long as its pod", workload.service),
            )
            .why(format!("no volume is mounted at {data}"))
            .help(format!("mount one if it must last: volumes: [{}-data:{data}]", workload.name))
            .cause("data-not-kept")
            .key(key),
        );
    }
}

/// Whether what is written there stays, or may.
fn is_storage(mount: &Mount) -> bool {
    match &mount.source {
        MountSource::Named { volume: _, subpath: _ }
        | MountSource::External { claim: _, subpath: _ }
        | MountSource::Data(_)
        | MountSource::Host { path: _, kind: _ } => true,
        MountSource::File { object: _, kind: _, key: _, mode: _ }
        | MountSource::Folder { object: _, kind: _, items: _ }
        | MountSource::Image { reference: _, subpath: _ }
        | MountSource::Anonymous
        | MountSource::Memory(_) => false,
    }
}

/// Whether the command or a variable names a path: data stand where the program is told to keep them.
fn is_told(workload: &Workload, path: &str) -> bool {
    let container = &workload.container;
    // MinIO numbers its folders: `/data{1...4}`.
    let path = path.trim_end_matches(|c: char| c.is_ascii_digit());
    let mut words = container.command.iter().chain(&container.args).flatten();
    let mut variables = container.env.iter();
    words.any(|word| word.value.contains(path))
        || variables.any(|variable| matches!(&variable.source, EnvSource::Literal(text) if text.contains(path)))
}

fn shared(app: &App, stores: &Stores, (identity, store): (&Identity, &Store), diags: &mut Diagnostics) {
    let users: Vec<&Workload> = store.users.iter().filter_map(|index| app.workloads.get(*index)).collect();
    if !several(store, &users) || store.many_nodes.is_some() {
        return;
    }
    let numbered = store.users.iter().filter_map(|index| Some((*index, app.workloads.get(*index)?)));
    if let Some((index, everywhere)) = numbered.into_iter().find(|(_, user)| user.kind.value == Kind::DaemonSet) {
        let is_it = |mount: &&Mount| stores.of(index, everywhere, mount).is_some_and(|(found, _)| found == *identity);
        diags.push(
            Diagnostic::new(
                Code::VolumeOnEveryNode,
                everywhere.mounts.iter().find(is_it).map_or(store.origin, |mount| mount.origin),
                format!("the pods of `{}` share the claim {}", everywhere.service, store.claim),
            )
            .why("on the swarm each node had a volume of its own; this claim is mounted on one node at a time, and pods on others wait")
            .help("say --shared-volumes rwx if the cluster has such a storage class, or mount a path of the node")
            .cause("volume-on-every-node")
            .key(format!("services.{}.volumes", everywhere.service)),
        );
        return;
    }
    let title = match (identity, users.as_slice()) {
        (_, [only]) => {
            format!("the {} pods of `{}` share the claim {}", only.replicas.value, only.service, store.claim)
        }
        (_, several) => {
            let names: Vec<String> = several.iter().map(|workload| format!("`{}`", workload.service)).collect();
            format!("{} share the claim {}", names.join(", "), store.claim)
        }
    };
    diags.push(
        Diagnostic::new(Code::VolumeShared, store.origin, title)
            .why("their pods run on one node, as on one Docker host: most storage is mounted on one node at a time")
            .help("say --shared-volumes rwx if the cluster has a storage class that is mounted on several nodes")
            .cause("volume-shared"),
    );
}

/// A new volume over a path of an image of which nothing is known.
pub(super) fn unknown_content(
    (index, workload): (usize, &Workload),
    mount: &Mount,
    stores: &Stores,
    seeders: &Seeders,
    diags: &mut Diagnostics,
) {
    let is_new = match stores.of(index, workload, mount) {
        Some((identity @ (Identity::Volume(_, _) | Identity::Each(_, _) | Identity::Anonymous(_, _)), _)) => {
            !seeders.fill(&identity) && stores.get(&identity).is_some_and(|store| store.network.is_none())
        }
        Some((Identity::Folder(_, _) | Identity::External(_), _)) => false,
        None => matches!(mount.source, MountSource::Anonymous),
    };
    if mount.content == ImageContent::Unknown && is_new {
        let message = if holds_settings(&mount.target.value) {
            Diagnostic::new(
                Code::VolumeOverSettings,
                mount.origin,
                format!("the volume at {} begins empty, and hides what the image holds there", mount.target.value),
            )
            .help("mount the settings from files, or copy them in an init container that has the image and the volume")
        } else {
            Diagnostic::new(
                Code::VolumeSeed,
                mount.origin,
                format!("the volume at {} begins empty", mount.target.value),
            )
            .help("if the image holds files there, copy them at the container's start; if its program is not root's, write user: with its number")
        };
        diags.push(
            message
                .why(match &workload.pod.fs_group {
                    Some(_) => "Docker copies what the image holds there into a new volume; Kubernetes does not",
                    None => "Docker copies what the image holds there into a new volume, and whose it is; Kubernetes does neither, and the volume belongs to root",
                })
                .cause("volume-seed")
                .key(format!("services.{}.volumes", workload.service)),
        );
    }
}

/// Whether images have settings or pages of their own at such a path, which is not where programs write data. Certificates come
/// from outside.
fn holds_settings(path: &str) -> bool {
    let is_of_others = ["cert", "ssl", "letsencrypt", "acme", "vhost"].iter().any(|word| path.contains(word));
    let (above, last) = path.rsplit_once('/').unwrap_or(("", path));
    let is_named = matches!(last, "etc" | "conf" | "conf.d" | "config" | "html" | "htdocs" | "plugins" | "templates");
    !is_of_others && (path.starts_with("/etc/") || path.starts_with("/usr/") || is_named && !above.is_empty())
}
