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
pub mod syntax;
pub mod target;
pub mod world;

pub use request::{ManagerNodes, Request};

use diag::{Diagnostic, Diagnostics};
use emit::{Images, Manifest};
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
    /// Where everything came from.
    pub sources: Sources,
}

/// Compiles what a request names. It reads files and variables through `world` alone, and neither writes nor prints anything.
pub fn compile(world: &dyn World, request: &Request) -> Compilation {
    let mut sources = Sources::default();
    let mut diags = Diagnostics::default();
    let loaded = compose::load(world, request, &mut sources, &mut diags);
    let mut manifests = None;
    let mut leaves = Vec::new();
    if let Some(loaded) = loaded {
        let context = lower::Context { world, sources: &sources, loaded: &loaded, request };
        let mut app = lower::lower(&context, &mut diags);
        for pass in passes::PASSES {
            (pass.run)(&mut app, &context, &mut diags);
        }
        if !diags.has_errors() {
            manifests = Some(emit::emit(&app, &Images::default()));
        }
        leaves = loaded.leaves;
    }
    let consumed = diags.consumed().to_vec();
    Compilation { manifests, diagnostics: diags.sorted(&sources), consumed, leaves, sources }
}
