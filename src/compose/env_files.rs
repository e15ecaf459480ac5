//! `env_file` (compose-loading, section 13): every file that services name is read here, once, so that each of its entries has a
//! place in that file. What becomes of them is for others to decide: the resolved project shows them as `environment`, manifests
//! as a ConfigMap.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::compose::Dialect;
use crate::compose::grammar::dotenv::{self, Parsed};
use crate::compose::grammar::mounts;
use crate::compose::interpolate::Lookup;
use crate::compose::keys::Key;
use crate::compose::model::files::EnvFile;
use crate::compose::model::project::Project;
use crate::compose::model::service::Service;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::{FileId, Origin, Sources, Spanned, VariableUse};
use crate::world::{ReadError, World};

/// The largest environment file that is read, in bytes. Linux gives arguments and environment of a process 6 MiB at most.
pub(crate) const ENV_FILE_LIMIT: u64 = 8 << 20;

/// The environment files of every service, by the service's name.
pub type EnvFiles = IndexMap<String, Vec<ReadEnvFile>>;

/// An environment file that a service names and that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadEnvFile {
    /// Its path, and where the service names it.
    pub path: Spanned<String>,
    /// Its entries in order. A name may come twice, and the later one counts; later files count before earlier ones, and
    /// `environment` before any file.
    pub entries: Arc<Vec<EnvEntry>>,
}

/// A variable that an environment file sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvEntry {
    /// Its name.
    pub name: String,
    /// Its value, with variables replaced.
    pub value: String,
    /// Where it stands in the file.
    pub origin: Origin,
}

/// What reading needs.
pub(crate) struct Surroundings<'a> {
    /// The outside.
    pub(crate) world: &'a dyn World,
    /// The folder that relative paths start from.
    pub(crate) folder: &'a str,
    /// Whose rules hold: swarm reads every file raw.
    pub(crate) dialect: Dialect,
    /// The variables of the project.
    pub(crate) lookup: &'a Lookup<'a>,
}

/// Reads the environment files of all services.
pub(crate) fn read(
    project: &Project,
    around: &Surroundings<'_>,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) -> EnvFiles {
    let mut shelf = Shelf::new(around, sources, diags);
    let mut all = EnvFiles::new();
    for (name, service) in project.services.get().into_iter().flat_map(|services| &services.value) {
        if let Some(body) = &service.value
            && body.value.env_file.get().is_some()
        {
            all.insert(name.clone(), shelf.of_service(&format!("services.{name}"), &body.value));
        }
    }
    shelf.report_unreadable();
    all
}

/// A text that was read, or the reason why not and every place that asked for it.
enum Text {
    Read(FileId),
    Unreadable(ReadError, Vec<Origin>),
    /// It was reported that it is no text.
    Reported,
}

/// Texts by path, each read once.
#[derive(Default)]
pub(crate) struct Texts(BTreeMap<String, Text>);

impl Texts {
    /// A text, unless it cannot be read, which [`Texts::report`] will say.
    pub(crate) fn get(
        &mut self,
        path: &str,
        origin: Origin,
        required: bool,
        world: &dyn World,
        sources: &mut Sources,
        diags: &mut Diagnostics,
    ) -> Option<FileId> {
        if !self.0.contains_key(path) {
            let text = match bytes_of(path, world) {
                Ok(bytes) => text_of(path, bytes, sources, diags).map_or(Text::Reported, Text::Read),
                Err(error) => Text::Unreadable(error, Vec::new()),
            };
            self.0.insert(path.to_owned(), text);
        }
        match self.0.get_mut(path)? {
            Text::Read(file) => Some(*file),
            Text::Unreadable(ReadError::NotFound, _) if !required => {
                diags.consume(origin, "the file does not exist and is not required");
                None
            }
            Text::Unreadable(_, places) => {
                places.push(origin);
                None
            }
            Text::Reported => None,
        }
    }

    /// One message a file, however many services name it.
    pub(crate) fn report(self, key: &str, diags: &mut Diagnostics) {
        for (path, text) in self.0 {
            let Text::Unreadable(error, places) = text else { continue };
            let mut places = places.into_iter();
            let Some(first) = places.next() else { continue };
            let message = format!("the {key} {path} cannot be read: {error}");
            let diagnostic = Diagnostic::new(Code::EnvFileMissing, first, message);
            let help = match error {
                ReadError::NotFound if key == "env_file" => "create it, or write required: false beside its path",
                ReadError::NotFound => "create it, or correct its path",
                ReadError::TooLarge { limit: _ } => {
                    "name a file of variables: the environment of a process has 6 MiB at most"
                }
                ReadError::Folder | ReadError::Denied | ReadError::Other(_) => "name a file that can be read",
            };
            diags.push(places.fold(diagnostic.help(help), |diagnostic, place| diagnostic.also(place, "and here")));
        }
    }
}

