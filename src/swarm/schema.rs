//! What a stack file may hold: the keys of docker/cli's schemas 3.0 to 3.13, the version each came with, and what its values are.
//!
//! These are not the key tables of the Compose Specification: the formats parted ways at 3.8, and the same key takes other forms
//! here (`ports` are numbers, a label is never a boolean, `depends_on` is a list).

mod cluster_volume;
mod deploy;

use self::cluster_volume::CLUSTER_SPEC;
use self::deploy::DEPLOY;
pub(super) use self::deploy::DISCRETE_RESOURCE;
use crate::swarm::kinds::{Field, Kind, Number, Table, Zero};

/// The newest minor version: what a file without `version` is read by.
pub(super) const LATEST: u8 = 13;

/// Keys of services that are refused before anything else is looked at, and what to write instead.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("extends", "write out what it brings: a stack file has no extends"),
    ("volume_driver", "define a volume at the top level and give it the driver there"),
    ("volumes_from", "define a volume at the top level and mount it in each service"),
    ("cpu_quota", "set deploy.resources.limits.cpus"),
    ("cpu_shares", "set deploy.resources.reservations.cpus"),
    ("cpuset", "set deploy.resources.limits.cpus"),
    ("mem_limit", "set deploy.resources.limits.memory"),
    ("memswap_limit", "set deploy.resources.limits.memory"),
];

const fn at(name: &'static str, since: u8, kind: Kind) -> Field {
    Field { name, since, kind }
}

const WHOLE: Number = Number { whole: true, signed: false, zero: Zero::Unset };
const COUNT: Kind = Kind::Number(Number { whole: true, signed: false, zero: Zero::Kept });
const SIGNED: Kind = Kind::Number(Number { whole: true, signed: true, zero: Zero::Unset });
const TEXTS: Kind = Kind::Texts { unique: true };
const LABELS: Kind = Kind::Pairs { null: false };
const VARIABLES: Kind = Kind::Pairs { null: true };
const OPTIONS: Kind = Kind::Options { null: false };
const FLAG: Kind = Kind::Flag(Zero::Unset);
const DELAY: Kind = Kind::Duration(Zero::Unset);
const DURATION: Kind = Kind::Duration(Zero::Kept);

/// The top level.
pub(super) static PROJECT: Table = Table {
    name: "the top level",
    extensions: Some(4),
    open: None,
    fields: &[
        at("version", 0, Kind::Text),
        at("services", 0, Kind::Entries { table: &SERVICE, nullable: false, closed: true }),
        at("networks", 0, Kind::Entries { table: &NETWORK, nullable: true, closed: false }),
        at("volumes", 0, Kind::Entries { table: &VOLUME, nullable: true, closed: true }),
        at("secrets", 1, Kind::Entries { table: &SECRET, nullable: false, closed: true }),
        at("configs", 3, Kind::Entries { table: &CONFIG, nullable: false, closed: true }),
    ],
};

