//! `environment` and `env_file` (compose-spec): readable values inline, credentials in a Secret, files as ConfigMaps.

use crate::compose::Dialect;
use crate::compose::find::{FILE_LIMIT, say};
use crate::compose::grammar::{dotenv, mounts};
use crate::compose::keys::Key;
use crate::compose::model::files::{EnvFile, EnvFiles};
use crate::compose::model::scalar::Pairs;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Data, EnvSource, EnvVar, FileObject, FileObjectKind, Name, Traced, Why};
use crate::lower::Context;
use crate::origin::{Origin, Spanned};
use crate::world::ReadError;

type EnvFrom = Vec<Traced<(FileObjectKind, Name)>>;

/// Variables in order, and objects whose every key is one.
pub(super) fn environment(
    context: &Context<'_>,
    own: &Name,
    path: &str,
    environment: &Key<Pairs>,
    env_file: &Key<EnvFiles>,
    objects: &mut Vec<FileObject>,
    diags: &mut Diagnostics,
) -> (Vec<EnvVar>, EnvFrom) {
    let mut variables: Vec<(String, String, Origin)> = Vec::new();
    for file in env_file.get().iter().flat_map(|files| files.value.0.iter()) {
        for (name, value) in read(context, path, file, diags) {
            let place = file.value.path.get().map_or(file.origin, |path| path.origin);
            match variables.iter_mut().find(|(earlier, _, _)| *earlier == name) {
                Some(earlier) => *earlier = (name, value, place),
                None => variables.push((name, value, place)),
            }
        }
    }
    let lookup = context.loaded.variables.lookup(context.world);
    for (name, pair) in environment.get().iter().flat_map(|pairs| pairs.value.0.iter()) {
        if name.is_empty() || name.contains('=') || name.contains('\0') {
            diags.push(
                Diagnostic::new(Code::EnvironmentName, pair.key, format!("`{name}` is no name of a variable"))
                    .help("write NAME: value")
                    .key(format!("{path}.environment")),
            );
            continue;
        }
        variables.retain(|(earlier, _, _)| earlier != name);
        match pair.value.clone().or_else(|| lookup(name).map(|(value, _)| value)) {
            Some(value) => {
                if context.dialect() == Dialect::Swarm && value.contains("{{") {
                    diags.push(
                        Diagnostic::new(
                            Code::NotTranslated,
                            pair.origin,
                            format!("the template in `{name}` is not translated yet"),
                        )
                        .label("it arrives as it is written")
                        .help("write the value, or take it from the pod with valueFrom.fieldRef by hand")
                        .key(format!("{path}.environment.{name}")),
                    );
                }
                variables.push((name.clone(), value, pair.origin));
            }
            None => diags.consume(pair.origin, "a variable without a value that nothing sets is not set"),
        }
    }
    let env = place(own, variables, objects, path, diags);
    (env, Vec::new())
}

/// Puts credentials into a Secret of the workload's own and leaves the rest readable.
fn place(
    own: &Name,
    variables: Vec<(String, String, Origin)>,
    objects: &mut Vec<FileObject>,
    path: &str,
    diags: &mut Diagnostics,
) -> Vec<EnvVar> {
    let mut secret: Vec<(String, Data)> = Vec::new();
    let mut env = Vec::with_capacity(variables.len());
    let mut clear: Vec<(String, Origin)> = Vec::new();
    for (name, value, origin) in variables {
        let why = Why::Origin(origin);
        let usable_key = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if usable_key && !value.is_empty() && is_credential(&name, &value) {
            clear.push((name.clone(), origin));
            secret.push((name.clone(), Data { bytes: value.into_bytes(), why: why.clone() }));
            env.push(EnvVar { source: EnvSource::Secret { object: own.clone(), key: name.clone() }, name, why });
        } else {
            env.push(EnvVar { source: EnvSource::Literal(value), name, why });
        }
    }
    if let Some((_, first)) = clear.first() {
        let names: Vec<&str> = clear.iter().map(|(name, _)| name.as_str()).collect();
        let mut diagnostic = Diagnostic::new(
            Code::ClearTextSecret,
            *first,
            format!("credentials stand in clear text: {}", names.join(", ")),
        )
        .why(format!("they are written to the Secret {own}, which is as readable as this file"))
        .help("keep the output out of version control, or make them secrets with file: or external: true")
        .key(format!("{path}.environment"));
        for (_, other) in clear.iter().skip(1) {
            diagnostic = diagnostic.also(*other, "");
        }
        diags.push(diagnostic);
        let why = Why::Origins(clear.iter().map(|(_, origin)| *origin).collect());
        objects.push(FileObject { name: own.clone(), kind: FileObjectKind::Secret, entries: secret, why });
    }
    env
}

