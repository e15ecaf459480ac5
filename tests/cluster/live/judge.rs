//! Facts as they are found to hold or not; those that are pending are counted apart, and fail when they begin to hold.

use std::collections::BTreeMap;

/// The counts of one stack and what is to be printed about it.
#[derive(Default)]
pub(super) struct Judge {
    pub(super) held: usize,
    pub(super) waiting: usize,
    pub(super) failed: usize,
    pub(super) text: String,
    pending: BTreeMap<String, String>,
    seen: Vec<String>,
}

impl Judge {
    /// Facts that do not hold yet, with the reason.
    pub(super) fn pending(&mut self, pending: BTreeMap<String, String>) {
        self.pending = pending;
    }

    /// Looks at one fact.
    pub(super) fn fact(&mut self, name: &str, check: impl FnOnce() -> Result<(), String>) {
        self.seen.push(name.to_owned());
        match (check(), self.pending.get(name)) {
            (Ok(()), None) => self.held += 1,
            (Ok(()), Some(reason)) => {
                self.failed += 1;
                self.say(&format!("FAILED {name}: it holds now, so take it out of [pending] ({reason})"));
            }
            (Err(message), Some(reason)) => {
                self.waiting += 1;
                let first = message.lines().next().unwrap_or_default();
                self.text.push_str(&format!("  pending {name}: {reason} ({first})\n"));
            }
            (Err(message), None) => {
                self.failed += 1;
                self.say(&format!("FAILED {name}: {message}"));
            }
        }
    }

    /// Something that keeps the rest from being looked at.
    pub(super) fn fault(&mut self, message: &str) {
        self.failed += 1;
        self.say(&format!("FAILED {message}"));
    }

    /// A pending fact that was never looked at is a slip of the pen.
    pub(super) fn finish(&mut self) {
        let unknown: Vec<String> = self.pending.keys().filter(|name| !self.seen.contains(name)).cloned().collect();
        if self.failed == 0 {
            for name in unknown {
                self.fault(&format!(
                    "[pending] names `{name}`, which is no fact of this stack: {}",
                    self.seen.join(", ")
                ));
            }
        }
    }

    /// Lines to be printed, indented.
    pub(super) fn say(&mut self, text: &str) {
        for line in text.lines() {
            self.text.push_str(&format!("  {line}\n"));
        }
    }
}
