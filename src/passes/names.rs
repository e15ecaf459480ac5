//! Every name that a Docker network gives a service resolves in the cluster (design 4.3): a further name is a further Service, and
//! where Kubernetes refuses a name, it is rewritten together with what dials it.
//!
//! ```yaml
//! services: { my_db: { image: postgres }, web: { environment: { DATABASE_URL: "postgres://my_db/my_db" } } }
//! # Service my-db; DATABASE_URL: postgres://my-db/my_db
//! ```

mod far;
mod outward;
mod table;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

use self::outward::Stayed;
use self::table::{Table, Whom};
use self::texts::{Found, Objects};
use crate::compose::grammar::hosts;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Answer, App, Call, Dial, EnvSource, Name, PodField, Protocol, SettingValue, TextPart, Why, Workload};
use crate::lower::Context;
use crate::origin::Origin;

/// How many places of one name are shown.
const MOST_PLACES: usize = 8;

pub(super) fn run(app: &mut App, context: &Context<'_>, diags: &mut Diagnostics) {
    let mut table = Table::new(app, context.loaded, diags);
    let mut objects = Objects::new(std::mem::take(&mut app.files));
    let mut seen = Seen::default();
    for (index, workload) in app.workloads.iter_mut().enumerate() {
        environment(index, workload, &mut objects, &mut table, &mut seen);
        words(index, workload, &mut table, &mut seen);
        before(index, workload, &mut objects, &mut table, &mut seen);
        notes(index, workload, &mut table, &mut seen);
        texts::mounted(index, workload, &mut objects, &mut table, &mut seen);
    }
    treatments(app, &mut table, &mut seen);
    app.files = objects.into_files();
    for answer in table.take_answers() {
        if let Some(workload) = app.workloads.get_mut(answer.0) {
            workload.answers.push(answer.1);
        }
    }
    report(app, &table, &seen, diags);
    outward::report(app, &table, &seen.stayed, diags);
    outward::lost(app, std::mem::take(&mut table.unanswered), &seen.names(), diags);
    missed(app, &mut table, diags);
    app.elsewhere.extend(table.far.elsewhere(diags));
    (app.dials, app.calls) = seen.into_dials(app, &table);
}

/// What was seen in the texts of all workloads.
#[derive(Default)]
struct Seen {
    dials: BTreeMap<DialKey, (Origin, Option<String>)>,
    order: Vec<DialKey>,
    /// By the workload whose name was rewritten: how many references were rewritten with it.
    rewritten: BTreeMap<usize, usize>,
    /// Each of these references.
    references: Vec<Reference>,
    /// By the name as it was written: where it stands and is not rewritten.
    left: BTreeMap<String, Vec<(Origin, Option<String>)>>,
    /// Names that are known outside, where they stay.
    stayed: Vec<Stayed>,
}

/// A host that was rewritten.
struct Reference {
    /// The workload that reads the text.
    index: usize,
    /// The key below its service, as `environment.DB_HOST`.
    key: String,
    place: Origin,
    from: String,
    to: String,
}

/// Who dials whom, on which port, whether that is written, and whether it is its own address on which it listens.
type DialKey = (usize, Whom, Option<(u16, Protocol)>, bool, bool);

impl Seen {
    fn dial(&mut self, from: usize, found: &Found, place: Origin, line: Option<String>) {
        let key = (from, found.to, found.port, found.written, found.listens);
        if let std::collections::btree_map::Entry::Vacant(entry) = self.dials.entry(key) {
            entry.insert((place, line));
            self.order.push(key);
        }
    }

    /// A reference was rewritten.
    fn rewrote(&mut self, whom: &[Whom], reference: Reference) {
        for whom in whom {
            match whom {
                Whom::Own(index) => *self.rewritten.entry(*index).or_default() += 1,
                Whom::Far(_) => {}
            }
        }
        self.references.push(reference);
    }

    fn left(&mut self, name: &str, place: Origin, line: Option<String>) {
        let places = self.left.entry(name.to_owned()).or_default();
        if !places.contains(&(place, line.clone())) {
            places.push((place, line));
        }
    }

    /// What was dialled by a name that no Service has, in lower case.
    fn names(&self) -> BTreeSet<String> {
        let rewritten = self.references.iter().map(|reference| &reference.from);
        let stayed = self.stayed.iter().map(|stayed| &stayed.name);
        rewritten.chain(stayed).chain(self.left.keys()).map(|name| name.to_ascii_lowercase()).collect()
    }

