//! Ways from outside of the cluster to a workload, as routers, proxies or the user say them, and the Ingresses that they become.

use super::{Name, Traced, Why};

/// A label that a router reads of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterLabel {
    /// Its key as it is written.
    pub key: String,
    /// Its value.
    pub value: Traced<String>,
    /// Whether it stands under `deploy`, where a swarm's routers look.
    pub of_deploy: bool,
}

/// A way to one workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// What the objects made of it are called.
    pub name: Name,
    /// What its source calls it, as ``the router `web` ``: the beginning of messages about it.
    pub called: String,
    /// The key under which its source stands, for messages.
    pub written_at: String,
    /// What it is written as.
    pub form: RouteForm,
    /// What is carried.
    pub carries: Carries,
    /// What a request must be, one of them: at least one.
    pub matches: Vec<RouteMatch>,
    /// The same as a rule of Traefik, where it is written as one.
    pub rule: Option<Traced<String>>,
    /// The doors of the router by which requests come in; empty for all.
    pub entry_points: Vec<Traced<String>>,
    /// The port of the door that it comes in by, where that is known.
    pub outside: Option<Traced<u16>>,
    /// Whether and how it is encrypted.
    pub tls: Option<RouteTls>,
    /// The container's port; `None` for the only one that is known. Settled by `passes::routes`.
    pub port: Option<Traced<u16>>,
    /// How the workload is spoken to, in the words of Traefik's load balancers.
    pub backend: Vec<Setting>,
    /// What is done on the way, in order: names of [`super::App::treatments`].
    pub steps: Vec<Traced<String>>,
    /// Which of two routes is asked first: the higher one.
    pub priority: Option<Traced<i64>>,
    /// The class of the Ingress or the Gateway, where it is another one than that of all.
    pub class: Option<Traced<String>>,
    /// What the objects made of it are annotated with.
    pub annotations: Vec<(String, Traced<String>)>,
    /// Why it is there.
    pub why: Why,
}

impl Route {
    /// Requests of HTTP by any door, and nothing more is known. `matches` holds at least one.
    pub fn plain(name: Name, called: String, written_at: String, matches: Vec<RouteMatch>, why: Why) -> Self {
        Route {
            name,
            called,
            written_at,
            form: RouteForm::AsAsked,
            carries: Carries::Http,
            matches,
            rule: None,
            entry_points: Vec::new(),
            outside: None,
            tls: None,
            port: None,
            backend: Vec::new(),
            steps: Vec::new(),
            priority: None,
            class: None,
            annotations: Vec::new(),
            why,
        }
    }
}

/// What a route is written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteForm {
    /// What is asked for all of them: labels and variables of routers leave it open.
    AsAsked,
    /// An Ingress: the user names it.
    Ingress,
    /// A route of the Gateway API: the user names it.
    Gateway(Attachment),
}

impl RouteForm {
    /// Whether the user named it in the words of the cluster.
    pub fn is_named(&self) -> bool {
        match self {
            RouteForm::AsAsked => false,
            RouteForm::Ingress | RouteForm::Gateway(_) => true,
        }
    }
}

/// The Gateway that a route is attached to; without a name, one that is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, where it exists already.
    pub gateway: Option<Traced<String>>,
    /// Its namespace, where that is another one.
    pub namespace: Option<Traced<String>>,
    /// The one door of it; `None` for all.
    pub section: Option<Traced<String>>,
}

/// What a route carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carries {
    /// Requests of HTTP.
    Http,
    /// Connections, told apart by the server's name in the TLS handshake alone.
    Tcp,
    /// Packets.
    Udp,
}

/// What a request must be: all of this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteMatch {
    /// The host that is asked for.
    pub host: RouteHost,
    /// The path that is asked for.
    pub path: RoutePath,
    /// What else it must be.
    pub tests: Vec<RouteTest>,
    /// Why.
    pub why: Why,
}

/// A host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteHost {
    /// Any.
    Any,
    /// This one: a name of DNS in lower case.
    Is(String),
    /// Any with one label more than this domain.
    Below(String),
    /// One that a regular expression describes.
    Like(String),
}

/// A path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoutePath {
    /// Any.
    Any,
    /// This one.
    Is(String),
    /// Any that begins like this.
    Prefix(String),
    /// One that a regular expression describes.
    Like(String),
}

/// What else a request must be, in the words of [`crate::compose::grammar::rule`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteTest {
    /// What is asked for.
    pub test: crate::compose::grammar::rule::Test,
    /// Whether it must not hold.
    pub negated: bool,
}

