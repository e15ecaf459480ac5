//! `environment` and `env_file` (compose-spec): readable values inline, credentials in a Secret, files as ConfigMaps.

use crate::compose::env_files::{EnvEntry, ReadEnvFile};
use crate::compose::keys::Key;
use crate::compose::model::text::Pairs;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Data, EnvSource, EnvVar, FileObject, FileObjectKind, Labelled, Name, Why};
use crate::lower::credentials::is_credential;
use crate::lower::env_files::{self, EnvFrom, EnvObjects};
use crate::lower::{Context, placeholders};
use crate::origin::Origin;

use indexmap::IndexMap;

/// Variables in order, and objects whose every key is one. Files come before `environment`, which beats them.
pub(super) fn environment(
    context: &Context<'_>,
    service: (&Name, &str),
    environment: &Key<Pairs>,
    files: (&EnvObjects, &[ReadEnvFile]),
    objects: &mut Vec<FileObject>,
    diags: &mut Diagnostics,
) -> (Vec<EnvVar>, EnvFrom) {
    let (own, path) = service;
    let lookup = context.loaded.variables.lookup(context.world);
    let is_set = |name: &str| lookup(name).is_some();
    let is_template = |value: &str| placeholders::has_placeholder(context, value);
    let from_files = env_files::of_service(files.0, files.1, environment, &is_set, &is_template);
    let mut variables: IndexMap<String, Option<(String, Origin)>> = IndexMap::new();
    for EnvEntry { name, value, origin } in from_files.inline {
        if is_name(name, *origin, &format!("{path}.env_file"), diags) {
            variables.insert(name.clone(), Some((value.clone(), *origin)));
        }
    }
    for (name, pair) in environment.get().iter().flat_map(|pairs| pairs.value.0.iter()) {
        if !is_name(name, pair.key, &format!("{path}.environment"), diags) {
            continue;
        }
        let value = pair.value.clone().or_else(|| lookup(name).map(|(value, _)| value));
        if value.is_none() {
            diags.consume(pair.origin, "a variable without a value that nothing sets is not set");
        }
        variables.insert(name.clone(), value.map(|value| (value, pair.origin)));
    }
    let set = variables.into_iter().filter_map(|(name, found)| found.map(|(value, origin)| (name, value, origin)));
    let env = place(context, own, set.collect(), objects, path, diags);
    (env, from_files.objects)
}

fn is_name(name: &str, origin: Origin, path: &str, diags: &mut Diagnostics) -> bool {
    // What the API server takes since 1.30: printable characters of ASCII but for the equals sign.
    let good = !name.is_empty() && name.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=');
    if !good {
        diags.push(
            Diagnostic::new(Code::EnvironmentName, origin, format!("`{name}` is no name of a variable"))
                .why("Kubernetes takes printable characters of ASCII, but no equals sign")
                .help("write NAME: value")
                .key(path),
        );
    }
    good
}

/// Puts credentials into a Secret of the workload's own and leaves the rest readable.
fn place(
    context: &Context<'_>,
    own: &Name,
    variables: Vec<(String, String, Origin)>,
    objects: &mut Vec<FileObject>,
    path: &str,
    diags: &mut Diagnostics,
) -> Vec<EnvVar> {
    let service = path.strip_prefix("services.").unwrap_or(path);
    let mut secret: Vec<(String, Data)> = Vec::new();
    let mut env = Vec::with_capacity(variables.len());
    let mut clear: Vec<(String, Origin)> = Vec::new();
    for (name, value, origin) in variables {
        let why = Why::Origin(origin);
        let usable_key = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        let source = if placeholders::has_placeholder(context, &value) {
            placeholders::source(context, service, &value, origin, &mut env, diags)
        } else {
            EnvSource::Literal(value)
        };
        // What only the kubelet knows cannot stand in a Secret, and is none.
        match source {
            EnvSource::Literal(value) if usable_key && !value.is_empty() && is_credential(&name, &value) => {
                // One that a variable brought is not written here.
                if context.sources.entry(origin).variables.iter().all(|variable| variable.set_in.is_none()) {
                    clear.push((name.clone(), origin));
                }
                secret.push((name.clone(), Data { bytes: value.into_bytes(), why: why.clone() }));
                env.push(EnvVar { source: EnvSource::Secret { object: own.clone(), key: name.clone() }, name, why });
            }
            source @ (EnvSource::Literal(_)
            | EnvSource::Field(_)
            | EnvSource::Composed(_)
            | EnvSource::Secret { object: _, key: _ }) => env.push(EnvVar { source, name, why }),
        }
    }
    if !secret.is_empty() {
        let why = Why::Origins(secret.iter().flat_map(|(_, data)| data.why.origins().to_vec()).collect());
        objects.push(FileObject {
            name: own.clone(),
            kind: FileObjectKind::Secret,
            entries: secret,
            path: None,
            labelled: Labelled::default(),
            why,
        });
        say_clear(own, &clear, path, diags);
    }
    env
}

/// Says once which credentials the file itself gives away.
fn say_clear(own: &Name, clear: &[(String, Origin)], path: &str, diags: &mut Diagnostics) {
    let Some((_, first)) = clear.first() else { return };
    let names: Vec<&str> = clear.iter().map(|(name, _)| name.as_str()).collect();
    let mut diagnostic = Diagnostic::new(
        Code::ClearTextSecret,
        *first,
        format!("credentials stand in clear text: {}", names.join(", ")),
    )
    .why(format!("they are written to the Secret {own}, which is as readable as this file"))
    .help("keep the output out of version control, or make them secrets with file: or external: true")
    .cause("environment")
    .key(format!("{path}.environment"));
    for (_, other) in clear.iter().skip(1) {
        diagnostic = diagnostic.also(*other, "");
    }
    diags.push(diagnostic);
}
