//! Sizes, cores and durations of both sides as numbers.

/// Bytes of a Kubernetes quantity.
pub(crate) fn bytes(text: &str) -> Option<u128> {
    let units = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("Ti", 1_u128 << 40),
        ("Pi", 1_u128 << 50),
        ("k", 1000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
    ];
    let unit = units.into_iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let (number, factor) = unit.unwrap_or((text, 1));
    number.parse::<u128>().ok().map(|number| number * factor)
}

/// Bytes as Docker writes them: every unit is binary.
pub(crate) fn docker_bytes(text: &str) -> Option<u128> {
    let lower = text.trim().to_ascii_lowercase();
    let lower = lower.strip_suffix("ib").or(lower.strip_suffix('b')).unwrap_or(&lower);
    let units = [("k", 10), ("m", 20), ("g", 30), ("t", 40), ("p", 50)];
    let unit = units.into_iter().find_map(|(unit, shift)| Some((lower.strip_suffix(unit)?, shift)));
    let (number, shift) = unit.unwrap_or((lower, 0));
    let number: f64 = number.trim().parse().ok()?;
    // Docker computes in floating point too, and cuts.
    let exact = number * f64::from(2).powi(shift);
    format!("{:.0}", exact.trunc()).parse().ok()
}

/// Thousandths of a core.
pub(crate) fn milli_cores(text: &str) -> Option<u64> {
    let milli = match text.strip_suffix('m') {
        Some(milli) => milli.parse::<f64>().ok()?,
        None => text.parse::<f64>().ok()? * 1000.0,
    };
    format!("{:.0}", milli.ceil()).parse().ok()
}

/// Seconds of a duration as Docker writes it, `1m30s`.
pub(crate) fn seconds(text: &str) -> Option<f64> {
    let (mut total, mut number, mut unit) = (0.0, String::new(), String::new());
    let factor = |unit: &str| match unit {
        "h" => Some(3600.0),
        "m" => Some(60.0),
        "s" => Some(1.0),
        "ms" => Some(1e-3),
        "us" | "µs" | "μs" => Some(1e-6),
        "ns" => Some(1e-9),
        "d" => Some(86400.0),
        "w" => Some(604_800.0),
        _ => None,
    };
    for character in text.chars() {
        if character.is_ascii_digit() || character == '.' {
            if !unit.is_empty() {
                total += number.parse::<f64>().ok()? * factor(&unit)?;
                (number, unit) = (String::new(), String::new());
            }
            number.push(character);
        } else {
            unit.push(character);
        }
    }
    match (number.as_str(), unit.as_str()) {
        ("0", "") => Some(total),
        _ => Some(total + number.parse::<f64>().ok()? * factor(&unit)?),
    }
}
