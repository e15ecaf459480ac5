//! What a container has of its host and of the engine: names, limits, logs, models, providers (compose-spec, "extra_hosts",
//! "ulimits", "logging", "credential_spec", "provider", "models", "label_file", "container_name", "pull_policy").

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a decoder names the kinds it takes; every other kind is the same error"
)]

use indexmap::IndexMap;

use crate::compose::keys::{Decode, Entries, Merge, Named, Reader, Shape, keys};
use crate::compose::model::text::{LooseOptions, TextSet, entries, mapping, scalar_text};
use crate::origin::{Origin, Spanned};
use crate::syntax::{Node, Value};

/// `extra_hosts`: lines for /etc/hosts, one a name and address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExtraHosts(pub Vec<Spanned<HostEntry>>);

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostEntry {
    /// The name.
    pub host: String,
    /// The address, without brackets, or `host-gateway`.
    pub address: String,
}

impl Decode for ExtraHosts {
    const EXPECTED: &'static str = "a mapping or a list of host=address";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let mut read = Vec::new();
        match node.value {
            Value::Map(map) => {
                for (host, entry) in map {
                    let addresses = match entry.value.value {
                        Value::String(address) => vec![Spanned { value: address, origin: entry.value.origin }],
                        Value::List(_) => reader
                            .within(host.clone(), |reader| {
                                crate::compose::model::text::Texts::decode(entry.value, reader)
                            })
                            .map(|texts| texts.0)
                            .unwrap_or_default(),
                        _ => {
                            reader
                                .within(host, |reader| reader.wrong_type(&entry.value, "an address or a list of them"));
                            continue;
                        }
                    };
                    for address in addresses {
                        add_host(&host, &address.value, address.origin, &mut read, reader);
                    }
                }
            }
            Value::List(_) => {
                let lines = TextSet::decode(node, reader)?.0;
                for line in lines {
                    let Some((host, addresses)) = line.value.split_once('=').or_else(|| line.value.split_once(':'))
                    else {
                        let message = format!("`{}` has no address", line.value);
                        reader.bad_value(line.origin, message, "write host=address");
                        continue;
                    };
                    for address in addresses.split(',') {
                        add_host(host, address, line.origin, &mut read, reader);
                    }
                }
            }
            _ => {
                reader.wrong_type(&node, Self::EXPECTED);
                return None;
            }
        }
        Some(ExtraHosts(read))
    }
}

fn add_host(host: &str, address: &str, origin: Origin, into: &mut Vec<Spanned<HostEntry>>, reader: &mut Reader<'_>) {
    if host.is_empty() || host.contains([':', '=']) {
        reader.bad_value(origin, format!("`{host}` is no host name"), "write host=address");
        return;
    }
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|bare| !bare.is_empty());
    let address = bare.unwrap_or(address).to_owned();
    into.push(Spanned { value: HostEntry { host: host.to_owned(), address }, origin });
}

/// `ulimits`: limits of the process, by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ulimits(pub IndexMap<String, Spanned<Ulimit>>);

/// One limit.
#[derive(Clone, Debug, PartialEq)]
pub enum Ulimit {
    /// Soft and hard alike.
    Both(i64),
    /// Each its own.
    Each(Box<SoftHard>),
}

keys! {
    /// A limit with a soft and a hard value.
    SoftHard in "services.*.ulimits.*" requires "soft", "hard" {
        soft "soft": i64, Merge::Default, Reads, Nothing, "What holds at first.";
        hard "hard": i64, Merge::Default, Reads, Nothing, "How far it can be raised.";
    }
}

impl Decode for Ulimits {
    const SHAPE: Shape = Shape::Entries(SoftHard::TABLE);
    const EXPECTED: &'static str = "a mapping of limits";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let mut read = IndexMap::new();
        for (name, entry) in mapping(node, reader)? {
            let origin = entry.value.origin;
            let value = reader.within(name.clone(), |reader| match entry.value.value {
                Value::Map(_) => SoftHard::decode(entry.value, reader).map(|limit| Ulimit::Each(Box::new(limit))),
                _ => i64::decode(entry.value, reader).map(Ulimit::Both),
            });
            if let Some(value) = value {
                read.insert(name, Spanned { value, origin });
            }
        }
        Some(Ulimits(read))
    }
}

keys! {
    /// `logging`.
    Logging in "services.*.logging" {
        driver "driver": String, Merge::Default, Reads, Approximate, "What takes the output.";
        options "options": LooseOptions, Merge::Default, Reads, Approximate, "Options of the driver.";
    }
}

