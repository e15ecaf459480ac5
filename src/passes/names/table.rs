//! Which name means which workload: services' own names first, then what the user adds, then what Docker makes of them.

mod outer;
mod slots;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use self::slots::Slotted;
use super::far::Far;
use super::outward::{Outward, Unanswered};
use crate::compose::Loaded;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Answer, App, Link, Name, Traced, Why};
use crate::origin::Origin;

/// Of how many containers of one service the names are known.
const MOST_CONTAINERS: u32 = 16;

/// What a name means.
#[derive(Clone, Debug)]
struct Entry {
    /// The name of the Service that answers.
    name: Name,
    /// The workload behind it; the first of several.
    to: usize,
    /// Whether the name is Docker's `tasks.SERVICE`, whose Service is made when it is dialled.
    tasks: bool,
}

impl Entry {
    fn new(name: &Name, to: usize) -> Self {
        Entry { name: name.clone(), to, tasks: false }
    }
}

/// Who is meant by a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whom {
    /// A workload, by its number.
    Own(usize),
    /// Somebody of another stack, by the number that [`Far`] gave.
    Far(usize),
}

/// A host that is known.
pub(super) struct Meant {
    /// What is written in its place.
    pub(super) text: String,
    /// Who it is.
    pub(super) to: Whom,
}

/// All names of the app. Names are compared in lower case, as DNS does.
pub(super) struct Table {
    names: BTreeMap<String, Entry>,
    /// What one workload alone calls others.
    links: BTreeMap<(usize, String), Entry>,
    /// All names in `links`.
    linked: BTreeSet<String>,
    networks: BTreeSet<String>,
    answers: BTreeMap<Name, Vec<(usize, Why)>>,
    tasks: BTreeMap<usize, Why>,
    /// The names of single pods.
    slots: Slotted,
    /// Names that Kubernetes refuses, as they are written.
    refused: BTreeSet<String>,
    /// The names of services that are left out.
    left_out: BTreeMap<String, String>,
    /// Who dials one of these by which name, and where.
    missed: BTreeMap<(usize, String), Vec<Origin>>,
    /// Names that are known outside too.
    pub(super) outward: Outward,
    /// Names that no Service answers.
    pub(super) unanswered: Vec<Unanswered>,
    pub(super) far: Far,
}

impl Table {
    pub(super) fn new(app: &mut App, loaded: &Loaded, diags: &mut Diagnostics) -> Self {
        let project = loaded.name.value.as_str();
        let mut table = Table {
            names: BTreeMap::new(),
            links: BTreeMap::new(),
            linked: BTreeSet::new(),
            networks: networks(loaded),
            answers: BTreeMap::new(),
            tasks: BTreeMap::new(),
            slots: Slotted::default(),
            refused: BTreeSet::new(),
            left_out: left_out(app),
            missed: BTreeMap::new(),
            outward: Outward::default(),
            unanswered: Vec::new(),
            far: Far::new(app),
        };
        for (index, workload) in app.workloads.iter().enumerate() {
            table.names.insert(workload.service.to_ascii_lowercase(), Entry::new(&workload.name, index));
            table.refuse(&workload.service);
        }
        for (index, workload) in app.workloads.iter().enumerate() {
            table.offer(workload.name.as_str(), Entry::new(&workload.name, index));
        }
        table.addresses(app);
        table.aliases(app, diags);
        table.links(app, diags);
        table.slots(app, diags);
        let services: BTreeSet<&Name> = app.workloads.iter().map(|workload| &workload.name).collect();
        for (index, workload) in app.workloads.iter().enumerate() {
            let service = &workload.service;
            let each = Entry { name: super::tasks(&workload.name, &services), to: index, tasks: true };
            table.offer(&format!("tasks.{service}"), each.clone());
            table.offer(&format!("tasks.{project}_{service}"), each);
            table.offer(&format!("{project}_{service}"), Entry::new(&workload.name, index));
            for number in 1..=workload.replicas.value.clamp(1, MOST_CONTAINERS) {
                for container in [format!("{project}-{service}-{number}"), format!("{project}_{service}_{number}")] {
                    if table.offer(&container, Entry::new(&workload.name, index)) {
                        table.refused.insert(container);
                    }
                }
            }
        }
        table.outer_links(app, diags);
        table
    }

