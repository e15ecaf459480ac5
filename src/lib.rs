//! transship compiles docker-compose and Docker swarm stack files to the Kubernetes manifests that an expert would write.
//!
//! [`compile`] takes a [`World`], which is all that it reads from, and a [`Request`], and gives a [`Compilation`]: manifests
//! ([`emit::Manifest`]) and messages ([`diag::Diagnostic`]). Nothing is printed, written, dialled or kept between calls; the same
//! input gives the same output. [`render`] turns manifests into text, [`diag::to_json`] messages.
//!
//! ```
//! use transship::{Request, compile, world::MemoryWorld};
//!
//! let mut world = MemoryWorld::default();
//! world.files.insert("/app/compose.yaml".into(), b"services: { web: { image: nginx, ports: ['80:80'] } }".to_vec());
//! let request = Request { files: vec!["/app/compose.yaml".into()], ..Request::default() };
//! let compilation = compile(&world, &request);
//! let kinds: Vec<_> = compilation.manifests.unwrap_or_default().iter().map(|manifest| manifest.kind().to_owned()).collect();
//! assert_eq!(kinds, ["Deployment", "Service", "Service"]);
//! ```
//!
//! Every value knows where it came from. [`emit::Manifest::why`] gives the reason of a value, which is a place of the input
//! ([`origin::Origin`], looked up in [`Compilation::sources`]) or a decision by its name:
//!
//! ```
//! # use transship::{Request, compile, world::MemoryWorld};
//! # let mut world = MemoryWorld::default();
//! # world.files.insert("/app/compose.yaml".into(), b"services: { web: { image: nginx, ports: ['80:80'] } }".to_vec());
//! # let request = Request { files: vec!["/app/compose.yaml".into()], ..Request::default() };
//! let compilation = compile(&world, &request);
//! let deployment = &compilation.manifests.unwrap()[0];
//! let image = deployment.why("/spec/template/spec/containers/0/image").unwrap().origins()[0];
//! assert_eq!(compilation.sources.text_at(image), "nginx");
//! assert_eq!(compilation.paths.of(image).as_deref(), Some("services.web.image"));
//! let replicas = deployment.why("/spec/replicas").unwrap();
//! assert_eq!(replicas, &transship::emit::Why::Decision("one-replica"));
//! ```
//!
//! # How it works
//!
//! Text becomes a spanned tree (`syntax`); the tree becomes a typed project, read as Docker reads it (`compose`, `swarm`); each
//! service is lowered to a workload that still says *depends on, port, mount, check* (`lower`, `ir`); passes decide what needs the
//! whole app (`passes`); [`emit`] writes the result down without deciding anything, and [`render`] prints it. The stages are public
//! for the tests of this project alone; they are not documented here and change without notice.

pub mod cli;
#[doc(hidden)]
pub mod compose;
pub mod diag;
pub mod emit;
mod images;
#[doc(hidden)]
pub mod ir;
#[doc(hidden)]
pub mod lower;
pub mod origin;
#[doc(hidden)]
pub mod passes;
pub mod render;
mod request;
#[doc(hidden)]
pub mod swarm;
#[doc(hidden)]
pub mod syntax;
pub mod target;
pub mod world;

/// The example of the README, compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use compose::Dialect;
pub use compose::leaves::Paths;
pub use request::{
    CalledAfter, Liveness, ManagerNodes, NetworkPolicies, Publish, Request, Routes, Secrets, SharedVolumes, Waits,
};

use diag::{Diagnostic, Diagnostics, used_up};
use emit::{Images, Manifest};
use ir::App;
use origin::{Origin, Sources};
use world::World;

/// What a compilation gives.
#[derive(Clone, Debug)]
pub struct Compilation {
    /// The manifests in the order they are applied; `None` when there are errors.
    pub manifests: Option<Vec<Manifest>>,
    /// Every message, by file and position.
    pub diagnostics: Vec<Diagnostic>,
    /// Every leaf that was used up without a trace in the manifests, with the reason.
    pub consumed: Vec<(Origin, &'static str)>,
    /// Every leaf (text, number, boolean, null, empty list or mapping) of the resolved project, which is the files after
    /// interpolation and merge.
    pub leaves: Vec<Origin>,
    /// The paths of the leaves, as `services.web.ports[0]`.
    pub paths: Paths,
    /// The files that were read, and the place that each origin stands for. Credentials are `*` in their texts.
    pub sources: Sources,
}

/// What is known of a project before any manifest is written: all messages, and the app that the manifests are made of.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Every message, by file and position.
    pub diagnostics: Vec<Diagnostic>,
    /// Every leaf that was used up without a trace in the manifests, with the reason.
    pub consumed: Vec<(Origin, &'static str)>,
    /// Every leaf of the resolved project.
    pub leaves: Vec<Origin>,
    /// The paths of the leaves.
    pub paths: Paths,
    /// Where everything came from.
    pub sources: Sources,
    /// One for each stack; `None` when there are errors.
    apps: Option<Vec<App>>,
    images: Images,
}

impl Analysis {
    /// The manifests in the order they are applied, each made when it is asked for; `None` when there are errors.
    pub fn manifests(&self) -> Option<impl Iterator<Item = Manifest>> {
        self.apps.as_ref().map(|apps| apps.iter().flat_map(|app| emit::emit(app, &self.images)))
    }