/// How a route is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTls {
    /// Who makes the certificate, as its source calls him.
    pub resolver: Option<Traced<String>>,
    /// The cert-manager issuer that makes it, where the user names one.
    pub issuer: Option<Traced<String>>,
    /// The Secret that holds it, where the user names one.
    pub secret: Option<Traced<String>>,
    /// Whom certificates are for, where that is said.
    pub domains: Vec<RouteDomain>,
    /// Whether the workload itself ends the encryption.
    pub passthrough: Option<Why>,
    /// Further settings, in Traefik's words.
    pub settings: Vec<Setting>,
    /// Why it is encrypted.
    pub why: Why,
}

/// Whom one certificate is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteDomain {
    /// The main name.
    pub main: Option<Traced<String>>,
    /// Others.
    pub sans: Vec<Traced<String>>,
}

impl RouteTls {
    /// Encrypted, and nothing more is known.
    pub fn plain(why: Why) -> Self {
        RouteTls {
            resolver: None,
            issuer: None,
            secret: None,
            domains: Vec::new(),
            passthrough: None,
            settings: Vec::new(),
            why,
        }
    }
}

/// What is done to requests or to their answers on the way: a middleware.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Treatment {
    /// What the object made of it is called.
    pub name: Name,
    /// What its source calls it.
    pub called: String,
    /// What it treats.
    pub carries: Carries,
    /// What is done, as Traefik spells it: `stripPrefix`.
    pub kind: String,
    /// How.
    pub settings: Vec<Setting>,
    /// Why it is there.
    pub why: Why,
}

impl Treatment {
    /// The kind of one that is defined somewhere else: nothing but its name is known.
    pub const ELSEWHERE: &'static str = "elsewhere";
    /// The kind of what another router does and Traefik has no word for.
    pub const UNSAID: &'static str = "unsaid";

    /// What routes call it in their steps.
    pub fn as_step(&self) -> Traced<String> {
        Traced { value: self.name.to_string(), why: self.why.clone() }
    }
}

/// One setting, below the keys that lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The keys as Traefik spells them.
    pub path: Vec<String>,
    /// What is set.
    pub value: Traced<SettingValue>,
}

impl Setting {
    /// A value below keys, as `["server", "scheme"]`.
    pub fn at(path: &[&str], value: SettingValue, why: Why) -> Self {
        Setting { path: path.iter().map(|key| (*key).to_owned()).collect(), value: Traced { value, why } }
    }
}

/// What is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// A text.
    Text(String),
    /// On or off.
    Flag(bool),
    /// A number.
    Number(i64),
    /// Several texts.
    List(Vec<String>),
    /// Several objects, by their names.
    Names(Vec<String>),
    /// It is there, and no more is said.
    Empty,
}

/// An Ingress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingress {
    /// Its name.
    pub name: Name,
    /// Which controller serves it.
    pub class: Option<Traced<String>>,
    /// What it is annotated with.
    pub annotations: Vec<(String, Traced<String>)>,
    /// What is encrypted.
    pub tls: Vec<IngressTls>,
    /// Hosts with their paths: at least one.
    pub rules: Vec<IngressRule>,
    /// Why it is there.
    pub why: Why,
}

/// Hosts that one certificate holds for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngressTls {
    /// The hosts.
    pub hosts: Vec<Traced<String>>,
    /// The Secret with the certificate; without one, the controller's own.
    pub secret: Option<Traced<String>>,
    /// Why.
    pub why: Why,
}

/// A host with its paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngressRule {
    /// The host, `*.` before it for all below it; `None` for any.
    pub host: Option<Traced<String>>,
    /// Its paths: at least one.
    pub paths: Vec<IngressPath>,
}

/// A path and where it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngressPath {
    /// The path: it begins with `/`.
    pub path: Traced<String>,
    /// How it is compared.
    pub compared: PathKind,
    /// The Service.
    pub service: Name,
    /// The Service's port.
    pub port: Traced<u16>,
}

/// How a path is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathKind {
    /// As a whole.
    Exact,
    /// Part by part from the beginning.
    Prefix,
    /// As the controller does it.
    OfController,
}

impl PathKind {
    /// As Kubernetes spells it.
    pub fn word(self) -> &'static str {
        match self {
            PathKind::Exact => "Exact",
            PathKind::Prefix => "Prefix",
            PathKind::OfController => "ImplementationSpecific",
        }
    }
}

/// A certificate that cert-manager is asked for, where no annotation asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its name, and that of the Secret in which it is put.
    pub name: Name,
    /// The ClusterIssuer that makes it.
    pub issuer: Traced<String>,
    /// The hosts that it is for: at least one.
    pub hosts: Vec<Traced<String>>,
    /// Why it is there.
    pub why: Why,
}
