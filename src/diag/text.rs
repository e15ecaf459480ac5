//! A message as people read it, in the look of rustc.

mod windows;

use std::collections::BTreeSet;

use annotate_snippets::{Element, Level, Renderer, normalize_untrusted_str};

use self::windows::windows;
use super::{Code, Diagnostic, Severity, Told};
use crate::origin::{Origin, Sources, Via};

/// So many steps of how a value came to its place are told.
const MOST_STEPS: usize = 3;
/// So many further places of one cause are listed; the others are counted.
const MOST_PLACES: usize = 5;
/// So many further subjects are.
const MOST_SUBJECTS: usize = 20;
/// So many helps of further places are.
const MOST_HELPS: usize = 20;

/// What is said of a variable that has no value.
const UNSET: &str = " is not set";

/// A message with the lines it is about and the other places of its cause, ending in an empty line.
pub fn to_text(told: &Told<'_>, sources: &Sources, colour: bool) -> String {
    let diagnostic = told.first;
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(clean(&diagnostic.message)).id(diagnostic.code.id());
    let windows = windows(diagnostic, sources);
    let elements = windows.iter().map(|window| Element::from(window.snippet(sources)));
    let also = also(told, sources).map(|places| Level::NOTE.with_name("also").message(clean(&places)).into());
    let report = [title.elements(elements.chain(also).chain(messages(told, sources)))];
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    format!("{}\n\n", renderer.render(&report).trim_end())
}

/// How many messages there were, as `1 error, 2 warnings`; empty where there is neither, as a good file is met with silence.
pub fn summary(errors: usize, warnings: usize, hidden_notes: usize) -> String {
    let counted = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{count} {word}s")),
    };
    let parts: Vec<String> = [counted(errors, "error"), counted(warnings, "warning")].into_iter().flatten().collect();
    if parts.is_empty() {
        return String::new();
    }
    let shown = parts.join(", ");
    match counted(hidden_notes, "note") {
        Some(notes) => format!("{shown} ({notes} not shown; -v shows them)"),
        None => shown,
    }
}

/// Text of users must neither move the cursor nor colour the terminal.
fn clean(text: &str) -> String {
    normalize_untrusted_str(text)
}

/// The other places of a cause, as `stack.yml:3:5 (services.web.ulimits), stack.yml:9:5 and 12 more`.
fn also(told: &Told<'_>, sources: &Sources) -> Option<String> {
    let mut known = BTreeSet::from([told.first.subject.as_str()]);
    let others = told.others.iter().filter(|other| other.subject.is_empty() || known.insert(&other.subject));
    let mut others: Vec<&&Diagnostic> = others.collect();
    let mut most = if told.first.subject.is_empty() { MOST_PLACES } else { MOST_SUBJECTS };
    // All of them are about the same: only their places differ.
    if others.is_empty() {
        (others, most) = (told.others.iter().collect(), MOST_PLACES);
    }
    // One place may have several, such as the lines of a file that is mounted there.
    let mut listed = BTreeSet::from([place(told.first, sources)]);
    let mut places: Vec<String> = others.iter().map(|other| place(other, sources)).collect();
    places.retain(|place| listed.insert(place.clone()));
    let more = places.len().saturating_sub(most);
    places.truncate(most);
    let listed = places.join(", ");
    match more {
        0 => Some(listed).filter(|listed| !listed.is_empty()),
        _ => Some(format!("{listed} and {more} more")),
    }
}

fn place(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let entry = diagnostic.primary.as_ref().map(|label| sources.entry(label.origin));
    let Some((entry, file)) = entry.and_then(|entry| sources.file(entry.file).map(|file| (entry, file))) else {
        return diagnostic.key.clone();
    };
    let position = sources.position(entry.file, entry.range.start);
    let place = format!("{}:{}:{}", file.name, position.line, position.column);
    match (diagnostic.subject.as_str(), diagnostic.key.as_str()) {
        ("", "") => place,
        ("", key) => format!("{place} ({key})"),
        (subject, _) => format!("{subject} ({place})"),
    }
}

/// The lines below the snippets: how the value came to be, why, and what to do.
fn messages<'a>(told: &Told<'_>, sources: &Sources) -> Vec<Element<'a>> {
    let diagnostic = told.first;
    let notes = diagnostic.primary.iter().flat_map(|label| history(label.origin, sources));
    // The title says it already.
    let notes = notes.filter(|note| diagnostic.code != Code::VariableUnset || !note.ends_with(UNSET));
    let mut messages: Vec<Element> = notes.map(|note| Level::NOTE.message(clean(&note)).into()).collect();
    if let Some(why) = &diagnostic.why {
        messages.push(Level::NOTE.with_name("why").message(clean(why)).into());
    }
    messages.extend(helps(told).iter().map(|help| Level::HELP.message(clean(help)).into()));
    messages
}

