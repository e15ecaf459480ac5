//! The keys of `deploy` in a stack file: how many tasks, where, how they are replaced and what they may use.

use super::{COUNT, DELAY, DURATION, LABELS, SIGNED, WHOLE, at};
use crate::swarm::kinds::{Kind, Number, Table, Zero};

/// How a service is run on the swarm.
pub(super) static DEPLOY: Table = Table {
    name: "deploy",
    extensions: None,
    open: None,
    fields: &[
        at("mode", 0, Kind::Text),
        at("replicas", 0, COUNT),
        at("labels", 0, LABELS),
        at("update_config", 0, Kind::Table(&UPDATE_CONFIG, Zero::Kept)),
        at("rollback_config", 7, Kind::Table(&UPDATE_CONFIG, Zero::Kept)),
        at("resources", 0, Kind::Table(&RESOURCES, Zero::Unset)),
        at("restart_policy", 0, Kind::Table(&RESTART_POLICY, Zero::Kept)),
        at("placement", 0, Kind::Table(&PLACEMENT, Zero::Unset)),
        at("endpoint_mode", 2, Kind::Text),
    ],
};

static UPDATE_CONFIG: Table = Table {
    name: "update_config",
    extensions: None,
    open: None,
    fields: &[
        at("parallelism", 0, COUNT),
        at("delay", 0, DELAY),
        at("failure_action", 0, Kind::Text),
        at("monitor", 0, DELAY),
        at("max_failure_ratio", 0, Kind::Ratio),
        at("order", 4, Kind::Choice(&["start-first", "stop-first"])),
    ],
};

static RESOURCES: Table = Table {
    name: "resources",
    extensions: None,
    open: None,
    fields: &[
        at("limits", 0, Kind::Table(&LIMITS, Zero::Kept)),
        at("reservations", 0, Kind::Table(&RESERVATIONS, Zero::Kept)),
    ],
};

static LIMITS: Table = Table {
    name: "limits",
    extensions: None,
    open: None,
    fields: &[at("cpus", 0, Kind::Text), at("memory", 0, Kind::Bytes), at("pids", 9, SIGNED)],
};

static RESERVATIONS: Table = Table {
    name: "reservations",
    extensions: None,
    open: None,
    fields: &[
        at("cpus", 0, Kind::Text),
        at("memory", 0, Kind::Bytes),
        at("generic_resources", 5, Kind::Items(&GENERIC_RESOURCE)),
    ],
};

static GENERIC_RESOURCE: Table = Table {
    name: "a generic resource",
    extensions: None,
    open: None,
    fields: &[at("discrete_resource_spec", 5, Kind::Table(&DISCRETE_RESOURCE, Zero::Kept))],
};

/// A countable resource; both of its keys are printed whatever they are.
pub(in crate::swarm) static DISCRETE_RESOURCE: Table = Table {
    name: "discrete_resource_spec",
    extensions: None,
    open: None,
    fields: &[
        at("kind", 5, Kind::Text),
        at("value", 5, Kind::Number(Number { whole: false, signed: true, zero: Zero::Kept })),
    ],
};

static RESTART_POLICY: Table = Table {
    name: "restart_policy",
    extensions: None,
    open: None,
    fields: &[
        at("condition", 0, Kind::Text),
        at("delay", 0, DURATION),
        at("max_attempts", 0, COUNT),
        at("window", 0, DURATION),
    ],
};

static PLACEMENT: Table = Table {
    name: "placement",
    extensions: None,
    open: None,
    fields: &[
        at("constraints", 0, Kind::Texts { unique: false }),
        at("preferences", 3, Kind::Items(&PREFERENCE)),
        at("max_replicas_per_node", 8, Kind::Number(WHOLE)),
    ],
};

static PREFERENCE: Table =
    Table { name: "a preference", extensions: None, open: None, fields: &[at("spread", 3, Kind::Text)] };
