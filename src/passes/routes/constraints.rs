//! Which services Traefik looks at, by their labels (`providers.docker.constraints`, `providers.swarm.constraints`).
//!
//! ```yaml
//! command: ["--providers.swarm.constraints=Label(`traefik.constraint-label`, `public`)"]
//! # services without traefik.constraint-label=public have no routes
//! ```

use std::collections::BTreeMap;

/// So deep may parentheses stand.
const DEEPEST: usize = 32;

/// Whether labels meet an expression; `None` where that cannot be known: labels that are not Traefik's own, and regular expressions.
pub(super) fn meets(expression: &str, labels: &BTreeMap<String, &str>) -> Option<bool> {
    let mut reader = Reader { rest: expression.trim(), labels };
    let met = reader.any(0)?;
    if reader.rest.is_empty() { met.known() } else { None }
}

/// What is known of a part of an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Met {
    Yes,
    No,
    Perhaps,
}

impl Met {
    fn known(self) -> Option<bool> {
        match self {
            Met::Yes => Some(true),
            Met::No => Some(false),
            Met::Perhaps => None,
        }
    }
}

/// Reads an expression from its beginning; every part is `None` where it is no expression.
struct Reader<'a> {
    rest: &'a str,
    labels: &'a BTreeMap<String, &'a str>,
}

impl<'a> Reader<'a> {
    /// Takes a text off the beginning, and the blanks behind it.
    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    /// `a || b`.
    fn any(&mut self, depth: usize) -> Option<Met> {
        let mut met = self.all(depth)?;
        while self.take("||") {
            met = match (met, self.all(depth)?) {
                (Met::Yes, _) | (_, Met::Yes) => Met::Yes,
                (Met::No, Met::No) => Met::No,
                (Met::Perhaps, _) | (_, Met::Perhaps) => Met::Perhaps,
            };
        }
        Some(met)
    }

    /// `a && b`.
    fn all(&mut self, depth: usize) -> Option<Met> {
        let mut met = self.one(depth)?;
        while self.take("&&") {
            met = match (met, self.one(depth)?) {
                (Met::No, _) | (_, Met::No) => Met::No,
                (Met::Yes, Met::Yes) => Met::Yes,
                (Met::Perhaps, _) | (_, Met::Perhaps) => Met::Perhaps,
            };
        }
        Some(met)
    }

    /// `!a`, `(a)`, ``Label(`key`, `value`)``.
    fn one(&mut self, depth: usize) -> Option<Met> {
        if depth > DEEPEST {
            return None;
        }
        if self.take("!") {
            return self.one(depth + 1).map(|met| match met {
                Met::Yes => Met::No,
                Met::No => Met::Yes,
                Met::Perhaps => Met::Perhaps,
            });
        }
        if self.take("(") {
            let met = self.any(depth + 1)?;
            return self.take(")").then_some(met);
        }
        let is_exact = !self.take("LabelRegex") && !self.take("LabelRegexp");
        if is_exact && !self.take("Label") {
            return None;
        }
        if !self.take("(") {
            return None;
        }
        let key = self.quoted()?;
        if !self.take(",") {
            return None;
        }
        let value = self.quoted()?;
        if !self.take(")") {
            return None;
        }
        let key = key.to_ascii_lowercase();
        let is_ours = is_exact && key.starts_with("traefik.");
        Some(match self.labels.get(&key) {
            _ if !is_ours => Met::Perhaps,
            Some(found) if *found == value => Met::Yes,
            Some(_) | None => Met::No,
        })
    }

    /// A text in backticks or quotes.
    fn quoted(&mut self) -> Option<&'a str> {
        let quote = self.rest.chars().next().filter(|c| matches!(c, '`' | '"'))?;
        let (text, rest) = self.rest.get(1..)?.split_once(quote)?;
        self.rest = rest.trim_start();
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_met_or_not_or_unknown() {
        let labels = BTreeMap::from([("traefik.tag".to_owned(), "public"), ("traefik.zone".to_owned(), "a")]);
        for (expression, met) in [
            ("Label(`traefik.tag`, `public`)", Some(true)),
            ("Label(`traefik.tag`,`private`)", Some(false)),
            ("Label(`traefik.none`, `public`)", Some(false)),
            (
                "!Label(`traefik.tag`, `private`) && (Label(\"traefik.zone\", \"b\") || Label(`Traefik.Zone`, `a`))",
                Some(true),
            ),
            ("Label(`own`, `public`)", None),
            ("Label(`own`, `public`) && Label(`traefik.zone`, `b`)", Some(false)),
            ("LabelRegex(`traefik.tag`, `p.+`)", None),
            ("tag==public", None),
            ("Label(`traefik.tag`", None),
            ("", None),
        ] {
            assert_eq!(meets(expression, &labels), met, "{expression}");
        }
    }
}
