//! `load`, top to bottom: find, read, decide the dialect, name the project, make the model, decode it once, check it
//! (compose-loading, section 1).

use std::collections::BTreeMap;

use crate::compose::bare;
use crate::compose::check;
use crate::compose::dialect::{self, Certainty, Decision, Dialect};
use crate::compose::env_files::{self, EnvFiles, Surroundings};
use crate::compose::find::{self, Files};
use crate::compose::keys::Merge;
use crate::compose::keys::{Decode, Reader};
use crate::compose::label_files;
use crate::compose::leaves::Leaves;
use crate::compose::loader::{Document, Loader, Unit};
use crate::compose::manifest;
use crate::compose::merge::settle_lists;
use crate::compose::model::project::Project;
use crate::compose::profiles;
use crate::compose::project_name::project_name;
use crate::compose::select;
use crate::compose::shape;
use crate::compose::variables::Variables;
use crate::compose::version_one;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::{FileId, Sources, Spanned};
use crate::request::Request;
use crate::swarm::{self, Stack};
use crate::syntax::Node;
use crate::world::World;

#[cfg(test)]
mod tests;

/// A project and what was learned on the way to it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the user wrote, resolved. Paths start from the project's folder.
    pub project: Project,
    /// Its name.
    pub name: Spanned<String>,
    /// Whose rules hold.
    pub dialect: Dialect,
    /// The folder that relative paths are relative to: absolute, or relative to the current one.
    pub folder: String,
    /// The variables that it was interpolated with.
    pub variables: Variables,
    /// What secrets and configs take from variables that only an included file knows, by where the variable is named.
    pub held: BTreeMap<(FileId, usize), String>,
    /// The environment files of each service, read.
    pub env_files: EnvFiles,
    /// Whether a service, active or not, is attached to the network that every project has.
    pub uses_default_network: bool,
    /// Every leaf of the resolved project, and those that loading used up.
    pub leaves: Leaves,
}

/// What `transship config` prints.
#[derive(Clone, Debug)]
pub enum Resolved {
    /// A project of docker compose.
    Project(Box<Loaded>),
    /// A stack; `docker stack config` looks no further.
    Stack(Box<Stack>),
}

/// Files that were read, and what is known of them before they are looked into.
#[derive(Clone)]
struct Opened {
    files: Files,
    variables: Variables,
    documents: Vec<Document>,
    dialect: Dialect,
    /// Whether all is there that `-f` and the environment name.
    is_complete: bool,
}

/// Loads a project. `None` after errors that leave nothing to look at; otherwise errors stand in the sink.
pub fn load(world: &dyn World, request: &Request, sources: &mut Sources, diags: &mut Diagnostics) -> Option<Loaded> {
    by_dialect(world, request, sources, diags, |loader, opened| project(loader, request, opened))
}

/// Loads what `transship config` prints: a stack as `docker stack config` would, which checks less than deploying it does.
pub fn resolve(
    world: &dyn World,
    request: &Request,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) -> Option<Resolved> {
    by_dialect(world, request, sources, diags, |mut loader, opened| match opened.dialect {
        Dialect::Compose => project(loader, request, opened).map(|loaded| Resolved::Project(Box::new(loaded))),
        Dialect::Swarm => {
            let Opened { files, variables, documents, dialect: _, is_complete: _ } = opened;
            let mut stack = swarm_model(&mut loader, &files, &variables, documents)?;
            select::select_nodes(&mut stack.root, &request.services, loader.diags);
            Some(Resolved::Stack(Box::new(stack)))
        }
    })
}

