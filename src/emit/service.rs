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
use crate::ir::{Exposure, ExposureKind, ExposurePort, Name};

/// A Service of a workload.
pub(super) fn emit(context: &Context, workload: &Name, exposure: &Exposure) -> Manifest {
    let Exposure { name, kind, ports, not_ready, why } = exposure;
    let (type_, cluster_ip) = match kind {
        ExposureKind::Cluster => (None, None),
        ExposureKind::Headless => (None, Some("None".to_owned())),
        ExposureKind::LoadBalancer => (Some("LoadBalancer".to_owned()), None),
    };
    let mut at = At::default();
    let metadata = meta::object(context, &mut at, name, workload, why);
    let spec = at.within("spec", |at| {
        at.here(why);
        ServiceSpec {
            type_,
            cluster_ip,
            publish_not_ready_addresses: at.flag("publishNotReadyAddresses", not_ready.as_ref()),
            selector: Some(meta::selecting(context, workload)),
            ports: at.list("ports", ports, service_port),
            ..Default::default()
        }
    });
    at.finish(&Service { metadata, spec: Some(spec), status: None }, Some(workload))
}

fn service_port(at: &mut At, exposed: &ExposurePort) -> ServicePort {
    let ExposurePort { port, target, protocol } = exposed;
    at.here(&port.why);
    ServicePort {
        name: Some(format!("{}-{}", protocol.prefix(), port.value)),
        port: i32::from(port.value),
        target_port: target.filter(|target| *target != port.value).map(|target| IntOrString::Int(i32::from(target))),
        protocol: container::protocol(*protocol),
        ..Default::default()
    }
}
