//! Objects as YAML; rule: block style, two spaces, list items indented under their key, strings plain unless a YAML 1.1
//! or 1.2 reader could take them for something else, text of several lines as literal blocks.
//!
//! The rule is conservative on purpose: the readers (sigs.k8s.io/yaml, yaml v3, PyYAML) differ in what they resolve, so
//! a string is plain only where none of them can read anything but that string.

use std::borrow::Borrow;
use std::fmt::Write;
use std::io;

use serde_json::Number;

use super::PIECE;
use crate::emit::{Map, Value};

/// Longer strings are quoted: a plain one so long helps no reader.
const LONGEST_PLAIN: usize = 4096;

/// Readers give up on a key whose colon does not follow within 1024 characters; beyond this the key is written with
/// `?`.
const LONGEST_SIMPLE_KEY: usize = 1000;

/// Spaces per level.
const STEP: usize = 2;

/// Writes one YAML document, without `---`, with a newline at the end.
pub fn document(value: &Value) -> String {
    let mut out = String::new();
    write_document(&mut out, value);
    out
}

/// Writes the documents with `---` between them, none before the first and none after the last.
pub fn stream<V: Borrow<Value>>(values: impl IntoIterator<Item = V>) -> String {
    let mut out = String::new();
    // Only a piece that cannot be taken is an error.
    let _ = pieces(values, |piece| {
        out.push_str(piece);
        Ok(())
    });
    out
}

/// The same in pieces, so that nobody needs to hold the whole text; ends with the first error.
pub fn pieces<V: Borrow<Value>>(
    values: impl IntoIterator<Item = V>,
    mut take: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = String::new();
    let mut separator = "";
    for value in values {
        out.push_str(separator);
        separator = "---\n";
        write_document(&mut out, value.borrow());
        if out.len() >= PIECE {
            take(&out)?;
            out.clear();
        }
    }
    take(&out)
}

fn write_document(out: &mut String, value: &Value) {
    match value {
        Value::Object(map) if !map.is_empty() => mapping(out, map, 0),
        Value::Array(items) if !items.is_empty() => sequence(out, items, 0),
        // Outside every collection the parent's column counts as zero, so a block's text stands at the first step.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            leaf(out, value, STEP);
        }
    }
    out.push('\n');
}

/// Writes the entries of a map whose keys stand at `column`; the caller has brought the pen there for the first key.
fn mapping(out: &mut String, map: &Map, column: usize) {
    for (position, (name, value)) in map.iter().enumerate() {
        if position > 0 {
            line_break(out, column);
        }
        key(out, name, column);
        out.push(':');
        let inner = column.saturating_add(STEP);
        match value {
            Value::Object(map) if !map.is_empty() => {
                line_break(out, inner);
                mapping(out, map, inner);
            }
            Value::Array(items) if !items.is_empty() => {
                line_break(out, inner);
                sequence(out, items, inner);
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                out.push(' ');
                leaf(out, value, inner);
            }
        }
    }
}

/// Writes the items of a list whose dashes stand at `column`; the caller has brought the pen there for the first dash.
fn sequence(out: &mut String, items: &[Value], column: usize) {
    for (position, value) in items.iter().enumerate() {
        if position > 0 {
            line_break(out, column);
        }
        out.push_str("- ");
        let inner = column.saturating_add(STEP);
        match value {
            // `- ` is as wide as one level, so that the first entry or item may stand on the line of the dash.
            Value::Object(map) if !map.is_empty() => mapping(out, map, inner),
            Value::Array(items) if !items.is_empty() => sequence(out, items, inner),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                leaf(out, value, inner);
            }
        }
    }
}

fn line_break(out: &mut String, column: usize) {
    const BLANKS: &str = "                                                                ";
    out.push('\n');
    match BLANKS.get(..column) {
        Some(blanks) => out.push_str(blanks),
        None => out.extend(std::iter::repeat_n(' ', column)),
    }
}

