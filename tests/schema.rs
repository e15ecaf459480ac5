//! The JSON Schema of `x-kubernetes` and its page: `docs/x-kubernetes.schema.json` and `docs/x-kubernetes.md` say what the key tables
//! say (`TRANSSHIP_BLESS=1 cargo test --test schema` writes them), and the fixtures that compile hold to it.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads fixtures, blesses its files and fails loudly"
)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;
use transship::compose::keys::{Form, Shape, Table};
use transship::compose::schema::{PLACES, schema};
use transship::world::OsWorld;
use transship::{Request, compile};

const HEAD: &str = "\
# x-kubernetes

What a Compose file says of the cluster that Compose has no key for. It may stand on services, volumes, configs, secrets and at the
top level. Docker passes over it. Misspelt keys and values that Kubernetes would refuse are errors, with their place.

`transship schema` prints the JSON Schema (draft 2020-12), which is [x-kubernetes.schema.json](x-kubernetes.schema.json) too. The
tables below and the schema come from the key tables in `src/compose/model/kubernetes.rs`; run
`TRANSSHIP_BLESS=1 cargo test --test schema` after changing them.

```yaml
services:
  web:
    image: example/web
    ports: [\"80:3000\"]
    x-kubernetes:
      autoscaling: { min_replicas: 2, max_replicas: 10, cpu: 70 }
      publish: ingress
      ingress: { host: shop.example.com, class: nginx, tls_secret: shop-tls }
      patch:
        Deployment: { spec: { revisionHistoryLimit: 3 } }
volumes:
  data:
    x-kubernetes: { size: 20Gi, class: fast }
x-kubernetes:
  labels: { team: shop }
  resource_quota: { hard: { pods: \"50\" } }
```

* What is closest counts: a volume's own words before those of the service that mounts it, these before the top level's, and these
  before the command line's. `x-kubernetes` counts before labels of kompose.
* A `patch` is a strategic merge patch, with `null` and `$patch: delete` or `replace`, and comes last: on a service for the kinds of its
  own objects, at the top level for a `Kind` or `Kind/name`. A patch that finds no object is told. Of custom resources (Gateway API,
  Traefik, cert-manager) a server knows no strategic merge: their patch is merged as JSON (RFC 7386), where a list takes the place of the
  whole list, and there is no `$patch`.
* `ingress` makes Ingresses and `gateway` routes of the Gateway API, whatever `--routes` makes of the labels of routers.
* *Kubernetes' own* values are handed on as they are written, once its API knows every field of them.
";

/// The titles of the page, by place.
const TITLES: &[(&str, &str)] = &[
    ("project", "At the top level"),
    ("service", "On a service"),
    ("volume", "On a volume"),
    ("config", "On a config or secret"),
];

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn check(path: &str, wanted: &str) {
    if std::env::var_os("TRANSSHIP_BLESS").is_some() {
        std::fs::write(file(path), wanted).unwrap();
    }
    let written = std::fs::read_to_string(file(path)).unwrap().replace("\r\n", "\n");
    assert!(wanted == written, "{path} is stale: run `TRANSSHIP_BLESS=1 cargo test --test schema`");
}