/// What entries may refer to beside the project's variables and what stands above them.
#[derive(Default)]
struct Local {
    /// The service's own variables, which count before what the file says.
    own: BTreeMap<String, String>,
    /// What earlier files of the service set, which counts after it.
    earlier: BTreeMap<String, String>,
}

impl Local {
    fn has(&self, name: &str) -> bool {
        self.own.contains_key(name) || self.earlier.contains_key(name)
    }
}

/// A file's entries, and the names that it asked the service for in vain: where none of them is set, they are the same.
struct Shared {
    asked: BTreeSet<String>,
    entries: Arc<Vec<EnvEntry>>,
}

/// The files that were read so far.
pub(crate) struct Shelf<'a> {
    around: &'a Surroundings<'a>,
    sources: &'a mut Sources,
    diags: &'a mut Diagnostics,
    texts: Texts,
    parsed: BTreeMap<(FileId, bool), Shared>,
    reported: BTreeSet<FileId>,
}

impl<'a> Shelf<'a> {
    /// A shelf without files.
    pub(crate) fn new(around: &'a Surroundings<'a>, sources: &'a mut Sources, diags: &'a mut Diagnostics) -> Self {
        Shelf { around, sources, diags, texts: Texts::default(), parsed: BTreeMap::new(), reported: BTreeSet::new() }
    }

    /// A file that is read raw and refers to the outside alone, as those of a stack; `None` when it cannot be read.
    pub(crate) fn raw(&mut self, name: &Spanned<String>) -> Option<ReadEnvFile> {
        let full = mounts::join(self.around.folder, &name.value);
        let text = self.text(&full, name.origin, true)?;
        self.diags.consume(name.origin, "its variables stand in the manifests");
        let entries = self.entries(text, true, &Local::default());
        Some(ReadEnvFile { path: Spanned { value: full, origin: name.origin }, entries })
    }

    fn of_service(&mut self, path: &str, service: &Service) -> Vec<ReadEnvFile> {
        let pairs = service.environment.get().into_iter().flat_map(|pairs| &pairs.value.0);
        let own = pairs.filter_map(|(name, pair)| Some((name.clone(), pair.value.clone()?))).collect();
        let mut local = Local { own, earlier: BTreeMap::new() };
        let mut files = Vec::new();
        for file in service.env_file.get().into_iter().flat_map(|files| &files.value.0) {
            let Some(read) = self.file(path, file, &local) else { continue };
            let set = read.entries.iter().map(|entry| (entry.name.clone(), entry.value.clone()));
            local.earlier.extend(set);
            files.push(read);
        }
        files
    }

    fn file(&mut self, path: &str, file: &Spanned<EnvFile>, local: &Local) -> Option<ReadEnvFile> {
        let EnvFile { path: name, format, required, extensions: _ } = &file.value;
        let raw = self.is_raw(path, format);
        if let Some(required) = required.get() {
            self.diags.consume(required.origin, "decides whether the file must exist");
        }
        let required = required.get().is_none_or(|required| required.value);
        let Some(name) = name.get() else {
            self.diags.push(
                Diagnostic::new(Code::Missing, file.origin, "an env_file has no path")
                    .help("add path:")
                    .key(format!("{path}.env_file")),
            );
            return None;
        };
        if name.value.is_empty() {
            self.diags.push(
                Diagnostic::new(Code::EnvFileMissing, name.origin, "the path of the env_file is empty")
                    .help("write the path of a file, or remove the line")
                    .key(format!("{path}.env_file")),
            );
            return None;
        }
        let full = mounts::join(self.around.folder, &name.value);
        let text = self.text(&full, name.origin, required)?;
        self.diags.consume(name.origin, "its variables stand in the manifests");
        let entries = self.entries(text, raw?, local);
        Some(ReadEnvFile { path: Spanned { value: full, origin: name.origin }, entries })
    }

