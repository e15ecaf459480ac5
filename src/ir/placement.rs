//! On which nodes a workload's pods may run, and how they spread.

use super::Traced;

/// Where pods may run. Everything holds together; what is empty asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    /// Labels that a node must have. Keys are unique and stand in no rule.
    pub selector: Vec<(String, Traced<String>)>,
    /// What else must hold of a node.
    pub rules: Vec<NodeRule>,
    /// Whether pods may run on control-plane nodes, which repel others.
    pub control_plane: Option<super::Why>,
    /// How pods spread, the most important first.
    pub spreads: Vec<Spread>,
}

/// What must hold of a label of a node.
#[derive(Clone, Debug)]
pub struct NodeRule {
    /// The label's key.
    pub label: String,
    /// What must hold of it.
    pub test: NodeTest,
    /// Why.
    pub why: super::Why,
}

/// A test of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeTest {
    /// It has this value.
    Is(String),
    /// It has another value, or none.
    IsNot(String),
    /// It is there.
    Exists,
    /// It is not there.
    Missing,
}

/// How pods spread over the values of a label of nodes.
#[derive(Clone, Debug)]
pub struct Spread {
    /// The label's key.
    pub label: String,
    /// `Some`: at most so many pods of the workload for each value; at least 1. `None`: as evenly as can be.
    pub limit: Option<u32>,
    /// Why.
    pub why: super::Why,
}
