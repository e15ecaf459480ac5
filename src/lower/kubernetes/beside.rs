//! `x-kubernetes` beside the services: of volumes, configs and secrets, and of the project as a whole.

use k8s_openapi::api::core::v1::{LimitRangeSpec, ResourceQuotaSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use crate::compose::keys::Key;
use crate::compose::model::kubernetes::{
    AccessWord, FileExtras, NAME, ProjectExtras, Raw, RetentionWord, Size, StorageExtras, VolumeExtras,
};
use crate::compose::model::text::Pairs;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    Access, App, Elsewhere, FileObject, FileObjectKind, Name, NamespaceRule, NamespaceRuleKind, Patch, Retention,
    Target, Traced, Why, Wishes,
};
use crate::lower::kubernetes::patches::{MAKE_ACCOUNT, Patches, map, text};
use crate::lower::kubernetes::{Extensions, publish, pull_secrets, raw, written};
use crate::lower::{Context, later};
use crate::origin::{Origin, Spanned};
use crate::request::Publish;
use crate::syntax::{Node, Value};

/// What the project says of all its pods.
#[derive(Default)]
pub(in crate::lower) struct ProjectWide {
    publish: Option<Publish>,
    account: Option<Traced<String>>,
    pull_secrets: Vec<Traced<String>>,
}

/// `x-kubernetes` at the top level. What stands beside the workloads joins the app; the rest is for [`apply`].
pub(in crate::lower) fn project(
    context: &Context<'_>,
    extensions: &Extensions,
    app: &mut App,
    diags: &mut Diagnostics,
) -> ProjectWide {
    let mut wide = ProjectWide::default();
    let Some((place, written)) = written::<ProjectExtras>(context, NAME, extensions, diags) else { return wide };
    let ProjectExtras {
        labels,
        annotations,
        publish: reached,
        storage,
        service_account,
        pull_secrets: secrets,
        priority_class,
        tolerations,
        node_selector,
        external_names,
        limit_range,
        resource_quota,
        patch,
        extensions,
    } = written;
    later::extensions(&extensions, diags);
    diags.consume_below(place, "what holds where a service says nothing else");
    app.wishes = wishes(storage, diags);
    let mut patches = Patches { path: NAME, list: &mut app.defaults, diags };
    wide.publish = reached.take().map(|word| publish(word.value));
    wide.account = patches.outside("service_account", service_account.take(), "ServiceAccount", MAKE_ACCOUNT);
    wide.pull_secrets = pull_secrets(secrets, &mut patches);
    for (name, pairs, are_labels) in [("labels", labels, true), ("annotations", annotations, false)] {
        let Some(node) = patches.texts(name, pairs, are_labels) else { continue };
        if are_labels {
            patches.add(Target::Pods, &["metadata"], map(node.origin, [(name, node.clone())]));
        }
        patches.add(Target::Every, &["metadata"], map(node.origin, [(name, node)]));
    }
    patches.scheduling(place, priority_class, tolerations, node_selector);
    if let Some(spec) = raw(limit_range).and_then(|node| patches.checked::<LimitRangeSpec>("limit_range", node)) {
        app.rules.push(NamespaceRule { kind: NamespaceRuleKind::LimitRange, spec });
    }
    if let Some(spec) =
        raw(resource_quota).and_then(|node| patches.checked::<ResourceQuotaSpec>("resource_quota", node))
    {
        app.rules.push(NamespaceRule { kind: NamespaceRuleKind::ResourceQuota, spec });
    }
    app.elsewhere = self::external_names(external_names, diags);
    if let Some(patch) = patch.take() {
        Patches { path: NAME, list: &mut app.patches, diags }.by_object(patch.value);
    }
    wide
}

/// What holds for all pods joins those that say nothing else.
pub(in crate::lower) fn apply(wide: &ProjectWide, context: &Context<'_>, app: &mut App) {
    let chosen = context.request.pull_secrets.iter().map(|name| Traced::decided(name.clone(), "chosen-pull-secret"));
    let secrets: Vec<_> = chosen.chain(wide.pull_secrets.iter().cloned()).collect();
    for workload in &mut app.workloads {
        workload.outside.usual = wide.publish;
        workload.pod.account = workload.pod.account.take().or_else(|| wide.account.clone());
        for secret in &secrets {
            if !workload.pod.pull_secrets.iter().any(|known| known.value == secret.value) {
                workload.pod.pull_secrets.push(secret.clone());
            }
        }
    }
}

