//! The canonical form: a project as `docker compose config` prints it (compose-loading, sections 14, 15 and 19).
//!
//! Each type of the model writes itself, and the `keys!` table writes a mapping key by key; `values` holds what each type writes,
//! `normalise` what the reference fills in afterwards: names, defaults, the default network, dependencies that are implied.

mod normalise;
mod values;

use serde_json::{Map, Value};

use crate::compose::keys::Key;
use crate::origin::{Origin, Spanned};
use crate::syntax::{self, Node};

pub use normalise::canonical;

/// Which of the reference's two canonical forms is written: they differ where Go's writers of JSON and YAML do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON: a command that is not set is null, mappings that are never absent are empty, and `x-*` stands at the top alone.
    Json,
    /// YAML: what is not set is not written.
    Yaml,
}

/// A value of the model that can be written in canonical form.
pub trait Canonical {
    /// What stands in the file; `None` where the value is the zero of its type, which the reference does not write.
    fn canonical(&self, form: Form) -> Option<Value>;

    /// What stands for the zero, in the few keys that are written even then.
    fn zero() -> Value {
        Value::Null
    }
}

/// Adds one key of a mapping, unless it is not set or at its zero.
pub(in crate::compose) fn put<T: Canonical>(
    into: &mut Map<String, Value>,
    path: &str,
    name: &str,
    key: &Key<T>,
    form: Form,
) {
    let Some(Spanned { value, origin: _ }) = key.get() else {
        if form == Form::Json && (path, name) == ("services.*.post_start[]", "command") {
            into.insert(name.to_owned(), Value::Null);
        }
        return;
    };
    let written = match (value.canonical(form), quirk(path, name)) {
        (None, Some(Quirk::EvenZero)) => Some(T::zero()),
        (Some(Value::Bool(true)), Some(Quirk::FalseAlone)) => None,
        (None, Some(Quirk::FalseAlone)) => Some(Value::Bool(false)),
        (Some(Value::Object(mut map)), Some(Quirk::NullIsEmpty)) => {
            map.values_mut().filter(|value| value.is_null()).for_each(|value| *value = Value::String(String::new()));
            Some(Value::Object(map))
        }
        (written, _) => written,
    };
    if let Some(written) = written {
        into.insert(name.to_owned(), written);
    }
}

/// Adds the keys that begin with `x-`.
pub(in crate::compose) fn put_extensions(
    into: &mut Map<String, Value>,
    extensions: &[(String, Origin, Node)],
    form: Form,
) {
    if form == Form::Yaml {
        into.extend(extensions.iter().map(|(name, _, node)| (name.clone(), plain(node))));
    }
}

/// How a key departs from the others when it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quirk {
    /// It is written even at its zero.
    EvenZero,
    /// It is written only when false.
    FalseAlone,
    /// A name without a value has an empty one.
    NullIsEmpty,
}

fn quirk(path: &str, name: &str) -> Option<Quirk> {
    match (path, name) {
        ("services.*", "init" | "attach" | "scale" | "stop_grace_period" | "umask")
        | ("services.*.healthcheck", "interval" | "timeout" | "retries" | "start_period" | "start_interval")
        | ("services.*.deploy", "replicas")
        | ("services.*.deploy.update_config", "parallelism")
        | ("services.*.deploy.restart_policy", "delay" | "max_attempts" | "window")
        | ("services.*.deploy.resources.reservations.generic_resources[].discrete_resource_spec", "kind" | "value")
        | ("services.*.networks.*", "use_service_name_alias")
        | ("networks.*", "enable_ipv4" | "enable_ipv6") => Some(Quirk::EvenZero),
        ("services.*.volumes[].bind", "create_host_path") => Some(Quirk::FalseAlone),
        (
            _,
            "labels" | "annotations" | "sysctls" | "options" | "driver_opts" | "additional_contexts" | "storage_opt",
        ) => Some(Quirk::NullIsEmpty),
        _ => None,
    }
}

/// A node as it stands.
pub(in crate::compose) fn plain(node: &Node) -> Value {
    match &node.value {
        syntax::Value::Null => Value::Null,
        syntax::Value::Bool(value) => Value::Bool(*value),
        syntax::Value::Int(value) => Value::from(*value),
        syntax::Value::Float(value) => values::number(*value),
        syntax::Value::Timestamp(text) | syntax::Value::String(text) => Value::String(text.clone()),
        syntax::Value::List(items) => items.iter().map(plain).collect(),
        syntax::Value::Map(map) => {
            Value::Object(map.iter().map(|(name, entry)| (name.clone(), plain(&entry.value))).collect())
        }
    }
}
