//! A whole project (compose-spec, "Compose file"): what the user wrote, resolved, in Compose's words.

use crate::compose::keys::{Entries, Later, Merge, Reader, keys};
use crate::compose::model::files::FileSource;
use crate::compose::model::mount::Volume;
use crate::compose::model::network::Network;
use crate::compose::model::scalar::mapping;
use crate::compose::model::service::Service;
use crate::syntax::{Map, Node};

keys! {
    /// The top level of a file.
    Project in "" {
        version "version": Later, Merge::Default, Reads, Loader, "Ignored by Compose; swarm reads its schema by it.";
        name "name": String, Merge::Default, Reads, Translated, "The project's name.";
        include "include": Later, Merge::Default, Reads, Later, "Other Compose files.";
        services "services": Entries<Service>, Merge::Default, Reads, Translated, "What runs.";
        networks "networks": Entries<Network>, Merge::Default, Reads, Translated, "What they talk over.";
        volumes "volumes": Entries<Volume>, Merge::Default, Reads, Translated, "What keeps data.";
        configs "configs": Entries<FileSource>, Merge::Default, Reads, Translated, "Files.";
        secrets "secrets": Entries<FileSource>, Merge::Default, Reads, Translated, "Files that are secret.";
        models "models": Later, Merge::Default, Reads, Later, "Models that services use.";
    }
}

impl Project {
    fn short(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
        mapping(node, reader)
    }
}
