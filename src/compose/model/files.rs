//! Configs, secrets and environment files (compose-spec, "configs", "secrets", "env_file"), in short and long form.

use crate::compose::grammar::mode;
use crate::compose::keys::{Decode, Merge, Reader, Shape, keys};
use crate::compose::model::text::{Options, Pairs, mapping, mapping_or};
use crate::origin::Spanned;
use crate::syntax::{Map, Node, Value};

keys! {
    /// A service's use of a config or secret; a string is its source.
    Grant in "services.*.configs[]" short source {
        source "source": String, Merge::Default, Reads, Exact, "The config or secret.";
        target "target": String, Merge::Default, Reads, Exact, "The file in the container.";
        uid "uid": String, Merge::Default, Reads, Approximate, "The file's owner.";
        gid "gid": String, Merge::Default, Reads, Approximate, "The file's group.";
        mode "mode": Mode, Merge::Default, Reads, Approximate, "The file's permission bits.";
    }
}

/// A string is the source.
fn source(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
    mapping_or("source", node, reader)
}

/// All of them.
pub type Grants = Vec<Spanned<Grant>>;

/// Permission bits: an octal string, or a number taken as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode(pub u32);

impl Decode for Mode {
    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        if let Value::String(text) = &node.value {
            return match mode::parse(text) {
                Ok(bits) => Some(Mode(bits)),
                Err(message) => {
                    reader.bad_value(node.origin, message, "write octal digits such as \"0440\"");
                    None
                }
            };
        }
        let bits = i64::decode(node.clone(), reader)?;
        match u32::try_from(bits) {
            Ok(bits) if bits <= 0o7777 => Some(Mode(bits)),
            _ => {
                reader.bad_value(
                    node.origin,
                    format!("{bits} is no set of permission bits"),
                    "write octal digits such as 0440",
                );
                None
            }
        }
    }
}

keys! {
    /// A file of environment variables; a string is its path.
    EnvFile in "services.*.env_file[]" short path requires "path" closed true {
        path "path": String, Merge::Default, Reads, Loader, "The file.";
        format "format": String, Merge::Default, Reads, Loader, "`raw` takes values as they are.";
        required "required": bool, Merge::Default, Reads, Loader, "Whether it must exist.";
    }
}

/// A string is the path.
fn path(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
    mapping_or("path", node, reader)
}

/// All of them; one may stand without a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnvFiles(pub Vec<Spanned<EnvFile>>);

impl Decode for EnvFiles {
    const SHAPE: Shape = Shape::Items(EnvFile::TABLE);

    const EXPECTED: &'static str = "a path or a list of paths";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        if !matches!(node.value, Value::String(_)) {
            return Vec::decode(node, reader).map(EnvFiles);
        }
        let origin = node.origin;
        EnvFile::decode(node, reader).map(|value| EnvFiles(vec![Spanned { value, origin }]))
    }
}

keys! {
    /// A config or secret of the project.
    FileSource in "configs.*" short own_keys {
        name "name": String, Merge::Default, Reads, Exact, "Its real name.";
        file "file": String, Merge::Default, Reads, Exact, "The file that holds it.";
        content "content": String, Merge::Default, Reads, Exact, "Its text.";
        environment "environment": String, Merge::Default, Reads, Exact, "The variable that holds it.";
        external "external": External, Merge::Default, Reads, Exact, "Whether it exists already.";
        labels "labels": Pairs, Merge::Pairs, Reads, Exact, "Its labels.";
        driver "driver": String, Merge::Default, Reads, Nothing, "The plugin that holds it.";
        driver_opts "driver_opts": Options, Merge::Default, Reads, Nothing, "Options of the plugin.";
        template_driver "template_driver": String, Merge::Default, Reads, Nothing, "The template language of its text.";
    }
}

/// Only a config has its text in the file, and only a secret has a driver.
fn own_keys(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
    let mut map = mapping(node, reader)?;
    let foreign: &[&str] =
        if reader.path().starts_with("secrets.") { &["content"] } else { &["driver", "driver_opts"] };
    for name in foreign {
        if let Some(entry) = map.shift_remove(*name) {
            reader.unknown_key(name, entry.key, &entry.value, FileSource::TABLE);
        }
    }
    Some(map)
}

/// `external: true`, or the old form with a name.
#[derive(Clone, Debug, PartialEq)]
pub enum External {
    /// `true` or `false`.
    Flag(bool),
    /// `external: { name: ... }`.
    Named(Spanned<String>),
}

impl External {
    /// Whether it exists outside.
    pub fn is_external(&self) -> bool {
        match self {
            External::Flag(flag) => *flag,
            External::Named(_) => true,
        }
    }
}

impl Decode for External {
    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        if !matches!(node.value, Value::Map(_)) {
            return bool::decode(node, reader).map(External::Flag);
        }
        let map = mapping(node, reader)?;
        let mut named = External::Flag(true);
        for (name, entry) in map {
            let origin = entry.value.origin;
            if name == "name" {
                named = External::Named(Spanned { value: String::decode(entry.value, reader)?, origin });
            } else {
                reader.bad_value(
                    entry.key,
                    format!("`{name}` is no key of `external`"),
                    "write external: true and name: beside it",
                );
            }
        }
        Some(named)
    }
}
