//! A Gateway and the routes that are attached to it (gateway.networking.k8s.io).

use super::{Name, Traced, Why};

/// Where traffic comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Its name.
    pub name: Name,
    /// The class of its controller.
    pub class: Traced<String>,
    /// What it is annotated with.
    pub annotations: Vec<(String, Traced<String>)>,
    /// Its doors: at least one, no two of one name.
    pub listeners: Vec<Listener>,
}

/// A door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Its name.
    pub name: Name,
    /// The host that it is for; `None` for any.
    pub host: Option<Traced<String>>,
    /// Its port.
    pub port: u16,
    /// What is spoken there: `HTTP`, `HTTPS`, `TLS`, `TCP` or `UDP`.
    pub protocol: &'static str,
    /// The Secret with the certificate, where encryption ends here.
    pub secret: Option<Traced<Name>>,
    /// Why it is there.
    pub why: Why,
}

/// A route that is attached to doors of the Gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayRoute {
    /// Its name.
    pub name: Name,
    /// What it carries: `HTTPRoute`, `TLSRoute`, `TCPRoute` or `UDPRoute`.
    pub kind: &'static str,
    /// What it is attached to: at least one.
    pub parents: Vec<Parent>,
    /// The hosts; empty for any.
    pub hosts: Vec<Traced<String>>,
    /// What a request must be, one of them; empty for any.
    pub matches: Vec<GatewayMatch>,
    /// What is done on the way.
    pub filters: Vec<Traced<Filter>>,
    /// The Service's port; `None` where requests are only redirected.
    pub port: Option<Traced<u16>>,
    /// What it is annotated with.
    pub annotations: Vec<(String, Traced<String>)>,
    /// Why it is there.
    pub why: Why,
}

/// What a route is attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The Gateway.
    pub gateway: Traced<String>,
    /// Its namespace, where it is another one.
    pub namespace: Option<Traced<String>>,
    /// The door; `None` for all.
    pub door: Option<Traced<String>>,
}

/// What a request must be: all of this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayMatch {
    /// `Exact`, `PathPrefix` or `RegularExpression`, and the path.
    pub path: Option<(&'static str, String)>,
    /// The method.
    pub method: Option<String>,
    /// Headers: `Exact` or `RegularExpression`, name and value.
    pub headers: Vec<(&'static str, String, String)>,
    /// Parameters of the query, in the same form.
    pub query: Vec<(&'static str, String, String)>,
    /// Why.
    pub why: Why,
}

/// What is done on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Sent on to another form of the address: scheme, port, and whether for ever.
    Redirect {
        /// `https`.
        scheme: String,
        /// Where it is not the usual one.
        port: Option<u16>,
        /// 301 or 302.
        status: u16,
    },
    /// Headers of the request, or of the answer, are set or taken away.
    Headers {
        /// Whether those of the answer.
        of_answer: bool,
        /// Names and values.
        set: Vec<(String, String)>,
        /// Names.
        remove: Vec<String>,
    },
    /// The part of the path that is matched becomes this.
    ReplacePrefix(String),
    /// The path becomes this.
    ReplacePath(String),
}
