//! Labels that routers read of a service: Traefik, caddy-docker-proxy, swarm-ingress, Interlock and docker-flow-proxy. They say no more to
//! anybody in the cluster, so that they become routes in place of annotations.

use crate::compose::keys::Key;
use crate::compose::model::deploy::Deploy;
use crate::compose::model::text::Pairs;
use crate::ir::{RouterLabel, Traced};
use crate::lower::Context;
use crate::request::Routes;

/// The labels of swarm-ingress; other tools have keys that begin alike.
const SWARM_INGRESS: &[&str] = &[
    "ingress.host",
    "ingress.alt_host",
    "ingress.port",
    "ingress.path",
    "ingress.virtual_proto",
    "ingress.ssl",
    "ingress.ssl_redirect",
    "ingress.certificate_name",
];

/// Which labels are taken for routes.
pub(super) fn taken(context: &Context<'_>) -> fn(&str) -> bool {
    match context.request.routes {
        Routes::Ingress | Routes::Gateway | Routes::Traefik => is_router_label,
        Routes::None => |_| false,
    }
}

/// The labels of a service that routers read, in the order of the file, those of its containers first.
pub(super) fn of(context: &Context<'_>, labels: &Key<Pairs>, deploy: &Key<Deploy>) -> Vec<RouterLabel> {
    let of_deploy = deploy.get().and_then(|deploy| deploy.value.labels.get());
    let both = [(labels.get(), false), (of_deploy, true)];
    let is_taken = taken(context);
    both.into_iter()
        .flat_map(|(pairs, of_deploy)| {
            pairs.into_iter().flat_map(|pairs| &pairs.value.0).map(move |pair| (pair, of_deploy))
        })
        .filter(|((key, _), _)| is_taken(key))
        .map(|((key, pair), of_deploy)| RouterLabel {
            key: key.clone(),
            value: Traced::from_origin(pair.value.clone().unwrap_or_default(), pair.origin),
            of_deploy,
        })
        .collect()
}

/// Whether a router reads a label.
fn is_router_label(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    lower.starts_with("traefik.")
        || lower.starts_with("com.df.")
        || lower.starts_with("com.docker.lb.")
        || SWARM_INGRESS.contains(&lower.as_str())
        || is_caddy(&lower)
}

/// `caddy`, `caddy.tls`, `caddy_1.reverse_proxy`.
fn is_caddy(key: &str) -> bool {
    let first = key.split('.').next().unwrap_or(key);
    let number = first.strip_prefix("caddy").map(|rest| rest.strip_prefix('_').unwrap_or(rest));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::is_router_label;

    #[test]
    fn labels_of_routers_are_told_from_others() {
        for key in [
            "traefik.enable",
            "Traefik.HTTP.routers.a.rule",
            "caddy",
            "caddy_0.reverse_proxy",
            "caddy.tls",
            "com.df.port",
        ] {
            assert!(is_router_label(key), "{key}");
        }
        for key in ["caddyfile", "caddy_data", "traefik", "ingress.kubernetes.io/x", "com.example.a"] {
            assert!(!is_router_label(key), "{key}");
        }
    }
}
