//! Whole loads from memory: which files and variables count, and what `extends` and `include` bring. What is expected is what the
//! reference loader prints for the same files.

use super::{Loaded, load};
use crate::compose::model::mount::ServiceMount;
use crate::diag::{Code, Diagnostics, Severity};
use crate::origin::Sources;
use crate::request::Request;
use crate::world::{Kind, MemoryWorld};

const PRINT_V: &str = "services: {a: {image: 'x${V:-}'}}";

/// A world in `/p` that holds some files.
fn world(files: &[(&str, &str)]) -> MemoryWorld {
    let mut world =
        MemoryWorld { current_folder: "/p".to_owned(), home: Some("/home/u".to_owned()), ..MemoryWorld::default() };
    for (path, text) in files {
        world.files.insert((*path).to_owned(), text.as_bytes().to_vec());
    }
    world
}

fn with_environment(mut world: MemoryWorld, variables: &[(&str, &str)]) -> MemoryWorld {
    for (name, value) in variables {
        world.environment.insert((*name).to_owned(), (*value).to_owned());
    }
    world
}

fn files(paths: &[&str]) -> Request {
    Request { files: paths.iter().map(|path| (*path).to_owned()).collect(), ..Request::default() }
}

/// The project as one line: its name, and each service with its image, command, variables and mounts; or the errors' ids.
fn shown(world: &MemoryWorld, request: &Request) -> String {
    let (mut sources, mut diags) = (Sources::default(), Diagnostics::default());
    let loaded = load(world, request, &mut sources, &mut diags);
    let errors: Vec<&str> =
        diags.iter().filter(|found| found.severity == Severity::Error).map(|found| found.code.id()).collect();
    match loaded {
        Some(loaded) if errors.is_empty() => show(&loaded),
        Some(_) | None => errors.join(" "),
    }
}

fn show(loaded: &Loaded) -> String {
    let mut text = format!("{}:", loaded.name.value);
    for (name, service) in loaded.project.services.get().into_iter().flat_map(|services| &services.value) {
        let Some(service) = service.value.as_ref().map(|service| &service.value) else { continue };
        text.push_str(&format!(" {name}"));
        if let Some(image) = service.image.get() {
            text.push_str(&format!("={}", image.value));
        }
        for word in service.command.get().into_iter().flat_map(|command| &command.value.0) {
            text.push_str(&format!(" {}", word.value));
        }
        for (name, pair) in service.environment.get().into_iter().flat_map(|pairs| &pairs.value.0) {
            text.push_str(&format!(" {name}:{}", pair.value.as_deref().unwrap_or("-")));
        }
        for file in loaded.env_files.get(name).into_iter().flatten() {
            for entry in file.entries.iter() {
                text.push_str(&format!(" {}@{}", entry.name, entry.value));
            }
        }
        for mount in service.volumes.get().into_iter().flat_map(|mounts| &mounts.value) {
            let source = match &mount.value {
                ServiceMount::Short(short) => short.source.as_deref(),
                ServiceMount::Long(long) => long.source.get().map(|source| source.value.as_str()),
            };
            text.push_str(&format!(" <{}", source.unwrap_or_default()));
        }
    }
    text
}

fn codes(world: &MemoryWorld, request: &Request) -> Vec<Code> {
    let (mut sources, mut diags) = (Sources::default(), Diagnostics::default());
    load(world, request, &mut sources, &mut diags);
    diags.iter().map(|found| found.code).collect()
}

#[test]
fn files_are_found_by_name() {
    let over = "services: {a: {image: over}}";
    let here = |files: &[(&str, &str)]| shown(&world(files), &Request::default());
    assert_eq!(here(&[("/p/compose.yml", PRINT_V), ("/p/docker-compose.override.yaml", over)]), "p: a=over");
    assert_eq!(here(&[("/compose.yaml", "name: n\nservices: {a: {image: up}}")]), "n: a=up");
    assert_eq!(here(&[("/p/compose.yaml", PRINT_V), ("/p/.env", "V=1")]), "p: a=x1");
    assert_eq!(here(&[("/p/other.yaml", PRINT_V)]), "T0001");
    let several = world(&[("/p/compose.yaml", PRINT_V), ("/p/docker-compose.yml", over)]);
    assert_eq!(shown(&several, &Request::default()), "p: a=x");
    assert!(codes(&several, &Request::default()).contains(&Code::SeveralFiles));
}

