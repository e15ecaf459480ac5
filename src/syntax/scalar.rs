//! What an unquoted scalar is: null, boolean, number, time or string, by the rules of docker compose's YAML library (Go).
//!
//! They are neither those of YAML 1.1 (`yes` is a string) nor of YAML 1.2 (`010` is 8, `2001-01-02` is a time).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::node::Value;
use super::timestamp::timestamp;

/// Why a scalar does not fit the tag before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// It is of another type.
    Type,
    /// `!!binary` without base64 after it.
    NotBase64,
    /// `!!binary` whose bytes are not UTF-8.
    NotText,
}

/// The value of an unquoted scalar without a tag.
pub(crate) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        _ => {}
    }
    number(text).unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The value of a scalar after a tag of YAML's own, named without its `!!`.
pub(super) fn tagged(name: &str, text: &str) -> Result<Value, Misfit> {
    if name == "binary" {
        // Go's decoder skips line breaks and nothing else.
        let packed: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
        let bytes = STANDARD.decode(packed).map_err(|_| Misfit::NotBase64)?;
        return String::from_utf8(bytes).map(Value::String).map_err(|_| Misfit::NotText);
    }
    let value = plain(text);
    match (name, value) {
        ("null", Value::Null) => Ok(Value::Null),
        ("bool", Value::Bool(value)) => Ok(Value::Bool(value)),
        ("int", Value::Int(value)) => Ok(Value::Int(value)),
        ("float", Value::Float(value)) => Ok(Value::Float(value)),
        ("float", Value::Int(value)) => Ok(Value::Float(value as f64)),
        ("timestamp", Value::Timestamp(value)) => Ok(Value::Timestamp(value)),
        ("null" | "bool" | "int" | "float" | "timestamp", _) => Err(Misfit::Type),
        (_, _) => Ok(Value::String(text.to_owned())),
    }
}

/// A float as Go's `fmt.Sprint` prints it: `1e+06`, `1.5`, `-0`, `+Inf`.
///
/// The shortest digits that read back the same; with an exponent when that is below -4 or above 5.
pub fn go_float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

/// A time, an integer or a float.
fn number(text: &str) -> Option<Value> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    if text.starts_with('.') {
        return float(text);
    }
    if let Some(time) = timestamp(text) {
        return Some(Value::Timestamp(time));
    }
    let digits = text.replace('_', "");
    // Go reads this one as a float, so that the sign is not lost.
    if digits == "-0" {
        return Some(Value::Float(-0.0));
    }
    integer(&digits).or_else(|| float(&digits))
}

/// An integer in the notation of Go: a base prefix, or a leading zero for octal.
fn integer(text: &str) -> Option<Value> {
    let signed = text.strip_prefix(['+', '-']);
    let unsigned = signed.unwrap_or(text);
    let prefixes = [("0x", 16), ("0X", 16), ("0b", 2), ("0B", 2), ("0o", 8), ("0O", 8)];
    let prefixed = prefixes.iter().find_map(|(prefix, base)| Some((unsigned.strip_prefix(prefix)?, *base)));
    let octal = || unsigned.strip_prefix('0').filter(|rest| !rest.is_empty()).map(|rest| (rest, 8));
    let (digits, base) = prefixed.or_else(octal).unwrap_or((unsigned, 10));
    // The standard library would take a second sign.
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    let size = i128::from_str_radix(digits, base).ok()?;
    let value = if text.starts_with('-') { -size } else { size };
    if let Ok(value) = i64::try_from(value) {
        return Some(Value::Int(value));
    }
    // Go has an unsigned type for these. The tree keeps their digits: a float would lose the last ones.
    (signed.is_none() && u64::try_from(value).is_ok()).then(|| Value::String(value.to_string()))
}

/// A float: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, and not one too large to hold.
fn float(text: &str) -> Option<Value> {
    let is_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if !is_digits(whole) || !is_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if digits.is_empty() || !is_digits(digits) {
            return None;
        }
    }
    text.parse().ok().filter(|value: &f64| value.is_finite()).map(Value::Float)
}

#[cfg(test)]
mod tests {
    use super::{Misfit, Value, go_float, plain, tagged};

    fn string(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    #[test]
    fn only_six_words_are_booleans_and_five_are_null() {
        for text in ["true", "True", "TRUE"] {
            assert_eq!(plain(text), Value::Bool(true));
        }
        for text in ["false", "False", "FALSE"] {
            assert_eq!(plain(text), Value::Bool(false));
        }
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(plain(text), Value::Null);
        }
        for text in ["yes", "no", "on", "off", "y", "n", "Yes", "tRUE", "nULL"] {
            assert_eq!(plain(text), string(text));
        }
    }

