//! The words that the schema of stack files is written in: tables of keys, and what a value may be.

/// The keys of one kind of mapping.
#[derive(Debug)]
pub(super) struct Table {
    /// What it is called in messages.
    pub(super) name: &'static str,
    /// Its keys, in the order they are printed.
    pub(super) fields: &'static [Field],
    /// The minor version from which `x-*` may stand in it.
    pub(super) extensions: Option<u8>,
    /// The minor version from which keys that it does not know are passed over.
    pub(super) open: Option<u8>,
}

/// One key.
#[derive(Debug)]
pub(super) struct Field {
    /// The key.
    pub(super) name: &'static str,
    /// The minor version it came with.
    pub(super) since: u8,
    /// What its value is.
    pub(super) kind: Kind,
}

/// What becomes of a zero: `false`, `0`, an empty text or mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zero {
    /// It is as good as nothing written.
    Unset,
    /// It is a value like any other.
    Kept,
}

/// What a number must be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    /// Whether a fraction is an error; otherwise it is cut off.
    pub(super) whole: bool,
    /// Whether it may be negative.
    pub(super) signed: bool,
    /// What becomes of a zero.
    pub(super) zero: Zero,
}

/// What a value is: its forms, how two of them merge, and how it is printed.
#[derive(Debug)]
pub(super) enum Kind {
    /// A text.
    Text,
    /// A text, or nothing.
    NullableText,
    /// One of a few texts.
    Choice(&'static [&'static str]),
    /// True or false.
    Flag(Zero),
    /// A number.
    Number(Number),
    /// A number with a fraction, in single precision.
    Ratio,
    /// A size in bytes, written as text.
    Bytes,
    /// A duration.
    Duration(Zero),
    /// A command: a text that is split into words, or its words.
    Command,
    /// A health check's command: a text for the shell, or its words.
    Test,
    /// A text or a list of texts, no two alike.
    TextOrTexts,
    /// A list of texts; `unique` ones are no two alike.
    Texts {
        /// Whether equal ones are an error.
        unique: bool,
    },
    /// A list of texts and numbers, no two alike.
    Numbers,
    /// `KEY=VALUE` items or a mapping; a key without value keeps none in `environment`, and has an empty one elsewhere.
    Pairs {
        /// Whether no value is other than an empty one.
        null: bool,
    },
    /// A mapping of texts and numbers.
    Options {
        /// Whether a value may be null.
        null: bool,
    },
    /// `extra_hosts`.
    Hosts,
    /// The networks of a service: names, or a mapping.
    Attachments,
    /// `ports`.
    Ports,
    /// `volumes` of a service.
    Mounts,
    /// `secrets` or `configs` of a service.
    Grants,
    /// `ulimits`.
    Ulimits,
    /// `external`: true or false, or the name it has.
    External {
        /// Whether other keys beside `name` are an error.
        closed: bool,
    },
    /// A mapping with keys of a table.
    Table(&'static Table, Zero),
    /// The same, or nothing.
    NullableTable(&'static Table),
    /// A text that is one key of a table's mapping, or the mapping.
    Short(&'static str, &'static Table),
    /// A list of mappings.
    Items(&'static Table),
    /// A mapping of the user's names to mappings.
    Entries {
        /// The keys of each.
        table: &'static Table,
        /// Whether an entry may be null.
        nullable: bool,
        /// Whether a name of other characters than letters, digits, dot, dash and underscore is an error.
        closed: bool,
    },
    /// A value that is checked and then forgotten.
    Forgotten(&'static Kind),
    /// A whole number or a text.
    NumberOrText,
}

impl Table {
    /// The key of a name, whatever version it came with.
    pub(super) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}
