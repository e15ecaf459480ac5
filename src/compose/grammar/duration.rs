//! Durations (compose loading, section 16.2): Go's grammar with days and weeks, `1h30m`, `1.5s`, `2d`; printed in Go's format.

use std::fmt::Write as _;

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Reads a duration in nanoseconds; a sign is allowed.
///
/// # Errors
///
/// A part without number or without a known unit, and durations beyond 64 bits.
pub fn parse(text: &str) -> Result<i64, String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "0" {
        return Ok(0);
    }
    if unsigned.is_empty() {
        return Err(not_a_duration(text));
    }
    let too_long = || format!("{text:?} is not a duration: it is longer than 292 years");
    let mut total = 0_i64;
    let mut rest = unsigned;
    while !rest.is_empty() {
        let (whole, after) = split_digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), split_digits);
        if whole.is_empty() && fraction.is_empty() {
            return Err(not_a_duration(text));
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (name, after) = after.split_at_checked(end).unwrap_or((after, ""));
        if name.is_empty() {
            return Err(format!("{text:?} is not a duration: its unit is missing, like in \"90s\""));
        }
        let unit = unit(name).ok_or_else(|| {
            format!("{text:?} is not a duration: {name:?} is not one of ns, us, ms, s, m, h, d and w")
        })?;
        let part = amount(whole, fraction, unit).ok_or_else(too_long)?;
        total = total.checked_add(part).ok_or_else(too_long)?;
        rest = after;
    }
    Ok(if text.starts_with('-') { -total } else { total })
}

fn not_a_duration(text: &str) -> String {
    format!("{text:?} is not a duration: write numbers with units, like \"1m30s\"")
}

/// Leading digits and the rest.
fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Nanoseconds in a unit.
fn unit(name: &str) -> Option<i64> {
    let nanoseconds = match name {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => MICROSECOND,
        "ms" => MILLISECOND,
        "s" => SECOND,
        "m" => MINUTE,
        "h" => HOUR,
        "d" => 24 * HOUR,
        "w" => 168 * HOUR,
        _ => return None,
    };
    i64::try_from(nanoseconds).ok()
}

/// `whole.fraction` units; none when it does not fit. The fraction is computed in floating point, as the reference does.
fn amount(whole: &str, fraction: &str, unit: i64) -> Option<i64> {
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut numerator = 0_i64;
    let mut scale = 1_f64;
    for digit in fraction.chars().filter_map(|c| c.to_digit(10)) {
        // Digits that no longer fit lose their precision only.
        let Some(next) = numerator.checked_mul(10).and_then(|n| n.checked_add(i64::from(digit))) else { break };
        numerator = next;
        scale *= 10.0;
    }
    let part = (numerator as f64 * (unit as f64 / scale)) as i64;
    whole.checked_mul(unit)?.checked_add(part)
}

/// Prints a duration as Go does: `1m30s`, `1h30m0s`, `1.5s`, `500ms`, `24h0m0s`.
#[must_use]
pub fn print(nanoseconds: i64) -> String {
    let mut text = String::new();
    if nanoseconds < 0 {
        text.push('-');
    }
    let rest = nanoseconds.unsigned_abs();
    match rest {
        0 => text.push_str("0s"),
        1..MICROSECOND => push_decimal(&mut text, rest, 1, "ns"),
        MICROSECOND..MILLISECOND => push_decimal(&mut text, rest, MICROSECOND, "µs"),
        MILLISECOND..SECOND => push_decimal(&mut text, rest, MILLISECOND, "ms"),
        SECOND..=u64::MAX => {
            if rest >= HOUR {
                let _ = write!(text, "{}h", rest / HOUR);
            }
            if rest >= MINUTE {
                let _ = write!(text, "{}m", rest % HOUR / MINUTE);
            }
            push_decimal(&mut text, rest % MINUTE, SECOND, "s");
        }
    }
    text
}

/// Appends `value / unit` in decimal, without trailing zeros, and the unit's name.
fn push_decimal(text: &mut String, value: u64, unit: u64, name: &str) {
    let _ = write!(text, "{}", value / unit);
    let mut fraction = value % unit;
    if fraction > 0 {
        text.push('.');
    }
    let mut digit = unit / 10;
    while fraction > 0 && digit > 0 {
        let _ = write!(text, "{}", fraction / digit);
        fraction %= digit;
        digit /= 10;
    }
    text.push_str(name);
}

#[cfg(test)]
mod tests {
    use super::{parse, print};
    use crate::compose::grammar::random_texts;

    #[test]
    fn durations() {
        let cases = [
            ("0", "0s"),
            ("-0", "0s"),
            ("90s", "1m30s"),
            ("1h30m", "1h30m0s"),
            ("1.5s", "1.5s"),
            ("0.5s", "500ms"),
            (".5s", "500ms"),
            ("5.s", "5s"),
            ("1d", "24h0m0s"),
            ("2w1d", "360h0m0s"),
            ("-1m", "-1m0s"),
            ("+1m", "1m0s"),
            ("1500us", "1.5ms"),
            ("7µs", "7µs"),
            ("7\u{3bc}s", "7µs"),
            ("1ns", "1ns"),
            ("1h1ns", "1h0m0.000000001s"),
            ("1m1m", "2m0s"),
            ("9223372036854775807ns", "2562047h47m16.854775807s"),
        ];
        for (text, printed) in cases {
            assert_eq!(parse(text).map(print).as_deref(), Ok(printed), "{text}");
        }
        assert_eq!(print(i64::MIN), "-2562047h47m16.854775808s");
    }

    #[test]
    fn refusals() {
        for text in
            ["", "-", "90", "1M", "1 s", "s", ".s", "1e3s", "1s ", "9223372036854775808ns", "99999999w", "--1s", "1S"]
        {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn never_panics() {
        for text in random_texts(&["1", "9", ".", "s", "h", "w", "m", "µs", "-", " ", "é", "99999999999"], 20_000) {
            let _ = parse(&text).map(print);
        }
    }
}