    #[test]
    fn integers_have_the_bases_of_go() {
        let cases = [
            ("0", 0),
            ("8080", 8080),
            ("-5", -5),
            ("+5", 5),
            ("010", 8),
            ("0440", 288),
            ("007", 7),
            ("0x10", 16),
            ("0X1f", 31),
            ("0b11", 3),
            ("0o17", 15),
            ("0O17", 15),
            ("-0x10", -16),
            ("1_000", 1000),
            ("0x1_F", 31),
            ("1_", 1),
            ("+0", 0),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ];
        for (text, value) in cases {
            assert_eq!(plain(text), Value::Int(value), "{text}");
        }
    }

    #[test]
    fn large_integers_keep_their_digits() {
        for (text, digits) in [
            ("9223372036854775808", "9223372036854775808"),
            ("18446744073709551615", "18446744073709551615"),
            ("0xFFFFFFFFFFFFFFFF", "18446744073709551615"),
        ] {
            assert_eq!(plain(text), string(digits), "{text}");
        }
    }

    #[test]
    fn floats_are_those_of_go() {
        let cases = [
            ("1e3", 1000.0),
            (".5", 0.5),
            ("1.", 1.0),
            ("08", 8.0),
            ("0899", 899.0),
            ("1.50", 1.5),
            ("-1.5E-2", -0.015),
            ("18446744073709551616", 18_446_744_073_709_551_616.0),
            (".inf", f64::INFINITY),
            ("-.Inf", f64::NEG_INFINITY),
        ];
        for (text, value) in cases {
            assert_eq!(plain(text), Value::Float(value), "{text}");
        }
        assert!(matches!(plain("-0"), Value::Float(value) if value == 0.0 && value.is_sign_negative()));
        assert!(matches!(plain(".nan"), Value::Float(value) if value.is_nan()));
    }

    #[test]
    fn what_only_resembles_a_number_is_a_string() {
        for text in [
            "22:22",
            "1:30:00",
            "1e400",
            "__",
            "_1",
            "=",
            "0x",
            "0b12",
            "0o8",
            "+-1",
            "1e",
            ".",
            "-",
            "+",
            "1.2.3",
            "e3",
            "-.",
            "0x1p3",
            "0xFFFFFFFFFFFFFFFFFF",
            "1 2",
            "٣",
            "inf",
            "nan",
            "infinity",
            "-nan",
            "5_.x",
        ] {
            assert_eq!(plain(text), string(text), "{text}");
        }
    }

    #[test]
    fn dates_are_timestamps() {
        assert_eq!(plain("2001-01-02"), Value::Timestamp("2001-01-02 00:00:00 +0000 UTC".to_owned()));
        assert_eq!(plain("2001-02-30"), string("2001-02-30"));
    }

    #[test]
    fn tags_of_yaml_decide_the_type() {
        assert_eq!(tagged("str", "123"), Ok(string("123")));
        assert_eq!(tagged("int", "010"), Ok(Value::Int(8)));
        assert_eq!(tagged("float", "1"), Ok(Value::Float(1.0)));
        assert_eq!(tagged("bool", "true"), Ok(Value::Bool(true)));
        assert_eq!(tagged("null", ""), Ok(Value::Null));
        assert_eq!(tagged("int", "x"), Err(Misfit::Type));
        assert_eq!(tagged("bool", "yes"), Err(Misfit::Type));
        assert_eq!(tagged("binary", "aGVs\nbG8="), Ok(string("hello")));
        assert_eq!(tagged("binary", "a b"), Err(Misfit::NotBase64));
        assert_eq!(tagged("binary", "/w=="), Err(Misfit::NotText));
    }

    #[test]
    fn floats_print_as_go_prints_them() {
        let cases = [
            (1.5, "1.5"),
            (1.0, "1"),
            (1e8, "1e+08"),
            (1_234_567.0, "1.234567e+06"),
            (-0.0, "-0"),
            (999_999.5, "999999.5"),
            (1e6, "1e+06"),
            (1_234_567.89, "1.23456789e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (0.0, "0"),
            (1e100, "1e+100"),
            (-2.5e-7, "-2.5e-07"),
            (100_000.0, "100000"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in cases {
            assert_eq!(go_float(value), text);
        }
    }
}
