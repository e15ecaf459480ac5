//! A healthcheck (compose-spec, "healthcheck"): the command in its three forms and its times.

use crate::compose::keys::{Decode, Merge, Reader, keys};
use crate::compose::model::scalar::{Duration, Truncated};
use crate::compose::model::text::Texts;
use crate::origin::Spanned;
use crate::syntax::{Node, Value};

keys! {
    /// `healthcheck`.
    Healthcheck in "services.*.healthcheck" {
        disable "disable": bool, Merge::Default, Reads, Exact, "Turns it off.";
        interval "interval": Duration, Merge::Default, Reads, Approximate, "Time between checks.";
        retries "retries": Truncated, Merge::Default, Reads, Exact, "Failures until it is unhealthy.";
        start_interval "start_interval": Duration, Merge::Default, Reads, Approximate, "Time between checks at first.";
        start_period "start_period": Duration, Merge::Default, Reads, Approximate, "Time in which failures do not count.";
        test "test": Test, Merge::Replace, Reads, Exact, "The command that checks.";
        timeout "timeout": Duration, Merge::Default, Reads, Approximate, "Longest time of one check.";
    }
}

/// What checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// `NONE`: the image's own check is turned off.
    None,
    /// Nothing is said: the image's own check holds.
    Inherit,
    /// `CMD`: a command, run as it is.
    Exec(Vec<Spanned<String>>),
    /// `CMD-SHELL` or a string: a line for the shell, and the arguments that the line may use.
    Shell(Vec<Spanned<String>>),
}

impl Decode for Test {
    const EXPECTED: &'static str = "a string or a list of strings";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let origin = node.origin;
        if let Value::String(text) = node.value {
            return Some(Test::Shell(vec![Spanned { value: text, origin }]));
        }
        let mut words = Texts::decode(node, reader)?.0.into_iter();
        let Some(head) = words.next() else { return Some(Test::Inherit) };
        reader.diags.consume(head.origin, "says how the test is run");
        match head.value.as_str() {
            "NONE" => Some(Test::None),
            "CMD" => Some(Test::Exec(words.collect())),
            "CMD-SHELL" => Some(Test::Shell(words.collect())),
            _ => {
                reader.bad_value(
                    head.origin,
                    format!("`{}` is no form of a test", head.value),
                    "begin the list with CMD, CMD-SHELL or NONE",
                );
                None
            }
        }
    }
}
