//! Every fixture under `testdata/`, compiled as the command line does it: its snapshot holds what `transship convert` prints. A first
//! line `# transship: --flag value` adds arguments.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads fixtures and fails loudly")]

use std::ffi::OsString;
use std::path::Path;

use transship::cli;
use transship::world::{MemoryOutput, OsWorld};

fn snapshot(path: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let relative = path.strip_prefix(root.join("testdata")).unwrap().to_path_buf();
    let file = format!("testdata/{}", relative.display());
    let mut output = MemoryOutput::default();
    let arguments = ["transship", "convert", "-v", "-f", &file].map(OsString::from);
    let code = cli::run(arguments.into_iter().chain(more_arguments(path, &file)), &OsWorld, &mut output);
    let is_named_by_folder =
        matches!(relative.file_stem().and_then(|stem| stem.to_str()), Some("compose" | "docker-stack"));
    let named = if is_named_by_folder { relative.parent().unwrap().to_path_buf() } else { relative.with_extension("") };
    let text = format!(
        "exit code {code}\n\n{}\n{}",
        String::from_utf8(output.stderr).unwrap(),
        String::from_utf8(output.stdout).unwrap()
    );
    insta::with_settings!({ snapshot_path => root.join("snapshots").join(named.parent().unwrap()), prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(named.file_name().unwrap().to_str().unwrap(), text);
    });
}

/// What the first line of a fixture adds to the command line: `# transship: --separate -f ./web/compose.yaml`. A path that begins with
/// `./` is one in the fixture's folder.
fn more_arguments(path: &Path, file: &str) -> Vec<OsString> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let words = text.lines().next().and_then(|line| line.strip_prefix("# transship: ")).unwrap_or_default();
    let folder = file.rsplit_once('/').map(|(folder, _)| folder).unwrap_or_default();
    let word = |word: &str| word.strip_prefix("./").map_or_else(|| word.to_owned(), |rest| format!("{folder}/{rest}"));
    words.split_whitespace().map(|one| OsString::from(word(one))).collect()
}

#[test]
fn fixtures_print_what_their_snapshots_hold() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");
    let mut settled = 0;
    let mut folders = vec![std::path::PathBuf::from(root)];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        let main = entries
            .iter()
            .find(|path| {
                matches!(path.file_name().and_then(|name| name.to_str()), Some("compose.yaml" | "docker-stack.yml"))
            })
            .cloned();
        if let Some(main) = main {
            snapshot(&main);
            settled += 1;
            continue;
        }
        for path in entries {
            if path.ends_with("testdata/reference") {
                // Cases of the loader alone: tests/reference/ compares them.
                continue;
            } else if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                snapshot(&path);
                settled += 1;
            }
        }
    }
    assert!(settled > 0);
}
