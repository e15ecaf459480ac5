//! Where a service may run (compose-spec "deploy.placement", "platform"; SwarmKit's constraints): labels of nodes, roles and platforms.

use crate::compose::grammar::constraint::{self, Constraint, Subject};
use crate::compose::keys::Key;
use crate::compose::model::deploy::{Placement as Written, Preference};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{NodeRule, NodeTest, Placement, Spread, Traced, Why};
use crate::lower::{Context, later};
use crate::origin::{Origin, Spanned};
use crate::request::ManagerNodes;

/// The label that control-plane nodes have.
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";
/// The label that tells a node's name.
const HOSTNAME: &str = "kubernetes.io/hostname";
/// The labels that tell a node's platform.
const OPERATING_SYSTEM: &str = "kubernetes.io/os";
const ARCHITECTURE: &str = "kubernetes.io/arch";
/// The longest value of a label, and the longest name in its key.
const LONGEST_LABEL: usize = 63;

/// Takes `deploy.placement` apart.
pub(super) fn placement(context: &Context<'_>, path: &str, written: &Written, diags: &mut Diagnostics) -> Placement {
    let Written { constraints, preferences, max_replicas_per_node, extensions } = written;
    let path = format!("{path}.placement");
    later::extensions(extensions, diags);
    let mut rules = Vec::new();
    let mut placement = Placement { spreads: spreads(&path, preferences, diags), ..Placement::default() };
    if let Some(most) = max_replicas_per_node.get() {
        match u32::try_from(most.value).ok().filter(|most| *most > 0 && i32::try_from(*most).is_ok()) {
            Some(limit) => placement.spreads.push(Spread {
                label: HOSTNAME.to_owned(),
                limit: Some(limit),
                why: Why::Origin(most.origin),
            }),
            None => diags.consume(most.origin, "no limit"),
        }
    }
    let path = format!("{path}.constraints");
    for written in constraints.get().iter().flat_map(|texts| texts.value.0.iter()) {
        match constraint::parse(&written.value) {
            Ok(constraint) if constraint.subject == Subject::Role => {
                role(context, &path, &constraint, written.origin, &mut rules, &mut placement, diags);
            }
            Ok(constraint) => rules.extend(rule(&path, &constraint, written, diags)),
            Err(message) => diags.push(unknown(&path, written, &message).help(
                "write node.labels.KEY == VALUE, node.hostname == NAME, node.role == worker, or the same with !=",
            )),
        }
    }
    settle(rules, &mut placement);
    placement
}

/// `preferences`: pods spread over the values of a label, as evenly as can be, in their order.
fn spreads(path: &str, preferences: &Key<Vec<Spanned<Preference>>>, diags: &mut Diagnostics) -> Vec<Spread> {
    let mut found: Vec<Spread> = Vec::new();
    for preference in preferences.get().into_iter().flat_map(|preferences| &preferences.value) {
        let Preference { spread, extensions } = &preference.value;
        later::extensions(extensions, diags);
        let Some(spread) = spread.get() else { continue };
        match constraint::subject(&spread.value) {
            // The API server refuses a constraint that stands there twice.
            Some(Subject::NodeLabel(label) | Subject::EngineLabel(label))
                if found.iter().any(|earlier| earlier.label == label) =>
            {
                diags.consume(spread.origin, "an earlier preference says the same");
            }
            Some(Subject::NodeLabel(label) | Subject::EngineLabel(label)) if is_label_key(label) => {
                found.push(Spread { label: label.to_owned(), limit: None, why: Why::Origin(spread.origin) });
            }
            Some(Subject::NodeLabel(_) | Subject::EngineLabel(_)) => diags.push(
                Diagnostic::new(
                    Code::PlacementUnknown,
                    spread.origin,
                    format!("the preference `{}` is dropped", spread.value),
                )
                .why("no label of a Kubernetes node can be called that")
                .help("choose a shorter label of letters, digits, dashes, dots and underscores, and write it here")
                .cause("preference")
                .subject(spread.value.as_str())
                .key(format!("{path}.preferences")),
            ),
            // SwarmKit's scheduler passes over every other word; it spreads over nodes by itself, as Kubernetes' does.
            Some(
                Subject::Id
                | Subject::Hostname
                | Subject::Address
                | Subject::Role
                | Subject::OperatingSystem
                | Subject::Architecture,
            )
            | None => diags.consume(spread.origin, "a swarm passes over a preference for anything but a label"),
        }
    }
    found
}

