//! Every code has a page in `docs/codes/` (the table reads it at compile time); here: each page says whose it is and fits a
//! terminal, and none is left of a code that is gone.
#![expect(clippy::disallowed_methods, reason = "a test reads the pages and fails loudly")]

use std::collections::BTreeSet;

use transship::diag::Code;

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
