//! What is counted, and the table that is printed at the end.

use std::fmt;

/// Counts of both layers, and everything that went wrong.
#[derive(Default)]
pub(crate) struct Table {
    /// Files whose output was sent.
    pub(crate) files: usize,
    /// Files that the compiler refuses, with an error of its own.
    pub(crate) refused: usize,
    /// Objects that were sent to the server.
    pub(crate) objects: usize,
    /// Objects that the server did not take, or of which it dropped something.
    pub(crate) rejected: usize,
    /// Live stacks.
    pub(crate) stacks: Vec<Row>,
    /// What went wrong outside live stacks.
    pub(crate) faults: usize,
}

/// The counts of one live stack.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    /// The name of its folder.
    pub(crate) name: String,
    /// Facts that hold.
    pub(crate) held: usize,
    /// Facts that are known not to hold yet.
    pub(crate) pending: usize,
    /// Facts that should hold and do not, or hold and are marked as pending.
    pub(crate) failed: usize,
    /// Objects that were applied.
    pub(crate) objects: usize,
    /// How long it took.
    pub(crate) seconds: u64,
}

impl Table {
    /// Whether the suite passes.
    pub(crate) fn is_good(&self) -> bool {
        self.faults == 0 && self.rejected == 0 && self.stacks.iter().all(|row| row.failed == 0)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut held, mut pending, mut failed) = (0, 0, 0);
        if !self.stacks.is_empty() {
            writeln!(formatter, "\n  live stack         objects    held  pending  failed  seconds")?;
        }
        for row in &self.stacks {
            writeln!(
                formatter,
                "  {:<18}{:>8}{:>8}{:>9}{:>8}{:>9}",
                row.name, row.objects, row.held, row.pending, row.failed, row.seconds
            )?;
            (held, pending, failed) = (held + row.held, pending + row.pending, failed + row.failed);
        }
        writeln!(formatter)?;
        for (name, count) in [
            ("files converted", self.files),
            ("files refused by the compiler", self.refused),
            ("objects applied", self.objects),
            ("objects rejected", self.rejected),
            ("stacks run", self.stacks.len()),
            ("facts checked", held + pending + failed),
            ("facts pending", pending),
            ("facts failed", failed),
        ] {
            writeln!(formatter, "  {name:<32}{count:>8}")?;
        }
        Ok(())
    }
}
