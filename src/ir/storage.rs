//! Storage: what a container sees where, the claims behind it, and the volumes of a network behind those.

use super::{FileObjectKind, Labelled, Name, TextPart, Traced, Why};
use crate::origin::Origin;

/// Something mounted into the container.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Absolute path in the container.
    pub target: Traced<String>,
    /// What is mounted.
    pub source: MountSource,
    /// Whether the container cannot write to it.
    pub read_only: Option<Origin>,
    /// What the image holds at its path.
    pub content: ImageContent,
    /// How mounts below a path of the node spread; nothing for every other source.
    pub propagation: Propagation,
    /// A folder in the source that is another one for each pod.
    pub of_pod: Option<Traced<Vec<TextPart>>>,
    /// Who alone may read it, where that is not root: of a file of a ConfigMap or Secret.
    pub owner: Option<Owner>,
    /// Where it is written.
    pub origin: Origin,
}

/// Whose a file is.
#[derive(Clone, Debug)]
pub struct Owner {
    /// User id, which is not root's.
    pub user: Traced<i64>,
    /// Group id.
    pub group: Traced<i64>,
    /// Permission bits, none of them for the group or others.
    pub mode: Traced<u32>,
}

impl Mount {
    /// A mount without options.
    pub fn new(target: Traced<String>, source: MountSource, read_only: Option<Origin>, origin: Origin) -> Self {
        Mount {
            target,
            source,
            read_only,
            content: ImageContent::Unknown,
            propagation: Propagation::default(),
            of_pod: None,
            owner: None,
            origin,
        }
    }
}

/// What the image holds where a volume is mounted: Docker copies it into a new volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ImageContent {
    /// Something that is missed if it is not copied.
    Needed(Why),
    /// Perhaps something.
    #[default]
    Unknown,
    /// Nothing that matters, or it is not to be copied.
    Unwanted,
}

/// How mounts below a path of the node spread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Propagation {
    /// `HostToContainer` or `Bidirectional`.
    pub mode: Option<Traced<&'static str>>,
    /// Whether mounts below it are read-only too.
    pub recursive_read_only: Option<Origin>,
}

/// What a mount shows.
#[derive(Clone, Debug)]
pub enum MountSource {
    /// A named volume of the project: the key under `volumes`.
    Named {
        /// The key.
        volume: String,
        /// A folder inside of it.
        subpath: Option<Traced<String>>,
    },
    /// A volume that must exist: the claim's name.
    External {
        /// The claim.
        claim: Traced<Name>,
        /// A folder inside of it.
        subpath: Option<Traced<String>>,
    },
    /// A volume without a name.
    Anonymous,
    /// Memory: size in bytes.
    Memory(Option<Traced<i64>>),
    /// One file of a ConfigMap or Secret.
    File {
        /// The object's name.
        object: Name,
        /// ConfigMap or Secret.
        kind: FileObjectKind,
        /// The key in it.
        key: String,
        /// Permission bits, where they are not the default.
        mode: Option<Traced<u32>>,
    },
    /// All files of a ConfigMap or Secret.
    Folder {
        /// The object's name.
        object: Name,
        /// ConfigMap or Secret.
        kind: FileObjectKind,
        /// Which key is which file; empty where every key is the name of its file.
        items: Vec<Item>,
    },
    /// A folder of the Docker host whose data must be copied: its full path.
    Data(String),
    /// A path of the node.
    Host {
        /// Absolute path on the node.
        path: String,
        /// `Directory`, `File`, `Socket` and so on, or empty where it is not checked.
        kind: Traced<&'static str>,
    },
    /// The files of an image.
    Image {
        /// Its reference.
        reference: Traced<String>,
        /// A folder inside of it.
        subpath: Option<Traced<String>>,
    },
}

impl MountSource {
    /// The ConfigMap or Secret behind it, and its one key where it is a file.
    pub fn object(&self) -> Option<(FileObjectKind, &Name, Option<&String>)> {
        match self {
            MountSource::File { object, kind, key, mode: _ } => Some((*kind, object, Some(key))),
            MountSource::Folder { object, kind, items: _ } => Some((*kind, object, None)),
            MountSource::Named { volume: _, subpath: _ }
            | MountSource::External { claim: _, subpath: _ }
            | MountSource::Image { reference: _, subpath: _ }
            | MountSource::Anonymous
            | MountSource::Memory(_)
            | MountSource::Data(_)
            | MountSource::Host { path: _, kind: _ } => None,
        }
    }
}

/// A key of a ConfigMap or Secret as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The key.
    pub key: String,
    /// The file's path below the mount.
    pub path: String,
    /// Permission bits, where they are not the default.
    pub mode: Option<Traced<u32>>,
}

/// A named volume of the project, as its definition says it. Taken by `passes::claims`.
#[derive(Clone, Debug)]
pub struct NamedVolume {
    /// The name that its claim has.
    pub name: Name,
    /// Bytes, where they are stated.
    pub size: Option<Traced<i64>>,
    /// What its definition labels it with.
    pub labelled: Labelled,
    /// The network storage behind it.
    pub network: Option<NetworkShare>,
    /// Whether several nodes may mount it, as its driver says.
    pub many_nodes: Option<Why>,
    /// What else the user says of its claim.
    pub wishes: Wishes,
    /// Whether each service, or each of its tasks, has one of its own, as placeholders in its name say.
    pub each: Option<Each>,
    /// A folder of the network storage with placeholders in its path, as it is written.
    pub below: Option<Traced<String>>,
    /// Where its key stands.
    pub origin: Origin,
}

