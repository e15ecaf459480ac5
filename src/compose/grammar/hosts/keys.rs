//! What the names of variables, flags and schemes say of the hosts beside them.

/// What the key of a text, or the flag before it, says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// It holds hosts: `DB_HOST`, `--server`.
    Hosts,
    /// It may hold anything.
    Anything,
    /// It names something else, such as a database or a path, or says where that is: a host only with a port.
    Name,
    /// It holds something else, such as an image or a password; a URL in it is one all the same.
    Other,
}

impl Says {
    /// Whether a word that stands alone is no host.
    pub fn is_other(self) -> bool {
        match self {
            Says::Name | Says::Other => true,
            Says::Hosts | Says::Anything => false,
        }
    }
}

/// The port that a client of a scheme dials when none is written.
pub(super) fn scheme_port(scheme: &str) -> Option<u16> {
    let base = scheme.split('+').next().unwrap_or_default();
    Some(match base {
        "http" | "ws" | "h2c" => 80,
        "https" | "wss" => 443,
        "postgres" | "postgresql" | "pgsql" | "postgis" | "psql" => 5432,
        "mysql" | "mysql2" | "mysqli" | "mariadb" => 3306,
        "mongodb" => 27017,
        "redis" | "rediss" | "valkey" => 6379,
        "amqp" | "pyamqp" | "rabbitmq" => 5672,
        "amqps" => 5671,
        "mqtt" => 1883,
        "mqtts" => 8883,
        "nats" => 4222,
        "kafka" => 9092,
        "memcached" | "memcache" => 11211,
        "sqlserver" | "mssql" => 1433,
        "clickhouse" => 9000,
        "cassandra" => 9042,
        "neo4j" | "bolt" => 7687,
        "zk" | "zookeeper" => 2181,
        "ldap" => 389,
        "ldaps" => 636,
        "smtp" => 25,
        "smtps" => 465,
        "imap" => 143,
        "ftp" => 21,
        "ssh" | "sftp" => 22,
        _ => return None,
    })
}

/// What a flag says of the word that follows it, or of its own value.
pub fn flag(word: &str) -> Says {
    match word {
        "-h" | "-H" | "-S" => Says::Hosts,
        _ if word.starts_with('-') && !word.contains('=') => says(word.trim_start_matches('-')),
        _ => Says::Anything,
    }
}

/// Words that end the names of variables that hold hosts, singular.
const HOSTS: &[&str] = &[
    "host",
    "hostname",
    "hostport",
    "addr",
    "address",
    "addresse",
    "server",
    "url",
    "uri",
    "endpoint",
    "node",
    "broker",
    "peer",
    "upstream",
    "backend",
    "target",
    "seed",
    "dsn",
    "domain",
    "proxy",
    "bootstrap",
    "master",
    "primary",
    "replica",
    "leader",
    "member",
    "origin",
    "listener",
    "zookeeper",
    "gateway",
    "relay",
    "quorum",
    "contactpoint",
    "fqdn",
    "join",
    "connect",
    "configdb",
    "ip",
];

/// Words that end the names of variables that hold a name, or an address where that is served: `DB=mysql:3306`.
const NAMES: &[&str] = &["db", "database", "path", "queue"];

/// Words that end the names of variables that never hold hosts.
const OTHER: &[&str] = &[
    "dbname",
    "name",
    "user",
    "username",
    "login",
    "password",
    "pass",
    "passwd",
    "schema",
    "image",
    "tag",
    "version",
    "dir",
    "directory",
    "file",
    "folder",
    "volume",
    "bucket",
    "topic",
    "table",
    "role",
    "group",
    "label",
    "title",
    "prefix",
    "key",
    "secret",
    "token",
    "id",
    "project",
    "env",
    "environment",
    "vhost",
    "realm",
    "index",
];

/// What the name of a variable, a flag or a key says of its value.
pub fn says(key: &str) -> Says {
    let mut words = words(key);
    words.retain(|word| !word.bytes().all(|byte| byte.is_ascii_digit()) && !matches!(word.as_str(), "list" | "s"));
    let Some(last) = words.last() else { return Says::Anything };
    let before = words.len().checked_sub(2).and_then(|at| words.get(at)).map(String::as_str);
    if last == "name" && before.is_some_and(|word| matches!(word, "host" | "server" | "node" | "broker" | "domain")) {
        return Says::Hosts;
    }
    match (before, last.as_str()) {
        (Some("source"), "name") => return Says::Anything,
        (Some("image"), _) => return Says::Other,
        (Some("config"), "db") | (Some("contact"), "points") => return Says::Hosts,
        _ => {}
    }
    if matches!(last.as_str(), "hosts" | "nodes") || HOSTS.contains(&singular(last)) {
        return Says::Hosts;
    }
    if NAMES.contains(&singular(last)) {
        return Says::Name;
    }
    if OTHER.contains(&singular(last)) {
        return Says::Other;
    }
    // PGHOST, BASEURL, DBSERVER.
    let joined =
        ["host", "hosts", "hostname", "url", "uri", "addr", "address", "server", "servers", "endpoint", "brokers"];
    if joined.iter().any(|ending| last.len() > ending.len() && last.ends_with(ending)) {
        Says::Hosts
    } else {
        Says::Anything
    }
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').filter(|rest| rest.len() > 2 && !rest.ends_with('s')).unwrap_or(word)
}

/// The words of a name, in lower case: `DB_HOST`, `discovery.seed-hosts` and `dbHost` have two or three.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for c in key.chars() {
        let splits = !c.is_ascii_alphanumeric();
        if (splits || (c.is_ascii_uppercase() && after_lower)) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if !splits && let Some(word) = words.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
        after_lower = c.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}
