//! What can be chosen about routes on the command line. The comments here are the text of `--help`.

use clap::{Args, ValueEnum};

use crate::request::Routes;

/// What becomes of the labels and variables of routers.
#[derive(Debug, Args)]
pub(super) struct Routing {
    /// What the labels and variables of routers become
    #[arg(long, value_enum, default_value_t = RoutesChoice::Ingress)]
    pub(super) routes: RoutesChoice,
    /// The class of Ingresses; `nginx` makes use of the annotations of ingress-nginx [default: the cluster's]
    #[arg(long, value_name = "CLASS")]
    pub(super) ingress_class: Option<String>,
    /// The class of the Gateway [default: eg]
    #[arg(long, value_name = "CLASS")]
    pub(super) gateway_class: Option<String>,
    /// The cert-manager ClusterIssuer that makes certificates [default: as the router's resolver is called]
    #[arg(long, value_name = "NAME")]
    pub(super) cluster_issuer: Option<String>,
    /// Keep a router that asks a Docker engine, such as Traefik, though the cluster's own does its work
    #[arg(long)]
    pub(super) keep_router: bool,
}

/// What the labels and variables of routers become.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RoutesChoice {
    /// Ingresses
    Ingress,
    /// A Gateway and HTTPRoutes
    Gateway,
    /// IngressRoutes and Middlewares for a cluster that runs Traefik
    Traefik,
    /// Nothing: labels become annotations
    None,
}

impl RoutesChoice {
    pub(super) fn choice(self) -> Routes {
        match self {
            RoutesChoice::Ingress => Routes::Ingress,
            RoutesChoice::Gateway => Routes::Gateway,
            RoutesChoice::Traefik => Routes::Traefik,
            RoutesChoice::None => Routes::None,
        }
    }
}
