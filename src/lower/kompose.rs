//! Labels of kompose (`kompose.*`): what they say becomes what `x-kubernetes` says, so that there is one way for both. What
//! `x-kubernetes` says itself counts more; a label that has another place in Compose is told where.

mod probes;
mod table;

use crate::compose::keys::Key;
use crate::compose::model::deploy::Deploy;
use crate::compose::model::kubernetes::NAME;
use crate::compose::model::text::Pairs;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Mount, MountSource, Share, Shared, SharedWith, Traced};
use crate::lower::kubernetes::Extensions;
use crate::origin::Origin;
use crate::syntax::{Entry, Map, Node, Value};
use table::{LABELS, Meaning, Tree};

/// The beginning of every label of kompose.
const PREFIX: &str = "kompose.";

/// Whether a label is for kompose alone.
pub(super) fn is_label(key: &str) -> bool {
    key.starts_with(PREFIX)
}

/// One label as it is written.
#[derive(Clone, Copy)]
struct Written<'a> {
    name: &'a str,
    value: &'a str,
    origin: Origin,
}

/// The labels of kompose among others, in the order of the file.
fn written(labels: &Key<Pairs>) -> impl Iterator<Item = Written<'_>> {
    labels.get().into_iter().flat_map(|pairs| pairs.value.0.iter()).filter(|(name, _)| is_label(name)).map(
        |(name, pair)| Written {
            name: name.as_str(),
            value: pair.value.as_deref().unwrap_or_default().trim(),
            origin: pair.origin,
        },
    )
}

/// Those of a service: its own, and those that a swarm gives to the service and not to its containers.
fn around<'a>(labels: &'a Key<Pairs>, deploy: &'a Key<Deploy>) -> impl Iterator<Item = Written<'a>> {
    let of_deploy = deploy.get().map(|deploy| &deploy.value.labels);
    [Some(labels), of_deploy].into_iter().flatten().flat_map(written)
}

/// `x-kubernetes` of a service with what its labels say below it; `None` where no label is one of kompose.
pub(super) fn of_service(
    path: &str,
    labels: &Key<Pairs>,
    deploy: &Key<Deploy>,
    extensions: &Extensions,
    diags: &mut Diagnostics,
) -> Option<Vec<(String, Origin, Node)>> {
    let all: Vec<Written<'_>> = around(labels, deploy).collect();
    let first = all.first()?.origin;
    let path = format!("{path}.labels");
    let mut tree = Tree::default();
    for label in &all {
        hear(&path, label, &mut tree, diags);
    }
    for (label, needed) in table::complete(&mut tree, &all, extensions) {
        diags.push(
            Diagnostic::new(Code::KomposeValue, label.origin, format!("the label `{}` is not heard", label.name))
                .help(format!("write `{needed}` beside it"))
                .key(format!("{path}.{}", label.name)),
        );
    }
    Some(below(&path, tree.map, first, extensions, diags))
}

/// `x-kubernetes` of a volume with what its labels say below it.
pub(super) fn of_volume(
    path: &str,
    labels: &Key<Pairs>,
    extensions: &Extensions,
    diags: &mut Diagnostics,
) -> Option<Vec<(String, Origin, Node)>> {
    let all: Vec<Written<'_>> = written(labels).collect();
    let first = all.first()?.origin;
    let path = format!("{path}.labels");
    let mut map = Map::new();
    for label in &all {
        let node = match label.name {
            "kompose.volume.size" => Some(("size", table::text(label.value, label.origin))),
            "kompose.volume.storage-class-name" => Some(("class", table::text(label.value, label.origin))),
            "kompose.volume.selector" => {
                // What kompose labelled volumes with.
                let of_kompose = table::map(label.origin, "io.kompose.service", table::text(label.value, label.origin));
                Some(("selector", table::map(label.origin, "matchLabels", of_kompose)))
            }
            _ => None,
        };
        match node {
            Some((key, value)) => {
                map.insert(key.to_owned(), Entry { key: label.origin, value });
            }
            None => unknown(&path, label, diags),
        }
    }
    Some(below(&path, map, first, extensions, diags))
}

/// `kompose.image-pull-policy`, which is Compose's `pull_policy`; that counts more.
pub(super) fn pull(
    path: &str,
    labels: &Key<Pairs>,
    deploy: &Key<Deploy>,
    said: Option<Traced<&'static str>>,
    diags: &mut Diagnostics,
) -> Option<Traced<&'static str>> {
    let label = around(labels, deploy).find(|label| label.name == table::PULL_POLICY);
    let Some(label) = label else { return said };
    if said.is_some() {
        diags.push(
            Diagnostic::new(Code::KomposeBeaten, label.origin, "`pull_policy` counts, not the label")
                .why("both say when the image is pulled")
                .help("remove the label")
                .key(format!("{path}.labels.{}", label.name)),
        );
        return said;
    }
    Some(Traced::from_origin(table::pull_policy(label.value)?, label.origin))
}

/// `kompose.service.group`: services with one value share a pod.
pub(super) fn group(labels: &Key<Pairs>, deploy: &Key<Deploy>) -> Option<Share> {
    let label = around(labels, deploy).find(|label| label.name == table::GROUP && !label.value.is_empty())?;
    Some(Share { with: SharedWith::Group(label.value.to_owned()), what: Shared::Pod, origin: label.origin })
}

