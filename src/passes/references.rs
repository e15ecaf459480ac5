//! Who dials whom by name: where a service's name stands as a host in another's texts (or its own), as `passes::names` found it.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{App, Name};

/// For each workload the numbers of those that it dials by name, in order; its own where it dials itself.
pub(super) fn dialled(app: &App) -> Vec<Vec<usize>> {
    let numbers: BTreeMap<&Name, usize> =
        app.workloads.iter().enumerate().map(|(index, workload)| (&workload.name, index)).collect();
    let mut found: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); app.workloads.len()];
    for dial in &app.dials {
        if let (Some(from), Some(to)) = (numbers.get(&dial.from), numbers.get(&dial.to))
            && let Some(targets) = found.get_mut(*from)
        {
            targets.insert(*to);
        }
    }
    found.into_iter().map(|targets| targets.into_iter().collect()).collect()
}
