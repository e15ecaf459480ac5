//! Mounts: volumes, binds, memory, configs and secrets are at their paths, with their content and access.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;
use transship::compose::Dialect;

use crate::case::{Case, Pod, Service};
use crate::environment;
use crate::quantity;
use crate::storage::{self, File, Stored, clean};
use crate::verdicts::Verdicts;

/// One mount as the project has it.
pub(crate) struct Wanted {
    pub(crate) key: String,
    pub(crate) target: String,
    /// The key of the volume at top level.
    pub(crate) volume: Option<String>,
    kind: String,
    source: String,
    is_read_only: bool,
    /// The manifests only refer to it.
    is_external: bool,
    /// Its content is that of a variable that is not among those of the case.
    is_of_a_variable: bool,
    /// The volume's own options put it there.
    is_in_memory: bool,
    below: String,
    size: Option<String>,
    files: Option<BTreeMap<String, File>>,
    mode: Option<i64>,
}

/// The files of the disk below a path, with their permission bits; `None` where there is nothing to read.
fn disk(path: &Path) -> Option<BTreeMap<String, File>> {
    let mut found = BTreeMap::new();
    walk(path, String::new(), &mut found, 0).then_some(found)
}

fn walk(path: &Path, name: String, found: &mut BTreeMap<String, File>, depth: usize) -> bool {
    let Ok(metadata) = std::fs::metadata(path) else { return false };
    if metadata.is_file() {
        let Ok(bytes) = std::fs::read(path) else { return false };
        found.insert(name, File { bytes, mode: i64::from(metadata.permissions().mode() & 0o777) });
    } else if metadata.is_dir() && depth < 20 {
        let Ok(entries) = std::fs::read_dir(path) else { return false };
        for entry in entries.flatten() {
            let own = entry.file_name().to_string_lossy().into_owned();
            let below = if name.is_empty() { own } else { format!("{name}/{own}") };
            walk(&entry.path(), below, found, depth + 1);
        }
    }
    true
}

fn text(value: &Value) -> String {
    environment::text(value).unwrap_or_default()
}

fn of_volume(case: &Case, service: &Service, index: usize, value: &Value) -> Wanted {
    let key = format!("{}.volumes[{index}]", service.key);
    let kind = text(&value["type"]);
    let source = text(&value["source"]);
    let size =
        value["tmpfs"]["size"].as_str().map(str::to_owned).or_else(|| environment::text(&value["tmpfs"]["size"]));
    Wanted {
        key,
        target: clean(&text(&value["target"])),
        volume: (kind == "volume" && !source.is_empty()).then(|| source.clone()),
        is_read_only: value["read_only"] == true,
        is_external: false,
        is_of_a_variable: false,
        is_in_memory: case.project["volumes"][&source]["driver_opts"]["type"] == "tmpfs",
        below: text(&value["volume"]["subpath"]),
        files: None,
        mode: None,
        size,
        kind,
        source,
    }
}

fn of_tmpfs(service: &Service, value: &Value) -> Vec<Wanted> {
    let list = match value {
        Value::Array(items) => items.iter().map(text).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    };
    let wanted = |(index, entry): (usize, &String)| {
        let (target, options) = entry.split_once(':').unwrap_or((entry, ""));
        Wanted {
            key: format!("{}.tmpfs[{index}]", service.key),
            target: clean(target),
            volume: None,
            kind: "tmpfs".to_owned(),
            source: String::new(),
            is_read_only: options.split(',').any(|option| option == "ro"),
            is_external: false,
            is_of_a_variable: false,
            is_in_memory: false,
            below: String::new(),
            size: options.split(',').find_map(|option| option.strip_prefix("size=")).map(str::to_owned),
            files: None,
            mode: None,
        }
    };
    list.iter().enumerate().map(wanted).collect()
}

/// Octal text in one dialect, a number in the other.
fn mode(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| i64::from_str_radix(value.as_str()?, 8).ok())
}

