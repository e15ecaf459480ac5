//! What ends by itself though no key says so: a tool, a migration, a client that says one thing to a server, a script whose last
//! word is `exit`, a service that is called `x-init`. Without `restart:` docker compose lets it end; a Deployment would start it
//! again for ever.

use crate::images;
use crate::ir::Workload;

/// Words of scripts that go on for ever, or until they are told to end.
const ENDLESS: [&str; 10] = [
    "while true",
    "while :",
    "while [ true",
    "while [ 1",
    "while sleep",
    "sleep infinity",
    "tail -f",
    "--watch",
    ":watch",
    "for (( ; ; ))",
];

/// The beginnings of commands that change a database, fetch dependencies, build or test something, and end.
const ONCE: &[&str] = &[
    "AddTable ",
    "airflow connections",
    "airflow create_user",
    "airflow db",
    "airflow initdb",
    "airflow upgradedb",
    "airflow users",
    "airflow version",
    "alembic upgrade",
    "atlas migrate apply",
    "atlas schema apply",
    "bin/rails db:",
    "black ",
    "bundle exec rails db:",
    "bundle exec rake db:",
    "bundle exec rspec",
    "bundle install",
    "cargo test",
    "cockroach init",
    "composer install",
    "composer test",
    "cypress run",
    "db-migrate up",
    "dbmate up",
    "dbt build",
    "dbt deps",
    "dbt run",
    "dbt seed",
    "dbt test",
    "diesel migration run",
    "dotnet ef database update",
    "dotnet test",
    "eslint",
    "flake8",
    "flask db upgrade",
    "flyway migrate",
    "go test",
    "goose up",
    "gradle test",
    "gradlew test",
    "hdfs dfs",
    "hdfs namenode -format",
    "influx bucket",
    "influx setup",
    "isort ",
    "jest",
    "k6 run",
    "kcadm.sh",
    "knex migrate",
    "knex seed",
    "liquibase update",
    "make test",
    "mix ecto.",
    "mvn test",
    "mvnw test",
    "mypy ",
    "newman run",
    "npm ci",
    "npm install",
    "npm run build",
    "npm run db:migrate",
    "npm run lint",
    "npm run migrate",
    "npm run seed",
    "npm run test",
    "npm test",
    "ollama create",
    "ollama pull",
    "php artisan migrate",
    "php artisan test",
    "php bin/console doctrine:migrations:migrate",
    "playwright test",
    "pnpm install",
    "pnpm test",
    "prisma db ",
    "prisma migrate deploy",
    "py.test",
    "pylint",
    "pytest",
    "python manage.py collectstatic",
    "python manage.py loaddata",
    "python manage.py migrate",
    "python manage.py test",
    "rails db:",
    "rake assets:",
    "rake db:",
    "redis-cli --cluster",
    "rpk topic create",
    "rspec",
    "ruff ",
    "safety check",
    "schematool",
    "sequelize db:",
    "sequelize-cli db:",
    "spark-submit ",
    "sqlx migrate run",
    "superset db",
    "superset fab",
    "superset init",
    "superset load_examples",
    "tox",
    "typeorm migration:run",
    "unittest",
    "vault auth",
    "vault kv",
    "vault policy",
    "vault secrets",
    "vault write",
    "vendor/bin/phpunit",
    "yarn build",
    "yarn install",
    "yarn lint",
    "yarn run build",
    "yarn test",
];

/// Programs that change files, send one request or change a cluster, and end.
const PROGRAMS: &[&str] = &[
    "chmod",
    "chown",
    "cp",
    "curl",
    "echo",
    "kafka-acls",
    "kafka-acls.sh",
    "kafka-configs",
    "kafka-configs.sh",
    "kafka-topics",
    "kafka-topics.sh",
    "ldapadd",
    "ldapmodify",
    "mc",
    "mkdir",
    "mv",
    "rm",
    "touch",
    "true",
    "wget",
];

/// Clients that end where they are given what to say, and else ask a person: the client, and the options that give it.
const CLIENTS: &[(&str, &[&str])] = &[
    ("clickhouse-client", &["--query", "-q", "--queries-file", "--multiquery", "-n", "<"]),
    ("cockroach", &["-e", "--execute", "<"]),
    ("cqlsh", &["-e", "-f", "--execute", "--file"]),
    ("cypher-shell", &["-f", "--file", "<"]),
    ("mariadb", &["-e", "--execute", "<"]),
    ("mongo", &["--eval", "<", ".js"]),
    ("mongosh", &["--eval", "<", ".js", "-f", "--file"]),
    ("mysql", &["-e", "--execute", "<"]),
    ("psql", &["-c", "--command", "-f", "--file", "<"]),
    ("sqlcmd", &["-i", "-Q", "-q"]),
];

/// Shells, which end where nothing is typed.
const SHELLS: [&str; 4] = ["ash", "bash", "sh", "zsh"];

/// Words by which people call what prepares something for others.
const PREPARES: [&str; 8] =
    ["init", "initializer", "migrate", "migration", "migrations", "migrator", "seeder", "setup"];