/// What is said to do: of the first message, and of those of its cause whose help is for their own place.
fn helps(told: &Told<'_>) -> Vec<String> {
    let mut known = BTreeSet::new();
    let own = told.others.iter().filter(|other| other.own_help).flat_map(|other| &other.help);
    let mut helps: Vec<String> =
        told.first.help.iter().chain(own).filter(|help| known.insert(*help)).cloned().collect();
    let most = MOST_HELPS + told.first.help.len();
    if helps.len() > most {
        let more = helps.len() - most;
        helps.truncate(most);
        helps.push(format!("{more} more of this kind: --message-format json shows them"));
    }
    helps
}

/// The steps by which a value came to its place, and the variables in it.
fn history(origin: Origin, sources: &Sources) -> Vec<String> {
    let mut notes = Vec::new();
    // The last step first; then how its place came to be where it is, and then the steps before.
    let mut waiting = vec![origin];
    while let Some(origin) = waiting.pop()
        && notes.len() < MOST_STEPS
    {
        let entry = sources.entry(origin);
        waiting.extend(entry.before);
        let Some((via, at)) = entry.via else { continue };
        waiting.push(at);
        let place = sources.entry(at);
        if let Some(file) = sources.file(place.file) {
            let position = sources.position(place.file, place.range.start);
            notes.push(format!("reached by {} at {}:{}:{}", step(via), file.name, position.line, position.column));
        }
    }
    notes.extend(sources.entry(origin).variables.iter().map(|variable| match &variable.set_in {
        Some(place) => format!("{} was set in {place}", variable.name),
        None => format!("{}{UNSET}", variable.name),
    }));
    notes
}

