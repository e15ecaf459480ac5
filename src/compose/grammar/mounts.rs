//! Short volumes and tmpfs, and the paths in them (compose loading, sections 15 and 16.5).
//!
//! `[SOURCE:]TARGET[:OPTIONS]`. A colon after a single letter belongs to a Windows drive, also where the letter was meant as the
//! name of a volume: `v:/data` is an anonymous volume at `v:/data`.

/// What a short volume mounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortKind {
    /// A path of the host.
    Bind,
    /// A named volume.
    Volume,
    /// A volume without a name.
    Anonymous,
}

/// A volume in short form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortMount {
    /// What is mounted.
    pub kind: ShortKind,
    /// The host's path, as written, or the volume's name; none for an anonymous volume.
    pub source: Option<String>,
    /// The path in the container, cleaned; may be relative.
    pub target: String,
    /// `ro`.
    pub read_only: bool,
    /// `nocopy`.
    pub nocopy: bool,
    /// Propagation modes, `z` and `Z`, in order; the last of each counts.
    pub options: Vec<String>,
    /// Options that the reference ignores without a word.
    pub ignored: Vec<String>,
}

/// Reads a volume in short form.
///
/// # Errors
///
/// An empty text, an empty section, more than three sections, and a `${` without closing brace.
pub fn parse_short(text: &str) -> Result<ShortMount, String> {
    if text.is_empty() {
        return Err("the volume is empty".to_owned());
    }
    let mut sections = if text.len() <= 2 { vec![text.to_owned()] } else { sections(text)? }.into_iter();
    let (source, target, options) = match (sections.next(), sections.next(), sections.next(), sections.next()) {
        (Some(target), None, _, _) => (None, target, None),
        (Some(source), Some(target), options, None) => (Some(source), target, options),
        (_, _, _, Some(_)) => {
            return Err(format!("the volume {text:?} has too many colons: write SOURCE:TARGET:OPTIONS"));
        }
        (None, _, _, _) => return Err(format!("the volume {text:?} has no target")),
    };
    let kind = match &source {
        None => ShortKind::Anonymous,
        Some(source) if is_file_path(source) => ShortKind::Bind,
        Some(_) => ShortKind::Volume,
    };
    let target = clean(&target);
    let mut mount =
        ShortMount { kind, source, target, read_only: false, nocopy: false, options: Vec::new(), ignored: Vec::new() };
    for option in options.iter().flat_map(|options| options.split(',')) {
        match option {
            "ro" => mount.read_only = true,
            "rw" => mount.read_only = false,
            "nocopy" => mount.nocopy = true,
            "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" | "z" | "Z" => {
                mount.options.push(option.to_owned());
            }
            _ => mount.ignored.push(option.to_owned()),
        }
    }
    Ok(mount)
}

/// The sections between colons, where a colon of a drive or inside `${...}` is text. An unclosed `${` is refused;
/// the reference loses the section that it stands in.
fn sections(text: &str) -> Result<Vec<String>, String> {
    let mut sections = Vec::new();
    let mut section = String::new();
    let mut substitutions = 0_usize;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let drive = is_letter(&section);
        if c == ':' && !drive && substitutions == 0 {
            sections.push(std::mem::take(&mut section));
            continue;
        }
        if c == '$' && chars.peek() == Some(&'{') {
            substitutions += 1;
        } else if c == '}' {
            substitutions = substitutions.saturating_sub(1);
        }
        section.push(c);
    }
    if substitutions > 0 {
        return Err(format!("the volume {text:?} has a ${{ without closing brace"));
    }
    sections.push(section);
    if sections.iter().any(String::is_empty) {
        return Err(format!("the volume {text:?} has an empty section between colons"));
    }
    Ok(sections)
}

/// Whether a text is one letter, that is, may be a drive.
pub(crate) fn is_letter(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
}

