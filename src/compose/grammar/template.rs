//! Interpolation of one string value, as the two loaders do it (compose loading, sections 5.1 and 5.2; swarm, section 1.5).
//!
//! Compose: `$$`, `$NAME`, `${NAME}` and `${NAME<op>WORD}` with `:-` `-` `:?` `?` `:+` `+`; words nest. The reference matches with
//! a greedy pattern, so a substitution reaches to the last brace of its line and is then cut at the brace that balances it.
//! Where no brace balances it, the word is all of that match. Any other `$` is text, and any other `${` an error.
//!
//! Swarm: no `+` and no nesting, `$NAME-word` takes a default without braces, and any other `$` is an error. The reference
//! forgets such an error, and one of a required variable, when a later substitution of the same value succeeds: nothing stands in
//! its place then.

use std::fmt;

/// How deep words may nest.
const MAX_DEPTH: usize = 100;

/// Whose rules apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `docker compose`.
    Compose,
    /// `docker stack deploy`.
    Swarm,
}

/// A text with its variables replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The text.
    pub value: String,
    /// Each variable looked up, in order, once per occurrence.
    pub used: Vec<String>,
    /// Each variable that became an empty text for want of a value and an operator; Compose warns of these, swarm does not.
    pub unset: Vec<String>,
    /// Errors that swarm forgot; an empty text stands for each.
    pub forgotten: Vec<TemplateError>,
}

/// Why a text could not be interpolated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// A `$` that begins no substitution.
    Syntax {
        /// What is wrong.
        message: String,
    },
    /// `${NAME:?message}` without a value.
    Required {
        /// The variable.
        variable: String,
        /// The message of the author, interpolated; may be empty.
        message: String,
    },
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TemplateError::Syntax { message } => f.write_str(message),
            TemplateError::Required { variable, message } if message.is_empty() => {
                write!(f, "required variable {variable} is missing a value")
            }
            TemplateError::Required { variable, message } => {
                write!(f, "required variable {variable} is missing a value: {message}")
            }
        }
    }
}

impl std::error::Error for TemplateError {}

/// Replaces the variables of a text.
///
/// # Errors
///
/// A `$` that begins no substitution, a required variable without value, and words nested deeper than 100.
pub fn interpolate(text: &str, mode: Mode, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Outcome, TemplateError> {
    if !text.contains('$') {
        return Ok(Outcome { value: text.to_owned(), ..Outcome::default() });
    }
    let mut run = Run { lookup, used: Vec::new(), unset: Vec::new() };
    let (value, forgotten) = match mode {
        Mode::Compose => (run.compose(text, 0)?, Vec::new()),
        Mode::Swarm => run.swarm(text)?,
    };
    Ok(Outcome { value, used: run.used, unset: run.unset, forgotten })
}

/// One interpolation.
struct Run<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    used: Vec<String>,
    unset: Vec<String>,
}

/// What an operator does.
#[derive(Clone, Copy)]
enum Kind {
    Default,
    Required,
    Alternative,
}

/// `:-` `-` `:?` `?` `:+` `+`.
#[derive(Clone, Copy)]
struct Operator {
    kind: Kind,
    /// With the colon, an empty value counts as none.
    colon: bool,
}

/// The last brace of the line that was looked at last, so that a line is searched once and not once per substitution. Places
/// are counted from the end of the text, which all rests share.
struct LineBrace {
    line_end: usize,
    brace: Option<usize>,
}

impl LineBrace {
    /// The offset in `rest` of the last closing brace of its first line.
    fn find(&mut self, rest: &str) -> Option<usize> {
        if rest.len() < self.line_end {
            let line = rest.split_once('\n').map_or(rest, |(line, _)| line);
            self.line_end = rest.len() - line.len();
            self.brace = line.rfind('}').map(|at| rest.len() - at);
        }
        rest.len().checked_sub(self.brace?)
    }
}