    /// The meaning of a host in the texts of a workload. Dialling `tasks.x` makes its Service.
    pub(super) fn dial(&mut self, from: usize, host: &str, why: &Why) -> Option<Meant> {
        let lower = host.to_ascii_lowercase();
        if let Some((text, number)) = self.far.linked(from, &lower) {
            return Some(Meant { text, to: Whom::Far(number) });
        }
        let Some(entry) = self.links.get(&(from, lower.clone())).or_else(|| self.lookup_lower(&lower)) else {
            if self.left_out.contains_key(&lower) {
                self.missed.entry((from, lower.clone())).or_default().extend(why.origins());
            }
            return self.far.dial(from, &lower, why).map(|(text, number)| Meant { text, to: Whom::Far(number) });
        };
        let meant = Meant { text: entry.name.to_string(), to: Whom::Own(entry.to) };
        if entry.tasks {
            let to = entry.to;
            self.tasks.entry(to).or_insert_with(|| why.clone());
        }
        Some(meant)
    }

    /// What is written in place of a name, in the texts of no workload in particular.
    pub(super) fn instead(&self, name: &str) -> Option<String> {
        let lower = name.to_ascii_lowercase();
        self.lookup_lower(&lower).map(|entry| entry.name.to_string()).or_else(|| self.far.instead(&lower))
    }

    /// Whether a name means something to some workload.
    pub(super) fn may_know(&self, name: &str) -> bool {
        let lower = name.to_ascii_lowercase();
        self.lookup_lower(&lower).is_some() || self.linked.contains(&lower) || self.far.may_know(&lower)
    }

    /// Docker knows `SERVICE.NETWORK` too.
    fn lookup_lower(&self, lower: &str) -> Option<&Entry> {
        self.names.get(lower).or_else(|| {
            let (service, network) = lower.split_once('.')?;
            self.networks.contains(network).then(|| self.names.get(service))?
        })
    }

    /// Whether a word is what a workload itself is called.
    pub(super) fn is_own(&self, index: usize, word: &str) -> bool {
        self.names.get(&word.to_ascii_lowercase()).is_some_and(|entry| entry.to == index)
    }

    /// Whether a word is a name that was rewritten.
    pub(super) fn is_refused(&self, word: &str) -> bool {
        self.refused.contains(word)
    }

    /// Whether there are such names at all.
    pub(super) fn refuses(&self) -> bool {
        !self.refused.is_empty()
    }

    /// Who dials a service that is left out: the workload, the name and the service, with each place.
    pub(super) fn take_missed(&mut self) -> impl Iterator<Item = (usize, String, String, Vec<Origin>)> {
        let missed = std::mem::take(&mut self.missed).into_iter();
        missed.map(|((from, name), places)| {
            let service = self.left_out.get(&name).cloned().unwrap_or_default();
            (from, name, service, places)
        })
    }

    /// The further Services, each with the workload that it belongs to.
    pub(super) fn take_answers(&mut self) -> Vec<(usize, Answer)> {
        let mut all = Vec::new();
        for (name, of) in std::mem::take(&mut self.answers) {
            let shared = of.len() > 1;
            for (index, why) in of {
                all.push((index, Answer { shared, ..super::answer(name.clone(), false, why) }));
            }
        }
        all.append(&mut self.slots.answers);
        let mut of_tasks: BTreeMap<usize, &Entry> = BTreeMap::new();
        for entry in self.names.values().filter(|entry| entry.tasks) {
            of_tasks.entry(entry.to).or_insert(entry);
        }
        for (index, why) in std::mem::take(&mut self.tasks) {
            let found = of_tasks.get(&index);
            all.extend(found.map(|entry| (index, super::answer(entry.name.clone(), true, why))));
        }
        all
    }