    /// Who dials whom: within the app, and in other stacks.
    fn into_dials(mut self, app: &App, table: &Table) -> (Vec<Dial>, Vec<Call>) {
        let name = |index: usize| app.workloads.get(index).map(|workload| workload.name.clone());
        let (mut dials, mut calls) = (Vec::new(), Vec::new());
        for key in std::mem::take(&mut self.order) {
            let Some((place, line)) = self.dials.remove(&key) else { continue };
            let (from, to, port, written, listens) = key;
            match to {
                Whom::Own(to) => {
                    let to = name(to);
                    dials.extend(to.map(|to| Dial { from: name(from), to, port, written, listens, place, line }));
                }
                Whom::Far(number) => {
                    let to = table.far.met(number).cloned();
                    calls.extend(to.map(|to| Call { to, port, written, place, line }));
                }
            }
        }
        (dials, calls)
    }
}

/// The variables, in place, those that stand in a Secret too.
fn environment(index: usize, workload: &mut Workload, objects: &mut Objects, table: &mut Table, seen: &mut Seen) {
    let mut ports: BTreeMap<String, u16> = BTreeMap::new();
    for variable in &workload.container.env {
        if let EnvSource::Literal(text) = &variable.source
            && let Ok(port) = text.trim().parse::<u16>()
            && port > 0
        {
            ports.insert(variable.name.to_ascii_uppercase(), port);
        }
    }
    for variable in &mut workload.container.env {
        let place = variable.why.origins().first().copied().unwrap_or(workload.origin);
        match &mut variable.source {
            EnvSource::Literal(text) => value(Reader::alone(index), &variable.name, text, place, &ports, table, seen),
            EnvSource::Field(_) => {}
            EnvSource::Composed(parts) => composed(index, &variable.name, parts, place, &ports, table, seen),
            EnvSource::Secret { object, key } => {
                if let Some(bytes) = objects.secret(&mut workload.files, object, key)
                    && let Ok(mut text) = String::from_utf8(bytes.clone())
                {
                    value(Reader::alone(index), &variable.name, &mut text, place, &ports, table, seen);
                    *bytes = text.into_bytes();
                }
            }
        }
    }
    for from in &workload.container.env_from {
        let reader = Reader { index, is_alone: objects.is_own(&workload.files, &from.value) };
        objects.each_key(&mut workload.files, &from.value, |key, bytes, why| {
            if let Ok(mut text) = String::from_utf8(bytes.clone()) {
                let place = why.origins().first().copied().unwrap_or(workload.origin);
                value(reader, key, &mut text, place, &ports, table, seen);
                *bytes = text.into_bytes();
            }
        });
    }
}

/// A value that the kubelet puts together. With the number of the first pod it may be a name, as in `kafka-{{.Task.Slot}}:9092`.
fn composed(
    index: usize,
    name: &str,
    parts: &mut [TextPart],
    place: Origin,
    ports: &BTreeMap<String, u16>,
    table: &mut Table,
    seen: &mut Seen,
) {
    let mut first: String = parts
        .iter()
        .map(|part| match part {
            TextPart::Text(text) => text.as_str(),
            TextPart::Field(PodField::Slot) => "1",
            TextPart::Field(PodField::Node | PodField::Name | PodField::Uid) => "x",
        })
        .collect();
    value(Reader::alone(index), name, &mut first, place, ports, table, seen);
    table.rewrite_slots(index, parts);
    for part in parts {
        if let TextPart::Text(text) = part {
            value(Reader::alone(index), name, text, place, ports, table, seen);
        }
    }
}

/// Labels that are texts for other tools, such as a dashboard's: where they write a URL or a port, that is one of the service, but
/// it is not the service itself that dials it.
fn notes(index: usize, workload: &mut Workload, table: &mut Table, seen: &mut Seen) {
    for (key, text) in workload.annotations.iter_mut().chain(&mut workload.pod.annotations) {
        let Some(place) = text.why.origins().first().copied() else { continue };
        for found in texts::rewrite_addresses(index, &mut text.value, (&format!("labels.{key}"), place), table, seen) {
            if found.written {
                seen.dial(index, &Found { listens: true, ..found }, place, None);
            }
        }
    }
}