fn form(form: Form) -> String {
    match form {
        Form::Any | Form::OneOrMore => "a mapping".to_owned(),
        Form::Text => "text".to_owned(),
        Form::Whole => "a whole number".to_owned(),
        Form::Flag => "true or false".to_owned(),
        Form::Texts => "a list of texts".to_owned(),
        Form::TextOrTexts => "a text or a list of them".to_owned(),
        Form::Pairs => "names and texts".to_owned(),
        Form::Words(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Form::Mapping => "a mapping, Kubernetes' own".to_owned(),
        Form::Mappings => "a list, Kubernetes' own".to_owned(),
        Form::Portion => "a number or a percentage".to_owned(),
        Form::Size => "a size".to_owned(),
    }
}

fn rows(table: &Table, path: &str, page: &mut String) {
    for rule in table.rules {
        let path = if path.is_empty() { rule.name.to_owned() } else { format!("{path}.{}", rule.name) };
        let below = match rule.shape {
            Shape::Leaf => None,
            Shape::Table(below) | Shape::Entries(below) | Shape::Items(below) => Some(below),
        };
        let value = if below.is_some() { "a mapping".to_owned() } else { form(rule.form) };
        writeln!(page, "| `{path}` | {} | {value} |", rule.doc.trim()).unwrap();
        if let Some(below) = below {
            rows(below, &path, page);
        }
    }
}

#[test]
fn the_page_and_the_schema_say_what_the_tables_say() {
    let mut page = HEAD.to_owned();
    for (name, title) in TITLES {
        let (_, _, table) = PLACES.iter().find(|(_, known, _)| known == name).unwrap();
        write!(page, "\n## {title}\n\n| key | meaning | value |\n|---|---|---|\n").unwrap();
        rows(table, "", &mut page);
    }
    check("docs/x-kubernetes.md", &page);
    check("docs/x-kubernetes.schema.json", &format!("{:#}\n", schema()));
}

/// Every key of a table is in a schema, and no other one.
fn same_keys(table: &Table, schema: &Value, path: &str) {
    let schema = schema.pointer("/anyOf/0").filter(|one| one.get("properties").is_some()).unwrap_or(schema);
    let properties =
        schema.get("properties").and_then(Value::as_object).unwrap_or_else(|| panic!("{path} has no keys"));
    let names: Vec<&str> = table.rules.iter().map(|rule| rule.name).collect();
    let mut known: Vec<&str> = properties.keys().map(String::as_str).collect();
    known.sort_by_key(|name| names.iter().position(|other| other == name));
    assert_eq!(known, names, "{path}");
    assert_eq!(schema.get("additionalProperties"), Some(&Value::Bool(false)), "{path}");
    for rule in table.rules {
        let below = match rule.shape {
            Shape::Leaf => continue,
            Shape::Table(below) | Shape::Entries(below) | Shape::Items(below) => below,
        };
        let path = format!("{path}.{}", rule.name);
        same_keys(below, properties.get(rule.name).unwrap(), &path);
    }
}

#[test]
fn every_key_of_the_tables_is_in_the_schema() {
    let schema = schema();
    for (_, name, table) in PLACES {
        same_keys(table, schema.pointer(&format!("/$defs/{name}")).unwrap(), name);
    }
}

/// What a value breaks of a schema: the words of JSON Schema that ours is written in.
fn broken(root: &Value, schema: &Value, value: &Value, path: &str) -> Option<String> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return broken(root, root.pointer(reference.trim_start_matches('#')).unwrap(), value, path);
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let tried: Vec<String> = choices.iter().map_while(|choice| broken(root, choice, value, path)).collect();
        return (tried.len() == choices.len()).then(|| tried.join(" or "));
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return (!words.contains(value)).then(|| format!("{path} is none of {words:?}"));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is = |wanted: &Value| wanted == kind || (wanted == "number" && kind == "integer");
    match schema.get("type") {
        Some(Value::Array(kinds)) if !kinds.iter().any(is) => return Some(format!("{path} is {kind}")),
        Some(wanted @ Value::String(_)) if !is(wanted) => return Some(format!("{path} is {kind}")),
        Some(_) | None => {}
    }
    if let Value::Array(items) = value {
        let schema = schema.get("items")?;
        return items.iter().find_map(|item| broken(root, schema, item, &format!("{path}[]")));
    }
    let map = value.as_object()?;
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    if let Some(lacking) = required.into_iter().find(|name| !map.contains_key(*name)) {
        return Some(format!("{path} lacks {lacking}"));
    }
    map.iter().find_map(|(key, value)| {
        let path = format!("{path}.{key}");
        match (schema.pointer(&format!("/properties/{key}")), schema.get("additionalProperties")) {
            (Some(schema), _) => broken(root, schema, value, &path),
            (None, Some(Value::Bool(false))) => Some(format!("{path} is unknown")),
            (None, Some(schema)) if schema.is_object() => broken(root, schema, value, &path),
            (None, _) => None,
        }
    })
}

fn fixtures() -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        std::fs::read_dir(file("testdata/kubernetes")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| if path.is_dir() { path.join("compose.yaml") } else { path }).collect()
}

#[test]
fn the_schema_takes_what_compiles_and_refuses_unknown_keys() {
    let schema = schema();
    let mut taken = 0;
    for path in fixtures() {
        let text = std::fs::read_to_string(&path).unwrap();
        let value: Value = serde_json::to_value(serde_yaml::from_str::<serde_yaml::Value>(&text).unwrap()).unwrap();
        let request = Request { files: vec![path.display().to_string()], ..Request::default() };
        let compilation = compile(&OsWorld, &request);
        let unknown = compilation.diagnostics.iter().any(|diagnostic| diagnostic.code.id() == "T0101");
        let problem = broken(&schema, &schema, &value, "");
        if compilation.manifests.is_some() {
            assert_eq!(problem, None, "{}", path.display());
            taken += 1;
        } else if unknown {
            assert!(problem.is_some(), "{} holds an unknown key", path.display());
        }
    }
    assert!(taken > 10, "{taken}");
}
