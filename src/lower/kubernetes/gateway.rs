//! `x-kubernetes.gateway` of a service: routes to it by the Gateway API, attached to a Gateway that exists or to one that is made.

use crate::compose::keys::Key;
use crate::compose::model::kubernetes::{GatewayExtras, GatewayList};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Attachment, Name, Route, RouteForm, Traced, Why};
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
    let annotations = ingress::annotations("gateway.annotations", annotations, patches);
    let route =
        Route::plain(own.clone(), "the gateway".to_owned(), place.clone(), matches, Why::Origin(written.origin));
    let mut route = Route { port, annotations, ..route };
    if is_there {
        let flag = flag.map(|flag| flag.origin);
        unheard(&place, places(&[&class, &secret, &issuer]).into_iter().chain(flag), patches.diags);
    } else {
        unnamed(&place, places(&[&attachment.namespace, &attachment.section]), patches.diags);
        route.tls = ingress::encrypted(&place, flag, (secret, issuer), patches.diags);
        route.class = class;
    }
    let attached = if is_there { attachment } else { Attachment::default() };
    Some(Route { form: RouteForm::Gateway(attached), ..route })
}

/// Where texts are written.
fn places(all: &[&Option<Traced<String>>]) -> Vec<Origin> {
    all.iter().copied().flatten().flat_map(|text| text.why.origins()).copied().collect()
}

/// Says of what a Gateway that is there already does not hear that it stands in it.
fn unheard(place: &str, said: impl Iterator<Item = Origin>, diags: &mut Diagnostics) {
    for origin in said {
        say(
            place,
            origin,
            "the Gateway is there already",
            "its class, its listeners and their certificates stand in it",
            "remove this, or name: to have a Gateway made",
            diags,
        );
    }
}

/// Says of what finds a Gateway that none is named.
fn unnamed(place: &str, said: Vec<Origin>, diags: &mut Diagnostics) {
    for origin in said {
        say(
            place,
            origin,
            "no Gateway is named that this is said of",
            "the one that is made stands beside the route, and has the listeners that routes ask for",
            "write name: beside it",
            diags,
        );
    }
}

fn say(place: &str, origin: Origin, title: &str, why: &str, help: &str, diags: &mut Diagnostics) {
    diags.push(Diagnostic::new(Code::KubernetesWithoutEffect, origin, title).why(why).help(help).key(place));
}
