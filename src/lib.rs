//! transship compiles docker-compose and Docker swarm stack files to the Kubernetes manifests that an expert would write.
//!
//! Text becomes a spanned tree ([`syntax`]); the tree becomes a typed project, read as Docker reads it ([`compose`]); each service
//! is lowered to a workload that still says *depends on, port, mount, check* ([`lower`], [`ir`]); passes decide what needs the whole
//! app ([`passes`]); [`emit`] writes the result down without deciding anything, and [`render`] prints it. Messages gather in one
//! sink ([`diag`]), and every value knows where it came from ([`origin`]).
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

pub mod cli;
pub mod compose;
pub mod diag;
pub mod emit;
mod images;
pub mod ir;
pub mod lower;
pub mod origin;
pub mod passes;
pub mod render;
mod request;
pub mod swarm;
pub mod syntax;
pub mod target;
pub mod world;

pub use request::{ManagerNodes, NetworkPolicies, Publish, Request, Routes, Secrets, SharedVolumes, Waits};

use compose::leaves::{Leaves, Paths};
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
    /// Every leaf of the resolved project.
    pub leaves: Vec<Origin>,
    /// The paths of the leaves.
    pub paths: Paths,
    /// Where everything came from.
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
    /// `None` when there are errors.
    app: Option<App>,
    images: Images,
}

impl Analysis {
    /// The manifests in the order they are applied, each made when it is asked for; `None` when there are errors.
    pub fn manifests(&self) -> Option<impl Iterator<Item = Manifest>> {
        self.app.as_ref().map(|app| emit::emit(app, &self.images))
    }

    /// What was used up, as notes: with these, each leaf of the project stands in a manifest or in a message.
    pub fn used_up(&self) -> Vec<Diagnostic> {
        used_up(&self.consumed, &self.diagnostics, &self.paths)
    }
}

/// Compiles what a request names. It reads files and variables through `world` alone, and neither writes nor prints anything.
pub fn compile(world: &dyn World, request: &Request) -> Compilation {
    let analysis = analyse(world, request);
    let manifests = analysis.manifests().map(Iterator::collect);
    let Analysis { diagnostics, consumed, leaves, paths, sources, app: _, images: _ } = analysis;
    Compilation { manifests, diagnostics, consumed, leaves, paths, sources }
}

/// Compiles up to where everything is decided. Whoever writes manifests one after the other need not hold all of them.
pub fn analyse(world: &dyn World, request: &Request) -> Analysis {
    let mut sources = Sources::default();
    let mut diags = Diagnostics::default();
    let loaded = compose::load(world, request, &mut sources, &mut diags);
    let mut app = None;
    let mut all = Leaves::default();
    if let Some(loaded) = loaded {
        let context = lower::Context { world, sources: &sources, loaded: &loaded, request };
        let mut lowered = lower::lower(&context, &mut diags);
        for pass in passes::PASSES {
            (pass.run)(&mut lowered, &context, &mut diags);
        }
        diags.spread(&loaded.leaves);
        app = Some(lowered).filter(|_| !diags.has_errors());
        all = loaded.leaves;
    }
    sources.conceal(diags.take_concealed());
    let consumed = diags.take_consumed();
    let diagnostics = diags.sorted(&sources);
    let (leaves, paths) = all.into_parts();
    Analysis { diagnostics, consumed, leaves, paths, sources, app, images: Images::of(request) }
}