#[test]
fn the_folders_above_and_their_variables() {
    let up = [("/q/compose.yaml", PRINT_V), ("/q/.env", "V=up\nW=1")];
    let mut below = world(&up);
    below.current_folder = "/q/r/s".to_owned();
    assert_eq!(shown(&below, &Request::default()), "q: a=xup");
    below.files.insert("/q/r/s/.env".to_owned(), b"V=here".to_vec());
    assert_eq!(shown(&below, &Request::default()), "q: a=xhere");
}

#[test]
fn compose_file_and_its_separator() {
    let over = "services: {a: {image: over}}";
    let both = world(&[("/p/x.yaml", PRINT_V), ("/p/y.yaml", over), ("/p/compose.yaml", "services: {z: {image: z}}")]);
    let with =
        |variables: &[(&str, &str)], request: &Request| shown(&with_environment(both.clone(), variables), request);
    let default = Request::default();
    assert_eq!(with(&[("COMPOSE_FILE", "x.yaml:y.yaml")], &default), "p: a=over");
    assert_eq!(with(&[("COMPOSE_FILE", "x.yaml|y.yaml"), ("COMPOSE_PATH_SEPARATOR", "|")], &default), "p: a=over");
    assert_eq!(with(&[("COMPOSE_FILE", "x.yaml")], &files(&["compose.yaml"])), "p: z=z");
    assert_eq!(with(&[("COMPOSE_FILE", "gone.yaml:also-gone.yaml")], &default), "T0001 T0001");
    assert_eq!(with(&[("COMPOSE_FILE", "")], &default), "T0001");
    assert_eq!(with(&[("COMPOSE_FILE", "/p")], &default), "T0002");
}

#[test]
fn variables_of_compose_in_a_file() {
    let mut set = world(&[
        ("/p/sub/x.yaml", "services: {a: {image: 'x${V}'}, b: {image: y, profiles: [dev]}}"),
        ("/p/sub/.env", "V=sub\nW=sub"),
        ("/p/.env", "COMPOSE_FILE=sub/x.yaml\nCOMPOSE_PROJECT_NAME=named\nCOMPOSE_PROFILES=other, dev\nV=here"),
    ]);
    assert_eq!(shown(&set, &Request::default()), "named: a=xhere b=y");
    set.files.insert("/p/.env".to_owned(), b"COMPOSE_ENV_FILES=one.env,two.env\nV=unread".to_vec());
    set.files.insert("/p/one.env".to_owned(), b"V=one\nU=1".to_vec());
    set.files.insert("/p/two.env".to_owned(), b"V=two-$U".to_vec());
    set.files.insert("/p/compose.yaml".to_owned(), PRINT_V.as_bytes().to_vec());
    assert_eq!(shown(&set, &Request::default()), "p: a=xtwo-1");
}

#[test]
fn files_of_variables() {
    let base = [("/p/c.yaml", PRINT_V), ("/p/.env", "V=env"), ("/p/q/.env", "V=q"), ("/p/one.env", "V=one")];
    let c = files(&["c.yaml"]);
    let with =
        |variables: &[(&str, &str)], request: &Request| shown(&with_environment(world(&base), variables), request);
    assert_eq!(with(&[], &c), "p: a=xenv");
    assert_eq!(with(&[("V", "")], &c), "p: a=x");
    assert_eq!(with(&[("COMPOSE_DISABLE_ENV_FILE", "1")], &c), "p: a=x");
    assert_eq!(with(&[("COMPOSE_DISABLE_ENV_FILE", "0")], &c), "p: a=xenv");
    assert_eq!(with(&[("COMPOSE_DISABLE_ENV_FILE", "maybe")], &c), "T0103");
    assert_eq!(with(&[("COMPOSE_ENV_FILES", "one.env")], &c), "p: a=xone");
    let named = |path: &str| Request { env_files: vec![path.to_owned()], ..c.clone() };
    assert_eq!(with(&[("COMPOSE_ENV_FILES", "gone.env")], &named("one.env")), "p: a=xone");
    assert_eq!(with(&[], &named("gone.env")), "T0011");
    assert_eq!(with(&[], &named("q")), "T0011");
    let moved = Request { project_directory: Some("q".to_owned()), ..c.clone() };
    assert_eq!(with(&[], &moved), "q: a=xq");
    let mut folder = world(&[("/p/c.yaml", PRINT_V)]);
    folder.kinds.insert("/p/.env".to_owned(), Kind::Folder);
    assert_eq!(shown(&folder, &c), "p: a=x");
}

