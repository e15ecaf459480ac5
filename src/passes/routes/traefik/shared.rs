//! What Traefik's labels define for all routers: services and middlewares.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::super::blocks::{Block, Blocks};
use super::super::{Maker, Told, fields};
use super::{elsewhere, servers};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Carries, Name, Setting, SettingValue, Traced, Treatment, Why};
use crate::origin::Origin;

/// How one service is reached, as the labels of its container say.
#[derive(Clone, Default)]
pub(in crate::passes::routes) struct Backend {
    /// The workload.
    pub(in crate::passes::routes) index: usize,
    pub(in crate::passes::routes) port: Option<Traced<u16>>,
    pub(in crate::passes::routes) settings: Vec<Setting>,
    pub(in crate::passes::routes) places: Vec<Origin>,
}

/// Services and middlewares, which every router may name, by protocol and name in lower case.
#[derive(Default)]
pub(in crate::passes::routes) struct Shared {
    pub(in crate::passes::routes) backends: IndexMap<(Carries, String), Backend>,
    /// Services of files that are none of the project: where they lead to.
    pub(in crate::passes::routes) far: BTreeMap<(Carries, String), String>,
    treatments: BTreeMap<(Carries, String), Name>,
}

/// Reads services and middlewares of all workloads, and of files.
pub(in crate::passes::routes) fn read(
    app: &mut App,
    all: &mut BTreeMap<usize, Blocks>,
    files: &mut [Told],
    maker: &mut Maker,
    diags: &mut Diagnostics,
) -> Shared {
    let mut shared = Shared::default();
    for (index, blocks) in all.iter_mut() {
        let path = maker.path(app, *index);
        for (carries, section) in
            [(Carries::Http, &mut blocks.http), (Carries::Tcp, &mut blocks.tcp), (Carries::Udp, &mut blocks.udp)]
        {
            for (name, block) in std::mem::take(&mut section.services) {
                let backend = self::backend(*index, block, &path, diags);
                shared.backends.insert((carries, name), backend);
            }
            for (name, block) in std::mem::take(&mut section.middlewares) {
                if let Some(treatment) = treatment(carries, &name, block, &path, maker, diags) {
                    shared.treatments.insert((carries, name), treatment.name.clone());
                    app.treatments.push(treatment);
                }
            }
        }
    }
    for Told { index: _, name: path, blocks } in files {
        for (carries, section) in
            [(Carries::Http, &mut blocks.http), (Carries::Tcp, &mut blocks.tcp), (Carries::Udp, &mut blocks.udp)]
        {
            for (name, block) in std::mem::take(&mut section.services) {
                let key = (carries, format!("{name}{OF_FILES}"));
                match servers::backend(app, block, path, diags) {
                    Ok(backend) => drop(shared.backends.insert(key, backend)),
                    Err(words) => drop(shared.far.insert(key, words)),
                }
            }
            for (name, block) in std::mem::take(&mut section.middlewares) {
                if let Some(treatment) = treatment(carries, &name, block, path, maker, diags) {
                    shared.treatments.insert((carries, format!("{name}{OF_FILES}")), treatment.name.clone());
                    app.treatments.push(treatment);
                }
            }
        }
    }
    chains(app, &shared);
    shared
}

/// What names of files end in where others name them.
pub(in crate::passes::routes) const OF_FILES: &str = "@file";

/// A chain names its parts as labels do; from here on as treatments are called.
fn chains(app: &mut App, shared: &Shared) {
    let mut made = Vec::new();
    for treatment in app.treatments.iter_mut().filter(|treatment| treatment.kind == "chain") {
        let carries = treatment.carries;
        for setting in &mut treatment.settings {
            let SettingValue::List(names) = &mut setting.value.value else { continue };
            for name in names {
                let step = Traced { value: name.clone(), why: setting.value.why.clone() };
                let found =
                    find_treatment(shared, carries, name).unwrap_or_else(|| elsewhere(&step, carries, &mut made));
                *name = found.to_string();
            }
        }
    }
    add(app, made);
}

