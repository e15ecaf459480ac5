//! What the probe pod reaches: names, ports, pages.

use std::time::Duration;

use serde_json::Value;

use super::stack::{PROBE, STRANGER, Stack, number, text};
use crate::expect::{Http, Talk};

/// As long as kube-proxy may take to hear of an endpoint.
const SOON: Duration = Duration::from_secs(10);

/// A name resolves.
pub(super) fn name(stack: &Stack, name: &str) -> Result<(), String> {
    stack.within(SOON, || {
        // Not by the exit code, which busybox sets by the last name of the search list.
        let seen = stack.exec(PROBE, &["sh", "-c", "nslookup \"$0\" 2>&1; true", name])?;
        let seen = String::from_utf8_lossy(&seen).into_owned();
        if seen.lines().any(|line| line.starts_with("Name:")) {
            Ok(())
        } else {
            Err(format!("{name} does not resolve"))
        }
    })
}

/// A TCP port takes connections.
pub(super) fn port(stack: &Stack, host: &str, port: u16) -> Result<(), String> {
    stack.within(SOON, || stack.exec(PROBE, &["nc", "-z", "-w", "2", host, &port.to_string()]).map(|_| ()))
}

/// Connections from outside the networks are not let in.
pub(super) fn apart(stack: &Stack, address: &str) -> Result<(), String> {
    let (host, port) = address.rsplit_once(':').ok_or("an address is host:port")?;
    stack.within(SOON, || {
        match stack.exec(STRANGER, &["sh", "-c", "nc -z -w 2 \"$0\" \"$1\"; echo $?", host, port])? {
            status if status == b"0\n" => Err("it takes connections".to_owned()),
            _ => Ok(()),
        }
    })
}

/// A port of the host takes connections, where the cluster hands out addresses for it.
pub(super) fn published(stack: &Stack, wanted: u16) -> Result<(), String> {
    let mut address = None;
    for service in stack.list("v1", "Service")? {
        let ports = service.pointer("/spec/ports").and_then(Value::as_array).into_iter().flatten();
        let has_port = ports.into_iter().any(|port| number(port, "/port") == i64::from(wanted));
        if has_port && text(&service, "/spec/type") == "LoadBalancer" {
            address = Some(text(&service, "/status/loadBalancer/ingress/0/ip").to_owned());
        }
    }
    for pod in stack.pods()? {
        let containers = pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
        let ports = containers.filter_map(|container| container.get("ports").and_then(Value::as_array)).flatten();
        if ports.into_iter().any(|port| number(port, "/hostPort") == i64::from(wanted)) {
            address = Some(text(&pod, "/status/hostIP").to_owned());
        }
    }
    match address {
        Some(address) if !address.is_empty() => port(stack, &address, wanted),
        Some(_) => Err("its Service has no address: does the cluster give addresses to load balancers?".to_owned()),
        None => Err("nothing publishes it".to_owned()),
    }
}

/// A page is there and holds what it should.
pub(super) fn http(stack: &Stack, http: &Http) -> Result<(), String> {
    page(stack, &http.url, &http.contains)
}

/// The same by its parts.
pub(super) fn page(stack: &Stack, url: &str, part: &str) -> Result<(), String> {
    stack.within(SOON, || {
        let body = stack.exec(PROBE, &["wget", "-q", "-T", "5", "-O", "-", url])?;
        let body = String::from_utf8_lossy(&body);
        if body.contains(part) { Ok(()) } else { Err(format!("`{part}` is not in: {body}")) }
    })
}

/// What is sent is answered.
pub(super) fn talk(stack: &Stack, talk: &Talk) -> Result<(), String> {
    let (host, port) = talk.address.rsplit_once(':').ok_or("an address is host:port")?;
    let flag = if talk.protocol == "udp" { "-u" } else { "" };
    // The end of the input must not close the connection before the answer is there.
    let script = format!("(printf %s \"$0\"; sleep 1) | nc {flag} -w 2 {host} {port}; true");
    stack.within(SOON, || {
        let seen = stack.exec(PROBE, &["sh", "-c", &script, &talk.send])?;
        let seen = String::from_utf8_lossy(&seen).into_owned();
        if seen == talk.gives { Ok(()) } else { Err(format!("the answer is {seen:?}")) }
    })
}
