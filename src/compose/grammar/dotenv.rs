//! Environment files: `.env`, `env_file` and `label_file` (compose loading, section 13.1), and the raw form that
//! `env_file: {format: raw}` and `docker stack deploy` read (section 13.2).

use super::template::{Mode, interpolate};
use std::collections::HashMap;
use std::ops::Range;

/// An assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name; `=x` makes it empty.
    pub name: String,
    /// The value; none for a bare name that has no value to inherit, which assigns nothing.
    pub value: Option<String>,
    /// The bytes of the whole assignment, without the comment after it.
    pub range: Range<usize>,
    /// The variables that its value was interpolated with, in order.
    pub used: Vec<String>,
    /// Those of them that nothing sets and that have no default.
    pub unset: Vec<String>,
}

/// What cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The byte where it stands.
    pub at: usize,
    /// The reason.
    pub message: String,
}

/// A file's assignments in order, and what could not be read: after a fault the next line is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The assignments.
    pub variables: Vec<Variable>,
    /// A name with other signs than letters, digits, `_`, `.`, `-`, `[` and `]`, a quote that is not closed, and a value that
    /// cannot be interpolated; in a raw file an empty name or one with blanks.
    pub faults: Vec<Fault>,
}

/// How a variable is looked up.
pub type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Reads a dotenv file. Variables in values are looked up in `lookup` first, then among the values read before, then in `earlier`.
pub fn parse(text: &str, lookup: &Lookup<'_>, earlier: &Lookup<'_>) -> Parsed {
    let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader { text, at, lookup, earlier, read: HashMap::new() };
    let mut parsed = Parsed::default();
    while reader.skip_to_statement() {
        let before = reader.at;
        match reader.statement() {
            Ok(Some(variable)) => parsed.variables.push(variable),
            Ok(None) => {}
            Err(fault) => {
                // What follows is read from the next line on; a quote that never closes leaves nothing to read.
                reader.at = reader.at.max(fault.at).max(before);
                reader.at += first_line(reader.rest()).len();
                parsed.faults.push(fault);
            }
        }
    }
    parsed
}

/// Reads a raw file: `NAME=VALUE` per line, the value as it stands, without quotes, comments or variables.
pub fn parse_raw(text: &str, lookup: &Lookup<'_>) -> Parsed {
    let mut parsed = Parsed::default();
    let mut at = 0;
    for whole in text.split_inclusive('\n') {
        let line = whole.strip_suffix('\n').unwrap_or(whole);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let unmarked = if at == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        let statement = unmarked.trim_start();
        let start = at + line.len() - statement.len();
        let range = start..at + line.len();
        at += whole.len();
        if statement.is_empty() || statement.starts_with('#') {
            continue;
        }
        let (name, value) = match statement.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (statement, lookup(statement)),
        };
        if name.is_empty() {
            let message = "the line has no variable name before its equals sign".to_owned();
            parsed.faults.push(Fault { at: start, message });
        } else if name.contains([' ', '\t']) {
            let message = format!("{name:?} is not a variable name: it contains a blank");
            parsed.faults.push(Fault { at: start, message });
        } else {
            let (used, unset) = (Vec::new(), Vec::new());
            parsed.variables.push(Variable { name: name.to_owned(), value, range, used, unset });
        }
    }
    parsed
}

/// A dotenv file and how far it is read.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    lookup: &'a Lookup<'a>,
    earlier: &'a Lookup<'a>,
    read: HashMap<String, String>,
}

/// A value and the variables in it.
struct Expanded {
    value: Option<String>,
    used: Vec<String>,
    unset: Vec<String>,
}

/// Blanks inside a line.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

