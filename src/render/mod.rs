//! The two texts in which finished Kubernetes objects leave the program; rule: whatever reads them gets every value
//! back unchanged, and the text is what a person would have written.

pub mod json;
pub mod yaml;

/// Bytes after which text is handed on.
const PIECE: usize = 1 << 16;
