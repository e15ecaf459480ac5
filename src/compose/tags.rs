//! `!reset` and `!override` (compose-spec, "Merge"; compose-loading, section 9): each says of a path of its document that what
//! came before must go. That is the model of earlier files, the base of `extends`, and what an `include` brought.

use crate::compose::leaves::leaves;
use crate::diag::Diagnostics;
use crate::syntax::{Node, Tag, Value};

/// The paths of a document that take away what came before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tags(Vec<Vec<String>>);

impl Tags {
    /// Takes the tags out of a document: a reset goes with its key, what overrides stays without its tag.
    pub(crate) fn take(document: &mut Node, diags: &mut Diagnostics) -> Self {
        let mut tags = Tags::default();
        if is_tagged(document) {
            tags.collect(document, &mut Vec::new(), diags);
        }
        tags
    }

    fn collect(&mut self, node: &mut Node, path: &mut Vec<String>, diags: &mut Diagnostics) {
        match &mut node.value {
            Value::Map(map) => map.retain(|name, entry| {
                path.push(name.clone());
                let kept = self.keep(&mut entry.value, path, diags);
                path.pop();
                if !kept {
                    diags.consume(entry.key, "removes what was said before");
                }
                kept
            }),
            Value::List(items) => items.retain_mut(|item| {
                // An item has no path that another list would share, so its tag acts on itself alone.
                let dropped = item.tag.take() == Some(Tag::Reset);
                self.collect(item, path, diags);
                !dropped
            }),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) | Value::String(_) => {
            }
        }
    }

    /// Whether a value stays.
    fn keep(&mut self, node: &mut Node, path: &mut Vec<String>, diags: &mut Diagnostics) -> bool {
        match node.tag.take() {
            Some(Tag::Reset) => {
                self.0.push(path.clone());
                false
            }
            Some(Tag::Override) => {
                self.0.push(path.clone());
                // What stands below replaces nothing that is left.
                Tags::take(node, diags);
                true
            }
            None => {
                self.collect(node, path, diags);
                true
            }
        }
    }

    /// Takes what the tags name away from what came before.
    pub(crate) fn apply(&self, earlier: &mut Node, diags: &mut Diagnostics) {
        for path in &self.0 {
            remove(earlier, path, diags);
        }
    }

    /// The same for what stands at a path of it, as the base of a service does.
    pub(crate) fn apply_at(&self, at: &[&str], earlier: &mut Node, diags: &mut Diagnostics) {
        for path in &self.0 {
            if let Some((above, below)) = path.split_at_checked(at.len())
                && above.iter().zip(at).all(|(one, other)| one == other)
                && !below.is_empty()
            {
                remove(earlier, below, diags);
            }
        }
    }

    /// Adds those of another document.
    pub(crate) fn extend(&mut self, other: Tags) {
        self.0.extend(other.0);
    }
}

/// Whether a tag stands anywhere below: in most documents there is none.
fn is_tagged(node: &Node) -> bool {
    let below = |node: &Node| node.tag.is_some() || is_tagged(node);
    match &node.value {
        Value::Map(map) => map.values().any(|entry| below(&entry.value)),
        Value::List(items) => items.iter().any(below),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) | Value::String(_) => {
            false
        }
    }
}

fn remove(node: &mut Node, path: &[String], diags: &mut Diagnostics) {
    let Some((first, rest)) = path.split_first() else { return };
    match &mut node.value {
        Value::Map(map) if rest.is_empty() => {
            if let Some(entry) = map.shift_remove(first) {
                consume(&entry.value, diags);
            }
        }
        Value::Map(map) => {
            if let Some(entry) = map.get_mut(first) {
                let below = &mut entry.value;
                if is_names(first)
                    && let ([name], Value::List(items)) = (rest, &mut below.value)
                {
                    remove_name(items, name, diags);
                } else {
                    remove(below, rest, diags);
                }
            }
        }
        // The short forms of these are mappings by the time that a later file comes.
        Value::String(_) if rest.is_empty() && first == "context" => consume(node, diags),
        Value::List(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Timestamp(_)
        | Value::String(_) => {}
    }
}

/// Keys whose list of names means the same as a mapping of them.
fn is_names(key: &str) -> bool {
    matches!(key, "depends_on" | "networks" | "models")
}

fn remove_name(items: &mut Vec<Node>, name: &str, diags: &mut Diagnostics) {
    items.retain(|item| {
        let is_it = matches!(&item.value, Value::String(text) if text == name);
        if is_it {
            consume(item, diags);
        }
        !is_it
    });
}

fn consume(node: &Node, diags: &mut Diagnostics) {
    let mut found = Vec::new();
    leaves(node, &mut found);
    for leaf in found {
        diags.consume(leaf, "taken away by !reset or !override");
    }
}
