//! `transship explain`: the page of a code.

use crate::diag::Code;

/// Columns of a page.
const WIDTH: usize = 100;

/// The heading, an empty line, and the page.
pub(super) fn page(code: Code) -> String {
    format!("{} {} ({})\n\n{}", code.id(), code.name(), code.severity().word(), wrapped(code.page()))
}

/// The words in lines of at most [`WIDTH`] columns; a longer word has a line to itself.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > WIDTH {
            out.push('\n');
            column = 0;
        }
        if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_is_wide_and_none_loses_a_word() {
        for code in Code::ALL {
            let page = page(*code);
            assert!(page.lines().all(|line| line.chars().count() <= WIDTH), "{page}");
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(words(&wrapped(code.page())), words(code.page()));
        }
    }
}
