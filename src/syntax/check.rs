//! What is wrong in a document that is YAML: duplicate keys, keys that are no strings, merge keys that merge nothing.
//!
//! Every written mapping is looked at once, before aliases are followed, so that each mistake is said once.

use std::collections::HashMap;
use std::collections::hash_map;

use super::raw::{Id, Raws, What};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::{Origin, Sources};

/// Reports all mistakes of a document, and says whether there were none.
pub(super) fn check(raws: &Raws, sources: &Sources, diags: &mut Diagnostics) -> bool {
    let mut sound = true;
    let mut merges = HashMap::new();
    for raw in raws.iter() {
        let What::Map(pairs) = &raw.what else { continue };
        let mut seen = HashMap::new();
        for (key, value) in pairs {
            let key_fault = check_key(raws, sources, *key, &mut seen);
            let value_fault = check_merge(raws, *key, *value, &mut merges);
            for fault in [key_fault, value_fault].into_iter().flatten() {
                sound = false;
                diags.push(fault);
            }
        }
    }
    sound
}

/// A key must be a string, and be written once.
fn check_key<'a>(
    raws: &'a Raws,
    sources: &Sources,
    key: Id,
    seen: &mut HashMap<&'a str, Origin>,
) -> Option<Diagnostic> {
    let origin = raws.get(key)?.origin;
    let Some(text) = raws.key_text(key) else { return not_string(raws, sources, key, origin) };
    match seen.entry(text) {
        hash_map::Entry::Vacant(place) => {
            place.insert(origin);
            None
        }
        hash_map::Entry::Occupied(first) if text == "<<" => Some(
            Diagnostic::new(Code::YamlDuplicateKey, origin, "a mapping has two merge keys")
                .label("said again here")
                .also(*first.get(), "first said here")
                .why("a mapping holds each key once, `<<` too")
                .help("write one merge key with a list: `<<: [*first, *second]`; of two that say the same key, the first wins"),
        ),
        hash_map::Entry::Occupied(first) => Some(
            Diagnostic::new(Code::YamlDuplicateKey, origin, format!("the key `{}` is said twice", short(text)))
                .label("said again here")
                .also(*first.get(), "first said here")
                .why("one of the two would be lost, so Docker refuses the file too")
                .help("keep one of the two, or give one another name"),
        ),
    }
}

fn not_string(raws: &Raws, sources: &Sources, key: Id, origin: Origin) -> Option<Diagnostic> {
    let fault = |message: String| Diagnostic::new(Code::YamlKeyNotString, origin, message);
    match &raws.follow(key)?.what {
        What::Scalar(value) => {
            let text = short(sources.text_at(origin));
            let message =
                if text.is_empty() { "a key is empty".to_owned() } else { format!("the key `{text}` is not a string") };
            let help = match sources.text_at(origin) {
                "" => "write a name before the colon".to_owned(),
                written if written.starts_with(['"', '\'', '*']) => {
                    "write the key in quotes and without a tag or alias".to_owned()
                }
                _ => format!("quote it: `\"{text}\":`"),
            };
            Some(
                fault(message)
                    .label(format!("this is {}", value.kind()))
                    .why("keys of a Compose file are strings, and YAML reads this one as something else")
                    .help(help),
            )
        }
        What::List(_) | What::Map(_) => Some(
            fault("a list or mapping stands where a key must be".to_owned())
                .label("this is not a string")
                .why("keys of a Compose file are strings")
                .help("write a plain key, or quote the text if it holds brackets or braces: `\"{{ name }}\"`"),
        ),
        // An alias of nothing has been reported, and the other two are strings or followed.
        What::Unknown | What::Alias(_) | What::MergeKey => None,
    }
}

/// The value of a merge key must be a mapping, an alias of one, or a list of those.
///
/// A list that many aliases merge is looked through once: `merges` holds what was found in it.
fn check_merge(raws: &Raws, key: Id, value: Id, merges: &mut HashMap<Id, Option<Id>>) -> Option<Diagnostic> {
    let key = raws.get(key)?;
    if !matches!(key.what, What::MergeKey) {
        return None;
    }
    let fault = *merges.entry(raws.target(value)).or_insert_with(|| raws.merged(value).err());
    let part = raws.get(fault?)?;
    if matches!(part.what, What::Unknown) {
        return None;
    }
    let fault = Diagnostic::new(Code::YamlMergeKey, part.origin, "a merge key merges something that is not a mapping")
        .label("this is not a mapping")
        .also(key.origin, "the merge key")
        .why("`<<` copies the keys of a mapping, an alias of one, or a list of those");
    Some(fault.help("write `<<: *name`, where `&name` stands before a mapping; or quote the key (`\"<<\"`) if it is not a merge key"))
}

/// A text cut for a message.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    let mut kept: String = line.chars().take(40).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    kept
}