    /// Adds a name that nobody has yet.
    fn offer(&mut self, name: &str, entry: Entry) -> bool {
        let lower = name.to_ascii_lowercase();
        let vacant = !self.names.contains_key(&lower);
        if vacant {
            self.names.insert(lower, entry);
        }
        vacant
    }

    /// Case alone is no matter to DNS.
    fn refuse(&mut self, name: &str) {
        if Name::from_text(name).as_str() != name.to_ascii_lowercase() {
            self.refused.insert(name.to_owned());
        }
    }

    /// Addresses that Docker gave: what dials them dials the service. A line of /etc/hosts for one of them is a link.
    fn addresses(&mut self, app: &mut App) {
        let mut services = BTreeMap::new();
        for (index, workload) in app.workloads.iter_mut().enumerate() {
            for address in std::mem::take(&mut workload.addresses) {
                services.insert(address.value.clone(), workload.service.clone());
                self.offer(&address.value, Entry::new(&workload.name, index));
            }
        }
        for workload in &mut app.workloads {
            for line in std::mem::take(&mut workload.pod.host_aliases) {
                match services.get(&line.address) {
                    Some(service) => workload
                        .links
                        .extend(line.names.into_iter().map(|alias| Link { service: service.clone(), alias })),
                    None => workload.pod.host_aliases.push(line),
                }
            }
        }
    }

    /// Container names, host names and aliases of networks.
    fn aliases(&mut self, app: &mut App, diags: &mut Diagnostics) {
        let (meant, mut networks, on_networks) = aliases(app);
        for (lower, mut of) in meant {
            let name = Name::from_text(&lower);
            let owner = self.names.get(&lower).or_else(|| self.names.get(name.as_str())).map(|entry| entry.to);
            if let Some(owner) = owner {
                for (index, alias) in of {
                    let places = alias.why.origins();
                    if index == owner {
                        places.iter().for_each(|place| diags.consume(*place, "the service's own name"));
                        self.offer(&lower, Entry { name: self.own(app, index), to: index, tasks: false });
                    } else {
                        taken(app, index, owner, &alias, diags);
                    }
                }
                continue;
            }
            let Some((first, _)) = of.first() else { continue };
            let (first, reached) = (*first, networks.remove(&(*first, lower.clone())).unwrap_or_default());
            of.retain(|(index, alias)| {
                let others = networks.get(&(*index, lower.clone()));
                let meets = *index == first || others.is_none_or(|others| !others.is_disjoint(&reached));
                if !meets {
                    taken(app, *index, first, alias, diags);
                }
                meets
            });
            let (shared, legal) = (of.len() > 1, name.as_str() == lower);
            if legal || shared {
                self.names.insert(lower.clone(), Entry::new(&name, first));
                self.names.insert(name.as_str().to_owned(), Entry::new(&name, first));
            } else {
                self.names.insert(lower.clone(), Entry { name: self.own(app, first), to: first, tasks: false });
            }
            let is_outward = !legal && self.outward.add(&lower, of.iter().map(|(index, _)| *index));
            for (index, alias) in of {
                if !is_outward {
                    self.refuse(&alias.value);
                }
                if legal || shared {
                    self.answers.entry(name.clone()).or_default().push((index, alias.why));
                } else {
                    let is_alias = on_networks.contains(&(index, lower.clone()));
                    self.unanswered.push(Unanswered { index, alias, is_alias });
                }
            }
        }
    }

    fn own(&self, app: &App, index: usize) -> Name {
        app.workloads.get(index).map_or_else(|| Name::from_text(""), |workload| workload.name.clone())
    }

