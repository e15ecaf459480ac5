//! Where a known image listens: on the ports of the image table, unless its command or a variable says otherwise.
//!
//! ```yaml
//! services: { db: { image: postgres, command: -p 5433 } }
//! # port 5433, and not 5432
//! ```

use crate::compose::keys::Key;
use crate::compose::model::service::Command;
use crate::compose::model::text::Pairs;
use crate::images::Image;
use crate::ir::{Protocol, Traced};

/// How the servers that listen on a port by default are told another.
struct Server {
    /// The port.
    usual: u16,
    /// The programs; options alone are given to the image's own.
    programs: &'static [&'static str],
    /// The options before the port.
    options: &'static [&'static str],
    /// Variables that the image reads it from.
    variables: &'static [&'static str],
}

const SERVERS: [Server; 9] = [
    Server {
        usual: 5432,
        programs: &["postgres"],
        options: &["-p", "--port", "port"],
        variables: &["PGPORT", "POSTGRESQL_PORT_NUMBER"],
    },
    Server {
        usual: 3306,
        programs: &["mysqld", "mariadbd", "mysqld_safe"],
        options: &["-P", "--port"],
        variables: &["MYSQL_TCP_PORT", "MYSQL_PORT_NUMBER", "MARIADB_PORT_NUMBER"],
    },
    Server {
        usual: 6379,
        programs: &["redis-server", "valkey-server", "keydb-server", "redis-stack-server"],
        options: &["--port"],
        variables: &["REDIS_PORT_NUMBER", "VALKEY_PORT_NUMBER"],
    },
    Server { usual: 27017, programs: &["mongod", "mongos"], options: &["--port"], variables: &["MONGODB_PORT_NUMBER"] },
    Server {
        usual: 11211,
        programs: &["memcached"],
        options: &["-p", "--port"],
        variables: &["MEMCACHED_PORT_NUMBER"],
    },
    Server {
        usual: 5672,
        programs: &[],
        options: &[],
        variables: &["RABBITMQ_NODE_PORT", "RABBITMQ_NODE_PORT_NUMBER"],
    },
    Server { usual: 2181, programs: &[], options: &[], variables: &["ZOOKEEPER_CLIENT_PORT", "ZOO_PORT_NUMBER"] },
    Server { usual: 1433, programs: &[], options: &[], variables: &["MSSQL_TCP_PORT"] },
    Server {
        usual: 9000,
        programs: &["minio", "server"],
        options: &["--address"],
        variables: &["MINIO_API_PORT_NUMBER"],
    },
];

/// What the commands of images with several programs call those that listen nowhere.
const WORKERS: [&str; 16] = [
    "async",
    "beat",
    "celery",
    "consumer",
    "cron",
    "flower",
    "migrate",
    "queue",
    "replacer",
    "rqworker",
    "scheduler",
    "scheduling",
    "sidekiq",
    "triggerer",
    "worker",
    "workers",
];

/// The ports that are known of an image, the first of them as this service has it.
pub(super) fn usual(
    image: Option<&Image>,
    entrypoint: &Key<Command>,
    command: &Key<Command>,
    environment: &Key<Pairs>,
) -> Vec<(Traced<u16>, Protocol)> {
    let Some(image) = image else { return Vec::new() };
    if !image.datastore && ([entrypoint, command].into_iter().any(is_worker) || has_role_of_worker(environment)) {
        return Vec::new();
    }
    let known = |number: &u16| Traced::decided(*number, "image-table");
    let mut ports: Vec<Traced<u16>> = image.ports.iter().map(known).collect();
    let server = SERVERS.iter().find(|server| image.datastore && image.ports.first() == Some(&server.usual));
    let told = match server {
        Some(server) => by_command(server, command).or_else(|| by_variable(server.variables, environment)),
        None if !image.datastore => by_variable(&["PORT"], environment),
        None => None,
    };
    if let (Some(first), Some(told)) = (ports.first_mut(), told) {
        *first = told;
    }
    let udp = image.udp_ports().iter().map(known).map(|port| (port, Protocol::Udp));
    udp.chain(ports.into_iter().map(|port| (port, Protocol::Tcp))).collect()
}

/// Whether a command is that of a worker: `celery -A app worker`, `/docker/bootstrap.sh scheduler`.
fn is_worker(command: &Key<Command>) -> bool {
    let words = command.get().into_iter().flat_map(|command| &command.value.0);
    let parts = words.flat_map(|word| word.value.split(|c: char| !c.is_ascii_alphanumeric()));
    parts.into_iter().any(|part| WORKERS.contains(&part))
}

/// Whether a variable says which of an image's programs runs, and it is a worker's.
fn has_role_of_worker(environment: &Key<Pairs>) -> bool {
    let names = ["APP_ROLE", "CONTAINER_MODE", "CONTAINER_ROLE", "MODE", "PROCESS_TYPE", "ROLE", "SERVICE_ROLE"];
    let pairs = environment.get().into_iter().flat_map(|pairs| &pairs.value.0);
    let values = pairs.filter(|(name, _)| names.contains(&name.as_str())).filter_map(|(_, pair)| pair.value.as_deref());
    values.flat_map(|value| value.split(|c: char| !c.is_ascii_alphanumeric())).any(|part| WORKERS.contains(&part))
}

fn by_command(server: &Server, command: &Key<Command>) -> Option<Traced<u16>> {
    let words = command.get()?.value.0.as_slice();
    let pieces = || words.iter().flat_map(|word| pieces(&word.value).map(move |piece| (piece, word.origin)));
    let is_program = |piece: &str| server.programs.contains(&piece.rsplit('/').next().unwrap_or(piece));
    let is_own = words.first()?.value.starts_with('-') || pieces().any(|(piece, _)| is_program(piece));
    if !is_own {
        return None;
    }
    let values = pieces().zip(pieces().skip(1)).filter(|((option, _), _)| server.options.contains(option));
    values.into_iter().find_map(|(_, (value, origin))| {
        let number = value.rsplit(':').next()?.parse().ok().filter(|port| *port > 0)?;
        Some(Traced::from_origin(number, origin))
    })
}

/// The words of a word that a shell may read: `sh -c "redis-server --port=6380"`.
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    word.split(|c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\'' | ';')).filter(|piece| !piece.is_empty())
}

fn by_variable(variables: &[&str], environment: &Key<Pairs>) -> Option<Traced<u16>> {
    let pairs = environment.get()?;
    variables.iter().find_map(|name| {
        let pair = pairs.value.0.get(*name)?;
        let number = pair.value.as_deref()?.trim().parse().ok().filter(|port| *port > 0)?;
        Some(Traced::from_origin(number, pair.origin))
    })
}