/// What stands before such a command, and changes nothing of it.
const RUNNERS: [&str; 10] =
    ["npx ", "pnpm exec ", "yarn ", "poetry run ", "pipenv run ", "uv run ", "exec ", "python -m ", "sudo ", "./"];

/// Why a workload ends by itself; `None` where nothing says that it does.
pub(super) fn by_itself(workload: &Workload) -> Option<&'static str> {
    let container = &workload.container;
    let words: Vec<&str> =
        container.command.iter().chain(&container.args).flatten().map(|word| word.value.trim()).collect();
    let text = words.join(" ");
    if ENDLESS.iter().any(|endless| text.contains(endless)) {
        return None;
    }
    let last = waited_for(last_statement(script(&words).unwrap_or(&text)));
    let last = &last.replacen("python3 ", "python ", 1);
    let bare = RUNNERS.iter().find_map(|runner| last.strip_prefix(runner)).unwrap_or(last.as_str());
    let (program, rest) = bare.split_once(char::is_whitespace).unwrap_or((bare, ""));
    let program = program.rsplit('/').next().unwrap_or(program);
    let said = format!("{program} {rest}");
    let is_once = |text: &str| ONCE.iter().any(|once| text.starts_with(once));
    let reads_nothing = container.stdin.is_none() && container.tty.is_none();
    let is_shell = words.is_empty() && images::is_shell(&container.image.value)
        || !words.is_empty() && rest.is_empty() && SHELLS.contains(&program) && words.len() == 1;
    if reads_nothing && is_shell {
        Some("it is a shell with nothing to read")
    } else if matches!(bare, "exit" | "exit 0") {
        Some("its script ends with exit")
    } else if PROGRAMS.contains(&program)
        || [last.as_str(), bare, &said].into_iter().any(is_once)
        || last.ends_with("--version")
        || says_one_thing(program, rest)
    {
        Some("its command does one thing and ends")
    } else if images::is_tool(&container.image.value) {
        Some("its image is a tool, which ends")
    } else if prepares(&workload.service) {
        Some("its name says that it prepares something for others")
    } else {
        None
    }
}

/// What runs once a waiter is content: `wait-for-it db:5432 -- npm test`.
fn waited_for(statement: &str) -> &str {
    match statement.split_once(" -- ") {
        Some((waiter, rest)) if waiter.contains("wait") || waiter.contains("dockerize") => rest,
        Some(_) | None => statement,
    }
}

/// Whether a client is given what to say.
fn says_one_thing(program: &str, rest: &str) -> bool {
    CLIENTS.iter().any(|(client, options)| {
        program == *client
            && rest.split_whitespace().any(|word| {
                options.iter().any(|option| match option.starts_with('.') {
                    true => word.trim_matches(['"', '\'']).ends_with(option),
                    false => word.starts_with(option),
                })
            })
    })
}

/// Whether a service is called after what it prepares: `mongo-init`, `init_db`, `setup`.
fn prepares(service: &str) -> bool {
    let mut words = service.split(['-', '_', '.']);
    words.any(|word| PREPARES.contains(&word.to_ascii_lowercase().as_str()))
}

/// What a shell is told to run: `["sh", "-c", script]`.
fn script<'a>(words: &[&'a str]) -> Option<&'a str> {
    let shell = words.iter().position(|word| matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "zsh")))?;
    let mut after = words.iter().skip(shell + 1).skip_while(|word| !(word.starts_with('-') && word.ends_with('c')));
    after.nth(1).copied()
}

/// The last statement of a script, without what only says what becomes of its failure. Separators in quotes do not count.
fn last_statement(script: &str) -> &str {
    let script = script.trim_matches(['"', '\'', ';', ' ', '\n']);
    let script = without_text(script);
    let mut start = 0;
    let mut quote = None;
    let mut escaped = false;
    let mut rest = script.char_indices().peekable();
    while let Some((at, letter)) = rest.next() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '|') if rest.peek().is_some_and(|(_, next)| *next == '|') && is_verdict(script.get(at + 2..)) => {
                break;
            }
            (None, ';' | '&' | '|' | '\n') if script.get(at + 1..).is_some_and(|more| !more.trim().is_empty()) => {
                start = at + 1
            }
            (None, _) => {}
        }
    }
    script.get(start..).unwrap_or_default().trim_matches([' ', '\t', '(', ')', '{', '}'])
}

/// A script up to the text that its last statement reads: `mongosh <<EOF`, and lines up to that word.
fn without_text(script: &str) -> &str {
    let Some((before, text)) = script.split_once("<<") else { return script };
    let word = text.lines().next().unwrap_or_default().trim_matches(['-', '"', '\'', ' ']);
    let ends = !word.is_empty() && script.ends_with(word);
    if ends { script.get(..=before.len()).unwrap_or(script) } else { script }
}

/// Whether what follows a failed statement is the script's last word about it.
fn is_verdict(rest: Option<&str>) -> bool {
    let rest = rest.unwrap_or_default().trim_matches([' ', ';', '"', '\'']);
    !rest.contains(['\n', ';', '&', '|']) && ["true", ":", "exit", "echo"].iter().any(|word| rest.starts_with(word))
}
