//! The program: the command line of the library, on the real machine.

use std::process::ExitCode;

use transship::cli;
use transship::world::{OsOutput, OsWorld};

fn main() -> ExitCode {
    ExitCode::from(cli::run(std::env::args_os(), &OsWorld, &mut OsOutput))
}
