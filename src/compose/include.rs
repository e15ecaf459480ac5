//! `include` (compose-spec, "Include"; compose-loading, section 11): the resources of other files, read with a folder and variables
//! of their own. Where both define one, what is here is merged over what is included, as the reference does it (the
//! specification would refuse it).

use crate::compose::copies::same;
use crate::compose::find::parent;
use crate::compose::grammar::mounts;
use crate::compose::keys::{Decode, Merge};
use crate::compose::loader::{Loader, Unit};
use crate::compose::merge::merge;
use crate::compose::model::project::Project;
use crate::compose::tags::Tags;
use crate::compose::variables::{Variables, Wanted};
use crate::diag::{Code, Diagnostic};
use crate::origin::{Origin, Via};
use crate::syntax::{Entry, Map, Node, Value};
use crate::world::Kind;

/// How deep includes may nest. A chain of symbolic links that never meets the same path twice ends here.
const MAX_DEPTH: usize = 50;

/// How many times files may be included in one project, those left out that were read before with the same variables.
const MAX_INCLUDES: usize = 1_000;

/// What an include brings; the rest of its files is left behind.
const SECTIONS: &[&str] = &["services", "volumes", "networks", "secrets", "configs", "models"];

/// One item of `include`.
struct Item {
    /// The files; later ones are merged over the first, which says where the folder is.
    paths: Vec<(String, Origin)>,
    project_directory: Option<(String, Origin)>,
    env_files: Vec<(String, Origin)>,
    at: Origin,
}

/// Files that were included, and what they gave with these variables; nothing after errors.
pub(crate) struct Included {
    variables: Variables,
    model: Option<Node>,
}