/// A service.
pub(super) static SERVICE: Table = Table {
    name: "a service",
    extensions: Some(7),
    open: None,
    fields: &[
        at("build", 0, Kind::Short("context", &BUILD)),
        at("cap_add", 0, TEXTS),
        at("cap_drop", 0, TEXTS),
        at("cgroupns_mode", 9, Kind::Text),
        at("cgroup_parent", 0, Kind::Text),
        at("command", 0, Kind::Command),
        at("configs", 3, Kind::Grants),
        at("container_name", 0, Kind::Text),
        at("credential_spec", 3, Kind::Table(&CREDENTIAL_SPEC, Zero::Unset)),
        at("depends_on", 0, TEXTS),
        at("deploy", 0, Kind::NullableTable(&DEPLOY)),
        at("devices", 0, TEXTS),
        at("dns", 0, Kind::TextOrTexts),
        at("dns_search", 0, Kind::TextOrTexts),
        at("domainname", 0, Kind::Text),
        at("entrypoint", 0, Kind::Command),
        at("environment", 0, VARIABLES),
        at("env_file", 0, Kind::TextOrTexts),
        at("expose", 0, Kind::Numbers),
        at("external_links", 0, TEXTS),
        at("extra_hosts", 0, Kind::Hosts),
        at("hostname", 0, Kind::Text),
        at("healthcheck", 0, Kind::Table(&HEALTHCHECK, Zero::Kept)),
        at("image", 0, Kind::Text),
        at("init", 7, Kind::Flag(Zero::Kept)),
        at("ipc", 0, Kind::Text),
        at("isolation", 5, Kind::Text),
        at("labels", 0, LABELS),
        at("links", 0, TEXTS),
        at("logging", 0, Kind::Table(&LOGGING, Zero::Kept)),
        at("mac_address", 0, Kind::Text),
        at("network_mode", 0, Kind::Text),
        at("networks", 0, Kind::Attachments),
        at("pid", 0, Kind::NullableText),
        at("ports", 0, Kind::Ports),
        at("privileged", 0, FLAG),
        at("read_only", 0, FLAG),
        at("restart", 0, Kind::Text),
        at("secrets", 1, Kind::Grants),
        at("security_opt", 0, TEXTS),
        at("shm_size", 0, Kind::Text),
        at("stdin_open", 0, FLAG),
        at("stop_grace_period", 0, DURATION),
        at("stop_signal", 0, Kind::Text),
        at("sysctls", 0, LABELS),
        at("tmpfs", 0, Kind::TextOrTexts),
        at("tty", 0, FLAG),
        at("ulimits", 0, Kind::Ulimits),
        at("user", 0, Kind::Text),
        at("oom_score_adj", 13, Kind::Forgotten(&SIGNED)),
        at("userns_mode", 0, Kind::Text),
        at("volumes", 0, Kind::Mounts),
        at("working_dir", 0, Kind::Text),
    ],
};

/// How an image is built: a stack file may say it, and nobody looks.
pub(super) static BUILD: Table = Table {
    name: "build",
    extensions: None,
    open: Some(11),
    fields: &[
        at("context", 0, Kind::Text),
        at("dockerfile", 0, Kind::Text),
        at("args", 0, VARIABLES),
        at("labels", 3, LABELS),
        at("cache_from", 2, TEXTS),
        at("extra_hosts", 9, Kind::Hosts),
        at("network", 4, Kind::Text),
        at("target", 4, Kind::Text),
        at("shm_size", 5, Kind::Forgotten(&Kind::NumberOrText)),
    ],
};

static CREDENTIAL_SPEC: Table = Table {
    name: "credential_spec",
    extensions: None,
    open: None,
    fields: &[at("config", 8, Kind::Text), at("file", 3, Kind::Text), at("registry", 3, Kind::Text)],
};

static HEALTHCHECK: Table = Table {
    name: "healthcheck",
    extensions: None,
    open: None,
    fields: &[
        at("test", 0, Kind::Test),
        at("timeout", 0, DURATION),
        at("interval", 0, DURATION),
        at("retries", 0, Kind::Number(Number { whole: false, signed: false, zero: Zero::Kept })),
        at("start_period", 4, DURATION),
        at("start_interval", 12, DURATION),
        at("disable", 0, FLAG),
    ],
};

/// Where a service's output goes.
pub(super) static LOGGING: Table = Table {
    name: "logging",
    extensions: None,
    open: None,
    fields: &[at("driver", 0, Kind::Text), at("options", 0, Kind::Options { null: true })],
};

/// A service on a network.
pub(super) static ATTACHMENT: Table = Table {
    name: "a network of a service",
    extensions: None,
    open: None,
    fields: &[
        at("aliases", 0, TEXTS),
        at("driver_opts", 13, OPTIONS),
        at("ipv4_address", 0, Kind::Text),
        at("ipv6_address", 0, Kind::Text),
    ],
};

/// A published port.
pub(super) static PORT: Table = Table {
    name: "a port",
    extensions: None,
    open: None,
    fields: &[
        at("mode", 2, Kind::Text),
        at("target", 2, Kind::Number(WHOLE)),
        at("published", 2, Kind::Number(WHOLE)),
        at("protocol", 2, Kind::Text),
    ],
};

