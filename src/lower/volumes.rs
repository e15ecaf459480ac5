//! The volumes of a project (compose-spec, "volumes" at top level): what a name stands for before anything mounts it.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::compose::grammar::bytes;
use crate::compose::keys::{Key, Named, Written};
use crate::compose::model::files::External;
use crate::compose::model::mount::Volume;
use crate::compose::model::text::Options;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{FileObject, Labelled, Name, NamedVolume, NetworkShare, ShareProtocol, Traced, Why, Wishes};
use crate::lower::labelled::labelled;
use crate::lower::{Context, kompose, kubernetes, later, local_driver, placeholders};
use crate::origin::{Origin, Spanned};

/// What a volume's name stands for.
pub(super) enum Definition {
    /// A claim of the project's own.
    Named(Box<NamedVolume>),
    /// A claim that must exist.
    External(Name),
    /// A folder in memory: size in bytes.
    Memory(Option<Traced<i64>>),
    /// A path of the host under a name, and where it says that it cannot be written.
    Bind(Spanned<String>, Option<Origin>),
}

/// All of them by key, in the order of the file.
pub(super) type Definitions = IndexMap<String, Definition>;

/// Every volume of the project; Secrets that network volumes need join `objects`.
pub(super) fn definitions(
    context: &Context<'_>,
    objects: &mut Vec<FileObject>,
    diags: &mut Diagnostics,
) -> Definitions {
    let mut all = Definitions::new();
    let mut real = BTreeMap::new();
    for (key, Named { key: place, value }) in
        context.loaded.project.volumes.get().iter().flat_map(|volumes| volumes.value.iter())
    {
        diags.consume(*place, "the volume stands where it is mounted");
        let definition = match value {
            Some(volume) => {
                diags.consume(volume.origin, "the volume stands where it is mounted");
                if let Some(name) = volume.value.name.get().filter(|name| !name.value.is_empty()) {
                    real.insert(key.clone(), name.value.clone());
                }
                definition(context, (key, *place), &volume.value, objects, diags)
            }
            None => Definition::Named(Box::new(plain(context, key, *place))),
        };
        all.insert(key.clone(), definition);
    }
    tell_apart(&mut all, &real);
    all
}

/// Those that become claims.
pub(super) fn claimed(all: Definitions) -> IndexMap<String, NamedVolume> {
    all.into_iter()
        .filter_map(|(key, definition)| match definition {
            Definition::Named(volume) => Some((key, *volume)),
            Definition::External(_) | Definition::Memory(_) | Definition::Bind(_, _) => None,
        })
        .collect()
}

fn plain(context: &Context<'_>, name: &str, origin: Origin) -> NamedVolume {
    let (name, each) = match placeholders::has_placeholder(context, name) {
        true => placeholders::of_volume(context, name, origin),
        false => (name.to_owned(), None),
    };
    NamedVolume {
        name: Name::from_text(&name),
        each,
        below: None,
        size: None,
        labelled: Labelled::default(),
        network: None,
        many_nodes: None,
        wishes: Wishes::default(),
        origin,
    }
}

/// Two volumes of one name in the cluster would be one volume: `my_data` and `my-data` are told apart by a number. Two keys of the
/// same real name are one volume on Docker, too.
fn tell_apart(all: &mut Definitions, real: &BTreeMap<String, String>) {
    let mut taken: BTreeMap<Name, Vec<String>> = BTreeMap::new();
    for (key, definition) in all {
        let Definition::Named(volume) = definition else { continue };
        let identity = real.get(key).map_or_else(|| format!("key {key}"), |name| format!("name {name}"));
        let same = taken.entry(volume.name.clone()).or_default();
        let number = same.iter().position(|earlier| *earlier == identity).unwrap_or(same.len());
        if number == same.len() {
            same.push(identity);
        }
        if number > 0 {
            volume.name = volume.name.with(&(number + 1).to_string());
        }
    }
}