fn of_grant(case: &Case, service: &Service, list: &str, index: usize, value: &Value) -> Wanted {
    let source = value["source"].as_str().or(value.as_str()).unwrap_or_default();
    let folder = if list == "secrets" { "/run/secrets" } else { "" };
    let target = value["target"].as_str().filter(|target| !target.is_empty()).unwrap_or(source);
    let target = if target.starts_with('/') { target.to_owned() } else { format!("{folder}/{target}") };
    let object = &case.project[list][source];
    let variable = object["environment"].as_str().and_then(|name| case.variables.get(name));
    let bytes = match (object["file"].as_str(), object["content"].as_str()) {
        (Some(file), _) => std::fs::read(file).ok(),
        (None, Some(content)) => Some(content.as_bytes().to_vec()),
        (None, None) => variable.map(|text| text.as_bytes().to_vec()),
    };
    let is_copied = case.dialect == Dialect::Swarm || object["file"].is_null();
    // What a swarm fills in is tried by fixtures of its own.
    let is_filled_in = case.dialect == Dialect::Swarm && object["template_driver"].is_string();
    let bytes = bytes.filter(|_| !is_filled_in);
    Wanted {
        key: format!("{}.{list}[{index}]", service.key),
        target: clean(&target),
        volume: None,
        kind: list.to_owned(),
        source: source.to_owned(),
        is_read_only: true,
        is_external: object["external"] == true || object["external"].is_object(),
        is_of_a_variable: is_filled_in || object["environment"].is_string() && variable.is_none(),
        is_in_memory: false,
        below: String::new(),
        size: None,
        files: bytes.map(|bytes| BTreeMap::from([(String::new(), File { bytes, mode: 0 })])),
        mode: is_copied.then(|| mode(&value["mode"]).unwrap_or(0o444)),
    }
}

/// Memory that processes share, and devices of the node.
fn of_the_machine(service: &Service) -> Vec<Wanted> {
    let wanted = |key: &str, target: &str, kind: &str, source: &str, size: Option<String>| Wanted {
        key: format!("{}.{key}", service.key),
        target: clean(target),
        volume: None,
        kind: kind.to_owned(),
        source: source.to_owned(),
        is_read_only: false,
        is_external: false,
        is_of_a_variable: false,
        is_in_memory: false,
        below: String::new(),
        size,
        files: None,
        mode: None,
    };
    // The runtime gives 64 MiB anyway.
    let shared =
        environment::text(&service.value["shm_size"]).filter(|size| quantity::docker_bytes(size) != Some(64 << 20));
    let shared = shared.map(|size| wanted("shm_size", "/dev/shm", "tmpfs", "", Some(size)));
    let devices = service.value["devices"].as_array().cloned().unwrap_or_default();
    let device = |(index, value): (usize, &Value)| {
        let (source, target) = match value.as_str() {
            Some(text) => {
                let mut parts = text.split(':');
                let source = parts.next().unwrap_or_default();
                (source.to_owned(), parts.next().unwrap_or(source).to_owned())
            }
            None => (text(&value["source"]), text(&value["target"])),
        };
        let target = if target.is_empty() { source.clone() } else { target };
        wanted(&format!("devices[{index}]"), &target, "device", &source, None)
    };
    shared.into_iter().chain(devices.iter().enumerate().map(device)).collect()
}

/// Every mount of a service; of two at one path the later one counts.
pub(crate) fn expected(case: &Case, service: &Service) -> Vec<Wanted> {
    let entries = |key: &str| service.value[key].as_array().cloned().unwrap_or_default();
    let mut found: BTreeMap<String, Wanted> = BTreeMap::new();
    let volumes = entries("volumes");
    let mut all: Vec<Wanted> =
        volumes.iter().enumerate().map(|(index, value)| of_volume(case, service, index, value)).collect();
    all.extend(of_the_machine(service));
    all.extend(of_tmpfs(service, &service.value["tmpfs"]));
    for list in ["configs", "secrets"] {
        let grants = entries(list);
        all.extend(grants.iter().enumerate().map(|(index, value)| of_grant(case, service, list, index, value)));
    }
    for wanted in all {
        found.insert(wanted.target.clone(), wanted);
    }
    found.into_values().collect()
}

