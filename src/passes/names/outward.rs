//! Names by which a service is known outside too: `hostname: gitlab.example.com`, an alias such as `auth.example.com`. Kubernetes
//! has no Service of such a name; but what tells browsers of it, or asks for a certificate under it, must go on to say it.
//!
//! ```yaml
//! web: { hostname: gitlab.example.com, environment: { EXTERNAL_URL: "https://gitlab.example.com" } } # stays as it is
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::table::Table;
use crate::compose::grammar::hosts::Host;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Traced};
use crate::origin::Origin;

/// Domains of more than two letters in which names are registered for everybody.
const DOMAINS: [&str; 32] = [
    "academy",
    "agency",
    "app",
    "biz",
    "blog",
    "cloud",
    "club",
    "com",
    "community",
    "company",
    "design",
    "dev",
    "digital",
    "edu",
    "email",
    "gov",
    "group",
    "info",
    "link",
    "live",
    "net",
    "online",
    "org",
    "page",
    "shop",
    "site",
    "space",
    "store",
    "tech",
    "tools",
    "world",
    "xyz",
];

/// Whether a name, in lower case, may be registered.
fn is_registered(name: &str) -> bool {
    let Some((rest, last)) = name.rsplit_once('.') else { return false };
    let is_country = last.len() == 2 && last.bytes().all(|byte| byte.is_ascii_lowercase());
    !rest.is_empty() && (is_country || DOMAINS.contains(&last))
}

/// Such names, each with the workloads that have it.
#[derive(Default)]
pub(super) struct Outward {
    names: BTreeMap<String, Vec<usize>>,
}

impl Outward {
    /// Takes up a name that no Service can have, where it is one of these.
    pub(super) fn add(&mut self, lower: &str, owners: impl Iterator<Item = usize>) -> bool {
        let is_one = is_registered(lower);
        if is_one {
            self.names.entry(lower.to_owned()).or_default().extend(owners);
        }
        is_one
    }

    /// Whether a host in the texts of a workload stays as it is: in the workload's own settings where it says how it is reached,
    /// elsewhere where a certificate must bear it.
    pub(super) fn stays(&self, index: usize, name: &str, host: &Host) -> bool {
        let Some(owners) = self.names.get(&name.to_ascii_lowercase()) else { return false };
        if owners.contains(&index) {
            return host.port.is_none() || matches!(host.implied, Some(80 | 443));
        }
        host.implied == Some(443)
    }
}

/// A name that stayed as it is.
pub(super) struct Stayed {
    /// The workload that reads it.
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) place: Origin,
    /// Its line, in a file.
    pub(super) line: Option<String>,
}

/// Says which names stayed, once for each that another service dials.
pub(super) fn report(app: &App, table: &Table, stayed: &[Stayed], diags: &mut Diagnostics) {
    let mut known = BTreeSet::new();
    for Stayed { index, name, place, line } in stayed {
        let lower = name.to_ascii_lowercase();
        let owners = table.outward.names.get(&lower).map(Vec::as_slice).unwrap_or_default();
        let service = |index: usize| app.workloads.get(index).map(|workload| workload.service.as_str());
        let (Some(reader), Some(owner)) = (service(*index), owners.first().and_then(|owner| service(*owner))) else {
            continue;
        };
        let is_own = owners.contains(index);
        if !known.insert((lower, *index, *place, line.as_deref())) {
            continue;
        }
        let (code, title) = if is_own {
            (
                Code::OwnNameOutside,
                format!("`{name}` stays in the settings of `{owner}`: it is reached under that name from outside"),
            )
        } else {
            (Code::NameOutside, format!("`{name}` no longer leads from `{reader}` straight to `{owner}`"))
        };
        let diagnostic = Diagnostic::new(code, *place, title).key(format!("services.{reader}")).cause(name);
        let diagnostic = match line {
            Some(line) => diagnostic.label(format!("seen in {line}")),
            None => diagnostic,
        };
        diags.push(if is_own {
            diagnostic.help(format!("let DNS lead it to the Ingress or load balancer of `{owner}`"))
        } else {
            diagnostic
                .why("no Service can have a name with a dot; it is not rewritten, as the certificate of the other side bears it")
                .help(format!("let DNS lead it to the Ingress or load balancer of `{owner}`, or dial {owner} where no certificate is checked"))
        });
    }
}

/// A further name that Kubernetes refuses and that no Service answers.
pub(super) struct Unanswered {
    pub(super) index: usize,
    pub(super) alias: Traced<String>,
    /// Whether it is an alias, which is there to be dialled; container and host names mostly are not.
    pub(super) is_alias: bool,
}

/// Says which aliases are lost: nothing here dials them, so that an image or another project must.
pub(super) fn lost(app: &App, unanswered: Vec<Unanswered>, dialled: &BTreeSet<String>, diags: &mut Diagnostics) {
    for Unanswered { index, alias, is_alias } in unanswered {
        let Some(workload) = app.workloads.get(index) else { continue };
        let is_dialled = dialled.contains(&alias.value.to_ascii_lowercase());
        let first = alias.why.origins().first().copied().filter(|_| is_alias && !is_dialled);
        let Some(place) = first else {
            let reason = if is_dialled {
                "Kubernetes refuses the name: what dials it was rewritten to the service's own"
            } else {
                "Kubernetes refuses the name, and nothing in the project dials it"
            };
            alias.why.origins().iter().for_each(|place| diags.consume(*place, reason));
            continue;
        };
        diags.push(
            Diagnostic::new(
                Code::AliasLost,
                place,
                format!("`{}` leads to `{}` no more", alias.value, workload.service),
            )
            .why(
                "Kubernetes refuses the name; nothing in the project dials it, so that an image or another project may",
            )
            .help(format!("have what dials it dial {}", workload.name))
            .key(format!("services.{}.networks", workload.service))
            .cause("aliases")
            .covers(alias.why.origins().iter().copied()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::is_registered;

    #[test]
    fn names_that_may_be_registered() {
        for name in ["gitlab.example.com", "auth.example.co.uk", "x.io"] {
            assert!(is_registered(name), "{name}");
        }
        for name in ["gitlab", "node1.local", "edx.devstack.kafka", ".com", "10.0.0.12", "my_db"] {
            assert!(!is_registered(name), "{name}");
        }
    }
}
