//! What ends: when it is started, how often, and whether it is tried again.

use super::{Traced, Why};
use crate::origin::Origin;

/// When Docker started a container again (`restart`, `deploy.restart_policy`). Taken by `passes::kinds`: empty afterwards.
#[derive(Clone, Debug, Default)]
pub struct Restart {
    /// What is written; `None` where nothing is.
    pub condition: Option<Traced<RestartCondition>>,
    /// How often it is tried.
    pub attempts: Option<Traced<u32>>,
    /// The key below the service that says so.
    pub key: &'static str,
    /// Settings that nothing in Kubernetes has: the key under `restart_policy`, and its place.
    pub pauses: Vec<(&'static str, Origin)>,
}

/// After which end a container is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartCondition {
    /// After none.
    Never,
    /// After one that failed.
    OnFailure,
    /// After any.
    Always,
}

/// How a Job, or each Job of a CronJob, runs.
#[derive(Clone, Debug)]
pub struct Run {
    /// What happens to a run that failed.
    pub retries: Traced<Retries>,
}

/// What happens to a run that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retries {
    /// Nothing.
    Never,
    /// It is tried again so many times.
    Times(u32),
    /// It is tried again for ever.
    Unlimited,
}

impl Default for Run {
    fn default() -> Self {
        Run { retries: Traced { value: Retries::Never, why: Why::Decision("no-second-attempt") } }
    }
}

/// When a CronJob starts its Jobs.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Minute, hour, day of the month, month, day of the week.
    pub fields: Traced<String>,
    /// The time zone that it is read in.
    pub zone: Option<Traced<String>>,
    /// What happens while the last run goes on.
    pub overlap: Traced<Overlap>,
}

/// When the user says that a workload is started. Taken by `passes::cron`.
#[derive(Clone, Debug)]
pub struct Timetable {
    /// The schedule as it is written.
    pub written: Traced<String>,
    /// Its time zone.
    pub zone: Option<Traced<String>>,
    /// What happens while the last run goes on.
    pub overlap: Traced<Overlap>,
}

/// What happens when a run is due while the last one goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// Both run.
    Allow,
    /// The new one is passed over.
    Forbid,
    /// The old one is ended.
    Replace,
}
