//! Addresses that Docker gives every container and a cluster does not: the Docker host's, and that of Docker's own name server
//! (Docker, "Networking overview"). Whoever dials one of them fails in a pod, so that each is told. With `network_mode: host` the
//! Docker host is `localhost`, where every published port was.
//!
//! ```yaml
//! environment: { OLLAMA: "http://host.docker.internal:11434" }
//! configs: { proxy: { content: "resolver 127.0.0.11;" } }
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, EnvSource, FileObject, FileObjectKind, Name, NetworkMode, TextPart, Traced, Workload};
use crate::lower::Context;
use crate::origin::Origin;

/// Names of the Docker host that Docker Desktop resolves by itself.
const HOST_NAMES: [&str; 6] = [
    "docker.for.mac.host.internal",
    "docker.for.mac.localhost",
    "docker.for.win.localhost",
    "gateway.docker.internal",
    "host.docker.internal",
    "kubernetes.docker.internal",
];

/// The address of the Docker host on the network that it has from the start.
const BRIDGE: Ipv4Addr = Ipv4Addr::new(172, 17, 0, 1);

/// The address at which Docker answers the names of services.
const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);

/// What a text names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    NameServer,
    /// By a name, or by its usual address.
    Host(String),
    /// A private address with a port.
    Private(Ipv4Addr, u16),
    /// The machine itself, with a port.
    Loopback(u16),
}

/// What the files of an object name: the key of each, and the line.
type InFiles<'a> = Vec<(&'a str, usize, Named)>;

/// ConfigMaps and Secrets by kind and name.
type Objects<'a> = BTreeMap<(FileObjectKind, &'a Name), &'a FileObject>;

pub(super) fn run(app: &mut App, _context: &Context<'_>, diags: &mut Diagnostics) {
    let mut published = BTreeMap::new();
    for workload in &app.workloads {
        for port in workload.published.iter().filter_map(|port| port.published.as_ref()) {
            published.entry(port.value).or_insert(workload);
        }
    }
    let mut on_host = BTreeMap::new();
    for workload in app.workloads.iter().filter(|workload| matches!(workload.network, NetworkMode::Host(_))) {
        for port in &workload.ports {
            on_host.entry(port.number.value).or_insert(workload);
        }
    }
    let shared: Objects<'_> = app.files.iter().map(|file| ((file.kind, &file.name), file)).collect();
    let mut of_files: BTreeMap<(FileObjectKind, &Name), InFiles<'_>> = BTreeMap::new();
    for workload in &app.workloads {
        let mut objects: Objects<'_> = workload.files.iter().map(|file| ((file.kind, &file.name), file)).collect();
        for place in texts(workload, &objects, &shared) {
            if let (Named::Loopback(port), NetworkMode::Host(_)) = (&place.named, workload.network) {
                if let Some(server) = published.get(port).or_else(|| on_host.get(port)) {
                    tell_loopback(workload, &place, *port, server, diags);
                }
            } else {
                tell(workload, &place, &published, diags);
            }
        }
        for mount in &workload.mounts {
            let Some((kind, name, only)) = mount.source.object() else { continue };
            let id = (kind, name);
            let Some(object) = objects.remove(&id).or_else(|| shared.get(&id).copied()) else { continue };
            let found = of_files.entry((object.kind, &object.name)).or_insert_with(|| in_object(object));
            for (key, line, named) in found.iter().filter(|(key, ..)| only.is_none_or(|only| only == key)) {
                let place = Place {
                    key: "volumes".to_owned(),
                    origin: mount.origin,
                    line: Some(format!("{key}:{line}")),
                    named: named.clone(),
                };
                tell(workload, &place, &published, diags);
            }
        }
    }
}

/// Where something is named.
struct Place {
    /// The key below the service.
    key: String,
    origin: Origin,
    /// The line of a mounted file.
    line: Option<String>,
    named: Named,
}