/// Who has a volume of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// Each service that mounts it.
    Service,
    /// Each task of each service: tasks of two services with one number had one.
    Slot(Origin),
}

/// What the user says of a claim beside its size, in the words of the cluster.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Bytes.
    pub size: Option<Traced<i64>>,
    /// Its StorageClass.
    pub class: Option<Traced<String>>,
    /// Who may mount it at once.
    pub access: Option<Traced<Access>>,
    /// What becomes of it when its StatefulSet is deleted.
    pub retention: Option<Traced<Retention>>,
}

impl Wishes {
    /// Those of another one hold where this one says nothing.
    pub fn or(self, other: &Wishes) -> Wishes {
        let Wishes { size, class, access, retention } = other;
        Wishes {
            size: self.size.or_else(|| size.clone()),
            class: self.class.or_else(|| class.clone()),
            access: self.access.or_else(|| access.clone()),
            retention: self.retention.or_else(|| retention.clone()),
        }
    }

    /// Why each of them is there.
    pub fn reasons(&self) -> impl Iterator<Item = &Why> {
        let Wishes { size, class, access, retention } = self;
        let size = size.iter().map(|found| &found.why);
        let class = class.iter().map(|found| &found.why);
        let access = access.iter().map(|found| &found.why);
        size.chain(class).chain(access).chain(retention.iter().map(|found| &found.why))
    }
}

/// Who may mount a volume at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The pods of one node.
    Once,
    /// One pod.
    OncePod,
    /// The pods of all nodes.
    Many,
    /// The same, to read.
    ReadOnlyMany,
}

impl Access {
    /// As Kubernetes spells it.
    pub fn word(self) -> &'static str {
        match self {
            Access::Once => "ReadWriteOnce",
            Access::OncePod => "ReadWriteOncePod",
            Access::Many => "ReadWriteMany",
            Access::ReadOnlyMany => "ReadOnlyMany",
        }
    }
}

/// What becomes of a claim when its StatefulSet is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// It stays.
    Retain,
    /// It is deleted.
    Delete,
}

/// A folder that a server gives to others.
#[derive(Clone, Debug)]
pub struct NetworkShare {
    /// The protocol with its address.
    pub protocol: ShareProtocol,
    /// Options of the mount, in order.
    pub options: Vec<String>,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// Where it is written.
    pub why: Why,
}

/// NFS or SMB.
#[derive(Clone, Debug)]
pub enum ShareProtocol {
    /// NFS: built into Kubernetes.
    Nfs {
        /// The server.
        server: String,
        /// The exported path.
        path: String,
    },
    /// SMB (CIFS): by the driver `smb.csi.k8s.io`.
    Smb {
        /// As `//server/share`.
        share: String,
        /// The Secret with `username` and `password`.
        secret: Option<Name>,
    },
}

/// A claim of storage.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its name.
    pub name: Name,
    /// Bytes.
    pub size: Traced<i64>,
    /// Who may mount it at once.
    pub access: Traced<Access>,
    /// Its StorageClass, where it is not the cluster's own.
    pub class: Option<Traced<String>>,
    /// What its volume is labelled with.
    pub labelled: Labelled,
    /// The volume that it is bound to.
    pub volume: Option<Traced<Name>>,
    /// Why it is there.
    pub why: Why,
}

/// A volume of the cluster that one claim is bound to.
#[derive(Clone, Debug)]
pub struct PersistentVolume {
    /// Its name, unique in the cluster.
    pub name: Name,
    /// The claim.
    pub claim: Name,
    /// Bytes: the same as the claim's.
    pub size: Traced<i64>,
    /// What is behind it.
    pub share: NetworkShare,
}

/// A volume of the pod.
#[derive(Clone, Debug)]
pub struct Volume {
    /// Unique in the pod, among claim templates too.
    pub name: Name,
    /// What it is.
    pub source: VolumeSource,
    /// Why.
    pub why: Why,
}

/// What a volume of a pod is.
#[derive(Clone, Debug)]
pub enum VolumeSource {
    /// A claim.
    Claim(Name),
    /// An empty folder on the node's disk.
    Empty,
    /// An empty folder in memory: size in bytes.
    Memory(Option<Traced<i64>>),
    /// A ConfigMap or Secret: whole, or the named keys.
    Object {
        /// ConfigMap or Secret.
        kind: FileObjectKind,
        /// Its name.
        object: Name,
        /// Empty means every key, under its own name.
        items: Vec<Item>,
    },
    /// A path of the node.
    Host {
        /// The path.
        path: String,
        /// Its type; empty when unchecked.
        kind: Traced<&'static str>,
    },
    /// The files of an image.
    Image(Traced<String>),
}

/// A volume at a path of the container.
#[derive(Clone, Debug)]
pub struct ContainerMount {
    /// The volume's or claim template's name.
    pub volume: Name,
    /// Absolute path.
    pub path: Traced<String>,
    /// A path in the volume.
    pub subpath: Option<Traced<String>>,
    /// A path in the volume that is another one for each pod, in place of `subpath`.
    pub of_pod: Option<Traced<Vec<TextPart>>>,
    /// Whether it cannot be written.
    pub read_only: Option<Why>,
    /// How mounts below it spread.
    pub propagation: Propagation,
}
