//! Labels of Traefik 2 and 3, sorted by what they speak of: `traefik.http.routers.NAME.rule` is the setting `rule` of the router NAME.

use indexmap::IndexMap;

use crate::ir::{Carries, RouterLabel, Traced};

/// Everything that one service's labels say.
#[derive(Default)]
pub(super) struct Blocks {
    /// `traefik.enable`.
    pub(super) enable: Option<Traced<String>>,
    /// Routers, services and middlewares of HTTP.
    pub(super) http: Section,
    /// Those of TCP.
    pub(super) tcp: Section,
    /// Those of UDP.
    pub(super) udp: Section,
    /// Whether it wants Docker's own load balancing, networks and the like: nothing that a cluster asks for.
    pub(super) provider: Vec<Traced<String>>,
    /// Whether labels of version 1 say how it is routed.
    pub(super) is_old: bool,
    /// Whether the router looks at others alone.
    pub(super) is_unseen: bool,
    /// What belongs to none of these: version 1, or nothing that Traefik knows.
    pub(super) others: Vec<RouterLabel>,
}

/// Routers, services and middlewares, by their names in lower case.
#[derive(Default)]
pub(super) struct Section {
    pub(super) routers: IndexMap<String, Block>,
    pub(super) services: IndexMap<String, Block>,
    pub(super) middlewares: IndexMap<String, Block>,
}

/// One router, service or middleware.
#[derive(Default)]
pub(super) struct Block {
    /// Its name as it is written.
    pub(super) called: String,
    /// Keys as they are written, and values.
    pub(super) settings: Vec<(Vec<String>, Traced<String>)>,
}

impl Block {
    /// Takes a setting out; keys are compared without case.
    pub(super) fn take(&mut self, key: &str) -> Option<Traced<String>> {
        let place = self.settings.iter().position(|(path, _)| path.join(".").eq_ignore_ascii_case(key))?;
        Some(self.settings.remove(place).1)
    }

    /// Takes all settings below a key out, their paths without it.
    pub(super) fn take_below(&mut self, key: &str) -> Vec<(Vec<String>, Traced<String>)> {
        let (below, others) = std::mem::take(&mut self.settings)
            .into_iter()
            .partition(|(path, _)| path.len() > 1 && path.first().is_some_and(|first| first.eq_ignore_ascii_case(key)));
        self.settings = others;
        let below: Vec<(Vec<String>, Traced<String>)> = below;
        below.into_iter().map(|(path, value)| (path.into_iter().skip(1).collect(), value)).collect()
    }
}

/// Sorts labels, each of which begins with `traefik.`
pub(super) fn sort(labels: Vec<RouterLabel>) -> Blocks {
    let mut blocks = Blocks::default();
    for label in labels {
        let lower = label.key.to_ascii_lowercase();
        let parts: Vec<&str> = label.key.split('.').skip(1).collect();
        let first = lower.split('.').nth(1).unwrap_or_default();
        match first {
            "enable" if parts.len() == 1 => blocks.enable = Some(label.value),
            // Version 1 and later ones name the network and what filters services by.
            "docker" | "swarm" | "constraint-label" | "constraint-label-stack" | "tags" => {
                blocks.provider.push(label.value)
            }
            _ if first.starts_with("constraint-label") => blocks.provider.push(label.value),
            "http" | "tcp" | "udp" => {
                let section = match first {
                    "http" => &mut blocks.http,
                    "tcp" => &mut blocks.tcp,
                    _ => &mut blocks.udp,
                };
                let kind = parts.get(1).map(|kind| kind.to_ascii_lowercase()).unwrap_or_default();
                let group = match kind.as_str() {
                    "routers" => &mut section.routers,
                    "services" => &mut section.services,
                    "middlewares" => &mut section.middlewares,
                    _ => {
                        blocks.others.push(label);
                        continue;
                    }
                };
                let (Some(name), true) = (parts.get(2), parts.len() > 3) else {
                    blocks.others.push(label);
                    continue;
                };
                let block = group.entry(name.to_ascii_lowercase()).or_default();
                (*name).clone_into(&mut block.called);
                let path = parts.iter().skip(3).map(|part| (*part).to_owned()).collect();
                block.settings.push((path, label.value));
            }
            _ => blocks.others.push(label),
        }
    }
    blocks
}

impl Blocks {
    /// Keeps some of the routers.
    pub(super) fn keep_routers(&mut self, keep: impl Fn(Carries, &Block) -> bool) {
        for (carries, section) in
            [(Carries::Http, &mut self.http), (Carries::Tcp, &mut self.tcp), (Carries::Udp, &mut self.udp)]
        {
            section.routers.retain(|_, block| keep(carries, block));
        }
    }

    /// Names within a file mean what the same provider defines.
    pub(super) fn qualify(&mut self, ending: &str) {
        for section in [&mut self.http, &mut self.tcp, &mut self.udp] {
            let blocks = section.routers.values_mut().chain(section.middlewares.values_mut());
            for (keys, value) in blocks.flat_map(|block| &mut block.settings) {
                let key = keys.join(".").to_ascii_lowercase();
                if matches!(key.as_str(), "service" | "middlewares" | "chain.middlewares") {
                    let names = value.value.split(',').map(str::trim).filter(|name| !name.is_empty());
                    let whole =
                        |name: &str| if name.contains('@') { name.to_owned() } else { format!("{name}{ending}") };
                    value.value = names.map(whole).collect::<Vec<_>>().join(",");
                }
            }
        }
    }
}
