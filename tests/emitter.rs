//! The YAML emitter against an independent reader; rule: whatever the string and wherever it stands, it is read back as
//! that string.
//!
//! The strings are those that YAML readers are known to take for something else, their combinations with everything
//! that has a meaning in YAML, and random mixes, the same ones on every run.

use std::collections::HashSet;

use serde_json::{Value, json};
use transship::render::yaml;

/// Words that some version of YAML, or some reader, resolves to something other than a string, and near misses.
const WORDS: &str = "yes no on off y n Y N Yes No On Off YES NO ON OFF true false True False TRUE FALSE tRue null Null NULL \
    nULL nil Nil none None NONE void undefined ON1 true1 nullx ~ ~~ ~a a~ 0 00 -0 +0 1 -1 +1 01 007 08 09 0644 0o644 0O17 0o8 \
    0o 0x 0x1F 0X1f 0xg 0b101 0B1 0b2 1_000 1__0 _1 1_ 0x1_F 0_x1F 0_b1 0b1_0 0o1_7 1_0.5 .5 5. 1. 1.0 -.5 +.5 . .. ... -. +. \
    1e3 1E3 1e+3 1e-3 1.e3 .5e3 e3 1e 12e03 1e400 -1e400 0x1p3 0x1p-2 .inf -.inf +.inf .Inf .INF .nan .NaN .NAN inf nan \
    Infinity -inf NaN 22:22 1:30 1:30:00 190:20:30 190:20:30.15 -1:30 60:60 1:2:3:4 0:0 2001-01-01 2001-1-1 \
    2001-12-14t21:59:43.10-05:00 2001-12-14T21:59:43Z 20010101 9223372036854775807 9223372036854775808 18446744073709551616 \
    = << <<: - -- --- ---a ...a ? ?? : :: , ,, [ ] { } [] {} [a] {a:b} # ## & &a * *a ! !! !a !!str !!int !!null \
    !<tag:yaml.org,2002:int> %YAML %TAG | |- > >- ' \" '' \"\" % %a @ @a ` `a \\ \\n $ $$ ${A} <<EOF a: a:b :a -a ?a #a a#b a,b \
    a[b a]b a{b a}b a&b a*b a!b a|b a>b a'b a\"b a%b a@b a`b 1.2.3 1.2.3.4 1.10 10.0.0.0/8 0.0.0.0 ::1 fe80::1 100m 1Gi 128Mi \
    1k 1M 1E 1Ei 1e3Gi 0.5 5m 30s 1h30m 0d 1d 0f 0xdeadbeef deadbeef 0e0 1e1 00e1 v1 v1.0 1.0.0 012345 +12 +0x1 -0x1 -0o7 \
    -0b1 0.1.2 1,000 1,2 1'000";

const STEMS: &[&str] = &[
    "",
    "a",
    "-",
    "?",
    ":",
    "#",
    "&",
    "*",
    "!",
    "|",
    ">",
    "'",
    "\"",
    "%",
    "@",
    "`",
    "[",
    "]",
    "{",
    "}",
    ",",
    "~",
    "=",
    "<<",
    "0",
    "1",
    "yes",
    "null",
    "...",
    "é",
    "\u{1F600}",
];

const MARKS: &[&str] = &[
    " ",
    "  ",
    "\t",
    ": ",
    ": a",
    " #",
    " #a",
    "#a",
    "\n",
    "\n\n",
    "\na",
    " \n",
    "\n a",
    "\n  a\nb",
    "\t\n",
    "\n\ta",
    "\r",
    "\r\n",
    "a\r\nb\r\n",
    ":\n",
    "\n-",
    "\n---",
    "\n---\n",
    "\n...",
    "\n# x",
    "\n#x\n",
    " : ",
    ":a",
    "- a",
    "? a",
    ", a",
    "]",
    "}",
    "'",
    "\"",
    "\\",
    " g",
    "\0",
    "\x01",
    "\x07",
    "\x08",
    "\x0b",
    "\x0c",
    "\x1b",
    "\x7f",
    "\u{80}",
    "\u{85}",
    "\u{a0}",
    "\u{ad}",
    "\u{2028}",
    "\u{2029}",
    "\u{feff}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{200b}",
    "\u{202e}",
    "\u{10000}",
    "\u{10ffff}",
];

