//! Every leaf of the resolved project, which of them stand under a key, and the path of each: what lets each be accounted for by its
//! origin alone.

use std::fmt::Write;
use std::ops::Range;

use crate::origin::Origin;
use crate::syntax::{Node, Value};

/// Leaves in the order of the document, so that those under a key or a collection stand together.
#[derive(Clone, Debug, Default)]
pub struct Leaves {
    all: Vec<Origin>,
    /// Those that are empty lists or mappings.
    empty: Vec<Origin>,
    /// By the origin of the key or collection, sorted, the range of its leaves.
    below: Vec<(Origin, Range<u32>)>,
    paths: Paths,
}

/// The paths of leaves, of keys and of items of lists, by their origins.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// Each step with the one above it, whose index is smaller; the first is the root.
    steps: Vec<(u32, Step)>,
    /// By origin, sorted, the last step to the leaf, key or item.
    ends: Vec<(Origin, u32)>,
}

#[derive(Clone, Debug)]
enum Step {
    Root,
    Key(Box<str>),
    Index(u32),
}

impl Paths {
    /// Sorts the leaves. Where a short form stands for several, its path is what they have in common.
    fn settle(&mut self) {
        let Paths { steps, ends } = self;
        ends.sort_by_key(|(leaf, _)| *leaf);
        ends.dedup_by(|(later, end), (earlier, first)| {
            if later == earlier {
                *first = common(steps, *first, *end);
            }
            later == earlier
        });
    }

    /// Takes the paths of a project that was loaded later, so that its origins are greater.
    pub fn join(&mut self, later: Paths) {
        let Paths { steps, ends } = later;
        let offset = small(self.steps.len());
        self.steps.extend(steps.into_iter().map(|(above, step)| (above.saturating_add(offset), step)));
        self.ends.extend(ends.into_iter().map(|(leaf, end)| (leaf, end.saturating_add(offset))));
    }

    /// The path of a leaf, key or item, as `services.web.ports[0]`; `None` for what is none of the project.
    pub fn of(&self, leaf: Origin) -> Option<String> {
        let place = self.ends.binary_search_by_key(&leaf, |(origin, _)| *origin).ok()?;
        let mut at = self.ends.get(place)?.1;
        let mut steps = Vec::new();
        while let Some((above, step)) = self.steps.get(at as usize).filter(|(above, _)| *above != at) {
            steps.push(step);
            at = *above;
        }
        let mut path = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Step::Root => {}
                Step::Key(name) if path.is_empty() => path.push_str(name),
                Step::Key(name) => path.extend([".", name]),
                Step::Index(index) => write!(path, "[{index}]").unwrap_or_default(),
            }
        }
        Some(path)
    }
}

/// The last step that two paths share: a step's index is greater than that of the one above it.
fn common(steps: &[(u32, Step)], mut one: u32, mut other: u32) -> u32 {
    while one != other {
        let deeper = if one > other { &mut one } else { &mut other };
        *deeper = steps.get(*deeper as usize).map_or(0, |(above, _)| *above);
    }
    one
}

/// What a file has too much of for a count of 32 bits does not exist: files have a limit far below four gigabytes.
fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Leaves {
    /// The leaves of a resolved tree.
    pub fn of(root: &Node) -> Self {
        let mut leaves = Leaves::default();
        leaves.paths.steps.push((0, Step::Root));
        leaves.add(root, root.origin, 0);
        leaves.paths.settle();
        leaves.below.sort_by_key(|(place, _)| *place);
        leaves.below.shrink_to_fit();
        leaves
    }

    /// Adds leaves that loading used up, so that they are no longer part of the tree.
    pub fn extend(&mut self, spent: impl IntoIterator<Item = (Origin, String)>) {
        for (leaf, path) in spent {
            let step = self.step(0, Step::Key(path.into()));
            self.leaf(leaf, step);
        }
        self.paths.settle();
    }

    /// Every leaf.
    pub fn all(&self) -> &[Origin] {
        &self.all
    }

    /// Their paths.
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    /// Every leaf, and their paths.
    pub fn into_parts(self) -> (Vec<Origin>, Paths) {
        (self.all, self.paths)
    }

    /// Lists and mappings that hold nothing.
    pub fn empty(&self) -> &[Origin] {
        &self.empty
    }

    /// Every leaf under a key, by the origin of the key, or under a list or mapping, by its own. A leaf stands for itself.
    pub fn below(&self, place: Origin) -> impl Iterator<Item = Origin> + '_ {
        // Of several that have one origin the last counts.
        let behind = self.below.partition_point(|(known, _)| *known <= place);
        let range = self.below.get(..behind).and_then(<[_]>::last).filter(|(known, _)| *known == place);
        let found = range.and_then(|(_, range)| self.all.get(range.start as usize..range.end as usize));
        range.is_none().then_some(place).into_iter().chain(found.unwrap_or_default().iter().copied())
    }

    fn add(&mut self, node: &Node, key: Origin, step: u32) {
        let start = self.all.len();
        match &node.value {
            Value::List(items) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    let below = self.step(step, Step::Index(small(index)));
                    if !is_leaf(item) {
                        self.paths.ends.push((item.origin, below));
                    }
                    self.add(item, item.origin, below);
                }
            }
            Value::Map(map) if !map.is_empty() => {
                for (name, entry) in map {
                    let below = self.step(step, Step::Key(name.as_str().into()));
                    if !is_leaf(&entry.value) {
                        self.paths.ends.push((entry.key, below));
                    }
                    self.add(&entry.value, entry.key, below);
                }
            }
            // A key without a value has no text of its own: the key stands for it.
            Value::Null => self.leaf(key, step),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) | Value::String(_) => {
                self.leaf(node.origin, step)
            }
            Value::List(_) | Value::Map(_) => {
                self.empty.push(node.origin);
                self.leaf(node.origin, step);
            }
        }
        let range = small(start)..small(self.all.len());
        if node.origin != key && matches!(node.value, Value::List(_) | Value::Map(_)) {
            self.below.push((node.origin, range.clone()));
        }
        self.below.push((key, range));
    }

    fn step(&mut self, above: u32, step: Step) -> u32 {
        let place = small(self.paths.steps.len());
        self.paths.steps.push((above, step));
        place
    }

    fn leaf(&mut self, leaf: Origin, step: u32) {
        self.all.push(leaf);
        self.paths.ends.push((leaf, step));
    }
}

/// Whether nothing stands below it: scalars, nulls, and collections that are empty.
fn is_leaf(node: &Node) -> bool {
    match &node.value {
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) | Value::String(_) => true,
    }
}

/// Every leaf under a node: scalars, nulls, and collections that are empty.
pub fn leaves(node: &Node, into: &mut Vec<Origin>) {
    match &node.value {
        Value::List(items) if !items.is_empty() => items.iter().for_each(|item| leaves(item, into)),
        Value::Map(map) if !map.is_empty() => {
            for entry in map.values() {
                if entry.value.value == Value::Null { into.push(entry.key) } else { leaves(&entry.value, into) }
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Timestamp(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Map(_) => into.push(node.origin),
    }
}
