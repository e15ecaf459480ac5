//! Placeholders of a swarm in variables (`{{.Node.Hostname}}`; SwarmKit, "template"): the downward API knows the node and the pod,
//! the compiler the service, and the rest is said.

use crate::compose::grammar::placeholder::{self, Field, Piece};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{EnvSource, EnvVar, TextPart, Why};
use crate::lower::Context;
use crate::origin::Origin;

/// The label under which a stack's name stands.
const STACK: &str = "com.docker.stack.namespace";

/// A place in the pod that the kubelet fills in.
struct PodField {
    /// The variable that carries it where it is a part of a longer text.
    variable: &'static str,
    path: &'static str,
}

const NODE: PodField = PodField { variable: "TRANSSHIP_NODE_NAME", path: "spec.nodeName" };
const POD: PodField = PodField { variable: "TRANSSHIP_POD_NAME", path: "metadata.name" };
const POD_ID: PodField = PodField { variable: "TRANSSHIP_POD_UID", path: "metadata.uid" };

/// A variable's value as far as it can be known. Carriers that it needs join `env` before it.
pub(super) fn source(
    context: &Context<'_>,
    service: &str,
    value: &str,
    place: Origin,
    env: &mut Vec<EnvVar>,
    diags: &mut Diagnostics,
) -> EnvSource {
    let stack = &context.loaded.name.value;
    let mut parts: Vec<TextPart> = Vec::new();
    let mut whole = None;
    for piece in placeholder::pieces(value) {
        match piece {
            Piece::Text(text) => push(&mut parts, text),
            Piece::Field(Field::ServiceName) => push(&mut parts, &format!("{stack}_{service}")),
            Piece::Field(Field::ServiceLabel(STACK)) => push(&mut parts, stack),
            Piece::Field(field) => match pod_field(field) {
                Some(found) => {
                    if matches!(field, Field::NodeId) {
                        say(service, place, "the node's name stands for its id", diags);
                    }
                    parts.push(TextPart::Variable(found.variable));
                    whole = Some(found);
                }
                None => {
                    say(service, place, "nothing in Kubernetes tells a container this", diags);
                    push(&mut parts, value_of(value, field));
                }
            },
            Piece::Other(text) => {
                say(service, place, "only single fields can be translated", diags);
                push(&mut parts, text);
            }
        }
    }
    match (parts.as_slice(), whole) {
        ([TextPart::Variable(_)], Some(field)) => EnvSource::Field(field.path),
        (_, None) => EnvSource::Literal(parts.iter().map(text_of).collect()),
        (_, Some(_)) => {
            for field in [NODE, POD, POD_ID] {
                carry(&field, &parts, place, env);
            }
            EnvSource::Composed(parts)
        }
    }
}

/// Whether a value must be looked at.
pub(super) fn has_placeholder(value: &str) -> bool {
    value.contains("{{")
}

fn push(parts: &mut Vec<TextPart>, text: &str) {
    if let Some(TextPart::Text(before)) = parts.last_mut() {
        before.push_str(text);
    } else {
        parts.push(TextPart::Text(text.to_owned()));
    }
}

fn text_of(part: &TextPart) -> &str {
    match part {
        TextPart::Text(text) => text,
        TextPart::Variable(name) => name,
    }
}

/// The carrier of a field, once, where a part names it.
fn carry(field: &PodField, parts: &[TextPart], place: Origin, env: &mut Vec<EnvVar>) {
    let is_needed = parts.iter().any(|part| matches!(part, TextPart::Variable(name) if *name == field.variable));
    if is_needed && !env.iter().any(|variable| variable.name == field.variable) {
        env.push(EnvVar {
            name: field.variable.to_owned(),
            source: EnvSource::Field(field.path),
            why: Why::Origin(place),
        });
    }
}

fn pod_field(field: Field<'_>) -> Option<PodField> {
    match field {
        Field::NodeHostname | Field::NodeId => Some(NODE),
        Field::TaskName => Some(POD),
        Field::TaskId => Some(POD_ID),
        Field::ServiceId
        | Field::ServiceName
        | Field::ServiceLabel(_)
        | Field::NodeSystem
        | Field::NodeArchitecture
        | Field::TaskSlot => None,
    }
}

/// The placeholder as it is written: the text between its braces is gone from the piece, so that the whole value is searched.
fn value_of<'a>(value: &'a str, field: Field<'_>) -> &'a str {
    let inner = value.split_inclusive("}}").find(|part| {
        part.find("{{")
            .and_then(|at| part.get(at..))
            .is_some_and(|text| placeholder::pieces(text).first() == Some(&Piece::Field(field)))
    });
    inner.and_then(|part| part.get(part.find("{{")?..)).unwrap_or_default()
}

fn say(service: &str, place: Origin, why: &str, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::Placeholder, place, "a placeholder of the swarm is not filled in as there")
            .why(why)
            .help("write the value, or remove the variable")
            .cause(why)
            .key(format!("services.{service}.environment")),
    );
}
