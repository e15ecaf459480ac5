//! What happens to a stack while it runs: checks fail, pods go away, the file is edited.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::inside::script;
use super::stack::{Stack, container, text};
use super::{reach, settled};
use crate::compiled;
use crate::expect::{Edit, Health, Stops, Survives};

/// Checks run every second or so in live stacks.
const CHECKED: Duration = Duration::from_secs(40);

/// The pod is as healthy as its check says.
pub(super) fn health(stack: &Stack, health: &Health) -> Result<(), String> {
    let pod = stack.pod_of_service(&health.service)?;
    let ready = |wanted: &str| {
        stack.within(CHECKED, || {
            let pods = stack.pods_of_service(&health.service)?;
            let object = pods.iter().find(|other| text(other, "/metadata/name") == pod).ok_or("the pod is gone")?;
            let conditions = object.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
            let status = conditions.into_iter().find(|condition| text(condition, "/type") == "Ready");
            let status = status.map_or("Unknown", |condition| text(condition, "/status"));
            if status == wanted { Ok(()) } else { Err(format!("Ready is {status}, not {wanted}")) }
        })
    };
    ready("True")?;
    script(stack, &health.service, &health.fail)?;
    ready("False").map_err(|message| format!("after `{}`: {message}", health.fail))?;
    script(stack, &health.service, &health.mend)?;
    ready("True").map_err(|message| format!("after `{}`: {message}", health.mend))?;
    settled::no_restarts(stack)
}

/// Data outlives the pod, and all pods.
pub(super) fn survives(stack: &Stack, survives: &Survives) -> Result<(), String> {
    script(stack, &survives.service, &survives.write)?;
    let read = |when: &str| {
        let seen = script(stack, &survives.service, &survives.read)?;
        if seen == survives.gives { Ok(()) } else { Err(format!("{when} it is {seen:?}")) }
    };
    read("before anything happened")?;
    let pod = stack.pod_of_service(&survives.service)?;
    stack.run(&["delete", "pod", &pod, "--wait=true"])?;
    settled::ready(stack)?;
    read("after the pod was deleted")?;
    let (controller, replicas) = stack.controller(&survives.service)?;
    stack.run(&["scale", &controller, "--replicas=0"])?;
    stack.within(Duration::from_secs(60), || match stack.pods_of_service(&survives.service)?.len() {
        0 => Ok(()),
        left => Err(format!("{left} pods are left after scaling to 0")),
    })?;
    stack.run(&["scale", &controller, &format!("--replicas={replicas}")])?;
    settled::ready(stack)?;
    read("after scaling to 0 and back")
}

/// A pod, which has written something before, ends in time, and its process heard the signal.
pub(super) fn stops(stack: &Stack, stops: &Stops) -> Result<(), String> {
    let pod = stack.pod_of_service(&stops.service)?;
    let container = container(&stops.service);
    let path = format!("/api/v1/namespaces/{}/pods/{pod}/log?follow=true&container={container}", stack.namespace);
    let mut gone = 0;
    let log = stack.cluster.follow(&path, || {
        let start = Instant::now();
        stack.run(&["delete", "pod", &pod, "--wait=true"])?;
        gone = start.elapsed().as_secs();
        Ok(())
    })?;
    settled::ready(stack)?;
    if gone > stops.within {
        return Err(format!("it took {gone} s"));
    }
    if log.contains(&stops.log) { Ok(()) } else { Err(format!("the log ends: {:?}", log.lines().last())) }
}

/// An edit of the stack rolls what it must, and nothing else.
pub(super) fn edit(stack: &mut Stack, edit: &Edit) -> Result<(), String> {
    let uids = |stack: &Stack, service: &str| -> Result<Vec<String>, String> {
        let pods = stack.pods_of_service(service)?;
        Ok(pods.iter().map(|pod| text(pod, "/metadata/uid").to_owned()).collect())
    };
    let all: Vec<&String> = edit.rolls.iter().chain(&edit.keeps).collect();
    let mut before = Vec::new();
    for service in &all {
        before.push(uids(stack, service)?);
    }
    let folder = stack.edited(&edit.file, &edit.replace, &edit.with)?;
    stack.convert(&folder)?;
    stack.apply(&stack.text)?;
    settled::ready(stack)?;
    let mut wrong = Vec::new();
    for (index, (service, before)) in all.iter().zip(&before).enumerate() {
        let after = uids(stack, service)?;
        let is_new = after.iter().any(|uid| !before.contains(uid));
        let is_old = after.iter().any(|uid| before.contains(uid));
        if index < edit.rolls.len() && !is_new {
            wrong.push(format!("{service} was not rolled"));
        }
        if index >= edit.rolls.len() && (is_new || !is_old) {
            wrong.push(format!("{service} was rolled"));
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("; "));
    }
    match (&edit.url, &edit.contains) {
        (Some(url), Some(part)) => reach::page(stack, url, part),
        (None, None) => Ok(()),
        _ => Err("url and contains belong together".to_owned()),
    }
}

impl Stack<'_> {
    /// A copy of the stack's files with a text replaced; the folder has the same name, for it is the project's.
    fn edited(&mut self, file: &str, replace: &str, with: &str) -> Result<std::path::PathBuf, String> {
        let fault = |error: std::io::Error| format!("the copy of the stack: {error}");
        let from = self.folder.clone();
        let name = from.file_name().ok_or("a folder without a name")?;
        let copy = tempfile::tempdir().map_err(fault)?;
        let to = copy.path().join(name);
        copy_folder(&from, &to).map_err(fault)?;
        let path = to.join(file);
        let text = std::fs::read_to_string(&path).map_err(fault)?;
        if !text.contains(replace) {
            return Err(format!("`{replace}` is not in {file}"));
        }
        std::fs::write(&path, text.replace(replace, with)).map_err(fault)?;
        self.copies.push(copy);
        Ok(to)
    }

    /// Makes the manifests anew.
    fn convert(&mut self, folder: &Path) -> Result<(), String> {
        let compilation = compiled::one(&self.world, &super::main_file(folder)?);
        self.earlier.push(self.text.clone());
        self.objects = super::stack::objects(&compilation, &self.expect)?;
        self.text = super::stack::stream(&self.objects);
        self.folder = folder.to_owned();
        Ok(())
    }
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            std::fs::copy(&path, &target)?;
        }
    }
    Ok(())
}
