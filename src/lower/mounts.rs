//! `volumes` of a service (compose-spec, "volumes"): every form of a mount, and what stands behind each.

mod options;

use crate::compose::grammar::mounts::{self as grammar, ShortKind, ShortMount};
use crate::compose::keys::Key;
use crate::compose::model::build::Build;
use crate::compose::model::mount::{LongMount, Mounts, ServiceMount};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::images::Image;
use crate::ir::{FileObject, ImageContent, Mount, MountSource, Name, Propagation, TextPart, Traced, Why};
use crate::lower::volumes::{Definition, Definitions};
use crate::lower::{Context, dockerfile, flags, later, placeholders};
use crate::origin::{Origin, Spanned};
use crate::target::Feature;

/// Lowers the mounts of one service: all that a decision about one of them needs.
pub(super) struct Mounter<'a> {
    pub(super) context: &'a Context<'a>,
    /// The workload's name.
    pub(super) own: &'a Name,
    /// The service's path, as `services.web`.
    pub(super) path: &'a str,
    /// How its image is built, if it is.
    pub(super) build: &'a Key<Build>,
    /// What is known of its image.
    pub(super) known: Option<&'static Image>,
    /// Whether one runs on each node.
    pub(super) on_each_node: bool,
    /// Whether a variable says its time zone.
    pub(super) has_zone: bool,
    /// Whether the container has all powers of the node.
    pub(super) privileged: bool,
    /// The volumes of the project.
    pub(super) volumes: &'a Definitions,
    /// The ConfigMaps and Secrets so far.
    pub(super) objects: &'a mut Vec<FileObject>,
    pub(super) diags: &'a mut Diagnostics,
}

/// A mount in either form, taken apart.
pub(super) struct Asked {
    /// Where it is seen.
    pub(super) target: Traced<String>,
    /// Whether it cannot be written.
    pub(super) read_only: Option<Origin>,
    /// Whether the image's content is not to be copied into it.
    pub(super) no_copy: bool,
    /// A folder inside of the source.
    pub(super) subpath: Option<Traced<String>>,
    /// A folder inside of the source that is another one for each pod.
    pub(super) of_pod: Option<Traced<Vec<TextPart>>>,
    /// How mounts below it spread.
    pub(super) propagation: Propagation,
    /// Whether a missing folder of the host is an error.
    pub(super) must_exist: Option<Origin>,
    /// Where it is written.
    pub(super) origin: Origin,
}

impl Asked {
    /// The mount of a source that is no path of the node.
    pub(super) fn of(self, source: MountSource) -> Mount {
        Mount { of_pod: self.of_pod, ..Mount::new(self.target, source, self.read_only, self.origin) }
    }

    /// What was said of a mount beside its source: a message that it is left out covers these.
    pub(super) fn leaves(&self) -> impl Iterator<Item = Origin> {
        self.target.why.origins().iter().copied().chain(self.read_only)
    }
}

