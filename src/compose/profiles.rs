//! Profiles (compose-spec, "Profiles"; compose-loading, section 12): services whose profiles are not active are left out.

use std::collections::BTreeSet;

use crate::compose::keys::Key;
use crate::compose::model::project::Project;
use crate::compose::variables::Variables;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::origin::Spanned;
use crate::request::Request;
use crate::world::World;

/// The profiles that are active: those asked for, else those of `COMPOSE_PROFILES`.
pub(crate) fn active(world: &dyn World, request: &Request, variables: &Variables) -> Vec<String> {
    if !request.profiles.is_empty() {
        return request.profiles.clone();
    }
    let list = variables.get(world, "COMPOSE_PROFILES").unwrap_or_default();
    // Without any, the profile without a name is active.
    list.split(',').map(|name| name.trim().to_owned()).collect()
}

/// Leaves out services whose profiles are not active; the names of those that stay out are kept for `required: false`.
pub(crate) fn deactivate(project: &mut Project, active: &[String], diags: &mut Diagnostics) -> BTreeSet<String> {
    let Key::Set { key: _, value: services } = &mut project.services else { return BTreeSet::new() };
    let mut left_out = BTreeSet::new();
    services.value.retain(|name, service| {
        let Some(body) = &service.value else { return true };
        let Some(profiles) = body.value.profiles.get() else { return true };
        let is_active = |profile: &Spanned<String>| active.iter().any(|name| name == "*" || *name == profile.value);
        if profiles.value.0.is_empty() || profiles.value.0.iter().any(is_active) {
            return true;
        }
        let names: Vec<&str> = profiles.value.0.iter().map(|profile| profile.value.as_str()).collect();
        diags.push(
            Diagnostic::new(
                Code::ProfileInactive,
                service.key,
                format!("the service `{name}` is left out: no profile of it is active"),
            )
            .help(format!("say --profile {}", names.first().copied().unwrap_or_default()))
            .key(format!("services.{name}"))
            .covers_below([service.key]),
        );
        left_out.insert(name.clone());
        false
    });
    left_out
}
