//! Every fixture under `testdata/`, compiled as the command line does it: its snapshot holds what `transship convert` prints.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads fixtures and fails loudly")]

mod fixture;

use std::ffi::OsString;
use std::path::Path;

use transship::cli;
use transship::world::{MemoryOutput, OsWorld};

fn snapshot(path: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let relative = path.strip_prefix(root.join("testdata")).unwrap().to_path_buf();
    let file = format!("testdata/{}", relative.display());
    let mut output = MemoryOutput::default();
    let arguments = fixture::arguments(Path::new(&file)).into_iter().chain([OsString::from("-v")]);
    let code = cli::run(std::iter::once(OsString::from("transship")).chain(arguments), &OsWorld, &mut output);
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
