//! Accounts and roles of workloads that wait for a Job; rule: the right to read that one Job, and nothing else.
//!
//! ```yaml
//! kind: Role
//! rules:
//!   - apiGroups: [batch]
//!     resources: [jobs]
//!     resourceNames: [migrate-1a2b3c4d]
//!     verbs: [get]
//! ```

use indexmap::IndexMap;
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject};

use super::at::At;
use super::{Context, Manifest, Why, meta};
use crate::ir::{JobRole, Name, Workload};

/// The account that a workload's pods run under, where they need one.
pub(super) fn account(workload: &Workload) -> Option<(&Name, &Why)> {
    workload.roles.first().map(|role| (&role.name, &role.why))
}

/// The account and the roles that it is bound to. Roles of one name become one Role.
pub(super) fn emit(context: &Context, workload: &Workload, manifests: &mut Vec<Manifest>) {
    let owner = &workload.name;
    let Some((account, account_why)) = account(workload) else { return };
    let mut roles: IndexMap<&Name, (&Why, Vec<String>)> = IndexMap::new();
    for role in &workload.roles {
        let JobRole { workload, name, why } = role;
        roles.entry(name).or_insert_with(|| (why, Vec::new())).1.push(context.job(workload).to_string());
    }
    // An account of the user's own exists already, and is given the right.
    let given = workload.pod.account.as_ref().map(|account| account.value.as_str());
    if given.is_none() {
        let mut at = At::default();
        let metadata = meta::object(context, &mut at, account, owner, account_why);
        let automount = at.decided("automountServiceAccountToken", false, "no-account-token");
        let object =
            ServiceAccount { metadata, automount_service_account_token: Some(automount), ..Default::default() };
        manifests.push(at.finish(&object, Some(owner)));
    }
    for (name, (why, jobs)) in roles {
        manifests.push(role(context, owner, name, why, jobs));
        manifests.push(binding(context, owner, name, given.unwrap_or(account.as_str()), why));
    }
}

fn role(context: &Context, owner: &Name, name: &Name, why: &Why, jobs: Vec<String>) -> Manifest {
    let mut at = At::default();
    at.because("rules", why);
    let rule = PolicyRule {
        api_groups: Some(vec!["batch".to_owned()]),
        resources: Some(vec!["jobs".to_owned()]),
        resource_names: Some(jobs),
        verbs: vec!["get".to_owned()],
        non_resource_urls: None,
    };
    let metadata = meta::object(context, &mut at, name, owner, why);
    at.finish(&Role { metadata, rules: Some(vec![rule]) }, Some(owner))
}

fn binding(context: &Context, owner: &Name, name: &Name, account: &str, why: &Why) -> Manifest {
    let mut at = At::default();
    at.because("roleRef", why);
    at.because("subjects", why);
    let role_ref =
        RoleRef { api_group: "rbac.authorization.k8s.io".to_owned(), kind: "Role".to_owned(), name: name.to_string() };
    // Without a namespace the account is looked for in that of the binding.
    let namespace = context.namespace.map(Name::to_string);
    let subject = Subject { kind: "ServiceAccount".to_owned(), name: account.to_string(), namespace, api_group: None };
    let metadata = meta::object(context, &mut at, name, owner, why);
    at.finish(&RoleBinding { metadata, role_ref, subjects: Some(vec![subject]) }, Some(owner))
}
