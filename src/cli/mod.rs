//! The command line: what the program does with its arguments, written so that a test can run all of it in process.
//!
//! Results go to standard output, messages to standard error. The exit code is 0 when all is done, 1 when the input holds errors
//! and 2 when the program was called wrongly or its result could not be written.

mod arguments;
mod config;
mod convert;
mod explain;
mod files;
mod messages;
mod routing;
mod storing;

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

use crate::request::Request;
use crate::world::{Output, World};
use arguments::{Arguments, Command};
use messages::Reporter;

/// All is done.
pub const DONE: u8 = 0;
/// The input holds errors, so nothing was written.
pub const INPUT_ERRORS: u8 = 1;
/// The program was called wrongly, or its result could not be written.
pub const WRONG_USAGE: u8 = 2;

/// Runs the program and gives its exit code. The first argument is the program's own name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, world: &dyn World, output: &mut dyn Output) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error, world, output),
    };
    match arguments.command {
        Command::Convert(choices) => convert::convert(choices, world, output),
        Command::Check(choices) => convert::check(&choices, world, output),
        Command::Config(choices) => config::config(choices, world, output),
        Command::Explain { subject } => match explain::explain(&subject) {
            Ok(text) => print(&text, world, output),
            Err(message) => {
                messages::to_stderr(&format!("error: {message}\n"), output);
                WRONG_USAGE
            }
        },
        Command::Schema => print(&format!("{:#}\n", crate::compose::schema::schema()), world, output),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "transship", &mut script);
            print(&String::from_utf8_lossy(&script), world, output)
        }
    }
}

/// What `transship convert` or `transship check` with these arguments asks of the library: for tools that take the same options.
/// The first argument is the program's own name, the second the command.
///
/// # Errors
/// What is wrong with the arguments, as text for people: the help too, where that is asked for.
pub fn request(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, String> {
    let arguments = Arguments::try_parse_from(arguments).map_err(|error| error.to_string())?;
    match arguments.command {
        Command::Convert(choices) => Ok(choices.compiled.request()),
        Command::Check(choices) => Ok(choices.request()),
        Command::Config(_) | Command::Explain { .. } | Command::Schema | Command::Completions { .. } => {
            Err("only `convert` and `check` compile".to_owned())
        }
    }
}

/// Help and the version are asked for, so they are a result; anything else is a mistake of the caller.
fn refuse(error: &clap::Error, world: &dyn World, output: &mut dyn Output) -> u8 {
    let text = error.render();
    if !error.use_stderr() {
        return print(&text.to_string(), world, output);
    }
    let text = if messages::coloured(world, output) { text.ansi().to_string() } else { text.to_string() };
    messages::to_stderr(&text, output);
    WRONG_USAGE
}

/// Writes a result that comes from no input.
fn print(text: &str, world: &dyn World, output: &mut dyn Output) -> u8 {
    match output.stdout(text.as_bytes()) {
        Ok(()) => DONE,
        Err(error) => Reporter::plain(world).failure(&format!("cannot write to standard output: {error}"), output),
    }
}
