//! What is said about an input: which messages count, which are shown, and how.

use super::arguments::{Denied, MessageFormat, Messages};
use super::{DONE, INPUT_ERRORS, WRONG_USAGE};
use crate::compose::leaves::Paths;
use crate::diag::{Diagnostic, Severity, Told, by_cause, summary, to_json, to_text};
use crate::origin::Sources;
use crate::world::{Output, World};

/// Says things in the way the user chose.
pub(super) struct Reporter {
    format: MessageFormat,
    least: Severity,
    all: bool,
    colour_wanted: bool,
}

impl Reporter {
    /// A reporter as the arguments ask for it.
    pub(super) fn new(messages: &Messages, world: &dyn World) -> Self {
        let least = match (messages.quiet, messages.verbose) {
            (true, _) => Severity::Error,
            (false, 0) => Severity::Warning,
            (false, _) => Severity::Note,
        };
        let format = messages.message_format;
        let all = messages.verbose > 1 || format == MessageFormat::Json;
        Reporter { format, least, all, colour_wanted: colour_wanted(world) }
    }

    /// A reporter where no arguments say how.
    pub(super) fn plain(world: &dyn World) -> Self {
        Reporter {
            format: MessageFormat::Human,
            least: Severity::Warning,
            all: false,
            colour_wanted: colour_wanted(world),
        }
    }

    /// Whether values that no manifest holds are spoken of, too.
    pub(super) fn says_all(&self) -> bool {
        self.all
    }

    /// Says the messages and gives the exit code that they lead to.
    pub(super) fn report(
        &self,
        diagnostics: &[Diagnostic],
        (sources, paths): (&Sources, &Paths),
        output: &mut dyn Output,
    ) -> u8 {
        let text = match self.format {
            MessageFormat::Human => self.human(diagnostics, sources, self.colour_wanted && output.stderr_is_terminal()),
            MessageFormat::Json => diagnostics.iter().map(|one| to_json(one, sources, paths) + "\n").collect(),
        };
        to_stderr(&text, output);
        let failed = diagnostics.iter().any(|one| one.severity == Severity::Error);
        if failed { INPUT_ERRORS } else { DONE }
    }

    fn human(&self, diagnostics: &[Diagnostic], sources: &Sources, colour: bool) -> String {
        let told = by_cause(diagnostics);
        let shown = told.iter().filter(|one| self.shows(one.first.severity));
        let mut text: String = shown.map(|one| to_text(one, sources, colour)).collect();
        let count = |severity| told.iter().filter(|one: &&Told| one.first.severity == severity).count();
        let warnings = if self.shows(Severity::Warning) { count(Severity::Warning) } else { 0 };
        let hidden = if self.least == Severity::Warning { count(Severity::Note) } else { 0 };
        let last = summary(count(Severity::Error), warnings, hidden);
        if !last.is_empty() {
            text.push_str(&last);
            text.push('\n');
        }
        text
    }

    /// The most severe comes first in the order of severities.
    fn shows(&self, severity: Severity) -> bool {
        severity <= self.least
    }

    /// Says that the program could not do its work, for a reason that is not in the input.
    pub(super) fn failure(&self, message: &str, output: &mut dyn Output) -> u8 {
        let text = match self.format {
            MessageFormat::Human if self.colour_wanted && output.stderr_is_terminal() => {
                format!("\u{1b}[1m\u{1b}[91merror\u{1b}[0m: {message}\n")
            }
            MessageFormat::Human => format!("error: {message}\n"),
            // The same fields as every message has, so that a program can read each line alike.
            MessageFormat::Json => {
                let line = serde_json::json!({
                    "code": null, "name": null, "severity": "error", "message": message, "file": null, "line": null,
                    "column": null, "end_line": null, "end_column": null, "key": null, "why": null, "help": [],
                    "covers": [],
                });
                format!("{line}\n")
            }
        };
        to_stderr(&text, output);
        WRONG_USAGE
    }
}

/// Drops what is allowed, unless it is an error, and raises what is denied.
pub(super) fn apply_levels(diagnostics: &mut Vec<Diagnostic>, messages: &Messages) {
    diagnostics.retain(|one| one.severity == Severity::Error || !messages.allow.contains(&one.code));
    for one in diagnostics {
        let denied = messages.deny.iter().any(|denied| match denied {
            Denied::Warnings => one.severity == Severity::Warning,
            Denied::Notes => one.severity == Severity::Note,
            Denied::Code(code) => one.code == *code,
        });
        if denied {
            one.severity = Severity::Error;
        }
    }
}

/// Whether messages are coloured: on a terminal, unless the user wants none (<https://no-color.org>).
pub(super) fn coloured(world: &dyn World, output: &dyn Output) -> bool {
    colour_wanted(world) && output.stderr_is_terminal()
}

fn colour_wanted(world: &dyn World) -> bool {
    world.environment("NO_COLOR").is_none_or(|value| value.is_empty())
        && world.environment("TERM").is_none_or(|value| value != "dumb")
}

/// Where standard error cannot be written there is nobody left to tell.
pub(super) fn to_stderr(text: &str, output: &mut dyn Output) {
    if !text.is_empty() {
        let _ = output.stderr(text.as_bytes());
    }
}