fn external_names(key: Key<Pairs>, diags: &mut Diagnostics) -> Vec<Elsewhere> {
    let mut all = Vec::new();
    for (name, pair) in key.take().into_iter().flat_map(|pairs| pairs.value.0) {
        let host = pair.value.unwrap_or_default();
        let own = Name::from_text(&name);
        let problem = if own.as_str() != name {
            Some(format!("`{name}` is no name of a Service"))
        } else if !crate::ir::is_object_name(&host) || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            Some(format!("`{host}` is no name of a host"))
        } else {
            None
        };
        match problem {
            Some(problem) => diags.push(
                Diagnostic::new(Code::BadValue, pair.origin, format!("`{NAME}.external_names`: {problem}"))
                    .why("a name leads to another name, which the DNS of the cluster looks up")
                    .help("write one as db: db.example.com; addresses belong into extra_hosts:")
                    .key(format!("{NAME}.external_names.{name}")),
            ),
            None => all.push(Elsewhere { name: own, target: host, why: Why::Origin(pair.origin) }),
        }
    }
    all
}

/// What is said of claims.
pub(super) fn wishes(key: Key<StorageExtras>, diags: &mut Diagnostics) -> Wishes {
    let Some(found) = key.take() else { return Wishes::default() };
    let StorageExtras { size, class, access_mode, retention, extensions } = found.value;
    later::extensions(&extensions, diags);
    wish(size, class, access_mode, retention)
}

fn wish(size: Key<Size>, class: Key<String>, access: Key<AccessWord>, retention: Key<RetentionWord>) -> Wishes {
    Wishes {
        size: size.take().map(|size| Traced::from_origin(size.value.0, size.origin)),
        class: class.take().map(Traced::from),
        access: access.take().map(|word| {
            let access = match word.value {
                AccessWord::Once => Access::Once,
                AccessWord::OncePod => Access::OncePod,
                AccessWord::Many => Access::Many,
                AccessWord::ReadOnlyMany => Access::ReadOnlyMany,
            };
            Traced::from_origin(access, word.origin)
        }),
        retention: retention.take().map(|word| {
            let retention = match word.value {
                RetentionWord::Retain => Retention::Retain,
                RetentionWord::Delete => Retention::Delete,
            };
            Traced::from_origin(retention, word.origin)
        }),
    }
}

/// What `x-kubernetes` of a volume says.
#[derive(Default)]
pub(in crate::lower) struct OfVolume {
    /// A claim that exists already.
    pub(in crate::lower) claim: Option<Traced<Name>>,
    /// What is said of a claim that is made.
    pub(in crate::lower) wishes: Wishes,
    /// Further labels, annotations and patches of it.
    pub(in crate::lower) patches: Vec<Node>,
    /// Where it is written.
    pub(in crate::lower) place: Option<Origin>,
}

/// Reads it.
pub(in crate::lower) fn volume(
    context: &Context<'_>,
    path: &str,
    extensions: &Extensions,
    diags: &mut Diagnostics,
) -> OfVolume {
    let path = format!("{path}.{NAME}");
    let Some((place, written)) = written::<VolumeExtras>(context, &path, extensions, diags) else {
        return OfVolume::default();
    };
    let VolumeExtras { size, class, access_mode, retention, claim, selector, labels, annotations, patch, extensions } =
        written;
    later::extensions(&extensions, diags);
    let mut list = Vec::new();
    let mut patches = Patches { path: &path, list: &mut list, diags };
    let claim = claim.take().and_then(|name| {
        let named = patches.name("claim", name)?;
        Some(named.map(|name| Name::from_text(&name)))
    });
    if let Some(node) = raw(selector).and_then(|node| patches.checked::<LabelSelector>("selector", node)) {
        patches.add(Target::Every, &[], map(node.origin, [("spec", map(node.origin, [("selector", node)]))]));
    }
    object(labels, annotations, patch, "PersistentVolumeClaim", &mut patches);
    let wishes = wish(size, class, access_mode, retention);
    OfVolume { claim, wishes, patches: trees(list), place: Some(place) }
}

