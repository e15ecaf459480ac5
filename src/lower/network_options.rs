//! `driver_opts` of a network (Docker Engine documentation, "Bridge network driver" and "Overlay network driver"): what keeps its
//! members apart, where their ports are bound, and what is lost.
//!
//! ```yaml
//! driver_opts: { com.docker.network.bridge.enable_icc: "false" }
//! # a NetworkPolicy that lets no member in to another
//! ```

use crate::compose::Dialect;
use crate::compose::keys::Key;
use crate::compose::model::text::{Options, Pair};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::Traced;
use crate::lower::later;
use crate::origin::Origin;

/// What the options of a network decide for its members.
#[derive(Default)]
pub(super) struct Decided {
    /// Whether members do not reach each other, and where that is written.
    pub(super) apart: Option<Origin>,
    /// The address of the host that ports without one of their own are bound to.
    pub(super) binding: Option<Traced<String>>,
}

/// What the names of the bridge driver's options begin with.
const BRIDGE: &str = "com.docker.network.bridge.";

/// Reads the options of the network `name`.
pub(super) fn read(
    (name, path): (&str, &str),
    driver: &Key<String>,
    options: &Key<Options>,
    dialect: Dialect,
    diags: &mut Diagnostics,
) -> Decided {
    let mut decided = Decided::default();
    // Stacks have overlay networks, which know no option of a bridge.
    let is_bridge = match driver.get().map(|driver| driver.value.as_str()) {
        Some("bridge") => true,
        Some("" | "default") | None => dialect == Dialect::Compose,
        Some(_) => false,
    };
    for (option, pair) in options.get().into_iter().flat_map(|options| &options.value.0) {
        let key = format!("{path}.driver_opts");
        if *option == "encrypted" && !is_false(pair) {
            encrypted(name, &key, pair.origin, diags);
        } else if let Some(option) = option.strip_prefix(BRIDGE).filter(|_| is_bridge) {
            of_bridge((name, &key), option, pair, &mut decided, diags);
        }
    }
    later::used_up(options, "options of Docker's own driver", diags);
    decided
}

fn is_false(pair: &Pair) -> bool {
    matches!(text(pair).to_ascii_lowercase().as_str(), "false" | "0" | "f")
}

fn text(pair: &Pair) -> &str {
    pair.value.as_deref().unwrap_or_default()
}

fn encrypted(name: &str, key: &str, place: Origin, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(Code::NetworkEncrypted, place, format!("traffic on `{name}` is not encrypted"))
            .why("whether pods talk in clear text is decided by the cluster's network plugin")
            .help("turn its encryption on, such as WireGuard of Cilium or Calico")
            .key(key),
    );
}

fn of_bridge((name, key): (&str, &str), option: &str, pair: &Pair, decided: &mut Decided, diags: &mut Diagnostics) {
    let lost = |title: String, why: &str, help: &str| {
        Diagnostic::new(Code::NetworkOption, pair.origin, title).why(why).help(help).cause(option).key(key)
    };
    match (option, text(pair)) {
        ("enable_icc", _) if is_false(pair) => decided.apart = Some(pair.origin),
        ("host_binding_ipv4", address) if !matches!(address, "" | "0.0.0.0") => {
            decided.binding = Some(Traced::from_origin(address.to_owned(), pair.origin));
        }
        ("enable_ip_masquerade", _) if is_false(pair) => diags.push(lost(
            format!("pods on `{name}` reach the outside"),
            "without masquerading, packets left the Docker host with an address that few answer to; a cluster does its own",
            "write internal: true for the network if its members are not to reach the outside",
        )),
        ("gateway_mode_ipv4" | "gateway_mode_ipv6", mode) if !matches!(mode, "" | "nat") => diags.push(lost(
            format!("the gateway of `{name}` is not in the mode `{mode}`"),
            "pods have one network, whose gateway belongs to the cluster",
            "write internal: true in place of isolated; a pod's own address is routed in most clusters without nat",
        )),
        ("inhibit_ipv4", _) if !is_false(pair) => diags.push(lost(
            format!("the gateway of `{name}` has an address"),
            "pods have one network, whose gateway belongs to the cluster",
            "write internal: true for the network if its members are not to reach the outside",
        )),
        _ => {}
    }
}