fn same_files(
    wanted: &Wanted,
    files: Option<&BTreeMap<String, File>>,
    found: &BTreeMap<String, File>,
) -> Result<(), String> {
    let Some(files) = files else {
        return Err(format!("WRONG: {} cannot be read, yet there is {:?}", wanted.source, found.keys()));
    };
    for (name, file) in files {
        match found.get(name) {
            None => return Err(format!("LOST: the file {name:?} of {}", wanted.source)),
            Some(found) if found.bytes != file.bytes => {
                return Err(format!("WRONG: other bytes in {name:?} of {}", wanted.source));
            }
            Some(found) if wanted.kind == "bind" && file.mode & 0o100 != found.mode & 0o100 => {
                return Err(format!("WRONG: mode {:o} of {name:?} became {:o}", file.mode, found.mode));
            }
            Some(found) => match wanted.mode {
                Some(mode) if mode != found.mode => {
                    return Err(format!("WRONG: mode {mode:o} became {:o}", found.mode));
                }
                Some(_) | None => {}
            },
        }
    }
    match found.keys().find(|name| !files.contains_key(*name)) {
        Some(name) => Err(format!("WRONG: the file {name:?} is not in {}", wanted.source)),
        None => Ok(()),
    }
}

fn outcome(wanted: &Wanted, mount: Option<&Value>, stored: Option<Stored>) -> Result<(), String> {
    let (Some(mount), Some(stored)) = (mount, stored) else {
        return Err(format!("LOST: nothing at {}", wanted.target));
    };
    let is_read_only = mount["readOnly"] == true;
    let can_be_written = !matches!(stored, Stored::Files(_) | Stored::Elsewhere(_) | Stored::Image(_));
    if wanted.is_read_only && can_be_written && !is_read_only {
        return Err("WRONG: can be written".to_owned());
    }
    if !wanted.is_read_only && (is_read_only || !can_be_written) {
        return Err("WRONG: is read-only".to_owned());
    }
    match (wanted.kind.as_str(), &stored) {
        ("volume", Stored::Claim(_, below)) => {
            let fault = format!("LOST: subpath {}, here {below:?}", wanted.below);
            (below.ends_with(&wanted.below)).then_some(()).ok_or(fault)
        }
        ("volume", Stored::Memory(_)) if wanted.is_in_memory => Ok(()),
        ("volume", Stored::Scratch) if wanted.volume.is_none() => Ok(()),
        ("configs" | "secrets", Stored::Elsewhere(_)) if wanted.is_external => Ok(()),
        ("bind" | "device", Stored::Node(path)) if *path == clean(&wanted.source) => Ok(()),
        ("tmpfs", Stored::Memory(size)) => {
            let found = size.as_deref().and_then(quantity::bytes);
            let fault = format!("WRONG: size {:?} became {size:?}", wanted.size);
            (wanted.size.as_deref().and_then(quantity::docker_bytes) == found).then_some(()).ok_or(fault)
        }
        ("image", Stored::Image(image)) if *image == wanted.source => Ok(()),
        ("bind", Stored::Files(found)) => same_files(wanted, disk(Path::new(&wanted.source)).as_ref(), found),
        // The variable is one of a `.env` that the judge does not read.
        ("configs" | "secrets", Stored::Files(found)) if wanted.is_of_a_variable && found.contains_key("") => Ok(()),
        ("configs" | "secrets", Stored::Files(found)) => same_files(wanted, wanted.files.as_ref(), found),
        _ => Err(format!("WRONG: {} {} became {stored:?}", wanted.kind, wanted.source)),
    }
}

pub(crate) fn judge(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    let mounted = storage::mounts(pod);
    let expected = expected(case, service);
    for wanted in &expected {
        let mount = mounted.get(&wanted.target);
        let stored = mount.map(|mount| storage::behind(case, pod, mount));
        let outcome = outcome(wanted, mount, stored);
        let definition = format!("{}.{}", wanted.kind, wanted.source);
        let is_told = outcome.is_err() && case.names(&wanted.key).is_none() && case.names(&definition).is_some();
        verdicts.settle(case, "mount", if is_told { &definition } else { &wanted.key }, outcome);
    }
    // What another service mounts is mounted here too.
    if !service.value["volumes_from"].is_null() {
        return;
    }
    for path in mounted.keys().filter(|path| !expected.iter().any(|wanted| wanted.target == **path)) {
        let fault = format!("WRONG: the mount {path} is nowhere in the project");
        verdicts.settle(case, "mount", &format!("{}.volumes", service.key), Err(fault));
    }
}
