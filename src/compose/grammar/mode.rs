//! File modes written as text (`mode: "0440"`): always octal, with or without leading zeros. `0o440` and `288` are refused, as
//! by the reference (compose loading, section 16.6).

/// Reads an octal file mode.
///
/// # Errors
///
/// Anything but octal digits that fit 32 bits.
pub fn parse(text: &str) -> Result<u32, String> {
    let refuse = || format!("{text:?} is not a file mode: write octal digits, like \"0440\"");
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse());
    }
    u32::from_str_radix(text, 8).map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn octal_only() {
        assert_eq!(parse("440"), Ok(0o440));
        assert_eq!(parse("0440"), Ok(0o440));
        for text in ["", "0o440", "288", "+440", "-1", "4 0", "77777777777777"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
