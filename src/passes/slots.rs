//! Tasks of a swarm know their slot, a number from one (SwarmKit, "template"): their pods are those of a StatefulSet that counts
//! from one, and are called after it.
//!
//! ```yaml
//! services: { kafka: { hostname: "kafka-{{.Task.Slot}}", deploy: { replicas: 3 } } }
//! # StatefulSet kafka, ordinals: { start: 1 }; Services kafka-1, kafka-2 and kafka-3, of one pod each
//! ```

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{
    App, EnvSource, EnvVar, Kind, LONGEST_EXTENDED, Name, PodField, Slots, TextPart, Traced, Workload, carry,
};
use crate::lower::Context;

/// Before names are looked up: what the StatefulSets are called, so that their pods have the host names that were written.
pub(super) fn call(app: &mut App, _context: &Context<'_>, diags: &mut Diagnostics) {
    let mut taken: BTreeSet<Name> = app.workloads.iter().map(|workload| workload.name.clone()).collect();
    for workload in &mut app.workloads {
        match workload.kind.value {
            Kind::Deployment | Kind::StatefulSet => {}
            Kind::DaemonSet | Kind::Job | Kind::CronJob => without_host_names(workload, diags),
        }
        let Some(slots) = &mut workload.slots else { continue };
        let Some(Traced { value: (before, behind), why: _ }) = &slots.hostname else { continue };
        let wanted = before.strip_suffix('-').filter(|wanted| behind.is_empty() && wanted.len() <= LONGEST_EXTENDED);
        let name = wanted.map(Name::from_text).filter(|name| Some(name.as_str()) == wanted);
        slots.controller = name.filter(|name| *name == workload.name || taken.insert(name.clone()));
    }
}

/// Once kinds are known: which pods have numbers.
pub(super) fn run(app: &mut App, _context: &Context<'_>, diags: &mut Diagnostics) {
    for workload in &mut app.workloads {
        let Some(slots) = &workload.slots else { continue };
        let once = workload.replicas.value <= 1;
        let instead = match workload.kind.value {
            Kind::Deployment if workload.kind_is_said => TextPart::Field(PodField::Name),
            Kind::Deployment | Kind::StatefulSet => {
                say_kind(workload, slots, diags);
                continue;
            }
            Kind::DaemonSet => TextPart::Field(PodField::Node),
            Kind::Job | Kind::CronJob if once => TextPart::Text("1".to_owned()),
            Kind::Job | Kind::CronJob => TextPart::Field(PodField::Name),
        };
        say_lost(workload, slots, &instead, diags);
        without_host_names(workload, diags);
        workload.slots = None;
        replace(workload, &instead);
    }
}

fn say_kind(workload: &Workload, slots: &Slots, diags: &mut Diagnostics) {
    let path = format!("services.{}", workload.service);
    diags.push(
        Diagnostic::new(
            Code::Slot,
            slots.origin,
            format!("the pods of `{}` are numbered from 1, as the tasks of a swarm are", workload.service),
        )
        .why("its own slot stands here, and a StatefulSet alone tells its pods their numbers")
        .help("nothing is to be done")
        .key(path.clone()),
    );
    let Some(hostname) = &slots.hostname else { return };
    let place = hostname.why.origins().first().copied().unwrap_or(slots.origin);
    let controller = slots.controller.as_ref().unwrap_or(&workload.name).limited(LONGEST_EXTENDED);
    if let (None, Some(host)) = (&slots.controller, slots.host(1)) {
        diags.push(
            Diagnostic::new(
                Code::HostnameChanged,
                place,
                format!("the host name `{host}` is {controller}-1 in the container"),
            )
            .why("the pods of a StatefulSet are called after it, with a dash and a number; other services still find each by both names")
            .help("write it as a name with a dash before the slot, which no other service has")
            .key(format!("{path}.hostname")),
        );
    }
    if workload.replicas.value > Slots::MOST || workload.autoscaling.is_some() {
        let most = workload.replicas.value.min(Slots::MOST);
        diags.push(
            Diagnostic::new(
                Code::SlotNames,
                place,
                format!("the host names of the first {most} pods of `{}` resolve", workload.service),
            )
            .why("each of these names is a Service of its own")
            .help("convert again with more replicas, or ask the headless Service for the addresses of all pods")
            .key(format!("{path}.hostname")),
        );
    }
}