/// The services that routes ask before they let a request pass. The first workload that is routed stands for the router.
fn treatments(app: &mut App, table: &mut Table, seen: &mut Seen) {
    let Some(router) = app.workloads.iter().position(|workload| !workload.routes.is_empty()) else { return };
    for setting in app.treatments.iter_mut().flat_map(|treatment| &mut treatment.settings) {
        let place = setting.value.why.origins().first().copied();
        if let (SettingValue::Text(text), Some(place), true) =
            (&mut setting.value.value, place, setting.path == ["address"])
        {
            value(Reader::alone(router), "ADDRESS", text, place, &BTreeMap::new(), table, seen);
        }
    }
}

/// Variables by which images are told where to listen.
const PORTS: [&str; 5] = ["PORT", "SERVER_PORT", "LISTEN_PORT", "HTTP_PORT", "ASPNETCORE_HTTP_PORTS"];

/// Whose variable is read.
#[derive(Clone, Copy)]
struct Reader {
    index: usize,
    /// Whether no other workload has it from the same file: of a shared one, nobody knows whose own port it holds.
    is_alone: bool,
}

impl Reader {
    fn alone(index: usize) -> Self {
        Reader { index, is_alone: true }
    }
}

/// The value of one variable.
fn value(
    Reader { index, is_alone }: Reader,
    name: &str,
    text: &mut String,
    place: Origin,
    ports: &BTreeMap<String, u16>,
    table: &mut Table,
    seen: &mut Seen,
) {
    let says = hosts::says(name);
    if is_alone
        && PORTS.contains(&name)
        && let Some(port) = text.trim().parse().ok().filter(|port| *port > 0)
    {
        seen.dial(index, &texts::listening(index, port, false), place, None);
    }
    for mut found in texts::rewrite(index, text, says, (name, place), table, seen) {
        if found.port.is_none() {
            let protocol = |port| if texts::UDP.contains(&port) { Protocol::Udp } else { Protocol::Tcp };
            found.port = sibling_port(name, ports).map(|port| (port, protocol(port)));
            found.written = found.port.is_some();
        }
        if is_alone || !found.listens {
            seen.dial(index, &found, place, None);
        }
    }
    for name in texts::left(text, says, table) {
        seen.left(&name, place, None);
    }
}

/// The value of `DB_PORT` beside `DB_HOST`.
fn sibling_port(name: &str, ports: &BTreeMap<String, u16>) -> Option<u16> {
    let upper = name.to_ascii_uppercase();
    let endings =
        ["HOSTNAME", "HOSTS", "HOST", "SERVER", "ADDRESS", "ADDR", "URL", "ENDPOINT", "SERVICE", "NODE", "IP"];
    let shorter = endings.iter().find_map(|ending| upper.strip_suffix(ending));
    let beside = shorter.and_then(|start| ports.get(&format!("{start}PORT")));
    beside.or_else(|| ports.get(&format!("{upper}_PORT"))).or_else(|| ports.get(&format!("{upper}PORT"))).copied()
}

/// The containers before the main one, each in its place.
fn before(index: usize, workload: &mut Workload, objects: &mut Objects, table: &mut Table, seen: &mut Seen) {
    let mut steps = std::mem::take(&mut workload.before);
    for step in &mut steps {
        std::mem::swap(&mut workload.container, &mut step.container);
        environment(index, workload, objects, table, seen);
        command(index, workload, table, seen);
        std::mem::swap(&mut workload.container, &mut step.container);
    }
    workload.before = steps;
}

/// The entrypoint with its arguments, the hooks, and the healthcheck.
fn words(index: usize, workload: &mut Workload, table: &mut Table, seen: &mut Seen) {
    command(index, workload, table, seen);
    let container = &mut workload.container;
    for (hook, key) in [(&mut container.after_start, "post_start"), (&mut container.before_stop, "pre_stop")] {
        let mut command: Vec<_> = hook.iter_mut().flatten().collect();
        texts::rewrite_words(index, &mut command, (|_| key, workload.origin), table, seen);
    }
    if let Some(check) = &mut workload.check {
        let mut command: Vec<_> = check.command.iter_mut().collect();
        texts::rewrite_words(index, &mut command, (|_| "healthcheck.test", workload.origin), table, seen);
    }
}

/// The entrypoint with its arguments.
fn command(index: usize, workload: &mut Workload, table: &mut Table, seen: &mut Seen) {
    let container = &mut workload.container;
    let first = container.command.iter().flatten().count();
    let key = |number: usize| if number < first { "entrypoint" } else { "command" };
    let mut command: Vec<_> = container.command.iter_mut().chain(&mut container.args).flatten().collect();
    texts::rewrite_words(index, &mut command, (key, workload.origin), table, seen);
}

