//! What this program makes of a project, and how it differs from what the reference makes of it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use transship::cli;
use transship::world::MemoryOutput;

use crate::world::Case;

/// What `transship config` makes of files: the project, or the messages.
pub(crate) fn ours(folder: &Path, files: &[String], variables: BTreeMap<String, String>) -> Result<Value, String> {
    let world = Case { folder: folder.to_str().unwrap().to_owned(), variables };
    let mut output = MemoryOutput::default();
    let mut arguments = vec!["transship", "config", "--dialect", "compose", "--format", "json"];
    files.iter().for_each(|file| arguments.extend(["-f", file]));
    let code = cli::run(arguments.into_iter().map(Into::into), &world, &mut output);
    let said = String::from_utf8(output.stderr).unwrap();
    match code {
        cli::DONE => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        cli::INPUT_ERRORS => {
            assert!(said.contains("error["), "{}: refused without an error: {said}", folder.display());
            assert!(said.contains("help:"), "{}: says nothing of what to write: {said}", folder.display());
            Err(said)
        }
        _ => panic!("{}: {said}", folder.display()),
    }
}

/// What is wrong with one case, if anything.
pub(crate) fn difference(expected: Option<&Value>, ours: &Result<Value, String>) -> Option<String> {
    match (expected, ours) {
        (Some(expected), Ok(ours)) => {
            let mut found = Vec::new();
            differences(expected, ours, &mut String::new(), &mut found);
            (!found.is_empty()).then(|| format!("differs: {}", found.join("; ")))
        }
        (Some(_), Err(errors)) => Some(format!("refused: {errors}")),
        (None, Ok(_)) => Some("accepted what the reference refuses".to_owned()),
        (None, Err(_)) => None,
    }
}

/// Mappings are equal in any order, and numbers by their value.
fn differences(expected: &Value, ours: &Value, pointer: &mut String, found: &mut Vec<String>) {
    let length = pointer.len();
    match (expected, ours) {
        (Value::Object(expected), Value::Object(ours)) => {
            for (name, value) in expected {
                pointer.push_str(&format!(".{name}"));
                match ours.get(name) {
                    Some(own) => differences(value, own, pointer, found),
                    None => found.push(format!("{pointer} is missing: {value}")),
                }
                pointer.truncate(length);
            }
            for (name, value) in ours.iter().filter(|(name, _)| !expected.contains_key(*name)) {
                found.push(format!("{pointer}.{name} is too much: {value}"));
            }
        }
        (Value::Array(expected), Value::Array(ours)) if expected.len() == ours.len() => {
            for (index, (value, own)) in expected.iter().zip(ours).enumerate() {
                pointer.push_str(&format!("[{index}]"));
                differences(value, own, pointer, found);
                pointer.truncate(length);
            }
        }
        (Value::Number(expected), Value::Number(ours)) if expected.as_f64() == ours.as_f64() => {}
        _ if expected == ours => {}
        _ => found.push(format!("{pointer}: expected {expected}, not {ours}")),
    }
}