/// Finds and reads the files, decides whose rules hold, and loads by them. What was guessed to be of one dialect, and is refused
/// there, can only have run by the other: where that reads it without an error, its rules hold.
fn by_dialect<T>(
    world: &dyn World,
    request: &Request,
    sources: &mut Sources,
    diags: &mut Diagnostics,
    run: impl Fn(Loader<'_>, Opened) -> Option<T>,
) -> Option<T> {
    let mut loader = Loader::new(world, sources, diags);
    let (files, variables, is_complete) = find::find(world, request, loader.sources, loader.diags)?;
    let documents = read_all(&mut loader, &files)?;
    let roots = documents.iter().map(|document| &document.root);
    let decision = request.dialect.map_or_else(|| dialect::decide(roots, &files.paths), Decision::said);
    let opened = Opened { files, variables, documents, dialect: decision.dialect, is_complete };
    let mut attempt = |opened: Opened, decision: &Decision, diags: &mut Diagnostics| {
        let mut loader = Loader::new(world, sources, diags);
        let opened = settled(&mut loader, request, opened, decision);
        run(loader, opened)
    };
    if decision.certainty == Certainty::Firm {
        return attempt(opened, &decision, diags);
    }
    let mut of_first = diags.clone();
    let first = attempt(opened.clone(), &decision, &mut of_first);
    if let Some(other) = dialect::other(&decision, &of_first) {
        let mut of_other = diags.clone();
        let opened = Opened { dialect: other.dialect, ..opened };
        let second = attempt(opened, &other, &mut of_other);
        if second.is_some() && !of_other.has_errors() {
            *diags = of_other;
            return second;
        }
    }
    *diags = of_first;
    first
}

/// Says whose rules hold, and which variables they let the files see.
fn settled(loader: &mut Loader<'_>, request: &Request, opened: Opened, decision: &Decision) -> Opened {
    say_dialect(decision, loader.diags);
    loader.is_incomplete = !opened.is_complete;
    match opened.dialect {
        Dialect::Compose => opened,
        Dialect::Swarm => {
            loader.is_incomplete &= !request.env_files.is_empty();
            let variables = without_dotenv(request, opened.variables, loader.diags);
            Opened { variables, ..opened }
        }
    }
}

/// Makes the model, decodes it once, and checks it.
fn project(mut loader: Loader<'_>, request: &Request, opened: Opened) -> Option<Loaded> {
    let Opened { files, mut variables, documents, dialect, is_complete: _ } = opened;
    let world = loader.world;
    let roots = documents.iter().map(|document| &document.root);
    let name = {
        let lookup = variables.lookup(world);
        project_name(world, request, (&files, dialect), roots, &*lookup, loader.sources, loader.diags)
    };
    if dialect == Dialect::Compose {
        variables.project_name = Some(name.value.clone());
    }
    let (root, stack_files) = model(&mut loader, &files, &variables, documents, dialect)?;
    let Loader { spent, is_incomplete, held, sources, diags, .. } = loader;
    if !is_incomplete && is_empty(&root) {
        diags.push(
            Diagnostic::new(Code::EmptyFile, root.origin, "the files hold nothing")
                .help("write services: and at least one service"),
        );
        return None;
    }
    if !is_incomplete && manifest::is_one(&root, diags) {
        return None;
    }
    if dialect == Dialect::Compose && !is_incomplete && version_one::is_one(&root, diags) {
        return None;
    }
    let mut all = Leaves::of(&root);
    all.extend(spent);
    let place = root.origin;
    let mut project = Project::decode(root, &mut Reader::new(sources, diags))?;
    if dialect == Dialect::Compose {
        shape::check(&project, diags);
    }
    let uses_default_network = uses_default_network(&project);
    let mut active = profiles::active(world, request, &variables);
    active.extend(select::profiles_of(&project, &request.services));
    let inactive = profiles::deactivate(&mut project, &active, diags);
    if is_incomplete {
        // What a missing file would have brought is not there, and must not be missed a second time.
        diags.retain_mut(|found| found.code != Code::VariableUnset);
        return None;
    }
    check::check(&check::Checked { project: &project, inactive: &inactive, dialect }, place, diags);
    select::select(&mut project, &request.services, diags);
    let env_files = {
        let lookup = variables.lookup(world);
        let around = Surroundings { world, folder: &files.folder, dialect, lookup: &*lookup };
        label_files::read(&mut project, &around, sources, diags);
        stack_files.unwrap_or_else(|| env_files::read(&project, &around, sources, diags))
    };
    Some(Loaded {
        project,
        name,
        dialect,
        folder: files.folder,
        variables,
        held,
        env_files,
        uses_default_network,
        leaves: all,
    })
}

/// The model by the rules of its dialect, and the environment files of a stack, which are read before it is whole.
fn model(
    loader: &mut Loader<'_>,
    files: &Files,
    variables: &Variables,
    documents: Vec<Document>,
    dialect: Dialect,
) -> Option<(Node, Option<EnvFiles>)> {
    match dialect {
        Dialect::Compose => {
            let mut root = compose_model(loader, files, variables, documents)?;
            settle_lists(&mut root, Merge::Default, Project::SHAPE, "", loader.diags);
            Some((root, None))
        }
        Dialect::Swarm => {
            let mut stack = swarm_model(loader, files, variables, documents)?;
            swarm::settle(&mut stack.root, loader.diags);
            Some((stack.root, Some(stack.env_files)))
        }
    }
}

/// Whether nothing is there but `version`, which is taken away once it is read.
fn is_empty(root: &Node) -> bool {
    matches!(&root.value, crate::syntax::Value::Map(top) if top.keys().all(|name| name == "version"))
}

fn uses_default_network(project: &Project) -> bool {
    let services = project.services.get();
    let mut services = services.iter().flat_map(|services| services.value.values());
    services.by_ref().filter_map(|named| named.value.as_ref()).any(|service| {
        let service = &service.value;
        let attached = service.networks.get().map(|networks| &networks.value.0).filter(|found| !found.is_empty());
        let alone = service.provider.key().is_some() || service.network_mode.key().is_some();
        attached.map_or(!alone, |networks| networks.contains_key("default") && !alone)
    })
}

fn say_dialect(decision: &Decision, diags: &mut Diagnostics) {
    let message = format!("read as a {} file, because {}", decision.dialect.word(), decision.because);
    let diagnostic = match decision.place {
        Some(place) => Diagnostic::new(Code::Dialect, place, message),
        None => Diagnostic::nowhere(Code::Dialect, message),
    };
    diags.push(diagnostic.help("say --dialect compose or --dialect swarm to have it read otherwise"));
}

/// The documents of all files, if every file can be read and one of them holds something.
fn read_all(loader: &mut Loader<'_>, files: &Files) -> Option<Vec<Document>> {
    let read: Vec<Option<Vec<Document>>> = files.paths.iter().map(|path| loader.read(path, None)).collect();
    let documents: Vec<Document> = read.into_iter().collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    if documents.is_empty() {
        let names = files.paths.join(", ");
        loader.diags.push(
            Diagnostic::nowhere(Code::EmptyFile, format!("{names} is empty"))
                .help("write services: and at least one service"),
        );
        return None;
    }
    Some(documents)
}

/// The model as docker compose makes it.
fn compose_model(
    loader: &mut Loader<'_>,
    files: &Files,
    variables: &Variables,
    documents: Vec<Document>,
) -> Option<Node> {
    let folder = files.folder.clone();
    let mut unit = Unit { seen_from: folder.clone(), folder, variables, chain: Vec::new(), bases: Default::default() };
    let mut root = loader.model(&mut unit, documents)?;
    let lookup = variables.lookup(loader.world);
    bare::resolve_mappings(&mut root, &*lookup, loader.sources);
    Some(root)
}

/// The model as docker stack deploy makes it.
fn swarm_model(
    loader: &mut Loader<'_>,
    files: &Files,
    variables: &Variables,
    documents: Vec<Document>,
) -> Option<Stack> {
    let lookup = variables.lookup(loader.world);
    let around = swarm::Around { world: loader.world, folder: &files.folder, lookup: &*lookup };
    let roots = documents.into_iter().map(|document| document.root).collect();
    swarm::load(roots, &files.paths, &around, loader.sources, loader.diags)
}

/// docker stack deploy reads no `.env`: what stands in it, and what is wrong with it, does not count. Files that the user names
/// do.
fn without_dotenv(request: &Request, variables: Variables, diags: &mut Diagnostics) -> Variables {
    if !request.env_files.is_empty() {
        return variables;
    }
    diags.retain_mut(|found| {
        let of_file =
            [Code::EnvFileSyntax, Code::EnvFileMissing, Code::EnvFileSkipped, Code::VariableUnset, Code::NotUtf8];
        !of_file.contains(&found.code)
    });
    Variables::default()
}
