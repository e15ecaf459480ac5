//! What each type of the model writes (compose-loading, sections 14, 16 and 19): sizes as decimal strings, durations as Go prints
//! them, short forms as long ones, names of the user's own in order.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::compose::canonical::{Canonical, Form};
use crate::compose::grammar::duration;
use crate::compose::grammar::mounts::{ShortKind, ShortMount};
use crate::compose::grammar::ports::PortMapping;
use crate::compose::keys::{Entries, Named};
use crate::compose::model::build::SshKeys;
use crate::compose::model::device::{DeviceCount, Gpus, Weight};
use crate::compose::model::files::{EnvFiles, External, Mode};
use crate::compose::model::health::Test;
use crate::compose::model::host::{
    ContainerName, ExtraHosts, LabelFiles, ProviderOptions, PullPolicy, ServiceModels, SoftHard, Ulimit, Ulimits,
};
use crate::compose::model::lifecycle::PreStartHook;
use crate::compose::model::mount::{ServiceMount, TmpfsMounts};
use crate::compose::model::network::{Attachments, Dependencies};
use crate::compose::model::port::{Exposes, PublishedText, ServicePort};
use crate::compose::model::scalar::{Bytes, Duration, Nullable, Ranged, TextOrBool, Truncated, Umask, Unquoted};
use crate::compose::model::service::Command;
use crate::compose::model::text::{
    LooseOptions, OneOrMore, Options, Pair, Pairs, StorageOptions, TextOptions, TextSet, Texts, TextsAndNumbers,
};
use crate::origin::Spanned;

/// A number, as a whole one when it is.
#[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough for its digits to be exact")]
pub(super) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { Value::from(value as i64) } else { Value::from(value) }
}

fn text(value: &str) -> Option<Value> {
    (!value.is_empty()).then(|| Value::String(value.to_owned()))
}

fn whole(value: i64) -> Option<Value> {
    (value != 0).then(|| Value::from(value))
}

fn list(texts: &[Spanned<String>]) -> Option<Value> {
    (!texts.is_empty()).then(|| words(texts))
}

fn words(texts: &[Spanned<String>]) -> Value {
    texts.iter().map(|text| Value::String(text.value.clone())).collect()
}

/// A mapping of the user's own names, in their order.
fn sorted(entries: impl Iterator<Item = (String, Value)>) -> Value {
    let mut entries: Vec<(String, Value)> = entries.collect();
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    Value::Object(Map::from_iter(entries))
}

fn pairs(pairs: &IndexMap<String, Pair>) -> Option<Value> {
    let value = |pair: &Pair| pair.value.clone().map_or(Value::Null, Value::String);
    (!pairs.is_empty()).then(|| sorted(pairs.iter().map(|(name, pair)| (name.clone(), value(pair)))))
}

fn entries<T: Canonical>(entries: &Entries<T>, form: Form) -> Option<Value> {
    let written = |named: &Named<T>| {
        let value = named.value.as_ref().and_then(|value| value.value.canonical(form));
        value.unwrap_or(Value::Null)
    };
    (!entries.is_empty()).then(|| sorted(entries.iter().map(|(name, named)| (name.clone(), written(named)))))
}

macro_rules! writes {
    ($($type:ty: |$value:ident| $write:expr $(, $zero:expr)?;)*) => {
        $(impl Canonical for $type {
            fn canonical(&self, _form: Form) -> Option<Value> {
                let $value = self;
                $write
            }
            $(fn zero() -> Value {
                $zero
            })?
        })*
    };
}

writes! {
    String: |value| text(value), json!("");
    bool: |value| value.then_some(Value::Bool(true)), json!(false);
    i64: |value| whole(*value), json!(0);
    Truncated: |value| whole(value.0), json!(0);
    Bytes: |value| (value.0 != 0).then(|| Value::String(value.0.to_string()));
    Duration: |value| (value.0 != 0).then(|| Value::String(duration::print(value.0))), json!("0s");
    Umask: |value| whole(i64::from(value.0)), json!(0);
    TextOrBool: |value| text(&value.0);
    Weight: |value| whole(i64::from(value.0));
    ContainerName: |value| text(&value.0);
    PullPolicy: |value| text(if value.0 == "if_not_present" { "missing" } else { &value.0 });
    Texts: |value| list(&value.0);
    TextSet: |value| list(&value.0);
    OneOrMore: |value| list(&value.0);
    TextsAndNumbers: |value| list(&value.0);
    LabelFiles: |value| list(&value.0);
    Pairs: |value| pairs(&value.0);
    Options: |value| pairs(&value.0);
    LooseOptions: |value| pairs(&value.0);
    TextOptions: |value| pairs(&value.0);
    StorageOptions: |value| pairs(&value.0);
    Command: |value| Some(words(&value.0));
    Mode: |value| Some(Value::String(format!("0{:o}", value.0)));
    PublishedText: |value| text(&value.0);
    External: |value| value.is_external().then_some(Value::Bool(true));
    DeviceCount: |value| match value {
        DeviceCount::All => Some(Value::from(-1)),
        DeviceCount::Number(count) => whole(*count),
    };
}

