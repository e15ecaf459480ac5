//! A placement constraint, as `node.labels.disk == ssd` (SwarmKit, "manager/constraint": `==` is looked for before `!=`, and the
//! first of either splits; spaces around both sides mean nothing; values are whole words without globs).

/// A constraint on nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint<'a> {
    /// What of a node is looked at.
    pub subject: Subject<'a>,
    /// Whether it must equal the value (`==`) or differ from it (`!=`).
    pub equals: bool,
    /// The value.
    pub value: &'a str,
}

/// What of a node a constraint or a preference looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// `node.id`
    Id,
    /// `node.hostname`
    Hostname,
    /// `node.ip`
    Address,
    /// `node.role`
    Role,
    /// `node.platform.os`
    OperatingSystem,
    /// `node.platform.arch`
    Architecture,
    /// `node.labels.KEY`
    NodeLabel(&'a str),
    /// `engine.labels.KEY`
    EngineLabel(&'a str),
}

/// Reads a constraint. The error says what is wrong with it.
pub fn parse(text: &str) -> Result<Constraint<'_>, String> {
    let (left, equals, right) = match (text.split_once("=="), text.split_once("!=")) {
        (Some((left, right)), _) => (left, true, right),
        (None, Some((left, right))) => (left, false, right),
        (None, None) => return Err(format!("`{text}` holds neither == nor !=")),
    };
    let (left, value) = (left.trim(), right.trim());
    if value.is_empty() {
        return Err(format!("`{text}` has no value"));
    }
    let subject = subject(left).ok_or_else(|| format!("`{left}` is nothing that a node has"))?;
    Ok(Constraint { subject, equals, value })
}

/// What a constraint or a preference names: prefixes in any case, label keys as they are written.
pub fn subject(text: &str) -> Option<Subject<'_>> {
    let text = text.trim();
    let after = |prefix: &str| {
        let head = text.get(..prefix.len())?;
        let rest = text.get(prefix.len()..)?;
        (head.eq_ignore_ascii_case(prefix) && !rest.is_empty()).then_some(rest)
    };
    if let Some(label) = after("node.labels.") {
        return Some(Subject::NodeLabel(label));
    }
    if let Some(label) = after("engine.labels.") {
        return Some(Subject::EngineLabel(label));
    }
    match text.to_ascii_lowercase().as_str() {
        "node.id" => Some(Subject::Id),
        "node.hostname" => Some(Subject::Hostname),
        "node.ip" => Some(Subject::Address),
        "node.role" => Some(Subject::Role),
        "node.platform.os" => Some(Subject::OperatingSystem),
        "node.platform.arch" => Some(Subject::Architecture),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_operators_with_and_without_spaces() {
        let expected = Constraint { subject: Subject::NodeLabel("disk"), equals: true, value: "ssd" };
        for text in ["node.labels.disk==ssd", " node.labels.disk == ssd ", "NODE.Labels.disk ==ssd"] {
            assert_eq!(parse(text), Ok(expected.clone()), "{text}");
        }
        let differs = Constraint { subject: Subject::Role, equals: false, value: "manager" };
        assert_eq!(parse("node.role!=manager"), Ok(differs));
    }

    #[test]
    fn the_first_double_equals_wins_over_an_earlier_difference() {
        let read = parse("node.labels.a!=b==c");
        assert_eq!(read, Ok(Constraint { subject: Subject::NodeLabel("a!=b"), equals: true, value: "c" }));
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(parse("node.role=manager").unwrap_err().contains("neither"));
        assert!(parse("node.role==").unwrap_err().contains("no value"));
        assert!(parse("node.colour==red").unwrap_err().contains("nothing"));
        assert!(parse("node.labels.==red").is_err());
    }
}