/// What the variables and words of a service name.
fn texts(workload: &Workload, own: &Objects<'_>, shared: &Objects<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    let container = &workload.container;
    let mut add = |text: &str, key: String, origin: Origin| {
        let named: BTreeSet<Named> = find(text).into_iter().collect();
        places.extend(named.into_iter().map(|named| Place { key: key.clone(), origin, line: None, named }));
    };
    let find_object = |kind, name| own.get(&(kind, name)).or_else(|| shared.get(&(kind, name)));
    for variable in &container.env {
        let key = format!("environment.{}", variable.name);
        let origin = variable.why.origins().first().copied().unwrap_or(workload.origin);
        match &variable.source {
            EnvSource::Literal(text) => add(text, key, origin),
            EnvSource::Composed(parts) => {
                for part in parts {
                    if let TextPart::Text(text) = part {
                        add(text, key.clone(), origin);
                    }
                }
            }
            EnvSource::Field(_) => {}
            EnvSource::Secret { object, key: entry } => {
                let object = find_object(FileObjectKind::Secret, object);
                let data = object.and_then(|object| object.entries.iter().find(|(name, _)| name == entry));
                if let Some(text) = data.and_then(|(_, data)| std::str::from_utf8(&data.bytes).ok()) {
                    add(text, key, origin);
                }
            }
        }
    }
    for Traced { value: (kind, name), why: _ } in &container.env_from {
        for (key, data) in find_object(*kind, name).into_iter().flat_map(|object| &object.entries) {
            let origin = data.why.origins().first().copied().unwrap_or(workload.origin);
            if let Ok(text) = std::str::from_utf8(&data.bytes) {
                add(text, format!("environment.{key}"), origin);
            }
        }
    }
    for (words, key) in [(&container.command, "entrypoint"), (&container.args, "command")] {
        for word in words.iter().flatten() {
            add(&word.value, key.to_owned(), word.why.origins().first().copied().unwrap_or(workload.origin));
        }
    }
    places
}

/// What the files of an object name, each once for each file, with its first line.
fn in_object(object: &FileObject) -> InFiles<'_> {
    let mut found = Vec::new();
    for (key, data) in &object.entries {
        let Ok(text) = std::str::from_utf8(&data.bytes) else { continue };
        let mut seen = BTreeSet::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#')) {
            for named in find(line) {
                // Other machines may have such addresses, and names of services stand in files as addresses, too.
                let is_sure = !matches!(named, Named::Private(..) | Named::Loopback(_));
                if is_sure && seen.insert(named.clone()) {
                    found.push((key.as_str(), number + 1, named));
                }
            }
        }
    }
    found
}

/// Everything of the kind in a text.
fn find(text: &str) -> Vec<Named> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let mut found = Vec::new();
    let mut at = 0;
    for run in text.split(|c| !is_part(c)) {
        let end = at + run.len();
        let rest = text.get(end..).unwrap_or_default();
        at = end + rest.chars().next().map_or(0, char::len_utf8);
        let word = run.trim_end_matches('.');
        let port = rest.strip_prefix(':').and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
        let port = port.and_then(|digits| digits.parse().ok());
        if word.eq_ignore_ascii_case("localhost") {
            found.extend(port.map(Named::Loopback));
        }
        if word.len() < 7 || !word.contains('.') {
            continue;
        }
        if let Some(name) = HOST_NAMES.iter().find(|name| word.eq_ignore_ascii_case(name)) {
            found.push(Named::Host((*name).to_owned()));
        } else if let Ok(address) = word.parse::<Ipv4Addr>() {
            match port {
                _ if address == NAME_SERVER => found.push(Named::NameServer),
                _ if address == BRIDGE => found.push(Named::Host(address.to_string())),
                Some(port) if address == Ipv4Addr::LOCALHOST => found.push(Named::Loopback(port)),
                Some(port) if address.is_private() => found.push(Named::Private(address, port)),
                Some(_) | None => {}
            }
        }
    }
    found
}

