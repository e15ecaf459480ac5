//! Which files make a project, and where its paths start from (compose-loading, sections 2 and 4).

use crate::compose::grammar::mounts;
use crate::compose::variables::{Variables, Wanted};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::Sources;
use crate::request::Request;
use crate::world::{Kind, World};

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
}

/// Finds the files and reads the variables, which depend on each other: `.env` may say which files there are, and where they are
/// says which `.env` counts. The first `.env` is that of the folder that is known without looking. The last value says whether
/// every file of variables could be read.
pub(crate) fn find(
    world: &dyn World,
    request: &Request,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) -> Option<(Files, Variables, bool)> {
    let mut variables = Variables::default();
    let is_disabled = is_disabled(world, diags);
    let known = folder_of(request, &request.files);
    let first = env_files(world, request, &known, is_disabled, sources);
    let mut is_complete = variables.read(&first, world, sources, diags);
    let files = files(world, request, &variables, diags)?;
    let second = env_files(world, request, &files.folder, is_disabled, sources);
    if second != first {
        is_complete &= variables.read(&second, world, sources, diags);
    }
    Some((files, variables, is_complete))
}

/// `--project-directory`, else the folder of the first file, else the current one.
fn folder_of(request: &Request, paths: &[String]) -> String {
    let asked = request.project_directory.clone().filter(|folder| !folder.is_empty());
    let first = || paths.iter().find(|path| *path != "-").map(|path| parent(path));
    asked.or_else(first).unwrap_or_else(|| ".".to_owned())
}

/// The files: `-f`, `COMPOSE_FILE`, then the default names here and in every folder above.
fn files(world: &dyn World, request: &Request, variables: &Variables, diags: &mut Diagnostics) -> Option<Files> {
    if !request.files.is_empty() {
        return Some(Files { folder: folder_of(request, &request.files), paths: request.files.clone() });
    }
    let Some(list) = variables.get(world, "COMPOSE_FILE") else { return discovered(world, request, diags) };
    let separator = variables.get(world, "COMPOSE_PATH_SEPARATOR").filter(|text| !text.is_empty());
    let separator = separator.unwrap_or_else(|| if cfg!(windows) { ";" } else { ":" }.to_owned());
    let paths: Vec<String> = list.split(separator.as_str()).map(str::to_owned).collect();
    let mut complete = true;
    for path in paths.iter().filter(|path| *path != "-") {
        let (code, problem) = match world.kind(path) {
            _ if path.is_empty() => (Code::FileNotFound, "one of them has no name".to_owned()),
            Some(Kind::File | Kind::CharacterDevice | Kind::Other) => continue,
            None => (Code::FileNotFound, format!("{path} does not exist")),
            Some(Kind::Folder) => (Code::FileUnreadable, format!("{path} is a folder")),
            Some(Kind::Socket | Kind::BlockDevice) => (Code::FileUnreadable, format!("{path} is no regular file")),
        };
        complete = false;
        diags.push(
            Diagnostic::nowhere(code, format!("COMPOSE_FILE names files, and {problem}"))
                .why(format!("it is {list:?}, split at {separator:?}"))
                .help("correct or unset the variable, or name the files with -f"),
        );
    }
    complete.then(|| Files { folder: folder_of(request, &paths), paths })
}

fn discovered(world: &dyn World, request: &Request, diags: &mut Diagnostics) -> Option<Files> {
    let start = folder_of(request, &[]);
    let mut folder = start.clone();
    loop {
        if let Some(name) = chosen(world, &folder, NAMES, diags) {
            let mut paths = vec![mounts::join(&folder, name)];
            paths.extend(chosen(world, &folder, OVERRIDES, diags).map(|name| mounts::join(&folder, name)));
            return Some(Files { folder: folder_of(request, &paths), paths });
        }
        let whole = mounts::join(&world.current_folder(), &folder);
        let above = parent(&whole);
        if above == whole || above == "." {
            break;
        }
        folder = above;
    }
    let start = mounts::join(&world.current_folder(), &start);
    diags.push(
        Diagnostic::nowhere(Code::FileNotFound, "no Compose file was found here or in any folder above")
            .why(format!("looked for {} from {start} upwards", NAMES.join(", ")))
            .help("name one: transship convert -f FILE"),
    );
    None
}

/// The first of some names that a folder holds.
fn chosen(world: &dyn World, folder: &str, names: &[&'static str], diags: &mut Diagnostics) -> Option<&'static str> {
    let mut present = names.iter().copied().filter(|name| world.kind(&mounts::join(folder, name)).is_some());
    let first = present.next()?;
    let others: Vec<&str> = present.collect();
    if !others.is_empty() {
        diags.push(
            Diagnostic::nowhere(Code::SeveralFiles, format!("{first} is read, and not {}", others.join(" or ")))
                .why("docker compose takes the first of the names that it looks for")
                .help("remove the others, or name the files with -f"),
        );
    }
    Some(first)
}

/// The folder that a path stands in.
pub fn parent(path: &str) -> String {
    match path.rsplit_once('/') {
        Some(("", _)) => "/".to_owned(),
        Some((folder, _)) => folder.to_owned(),
        None => ".".to_owned(),
    }
}

/// `--env-file`, else `COMPOSE_ENV_FILES`, which may stand in `.env` too, else `.env` itself.
fn env_files(
    world: &dyn World,
    request: &Request,
    folder: &str,
    is_disabled: bool,
    sources: &mut Sources,
) -> Vec<Wanted> {
    let named = |path: &str| Wanted { path: path.to_owned(), required: true, at: None };
    if !request.env_files.is_empty() {
        return request.env_files.iter().map(|path| named(path)).collect();
    }
    let default = Wanted { path: mounts::join(folder, ".env"), required: false, at: None };
    let mut in_default = || {
        let mut variables = Variables::default();
        variables.read(std::slice::from_ref(&default), world, sources, &mut Diagnostics::default());
        variables.from_files.get("COMPOSE_ENV_FILES").map(|(list, _)| list.clone())
    };
    let list = world.environment("COMPOSE_ENV_FILES").or_else(|| if is_disabled { None } else { in_default() });
    match list.filter(|list| !list.is_empty()) {
        Some(list) => list.split(',').map(named).collect(),
        None if is_disabled => Vec::new(),
        None => vec![default],
    }
}

/// Whether `COMPOSE_DISABLE_ENV_FILE` says that `.env` does not count.
fn is_disabled(world: &dyn World, diags: &mut Diagnostics) -> bool {
    let Some(flag) = world.environment("COMPOSE_DISABLE_ENV_FILE") else { return false };
    match flag.as_str() {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
        "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
        other => {
            diags.push(
                Diagnostic::nowhere(
                    Code::BadValue,
                    format!("COMPOSE_DISABLE_ENV_FILE is {other:?}, neither true nor false"),
                )
                .help("set it to 1 or 0, or unset it"),
            );
            false
        }
    }
}
