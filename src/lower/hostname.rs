//! `hostname` and `domainname` (compose-spec): what the container is called inside, and for each task of a swarm by placeholders.
//!
//! ```yaml
//! hostname: "kafka-{{.Task.Slot}}"
//! # the pods of a StatefulSet called kafka, numbered from one
//! ```

use crate::compose::Dialect;
use crate::compose::keys::Key;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{EnvSource, EnvVar, Mount, PodField, Slots, TextPart, Traced, Why};
use crate::lower::{Context, placeholders};
use crate::origin::{Origin, Spanned};

/// What a service says of its host name.
pub(super) enum HostName {
    /// Nothing that can be had.
    None,
    /// One name.
    One(Spanned<String>),
    /// One for each task: the text before its slot, and behind it.
    OfSlots(Traced<(String, String)>),
}

/// Fills in the placeholders of a host name.
pub(super) fn read(
    context: &Context<'_>,
    (service, path): (&str, &str),
    hostname: &Key<String>,
    diags: &mut Diagnostics,
) -> HostName {
    let Some(found) = hostname.get() else { return HostName::None };
    if !found.value.contains("{{") {
        return HostName::One(found.clone());
    }
    let filled = placeholders::fill(context, Some(service), &found.value);
    if filled.reasons.is_empty() && context.dialect() == Dialect::Swarm {
        if let Some(value) = filled.text() {
            return HostName::One(Spanned { value, origin: found.origin });
        }
        let of_slots = |before: &str, behind: &str| {
            HostName::OfSlots(Traced::from_origin((before.to_owned(), behind.to_owned()), found.origin))
        };
        match filled.parts.as_slice() {
            [TextPart::Text(before), TextPart::Field(PodField::Slot)] => return of_slots(before, ""),
            [TextPart::Text(before), TextPart::Field(PodField::Slot), TextPart::Text(behind)] => {
                return of_slots(before, behind);
            }
            _ => {}
        }
    }
    diags.push(
        Diagnostic::new(Code::HostnameTemplate, found.origin, format!("the host name `{}` is not set", found.value))
            .why("a pod is called after its workload, with a number or a random ending, and its slot alone can be that number")
            .help("have the program take its name from a variable, where placeholders are filled in")
            .key(format!("{path}.hostname"))
            .cause("templates in host names"),
    );
    HostName::None
}

/// The host name inside the container: its first label, where that is one.
pub(super) fn hostname(
    path: &str,
    hostname: &HostName,
    domainname: &Key<String>,
    diags: &mut Diagnostics,
) -> Option<Traced<String>> {
    if let Some(domain) = domainname.get().filter(|domain| !domain.value.is_empty()) {
        domain_lost(format!("{path}.domainname"), domain.origin, &domain.value, diags);
    } else if let Some(domain) = domainname.get() {
        diags.consume(domain.origin, "no domain");
    }
    let found = match hostname {
        HostName::One(found) => found,
        HostName::OfSlots(_) | HostName::None => return None,
    };
    if found.value.is_empty() {
        diags.consume(found.origin, "an empty name is the pod's own");
        return None;
    }
    let is_address = found.value.parse::<std::net::IpAddr>().is_ok();
    let (first, domain) = match found.value.split_once('.') {
        Some(parts) if !is_address => parts,
        Some(_) | None => (found.value.as_str(), ""),
    };
    if !domain.is_empty() {
        domain_lost(format!("{path}.hostname"), found.origin, domain, diags);
    }
    let label: String = first.to_ascii_lowercase().replace('_', "-");
    let label = label.trim_matches('-');
    let fits = !label.is_empty()
        && label.len() <= 63
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let (title, kept) = match (fits, label == first) {
        (true, true) => return Some(Traced::from_origin(label.to_owned(), found.origin)),
        (true, false) => (format!("the host name `{first}` is {label} in the container"), Some(label.to_owned())),
        (false, _) => (format!("the host name `{}` is not set", found.value), None),
    };
    diags.push(
        Diagnostic::new(Code::HostnameChanged, found.origin, title)
            .why("a pod's host name holds lower-case letters, digits and dashes, at most 63 of them")
            .help("write such a name")
            .key(format!("{path}.hostname"))
            .cause("host names"),
    );
    kept.map(|label| Traced::from_origin(label, found.origin))
}

fn domain_lost(key: String, place: Origin, domain: &str, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::DomainLost, place, format!("the container does not know its domain {domain}"))
            .why("the full name of a pod is one of the cluster's own, and `hostname -f` prints that")
            .help("tell the program its full name by its own options, if it asks for it")
            .key(key)
            .cause("domain names"),
    );
}

/// Whether a service names the slot of its task anywhere.
pub(super) fn slots(hostname: &HostName, env: &[EnvVar], mounts: &[Mount]) -> Option<Slots> {
    let hostname = match hostname {
        HostName::OfSlots(hostname) => Some(hostname.clone()),
        HostName::None | HostName::One(_) => None,
    };
    let is_slot = |source: &EnvSource| match source {
        EnvSource::Field(field) => *field == PodField::Slot,
        EnvSource::Composed(parts) => parts.contains(&TextPart::Field(PodField::Slot)),
        EnvSource::Literal(_) | EnvSource::Secret { object: _, key: _ } => false,
    };
    let of_env = env.iter().find(|variable| is_slot(&variable.source)).map(|variable| &variable.why);
    let mut of_mounts = mounts.iter().filter_map(|mount| mount.of_pod.as_ref());
    let of_mount = of_mounts.find(|parts| parts.value.contains(&TextPart::Field(PodField::Slot)));
    let reasons = [hostname.as_ref().map(|hostname| &hostname.why), of_env, of_mount.map(|parts| &parts.why)];
    let origin = reasons.into_iter().flatten().flat_map(Why::origins).next().copied()?;
    Some(Slots { origin, hostname, controller: None })
}
