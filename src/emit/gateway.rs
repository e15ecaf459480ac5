//! The Gateway API (gateway.networking.k8s.io); rule: one Gateway for each class with a door for each encrypted host, a route for each router.
//!
//! ```yaml
//! kind: HTTPRoute
//! spec:
//!   parentRefs:
//!     - name: shop
//!       sectionName: http
//!   hostnames:
//!     - shop.example.com
//!   rules:
//!     - backendRefs:
//!         - name: web
//!           port: 8080
//! ```

use serde::Serialize;
use serde_json::{Value, json};

use super::at::At;
use super::{Context, Manifest, Why, meta};
use crate::ir::{Filter, Gateway, GatewayMatch, GatewayRoute, Listener, Name, Parent, Traced};

/// That of Gateway API 1.6, which has routes of TCP, TLS and UDP in it.
const VERSION: &str = "gateway.networking.k8s.io/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GatewaySpec {
    gateway_class_name: String,
    listeners: Vec<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RouteSpec {
    parent_refs: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hostnames: Option<Vec<String>>,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    #[serde(skip_serializing_if = "Option::is_none")]
    matches: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filters: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend_refs: Option<Vec<Value>>,
}

/// The Gateway of the app.
pub(super) fn gateway(context: &Context, gateway: &Gateway) -> Manifest {
    let Gateway { name, class, annotations, listeners } = gateway;
    let mut at = At::default();
    let why = listeners.first().map_or(Why::Decision("one-gateway"), |first| first.why.clone());
    let metadata = meta::annotated(context, &mut at, name, name, annotations, &why);
    let spec = at.within("spec", |at| GatewaySpec {
        gateway_class_name: at.put("gatewayClassName", class),
        listeners: at.list("listeners", listeners, listener).unwrap_or_default(),
    });
    at.finish(&meta::Custom { api_version: VERSION, kind: "Gateway", metadata, spec }, None)
}

fn listener(at: &mut At, listener: &Listener) -> Value {
    let Listener { name, host, port, protocol, secret, why } = listener;
    at.here(why);
    let mut all = json!({ "name": name.as_str(), "port": port, "protocol": protocol });
    let Some(map) = all.as_object_mut() else { return all };
    map.extend(at.maybe("hostname", host.as_ref()).map(|host| ("hostname".to_owned(), host.into())));
    if let Some(secret) = at.maybe("tls", secret.as_ref()) {
        map.insert("tls".to_owned(), json!({ "certificateRefs": [{ "name": secret.as_str() }] }));
    } else if *protocol == "TLS" {
        map.insert("tls".to_owned(), json!({ "mode": "Passthrough" }));
    }
    all
}

/// A route to a workload.
pub(super) fn route(context: &Context, owner: &Name, route: &GatewayRoute) -> Manifest {
    let GatewayRoute { name, kind, parents, hosts, matches, filters, port, annotations, why } = route;
    let mut at = At::default();
    let metadata = meta::annotated(context, &mut at, name, owner, annotations, why);
    let spec = at.within("spec", |at| {
        at.here(why);
        let rules = at.list("rules", [()], |at, ()| Rule {
            matches: at.list("matches", matches, self::matches),
            filters: at.list("filters", filters, filter),
            backend_refs: port
                .as_ref()
                .and_then(|port| at.list("backendRefs", [port], |at, port| backend(at, owner, port))),
        });
        RouteSpec {
            parent_refs: at.list("parentRefs", parents, parent).unwrap_or_default(),
            hostnames: at.texts("hostnames", hosts, String::clone),
            rules: rules.unwrap_or_default(),
        }
    });
    at.finish(&meta::Custom { api_version: VERSION, kind, metadata, spec }, Some(owner))
}

fn parent(at: &mut At, parent: &Parent) -> Value {
    let Parent { gateway, namespace, door } = parent;
    let mut all = serde_json::Map::new();
    all.insert("name".to_owned(), at.put("name", gateway).into());
    for (key, text) in [("namespace", namespace), ("sectionName", door)] {
        all.extend(at.maybe(key, text.as_ref()).map(|text| (key.to_owned(), text.into())));
    }
    Value::Object(all)
}

fn backend(at: &mut At, owner: &Name, port: &Traced<u16>) -> Value {
    at.here(&port.why);
    json!({ "name": owner.as_str(), "port": port.value })
}

fn matches(at: &mut At, found: &GatewayMatch) -> Value {
    let GatewayMatch { path, method, headers, query, why } = found;
    at.here(why);
    let named = |all: &[(&str, String, String)]| -> Vec<Value> {
        all.iter().map(|(kind, name, value)| json!({ "type": kind, "name": name, "value": value })).collect()
    };
    let mut all = serde_json::Map::new();
    all.extend(path.as_ref().map(|(kind, path)| ("path".to_owned(), json!({ "type": kind, "value": path }))));
    all.extend(method.as_ref().map(|method| ("method".to_owned(), method.as_str().into())));
    for (key, list) in [("headers", headers), ("queryParams", query)] {
        if !list.is_empty() {
            all.insert(key.to_owned(), named(list).into());
        }
    }
    Value::Object(all)
}

fn filter(at: &mut At, filter: &Traced<Filter>) -> Value {
    at.here(&filter.why);
    match &filter.value {
        Filter::Redirect { scheme, port, status } => {
            let mut redirect = json!({ "scheme": scheme, "statusCode": status });
            if let (Some(port), Some(map)) = (port, redirect.as_object_mut()) {
                map.insert("port".to_owned(), (*port).into());
            }
            json!({ "type": "RequestRedirect", "requestRedirect": redirect })
        }
        Filter::Headers { of_answer, set, remove } => {
            let mut changes = serde_json::Map::new();
            if !set.is_empty() {
                let set: Vec<Value> = set.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
                changes.insert("set".to_owned(), set.into());
            }
            if !remove.is_empty() {
                changes.insert("remove".to_owned(), remove.as_slice().into());
            }
            if *of_answer {
                json!({ "type": "ResponseHeaderModifier", "responseHeaderModifier": changes })
            } else {
                json!({ "type": "RequestHeaderModifier", "requestHeaderModifier": changes })
            }
        }
        Filter::ReplacePrefix(prefix) => {
            rewrite(&json!({ "type": "ReplacePrefixMatch", "replacePrefixMatch": prefix }))
        }
        Filter::ReplacePath(path) => rewrite(&json!({ "type": "ReplaceFullPath", "replaceFullPath": path })),
    }
}

fn rewrite(path: &Value) -> Value {
    json!({ "type": "URLRewrite", "urlRewrite": { "path": path } })
}