/// Whether a variable looks like a credential: by its name's last words, or by a URL that carries a password.
pub(super) fn is_credential(name: &str, value: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let by_name = [
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "SECRET",
        "TOKEN",
        "API_KEY",
        "APIKEY",
        "PRIVATE_KEY",
        "SECRET_KEY",
        "ACCESS_KEY",
        "CREDENTIALS",
        "_PASS",
        "_PWD",
        "_SALT",
    ]
    .iter()
    .any(|ending| upper.ends_with(ending));
    let is_path = value.starts_with('/') && (upper.ends_with("_FILE") || upper.ends_with("_PATH"));
    (by_name && !is_path && !matches!(value, "true" | "false" | "yes" | "no"))
        || url_password(value)
        || value.contains("-----BEGIN ") && value.contains("PRIVATE KEY")
}

fn url_password(value: &str) -> bool {
    value.split("://").skip(1).any(|rest| {
        let authority = rest.split([' ', '"', '\'', ',']).next().unwrap_or_default();
        authority
            .rsplit_once('@')
            .and_then(|(user, _)| user.split_once(':'))
            .is_some_and(|(user, password)| !user.contains('/') && !password.is_empty())
    })
}

fn read(context: &Context<'_>, path: &str, file: &Spanned<EnvFile>, diags: &mut Diagnostics) -> Vec<(String, String)> {
    let EnvFile { path: name, format, required, extensions: _ } = &file.value;
    let required = match required.get() {
        Some(required) => {
            diags.consume(required.origin, "decides whether the file must exist");
            required.value
        }
        None => true,
    };
    let raw = format.get().is_some_and(|format| format.value == "raw") || context.dialect() == Dialect::Swarm;
    if let Some(format) = format.get() {
        diags.consume(format.origin, "decides how the file is read");
    }
    let Some(name) = name.get() else { return Vec::new() };
    let full = mounts::join(&context.loaded.folder, &name.value);
    let bytes = match context.world.read(&full, FILE_LIMIT) {
        Ok(bytes) => bytes,
        Err(ReadError::NotFound) if !required => {
            diags.consume(name.origin, "the file does not exist and is not required");
            return Vec::new();
        }
        Err(error) => {
            diags.push(
                Diagnostic::new(
                    Code::EnvFileMissing,
                    name.origin,
                    format!("the env_file {full} cannot be read: {}", say(&error)),
                )
                .help("create it, or write required: false beside its path")
                .key(format!("{path}.env_file")),
            );
            return Vec::new();
        }
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let lookup = context.loaded.variables.lookup(context.world);
    let ask = |asked: &str| lookup(asked).map(|(value, _)| value);
    let parsed = if raw { dotenv::parse_raw(&text, &ask) } else { dotenv::parse(&text, &ask) };
    match parsed {
        Ok(list) => {
            diags.consume(name.origin, "its variables stand in the manifests");
            list.into_iter().filter_map(|variable| Some((variable.name, variable.value?))).collect()
        }
        Err((at, message)) => {
            let line = text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
            diags.push(
                Diagnostic::new(Code::EnvFileSyntax, name.origin, format!("{full}:{line}: {message}"))
                    .help("write NAME=value, one a line")
                    .key(format!("{path}.env_file")),
            );
            Vec::new()
        }
    }
}
