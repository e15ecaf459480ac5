//! Services of Traefik's files: they name their servers by URL, which are services of the project, or nobody that is known here.

use std::collections::BTreeSet;

use super::super::blocks::Block;
use super::shared::{Backend, keep};
use crate::diag::Diagnostics;
use crate::ir::{App, Setting, SettingValue, Traced};

/// A server as it is written.
struct Server {
    scheme: String,
    host: String,
    port: u16,
}

/// How a service is reached.
///
/// # Errors
///
/// Where it leads to, in words, when that is no one service of the project.
pub(super) fn backend(app: &App, mut block: Block, path: &str, diags: &mut Diagnostics) -> Result<Backend, String> {
    let settings = block.take_below("loadbalancer");
    let (written, others): (Vec<_>, Vec<_>) = settings
        .into_iter()
        .partition(|(keys, _)| keys.first().is_some_and(|first| first.to_ascii_lowercase().starts_with("servers[")));
    let is_place = |keys: &[String]| {
        keys.last().is_some_and(|last| last.eq_ignore_ascii_case("url") || last.eq_ignore_ascii_case("address"))
    };
    let places: Vec<Traced<String>> =
        written.into_iter().filter(|(keys, _)| is_place(keys)).map(|(_, value)| value).collect();
    let Some(first) = places.first() else { return Err("other services by their weights".to_owned()) };
    let words = || places.iter().map(|place| place.value.as_str()).collect::<Vec<_>>().join(", ");
    let servers: Option<Vec<Server>> = places.iter().map(|place| server(&place.value)).collect();
    let servers = servers.ok_or_else(words)?;
    let found: BTreeSet<(Option<usize>, u16)> =
        servers.iter().map(|server| (workload(app, &server.host), server.port)).collect();
    let (Some((Some(index), port)), 1, Some(server)) = (found.first(), found.len(), servers.first()) else {
        return Err(words());
    };
    let why = &first.why;
    let mut backend = Backend { index: *index, ..Backend::default() };
    backend.port = Some(Traced { value: *port, why: why.clone() });
    if !matches!(server.scheme.as_str(), "" | "http") {
        let scheme = SettingValue::Text(server.scheme.clone());
        backend.settings.push(Setting::at(&["server", "scheme"], scheme, why.clone()));
    }
    for (keys, value) in others {
        // Transports stand in the file too, and become nothing.
        if !keys.first().is_some_and(|first| first.eq_ignore_ascii_case("serversTransport")) {
            keep("loadBalancer", &keys, value, &mut backend.settings, path, diags);
        }
    }
    Ok(backend)
}

/// `http://web:8080/` or `db:5432`.
fn server(text: &str) -> Option<Server> {
    let (scheme, rest) = text.trim().split_once("://").unwrap_or(("", text.trim()));
    let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !path.is_empty() {
        return None;
    }
    let usual = if scheme.eq_ignore_ascii_case("https") { "443" } else { "80" };
    let (host, port) = place.rsplit_once(':').unwrap_or((place, usual));
    Some(Server { scheme: scheme.to_ascii_lowercase(), host: host.to_ascii_lowercase(), port: port.parse().ok()? })
}

/// The workload that a host is.
fn workload(app: &App, host: &str) -> Option<usize> {
    let is_it = |name: &str| name.eq_ignore_ascii_case(host);
    app.workloads.iter().position(|workload| is_it(&workload.service)).or_else(|| {
        app.workloads.iter().position(|workload| workload.aliases.iter().any(|alias| is_it(&alias.name.value)))
    })
}
