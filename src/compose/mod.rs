//! Compose files, read as the reference loaders read them: found, interpolated, merged as spanned nodes by the rules of the key
//! table, and then decoded once into a [`Project`].
//!
//! This stage knows keys, services and mounts, and nothing of Kubernetes.

mod bare;
pub mod canonical;
mod check;
mod conflicts;
mod copies;
pub mod dialect;
pub mod env_files;
mod extends;
pub mod find;
mod former_names;
pub mod grammar;
mod include;
pub(crate) mod interpolate;
pub mod keys;
mod label_files;
pub mod leaves;
mod load;
mod loader;
mod manifest;
mod merge;
pub mod model;
mod paths;
mod profiles;
mod project_name;
pub mod schema;
mod select;
mod shape;
mod tags;
pub mod variables;
mod version_one;

pub use check::{check_circles, check_port_count};
pub use dialect::Dialect;
pub use load::{Loaded, Resolved, load, resolve};
pub use model::project::Project;
