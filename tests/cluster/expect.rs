//! The vocabulary of `expect.toml`: what is true of a stack that runs. docs/testing.md describes it for people.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// What one live stack promises beyond what is computed from its project.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Expect {
    /// Seconds until everything is ready and every Job complete.
    pub(crate) ready: Option<u64>,
    /// The environment that the file is interpolated with: all of it.
    pub(crate) variables: BTreeMap<String, Text>,
    /// Warning events that may come up: a reason, or `reason: part of the object's name or of the message`.
    pub(crate) warnings: Vec<String>,
    /// The class that all claims get, as if it were the cluster's default.
    pub(crate) storage_class: Option<String>,
    /// `name:port` of ports that the file states and nothing listens on.
    pub(crate) silent: Vec<String>,
    /// `host:port` of what a pod that is in none of the networks cannot reach.
    pub(crate) apart: Vec<String>,
    /// Variables in which names of services are rewritten, so that they do not arrive as they are written.
    pub(crate) rewritten: Vec<String>,
    /// Jobs that fail, and services that a failed Job keeps from starting: neither is waited for.
    pub(crate) fails: Vec<String>,
    /// Facts that do not hold yet, by their names, with the reason.
    pub(crate) pending: BTreeMap<String, String>,
    /// Differences that the conversion names.
    pub(crate) said: Vec<Said>,
    /// Services that do not start.
    pub(crate) held: Vec<Held>,
    /// Schedules that come round.
    pub(crate) fires: Vec<Fires>,
    /// Pages.
    pub(crate) http: Vec<Http>,
    /// Exchanges over TCP and UDP.
    pub(crate) talk: Vec<Talk>,
    /// Scripts in containers.
    pub(crate) exec: Vec<Exec>,
    /// Arguments of first processes.
    pub(crate) argv: Vec<Argv>,
    /// Modes and owners of files.
    pub(crate) file: Vec<File>,
    /// Lines of logs.
    pub(crate) log: Vec<Log>,
    /// What came first.
    pub(crate) order: Vec<Order>,
    /// Checks that fail and recover.
    pub(crate) health: Vec<Health>,
    /// Data that outlives pods.
    pub(crate) survives: Vec<Survives>,
    /// Ends.
    pub(crate) stops: Vec<Stops>,
    /// Changes of the stack.
    pub(crate) edit: Vec<Edit>,
}

/// A text, or one that is too long to be written down.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Text {
    /// As it is.
    Plain(String),
    /// A part, so many times.
    Repeated { repeat: String, times: usize },
}

impl Text {
    pub(crate) fn text(&self) -> String {
        match self {
            Text::Plain(text) => text.clone(),
            Text::Repeated { repeat, times } => repeat.repeat(*times),
        }
    }
}

/// Structs of facts, each of which may be pending, and the name that each goes by in the output and in `[pending]`.
macro_rules! facts {
    ($($(#[$doc:meta])* $fact:ident($self:ident => $name:expr) { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub(crate) struct $fact {
                $($(#[$field_doc])* pub(crate) $field: $type,)*
                /// Why it does not hold yet.
                pub(crate) pending: Option<String>,
            }

            impl $fact {
                pub(crate) fn name(&$self) -> String {
                    $name
                }
            }
        )*
    };
}

facts! {
    /// A message of the conversion points at a line of the stack that holds the text.
    Said(self => format!("said {} of {}", self.code, self.line)) {
        code: String,
        line: String,
    }

    /// The service's containers have not started, and the log of what its pod waits with says why.
    Held(self => format!("held {}", self.service)) {
        service: String,
        log: String,
    }

    /// The service's schedule made a Job that completed within so many seconds, and its log holds the text.
    Fires(self => format!("fires {}", self.service)) {
        service: String,
        within: u64,
        log: String,
    }

    /// `GET url` from the probe pod is answered with 200 and a body that holds the text.
    Http(self => format!("http {}", self.url)) {
        url: String,
        contains: String,
    }

    /// What is sent from the probe pod to `host:port` is answered.
    Talk(self => format!("talk {} {}", self.protocol, self.address)) {
        /// `tcp` or `udp`.
        protocol: String,
        address: String,
        send: String,
        gives: String,
    }

    /// A script that the container's own `sh` runs prints exactly this; one line break at the end is of no account.
    Exec(self => format!("exec {}: {}", self.service, self.name.as_deref().unwrap_or(&self.run))) {
        service: String,
        name: Option<String>,
        run: String,
        gives: String,
    }

    /// The arguments of the container's first process, byte for byte: what the project says, or else the image.
    Argv(self => format!("argv {}", self.service)) {
        service: String,
        /// The image's entrypoint, which counts when the service has none.
        entrypoint: Option<Vec<String>>,
        /// The image's command, which counts when the service has neither.
        command: Option<Vec<String>>,
    }

    /// Permission bits and owner of a file, links followed.
    File(self => format!("file {}:{}", self.service, self.path)) {
        service: String,
        path: String,
        /// Octal digits, as `440`.
        mode: Option<String>,
        /// `uid:gid`.
        owner: Option<String>,
    }

    /// The service's log holds the text.
    Log(self => format!("log {}: {}", self.service, self.contains)) {
        service: String,
        contains: String,
    }

    /// The first service wrote its first line (or its last, with `ends`) before the other one wrote its first.
    Order(self => format!("order {} before {}", self.first, self.then)) {
        first: String,
        then: String,
        ends: Option<bool>,
    }

    /// The pod is not ready after the first script and ready again after the second, and its container is not started anew.
    Health(self => format!("health {}", self.service)) {
        service: String,
        fail: String,
        mend: String,
    }

    /// What one script writes another one reads after the pod is deleted, and after the workload is scaled to 0 and back.
    Survives(self => format!("survives {}", self.service)) {
        service: String,
        write: String,
        read: String,
        gives: String,
    }

    /// A pod that is deleted says this in its log, and is gone within so many seconds, which is less than its grace period.
    Stops(self => format!("stops {}", self.service)) {
        service: String,
        log: String,
        within: u64,
    }

    /// A text of one of the stack's files is replaced and the output applied: pods of some services are new, others stay.
    Edit(self => format!("edit {}", self.name)) {
        name: String,
        file: String,
        replace: String,
        with: String,
        rolls: Vec<String>,
        keeps: Vec<String>,
        /// A page that shows the change.
        url: Option<String>,
        contains: Option<String>,
    }
}

impl Expect {
    /// The names of all facts that do not hold yet, with the reason.
    pub(crate) fn pending(&self) -> BTreeMap<String, String> {
        let mut all = self.pending.clone();
        macro_rules! gather {
            ($($list:ident)*) => {
                $(all.extend(self.$list.iter().filter_map(|fact| Some((fact.name(), fact.pending.clone()?))));)*
            };
        }
        gather!(said held fires http talk exec argv file log order health survives stops edit);
        all
    }
}

/// Reads the expectations of a stack.
pub(crate) fn read(path: &Path) -> Result<Expect, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}
