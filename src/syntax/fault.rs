//! Messages for text that is not YAML, or is YAML of a kind that is not read: what the parser found, and what to write.

use granit_parser::{ErrorKind, ScanError};

use super::scalar::Misfit;
use super::{MAX_DEPTH, MAX_NODES};
use crate::diag::{Code, Diagnostic};
use crate::origin::{FileId, Origin, Sources};

/// What is said about a place where the parser gave up.
struct Words {
    title: String,
    label: &'static str,
    why: &'static str,
    help: &'static str,
}

/// The message for an error of the parser.
pub(super) fn syntax(error: &ScanError, file: FileId, sources: &mut Sources) -> Diagnostic {
    let kind = error.kind();
    let text = sources.text(file);
    let mark = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let at = if is_tab(kind) { tab_near(text, mark) } else { mark };
    let origin = place(file, at, sources);
    if matches!(kind, ErrorKind::RecursionLimitExceeded) {
        return too_deep(origin);
    }
    let words = brackets(kind).or_else(|| layout(kind)).or_else(|| scalar(kind)).unwrap_or_else(|| Words {
        title: format!("this is not YAML: {}", error.info().trim_end_matches('.')),
        label: "the reader gave up here",
        why: "the mistake is here or shortly before",
        help: "correct this line or the one before it; quote a text that holds special characters",
    });
    Diagnostic::new(Code::YamlSyntax, origin, words.title).label(words.label).why(words.why).help(words.help)
}

/// The message for lists and mappings that are nested too deeply.
pub(super) fn too_deep(origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::YamlLimit, origin, format!("lists and mappings are nested more than {MAX_DEPTH} levels deep"))
        .label("one level too many")
        .why("the limit keeps a hostile file from filling the memory; real files need about ten levels")
        .help("write the value with fewer levels, and close brackets that are left open")
}

/// The message for more keys and values than a file may hold.
pub(super) fn too_many(origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::YamlLimit, origin, format!("the file holds more than {MAX_NODES} keys and values"))
        .label("one too many")
        .why("the limit keeps a hostile file from filling the memory; docker compose reads a tenth of it")
        .help("split the file in several and name each with -f")
}

/// The first character that YAML does not allow in a text, quoted or not.
pub(super) fn control(file: FileId, sources: &mut Sources) -> Option<Diagnostic> {
    let text = sources.text(file);
    // Nearly every file passes this look at its bytes alone.
    if text.bytes().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')) {
        return None;
    }
    let (at, found) = text.char_indices().find(|(_, c)| !is_printable(*c))?;
    let (name, help) = if found == '\0' {
        ("a NUL byte".to_owned(), "save the file as UTF-8 text: UTF-16 and binary files hold NUL bytes")
    } else {
        let name = format!("the control character U+{:04X}", u32::from(found));
        (name, "delete it, or write it as an escape such as `\\x07` between double quotes")
    };
    let origin = place(file, at, sources);
    Some(
        Diagnostic::new(Code::YamlSyntax, origin, format!("the text holds {name}"))
            .label("not allowed here")
            .why("YAML allows printable characters, tabs and line breaks only")
            .help(help),
    )
}

/// The message for an alias that names nothing written before it.
pub(super) fn unknown_alias(origin: Origin, name: &str) -> Diagnostic {
    Diagnostic::new(Code::YamlUnknownAnchor, origin, format!("the alias `*{name}` names no anchor"))
        .label("nothing before this is called so")
        .why("an alias repeats a value that is marked with an anchor earlier in the same document")
        .help(format!("write `&{name}` before the value to repeat, above this line"))
        .help(format!("quote it if it is a text: `\"*{name}\"`"))
}

/// The message for an alias inside the value that it names.
pub(super) fn cycle(origin: Origin, name: &str) -> Diagnostic {
    Diagnostic::new(
        Code::YamlUnknownAnchor,
        origin,
        format!("the alias `*{name}` stands inside the value that it names"),
    )
    .label("this would repeat itself without end")
    .why("a value cannot hold itself")
    .help(format!("write the value out here, or move `&{name}` to a value that ends before this line"))
}