/// Whether the source of a short volume is a path and not a name.
pub(crate) fn is_file_path(source: &str) -> bool {
    let drive = source.split_once(':').is_some_and(|(before, _)| is_letter(before));
    source.starts_with(['.', '/', '~']) || source.starts_with("\\\\") || drive
}

/// Cleans a path like Go's `path.Clean`: no empty or `.` elements, `..` resolved as far as it can be, `.` for nothing.
#[must_use]
pub fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut elements: Vec<&str> = Vec::new();
    for element in path.split('/') {
        match element {
            "" | "." => {}
            ".." if elements.last().is_some_and(|last| *last != "..") => {
                elements.pop();
            }
            ".." if rooted => {}
            _ => elements.push(element),
        }
    }
    let joined = elements.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// A path as seen from a base directory, cleaned. An absolute path wins; one of Windows stays as it is written.
#[must_use]
pub fn join(base: &str, path: &str) -> String {
    if path.starts_with('/') {
        clean(path)
    } else if is_windows_absolute(path) {
        path.to_owned()
    } else if path.is_empty() {
        clean(base)
    } else if base.is_empty() {
        clean(path)
    } else {
        clean(&format!("{base}/{path}"))
    }
}

/// Whether a path is a folder or lies in it. Of two relative paths the one that goes up further holds what goes up less.
pub(crate) fn is_within(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    let parts_up = |path: &str| path.split('/').take_while(|part| *part == "..").count();
    let up = parts_up(folder);
    if up > 0 && up == folder.split('/').count() && !path.starts_with('/') && parts_up(path) != up {
        return parts_up(path) < up;
    }
    folder == "." && !path.starts_with('/') && path != ".." && !path.starts_with("../")
        || path == folder
        || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a path is absolute on POSIX or on Windows (`C:\x`, `C:/x`, `\\server\share`).
#[must_use]
pub fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || is_windows_absolute(path)
}

/// Whether a path is absolute on Windows.
#[must_use]
pub fn is_windows_absolute(path: &str) -> bool {
    let separator = |byte: Option<u8>| matches!(byte, Some(b'/' | b'\\'));
    let mut bytes = path.bytes();
    let (first, second, third) = (bytes.next(), bytes.next(), bytes.next());
    (separator(first) && separator(second)) || (second == Some(b':') && separator(third))
}

/// Reads a tmpfs: `PATH[:OPTION[=VALUE],...]`. The path is cleaned.
///
/// # Errors
///
/// No path.
#[expect(clippy::type_complexity, reason = "a path and its options are what the one caller takes apart")]
pub fn parse_tmpfs(text: &str) -> Result<(String, Vec<(String, Option<String>)>), String> {
    let (path, options) = text.split_once(':').unwrap_or((text, ""));
    if path.is_empty() {
        return Err(format!("the tmpfs {text:?} has no path"));
    }
    let option = |option: &str| match option.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (option.to_owned(), None),
    };
    Ok((clean(path), options.split(',').filter(|text| !text.is_empty()).map(option).collect()))
}

#[cfg(test)]
mod tests {
    use super::{ShortKind, clean, is_absolute, is_within, join, parse_short, parse_tmpfs};
    use crate::compose::grammar::random_texts;

