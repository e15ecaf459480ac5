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
    /// A line for each live stack: its name, facts that held, those that are pending, those that failed, seconds.
    pub(crate) stacks: Vec<(String, usize, usize, usize, u64)>,
    /// What went wrong outside live stacks.
    pub(crate) faults: usize,
}

impl Table {
    /// Whether the suite passes.
    pub(crate) fn is_good(&self) -> bool {
        self.faults == 0 && self.rejected == 0 && self.stacks.iter().all(|(_, _, _, failed, _)| *failed == 0)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |name: &str, cells: [&str; 4]| {
            let [held, pending, failed, seconds] = cells;
            writeln!(formatter, "  {name:<32}{held:>8}{pending:>9}{failed:>8}{seconds:>9}")
        };
        if !self.stacks.is_empty() {
            row("live stack", ["held", "pending", "failed", "seconds"])?;
        }
        let (mut held, mut pending, mut failed) = (0, 0, 0);
        for (name, good, waiting, bad, seconds) in &self.stacks {
            row(
                name,
                [good, waiting, bad, &usize::try_from(*seconds).unwrap_or(0)]
                    .map(usize::to_string)
                    .each_ref()
                    .map(String::as_str),
            )?;
            (held, pending, failed) = (held + good, pending + waiting, failed + bad);
        }
        writeln!(formatter)?;
        let mut total = |name: &str, count: usize| writeln!(formatter, "  {name:<32}{count:>8}");
        total("files converted", self.files)?;
        total("files refused by the compiler", self.refused)?;
        total("objects applied", self.objects)?;
        total("objects rejected", self.rejected)?;
        total("stacks run", self.stacks.len())?;
        total("facts checked", held + pending + failed)?;
        total("facts pending", pending)?;
        total("facts failed", failed)
    }
}