/// A number of cores or a ratio: the reference keeps 32 bits of it.
impl Canonical for f64 {
    #[expect(clippy::cast_possible_truncation, reason = "the reference keeps 32 bits")]
    fn canonical(&self, _form: Form) -> Option<Value> {
        let shortest = (*self as f32).to_string().parse().unwrap_or(*self);
        (shortest != 0.0).then(|| number(shortest))
    }
}

impl<const LEAST: i64, const MOST: i64> Canonical for Ranged<LEAST, MOST> {
    fn canonical(&self, _form: Form) -> Option<Value> {
        whole(self.0)
    }
}

impl<T: Canonical> Canonical for Unquoted<T> {
    fn canonical(&self, form: Form) -> Option<Value> {
        self.0.canonical(form)
    }
}

impl<T: Canonical> Canonical for Nullable<T> {
    fn canonical(&self, form: Form) -> Option<Value> {
        self.0.canonical(form)
    }
}

impl<T: Canonical> Canonical for Vec<Spanned<T>> {
    fn canonical(&self, form: Form) -> Option<Value> {
        let items: Vec<Value> = self.iter().map(|item| item.value.canonical(form).unwrap_or_else(T::zero)).collect();
        (!items.is_empty()).then_some(Value::Array(items))
    }
}

impl<T: Canonical> Canonical for Entries<T> {
    fn canonical(&self, form: Form) -> Option<Value> {
        entries(self, form)
    }
}

impl Canonical for Attachments {
    fn canonical(&self, form: Form) -> Option<Value> {
        entries(&self.0, form)
    }
}

impl Canonical for ServiceModels {
    fn canonical(&self, form: Form) -> Option<Value> {
        entries(&self.0, form)
    }
}

impl Canonical for EnvFiles {
    fn canonical(&self, form: Form) -> Option<Value> {
        self.0.canonical(form)
    }
}

impl Canonical for Gpus {
    fn canonical(&self, form: Form) -> Option<Value> {
        match self {
            Gpus::All => Some(json!([{ "count": -1 }])),
            Gpus::These(requests) => requests.canonical(form),
        }
    }
}

impl Canonical for ProviderOptions {
    fn canonical(&self, _form: Form) -> Option<Value> {
        let values = self.0.iter().map(|(name, values)| (name.clone(), words(values)));
        (!self.0.is_empty()).then(|| sorted(values))
    }
}

impl Canonical for ExtraHosts {
    fn canonical(&self, _form: Form) -> Option<Value> {
        let mut lines: Vec<String> =
            self.0.iter().map(|entry| format!("{}={}", entry.value.host, entry.value.address)).collect();
        lines.sort();
        (!lines.is_empty()).then(|| lines.into_iter().map(Value::String).collect())
    }
}

impl Canonical for SshKeys {
    fn canonical(&self, _form: Form) -> Option<Value> {
        let line = |(name, pair): (&String, &Pair)| match &pair.value {
            Some(path) => Value::String(format!("{name}={path}")),
            None => Value::String(name.clone()),
        };
        (!self.0.is_empty()).then(|| self.0.iter().map(line).collect())
    }
}

impl Canonical for Ulimits {
    fn canonical(&self, form: Form) -> Option<Value> {
        let limit = |limit: &Ulimit| match limit {
            Ulimit::Both(0) => json!({}),
            Ulimit::Both(both) => Value::from(*both),
            Ulimit::Each(each) => SoftHard::canonical(each, form).unwrap_or_else(|| json!({})),
        };
        (!self.0.is_empty()).then(|| sorted(self.0.iter().map(|(name, found)| (name.clone(), limit(&found.value)))))
    }
}

