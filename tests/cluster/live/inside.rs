//! What a container sees: its variables, arguments and files.

use std::collections::BTreeMap;

use super::stack::Stack;
use crate::expect::{Argv, Exec, File};
use crate::promise::Promise;

/// Every promised variable is there, byte for byte, in every process that is started in the container.
pub(super) fn environment(stack: &Stack, promise: &Promise) -> Result<(), String> {
    let bytes = stack.exec_in(&promise.service, &["cat", "/proc/self/environ"])?;
    let seen: BTreeMap<&[u8], &[u8]> = bytes
        .split(|byte| *byte == 0)
        .filter_map(|entry| {
            let at = entry.iter().position(|byte| *byte == b'=')?;
            Some((entry.get(..at)?, entry.get(at + 1..)?))
        })
        .collect();
    let mut wrong = Vec::new();
    let kept = promise.environment.iter().filter(|(name, _)| !stack.expect.rewritten.contains(name));
    for (name, value) in kept {
        match seen.get(name.as_bytes()) {
            Some(found) if *found == value.as_bytes() => {}
            Some(found) => wrong.push(format!("{name} is {} in place of {}", shown(found), shown(value.as_bytes()))),
            None => wrong.push(format!("{name} is not set")),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// The first process has the promised arguments, byte for byte.
pub(super) fn argv(stack: &Stack, argv: &Argv, promises: &[Promise]) -> Result<(), String> {
    let promise = promises.iter().find(|promise| promise.service == argv.service).ok_or("no such service")?;
    // A new entrypoint does away with the image's command too; an empty command does not, whatever the specification says.
    let written = promise.command.clone().filter(|command| !command.is_empty());
    let command = match (&promise.entrypoint, written) {
        (_, Some(command)) => command,
        (None, None) => argv.command.clone().unwrap_or_default(),
        (Some(_), None) => Vec::new(),
    };
    let entrypoint = promise.entrypoint.clone().or_else(|| argv.entrypoint.clone()).unwrap_or_default();
    let promised: Vec<u8> =
        entrypoint.iter().chain(&command).flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
    let seen = stack.exec_in(&promise.service, &["cat", "/proc/1/cmdline"])?;
    if seen == promised { Ok(()) } else { Err(format!("{} in place of {}", shown(&seen), shown(&promised))) }
}

/// The promised files hold what they should.
pub(super) fn files(stack: &Stack, promise: &Promise) -> Result<(), String> {
    let mut wrong = Vec::new();
    for (path, content) in &promise.files {
        match stack.exec_in(&promise.service, &["cat", path]) {
            Ok(seen) if seen == *content => {}
            Ok(seen) => wrong.push(format!("{path} holds {} in place of {}", shown(&seen), shown(content))),
            Err(message) => wrong.push(message),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// A file has the mode and the owner that it should have.
pub(super) fn file(stack: &Stack, file: &File) -> Result<(), String> {
    let seen = stack.exec_in(&file.service, &["stat", "-L", "-c", "%a %u:%g", &file.path])?;
    let seen = String::from_utf8_lossy(&seen).trim().to_owned();
    let (mode, owner) = seen.split_once(' ').unwrap_or_default();
    let is_good = file.mode.as_deref().is_none_or(|wanted| wanted == mode)
        && file.owner.as_deref().is_none_or(|wanted| wanted == owner);
    if is_good { Ok(()) } else { Err(format!("it is {seen}")) }
}

/// A script prints what it should.
pub(super) fn exec(stack: &Stack, exec: &Exec) -> Result<(), String> {
    let seen = script(stack, &exec.service, &exec.run)?;
    if seen == exec.gives.trim_end_matches('\n') { Ok(()) } else { Err(format!("it printed {seen:?}")) }
}

/// Runs a script in a service's container; what it prints, without line breaks at the end.
pub(super) fn script(stack: &Stack, service: &str, script: &str) -> Result<String, String> {
    let seen = stack.exec_in(service, &["sh", "-c", script])?;
    Ok(String::from_utf8_lossy(&seen).trim_end_matches('\n').to_owned())
}

/// Bytes as text that fits a line.
fn shown(bytes: &[u8]) -> String {
    let text = format!("{:?}", String::from_utf8_lossy(bytes));
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}... ({} bytes)", text.get(..end).unwrap_or_default(), bytes.len()),
        None => text,
    }
}
