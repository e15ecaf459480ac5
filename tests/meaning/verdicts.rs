//! What became of each meaning.

use std::collections::BTreeMap;

use crate::case::Case;

/// Differences that are right, each with the reason: file (its end), key, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Counts by notion, and every fault.
#[derive(Default)]
pub(crate) struct Verdicts {
    kept: BTreeMap<&'static str, usize>,
    named: BTreeMap<(&'static str, &'static str), (usize, String)>,
    faults: Vec<String>,
}

impl Verdicts {
    /// One meaning: kept, or what is wrong with it, which is no fault where a message has the key.
    pub(crate) fn settle(&mut self, case: &Case, notion: &'static str, key: &str, outcome: Result<(), String>) {
        let Err(fault) = outcome else {
            *self.kept.entry(notion).or_default() += 1;
            return;
        };
        if let Some(code) = case.names(key) {
            let entry = self.named.entry((notion, code)).or_default();
            entry.0 += 1;
            if entry.1.is_empty() {
                entry.1 = format!("{}: {key}: {fault}", case.label);
            }
        } else if !EXCEPTIONS.iter().any(|(file, except, _)| case.label.contains(file) && key == *except) {
            self.faults.push(format!("{notion}: {}: {key}: {fault}", case.label));
        }
    }

    /// What an API server refuses is a fault, whatever was said.
    pub(crate) fn refuse(&mut self, case: &Case, object: &str, refused: &[String]) {
        *self.kept.entry("accepted object").or_default() += usize::from(refused.is_empty());
        self.faults.extend(refused.iter().map(|fault| format!("refused: {}: {object}: {fault}", case.label)));
    }

    /// Prints the counts, and fails where there are faults or where less was judged than there is.
    pub(crate) fn conclude(self, least: usize) {
        for (notion, count) in &self.kept {
            println!("{notion}: {count} kept");
        }
        for ((notion, code), (count, example)) in &self.named {
            println!("{notion}: {count} named by {code}, as {example}");
        }
        let kept: usize = self.kept.values().sum();
        let faults: Vec<String> =
            self.faults.iter().map(|fault| fault.replace('\n', "\\n").chars().take(600).collect()).collect();
        assert!(kept >= least, "only {kept} meanings");
        assert!(faults.is_empty(), "{} faults, {kept} kept:\n{}", faults.len(), faults.join("\n"));
    }
}
