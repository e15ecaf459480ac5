//! `credential_spec` (compose-spec; Kubernetes, "Configure GMSA for Windows Pods and containers"): the account that a Windows container
//! runs as. A pod names an object that holds the specification, as only whoever runs the cluster may make it.

use crate::compose::keys::Key;
use crate::compose::model::host::CredentialSpec;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Name, Traced};
use crate::lower::later;

/// The name of the GMSACredentialSpec: that of the config, the registry value, or the file without its folders and its ending.
pub(super) fn account(path: &str, spec: &Key<CredentialSpec>, diags: &mut Diagnostics) -> Option<Traced<String>> {
    let found = spec.get()?;
    let CredentialSpec { config, file, registry, extensions } = &found.value;
    later::extensions(extensions, diags);
    let said = [("config", config), ("file", file), ("registry", registry)];
    let (key, written) = said.into_iter().find_map(|(key, text)| Some((key, text.get()?)))?;
    let base = written.value.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = if key == "file" { base.rsplit_once('.').map_or(base, |(stem, _)| stem) } else { base };
    let name = Name::from_text(stem);
    diags.push(
        Diagnostic::new(
            Code::WindowsAccount,
            written.origin,
            format!("the cluster needs a GMSACredentialSpec called {name}"),
        )
        .why("the specification names an account of the domain, so that a pod can only refer to it")
        .help(format!(
            "make it of {}, and let the pod's account use it: New-CredentialSpec, kubectl apply",
            written.value
        ))
        .key(format!("{path}.credential_spec.{key}"))
        .cause("credential_spec")
        .covers(said.into_iter().filter_map(|(_, text)| Some(text.get()?.origin))),
    );
    Some(Traced::from_origin(name.to_string(), written.origin))
}