fn tell(workload: &Workload, place: &Place, published: &BTreeMap<u16, &Workload>, diags: &mut Diagnostics) {
    let Place { key, origin, line, named } = place;
    let message = match named {
        Named::Loopback(_) => return,
        Named::NameServer => Diagnostic::new(Code::DockerNameServer, *origin, "127.0.0.11 is Docker's own name server")
            .why("none answers there in a pod; the cluster's answers whole names, and short ones only through a search list, which programs with a resolver of their own do not read")
            .help("write kube-dns.kube-system.svc.cluster.local for it in nginx, and names as web.NAMESPACE.svc.cluster.local")
            .cause("name-server"),
        Named::Host(name) => Diagnostic::new(Code::HostGateway, *origin, format!("`{name}` is the Docker host"))
            .why("a pod runs on any node, and what listens on the Docker host is not there")
            .help(format!("make a Service for what `{name}` offered, and dial that"))
            // As where `extra_hosts` asks for it.
            .cause(if name.ends_with(".internal") { "host-gateway" } else { name }),
        Named::Private(address, port) => {
            let Some(server) = published.get(port) else { return };
            let target = target_of(server, *port);
            let message = format!("`{address}:{port}` looks like the Docker host, where `{}` is published", server.service);
            Diagnostic::new(Code::DockerHostAddress, *origin, message)
                .why("what publishes it in a cluster has another address")
                .help(format!(
                    "if it is the Docker host, write {}:{target}, or the address that the cluster publishes it at",
                    server.name
                ))
                .cause(address.to_string())
        }
    };
    let message = match line {
        Some(line) => message.label(format!("named in {line}")),
        None => message,
    };
    diags.push(message.key(format!("services.{}.{key}", workload.service)));
}

/// The port of a container that is published under a number, or that number.
fn target_of(server: &Workload, port: u16) -> u16 {
    let found = server.published.iter().find(|one| one.published.as_ref().is_some_and(|found| found.value == port));
    found.map_or(port, |one| one.target.value)
}

/// A service on the Docker host's own network reached there all that others published.
fn tell_loopback(workload: &Workload, place: &Place, port: u16, server: &Workload, diags: &mut Diagnostics) {
    if workload.service == server.service {
        return;
    }
    let message = format!("`localhost:{port}` is where `{}` was on the Docker host", server.service);
    diags.push(
        Diagnostic::new(Code::HostLoopback, place.origin, message)
            .why("on the network of a node a pod finds what runs on that node alone, and published ports are not there")
            .help(format!("write {}:{} where the program dials it", server.name, target_of(server, port)))
            .key(format!("services.{}.{}", workload.service, place.key))
            .cause("loopback-of-the-host"),
    );
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::{Named, find};

    #[test]
    fn the_docker_host_is_known_by_its_names() {
        let host = |name: &str| vec![Named::Host(name.to_owned())];
        assert_eq!(find("http://Host.Docker.Internal:11434/v1"), host("host.docker.internal"));
        assert_eq!(find("172.17.0.1"), host("172.17.0.1"));
        assert_eq!(find("x-host.docker.internal my.host.docker.internal 172.17.0.10 1172.17.0.1"), []);
    }

    #[test]
    fn addresses_end_where_they_end() {
        assert_eq!(find("resolver 127.0.0.11;"), [Named::NameServer]);
        assert_eq!(find("127.0.0.1 127.0.0.112 0.0.0.0:80 8.8.8.8:53 10.0.0.4 localhost"), []);
        assert_eq!(find("a://localhost:5432/x 127.0.0.1:80"), [Named::Loopback(5432), Named::Loopback(80)]);
        let private = |last, port| Named::Private(Ipv4Addr::new(10, 0, 0, last), port);
        assert_eq!(find("A://10.0.0.4:9092,10.0.0.5:9093"), [private(4, 9092), private(5, 9093)]);
    }
}
