//! What `docker stack deploy` refuses when it makes services of a stack that `docker stack config` prints without a word: options
//! of another kind of mount, a health check that is off and on, an entry point for traffic that cannot be.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::swarm::read::services;
use crate::syntax::{Entry, Map, Node, Value};

/// Checks every service of a stack.
pub(super) fn check(root: &Node, diags: &mut Diagnostics) {
    for (name, entry) in services(root).into_iter().flatten() {
        let Value::Map(service) = &entry.value.value else { continue };
        let path = format!("services.{name}");
        for mount in items(service, "volumes") {
            if let Value::Map(keys) = &mount.value {
                options_of_mount(keys, &path, diags);
            }
        }
        healthcheck(service, &path, diags);
        credentials(service, &path, diags);
        endpoint(service, &path, diags);
    }
}

/// Options stand beside the type that they are of, and a tmpfs has no source.
fn options_of_mount(mount: &Map, path: &str, diags: &mut Diagnostics) {
    let Some(kind) = text(mount, "type") else { return };
    for (options, of) in [("bind", &["bind", "npipe"][..]), ("volume", &["volume", "cluster"]), ("tmpfs", &["tmpfs"])] {
        if let Some(entry) = mount.get(options)
            && !of.contains(&kind)
        {
            diags.push(
                Diagnostic::new(
                    Code::Conflict,
                    entry.key,
                    format!("a mount of type {kind} has options of a {options}"),
                )
                .help(format!("remove `{options}`, or write type: {options}"))
                .key(format!("{path}.volumes")),
            );
        }
    }
    if kind == "tmpfs"
        && let Some(source) = mount.get("source").filter(|_| text(mount, "source") != Some(""))
    {
        diags.push(
            Diagnostic::new(Code::Conflict, source.key, "a tmpfs has a source")
                .why("it begins empty, in memory")
                .help("remove the source, or write type: volume or bind")
                .key(format!("{path}.volumes")),
        );
    }
}

fn healthcheck(service: &Map, path: &str, diags: &mut Diagnostics) {
    let Some(check) = map(service, "healthcheck") else { return };
    let disable = check.get("disable").filter(|entry| entry.value.value == Value::Bool(true));
    if let Some(disable) = disable
        && let Some(test) = check.get("test").filter(|_| !items(check, "test").is_empty())
    {
        diags.push(
            Diagnostic::new(Code::Conflict, disable.key, "the health check is turned off and has a test")
                .also(test.key, "the test")
                .help("remove one of the two")
                .key(format!("{path}.healthcheck")),
        );
    }
}

fn credentials(service: &Map, path: &str, diags: &mut Diagnostics) {
    let Some(spec) = map(service, "credential_spec") else { return };
    let mut set = spec.iter().filter(|(name, _)| text(spec, name).is_some_and(|text| !text.is_empty()));
    if let (Some((first, first_entry)), Some((second, second_entry))) = (set.next(), set.next()) {
        diags.push(
            Diagnostic::new(
                Code::Conflict,
                second_entry.key,
                format!("credentials come from `{first}` and `{second}`"),
            )
            .also(first_entry.key, "the other source")
            .help("keep one of config, file and registry")
            .key(format!("{path}.credential_spec")),
        );
    }
}

/// Without a virtual address there is nothing that the routing mesh could send a published port to.
fn endpoint(service: &Map, path: &str, diags: &mut Diagnostics) {
    let Some(mode) = map(service, "deploy").and_then(|deploy| deploy.get("endpoint_mode")) else { return };
    let is_dnsrr = matches!(&mode.value.value, Value::String(text) if text.eq_ignore_ascii_case("dnsrr"));
    let ingress = items(service, "ports").iter().find(|port| {
        matches!(&port.value, Value::Map(keys) if text(keys, "mode").is_none_or(|mode| mode.is_empty() || mode == "ingress"))
    });
    if let Some(port) = ingress.filter(|_| is_dnsrr) {
        diags.push(
            Diagnostic::new(
                Code::Conflict,
                port.origin,
                "a port is published through the routing mesh, and `endpoint_mode: dnsrr` has none",
            )
            .also(mode.key, "the endpoint mode")
            .help("write the port with mode: host, or remove endpoint_mode")
            .key(format!("{path}.ports")),
        );
    }
}

fn map<'a>(keys: &'a Map, name: &str) -> Option<&'a Map> {
    let Some(Entry { key: _, value: Node { value: Value::Map(map), origin: _, tag: _ } }) = keys.get(name) else {
        return None;
    };
    Some(map)
}

fn items<'a>(keys: &'a Map, name: &str) -> &'a [Node] {
    let Some(Entry { key: _, value: Node { value: Value::List(items), origin: _, tag: _ } }) = keys.get(name) else {
        return &[];
    };
    items
}

fn text<'a>(keys: &'a Map, name: &str) -> Option<&'a str> {
    let Some(Entry { key: _, value: Node { value: Value::String(text), origin: _, tag: _ } }) = keys.get(name) else {
        return None;
    };
    Some(text)
}