    /// Whether the file is read raw; none for a format that does not exist.
    fn is_raw(&mut self, path: &str, format: &Key<String>) -> Option<bool> {
        let Some(format) = format.get() else { return Some(self.around.dialect == Dialect::Swarm) };
        self.diags.consume(format.origin, "decides how the file is read");
        match format.value.as_str() {
            "raw" => Some(true),
            "" => Some(self.around.dialect == Dialect::Swarm),
            other => {
                self.diags.push(
                    Diagnostic::new(Code::BadValue, format.origin, format!("`{other}` is no format of an env_file"))
                        .help("write format: raw, or remove the line")
                        .key(format!("{path}.env_file")),
                );
                None
            }
        }
    }

    fn text(&mut self, full: &str, origin: Origin, required: bool) -> Option<FileId> {
        self.texts.get(full, origin, required, self.around.world, self.sources, self.diags)
    }

    fn entries(&mut self, file: FileId, raw: bool, local: &Local) -> Arc<Vec<EnvEntry>> {
        let known = self.parsed.get(&(file, raw));
        if let Some(shared) = known.filter(|shared| !shared.asked.iter().any(|name| local.has(name))) {
            return Arc::clone(&shared.entries);
        }
        let is_shared = known.is_none();
        let is_first = self.reported.insert(file);
        let asked = RefCell::new(BTreeSet::new());
        let used_local = Cell::new(false);
        let note = |name: &str, found: Option<&String>| {
            used_local.set(used_local.get() || found.is_some());
            asked.borrow_mut().insert(name.to_owned());
            found.cloned()
        };
        let ask = |name: &str| {
            let outside = (self.around.lookup)(name).map(|(value, _)| value);
            outside.or_else(|| note(name, local.own.get(name)))
        };
        let earlier = |name: &str| note(name, local.earlier.get(name));
        let text = self.sources.text(file);
        let parsed = if raw { dotenv::parse_raw(text, &ask) } else { dotenv::parse(text, &ask, &earlier) };
        let entries = Arc::new(place(parsed, file, is_first, self.around.lookup, self.sources, self.diags));
        if is_shared && !used_local.get() {
            self.parsed.insert((file, raw), Shared { asked: asked.into_inner(), entries: Arc::clone(&entries) });
        }
        entries
    }

    /// Says what could not be read.
    pub(crate) fn report_unreadable(self) {
        self.texts.report("env_file", self.diags);
    }
}

/// Gives every assignment its place, and reports what could not be read the first time that a file is.
pub(crate) fn place(
    parsed: Parsed,
    file: FileId,
    report: bool,
    lookup: &Lookup<'_>,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) -> Vec<EnvEntry> {
    for fault in parsed.faults.into_iter().filter(|_| report) {
        let origin = sources.add(file, fault.at..fault.at + 1);
        diags.push(Diagnostic::new(Code::EnvFileSyntax, origin, fault.message).help("write NAME=value, one a line"));
    }
    let mut entries = Vec::with_capacity(parsed.variables.len());
    for variable in parsed.variables {
        let Some(value) = variable.value else { continue };
        let origin = sources.add(file, variable.range);
        for name in variable.used {
            let set_in = lookup(&name).map(|(_, place)| place);
            // One that an earlier line of the file sets needs no word.
            if set_in.is_some() || variable.unset.contains(&name) {
                sources.add_variable(origin, VariableUse { name, set_in });
            }
        }
        for name in variable.unset.into_iter().filter(|_| report) {
            diags.push(
                Diagnostic::new(Code::VariableUnset, origin, format!("the variable `{name}` is not set"))
                    .label("a blank string stands in for it")
                    .help(format!("set it, write a default: ${{{name}:-default}}, or quote the value with '' as it is"))
                    .cause("variables of environment files")
                    .subject(name),
            );
        }
        entries.push(EnvEntry { name: variable.name, value, origin });
    }
    entries
}

/// The bytes of an environment file. `/dev/null` is the file that sets nothing.
pub(crate) fn bytes_of(path: &str, world: &dyn World) -> Result<Vec<u8>, ReadError> {
    if path == "/dev/null" { Ok(Vec::new()) } else { world.read(path, ENV_FILE_LIMIT) }
}

/// The text of an environment file, registered so that messages can point into it; `None` after a message.
pub(crate) fn text_of(path: &str, bytes: Vec<u8>, sources: &mut Sources, diags: &mut Diagnostics) -> Option<FileId> {
    match String::from_utf8(bytes) {
        Ok(text) => Some(sources.add_file(path, text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let readable = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let file = sources.add_file(path, readable);
            let origin = sources.add(file, at..at + 1);
            diags.push(
                Diagnostic::new(Code::NotUtf8, origin, format!("{path} is not UTF-8 text"))
                    .label("this byte")
                    .help("save the file as UTF-8"),
            );
            None
        }
    }
}
