//! Which files make a project, and which variables it sees (compose-loading, sections 2 to 4).

use crate::compose::env_files::{self, ENV_FILE_LIMIT};
use crate::compose::grammar::{dotenv, mounts};
use crate::compose::interpolate::Lookup;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::Sources;
use crate::request::Request;
use crate::world::{ReadError, World};

use indexmap::IndexMap;

/// The largest file that is read, in bytes: far above any real Compose file.
pub const FILE_LIMIT: u64 = 64 << 20;

const NAMES: &[&str] = &["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OVERRIDES: &[&str] =
    &["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// The files of a project and the folder that its paths are relative to.
#[derive(Clone, Debug)]
pub struct Files {
    /// Paths in the order they are merged; `-` is standard input.
    pub paths: Vec<String>,
    /// The project's folder: absolute, or relative to the current one.
    pub folder: String,
    /// Whether the files were named by the user (`-f`), so that the current folder's `.env` does not count.
    pub named: bool,
}

/// Finds the files as docker compose does: `-f`, `COMPOSE_FILE`, then the default names here and in every folder above.
pub fn files(world: &dyn World, request: &Request, diags: &mut Diagnostics) -> Option<Files> {
    let folder_of = |paths: &[String]| {
        request.project_directory.clone().unwrap_or_else(|| {
            let first = paths.iter().find(|path| *path != "-");
            first.map_or_else(|| ".".to_owned(), |path| parent(path))
        })
    };
    if !request.files.is_empty() {
        return Some(Files { folder: folder_of(&request.files), paths: request.files.clone(), named: true });
    }
    if let Some(list) = world.environment("COMPOSE_FILE").filter(|list| !list.is_empty()) {
        let separator = world
            .environment("COMPOSE_PATH_SEPARATOR")
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| ":".to_owned());
        let paths: Vec<String> = list.split(separator.as_str()).map(str::to_owned).collect();
        return Some(Files { folder: folder_of(&paths), paths, named: true });
    }
    let start = request.project_directory.clone().unwrap_or_else(|| world.current_folder());
    let mut folder = start.clone();
    loop {
        let exists = |name: &&str| world.kind(&mounts::join(&folder, name)).is_some();
        if let Some(name) = NAMES.iter().copied().find(exists) {
            let mut paths = vec![mounts::join(&folder, name)];
            paths.extend(OVERRIDES.iter().copied().find(exists).map(|name| mounts::join(&folder, name)));
            let folder = request.project_directory.clone().unwrap_or(folder);
            return Some(Files { paths, folder, named: false });
        }
        let above = parent(&folder);
        if above == folder || above == "." {
            break;
        }
        folder = above;
    }
    diags.push(
        Diagnostic::nowhere(Code::FileNotFound, "no Compose file was found here or in any folder above")
            .why(format!("looked for {} from {start} upwards", NAMES.join(", ")))
            .help("name one: transship convert -f FILE"),
    );
    None
}

/// The folder that a path stands in.
pub fn parent(path: &str) -> String {
    match path.rsplit_once('/') {
        Some(("", _)) => "/".to_owned(),
        Some((folder, _)) => folder.to_owned(),
        None => ".".to_owned(),
    }
}

/// Variables for interpolation: the environment before any file, later files before earlier ones.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// Name to value and the file that set it.
    pub from_files: IndexMap<String, (String, String)>,
}

impl Variables {
    /// A look-up that asks the environment first.
    pub fn lookup<'a>(&'a self, world: &'a dyn World) -> Box<Lookup<'a>> {
        Box::new(move |name| {
            let set = world.environment(name).map(|value| (value, "the environment".to_owned()));
            set.or_else(|| self.from_files.get(name).cloned())
        })
    }
}

/// Reads `.env`, or the files named with `--env-file`.
pub fn variables(
    world: &dyn World,
    request: &Request,
    files: &Files,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) -> Variables {
    let mut variables = Variables::default();
    let mut paths: Vec<(String, bool)> = request.env_files.iter().map(|path| (path.clone(), true)).collect();
    if paths.is_empty() {
        let named = world.environment("COMPOSE_ENV_FILES").filter(|list| !list.is_empty());
        paths = named.map_or_else(Vec::new, |list| list.split(',').map(|path| (path.to_owned(), true)).collect());
    }
    if paths.is_empty()
        && world.environment("COMPOSE_DISABLE_ENV_FILE").is_none_or(|flag| !matches!(flag.as_str(), "1" | "true"))
    {
        paths.push((mounts::join(&files.folder, ".env"), false));
        let here = mounts::join(&world.current_folder(), ".env");
        if !files.named && paths.iter().all(|(path, _)| *path != here) {
            paths.push((here, false));
        }
    }
    for (path, required) in paths {
        let bytes = match world.read(&path, ENV_FILE_LIMIT) {
            Ok(bytes) => bytes,
            Err(ReadError::NotFound | ReadError::Folder) if !required => continue,
            Err(error) => {
                diags.push(
                    Diagnostic::nowhere(
                        Code::EnvFileMissing,
                        format!("the environment file {path} cannot be read: {}", say(&error)),
                    )
                    .help("create it, or name another with --env-file"),
                );
                continue;
            }
        };
        read_variables(world, &path, bytes, &mut variables, sources, diags);
    }
    variables
}

fn read_variables(
    world: &dyn World,
    path: &str,
    bytes: Vec<u8>,
    variables: &mut Variables,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) {
    let Some(file) = env_files::text_of(path, bytes, sources, diags) else { return };
    let lookup = variables.lookup(world);
    let parsed = dotenv::parse(sources.text(file), &|name| lookup(name).map(|(value, _)| value));
    let entries = env_files::place(parsed, file, true, &*lookup, sources, diags);
    drop(lookup);
    for entry in entries {
        let place = sources.entry(entry.origin);
        let line = sources.position(place.file, place.range.start).line;
        variables.from_files.insert(entry.name, (entry.value, format!("{path}:{line}")));
    }
}

/// What went wrong, in words.
pub fn say(error: &ReadError) -> String {
    match error {
        ReadError::NotFound => "there is no such file".to_owned(),
        ReadError::TooLarge { limit } => format!("it is larger than {limit} bytes"),
        ReadError::Folder => "it is a folder".to_owned(),
        ReadError::Denied => "permission is denied".to_owned(),
        ReadError::Other(text) => text.clone(),
    }
}
