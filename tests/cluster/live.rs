//! The second layer: stacks of `testdata/live/` are converted, applied as users do, judged, and deleted again.

mod judge;
mod lasting;
mod reach;
mod settled;
mod stack;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use crate::client::Cluster;
use crate::table::Table;
use judge::Judge;
use stack::Stack;

/// Stacks that run at the same time.
const LANES: usize = 4;

/// Runs the stacks whose name holds one of the names; all of them when there are none.
pub(crate) fn run(cluster: &Cluster, names: &[String], table: &mut Table) -> Result<(), String> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir("testdata/live").map_err(|error| format!("testdata/live: {error}"))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.join("expect.toml").exists() && (names.is_empty() || names.iter().any(|part| name.contains(part))) {
            folders.push(path);
        }
    }
    // Taken from the end; in order of their names otherwise.
    folders.sort();
    folders.reverse();
    let (folders, done) = (Mutex::new(folders), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                while let Some(folder) = folders.lock().ok().and_then(|mut folders| folders.pop()) {
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
    table.stacks.extend(rows);
    Ok(())
}

/// One stack from its files to its removal; what is said about it is printed in one piece.
fn judged(cluster: &Cluster, folder: &Path) -> (String, usize, usize, usize, u64) {
    let start = Instant::now();
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut judge = Judge::default();
    match Stack::new(cluster, folder) {
        Ok(mut stack) => {
            judge.pending(&stack.expect.pending);
            if let Err(message) = whole_life(&mut stack, &mut judge) {
                judge.fault(&message);
            }
            if judge.failed > 0 {
                judge.say(&stack.state());
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
    (name, judge.held, judge.waiting, judge.failed, seconds)
}

/// The facts, in the order in which a stack lives.
fn whole_life(stack: &mut Stack, judge: &mut Judge) -> Result<(), String> {
    stack.prepare()?;
    judge.fact("applied", || stack.apply(&stack.text).map(|_| ()));
    judge.fact("ready", || settled::ready(stack));
    judge.fact("restarts", || settled::no_restarts(stack));
    judge.fact("events", || settled::no_warnings(stack));
    for http in &stack.expect.http {
        judge.fact(&format!("http {}", http.url), || reach::http(stack, http));
    }
    judge.fact("second apply", || lasting::second_apply(stack));
    judge.fact("deleted", || lasting::deleted(stack));
    Ok(())
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