fn definition(
    context: &Context<'_>,
    (key, place): (&str, Origin),
    volume: &Volume,
    objects: &mut Vec<FileObject>,
    diags: &mut Diagnostics,
) -> Definition {
    let Volume { name, driver, driver_opts, external, labels, extensions } = volume;
    let path = format!("volumes.{key}");
    later::beside_kubernetes(extensions, diags);
    if let Some(name) = name.get() {
        diags.consume(name.origin, "the claim's name");
    }
    if let Key::Set { key: origin, value } = external
        && value.value.is_external()
    {
        kubernetes::not_made(&path, extensions, diags);
        return outside(context, (key, *origin), value, name, &path, diags);
    }
    if let Some(external) = external.get() {
        diags.consume(external.origin, "false is the default");
    }
    let of_kompose = kompose::of_volume(&path, labels, extensions, diags);
    let said = kubernetes::volume(context, &path, of_kompose.as_deref().unwrap_or(extensions), diags);
    if let Some(claim) = said.claim {
        return existing(claim, &path, [driver, driver_opts, labels], said.place, diags);
    }
    let mut named =
        plain(context, name.get().filter(|name| !name.value.is_empty()).map_or(key, |name| &name.value), place);
    if let Some(labels) = labels.get() {
        diags.consume(labels.origin, "no labels");
        named.labelled = labelled(&format!("{path}.labels"), &labels.value, diags);
    }
    named.wishes = said.wishes;
    named.labelled.patches.extend(said.patches);
    let empty = Options::default();
    let options = driver_opts.get().map_or(&empty, |options| &options.value);
    if let Some(options) = driver_opts.get() {
        diags.consume(options.origin, "no options");
    }
    let of_plugin = plugin(driver, &path, &mut named, diags);
    if !of_plugin && let Some(definition) = local_driver::special(options, &path, &mut named, objects, diags) {
        return definition;
    }
    if let Some(NetworkShare { protocol: ShareProtocol::Nfs { server: _, path }, options: _, read_only: _, why }) =
        &mut named.network
        && placeholders::has_placeholder(context, path)
        && let Some((parent, below)) = placeholders::split(path)
    {
        named.below = Some(Traced { value: below.to_owned(), why: why.clone() });
        *path = parent.to_owned();
    }
    sizes(key, options, of_plugin, &mut named, diags);
    Definition::Named(Box::new(named))
}

/// Options that say the size of a volume, and those that nothing becomes of.
fn sizes(key: &str, options: &Options, of_plugin: bool, named: &mut NamedVolume, diags: &mut Diagnostics) {
    let mut left = Vec::new();
    for (option, pair) in &options.0 {
        let text = pair.value.as_deref().unwrap_or_default();
        match size(option, text, of_plugin) {
            Some(bytes) => named.size = Some(Traced::from_origin(bytes, pair.origin)),
            None if local_driver::is_used(named, option) => {
                diags.consume(pair.origin, "an option of the network volume")
            }
            None => left.push((option.as_str(), pair.origin)),
        }
    }
    if let Some((_, first)) = left.first() {
        let names: Vec<&str> = left.iter().map(|(option, _)| *option).collect();
        diags.push(
            Diagnostic::new(
                Code::VolumeOption,
                *first,
                format!("driver options of the volume `{key}` have no counterpart: {}", names.join(", ")),
            )
            .why("a claim states its size and its storage class, and the class holds the options of its driver")
            .help("set them in a StorageClass, and write x-kubernetes: { class: NAME } under the volume")
            .cause("volume-option")
            .key(format!("volumes.{key}.driver_opts"))
            .covers(left.iter().map(|(_, origin)| *origin)),
        );
    }
}

/// A claim that exists already, and is mounted in place of one of the project.
fn existing(
    claim: Traced<Name>,
    path: &str,
    others: [&dyn Written; 3],
    place: Option<Origin>,
    diags: &mut Diagnostics,
) -> Definition {
    let origin = claim.why.origins().first().copied().or(place);
    let message = format!("the claim {} must exist in the cluster", claim.value);
    let diagnostic = match origin {
        Some(origin) => Diagnostic::new(Code::ExternalObject, origin, message),
        None => Diagnostic::nowhere(Code::ExternalObject, message),
    };
    // What else is said of the volume would be said of a claim that is made.
    let unheard = others.into_iter().filter_map(Written::written).chain(place);
    diags.push(diagnostic.help("create it before the first apply").key(path).covers_below(unheard));
    Definition::External(claim.value)
}

