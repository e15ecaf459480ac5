//! Services; rule: what answers under a name, on the ports that were found for it, for the pods of one workload.
//!
//! ```yaml
//! kind: Service
//! metadata:
//!   name: web-published
//! spec:
//!   type: LoadBalancer
//!   ports:
//!     - name: tcp-80
//!       port: 80
//!       targetPort: 3000
//! ```

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::at::At;
use super::{Context, Manifest, container, meta};
use crate::ir::{Elsewhere, Exposure, ExposureKind, ExposurePort, Name, Selects};

/// A Service of a workload.
pub(super) fn emit(context: &Context, workload: &Name, exposure: &Exposure) -> Manifest {
    let Exposure { name, kind, selects, ports, not_ready, local, why } = exposure;
    let (type_, cluster_ip) = match kind {
        ExposureKind::Cluster => (None, None),
        ExposureKind::Headless => (None, Some("None".to_owned())),
        ExposureKind::LoadBalancer => (Some("LoadBalancer".to_owned()), None),
        ExposureKind::NodePort => (Some("NodePort".to_owned()), None),
    };
    let mut at = At::default();
    let metadata = meta::object(context, &mut at, name, workload, why);
    let spec = at.within("spec", |at| {
        at.here(why);
        ServiceSpec {
            type_,
            cluster_ip,
            external_traffic_policy: local.as_ref().map(|local| {
                let word = if at.put("externalTrafficPolicy", local) { "Local" } else { "Cluster" };
                word.to_owned()
            }),
            publish_not_ready_addresses: at.flag("publishNotReadyAddresses", not_ready.as_ref()),
            selector: Some(match selects {
                Selects::Own => meta::selecting(context, workload),
                Selects::Marked(mark) => meta::marked(context, mark),
                Selects::Slot(number) => meta::numbered(context, workload, *number),
            }),
            ports: at.list("ports", ports, service_port),
            ..Default::default()
        }
    });
    at.finish(&Service { metadata, spec: Some(spec), status: None }, Some(workload))
}

/// A Service that only says where else a name leads.
pub(super) fn elsewhere(context: &Context, elsewhere: &Elsewhere) -> Manifest {
    let Elsewhere { name, target, why } = elsewhere;
    let mut at = At::default();
    let metadata = meta::object(context, &mut at, name, name, why);
    at.because("spec", why);
    let spec = ServiceSpec {
        type_: Some("ExternalName".to_owned()),
        external_name: Some(target.clone()),
        ..Default::default()
    };
    at.finish(&Service { metadata, spec: Some(spec), status: None }, None)
}

fn service_port(at: &mut At, exposed: &ExposurePort) -> ServicePort {
    let ExposurePort { port, target, protocol, node_port, name, spoken } = exposed;
    at.here(&port.why);
    let given = at.maybe("name", name.as_ref()).map(|name| name.to_string());
    ServicePort {
        name: Some(given.unwrap_or_else(|| format!("{}-{}", protocol.prefix(), port.value))),
        app_protocol: at.maybe("appProtocol", spoken.as_ref()),
        node_port: node_port.map(i32::from),
        port: i32::from(port.value),
        target_port: target.filter(|target| *target != port.value).map(|target| IntOrString::Int(i32::from(target))),
        protocol: container::protocol(*protocol),
    }
}