/// The message for a scalar that is not what the tag before it says.
pub(super) fn misfit(origin: Origin, tag: &str, misfit: Misfit) -> Diagnostic {
    let fault = |code, message: String| Diagnostic::new(code, origin, message);
    match misfit {
        Misfit::Type => fault(Code::YamlSyntax, format!("the value is not what its tag `!!{tag}` says"))
            .label(format!("not read as `{tag}`"))
            .why("a tag of YAML's own asks for a value of that type")
            .help(format!("remove `!!{tag}`, or write a value of that type")),
        Misfit::NotBase64 => fault(Code::YamlSyntax, "the value after `!!binary` is not base64".to_owned())
            .label("cannot be decoded")
            .why("`!!binary` is followed by base64, which is decoded when the file is read")
            .help("write the output of `base64 -w0`, or remove `!!binary`"),
        Misfit::NotText => fault(Code::NotUtf8, "the bytes after `!!binary` are not UTF-8 text".to_owned())
            .label("decodes to other bytes")
            .why("values of a Compose file are texts")
            .help("put the bytes into a file and mount it as a config or secret"),
    }
}

/// The message for a file that is too large.
pub(super) fn too_large(origin: Origin, limit: usize) -> Diagnostic {
    Diagnostic::new(Code::YamlLimit, origin, format!("the file is larger than {} MiB", limit >> 20))
        .label("the file begins here")
        .why("the limit keeps a hostile file from filling the memory; real files hold some kilobytes")
        .help("split the file in several and name each with -f")
}

/// One character, or nothing at a line's end, where a mark of a line break would show nothing.
fn place(file: FileId, at: usize, sources: &mut Sources) -> Origin {
    let next = sources.text(file).get(at..).and_then(|rest| rest.chars().next());
    let length = next.filter(|c| !matches!(c, '\n' | '\r')).map_or(0, char::len_utf8);
    sources.add(file, at..at + length)
}

/// The tab that is meant: the parser stops behind one in blanks, and at the end of the text that stands before one.
fn tab_near(text: &str, mark: usize) -> usize {
    let (before, after) = text.split_at_checked(mark).unwrap_or((text, ""));
    let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
    let behind = before.get(before.len() - blanks..).and_then(|blanks| blanks.find('\t'));
    match behind {
        Some(tab) => mark - blanks + tab,
        None => after.find('\t').map_or(mark, |tab| mark + tab),
    }
}

fn is_printable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
    )
}

/// Mistakes in brackets.
fn brackets(kind: &ErrorKind) -> Option<Words> {
    if let ErrorKind::UnclosedFlowCollection { open } = kind {
        return Some(Words {
            title: format!("the bracket `{open}` is not closed"),
            label: "opened here",
            why: "a list in brackets ends with `]`, and a mapping in braces with `}`",
            help: "write the closing bracket, or quote the text if the bracket belongs to it",
        });
    }
    if matches!(kind, ErrorKind::MismatchedFlowCollectionEnd { .. } | ErrorKind::MisplacedFlowCollectionEnd) {
        return Some(Words {
            title: "a closing bracket has no opening one".to_owned(),
            label: "this closes nothing",
            why: "`]` ends what `[` began, and `}` ends what `{` began",
            help: "delete it, write the opening bracket, or quote the text if the bracket belongs to it",
        });
    }
    if matches!(kind, ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator) {
        return Some(Words {
            title: "a comma or a closing bracket is missing".to_owned(),
            label: "expected before this",
            why: "values between brackets are separated by commas",
            help: "write the comma or the closing bracket, or quote a text that holds brackets",
        });
    }
    None
}

