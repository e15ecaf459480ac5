//! Casts after interpolation: a text that a variable changed becomes the number or boolean that its place wants (docker/cli's
//! table of paths). A text without variables is never cast, so `replicas: "2"` is refused and `replicas: "${N}"` is not.

use crate::syntax::Value;

/// What a place wants.
enum Cast {
    Int,
    Float,
    Bool,
}

/// The value of an interpolated text at a path, whose list items are `[]`. A text that is not what the place
/// wants stays a text, which reading then refuses.
pub(crate) fn cast(path: &[&str], text: String) -> Value {
    let value = match wanted(path) {
        None => None,
        Some(Cast::Int) => text.parse().ok().map(Value::Int),
        Some(Cast::Float) => text.parse().ok().map(Value::Float),
        Some(Cast::Bool) => match text.to_lowercase().as_str() {
            "y" | "yes" | "true" | "on" => Some(Value::Bool(true)),
            "n" | "no" | "false" | "off" => Some(Value::Bool(false)),
            _ => None,
        },
    };
    value.unwrap_or(Value::String(text))
}

fn wanted(path: &[&str]) -> Option<Cast> {
    // The reference splits paths at dots, so that no name with a dot matches.
    if path.iter().any(|segment| segment.contains('.')) {
        return None;
    }
    let (section, below) = match path {
        [section, _, below @ ..] => (*section, below),
        _ => return None,
    };
    match (section, below) {
        ("services", ["configs" | "secrets", "[]", "mode"])
        | ("services", ["healthcheck", "retries"])
        | ("services", ["deploy", "replicas"])
        | ("services", ["deploy", "update_config" | "rollback_config", "parallelism"])
        | ("services", ["deploy", "restart_policy", "max_attempts"])
        | ("services", ["deploy", "placement", "max_replicas_per_node"])
        | ("services", ["ports", "[]", "target" | "published"])
        | ("services", ["ulimits", _] | ["ulimits", _, "hard" | "soft"])
        | ("services", ["oom_score_adj"]) => Some(Cast::Int),
        ("services", ["deploy", "update_config" | "rollback_config", "max_failure_ratio"]) => Some(Cast::Float),
        ("services", ["healthcheck", "disable"])
        | ("services", ["privileged" | "read_only" | "stdin_open" | "tty"])
        | ("services", ["volumes", "[]", "read_only"] | ["volumes", "[]", "volume", "nocopy"])
        | ("networks", ["external" | "internal" | "attachable"])
        | ("volumes" | "secrets" | "configs", ["external"]) => Some(Cast::Bool),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::cast;
    use crate::syntax::Value;

    fn at(path: &str, text: &str) -> Value {
        cast(&path.split('/').collect::<Vec<_>>(), text.to_owned())
    }

    #[test]
    fn by_place() {
        let text = |text: &str| Value::String(text.to_owned());
        assert_eq!(at("services/web/deploy/replicas", "2"), Value::Int(2));
        assert_eq!(at("services/web/deploy/replicas", "+2"), Value::Int(2));
        assert_eq!(at("services/web/deploy/replicas", "2.5"), text("2.5"));
        assert_eq!(at("services/web/ports/[]/target", "80"), Value::Int(80));
        assert_eq!(at("services/web/tty", "Yes"), Value::Bool(true));
        assert_eq!(at("networks/n/internal", "1"), text("1"));
        assert_eq!(at("services/web/image", "2"), text("2"));
        assert_eq!(at("services/web/init", "true"), text("true"));
        assert_eq!(at("services/a.b/tty", "true"), text("true"));
    }
}
