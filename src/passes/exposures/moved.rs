//! Whether a service was told to listen elsewhere than its image does by itself, or to be something else. A wait for a port on which nothing listens would
//! hang for ever, so that the image's own ports are waited for only where nothing says so.
//!
//! ```yaml
//! services: { cache: { image: redis, command: redis-server --port 6380 } }
//! # whoever waits for cache waits for its name
//! ```

use std::collections::BTreeSet;

use super::{Objects, find, say};
use crate::diag::Diagnostics;
use crate::ir::{Dial, EnvSource, Port, Protocol, Traced, Why, Workload};
use crate::origin::Origin;

/// Takes the image's own ports from those that may be waited for, where they may have moved.
pub(super) fn doubt(workload: &mut Workload, dials: &[&Dial], shared: &Objects<'_>, diags: &mut Diagnostics) {
    let is_of_image = |port: &Port| matches!(port.number.why, Why::Decision("image-table"));
    let is_stated = |port: &&Port| port.stated && port.protocol == Protocol::Tcp;
    if workload.ports.iter().filter(is_stated).any(|port| !is_of_image(port)) {
        return;
    }
    let usual: BTreeSet<u16> = workload.ports.iter().filter(is_stated).map(|port| port.number.value).collect();
    if usual.is_empty() {
        return;
    }
    if runs_a_client(workload) {
        workload.ports.retain(|port| !is_of_image(port));
        return;
    }
    let own = dials.iter().filter(|dial| dial.from.as_ref() == Some(&dial.to)).filter_map(|dial| dial.port);
    let listens: BTreeSet<u16> = own.map(|(number, _)| number).collect();
    let listens_elsewhere = !listens.is_empty() && listens.is_disjoint(&usual);
    let told = words(workload, &usual);
    if listens_elsewhere || told.is_some() || is_another_program(workload) || variables(workload, shared, &usual) {
        workload.ports.iter_mut().filter(|port| is_of_image(port)).for_each(|port| port.stated = false);
    }
    if let Some((number, place)) = told
        && !workload.ports.iter().any(|port| port.number.value == number && port.protocol == Protocol::Tcp)
    {
        say(workload, (number, Protocol::Tcp), place, "as its own settings say", "seen here".to_owned(), diags);
        workload.ports.push(Port::plain(Traced::from_origin(number, place), Protocol::Tcp, false));
    }
}

/// Words by which images are told to start the server that they are known for.
const SERVERS: &[&str] = &[
    "agent",
    "all-in-one",
    "all",
    "api-server",
    "apache2-foreground",
    "catalina.sh",
    "clickhouse-server",
    "cockroach",
    "dev",
    "docker-entrypoint.sh",
    "docker-run",
    "emqx",
    "entrypoint.sh",
    "etcd",
    "gunicorn",
    "httpd",
    "httpd-foreground",
    "influxd",
    "jobmanager",
    "jupyter",
    "kafka-server-start",
    "kafka-server-start.sh",
    "mariadbd",
    "master",
    "memcached",
    "minio",
    "mongod",
    "mongos",
    "mosquitto",
    "mysqld",
    "mysqld_safe",
    "postgres",
    "rabbitmq-server",
    "redis-server",
    "redis-stack-server",
    "keydb-server",
    "run",
    "run.sh",
    "serve",
    "server",
    "standalone",
    "start",
    "start-dev",
    "start-kafka.sh",
    "start-notebook.sh",
    "start.sh",
    "valkey-server",
    "web",
    "webserver",
    "zkServer.sh",
];

/// Programs of images that are called as these and are no servers.
const CLIENTS: [&str; 6] = ["mariadb", "mongo", "mysql", "redis", "vault", "consul"];

/// Whether the command is something else than options of the image's own server: `image: redis` with `redis-cli`, or Airflow's
/// `scheduler`. What is not known to be the server may not listen.
fn is_another_program(workload: &Workload) -> bool {
    let container = &workload.container;
    let words: Vec<&str> =
        container.command.iter().chain(&container.args).flatten().map(|word| word.value.as_str()).collect();
    if words.first().is_none_or(|first| first.starts_with('-') || first.is_empty()) {
        return false;
    }
    let image = container.image.value.rsplit('/').next().unwrap_or_default();
    let image = image.split([':', '@']).next().unwrap_or_default();
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let programs: Vec<&str> = words.iter().flat_map(|word| word.split(|c| !is_part(c))).collect();
    let after = programs.iter().skip(1).copied().map(Some).chain([None]);
    // `pulsar bookie` is no more the server that `pulsar` is known for than `pulsar initialize` is.
    let is_bare = |next: Option<&str>| next.is_none_or(|next| !next.starts_with(|c: char| c.is_ascii_alphabetic()));
    !programs.iter().zip(after).any(|(word, next)| {
        let program = word.rsplit('/').next().unwrap_or(word);
        SERVERS.contains(&program) || (program == image && !CLIENTS.contains(&program) && is_bare(next))
    })
}

