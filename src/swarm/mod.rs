//! Stack files, read exactly as `docker stack deploy` reads them (docker/cli, cli/compose), which is not how docker compose does.
//!
//! Each file on its own is interpolated from the environment alone, checked against the schema of its version, and brought into
//! canonical form; then the files are merged. So nothing of this runs on typed values: the merge needs canonical values, and the
//! one model of the program is decoded once, from what the merge gives. What `docker stack config` prints is that same tree.
//!
//! * `schema`, in the words of `kinds`: the keys of a stack file, the version each came with, and what its values are.
//! * `version`, `read`, `short`, `objects`: one file, checked and made canonical; `refuse` says what is wrong in it.
//! * `cast`: what interpolation makes of numbers and booleans.
//! * `environment`: variables with those of `env_file`.
//! * `merge`: a later file over an earlier one.
//! * `config`: the tree as `docker stack config` prints it.
//! * `settle`: what the swarm would have made of it: ignored keys are taken out; `deploy`: what it would have refused.

mod cast;
mod config;
mod deploy;
mod environment;
mod kinds;
mod merge;
mod objects;
mod read;
mod refuse;
mod schema;
mod settle;
mod short;
mod version;

use indexmap::IndexMap;

pub(crate) use cast::cast;
pub use config::config;
pub(crate) use settle::settle;

use crate::compose::Dialect;
use crate::compose::env_files::{EnvFiles, Shelf, Surroundings};
use crate::compose::interpolate::{Lookup, interpolate};
use crate::compose::keys::Reader;
use crate::compose::leaves::leaves;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::{FileId, Sources};
use crate::syntax::{Node, Value};
use crate::world::World;
use environment::Variables;
use read::FileReader;

/// A stack: its files merged, in canonical form.
#[derive(Clone, Debug)]
pub struct Stack {
    /// The tree that the typed project is decoded from. Paths are as they are written.
    pub root: Node,
    /// The version that the files say, or the newest.
    pub version: String,
    /// The environment files of each service, read.
    pub env_files: EnvFiles,
    /// The variables of each service, those of its files among them.
    environment: IndexMap<String, Variables>,
    /// The folder of the first file, absolute: what relative paths start from.
    folder: String,
    /// What `~` stands for.
    home: Option<String>,
}

/// What reading a stack needs of the outside.
pub(crate) struct Around<'a> {
    /// The outside.
    pub(crate) world: &'a dyn World,
    /// The folder of the first file, as the user names it.
    pub(crate) folder: &'a str,
    /// The variables: those of the environment, and of files that the user names.
    pub(crate) lookup: &'a Lookup<'a>,
}

/// Reads the files of a stack, given their documents; the first of each file counts, as the reference reads no further. Errors
/// stand in the sink.
pub(crate) fn load(
    documents: Vec<Node>,
    paths: &[String],
    around: &Around<'_>,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) -> Option<Stack> {
    let files = first_documents(documents, paths, sources, diags);
    let mut read = Vec::new();
    let mut versions = Vec::new();
    for mut file in files {
        if !matches!(file.value, Value::Map(_)) {
            let message = format!("the top level of the file must be a mapping, not {}", file.value.kind());
            diags.push(
                Diagnostic::new(Code::WrongType, file.origin, message).help("write services: and at least one service"),
            );
            continue;
        }
        let version = version::version(&file, diags);
        version::agree(&mut versions, version.as_ref(), diags);
        version::refuse_keys(&mut file, diags);
        interpolate(&mut file, Dialect::Swarm, around.lookup, sources, diags);
        let Some(version) = version else { continue };
        let mut reader = FileReader { version: version.minor, reader: Reader::new(sources, diags), port_count: 0 };
        let Some(mut file) = reader.read_file(file) else { continue };
        objects::objects(&mut file, diags);
        read.push((file, version));
    }
    merged(read, around, sources, diags)
}

/// The first document of each file. A file without any is an error, and later documents are left out with a warning.
fn first_documents(documents: Vec<Node>, paths: &[String], sources: &Sources, diags: &mut Diagnostics) -> Vec<Node> {
    let mut files: IndexMap<FileId, Node> = IndexMap::new();
    for document in documents {
        match files.entry(sources.entry(document.origin).file) {
            indexmap::map::Entry::Vacant(place) => {
                place.insert(document);
            }
            indexmap::map::Entry::Occupied(_) => {
                let mut found = Vec::new();
                leaves(&document, &mut found);
                diags.push(
                    Diagnostic::new(
                        Code::IgnoredBySwarm,
                        document.origin,
                        "a second document of a file is left out: docker stack deploy reads the first alone",
                    )
                    .help("write it to a file of its own, and name that too")
                    .covers(found),
                );
            }
        }
    }
    if files.len() < paths.len() {
        let message = format!("one of these files is empty: {}", paths.join(", "));
        diags.push(
            Diagnostic::nowhere(Code::EmptyFile, message)
                .help("write services: and at least one service, or leave it out"),
        );
    }
    files.into_values().collect()
}

fn merged(
    files: Vec<(Node, version::Version)>,
    around: &Around<'_>,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) -> Option<Stack> {
    let surroundings =
        Surroundings { world: around.world, folder: around.folder, dialect: Dialect::Swarm, lookup: around.lookup };
    let mut env_files = EnvFiles::new();
    let mut resolved = Vec::new();
    let mut shelf = Shelf::new(&surroundings, sources, diags);
    for (file, _) in &files {
        resolved.push(environment::resolve(file, &mut shelf, around.lookup, &mut env_files));
    }
    shelf.report_unreadable();
    let mut stack: Option<(Node, String)> = None;
    let mut environment = IndexMap::new();
    for ((file, version), variables) in files.into_iter().zip(resolved) {
        environment::merge(&mut environment, variables);
        stack = Some(match stack {
            None => (file, version.text),
            Some((base, text)) => (merge::files(base, file, diags), text),
        });
    }
    let (mut root, version) = stack?;
    environment::settle(&mut root, &environment, &env_files, around.lookup);
    let folder = crate::compose::grammar::mounts::join(&around.world.current_folder(), around.folder);
    let home = (around.lookup)("HOME").map(|(home, _)| home);
    Some(Stack { root, version, env_files, environment, folder, home })
}
