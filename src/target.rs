//! The Kubernetes version that manifests are written for, and which young fields it may be given.
//!
//! A server drops a field whose feature is off without a word, even under strict validation, so a field is used only from the
//! version where it is on by default (Kubernetes documentation, "Feature Gates"; the enhancement proposals where that page is silent).

/// A minor version of Kubernetes: `1.MINOR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    minor: u32,
}

/// A field that not every version has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// `volumes[].image`
    ImageVolumes,
    /// `lifecycle.stopSignal`
    StopSignal,
}

impl Feature {
    /// The first minor version that has it on by default.
    pub fn since(self) -> u32 {
        match self {
            Feature::ImageVolumes => 35,
            // Beta is planned for that version (KEP-4960); until then the gate is off.
            Feature::StopSignal => 38,
        }
    }
}

impl Target {
    /// The oldest minor version that the manifests are right for: sidecars that start before the main container are stable there.
    pub const OLDEST: u32 = 33;

    /// Whether manifests may use a field.
    pub fn has(self, feature: Feature) -> bool {
        self.minor >= feature.since()
    }

    /// Reads `1.34`, `v1.34` or `1.34.2`.
    ///
    /// # Errors
    /// What is no version, and what is older than [`Self::OLDEST`]; as text for people.
    ///
    /// ```
    /// use transship::target::Target;
    ///
    /// assert_eq!(Target::parse("v1.35.1").unwrap().to_string(), "1.35");
    /// assert!(Target::parse("1.20").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Target, String> {
        let minor = text
            .strip_prefix('v')
            .unwrap_or(text)
            .strip_prefix("1.")
            .and_then(|rest| rest.split('.').next())
            .and_then(|minor| minor.parse().ok())
            .ok_or_else(|| format!("`{text}` is no version of Kubernetes; write 1.34"))?;
        if minor < Self::OLDEST {
            return Err(format!(
                "1.{minor} is too old: the oldest that manifests are written for is 1.{}",
                Self::OLDEST
            ));
        }
        Ok(Target { minor })
    }
}

impl Default for Target {
    /// 1.34, which clusters of a slow channel run.
    fn default() -> Self {
        Target { minor: 34 }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "1.{}", self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_as_people_write_them() {
        for text in ["1.34", "v1.34", "1.34.2", "v1.34.0+k3s1"] {
            assert_eq!(Target::parse(text), Ok(Target::default()), "{text}");
        }
        for text in ["", "1", "34", "2.1", "1.x", "1.", "1.-3"] {
            assert!(Target::parse(text).is_err(), "{text}");
        }
        assert!(Target::parse("1.20").unwrap_err().contains("1.33"));
    }

    #[test]
    fn features_come_with_their_version() {
        assert!(!Target::parse("1.34").unwrap().has(Feature::ImageVolumes));
        assert!(Target::parse("1.35").unwrap().has(Feature::ImageVolumes));
        assert!(!Target::parse("1.37").unwrap().has(Feature::StopSignal));
    }
}
