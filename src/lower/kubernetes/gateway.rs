//! `x-kubernetes.gateway` of a service: routes to it by the Gateway API, attached to a Gateway that exists or to one that is made.

use crate::compose::keys::Key;
use crate::compose::model::kubernetes::{GatewayExtras, GatewayList};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Attachment, Carries, Name, Route, RouteForm, Traced, Why};
use crate::lower::kubernetes::ingress;
use crate::lower::kubernetes::patches::Patches;
use crate::lower::later;
use crate::origin::{Origin, Spanned};

/// The routes that it makes.
pub(super) fn routes(own: &Name, key: Key<GatewayList>, patches: &mut Patches<'_>) -> Vec<Route> {
    let written = key.take().into_iter().flat_map(|list| list.value.0);
    ingress::numbered(own, written.filter_map(|written| route(own, written, patches)).collect())
}

fn route(own: &Name, written: Spanned<GatewayExtras>, patches: &mut Patches<'_>) -> Option<Route> {
    let GatewayExtras {
        host,
        path,
        path_type,
        port,
        name,
        namespace,
        section,
        class,
        tls,
        tls_secret,
        issuer,
        annotations,
        extensions,
    } = written.value;
    later::extensions(&extensions, patches.diags);
    let place = format!("{}.gateway", patches.path);
    let port = port.take().and_then(|port| ingress::port(&place, &port, patches.diags));
    let matches = ingress::matches(&place, host.take()?, path.take(), path_type, patches.diags)?;
    let is_there = name.get().is_some();
    let attachment = Attachment {
        gateway: name.take().and_then(|name| patches.name("gateway.name", name)),
        namespace: namespace.take().and_then(|name| patches.name("gateway.namespace", name)),
        section: section.take().and_then(|name| patches.name("gateway.section", name)),
    };
    let flag = tls.take();
    let class = class.take().and_then(|name| patches.name("gateway.class", name));
    let secret = tls_secret.take().and_then(|name| patches.name("gateway.tls_secret", name));
    let issuer = issuer.take().and_then(|name| patches.name("gateway.issuer", name));
    let mut route = Route {
        name: own.clone(),
        called: "the gateway".to_owned(),
        written_at: place.clone(),
        form: RouteForm::AsAsked,
        carries: Carries::Http,
        matches,
        rule: None,
        entry_points: Vec::new(),
        outside: None,
        tls: None,
        port,
        backend: Vec::new(),
        steps: Vec::new(),
        priority: None,
        class: None,
        annotations: ingress::annotations("gateway.annotations", annotations, patches),
        why: Why::Origin(written.origin),
    };
    let of_texts = |all: &[&Option<Traced<String>>]| -> Vec<Origin> {
        all.iter().copied().flatten().flat_map(|text| text.why.origins()).copied().collect()
    };
    if is_there {
        let mut unheard = of_texts(&[&class, &secret, &issuer]);
        unheard.extend(flag.map(|flag| flag.origin));
        unheard.into_iter().for_each(|origin| {
            say(
                &place,
                origin,
                "the Gateway is there already",
                "its class, its listeners and their certificates stand in it",
                "remove this, or name: to have a Gateway made",
                patches.diags,
            );
        });
    } else {
        of_texts(&[&attachment.namespace, &attachment.section]).into_iter().for_each(|origin| {
            say(
                &place,
                origin,
                "no Gateway is named that this is said of",
                "the one that is made stands beside the route, and has the listeners that routes ask for",
                "write name: beside it",
                patches.diags,
            );
        });
        route.tls = ingress::encrypted(&place, flag, (secret, issuer), patches.diags);
        route.class = class;
    }
    let attached = if is_there { attachment } else { Attachment::default() };
    Some(Route { form: RouteForm::Gateway(attached), ..route })
}

fn say(place: &str, origin: Origin, title: &str, why: &str, help: &str, diags: &mut Diagnostics) {
    diags.push(Diagnostic::new(Code::KubernetesWithoutEffect, origin, title).why(why).help(help).key(place));
}
