//! Rules of Traefik 1 (v1.7, "Basics", "Matchers"): `Host:a,b;PathPrefix:/x`, where `,` is or, and `;` is and. Modifiers among them
//! change the request.

use super::{Rule, Test, joined, v2_regex};

/// A rule, and what is done to requests that meet it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What a request must be; `None` where only modifiers stand.
    pub rule: Option<Rule>,
    /// In the order in which they stand.
    pub changes: Vec<Change>,
}

/// What is done to the path of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// These beginnings are taken off.
    StripPrefix(Vec<String>),
    /// Beginnings by regular expressions are taken off.
    StripPrefixLike(Vec<String>),
    /// This is put before it.
    AddPrefix(String),
    /// It becomes this.
    Replace(String),
    /// What meets the expression becomes the other text.
    ReplaceLike(String, String),
}

/// Reads a rule of version 1.
///
/// # Errors
///
/// What is no such rule.
pub fn parse(text: &str) -> Result<Read, String> {
    let mut tests = Vec::new();
    let mut changes = Vec::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, values) = part.split_once(':').ok_or_else(|| format!("`{part}` has no `:`"))?;
        let each: Vec<String> =
            values.split(',').map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).collect();
        if each.is_empty() {
            return Err(format!("`{}` has no value", name.trim()));
        }
        let any = |test: &dyn Fn(&String) -> Test| {
            joined(each.iter().map(|value| Rule::Match(test(value))).collect(), Rule::Or)
        };
        let prefix = |value: &String| path(value, false);
        let whole = |value: &String| path(value, true);
        match name.trim().to_ascii_lowercase().as_str() {
            "host" => tests.push(any(&|value| super::host(value.clone()))),
            "hostregexp" => tests.push(any(&|value| Test::HostLike(v2_regex(value, "[^.]+")))),
            "method" => tests.push(any(&|value| Test::Method(value.to_ascii_uppercase()))),
            "path" => tests.push(any(&whole)),
            "pathprefix" => tests.push(any(&prefix)),
            "pathstrip" => {
                tests.push(any(&whole));
                changes.push(Change::StripPrefix(each.clone()));
            }
            "pathprefixstrip" => {
                tests.push(any(&prefix));
                changes.push(Change::StripPrefix(each.clone()));
            }
            "pathstripregex" => {
                tests.push(any(&whole));
                changes.push(Change::StripPrefixLike(each.clone()));
            }
            "pathprefixstripregex" => {
                tests.push(any(&prefix));
                changes.push(Change::StripPrefixLike(each.clone()));
            }
            "headers" => tests.push(Rule::Match(pair(values, Test::Header)?)),
            "headersregexp" => tests.push(Rule::Match(pair(values, Test::HeaderLike)?)),
            "query" => tests.push(any(&|value| match value.split_once('=') {
                Some((key, value)) => Test::Query(key.to_owned(), Some(value.to_owned())),
                None => Test::Query(value.clone(), None),
            })),
            "addprefix" => changes.push(Change::AddPrefix(values.trim().to_owned())),
            "replacepath" => changes.push(Change::Replace(values.trim().to_owned())),
            "replacepathregex" => {
                let (regex, text) =
                    values.trim().split_once(' ').ok_or("`ReplacePathRegex` has an expression and a text")?;
                changes.push(Change::ReplaceLike(regex.to_owned(), text.trim().to_owned()));
            }
            other => return Err(format!("there is no `{other}`")),
        }
    }
    if tests.is_empty() && changes.is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(Read { rule: (!tests.is_empty()).then(|| joined(tests, Rule::And)), changes })
}

fn path(text: &str, whole: bool) -> Test {
    if super::has_variables(text) {
        let regex = v2_regex(text, "[^/]+");
        let start = regex.strip_suffix('$').unwrap_or(&regex).to_owned();
        return Test::PathLike(if whole { regex } else { start });
    }
    if whole { Test::Path(text.to_owned()) } else { Test::PathPrefix(text.to_owned()) }
}

/// A name and a value behind a comma, which may hold commas itself.
fn pair(values: &str, test: fn(String, String) -> Test) -> Result<Test, String> {
    let (name, value) = values.split_once(',').ok_or("a header has a name and a value")?;
    Ok(test(name.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_are_or_and_semicolons_are_and() {
        let read = parse("Host: a, b ; PathPrefixStrip:/x").unwrap();
        let hosts = ["a", "b"].map(|host| Rule::Match(Test::Host(host.to_owned())));
        let path = Rule::Match(Test::PathPrefix("/x".to_owned()));
        assert_eq!(read.rule, Some(Rule::And(vec![Rule::Or(hosts.to_vec()), path])));
        assert_eq!(read.changes, [Change::StripPrefix(vec!["/x".to_owned()])]);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in ["", "Host", "Host:", "Who:a", "Headers:a"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