impl Loader<'_> {
    /// Adds what a document includes to it.
    pub(crate) fn include(&mut self, unit: &Unit<'_>, path: &str, document: &mut Node, tags: &Tags) {
        let Value::Map(top) = &mut document.value else { return };
        let Some(entry) = top.shift_remove("include") else { return };
        self.spend("include", &entry, "what it names is part of the project");
        let items = match entry.value.value {
            Value::Null => return,
            Value::List(items) => items,
            Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Timestamp(_)
            | Value::String(_)
            | Value::Map(_) => {
                self.wrong_type("include", &entry, "a list");
                return;
            }
        };
        for (index, node) in items.into_iter().enumerate() {
            let place = format!("include[{index}]");
            let Some(item) = self.item(&place, Entry { key: node.origin, value: node }) else { continue };
            if let Some(model) = self.included(unit, path, &item)
                && let Some(copy) = self.copies.copy(&model, Via::Include, item.at, self.sources, self.diags)
            {
                self.import(copy, document, tags);
            }
        }
    }

    fn item(&mut self, place: &str, entry: Entry) -> Option<Item> {
        let at = entry.value.origin;
        if entry.value.value == Value::Null {
            return self.names_no_file(place, at, vec![at]);
        }
        if matches!(entry.value.value, Value::String(_)) {
            let path = self.string(place, entry)?;
            return Some(Item { paths: vec![path], project_directory: None, env_files: Vec::new(), at });
        }
        let Value::Map(mut map) = entry.value.value else {
            self.wrong_type(place, &entry, "a path, or a mapping with path:");
            return None;
        };
        let paths = map.shift_remove("path").filter(|paths| paths.value.value != Value::Null);
        let (at, paths) = match paths {
            Some(paths) => (paths.value.origin, self.strings(&format!("{place}.path"), paths)?),
            None => (at, Vec::new()),
        };
        let directory = map.shift_remove("project_directory").filter(|entry| entry.value.value != Value::Null);
        let project_directory = match directory {
            Some(directory) => Some(self.string(&format!("{place}.project_directory"), directory)?),
            None => None,
        };
        let env_files = map.shift_remove("env_file").filter(|entry| entry.value.value != Value::Null);
        let env_files = match env_files {
            Some(files) => self.strings(&format!("{place}.env_file"), files)?,
            None => Vec::new(),
        };
        self.unknown_options(place, map, "path, project_directory and env_file");
        Some(Item { paths, project_directory, env_files, at })
    }

    fn names_no_file<T>(&mut self, place: &str, at: Origin, leaves: Vec<Origin>) -> Option<T> {
        let message = format!("`{place}` names no file, and includes nothing");
        let diagnostic = Diagnostic::new(Code::UnknownOption, at, message).help("add path:, or remove it");
        self.diags.push(diagnostic.key(place).covers(leaves));
        None
    }

    /// What the files of an item make; `None` after a message.
    fn included(&mut self, unit: &Unit<'_>, from: &str, item: &Item) -> Option<Node> {
        if self.include_count >= MAX_INCLUDES {
            return None;
        }
        let remote = item.paths.iter().filter(|(path, at)| self.refuse_remote(path, *at)).count();
        if remote > 0 {
            return None;
        }
        let paths: Vec<(String, Origin)> =
            item.paths.iter().map(|(path, at)| (mounts::join(&unit.folder, path), *at)).collect();
        let Some((main, at)) = paths.first() else {
            self.variables_of(unit, item, &unit.folder);
            return self.names_no_file("include", item.at, Vec::new());
        };
        let mut chain = unit.chain.clone();
        chain.push((from.to_owned(), *at));
        if self.is_cycle(&chain, main, *at) {
            return None;
        }
        let asked = item.project_directory.as_ref().filter(|(folder, _)| !folder.is_empty());
        let folder = asked.map_or_else(|| parent(main), |(folder, _)| mounts::join(&unit.folder, folder));
        let variables = self.variables_of(unit, item, &folder);
        let folder = match &item.project_directory {
            Some((asked, at)) if !asked.starts_with('/') => self.present(folder, *at),
            Some(_) | None => folder,
        };
        let mut key: Vec<String> = paths.iter().map(|(path, _)| self.absolute(path)).collect();
        key.push(self.absolute(&folder));
        key.push(self.absolute(&unit.folder));
        let known = self.included.get(&key).into_iter().flatten().find(|known| known.variables == variables);
        if let Some(known) = known {
            return known.model.clone();
        }
        if self.is_too_much(&chain, *at) {
            return None;
        }
        let documents: Vec<_> = paths.iter().map(|(path, at)| self.read(path, Some(*at))).collect();
        let documents = documents.into_iter().collect::<Option<Vec<_>>>().map(|files| files.into_iter().flatten());
        let model = documents.and_then(|documents| {
            let seen_from = unit.folder.clone();
            let mut inner = Unit { folder, seen_from, variables: &variables, chain, bases: Default::default() };
            self.model(&mut inner, documents.collect())
        });
        if let Some(model) = &model {
            self.hold(model, &variables);
        }
        self.included.entry(key).or_default().push(Included { variables, model: model.clone() });
        model
    }

    /// The folder itself, or the one above where nothing is there: the reference takes such a path for that of a file.
    fn present(&mut self, folder: String, at: Origin) -> String {
        if self.world.kind(&folder) == Some(Kind::Folder) {
            return folder;
        }
        let above = parent(&folder);
        self.diags.push(
            Diagnostic::new(Code::IncludeFolder, at, format!("there is no folder {folder}"))
                .why(format!("the paths of what is included start from the folder above it, {above}"))
                .help("create it, or correct the path")
                .key("include"),
        );
        above
    }

    /// Keeps what secrets and configs take from variables that nobody but this include knows.
    fn hold(&mut self, model: &Node, variables: &Variables) {
        let Value::Map(top) = &model.value else { return };
        let lookup = variables.lookup(self.world);
        for section in ["secrets", "configs"] {
            let Some(Value::Map(entries)) = top.get(section).map(|section| &section.value.value) else { continue };
            for entry in entries.values() {
                if let Value::Map(keys) = &entry.value.value
                    && let Some(Node { value: Value::String(name), origin, tag: _ }) =
                        keys.get("environment").map(|entry| &entry.value)
                    && let Some((value, _)) = lookup(name)
                {
                    // Of two includes of one file the first counts.
                    self.held.entry(self.sources.place(*origin)).or_insert(value);
                }
            }
        }
    }

    /// The variables of who includes, and below them those of the item's own files.
    fn variables_of(&mut self, unit: &Unit<'_>, item: &Item, folder: &str) -> Variables {
        let mut variables = unit.variables.clone();
        let files = if item.env_files.is_empty() {
            vec![Wanted { path: mounts::join(folder, ".env"), required: false, at: None }]
        } else {
            let named = item.env_files.iter().filter(|(path, _)| path != "/dev/null");
            let wanted = |(path, at): &(String, Origin)| Wanted {
                path: mounts::join(&unit.folder, path),
                required: true,
                at: Some(*at),
            };
            named.map(wanted).collect()
        };
        let is_complete = variables.read(&files, self.world, self.sources, self.diags);
        self.is_incomplete |= !is_complete;
        variables
    }

    fn is_cycle(&mut self, chain: &[(String, Origin)], main: &str, at: Origin) -> bool {
        let again = self.absolute(main);
        let Some(start) = chain.iter().position(|(path, _)| self.absolute(path) == again) else { return false };
        let mut words: Vec<&str> = chain.iter().skip(start).map(|(path, _)| path.as_str()).collect();
        words.push(main);
        let mut diagnostic = Diagnostic::new(Code::IncludeCycle, at, format!("{main} includes itself"))
            .why(words.join(" includes "))
            .help("remove one of the includes");
        for (_, earlier) in chain.iter().skip(start).filter(|(_, earlier)| *earlier != at) {
            diagnostic = diagnostic.also(*earlier, "");
        }
        self.fail(diagnostic);
        true
    }

    fn is_too_much(&mut self, chain: &[(String, Origin)], at: Origin) -> bool {
        self.include_count += 1;
        let message = if chain.len() > MAX_DEPTH {
            format!("includes nest deeper than {MAX_DEPTH} files")
        } else if self.include_count == MAX_INCLUDES {
            format!("files are included more than {MAX_INCLUDES} times")
        } else {
            return self.include_count > MAX_INCLUDES;
        };
        self.fail(
            Diagnostic::new(Code::LoadLimit, at, message)
                .why("there is a limit far above what real projects need")
                .help("include the files from one place"),
        );
        true
    }

    /// Puts what is included below what the document says already.
    fn import(&mut self, included: Node, document: &mut Node, tags: &Tags) {
        let (Value::Map(mut from), Value::Map(to)) = (included.value, &mut document.value) else { return };
        for section in SECTIONS {
            let Some(Entry { key, value: brought }) = from.shift_remove(*section) else { continue };
            let Value::Map(brought_entries) = brought.value else { continue };
            let empty = Node { value: Value::Map(Map::new()), origin: brought.origin, tag: None };
            let present = to.entry((*section).to_owned()).or_insert(Entry { key, value: empty });
            let Value::Map(present) = &mut present.value.value else { continue };
            for (name, entry) in brought_entries {
                let Some(own) = present.get_mut(&name) else {
                    present.insert(name, entry);
                    continue;
                };
                // The same file by another way brings nothing new.
                if same(&entry.value, &own.value) {
                    continue;
                }
                let mut below = entry.value;
                tags.apply_at(&[section, &name], &mut below, self.diags);
                let taken = std::mem::replace(&mut own.value, Node { value: Value::Null, origin: own.key, tag: None });
                own.value = self.merge_entry(section, &name, below, taken);
            }
        }
        for (name, left) in &from {
            self.spend(name, left, "an include brings services, networks, volumes, configs, secrets and models alone");
        }
    }

    /// Merges one resource over another of the same name.
    fn merge_entry(&mut self, section: &str, name: &str, below: Node, over: Node) -> Node {
        let (origin, key) = (over.origin, over.origin);
        let wrap = |node: Node| {
            let inner = Map::from([(name.to_owned(), Entry { key, value: node })]);
            let inner = Node { value: Value::Map(inner), origin, tag: None };
            Node {
                value: Value::Map(Map::from([(section.to_owned(), Entry { key, value: inner })])),
                origin,
                tag: None,
            }
        };
        let mut merged = merge(wrap(below), wrap(over), Merge::Default, Project::SHAPE, "", self.diags);
        for step in [section, name] {
            let Value::Map(map) = &mut merged.value else { break };
            match map.shift_remove(step) {
                Some(entry) => merged = entry.value,
                None => break,
            }
        }
        merged
    }
}