keys! {
    /// `credential_spec`.
    CredentialSpec in "services.*.credential_spec" {
        config "config": String, Merge::Default, Reads, Approximate, "The config that holds it.";
        file "file": String, Merge::Default, Reads, Approximate, "The file that holds it.";
        registry "registry": String, Merge::Default, Reads, Approximate, "The registry key that holds it.";
    }
}

keys! {
    /// `provider`.
    Provider in "services.*.provider" requires "type" {
        kind "type": String, Merge::Default, Reads, Nothing, "The program.";
        options "options": ProviderOptions, Merge::Default, Reads, Nothing, "Its arguments.";
    }
}

/// Arguments of a provider: each name with one value or several.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProviderOptions(pub IndexMap<String, Vec<Spanned<String>>>);

impl Decode for ProviderOptions {
    const EXPECTED: &'static str = "a mapping of names to values";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let mut read = IndexMap::new();
        for (name, entry) in mapping(node, reader)? {
            let values = match entry.value.value {
                Value::List(items) => items,
                _ => vec![entry.value],
            };
            let mut texts = Vec::with_capacity(values.len());
            for value in values {
                let origin = value.origin;
                match (&value.value, scalar_text(&value.value)) {
                    (Value::Null, _) | (_, None) => reader
                        .within(name.clone(), |reader| reader.wrong_type(&value, "a string, a number or a boolean")),
                    (_, Some(value)) => texts.push(Spanned { value, origin }),
                }
            }
            read.insert(name, texts);
        }
        Some(ProviderOptions(read))
    }
}

keys! {
    /// How a service learns of a model.
    ServiceModel in "services.*.models.*" nullable true {
        endpoint_var "endpoint_var": String, Merge::Default, Reads, Approximate, "The variable that gets its address.";
        model_var "model_var": String, Merge::Default, Reads, Approximate, "The variable that gets its name.";
    }
}

/// The models of a service: a list of names, or a mapping.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceModels(pub Entries<ServiceModel>);

impl Decode for ServiceModels {
    const SHAPE: Shape = Shape::Entries(ServiceModel::TABLE);
    const EXPECTED: &'static str = "a list of names or a mapping";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        if !matches!(node.value, Value::List(_)) {
            return entries(node, reader).map(ServiceModels);
        }
        let names = TextSet::decode(node, reader)?;
        Some(ServiceModels(
            names.0.into_iter().map(|name| (name.value, Named { key: name.origin, value: None })).collect(),
        ))
    }
}

/// `label_file`: one path or several.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelFiles(pub Vec<Spanned<String>>);

impl Decode for LabelFiles {
    const EXPECTED: &'static str = "a path or a list of paths";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            Value::String(value) => Some(LabelFiles(vec![Spanned { value, origin: node.origin }])),
            _ => crate::compose::model::text::Texts::decode(node, reader).map(|texts| LabelFiles(texts.0)),
        }
    }
}

/// `container_name`: two characters or more, the first a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerName(pub String);

impl Decode for ContainerName {
    const EXPECTED: &'static str = "a string";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let origin = node.origin;
        let name = String::decode(node, reader)?;
        // The pattern is not anchored in the Compose schema: one fitting pair of characters anywhere is enough.
        let fits = name.as_bytes().windows(2).any(|pair| match pair {
            [first, second] => {
                first.is_ascii_alphanumeric() && (second.is_ascii_alphanumeric() || b"_.-".contains(second))
            }
            _ => false,
        });
        if fits {
            return Some(ContainerName(name));
        }
        let help = "write two characters or more, the first a letter or digit, the others also _ . -";
        reader.bad_value(origin, format!("`{name}` is no container name"), help);
        None
    }
}

/// `pull_policy`, as it is written: `always`, `never`, `missing`, `build`, `daily`, `every_12h` and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullPolicy(pub String);

impl Decode for PullPolicy {
    const EXPECTED: &'static str = "a string";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let origin = node.origin;
        let policy = String::decode(node, reader)?;
        if matches!(
            policy.as_str(),
            "always" | "never" | "build" | "if_not_present" | "missing" | "refresh" | "daily" | "weekly"
        ) || is_interval(&policy)
        {
            return Some(PullPolicy(policy));
        }
        let help = "write always, never, missing, build, refresh, daily, weekly or every_ with a time, as every_12h";
        reader.bad_value(origin, format!("`{policy}` is no pull policy"), help);
        None
    }
}

/// `every_`, then times: digits and a unit each.
fn is_interval(policy: &str) -> bool {
    let Some(mut rest) = policy.strip_prefix("every_").filter(|rest| !rest.is_empty()) else { return false };
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let Some(next) = unit.strip_prefix(['w', 'd', 'h', 'm', 's']).filter(|_| unit.len() < rest.len()) else {
            return false;
        };
        rest = next;
    }
    true
}
