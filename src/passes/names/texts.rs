//! The texts that a container reads, searched for hosts that are services, which are rewritten in place.

use std::collections::{BTreeMap, BTreeSet};

use super::outward::Stayed;
use super::table::{Table, Whom};
use super::{Reference, Seen};
use crate::compose::grammar::hosts::{self, Host, Says};
use crate::ir::{FileObject, FileObjectKind, Name, Protocol, Traced, Why, Workload};
use crate::origin::Origin;

/// A host that is a workload.
pub(super) struct Found {
    /// Who it is.
    pub(super) to: Whom,
    /// The port that is dialled there.
    pub(super) port: Option<(u16, Protocol)>,
    /// Whether the port is written.
    pub(super) written: bool,
    /// Whether it is the workload's own address, on which it listens.
    pub(super) listens: bool,
}

/// The address that stands for every address of the container itself.
const EVERY_ADDRESS: &str = "0.0.0.0";

/// A port on which the workload itself listens.
pub(super) fn listening(index: usize, port: u16, written: bool) -> Found {
    Found { to: Whom::Own(index), port: Some((port, Protocol::Tcp)), written, listens: true }
}

/// Ports of StatsD, of Jaeger's agent, RADIUS, SNMP and NTP, which are spoken to with UDP.
pub(super) const UDP: [u16; 9] = [123, 161, 162, 1812, 1813, 5775, 6831, 6832, 8125];

/// One for each port that is written, or one.
fn found(to: Whom, host: &Host) -> impl Iterator<Item = Found> {
    let is_udp = host.udp || host.implied.is_none() && host.dialled().is_some_and(|port| UDP.contains(&port));
    let protocol = if is_udp { Protocol::Udp } else { Protocol::Tcp };
    let one = move |port: Option<u16>, written| Found {
        to,
        port: port.map(|port| (port, protocol)),
        written,
        listens: false,
    };
    [one(host.dialled(), host.port.is_some())].into_iter().chain(host.second.map(|port| one(Some(port), true)))
}

/// One host, or a range of them.
struct Meant {
    /// What is written in its place.
    text: String,
    /// Who they are: at least one.
    to: Vec<Whom>,
}

/// The meaning of a host, or of a range of them, in the texts of a workload.
fn meant(table: &mut Table, index: usize, name: &str, why: &Why) -> Option<Meant> {
    let Some(range) = hosts::range(name) else {
        return table.dial(index, name, why).map(|meant| Meant { text: meant.text, to: vec![meant.to] });
    };
    let all: Vec<_> = range.names().map(|name| table.dial(index, &name, why)).collect();
    let to: Vec<Whom> = all.iter().flatten().map(|meant| meant.to).collect();
    let texts: Vec<Option<String>> = all.into_iter().map(|meant| meant.map(|meant| meant.text)).collect();
    let text = range.instead(&texts).unwrap_or_else(|| name.to_owned());
    (!to.is_empty()).then_some(Meant { text, to })
}

/// Rewrites the hosts of the value of a variable and says who they are.
pub(super) fn rewrite(
    index: usize,
    text: &mut String,
    says: Says,
    (variable, place): (&str, Origin),
    table: &mut Table,
    seen: &mut Seen,
) -> Vec<Found> {
    let hosts = hosts::find(text, says);
    rewrite_hosts(index, text, hosts, (&format!("environment.{variable}"), place), table, seen)
}

/// The same for a label, in which a host without a scheme or a port may as well be another word.
pub(super) fn rewrite_addresses(
    index: usize,
    text: &mut String,
    at: (&str, Origin),
    table: &mut Table,
    seen: &mut Seen,
) -> Vec<Found> {
    let mut hosts = hosts::find(text, Says::Anything);
    hosts.retain(|host| host.dialled().is_some() && text.get(host.range.clone()) != Some(EVERY_ADDRESS));
    rewrite_hosts(index, text, hosts, at, table, seen)
}