impl Canonical for Test {
    fn canonical(&self, _form: Form) -> Option<Value> {
        let with = |head: &str, rest: &[Spanned<String>]| {
            let rest = rest.iter().map(|word| word.value.as_str());
            Some(std::iter::once(head).chain(rest).map(|word| Value::String(word.to_owned())).collect())
        };
        match self {
            Test::None => with("NONE", &[]),
            Test::Inherit => None,
            Test::Exec(words) => with("CMD", words),
            Test::Shell(words) => with("CMD-SHELL", words),
        }
    }
}

impl Canonical for Dependencies {
    fn canonical(&self, _form: Form) -> Option<Value> {
        let entries = self.0.iter().map(|(name, dependency)| {
            let condition = dependency.condition.as_ref().map_or("service_started", |found| found.value.as_str());
            let mut entry = Map::from_iter([("condition".to_owned(), json!(condition))]);
            if dependency.restart.is_some() {
                entry.insert("restart".to_owned(), json!(true));
            }
            entry.insert("required".to_owned(), json!(dependency.required));
            (name.clone(), Value::Object(entry))
        });
        (!self.0.is_empty()).then(|| sorted(entries))
    }
}

/// The ports of one entry, as a list: a range makes several.
impl Canonical for ServicePort {
    fn canonical(&self, form: Form) -> Option<Value> {
        match self {
            ServicePort::Short(range) => {
                let mut mappings: Vec<PortMapping> = range.mappings().collect();
                // The reference sorts the container's ports as text.
                mappings.sort_by_cached_key(|mapping| format!("{}/{}", mapping.target, mapping.protocol));
                Some(mappings.iter().map(port).collect())
            }
            ServicePort::Long(long) => Some(Value::Array(vec![long.canonical(form)?])),
        }
    }
}

fn port(mapping: &PortMapping) -> Value {
    let PortMapping { host_ip, published, target, protocol } = mapping;
    let mut port = Map::from_iter([("mode".to_owned(), json!("ingress"))]);
    if let Some(address) = host_ip {
        port.insert("host_ip".to_owned(), json!(address));
    }
    port.insert("target".to_owned(), json!(target));
    if let Some(published) = published {
        port.insert("published".to_owned(), json!(published));
    }
    port.insert("protocol".to_owned(), json!(protocol));
    Value::Object(port)
}

impl Canonical for Exposes {
    fn canonical(&self, _form: Form) -> Option<Value> {
        list(&self.1)
    }
}

impl Canonical for ServiceMount {
    fn canonical(&self, form: Form) -> Option<Value> {
        match self {
            ServiceMount::Short(short) => Some(short_mount(short)),
            ServiceMount::Long(long) => long.canonical(form),
        }
    }
}

fn short_mount(short: &ShortMount) -> Value {
    let ShortMount { kind, source, target, read_only, nocopy, options, ignored: _ } = short;
    let is_bind = *kind == ShortKind::Bind;
    let mut mount = Map::from_iter([("type".to_owned(), json!(if is_bind { "bind" } else { "volume" }))]);
    if let Some(source) = source {
        mount.insert("source".to_owned(), json!(source));
    }
    mount.insert("target".to_owned(), json!(target));
    if *read_only {
        mount.insert("read_only".to_owned(), json!(true));
    }
    let mut bind = Map::new();
    for option in options {
        let key = if matches!(option.as_str(), "z" | "Z") { "selinux" } else { "propagation" };
        bind.insert(key.to_owned(), json!(option));
    }
    if is_bind || !bind.is_empty() {
        mount.insert("bind".to_owned(), Value::Object(bind));
    }
    // The reference takes a text of one or two characters for a mount point before it looks for options.
    if !is_bind && (source.is_some() || target.len() > 2) {
        mount.insert("volume".to_owned(), if *nocopy { json!({ "nocopy": true }) } else { json!({}) });
    }
    Value::Object(mount)
}

impl Canonical for TmpfsMounts {
    fn canonical(&self, _form: Form) -> Option<Value> {
        list(&self.1)
    }
}

impl Canonical for PreStartHook {
    fn canonical(&self, form: Form) -> Option<Value> {
        let Value::Object(mut hook) = self.container.canonical(form)? else { return None };
        if self.per_replica.as_ref().is_some_and(|flag| flag.value) {
            hook.insert("per_replica".to_owned(), json!(true));
        }
        Some(Value::Object(hook))
    }
}
