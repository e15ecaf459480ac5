//! Byte sizes (`mem_limit`, `memory`, `shm_size`, `tmpfs.size`; compose loading, section 16.1): a decimal integer with a sign,
//! else a Go floating point number and an optional suffix. Every suffix is binary: `1k`, `1kb` and `1KiB` are 1024.

/// Reads a size in bytes.
///
/// # Errors
///
/// What the reference refuses, and sizes beyond 64 bits, which it turns into nonsense.
pub fn parse(text: &str) -> Result<i64, String> {
    if let Ok(number) = text.parse::<i64>() {
        return Ok(number);
    }
    let not_a_size =
        || format!("{text:?} is not a size: write a number and an optional b, k, m, g, t or p, like \"512m\"");
    let last = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ').ok_or_else(not_a_size)?;
    let (number, suffix) = text.split_at_checked(last + 1).ok_or_else(not_a_size)?;
    // One space between number and suffix is allowed; a second one makes the number invalid.
    let number = number.strip_suffix(' ').unwrap_or(number);
    let factor = factor(suffix)
        .ok_or_else(|| format!("{text:?} is not a size: {suffix:?} is not one of the suffixes b, k, m, g, t and p"))?;
    let size = go_float(number).ok_or_else(not_a_size)?;
    if size < 0.0 {
        return Err(format!("{text:?} is not a size: it is negative"));
    }
    let size = size * factor;
    if !size.is_finite() || size >= 9_223_372_036_854_775_808.0 {
        return Err(format!("{text:?} is not a size: it does not fit 64 bits"));
    }
    Ok(size as i64)
}

/// What a suffix multiplies by.
fn factor(suffix: &str) -> Option<f64> {
    let exponent = match suffix.to_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        "p" | "pb" | "pib" => 5,
        _ => return None,
    };
    Some(1024_f64.powi(exponent))
}

/// A number as Go's `strconv.ParseFloat` reads it: underscores between digits, hexadecimal with a binary exponent. The words
/// for infinity and not-a-number are refused.
fn go_float(text: &str) -> Option<f64> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let hexadecimal = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"));
    if !underscores_fit(hexadecimal.unwrap_or(unsigned), hexadecimal.is_some()) {
        return None;
    }
    let value = match hexadecimal {
        Some(digits) => hexadecimal_float(&digits.replace('_', ""))?,
        None => {
            let decimal = |c: char| c.is_ascii_digit() || matches!(c, '.' | '_' | 'e' | 'E' | '+' | '-');
            // A sign here would be a second one, which only the exponent may have.
            if !unsigned.chars().all(decimal) || unsigned.starts_with(['+', '-']) {
                return None;
            }
            unsigned.replace('_', "").parse().ok()?
        }
    };
    Some(if negative { -value } else { value })
}

/// Whether each underscore stands between two digits (the base prefix counts as one).
fn underscores_fit(digits: &str, hexadecimal: bool) -> bool {
    let is_digit = |c: char| if hexadecimal { c.is_ascii_hexdigit() } else { c.is_ascii_digit() };
    let mut after_digit = hexadecimal;
    let mut after_underscore = false;
    for c in digits.chars() {
        if (after_underscore && !is_digit(c)) || (c == '_' && !after_digit) {
            return false;
        }
        after_underscore = c == '_';
        after_digit = is_digit(c);
    }
    !after_underscore
}

/// The part of a hexadecimal number after `0x`; the exponent is required, as in Go.
fn hexadecimal_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let plain = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent: i32 = exponent.parse().unwrap_or(if exponent.starts_with('-') { -10_000 } else { 10_000 });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0_f64;
    for c in whole.chars() {
        value = value * 16.0 + f64::from(c.to_digit(16)?);
    }
    let mut scale = 1_f64;
    for c in fraction.chars() {
        scale /= 16.0;
        value += f64::from(c.to_digit(16)?) * scale;
    }
    Some(value * 2_f64.powi(exponent.clamp(-10_000, 10_000)))
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::compose::grammar::random_texts;

    #[test]
    fn sizes() {
        let cases: &[(&str, i64)] = &[
            ("0", 0),
            ("-1", -1),
            ("+5", 5),
            ("1k", 1024),
            ("1kb", 1024),
            ("1KiB", 1024),
            ("1 kb", 1024),
            ("512M", 512 << 20),
            ("1.5g", 3 << 29),
            (".5g", 1 << 29),
            ("5.", 5),
            ("1e3", 1000),
            ("1e3k", 1_024_000),
            ("1_000", 1000),
            ("+1g", 1 << 30),
            ("10b", 10),
            ("10 ", 10),
            ("2t", 2 << 40),
            ("1p", 1 << 50),
            ("0x1p4", 16),
            ("0x1.8p1k", 3072),
            ("0x_1p4", 16),
            ("1.9", 1),
            ("-0k", 0),
        ];
        for (text, bytes) in cases {
            assert_eq!(parse(text), Ok(*bytes), "{text}");
        }
    }

    #[test]
    fn refusals() {
        let cases = [
            "", "abc", "1mbb", "1,5", "-1k", "1e", "1  k", " 1", "1bb", "1e999", "9e18k", "inf ", "nan ", "0x10",
            "1__0", "_1", "1_", "--1", "+-1", "1e5 5", "1i", "5z", ".", "0xp1",
        ];
        for text in cases {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn never_panics() {
        for text in random_texts(&["1", "0x", "p", "_", ".", " ", "e", "-", "k", "ib", "é", "K", "99999999999"], 20_000)
        {
            let _ = parse(&text);
        }
    }
}
