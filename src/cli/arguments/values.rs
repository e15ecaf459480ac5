//! Options whose values are read: codes of messages, and names that the cluster must take.

use crate::diag::Code;

/// What `--deny` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Denied {
    /// Every warning.
    Warnings,
    /// Every note.
    Notes,
    /// Every message of a code.
    Code(Code),
}

/// `warnings`, `notes`, or a code.
pub(super) fn denied(text: &str) -> Result<Denied, String> {
    if text.eq_ignore_ascii_case("warnings") {
        Ok(Denied::Warnings)
    } else if text.eq_ignore_ascii_case("notes") {
        Ok(Denied::Notes)
    } else {
        find(text).map(Denied::Code).ok_or_else(|| unknown(text, &["warnings", "notes"]))
    }
}

/// A code by its id or its name: `T0101`, `unknown-key`.
pub(in crate::cli) fn code(text: &str) -> Result<Code, String> {
    find(text).ok_or_else(|| unknown(text, &[]))
}

fn find(text: &str) -> Option<Code> {
    let is = |code: &&Code| text.eq_ignore_ascii_case(code.id()) || text.eq_ignore_ascii_case(code.name());
    Code::ALL.iter().find(is).copied()
}

/// Says that there is no such code, and which one is nearest: at most a quarter of it may be wrong.
fn unknown(text: &str, words: &[&'static str]) -> String {
    let lower = text.to_ascii_lowercase();
    let names = Code::ALL.iter().flat_map(|code| [code.name(), code.id()]);
    let nearest = words
        .iter()
        .copied()
        .chain(names)
        .map(|word| (strsim::damerau_levenshtein(&lower, &word.to_ascii_lowercase()), word))
        .filter(|(distance, word)| *distance <= word.len() / 4)
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((_, word)) => format!("there is no code `{text}`; did you mean `{word}`?"),
        None => format!("there is no code `{text}`"),
    }
}

/// The longest DNS label.
const LONGEST_LABEL: usize = 63;

/// A DNS label.
pub(super) fn namespace(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let good = (1..=LONGEST_LABEL).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-');
    if good {
        Ok(text.to_owned())
    } else {
        Err("a namespace has 1 to 63 lower-case letters, digits and dashes, and neither begins nor ends with a dash"
            .to_owned())
    }
}

/// A DNS subdomain, as most objects are called by one.
pub(super) fn object_name(text: &str) -> Result<String, String> {
    if crate::ir::is_object_name(text) {
        Ok(text.to_owned())
    } else {
        Err("a name has lower-case letters, digits, dashes and dots, with letters or digits at both ends".to_owned())
    }
}
