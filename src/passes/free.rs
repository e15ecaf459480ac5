//! Names for Services that the compiler adds to those of the user: none that a service, or another Service, has already.

use std::collections::BTreeSet;

use crate::ir::{App, Name};

/// Names that are taken.
pub(super) struct Taken(BTreeSet<Name>);

impl Taken {
    /// The names of all workloads and Services so far.
    pub(super) fn of(app: &App) -> Self {
        let services = app.workloads.iter().flat_map(|workload| {
            let exposures = workload.exposures.iter().map(|exposure| &exposure.name);
            let answers = workload.answers.iter().map(|answer| &answer.name);
            exposures.chain(answers).chain([&workload.name])
        });
        Taken(services.chain(app.elsewhere.iter().map(|elsewhere| &elsewhere.name)).cloned().collect())
    }

    /// `web-published`, or else `web-published-2`; taken from now on.
    pub(super) fn add(&mut self, own: &Name, suffix: &str) -> Name {
        let mut name = own.with(suffix);
        let mut number = 2;
        while !self.0.insert(name.clone()) {
            name = own.with(&format!("{suffix}-{number}"));
            number += 1;
        }
        name
    }
}
