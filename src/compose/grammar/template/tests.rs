//! Substitution as the loaders of Compose and of swarm do it (compose-spec, "interpolation").

use super::{Mode, TemplateError, interpolate};
use crate::compose::grammar::random_texts;

fn lookup(name: &str) -> Option<String> {
    match name {
        "V" => Some("v".to_owned()),
        "E" => Some(String::new()),
        _ => None,
    }
}

/// The value, `!` for a syntax error, `?NAME message` for a missing variable.
fn shown(text: &str, mode: Mode) -> String {
    match interpolate(text, mode, &lookup) {
        Ok(outcome) => outcome.value,
        Err(TemplateError::Syntax { .. }) => "!".to_owned(),
        Err(TemplateError::Required { variable, message }) => format!("?{variable} {message}"),
    }
}

#[test]
fn compose() {
    let cases = [
        ("$ $1 $(x) a$", "$ $1 $(x) a$"),
        ("$V${V}$$V$$$V", "vv$V$v"),
        (r"\$V $Vé", r"\v vé"),
        ("${U:-w}${E:-w}${V:-w}", "wwv"),
        ("${U-w}|${E-w}|${V-w}", "w||v"),
        ("${U:+w}|${E:+w}|${V:+w}", "||w"),
        ("${U+w}|${E+w}|${V+w}", "|w|w"),
        ("${V?w}${E?w}", "v"),
        ("${U:?a $V}", "?U a v"),
        ("${E:?}", "?E "),
        ("${U:-{\"a\":1}}", "{\"a\":1}"),
        ("${U:-{}}", "{}"),
        ("${U:-{}} ${V}", "!"),
        ("${V:-{}} ${V}", "v"),
        ("${U:-{a}} ${V}", "{a} v"),
        ("${U:-}}", "}"),
        ("${U:-a?b}${U-a:-b}${U:-http://a.b/c?d=e}", "a?ba:-bhttp://a.b/c?d=e"),
        ("${U:-${X:-${V}}}-${U:-$$}", "v-$"),
        ("${U:-a\nb}", "!"),
        ("${U:-a}\n${V:-b}", "a\nv"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text, Mode::Compose), expected, "{text}");
    }
    for text in ["${}", "${ V}", "${V }", "${1V}", "${V:x}", "${V:=x}", "${V/a/b}", "${V.x}", "${V", "${V:-"] {
        assert_eq!(shown(text, Mode::Compose), "!", "{text}");
    }
}

#[test]
fn what_was_looked_up() {
    let outcome = interpolate("$A ${B:-$C} ${V:-$D} $A", Mode::Compose, &lookup).unwrap();
    assert_eq!(outcome.used, ["A", "B", "C", "V", "A"]);
    assert_eq!(outcome.unset, ["A", "C", "A"]);
}

#[test]
fn swarm() {
    let cases = [
        ("$V-x $V", "v"),
        ("$U:-x", "x"),
        ("$U:x", ":x"),
        ("$$V ${U}", "$V "),
        ("$1", "!"),
        ("${V:+x}", "!"),
        ("${V", "!"),
        ("${A:-${B:-z}}", "${B:-z}"),
        ("${A:-a}b}", "ab}"),
        ("${V:?please-set-it}", "set-it"),
        ("${U:?m}", "?U m"),
        ("${E:?m}", "?E m"),
        ("${E?m}", ""),
        ("${U:-a\nb}", "a\nb"),
        ("$1 $V", "1 v"),
        ("${U:?m}$(x) ${V}", "(x) v"),
        ("$V $1", "!"),
        ("$1 $$V", "!"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text, Mode::Swarm), expected, "{text}");
    }
    assert_eq!(interpolate("$1 ${U:?m} $V", Mode::Swarm, &lookup).unwrap().forgotten.len(), 2);
}

#[test]
fn nesting_is_bounded_and_time_linear() {
    let nested = |depth: usize| format!("{}x{}", "${U:-".repeat(depth), "}".repeat(depth));
    assert_eq!(shown(&nested(100), Mode::Compose), "x");
    assert_eq!(shown(&nested(5_000), Mode::Compose), "!");
    assert_eq!(shown(&"${V:-}".repeat(200_000), Mode::Compose).len(), 200_000);
    assert_eq!(shown(&"${V:-{}}".repeat(200_001), Mode::Compose), "v");
    assert_eq!(shown(&"$U-}".repeat(200_000), Mode::Swarm).len(), 200_000);
}

#[test]
fn never_panics() {
    let pieces = ["$", "{", "}", "V", "U", ":", "-", "?", "+", "é", "\n", "1", "\u{212a}", "${U:-"];
    for text in random_texts(&pieces, 50_000) {
        let _ = interpolate(&text, Mode::Compose, &lookup);
        let _ = interpolate(&text, Mode::Swarm, &lookup);
    }
}
