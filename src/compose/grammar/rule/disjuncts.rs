//! A rule as alternatives of conjunctions (disjunctive normal form): what routes say that have no `||` and no parentheses.

use super::{Rule, Test};

/// A test, or that it must fail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Literal {
    /// What is asked for.
    pub test: Test,
    /// Whether it must not hold.
    pub negated: bool,
}

/// The alternatives, each a conjunction; `None` when there would be more than `limit` literals times alternatives.
pub fn disjuncts(rule: &Rule, limit: usize) -> Option<Vec<Vec<Literal>>> {
    let mut all = spread(rule, false, limit)?;
    for conjunction in &mut all {
        conjunction.sort();
        conjunction.dedup();
    }
    let mut distinct = Vec::with_capacity(all.len());
    for conjunction in all {
        if !distinct.contains(&conjunction) {
            distinct.push(conjunction);
        }
    }
    Some(distinct)
}

/// A `!` is moved inwards: it turns `||` into `&&`.
fn spread(rule: &Rule, negated: bool, limit: usize) -> Option<Vec<Vec<Literal>>> {
    match (rule, negated) {
        (Rule::Match(test), _) => Some(vec![vec![Literal { test: test.clone(), negated }]]),
        (Rule::Not(inner), _) => spread(inner, !negated, limit),
        (Rule::Or(parts), false) | (Rule::And(parts), true) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(spread(part, negated, limit)?);
                if all.len() > limit {
                    return None;
                }
            }
            Some(all)
        }
        (Rule::And(parts), false) | (Rule::Or(parts), true) => {
            let mut all: Vec<Vec<Literal>> = vec![Vec::new()];
            for part in parts {
                let alternatives = spread(part, negated, limit)?;
                if all.len() * alternatives.len() > limit {
                    return None;
                }
                all = all
                    .iter()
                    .flat_map(|before| {
                        alternatives.iter().map(move |after| before.iter().chain(after).cloned().collect())
                    })
                    .collect();
            }
            Some(all)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn shape(text: &str) -> Vec<Vec<String>> {
        let all = disjuncts(&parse(text).unwrap(), 64).unwrap();
        let show = |literal: &Literal| format!("{}{:?}", if literal.negated { "!" } else { "" }, literal.test);
        all.iter().map(|conjunction| conjunction.iter().map(show).collect()).collect()
    }

    #[test]
    fn alternatives_are_multiplied_out() {
        assert_eq!(
            shape("(Host(`a`) || Host(`b`)) && PathPrefix(`/x`)"),
            [["Host(\"a\")", "PathPrefix(\"/x\")"], ["Host(\"b\")", "PathPrefix(\"/x\")"]]
        );
    }

    #[test]
    fn a_negation_moves_inwards() {
        assert_eq!(shape("!(Host(`a`) || Method(`GET`))"), [["!Host(\"a\")", "!Method(\"GET\")"]]);
        assert_eq!(shape("Host(`a`) && Host(`a`) || Host(`a`)"), [["Host(\"a\")"]]);
    }

    #[test]
    fn growth_is_limited() {
        let wide = ["(Host(`a`) || Host(`b`))"; 20].join(" && ");
        assert!(disjuncts(&parse(&wide).unwrap(), 64).is_none());
    }
}
