//! Placeholders of a swarm (`{{.Node.Hostname}}`; SwarmKit, "template") in variables, host names and mounts: the downward API knows
//! the node and the pod, the compiler the service, and the rest is said.

use crate::compose::Dialect;
use crate::compose::grammar::placeholder::{self, Field, Piece};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Each, EnvSource, EnvVar, PodField, TextPart, Why, carry};
use crate::lower::Context;
use crate::origin::Origin;

/// The label under which a stack's name stands.
const STACK: &str = "com.docker.stack.namespace";

/// Why something is not filled in as on a swarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfilled {
    /// The node's name is given in place of its id.
    NodeId,
    /// What tasks of a service have in common, and nothing in a cluster has.
    ServiceId,
    /// What kind of machine it runs on.
    Platform,
    /// More than a single field, such as `{{if eq .Task.Slot 1}}`.
    Program,
}

impl Unfilled {
    fn why(self) -> &'static str {
        match self {
            Unfilled::NodeId => "the node's name stands for its id",
            Unfilled::ServiceId => "services have no id in Kubernetes",
            Unfilled::Platform => "nothing tells a container what kind of node it runs on",
            Unfilled::Program => "a field of the pod is given as it is: nothing compares it or counts with it",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Unfilled::NodeId => {
                "write {{.Node.Hostname}} where any name of the node will do; else have the program keep an id of its own"
            }
            Unfilled::ServiceId => "write {{.Service.Name}}, or a text of your own that does not change",
            Unfilled::Platform => {
                "write the word that it was, such as linux or x86_64, and keep the pods on such nodes: node.platform.os == linux"
            }
            Unfilled::Program => {
                "hand over the field alone, as SLOT: '{{.Task.Slot}}', and decide in the command: sh -c 'if [ \"$$SLOT\" = 1 ]; then ...; fi'; or write a service for each of the cases"
            }
        }
    }
}

/// A text, as far as it is known what its placeholders stand for.
pub(super) struct Filled {
    /// No two texts stand side by side.
    pub(super) parts: Vec<TextPart>,
    /// Why something is not filled in as on a swarm.
    pub(super) reasons: Vec<Unfilled>,
}

impl Filled {
    /// The text, where no part of it differs from pod to pod.
    pub(super) fn text(&self) -> Option<String> {
        match self.parts.as_slice() {
            [] => Some(String::new()),
            [TextPart::Text(text)] => Some(text.clone()),
            _ => None,
        }
    }
}

/// Whether a value must be looked at: placeholders mean something on a swarm alone.
pub(super) fn has_placeholder(context: &Context<'_>, value: &str) -> bool {
    context.dialect() == Dialect::Swarm && value.contains("{{")
}

/// Fills in a text of a service. Of a service that is not known, `None`, its name is left as it is written.
pub(super) fn fill(context: &Context<'_>, service: Option<&str>, text: &str) -> Filled {
    let stack = &context.loaded.name.value;
    let mut parts: Vec<TextPart> = Vec::new();
    let mut reasons = Vec::new();
    for piece in placeholder::pieces(text) {
        match piece {
            Piece::Text(text) => push(&mut parts, text),
            Piece::Field(Field::ServiceName, written) => match service {
                Some(service) => push(&mut parts, &format!("{stack}_{service}")),
                None => push(&mut parts, written),
            },
            Piece::Field(Field::ServiceLabel(STACK), _) => push(&mut parts, stack),
            Piece::Field(Field::ServiceLabel(key), written) => match service {
                // A label that is not there is an empty text.
                Some(service) => push(&mut parts, label(context, service, key).unwrap_or_default()),
                None => push(&mut parts, written),
            },
            Piece::Field(field, written) => match pod_field(field) {
                Ok(found) => {
                    reasons.extend((field == Field::NodeId).then_some(Unfilled::NodeId));
                    parts.push(TextPart::Field(found));
                }
                Err(reason) => {
                    reasons.push(reason);
                    push(&mut parts, written);
                }
            },
            Piece::Other(text) => {
                reasons.push(Unfilled::Program);
                push(&mut parts, text);
            }
        }
    }
    Filled { parts, reasons }
}