/// `platform`: the operating system and the architecture that the image is for.
pub(super) fn with_platform(
    mut placement: Placement,
    path: &str,
    platform: &Key<String>,
    diags: &mut Diagnostics,
) -> Placement {
    let Some(found) = platform.get().filter(|found| !found.value.is_empty()) else {
        if let Some(found) = platform.get() {
            diags.consume(found.origin, "no platform is the node's own");
        }
        return placement;
    };
    let parts: Vec<&str> = found.value.split('/').collect();
    let (system, processor, variant) = match parts.as_slice() {
        [only] if is_system(only) => (Some(*only), None, None),
        [only] => (None, Some(*only), None),
        [system, processor] => (Some(*system), Some(*processor), None),
        [system, processor, variant, ..] => (Some(*system), Some(*processor), Some(*variant)),
        [] => (None, None, None),
    };
    let is_processor = |text: &str| PROCESSORS.contains(&architecture(text));
    if system.is_some_and(|system| !is_system(system)) || processor.is_some_and(|text| !is_processor(text)) {
        diags.push(
            Diagnostic::new(
                Code::PlacementUnknown,
                found.origin,
                format!("no node is of the platform `{}`", found.value),
            )
            .label("left out")
            .why(
                "nodes tell their system and architecture, as linux and arm64; a pod that no node suits waits for ever",
            )
            .help("write a system, a processor, or both: linux/arm64; for WebAssembly write runtime:")
            .key(format!("{path}.platform")),
        );
        return placement;
    }
    let labels = [
        (OPERATING_SYSTEM, system.map(str::to_ascii_lowercase)),
        (ARCHITECTURE, processor.map(|text| architecture(text).to_owned())),
    ];
    for (label, value) in labels.into_iter().filter_map(|(label, value)| Some((label, value?))) {
        let label = label.to_owned();
        if placement.rules.is_empty() && !placement.selector.iter().any(|(known, _)| *known == label) {
            placement.selector.push((label, Traced::from_origin(value, found.origin)));
        } else {
            placement.rules.push(NodeRule { label, test: NodeTest::Is(value), why: Why::Origin(found.origin) });
        }
    }
    if let Some(variant) = variant.filter(|variant| !matches!((processor, *variant), (Some("arm64"), "v8"))) {
        diags.push(
            Diagnostic::new(
                Code::PlacementUnknown,
                found.origin,
                format!("the variant {variant} of the platform is dropped"),
            )
            .why("nodes tell their system and architecture alone")
            .help("label the nodes that can run it, and write deploy.placement.constraints")
            .key(format!("{path}.platform")),
        );
    }
    placement
}

/// What nodes call their processors: the names of Go's compiler.
const PROCESSORS: &[&str] = &[
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64",
    "s390x", "wasm",
];

fn is_system(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "linux" | "windows" | "darwin" | "freebsd")
}