/// Texts as they stand in configuration files.
const FILES: &[&str] = &[
    "#!/bin/sh\nset -e\necho hi\n",
    "key=value\n# comment\nother=1",
    "[section]\na = 1\n\n[b]\n\tc=2\n",
    "{\n  \"a\": 1\n}\n",
    "<xml>\n\t<a/>\n</xml>",
    "a: b\nc:\n  - d\n",
    "---\na: 1\n---\nb: 2\n",
    "line1\r\nline2\r\n",
    "trailing \nx\n",
    "\ttab first\nx\n",
    "  indented first\nx\n",
    "\n\nleading blank\n",
    "multi\nno newline",
    "ends with blanks\n\n\n",
    "   \n  x\n",
    "x\n   \n",
    "x\n\t",
    "-----BEGIN CERT-----\nMIIB\n-----END CERT-----\n",
    "%YAML 1.2\n---\n",
    "x\n...\ny\n",
    "bom \u{feff}mid\nx\n",
    "nel\u{85}x\ny\n",
    "ls\u{2028}x\ny\n",
    "nbsp\u{a0}\nx\n",
    "esc\x1b[0m\nx\n",
    "vt\x0b\nx",
];

const ANY: &[&str] = &[
    "a",
    "b",
    "y",
    "n",
    "0",
    "1",
    "2",
    "5",
    "9",
    "_",
    ".",
    ":",
    "-",
    "+",
    "e",
    "E",
    "x",
    "X",
    "o",
    "O",
    "~",
    " ",
    ",",
    "[",
    "]",
    "{",
    "}",
    "#",
    "&",
    "*",
    "!",
    "|",
    ">",
    "'",
    "\"",
    "%",
    "@",
    "`",
    "\\",
    "=",
    "<",
    "?",
    "\t",
    "\n",
    "\r",
    "\n\n",
    "é",
    "\u{2028}",
    "\u{85}",
    "\u{feff}",
    "\u{1F600}",
];

const DIGITS: &[&str] = &[
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "_", ".", ":", "-", "+", "e", "E", "x", "o", "b", "X", "O", "f",
    "p",
];

const LINES: &[&str] = &["a", "b", " ", "  ", "\t", "\n", "\n", "\n ", "\n\t", "#", "-", ": ", "\r"];

/// Knuth's linear congruential generator: enough for a mix, and the same everywhere.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).map_or(0, |number| number % limit)
    }

    fn mix(&mut self, parts: &[&str], shortest: usize, longest: usize) -> String {
        let length = shortest + self.below(longest - shortest + 1);
        (0..length).filter_map(|_| parts.get(self.below(parts.len()))).copied().collect()
    }
}

fn combinations() -> impl Iterator<Item = String> {
    STEMS
        .iter()
        .flat_map(|a| MARKS.iter().map(move |b| (a, b)))
        .flat_map(|(a, b)| [format!("{a}{b}"), format!("{b}{a}"), format!("{a}{b}{a}"), format!("{b}{a}{b}")])
}

/// Blanks and line breaks, one to four of each, before, after and between text.
fn blanks() -> impl Iterator<Item = String> {
    let frames = ["{}", "a{}", "{}a", "a\n{}", "a\n{}\n", "{}\na", "a\n\n{}b\n", "{}a\nb\n", "\n{}a\nb", "a{}\nb\n"];
    ["\n", " ", "\t"].into_iter().flat_map(move |blank| {
        (1..=4).flat_map(move |count| frames.map(|frame| frame.replace("{}", &blank.repeat(count))))
    })
}