impl Mounter<'_> {
    /// Every mount of `volumes`.
    pub(super) fn mounts(&mut self, volumes: &Key<Mounts>) -> Vec<Mount> {
        let mut all = Vec::new();
        let mut dropped = Vec::new();
        for mount in volumes.get().iter().flat_map(|mounts| mounts.value.iter()) {
            if self.refuses_relative(mount) {
                continue;
            }
            match &mount.value {
                ServiceMount::Short(short) => all.extend(self.short(short, mount.origin, &mut dropped)),
                ServiceMount::Long(long) => all.extend(self.long(long, mount.origin, &mut dropped)),
            }
        }
        self.without_shadows(&mut all, &dropped);
        all
    }

    /// Docker refuses a mount point that is not absolute when the container starts, or is all of it, and so does Kubernetes. That of a Windows
    /// container begins with a drive.
    fn refuses_relative(&mut self, mount: &Spanned<ServiceMount>) -> bool {
        let (target, is_anonymous) = match &mount.value {
            ServiceMount::Short(short) => (short.target.as_str(), short.kind == ShortKind::Anonymous),
            ServiceMount::Long(long) => (long.target.get().map_or("", |target| target.value.as_str()), false),
        };
        // With slashes, a drive is more likely a volume of one letter.
        if target.starts_with('/') && grammar::clean(target) != "/"
            || target.contains('\\') && grammar::is_windows_absolute(target)
        {
            return false;
        }
        let refused = if is_anonymous && target.contains(':') {
            let help = "Docker reads one letter before a colon as a Windows drive: give the volume a longer name";
            Diagnostic::new(Code::BadValue, mount.origin, format!("the mount point `{target}` is not absolute"))
                .help(help)
        } else {
            mount_point_refused(target, mount.origin)
        };
        self.diags.push(refused.key(self.key()));
        true
    }

    /// The key that messages are about.
    pub(super) fn key(&self) -> String {
        format!("{}.volumes", self.path)
    }

    fn short(&mut self, short: &ShortMount, origin: Origin, dropped: &mut Vec<String>) -> Option<Mount> {
        let ShortMount { kind, source, target, read_only, nocopy, options, ignored } = short;
        // Said when it was read.
        let _ = ignored;
        let mut asked = Asked {
            target: self.target(target, origin),
            read_only: read_only.then_some(origin),
            no_copy: *nocopy,
            subpath: None,
            of_pod: None,
            propagation: Propagation::default(),
            must_exist: None,
            origin,
        };
        // `z` and `Z` relabel files for SELinux, which the kubelet does by itself for volumes.
        if let Some(mode) = options.iter().rev().find(|option| !matches!(option.as_str(), "z" | "Z")) {
            asked.propagation.mode = self.propagation(mode, origin);
        }
        let source = source.clone().unwrap_or_default();
        match kind {
            ShortKind::Anonymous => Some(self.over_image(asked, |_| MountSource::Anonymous)),
            ShortKind::Volume => self.volume(&source, origin, asked, dropped),
            ShortKind::Bind => self.bind(&Spanned { value: source, origin }, asked, dropped),
        }
    }

    fn long(&mut self, long: &LongMount, origin: Origin, dropped: &mut Vec<String>) -> Option<Mount> {
        let LongMount { kind, source, target, read_only, consistency, bind, volume, tmpfs, image, extensions } = long;
        later::extensions(extensions, self.diags);
        later::used_up(consistency, "a hint for Docker Desktop", self.diags);
        let target = target.get()?;
        let target = self.target(&grammar::clean(&target.value), target.origin);
        let kind = kind.get()?;
        self.diags.consume(kind.origin, "decides what is mounted");
        let mut asked = Asked {
            target,
            read_only: flags::flag(read_only, self.diags),
            no_copy: false,
            subpath: None,
            of_pod: None,
            propagation: Propagation::default(),
            must_exist: None,
            origin,
        };
        let word = kind.value.as_str();
        // An empty source, as of a variable that is not set, is none.
        let written = source.get().filter(|source| !source.value.is_empty() || word == "bind");
        self.bind_options(bind, kind, &mut asked);
        self.volume_options(volume, kind, written.is_some(), &mut asked);
        let size = self.memory_options(tmpfs, kind);
        let below = self.image_options(image, kind);
        let place = source.get().map(|source| source.origin);
        if let (Some(place), None) = (place, written) {
            self.diags.consume(place, "an empty source is none");
        }
        match (word, written) {
            ("bind", Some(source)) => {
                self.diags.consume(source.origin, "decides what is mounted");
                self.bind(source, asked, dropped)
            }
            ("volume" | "cluster", Some(source)) => {
                self.diags.consume(source.origin, "names the volume");
                self.volume(&source.value, source.origin, asked, dropped)
            }
            ("volume", None) => Some(self.over_image(asked, |_| MountSource::Anonymous)),
            ("tmpfs", source) => {
                if let Some(source) = source {
                    self.diags.consume(source.origin, "a folder in memory has no source");
                }
                Some(asked.of(MountSource::Memory(size)))
            }
            ("image", Some(source)) if self.context.request.target.has(Feature::ImageVolumes) => {
                let reference = Traced::from(source.clone());
                Some(asked.of(MountSource::Image { reference, subpath: below }))
            }
            (other, _) => {
                self.no_counterpart(other, kind.origin, place.into_iter().chain(asked.leaves()).collect());
                None
            }
        }
    }

    /// A mount point is the same in each pod.
    fn target(&mut self, target: &str, origin: Origin) -> Traced<String> {
        if !placeholders::has_placeholder(self.context, target) {
            return Traced::from_origin(target.to_owned(), origin);
        }
        let filled = placeholders::fill(self.context, Some(self.service()), target);
        let text = filled.text().filter(|_| filled.reasons.is_empty());
        if text.is_none() {
            self.diags.push(
                Diagnostic::new(Code::MountTemplate, origin, format!("the mount point `{target}` is not filled in"))
                    .why("a mount point is the same in each pod")
                    .help("mount it at a fixed path")
                    .key(self.key()),
            );
        }
        Traced::from_origin(text.unwrap_or_else(|| target.to_owned()), origin)
    }

    /// The service's name as the user wrote it.
    fn service(&self) -> &str {
        self.path.strip_prefix("services.").unwrap_or(self.path)
    }

    /// Fills in a folder inside of a source, where it is written with placeholders.
    pub(super) fn below(&mut self, below: &str, why: Why, asked: &mut Asked) {
        let filled = placeholders::fill(self.context, Some(self.service()), below);
        placeholders::say(&filled.reasons, &self.key(), asked.origin, self.diags);
        match filled.text() {
            Some(text) => asked.subpath = Some(Traced { value: text, why }),
            None => asked.of_pod = Some(Traced { value: filled.parts, why }),
        }
    }

    /// Says that there is nothing like this type of mount.
    fn no_counterpart(&mut self, kind: &str, origin: Origin, leaves: Vec<Origin>) {
        let (code, title, why, help) = match kind {
            "image" => (
                Code::ImageMount,
                "the files of the image are not mounted".to_owned(),
                "image volumes are on by default from Kubernetes 1.35 on",
                "say --kubernetes-version 1.35, or copy the files into the service's own image",
            ),
            "npipe" => (
                Code::NoCounterpart,
                "a named pipe of a Windows host is not mounted".to_owned(),
                "it leads to a program of one Windows machine",
                "remove it, or let the service talk to the program over the network",
            ),
            other => (
                Code::NoCounterpart,
                format!("a mount of type `{other}` is not mounted"),
                "Docker knows bind, volume, tmpfs, image, npipe and cluster",
                "write one of them",
            ),
        };
        self.diags.push(Diagnostic::new(code, origin, title).why(why).help(help).key(self.key()).covers(leaves));
    }

    fn volume(&mut self, name: &str, origin: Origin, asked: Asked, dropped: &mut Vec<String>) -> Option<Mount> {
        match self.volumes.get(name) {
            Some(Definition::External(claim)) => {
                let claim = Traced::from_origin(claim.clone(), origin);
                Some(self.over_image(asked, |subpath| MountSource::External { claim, subpath }))
            }
            Some(Definition::Memory(size)) => Some(asked.of(MountSource::Memory(size.clone()))),
            Some(Definition::Bind(device, read_only)) => {
                let device = device.clone();
                let asked = Asked { read_only: asked.read_only.or(*read_only), ..asked };
                self.bind(&device, asked, dropped)
            }
            Some(Definition::Named(named)) => {
                let (volume, mut asked) = (name.to_owned(), asked);
                if let Some(below) = &named.below {
                    self.below(&below.value, below.why.clone(), &mut asked);
                }
                Some(self.over_image(asked, |subpath| MountSource::Named { volume, subpath }))
            }
            None => {
                let volume = name.to_owned();
                Some(self.over_image(asked, |subpath| MountSource::Named { volume, subpath }))
            }
        }
    }

    /// The mount of a volume, which is new at first, over what the image holds there.
    fn over_image(&self, asked: Asked, source: impl FnOnce(Option<Traced<String>>) -> MountSource) -> Mount {
        let target = asked.target.value.as_str();
        let content = if asked.no_copy || asked.subpath.is_some() {
            ImageContent::Unwanted
        } else if let Some(image) = self.known {
            let needed = image.seeded.contains(&target);
            if needed { ImageContent::Needed(Why::Decision("image-holds-content")) } else { ImageContent::Unwanted }
        } else if let Some(place) = dockerfile::with_shell(self.context, self.build) {
            ImageContent::Needed(Why::Origin(place))
        } else {
            ImageContent::Unknown
        };
        let source = source(asked.subpath.clone());
        Mount { content, ..asked.of(source) }
    }

    /// Volumes that only kept what lies below dropped source code go with it: the image shows all of it now.
    fn without_shadows(&mut self, mounts: &mut Vec<Mount>, dropped: &[String]) {
        let below = |target: &str| {
            dropped.iter().any(|above| target.strip_prefix(above.as_str()).is_some_and(|rest| rest.starts_with('/')))
        };
        mounts.retain(|mount| {
            let target = mount.target.value.as_str();
            let keeps = match &mount.source {
                MountSource::Anonymous => below(target),
                MountSource::Named { volume: _, subpath: _ } => {
                    below(target) && target.rsplit('/').next().is_some_and(|last| DEPENDENCIES.contains(&last))
                }
                MountSource::External { claim: _, subpath: _ }
                | MountSource::Memory(_)
                | MountSource::File { object: _, kind: _, key: _, mode: _ }
                | MountSource::Folder { object: _, kind: _, items: _ }
                | MountSource::Data(_)
                | MountSource::Host { path: _, kind: _ }
                | MountSource::Image { reference: _, subpath: _ } => false,
            };
            if keeps {
                for place in mount.target.why.origins().iter().copied().chain([mount.origin]) {
                    self.diags.consume(place, "kept what the image holds from the source code that is not mounted");
                }
            }
            !keeps
        });
    }
}

