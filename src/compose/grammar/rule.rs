//! Rules of Traefik's routers (Traefik, "Routers", "Rule"): calls such as ``Host(`a`)``, joined by `&&`, `||`, `!` and parentheses,
//! in the forms of versions 2 and 3; those of version 1 stand in [`v1`].

mod disjuncts;
pub mod v1;

pub use disjuncts::{Literal, disjuncts};

/// The longest rule that is read, and the deepest nesting.
const LONGEST: usize = 16 * 1024;
const DEEPEST: usize = 32;

/// What a request must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// One of these.
    Or(Vec<Rule>),
    /// All of these.
    And(Vec<Rule>),
    /// Not this.
    Not(Box<Rule>),
    /// What one call asks for.
    Match(Test),
}

/// What one call asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Test {
    /// The host, in lower case.
    Host(String),
    /// The host, by a regular expression.
    HostLike(String),
    /// The whole path.
    Path(String),
    /// The beginning of the path.
    PathPrefix(String),
    /// The path, by a regular expression.
    PathLike(String),
    /// A method of HTTP.
    Method(String),
    /// A header and its value.
    Header(String, String),
    /// A header and a regular expression for its value.
    HeaderLike(String, String),
    /// A parameter of the query and its value; any value where there is none.
    Query(String, Option<String>),
    /// A parameter of the query and a regular expression for its value.
    QueryLike(String, String),
    /// An address, or a range of them, that the request comes from.
    Client(String),
    /// A protocol that is asked for in the TLS handshake.
    Alpn(String),
}

/// Reads a rule of version 2 or 3.
///
/// # Errors
///
/// What is no rule, or one that is too long or nested too deeply.
pub fn parse(text: &str) -> Result<Rule, String> {
    if text.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} characters"));
    }
    let mut parser = Parser { rest: text, depth: 0 };
    let rule = parser.or()?;
    parser.blanks();
    if parser.rest.is_empty() { Ok(rule) } else { Err(format!("`{}` is not understood", shown(parser.rest))) }
}

/// The beginning of what is not understood.
fn shown(text: &str) -> String {
    text.chars().take(24).collect()
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, word: &str) -> bool {
        self.blanks();
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn or(&mut self) -> Result<Rule, String> {
        let mut all = vec![self.and()?];
        while self.take("||") {
            all.push(self.and()?);
        }
        Ok(joined(all, Rule::Or))
    }

    fn and(&mut self) -> Result<Rule, String> {
        let mut all = vec![self.unary()?];
        while self.take("&&") {
            all.push(self.unary()?);
        }
        Ok(joined(all, Rule::And))
    }

    fn unary(&mut self) -> Result<Rule, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it is nested too deeply".to_owned());
        }
        let rule = if self.take("!") {
            Rule::Not(Box::new(self.unary()?))
        } else if self.take("(") {
            let inner = self.or()?;
            if !self.take(")") {
                return Err("a `)` is missing".to_owned());
            }
            inner
        } else {
            self.call()?
        };
        self.depth -= 1;
        Ok(rule)
    }

    fn call(&mut self) -> Result<Rule, String> {
        self.blanks();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() {
            return Err(if rest.is_empty() {
                "it ends early".to_owned()
            } else {
                format!("`{}` is no call", shown(rest))
            });
        }
        self.rest = rest;
        if !self.take("(") {
            return Err(format!("`(` is missing behind `{name}`"));
        }
        let mut args = Vec::new();
        while !self.take(")") {
            if !args.is_empty() && !self.take(",") {
                return Err(format!("a `)` is missing behind the values of `{name}`"));
            }
            args.push(self.text()?);
        }
        meaning(name, args)
    }

    /// A literal of Go: as it is in backticks, with escapes in double quotes.
    fn text(&mut self) -> Result<String, String> {
        self.blanks();
        let wrong = |rest: &str| format!("`{}` is no value in backticks or double quotes", shown(rest));
        if let Some(rest) = self.rest.strip_prefix('`') {
            let (text, after) = rest.split_once('`').ok_or_else(|| wrong(self.rest))?;
            self.rest = after;
            return Ok(text.to_owned());
        }
        let inside = self.rest.strip_prefix('"').ok_or_else(|| wrong(self.rest))?;
        let mut text = String::new();
        let mut characters = inside.char_indices();
        while let Some((index, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = inside.get(index + 1..).unwrap_or_default();
                    return Ok(text);
                }
                '\\' => match characters.next() {
                    Some((_, escaped @ ('\\' | '"'))) => text.push(escaped),
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, _)) | None => return Err("there is an unknown escape in double quotes".to_owned()),
                },
                other => text.push(other),
            }
        }
        Err("a double quote is missing".to_owned())
    }
}

/// One of several, or that one.
fn joined(mut all: Vec<Rule>, join: fn(Vec<Rule>) -> Rule) -> Rule {
    match (all.len(), all.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            all.extend(last);
            join(all)
        }
    }
}

