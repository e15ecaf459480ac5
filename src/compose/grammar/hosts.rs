//! Where hosts stand in a text: the authority of a URL, `host:port`, lists of these, `host=` in a connection string, `-h host` in
//! a command. A word that merely equals a service's name (`POSTGRES_DB: my_db`) is none.
//!
//! No specification says where a container dials its peers; these are the forms in which real files write it (RFC 3986, section
//! 3.2, and the connection strings of libpq, JDBC, ADO.NET and Go's drivers).

mod keys;
mod ranges;

use std::ops::Range;

pub use keys::{Says, flag, says};
pub use ranges::range;

use keys::scheme_port;

/// A host in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its bytes.
    pub range: Range<usize>,
    /// The port that is written beside it.
    pub port: Option<u16>,
    /// A second one behind it, as in ZooKeeper's `zoo1:2888:3888`.
    pub second: Option<u16>,
    /// The port that its scheme implies; holds where no port is written.
    pub implied: Option<u16>,
    /// Whether it is dialled with UDP.
    pub udp: bool,
}

impl Host {
    /// The port that is dialled, as far as the text says it.
    pub fn dialled(&self) -> Option<u16> {
        self.port.or(self.implied)
    }
}

/// Every host in a text, in order.
pub fn find(text: &str, says: Says) -> Vec<Host> {
    let mut found = Vec::new();
    let mut scan =
        Scan { text, says, authority: 0..0, implied: None, udp: false, port_of_text: None, command: Command::None };
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(skipped) = rest.find(is_host_character) else {
            scan.pass(at..text.len());
            break;
        };
        scan.pass(at..at + skipped);
        let mut start = at + skipped;
        // What a shell takes where a variable is not set: `${DB_HOST:-db}`.
        if text.get(..start).is_some_and(|before| before.ends_with(':')) && rest.get(skipped..).is_some_and(is_default)
        {
            start += 1;
        }
        let length = text.get(start..).map_or(0, run_length);
        scan.run(start..start + length, &mut found);
        at = start + length;
    }
    found
}

/// Whether a text begins with the dash of a default, and not with that of a flag.
fn is_default(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// The length of the run of host characters, and of ranges between them, at the beginning of a text.
fn run_length(text: &str) -> usize {
    let mut length = 0;
    while let Some(rest) = text.get(length..) {
        length += rest.find(|c| !is_host_character(c)).unwrap_or(rest.len());
        match text.get(length..).and_then(ranges::length) {
            Some(range) => length += range,
            None => break,
        }
    }
    length
}

fn is_host_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// What has been read so far of one text.
struct Scan<'a> {
    text: &'a str,
    says: Says,
    /// The hosts of the URL that is being read, without its user; empty outside of URLs.
    authority: Range<usize>,
    /// The port of its scheme.
    implied: Option<u16>,
    /// Whether its scheme is a UDP one.
    udp: bool,
    /// The port that stands elsewhere in the text; looked for once.
    port_of_text: Option<Option<u16>>,
    command: Command,
}

/// A command whose plain arguments are hosts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Command {
    None,
    /// `ping HOST`.
    Host,
    /// `nc HOST PORT`.
    HostAndPort,
    /// `mongosh HOST/DATABASE`; alone it is the database.
    HostAndPath,
}

impl<'a> Scan<'a> {
    /// Reads what stands between two runs.
    fn pass(&mut self, range: Range<usize>) {
        let between = self.slice(range.clone());
        if between.contains([';', '|', '&', '\n']) {
            self.command = Command::None;
        }
        // Nearly all that stands between is one character, and no scheme.
        if between.len() >= "://".len()
            && let Some(at) = between.strip_suffix("///").map(str::len).or_else(|| between.rfind("//"))
            && range.start + at >= self.authority.end
            && (between.get(..at).is_some_and(|before| before.ends_with([':', '@'])))
        {
            self.open(range.start + at);
        }
    }