fn rewrite_hosts(
    index: usize,
    text: &mut String,
    hosts: Vec<Host>,
    (key, place): (&str, Origin),
    table: &mut Table,
    seen: &mut Seen,
) -> Vec<Found> {
    let mut all = Vec::new();
    let mut written = String::new();
    let mut copied = 0;
    for host in hosts {
        let name = text.get(host.range.clone()).unwrap_or_default();
        if name == EVERY_ADDRESS {
            all.extend(host.port.map(|port| listening(index, port, true)));
            continue;
        }
        if table.outward.stays(index, name, &host) {
            seen.stayed.push(Stayed { index, name: name.to_owned(), place, line: None });
            continue;
        }
        let Some(meant) = meant(table, index, name, &Why::Origin(place)) else { continue };
        all.extend(meant.to.iter().flat_map(|to| found(*to, &host)));
        if name != meant.text {
            written.push_str(text.get(copied..host.range.start).unwrap_or_default());
            written.push_str(&meant.text);
            copied = host.range.end;
            let (from, to) = (name.to_owned(), meant.text);
            seen.rewrote(&meant.to, Reference { index, key: key.to_owned(), place, from, to });
        }
    }
    if copied > 0 {
        written.push_str(text.get(copied..).unwrap_or_default());
        *text = written;
    }
    all
}