/// Folders of dependencies that a build puts beside the source code.
const DEPENDENCIES: [&str; 8] =
    ["node_modules", "vendor", ".venv", "venv", ".next", ".nuxt", "bower_components", "__pypackages__"];

/// Says that nothing can be mounted there.
pub(super) fn mount_point_refused(target: &str, place: Origin) -> Diagnostic {
    let (what, help) = if target.starts_with('/') {
        ("is all of the container", "mount it at a folder below")
    } else {
        ("is not absolute", "begin it with a slash")
    };
    Diagnostic::new(Code::BadValue, place, format!("the mount point `{target}` {what}")).help(help)
}

/// Says of files that are refused with the rights that files of ConfigMaps and Secrets have.
pub(super) fn without_rights(mounts: &[Mount], path: &str, diags: &mut Diagnostics) {
    let is_file = |mount: &&Mount| match mount.source {
        MountSource::File { object: _, kind: _, key: _, mode: _ } => true,
        MountSource::Folder { object: _, kind: _, items: _ }
        | MountSource::Anonymous
        | MountSource::Named { volume: _, subpath: _ }
        | MountSource::External { claim: _, subpath: _ }
        | MountSource::Memory(_)
        | MountSource::Data(_)
        | MountSource::Host { path: _, kind: _ }
        | MountSource::Image { reference: _, subpath: _ } => false,
    };
    let is_open = |mount: &&Mount| mount.owner.is_none() && mount.target.value.ends_with("/.erlang.cookie");
    for mount in mounts.iter().filter(is_file).filter(is_open) {
        diags.push(
            Diagnostic::new(Code::FileRights, mount.origin, "Erlang does not read this cookie")
                .why("it refuses one that others than its owner may read, and mounted files belong to root")
                .help("remove the mount, and write RABBITMQ_ERLANG_COOKIE with its text under environment:; or name the user: that reads it, by its number")
                .cause("cookie")
                .key(path),
        );
    }
}

/// The last of several mounts at one path, as with Docker.
pub(super) fn without_doubles(mounts: Vec<Mount>, diags: &mut Diagnostics) -> Vec<Mount> {
    let mut kept: indexmap::IndexMap<String, Mount> = indexmap::IndexMap::new();
    for mount in mounts {
        let (path, place) = (mount.target.value.clone(), mount.origin);
        if let Some(earlier) = kept.insert(path.clone(), mount) {
            let places = [place, earlier.origin];
            let is_said = |told: &Diagnostic| {
                let mut labels = told.primary.iter().chain(&told.others);
                told.code == Code::Conflict && labels.all(|label| places.contains(&label.origin))
            };
            if diags.iter().any(is_said) {
                continue;
            }
            diags.push(
                Diagnostic::new(Code::MountTwice, place, format!("two things are mounted at {path}"))
                    .label("this one is")
                    .also(earlier.origin, "this one is not")
                    .why("one path shows one thing; Docker refuses such a container")
                    .help("mount one of them elsewhere")
                    .covers(earlier.target.why.origins().iter().copied()),
            );
        }
    }
    kept.into_values().collect()
}