/// A variable's value as far as it can be known. Carriers that it needs join `env` before it.
pub(super) fn source(
    context: &Context<'_>,
    service: &str,
    value: &str,
    place: Origin,
    env: &mut Vec<EnvVar>,
    diags: &mut Diagnostics,
) -> EnvSource {
    let filled = fill(context, Some(service), value);
    say(&filled.reasons, &format!("services.{service}.environment"), place, diags);
    if let Some(text) = filled.text() {
        return EnvSource::Literal(text);
    }
    if let [TextPart::Field(field)] = filled.parts.as_slice() {
        return EnvSource::Field(*field);
    }
    carry(&filled.parts, env, &Why::Origin(place));
    EnvSource::Composed(filled.parts)
}

/// A path without the part of it that begins with the folder in which the first placeholder stands, and that part.
pub(super) fn split(path: &str) -> Option<(&str, &str)> {
    let before = path.get(..path.find("{{")?)?;
    let parent = before.rfind('/').and_then(|slash| path.get(..slash));
    let below = parent.map_or(Some(path), |parent| path.get(parent.len() + 1..))?;
    Some((parent.map_or(".", |parent| if parent.is_empty() { "/" } else { parent }), below))
}

/// The name of a volume without its placeholders, and who has one of its own by them. Each node has its own anyway.
pub(super) fn of_volume(context: &Context<'_>, name: &str, place: Origin) -> (String, Option<Each>) {
    let mut bare = String::new();
    let mut each = None;
    for piece in placeholder::pieces(name) {
        match piece {
            Piece::Text(text) => bare.push_str(text),
            Piece::Field(Field::ServiceLabel(STACK), _) => bare.push_str(&context.loaded.name.value),
            Piece::Field(Field::TaskSlot | Field::TaskName | Field::TaskId, _) => each = Some(Each::Slot(place)),
            Piece::Field(Field::ServiceName | Field::ServiceId | Field::ServiceLabel(_), _) | Piece::Other(_) => {
                each = each.or(Some(Each::Service));
            }
            Piece::Field(Field::NodeId | Field::NodeHostname | Field::NodeSystem | Field::NodeArchitecture, _) => {}
        }
    }
    (bare.trim_matches(['-', '_', '.']).to_owned(), each)
}

fn push(parts: &mut Vec<TextPart>, text: &str) {
    if let Some(TextPart::Text(before)) = parts.last_mut() {
        before.push_str(text);
    } else {
        parts.push(TextPart::Text(text.to_owned()));
    }
}

/// A label of a service: on a swarm those of `deploy`.
fn label<'a>(context: &Context<'a>, service: &str, key: &str) -> Option<&'a str> {
    let services = &context.loaded.project.services.get()?.value;
    let deploy = services.get(service)?.value.as_ref()?.value.deploy.get()?;
    deploy.value.labels.get()?.value.0.get(key)?.value.as_deref()
}

fn pod_field(field: Field<'_>) -> Result<PodField, Unfilled> {
    match field {
        Field::NodeHostname | Field::NodeId => Ok(PodField::Node),
        Field::TaskName => Ok(PodField::Name),
        Field::TaskId => Ok(PodField::Uid),
        Field::TaskSlot => Ok(PodField::Slot),
        Field::ServiceId | Field::ServiceName | Field::ServiceLabel(_) => Err(Unfilled::ServiceId),
        Field::NodeSystem | Field::NodeArchitecture => Err(Unfilled::Platform),
    }
}

/// Says what is not filled in as on a swarm, each reason once.
pub(super) fn say(reasons: &[Unfilled], key: &str, place: Origin, diags: &mut Diagnostics) {
    for (index, reason) in reasons.iter().enumerate() {
        if reasons.iter().take(index).any(|before| before == reason) {
            continue;
        }
        diags.push(
            Diagnostic::new(Code::Placeholder, place, "a placeholder of the swarm is not filled in as there")
                .why(reason.why())
                .help(reason.help())
                .cause(reason.why())
                .key(key),
        );
    }
}
