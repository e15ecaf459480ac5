//! Names of single pods: host names that hold the slot of a swarm's task.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Table, taken};
use crate::diag::Diagnostics;
use crate::ir::{Answer, App, LONGEST_EXTENDED, Name, PodField, Slots, TextPart, Traced};
use crate::passes::names::answer;

/// The names of single pods.
#[derive(Default)]
pub(super) struct Slotted {
    pub(super) answers: Vec<(usize, Answer)>,
    taken: BTreeSet<Name>,
    /// By workload: the text before and behind the slot in its host names, and both as Kubernetes takes them.
    written: BTreeMap<usize, [String; 4]>,
}

impl Table {
    /// Host names with the slot in them: a name for each pod.
    pub(super) fn slots(&mut self, app: &App, diags: &mut Diagnostics) {
        for (index, workload) in app.workloads.iter().enumerate() {
            let Some(slots) = &workload.slots else { continue };
            let Some(hostname) = &slots.hostname else { continue };
            let controller = slots.controller.as_ref().unwrap_or(&workload.name).limited(LONGEST_EXTENDED);
            for number in 1..=workload.replicas.value.min(Slots::MOST) {
                let Some(host) = slots.host(number) else { continue };
                let own = Name::from_text(&host);
                // What it is called in its pod, which it may tell others.
                let of_pod = Name::from_text(&format!("{controller}-{number}"));
                if let Some(owner) = self.names.get(own.as_str()).map(|entry| entry.to).filter(|owner| *owner != index)
                {
                    let alias = Traced { value: host, why: hostname.why.clone() };
                    taken(app, index, owner, &alias, diags);
                    continue;
                }
                self.offer(&host, Entry::new(&own, index));
                self.refuse(&host);
                for name in BTreeSet::from([own, of_pod]) {
                    if self.slots.taken.insert(name.clone()) {
                        self.offer(name.as_str(), Entry::new(&name, index));
                        let answer = answer(name, true, hostname.why.clone());
                        self.slots.answers.push((index, Answer { slot: Some(number), ..answer }));
                    }
                }
            }
            let (before, behind) = &hostname.value;
            let legal = Name::from_text(&format!("{before}1{behind}"));
            if let Some((start, end)) =
                legal.as_str().split_once('1').filter(|_| !before.is_empty() && !before.contains('1'))
            {
                self.slots.written.insert(index, [before.clone(), behind.clone(), start.to_owned(), end.to_owned()]);
            }
        }
    }

    /// In text that the kubelet puts together, writes the host name of the pod as Kubernetes takes it.
    pub(in crate::passes::names) fn rewrite_slots(&self, index: usize, parts: &mut [TextPart]) {
        let Some([before, behind, start, end]) = self.slots.written.get(&index) else { return };
        for number in 0..parts.len() {
            let Some([first, TextPart::Field(PodField::Slot), rest @ ..]) = parts.get_mut(number..) else { continue };
            let TextPart::Text(text) = first else { continue };
            let ends_word =
                |above: &&str| !above.ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            if let Some(above) = text.strip_suffix(before.as_str()).filter(ends_word) {
                *text = format!("{above}{start}");
            }
            if let Some(TextPart::Text(text)) = rest.first_mut()
                && let Some(below) = text.strip_prefix(behind.as_str())
            {
                *text = format!("{end}{below}");
            }
        }
    }
}
