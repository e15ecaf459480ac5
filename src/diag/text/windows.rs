//! The lines of the sources that a message shows, and what is marked in them.
//!
//! annotate-snippets panics on a range that leaves its text, and reads the whole text for every report. So it is given a few
//! lines only, cut out here, with ranges that are clamped to them.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Snippet};

use super::clean;
use crate::diag::{Diagnostic, Label};
use crate::origin::{FileId, Sources};

/// A marked text of more lines than this is cut to its first line: the start of a long mapping says enough.
const MOST_LINES: usize = 6;
/// Places of one file further apart than this many bytes are shown apart, so that the text between them is never read.
const WIDEST_WINDOW: usize = 64 * 1024;
/// A longer line is not worth showing as the context of another.
const LONGEST_CONTEXT: usize = 200;

/// Whole lines of a file that are shown together.
pub(super) struct Window<'a> {
    file: FileId,
    lines: Range<usize>,
    marks: Vec<Mark<'a>>,
}

/// Marked bytes of a file and what is said beside them.
struct Mark<'a> {
    kind: AnnotationKind,
    range: Range<usize>,
    /// The line above, which often names what the marked line belongs to; empty where there is nothing to show.
    context: Range<usize>,
    text: &'a str,
}

impl Window<'_> {
    /// The lines as annotate-snippets shows them.
    pub(super) fn snippet<'a>(&self, sources: &'a Sources) -> Snippet<'a, Annotation<'a>> {
        let text = sources.text(self.file).get(self.lines.clone()).unwrap_or("");
        let within = |range: &Range<usize>| {
            let start = range.start.saturating_sub(self.lines.start).min(text.len());
            start..range.end.saturating_sub(self.lines.start).clamp(start, text.len())
        };
        let name = sources.file(self.file).map_or("", |file| file.name.as_str());
        let mut snippet =
            Snippet::source(text).path(clean(name)).line_start(sources.position(self.file, self.lines.start).line);
        for mark in &self.marks {
            if !mark.context.is_empty() {
                snippet = snippet.annotation(AnnotationKind::Visible.span(within(&mark.context)));
            }
            let label = (!mark.text.is_empty()).then(|| clean(mark.text));
            snippet = snippet.annotation(mark.kind.span(within(&mark.range)).label(label));
        }
        snippet
    }
}

/// What is shown, the window of the primary place first.
pub(super) fn windows<'a>(diagnostic: &'a Diagnostic, sources: &Sources) -> Vec<Window<'a>> {
    let primary = diagnostic.primary.iter().map(|label| (label, AnnotationKind::Primary));
    let others = diagnostic.others.iter().map(|label| (label, AnnotationKind::Context));
    let mut windows: Vec<Window> = Vec::new();
    for (label, kind) in primary.chain(others) {
        let Some(new) = window(label, kind, sources) else { continue };
        let near = windows.iter_mut().find_map(|old| {
            let joined = old.lines.start.min(new.lines.start)..old.lines.end.max(new.lines.end);
            (old.file == new.file && (joined == old.lines || joined.len() <= WIDEST_WINDOW)).then_some((old, joined))
        });
        if let Some((old, joined)) = near {
            old.lines = joined;
            old.marks.extend(new.marks);
        } else {
            windows.push(new);
        }
    }
    windows
}

/// The lines of one place; nothing where its file is not known.
fn window<'a>(label: &'a Label, kind: AnnotationKind, sources: &Sources) -> Option<Window<'a>> {
    let entry = sources.entry(label.origin);
    let text = &*sources.file(entry.file)?.text;
    let range = shortened(text, entry.range.clone());
    let start = text.get(..range.start)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text.get(range.end..)?.find('\n').map_or(text.len(), |at| range.end + at);
    // A carriage return belongs to the line break.
    let end = if text.get(range.end..end)?.ends_with('\r') { end - 1 } else { end };
    let context = context(text, start);
    let first = if context.is_empty() { start } else { context.start };
    Some(Window { file: entry.file, lines: first..end, marks: vec![Mark { kind, range, context, text: &label.text }] })
}

/// The range without the white space at its end, which marks nothing, and cut to its first line where it is long.
fn shortened(text: &str, range: Range<usize>) -> Range<usize> {
    let marked = text.get(range.clone()).unwrap_or("").trim_end();
    let shown = if marked.lines().count() > MOST_LINES { marked.lines().next().unwrap_or("") } else { marked };
    range.start..range.start + shown.len()
}

/// The line that ends before `start`, without its line break; empty where it is blank or long.
fn context(text: &str, start: usize) -> Range<usize> {
    let before = text.get(..start.saturating_sub(1)).unwrap_or("");
    let first = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.get(first..).unwrap_or("").trim_end();
    if line.is_empty() || line.len() > LONGEST_CONTEXT { start..start } else { first..first + line.len() }
}
