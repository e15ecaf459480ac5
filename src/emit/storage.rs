//! Claims and pod volumes; rule: a claim asks for what was written and leaves the class to the cluster.
//!
//! ```yaml
//! kind: PersistentVolumeClaim
//! spec:
//!   accessModes:
//!     - ReadWriteOnce
//!   resources:
//!     requests:
//!       storage: 1Gi
//! ```

use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, EmptyDirVolumeSource, HostPathVolumeSource, KeyToPath, PersistentVolumeClaim,
    PersistentVolumeClaimSpec, PersistentVolumeClaimVolumeSource, SecretVolumeSource, Volume,
    VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::at::At;
use super::{Context, Manifest, container, meta};
use crate::ir::{self, Claim, FileObjectKind, Name, Traced, VolumeSource};

/// A claim that several workloads share.
pub(super) fn claim(context: &Context, claim: &Claim) -> Manifest {
    let Claim { name, size, why } = claim;
    let mut at = At::default();
    let metadata = meta::object(context, &mut at, name, name, why);
    let spec = Some(claim_spec(&mut at, size));
    at.finish(&PersistentVolumeClaim { metadata, spec, status: None }, None)
}

/// A claim that each pod of a StatefulSet gets for itself.
pub(super) fn template(at: &mut At, claim: &Claim) -> PersistentVolumeClaim {
    let Claim { name, size, why } = claim;
    at.here(why);
    let metadata = ObjectMeta { name: Some(name.to_string()), ..Default::default() };
    PersistentVolumeClaim { metadata, spec: Some(claim_spec(at, size)), status: None }
}

fn claim_spec(at: &mut At, size: &Traced<i64>) -> PersistentVolumeClaimSpec {
    at.within("spec", |at| {
        at.because("resources", &size.why);
        let requests = [("storage".to_owned(), container::memory(size.value))].into();
        PersistentVolumeClaimSpec {
            access_modes: Some(at.decided("accessModes", vec!["ReadWriteOnce".to_owned()], "read-write-once")),
            resources: Some(VolumeResourceRequirements { requests: Some(requests), limits: None }),
            ..Default::default()
        }
    })
}

/// A volume of a pod.
pub(super) fn volume(at: &mut At, volume: &ir::Volume) -> Volume {
    let ir::Volume { name, source, why } = volume;
    at.here(why);
    let empty = Volume { name: name.to_string(), ..Default::default() };
    match source {
        VolumeSource::Claim(claim) => {
            let claim = PersistentVolumeClaimVolumeSource { claim_name: claim.to_string(), read_only: None };
            Volume { persistent_volume_claim: Some(claim), ..empty }
        }
        VolumeSource::Empty => Volume { empty_dir: Some(EmptyDirVolumeSource::default()), ..empty },
        VolumeSource::Memory(size) => Volume { empty_dir: Some(memory_folder(at, size.as_ref())), ..empty },
        VolumeSource::Object { kind: FileObjectKind::ConfigMap, object, items } => {
            let items = at.within("configMap", |at| keys(at, items));
            Volume {
                config_map: Some(ConfigMapVolumeSource { name: object.to_string(), items, ..Default::default() }),
                ..empty
            }
        }
        VolumeSource::Object { kind: FileObjectKind::Secret, object, items } => {
            let items = at.within("secret", |at| keys(at, items));
            let secret_name = Some(Name::to_string(object));
            Volume { secret: Some(SecretVolumeSource { secret_name, items, ..Default::default() }), ..empty }
        }
        VolumeSource::Host { path, kind } => {
            let type_ = (!kind.is_empty()).then(|| (*kind).to_owned());
            Volume { host_path: Some(HostPathVolumeSource { path: path.clone(), type_ }), ..empty }
        }
    }
}

fn memory_folder(at: &mut At, size: Option<&Traced<i64>>) -> EmptyDirVolumeSource {
    let size_limit: Option<Quantity> = at.within("emptyDir", |at| at.maybe("sizeLimit", size)).map(container::memory);
    EmptyDirVolumeSource { medium: Some("Memory".to_owned()), size_limit }
}

fn keys(at: &mut At, items: &[(String, Option<Traced<u32>>)]) -> Option<Vec<KeyToPath>> {
    at.list("items", items, |at, (key, mode)| KeyToPath {
        key: key.clone(),
        path: key.clone(),
        mode: at.maybe("mode", mode.as_ref()).map(container::count),
    })
}