/// What became of names, once for each service that lost one.
fn report(app: &App, table: &Table, seen: &Seen, diags: &mut Diagnostics) {
    for (index, workload) in app.workloads.iter().enumerate() {
        if workload.name.as_str() != workload.service {
            let places = match seen.rewritten.get(&index) {
                None if seen.left.contains_key(&workload.service) => "what names it is left as it is".to_owned(),
                None => "nothing in the project dials it by that name".to_owned(),
                Some(1) => "rewritten in the one place that dials it".to_owned(),
                Some(count) => format!("rewritten in the {count} places that dial it"),
            };
            diags.push(
                Diagnostic::new(
                    Code::NameRewritten,
                    workload.origin,
                    format!("the service `{}` is called {} in the cluster", workload.service, workload.name),
                )
                .label(places)
                .why("Kubernetes names hold lower-case letters, digits and dashes, begin with a letter and have at most 63 characters")
                .help(format!("dial {} from outside this project", workload.name))
                .key(format!("services.{}", workload.service)),
            );
        }
    }
    for reference in &seen.references {
        let Reference { index, key, place, from, to } = reference;
        let Some(workload) = app.workloads.get(*index) else { continue };
        diags.push(
            Diagnostic::new(Code::ReferenceRewritten, *place, format!("`{from}` is written {to}"))
                .why("a host stands here, and that is what it is called in the cluster")
                .help(format!("write {to} to have it so in the file"))
                .cause(from)
                .key(format!("services.{}.{key}", workload.service)),
        );
    }
    left(table, seen, diags);
}

/// Who dials a service that is left out.
fn missed(app: &App, table: &mut Table, diags: &mut Diagnostics) {
    for (index, name, service, places) in table.take_missed() {
        let (Some(workload), Some(first)) = (app.workloads.get(index), places.first()) else { continue };
        let mut diagnostic = Diagnostic::new(
            Code::RouterDialled,
            *first,
            format!("`{}` dials `{name}`, which is left out", workload.service),
        )
        .why("nobody answers that name in the cluster")
        .help("dial the ingress controller by its Service there, as http://traefik.traefik.svc, or a service itself by its own name")
        .help(format!("--keep-router keeps `{service}` with all that it serves"))
        .cause(service)
        .key(format!("services.{}", workload.service));
        let mut known = BTreeSet::from([*first]);
        for place in places.iter().filter(|place| known.insert(**place)).take(MOST_PLACES) {
            diagnostic = diagnostic.also(*place, "here too");
        }
        diags.push(diagnostic);
    }
}

/// What stands where it may be a name or another word.
fn left(table: &Table, seen: &Seen, diags: &mut Diagnostics) {
    for (name, places) in &seen.left {
        let Some((first, line)) = places.first() else { continue };
        let instead = table.instead(name).unwrap_or_default();
        let (title, why) = match line {
            Some(line) => (
                format!("{line} names `{name}`, which is called {instead} in the cluster"),
                "the text of a mounted file is never changed",
            ),
            None => (
                format!("`{name}` may stand for the service that is called {instead} in the cluster"),
                "it was rewritten where a host must stand; here it may as well be another word",
            ),
        };
        let mut diagnostic = Diagnostic::new(Code::NameLeft, *first, title)
            .label("left as it is")
            .why(why)
            .help(format!("write {instead} if it is the host"));
        for (place, line) in places.iter().skip(1).take(MOST_PLACES) {
            diagnostic = diagnostic.also(
                *place,
                line.as_deref().map_or_else(|| "here too".to_owned(), |line| format!("here too: {line}")),
            );
        }
        if places.len() > MOST_PLACES + 1 {
            diagnostic = diagnostic.help(format!("there are {} such places", places.len()));
        }
        diags.push(diagnostic);
    }
}

/// The name of the Service of a workload that tells each of its pods apart: one that no service has.
pub(super) fn tasks(workload: &Name, services: &BTreeSet<&Name>) -> Name {
    let mut name = workload.with("tasks");
    let mut number = 2;
    while services.contains(&name) {
        name = workload.with(&format!("tasks-{number}"));
        number += 1;
    }
    name
}

/// A Service under a further name.
pub(super) fn answer(name: Name, each_pod: bool, why: Why) -> Answer {
    Answer { name, each_pod, shared: false, slot: None, why }
}
