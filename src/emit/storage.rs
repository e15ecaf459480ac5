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
    CSIPersistentVolumeSource, ConfigMapVolumeSource, EmptyDirVolumeSource, HostPathVolumeSource, ImageVolumeSource,
    KeyToPath, NFSVolumeSource, ObjectReference, PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec,
    PersistentVolumeClaimVolumeSource, PersistentVolumeSpec, SecretReference, SecretVolumeSource, Volume,
    VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::at::At;
use super::{Context, Manifest, container, meta, patch};
use crate::ir::{self, Access, Claim, FileObjectKind, Item, Name, NetworkShare, ShareProtocol, Traced, VolumeSource};

/// A claim that stands for itself.
pub(super) fn claim(context: &Context, claim: &Claim) -> Manifest {
    let Claim { name, size, access, class, labelled, volume, why } = claim;
    let mut at = At::default();
    let mut metadata = meta::object(context, &mut at, name, name, why);
    at.within("metadata", |at| meta::labelled(at, &mut metadata, labelled));
    let spec = Some(claim_spec(&mut at, (size, access), class.as_ref(), volume.as_ref()));
    let mut manifest = at.finish(&PersistentVolumeClaim { metadata, spec, status: None }, None);
    labelled.patches.iter().for_each(|tree| patch::put(&mut manifest, &[], tree));
    manifest
}

/// A claim that each pod of a StatefulSet gets for itself.
pub(super) fn template(at: &mut At, claim: &Claim) -> PersistentVolumeClaim {
    let Claim { name, size, access, class, labelled, volume, why } = claim;
    at.here(why);
    let mut metadata = ObjectMeta { name: Some(name.to_string()), ..Default::default() };
    at.within("metadata", |at| meta::labelled(at, &mut metadata, labelled));
    PersistentVolumeClaim {
        metadata,
        spec: Some(claim_spec(at, (size, access), class.as_ref(), volume.as_ref())),
        status: None,
    }
}

fn claim_spec(
    at: &mut At,
    (size, access): (&Traced<i64>, &Traced<Access>),
    class: Option<&Traced<String>>,
    volume: Option<&Traced<Name>>,
) -> PersistentVolumeClaimSpec {
    at.within("spec", |at| {
        at.because("resources", &size.why);
        let requests = [("storage".to_owned(), container::memory(size.value))].into();
        // A class of which there is this one volume: none is made for the claim, and no other claim takes the volume.
        let own_class = volume.map(|name| Traced::decided(name.value.to_string(), "bound-to-one-volume"));
        PersistentVolumeClaimSpec {
            access_modes: Some(vec![at.put("accessModes", access).word().to_owned()]),
            storage_class_name: at.maybe("storageClassName", class.or(own_class.as_ref())),
            volume_name: at.maybe("volumeName", volume).map(|name| name.to_string()),
            resources: Some(VolumeResourceRequirements { requests: Some(requests), limits: None }),
            ..Default::default()
        }
    })
}

/// A volume of the cluster that one claim is bound to. It outlives the claim: the data is the server's.
pub(super) fn persistent_volume(context: &Context, volume: &ir::PersistentVolume) -> Manifest {
    let ir::PersistentVolume { name, claim, size, share } = volume;
    let NetworkShare { protocol, options, read_only, why } = share;
    let mut at = At::default();
    let metadata = meta::cluster_wide(context, &mut at, name, claim, why);
    let read_only = read_only.then_some(true);
    let spec = at.within("spec", |at| {
        at.here(why);
        at.because("capacity", &size.why);
        let mut spec = PersistentVolumeSpec {
            capacity: Some([("storage".to_owned(), container::memory(size.value))].into()),
            access_modes: Some(at.decided("accessModes", vec!["ReadWriteMany".to_owned()], "network-volume")),
            persistent_volume_reclaim_policy: Some(at.decided(
                "persistentVolumeReclaimPolicy",
                "Retain".to_owned(),
                "keeps-data",
            )),
            storage_class_name: Some(at.decided("storageClassName", name.to_string(), "bound-to-one-volume")),
            mount_options: (!options.is_empty()).then(|| options.clone()),
            claim_ref: context.namespace.map(|namespace| ObjectReference {
                kind: Some("PersistentVolumeClaim".to_owned()),
                name: Some(claim.to_string()),
                namespace: Some(namespace.to_string()),
                ..Default::default()
            }),
            ..Default::default()
        };
        match protocol {
            ShareProtocol::Nfs { server, path } => {
                spec.nfs = Some(NFSVolumeSource { server: server.clone(), path: path.clone(), read_only });
            }
            ShareProtocol::Smb { share, secret } => {
                let secret = secret.as_ref().map(|secret| SecretReference {
                    name: Some(secret.to_string()),
                    namespace: Some(context.namespace.map_or_else(|| "default".to_owned(), Name::to_string)),
                });
                spec.csi = Some(CSIPersistentVolumeSource {
                    driver: "smb.csi.k8s.io".to_owned(),
                    read_only,
                    volume_handle: name.to_string(),
                    volume_attributes: Some([("source".to_owned(), share.clone())].into()),
                    node_stage_secret_ref: secret,
                    ..Default::default()
                });
            }
        }
        spec
    });
    at.finish(&PersistentVolume { metadata, spec: Some(spec), status: None }, None)
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
            let type_ = (!kind.value.is_empty()).then(|| at.within("hostPath", |at| at.put("type", kind)).to_owned());
            Volume { host_path: Some(HostPathVolumeSource { path: path.clone(), type_ }), ..empty }
        }
        VolumeSource::Image(reference) => {
            let reference = at.within("image", |at| at.put("reference", reference));
            let image = ImageVolumeSource { reference: Some(reference), pull_policy: None };
            Volume { image: Some(image), ..empty }
        }
    }
}

fn memory_folder(at: &mut At, size: Option<&Traced<i64>>) -> EmptyDirVolumeSource {
    let size_limit: Option<Quantity> = at.within("emptyDir", |at| at.maybe("sizeLimit", size)).map(container::memory);
    EmptyDirVolumeSource { medium: Some("Memory".to_owned()), size_limit }
}

fn keys(at: &mut At, items: &[Item]) -> Option<Vec<KeyToPath>> {
    at.list("items", items, |at, item| {
        let Item { key, path, mode } = item;
        KeyToPath { key: key.clone(), path: path.clone(), mode: at.maybe("mode", mode.as_ref()).map(container::count) }
    })
}
