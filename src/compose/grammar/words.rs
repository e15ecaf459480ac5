//! Command strings into words, as the two loaders split them. Compose uses go-shellwords (1.0.13 and later; compose loading,
//! section 16.6), which stops reading at an unquoted operator; swarm uses google/shlex, which knows comments and no operators.

/// The words of a command string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The words read.
    pub words: Vec<String>,
    /// The byte of the unquoted `;`, `&`, `|`, `<` or `>` that silently ended reading.
    pub cut: Option<usize>,
}

/// More words than Linux passes to a program: each takes ten bytes of the two megabytes that it gives them.
pub const MAX_WORDS: usize = 200_000;

/// What is said of more.
pub const TOO_MANY: &str = "the command has more than 200000 words, with which Linux starts no program";
const UNCLOSED: &str = "the command is not closed: a quote, a backslash or a parenthesis has no end";
const PARENTHESIS: &str = "the command has a parenthesis outside quotes";

/// What quotes are open. Backquotes and `$(...)` only hold their text together, they run nothing. A double quote can be open
/// inside backquotes, so these are flags.
#[derive(Default)]
struct Shellwords {
    words: Vec<String>,
    word: String,
    /// Whether the word exists, be it empty.
    started: bool,
    escaped: bool,
    single: bool,
    double: bool,
    back: bool,
    dollar: bool,
}

/// Splits a command string like the Compose loader.
///
/// # Errors
///
/// Unclosed quotes, parentheses outside quotes, and more than [`MAX_WORDS`] words.
pub fn split_compose(text: &str) -> Result<Words, String> {
    let mut state = Shellwords::default();
    let mut cut = None;
    for (at, c) in text.char_indices() {
        if !state.read(c)? {
            cut = Some(at);
            break;
        }
        if state.words.len() > MAX_WORDS {
            return Err(TOO_MANY.to_owned());
        }
    }
    if state.escaped || state.quoted() {
        return Err(UNCLOSED.to_owned());
    }
    state.end_word();
    Ok(Words { words: state.words, cut })
}

impl Shellwords {
    fn quoted(&self) -> bool {
        self.single || self.double || self.back || self.dollar
    }

    fn end_word(&mut self) {
        if std::mem::take(&mut self.started) {
            self.words.push(std::mem::take(&mut self.word));
        }
    }

    fn push(&mut self, c: char) {
        self.started = true;
        self.word.push(c);
    }

    /// Reads a character; false at an operator that ends reading.
    fn read(&mut self, c: char) -> Result<bool, String> {
        if self.escaped {
            self.escaped = false;
            self.push(match c {
                't' => '\t',
                'n' => '\n',
                other => other,
            });
            return Ok(true);
        }
        match c {
            '\\' if !self.single => self.escaped = true,
            '\\' => self.word.push(c),
            ' ' | '\t' | '\r' | '\n' if self.quoted() => self.word.push(c),
            ' ' | '\t' | '\r' | '\n' => self.end_word(),
            '"' if !self.single && !self.dollar => {
                self.started |= self.double;
                self.double = !self.double;
            }
            '\'' if !self.double && !self.dollar => {
                self.started |= self.single;
                self.single = !self.single;
            }
            '`' if !self.single && !self.double && !self.dollar => {
                self.back = !self.back;
                self.push(c);
            }
            '(' | ')' if !self.single && !self.double && !self.back => self.parenthesis(c)?,
            ';' | '&' | '|' | '<' | '>' if !self.quoted() => {
                // A word that starts with a digit is taken for the descriptor of a redirection.
                if c == '>' && self.word.starts_with(|first: char| first.is_ascii_digit()) {
                    self.started = false;
                }
                return Ok(false);
            }
            _ => self.push(c),
        }
        Ok(true)
    }

    /// `$(` opens and `)` closes; any other parenthesis is refused.
    fn parenthesis(&mut self, c: char) -> Result<(), String> {
        let opens = c == '(';
        if opens == self.dollar || (opens && !self.word.ends_with('$')) {
            return Err(PARENTHESIS.to_owned());
        }
        self.dollar = opens;
        self.push(c);
        Ok(())
    }
}

/// Where the swarm splitter is.
#[derive(Clone, Copy)]
enum Shlex {
    Between,
    Word,
    Escape,
    Double,
    DoubleEscape,
    Single,
    Comment,
}

