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
