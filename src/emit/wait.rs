//! Init containers that wait; rule: each says in its log what it waits for, holds no rights but those it needs, and never gives up.
//!
//! ```yaml
//! - name: wait-for-db
//!   image: busybox:1.37
//!   command:
//!     - sh
//!     - -c
//!     - until nc -z -w 2 db 3306; do echo "waiting for db:3306"; sleep 1; done
//! ```

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, ConfigMapProjection, Container, DownwardAPIProjection, DownwardAPIVolumeFile, KeyToPath,
    ObjectFieldSelector, ProjectedVolumeSource, ResourceRequirements, SecurityContext, ServiceAccountTokenProjection,
    Volume, VolumeMount, VolumeProjection,
};

use super::at::At;
use super::escape::for_kubelet;
use super::{Context, awaited_job, container};
use crate::ir::{Name, Wait, WaitFor, Workload};

/// Where the token, the CA and the namespace are mounted.
const FOLDER: &str = "/var/run/secrets/transship";

/// One init container.
pub(super) fn container(context: &Context, at: &mut At, workload: &Workload, wait: &Wait) -> Container {
    let Wait { name, workload: awaited, wait_for, why } = wait;
    let (image, script, volume) = match wait_for {
        WaitFor::Port(host, port) => (
            &context.images.wait,
            format!("until nc -z -w 2 {host} {port}; do echo \"waiting for {host}:{port}\"; sleep 1; done"),
            None,
        ),
        // Not by the exit code of busybox's nslookup, which is 1 for every short name, found or not.
        WaitFor::Resolve(host) => (
            &context.images.wait,
            format!(
                "until nslookup {host} 2>/dev/null | grep -q '^Name:'; do echo \"waiting for {host}\"; sleep 1; done"
            ),
            None,
        ),
        WaitFor::Complete => {
            (&context.images.job_wait, job_script(awaited, &context.job(awaited)), Some(volume_name(workload)))
        }
    };
    at.here(why);
    let mount = |name| VolumeMount { name, mount_path: FOLDER.to_owned(), read_only: Some(true), ..Default::default() };
    Container {
        name: name.to_string(),
        image: Some(at.put("image", image)),
        command: Some(vec!["sh".to_owned(), "-c".to_owned(), for_kubelet(&script)]),
        resources: Some(at.decided("resources", resources(), "wait-resources")),
        security_context: Some(at.decided("securityContext", unprivileged(), "wait-unprivileged")),
        volume_mounts: volume.map(|name| vec![mount(name)]),
        ..Default::default()
    }
}

/// What only the waits for Jobs can see: a token, the CA and the name of the namespace.
pub(super) fn volume(at: &mut At, workload: &Workload) -> Option<Volume> {
    let wait = workload.awaits().find(|wait| awaited_job(wait).is_some())?;
    at.here(&wait.why);
    let token = ServiceAccountTokenProjection {
        path: "token".to_owned(),
        expiration_seconds: Some(at.decided("projected", 3600, "job-wait-token")),
        audience: None,
    };
    let authority = ConfigMapProjection {
        name: "kube-root-ca.crt".to_owned(),
        items: Some(vec![KeyToPath { key: "ca.crt".to_owned(), path: "ca.crt".to_owned(), mode: None }]),
        optional: None,
    };
    let namespace = DownwardAPIVolumeFile {
        path: "namespace".to_owned(),
        field_ref: Some(ObjectFieldSelector { field_path: "metadata.namespace".to_owned(), api_version: None }),
        ..Default::default()
    };
    let sources = vec![
        VolumeProjection { service_account_token: Some(token), ..Default::default() },
        VolumeProjection { config_map: Some(authority), ..Default::default() },
        VolumeProjection {
            downward_api: Some(DownwardAPIProjection { items: Some(vec![namespace]) }),
            ..Default::default()
        },
    ];
    let projected = Some(ProjectedVolumeSource { sources: Some(sources), default_mode: None });
    Some(Volume { name: volume_name(workload), projected, ..Default::default() })
}

/// A name that no other volume of the pod has.
fn volume_name(workload: &Workload) -> String {
    let mut name = Name::from_text("wait-token");
    let taken = |name: &Name| {
        workload.volumes.iter().any(|volume| volume.name == *name)
            || workload.claim_templates.iter().any(|claim| claim.name == *name)
    };
    while taken(&name) {
        name = name.with("x");
    }
    name.to_string()
}

/// Asks for the Job until it is complete. It may not be there yet, or the server may be away: whatever else is answered, it goes on.
/// Text of the user that stands in the answer has its quotes escaped, so that it cannot look like a condition.
fn job_script(workload: &Name, job: &Name) -> String {
    format!(
        r#"dir={FOLDER}
url=https://kubernetes.default.svc/apis/batch/v1/namespaces/$(cat $dir/namespace)/jobs/{job}
while true; do
  answer=$(curl -s -m 10 --cacert $dir/ca.crt -H "Authorization: Bearer $(cat $dir/token)" "$url" | tr -d ' \n')
  case "$answer" in
    *'"type":"Complete","status":"True"'*) exit 0 ;;
    *'"type":"Failed","status":"True"'*) echo "{workload} has failed" ;;
    *) echo "waiting for {workload}" ;;
  esac
  sleep 2
done
"#
    )
}

fn resources() -> ResourceRequirements {
    let requests =
        BTreeMap::from([("cpu".to_owned(), container::cpu(1)), ("memory".to_owned(), container::memory(8 << 20))]);
    ResourceRequirements { requests: Some(requests), ..Default::default() }
}

fn unprivileged() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
        read_only_root_filesystem: Some(true),
        run_as_non_root: Some(true),
        run_as_user: Some(65534),
        ..Default::default()
    }
}
