//! The tree of a sound document: aliases are followed, merge keys are merged (`<<`, YAML 1.1 merge key as Go does it).
//!
//! A copied node and each of its keys gets an origin of its own. What a hostile file can make of a few lines is bounded.

use std::collections::HashSet;

use super::node::{Entry, Map, Node, Value};
use super::raw::{Id, Raw, Raws, What};
use super::{MAX_COPIED_BYTES, MAX_COPIES, MAX_DEPTH};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::{Origin, Sources, Via};

/// The alias or merge key that what is being built is a copy by.
type Step = Option<(Via, Origin)>;

/// Builds the tree under a node; `None` when a limit was reported.
pub(super) fn build(raws: &Raws, root: Id, sources: &mut Sources, diags: &mut Diagnostics) -> Option<Node> {
    Builder { raws, sources, diags, copies: 0, bytes: 0 }.node(root, None, 0)
}

struct Builder<'a> {
    raws: &'a Raws,
    sources: &'a mut Sources,
    diags: &'a mut Diagnostics,
    copies: usize,
    bytes: usize,
}

impl<'a> Builder<'a> {
    /// Nothing written nests deeper than the limit, so that only copies can, and this recursion is bounded by it.
    fn node(&mut self, id: Id, step: Step, depth: usize) -> Option<Node> {
        let raw = self.raws.get(id)?;
        if let What::Alias(target) = raw.what {
            let at = self.place(raw, step)?;
            return self.node(target, Some((Via::Alias, at)), depth);
        }
        let origin = self.place(raw, step)?;
        let value = match &raw.what {
            What::Scalar(value) => {
                if let (Value::String(text) | Value::Timestamp(text), Some(step)) = (value, step) {
                    self.count_bytes(text.len(), step)?;
                }
                value.clone()
            }
            What::MergeKey => Value::String("<<".to_owned()),
            What::List(items) => {
                self.check_depth(step, depth)?;
                let mut nodes = Vec::with_capacity(items.len());
                for item in items {
                    nodes.push(self.node(*item, step, depth + 1)?);
                }
                Value::List(nodes)
            }
            What::Map(pairs) => {
                self.check_depth(step, depth)?;
                Value::Map(self.map(pairs, step, depth)?)
            }
            // An alias was followed above, and one of nothing is an error that keeps the document from being built.
            What::Alias(_) | What::Unknown => Value::Null,
        };
        Some(Node { value, origin, tag: raw.tag })
    }

    /// Own keys win wherever `<<` stands, and what it brings stands in its place.
    fn map(&mut self, pairs: &'a [(Id, Id)], step: Step, depth: usize) -> Option<Map> {
        let mut own = None;
        let mut map = Map::with_capacity(pairs.len());
        for (key, value) in pairs {
            let key_raw = self.raws.get(*key)?;
            if matches!(key_raw.what, What::MergeKey) {
                let own = own.get_or_insert_with(|| self.own_keys(pairs));
                let at = self.place_key(key_raw, step);
                self.merge(*value, at, own, &mut map, depth)?;
            } else {
                let text = self.raws.key_text(*key)?;
                let origin = self.key_origin(*key, step)?;
                if let Some(step) = step {
                    self.count_bytes(text.len(), step)?;
                }
                let value = self.node(*value, step, depth + 1)?;
                map.insert(text.to_owned(), Entry { key: origin, value });
            }
        }
        Some(map)
    }

    fn own_keys(&self, pairs: &[(Id, Id)]) -> HashSet<&'a str> {
        let is_merge = |key: Id| self.raws.get(key).is_some_and(|raw| matches!(raw.what, What::MergeKey));
        pairs.iter().filter(|(key, _)| !is_merge(*key)).filter_map(|(key, _)| self.raws.key_text(*key)).collect()
    }

    /// Merging is shallow: a nested mapping is taken whole or not at all. In a list the earlier mapping wins.
    fn merge(&mut self, value: Id, at: Origin, own: &HashSet<&str>, map: &mut Map, depth: usize) -> Option<()> {
        let step = Some((Via::Merge, at));
        for pairs in self.raws.merged(value).ok()? {
            // A chain of mappings that merge each other nests nothing but recurses all the same.
            self.check_depth(step, depth + 1)?;
            self.count_copy(at)?;
            for (key, entry) in self.map(pairs, step, depth + 1)? {
                if !own.contains(key.as_str()) {
                    map.entry(key).or_insert(entry);
                }
            }
        }
        Some(())
    }

    fn key_origin(&mut self, key: Id, step: Step) -> Option<Origin> {
        let raw = self.raws.get(key)?;
        let origin = self.place_key(raw, step);
        let What::Alias(target) = raw.what else { return Some(origin) };
        let target = self.raws.get(target)?;
        Some(self.place_key(target, Some((Via::Alias, origin))))
    }

    /// The origin of a node here: its own where it is written, a new one in a copy. Counts the copies.
    fn place(&mut self, raw: &Raw, step: Step) -> Option<Origin> {
        if let Some((_, at)) = step {
            self.count_copy(at)?;
        }
        Some(self.place_key(raw, step))
    }

    /// The same for a key, which is not counted: its value is.
    fn place_key(&mut self, raw: &Raw, step: Step) -> Origin {
        step.map_or(raw.origin, |(via, at)| self.sources.copy(raw.origin, via, at))
    }

    fn count_copy(&mut self, at: Origin) -> Option<()> {
        self.copies += 1;
        if self.copies > MAX_COPIES {
            return self.limit(at, format!("aliases and merge keys copy more than {MAX_COPIES} values"));
        }
        Some(())
    }

    fn count_bytes(&mut self, bytes: usize, (_, at): (Via, Origin)) -> Option<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_COPIED_BYTES {
            return self
                .limit(at, format!("aliases and merge keys copy more than {} MiB of text", MAX_COPIED_BYTES >> 20));
        }
        Some(())
    }

    /// `depth` is the number of collections around this one.
    fn check_depth(&mut self, step: Step, depth: usize) -> Option<()> {
        match step {
            Some((_, at)) if depth >= MAX_DEPTH => {
                self.limit(at, format!("aliases and merge keys nest more than {MAX_DEPTH} levels"))
            }
            Some(_) | None => Some(()),
        }
    }

    fn limit<T>(&mut self, at: Origin, message: String) -> Option<T> {
        self.diags.push(
            Diagnostic::new(Code::YamlLimit, at, message)
                .label("reached while copying this")
                .why("a few lines of aliases of aliases can fill any memory, so there is a limit far above what real files need")
                .help("write out some of the aliases, or split the file in several"),
        );
        None
    }
}