/// A volume that exists already.
fn outside(
    context: &Context<'_>,
    (key, place): (&str, Origin),
    external: &Spanned<External>,
    name: &Key<String>,
    path: &str,
    diags: &mut Diagnostics,
) -> Definition {
    let (leaf, named) = match &external.value {
        External::Flag(_) => (external.origin, name.get().map(|name| name.value.as_str())),
        External::Named(named) => (named.origin, Some(named.value.as_str())),
    };
    let named = named.filter(|named| !named.is_empty()).unwrap_or(key);
    if placeholders::has_placeholder(context, named) {
        let made = plain(context, named, place);
        diags.push(
            Diagnostic::new(Code::VolumeOfSlots, place, format!("each pod has a claim of its own, {}-POD", made.name))
                .why("a StatefulSet uses the claims of these names that exist, and makes those that do not")
                .help("make them before the first apply if they are to hold what the volumes held")
                .key(path)
                .covers([leaf]),
        );
        return Definition::Named(Box::new(made));
    }
    let claim = Name::from_text(named);
    diags.push(
        Diagnostic::new(Code::ExternalObject, place, format!("the claim {claim} must exist in the cluster"))
            .help("create it before the first apply")
            .key(path)
            .covers([leaf]),
    );
    Definition::External(claim)
}

/// Drivers whose volumes several nodes reach.
const MANY_NODES: [&str; 12] = [
    "nfs",
    "sshfs",
    "gluster",
    "ceph",
    "efs",
    "azurefile",
    "azure_file",
    "cifs",
    "smb",
    "netshare",
    "moosefs",
    "cloudstor",
];

/// Reads the driver; whether it is a plugin of its own.
fn plugin(driver: &Key<String>, path: &str, named: &mut NamedVolume, diags: &mut Diagnostics) -> bool {
    let (place, value) = match driver {
        Key::Absent => return false,
        Key::Null(place) => {
            diags.consume(*place, "a key without a value says nothing");
            return false;
        }
        Key::Set { key, value } => (*key, value),
    };
    if matches!(value.value.as_str(), "local" | "default" | "") {
        diags.consume(value.origin, "the default");
        return false;
    }
    let lower = value.value.to_ascii_lowercase();
    if MANY_NODES.iter().any(|word| lower.contains(word)) {
        named.many_nodes = Some(Why::Origin(value.origin));
    }
    diags.push(
        Diagnostic::new(
            Code::VolumeDriver,
            place,
            format!("the volume driver `{}` is left to the cluster's default storage class", value.value),
        )
        .why("Kubernetes asks a storage class for volumes, not a plugin of Docker")
        .help("install the CSI driver of that storage, and write x-kubernetes: { class: NAME } under the volume")
        .cause("volume-driver")
        .key(format!("{path}.driver"))
        .covers([value.origin]),
    );
    true
}

/// The size that an option states; a bare number is bytes for the local driver, and gibibytes for plugins of cloud disks.
fn size(option: &str, text: &str, of_plugin: bool) -> Option<i64> {
    if !matches!(option, "size" | "Size" | "volsize" | "capacity") {
        return None;
    }
    let bytes = match text.parse::<i64>() {
        Ok(number) if of_plugin => number.checked_mul(1 << 30)?,
        Ok(number) => number,
        Err(_) => bytes_of(text)?,
    };
    (bytes > 0).then_some(bytes)
}

/// A size as Docker or Kubernetes writes it: `10g`, `10GiB`, `10Gi`.
pub(crate) fn bytes_of(text: &str) -> Option<i64> {
    let whole = if text.ends_with(['i', 'I']) { format!("{text}b") } else { text.to_owned() };
    bytes::parse(&whole).ok().filter(|bytes| *bytes > 0)
}