/// What a call asks for; several values are alternatives, as version 2 has it.
fn meaning(name: &str, args: Vec<String>) -> Result<Rule, String> {
    let lower = name.to_ascii_lowercase();
    let each = |test: fn(String) -> Test| {
        if args.is_empty() {
            return Err(format!("`{name}` has no value"));
        }
        Ok(joined(args.iter().cloned().map(|arg| Rule::Match(test(arg))).collect(), Rule::Or))
    };
    let pair = |test: fn(String, String) -> Test| match args.as_slice() {
        [key, value] => Ok(Rule::Match(test(key.clone(), value.clone()))),
        _ => Err(format!("`{name}` has a name and a value")),
    };
    match lower.as_str() {
        "host" | "hostheader" | "hostsni" => each(host),
        "hostregexp" | "hostsniregexp" => each(|arg| Test::HostLike(v2_regex(&arg, "[^.]+"))),
        "path" => {
            each(|arg| if has_variables(&arg) { Test::PathLike(v2_regex(&arg, "[^/]+")) } else { Test::Path(arg) })
        }
        "pathprefix" => each(|arg| {
            if has_variables(&arg) {
                let whole = v2_regex(&arg, "[^/]+");
                Test::PathLike(whole.strip_suffix('$').map(str::to_owned).unwrap_or(whole))
            } else {
                Test::PathPrefix(arg)
            }
        }),
        "pathregexp" => each(Test::PathLike),
        "method" => each(|arg| Test::Method(arg.to_ascii_uppercase())),
        "clientip" => each(Test::Client),
        "alpn" => each(Test::Alpn),
        "header" | "headers" => pair(Test::Header),
        "headerregexp" | "headersregexp" => pair(Test::HeaderLike),
        "queryregexp" => pair(Test::QueryLike),
        "query" => match args.as_slice() {
            // Version 2: each value is `name=value`, all must hold.
            [_, ..] if args.iter().all(|arg| arg.contains('=')) => {
                let test = |arg: &String| {
                    let (key, value) = arg.split_once('=').unwrap_or((arg, ""));
                    Rule::Match(Test::Query(key.to_owned(), Some(value.to_owned())))
                };
                Ok(joined(args.iter().map(test).collect(), Rule::And))
            }
            [key] => Ok(Rule::Match(Test::Query(key.clone(), None))),
            [key, value] => Ok(Rule::Match(Test::Query(key.clone(), Some(value.clone())))),
            _ => Err(format!("`{name}` has a name and a value")),
        },
        _ => Err(format!("there is no `{name}`")),
    }
}

/// Hosts are compared in lower case, without the dot of the root; TCP writes `*` for any, version 3 `*.a` for all below one.
fn host(text: String) -> Test {
    let lower = text.trim().trim_end_matches('.').to_ascii_lowercase();
    match lower.strip_prefix("*.") {
        _ if lower == "*" => Test::HostLike(".*".to_owned()),
        Some(domain) => Test::HostLike(format!("^[^.]+\\.{}$", escaped(domain))),
        None => Test::Host(lower),
    }
}

/// Whether a value holds variables of version 2, as `{name:[a-z]+}` or `{name}`; `{2,3}` of a regular expression is none.
fn has_variables(text: &str) -> bool {
    text.split('{').skip(1).any(|part| part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

/// A value with variables of version 2 as a regular expression; one without them is one already.
fn v2_regex(text: &str, any: &str) -> String {
    if !has_variables(text) {
        return text.to_owned();
    }
    let mut regex = String::from("^");
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        regex.push_str(&escaped(before));
        let mut open = 1_usize;
        let end = after.find(|c: char| {
            open = match c {
                '{' => open + 1,
                '}' => open.saturating_sub(1),
                _ => open,
            };
            open == 0
        });
        let Some((variable, behind)) = end.and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?))) else {
            rest = after;
            continue;
        };
        let pattern = variable.split_once(':').map_or(any, |(_, pattern)| pattern);
        regex.push_str(&format!("({pattern})"));
        rest = behind;
    }
    regex.push_str(&escaped(rest));
    regex.push('$');
    regex
}

/// A text as a regular expression for itself.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '.' | '+' | '*' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(test: Test) -> Rule {
        Rule::Match(test)
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let rule = parse("Host(`a`) || Host(`B.`) && !PathPrefix(\"/x\\\"\")").unwrap();
        let not = Rule::Not(Box::new(one(Test::PathPrefix("/x\"".to_owned()))));
        let and = Rule::And(vec![one(Test::Host("b".to_owned())), not]);
        assert_eq!(rule, Rule::Or(vec![one(Test::Host("a".to_owned())), and]));
    }

    #[test]
    fn several_values_are_alternatives() {
        let rule = parse("Host(`a`,`b`)").unwrap();
        assert_eq!(rule, Rule::Or(vec![one(Test::Host("a".to_owned())), one(Test::Host("b".to_owned()))]));
    }

    #[test]
    fn variables_become_regular_expressions() {
        assert_eq!(
            parse("HostRegexp(`{sub:[a-z]{2,3}}.a.b`)").unwrap(),
            one(Test::HostLike("^([a-z]{2,3})\\.a\\.b$".to_owned()))
        );
        assert_eq!(parse("Path(`/a/{id}`)").unwrap(), one(Test::PathLike("^/a/([^/]+)$".to_owned())));
        assert_eq!(parse("HostRegexp(`^.+\\.a{2}$`)").unwrap(), one(Test::HostLike("^.+\\.a{2}$".to_owned())));
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "",
            "Host",
            "Host()",
            "Host(`a`",
            "Host('a')",
            "Host(`a`) &&",
            "Host(`a`) Host(`b`)",
            "Who(`a`)",
            "(Host(`a`)",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"(".repeat(100_000)).is_err());
        assert!(parse(&format!("{}Host(`a`)", "!".repeat(200))).is_err());
    }

    #[test]
    fn no_text_makes_it_panic() {
        let pieces =
            ["Host", "(", ")", "`", "\"", "\\", "{", "}", "a:", "&&", "||", "!", ",", " ", "ä", "Path", ";", ":"];
        for text in crate::compose::grammar::random_texts(&pieces, 20_000) {
            if let Ok(rule) = parse(&text) {
                let _ = disjuncts(&rule, 64);
            }
            let _ = v1::parse(&text);
        }
    }
}