impl Run<'_> {
    fn value_of(&mut self, name: &str) -> Option<String> {
        self.used.push(name.to_owned());
        (self.lookup)(name)
    }

    /// The value, or nothing and a note of it.
    fn plain(&mut self, name: &str) -> String {
        self.value_of(name).unwrap_or_else(|| {
            self.unset.push(name.to_owned());
            String::new()
        })
    }

    fn compose(&mut self, text: &str, depth: usize) -> Result<String, TemplateError> {
        if depth > MAX_DEPTH {
            let message = format!("substitutions are nested deeper than {MAX_DEPTH}");
            return Err(TemplateError::Syntax { message });
        }
        let mut value = String::with_capacity(text.len());
        let mut braces = LineBrace { line_end: usize::MAX, brace: None };
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            value.push_str(before);
            let (name, after_name) = split_name(after);
            if !name.is_empty() {
                value.push_str(&self.plain(name));
                rest = after_name;
            } else if let Some(body) = after.strip_prefix('{') {
                rest = self.braced(body, &mut braces, depth, &mut value)?;
            } else {
                value.push('$');
                rest = after.strip_prefix('$').unwrap_or(after);
            }
        }
        value.push_str(rest);
        Ok(value)
    }

    /// What follows `${`; appends its value and returns what is left.
    fn braced<'t>(
        &mut self,
        body: &'t str,
        braces: &mut LineBrace,
        depth: usize,
        value: &mut String,
    ) -> Result<&'t str, TemplateError> {
        let (name, after) = split_name(body);
        if name.is_empty() {
            return Err(syntax("${", body));
        }
        if let Some(rest) = after.strip_prefix('}') {
            value.push_str(&self.plain(name));
            return Ok(rest);
        }
        let (operator, area) = split_operator(after).ok_or_else(|| syntax("${", body))?;
        let last = braces.find(area).ok_or_else(|| syntax("${", body))?;
        let close = balancing_brace(area, last);
        let (word, rest) = area.split_at_checked(close).ok_or_else(|| syntax("${", body))?;
        value.push_str(&self.apply(name, operator, word, depth)?);
        Ok(rest.strip_prefix('}').unwrap_or(rest))
    }

    fn apply(&mut self, name: &str, operator: Operator, word: &str, depth: usize) -> Result<String, TemplateError> {
        let found = self.value_of(name);
        let present = found.as_ref().is_some_and(|value| !(operator.colon && value.is_empty()));
        match operator.kind {
            Kind::Default | Kind::Required if present => Ok(found.unwrap_or_default()),
            Kind::Alternative if !present => Ok(String::new()),
            Kind::Default | Kind::Alternative => self.compose(word, depth + 1),
            Kind::Required => {
                let message = self.compose(word, depth + 1)?;
                Err(TemplateError::Required { variable: name.to_owned(), message })
            }
        }
    }

    /// The value, and the errors that a later substitution made good.
    fn swarm(&mut self, text: &str) -> Result<(String, Vec<TemplateError>), TemplateError> {
        let mut value = String::with_capacity(text.len());
        let mut errors = Vec::new();
        let mut is_last_good = true;
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            value.push_str(before);
            if let Some(next) = after.strip_prefix('$') {
                value.push('$');
                rest = next;
                continue;
            }
            let body = after.strip_prefix('{');
            let (substitution, next) = split_substitution(body.unwrap_or(after));
            let next = if body.is_some() { next.strip_prefix('}') } else { Some(next) };
            let (found, next) = match next {
                Some(next) if !substitution.is_empty() => (self.swarm_value(substitution), next),
                Some(_) | None => (Err(syntax("$", after)), after),
            };
            is_last_good = found.is_ok();
            match found {
                Ok(found) => value.push_str(&found),
                Err(error) => errors.push(error),
            }
            rest = next;
        }
        value.push_str(rest);
        match errors.pop() {
            Some(error) if !is_last_good => Err(error),
            Some(error) => {
                errors.push(error);
                Ok((value, errors))
            }
            None => Ok((value, errors)),
        }
    }

    /// The value of `NAME<op>word`. The operators are searched anywhere in it and in this order, whichever stands first.
    fn swarm_value(&mut self, substitution: &str) -> Result<String, TemplateError> {
        if let Some((name, word)) = substitution.split_once(":-") {
            let found = self.value_of(name).filter(|value| !value.is_empty());
            return Ok(found.unwrap_or_else(|| word.to_owned()));
        }
        if let Some((name, word)) = substitution.split_once('-') {
            return Ok(self.value_of(name).unwrap_or_else(|| word.to_owned()));
        }
        let (split, colon) = match substitution.split_once(":?") {
            Some(split) => (Some(split), true),
            None => (substitution.split_once('?'), false),
        };
        let Some((name, message)) = split else { return Ok(self.plain(substitution)) };
        let found = self.value_of(name).filter(|value| !(colon && value.is_empty()));
        let missing = || TemplateError::Required { variable: name.to_owned(), message: message.to_owned() };
        found.ok_or_else(missing)
    }
}

fn syntax(before: &str, after: &str) -> TemplateError {
    let shown: String = after.chars().take_while(|c| *c != '\n').take(30).collect();
    let shown = format!("{before}{shown}");
    let message =
        format!("{shown:?} is not a substitution: write ${{NAME}} or ${{NAME:-default}}, or $$ for a dollar sign");
    TemplateError::Syntax { message }
}

/// A leading variable name, which may be empty, and the rest. The two signs beyond ASCII fold to `s` and `k`, and the pattern of
/// the reference ignores case.
fn split_name(text: &str) -> (&str, &str) {
    let starts = |c: char| c == '_' || c.is_ascii_alphabetic() || matches!(c, '\u{17f}' | '\u{212a}');
    if !text.starts_with(starts) {
        return ("", text);
    }
    let end = text.find(|c: char| !starts(c) && !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// A leading operator and the rest.
fn split_operator(text: &str) -> Option<(Operator, &str)> {
    let (colon, text) = text.strip_prefix(':').map_or((false, text), |rest| (true, rest));
    let mut chars = text.chars();
    let kind = match chars.next()? {
        '-' => Kind::Default,
        '?' => Kind::Required,
        '+' => Kind::Alternative,
        _ => return None,
    };
    Some((Operator { kind, colon }, chars.as_str()))
}

/// The brace that ends a word: the one that balances the substitution's own, counted as the reference counts, which skips the
/// byte after each opening brace; else the last one of the line.
fn balancing_brace(area: &str, last: usize) -> usize {
    let mut depth = 1_usize;
    let mut bytes = area.bytes().enumerate().take(last.saturating_add(1));
    while let Some((at, byte)) = bytes.next() {
        if byte == b'}' {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        } else if byte == b'{' {
            depth += 1;
            bytes.next();
        }
    }
    last
}

/// Swarm's `NAME` or `NAME<op>word`, where the word runs to the next closing brace or the end, and the rest.
fn split_substitution(text: &str) -> (&str, &str) {
    let (name, after) = split_name(text);
    let operator = after.strip_prefix(':').unwrap_or(after).starts_with(['-', '?']);
    let end = match after.find('}') {
        _ if name.is_empty() || !operator => name.len(),
        Some(at) => name.len() + at,
        None => text.len(),
    };
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests;