/// A text up to its first line break.
fn first_line(text: &str) -> &str {
    text.split_once('\n').map_or(text, |(line, _)| line)
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_blank).len();
    }

    /// Skips blanks, empty lines and comments; false at the end of the file.
    fn skip_to_statement(&mut self) -> bool {
        loop {
            let rest = self.rest();
            let statement = rest.trim_start();
            self.at += rest.len() - statement.len();
            if !statement.starts_with('#') {
                return !statement.is_empty();
            }
            self.at += first_line(statement).len();
        }
    }

    /// Reads one assignment; none for an empty bare name, which the reference makes of nothing.
    fn statement(&mut self) -> Result<Option<Variable>, Fault> {
        let start = self.at;
        let (name, inherited) = self.name()?;
        let (value, end) = match inherited {
            Some(end) if name.is_empty() => {
                self.at = self.at.max(end);
                return Ok(None);
            }
            Some(end) => (Expanded { value: (self.lookup)(&name), used: vec![name.clone()], unset: Vec::new() }, end),
            None => self.value()?,
        };
        let Expanded { value, used, unset } = value;
        if let Some(value) = &value {
            self.read.insert(name.clone(), value.clone());
        }
        Ok(Some(Variable { name, value, range: start..end, used, unset }))
    }

    /// Reads a name and its delimiter. For a bare name, which inherits its value, also the byte where it ends.
    fn name(&mut self) -> Result<(String, Option<usize>), Fault> {
        let exported = self.rest().strip_prefix("export");
        if exported.is_some_and(|after| after.starts_with(['\t', '\n', '\u{c}', '\r', ' '])) {
            self.at += "export".len();
            self.skip_blanks();
        }
        let (start, rest) = (self.at, self.rest());
        let mut end = rest.len();
        let mut delimiter = None;
        for (offset, c) in rest.char_indices() {
            match c {
                '=' | ':' | '\n' => {
                    (end, delimiter) = (offset, Some(c));
                    break;
                }
                '_' | '.' | '-' | '[' | ']' => {}
                _ if is_blank(c) || c.is_alphanumeric() => {}
                _ => {
                    let message = format!("{c:?} cannot be part of a variable name in {:?}", first_line(rest));
                    return Err(Fault { at: start + offset, message });
                }
            }
        }
        let key = rest.get(..end).unwrap_or("").trim_end();
        if key.contains(' ') {
            return Err(Fault { at: start, message: format!("{key:?} is not a variable name: it contains a space") });
        }
        self.at += end + delimiter.map_or(0, char::len_utf8);
        let bare = !matches!(delimiter, Some('=' | ':'));
        Ok((key.to_owned(), bare.then_some(start + key.len())))
    }

    /// Reads what follows the delimiter: the value, and the byte where it ends.
    fn value(&mut self) -> Result<(Expanded, usize), Fault> {
        let delimiter_end = self.at;
        self.skip_blanks();
        let rest = self.rest();
        if let Some(quote @ ('"' | '\'')) = rest.chars().next() {
            return self.quoted(quote);
        }
        let line = first_line(rest);
        let value = line.split_once(" #").map_or(line, |(value, _)| value).trim_end();
        let end = if value.is_empty() { delimiter_end } else { self.at + value.len() };
        let expanded = self.expand(value)?;
        self.at += line.len();
        Ok((expanded, end))
    }

    /// Reads a quoted value, which may span lines. Only an escaped quote is resolved while looking for the end.
    fn quoted(&mut self, quote: char) -> Result<(Expanded, usize), Fault> {
        let rest = self.rest();
        let mut raw = String::new();
        let mut escaped = false;
        for (offset, c) in rest.char_indices().skip(1) {
            if c == quote && !escaped {
                let literal = |value| Expanded { value: Some(value), used: Vec::new(), unset: Vec::new() };
                let value = if quote == '"' { self.expand(&unescape(&raw)) } else { Ok(literal(raw)) };
                self.at += offset + quote.len_utf8();
                return Ok((value?, self.at));
            }
            if c == '\\' && !escaped {
                escaped = true;
                continue;
            }
            if escaped && c != quote {
                raw.push('\\');
            }
            escaped = false;
            raw.push(c);
        }
        let at = self.at;
        self.at = self.text.len();
        Err(Fault { at, message: format!("the value {} has no closing quote", first_line(rest).trim_end()) })
    }

    /// Interpolates a value.
    fn expand(&self, value: &str) -> Result<Expanded, Fault> {
        let before = |name: &str| self.read.get(name).cloned().or_else(|| (self.earlier)(name));
        let lookup = |name: &str| (self.lookup)(name).or_else(|| before(name));
        match interpolate(value, Mode::Compose, &lookup) {
            Ok(outcome) => Ok(Expanded { value: Some(outcome.value), used: outcome.used, unset: outcome.unset }),
            Err(error) => Err(Fault { at: self.at, message: error.to_string() }),
        }
    }
}

/// Resolves the escapes of a double-quoted value. `\$` becomes `$$`, which interpolation turns into a dollar sign.
fn unescape(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('\\') {
        value.push_str(before);
        let mut chars = after.chars();
        let resolved = match chars.next() {
            Some('a') => "\u{7}",
            Some('b') => "\u{8}",
            Some('f') => "\u{c}",
            Some('n') => "\n",
            Some('r') => "\r",
            Some('t') => "\t",
            Some('v') => "\u{b}",
            Some('\\') => "\\",
            Some('"') => "\"",
            Some('$') => "$$",
            Some('0') => {
                rest = push_octal(&mut value, chars.as_str());
                continue;
            }
            Some(_) | None => {
                value.push('\\');
                rest = after;
                continue;
            }
        };
        value.push_str(resolved);
        rest = chars.as_str();
    }
    value.push_str(rest);
    value
}

