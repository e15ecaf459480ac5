//! Ingresses; rule: hosts and paths lead to Services, a Secret holds the certificate of encrypted hosts.
//!
//! ```yaml
//! kind: Ingress
//! spec:
//!   tls:
//!     - hosts:
//!         - shop.example.com
//!       secretName: shop-tls
//!   rules:
//!     - host: shop.example.com
//!       http:
//!         paths:
//!           - path: /
//!             pathType: Prefix
//!             backend:
//!               service:
//!                 name: web
//!                 port:
//!                   number: 8080
//! ```

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend, IngressSpec,
    IngressTLS, ServiceBackendPort,
};

use super::at::At;
use super::{Context, Manifest, meta};
use crate::ir::{self, Name};

/// An Ingress of a workload.
pub(super) fn emit(context: &Context, owner: &Name, ingress: &ir::Ingress) -> Manifest {
    let ir::Ingress { name, class, annotations, tls, rules, why } = ingress;
    let mut at = At::default();
    let metadata = meta::annotated(context, &mut at, name, owner, annotations, why);
    let spec = at.within("spec", |at| {
        at.here(why);
        IngressSpec {
            default_backend: None,
            ingress_class_name: at.maybe("ingressClassName", class.as_ref()),
            tls: at.list("tls", tls, self::tls),
            rules: at.list("rules", rules, rule),
        }
    });
    at.finish(&Ingress { metadata, spec: Some(spec), status: None }, Some(owner))
}

fn tls(at: &mut At, tls: &ir::IngressTls) -> IngressTLS {
    let ir::IngressTls { hosts, secret, why } = tls;
    at.here(why);
    IngressTLS { hosts: at.texts("hosts", hosts, String::clone), secret_name: at.maybe("secretName", secret.as_ref()) }
}

fn rule(at: &mut At, rule: &ir::IngressRule) -> IngressRule {
    let ir::IngressRule { host, paths } = rule;
    let host = at.maybe("host", host.as_ref());
    let paths = at.within("http", |at| at.list("paths", paths, path)).unwrap_or_default();
    IngressRule { host, http: Some(HTTPIngressRuleValue { paths }) }
}

fn path(at: &mut At, path: &ir::IngressPath) -> HTTPIngressPath {
    let ir::IngressPath { path, compared, service, port } = path;
    at.because("pathType", &path.why);
    at.because("backend", &port.why);
    HTTPIngressPath {
        path: Some(at.put("path", path)),
        path_type: compared.word().to_owned(),
        backend: IngressBackend {
            resource: None,
            service: Some(IngressServiceBackend {
                name: service.to_string(),
                port: Some(ServiceBackendPort { name: None, number: Some(i32::from(port.value)) }),
            }),
        },
    }
}
