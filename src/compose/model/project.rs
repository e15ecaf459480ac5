//! A whole project (compose-spec, "Compose file"): what the user wrote, resolved, in Compose's words.

use crate::compose::keys::{Entries, Merge, Reader, keys};
use crate::compose::model::files::FileSource;
use crate::compose::model::mount::Volume;
use crate::compose::model::network::Network;
use crate::compose::model::scalar::Unquoted;
use crate::compose::model::service::Service;
use crate::compose::model::text::{OneOrMore, Texts, mapping_or};
use crate::origin::Spanned;
use crate::syntax::{Map, Node};

keys! {
    /// The top level of a file.
    Project in "" {
        version "version": String, Merge::Default, Reads, Loader, "Ignored by Compose; swarm reads its schema by it.";
        name "name": String, Merge::Default, Reads, Exact, "The project's name.";
        include "include": Includes, Merge::Default, Reads, Loader, "Other Compose files.";
        services "services": Entries<Service>, Merge::Default, Reads, Exact, "What runs.";
        networks "networks": Entries<Network>, Merge::Default, Reads, Approximate, "What they talk over.";
        volumes "volumes": Entries<Volume>, Merge::Default, Reads, Exact, "What keeps data.";
        configs "configs": Entries<FileSource>, Merge::Default, Reads, Exact, "Files.";
        secrets "secrets": Entries<FileSource>, Merge::Default, Reads, Exact, "Files that are secret.";
        models "models": Entries<Model>, Merge::Default, Reads, Nothing, "Models that services use.";
    }
}

keys! {
    /// A file that is read as part of the project; a string is its path.
    Include in "include[]" short path closed true {
        path "path": OneOrMore, Merge::Default, Reads, Loader, "The file, and files over it.";
        env_file "env_file": OneOrMore, Merge::Default, Reads, Loader, "Files of variables for it.";
        project_directory "project_directory": String, Merge::Default, Reads, Loader, "The folder that its paths are relative to.";
    }
}

/// A string is the path.
fn path(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
    mapping_or("path", node, reader)
}

/// All of them.
pub type Includes = Vec<Spanned<Include>>;

keys! {
    /// A model of the project.
    Model in "models.*" requires "model" {
        name "name": String, Merge::Default, Reads, Nothing, "Its real name.";
        model "model": String, Merge::Default, Reads, Nothing, "The image that holds it.";
        context_size "context_size": Unquoted<i64>, Merge::Default, Reads, Nothing, "How many tokens it considers.";
        runtime_flags "runtime_flags": Texts, Merge::Default, Reads, Nothing, "Arguments of the engine that runs it.";
    }
}
