//! What is mounted into a container (compose-spec, "volumes" of a service, "tmpfs") and the volumes of a project.

use crate::compose::grammar::mounts;
use crate::compose::keys::{Decode, Key, Merge, Reader, Shape, keys};
use crate::compose::model::files::External;
use crate::compose::model::scalar::{Bytes, Truncated, Unquoted, choices};
use crate::compose::model::text::{OneOrMore, Options, Pairs};
use crate::diag::{Code, Diagnostic};
use crate::origin::Spanned;
use crate::syntax::{Node, Value};

keys! {
    /// A mount in long form.
    LongMount in "services.*.volumes[]" {
        kind "type": String, Merge::Default, Reads, Exact, "`bind`, `volume`, `tmpfs`, `image`, `npipe` or `cluster`.";
        source "source": String, Merge::Default, Reads, Approximate, "The folder, volume or image.";
        target "target": String, Merge::Default, Reads, Exact, "The path in the container.";
        read_only "read_only": bool, Merge::Default, Reads, Exact, "Whether it cannot be written.";
        consistency "consistency": String, Merge::Default, Reads, Loader, "A hint for Docker Desktop.";
        bind "bind": BindOptions, Merge::Default, Reads, Approximate, "Options of a bind mount.";
        volume "volume": VolumeOptions, Merge::Default, Reads, Approximate, "Options of a volume mount.";
        tmpfs "tmpfs": TmpfsOptions, Merge::Default, Reads, Approximate, "Options of a folder in memory.";
        image "image": ImageOptions, Merge::Default, Reads, Approximate, "Options of an image mount.";
    }
}

keys! {
    /// `volumes[].bind`.
    BindOptions in "services.*.volumes[].bind" {
        propagation "propagation": String, Merge::Default, Reads, Exact, "How mounts below it spread.";
        create_host_path "create_host_path": bool, Merge::Default, Reads, Exact, "Whether a missing folder is made.";
        recursive "recursive": Recursive, Merge::Default, Reads, Approximate, "Whether mounts below it are mounted too.";
        selinux "selinux": Selinux, Merge::Default, Reads, Loader, "How it is relabelled.";
    }
}

keys! {
    /// `volumes[].volume`.
    VolumeOptions in "services.*.volumes[].volume" {
        labels "labels": Pairs, Merge::Default, Reads, Approximate, "Labels of the volume.";
        nocopy "nocopy": bool, Merge::Default, Reads, Approximate, "Whether the image's content is not copied.";
        subpath "subpath": String, Merge::Default, Reads, Exact, "A folder in the volume.";
    }
}

keys! {
    /// `volumes[].tmpfs`.
    TmpfsOptions in "services.*.volumes[].tmpfs" {
        size "size": Bytes, Merge::Default, Reads, Exact, "Its size in bytes.";
        mode "mode": Unquoted<Truncated>, Merge::Default, Reads, Nothing, "Its permission bits.";
    }
}

keys! {
    /// `volumes[].image`.
    ImageOptions in "services.*.volumes[].image" {
        subpath "subpath": String, Merge::Default, Reads, Approximate, "A folder in the image.";
    }
}

choices! {
    /// Whether mounts below a bind mount are mounted too.
    Recursive {
        Enabled "enabled" "They are.";
        Disabled "disabled" "They are not.";
        Writable "writable" "They are, and writable.";
        ReadOnly "readonly" "They are, and read-only.";
    }
}

choices! {
    /// How the files of a bind mount are relabelled.
    Selinux {
        Shared "z" "For several containers.";
        Private "Z" "For this container alone.";
    }
}

/// One mount, in the form it was written.
#[derive(Clone, Debug, PartialEq)]
pub enum ServiceMount {
    /// `source:target:options`.
    Short(mounts::ShortMount),
    /// A mapping.
    Long(Box<LongMount>),
}

impl Decode for ServiceMount {
    const SHAPE: Shape = Shape::Table(LongMount::TABLE);

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let origin = node.origin;
        let Value::String(text) = &node.value else {
            let mount = LongMount::decode(node, reader)?;
            if matches!(mount.target, Key::Absent | Key::Null(_)) {
                reader.missing(origin, "target");
                return None;
            }
            if matches!(mount.kind, Key::Absent | Key::Null(_)) {
                reader.missing(origin, "type");
                return None;
            }
            return Some(ServiceMount::Long(Box::new(mount)));
        };
        let mount = match mounts::parse_short(text) {
            Ok(mount) => mount,
            Err(message) => {
                reader.bad_value(origin, message, "write source:target or source:target:ro");
                return None;
            }
        };
        // `cached`, `delegated` and `consistent` are hints for Docker Desktop, as `consistency` is in the long form.
        let hints = ["cached", "delegated", "consistent"];
        let unknown: Vec<&str> =
            mount.ignored.iter().map(String::as_str).filter(|option| !hints.contains(option)).collect();
        if !unknown.is_empty() {
            let path = reader.path();
            reader.diags.push(
                Diagnostic::new(
                    Code::NoCounterpart,
                    origin,
                    format!("`{path}` has an option without effect: {}", unknown.join(", ")),
                )
                .why("Docker ignores options that it does not know")
                .help("remove it")
                .key(path),
            );
        }
        Some(ServiceMount::Short(mount))
    }
}

/// All mounts of a service.
pub type Mounts = Vec<Spanned<ServiceMount>>;

/// `tmpfs`: paths with options, and the texts as they are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TmpfsMounts(pub Vec<Spanned<Tmpfs>>, pub Vec<Spanned<String>>);

/// A folder in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Tmpfs {
    /// Its path.
    pub path: String,
    /// `name=value` options.
    pub options: Vec<(String, Option<String>)>,
}

impl Decode for TmpfsMounts {
    const EXPECTED: &'static str = OneOrMore::EXPECTED;

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let texts = OneOrMore::decode(node, reader)?;
        let mut read = Vec::with_capacity(texts.0.len());
        for text in &texts.0 {
            match mounts::parse_tmpfs(&text.value) {
                Ok((path, options)) => read.push(Spanned { value: Tmpfs { path, options }, origin: text.origin }),
                Err(message) => reader.bad_value(text.origin, message, "write a path, as /run:size=64m"),
            }
        }
        Some(TmpfsMounts(read, texts.0))
    }
}

keys! {
    /// A volume of the project.
    Volume in "volumes.*" nullable true {
        name "name": String, Merge::Default, Reads, Exact, "Its real name.";
        driver "driver": String, Merge::Default, Reads, Approximate, "The plugin that holds it.";
        driver_opts "driver_opts": Options, Merge::Default, Reads, Approximate, "Options of the plugin.";
        external "external": External, Merge::Default, Reads, Exact, "Whether it exists already.";
        labels "labels": Pairs, Merge::Pairs, Reads, Exact, "Its labels.";
    }
}
