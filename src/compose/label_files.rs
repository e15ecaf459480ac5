//! `label_file` (compose-loading, section 13): the labels that files set, below those that the service itself has.

use indexmap::IndexMap;

use crate::compose::env_files::{self, EnvEntry, Surroundings, Texts};
use crate::compose::grammar::{dotenv, mounts};
use crate::compose::keys::Key;
use crate::compose::model::project::Project;
use crate::compose::model::service::Service;
use crate::compose::model::text::{Pair, Pairs};
use crate::diag::Diagnostics;
use crate::origin::{Sources, Spanned};

/// Adds the labels of files to each service that names some.
pub(crate) fn read(project: &mut Project, around: &Surroundings<'_>, sources: &mut Sources, diags: &mut Diagnostics) {
    let Key::Set { key: _, value: services } = &mut project.services else { return };
    let mut texts = Texts::default();
    for service in services.value.values_mut().filter_map(|service| service.value.as_mut()) {
        of_service(&mut service.value, &mut texts, around, sources, diags);
    }
    texts.report("label_file", diags);
}

fn of_service(
    service: &mut Service,
    texts: &mut Texts,
    around: &Surroundings<'_>,
    sources: &mut Sources,
    diags: &mut Diagnostics,
) {
    let Key::Set { key, value: files } = &service.label_file else { return };
    let mut labels: IndexMap<String, EnvEntry> = IndexMap::new();
    for path in &files.value.0 {
        diags.consume(path.origin, "its labels stand among those of the service");
        let full = mounts::join(around.folder, &path.value);
        let Some(file) = texts.get(&full, path.origin, true, around.world, sources, diags) else { continue };
        // A value may refer to labels that were read before, and to nothing else; those of earlier files count first.
        let lookup = |name: &str| labels.get(name).map(|entry| entry.value.clone());
        let parsed = dotenv::parse(sources.text(file), &lookup, &|_| None);
        let entries = env_files::place(parsed, file, true, &|_| None, sources, diags);
        labels.extend(entries.into_iter().map(|entry| (entry.name.clone(), entry)));
    }
    if labels.is_empty() {
        return;
    }
    if !matches!(service.labels, Key::Set { .. }) {
        let value = Spanned { value: Pairs::default(), origin: files.origin };
        service.labels = Key::Set { key: *key, value: Box::new(value) };
    }
    if let Key::Set { key: _, value: own } = &mut service.labels {
        for (name, EnvEntry { name: _, value, origin }) in labels {
            own.value.0.entry(name).or_insert(Pair { value: Some(value), origin, key: origin });
        }
    }
}
