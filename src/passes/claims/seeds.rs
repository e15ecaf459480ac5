//! Docker copies what an image holds at a path into the new volume that is mounted there; Kubernetes does not. Where the image is
//! known to need it, an init container copies it.
//!
//! ```yaml
//! initContainers:
//!   - name: copy-static
//!     image: shop-web
//!     command: [sh, -c, 'case "$(ls -A /copy)" in ""|lost+found) cp -a /app/static/. /copy/ ;; esac']
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{
    App, Container, ContainerMount, ImageContent, Member, Propagation, SecurityContext, Step, Traced, Why, Workload,
    carry,
};
use crate::passes::claims::stores::{Identity, Stores};

/// Where the volume stands while it is filled.
const COPY: &str = "/copy";

/// Who fills what.
#[derive(Default)]
pub(super) struct Seeders {
    /// The mounts, by workload and path, whose volume is filled there, and why.
    mounts: BTreeMap<(usize, String), Why>,
    filled: BTreeSet<Identity>,
}

impl Seeders {
    /// Why a workload fills what it mounts at a path.
    pub(super) fn at(&self, index: usize, target: &str) -> Option<&Why> {
        self.mounts.get(&(index, target.to_owned()))
    }

    /// Whether somebody fills it.
    pub(super) fn fill(&self, identity: &Identity) -> bool {
        self.filled.contains(identity)
    }
}

/// One mount fills a volume: the first that is known to need it,
/// what is built here before what is not; else the first that writes a volume which another only reads.
pub(super) fn seeders(app: &App, stores: &Stores) -> Seeders {
    let mut best: BTreeMap<Identity, (u8, (usize, String), Why)> = BTreeMap::new();
    let mut seeders = Seeders::default();
    for (index, workload) in app.workloads.iter().enumerate() {
        for mount in &workload.mounts {
            let place = (index, mount.target.value.clone());
            let Some((identity, _)) = stores.of(index, workload, mount) else {
                // A volume without a name is filled in each pod.
                if let (ImageContent::Needed(why), crate::ir::MountSource::Anonymous) = (&mount.content, &mount.source)
                {
                    seeders.mounts.insert(place, why.clone());
                }
                continue;
            };
            if matches!(identity, Identity::Folder(_, _)) {
                continue;
            }
            let is_read = || has_reader(app, stores, &identity, index);
            let found = match &mount.content {
                ImageContent::Needed(why @ (Why::Origin(_) | Why::Origins(_))) => Some((0, why.clone())),
                ImageContent::Unknown if mount.read_only.is_none() && is_read() => {
                    Some((1, Why::Decision("shared-with-a-reader")))
                }
                ImageContent::Needed(why) => Some((2, why.clone())),
                ImageContent::Unknown | ImageContent::Unwanted => None,
            };
            if let Some((rank, why)) = found
                && best.get(&identity).is_none_or(|(earlier, _, _)| rank < *earlier)
            {
                best.insert(identity, (rank, place, why));
            }
        }
    }
    for (identity, (_, place, why)) in best {
        seeders.filled.insert(identity);
        seeders.mounts.insert(place, why);
    }
    seeders
}

/// Whether another workload mounts the same thing and cannot write it.
fn has_reader(app: &App, stores: &Stores, identity: &Identity, but: usize) -> bool {
    let users = stores.get(identity).map_or(&[][..], |store| store.users.as_slice());
    users.iter().filter(|user| **user != but).filter_map(|user| Some((*user, app.workloads.get(*user)?))).any(
        |(user, workload)| {
            workload.mounts.iter().any(|mount| {
                mount.read_only.is_some()
                    && stores.of(user, workload, mount).is_some_and(|(other, _)| other == *identity)
            })
        },
    )
}

/// The container that fills a volume, as root, so that owners and modes stay as they are in the image.
pub(super) fn seed(workload: &Workload, placed: &ContainerMount, why: Why) -> Step {
    let from = placed.path.value.as_str();
    let script = format!(
        "if [ -d {from} ]; then case \"$(ls -A {COPY})\" in \"\"|lost+found) cp -a {from}/. {COPY}/ ;; esac; fi",
        from = quoted(from)
    );
    let word = |text: &str| Traced { value: text.to_owned(), why: why.clone() };
    let mut container = Container::of_image(workload.container.image.clone());
    container.pull.clone_from(&workload.container.pull);
    container.command = Some(vec![word("sh"), word("-c"), word(&script)]);
    container.security =
        SecurityContext { user: Some(Traced::decided(0, "keeps-owners")), ..SecurityContext::default() };
    container.mounts.push(ContainerMount {
        volume: placed.volume.clone(),
        path: word(COPY),
        subpath: placed.subpath.clone(),
        of_pod: placed.of_pod.clone(),
        read_only: None,
        propagation: Propagation::default(),
    });
    if let Some(of_pod) = &placed.of_pod {
        carry(&of_pod.value, &mut container.env, &of_pod.why);
    }
    let name = crate::ir::Name::from_text(&format!("copy-{}", placed.volume));
    Step::Ends(Box::new(Member { name, container, ports: Vec::new(), why }))
}

/// A word for the shell, whatever it holds.
fn quoted(path: &str) -> String {
    let is_plain = path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_'));
    if is_plain { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}
