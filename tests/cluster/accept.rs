//! The first layer: the server takes every object, strictly read, and returns at least what it was sent.

use std::path::{Path, PathBuf};

use serde_json::Value;
use transship::emit::Manifest;
use transship::render::yaml;
use transship::{Compilation, Request};

use crate::client::{Answer, Cluster};
use crate::compiled::{self, StackWorld};
use crate::contains;
use crate::fixture;
use crate::table::Table;

const DRY_RUN: &str = "dryRun=All&fieldValidation=Strict&fieldManager=transship-test";

/// Every file of `testdata/`, and of the folder that `TRANSSHIP_CORPUS` names, with routes for each of their targets.
pub(crate) fn accept(cluster: &Cluster, table: &mut Table) -> Result<(), String> {
    let mut files = Vec::new();
    stack_files(Path::new("testdata"), &mut files)?;
    match std::env::var("TRANSSHIP_CORPUS") {
        Ok(corpus) => corpus_files(Path::new(&corpus), &mut files)?,
        Err(_) => println!("accept: TRANSSHIP_CORPUS is not set, so that testdata/ alone is sent"),
    }
    let lanes = 4;
    let shares: Vec<Table> = std::thread::scope(|scope| {
        let lane = |first: usize| {
            let files = files.iter().enumerate().skip(first).step_by(lanes);
            scope.spawn(move || {
                let mut table = Table::default();
                files.for_each(|(index, path)| {
                    send(cluster, path, &cluster.name(&format!("accept-{index}")), &mut table)
                });
                table
            })
        };
        let threads: Vec<_> = (0..lanes).map(lane).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    if shares.len() < lanes {
        return Err("a thread of the accept layer ended early".to_owned());
    }
    for share in shares {
        table.files += share.files;
        table.refused += share.refused;
        table.objects += share.objects;
        table.rejected += share.rejected;
        table.faults += share.faults;
    }
    println!("accept: {} objects of {} files, {} rejected", table.objects, table.files, table.rejected);
    Ok(())
}

/// The files that the index of a corpus names, by its columns of folders and files; every file where there is no index.
fn corpus_files(corpus: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let Ok(index) = std::fs::read_to_string(corpus.join("index.tsv")) else { return stack_files(corpus, found) };
    let mut rows = index.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let head = rows.next().unwrap_or_default();
    let column = |name: &str| head.iter().position(|cell| *cell == name).ok_or_else(|| format!("no column {name}"));
    let (folder, file) = (column("case_id")?, column("file")?);
    found.extend(rows.filter_map(|row| Some(corpus.join(row.get(folder)?).join(row.get(file)?))));
    Ok(())
}

/// Every file below a folder that holds services, in order.
fn stack_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let fault = |error| format!("{}: {error}", folder.display());
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        entries.push(entry.map_err(fault)?.path());
    }
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            stack_files(&path, found)?;
        } else if (name.ends_with(".yml") || name.ends_with(".yaml"))
            && std::fs::read_to_string(&path).is_ok_and(|text| text.contains("services:"))
        {
            found.push(path);
        }
    }
    Ok(())
}

/// Sends what one file becomes to a namespace of its own.
fn send(cluster: &Cluster, path: &Path, namespace: &str, table: &mut Table) {
    let compile = |request: &Request| transship::compile(&StackWorld::default(), request);
    let compilations: Vec<_> = fixture::requests(path).iter().map(compile).collect();
    if compilations.iter().all(|compilation| compilation.manifests.is_none()) {
        table.refused += 1;
        return;
    }
    table.files += 1;
    if let Err(message) = cluster.create_namespace(namespace) {
        println!("{}: namespace {namespace}: {message}", path.display());
        table.faults += 1;
        return;
    }
    let mut sent = Vec::new();
    for (compilation, manifest) in
        compilations.iter().flat_map(|one| one.manifests.iter().flatten().map(move |all| (one, all)))
    {
        // Most objects are the same whatever becomes of the routes.
        if sent.contains(&&manifest.object) {
            continue;
        }
        sent.push(&manifest.object);
        table.objects += 1;
        match faults(cluster, compilation, manifest, namespace) {
            Ok(faults) => {
                table.rejected += usize::from(!faults.is_empty());
                for fault in faults {
                    println!("{}: {} {}: {fault}", path.display(), manifest.kind(), manifest.name());
                }
            }
            Err(message) => {
                table.rejected += 1;
                println!("{}: {} {}: {message}", path.display(), manifest.kind(), manifest.name());
            }
        }
    }
    cluster.delete_namespace(namespace);
}

/// What the server finds wrong with one object, each with the place in the source.
fn faults(
    cluster: &Cluster,
    compilation: &Compilation,
    manifest: &Manifest,
    namespace: &str,
) -> Result<Vec<String>, String> {
    let mut object = compiled::object(manifest);
    let mut text = yaml::document(&manifest.object);
    // Namespaces of the output's own are not there, and a dry run makes none.
    if let Some(own) = object.pointer_mut("/metadata/namespace") {
        *own = Value::from(namespace);
        text = object.to_string();
    }
    let api_version = object.pointer("/apiVersion").and_then(Value::as_str).unwrap_or_default();
    let path = cluster.collection(api_version, manifest.kind(), namespace)?;
    let answer = cluster.request("POST", &format!("{path}?{DRY_RUN}"), "application/yaml", text.as_bytes())?;
    if !answer.is_good() {
        return Ok(said(&answer, compilation, manifest));
    }
    let lost = contains::lost(&object, &answer.body);
    Ok(lost
        .into_iter()
        .map(|(pointer, what)| format!("{pointer} {what}\n    {}", compiled::place(compilation, manifest, &pointer)))
        .collect())
}

/// The server's causes, or its message, beside the place.
fn said(answer: &Answer, compilation: &Compilation, manifest: &Manifest) -> Vec<String> {
    let beside = |message: &str, field: &str| {
        let pointer = compiled::pointer_of(field, &compiled::object(manifest));
        format!("{message}\n    {}", compiled::place(compilation, manifest, &pointer))
    };
    let causes = answer.body.pointer("/details/causes").and_then(Value::as_array);
    let faults: Vec<String> = causes
        .into_iter()
        .flatten()
        .map(|cause| {
            let text = |key: &str| cause.get(key).and_then(Value::as_str).unwrap_or_default();
            beside(&format!("{}: {}", text("field"), text("message")), text("field"))
        })
        .collect();
    if !faults.is_empty() {
        return faults;
    }
    // Strict decoding has no causes; it quotes the field.
    let message = answer.message();
    let field = message.split('"').nth(1).unwrap_or_default().to_owned();
    vec![beside(&message, &field)]
}
