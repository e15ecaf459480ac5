//! The stack as the swarm would have run it: what `docker stack deploy` ignores is taken out, each with a message.

use crate::compose::keys::Swarm;
use crate::compose::leaves::leaves;
use crate::compose::model::service::Service;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::syntax::{Node, Value};

/// Takes out of every service the keys that docker stack deploy ignores.
pub(crate) fn settle(root: &mut Node, diags: &mut Diagnostics) {
    let Value::Map(top) = &mut root.value else { return };
    let Some(Value::Map(services)) = top.get_mut("services").map(|entry| &mut entry.value.value) else { return };
    for (service_name, service) in services.iter_mut() {
        let Value::Map(keys) = &mut service.value.value else { continue };
        keys.retain(|name, entry| {
            match Service::TABLE.rule(name).map(|rule| rule.swarm) {
                // What is refused was reported when the file was read.
                Some(Swarm::Reads | Swarm::Refuses) | None => return true,
                Some(Swarm::Ignores) => {}
            }
            let mut found = Vec::new();
            leaves(&entry.value, &mut found);
            let message = format!("`{name}` is left out: docker stack deploy ignores it");
            diags.push(
                Diagnostic::new(Code::IgnoredBySwarm, entry.key, message)
                    .why("what ran on the swarm ran without it")
                    .help("remove it, or say --dialect compose if docker compose runs this file")
                    .key(format!("services.{service_name}.{name}"))
                    .covers(found),
            );
            false
        });
    }
}
