//! Unquoted dates and times: the four layouts that docker compose's YAML library tries, printed as Go prints a `time.Time`.
//!
//! They are `2006-1-2`, `2006-1-2 15:4:5.999999999`, and the latter with `T` or `t` and a zone (`Z` or `+07:00`).

/// The time that a text stands for, as Go prints it; `None` when it is no time.
pub(super) fn timestamp(text: &str) -> Option<String> {
    let (year, rest) = digits(text, 4, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if rest.is_empty() {
        return Some(format!("{date} 00:00:00 +0000 UTC"));
    }
    let zoned = rest.strip_prefix(['T', 't']);
    // Go lets any number of spaces stand for the one of the layout.
    let rest = zoned.or_else(|| rest.strip_prefix(' ').map(|rest| rest.trim_start_matches(' ')))?;
    let (clock, rest) = clock(rest)?;
    let zone = if zoned.is_some() { zone(rest)? } else { rest.is_empty().then(|| "+0000 UTC".to_owned())? };
    Some(format!("{date} {clock} {zone}"))
}

/// Hours, minutes, seconds and an optional fraction, and what follows.
fn clock(text: &str) -> Option<(String, &str)> {
    let (hour, rest) = digits(text, 1, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 1, 2)?;
    let (second, rest) = digits(rest.strip_prefix(':')?, 1, 2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut printed = format!("{hour:02}:{minute:02}:{second:02}");
    let Some(after) = rest.strip_prefix(['.', ',']) else { return Some((printed, rest)) };
    let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    let all = after.strip_suffix(rest)?;
    // A point without digits is not a fraction, and nothing else may follow the seconds but a zone.
    if all.is_empty() {
        return None;
    }
    let kept = all.get(..all.len().min(9))?.trim_end_matches('0');
    if !kept.is_empty() {
        printed.push('.');
        printed.push_str(kept);
    }
    Some((printed, rest))
}

/// A zone as Go prints it: the offset, and again the offset where it has no name.
fn zone(text: &str) -> Option<String> {
    if text == "Z" {
        return Some("+0000 UTC".to_owned());
    }
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => ('+', rest),
        None => ('-', text.strip_prefix('-')?),
    };
    let (hours, rest) = digits(rest, 2, 2)?;
    let (minutes, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
    if hours > 24 || minutes > 60 || !rest.is_empty() {
        return None;
    }
    let total = hours * 60 + minutes;
    if total == 0 {
        return Some("+0000 UTC".to_owned());
    }
    let offset = format!("{sign}{:02}{:02}", total / 60, total % 60);
    Some(format!("{offset} {offset}"))
}

/// A number of so many digits, greedily, and what follows it.
fn digits(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    Some((text.get(..count)?.parse().ok()?, text.get(count..)?))
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    fn check(text: &str, expected: &str) {
        assert_eq!(timestamp(text).as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn dates_and_times_print_as_go_prints_them() {
        check("2001-01-02", "2001-01-02 00:00:00 +0000 UTC");
        check("2001-1-2", "2001-01-02 00:00:00 +0000 UTC");
        check("2001-01-02 3:4:5", "2001-01-02 03:04:05 +0000 UTC");
        check("2001-01-02T03:04:05Z", "2001-01-02 03:04:05 +0000 UTC");
        check("2001-01-02t03:04:05.120Z", "2001-01-02 03:04:05.12 +0000 UTC");
        check("2001-12-14T21:59:43.10-05:00", "2001-12-14 21:59:43.1 -0500 -0500");
        check("2001-12-14T21:59:43+00:00", "2001-12-14 21:59:43 +0000 UTC");
        check("2000-02-29", "2000-02-29 00:00:00 +0000 UTC");
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "2001-13-01",
            "2001-02-29",
            "2001-01-00",
            "201-01-01",
            "20011-01-01",
            "2001-01",
            "2001-01-02T03:04",
            "22:22",
            "2001-01-02T03:04:05",
            "2001-01-02 03:04:05Z",
            "2001-01-02 24:00:00",
            "2001-01-02x",
            "2001-01-02T03:04:05.Z",
            "",
        ] {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }
}