/// Adds treatments that are defined elsewhere, each once.
pub(in crate::passes::routes) fn add(app: &mut App, made: Vec<Treatment>) {
    for treatment in made {
        if !app.treatments.iter().any(|known| known.name == treatment.name) {
            app.treatments.push(treatment);
        }
    }
}

fn backend(index: usize, mut block: Block, path: &str, diags: &mut Diagnostics) -> Backend {
    let mut backend = Backend { index, ..Backend::default() };
    backend.places = block.settings.iter().flat_map(|(_, value)| value.why.origins()).copied().collect();
    if let Some(port) = block.take("loadbalancer.server.port") {
        backend.port = super::super::port(&port, path, diags);
    }
    for (setting, value) in block.take_below("loadbalancer") {
        keep("loadBalancer", &setting, value, &mut backend.settings, path, diags);
    }
    for (setting, value) in block.settings {
        unknown(&format!("there is no `{}` of a service", setting.join(".")), &value, path, diags);
    }
    backend
}

/// Keeps a setting, or says that Traefik does not know it.
pub(super) fn keep(
    root: &str,
    setting: &[String],
    value: Traced<String>,
    kept: &mut Vec<Setting>,
    path: &str,
    diags: &mut Diagnostics,
) {
    let why = value.why.clone();
    match fields::setting(root, setting, value) {
        Ok(setting) => kept.push(setting),
        Err(message) => unknown(&message, &Traced { value: String::new(), why }, path, diags),
    }
}

/// Says of a label that no router reads it.
pub(in crate::passes::routes) fn unknown(message: &str, value: &Traced<String>, path: &str, diags: &mut Diagnostics) {
    let Some(place) = value.why.origins().first() else { return };
    diags.push(
        Diagnostic::new(Code::RouterLabel, *place, format!("a label says nothing to the router: {message}"))
            .why("the router passes over it, or over the service")
            .help("correct the label, or remove it")
            .cause(message)
            .key(path)
            .covers(value.why.origins().iter().copied()),
    );
}

fn treatment(
    carries: Carries,
    name: &str,
    block: Block,
    path: &str,
    maker: &mut Maker,
    diags: &mut Diagnostics,
) -> Option<Treatment> {
    let places: Vec<Origin> = block.settings.iter().flat_map(|(_, value)| value.why.origins()).copied().collect();
    let (first, value) = block.settings.first()?;
    let written = first.first()?.clone();
    let Some(kind) = fields::kind(&written) else {
        unknown(
            &format!("there is no middleware `{written}`"),
            &Traced { value: String::new(), why: value.why.clone() },
            path,
            diags,
        );
        places.iter().for_each(|place| diags.consume(*place, "of a middleware that Traefik does not know"));
        return None;
    };
    let mut settings = Vec::new();
    for (setting, value) in block.settings {
        let (root, below) = setting.split_first()?;
        if !root.eq_ignore_ascii_case(&written) {
            unknown(&format!("the middleware `{}` is a {written} already", block.called), &value, path, diags);
        } else if below.is_empty() {
            // `compress=true`.
            value.why.origins().iter().for_each(|place| diags.consume(*place, "says which middleware it is"));
        } else {
            keep(kind, below, value, &mut settings, path, diags);
        }
    }
    let name = maker.treatment_name(name);
    Some(Treatment { name, called: block.called, carries, kind: kind.to_owned(), settings, why: Why::Origins(places) })
}

/// The treatment that a label names, as `slow` or `slow@docker`.
pub(in crate::passes::routes) fn find_treatment(shared: &Shared, carries: Carries, written: &str) -> Option<Name> {
    shared.treatments.get(&(carries, key(written)?)).cloned()
}

/// The key under which what a label or a file names is known; `None` for what another provider defines.
pub(super) fn key(written: &str) -> Option<String> {
    let lower = written.to_ascii_lowercase();
    match lower.split_once('@') {
        None => Some(lower),
        Some((name, "docker" | "swarm")) => Some(name.to_owned()),
        Some((_, "file")) => Some(lower),
        Some((_, _)) => None,
    }
}