/// Rewrites the words of a command, which are read as one line: a flag stands in the word before its host.
pub(super) fn rewrite_words(
    index: usize,
    words: &mut [&mut Traced<String>],
    (key, place): (impl Fn(usize) -> &'static str, Origin),
    table: &mut Table,
    seen: &mut Seen,
) {
    let mut line = String::new();
    let mut starts = Vec::with_capacity(words.len());
    for word in words.iter() {
        if !line.is_empty() {
            line.push(' ');
        }
        starts.push(line.len());
        line.push_str(&word.value);
    }
    let mut hosts = hosts::find(&line, Says::Anything);
    // From the back, so that what stands before keeps its place.
    hosts.reverse();
    let mut dialled = Vec::new();
    for host in hosts {
        let name = line.get(host.range.clone()).unwrap_or_default();
        let Some(number) = starts.partition_point(|start| *start <= host.range.start).checked_sub(1) else { continue };
        let (Some(word), Some(start)) = (words.get_mut(number), starts.get(number)) else { continue };
        let inside = host.range.start - start..host.range.end - start;
        if word.value.get(inside.clone()) != Some(name) {
            continue;
        }
        if name == EVERY_ADDRESS {
            let place = word.why.origins().first().copied().unwrap_or(place);
            dialled.extend(host.port.map(|port| (listening(index, port, true), place)));
            continue;
        }
        let place = word.why.origins().first().copied().unwrap_or(place);
        if table.outward.stays(index, name, &host) {
            seen.stayed.push(Stayed { index, name: name.to_owned(), place, line: None });
            continue;
        }
        let Some(meant) = meant(table, index, name, &word.why) else { continue };
        dialled.extend(meant.to.iter().flat_map(|to| found(*to, &host)).map(|found| (found, place)));
        if name != meant.text {
            let (from, to) = (name.to_owned(), meant.text);
            word.value.replace_range(inside, &to);
            seen.rewrote(&meant.to, Reference { index, key: key(number).to_owned(), place, from, to });
        }
    }
    for (found, place) in dialled.iter().rev() {
        seen.dial(index, found, *place, None);
    }
    let mut said = Says::Anything;
    for word in words {
        // Its own name, alone, is a program or what that is told to do: `command: my_worker`.
        let is_own = table.is_own(index, &word.value);
        for name in left(&word.value, said, table).into_iter().filter(|_| !is_own) {
            seen.left(&name, word.why.origins().first().copied().unwrap_or(place), None);
        }
        said = if is_short_flag(&word.value) { Says::Other } else { hosts::flag(&word.value) };
    }
}

/// Rewritten names that still stand in a text, where they may be hosts or not.
pub(super) fn left(text: &str, says: Says, table: &Table) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    if !table.refuses() || says.is_other() {
        return all;
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut at = 0;
    for word in text.split(|c| !is_word(c)) {
        let start = at;
        at += word.len() + text.get(at + word.len()..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let word = if text.get(..start).is_some_and(|before| before.ends_with(':')) {
            word.trim_start_matches('-')
        } else {
            word
        };
        if table.is_refused(word) && !is_other(text, start) {
            all.insert(word.to_owned());
        }
    }
    all
}

/// Whether a word is part of a path, or the value of a key or flag that is no host's.
fn is_other(text: &str, start: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let mut near = before.len().saturating_sub(60);
    while !before.is_char_boundary(near) {
        near += 1;
    }
    let before = before.get(near..).unwrap_or_default();
    // `user@host` may name a host; in a matcher such as `@api` nobody stands before it.
    let is_mark = before.strip_suffix('@').is_some_and(|rest| !rest.ends_with(|c: char| c.is_ascii_alphanumeric()));
    if is_mark || before.ends_with(['/', '\\', '$', '{', '%']) {
        return true;
    }
    let trimmed = before.trim_end_matches([' ', '"', '\'', '=', ':']);
    let key = trimmed
        .rsplit(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .next()
        .unwrap_or_default();
    trimmed.len() < before.len() && (hosts::says(key.trim_start_matches('-')).is_other() || is_short_flag(key))
}

/// `-U`, `-d`: of one letter.
fn is_short_flag(word: &str) -> bool {
    word.len() == 2 && word.starts_with('-')
}

/// ConfigMaps and Secrets of the app, found by kind and name.
pub(super) struct Objects {
    files: Vec<FileObject>,
    numbers: BTreeMap<(FileObjectKind, Name), usize>,
    /// What stands in those that several workloads mount, which are searched once.
    searched: BTreeMap<usize, Vec<Named>>,
}

impl Objects {
    pub(super) fn new(files: Vec<FileObject>) -> Self {
        let numbers = files.iter().enumerate().map(|(number, file)| ((file.kind, file.name.clone()), number)).collect();
        Objects { files, numbers, searched: BTreeMap::new() }
    }

    /// The objects as they are by now.
    pub(super) fn into_files(self) -> Vec<FileObject> {
        self.files
    }

    /// What may be a name in the files of an object.
    fn named(&mut self, own: &[FileObject], kind: FileObjectKind, name: &Name, table: &Table) -> Vec<Named> {
        if let Some(object) = own.iter().find(|file| file.kind == kind && file.name == *name) {
            return names_in(object, table);
        }
        let Some(number) = self.numbers.get(&(kind, name.clone())).copied() else { return Vec::new() };
        if !self.searched.contains_key(&number) {
            let found = self.files.get(number).map(|object| names_in(object, table)).unwrap_or_default();
            self.searched.insert(number, found);
        }
        self.searched.get(&number).cloned().unwrap_or_default()
    }

    fn find_mut<'a>(
        &'a mut self,
        own: &'a mut [FileObject],
        kind: FileObjectKind,
        name: &Name,
    ) -> Option<&'a mut FileObject> {
        let number = self.numbers.get(&(kind, name.clone())).copied();
        match own.iter_mut().find(|file| file.kind == kind && file.name == *name) {
            Some(file) => Some(file),
            None => self.files.get_mut(number?),
        }
    }

    /// Whether an object is one workload's own.
    pub(super) fn is_own(&self, own: &[FileObject], (kind, name): &(FileObjectKind, Name)) -> bool {
        own.iter().any(|file| file.kind == *kind && file.name == *name)
    }

    /// The value of a variable that stands in a Secret.
    pub(super) fn secret<'a>(
        &'a mut self,
        own: &'a mut [FileObject],
        name: &Name,
        key: &str,
    ) -> Option<&'a mut Vec<u8>> {
        let object = self.find_mut(own, FileObjectKind::Secret, name)?;
        object.entries.iter_mut().find(|(known, _)| known == key).map(|(_, data)| &mut data.bytes)
    }

    /// Every key of an object whose keys are variables.
    pub(super) fn each_key(
        &mut self,
        own: &mut [FileObject],
        (kind, name): &(FileObjectKind, Name),
        mut with: impl FnMut(&str, &mut Vec<u8>, &Why),
    ) {
        for (key, data) in self.find_mut(own, *kind, name).into_iter().flat_map(|object| &mut object.entries) {
            with(key, &mut data.bytes, &data.why);
        }
    }
}