fn long() -> impl Iterator<Item = String> {
    [
        ("a ", 60, ""),
        ("a", 200, ""),
        ("word ", 40, "\n"),
        ("long: ", 50, ""),
        ("a  b   c ", 30, ""),
        (" ", 200, "x"),
        ("x", 5000, ""),
    ]
    .into_iter()
    .map(|(part, count, end)| format!("{}{end}", part.repeat(count)))
}

fn times_and_dates(random: &mut Lcg) -> Vec<String> {
    let mut out = Vec::new();
    for _ in 0..500 {
        let end = ["", ":07", ":59", ".5"].get(random.below(4)).copied().unwrap_or_default();
        out.push(format!("{}:{:02}{end}", random.below(100), random.below(100)));
        let end = ["", "T10:00:00Z", " 10:00:00", "t1:2:3"].get(random.below(4)).copied().unwrap_or_default();
        out.push(format!("{}-{}-{:02}{end}", 1900 + random.below(200), 1 + random.below(12), 1 + random.below(31)));
    }
    out
}

fn strings() -> Vec<String> {
    let mut random = Lcg(3);
    let mut all: Vec<String> = WORDS.split(' ').map(str::to_owned).collect();
    all.extend(combinations());
    all.extend(blanks());
    all.extend(FILES.iter().map(|&text| text.to_owned()));
    all.extend(long());
    all.extend((0..6000).map(|_| random.mix(ANY, 1, 6)));
    all.extend((0..4000).map(|_| random.mix(DIGITS, 1, 7)));
    all.extend((0..2000).map(|_| random.mix(LINES, 2, 12)));
    all.extend(times_and_dates(&mut random));
    let mut seen = HashSet::new();
    all.retain(|text| seen.insert(text.clone()));
    all
}

/// Writes and reads every value, each as a document of its own, and tells which do not survive.
fn check(position: &str, values: impl Iterator<Item = Value>) {
    let mut wrong = Vec::new();
    for value in values {
        let text = yaml::document(&value.clone().into());
        assert!(text.ends_with('\n') && !text.starts_with("---"), "{text:?}");
        let back = serde_yaml::from_str::<Value>(&text);
        if !back.as_ref().is_ok_and(|back| *back == value) {
            wrong.push(format!("{value}\n{text}{back:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{position}: {} wrong, such as\n{}",
        wrong.len(),
        wrong.first().map_or("", |first| first)
    );
}

#[test]
fn there_are_enough_strings() {
    assert!(strings().len() >= 14_000, "{}", strings().len());
}

#[test]
fn values_survive() {
    check("root", strings().into_iter().map(Value::from));
    check("value", strings().into_iter().map(|text| json!({"data": {"k": text, "l": 1}})));
}

#[test]
fn keys_survive() {
    // The reader's own limit is 1024 characters.
    let keys = strings().into_iter().filter(|text| text.chars().count() <= 900);
    check(
        "key",
        keys.map(|text| json!({"data": {text.as_str(): "v"}, "list": [{text.as_str(): [1]}], text: {"a": 1}})),
    );
}

#[test]
fn items_survive() {
    check("item", strings().into_iter().map(|text| json!({"args": [text, "x", text]})));
}

#[test]
fn nested_strings_survive() {
    let nest = |text: String| json!([{"env": [{"name": "a", "value": text}, {"value": text, "z": 1}]}, [[text], {"a": {"b": [text]}}], text]);
    check("nested", strings().into_iter().map(nest));
}

#[test]
fn a_stream_gives_every_document_back() {
    let values: Vec<Value> = strings().into_iter().take(4000).map(|text| json!({"data": {"k": text}})).collect();
    let objects: Vec<transship::emit::Value> = values.iter().cloned().map(Into::into).collect();
    let text = yaml::stream(&objects);
    let back: Vec<Value> = serde_yaml::Deserializer::from_str(&text)
        .map(|document| serde::Deserialize::deserialize(document).unwrap_or(Value::Null))
        .collect();
    assert!(back == values);
}
