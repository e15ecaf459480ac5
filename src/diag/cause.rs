//! One message a cause: what is said of thirty services for the same reason is told once, with every place.

use std::collections::HashMap;

use super::{Code, Diagnostic};

/// A message and the others that have its cause.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// The first in the order of the file.
    pub first: &'a Diagnostic,
    /// The others, in the same order.
    pub others: Vec<&'a Diagnostic>,
}

impl<'a> Told<'a> {
    /// A message that stands for itself.
    pub fn alone(first: &'a Diagnostic) -> Self {
        Told { first, others: Vec::new() }
    }
}

/// Gathers messages of one code and cause behind the first of them; those without a cause stand for themselves.
pub fn by_cause<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>) -> Vec<Told<'a>> {
    let mut told: Vec<Told<'a>> = Vec::new();
    let mut known: HashMap<(Code, &str), usize> = HashMap::new();
    for diagnostic in diagnostics {
        if diagnostic.cause.is_empty() {
            told.push(Told::alone(diagnostic));
            continue;
        }
        let place = *known.entry((diagnostic.code, &diagnostic.cause)).or_insert(told.len());
        match told.get_mut(place) {
            Some(before) => before.others.push(diagnostic),
            None => told.push(Told::alone(diagnostic)),
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gathers_what_has_one_code_and_one_cause() {
        let one = |code: Code, message: &str, cause: &str| Diagnostic::nowhere(code, message).cause(cause);
        let all = [
            one(Code::NoCounterpart, "a", "ulimits"),
            one(Code::NoCounterpart, "b", ""),
            one(Code::NoCounterpart, "c", "ulimits"),
            one(Code::Init, "d", "ulimits"),
            one(Code::NoCounterpart, "e", ""),
        ];
        let told: Vec<(&str, usize)> =
            by_cause(&all).iter().map(|told| (told.first.message.as_str(), told.others.len())).collect();
        assert_eq!(told, [("a", 1), ("b", 0), ("d", 0), ("e", 0)]);
    }
}