/// Labels, annotations and the patch of one object.
fn object(labels: Key<Pairs>, annotations: Key<Pairs>, patch: Key<Raw>, kind: &str, patches: &mut Patches<'_>) {
    for (name, pairs, are_labels) in [("labels", labels, true), ("annotations", annotations, false)] {
        if let Some(node) = patches.texts(name, pairs, are_labels) {
            patches.add(Target::Every, &[], map(node.origin, [("metadata", map(node.origin, [(name, node)]))]));
        }
    }
    if let Some(patch) = patch.take()
        && let Some(tree) = patches.object("patch", kind, patch.origin, patch.value.0)
    {
        patches.add(Target::Every, &[], tree);
    }
}

fn trees(list: Vec<Patch>) -> Vec<Node> {
    list.into_iter().map(|patch| patch.tree).collect()
}

/// `x-kubernetes` of a config or secret joins its object.
pub(in crate::lower) fn with_file_extras(
    context: &Context<'_>,
    path: &str,
    extensions: &Extensions,
    file: &mut FileObject,
    diags: &mut Diagnostics,
) {
    let path = format!("{path}.{NAME}");
    let Some((_, written)) = written::<FileExtras>(context, &path, extensions, diags) else { return };
    let FileExtras { kind, immutable, labels, annotations, patch, extensions } = written;
    later::extensions(&extensions, diags);
    let mut list = Vec::new();
    let mut patches = Patches { path: &path, list: &mut list, diags };
    if let Some(kind) = kind.take() {
        secret_type(&path, file, kind, &mut patches);
    }
    if let Some(immutable) = immutable.take() {
        let node = Node { value: Value::Bool(immutable.value), origin: immutable.origin, tag: None };
        patches.add(Target::Every, &[], map(immutable.origin, [("immutable", node)]));
    }
    object(labels, annotations, patch, file.kind.word(), &mut patches);
    file.labelled.patches.extend(trees(list));
}

/// The keys that the server asks of Secrets of its own types.
const NEEDED: &[(&str, &[&str])] = &[
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
];

fn secret_type(path: &str, file: &FileObject, kind: Spanned<String>, patches: &mut Patches<'_>) {
    let path = format!("{path}.type");
    if file.kind == FileObjectKind::ConfigMap {
        patches.diags.push(
            Diagnostic::new(Code::KubernetesWithoutEffect, kind.origin, "a ConfigMap has no type")
                .help("remove it, or make a secret of it")
                .key(path),
        );
        return;
    }
    let needed = NEEDED.iter().find(|(known, _)| *known == kind.value).map_or(&[][..], |(_, needed)| *needed);
    if let Some(lacks) = needed.iter().find(|needed| !file.entries.iter().any(|(key, _)| key == *needed)) {
        patches.diags.push(
            Diagnostic::new(
                Code::BadValue,
                kind.origin,
                format!("a Secret of the type {} holds a key {lacks}", kind.value),
            )
            .why("the server refuses it otherwise; a secret of Compose holds one file, whose key is its own name")
            .help("create it with kubectl and write external: true here")
            .key(path),
        );
        return;
    }
    patches.add(Target::Every, &[], map(kind.origin, [("type", text(kind.value, kind.origin))]));
}

/// What is said of an object that is not made here has no effect.
pub(in crate::lower) fn not_made(path: &str, extensions: &Extensions, diags: &mut Diagnostics) {
    for (_, place, _) in extensions.iter().filter(|(name, _, _)| name == NAME) {
        diags.push(
            Diagnostic::new(Code::KubernetesWithoutEffect, *place, format!("`{path}` is not made here"))
                .label("nothing comes of it")
                .why("it exists already, outside of the project")
                .help("remove it, or say it of the object itself with kubectl")
                .key(format!("{path}.{NAME}"))
                .covers_below([*place]),
        );
    }
}
