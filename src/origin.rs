//! Where every value came from: files, byte ranges in them, and how a value got from its text to the place where it is used.
//!
//! An [`Origin`] is a small copyable handle into [`Sources`]. Two leaves of the resolved project never share one: whoever copies
//! a value (an alias, a merge key, `extends`) makes a new origin that remembers the old place and how it got here. That is what
//! lets a leaf be accounted for by its origin alone.

use std::ops::Range;

/// A file that was read, or a text that stands for one (standard input).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A handle to the place a value was written at and the way it took since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(u32);

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub origin: Origin,
}

impl<T> Spanned<T> {
    /// The same place under another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: change(self.value), origin: self.origin }
    }

    /// The value borrowed, with its place.
    pub fn as_ref(&self) -> Spanned<&T> {
        Spanned { value: &self.value, origin: self.origin }
    }
}

/// How a value got from where it was written to where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// `*name` stood where the value is used.
    Alias,
    /// A `<<` merge key brought it.
    Merge,
    /// `extends` brought it.
    Extends,
    /// `include` brought it.
    Include,
}

impl Via {
    /// The word that a message uses.
    pub fn word(self) -> &'static str {
        match self {
            Via::Alias => "alias",
            Via::Merge => "merge key",
            Via::Extends => "extends",
            Via::Include => "include",
        }
    }
}

/// A variable that took part in an interpolation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableUse {
    /// The variable's name.
    pub name: String,
    /// Where its value was set; `None` when nothing sets it and its default, or nothing, stood in.
    pub set_in: Option<String>,
}

/// One entry of [`Sources`]: what an [`Origin`] stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginEntry {
    /// The file.
    pub file: FileId,
    /// Bytes of the text; never reversed, never past the end of the file, always on character boundaries.
    pub range: Range<usize>,
    /// The last step it took, and the place where that step is written.
    pub via: Option<(Via, Origin)>,
    /// The variables that its text was interpolated with; empty for literal text.
    pub variables: Vec<VariableUse>,
}

/// A text that was read, under the name that messages show.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path as the user named it, or as it was found.
    pub name: String,
    /// The whole text, without a byte order mark.
    pub text: String,
    line_starts: Vec<usize>,
}

/// A position as people count: both from 1; columns are characters, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// Every file that was read and every origin that was made.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    entries: Vec<OriginEntry>,
}

impl Sources {
    /// Adds a text under a name that messages will show.
    pub fn add_file(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let text = text.into();
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.files.push(SourceFile { name: name.into(), text, line_starts });
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// Makes an origin for bytes of a file. The range is clamped to the text and to character boundaries.
    pub fn add(&mut self, file: FileId, range: Range<usize>) -> Origin {
        let text = self.text(file);
        let mut start = range.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = range.end.clamp(start, text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        self.push(OriginEntry { file, range: start..end, via: None, variables: Vec::new() })
    }

    /// Makes a new origin for a copy of what stands at `origin`.
    pub fn copy(&mut self, origin: Origin, via: Via, at: Origin) -> Origin {
        let entry = OriginEntry { via: Some((via, at)), ..self.entry(origin).clone() };
        self.push(entry)
    }

    /// Notes that the text at `origin` was interpolated with a variable.
    pub fn add_variable(&mut self, origin: Origin, variable: VariableUse) {
        if let Some(entry) = self.entries.get_mut(origin.0 as usize)
            && !entry.variables.contains(&variable)
        {
            entry.variables.push(variable);
        }
    }

    /// What an origin stands for.
    pub fn entry(&self, origin: Origin) -> &OriginEntry {
        self.entries.get(origin.0 as usize).unwrap_or(&NOWHERE)
    }

    /// A file that was read.
    pub fn file(&self, file: FileId) -> Option<&SourceFile> {
        self.files.get(file.0 as usize)
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &str {
        self.file(file).map_or("", |file| file.text.as_str())
    }

    /// The text that stands at an origin.
    pub fn text_at(&self, origin: Origin) -> &str {
        let entry = self.entry(origin);
        self.text(entry.file).get(entry.range.clone()).unwrap_or("")
    }

    /// Line and column of a byte of a file.
    pub fn position(&self, file: FileId, byte: usize) -> Position {
        let Some(source) = self.file(file) else { return Position { line: 1, column: 1 } };
        let line = source.line_starts.partition_point(|start| *start <= byte).max(1);
        let start = source.line_starts.get(line - 1).copied().unwrap_or(0);
        let column = source.text.get(start..byte).map_or(0, |before| before.chars().count()) + 1;
        Position { line, column }
    }

    fn push(&mut self, entry: OriginEntry) -> Origin {
        self.entries.push(entry);
        Origin(u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX))
    }
}

static NOWHERE: OriginEntry = OriginEntry { file: FileId(u32::MAX), range: 0..0, via: None, variables: Vec::new() };