#[test]
fn standard_input() {
    let mut piped = world(&[("/p/.env", "V=here"), ("/p/s/c.yaml", "services: {b: {image: y}}"), ("/p/s/.env", "V=s")]);
    piped.stdin = PRINT_V.as_bytes().to_vec();
    assert_eq!(shown(&piped, &files(&["-"])), "p: a=xhere");
    assert_eq!(shown(&piped, &files(&["-", "-"])), "p: a=xhere");
    assert_eq!(shown(&piped, &files(&["-", "s/c.yaml"])), "s: a=xs b=y");
}

#[test]
fn names_of_projects() {
    let named = |name: &str| shown(&world(&[("/p/c.yaml", &format!("name: {name}\n{PRINT_V}"))]), &files(&["c.yaml"]));
    assert_eq!(named("Foo Bar"), "foobar: a=x");
    assert_eq!(named("-_a.b"), "ab: a=x");
    assert_eq!(named("'${N:-q}-${COMPOSE_PROJECT_NAME:-none}'"), "q-none: a=x");
    assert_eq!(named("''"), "p: a=x");
    assert_eq!(named("'!!'"), "T0108");
    let two = "name: one\nservices: {a: {image: '${COMPOSE_PROJECT_NAME}'}}\n---\nname: two";
    assert_eq!(shown(&world(&[("/p/c.yaml", two)]), &files(&["c.yaml"])), "two: a=two");
    let asked = |name: &str| Request { project_name: Some(name.to_owned()), ..files(&["c.yaml"]) };
    let base = world(&[("/p/c.yaml", two)]);
    assert_eq!(shown(&base, &asked("three")), "three: a=three");
    assert_eq!(shown(&base, &asked("Three")), "T0108");
    let set = |name: &str| with_environment(base.clone(), &[("COMPOSE_PROJECT_NAME", name)]);
    assert_eq!(shown(&set("four"), &asked("three")), "three: a=three");
    assert_eq!(shown(&set("four"), &asked("")), "four: a=four");
    assert_eq!(shown(&set(""), &asked("")), "two: a=two");
    assert_eq!(shown(&set("Four"), &files(&["c.yaml"])), "T0108");
    let odd = world(&[("/__/c.yaml", PRINT_V), ("/Foo Bar.x/c.yaml", PRINT_V)]);
    assert_eq!(shown(&odd, &files(&["/__/c.yaml"])), "T0108");
    assert_eq!(shown(&odd, &files(&["/Foo Bar.x/c.yaml"])), "foobarx: a=x");
}

#[test]
fn documents() {
    let one = |text: &str| shown(&world(&[("/p/c.yaml", text)]), &files(&["c.yaml"]));
    assert_eq!(one("services: {a: {image: x}}\n---\nservices: {a: {command: [c]}, b: {image: y}}"), "p: a=x c b=y");
    assert_eq!(one("services: {a: {image: x}}\n---\n"), "T0102");
    assert_eq!(one("# nothing"), "T0109");
    let base = world(&[("/p/c.yaml", "# nothing"), ("/p/d.yaml", PRINT_V)]);
    assert_eq!(shown(&base, &files(&["c.yaml", "d.yaml"])), "p: a=x");
    assert_eq!(shown(&base, &files(&["gone.yaml", "d.yaml", "/p"])), "T0001 T0002");
}

