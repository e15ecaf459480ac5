//! Ports and names become Services (design 4.3): every service under its own name on the ports of its container, and a second
//! Service for what was published.
//!
//! ```yaml
//! ports: ["80:3000"]
//! # Service web: port 3000; Service web-published, type LoadBalancer: port 80, targetPort 3000
//! ```

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, EnvSource, Exposure, ExposureKind, ExposurePort, Port, Protocol, Traced, Why, Workload};
use crate::lower::Context;
use crate::origin::Origin;

/// `name:port`, and where it was seen.
type Seen = BTreeMap<String, Vec<(u16, Origin)>>;

pub(super) fn run(app: &mut App, _context: &Context<'_>, diags: &mut Diagnostics) {
    let seen = dialled(app);
    for workload in &mut app.workloads {
        if workload.ports.is_empty() {
            infer(workload, &seen, diags);
        }
        let published = std::mem::take(&mut workload.published);
        for port in &published {
            if !workload.ports.iter().any(|known| known.number.value == port.target && known.protocol == port.protocol)
            {
                workload.ports.push(Port {
                    number: port.published.clone().map(|_| port.target),
                    protocol: port.protocol,
                    stated: true,
                    host_port: None,
                });
            }
        }
        if !workload.ends() || !workload.ports.is_empty() {
            workload.exposures.push(own_name(workload, diags));
        }
        if let Some(first) = published.first() {
            workload.exposures.push(Exposure {
                name: workload.name.with("published"),
                kind: ExposureKind::LoadBalancer,
                why: first.published.why.clone(),
                ports: published
                    .iter()
                    .map(|port| ExposurePort {
                        target: (port.published.value != port.target).then_some(port.target),
                        port: port.published.clone(),
                        protocol: port.protocol,
                    })
                    .collect(),
                not_ready: None,
            });
        }
    }
}

fn own_name(workload: &Workload, diags: &mut Diagnostics) -> Exposure {
    let ports: Vec<ExposurePort> = workload
        .ports
        .iter()
        .map(|port| ExposurePort { port: port.number.clone(), target: None, protocol: port.protocol })
        .collect();
    if ports.is_empty() {
        diags.push(
            Diagnostic::new(Code::PortUnknown, workload.origin, format!("no port of `{}` is known", workload.service))
                .why("its Service is headless: the name resolves to the pods, and any port answers")
                .help("write expose: with its ports to give the Service an address of its own")
                .key(format!("services.{}", workload.service)),
        );
    }
    Exposure {
        name: workload.name.clone(),
        kind: if ports.is_empty() || workload.headless.is_some() {
            ExposureKind::Headless
        } else {
            ExposureKind::Cluster
        },
        ports,
        not_ready: None,
        why: workload.headless.map_or(Why::Origin(workload.origin), Why::Origin),
    }
}

fn infer(workload: &mut Workload, seen: &Seen, diags: &mut Diagnostics) {
    for (number, place) in seen.get(&workload.service).into_iter().flatten() {
        if workload.ports.iter().any(|port| port.number.value == *number) {
            continue;
        }
        diags.push(
            Diagnostic::new(
                Code::PortInferred,
                *place,
                format!("`{}` listens on port {number}, as another service dials it", workload.service),
            )
            .label("seen here")
            .help(format!("write expose: [\"{number}\"] to say so"))
            .key(format!("services.{}", workload.service)),
        );
        workload.ports.push(Port {
            number: Traced::from_origin(*number, *place),
            protocol: Protocol::Tcp,
            stated: false,
            host_port: None,
        });
    }
}

/// Every `name:port` in variables and arguments whose name is a service's.
fn dialled(app: &App) -> Seen {
    let mut seen: Seen = app.workloads.iter().map(|workload| (workload.service.clone(), Vec::new())).collect();
    for workload in &app.workloads {
        for variable in &workload.container.env {
            let text = match &variable.source {
                EnvSource::Literal(text) => Some(text.as_str()),
                EnvSource::Field(_) | EnvSource::Composed(_) => None,
                EnvSource::Secret { object: _, key } => secret_text(workload, app, key),
            };
            if let (Some(text), Some(place)) = (text, variable.why.origins().first()) {
                scan(text, *place, &mut seen);
            }
        }
        let words = [&workload.container.command, &workload.container.args].into_iter().flatten().flatten();
        for word in words {
            if let Some(place) = word.why.origins().first() {
                scan(&word.value, *place, &mut seen);
            }
        }
    }
    seen
}

fn secret_text<'a>(workload: &'a Workload, app: &'a App, key: &str) -> Option<&'a str> {
    let objects = workload.files.iter().chain(&app.files).filter(|object| object.name == workload.name);
    let data = objects.flat_map(|object| &object.entries).find(|(name, _)| name == key)?;
    std::str::from_utf8(&data.1.bytes).ok()
}

fn scan(text: &str, place: Origin, seen: &mut Seen) {
    for (at, _) in text.match_indices(':') {
        let (Some(before), Some(after)) = (text.get(..at), text.get(at + 1..)) else { continue };
        let digits: &str = after.get(..after.bytes().take_while(u8::is_ascii_digit).count()).unwrap_or_default();
        let next = after.get(digits.len()..).and_then(|rest| rest.chars().next());
        if next.is_some_and(|next| next.is_ascii_alphanumeric() || next == '.' || next == '_' || next == '@') {
            continue;
        }
        let Some(number) = digits.parse::<u16>().ok().filter(|number| *number > 0) else { continue };
        let start = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
            .map_or(0, |found| found + 1);
        let name = before.get(start..).unwrap_or_default();
        if let Some(found) = seen.get_mut(name)
            && !found.iter().any(|(known, _)| *known == number)
        {
            found.push((number, place));
        }
    }
}
