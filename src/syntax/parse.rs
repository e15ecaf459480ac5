//! Reads YAML text: the parser's events become the flat list of what is written, one list a document.
//!
//! Scalars are typed here, places are cut to what is written, and nesting is bounded before anything recurses over it.

use std::borrow::Cow;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, Tag as YamlTag};

use super::node::{Node, Tag, Value};
use super::raw::{Id, Raw, Raws, What};
use super::{MAX_BYTES, MAX_DEPTH, MAX_NODES, build, check, fault, scalar};
use crate::diag::{Diagnostic, Diagnostics};
use crate::origin::{FileId, Origin, Sources};

/// Reads all documents of a file: one root node each, none for a file that is empty or holds comments only.
///
/// `None` when the file holds an error, which has been reported. A mistake of syntax or a limit ends the reading; duplicate
/// keys, unknown anchors, bad merge keys and keys that are no strings are all reported.
pub fn parse(file: FileId, sources: &mut Sources, diags: &mut Diagnostics) -> Option<Vec<Node>> {
    if sources.text(file).len() > MAX_BYTES {
        let start = sources.add(file, 0..0);
        diags.push(fault::too_large(start, MAX_BYTES));
        return None;
    }
    if let Some(fault) = fault::control(file, sources) {
        diags.push(fault);
        return None;
    }
    // The parser borrows the text while the reader adds origins to the sources.
    let text = sources.share_text(file);
    let mut reader = Reader {
        file,
        text: &text,
        sources,
        diags,
        raws: Raws::default(),
        open: Vec::new(),
        root: None,
        end: 0,
        count: 0,
        sound: true,
        documents: Vec::new(),
    };
    for event in Parser::new_from_str_with_options(&text, options()) {
        match event {
            Ok((event, span)) => reader.event(event, span)?,
            Err(error) => {
                let fault = fault::syntax(&error, file, reader.sources);
                return reader.stop(fault);
            }
        }
    }
    reader.sound.then_some(reader.documents)
}

/// Unknown aliases are reported here, so that the rest is read; the parser's own limits only keep it from running ahead of ours.
fn options() -> Options {
    granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    }
}

/// A list or mapping that has begun and not ended; a mapping's keys and values alternate in `items`.
struct Open {
    is_map: bool,
    items: Vec<Id>,
    anchor: usize,
    tag: Option<Tag>,
    start: usize,
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    sources: &'a mut Sources,
    diags: &'a mut Diagnostics,
    raws: Raws,
    open: Vec<Open>,
    root: Option<Id>,
    /// The end of what was written last, without blanks after it.
    end: usize,
    /// How many nodes all documents hold so far.
    count: usize,
    sound: bool,
    documents: Vec<Node>,
}