    /// `links: ["db:database"]`.
    fn links(&mut self, app: &mut App, diags: &mut Diagnostics) {
        for index in 0..app.workloads.len() {
            let links =
                app.workloads.get_mut(index).map(|workload| std::mem::take(&mut workload.links)).unwrap_or_default();
            for link in links {
                let Some(target) = self.names.get(&link.service.to_ascii_lowercase()).map(|entry| entry.to) else {
                    continue;
                };
                let lower = link.alias.value.to_ascii_lowercase();
                let own = self.own(app, target);
                match self.names.get(&lower).map(|entry| entry.to) {
                    Some(owner) if owner == target => {
                        let places = link.alias.why.origins();
                        places.iter().for_each(|place| diags.consume(*place, "a name that the service has anyway"));
                    }
                    Some(owner) => {
                        self.linked.insert(lower.clone());
                        self.links.insert((index, lower), Entry::new(&own, target));
                        taken(app, target, owner, &link.alias, diags);
                    }
                    None => {
                        let name = Name::from_text(&lower);
                        self.refuse(&link.alias.value);
                        if name.as_str() == lower {
                            self.names.insert(lower, Entry::new(&name, target));
                            self.answers.entry(name).or_default().push((target, link.alias.why));
                        } else {
                            self.names.insert(lower, Entry::new(&own, target));
                            for place in link.alias.why.origins() {
                                diags.consume(
                                    *place,
                                    "Kubernetes refuses the name: what dials it was rewritten to the service's own",
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The workloads that each alias means.
type Aliases = IndexMap<String, Vec<(usize, Traced<String>)>>;

/// The networks on which a workload has an alias.
type Reach = BTreeMap<(usize, String), BTreeSet<String>>;

/// What each alias means, and where; and which of them stand beside a network.
fn aliases(app: &mut App) -> (Aliases, Reach, BTreeSet<(usize, String)>) {
    let mut meant = Aliases::new();
    let mut networks = Reach::new();
    let mut on_networks = BTreeSet::new();
    for (index, workload) in app.workloads.iter_mut().enumerate() {
        for alias in std::mem::take(&mut workload.aliases) {
            let lower = alias.name.value.to_ascii_lowercase();
            if alias.network.is_some() {
                on_networks.insert((index, lower.clone()));
            }
            let all = workload.networks.iter().map(|network| network.value.clone());
            let known = alias.network.map_or_else(|| all.collect(), |network| BTreeSet::from([network]));
            networks.entry((index, lower.clone())).or_default().extend(known);
            let of = meant.entry(lower).or_default();
            match of.iter_mut().find(|(other, _)| *other == index) {
                Some((_, known)) => {
                    let all = known.why.origins().iter().chain(alias.name.why.origins()).copied().collect();
                    known.why = Why::Origins(all);
                }
                None => of.push((index, alias.name)),
            }
        }
    }
    (meant, networks, on_networks)
}

/// The names of the project's networks, in lower case: as they are written, and as Docker calls them.
fn networks(loaded: &Loaded) -> BTreeSet<String> {
    let project = &loaded.name.value;
    let keys = loaded.project.networks.get().into_iter().flat_map(|networks| networks.value.keys());
    keys.map(String::as_str)
        .chain(["default"])
        .flat_map(|network| [network.to_ascii_lowercase(), format!("{project}_{network}").to_ascii_lowercase()])
        .collect()
}

/// The names of services that are left out, in lower case, each with its service.
fn left_out(app: &App) -> BTreeMap<String, String> {
    let all = app.left_out.iter();
    all.flat_map(|gone| gone.names.iter().map(|name| (name.to_ascii_lowercase(), gone.service.clone()))).collect()
}

/// Says that a name stays with the service that has it already.
fn taken(app: &App, index: usize, owner: usize, alias: &Traced<String>, diags: &mut Diagnostics) {
    let service = |index: usize| app.workloads.get(index).map(|workload| workload.service.as_str()).unwrap_or_default();
    let place =
        alias.why.origins().first().copied().or_else(|| app.workloads.get(index).map(|workload| workload.origin));
    let Some(place) = place else { return };
    diags.push(
        Diagnostic::new(
            Code::NameTaken,
            place,
            format!("`{}` means the service `{}`, not `{}`", alias.value, service(owner), service(index)),
        )
        .why("on Docker a name may mean another service on another network or for another container; in a namespace it means one. Where a link says so, what dials it there was rewritten")
        .help(format!("dial `{}` by its own name, or give it another alias", service(index)))
        .key(format!("services.{}", service(index)))
        .covers(alias.why.origins().iter().copied()),
    );
}