    #[test]
    fn short_forms() {
        use ShortKind::{Anonymous, Bind, Volume};
        let cases = [
            ("/", Anonymous, None, "/"),
            ("v:", Anonymous, None, "v:"),
            ("/data/", Anonymous, None, "/data"),
            ("v:/data", Anonymous, None, "v:/data"),
            ("v:/data:ro", Bind, Some("v:/data"), "ro"),
            ("vol:/x/../y", Volume, Some("vol"), "/y"),
            ("x/y:/z", Volume, Some("x/y"), "/z"),
            ("vol:/x,ro", Volume, Some("vol"), "/x,ro"),
            ("$HOME:/x", Volume, Some("$HOME"), "/x"),
            ("./a:/b", Bind, Some("./a"), "/b"),
            ("~/a:/b", Bind, Some("~/a"), "/b"),
            (r"\\srv\s:/b", Bind, Some(r"\\srv\s"), "/b"),
            (r"C:\a:/b", Bind, Some(r"C:\a"), "/b"),
            (r"C:\a:D:\b:ro", Bind, Some(r"C:\a"), r"D:\b"),
            ("vol:rel", Volume, Some("vol"), "rel"),
            ("${A:-b}:/x", Volume, Some("${A:-b}"), "/x"),
        ];
        for (text, kind, source, target) in cases {
            let mount = parse_short(text).unwrap();
            assert_eq!((mount.kind, mount.source.as_deref(), mount.target.as_str()), (kind, source, target), "{text}");
        }
        for text in ["", "vol:/x::", "::x", "vol:/x:ro:more", "vol:", ":/x", "${abc"] {
            assert!(parse_short(text).is_err(), "{text}");
        }
    }

    #[test]
    fn options() {
        let mount = parse_short("vol:/x:ro,nocopy,rslave,Z,cached,RO").unwrap();
        assert!(mount.read_only && mount.nocopy);
        assert_eq!(mount.options, ["rslave", "Z"]);
        assert_eq!(mount.ignored, ["cached", "RO"]);
        assert!(!parse_short("vol:/x:ro,rw").unwrap().read_only);
        assert_eq!(parse_short("/a:/b:/c").unwrap().ignored, ["/c"]);
    }

    #[test]
    fn paths() {
        let cases = [
            ("", "."),
            ("/", "/"),
            ("//a//b/", "/a/b"),
            ("a/./b/..", "a"),
            ("a/..", "."),
            ("../../a/../b", "../../b"),
            ("/../a", "/a"),
            ("./", "."),
        ];
        for (path, expected) in cases {
            assert_eq!(clean(path), expected, "{path}");
        }
        assert_eq!(join("/p", "./a/../b"), "/p/b");
        assert_eq!(join("/p", ""), "/p");
        assert_eq!(join("/p", "../q"), "/q");
        assert_eq!(join("/p", "/a/"), "/a");
        assert_eq!(join("/p", r"C:\a"), r"C:\a");
        assert_eq!(join("", "a"), "a");
        for path in ["/a", r"C:\a", "c:/a", r"\\s\a", "//s/a"] {
            assert!(is_absolute(path), "{path}");
        }
        for path in ["", "a", "c:", "c:a", r"\a", "~/a"] {
            assert!(!is_absolute(path), "{path}");
        }
    }

    #[test]
    fn tmpfs() {
        let options = vec![("size".to_owned(), Some("64m".to_owned())), ("noexec".to_owned(), None)];
        assert_eq!(parse_tmpfs("/run:size=64m,noexec"), Ok(("/run".to_owned(), options)));
        assert_eq!(parse_tmpfs("/run"), Ok(("/run".to_owned(), Vec::new())));
        assert!(parse_tmpfs(":size=1").is_err());
    }

    #[test]
    fn never_panics() {
        let pieces = ["a", "/", ":", "..", "$", "{", "}", "é", "\\", "C:", "ro", ",", "=", "~"];
        for text in random_texts(&pieces, 20_000) {
            let _ = parse_short(&text);
            let _ = parse_tmpfs(&text);
            assert_eq!(clean(&clean(&text)), clean(&text));
            let _ = join(&text, &text);
        }
    }

    #[test]
    fn what_lies_in_the_project_is_known_by_its_path() {
        assert!(is_within("/a/b", "/a") && is_within("/a", "/a") && !is_within("/ab", "/a"));
        assert!(is_within("conf/x", ".") && is_within(".env", ".") && !is_within("../x", ".") && !is_within("..", "."));
        assert!(is_within(".", "..") && is_within("a", "..") && is_within("../a", "../..") && is_within("../a", ".."));
        assert!(!is_within("/a", "..") && !is_within("../..", "..") && !is_within(".", "../a"));
    }
}
