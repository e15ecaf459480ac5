//! What files tell Traefik of routers, sorted as labels are; what of it no route says is told.

use std::collections::BTreeSet;

use super::blocks::{self, Blocks};
use super::edge::{Brand, Edge};
use super::files::Shelf;
use super::traefik;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, SettingValue};
use crate::lower::Context;

/// What a file tells a router.
pub(super) struct Told {
    /// The workload of the router.
    pub(super) index: usize,
    /// The file's name: the key of messages, as those of the router's own service go with it.
    pub(super) name: String,
    pub(super) blocks: Blocks,
}

/// What files tell the routers, and what of it no route says.
pub(super) fn read(edges: &mut [Edge], app: &App, diags: &mut Diagnostics) -> Vec<Told> {
    let mut all = Vec::new();
    for edge in edges {
        let service = app.workloads.get(edge.index).map(|workload| workload.service.as_str()).unwrap_or_default();
        for file in &mut edge.files {
            let say = |title: String, why: &str, help: &str, diags: &mut Diagnostics| {
                diags.push(
                    Diagnostic::new(Code::RouterFile, file.place, title).why(why).help(help).key(file.name.clone()),
                );
            };
            let Some(labels) = &mut file.labels else {
                let title = format!("`{}`, which tells `{service}` of routers, cannot be read", file.name);
                let why = "it is no YAML or TOML: a template is filled in by Traefik, when it starts";
                say(title, why, "write the routes as labels of the services that they lead to", diags);
                continue;
            };
            let mut blocks = blocks::sort(std::mem::take(labels));
            let others: BTreeSet<String> = blocks.others.drain(..).map(|label| topic(&label.key)).collect();
            if !others.is_empty() {
                let listed: Vec<String> = others.into_iter().collect();
                let title = format!("nothing becomes of {} in `{}`", listed.join(", "), file.name);
                let why = "routers, services and middlewares of Traefik 2 and later become routes, and nothing else";
                say(
                    title,
                    why,
                    "certificates stand in Secrets: kubectl create secret tls NAME --cert=FILE --key=FILE; write the rest for the controller",
                    diags,
                );
            }
            blocks.qualify(traefik::OF_FILES);
            all.push(Told { index: edge.index, name: file.name.clone(), blocks });
        }
    }
    all
}

/// Names and passwords that stand in a file of the router.
pub(super) fn users(app: &mut App, context: &Context<'_>, edges: &[Edge]) {
    let edge = edges.iter().find(|edge| edge.brand == Brand::Traefik).and_then(|edge| app.workloads.get(edge.index));
    let Some(edge) = edge else { return };
    let shelf = Shelf::of(app, context, edge);
    let lines = |path: &str| {
        let text = shelf.text(path)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Some(SettingValue::List(lines.map(str::to_owned).collect()))
    };
    let mut found = Vec::new();
    for (index, treatment) in app.treatments.iter().enumerate() {
        for (number, setting) in
            treatment.settings.iter().enumerate().filter(|(_, setting)| setting.path == ["usersFile"])
        {
            if let SettingValue::Text(path) = &setting.value.value {
                found.extend(lines(path).map(|users| (index, number, users)));
            }
        }
    }
    for (index, number, users) in found {
        let setting = app.treatments.get_mut(index).and_then(|treatment| treatment.settings.get_mut(number));
        if let Some(setting) = setting {
            setting.path = vec!["users".to_owned()];
            setting.value.value = users;
        }
    }
}

/// `traefik.tls.certificates[0].certFile` speaks of `tls.certificates`.
fn topic(key: &str) -> String {
    let parts = key.split('.').skip(1).take(2);
    parts.map(|part| part.split('[').next().unwrap_or_default()).collect::<Vec<_>>().join(".")
}
