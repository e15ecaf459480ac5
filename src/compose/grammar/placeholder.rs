//! Placeholders of `docker service create` in texts, as `{{.Node.Hostname}}` (SwarmKit, "template"): Go templates, of which real
//! files use single fields and `index .Service.Labels "key"`.

/// A piece of a text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that stands as it is.
    Text(&'a str),
    /// A field of the service, its task or its node; and how it is written, braces included.
    Field(Field<'a>, &'a str),
    /// Anything else between `{{` and `}}`, braces included.
    Other(&'a str),
}

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    /// `.Service.ID`
    ServiceId,
    /// `.Service.Name`
    ServiceName,
    /// `index .Service.Labels "key"`
    ServiceLabel(&'a str),
    /// `.Node.ID`
    NodeId,
    /// `.Node.Hostname`
    NodeHostname,
    /// `.Node.Platform.OS`
    NodeSystem,
    /// `.Node.Platform.Architecture`
    NodeArchitecture,
    /// `.Task.ID`
    TaskId,
    /// `.Task.Name`
    TaskName,
    /// `.Task.Slot`
    TaskSlot,
}

/// Cuts a text into its pieces; one without placeholders is one piece.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((inside, after)) = behind.split_once("}}") else { break };
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let whole = rest.get(before.len()..rest.len() - after.len()).unwrap_or_default();
        pieces.push(field(inside).map_or(Piece::Other(whole), |field| Piece::Field(field, whole)));
        rest = after;
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

fn field(inside: &str) -> Option<Field<'_>> {
    // `{{- x -}}` trims the text around it, which changes nothing here.
    let inside = inside.trim_matches('-').trim();
    if let Some(label) = inside.strip_prefix("index") {
        let key = label.trim().strip_prefix(".Service.Labels")?.trim();
        let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
        return key.filter(|key| !key.contains(['"', '\\'])).map(Field::ServiceLabel);
    }
    match inside {
        ".Service.ID" => Some(Field::ServiceId),
        ".Service.Name" => Some(Field::ServiceName),
        ".Node.ID" => Some(Field::NodeId),
        ".Node.Hostname" => Some(Field::NodeHostname),
        ".Node.Platform.OS" => Some(Field::NodeSystem),
        ".Node.Platform.Architecture" => Some(Field::NodeArchitecture),
        ".Task.ID" => Some(Field::TaskId),
        ".Task.Name" => Some(Field::TaskName),
        ".Task.Slot" => Some(Field::TaskSlot),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_texts_at_their_placeholders() {
        assert_eq!(pieces("plain"), [Piece::Text("plain")]);
        assert_eq!(pieces(""), [Piece::Text("")]);
        assert_eq!(pieces("{{.Node.Hostname}}"), [Piece::Field(Field::NodeHostname, "{{.Node.Hostname}}")]);
        let mixed = [Piece::Text("a-"), Piece::Field(Field::TaskSlot, "{{ .Task.Slot }}"), Piece::Text(".b{{")];
        assert_eq!(pieces("a-{{ .Task.Slot }}.b{{"), mixed);
        let label = r#"{{index .Service.Labels "com.docker.stack.namespace"}}"#;
        assert_eq!(pieces(label), [Piece::Field(Field::ServiceLabel("com.docker.stack.namespace"), label)]);
        assert_eq!(pieces("{{ if x }}y"), [Piece::Other("{{ if x }}"), Piece::Text("y")]);
    }

    #[test]
    fn pieces_put_together_are_the_text() {
        for text in crate::compose::grammar::random_texts(&["{{", "}}", "é", ".Node.ID", "a", "{", "}"], 2000) {
            let joined: String = pieces(&text)
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) | Piece::Other(text) | Piece::Field(_, text) => (*text).to_owned(),
                })
                .collect();
            assert_eq!(joined, text);
        }
    }
}