    /// Begins the authority whose `//` stands at a byte.
    fn open(&mut self, slashes: usize) {
        let mut start = slashes + 2;
        let before = self.slice(0..slashes).trim_end_matches(':');
        // gRPC's `dns:///HOST:PORT`: before the third slash would stand who is asked.
        if ["dns", "passthrough"].iter().any(|scheme| before.ends_with(scheme))
            && self.slice(start..self.text.len()).starts_with('/')
        {
            start += 1;
        }
        let rest = self.slice(start..self.text.len());
        let end = start + authority_length(rest);
        let user = self.slice(start..end).rfind('@').map_or(0, |at| at + 1);
        self.authority = start + user..end;
        let first = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-')))
            .map_or(0, |at| at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
        let scheme = before.get(first..).unwrap_or_default().to_ascii_lowercase();
        if matches!(scheme.as_str(), "s3" | "gs" | "gcs" | "file" | "unix" | "npipe" | "sqlite") {
            self.authority = end..end;
        }
        self.udp = scheme.contains("udp");
        self.implied = scheme_port(&scheme);
    }

    fn run(&mut self, run: Range<usize>, found: &mut Vec<Host>) {
        let word = self.slice(run.clone());
        if !self.authority.is_empty() && run.start < self.authority.end {
            let begins = run.start == self.authority.start || self.before(run.start).ends_with([',', '(', '@', '/']);
            // In `A://one,B://two` the second scheme is no host, and in `a=http://one,b=http://two` neither is what it belongs to.
            let after = self.slice(run.end..self.text.len());
            let is_host = !after.starts_with('=') && !after.starts_with("://");
            if run.start >= self.authority.start && begins && is_host {
                found.push(Host {
                    port: self.port_after(run.end),
                    second: None,
                    implied: self.implied,
                    udp: self.udp,
                    range: run,
                });
            }
            return;
        }
        if run.start < self.authority.start {
            return;
        }
        let before = self.before(run.start);
        if let Some(short) = word.strip_prefix("-h").or_else(|| word.strip_prefix("-H"))
            && !short.is_empty()
            && (before.is_empty() || before.ends_with(char::is_whitespace))
        {
            found.push(Host { range: run.start + 2..run.end, port: None, second: None, implied: None, udp: false });
        }
        let trimmed = word.trim_end_matches('.');
        let range = run.start..run.start + trimmed.len();
        if let Some(host) = self.outside(range) {
            found.push(host);
        }
        let is_command = before.is_empty() || before.ends_with([' ', '(', ';', '|', '&', '\n']);
        match word {
            _ if !is_command || !self.slice(run.end..self.text.len()).starts_with(' ') => {}
            "ping" | "nslookup" | "dig" | "host" | "hosts" | "ahosts" | "ahostsv4" | "curl" | "wget" => {
                self.command = Command::Host;
            }
            "nc" | "ncat" | "netcat" | "telnet" => self.command = Command::HostAndPort,
            "mongo" | "mongosh" => self.command = Command::HostAndPath,
            _ => {}
        }
    }

    /// A run outside of URLs.
    fn outside(&mut self, range: Range<usize>) -> Option<Host> {
        let before = self.before(range.start);
        let is_flag = self.slice(range.clone()).starts_with('-');
        let near = before_list(last_bytes(before, 160));
        let key = keyed(near);
        let previous = near.split_whitespace().next_back().filter(|_| near.ends_with([' ', '\t', '"', '\'']));
        let said = key.or_else(|| previous.map(flag)).unwrap_or(Says::Anything);
        // Before an `@` stands who is there: a user, a number, an Erlang node.
        let is_user = self.slice(range.end..self.text.len()).starts_with('@');
        if self.says == Says::Other || said == Says::Other || range.is_empty() || is_flag || is_user {
            return None;
        }
        let host = |port| Some(Host { range: range.clone(), port, second: None, implied: None, udp: false });
        // The shell's own connections: `/dev/tcp/HOST/PORT`.
        let udp = before.ends_with("/dev/udp/");
        if udp || before.ends_with("/dev/tcp/") {
            let port = self.slice(range.end..self.text.len()).strip_prefix('/').and_then(leading_port);
            return host(port).map(|host| Host { udp, ..host });
        }
        let in_path = before.ends_with(['/', '$', '{', '\\', '%']) && !self.is_in_replica_set(&range);
        let is_name = self.says == Says::Name || said == Says::Name;
        // No other word begins as Docker's name for the tasks of a service does.
        let is_tasks = self.slice(range.clone()).strip_prefix("tasks.").is_some_and(|service| !service.is_empty());
        // What has less digits may be the tag of an image.
        if let Some(port) = self.port_after(range.end).filter(|port| !(in_path || is_name && *port < 100)) {
            let digits = self.slice(range.end + 1..self.text.len()).bytes().take_while(u8::is_ascii_digit).count();
            let second = self.port_after(range.end + 1 + digits);
            return host(Some(port)).map(|host| Host { second, ..host });
        }
        let after = self.slice(range.end..self.text.len());
        if after.starts_with(['=', '(']) || after.starts_with("://") || in_path || is_name || is_set(after) {
            return None;
        }
        if is_tasks || is_followed_by_port(after) {
            return host(None);
        }
        let beside = next_port(after).filter(|_| previous.is_none_or(|previous| !is_short_flag(previous)));
        if said == Says::Hosts {
            return host(comma_port(after).or(beside).or_else(|| self.port_elsewhere()));
        }
        if beside.is_some() {
            return host(beside);
        }
        if self.says == Says::Hosts {
            let is_item = |c: char| c.is_whitespace() || ",;|\"'[]()@".contains(c);
            let begins = before.chars().next_back().is_none_or(is_item);
            let ends = after.chars().next().is_none_or(|c| is_item(c) || matches!(c, '/' | ':'));
            return if begins && ends { host(None) } else { None };
        }
        previous.and_then(|previous| self.argument(previous, after)).and_then(host)
    }

    /// Whether a host stands behind the name of a replica set: `rs0/one:27017,two:27017`, `--configdb configs/one:27019`.
    fn is_in_replica_set(&self, range: &Range<usize>) -> bool {
        let Some(set) = self.before(range.start).strip_suffix('/') else { return false };
        let near = last_bytes(set, 160).trim_end_matches(is_host_character);
        let is_word = near.len() < set.len() && (near.is_empty() || near.ends_with([' ', '=', '"', '\'', '(']));
        let Some(after) = self.slice(range.end..self.text.len()).strip_prefix(':').filter(|_| is_word) else {
            return false;
        };
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let goes_on = after.get(digits..).is_some_and(|rest| rest.starts_with(',') && is_followed_by_port(rest));
        let said = keyed(near).or_else(|| near.split_whitespace().next_back().map(flag));
        digits > 3 && (goes_on || said == Some(Says::Hosts))
    }

    /// An argument of a command whose plain arguments are hosts: the port beside it, where it is one.
    #[expect(clippy::option_option, reason = "whether it is a host, and whether a port is known")]
    fn argument(&self, previous: &str, after: &str) -> Option<Option<u16>> {
        let is_value =
            previous.starts_with('-') && !previous.trim_start_matches('-').chars().all(|c| "sfSkLiIvqzt46".contains(c));
        if is_value {
            return None;
        }
        let word = after.strip_prefix(' ').and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
        let port = word.and_then(|digits| digits.parse().ok()).filter(|port| *port > 0);
        match self.command {
            Command::Host => Some(None),
            Command::HostAndPort => port.map(Some),
            Command::HostAndPath => after.starts_with('/').then_some(None),
            Command::None => None,
        }
    }

    /// `:5432`, where the number ends as a port does.
    fn port_after(&self, end: usize) -> Option<u16> {
        let after = self.slice(end..self.text.len()).strip_prefix(':')?;
        let length = after.bytes().take_while(u8::is_ascii_digit).count();
        let next = after.get(length..).and_then(|rest| rest.chars().next());
        if next.is_some_and(|next| is_host_character(next) && next != '.' || next == '@') {
            return None;
        }
        // A full stop may end a sentence; a version goes on behind it.
        let rest = after.get(length..).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
        if rest.starts_with(is_host_character) {
            return None;
        }
        after.get(..length)?.parse().ok().filter(|port| *port > 0)
    }

    /// The first `port=N`, `port_value: N`, `--port N` or `-p N` of the text.
    fn port_elsewhere(&mut self) -> Option<u16> {
        if let Some(known) = self.port_of_text {
            return known;
        }
        let lower = self.text.to_ascii_lowercase();
        let find = |word: &str| {
            lower.match_indices(word).find_map(|(at, word)| {
                let rest = lower.get(at + word.len()..)?.trim_start_matches(['"', '\'']);
                let rest = rest.strip_prefix("_value").unwrap_or(rest).trim_start_matches([' ', '=', ':', '"', '\'']);
                rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok().filter(|port| *port > 0)
            })
        };
        let found = find("port").or_else(|| find(" -p "));
        self.port_of_text = Some(found);
        found
    }

    fn before(&self, at: usize) -> &'a str {
        self.slice(0..at)
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }
}

