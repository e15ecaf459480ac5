//! Schedules of schedulers for Docker (robfig/cron, which swarm-cronjob, ofelia and chadburn use): five fields, six with seconds
//! first, `@daily` and `@every 1h`, all with a time zone before them. Kubernetes reads the five fields alone.

use super::duration;

const SECOND: i64 = 1_000_000_000;

/// A schedule as Kubernetes reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Minute, hour, day of the month, month, day of the week.
    pub fields: String,
    /// The time zone that stands in it.
    pub zone: Option<String>,
    /// How it differs from what is written.
    pub differs: Option<String>,
}

/// Reads a schedule.
///
/// # Errors
///
/// What is no schedule, and what no five fields can say.
pub fn parse(text: &str) -> Result<Schedule, String> {
    let mut rest = text.trim();
    let mut zone = None;
    for prefix in ["CRON_TZ=", "TZ="] {
        if let Some(after) = rest.strip_prefix(prefix) {
            let (name, fields) = after.split_once(char::is_whitespace).unwrap_or((after, ""));
            zone = Some(name.to_owned());
            rest = fields.trim();
        }
    }
    let (fields, differs) = match rest.strip_prefix('@') {
        Some(word) => descriptor(word)?,
        None => fields(rest)?,
    };
    Ok(Schedule { fields, zone, differs })
}

fn descriptor(word: &str) -> Result<(String, Option<String>), String> {
    let fields = match word {
        "yearly" | "annually" => "0 0 1 1 *",
        "monthly" => "0 0 1 * *",
        "weekly" => "0 0 * * 0",
        "daily" | "midnight" => "0 0 * * *",
        "hourly" => "0 * * * *",
        _ => {
            let every = word.strip_prefix("every ").ok_or_else(|| format!("`@{word}` is no schedule"))?;
            return interval(every.trim());
        }
    };
    Ok((fields.to_owned(), None))
}

/// An interval that divides an hour or a day is said by fields; another one of minutes or hours begins anew each hour or day.
fn interval(text: &str) -> Result<(String, Option<String>), String> {
    let seconds = duration::parse(text).map_err(|_| format!("`{text}` is no time"))? / SECOND;
    if seconds <= 0 {
        return Err(format!("`{text}` is no time"));
    }
    if seconds < 60 {
        return Ok(("* * * * *".to_owned(), Some("once a minute".to_owned())));
    }
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    if seconds % 60 == 0 && minutes < 60 {
        let differs = (60 % minutes != 0).then(|| format!("every {minutes} minutes from the full hour on"));
        let field = if minutes == 1 { "*".to_owned() } else { format!("*/{minutes}") };
        return Ok((format!("{field} * * * *"), differs));
    }
    if seconds % 3600 == 0 && hours < 24 {
        let differs = (24 % hours != 0).then(|| format!("every {hours} hours from midnight on"));
        let field = if hours == 1 { "*".to_owned() } else { format!("*/{hours}") };
        return Ok((format!("0 {field} * * *"), differs));
    }
    if hours == 24 && seconds % 3600 == 0 {
        return Ok(("0 0 * * *".to_owned(), None));
    }
    Err(format!("no five fields say `@every {text}`"))
}

/// The ranges of the five fields, by their names.
const RANGES: [(&str, u32, u32); 5] =
    [("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 7)];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

fn fields(text: &str) -> Result<(String, Option<String>), String> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let mut differs = None;
    if words.len() == 6 {
        let seconds = words.remove(0);
        check("second", seconds, 0, 59)?;
        if seconds.parse::<u32>().is_ok() {
            differs = (!seconds.trim_start_matches('0').is_empty()).then(|| "at the full minute".to_owned());
        } else {
            differs = Some("once a minute".to_owned());
        }
    }
    if words.len() != 5 {
        return Err(format!("`{text}` has {} fields, not 5 or 6", words.len()));
    }
    for (word, (name, low, high)) in words.iter().zip(RANGES) {
        check(name, word, low, high)?;
    }
    // Kubernetes knows no 7.
    let mut fields: Vec<String> = words.iter().map(|word| word.replace('?', "*")).collect();
    if let Some(days) = fields.last_mut().filter(|days| days.as_str() == "7") {
        *days = "0".to_owned();
    }
    Ok((fields.join(" "), differs))
}

/// A list of ranges with steps.
fn check(name: &str, field: &str, low: u32, high: u32) -> Result<(), String> {
    let number = |text: &str| -> Option<u32> {
        let lower = text.to_ascii_lowercase();
        let named = match name {
            "month" => MONTHS.iter().position(|month| *month == lower).map(|at| at + 1),
            "day of the week" => DAYS.iter().position(|day| *day == lower),
            _ => None,
        };
        let number = named.and_then(|at| u32::try_from(at).ok()).or_else(|| lower.parse().ok())?;
        (low..=high).contains(&number).then_some(number)
    };
    for item in field.split(',') {
        let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
        let good_step = step.is_none_or(|step| step.parse::<u32>().is_ok_and(|step| step > 0));
        let good_range = match range.split_once('-') {
            _ if range == "*" || range == "?" => true,
            Some((from, to)) => number(from).zip(number(to)).is_some_and(|(from, to)| from <= to),
            None => number(range).is_some(),
        };
        if !good_step || !good_range {
            return Err(format!("`{item}` is no {name}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::compose::grammar::random_texts;

    #[test]
    fn schedules() {
        for (text, fields, differs) in [
            ("*/5 * * * *", "*/5 * * * *", None),
            ("0 30 3 * * *", "30 3 * * *", None),
            ("15 30 3 * * *", "30 3 * * *", Some("at the full minute")),
            ("*/10 * * * * *", "* * * * *", Some("once a minute")),
            ("0 0 ? * MON-FRI", "0 0 * * MON-FRI", None),
            ("@daily", "0 0 * * *", None),
            ("@every 1h", "0 * * * *", None),
            ("@every 15m", "*/15 * * * *", None),
            ("@every 6h", "0 */6 * * *", None),
            ("@every 24h", "0 0 * * *", None),
            ("@every 10s", "* * * * *", Some("once a minute")),
            ("@every 7m", "*/7 * * * *", Some("every 7 minutes from the full hour on")),
        ] {
            let read = parse(text).unwrap();
            assert_eq!((read.fields.as_str(), read.differs.as_deref()), (fields, differs), "{text}");
        }
        assert_eq!(parse("CRON_TZ=Europe/Paris 0 3 * * *").unwrap().zone.as_deref(), Some("Europe/Paris"));
    }

    #[test]
    fn refusals() {
        for text in [
            "",
            "* * * *",
            "60 * * * *",
            "a b c d e",
            "@every 90m",
            "@every x",
            "@sometimes",
            "*/0 * * * *",
            "5-1 * * * *",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn never_panics() {
        for text in
            random_texts(&["*", "/", "5", "-", ",", " ", "@every ", "h", "TZ=", "?", "é", "99999999999"], 20_000)
        {
            let _ = parse(&text);
        }
    }
}
