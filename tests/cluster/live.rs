//! The second layer: stacks of `testdata/live/` are converted, applied as users do, judged, and deleted again.

mod change;
mod inside;
mod judge;
mod lasting;
mod logs;
mod reach;
mod settled;
mod stack;
mod waiting;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use crate::client::Cluster;
use crate::expect;
use crate::table::{Row, Table};
use judge::Judge;
use stack::Stack;

/// Stacks that run at the same time.
const LANES: usize = 6;

/// Runs the stacks whose name holds one of the names; all of them when there are none.
pub(crate) fn run(cluster: &Cluster, names: &[String], table: &mut Table) -> Result<(), String> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir("testdata/live").map_err(|error| format!("testdata/live: {error}"))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.join("expect.toml").exists() && (names.is_empty() || names.iter().any(|part| name.contains(part))) {
            let limit = expect::read(&path.join("expect.toml")).ok().and_then(|expect| expect.ready);
            folders.push((limit, path));
        }
    }
    // Taken from the end: those that need most time first.
    folders.sort();
    let (folders, done) = (Mutex::new(folders), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                while let Some((_, folder)) = folders.lock().ok().and_then(|mut folders| folders.pop()) {
                    let row = judged(cluster, &folder);
                    if let Ok(mut done) = done.lock() {
                        done.push(row);
                    }
                }
            });
        }
    });
    let mut rows = done.into_inner().map_err(|error| error.to_string())?;
    rows.sort();
    table.objects += rows.iter().map(|row| row.objects).sum::<usize>();
    table.stacks.extend(rows);
    Ok(())
}

/// One stack from its files to its removal; what is said about it is printed in one piece.
fn judged(cluster: &Cluster, folder: &Path) -> Row {
    let start = Instant::now();
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (mut judge, mut objects) = (Judge::default(), 0);
    match Stack::new(cluster, folder) {
        Ok(mut stack) => {
            objects = stack.objects.len();
            judge.pending(stack.expect.pending());
            if let Err(message) = whole_life(&mut stack, &mut judge) {
                judge.fault(&message);
            }
            stack.remove();
        }
        Err(message) => judge.fault(&message),
    }
    judge.finish();
    let seconds = start.elapsed().as_secs();
    print!(
        "live {name}: {} held, {} pending, {} failed, {seconds} s\n{}",
        judge.held, judge.waiting, judge.failed, judge.text
    );
    Row { name, held: judge.held, pending: judge.waiting, failed: judge.failed, objects, seconds }
}

/// The facts, in the order in which a stack lives.
fn whole_life(stack: &mut Stack, judge: &mut Judge) -> Result<(), String> {
    stack.prepare()?;
    judge.fact("applied", || stack.apply(&stack.text).map(|_| ()));
    judge.fact("ready", || settled::ready(stack));
    if judge.failed > 0 {
        judge.say(&stack.state(false));
        return Err("the other facts were not looked at".to_owned());
    }
    judge.fact("restarts", || settled::no_restarts(stack));
    judge.fact("events", || settled::no_warnings(stack));
    computed(stack, judge);
    read(stack, judge);
    for health in &stack.expect.health {
        judge.fact(&health.name(), || change::health(stack, health));
    }
    judge.fact("second apply", || lasting::second_apply(stack));
    for survives in &stack.expect.survives {
        judge.fact(&survives.name(), || change::survives(stack, survives));
    }
    for stops in &stack.expect.stops {
        judge.fact(&stops.name(), || change::stops(stack, stops));
    }
    for edit in stack.expect.edit.clone() {
        judge.fact(&edit.name(), || change::edit(stack, &edit));
    }
    if judge.failed > 0 {
        judge.say(&stack.state(true));
    }
    let failed = judge.failed;
    judge.fact("deleted", || lasting::deleted(stack));
    if judge.failed > failed {
        judge.say(&stack.state(true));
    }
    Ok(())
}

/// What the project promises, service by service.
fn computed(stack: &Stack, judge: &mut Judge) {
    for promise in &stack.promises {
        let (service, workload) = (&promise.service, &promise.workload);
        let is_up = !stack.runs_once(service) && !stack.expect.fails.contains(service);
        if is_up {
            if !promise.environment.is_empty() {
                judge.fact(&format!("environment {service}"), || inside::environment(stack, promise));
            }
            if !promise.files.is_empty() {
                judge.fact(&format!("files {service}"), || inside::files(stack, promise));
            }
            judge.fact(&format!("name {workload}"), || reach::name(stack, workload));
        }
        let is_silent = |port: &u16| stack.expect.silent.contains(&format!("{workload}:{port}"));
        for port in promise.ports.iter().filter(|port| is_up && !is_silent(port)) {
            judge.fact(&format!("port {workload}:{port}"), || reach::port(stack, workload, *port));
        }
        for port in &promise.published {
            judge.fact(&format!("published {port}"), || reach::published(stack, *port));
        }
    }
}

/// What is only looked at.
fn read(stack: &Stack, judge: &mut Judge) {
    let expect = &stack.expect;
    for said in &expect.said {
        judge.fact(&said.name(), || stack.says(said));
    }
    for held in &expect.held {
        judge.fact(&held.name(), || waiting::held(stack, held));
    }
    for fires in &expect.fires {
        judge.fact(&fires.name(), || waiting::fires(stack, fires));
    }
    for address in &expect.apart {
        judge.fact(&format!("apart {address}"), || reach::apart(stack, address));
    }
    for order in &expect.order {
        judge.fact(&order.name(), || logs::order(stack, order));
    }
    for argv in &expect.argv {
        judge.fact(&argv.name(), || inside::argv(stack, argv, &stack.promises));
    }
    for file in &expect.file {
        judge.fact(&file.name(), || inside::file(stack, file));
    }
    for exec in &expect.exec {
        judge.fact(&exec.name(), || inside::exec(stack, exec));
    }
    for http in &expect.http {
        judge.fact(&http.name(), || reach::http(stack, http));
    }
    for talk in &expect.talk {
        judge.fact(&talk.name(), || reach::talk(stack, talk));
    }
    for log in &expect.log {
        judge.fact(&log.name(), || logs::log(stack, log));
    }
}

/// The file that a live stack begins with.
fn main_file(folder: &Path) -> Result<PathBuf, String> {
    let names = ["compose.yaml", "docker-stack.yml"];
    names
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.exists())
        .ok_or_else(|| format!("{}: neither {}", folder.display(), names.join(" nor ")))
}
