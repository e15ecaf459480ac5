//! What must hold of everything that is written down.

mod sample;

use self::sample::sample;
use super::{Images, Manifest, Value, emit};
use crate::ir::App;

fn written(app: &App) -> Vec<Manifest> {
    emit(app, &Images::default()).collect()
}

fn find<'a>(manifests: &'a [Manifest], kind: &str) -> &'a Manifest {
    manifests.iter().find(|manifest| manifest.kind() == kind).unwrap()
}

fn text<'a>(manifest: &'a Manifest, pointer: &str) -> &'a str {
    manifest.object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The pointers of all leaves that nothing explains.
fn unexplained(manifest: &Manifest) -> Vec<String> {
    fn leaves(value: &Value, pointer: &str, found: &mut Vec<String>) {
        let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
        match value {
            Value::Object(map) if !map.is_empty() => {
                map.iter().for_each(|(key, child)| leaves(child, &format!("{pointer}/{}", escape(key)), found));
            }
            Value::Array(items) if !items.is_empty() => {
                items.iter().enumerate().for_each(|(index, child)| leaves(child, &format!("{pointer}/{index}"), found));
            }
            Value::Object(_) | Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                found.push(pointer.to_owned());
            }
        }
    }
    let mut found = Vec::new();
    leaves(&manifest.object, "", &mut found);
    found.retain(|pointer| manifest.why(pointer).is_none());
    found
}

#[test]
fn every_leaf_is_explained_and_every_reason_has_its_place() {
    for manifest in written(&sample()) {
        assert_eq!(unexplained(&manifest), Vec::<String>::new(), "{:#}", manifest.object);
        for (pointer, _) in manifest.reasons.iter() {
            assert!(manifest.object.pointer(&pointer).is_some(), "{pointer} of {}", manifest.kind());
        }
    }
}

#[test]
fn jobs_and_rights_stand_before_those_who_need_them() {
    let manifests = written(&sample());
    let kinds: Vec<&str> = manifests.iter().map(Manifest::kind).collect();
    let expected = [
        ["Namespace", "ConfigMap", "PersistentVolume", "PersistentVolumeClaim", "Service"].as_slice(),
        &["StatefulSet", "Service"],
        &["Job", "Secret", "ServiceAccount", "Role", "RoleBinding", "Deployment", "Service", "Service", "DaemonSet"],
    ];
    assert_eq!(kinds, expected.concat());
}

#[test]
fn a_job_is_named_after_its_template() {
    let mut app = sample();
    let before = written(&app);
    let job = find(&before, "Job").name().to_owned();
    assert_eq!(text(find(&before, "Role"), "/rules/0/resourceNames/0"), job);
    let script = text(find(&before, "Deployment"), "/spec/template/spec/initContainers/2/command/2");
    assert!(script.contains(&format!("$$(cat $dir/namespace)/jobs/{job}\n")), "{script}");
    assert_eq!(find(&written(&app), "Job").name(), job);
    app.workloads[3].container.image.value.push('1');
    assert_ne!(find(&written(&app), "Job").name(), job);
}

#[test]
fn text_is_escaped_where_the_kubelet_reads_it_alone() {
    let manifests = written(&sample());
    let web = find(&manifests, "Deployment");
    let main = "/spec/template/spec/containers/0";
    assert_eq!(text(web, &format!("{main}/command/0")), "$$$%s");
    assert_eq!(text(web, &format!("{main}/args/0")), "$$(date)");
    assert_eq!(text(web, &format!("{main}/env/0/value")), "a$$(b)");
    assert_eq!(text(find(&manifests, "ConfigMap"), "/data/Z"), "$(x)");
    assert_eq!(text(find(&manifests, "ConfigMap"), "/binaryData/A"), "/w==");
}

#[test]
fn keys_and_labels_keep_their_order() {
    let manifests = written(&sample());
    let keys = |pointer: &str| -> Vec<String> {
        let map = find(&manifests, "Secret").object.pointer(pointer).and_then(Value::as_object).unwrap();
        map.keys().map(str::to_owned).collect()
    };
    assert_eq!(keys("/data"), ["z", "B"]);
    assert_eq!(
        keys("/metadata/labels"),
        ["app.kubernetes.io/name", "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"]
    );
}

#[test]
fn a_changed_file_rolls_the_pods() {
    let mut app = sample();
    let sum = |app: &App, file: &str| {
        let pointer = format!("/spec/template/metadata/annotations/checksum~1{file}");
        text(find(&written(app), "Deployment"), &pointer).to_owned()
    };
    let (own, shared) = (sum(&app, "secret-web"), sum(&app, "config-shared"));
    assert_eq!((own.len(), shared.len()), (16, 16));
    app.files[0].entries[0].1.bytes.push(b'!');
    assert_eq!(sum(&app, "secret-web"), own);
    assert_ne!(sum(&app, "config-shared"), shared);
}
