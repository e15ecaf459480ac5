//! Options of a mount in long form (compose-spec, "volumes", long syntax): those of its own type, each at its place.
//!
//! ```yaml
//! volumes: [{ type: volume, source: data, target: /data, volume: { subpath: app, nocopy: true } }]
//! # volumeMounts: mountPath /data, subPath app; nothing of the image is copied into the volume
//! ```

use super::{Asked, Mounter};
use crate::compose::Dialect;
use crate::compose::keys::Key;
use crate::compose::model::mount::{BindOptions, ImageOptions, Recursive, TmpfsOptions, VolumeOptions};
use crate::compose::model::text::Pairs;
use crate::diag::{Code, Diagnostic};
use crate::ir::Traced;
use crate::lower::{later, memory};
use crate::origin::{Origin, Spanned};

impl Mounter<'_> {
    /// Options of one type of mount, where the mount is of it. Others have no effect, as docker compose says, too; a stack with
    /// them is refused.
    fn of_kind<'k, T>(
        &mut self,
        options: &'k Key<T>,
        (name, kinds): (&str, &[&str]),
        kind: &Spanned<String>,
    ) -> Option<&'k Spanned<T>> {
        let found = options.get()?;
        if kinds.contains(&kind.value.as_str()) {
            return Some(found);
        }
        match (self.context.dialect(), options.key()) {
            (Dialect::Compose, Some(place)) => {
                let message = format!("the options under `{name}` have no effect on a mount of type {}", kind.value);
                self.diags.push(
                    Diagnostic::new(Code::ValueIgnored, place, message)
                        .why("docker compose leaves them out")
                        .help(format!("write type: {name}, or remove them"))
                        .key(self.key())
                        .covers_below([place]),
                );
            }
            (Dialect::Compose, None) | (Dialect::Swarm, _) => {
                later::used_up(options, "options of another type of mount", self.diags);
            }
        }
        None
    }

    /// `bind`: how mounts below it spread, and whether its folder must be there.
    pub(super) fn bind_options(&mut self, options: &Key<BindOptions>, kind: &Spanned<String>, asked: &mut Asked) {
        let Some(options) = self.of_kind(options, ("bind", &["bind"]), kind) else { return };
        self.diags.consume(options.origin, "options without effect of their own");
        let BindOptions { propagation, create_host_path, recursive, selinux, extensions } = &options.value;
        later::extensions(extensions, self.diags);
        if let Some(mode) = propagation.get() {
            self.diags.consume(mode.origin, "decides how mounts below a path of the node spread");
            asked.propagation.mode = self.propagation(&mode.value, mode.origin);
        }
        if let Some(selinux) = selinux.get() {
            self.diags.consume(selinux.origin, "the kubelet relabels volumes by itself");
        }
        if let Some(recursive) = recursive.get() {
            self.diags.consume(recursive.origin, "decides what becomes of mounts below it");
            self.recursive(recursive.value, recursive.origin, asked);
        }
        if let Some(create) = create_host_path.get() {
            self.diags.consume(create.origin, "decides whether the folder must exist on the node");
            asked.must_exist = (!create.value).then_some(create.origin);
        }
    }

    fn recursive(&mut self, recursive: Recursive, origin: Origin, asked: &mut Asked) {
        match recursive {
            // As Kubernetes does it.
            Recursive::Enabled | Recursive::Writable => {}
            // As with Docker, for a mount that nothing spreads into alone.
            Recursive::ReadOnly if asked.propagation.mode.is_none() => {
                asked.propagation.recursive_read_only = asked.read_only.map(|_| origin);
            }
            Recursive::ReadOnly => {}
            Recursive::Disabled => self.diags.push(
                Diagnostic::new(Code::MountOption, origin, "what is mounted below it is seen, too")
                    .why("Kubernetes always mounts a path of the node with all that is mounted below it")
                    .help("remove the option, or mount the folders that are wanted one by one")
                    .cause("recursive")
                    .key(self.key()),
            ),
        }
    }

    /// `image`: the folder in it that is seen.
    pub(super) fn image_options(
        &mut self,
        options: &Key<ImageOptions>,
        kind: &Spanned<String>,
    ) -> Option<Traced<String>> {
        let options = self.of_kind(options, ("image", &["image"]), kind)?;
        let ImageOptions { subpath, extensions } = &options.value;
        later::extensions(extensions, self.diags);
        self.diags.consume(options.origin, "options without effect of their own");
        let subpath = self.folder_inside(subpath.get()?)?;
        subpath.why.origins().iter().for_each(|place| self.diags.consume(*place, "a folder in the image"));
        Some(subpath)
    }

    /// `volume`: the folder in it that is seen, and whether the image's content is copied.
    pub(super) fn volume_options(
        &mut self,
        options: &Key<VolumeOptions>,
        kind: &Spanned<String>,
        is_named: bool,
        asked: &mut Asked,
    ) {
        let Some(options) = self.of_kind(options, ("volume", &["volume", "cluster"]), kind) else { return };
        self.diags.consume(options.origin, "options without effect of their own");
        let VolumeOptions { labels, nocopy, subpath, extensions } = &options.value;
        later::extensions(extensions, self.diags);
        self.volume_labels(labels, is_named);
        if let Some(nocopy) = nocopy.get() {
            self.diags.consume(nocopy.origin, "decides whether a new volume gets the image's content");
            asked.no_copy = nocopy.value;
        }
        let Some(subpath) = subpath.get() else { return };
        asked.subpath = self.folder_inside(subpath).filter(|_| is_named);
        if !is_named {
            self.diags.push(
                Diagnostic::new(Code::ValueIgnored, subpath.origin, "`subpath` has no effect here")
                    .why(
                        "a volume without a name is new, and holds no folder yet: Docker would not start the container",
                    )
                    .help("give the volume a name, or remove subpath")
                    .key(self.key()),
            );
        }
    }

    /// Labels of a mount's volume.
    fn volume_labels(&mut self, labels: &Key<Pairs>, is_named: bool) {
        let Some(found) = labels.get() else { return };
        if is_named || found.value.0.is_empty() {
            // docker compose has made the volume already, with the labels of its definition.
            return later::used_up(labels, "a volume has the labels that volumes: gives it", self.diags);
        }
        self.diags.push(
            Diagnostic::new(Code::LabelRefused, found.origin, "the labels of a volume without a name are left out")
                .why("it is a folder of the pod, which has no labels of its own")
                .help("name the volume under volumes: with these labels, or label the service")
                .cause("labels of unnamed volumes")
                .key(self.key())
                .covers(found.value.0.values().map(|pair| pair.origin)),
        );
    }

    /// A folder inside of what is mounted: below it, by a relative path. An empty one, as of a variable that is not set, is none.
    fn folder_inside(&mut self, subpath: &Spanned<String>) -> Option<Traced<String>> {
        let text = subpath.value.as_str();
        if text.is_empty() {
            self.diags.consume(subpath.origin, "no folder inside");
            return None;
        }
        if text.starts_with('/') || text.split('/').any(|part| part == "..") {
            self.diags.push(
                Diagnostic::new(Code::BadValue, subpath.origin, format!("`{text}` is no folder inside of a volume"))
                    .why("Docker and Kubernetes mount only what lies below its root")
                    .help("write a path without a slash at its beginning, and without ..")
                    .key(self.key()),
            );
            return None;
        }
        Some(Traced::from(subpath.clone()))
    }

    /// `tmpfs`: its size in bytes.
    pub(super) fn memory_options(
        &mut self,
        options: &Key<TmpfsOptions>,
        kind: &Spanned<String>,
    ) -> Option<Traced<i64>> {
        let options = self.of_kind(options, ("tmpfs", &["tmpfs"]), kind)?;
        let TmpfsOptions { size, mode, extensions } = &options.value;
        self.diags.consume(options.origin, "options without effect of their own");
        later::extensions(extensions, self.diags);
        if let Some(mode) = mode.get() {
            match u32::try_from(mode.value.0.0) {
                Ok(bits) if memory::is_open(bits) => {
                    self.diags.consume(mode.origin, "what a folder in memory has, or nearly");
                }
                _ => {
                    let option = [format!("mode {:o}", mode.value.0.0)];
                    memory::refuse(&option, "the folder in memory", mode.origin, self.key(), self.diags);
                }
            }
        }
        memory::limit(size.get().map(|size| Traced::from_origin(size.value.0, size.origin)), self.diags)
    }

    /// How mounts below a path of the node spread: Docker's default is that they do not.
    pub(in crate::lower) fn propagation(&mut self, mode: &str, origin: Origin) -> Option<Traced<&'static str>> {
        match mode {
            "shared" | "rshared" if self.privileged => Some(Traced::from_origin("Bidirectional", origin)),
            "shared" | "rshared" => {
                self.diags.push(
                    Diagnostic::new(Code::MountOption, origin, "what the container mounts is not seen by the node")
                        .why("Kubernetes lets privileged containers alone spread mounts in both directions")
                        .help("write privileged: true if the container is to mount something for others")
                        .key(self.key()),
                );
                Some(Traced::from_origin("HostToContainer", origin))
            }
            "slave" | "rslave" => Some(Traced::from_origin("HostToContainer", origin)),
            _ => None,
        }
    }
}
