//! Certificates of cert-manager (cert-manager.io/v1); rule: one for each set of hosts, in a Secret of its own name.
//!
//! ```yaml
//! apiVersion: cert-manager.io/v1
//! kind: Certificate
//! spec:
//!   secretName: shop-tls
//!   issuerRef:
//!     kind: ClusterIssuer
//!     name: letsencrypt
//!   dnsNames:
//!     - shop.example.com
//! ```

use serde::Serialize;
use serde_json::{Value, json};

use super::at::At;
use super::{Context, Manifest, meta};
use crate::ir::Certificate;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    secret_name: String,
    issuer_ref: Value,
    dns_names: Vec<String>,
}

/// A certificate of the app.
pub(super) fn emit(context: &Context, certificate: &Certificate) -> Manifest {
    let Certificate { name, issuer, hosts, why } = certificate;
    let mut at = At::default();
    let metadata = meta::object(context, &mut at, name, name, why);
    let spec = at.within("spec", |at| {
        at.here(why);
        Spec {
            secret_name: name.to_string(),
            issuer_ref: json!({ "kind": "ClusterIssuer", "name": at.put("issuerRef", issuer) }),
            dns_names: at.texts("dnsNames", hosts, String::clone).unwrap_or_default(),
        }
    });
    at.finish(&meta::Custom { api_version: "cert-manager.io/v1", kind: "Certificate", metadata, spec }, None)
}
