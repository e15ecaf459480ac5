//! The keys of `x-cluster-spec` in a stack file: volumes of CSI drivers. They are open, as the schema says nothing of them.

use super::{LABELS, at};
use crate::swarm::kinds::{Kind, Table, Zero};

/// A volume that the swarm asks a CSI driver for.
pub(super) static CLUSTER_SPEC: Table = Table {
    name: "x-cluster-spec",
    extensions: None,
    open: Some(0),
    fields: &[
        at("group", 0, Kind::Text),
        at("access_mode", 0, Kind::Table(&ACCESS_MODE, Zero::Kept)),
        at("accessibility_requirements", 0, Kind::Table(&ACCESSIBILITY, Zero::Kept)),
        at("capacity_range", 0, Kind::Table(&CAPACITY_RANGE, Zero::Kept)),
        at("secrets", 0, Kind::Items(&VOLUME_SECRET)),
        at("availability", 0, Kind::Text),
    ],
};

static ACCESS_MODE: Table = Table {
    name: "access_mode",
    extensions: None,
    open: Some(0),
    fields: &[
        at("scope", 0, Kind::Text),
        at("sharing", 0, Kind::Text),
        at("mount_volume", 0, Kind::Table(&MOUNTED_VOLUME, Zero::Kept)),
        at("block_volume", 0, Kind::Table(&BLOCK_VOLUME, Zero::Kept)),
    ],
};

static MOUNTED_VOLUME: Table = Table {
    name: "mount_volume",
    extensions: None,
    open: Some(0),
    fields: &[at("fs_type", 0, Kind::Text), at("mount_flags", 0, Kind::Texts { unique: false })],
};

static BLOCK_VOLUME: Table = Table { name: "block_volume", extensions: None, open: Some(0), fields: &[] };

static ACCESSIBILITY: Table = Table {
    name: "accessibility_requirements",
    extensions: None,
    open: Some(0),
    fields: &[at("requisite", 0, Kind::Items(&TOPOLOGY)), at("preferred", 0, Kind::Items(&TOPOLOGY))],
};

static TOPOLOGY: Table =
    Table { name: "a topology", extensions: None, open: Some(0), fields: &[at("segments", 0, LABELS)] };

static CAPACITY_RANGE: Table = Table {
    name: "capacity_range",
    extensions: None,
    open: Some(0),
    fields: &[at("required_bytes", 0, Kind::Bytes), at("limit_bytes", 0, Kind::Bytes)],
};

static VOLUME_SECRET: Table = Table {
    name: "a secret of a volume",
    extensions: None,
    open: Some(0),
    fields: &[at("key", 0, Kind::Text), at("secret", 0, Kind::Text)],
};