/// The files that are mounted: nothing is rewritten there.
pub(super) fn mounted(index: usize, workload: &Workload, objects: &mut Objects, table: &mut Table, seen: &mut Seen) {
    for mount in &workload.mounts {
        let Some((kind, name, only)) = mount.source.object() else { continue };
        for named in objects.named(&workload.files, kind, name, table) {
            if only.is_none_or(|only| *only == named.key) {
                named.tell(index, mount.origin, table, seen);
            }
        }
    }
}

/// A host, or a name that is refused, in a line of a file.
#[derive(Clone)]
pub(super) struct Named {
    key: String,
    line: usize,
    /// As it stands there.
    name: String,
    /// `None` where it need not be a host.
    host: Option<Host>,
}

impl Named {
    fn tell(&self, index: usize, place: Origin, table: &mut Table, seen: &mut Seen) {
        let Named { key, line, name, host } = self;
        let shown = || Some(format!("{key}:{line}"));
        let Some(host) = host else { return seen.left(name, place, shown()) };
        if name == EVERY_ADDRESS {
            let port = host.port.map(|port| listening(index, port, true));
            return port.iter().for_each(|found| seen.dial(index, found, place, shown()));
        }
        if table.outward.stays(index, name, host) {
            let name = name.clone();
            return seen.stayed.push(Stayed { index, name, place, line: shown() });
        }
        let Some(meant) = meant(table, index, name, &Why::Origin(place)) else { return };
        let all = meant.to.iter().flat_map(|to| found(*to, host));
        all.for_each(|found| seen.dial(index, &found, place, shown()));
        if !name.eq_ignore_ascii_case(&meant.text) {
            seen.left(name, place, shown());
        }
    }
}

/// Everything in the files of an object that may be a name.
fn names_in(object: &FileObject, table: &Table) -> Vec<Named> {
    let mut all = Vec::new();
    for (key, data) in &object.entries {
        let Ok(text) = std::str::from_utf8(&data.bytes) else { continue };
        let is_script = key.ends_with(".sql");
        let upstreams = upstreams(text);
        let mut before = "";
        let mut lines = text.lines().enumerate().peekable();
        while let Some((number, line)) = lines.next() {
            let after = lines.peek().map_or("", |(_, line)| line);
            let near = port_line(after).or_else(|| port_line(before));
            before = line;
            let named = |name: &str, host| Named { key: key.clone(), line: number + 1, name: name.to_owned(), host };
            for host in hosts::find(line, Says::Anything) {
                let name = line.get(host.range.clone()).unwrap_or_default();
                if host.port.is_none() && upstreams.contains(name) {
                    continue;
                }
                let first = hosts::range(name).and_then(|range| range.names().next());
                if name == EVERY_ADDRESS || table.may_know(first.as_deref().unwrap_or(name)) {
                    let port = if host.implied.is_none() { host.port.or(near) } else { host.port };
                    all.push(named(name, Some(Host { port, ..host.clone() })));
                }
            }
            if !is_script {
                let is_server = line.trim_start().starts_with("server ");
                let mut left = left(line, Says::Anything, table);
                left.retain(|name| is_server || !upstreams.contains(name.as_str()));
                all.extend(left.iter().map(|name| named(name, None)));
            }
        }
    }
    all
}

/// The number in a line that says a port and nothing else, beside one that says a host: `port: 5432`, `<port>9000</port>`.
fn port_line(line: &str) -> Option<u16> {
    let key = line.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let (port, rest) = key.split_at_checked("port".len())?;
    let rest = rest.strip_prefix("_value").unwrap_or(rest);
    let digits = rest.trim_matches(|c: char| !c.is_ascii_alphanumeric()).trim_end_matches("</port");
    port.eq_ignore_ascii_case("port").then(|| digits.parse().ok())?.filter(|port| *port > 0)
}

/// Names that nginx gives groups of servers: `proxy_pass http://api` means `upstream api { server api:8000; }`, and no host.
fn upstreams(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("upstream "));
    lines.filter_map(|rest| rest.trim_start().split([' ', '\t', '{']).next()).filter(|name| !name.is_empty()).collect()
}
