//! YAML text to a spanned tree, read as docker compose reads it (go.yaml.in/yaml v4): its scalar types, anchors and merge keys.
//!
//! `parse` turns the parser's events into a flat list of what is written (`raw`), `check` finds what is wrong in it, `build`
//! makes the tree of [`Node`]s and follows aliases and merge keys. `scalar` and `timestamp` type the unquoted texts.

mod build;
mod check;
mod fault;
mod node;
mod parse;
mod raw;
mod scalar;
mod timestamp;

pub use node::{Entry, Map, Node, Tag, Value};
pub use parse::parse;
pub use scalar::go_float;
pub(crate) use scalar::plain as scalar_of;

/// How deeply lists and mappings may be nested, aliases counted in; it also bounds every recursion over a tree.
const MAX_DEPTH: usize = 200;

/// How many nodes aliases and merge keys may make in one document; docker compose visits no more than that.
const MAX_COPIES: usize = 100_000;

/// How many bytes of text aliases and merge keys may copy in one document.
const MAX_COPIED_BYTES: usize = 16 << 20;

/// How many keys, values and collections a file may hold: ten times as many as docker compose visits.
const MAX_NODES: usize = 1_000_000;

/// How many bytes a file may hold.
const MAX_BYTES: usize = 64 << 20;
