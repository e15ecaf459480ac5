//! The model of a set of files, phase by phase as the reference makes it (compose-loading, section 1): each document is
//! interpolated, gets what it includes, extends its services, and is merged over what came before.

use std::collections::BTreeMap;

use crate::compose::Dialect;
use crate::compose::bare;
use crate::compose::copies::Copies;
use crate::compose::env_files::text_of;
use crate::compose::extends::Bases;
use crate::compose::find::FILE_LIMIT;
use crate::compose::former_names;
use crate::compose::grammar::mounts;
use crate::compose::include::Included;
use crate::compose::interpolate::interpolate;
use crate::compose::keys::{Decode, Merge};
use crate::compose::leaves::leaves;
use crate::compose::merge::merge;
use crate::compose::model::project::Project;
use crate::compose::paths::{self, Base};
use crate::compose::tags::Tags;
use crate::compose::variables::Variables;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::{FileId, Origin, Sources};
use crate::syntax::{self, Entry, Map, Node, Value};
use crate::world::{ReadError, World};

/// A file and its documents.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// The file's path, as messages show it.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) root: Node,
}

/// What the whole load shares.
pub(crate) struct Loader<'a> {
    /// The outside.
    pub(crate) world: &'a dyn World,
    /// Where texts are.
    pub(crate) sources: &'a mut Sources,
    /// Where messages go.
    pub(crate) diags: &'a mut Diagnostics,
    /// What `extends` and `include` copied so far.
    pub(crate) copies: Copies,
    /// What was included so far.
    pub(crate) included: BTreeMap<Vec<String>, Vec<Included>>,
    /// What secrets and configs of included files take from variables, by where the variable is named.
    pub(crate) held: BTreeMap<(FileId, usize), String>,
    /// How often files were read to be included.
    pub(crate) include_count: usize,
    /// Leaves of keys that the loader itself uses up.
    pub(crate) spent: Vec<(Origin, String)>,
    /// Whether something that `extends` or `include` names is missing, so that what lacks it must not be told off for that.
    pub(crate) is_incomplete: bool,
    is_stdin_read: bool,
}

/// Files that share a folder and variables: those of the project, or those of one `include`.
pub(crate) struct Unit<'a> {
    /// The folder that relative paths start from.
    pub(crate) folder: String,
    /// The folder that they shall start from: that of whoever includes these files.
    pub(crate) seen_from: String,
    /// The variables.
    pub(crate) variables: &'a Variables,
    /// The files that include these, the outermost first, and where each does so.
    pub(crate) chain: Vec<(String, Origin)>,
    /// The services of other files that services extend.
    pub(crate) bases: Bases,
}

impl<'a> Loader<'a> {
    /// A loader that has read nothing.
    pub(crate) fn new(world: &'a dyn World, sources: &'a mut Sources, diags: &'a mut Diagnostics) -> Self {
        Loader {
            world,
            sources,
            diags,
            copies: Copies::default(),
            included: BTreeMap::new(),
            held: BTreeMap::new(),
            include_count: 0,
            spent: Vec::new(),
            is_incomplete: false,
            is_stdin_read: false,
        }
    }