/// Writes a value that has nothing below it; `column` is where the text of a literal block would stand.
fn leaf(out: &mut String, value: &Value, column: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(value) => number(out, value),
        Value::String(text) => string(out, text, column),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

/// YAML 1.1 takes `1e21` for a string: a float needs its point, and its exponent a sign.
fn number(out: &mut String, value: &Number) {
    if !value.is_f64() {
        // Writing to a string cannot fail.
        let _ = write!(out, "{value}");
        return;
    }
    let text = value.to_string();
    let Some((mantissa, exponent)) = text.split_once('e') else {
        out.push_str(&text);
        return;
    };
    out.push_str(mantissa);
    if !mantissa.contains('.') {
        out.push_str(".0");
    }
    out.push('e');
    if !exponent.starts_with(['+', '-']) {
        out.push('+');
    }
    out.push_str(exponent);
}

fn key(out: &mut String, name: &str, column: usize) {
    if name.len() > LONGEST_SIMPLE_KEY {
        out.push_str("? ");
        quoted(out, name);
        line_break(out, column);
        return;
    }
    if is_plain(name) {
        out.push_str(name);
        return;
    }
    let start = out.len();
    quoted(out, name);
    // Escapes may have made a short key long; the question mark then goes before what has been written.
    if out.len().saturating_sub(start) > LONGEST_SIMPLE_KEY {
        out.insert_str(start, "? ");
        line_break(out, column);
    }
}

fn string(out: &mut String, text: &str, column: usize) {
    if is_plain(text) {
        out.push_str(text);
    } else if is_literal(text) {
        literal(out, text, column);
    } else {
        quoted(out, text);
    }
}

/// By byte, whether it is safe anywhere in a plain text.
const SAFE: [bool; 256] =
    among(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-./+=@%()$;^~*<>\\'\"&!?|,");

#[expect(clippy::indexing_slicing, reason = "a byte is an index of the table, and this runs in the compiler alone")]
const fn among(mut bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    while let [first, rest @ ..] = bytes {
        table[*first as usize] = true;
        bytes = rest;
    }
    table
}

fn is_safe(byte: u8) -> bool {
    SAFE.get(usize::from(byte)).copied().unwrap_or_default()
}

/// Whether every reader gives a plain `text` back as that string, be it a key or a value, in any block position.
fn is_plain(text: &str) -> bool {
    let Some(first) = text.bytes().next() else { return false };
    if text.len() > LONGEST_PLAIN || !(first.is_ascii_alphanumeric() || b"/_.$(".contains(&first)) {
        return false;
    }
    // In the first column `... ` would end the document.
    if text.starts_with("...") {
        return false;
    }
    let is_written_plain = text.bytes().all(is_safe) || is_spaced_plainly(text);
    is_written_plain && !is_reserved(text) && !is_number_like(text)
}

/// Whether blanks, colons and hashes stand where they mean nothing: one blank between words, as two, or one at the end, would be
/// folded away; `: ` opens a value, ` #` a comment.
fn is_spaced_plainly(text: &str) -> bool {
    let mut previous = b' ';
    for byte in text.bytes() {
        let is_plain = match byte {
            b' ' => previous != b' ' && previous != b':',
            b'#' => previous != b' ',
            b':' => true,
            _ => is_safe(byte),
        };
        if !is_plain {
            return false;
        }
        previous = byte;
    }
    previous != b' ' && previous != b':'
}

/// The words that some reader takes for a boolean, a null, a float or a merge, in any mixture of cases; `None` is not
/// one of them, and is what a headless Service says.
fn is_reserved(text: &str) -> bool {
    const LONGEST_WORD: usize = "infinity".len();
    const WORDS: [&str; 19] = [
        "~", "=", "<<", "y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", ".inf", "+.inf", "-.inf",
        "nan", ".nan", "infinity",
    ];
    let begins = text.bytes().next().is_some_and(|first| b"~=<yntfoi+-.".contains(&first.to_ascii_lowercase()));
    begins
        && text.len() <= LONGEST_WORD
        && WORDS.iter().any(|word| word.len() == text.len() && word.eq_ignore_ascii_case(text))
}

/// Whether `text` could be a number of any base, a sexagesimal, a date or a time: it begins like one, and holds nothing
/// that these forms do not use.
fn is_number_like(text: &str) -> bool {
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return false;
    }
    // Go's readers drop the underscores before they look at the base, so `0_x1F` is 31.
    let mut bytes = text.bytes().filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase());
    let mut rest = bytes.clone();
    let Some(first) = rest.next() else { return true };
    if !(first.is_ascii_digit() || b"+-.".contains(&first)) {
        return false;
    }
    // Other letters make it no number: `12ab` is a string to everyone, and a checksum of hex digits may stay plain.
    let letters: &[u8] = match (first, rest.next()) {
        (b'0', Some(b'x')) => b"xabcdefp",
        (b'0', Some(b'b')) => b"bep",
        (b'0', Some(b'o')) => b"oep",
        _ => b"etz",
    };
    bytes.all(|byte| byte.is_ascii_digit() || b".:+- ,".contains(&byte) || letters.contains(&byte))
}

/// Whether `text` can be a literal block: it has several lines, all of which a reader sees as they are.
fn is_literal(text: &str) -> bool {
    let mut filled = text.split('\n').filter(|line| !line.is_empty()).peekable();
    // Readers disagree about a tab where they look for the indentation, and about lines of nothing but blanks.
    let Some(first) = filled.peek() else { return false };
    if !text.contains('\n') || first.starts_with('\t') {
        return false;
    }
    filled.all(|line| line.chars().all(|c| c == '\t' || is_visible(c)) && !line.trim_matches([' ', '\t']).is_empty())
}

/// Writes `text` as a literal block whose lines stand at `column`, which is one step inside the parent collection.
fn literal(out: &mut String, text: &str, column: usize) {
    out.push('|');
    // A reader takes the indentation from the first line with text; an empty or indented first line would mislead it.
    if text.starts_with(['\n', ' ']) {
        out.push('2');
    }
    let body = text.trim_end_matches('\n');
    let endings = text.len().saturating_sub(body.len());
    match endings {
        0 => out.push('-'),
        1 => {}
        _ => out.push('+'),
    }
    for line in body.split('\n') {
        if line.is_empty() {
            out.push('\n');
        } else {
            line_break(out, column);
            out.push_str(line);
        }
    }
    // The last line break is the one that ends every value.
    out.extend(std::iter::repeat_n('\n', endings.saturating_sub(1)));
}

fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            c if is_visible(c) => out.push(c),
            c => escape(out, u32::from(c)),
        }
    }
    out.push('"');
}

/// Writes a character by its number; writing to a string cannot fail.
fn escape(out: &mut String, code: u32) {
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02X}"),
        0x100..=0xffff => write!(out, "\\u{code:04X}"),
        _ => write!(out, "\\U{code:08X}"),
    };
}

/// Whether a reader takes the character as it is and a person sees it: no control, no line break of YAML 1.1, nothing
/// that turns the direction of the text or has no width, no noncharacter.
fn is_visible(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\0'..='\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            false
        }
        '\u{feff}' => false,
        // The last two of every plane are noncharacters.
        c => u32::from(c) & 0xfffe != 0xfffe,
    }
}

#[cfg(test)]
mod tests;
