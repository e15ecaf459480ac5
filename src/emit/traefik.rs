//! Routes and treatments as Traefik's own resources (traefik.io/v1alpha1); rule: what its labels say, word for word.
//!
//! ```yaml
//! apiVersion: traefik.io/v1alpha1
//! kind: IngressRoute
//! spec:
//!   entryPoints:
//!     - websecure
//!   routes:
//!     - kind: Rule
//!       match: Host(`shop.example.com`)
//!       middlewares:
//!         - name: slow
//!       services:
//!         - name: web
//!           port: 8080
//!   tls:
//!     certResolver: le
//! ```

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::at::At;
use super::{Context, Manifest, meta};
use crate::ir::{Carries, Name, Route, RouteDomain, RouteTls, Setting, SettingValue, Traced, Treatment};

const VERSION: &str = "traefik.io/v1alpha1";

/// An IngressRoute, IngressRouteTCP or IngressRouteUDP.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Routes {
    #[serde(skip_serializing_if = "Option::is_none")]
    entry_points: Option<Vec<String>>,
    routes: Vec<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<Tls>,
}

#[derive(Serialize)]
struct Rule {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    middlewares: Option<Vec<Value>>,
    services: Vec<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tls {
    #[serde(skip_serializing_if = "Option::is_none")]
    cert_resolver: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domains: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passthrough: Option<bool>,
}

/// A route to a workload.
pub(super) fn route(context: &Context, owner: &Name, route: &Route) -> Manifest {
    let Route {
        name,
        called,
        written_at,
        form,
        carries,
        matches,
        rule,
        entry_points,
        outside,
        tls,
        port,
        backend,
        steps,
        priority,
        class,
        annotations,
        why,
    } = route;
    // The rule says what they say, and what it is called was for messages.
    let _ = (called, written_at, form, matches, class, outside);
    let mut at = At::default();
    let metadata = meta::annotated(context, &mut at, name, owner, annotations, why);
    let spec = at.within("spec", |at| {
        at.here(why);
        let entry_points = at.texts("entryPoints", entry_points, String::clone);
        let routes = at.list("routes", [()], |at, ()| Rule {
            kind: (*carries == Carries::Http).then_some("Rule"),
            rule: at.maybe("match", rule.as_ref()),
            priority: at.maybe("priority", priority.as_ref()),
            middlewares: at.texts("middlewares", steps, |step| json!({ "name": step.as_str() })),
            services: at
                .list("services", [()], |at, ()| service(at, owner, port.as_ref(), backend))
                .unwrap_or_default(),
        });
        Routes {
            entry_points,
            routes: routes.unwrap_or_default(),
            tls: tls.as_ref().map(|tls| at.within("tls", |at| self::tls(at, tls))),
        }
    });
    let kind = match carries {
        Carries::Http => "IngressRoute",
        Carries::Tcp => "IngressRouteTCP",
        Carries::Udp => "IngressRouteUDP",
    };
    at.finish(&meta::Custom { api_version: VERSION, kind, metadata, spec }, Some(owner))
}

fn service(at: &mut At, owner: &Name, port: Option<&Traced<u16>>, backend: &[Setting]) -> Value {
    let mut all = tree(at, backend);
    all.insert("name".to_owned(), owner.to_string().into());
    if let Some(port) = at.maybe("port", port) {
        all.insert("port".to_owned(), port.into());
    }
    Value::Object(all)
}

fn tls(at: &mut At, tls: &RouteTls) -> Tls {
    let RouteTls { resolver, issuer, secret, domains, passthrough, settings, why } = tls;
    // It is heard where a Secret is made for it.
    let _ = issuer;
    at.here(why);
    let options = settings.first().map(|setting| match &setting.value.value {
        SettingValue::Text(name) => json!({ "name": name }),
        SettingValue::Flag(_)
        | SettingValue::Number(_)
        | SettingValue::List(_)
        | SettingValue::Names(_)
        | SettingValue::Empty => value(&setting.value.value),
    });
    if let Some(setting) = settings.first() {
        at.because("options", &setting.value.why);
    }
    Tls {
        cert_resolver: at.maybe("certResolver", resolver.as_ref()),
        secret_name: at.maybe("secretName", secret.as_ref()),
        domains: at.list("domains", domains, domain),
        options,
        passthrough: at.flag("passthrough", passthrough.as_ref()),
    }
}

fn domain(at: &mut At, domain: &RouteDomain) -> Value {
    let RouteDomain { main, sans } = domain;
    let mut all = Map::new();
    all.extend(at.maybe("main", main.as_ref()).map(|main| ("main".to_owned(), main.into())));
    all.extend(at.texts("sans", sans, String::clone).map(|sans| ("sans".to_owned(), sans.into())));
    Value::Object(all)
}

/// What is done on the way: a Middleware or MiddlewareTCP.
pub(super) fn treatment(context: &Context, treatment: &Treatment) -> Manifest {
    let Treatment { name, called, carries, kind, settings, why } = treatment;
    let _ = called;
    let mut at = At::default();
    let metadata = meta::object(context, &mut at, name, name, why);
    let spec = at.within("spec", |at| {
        at.here(why);
        let below = at.within(kind, |at| tree(at, settings));
        Map::from_iter([(kind.clone(), Value::Object(below))])
    });
    let kind = match carries {
        Carries::Http | Carries::Udp => "Middleware",
        Carries::Tcp => "MiddlewareTCP",
    };
    at.finish(&meta::Custom { api_version: VERSION, kind, metadata, spec }, None)
}

/// Settings below the keys that lead to them.
fn tree(at: &mut At, settings: &[Setting]) -> Map<String, Value> {
    let mut all = Map::new();
    for Setting { path, value: traced } in settings {
        place(at, &mut all, path, traced);
    }
    all
}

fn place(at: &mut At, into: &mut Map<String, Value>, path: &[String], traced: &Traced<SettingValue>) {
    let Some((first, rest)) = path.split_first() else { return };
    at.within(first, |at| {
        if rest.is_empty() {
            at.here(&traced.why);
            // Another setting may stand below a switch.
            into.entry(first.clone()).or_insert_with(|| value(&traced.value));
            return;
        }
        let below = into.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
        if !below.is_object() {
            *below = Value::Object(Map::new());
        }
        if let Value::Object(below) = below {
            place(at, below, rest, traced);
        }
    });
}

fn value(value: &SettingValue) -> Value {
    match value {
        SettingValue::Text(text) => text.as_str().into(),
        SettingValue::Flag(flag) => (*flag).into(),
        SettingValue::Number(number) => (*number).into(),
        SettingValue::List(items) => items.as_slice().into(),
        SettingValue::Names(names) => names.iter().map(|name| json!({ "name": name })).collect(),
        SettingValue::Empty => Value::Object(Map::new()),
    }
}