/// Programs by which data are dumped, loaded or looked at: they come with the servers' images, and listen nowhere.
const TOOLS: [&str; 19] = [
    "cqlsh",
    "mariadb-dump",
    "mongo",
    "mongodump",
    "mongoexport",
    "mongoimport",
    "mongorestore",
    "mongosh",
    "mysql",
    "mysqladmin",
    "mysqldump",
    "pg_basebackup",
    "pg_dump",
    "pg_dumpall",
    "pg_restore",
    "psql",
    "rabbitmqadmin",
    "redis-cli",
    "valkey-cli",
];

/// Whether the first program that the command names is such a one, and not the server.
fn runs_a_client(workload: &Workload) -> bool {
    let container = &workload.container;
    let words = container.command.iter().chain(&container.args).flatten().map(|word| word.value.as_str());
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let mut programs =
        words.flat_map(|word| word.split(move |c| !is_part(c))).map(|word| word.rsplit('/').next().unwrap_or(word));
    programs.find_map(|program| {
        let is_tool = TOOLS.contains(&program);
        (is_tool || SERVERS.contains(&program)).then_some(is_tool)
    }) == Some(true)
}

/// Whether a variable is a port that is not one of the usual ones, and has no host beside it.
fn variables(workload: &Workload, shared: &Objects<'_>, usual: &BTreeSet<u16>) -> bool {
    let container = &workload.container;
    let mut all: Vec<(String, String)> = Vec::new();
    for variable in &container.env {
        if let EnvSource::Literal(text) = &variable.source {
            all.push((variable.name.to_ascii_uppercase(), text.clone()));
        }
    }
    for from in &container.env_from {
        for (key, data) in
            find(workload, shared, from.value.0, &from.value.1).into_iter().flat_map(|object| &object.entries)
        {
            all.push((key.to_ascii_uppercase(), String::from_utf8_lossy(&data.bytes).into_owned()));
        }
    }
    let names: BTreeSet<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    all.iter().any(|(name, value)| {
        let Some(start) = name.strip_suffix("PORT") else { return false };
        let is_clients = ["HOST", "SERVER", "ADDRESS", "ADDR", "HOSTNAME", "NAME"]
            .iter()
            .any(|other| !start.is_empty() && names.contains(format!("{start}{other}").as_str()));
        !is_clients && value.trim().parse::<u16>().is_ok_and(|port| port > 0 && !usual.contains(&port))
    })
}

/// The argument that is a port, and not one of the usual ones: `--port 6380`, `-p 6380`, `--http.port=1`.
fn words(workload: &Workload, usual: &BTreeSet<u16>) -> Option<(u16, Origin)> {
    let container = &workload.container;
    let mut flag = String::new();
    let words = container.command.iter().chain(&container.args).flatten();
    // Who names a host dials it.
    let mut parts = words.clone().flat_map(|word| word.value.split(['=', ' ']));
    if parts.any(|part| matches!(part, "-h" | "--host")) {
        return None;
    }
    let places = |word: &Traced<String>| word.why.origins().first().copied().unwrap_or(workload.origin);
    for (word, place) in words.flat_map(|word| word.value.split_whitespace().map(move |part| (part, places(word)))) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, value),
            None if word.starts_with('-') => {
                flag = word.to_ascii_lowercase();
                continue;
            }
            None => (flag.as_str(), word),
        };
        let lower = name.to_ascii_lowercase();
        let is_port = lower.starts_with('-') && (lower.ends_with("port") || matches!(lower.as_str(), "-p"));
        if is_port
            && let Ok(port) = value.parse::<u16>()
            && port > 0
            && !usual.contains(&port)
        {
            return Some((port, place));
        }
        flag.clear();
    }
    None
}