    /// Reads a file's documents; `None` after a message. `at` is where the file is named, if that is a place.
    pub(crate) fn read(&mut self, path: &str, at: Option<Origin>) -> Option<Vec<Document>> {
        let bytes = if path != "-" {
            match at {
                Some(_) => self.world.read(path, FILE_LIMIT),
                None => self.world.read_named(path, FILE_LIMIT),
            }
        } else if std::mem::replace(&mut self.is_stdin_read, true) {
            // There is nothing left in it.
            Ok(Vec::new())
        } else {
            self.world.stdin(FILE_LIMIT)
        };
        let name = if path == "-" { "<stdin>" } else { path };
        // Complete again once all of it is read.
        let was_incomplete = std::mem::replace(&mut self.is_incomplete, true);
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                self.unreadable(name, &error, at);
                return None;
            }
        };
        let file = text_of(name, bytes, self.sources, self.diags)?;
        let roots = syntax::parse(file, self.sources, self.diags)?;
        self.is_incomplete = was_incomplete;
        Some(roots.into_iter().map(|root| Document { path: name.to_owned(), root }).collect())
    }

    fn unreadable(&mut self, name: &str, error: &ReadError, at: Option<Origin>) {
        let code = match error {
            ReadError::NotFound => Code::FileNotFound,
            ReadError::TooLarge { limit: _ } | ReadError::Folder | ReadError::Denied | ReadError::Other(_) => {
                Code::FileUnreadable
            }
        };
        let message = format!("{name} cannot be read: {error}");
        self.diags.push(match at {
            Some(at) => Diagnostic::new(code, at, message).help("correct the path, or create the file"),
            None => Diagnostic::nowhere(code, message).help("check the path after -f"),
        });
    }

    /// Merges the documents of a unit into one model, with every phase but typing.
    pub(crate) fn model(&mut self, unit: &mut Unit<'_>, documents: Vec<Document>) -> Option<Node> {
        let mut model: Option<Node> = None;
        for Document { path, mut root } in documents {
            if !self.is_mapping(&root) {
                continue;
            }
            let tags = self.prepare(&mut root, unit.variables);
            self.include(unit, &path, &mut root, &tags);
            if let Some(model) = &mut model {
                tags.apply(model, self.diags);
            }
            self.extend(unit, &path, &mut root, tags);
            model = Some(match model {
                Some(base) => merge(base, root, Merge::Default, Project::SHAPE, "", self.diags),
                None => root,
            });
        }
        let mut model = model?;
        self.rebase(&mut model, &unit.seen_from, &unit.folder);
        Some(model)
    }

    /// What happens to a document before it meets others.
    pub(crate) fn prepare(&mut self, root: &mut Node, variables: &Variables) -> Tags {
        let lookup = variables.lookup(self.world);
        interpolate(root, Dialect::Compose, &*lookup, self.sources, self.diags);
        former_names::rename(root, self.diags);
        bare::resolve_lists(root, &*lookup, self.sources);
        Tags::take(root, self.diags)
    }

    /// Makes paths of one folder those of another.
    pub(crate) fn rebase(&mut self, root: &mut Node, seen_from: &str, folder: &str) {
        let home = self.world.home();
        let folder = paths::relative(&self.absolute(seen_from), &self.absolute(folder));
        let base = Base { folder: &folder, home: home.as_deref() };
        paths::rebase(root, &base);
    }

    /// Whether the top level of a file is a mapping; a message where it is not.
    pub(crate) fn is_mapping(&mut self, root: &Node) -> bool {
        let is_mapping = matches!(root.value, Value::Map(_));
        if !is_mapping {
            self.diags.push(
                Diagnostic::new(
                    Code::WrongType,
                    root.origin,
                    format!("the top level of the file must be a mapping, not {}", root.value.kind()),
                )
                .help("write services: and at least one service, or remove the `---` of an empty document"),
            );
        }
        is_mapping
    }

    /// Reports something without which the project is not whole.
    pub(crate) fn fail(&mut self, diagnostic: Diagnostic) {
        self.is_incomplete = true;
        self.diags.push(diagnostic);
    }

    /// A path from the root.
    pub(crate) fn absolute(&self, path: &str) -> String {
        mounts::join(&self.world.current_folder(), path)
    }

    /// Notes that the loader used up a key, and why.
    pub(crate) fn spend(&mut self, path: &str, entry: &Entry, reason: &'static str) {
        let before = self.spent.len();
        spend_below(&entry.value, entry.key, path.to_owned(), &mut self.spent);
        for (leaf, _) in self.spent.iter().skip(before) {
            self.diags.consume(*leaf, reason);
        }
    }

    /// Whether a path leads to another machine, which is reported.
    pub(crate) fn refuse_remote(&mut self, path: &str, at: Origin) -> bool {
        let is_remote = path.contains("://") || path.starts_with("git@") || path.starts_with("github.com/");
        if is_remote {
            self.fail(
                Diagnostic::new(Code::RemoteFile, at, format!("{path} is not read, as it stands on another machine"))
                    .help("fetch it, and name the file that you have got"),
            );
        }
        is_remote
    }

    /// Says that the value of a key that the loader reads itself has the wrong type.
    pub(crate) fn wrong_type(&mut self, path: &str, entry: &Entry, expected: &str) {
        let is_null = entry.value.value == Value::Null;
        let origin = if is_null { entry.key } else { entry.value.origin };
        let message = format!("`{path}` must be {expected}, not {}", entry.value.value.kind());
        self.fail(Diagnostic::new(Code::WrongType, origin, message).help(format!("write {expected}")).key(path));
    }

    /// A string and its place; `None` after a message.
    pub(crate) fn string(&mut self, path: &str, entry: Entry) -> Option<(String, Origin)> {
        if let Value::String(text) = entry.value.value {
            return Some((text, entry.value.origin));
        }
        self.wrong_type(path, &entry, "a string");
        None
    }

    /// A string or a list of strings; `None` after a message.
    pub(crate) fn strings(&mut self, path: &str, entry: Entry) -> Option<Vec<(String, Origin)>> {
        let Entry { key, value } = entry;
        let Value::List(items) = value.value else {
            return self.string(path, Entry { key, value }).map(|text| vec![text]);
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            texts.push(self.string(&format!("{path}[{index}]"), Entry { key: item.origin, value: item })?);
        }
        Some(texts)
    }

    /// Says of keys that nobody knows that they do nothing: the reference does not look at them.
    pub(crate) fn unknown_options(&mut self, path: &str, map: Map, known: &str) {
        for (name, entry) in map.into_iter().filter(|(name, _)| !name.starts_with("x-")) {
            let mut found = Vec::new();
            leaves(&entry.value, &mut found);
            self.diags.push(
                Diagnostic::new(Code::UnknownOption, entry.key, format!("`{name}` in `{path}` does nothing"))
                    .why(format!("docker compose reads {known} there, and nothing else"))
                    .help("remove it, or correct its name")
                    .key(path)
                    .covers(found),
            );
        }
    }
}
/// Every leaf of an entry with its path.
fn spend_below(node: &Node, key: Origin, path: String, spent: &mut Vec<(Origin, String)>) {
    match &node.value {
        Value::List(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                spend_below(item, item.origin, format!("{path}[{index}]"), spent);
            }
        }
        Value::Map(map) if !map.is_empty() => {
            for (name, entry) in map {
                spend_below(&entry.value, entry.key, format!("{path}.{name}"), spent);
            }
        }
        Value::Null => spent.push((key, path)),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Timestamp(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Map(_) => spent.push((node.origin, path)),
    }
}