/// Something else stands in for the slot.
fn say_lost(workload: &Workload, slots: &Slots, instead: &TextPart, diags: &mut Diagnostics) {
    let (what, help) = match instead {
        TextPart::Text(_) => return,
        TextPart::Field(PodField::Node) => (
            "a global service has a task on each node, whose slot is the node's id: the node's name stands for it",
            "write {{.Node.Hostname}} to say so",
        ),
        TextPart::Field(PodField::Name | PodField::Uid | PodField::Slot) => (
            "only the pods of a StatefulSet have numbers: the pod's name stands for it",
            "have the program work without its number, or let the service be a StatefulSet",
        ),
    };
    diags.push(
        Diagnostic::new(Code::SlotUnknown, slots.origin, format!("the pods of `{}` have no numbers", workload.service))
            .why(what)
            .help(help)
            .key(format!("services.{}", workload.service)),
    );
}

/// Host names that no pod can have.
fn without_host_names(workload: &mut Workload, diags: &mut Diagnostics) {
    let Some(hostname) = workload.slots.as_mut().and_then(|slots| slots.hostname.take()) else { return };
    let place = hostname.why.origins().first().copied().unwrap_or(workload.origin);
    diags.push(
        Diagnostic::new(
            Code::HostnameTemplate,
            place,
            format!("the host name `{}{{{{.Task.Slot}}}}{}` is not set", hostname.value.0, hostname.value.1),
        )
        .why("only the pods of a StatefulSet have numbers")
        .help("have the program take its name from a variable, where placeholders are filled in")
        .key(format!("services.{}.hostname", workload.service))
        .cause("templates in host names"),
    );
}

/// Writes something else wherever the slot stands.
fn replace(workload: &mut Workload, instead: &TextPart) {
    let slot = TextPart::Field(PodField::Slot);
    let replaced = |part: TextPart| if part == slot { instead.clone() } else { part };
    let mut env: Vec<EnvVar> = Vec::with_capacity(workload.container.env.len());
    for EnvVar { name, source, why } in std::mem::take(&mut workload.container.env) {
        if name == PodField::Slot.variable() {
            continue;
        }
        let parts = match source {
            EnvSource::Field(field) => vec![TextPart::Field(field)],
            EnvSource::Composed(parts) => parts,
            EnvSource::Literal(_) | EnvSource::Secret { object: _, key: _ } => {
                env.push(EnvVar { name, source, why });
                continue;
            }
        };
        let parts: Vec<TextPart> = parts.into_iter().map(replaced).collect();
        let source = match parts.as_slice() {
            [TextPart::Field(field)] => EnvSource::Field(*field),
            _ => plain(&parts).map_or_else(|| EnvSource::Composed(parts.clone()), EnvSource::Literal),
        };
        if let EnvSource::Composed(parts) = &source {
            carry(parts, &mut env, &why);
        }
        env.push(EnvVar { name, source, why });
    }
    for of_pod in workload.mounts.iter_mut().filter_map(|mount| mount.of_pod.as_mut()) {
        of_pod.value = std::mem::take(&mut of_pod.value).into_iter().map(replaced).collect();
        carry(&of_pod.value, &mut env, &of_pod.why);
    }
    workload.container.env = env;
}

/// The text of parts that are all text.
fn plain(parts: &[TextPart]) -> Option<String> {
    let texts = parts.iter().map(|part| match part {
        TextPart::Text(text) => Some(text.as_str()),
        TextPart::Field(_) => None,
    });
    texts.collect()
}
