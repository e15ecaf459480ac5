//! What stands behind a mount of a container: a claim, files, a path of the node, memory. And that services which share a volume
//! share a claim, and no two volumes do.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use serde_json::Value;
use transship::compose::Dialect;

use crate::case::{Case, Pod};
use crate::mounts;
use crate::verdicts::Verdicts;

/// Bytes and permission bits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct File {
    pub(crate) bytes: Vec<u8>,
    pub(crate) mode: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stored {
    /// A claim by its name and the folder in it.
    Claim(String, String),
    /// Files by their path below the mount; a single file has an empty path.
    Files(BTreeMap<String, File>),
    /// A ConfigMap or Secret that the manifests do not hold.
    Elsewhere(String),
    /// A path of the node.
    Node(String),
    /// A folder in memory of so much, if limited.
    Memory(Option<String>),
    /// A folder that ends with the pod.
    Scratch,
    /// The content of an image.
    Image(String),
    /// A volume that is not there, or of a kind that the judge does not know.
    Nothing,
}

/// The mounts of a container by their path.
pub(crate) fn mounts(pod: &Pod) -> BTreeMap<String, Value> {
    let list = pod.container["volumeMounts"].as_array().cloned().unwrap_or_default();
    let path = |mount: &Value| clean(mount["mountPath"].as_str().unwrap_or_default());
    list.into_iter().map(|mount| (path(&mount), mount)).collect()
}

/// A path without doubled, trailing or empty parts.
pub(crate) fn clean(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    format!("/{}", parts.join("/"))
}

fn data(object: &Value) -> BTreeMap<String, Vec<u8>> {
    let decode = |text: &Value| {
        base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap_or_default()).unwrap_or_default()
    };
    let is_secret = object["kind"] == "Secret";
    let read = |key: &str, is_base64: bool| {
        let map = object[key].as_object().cloned().unwrap_or_default();
        let bytes = move |value: &Value| match is_base64 {
            true => decode(value),
            false => value.as_str().unwrap_or_default().as_bytes().to_vec(),
        };
        map.iter().map(|(key, value)| (key.clone(), bytes(value))).collect::<Vec<_>>()
    };
    read("data", is_secret).into_iter().chain(read("binaryData", true)).collect()
}

/// The files of one ConfigMap or Secret as a volume shows them.
fn files(case: &Case, kind: &str, name: &str, source: &Value, general: i64) -> Option<BTreeMap<String, File>> {
    let data = data(case.object(kind, name)?);
    let Some(items) = source["items"].as_array() else {
        return Some(data.into_iter().map(|(key, bytes)| (key, File { bytes, mode: general })).collect());
    };
    let file = |item: &Value| {
        let bytes = data.get(item["key"].as_str()?)?.clone();
        Some((item["path"].as_str()?.to_owned(), File { bytes, mode: item["mode"].as_i64().unwrap_or(general) }))
    };
    Some(items.iter().filter_map(file).collect())
}

fn volume(case: &Case, pod: &Pod, name: &str, below: &str) -> Stored {
    let templates = pod.workload["spec"]["volumeClaimTemplates"].as_array();
    if templates.into_iter().flatten().any(|template| template["metadata"]["name"] == name) {
        let owner = pod.workload["metadata"]["name"].as_str().unwrap_or_default();
        return Stored::Claim(format!("{name} of each pod of {owner}"), below.to_owned());
    }
    let volumes = pod.spec["volumes"].as_array();
    let Some(volume) = volumes.into_iter().flatten().find(|volume| volume["name"] == name) else {
        return Stored::Nothing;
    };
    if let Some(claim) = volume["persistentVolumeClaim"]["claimName"].as_str() {
        return Stored::Claim(claim.to_owned(), below.to_owned());
    }
    if let Some(path) = volume["hostPath"]["path"].as_str() {
        return Stored::Node(clean(&format!("{path}/{below}")));
    }
    if let Some(folder) = volume.get("emptyDir") {
        let size = folder["sizeLimit"].as_str().map(str::to_owned);
        return if folder["medium"] == "Memory" { Stored::Memory(size) } else { Stored::Scratch };
    }
    if let Some(image) = volume["image"]["reference"].as_str() {
        return Stored::Image(image.to_owned());
    }
    let general = |source: &Value| source["defaultMode"].as_i64().unwrap_or(0o644);
    let mut sources: Vec<(&str, String, &Value, i64)> = Vec::new();
    for (key, kind, field) in [("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")] {
        if let Some(name) = volume[key][field].as_str() {
            sources.push((kind, name.to_owned(), &volume[key], general(&volume[key])));
        }
        for source in volume["projected"]["sources"].as_array().into_iter().flatten() {
            if let Some(name) = source[key]["name"].as_str() {
                sources.push((kind, name.to_owned(), &source[key], general(&volume["projected"])));
            }
        }
    }
    let mut all = BTreeMap::new();
    for (kind, name, source, mode) in &sources {
        match files(case, kind, name, source, *mode) {
            Some(files) => all.extend(files),
            None => return Stored::Elsewhere(name.clone()),
        }
    }
    if sources.is_empty() { Stored::Nothing } else { Stored::Files(at(all, below)) }
}

/// The files below a path of a tree.
fn at(files: BTreeMap<String, File>, below: &str) -> BTreeMap<String, File> {
    if below.is_empty() {
        return files;
    }
    let cut = |(path, file): (String, File)| {
        let rest = path.strip_prefix(below)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| (rest.trim_start_matches('/').to_owned(), file))
    };
    files.into_iter().filter_map(cut).collect()
}

/// What stands behind a mount.
pub(crate) fn behind(case: &Case, pod: &Pod, mount: &Value) -> Stored {
    volume(
        case,
        pod,
        mount["name"].as_str().unwrap_or_default(),
        mount["subPath"].as_str().unwrap_or_default().trim_matches('/'),
    )
}

/// Which claims stand for each volume of the project.
pub(crate) fn judge(case: &Case, verdicts: &mut Verdicts) {
    // A swarm's volumes belong to a node: those of services that are pinned to different ones are different, and so are those of each slot.
    let mut claims: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for service in case.services() {
        let pins = service.value["deploy"]["placement"]["constraints"].as_array().into_iter().flatten();
        let pins = pins
            .filter_map(Value::as_str)
            .filter(|pin| ["node.hostname", "node.id"].iter().any(|on| pin.starts_with(on)));
        let node = pins.filter(|_| case.dialect == Dialect::Swarm).collect::<Vec<_>>().join(",");
        for pod in case.pods(&service) {
            let mounted = mounts(&pod);
            for wanted in mounts::expected(case, &service) {
                let mount = mounted.get(&wanted.target);
                let stored = mount.map(|mount| behind(case, &pod, mount));
                if let (Some(name), Some(Stored::Claim(claim, _))) = (wanted.volume, stored) {
                    let real = case.project["volumes"][&name]["name"].as_str().unwrap_or_default();
                    if !real.contains("{{") {
                        claims.entry((name, node.clone())).or_default().insert(claim);
                    }
                }
            }
        }
    }
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for ((volume, _), found) in &claims {
        let key = format!("volumes.{volume}");
        let one = (found.len() == 1).then_some(()).ok_or(format!("WRONG: one volume became {found:?}"));
        verdicts.settle(case, "shared volume", &key, one);
        for claim in found {
            let other = owners.insert(claim, volume).filter(|other| other != volume);
            let fault = format!("WRONG: {claim} is the volume {other:?} too");
            verdicts.settle(case, "volume apart", &key, other.is_none().then_some(()).ok_or(fault));
        }
    }
}