impl Reader<'_> {
    /// Takes one event; `None` when reading must stop.
    fn event(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        match event {
            Event::DocumentEnd => self.document(),
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), span),
            Event::SequenceStart(_, anchor, tag) => self.begin(false, anchor, tag.as_deref(), span),
            Event::MappingStart(_, anchor, tag) => self.begin(true, anchor, tag.as_deref(), span),
            Event::SequenceEnd | Event::MappingEnd => self.finish(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::UnresolvedAlias(name) => {
                let origin = self.written(span);
                self.fail(fault::unknown_alias(origin, &name));
                self.attach(Raw { what: What::Unknown, origin, tag: None }, 0)
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::Anchor(..) => Some(()),
            // The parser may gain events; none of them can be a node.
            _ => Some(()),
        }
    }

    /// A document has ended: it is checked, and built when nothing is wrong in it.
    fn document(&mut self) -> Option<()> {
        let raws = std::mem::take(&mut self.raws);
        let root = self.root.take()?;
        self.sound &= check::check(&raws, self.sources, self.diags);
        if self.sound {
            self.documents.push(build::build(&raws, root, self.sources, self.diags)?);
        }
        Some(())
    }

    fn begin(&mut self, is_map: bool, anchor: usize, tag: Option<&YamlTag>, span: Span) -> Option<()> {
        let start = self.bytes(span).start;
        if self.open.len() >= MAX_DEPTH {
            let origin = self.sources.add(self.file, start..start);
            return self.stop(fault::too_deep(origin));
        }
        self.end = self.end.max(start);
        self.raws.open_anchor(anchor);
        self.open.push(Open { is_map, items: Vec::new(), anchor, tag: custom_tag(tag), start });
        Some(())
    }

    /// A collection ends with its bracket, or else with what was written last in it.
    fn finish(&mut self, span: Span) -> Option<()> {
        let open = self.open.pop()?;
        let bracket = self.bytes(span);
        if !bracket.is_empty() {
            self.end = bracket.end;
        }
        let origin = self.sources.add(self.file, open.start..self.end);
        let what = if open.is_map { What::Map(pairs(&open.items)) } else { What::List(open.items) };
        self.attach(Raw { what, origin, tag: open.tag }, open.anchor)
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&YamlTag>,
        span: Span,
    ) -> Option<()> {
        let origin = match style {
            ScalarStyle::Plain if self.bytes(span).is_empty() => self.nothing(span),
            ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => self.written(span),
            ScalarStyle::Literal | ScalarStyle::Folded => self.written(span),
        };
        let text = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => self.without_added_newline(text, span),
            ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Cow::Borrowed(text),
        };
        let is_plain = style == ScalarStyle::Plain;
        let what = match tag {
            None if is_plain && text == "<<" => What::MergeKey,
            None if is_plain => What::Scalar(scalar::plain(&text)),
            None => What::Scalar(Value::String(text.into_owned())),
            Some(tag) if text == "<<" && is_merge(tag) => What::MergeKey,
            Some(tag) => What::Scalar(self.tagged(&text, tag, origin)),
        };
        self.attach(Raw { what, origin, tag: custom_tag(tag) }, anchor)
    }

    /// A scalar after a tag: only YAML's own tags type it, and every other one leaves it a string.
    fn tagged(&mut self, text: &str, tag: &YamlTag, origin: Origin) -> Value {
        let resolved = tag.suffix_in_namespace("tag:yaml.org,2002:").map(|name| (scalar::tagged(&name, text), name));
        match resolved {
            Some((Ok(value), _)) => value,
            Some((Err(misfit), name)) => {
                self.fail(fault::misfit(origin, &name, misfit));
                Value::Null
            }
            None => Value::String(text.to_owned()),
        }
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Option<()> {
        let origin = self.written(span);
        let what = if let Some(target) = self.raws.anchored(anchor) {
            What::Alias(target)
        } else {
            let name = self.sources.text_at(origin).trim_start_matches('*').to_owned();
            self.fail(fault::cycle(origin, &name));
            What::Unknown
        };
        self.attach(Raw { what, origin, tag: None }, 0)
    }

    /// Gives a node that has ended to the collection around it, or makes it the root.
    fn attach(&mut self, raw: Raw, anchor: usize) -> Option<()> {
        self.count += 1;
        if self.count > MAX_NODES {
            let fault = fault::too_many(raw.origin);
            return self.stop(fault);
        }
        let id = self.raws.push(raw);
        self.raws.close_anchor(anchor, id);
        match self.open.last_mut() {
            Some(open) => open.items.push(id),
            None => self.root = Some(id),
        }
        Some(())
    }

    /// Go adds no line break to a block scalar whose last line has none because the file ends there; the parser does.
    fn without_added_newline<'t>(&self, text: &'t str, span: Span) -> Cow<'t, str> {
        let Some(body) = text.strip_suffix('\n') else { return Cow::Borrowed(text) };
        let last_raw = self.text.rsplit(['\n', '\r']).next().unwrap_or("");
        let last_line = body.rsplit('\n').next().unwrap_or("");
        let is_blank = |line: &str| line.bytes().all(|b| matches!(b, b' ' | b'\t'));
        // A last line of blanks is text only where it goes on past the indentation.
        let is_text = !is_blank(last_raw) || (!last_raw.is_empty() && !last_line.is_empty() && is_blank(last_line));
        let at_end = self.bytes(span).end >= self.text.len();
        Cow::Borrowed(if at_end && is_text { body } else { text })
    }

    /// The place of a value that is not there: after the colon of its key.
    fn nothing(&mut self, span: Span) -> Origin {
        let at = self.bytes(span).start;
        let rest = self.text.get(at..).unwrap_or("");
        let blanks = rest.bytes().take_while(|b| *b == b' ').count();
        let is_colon = rest.as_bytes().get(blanks) == Some(&b':');
        let at = if is_colon { at + blanks + 1 } else { at };
        self.end = self.end.max(at);
        self.sources.add(self.file, at..at)
    }

    /// The place of something written, without the blanks after it.
    fn written(&mut self, span: Span) -> Origin {
        let range = self.bytes(span);
        let kept = self.text.get(range.clone()).map_or(range.len(), |text| text.trim_ascii_end().len());
        self.end = self.end.max(range.start + kept);
        self.sources.add(self.file, range.start..range.start + kept)
    }

    /// The parser counts in characters and in bytes; only the bytes are used.
    fn bytes(&self, span: Span) -> std::ops::Range<usize> {
        span.byte_range().filter(|range| range.start <= range.end).unwrap_or(self.end..self.end)
    }

    fn fail(&mut self, fault: Diagnostic) {
        self.sound = false;
        self.diags.push(fault);
    }

    /// Reports what ends the reading.
    fn stop<T>(&mut self, fault: Diagnostic) -> Option<T> {
        self.fail(fault);
        None
    }
}

fn pairs(items: &[Id]) -> Vec<(Id, Id)> {
    items.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect()
}

/// `!!merge`, which some tools write before a merge key.
fn is_merge(tag: &YamlTag) -> bool {
    tag.suffix_in_namespace("tag:yaml.org,2002:").is_some_and(|name| name == "merge")
}

/// The tags that Compose itself defines.
fn custom_tag(tag: Option<&YamlTag>) -> Option<Tag> {
    match tag?.parts() {
        ("!", "reset") => Some(Tag::Reset),
        ("!", "override") => Some(Tag::Override),
        (_, _) => None,
    }
}

#[cfg(test)]
mod tests;