/// A mount.
pub(super) static MOUNT: Table = Table {
    name: "a volume of a service",
    extensions: None,
    open: None,
    fields: &[
        at("type", 2, Kind::Text),
        at("source", 2, Kind::Text),
        at("target", 2, Kind::Text),
        at("read_only", 2, FLAG),
        at("consistency", 2, Kind::Text),
        at("bind", 2, Kind::Table(&MOUNT_BIND, Zero::Kept)),
        at("volume", 2, Kind::Table(&MOUNT_VOLUME, Zero::Kept)),
        at("tmpfs", 6, Kind::Table(&MOUNT_TMPFS, Zero::Kept)),
    ],
};

static MOUNT_BIND: Table =
    Table { name: "bind", extensions: None, open: Some(0), fields: &[at("propagation", 2, Kind::Text)] };

static MOUNT_VOLUME: Table = Table {
    name: "volume",
    extensions: None,
    open: Some(0),
    fields: &[at("nocopy", 2, FLAG), at("subpath", 2, Kind::Text)],
};

static MOUNT_TMPFS: Table =
    Table { name: "tmpfs", extensions: None, open: Some(0), fields: &[at("size", 6, Kind::Number(WHOLE))] };

/// The use of a secret or config.
pub(super) static GRANT: Table = Table {
    name: "the use of a secret or config",
    extensions: None,
    open: Some(0),
    fields: &[
        at("source", 1, Kind::Text),
        at("target", 1, Kind::Text),
        at("uid", 1, Kind::Text),
        at("gid", 1, Kind::Text),
        at("mode", 1, Kind::Number(Number { whole: false, signed: false, zero: Zero::Kept })),
    ],
};

/// A network of the stack.
pub(super) static NETWORK: Table = Table {
    name: "a network",
    extensions: Some(7),
    open: None,
    fields: &[
        at("name", 5, Kind::Text),
        at("driver", 0, Kind::Text),
        at("driver_opts", 0, OPTIONS),
        at("ipam", 0, Kind::Table(&IPAM, Zero::Unset)),
        at("external", 0, Kind::External { closed: true }),
        at("internal", 0, FLAG),
        at("attachable", 2, FLAG),
        at("labels", 0, LABELS),
    ],
};

static IPAM: Table = Table {
    name: "ipam",
    extensions: None,
    open: None,
    fields: &[at("driver", 0, Kind::Text), at("config", 0, Kind::Items(&SUBNET))],
};

static SUBNET: Table =
    Table { name: "ipam.config", extensions: None, open: None, fields: &[at("subnet", 0, Kind::Text)] };

/// A volume of the stack.
static VOLUME: Table = Table {
    name: "a volume",
    extensions: Some(7),
    open: None,
    fields: &[
        at("name", 4, Kind::Text),
        at("driver", 0, Kind::Text),
        at("driver_opts", 0, OPTIONS),
        at("external", 0, Kind::External { closed: true }),
        at("labels", 0, LABELS),
        at("x-cluster-spec", 7, Kind::Table(&CLUSTER_SPEC, Zero::Kept)),
    ],
};

/// A secret of the stack.
pub(super) static SECRET: Table = Table {
    name: "a secret",
    extensions: Some(7),
    open: None,
    fields: &[
        at("name", 5, Kind::Text),
        at("file", 0, Kind::Text),
        at("external", 0, Kind::External { closed: false }),
        at("labels", 0, LABELS),
        at("driver", 8, Kind::Text),
        at("driver_opts", 8, OPTIONS),
        at("template_driver", 8, Kind::Text),
    ],
};

/// A config of the stack.
static CONFIG: Table = Table {
    name: "a config",
    extensions: Some(7),
    open: None,
    fields: &[
        at("name", 5, Kind::Text),
        at("file", 0, Kind::Text),
        at("external", 0, Kind::External { closed: false }),
        at("labels", 0, LABELS),
        at("template_driver", 8, Kind::Text),
    ],
};