/// Mistakes in how lines and colons fit together.
fn layout(kind: &ErrorKind) -> Option<Words> {
    if is_tab(kind) {
        return Some(Words {
            title: "a tab stands where only spaces may".to_owned(),
            label: "this is a tab",
            why: "YAML does not say how wide a tab is, so it cannot indent",
            help: "indent with spaces",
        });
    }
    if matches!(
        kind,
        ErrorKind::MappingValueNotAllowed
            | ErrorKind::InvalidColonPlacement
            | ErrorKind::InvalidMappingValueWhitespace
            | ErrorKind::FlowMappingValueAdjacentCollection
    ) {
        return Some(Words {
            title: "a `:` stands where no key can end".to_owned(),
            label: "no key is possible here",
            why: "keys of one mapping stand below each other, or something before this line is not finished",
            help: "quote a text that holds `: `, indent the key like its neighbours, or close the bracket that is open before it",
        });
    }
    if matches!(kind, ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey) {
        return Some(Words {
            title: "a `:` is missing after a key".to_owned(),
            label: "this is not a key and its value",
            why: "among the keys of a mapping each line is `key: value`, with a space after the colon",
            help: "write the colon and a space after the key, or indent a text that continues the line before",
        });
    }
    if matches!(
        kind,
        ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::ExpectedBlockSequenceEntry
            | ErrorKind::InvalidIndentation
            | ErrorKind::InvalidFlowScalarIndent
            | ErrorKind::InvalidQuotedScalarIndent
            | ErrorKind::InvalidBlockScalarIndent
            | ErrorKind::BlockSequenceEntryNotAllowed
            | ErrorKind::MappingKeyNotAllowed
            | ErrorKind::ExpectedDocumentStart
    ) {
        return Some(Words {
            title: "the indentation does not fit".to_owned(),
            label: "belongs to nothing above it",
            why: "keys of one mapping, and the `-` of one list, begin in the same column",
            help: "indent this line like the other keys or items that it belongs to",
        });
    }
    None
}

/// Mistakes inside a text.
fn scalar(kind: &ErrorKind) -> Option<Words> {
    if matches!(kind, ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar) {
        return Some(Words {
            title: "a quoted text is not closed".to_owned(),
            label: "the quote begins here or before",
            why: "a text in quotes ends with the same quote",
            help: "write the closing quote; between single quotes write `''` for a quote, between double quotes `\\\"`",
        });
    }
    if let ErrorKind::UnexpectedCharacter { character } = kind {
        return Some(Words {
            title: format!("an unquoted text cannot begin with `{}`", character.escape_default()),
            label: "this has a meaning of its own in YAML",
            why: "YAML keeps some characters for itself at the beginning of a text",
            help: "quote the text: `\"...\"`",
        });
    }
    if matches!(kind, ErrorKind::MissingAnchorOrAliasName) {
        return Some(Words {
            title: "an anchor or alias has no name".to_owned(),
            label: "a name must follow this",
            why: "an unquoted text that begins with `*` is an alias, and one that begins with `&` an anchor",
            help: "quote the text if it is none: `\"* * * * *\"`; else write the name",
        });
    }
    if matches!(kind, ErrorKind::UnknownQuotedScalarEscape | ErrorKind::InvalidQuotedScalarHexEscape) {
        return Some(Words {
            title: "a backslash in double quotes escapes nothing".to_owned(),
            label: "in this text",
            why: "between double quotes a backslash begins an escape such as `\\n`, and the text holds an unknown one",
            help: "write `\\\\` for a backslash, or use single quotes, where it means itself",
        });
    }
    if matches!(kind, ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar) {
        return Some(Words {
            title: "something follows a closing quote".to_owned(),
            label: "after the quote",
            why: "a quoted text is the whole value; nothing but a comment may follow it",
            help: "put the quotes around the whole value; between single quotes write `''` for a quote, between double quotes `\\\"`",
        });
    }
    if matches!(kind, ErrorKind::UndeclaredTagHandle) {
        return Some(Words {
            title: "a tag has a prefix that is not declared".to_owned(),
            label: "this tag",
            why: "an unquoted text that begins with `!` is a tag, and `!name!` in it must be declared with %TAG",
            help: "quote the text if it is no tag; else write a tag without a second `!`",
        });
    }
    None
}
