//! Names of services of other stacks, on networks that both share. A name that Kubernetes takes becomes a Service that leads there;
//! any other is rewritten to the full name.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Elsewhere, Name, Neighbour, NetworkMode, Others, SharedNetwork, Why};

/// The domain of nearly every cluster. What a Service leads to is not looked up in the pod's own domains.
const DOMAIN: &str = "svc.cluster.local";

/// Who can be reached in other stacks, and who was.
pub(super) struct Far {
    networks: Vec<SharedNetwork>,
    /// By workload: the networks that it is on.
    attached: Vec<BTreeSet<String>>,
    /// Containers of other stacks, by name; and what one workload alone calls them.
    others: Option<Others>,
    links: BTreeMap<(usize, String), (String, usize)>,
    met: Vec<Neighbour>,
    numbers: BTreeMap<(usize, Name, bool), usize>,
    leads: BTreeMap<Name, (usize, Why)>,
    /// Names that several stacks have, with the first two.
    ambiguous: BTreeMap<String, (usize, usize, Why)>,
}

impl Far {
    pub(super) fn new(app: &mut App) -> Self {
        let networks = std::mem::take(&mut app.shared_networks);
        let attached = app.workloads.iter().map(|workload| match workload.network {
            NetworkMode::Shared => workload.networks.iter().map(|network| network.value.clone()).collect(),
            NetworkMode::Host(_) | NetworkMode::None(_) => BTreeSet::new(),
        });
        Far {
            attached: attached.collect(),
            networks,
            others: app.others.take(),
            links: BTreeMap::new(),
            met: Vec::new(),
            numbers: BTreeMap::new(),
            leads: BTreeMap::new(),
            ambiguous: BTreeMap::new(),
        }
    }

    /// Everybody of another stack who has a name, on a network for which `is_seen` holds.
    fn named<'a>(&'a self, lower: &str, is_seen: impl Fn(&str) -> bool) -> impl Iterator<Item = &'a Neighbour> {
        let networks = self.networks.iter().filter(move |network| is_seen(&network.key));
        let lower = lower.to_owned();
        networks
            .filter_map(move |network| Some((network.own, network.neighbours.names.get(&lower)?)))
            .flat_map(|(own, known)| known.iter().filter(move |known| known.stack != own))
    }

    /// Whether a name means somebody to some workload.
    pub(super) fn may_know(&self, lower: &str) -> bool {
        self.named(lower, |_| true).next().is_some()
    }

    /// What is written in place of a name in the texts of no workload in particular.
    pub(super) fn instead(&self, lower: &str) -> Option<String> {
        self.named(lower, |_| true).next().map(short)
    }

    /// The meaning of a host in the texts of a workload: what is written in its place, and the number of who is meant.
    pub(super) fn dial(&mut self, from: usize, lower: &str, why: &Why) -> Option<(String, usize)> {
        let (meant, other) = {
            let attached = self.attached.get(from)?;
            let mut found = self.named(lower, |key| attached.contains(key));
            let meant = found.next()?.clone();
            let other = found.find(|other| other.stack != meant.stack).cloned();
            (meant, other)
        };
        let number = self.number(&meant);
        if let Some(other) = other {
            let other = self.number(&other);
            self.ambiguous.entry(lower.to_owned()).or_insert_with(|| (number, other, why.clone()));
        }
        let name = Name::from_text(lower);
        if name.as_str() != lower {
            return Some((short(&meant), number));
        }
        self.leads.entry(name).or_insert_with(|| (number, why.clone()));
        Some((lower.to_owned(), number))
    }

    /// What a workload alone calls a container of another stack: what is written in its place, and the number of who is meant.
    pub(super) fn linked(&self, from: usize, lower: &str) -> Option<(String, usize)> {
        if self.links.is_empty() {
            return None;
        }
        self.links.get(&(from, lower.to_owned())).cloned()
    }

    /// Links a workload to a container of another stack, where there is one. A name that is not taken becomes a Service.
    pub(super) fn link(&mut self, from: usize, container: &str, alias: &str, is_taken: bool, why: &Why) -> bool {
        let Some(others) = &self.others else { return false };
        let known = others.containers.names.get(&container.to_ascii_lowercase());
        let Some(meant) = known.into_iter().flatten().find(|known| known.stack != others.own).cloned() else {
            return false;
        };
        let number = self.number(&meant);
        let name = Name::from_text(alias);
        let is_other = self.leads.get(&name).is_some_and(|(other, _)| *other != number);
        let text = if name.as_str() != alias || is_taken || is_other {
            short(&meant)
        } else {
            self.leads.entry(name).or_insert_with(|| (number, why.clone()));
            alias.to_owned()
        };
        self.links.insert((from, alias.to_owned()), (text, number));
        true
    }

    fn number(&mut self, meant: &Neighbour) -> usize {
        let key = (meant.stack, meant.workload.clone(), meant.each_pod);
        *self.numbers.entry(key).or_insert_with(|| {
            self.met.push(meant.clone());
            self.met.len() - 1
        })
    }

    /// Who has a number.
    pub(super) fn met(&self, number: usize) -> Option<&Neighbour> {
        self.met.get(number)
    }

    /// The Services that lead to other stacks, with a message for each.
    pub(super) fn elsewhere(&mut self, diags: &mut Diagnostics) -> Vec<Elsewhere> {
        for (name, (first, second, why)) in &self.ambiguous {
            let (Some(first), Some(second)) = (self.met.get(*first), self.met.get(*second)) else { continue };
            let message =
                format!("`{name}` means the service of the stack {}, not of {}", first.namespace, second.namespace);
            diags.push(
                at(Code::NameTaken, why, message)
                    .why("both have that name on a network that they share; Docker takes now the one, now the other")
                    .help(format!("dial {} or {}", short(first), short(second))),
            );
        }
        let lead = |(name, (number, why)): (Name, (usize, Why))| {
            let meant = self.met.get(number)?;
            let target = format!("{}.{DOMAIN}", short(meant));
            diags.push(
                at(Code::NameElsewhere, &why, format!("`{name}` leads to the stack {}", meant.namespace))
                    .label(format!("an ExternalName Service for {target}"))
                    .why("the services of the stack have their names in a namespace of its own")
                    .help(format!("dial {} where the cluster's domain is another", short(meant))),
            );
            Some(Elsewhere { name, target, why })
        };
        std::mem::take(&mut self.leads).into_iter().filter_map(lead).collect()
    }
}

fn at(code: Code, why: &Why, message: String) -> Diagnostic {
    match why.origins().first() {
        Some(place) => Diagnostic::new(code, *place, message),
        None => Diagnostic::nowhere(code, message),
    }
}

/// Its name as seen from another namespace.
fn short(meant: &Neighbour) -> String {
    format!("{}.{}", meant.service, meant.namespace)
}
