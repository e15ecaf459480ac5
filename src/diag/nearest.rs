//! The name that was probably meant, for messages about names that do not exist.

/// The nearest of the known names, of which at most one letter and a quarter may be wrong; capitals are no difference.
///
/// The first in the alphabet of those that are equally near.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_ascii_lowercase();
    known
        .into_iter()
        .map(|other| (strsim::damerau_levenshtein(&other.to_ascii_lowercase(), &wanted), other))
        .filter(|(distance, _)| *distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, near)| near)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_letter_and_a_quarter_may_be_wrong() {
        assert_eq!(nearest("prots", ["image", "ports"]), Some("ports"));
        assert_eq!(nearest("Image", ["image", "ports"]), Some("image"));
        assert_eq!(nearest("volume", ["image", "ports"]), None);
        assert_eq!(nearest("ab", ["ac", "aa"]), Some("aa"));
    }
}