#[test]
fn services_extend_services() {
    let main = |text: &str, others: &[(&str, &str)]| {
        let mut all = vec![("/p/c.yaml", text)];
        all.extend_from_slice(others);
        shown(&world(&all), &files(&["c.yaml"]))
    };
    assert_eq!(
        main("services: {a: {extends: b, environment: {X: 1}}, b: {image: x, environment: [Y=2], command: [c]}}", &[]),
        "p: a=x c Y:2 X:1 b=x c Y:2"
    );
    let deep = [
        ("/p/s/b.yaml", "services: {b: {extends: {file: t/d.yaml, service: d}, volumes: ['./v:/v', '~/h:/h']}}"),
        ("/p/s/t/d.yaml", "services: {d: {image: '${T:-t}', env_file: d.env, volumes: ['./w:/w']}}"),
        ("/p/s/t/d.env", "E=1"),
        ("/p/s/t/.env", "T=no"),
    ];
    assert_eq!(
        main("services: {a: {extends: {file: s/b.yaml, service: b}}}", &deep),
        "p: a=t E@1 <./s/t/w <./s/v </home/u/h"
    );
    let base = [("/p/b.yaml", "services: {b: , c: {image: x, command: [c]}}")];
    assert_eq!(main("services: {a: {image: i, extends: {file: b.yaml, service: b}}}", &base), "p: a=i");
    assert_eq!(main("services: {a: {extends: {file: b.yaml, service: c}, command: }}", &base), "p: a=x");
    assert_eq!(main("services: {a: {extends: {file: , service: c}}, c: {image: y}}", &base), "p: a=y c=y");
    assert_eq!(main("services: {a: {extends: {file: b.yaml, service: n}}}", &base), "T0106");
    assert_eq!(main("services: {a: {extends: {file: '', service: c}}}", &base), "T0002");
    assert_eq!(main("services: {a: {extends: a}}", &[]), "T0017");
    let circle = [("/p/b.yaml", "services: {b: {extends: {file: c.yaml, service: a}}}")];
    assert_eq!(main("services: {a: {extends: {file: b.yaml, service: b}}}", &circle), "T0017");
    assert_eq!(main("services: {a: {extends: {file: b.yaml, service: b}}, z: {extends: y}}", &circle), "T0017 T0106");
}

#[test]
fn what_is_extended_is_looked_for_in_its_own_document() {
    let base = "services: {a: {image: x, environment: {A: 1}}, b: {extends: a}}";
    let over = |text: &str| shown(&world(&[("/p/c.yaml", base), ("/p/o.yaml", text)]), &files(&["c.yaml", "o.yaml"]));
    assert_eq!(over("services: {a: {environment: {A: 2}}}"), "p: a=x A:2 b=x A:1");
    assert_eq!(over("services: {z: {extends: a}}"), "T0106");
    assert_eq!(over("services: {z: {extends: {file: c.yaml, service: b}}}"), "p: a=x A:1 b=x A:1 z=x A:1");
}

#[test]
fn resets_reach_what_is_extended() {
    let one = |text: &str| shown(&world(&[("/p/c.yaml", text)]), &files(&["c.yaml"]));
    let base = "b: {image: x, command: [c], environment: {A: 1, B: 2}}";
    assert_eq!(
        one(&format!("services: {{a: {{extends: b, command: !reset , environment: {{A: !reset }}}}, {base}}}")),
        "p: a=x B:2 b=x c A:1 B:2"
    );
    assert_eq!(
        one(&format!("services: {{a: {{extends: b, environment: !override {{C: 3}}}}, {base}}}")),
        "p: a=x c C:3 b=x c A:1 B:2"
    );
    let over = "services: {a: {extends: {file: b.yaml, service: b}, volumes: !override ['/o:/o']}}";
    let three = world(&[
        ("/p/c.yaml", "services: {a: {image: x, volumes: ['/c:/c']}}"),
        ("/p/o.yaml", over),
        ("/p/b.yaml", "services: {b: {volumes: ['/b:/b']}}"),
    ]);
    assert_eq!(shown(&three, &files(&["c.yaml", "o.yaml"])), "p: a=x </o");
}

#[test]
fn files_are_included() {
    let main = |text: &str, others: &[(&str, &str)]| {
        let mut all = vec![("/p/c.yaml", text)];
        all.extend_from_slice(others);
        shown(&world(&all), &files(&["c.yaml"]))
    };
    let part = [
        (
            "/p/s/i.yaml",
            "name: no\nservices: {b: {image: '${T}', environment: [L, K=1], volumes: ['./v:/v']}, c: {image: y, environment: {L: }}}",
        ),
        ("/p/s/.env", "T=inc\nL=lv"),
        ("/p/t/.env", "T=t"),
        ("/p/o.yaml", "services: {b: {command: [o], volumes: ['./o:/o']}}"),
        ("/p/x.env", "T=x\nL=${T}l"),
    ];
    assert_eq!(main("include: [s/i.yaml]", &part), "p: b=inc L:lv K:1 <./s/v c=y L:-");
    assert_eq!(
        main("include: [{path: [s/i.yaml, o.yaml], project_directory: t}]", &part),
        "p: b=t o L:- K:1 <./t/v <./t/o c=y L:-"
    );
    assert_eq!(main("include: [{path: s/i.yaml, env_file: x.env}]", &part), "p: b=x L:xl K:1 <./s/v c=y L:-");
    assert_eq!(main("include:\nservices: {a: {image: x}}", &[]), "p: a=x");
    assert_eq!(main("include: s/i.yaml", &part), "T0102");
    assert_eq!(main("include: [c.yaml]", &[]), "T0016");
    assert_eq!(main("include: [{path: s/i.yaml, env_file: gone.env}]", &part), "T0011");
    assert_eq!(
        main("include: [s/i.yaml]\nservices: {a: {extends: b}, b: {environment: {K: 2}}}", &part),
        "p: a=inc L:lv K:2 <./s/v b=inc L:lv K:2 <./s/v c=y L:-"
    );
}

