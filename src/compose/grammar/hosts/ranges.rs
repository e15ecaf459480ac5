//! Ranges of hosts as MinIO writes them: `http://minio{1...4}:9000` stands for minio1 to minio4 (MinIO, "ellipses").

/// More names than this are taken for no range.
const MOST: u32 = 256;

/// A range of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range<'a> {
    before: &'a str,
    first: u32,
    last: u32,
    /// How many digits each number has at least.
    width: usize,
    /// `{1...4}`.
    written: &'a str,
    behind: &'a str,
}

/// The length of a range at the beginning of a text, braces included.
pub(super) fn length(text: &str) -> Option<usize> {
    let (inside, _) = text.strip_prefix('{')?.split_once('}')?;
    let (first, last) = inside.split_once("...")?;
    let is_number = |text: &str| (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(first) && is_number(last)).then_some(inside.len() + 2)
}

/// Reads a host with one range in it.
pub fn range(host: &str) -> Option<Range<'_>> {
    let at = host.find('{')?;
    let written = host.get(at..at + length(host.get(at..)?)?)?;
    let (first, last) = written.trim_matches(['{', '}']).split_once("...")?;
    let width = if first.len() > 1 && first.starts_with('0') { first.len() } else { 1 };
    let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
    let behind = host.get(at + written.len()..)?;
    let is_short = last.checked_sub(first).is_some_and(|more| more < MOST) && !behind.contains('{');
    is_short.then_some(Range { before: host.get(..at)?, first, last, width, written, behind })
}

impl Range<'_> {
    fn numbers(&self) -> impl Iterator<Item = String> {
        (self.first..=self.last).map(|number| format!("{number:0width$}", width = self.width))
    }

    /// Every name in it.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.numbers().map(|number| format!("{}{number}{}", self.before, self.behind))
    }

    /// A range of the names that are written in place of its own, in their order, as far as they are known; `None` where these
    /// make none.
    pub fn instead(&self, names: &[Option<String>]) -> Option<String> {
        let mut all = self.numbers().zip(names).filter_map(|(number, name)| Some((number, name.as_ref()?)));
        let (number, name) = all.next()?;
        let at = name.rfind(&number)?;
        let (before, behind) = (name.get(..at)?, name.get(at + number.len()..)?);
        let fits = all.all(|(number, name)| *name == format!("{before}{number}{behind}"));
        fits.then(|| format!("{before}{}{behind}", self.written))
    }
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn a_range_is_its_names() {
        let names = |host| range(host).map(|range| range.names().collect::<Vec<_>>().join(" "));
        assert_eq!(names("minio{1...3}").as_deref(), Some("minio1 minio2 minio3"));
        assert_eq!(names("m_{09...10}.x").as_deref(), Some("m_09.x m_10.x"));
        for none in ["minio", "minio{1..3}", "a{3...1}", "a{x...y}", "a{1...999999}", "a{1...2}{1...2}", "{"] {
            assert_eq!(names(none), None, "{none}");
        }
    }

    #[test]
    fn names_that_are_rewritten_alike_are_a_range_again() {
        let range = range("my_x{1...2}").unwrap();
        let names = |one: &str, two: Option<&str>| range.instead(&[Some(one.to_owned()), two.map(str::to_owned)]);
        assert_eq!(names("my-x1", Some("my-x2")).as_deref(), Some("my-x{1...2}"));
        assert_eq!(names("my-x1", None).as_deref(), Some("my-x{1...2}"));
        assert_eq!(names("my-x1", Some("other")), None);
    }
}
