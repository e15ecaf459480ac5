//! What the long form of a mount says beside source and target (compose-spec, "volumes", long syntax): `bind`, `volume`, `tmpfs`,
//! `image`.

use super::{Asked, Mounter};
use crate::compose::keys::Key;
use crate::compose::model::mount::{BindOptions, ImageOptions, Recursive, TmpfsOptions, VolumeOptions};
use crate::diag::{Code, Diagnostic};
use crate::ir::Traced;
use crate::lower::{later, memory};
use crate::origin::Origin;

impl Mounter<'_> {
    /// `bind`: how mounts below it spread, and whether its folder must be there.
    pub(super) fn bind_options(&mut self, options: &Key<BindOptions>, asked: &mut Asked) {
        let Some(options) = options.get() else { return };
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
    pub(super) fn image_options(&mut self, options: &Key<ImageOptions>) -> Option<Traced<String>> {
        let options = options.get()?;
        let ImageOptions { subpath, extensions } = &options.value;
        later::extensions(extensions, self.diags);
        self.diags.consume(options.origin, "options without effect of their own");
        let subpath = subpath.get()?;
        self.diags.consume(subpath.origin, "a folder in the image");
        Some(Traced::from(subpath.clone()))
    }

    /// `volume`: the folder in it that is seen, and whether the image's content is copied.
    pub(super) fn volume_options(&mut self, options: &Key<VolumeOptions>, asked: &mut Asked) {
        let Some(options) = options.get() else { return };
        let VolumeOptions { labels, nocopy, subpath, extensions } = &options.value;
        later::extensions(extensions, self.diags);
        if let Some(labels) = labels.get() {
            self.diags.consume(labels.origin, "no labels");
            for pair in labels.value.0.values() {
                self.diags.consume(pair.origin, "labels of a volume without a name, which is a folder of the pod");
            }
        }
        if let Some(nocopy) = nocopy.get() {
            self.diags.consume(nocopy.origin, "decides whether a new volume gets the image's content");
            asked.no_copy = nocopy.value;
        }
        asked.subpath = subpath.get().cloned().map(Traced::from);
    }

    /// `tmpfs`: its size in bytes.
    pub(super) fn memory_options(&mut self, options: &Key<TmpfsOptions>) -> Option<Traced<i64>> {
        let options = options.get()?;
        let TmpfsOptions { size, mode, extensions } = &options.value;
        self.diags.consume(options.origin, "options without effect of their own");
        later::extensions(extensions, self.diags);
        if let Some(mode) = mode.get() {
            match u32::try_from(mode.value.0.0) {
                Ok(bits) if memory::is_open(bits) => {
                    self.diags.consume(mode.origin, "what a folder in memory has, or nearly");
                }
                _ => memory::refuse("mode", "the folder in memory", mode.origin, self.key(), self.diags),
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
