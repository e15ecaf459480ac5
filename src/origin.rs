//! Where every value came from: files, byte ranges in them, and how a value got from its text to the place where it is used.
//!
//! An [`Origin`] is a small copyable handle into [`Sources`]. Two leaves of the resolved project never share one: whoever copies
//! a value (an alias, a merge key, `extends`) makes a new origin that remembers the old place and how it got here. That is what
//! lets a leaf be accounted for by its origin alone.

use std::ops::Range;
use std::sync::Arc;

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

/// What an [`Origin`] stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginEntry<'a> {
    /// The file.
    pub file: FileId,
    /// Bytes of the text; never reversed, never past the end of the file, always on character boundaries.
    pub range: Range<usize>,
    /// The last step it took, and the place where that step is written.
    pub via: Option<(Via, Origin)>,
    /// What it was before that step, which may have taken others.
    pub before: Option<Origin>,
    /// The variables that its text was interpolated with; empty for literal text.
    pub variables: &'a [VariableUse],
}

/// One entry of [`Sources`]. There is one for every key and value, so that what few have stands elsewhere.
#[derive(Clone, Copy, Debug)]
struct Entry {
    file: FileId,
    start: u32,
    end: u32,
    /// Its number among the histories; `PLAIN` where the value stands where it is used, as it is used.
    history: u32,
}

/// The number of no history.
const PLAIN: u32 = u32::MAX;

/// How a value got from its text to where it is used.
#[derive(Clone, Debug, Default)]
struct History {
    via: Option<(Via, Origin)>,
    before: Option<Origin>,
    variables: Vec<VariableUse>,
}

/// A text that was read, under the name that messages show.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path as the user named it, or as it was found.
    pub name: String,
    /// The whole text, without a byte order mark.
    pub text: Arc<str>,
    line_starts: Vec<u32>,
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
    entries: Vec<Entry>,
    histories: Vec<History>,
}

impl Sources {
    /// Adds a text under a name that messages will show.
    pub fn add_file(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let text = text.into();
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| small(at + 1))).collect();
        self.files.push(SourceFile { name: name.into(), text, line_starts });
        FileId(small(self.files.len() - 1))
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
        self.push(Entry { file, start: small(start), end: small(end), history: PLAIN })
    }

    /// Makes a new origin for a copy of what stands at `origin`.
    pub fn copy(&mut self, origin: Origin, via: Via, at: Origin) -> Origin {
        let entry = self.stored(origin);
        let variables = self.histories.get(entry.history as usize).map(|history| history.variables.clone());
        let variables = variables.unwrap_or_default();
        let history = self.add_history(History { via: Some((via, at)), before: Some(origin), variables });
        self.push(Entry { history, ..entry })
    }

    /// Notes that the text at `origin` was interpolated with a variable.
    pub fn add_variable(&mut self, origin: Origin, variable: VariableUse) {
        let next = small(self.histories.len());
        let Some(entry) = self.entries.get_mut(origin.0 as usize) else { return };
        if entry.history == PLAIN {
            entry.history = next;
            self.histories.push(History::default());
        }
        if let Some(history) = self.histories.get_mut(entry.history as usize)
            && !history.variables.contains(&variable)
        {
            history.variables.push(variable);
        }
    }

    /// The file and where in it something begins, whatever way it came to be where it is.
    pub fn place(&self, origin: Origin) -> (FileId, usize) {
        let Entry { file, start, end: _, history: _ } = self.stored(origin);
        (file, start as usize)
    }

    /// What an origin stands for.
    pub fn entry(&self, origin: Origin) -> OriginEntry<'_> {
        let Entry { file, start, end, history } = self.stored(origin);
        let history = self.histories.get(history as usize);
        OriginEntry {
            file,
            range: start as usize..end as usize,
            via: history.and_then(|history| history.via),
            before: history.and_then(|history| history.before),
            variables: history.map_or(&[], |history| history.variables.as_slice()),
        }
    }

    /// Every variable that took part in an interpolation, once for each use.
    pub fn variables(&self) -> impl Iterator<Item = &VariableUse> {
        self.histories.iter().flat_map(|history| &history.variables)
    }

    /// A file that was read.
    pub fn file(&self, file: FileId) -> Option<&SourceFile> {
        self.files.get(file.0 as usize)
    }

    /// The text of a file, to be kept while origins are added.
    pub fn share_text(&self, file: FileId) -> Arc<str> {
        self.file(file).map_or_else(|| Arc::from(""), |file| Arc::clone(&file.text))
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &str {
        self.file(file).map_or("", |file| &*file.text)
    }

    /// The text that stands at an origin.
    pub fn text_at(&self, origin: Origin) -> &str {
        let entry = self.entry(origin);
        self.text(entry.file).get(entry.range).unwrap_or("")
    }

    /// Line and column of a byte of a file.
    pub fn position(&self, file: FileId, byte: usize) -> Position {
        let Some(source) = self.file(file) else { return Position { line: 1, column: 1 } };
        let line = source.line_starts.partition_point(|start| *start as usize <= byte).max(1);
        let start = source.line_starts.get(line - 1).map_or(0, |start| *start as usize);
        let column = source.text.get(start..byte).map_or(0, |before| before.chars().count()) + 1;
        Position { line, column }
    }

    /// Puts stars in the place of what nobody is to see. Positions stay as they are.
    pub(crate) fn conceal(&mut self, mut ranges: Vec<(FileId, Range<usize>)>) {
        ranges.sort_by_key(|(file, range)| (file.0, range.start));
        for of_file in ranges.chunk_by(|(one, _), (next, _)| one == next) {
            let Some(file) = of_file.first().and_then(|(file, _)| self.files.get_mut(file.0 as usize)) else {
                continue;
            };
            let mut bytes = file.text.as_bytes().to_vec();
            for byte in of_file.iter().flat_map(|(_, range)| range.clone()) {
                if let Some(byte) = bytes.get_mut(byte)
                    && *byte != b'\n'
                {
                    *byte = b'*';
                }
            }
            // Ranges stand on character boundaries, so that the text stays valid.
            file.text = String::from_utf8_lossy(&bytes).into();
        }
    }

    fn stored(&self, origin: Origin) -> Entry {
        let nowhere = Entry { file: FileId(u32::MAX), start: 0, end: 0, history: PLAIN };
        self.entries.get(origin.0 as usize).copied().unwrap_or(nowhere)
    }

    fn push(&mut self, entry: Entry) -> Origin {
        self.entries.push(entry);
        Origin(small(self.entries.len() - 1))
    }

    fn add_history(&mut self, history: History) -> u32 {
        self.histories.push(history);
        small(self.histories.len() - 1)
    }
}

/// Files have a limit far below four gigabytes, and there are fewer values than bytes.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