    /// The stacks by their names, each with its manifests; `None` when there are errors.
    pub fn stacks(&self) -> Option<impl Iterator<Item = (&str, impl Iterator<Item = Manifest>)>> {
        let stack = |app| (App::stack(app), emit::emit(app, &self.images));
        self.apps.as_ref().map(|apps| apps.iter().map(stack))
    }

    /// What was used up, as notes: with these, each leaf of the project stands in a manifest or in a message.
    pub fn used_up(&self) -> Vec<Diagnostic> {
        used_up(&self.consumed, &self.diagnostics, (&self.leaves, &self.paths))
    }
}

/// Compiles what a request names. It reads files and variables through `world` alone, and neither writes nor prints anything.
pub fn compile(world: &dyn World, request: &Request) -> Compilation {
    let analysis = analyse(world, request);
    let manifests = analysis.manifests().map(Iterator::collect);
    let Analysis { diagnostics, consumed, leaves, paths, sources, apps: _, images: _ } = analysis;
    Compilation { manifests, diagnostics, consumed, leaves, paths, sources }
}

/// Compiles up to where everything is decided. Whoever writes manifests one after the other need not hold all of them.
pub fn analyse(world: &dyn World, request: &Request) -> Analysis {
    let requests = request.stacks();
    let mut sources = Sources::default();
    let (mut loaded, mut sinks, mut diags) = (Vec::new(), Vec::new(), Diagnostics::default());
    for request in &requests {
        let mut own = Diagnostics::default();
        match compose::load(world, request, &mut sources, &mut own) {
            Some(project) => {
                loaded.push((request, project));
                sinks.push(own);
            }
            None => diags.join(own),
        }
    }
    let contexts: Vec<_> =
        loaded.iter().map(|(request, loaded)| lower::Context { world, sources: &sources, loaded, request }).collect();
    let apps = apps(&contexts, &mut sinks);
    let images = Images::of(request);
    for (app, diags) in apps.iter().zip(&mut sinks) {
        emit::unmatched(app, &images).into_iter().for_each(|patch| diags.push(unmatched(patch)));
    }
    let (mut leaves, mut paths) = (Vec::new(), Paths::default());
    for ((_, loaded), mut own) in loaded.into_iter().zip(sinks) {
        own.spread(&loaded.leaves);
        let (all, own_paths) = loaded.leaves.into_parts();
        leaves.extend(all);
        paths.join(own_paths);
        diags.join(own);
    }
    let apps = Some(apps).filter(|apps| !apps.is_empty() && !diags.has_errors());
    sources.conceal(diags.take_concealed());
    let consumed = diags.take_consumed();
    let diagnostics = diags.sorted(&sources);
    Analysis { diagnostics, consumed, leaves, paths, sources, apps, images }
}

/// The finished apps, one for each stack, which hear of each other on the way.
fn apps(contexts: &[lower::Context<'_>], sinks: &mut [Diagnostics]) -> Vec<App> {
    passes::stacks::tell_apart(contexts, sinks);
    let mut apps: Vec<App> =
        contexts.iter().zip(&mut *sinks).map(|(context, diags)| lower::lower(context, diags)).collect();
    let mut run = |passes: &[passes::Pass], apps: &mut [App]| {
        for ((app, context), diags) in apps.iter_mut().zip(contexts).zip(&mut *sinks) {
            passes.iter().for_each(|pass| (pass.run)(app, context, diags));
        }
    };
    passes::stacks::introduce(&mut apps);
    run(passes::FIRST, &mut apps);
    passes::stacks::connect(&mut apps);
    run(passes::PASSES, &mut apps);
    apps
}

/// A patch that no manifest is for.
fn unmatched(patch: &ir::Patch) -> Diagnostic {
    let object = match &patch.target {
        ir::Target::Object(kind, name) => format!("{kind} {name}"),
        ir::Target::Kind(kind) => format!("object of the kind {kind}"),
        ir::Target::Every
        | ir::Target::Controller
        | ir::Target::Pods
        | ir::Target::MainContainer
        | ir::Target::Container(_)
        | ir::Target::Services => "object".to_owned(),
    };
    Diagnostic::new(diag::Code::PatchUnmatched, patch.tree.origin, format!("there is no {object} to be patched"))
        .help(
            "compare it with the kinds and names of the manifests; on a service, a patch is for its own objects alone",
        )
        .covers_below([patch.tree.origin])
}
