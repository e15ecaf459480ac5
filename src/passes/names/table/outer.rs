//! `external_links`: names that one service has for containers of other projects.

use std::collections::BTreeSet;

use super::Table;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{App, Link, Name, OuterLink};
use crate::origin::Origin;

impl Table {
    /// `external_links: ["other_db_1:db"]`. One that leads to a container of this project is a link.
    pub(super) fn outer_links(&mut self, app: &mut App, diags: &mut Diagnostics) {
        let said: BTreeSet<Name> = app.elsewhere.iter().map(|elsewhere| elsewhere.name.clone()).collect();
        for (index, workload) in app.workloads.iter_mut().enumerate() {
            for OuterLink { container, alias } in std::mem::take(&mut workload.outer_links) {
                let lower = alias.value.to_ascii_lowercase();
                let place = alias.why.origins().first().copied().unwrap_or(workload.origin);
                if self.names.contains_key(&container.to_ascii_lowercase()) {
                    workload.links.push(Link { service: container, alias });
                } else if said.iter().any(|name| name.as_str() == lower) {
                    diags.consume(place, "x-kubernetes.external_names says where it leads");
                } else if self.far.link(index, &container, &lower, self.names.contains_key(&lower), &alias.why) {
                    diags.consume(place, "a name of a service of another stack");
                    self.linked.insert(lower);
                } else {
                    nobody(&workload.service, &container, &alias.value, place, diags);
                }
            }
        }
        self.links(app, diags);
    }
}

/// An external link that leads nowhere in this call.
fn nobody(service: &str, container: &str, alias: &str, place: Origin, diags: &mut Diagnostics) {
    let name = Name::from_text(alias);
    diags.push(
        Diagnostic::new(Code::ExternalLink, place, format!("nothing here answers to `{alias}`"))
            .label(format!("the container `{container}` belongs to another project"))
            .why("a name resolves to a Service of the same namespace")
            .help(format!(
                "convert both in one call with --separate, or write at the top of the file: x-kubernetes: {{ external_names: {{ {name}: SERVICE.NAMESPACE.svc.cluster.local }} }}"
            ))
            .key(format!("services.{service}.external_links"))
            .cause("external links"),
    );
}
