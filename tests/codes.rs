//! Every code has a page in `docs/codes/` (the table reads it at compile time); here: each page says whose it is and fits a
//! terminal, none is left of a code that is gone, and what it says to write is understood.
#![expect(clippy::disallowed_methods, reason = "a test reads the pages and fails loudly")]

use std::collections::BTreeSet;

use transship::diag::Code;
use transship::world::MemoryWorld;
use transship::{Request, compile};

const WIDTH: usize = 100;

#[test]
fn every_page_names_its_code_and_fits_a_terminal() {
    for code in Code::ALL {
        let heading = format!("# {} {} ({})", code.id(), code.name(), code.severity().word());
        let mut lines = code.page().lines();
        assert_eq!(lines.next(), Some(heading.as_str()));
        assert!(lines.any(|line| !line.is_empty()), "the page of {} says nothing", code.id());
        let wide = code.page().lines().find(|line| line.chars().count() > WIDTH);
        assert!(wide.is_none(), "{}: longer than {WIDTH} columns: {wide:?}", code.id());
    }
}

#[test]
fn codes_are_in_order_and_no_page_is_without_a_code() {
    let ids: Vec<&str> = Code::ALL.iter().map(|code| code.id()).collect();
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
    let known: BTreeSet<String> = ids.iter().map(|id| format!("{id}.md")).collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/codes");
    let pages: BTreeSet<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(pages, known);
}

/// Every `x-kubernetes: { ... }` in a text, up to the brace that closes it.
fn extras(text: &str) -> Vec<&str> {
    let starts = text.match_indices("x-kubernetes: {").map(|(at, _)| at);
    let whole = |at: usize| {
        let rest = text.get(at..)?;
        let mut depth = 0;
        for (end, letter) in rest.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 1 => return rest.get(..=end),
                '}' => depth -= 1,
                '\n' => return None,
                _ => {}
            }
        }
        None
    };
    starts.filter_map(whole).collect()
}

/// Whether the key is understood as it stands, on a service, on a volume or at the top level.
fn is_understood(extras: &str) -> bool {
    let service = "services: { web: { image: nginx, ports: ['80:80'], volumes: ['data:/data'], EXTRAS } }\nvolumes: { data: {} }\n";
    let volume = "services: { web: { image: nginx, volumes: ['data:/data'] } }\nvolumes: { data: { EXTRAS } }\n";
    let extras = extras.replace("SERVICE.NAMESPACE", "db.other").replace("NAME", "name");
    let top = "services: { web: { image: nginx, volumes: ['data:/data'] } }\nvolumes: { data: {} }\nEXTRAS\n";
    [service, volume, top].iter().any(|place| {
        let mut world = MemoryWorld::default();
        world.files.insert("/shop/compose.yaml".to_owned(), place.replace("EXTRAS", &extras).into_bytes());
        let request = Request { files: vec!["/shop/compose.yaml".to_owned()], ..Request::default() };
        compile(&world, &request).manifests.is_some()
    })
}

#[test]
fn what_a_page_or_a_help_says_to_write_is_understood() {
    let mut texts: Vec<String> = Code::ALL.iter().map(|code| code.page().to_owned()).collect();
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            texts.extend(text.lines().filter(|line| line.trim_start().starts_with("= help:")).map(str::to_owned));
        }
    }
    let found: BTreeSet<&str> = texts.iter().flat_map(|text| extras(text)).collect();
    assert!(found.len() > 5, "{found:?}");
    let wrong: Vec<_> = found.into_iter().filter(|extras| !is_understood(extras)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
