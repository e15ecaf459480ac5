//! Files with an owner: an init container, which runs as that user, copies each from its ConfigMap or Secret into memory, where it
//! belongs to whoever wrote it.
//!
//! ```yaml
//! initContainers:
//!   - name: own-files
//!     image: busybox:1.37
//!     command: [sh, -c, "set -e; umask 077; cp -f /from/keyfile /own/keyfile; chmod 0400 /own/keyfile"]
//!     securityContext: { runAsUser: 999, runAsGroup: 999 }
//! ```

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::ir::{
    Container, ContainerMount, Member, Mount, MountSource, Name, Owner, Resources, SecurityContext, Step, Traced,
    VolumeSource, Why,
};
use crate::lower::Context;
use crate::passes::claims::place::Placer;
use crate::passes::claims::stores::last_part;
use crate::request::SMALL_IMAGE;

/// Where the copies stand while they are written.
const COPIES: &str = "/own";
/// Where what is copied is seen.
const ORIGINALS: &str = "/from";

/// The copies of one pod.
#[derive(Default)]
pub(super) struct Copies {
    volume: Option<Name>,
    /// By user and group: what its container does.
    of_users: IndexMap<(i64, i64), Copying>,
    names: BTreeMap<String, u32>,
}

struct Copying {
    user: Traced<i64>,
    group: Traced<i64>,
    mounts: Vec<ContainerMount>,
    lines: Vec<String>,
    whys: Vec<Why>,
}

impl Copies {
    /// The copy as the container sees it; the original is seen by the container that copies.
    pub(super) fn place(&mut self, placer: &mut Placer<'_>, mut mount: Mount, owner: Owner) -> ContainerMount {
        let Owner { user, group, mode } = owner;
        let why = Why::Origin(mount.origin);
        // The first of several names the user; all of them are heard.
        let heard = [why.clone(), user.why.clone(), group.why.clone(), mode.why.clone()];
        let is_of_group = placer.workload.pod.fs_group.as_ref().is_some_and(|group| group.value != 0);
        let name = self.name(&mount.target.value);
        let volume =
            self.volume.get_or_insert_with(|| placer.add("own-files", VolumeSource::Memory(None), &why)).clone();
        let copy = ContainerMount {
            volume: volume.clone(),
            path: mount.target.clone(),
            subpath: Some(Traced { value: name.clone(), why: why.clone() }),
            of_pod: None,
            read_only: mount.read_only.map(Why::Origin),
            propagation: Default::default(),
        };
        // Its reader is the container that copies alone.
        if let MountSource::File { object: _, kind: _, key: _, mode } = &mut mount.source {
            *mode = Some(Traced::decided(0o444, "read-by-the-copy"));
        }
        mount.target = Traced { value: format!("{ORIGINALS}/{name}"), why: why.clone() };
        let original = placer.place(mount);
        let copying = self.of_users.entry((user.value, group.value)).or_insert_with(|| {
            let place = ContainerMount {
                volume,
                path: Traced { value: COPIES.to_owned(), why: why.clone() },
                subpath: None,
                of_pod: None,
                read_only: None,
                propagation: Default::default(),
            };
            Copying {
                user,
                group,
                mounts: vec![place],
                lines: vec!["set -e".to_owned(), "umask 077".to_owned()],
                whys: Vec::new(),
            }
        });
        copying.mounts.push(original);
        copying.lines.push(format!("cp -f {ORIGINALS}/{name} {COPIES}/{name}"));
        if is_of_group {
            // New files have the group of the pod's files.
            copying.lines.push(format!("chgrp {} {COPIES}/{name}", copying.group.value));
        }
        copying.lines.push(format!("chmod {:04o} {COPIES}/{name}", mode.value));
        copying.whys.extend(heard);
        copy
    }

    /// A name for the copy that no other has, of letters that the shell leaves as they are.
    fn name(&mut self, target: &str) -> String {
        let legal = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
        let plain: String = last_part(target).chars().map(legal).collect();
        let count = self.names.entry(plain.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { plain } else { format!("{count}-{plain}") }
    }

    /// The containers that copy.
    pub(super) fn into_steps(self, context: &Context<'_>) -> Vec<Step> {
        let steps = self.of_users.into_values().enumerate().map(|(index, copying)| {
            let Copying { user, group, mounts, lines, whys } = copying;
            let origins: Vec<_> = whys.iter().flat_map(Why::origins).copied().collect();
            let why = if origins.is_empty() { Why::Decision("private-file") } else { Why::Origins(origins) };
            let word = |text: &str| Traced { value: text.to_owned(), why: why.clone() };
            let image = match &context.request.wait_image {
                Some(image) => Traced::decided(image.clone(), "chosen-wait-image"),
                None => Traced::decided(SMALL_IMAGE.to_owned(), "wait-image"),
            };
            let mut container = Container::of_image(image);
            container.command = Some(vec![word("sh"), word("-c"), word(&lines.join("\n"))]);
            container.security = SecurityContext {
                user: Some(user.clone()),
                group: Some(group),
                drop: vec![Traced::decided("ALL".to_owned(), "private-file")],
                ..SecurityContext::default()
            };
            container.resources = Resources {
                request_cpu: Some(Traced::decided(1, "private-file")),
                request_memory: Some(Traced::decided(8 << 20, "private-file")),
                ..Resources::default()
            };
            container.mounts = mounts;
            let name = Name::from_text("own-files");
            let name = if index == 0 { name } else { name.with(&(index + 1).to_string()) };
            Step::Ends(Box::new(Member { name, container, ports: Vec::new(), why }))
        });
        steps.collect()
    }
}
