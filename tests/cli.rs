//! The whole command line, run in process: exit codes, what goes where, and what is never written.

#![expect(clippy::disallowed_methods, reason = "it looks at what was written to the disk")]

use std::ffi::OsString;
use std::fs;
use std::io;

use serde_json::Value;
use transship::cli::run;
use transship::world::{MemoryOutput, MemoryWorld, OsOutput, Output, OutputFile};

/// A good file. The unset variable is a warning (T0014), the `version` a note (T0107), the password a warning (T0501).
const GOOD: &str = "version: '3'\nservices:\n  web:\n    image: nginx:${TAG}\n    ports: ['8080:80']\n";
const SECRET: &str = "services:\n  db:\n    image: postgres:17\n    environment:\n      POSTGRES_PASSWORD: hunter2\n    expose: ['5432']\n";
const QUIET: &str = "services:\n  web:\n    image: nginx:1.27\n    ports: ['8080:80']\n";
const BAD: &str = "services:\n  web:\n    image: nginx:1.27\n    imagee: nginx\n";

fn world(text: &str) -> MemoryWorld {
    let mut world = MemoryWorld { current_folder: "/guestbook".to_owned(), ..MemoryWorld::default() };
    world.files.insert("/guestbook/compose.yaml".to_owned(), text.into());
    world
}

fn call(world: &MemoryWorld, output: &mut dyn Output, arguments: &[&str]) -> u8 {
    run(["transship"].iter().chain(arguments).map(OsString::from), world, output)
}

struct Ran {
    code: u8,
    stdout: String,
    stderr: String,
    written: Vec<(String, Vec<OutputFile>)>,
}

fn ran_in(world: &MemoryWorld, terminal: bool, arguments: &[&str]) -> Ran {
    let mut output = MemoryOutput { terminal, ..MemoryOutput::default() };
    let code = call(world, &mut output, arguments);
    Ran {
        code,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        written: output.written,
    }
}

fn ran(text: &str, arguments: &[&str]) -> Ran {
    ran_in(&world(text), false, arguments)
}

/// Writes to the disk, and keeps what is said.
#[derive(Default)]
struct OnDisk(MemoryOutput);

impl Output for OnDisk {
    fn stdout(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.stdout(bytes)
    }
    fn stderr(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.stderr(bytes)
    }
    fn stderr_is_terminal(&self) -> bool {
        false
    }
    fn write_files(&mut self, folder_or_file: &str, files: &[OutputFile]) -> Result<(), String> {
        OsOutput.write_files(folder_or_file, files)
    }
}

/// Its standard output and files cannot be written.
#[derive(Default)]
struct Full(MemoryOutput);

impl Output for Full {
    fn stdout(&mut self, _: &[u8]) -> io::Result<()> {
        Err(io::Error::other("the disk is full"))
    }
    fn stderr(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.stderr(bytes)
    }
    fn stderr_is_terminal(&self) -> bool {
        false
    }
    fn write_files(&mut self, _: &str, _: &[OutputFile]) -> Result<(), String> {
        Err("The disk is full.".to_owned())
    }
}