fn step(via: Via) -> &'static str {
    match via {
        Via::Alias => "an alias",
        Via::Merge => "a merge key",
        Via::Extends => "`extends`",
        Via::Include => "`include`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::{FileId, VariableUse};

    const TEXT: &str = "services:\n  web:\n    image: nginx\n    ports: [80x]\n\n  db:\n    image: postgres\n";

    fn place(sources: &mut Sources, file: FileId, word: &str) -> Origin {
        let at = sources.text(file).find(word).unwrap();
        sources.add(file, at..at + word.len())
    }

    #[test]
    fn shows_places_of_several_files_with_why_and_help() {
        let mut sources = Sources::default();
        let one = sources.add_file("compose.yaml", TEXT);
        let two = sources.add_file("other.yaml", "x: 1\ny: 2\n");
        let primary = place(&mut sources, one, "80x");
        let same = place(&mut sources, one, "db");
        let other = place(&mut sources, two, "y");
        let diagnostic = Diagnostic::new(Code::BadValue, primary, "`80x` is no port")
            .label("not a number")
            .also(same, "the same here")
            .also(other, "and there")
            .why("A port is a number.")
            .help("Write 80.");
        let expected = "\
error[T0103]: `80x` is no port
 --> compose.yaml:4:13
  |
3 |     image: nginx
4 |     ports: [80x]
  |             ^^^ not a number
5 |
6 |   db:
  |   -- the same here
  |
 ::: other.yaml:2:1
  |
1 | x: 1
2 | y: 2
  | - and there
  |
  = why: A port is a number.
  = help: Write 80.

";
        assert_eq!(to_text(&Told::alone(&diagnostic), &sources, false), expected);
        assert!(to_text(&Told::alone(&diagnostic), &sources, true).contains('\u{1b}'));
    }

    #[test]
    fn without_a_place_there_is_title_and_help() {
        let diagnostic = Diagnostic::nowhere(Code::FileNotFound, "no Compose file was found").help("Name one with -f.");
        let expected = "error[T0001]: no Compose file was found\n |\n = help: Name one with -f.\n\n";
        assert_eq!(to_text(&Told::alone(&diagnostic), &Sources::default(), false), expected);
    }

    #[test]
    fn tells_steps_and_variables() {
        let mut sources = Sources::default();
        let file = sources.add_file("a.yaml", TEXT);
        let base = place(&mut sources, file, "nginx");
        let at = place(&mut sources, file, "db");
        let deeper = sources.copy(at, Via::Extends, base);
        let origin = sources.copy(base, Via::Alias, deeper);
        sources.add_variable(origin, VariableUse { name: "TAG".into(), set_in: Some(".env".into()) });
        sources.add_variable(origin, VariableUse { name: "HOST".into(), set_in: None });
        let text = to_text(&Told::alone(&Diagnostic::new(Code::BuildNote, origin, "title")), &sources, false);
        assert!(text.starts_with("note[T0903]: title\n --> a.yaml:3:12\n"), "{text}");
        let notes: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("= note: ")).collect();
        assert_eq!(
            notes,
            [
                "reached by an alias at a.yaml:6:3",
                "reached by `extends` at a.yaml:3:12",
                "TAG was set in .env",
                "HOST is not set"
            ]
        );
    }

    #[test]
    fn long_texts_are_cut_and_far_places_stand_apart() {
        let mut sources = Sources::default();
        let text = format!("a:\n{}z: 1\n", "  b: 2\n".repeat(20_000));
        let file = sources.add_file("a.yaml", text.clone());
        let all = sources.add(file, 0..text.len());
        let last = place(&mut sources, file, "z");
        let shown =
            to_text(&Told::alone(&Diagnostic::new(Code::BadValue, all, "title").also(last, "end")), &sources, false);
        assert!(shown.lines().count() < 15, "{shown}");
        assert!(shown.contains("a.yaml:1:1") && shown.contains("::: a.yaml:20002:1"), "{shown}");
    }

    #[test]
    fn control_characters_are_made_visible() {
        let mut sources = Sources::default();
        let file = sources.add_file("a\u{1b}.yaml", "a: \u{1b}[31m\u{202e}\n");
        let origin = sources.add(file, 0..9);
        let diagnostic = Diagnostic::new(Code::BadValue, origin, "\u{1b}[31m")
            .label("\u{1b}[31m")
            .why("\u{1b}[31m")
            .help("\u{202e}");
        let text = to_text(&Told::alone(&diagnostic), &sources, false);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    }

    #[test]
    fn no_range_panics() {
        for text in [
            "",
            "\n",
            "\r\n",
            "a",
            "ä: 漢\r\n\tb: 🦀\n\n",
            "\n\n\na\n \n",
            "\r\r\n\u{0}a\u{200d}\n",
            "a\u{85}b\u{2028}c",
        ] {
            let mut sources = Sources::default();
            let file = sources.add_file("a.yaml", text);
            for start in 0..text.len() + 2 {
                for end in 0..text.len() + 2 {
                    let origin = sources.add(file, start..end);
                    let other = sources.add(file, end..start);
                    for words in ["", "words", "two\nlines"] {
                        let diagnostic = Diagnostic::new(Code::BadValue, origin, words).label(words).also(other, words);
                        assert!(to_text(&Told::alone(&diagnostic), &sources, false).ends_with("\n\n"));
                    }
                }
            }
        }
    }

    #[test]
    fn an_unknown_place_is_left_out() {
        let mut sources = Sources::default();
        let file = sources.add_file("a.yaml", "a");
        let origin = sources.add(file, 0..1);
        let text = to_text(&Told::alone(&Diagnostic::new(Code::BadValue, origin, "title")), &Sources::default(), false);
        assert_eq!(text, "error[T0103]: title\n\n");
    }

    #[test]
    fn summary_counts() {
        assert_eq!(summary(0, 0, 3), "");
        assert_eq!(summary(1, 2, 0), "1 error, 2 warnings");
        assert_eq!(summary(0, 1, 1), "1 warning (1 note not shown; -v shows them)");
    }

    #[test]
    fn other_places_of_a_cause_are_listed_up_to_a_number() {
        let mut sources = Sources::default();
        let file = sources.add_file("stack.yml", TEXT);
        let all: Vec<Diagnostic> = (0..8)
            .map(|at| {
                Diagnostic::new(Code::NoCounterpart, sources.add(file, at..at + 1), "title")
                    .cause("x")
                    .key(format!("k{at}"))
            })
            .collect();
        let told = crate::diag::by_cause(&all);
        let text = to_text(told.first().unwrap(), &sources, false);
        let line = text.lines().find(|line| line.contains("also")).unwrap();
        assert!(line.ends_with("stack.yml:1:6 (k5) and 2 more"), "{line}");
        assert!(line.contains("also: stack.yml:1:2 (k1), "), "{line}");
    }
}