#[test]
fn the_outer_variables_beat_those_of_an_include() {
    let nested = world(&[
        ("/p/c.yaml", "include: [s/i.yaml]"),
        ("/p/s/i.yaml", "include: [t/j.yaml]"),
        ("/p/s/.env", "U=s"),
        ("/p/s/t/j.yaml", "services: {d: {image: '${T}${U}${V:-}', env_file: d.env, volumes: ['./d:/d', '../e:/e']}}"),
        ("/p/s/t/.env", "T=t\nU=t\nV=t"),
        ("/p/s/t/d.env", "E=${V:-none}"),
    ]);
    assert_eq!(shown(&nested, &files(&["c.yaml"])), "p: d=tst E@none <./s/t/d <./s/e");
    let outer = with_environment(nested, &[("V", "outer")]);
    assert_eq!(shown(&outer, &files(&["c.yaml"])), "p: d=tsouter E@outer <./s/t/d <./s/e");
}

#[test]
fn one_file_by_two_ways_is_one() {
    let diamond = world(&[
        ("/p/c.yaml", "include: [b.yaml, d.yaml]"),
        ("/p/b.yaml", "include: [e.yaml]\nservices: {b: {image: x}}"),
        ("/p/d.yaml", "include: [e.yaml]\nservices: {d: {image: x}}"),
        ("/p/e.yaml", "services: {e: {image: x, volumes: ['/e:/e']}}"),
    ]);
    assert_eq!(shown(&diamond, &files(&["c.yaml"])), "p: b=x e=x </e d=x");
}

#[test]
fn includes_that_double_are_bounded() {
    // Each level includes the next one twice, with other variables each time.
    let mut all = vec![("/p/c.yaml".to_owned(), "include: [i0.yaml]".to_owned())];
    for level in 0..12 {
        let next = level + 1;
        let text = format!(
            "include: [{{path: i{next}.yaml, env_file: a{level}.env}}, {{path: i{next}.yaml, env_file: b{level}.env}}]"
        );
        all.push((format!("/p/i{level}.yaml"), text));
        all.push((format!("/p/a{level}.env"), format!("A{level}=1")));
        all.push((format!("/p/b{level}.env"), format!("A{level}=2")));
    }
    all.push(("/p/i12.yaml".to_owned(), "services: {a: {image: x}}".to_owned()));
    let all: Vec<(&str, &str)> = all.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert!(codes(&world(&all), &files(&["c.yaml"])).contains(&Code::LoadLimit));
}

#[test]
fn chains_that_grow_are_bounded() {
    // Each service has one variable more than the one before.
    let chain: String =
        (1..1200).map(|n| format!("  s{n}:\n    extends: s{}\n    environment: [V{n}=1]\n", n - 1)).collect();
    let chain = format!("services:\n  s0: {{image: x}}\n{chain}");
    assert!(codes(&world(&[("/p/c.yaml", &chain)]), &files(&["c.yaml"])).contains(&Code::LoadLimit));
}

#[test]
fn later_environment_files_see_earlier_ones() {
    let two = world(&[
        (
            "/p/c.yaml",
            "services: {a: {image: x, env_file: [e.env, f.env], environment: {S: svc}}, b: {image: y, env_file: [e.env, /dev/null]}}",
        ),
        ("/p/e.env", "A=1\nB=$A${S:-none}"),
        ("/p/f.env", "A=2\nC=$B$A"),
    ]);
    let expected = "p: a=x S:svc A@1 B@1svc A@2 C@1svc2 b=y A@1 B@1none";
    assert_eq!(shown(&two, &files(&["c.yaml"])), expected);
    assert_eq!(
        shown(&with_environment(two, &[("A", "os")]), &files(&["c.yaml"])),
        expected.replace("B@1", "B@os").replace("C@1svc2", "C@ossvcos")
    );
}
