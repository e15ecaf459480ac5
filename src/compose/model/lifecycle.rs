//! What happens around a container's life: commands after its start and before its stop, containers before it, what is watched
//! while developing, and what a service inherits from (compose-spec, "post_start", "pre_stop", "pre_start", "develop", "extends").

use crate::compose::keys::{Decode, Merge, Reader, keys};
use crate::compose::model::scalar::{Unquoted, choices};
use crate::compose::model::service::{Command, Service};
use crate::compose::model::text::{OneOrMore, Pairs, mapping, mapping_or};
use crate::origin::Spanned;
use crate::syntax::{Map, Node};

keys! {
    /// A command that runs in the container.
    Hook in "services.*.post_start[]" requires "command" {
        command "command": Command, Merge::Default, Reads, Exact, "The command.";
        user "user": String, Merge::Default, Reads, Nothing, "The user it runs as.";
        privileged "privileged": bool, Merge::Default, Reads, Nothing, "Whether it has all powers of the host.";
        working_dir "working_dir": String, Merge::Default, Reads, Approximate, "The folder it starts in.";
        environment "environment": Pairs, Merge::Default, Reads, Approximate, "Further environment variables.";
    }
}

/// All of them.
pub type Hooks = Vec<Spanned<Hook>>;

/// A container that runs to its end before the service: what it does not say it takes from the service.
#[derive(Clone, Debug, PartialEq)]
pub struct PreStartHook {
    /// What it says.
    pub container: Box<Service>,
    /// Whether it runs once for each container of the service, not once for all.
    pub per_replica: Option<Spanned<bool>>,
}

/// All of them.
pub type PreStartHooks = Vec<Spanned<PreStartHook>>;

/// Keys of a service that a container alone does not have.
const SERVICE_ONLY: &[&str] = &[
    "attach",
    "build",
    "container_name",
    "depends_on",
    "deploy",
    "develop",
    "expose",
    "extends",
    "external_links",
    "healthcheck",
    "links",
    "ports",
    "post_start",
    "pre_start",
    "pre_stop",
    "profiles",
    "provider",
    "restart",
    "scale",
    "stdin_open",
    "tty",
];

impl Decode for PreStartHook {
    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let mut map = mapping(node, reader)?;
        let per_replica = map.shift_remove("per_replica").and_then(|entry| {
            let origin = entry.value.origin;
            let value = reader.within("per_replica", |reader| bool::decode(entry.value, reader));
            value.map(|value| Spanned { value, origin })
        });
        for name in SERVICE_ONLY {
            if let Some(entry) = map.shift_remove(*name) {
                reader.unknown_key(name, entry.key, &entry.value, Service::TABLE);
            }
        }
        Some(PreStartHook { container: Box::new(Service::from_map(map, reader)), per_replica })
    }
}

keys! {
    /// `develop`.
    Develop in "services.*.develop" nullable true {
        watch "watch": Vec<Spanned<Watch>>, Merge::Default, Reads, Loader, "What is watched.";
    }
}

keys! {
    /// `develop.watch[]`.
    Watch in "services.*.develop.watch[]" short adopted requires "path", "action" {
        path "path": String, Merge::Default, Reads, Loader, "The folder.";
        action "action": WatchAction, Merge::Default, Reads, Loader, "What a change does.";
        target "target": String, Merge::Default, Reads, Loader, "Where changed files go.";
        exec "exec": Hook, Merge::Default, Reads, Loader, "What runs after a change.";
        include "include": OneOrMore, Merge::Default, Reads, Loader, "Patterns of files that count.";
        ignore "ignore": OneOrMore, Merge::Default, Reads, Loader, "Patterns of files that do not.";
        initial_sync "initial_sync": Unquoted<bool>, Merge::Default, Reads, Loader, "Whether files are copied at the start.";
    }
}

/// `x-initialSync` is what `initial_sync` was called before it was adopted.
fn adopted(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
    let mut map = mapping(node, reader)?;
    if !map.contains_key("initial_sync")
        && let Some((index, _, entry)) = map.shift_remove_full("x-initialSync")
    {
        map.shift_insert(index, "initial_sync".to_owned(), entry);
    }
    Some(map)
}

choices! {
    /// What a change of a watched file does.
    WatchAction {
        Rebuild "rebuild" "Builds the image and starts the container again.";
        Sync "sync" "Copies the file.";
        Restart "restart" "Starts the container again.";
        SyncRestart "sync+restart" "Copies the file and starts the container again.";
        SyncExec "sync+exec" "Copies the file and runs a command.";
    }
}

keys! {
    /// `extends`; a string is the service.
    Extends in "services.*.extends" short service requires "service" closed true {
        service "service": String, Merge::Default, Reads, Loader, "The service.";
        file "file": String, Merge::Default, Reads, Loader, "The file that defines it.";
    }
}

/// A string is the service.
fn service(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
    mapping_or("service", node, reader)
}