/// `kompose.volume.subpath`: the folder of each volume that is seen, where a mount says none itself.
pub(super) fn subpath(
    path: &str,
    labels: &Key<Pairs>,
    deploy: &Key<Deploy>,
    mounts: &mut [Mount],
    diags: &mut Diagnostics,
) {
    let label = around(labels, deploy).find(|label| label.name == table::SUBPATH && table::is_below(label.value));
    let Some(label) = label else { return };
    let mut is_heard = false;
    for mount in mounts {
        match &mut mount.source {
            MountSource::Named { volume: _, subpath } | MountSource::External { claim: _, subpath } => {
                is_heard |= subpath.is_none();
                subpath.get_or_insert_with(|| Traced::from_origin(label.value.to_owned(), label.origin));
            }
            MountSource::Data(_)
            | MountSource::Anonymous
            | MountSource::Memory(_)
            | MountSource::File { object: _, kind: _, key: _, mode: _ }
            | MountSource::Folder { object: _, kind: _, items: _ }
            | MountSource::Host { path: _, kind: _ }
            | MountSource::Image { reference: _, subpath: _ } => {}
        }
    }
    if !is_heard {
        diags.push(
            Diagnostic::new(Code::KomposeValue, label.origin, format!("the label `{}` is not heard", label.name))
                .why("the service mounts no named volume that says no folder itself")
                .help("mount a named volume, or remove the label")
                .key(format!("{path}.labels.{}", label.name)),
        );
    }
}

/// Takes one label in.
fn hear(path: &str, label: &Written<'_>, tree: &mut Tree, diags: &mut Diagnostics) {
    let Some((_, meaning)) = LABELS.iter().find(|(name, _)| *name == label.name) else {
        unknown(path, label, diags);
        return;
    };
    match meaning {
        Meaning::Said { forms, read } => {
            if !read(label, tree) {
                diags.push(
                    Diagnostic::new(
                        Code::KomposeValue,
                        label.origin,
                        format!("the label `{}` is not heard: `{}`", label.name, label.value),
                    )
                    .help(format!("write {forms}"))
                    .key(format!("{path}.{}", label.name)),
                );
            }
        }
        Meaning::Usual { value, reason } if label.value.eq_ignore_ascii_case(value) => {
            diags.consume(label.origin, reason);
        }
        Meaning::Usual { value: _, reason: _ } => instead(
            path,
            label,
            "what a mount becomes is seen from the mount: tmpfs: for a folder that goes with the pod, a named volume for a claim, a path of the machine for hostPath",
            diags,
        ),
        Meaning::Instead(help) => instead(path, label, help, diags),
    }
}

fn instead(path: &str, label: &Written<'_>, help: &str, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::KomposeInstead, label.origin, format!("the label `{}` is not heard", label.name))
            .why("Compose has a key for it")
            .help(help)
            .cause(label.name)
            .key(format!("{path}.{}", label.name)),
    );
}

fn unknown(path: &str, label: &Written<'_>, diags: &mut Diagnostics) {
    let near = LABELS
        .iter()
        .map(|(known, _)| (strsim::damerau_levenshtein(known, label.name), *known))
        .filter(|(distance, known)| *distance > 0 && *distance <= 1 + known.len() / 8)
        .min();
    let help = match near {
        Some((_, near)) => format!("did you mean `{near}`?"),
        None => "remove it, or say it under x-kubernetes: transship explain x-kubernetes".to_owned(),
    };
    diags.push(
        Diagnostic::new(Code::KomposeUnknown, label.origin, format!("kompose has no label `{}` here", label.name))
            .help(help)
            .cause(label.name)
            .key(format!("{path}.{}", label.name)),
    );
}

/// What labels say, with what `x-kubernetes` says laid over it.
fn below(
    path: &str,
    mut labels: Map,
    first: Origin,
    extensions: &Extensions,
    diags: &mut Diagnostics,
) -> Vec<(String, Origin, Node)> {
    let own = extensions.iter().find(|(name, _, _)| name == NAME);
    let (place, origin) = own.map_or((first, first), |(_, place, node)| (*place, node.origin));
    match own.map(|(_, _, node)| &node.value) {
        Some(Value::Map(said)) => lay_over(&mut labels, said, path, NAME, diags),
        Some(Value::Null) | None => {}
        // It is decoded as it is, and refused.
        Some(
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) | Value::String(_) | Value::List(_),
        ) => return extensions.to_vec(),
    }
    if labels.is_empty() {
        return extensions.to_vec();
    }
    let mut all: Vec<_> = extensions.iter().filter(|(name, _, _)| name != NAME).cloned().collect();
    all.push((NAME.to_owned(), place, Node { value: Value::Map(labels), origin, tag: None }));
    all
}

/// Key by key; what a label said of a key that is said here too is beaten.
fn lay_over(labels: &mut Map, said: &Map, path: &str, place: &str, diags: &mut Diagnostics) {
    for (key, entry) in said.iter() {
        let place = format!("{place}.{key}");
        let Some(known) = labels.get_mut(key) else {
            labels.insert(key.clone(), entry.clone());
            continue;
        };
        match (&mut known.value.value, &entry.value.value) {
            (Value::Map(below), Value::Map(said)) => lay_over(below, said, path, &place, diags),
            (_, _) => {
                let mut leaves = Vec::new();
                crate::compose::leaves::leaves(&known.value, &mut leaves);
                leaves.dedup();
                for leaf in leaves {
                    diags.push(
                        Diagnostic::new(Code::KomposeBeaten, leaf, format!("`{place}` counts, not the label"))
                            .also(entry.value.origin, "said here")
                            .help("remove the label")
                            .key(path),
                    );
                }
                *known = entry.clone();
            }
        }
    }
}
