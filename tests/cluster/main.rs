//! What the compiler writes, on a real cluster: the server takes all of it, and stacks run as Compose promised; see docs/testing.md.
//!
//! `TRANSSHIP_TEST_CLUSTER=1 cargo test --test cluster -- [accept] [NAME...]` works on the cluster that `KUBECONFIG` names, through
//! the kubectl on the `PATH`, or the program that `TRANSSHIP_KUBECTL` names. Without the variable nothing is done.

#![expect(clippy::disallowed_methods, reason = "a test reads its fixtures, and its settings from the environment")]

mod accept;
mod client;
mod compiled;
mod contains;
mod expect;
#[path = "../fixture/mod.rs"]
mod fixture;
mod live;
mod promise;
mod table;

use std::process::ExitCode;

use client::Cluster;
use table::Table;

fn main() -> ExitCode {
    if std::env::var_os("TRANSSHIP_TEST_CLUSTER").is_none_or(|value| value.is_empty()) {
        println!("cluster: skipped, TRANSSHIP_TEST_CLUSTER is not set (docs/testing.md says how to run it)");
        return ExitCode::SUCCESS;
    }
    // Cargo hands the flags of its own harness to every test binary.
    let names: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    match run(&names) {
        Ok(table) => {
            print!("{table}");
            if table.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(message) => {
            eprintln!("cluster: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Both layers, or what the names select: `accept`, and live stacks by a part of their name.
fn run(names: &[String]) -> Result<Table, String> {
    let cluster = Cluster::connect()?;
    let mut table = Table::default();
    if names.is_empty() || names.iter().any(|name| name == "accept") {
        accept::accept(&cluster, &mut table)?;
    }
    live::run(&cluster, names, &mut table)?;
    Ok(table)
}