#[test]
fn a_good_file_gives_manifests_and_silence() {
    let ran = ran(QUIET, &["convert"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains("kind: Deployment"), "{}", ran.stdout);
    assert!(ran.written.is_empty());
}

#[test]
fn json_is_one_list() {
    let ran = ran(QUIET, &["convert", "--format", "json"]);
    let list: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(list["kind"], "List");
}

#[test]
fn check_writes_no_manifests() {
    let good = ran(QUIET, &["check"]);
    assert_eq!((good.code, good.stdout.as_str(), good.stderr.as_str()), (0, "", ""));
    let bad = ran(BAD, &["check"]);
    assert_eq!((bad.code, bad.stdout.as_str()), (1, ""));
}

#[test]
fn errors_leave_nothing_behind() {
    for arguments in [&["convert"][..], &["convert", "-o", "out/"], &["convert", "-o", "out.yaml"]] {
        let ran = ran(BAD, arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert!(ran.written.is_empty());
        assert!(ran.stderr.contains("error[T0101]") && ran.stderr.contains("1 error"), "{}", ran.stderr);
    }
}

#[test]
fn a_file_that_is_not_there_is_an_error_of_the_input() {
    let ran = ran(QUIET, &["convert", "-f", "other.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.starts_with("error[T000") && ran.stderr.contains("other.yaml"), "{}", ran.stderr);
}

#[test]
fn standard_input_is_a_dash() {
    let world = MemoryWorld { stdin: QUIET.into(), current_folder: "/guestbook".to_owned(), ..MemoryWorld::default() };
    let ran = ran_in(&world, false, &["convert", "-f", "-", "-o", "-"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains("kind: Deployment"));
}

#[test]
fn one_file() {
    let ran = ran(SECRET, &["convert", "-o", "out.yaml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    let [(path, files)] = ran.written.as_slice() else { panic!("{:?}", ran.written) };
    assert_eq!((path.as_str(), files.len()), ("out.yaml", 1));
    assert!(files[0].private && files[0].text.contains("kind: Secret"));
    assert!(!self::ran(QUIET, &["convert", "-o", "out.yaml"]).written[0].1[0].private);
}

#[test]
fn a_folder_is_known_by_its_slash_or_by_being_there() {
    let mut there = world(SECRET);
    there.files.insert("/guestbook/out/old".to_owned(), Vec::new());
    for (world, path) in [(world(SECRET), "out/"), (there, "out")] {
        let ran = ran_in(&world, false, &["convert", "-o", path]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let (folder, files) = &ran.written[0];
        assert_eq!(folder, path);
        assert!(files.iter().any(|file| !file.private) && files.iter().any(|file| file.private));
        for file in files {
            assert_eq!(file.private, file.path.ends_with("-secret.yaml"), "{}", file.path);
            assert_eq!(file.private, file.text.contains("kind: Secret\n"), "{}", file.path);
        }
    }
}

/// Files of stacks, and what each is called.
#[test]
fn separate_stacks_have_folders_that_are_called_as_they_are() {
    let mut there = world(QUIET);
    // It would call all of them alike.
    there.environment.insert("COMPOSE_PROJECT_NAME".to_owned(), "one".to_owned());
    for path in ["data/db.stack.yml", "data/docker-compose.web.yml", "mail/docker-stack.yml", "shop/compose.yaml"] {
        there.files.insert(format!("/guestbook/{path}"), QUIET.into());
    }
    let names = |files: &[&str]| -> Vec<String> {
        let files: Vec<&str> = files.iter().flat_map(|file| ["-f", *file]).collect();
        let ran = ran_in(&there, false, &[&["convert", "--separate", "-o", "out/"], files.as_slice()].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let paths = ran.written[0].1.iter().map(|file| file.path.as_str());
        paths.filter_map(|path| path.strip_suffix("/web-deployment.yaml").map(str::to_owned)).collect()
    };
    // A project of docker compose is called after its folder, unless two files share it; a stack after its file, if that has a name.
    assert_eq!(names(&["shop/compose.yaml", "mail/docker-stack.yml"]), ["shop", "mail"]);
    assert_eq!(names(&["data/db.stack.yml", "data/docker-compose.web.yml"]), ["db", "web"]);
    assert_eq!(names(&["data/docker-compose.web.yml"]), ["data"]);
}

#[test]
fn separate_stacks_have_their_own_names() {
    for refused in [["-p", "name"], ["-n", "name"]] {
        let ran = ran(QUIET, &[&["convert", "--separate", "-f", "compose.yaml"][..], &refused].concat());
        assert_eq!(ran.code, 2, "{}", ran.stderr);
    }
    assert_eq!(ran(QUIET, &["check", "--separate"]).code, 2);
    assert_eq!(ran(QUIET, &["check", "--separate", "-f", "compose.yaml"]).code, 0);
}

#[test]
fn the_input_is_not_overwritten() {
    let ran = ran(QUIET, &["convert", "-f", "compose.yaml", "-o", "compose.yaml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.written.is_empty());
}

#[test]
fn a_folder_on_disk_is_written_and_a_foreign_one_refused() {
    let place = tempfile::tempdir().unwrap();
    let ours = format!("{}/out/", place.path().display());
    let mut output = OnDisk::default();
    for format in ["json", "yaml"] {
        assert_eq!(call(&world(QUIET), &mut output, &["convert", "-o", &ours, "--format", format]), 0);
        let names = fs::read_dir(&ours).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
        names.sort();
        assert!(names.contains(&format!("web-deployment.{format}")), "{names:?}");
        assert!(names.iter().all(|name| name.ends_with(format)), "{names:?}");
    }
    fs::write(format!("{ours}notes.txt"), "mine").unwrap();
    assert_eq!(call(&world(QUIET), &mut output, &["convert", "-o", &ours]), 2);
    let stderr = String::from_utf8(output.0.stderr).unwrap();
    assert!(stderr.starts_with("error: ") && stderr.contains("notes.txt"), "{stderr}");
    assert!(output.0.stdout.is_empty());
    assert_eq!(fs::read_to_string(format!("{ours}notes.txt")).unwrap(), "mine");
}

#[test]
fn a_folder_that_is_missing_is_named() {
    let place = tempfile::tempdir().unwrap();
    let missing = format!("{}/no", place.path().display());
    let mut output = OnDisk::default();
    assert_eq!(call(&world(QUIET), &mut output, &["convert", "-o", &format!("{missing}/out.yaml")]), 2);
    let expected = format!("error: cannot write {missing}/out.yaml: there is no folder {missing}\n");
    assert_eq!(String::from_utf8(output.0.stderr).unwrap(), expected);
}

#[test]
fn a_carriage_return_is_no_part_of_a_line() {
    let ran = ran(&BAD.replace('\n', "\r\n"), &["check"]);
    assert!(ran.stderr.contains("4 |     imagee: nginx\n"), "{}", ran.stderr);
}

#[test]
fn a_result_that_cannot_be_written_is_no_success() {
    let calls = [&["convert"][..], &["convert", "-o", "out.yaml"], &["explain", "T0101"], &["--version"]];
    for arguments in calls {
        let mut output = Full::default();
        assert_eq!(call(&world(QUIET), &mut output, arguments), 2, "{arguments:?}");
        assert!(String::from_utf8(output.0.stderr).unwrap().contains("disk is full"));
    }
    let mut output = Full::default();
    assert_eq!(call(&world(QUIET), &mut output, &["convert", "--message-format", "json"]), 2);
    let line: Value = serde_json::from_str(String::from_utf8_lossy(&output.0.stderr).lines().last().unwrap()).unwrap();
    assert_eq!((&line["severity"], &line["code"]), (&"error".into(), &Value::Null));
}

#[test]
fn json_messages_are_complete_lines() {
    for extra in [None, Some("-q"), Some("-v")] {
        let arguments: Vec<&str> = ["check", "--message-format", "json"].into_iter().chain(extra).collect();
        let ran = ran(GOOD, &arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
        let lines: Vec<Value> = ran.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let fields = [
            "code",
            "name",
            "severity",
            "message",
            "file",
            "line",
            "column",
            "end_line",
            "end_column",
            "key",
            "why",
            "help",
            "covers",
        ];
        for line in &lines {
            assert_eq!(line.as_object().unwrap().keys().collect::<Vec<_>>(), fields);
        }
        for code in ["T0014", "T0107"] {
            assert!(lines.iter().any(|line| line["code"] == code), "{code} in {}", ran.stderr);
        }
    }
}

#[test]
fn verbose_shows_notes_and_quiet_shows_errors() {
    let usual = ran(GOOD, &["check"]).stderr;
    assert!(usual.contains("warning[T0014]") && !usual.contains("T0107") && usual.contains("-v shows"), "{usual}");
    let verbose = ran(GOOD, &["check", "-v"]).stderr;
    assert!(verbose.contains("warning[T0014]") && verbose.contains("note[T0107]"), "{verbose}");
    assert!(!verbose.contains("not shown"));
    assert_eq!(ran(GOOD, &["check", "-q"]).stderr, "");
    let attached = format!("{QUIET}    attach: false\n");
    let used_up = "note[T0434]: `services.web.attach` has no field of its own";
    assert!(!ran(&attached, &["check", "-v"]).stderr.contains(used_up));
    assert!(ran(&attached, &["check", "-vv", "--deny", "T0107"]).stderr.contains(used_up));
    assert!(!ran(&attached, &["check", "-vv", "--allow", "T0434"]).stderr.contains(used_up));
    assert!(ran(BAD, &["check", "-q"]).stderr.contains("error[T0101]"));
    assert_eq!(ran(GOOD, &["check", "-q", "-v"]).code, 2);
}

#[test]
fn denied_is_an_error_and_writes_nothing() {
    for denied in ["warnings", "T0014", "variable-unset", "VARIABLE-UNSET", "notes", "t0107"] {
        let ran = ran(GOOD, &["convert", "-o", "out.yaml", "--deny", denied]);
        assert_eq!(ran.code, 1, "{denied}");
        assert!(ran.written.is_empty() && ran.stdout.is_empty());
        assert!(ran.stderr.contains("error[T0"), "{}", ran.stderr);
    }
    assert_eq!(ran(GOOD, &["convert", "--deny", "T0501"]).code, 0);
}

#[test]
fn allowed_is_silent_unless_it_is_an_error() {
    let allowed = ran(GOOD, &["check", "--allow", "T0014", "--deny", "T0014"]);
    assert_eq!(allowed.code, 0);
    assert!(!allowed.stderr.contains("T0014"), "{}", allowed.stderr);
    let error = ran(BAD, &["convert", "--allow", "unknown-key"]);
    assert_eq!((error.code, error.stdout.as_str()), (1, ""));
    assert!(error.stderr.contains("error[T0101]"));
}

#[test]
fn colour_is_for_terminals() {
    assert!(ran_in(&world(BAD), true, &["check"]).stderr.contains('\u{1b}'));
    assert!(ran_in(&world(BAD), true, &["nonsense"]).stderr.contains('\u{1b}'));
    assert!(!ran(BAD, &["check"]).stderr.contains('\u{1b}'));
    assert!(!ran(BAD, &["nonsense"]).stderr.contains('\u{1b}'));
    let mut plain = world(BAD);
    plain.environment.insert("NO_COLOR".to_owned(), "1".to_owned());
    assert!(!ran_in(&plain, true, &["check"]).stderr.contains('\u{1b}'));
}

#[test]
fn wrong_usage() {
    let calls = [
        &[][..],
        &["nonsense"],
        &["convert", "--nonsense"],
        &["convert", "--format", "toml"],
        &["convert", "-n", "Not_A_Label"],
        &["convert", "-n", ""],
        &["check", "-o", "out.yaml"],
        &["convert", "-o", ""],
        &["convert", "-f", ""],
        &["config", "--publish", "none"],
        &["check", "--allow", "T9999"],
        &["check", "--deny", "T9999"],
        &["check", "--dialect", "podman"],
        &["explain"],
        &["explain", "nothing"],
        &["completions", "nothing"],
    ];
    for arguments in calls {
        let ran = ran(QUIET, arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(!ran.stderr.is_empty(), "{arguments:?}");
    }
    assert!(ran(QUIET, &[]).stderr.contains("Usage: transship"));
    assert!(ran(QUIET, &["explain", "unknown-kye"]).stderr.contains("`unknown-key`"));
    assert!(ran(QUIET, &["check", "--deny", "warnigns"]).stderr.contains("`warnings`"));
    assert!(ran(QUIET, &["convert", "--volume-size", "10Zi"]).stderr.contains("a size is a number with Ki"));
}

#[test]
fn help_and_version_are_results() {
    for (arguments, words) in
        [(&["--help"][..], "convert"), (&["--version"], "transship "), (&["convert", "-h"], "--deny")]
    {
        let ran = ran(QUIET, arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.contains(words), "{}", ran.stdout);
    }
}

#[test]
fn explains_by_id_and_name() {
    let by_id = ran(QUIET, &["explain", "t0101"]);
    assert_eq!((by_id.code, by_id.stderr.as_str()), (0, ""));
    assert!(by_id.stdout.starts_with("T0101 unknown-key (error)\n\nNo such key"), "{}", by_id.stdout);
    assert_eq!(ran(QUIET, &["explain", "Unknown-Key"]).stdout, by_id.stdout);
}

#[test]
fn explains_keys_by_their_paths() {
    let key = ran(QUIET, &["explain", "services.web.healthcheck.interval"]);
    assert_eq!((key.code, key.stderr.as_str()), (0, ""));
    assert!(key.stdout.starts_with("services.*.healthcheck.interval\n\nTime between checks."), "{}", key.stdout);
    assert_eq!(ran(QUIET, &["explain", "healthcheck.interval"]).stdout, key.stdout);
    let of_list = ran(QUIET, &["explain", "services.web.ports[0].published"]).stdout;
    assert!(of_list.starts_with("services.*.ports[].published\n"), "{of_list}");
    let words = ran(QUIET, &["explain", "volumes.data.x-kubernetes.access_mode"]).stdout;
    assert!(words.contains("One of: ReadWriteOnce, ") && words.contains("Docker passes over it."), "{words}");
    let below = ran(QUIET, &["explain", "healthcheck"]).stdout;
    assert!(below.contains("\n  interval "), "{below}");
    let wrong = ran(QUIET, &["explain", "services.web.helthcheck"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""));
    assert!(wrong.stderr.contains("did you mean `healthcheck`?"), "{}", wrong.stderr);
}

#[test]
fn prints_the_schema_of_x_kubernetes() {
    let ran = ran(QUIET, &["schema"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout, include_str!("../docs/x-kubernetes.schema.json").replace("\r\n", "\n"));
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = ran(QUIET, &["completions", shell]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.contains("transship") && ran.stdout.contains("convert"));
    }
}

#[test]
fn the_namespace_is_carried() {
    let ran = ran(QUIET, &["convert", "-n", "shop"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("kind: Namespace") && ran.stdout.contains("namespace: shop"), "{}", ran.stdout);
}