/// Up to where the authority of a URL goes, ranges included.
fn authority_length(text: &str) -> usize {
    let mut length = 0;
    while let Some(rest) = text.get(length..) {
        let is_end = |c: char| c.is_whitespace() || "/?#\"'`\\;<>{}|".contains(c);
        length += rest.find(is_end).unwrap_or(rest.len());
        match text.get(length..).and_then(ranges::length) {
            Some(range) => length += range,
            None => break,
        }
    }
    length
}

/// What stands before the list that a word is an item of: `hosts: [a, ` and `--hosts a,` end in what is said of all items.
fn before_list(near: &str) -> &str {
    let is_between = |c: char| is_host_character(c) || c.is_whitespace() || matches!(c, ',' | ':' | '"' | '\'');
    if let Some((before, items)) = near.rsplit_once('[').filter(|(_, items)| items.chars().all(is_between)) {
        // Else it is a list of words that a command is made of.
        return if items.contains(" -") || items.contains("\"-") { near } else { before };
    }
    let is_item = |c: char| is_host_character(c) || c == ',';
    if near.ends_with(',') { near.trim_end_matches(is_item) } else { near }
}

/// Whether a list of hosts goes on, and one of them has a port: `,two,three:9300`.
fn is_followed_by_port(after: &str) -> bool {
    if !after.starts_with(',') {
        return false;
    }
    // Of a list of any length, what is near will do.
    let rest: String = after.chars().take(160).skip_while(|c| is_host_character(*c) || *c == ',').take(2).collect();
    let mut rest = rest.chars();
    rest.next() == Some(':') && rest.next().is_some_and(|c| c.is_ascii_digit())
}