/// Labels that must have a value are a selector, which reads best, as long as no other rule is needed beside it.
fn settle(rules: Vec<NodeRule>, placement: &mut Placement) {
    let is_plain = |rule: &NodeRule| matches!(rule.test, NodeTest::Is(_));
    let mut labels: Vec<&str> = rules.iter().map(|rule| rule.label.as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    if !rules.iter().all(is_plain) || labels.len() < rules.len() {
        placement.rules = rules;
        return;
    }
    for NodeRule { label, test, why } in rules {
        if let NodeTest::Is(value) = test {
            placement.selector.push((label, Traced { value, why }));
        }
    }
}

/// `node.role`: managers are Kubernetes' control-plane nodes, which managed clusters do not show.
fn role(
    context: &Context<'_>,
    path: &str,
    constraint: &Constraint<'_>,
    place: Origin,
    rules: &mut Vec<NodeRule>,
    placement: &mut Placement,
    diags: &mut Diagnostics,
) {
    let is_manager = match constraint.value.to_ascii_lowercase().as_str() {
        "manager" => constraint.equals,
        "worker" => !constraint.equals,
        other => {
            diags.push(
                Diagnostic::new(Code::BadValue, place, format!("`{other}` is no role of a node"))
                    .help("write manager or worker")
                    .key(path),
            );
            return;
        }
    };
    let why = Why::Origin(place);
    let label = CONTROL_PLANE.to_owned();
    match (is_manager, context.request.manager_nodes) {
        (false, _) => rules.push(NodeRule { label, test: NodeTest::Missing, why }),
        (true, ManagerNodes::Keep) => {
            rules.push(NodeRule { label, test: NodeTest::Exists, why: why.clone() });
            placement.control_plane = Some(why);
        }
        (true, ManagerNodes::Drop) => diags.push(
            Diagnostic::new(Code::ManagerConstraint, place, "the constraint to managers is dropped")
                .why("managed clusters have no control-plane nodes, and the pod would wait for ever")
                .help("where it kept a volume on one node nothing is to be done: the claim does that")
                .help("say --manager-nodes keep if the cluster has control-plane nodes that may run it")
                .cause("node.role")
                .key(path),
        ),
    }
}

fn rule(
    path: &str,
    constraint: &Constraint<'_>,
    written: &Spanned<String>,
    diags: &mut Diagnostics,
) -> Option<NodeRule> {
    let why = Why::Origin(written.origin);
    let test = |value: &str| {
        if constraint.equals { NodeTest::Is(value.to_owned()) } else { NodeTest::IsNot(value.to_owned()) }
    };
    match constraint.subject {
        Subject::NodeLabel(label) | Subject::EngineLabel(label) => {
            if !is_label_key(label) || !is_label_value(constraint.value) {
                diags.push(
                    unknown(path, written, "no label of a Kubernetes node can say this")
                        .why("keys and values there have at most 63 letters, digits, dashes, dots and underscores")
                        .help("choose a shorter label, and write it here"),
                );
                return None;
            }
            if constraint.equals {
                say_label(path, label, constraint.value, written.origin, diags);
            }
            Some(NodeRule { label: label.to_owned(), test: test(constraint.value), why })
        }
        Subject::Hostname => {
            diags.push(
                Diagnostic::new(
                    Code::NodeLabel,
                    written.origin,
                    format!("the cluster's nodes must know the name `{}`", constraint.value),
                )
                .why("nodes of a new cluster have names of their own; a pod that no node suits waits for ever")
                .help("write the node's name in the cluster, or choose nodes by a label: node.labels.KEY == VALUE")
                .cause("node-name")
                .subject(constraint.value)
                .key(path),
            );
            Some(NodeRule { label: HOSTNAME.to_owned(), test: test(constraint.value), why })
        }
        Subject::OperatingSystem => Some(NodeRule {
            label: OPERATING_SYSTEM.to_owned(),
            test: test(&constraint.value.to_ascii_lowercase()),
            why,
        }),
        Subject::Architecture => {
            Some(NodeRule { label: ARCHITECTURE.to_owned(), test: test(architecture(constraint.value)), why })
        }
        Subject::Id | Subject::Address | Subject::Role => {
            diags.push(
                unknown(path, written, "ids and addresses of swarm nodes mean nothing in a cluster")
                    .help("label the node and write: node.labels.KEY == VALUE"),
            );
            None
        }
    }
}

fn unknown(path: &str, written: &Spanned<String>, why: &str) -> Diagnostic {
    let message = format!("the constraint `{}` is dropped", written.value);
    Diagnostic::new(Code::PlacementUnknown, written.origin, message).why(why).key(path)
}

/// Nodes of the cluster do not have the swarm's labels until somebody gives them.
fn say_label(path: &str, label: &str, value: &str, place: Origin, diags: &mut Diagnostics) {
    let pair = format!("{label}={value}");
    diags.push(
        Diagnostic::new(Code::NodeLabel, place, format!("the cluster's nodes need the label {pair}"))
            .why("a pod that no node suits waits for ever")
            .help(format!("for each such node: kubectl label node NODE {pair}"))
            .cause("node-label")
            .subject(pair)
            .key(path),
    );
}

/// An architecture as Kubernetes spells it.
fn architecture(text: &str) -> &str {
    match text.to_ascii_lowercase().as_str() {
        "x86_64" | "amd64" => "amd64",
        "aarch64" | "arm64" => "arm64",
        "armv7l" | "armv6l" | "armhf" | "arm" => "arm",
        "i386" | "i686" | "386" => "386",
        _ => text,
    }
}

/// The key of a label: a name, and before a slash the name of a domain where there is one.
fn is_label_key(text: &str) -> bool {
    let (domain, name) = text.split_once('/').map_or((None, text), |(domain, name)| (Some(domain), name));
    let is_domain = |domain: &str| {
        !domain.is_empty()
            && domain.split('.').all(|label| {
                !label.is_empty()
                    && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            })
    };
    !name.is_empty() && is_label_value(name) && domain.is_none_or(is_domain)
}

fn is_label_value(text: &str) -> bool {
    let is_end = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_alphanumeric());
    text.len() <= LONGEST_LABEL
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && is_end(text.bytes().next())
        && is_end(text.bytes().last())
}