/// Splits a command string like `docker stack deploy`: `#` at the start of a word begins a comment, operators are text.
///
/// # Errors
///
/// Unclosed quotes, a backslash at the end, and more than [`MAX_WORDS`] words.
pub fn split_swarm(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut state = Shlex::Between;
    for c in text.chars() {
        state = match state {
            Shlex::Between | Shlex::Word => match c {
                ' ' | '\t' | '\r' | '\n' => {
                    if matches!(state, Shlex::Word) {
                        words.push(std::mem::take(&mut word));
                    }
                    Shlex::Between
                }
                '#' if matches!(state, Shlex::Between) => Shlex::Comment,
                '"' => Shlex::Double,
                '\'' => Shlex::Single,
                '\\' => Shlex::Escape,
                _ => keep(&mut word, c, Shlex::Word),
            },
            Shlex::Escape => keep(&mut word, c, Shlex::Word),
            Shlex::DoubleEscape => keep(&mut word, c, Shlex::Double),
            Shlex::Double => match c {
                '"' => Shlex::Word,
                '\\' => Shlex::DoubleEscape,
                _ => keep(&mut word, c, Shlex::Double),
            },
            Shlex::Single if c == '\'' => Shlex::Word,
            Shlex::Single => keep(&mut word, c, Shlex::Single),
            Shlex::Comment if c == '\n' => Shlex::Between,
            Shlex::Comment => Shlex::Comment,
        };
        if words.len() > MAX_WORDS {
            return Err(TOO_MANY.to_owned());
        }
    }
    match state {
        Shlex::Between | Shlex::Comment => {}
        Shlex::Word => words.push(word),
        Shlex::Escape | Shlex::Double | Shlex::DoubleEscape | Shlex::Single => return Err(UNCLOSED.to_owned()),
    }
    Ok(words)
}

/// Appends a character and names the next state.
fn keep(word: &mut String, c: char, next: Shlex) -> Shlex {
    word.push(c);
    next
}

#[cfg(test)]
mod tests {
    use super::{MAX_WORDS, TOO_MANY, split_compose, split_swarm};
    use crate::compose::grammar::random_texts;

    #[test]
    fn no_program_starts_with_that_many_words() {
        let most = "a ".repeat(MAX_WORDS);
        assert_eq!(split_compose(&most).map(|words| words.words.len()), Ok(MAX_WORDS));
        let more = format!("{most}a b");
        assert_eq!(split_compose(&more), Err(TOO_MANY.to_owned()));
        assert_eq!(split_swarm(&more), Err(TOO_MANY.to_owned()));
    }

    #[test]
    fn compose_words() {
        let cases: &[(&str, &[&str], Option<usize>)] = &[
            ("a b\tc\r\nd", &["a", "b", "c", "d"], None),
            ("", &[], None),
            ("''", &[""], None),
            ("sh -c 'a && b'", &["sh", "-c", "a && b"], None),
            (r#""a\qb" a\ b"#, &["aqb", "a b"], None),
            (r"a\tb '\t'", &["a\tb", r"\t"], None),
            ("a && b", &["a"], Some(2)),
            ("a 2>&1", &["a"], Some(3)),
            ("é x>y", &["é", "x"], Some(4)),
            ("echo `date +%s` $(a b)c", &["echo", "`date +%s`", "$(a b)c"], None),
            ("a#b #c", &["a#b", "#c"], None),
            ("x'y'\"z\"", &["xyz"], None),
            ("$(a;b)", &["$(a;b)"], None),
        ];
        for (text, words, cut) in cases {
            let read = split_compose(text).map(|read| (read.words, read.cut));
            assert_eq!(read, Ok((words.iter().map(|word| (*word).to_owned()).collect(), *cut)), "{text}");
        }
        for text in ["'a", "\"a", "a\\", "`a", "$(a", "(a)", "a)", "$((1))", "a("] {
            assert!(split_compose(text).is_err(), "{text}");
        }
    }

    #[test]
    fn swarm_words() {
        let cases: &[(&str, &[&str])] = &[
            ("a && b # c", &["a", "&&", "b"]),
            ("a#b", &["a#b"]),
            ("# c\na", &["a"]),
            ("'' \"\"", &["", ""]),
            (r#""a\qb" a\ b '\t'"#, &["aqb", "a b", r"\t"]),
            ("(a) `b c`", &["(a)", "`b", "c`"]),
        ];
        for (text, words) in cases {
            assert_eq!(split_swarm(text), Ok(words.iter().map(|word| (*word).to_owned()).collect()), "{text}");
        }
        for text in ["'a", "\"a", "a\\", "\"a\\"] {
            assert!(split_swarm(text).is_err(), "{text}");
        }
    }

    #[test]
    fn never_panics() {
        let pieces = ["a", " ", "'", "\"", "\\", "`", "$", "(", ")", ">", "2", "é", "#", "\n", "&"];
        for text in random_texts(&pieces, 20_000) {
            let _ = split_compose(&text);
            let _ = split_swarm(&text);
        }
    }
}
