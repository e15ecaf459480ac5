//! The process: its arguments, image, folder, user, groups and terminal.

use serde_json::Value;
use transship::compose::Dialect;

use crate::case::{Case, Pod, Service};
use crate::kubelet;
use crate::verdicts::Verdicts;

/// A list of texts; `None` where nothing is said.
pub(crate) fn list(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        Value::String(text) => Some(vec![text.clone()]),
        _ => None,
    }
}

/// What Docker runs is `entrypoint` and `command` in a row. Without an entrypoint the image's own stays; with one, the image's
/// command does not count any more. An empty one takes the image's away, in a swarm only where it is one empty word.
fn arguments(case: &Case, service: &Service, pod: &Pod) -> Result<(), String> {
    let variables = kubelet::environment(case, pod.container);
    let found = |key: &str| kubelet::words(&pod.container[key], &variables);
    let (command, arguments) = (found("command"), found("args"));
    let entrypoint = list(&service.value["entrypoint"]);
    let wanted = list(&service.value["command"]).unwrap_or_default();
    match entrypoint {
        None if command.is_empty() && arguments == wanted => Ok(()),
        Some(list)
            if list.is_empty() && case.dialect == Dialect::Swarm && command.is_empty() && arguments == wanted =>
        {
            Ok(())
        }
        None => Err(format!("WRONG: the image's entrypoint with {wanted:?} became {command:?} {arguments:?}")),
        Some(entrypoint) if entrypoint.is_empty() || entrypoint == [""] => {
            let all = [command.clone(), arguments].concat();
            let is_image = wanted.is_empty() || command.is_empty();
            (!is_image && all == wanted)
                .then_some(())
                .ok_or(format!("WRONG: no entrypoint and {wanted:?} became {all:?}"))
        }
        Some(entrypoint) => {
            let (wanted, all) = ([entrypoint, wanted].concat(), [command.clone(), arguments].concat());
            let fault = format!("WRONG: {wanted:?} became {all:?}");
            (wanted == all && !command.is_empty()).then_some(()).ok_or(fault)
        }
    }
}

fn same(wanted: &Value, found: &Value) -> Result<(), String> {
    (wanted == found).then_some(()).ok_or(format!("WRONG: {wanted} became {found}"))
}

/// A user by number, and a group; names are known to the image alone.
fn user(service: &Service, pod: &Pod) -> Result<(), String> {
    let Some(wanted) = service.value["user"].as_str().filter(|user| !user.is_empty()) else { return Ok(()) };
    let own = &pod.container["securityContext"];
    let general = &pod.spec["securityContext"];
    let found = |key: &str| own[key].as_i64().or_else(|| general[key].as_i64());
    let (user, group) = wanted.split_once(':').map_or((wanted, None), |(user, group)| (user, Some(group)));
    // Every image knows this name.
    let number = |text: &str| if text == "root" { Some(0) } else { text.parse::<i64>().ok() };
    let is_user = number(user).is_some() && number(user) == found("runAsUser");
    let is_group = group.is_none_or(|group| number(group).is_some() && number(group) == found("runAsGroup"));
    let fault = || format!("LOST: user {wanted}, here {:?}:{:?}", found("runAsUser"), found("runAsGroup"));
    (is_user && is_group).then_some(()).ok_or_else(fault)
}

fn groups(service: &Service, pod: &Pod) -> Vec<(String, Result<(), String>)> {
    let list = service.value["group_add"].as_array().cloned().unwrap_or_default();
    let found = pod.spec["securityContext"]["supplementalGroups"].as_array().cloned().unwrap_or_default();
    let outcome = |(index, group): (usize, &Value)| {
        let number = group.as_i64().or_else(|| group.as_str()?.parse().ok());
        let is_there = number.is_some_and(|number| found.iter().any(|group| group.as_i64() == Some(number)));
        (format!("{}.group_add[{index}]", service.key), is_there.then_some(()).ok_or(format!("LOST: group {group}")))
    };
    list.iter().enumerate().map(outcome).collect()
}

pub(crate) fn judge(case: &Case, service: &Service, pod: &Pod, verdicts: &mut Verdicts) {
    let key = |name: &str| format!("{}.{name}", service.key);
    let said = if service.value["entrypoint"].is_null() { "command" } else { "entrypoint" };
    verdicts.settle(case, "argv", &key(said), arguments(case, service, pod));
    if let Some(image) = service.value.get("image").filter(|image| !image.is_null()) {
        verdicts.settle(case, "image", &key("image"), same(image, &pod.container["image"]));
    }
    if let Some(folder) = service.value.get("working_dir").filter(|folder| !folder.is_null() && *folder != "") {
        verdicts.settle(case, "working_dir", &key("working_dir"), same(folder, &pod.container["workingDir"]));
    } else if !pod.container["workingDir"].is_null() {
        let fault = format!("WRONG: {} is nowhere in the project", pod.container["workingDir"]);
        verdicts.settle(case, "working_dir", &key("working_dir"), Err(fault));
    }
    if !service.value["user"].is_null() {
        verdicts.settle(case, "user", &key("user"), user(service, pod));
    }
    for (key, outcome) in groups(service, pod) {
        verdicts.settle(case, "group_add", &key, outcome);
    }
    for (name, field) in [("tty", "tty"), ("stdin_open", "stdin")] {
        let is_on = |value: &Value| value.as_bool().unwrap_or(false);
        let (wanted, found) = (is_on(&service.value[name]), is_on(&pod.container[field]));
        let outcome = (wanted == found).then_some(()).ok_or(format!("WRONG: {wanted} became {found}"));
        verdicts.settle(case, name, &key(name), outcome);
    }
}
