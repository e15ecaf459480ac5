//! A message as programs read it: one JSON object on one line.

use serde::Serialize;

use super::Diagnostic;
use crate::compose::leaves::Paths;
use crate::origin::Sources;

/// The fields in the order they are written. Names and meanings are part of the interface and do not change.
#[derive(Serialize)]
struct Line<'a> {
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    key: Option<&'a str>,
    why: Option<&'a str>,
    help: &'a [String],
    covers: Vec<String>,
}

/// Lines and columns count from 1; the end is the place after the last character. All are null where there is no place.
#[derive(Default, Serialize)]
struct Place<'a> {
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
}

/// A message as one JSON object, without a line break. `covers` are the paths of the values that it speaks for beside its own key.
pub fn to_json(diagnostic: &Diagnostic, sources: &Sources, paths: &Paths) -> String {
    let mut covers: Vec<String> = diagnostic.covers.iter().filter_map(|leaf| paths.of(*leaf)).collect();
    covers.retain(|path| *path != diagnostic.key);
    covers.sort();
    covers.dedup();
    let line = Line {
        code: diagnostic.code.id(),
        name: diagnostic.code.name(),
        severity: diagnostic.severity.word(),
        message: &diagnostic.message,
        place: place(diagnostic, sources).unwrap_or_default(),
        key: Some(diagnostic.key.as_str()).filter(|key| !key.is_empty()),
        why: diagnostic.why.as_deref(),
        help: &diagnostic.help,
        covers,
    };
    // Strings, numbers and lists of them can always be written, so the other arm is never taken.
    serde_json::to_string(&line).unwrap_or_default()
}

fn place<'a>(diagnostic: &Diagnostic, sources: &'a Sources) -> Option<Place<'a>> {
    let entry = sources.entry(diagnostic.primary.as_ref()?.origin);
    let file = sources.file(entry.file)?;
    let start = sources.position(entry.file, entry.range.start);
    let end = sources.position(entry.file, entry.range.end);
    Some(Place {
        file: Some(&file.name),
        line: Some(start.line),
        column: Some(start.column),
        end_line: Some(end.line),
        end_column: Some(end.column),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;

    #[test]
    fn a_message_with_a_place() {
        let mut sources = Sources::default();
        let file = sources.add_file("a.yaml", "a:\n  ä: 80x\n");
        let origin = sources.add(file, 9..12);
        let diagnostic = Diagnostic::new(Code::BadValue, origin, "no \"port\"")
            .key("services.web.ports[0]")
            .why("Because.")
            .help("One.\nline")
            .help("Two.");
        assert_eq!(
            to_json(&diagnostic, &sources, &Paths::default()),
            concat!(
                r#"{"code":"T0103","name":"bad-value","severity":"error","message":"no \"port\"","file":"a.yaml","#,
                r#""line":2,"column":6,"end_line":2,"end_column":9,"key":"services.web.ports[0]","why":"Because.","#,
                r#""help":["One.\nline","Two."],"covers":[]}"#
            )
        );
    }

    #[test]
    fn a_message_without_a_place() {
        let diagnostic = Diagnostic::nowhere(Code::FileNotFound, "nothing");
        assert_eq!(
            to_json(&diagnostic, &Sources::default(), &Paths::default()),
            concat!(
                r#"{"code":"T0001","name":"file-not-found","severity":"error","message":"nothing","file":null,"#,
                r#""line":null,"column":null,"end_line":null,"end_column":null,"key":null,"why":null,"help":[],"covers":[]}"#
            )
        );
    }
}
