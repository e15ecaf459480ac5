//! The swarm half of loader conformance: see `tests/reference/swarm.rs`.
#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads fixtures and fails loudly")]

mod corpus;
#[path = "reference/swarm.rs"]
mod swarm;
#[path = "reference/world.rs"]
mod world;