/// Appends the character of `\0ooo`. With other than three octal digits the reference leaves a backslash and the digits.
fn push_octal<'t>(value: &mut String, after: &'t str) -> &'t str {
    let count = after.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = after.split_at_checked(count).unwrap_or(("", after));
    match u8::from_str_radix(digits, 8) {
        Ok(code) if count == 3 => value.push(char::from(code)),
        Ok(_) | Err(_) => {
            value.push('\\');
            value.push_str(digits);
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::{Parsed, parse, parse_raw};
    use crate::compose::grammar::random_texts;

    fn lookup(name: &str) -> Option<String> {
        (name == "HOST").then(|| "host".to_owned())
    }

    /// What an earlier file said.
    fn earlier(name: &str) -> Option<String> {
        matches!(name, "OLD" | "NEW").then(|| "old".to_owned())
    }

    /// The assignments as `name=value;`, `name;` without value, then the bytes of the faults.
    fn shown(read: Parsed) -> String {
        let variables = read
            .variables
            .iter()
            .map(|v| v.value.as_ref().map_or(format!("{};", v.name), |value| format!("{}={value};", v.name)));
        variables.chain(read.faults.iter().map(|fault| format!("error at {}", fault.at))).collect()
    }

    #[test]
    fn statements() {
        let cases = [
            ("\u{feff}A=1\r\n\n# c\n  export B : x # y\r\n", "A=1;B=x;"),
            ("A=a#b\nB=#x\nC= # x\nD=a\t#b", "A=a#b;B=#x;C=# x;D=a\t#b;"),
            ("A=\nB=2", "A=;B=2;"),
            ("HOST\nX\n", "HOST=host;X;"),
            ("HOST", "HOST=host;"),
            ("=x", "=x;"),
            ("1.a-[b]=é", "1.a-[b]=é;"),
            ("A='x\ny\\'$HOST\\n'", "A=x\ny'$HOST\\n;"),
            (r#"A="\"\t\\\q\$HOST $HOST \0101""#, "A=\"\t\\\\q$HOST host A;"),
            (r#"A="\01 \0777""#, r"A=\1 \777;"),
            ("A=\"x\" B=2", "A=x;B=2;"),
            ("A=\"x\" HOST", "A=x;HOST=host;"),
            ("A=\"x\" # c\nB=1", "A=x;B=1;"),
            ("A=1\nHOST=2\nB=$A-$HOST-${C:-c}", "A=1;HOST=2;B=1-host-c;"),
            ("NEW=1\nA=$NEW$OLD", "NEW=1;A=1old;"),
            ("A=a \"b\"  ", "A=a \"b\";"),
            ("A=\u{a0}x\u{85}", "A=x;"),
            ("A B=1", "error at 0"),
            ("A+B=1", "error at 1"),
            ("X=1\nA=\"x\ny", "X=1;error at 6"),
            ("A=${\nB=2", "B=2;error at 2"),
            ("A B=1\nC+=x\nD=\"${\" E=1\nF=2", "F=2;error at 0error at 7error at 13"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(parse(text, &lookup, &earlier)), expected, "{text:?}");
        }
    }

    #[test]
    fn ranges() {
        let text = "# c\nexport A = 'x' # c\nB=1  # d\nC=\nD\n";
        let variables = parse(text, &lookup, &earlier).variables;
        let found: Vec<&str> = variables.iter().map(|v| text.get(v.range.clone()).unwrap_or_default()).collect();
        assert_eq!(found, ["export A = 'x'", "B=1", "C=", "D"]);
        let text = "\u{feff} A=1 \r\n#c\nB=\"2\"";
        let variables = parse_raw(text, &lookup).variables;
        let found: Vec<&str> = variables.iter().map(|v| text.get(v.range.clone()).unwrap_or_default()).collect();
        assert_eq!(found, ["A=1 ", "B=\"2\""]);
    }

    #[test]
    fn raw() {
        assert_eq!(shown(parse_raw("A=\"$x\" # c \r\n  #c\n\nHOST\nX\nB=", &lookup)), "A=\"$x\" # c ;HOST=host;X;B=;");
        assert_eq!(shown(parse_raw("A=1\nA B=1\nC=2", &lookup)), "A=1;C=2;error at 4");
        assert_eq!(shown(parse_raw("=1", &lookup)), "error at 0");
    }

    #[test]
    fn never_panics() {
        let pieces =
            ["A", "=", ":", "\n", "\"", "'", "\\", "$", "{", "}", " #", "é", "\u{feff}", "export ", "0", "\u{a0}"];
        for text in random_texts(&pieces, 50_000) {
            for variable in parse(&text, &lookup, &earlier).variables {
                assert!(text.get(variable.range).is_some(), "{text:?}");
            }
            for variable in parse_raw(&text, &lookup).variables {
                assert!(text.get(variable.range).is_some(), "{text:?}");
            }
        }
    }
}
