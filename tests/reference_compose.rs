//! The compose half of loader conformance: see `tests/reference/compose.rs`.
#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads fixtures and fails loudly")]

#[path = "reference/compare.rs"]
mod compare;
#[path = "reference/compose.rs"]
mod compose;
mod corpus;
#[path = "reference/world.rs"]
mod world;
