//! The variables of a project: the environment, then `.env` or the files of `--env-file` (compose-loading, section 4).

use std::sync::Arc;

use indexmap::IndexMap;

use crate::compose::env_files::{self, ENV_FILE_LIMIT, EnvEntry};
use crate::compose::grammar::dotenv;
use crate::compose::interpolate::Lookup;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::{Origin, Sources};
use crate::world::{ReadError, World};

/// The variable that holds the project's name, whatever the environment says.
const PROJECT_NAME: &str = "COMPOSE_PROJECT_NAME";

/// Variables for interpolation: the environment counts before any file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variables {
    /// The project's name, once it is known.
    pub project_name: Option<String>,
    /// Name to value and the place in the file that set it, as `.env:3`.
    pub from_files: Arc<IndexMap<String, (String, String)>>,
}

/// A file of variables that is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Its path.
    pub(crate) path: String,
    /// Whether it must be there.
    pub(crate) required: bool,
    /// Where it is named, if that is a place.
    pub(crate) at: Option<Origin>,
}

impl Variables {
    /// A look-up that asks the environment first.
    pub fn lookup<'a>(&'a self, world: &'a dyn World) -> Box<Lookup<'a>> {
        Box::new(move |name| {
            if let Some(project) = self.project_name.as_ref().filter(|_| name == PROJECT_NAME) {
                return Some((project.clone(), "the project's name".to_owned()));
            }
            let set = world.environment(name).map(|value| (value, "the environment".to_owned()));
            set.or_else(|| self.from_files.get(name).cloned())
        })
    }

    /// The value of one variable.
    pub fn get(&self, world: &dyn World, name: &str) -> Option<String> {
        self.lookup(world)(name).map(|(value, _)| value)
    }

    /// Reads files of variables; later ones count before earlier ones, and what is known already before all of them. False after an
    /// error.
    pub(crate) fn read(
        &mut self,
        files: &[Wanted],
        world: &dyn World,
        sources: &mut Sources,
        diags: &mut Diagnostics,
    ) -> bool {
        let mut is_complete = true;
        let mut added: IndexMap<String, (String, String)> = IndexMap::new();
        for wanted in files {
            let bytes = match bytes_of(wanted, world) {
                Ok(bytes) => bytes,
                Err(error) => {
                    is_complete &= !unreadable(wanted, &error, diags);
                    continue;
                }
            };
            let Some(file) = env_files::text_of(&wanted.path, bytes, sources, diags) else {
                is_complete = false;
                continue;
            };
            let known = self.lookup(world);
            let lookup = |name: &str| known(name).or_else(|| added.get(name).cloned());
            let parsed = dotenv::parse(sources.text(file), &|name| known(name).map(|(value, _)| value), &|name| {
                added.get(name).map(|(value, _)| value.clone())
            });
            let entries = env_files::place(parsed, file, true, &lookup, sources, diags);
            for EnvEntry { name, value, origin } in entries {
                let place = sources.entry(origin);
                let line = sources.position(place.file, place.range.start).line;
                added.insert(name, (value, format!("{}:{line}", wanted.path)));
            }
        }
        if !added.is_empty() {
            let known = Arc::make_mut(&mut self.from_files);
            for (name, setting) in added {
                known.entry(name).or_insert(setting);
            }
        }
        is_complete
    }
}

/// A pipe is read where the user asks for it, and not because a file says so or one called `.env` happens to be there.
fn bytes_of(wanted: &Wanted, world: &dyn World) -> Result<Vec<u8>, ReadError> {
    let Wanted { path, required, at } = wanted;
    if *required && at.is_none() { world.read_named(path, ENV_FILE_LIMIT) } else { env_files::bytes_of(path, world) }
}

/// Reports a file that cannot be read, unless nobody asked for it; whether that is an error.
fn unreadable(wanted: &Wanted, error: &ReadError, diags: &mut Diagnostics) -> bool {
    let Wanted { path, required, at } = wanted;
    let message = format!("the environment file {path} cannot be read: {error}");
    let code = match error {
        ReadError::NotFound | ReadError::Folder if !required => return false,
        // A default file that may not be read must not keep a project from being read that does not need it.
        ReadError::Denied if !required => Code::EnvFileSkipped,
        ReadError::NotFound
        | ReadError::Folder
        | ReadError::Denied
        | ReadError::TooLarge { limit: _ }
        | ReadError::Other(_) => Code::EnvFileMissing,
    };
    diags.push(match at {
        Some(at) => Diagnostic::new(code, *at, message).help("create it, or correct its path"),
        None => Diagnostic::nowhere(code, message).help("create it, or name another with --env-file"),
    });
    code == Code::EnvFileMissing
}