/// What `key=` or `key: ` before a word says of it; `None` where there is no key.
fn keyed(near: &str) -> Option<Says> {
    let quoted = near.trim_end_matches([' ', '"', '\'']);
    // SQL Server's `Server=tcp:host,1433`.
    let quoted = quoted.strip_suffix("tcp:").filter(|rest| rest.ends_with('=')).unwrap_or(quoted);
    // `<host>db</host>`, and the default of a variable of a shell.
    let is_tag = quoted.strip_suffix('>').is_some_and(|tag| tag.trim_end_matches(is_host_character).ends_with('<'));
    let end =
        if is_tag { quoted.strip_suffix('>') } else { quoted.strip_suffix(":-").or(quoted.strip_suffix(['=', ':'])) };
    let before = end?.trim_end_matches([' ', '"', '\'']);
    let start = before.rfind(|c: char| !is_host_character(c)).map_or(0, |at| at + 1);
    let key = before.get(start..).unwrap_or_default();
    let is_source = key.eq_ignore_ascii_case("source") && before.to_ascii_lowercase().ends_with("data source");
    (!key.is_empty()).then(|| if is_source { Says::Hosts } else { says(key) })
}

/// SQL Server's `host,1433`.
fn comma_port(after: &str) -> Option<u16> {
    leading_port(after.strip_prefix(',')?)
}

/// Whether members of a replica set follow its name: `/one:27017`.
fn is_set(after: &str) -> bool {
    let Some(members) = after.strip_prefix('/') else { return false };
    let port = members.trim_start_matches(is_host_character).strip_prefix(':');
    port.is_some_and(|port| port.bytes().take_while(u8::is_ascii_digit).count() > 3)
}

/// A number that stands behind a host as a word of its own, as in `replicaof HOST 6379`: one that no count or year is.
fn next_port(after: &str) -> Option<u16> {
    let after = after.strip_prefix('}').unwrap_or(after);
    // `["db", 6379]`, too.
    let item = after.strip_prefix(['"', '\'']).and_then(|rest| rest.strip_prefix(',')).map(str::trim_start);
    let rest = item.or_else(|| after.strip_prefix(' '))?;
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let ends = rest.get(length..)?.chars().next().is_none_or(|next| next.is_whitespace() || "\"';&|)],".contains(next));
    let port = rest.get(..length)?.parse().ok()?;
    (ends && port >= 1024 && !(1970..=2100).contains(&port)).then_some(port)
}

/// `-U`: of one letter, and of what follows nothing is known.
fn is_short_flag(word: &str) -> bool {
    word.len() == 2 && word.starts_with('-') && flag(word) != Says::Hosts
}

/// The port that a text begins with.
fn leading_port(text: &str) -> Option<u16> {
    let digits = text.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().filter(|port| *port > 0)
}

/// The end of a text, so that looking back costs the same everywhere.
fn last_bytes(text: &str, count: usize) -> &str {
    let mut start = text.len().saturating_sub(count);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
