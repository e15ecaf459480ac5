//! What ends by itself though no key says so: a tool, a migration, a script whose last word is `exit`. Without `restart:` docker
//! compose lets it end; a Deployment would start it again for ever.

use crate::images;
use crate::ir::Workload;

/// Words of scripts that go on for ever, or until they are told to end.
const ENDLESS: [&str; 9] = [
    "while true",
    "while :",
    "while [ true",
    "while [ 1",
    "while sleep",
    "sleep infinity",
    "tail -f",
    "--watch",
    "for (( ; ; ))",
];

/// The beginnings of commands that change a database, fetch dependencies or build something, and end.
const ONCE: [&str; 27] = [
    "alembic upgrade",
    "atlas migrate apply",
    "atlas schema apply",
    "bin/rails db:",
    "bundle exec rails db:",
    "bundle exec rake db:",
    "bundle install",
    "composer install",
    "dbmate up",
    "diesel migration run",
    "dotnet ef database update",
    "flask db upgrade",
    "flyway migrate",
    "goose up",
    "npm ci",
    "npm install",
    "npm run build",
    "php artisan migrate",
    "php bin/console doctrine:migrations:migrate",
    "prisma migrate deploy",
    "python manage.py migrate",
    "rails db:",
    "rake db:",
    "sqlx migrate run",
    "yarn build",
    "yarn install",
    "yarn run build",
];

/// Programs that change files and end.
const FILE_PROGRAMS: [&str; 9] = ["chmod", "chown", "cp", "echo", "mkdir", "mv", "rm", "touch", "true"];

/// What stands before such a command, and changes nothing of it.
const RUNNERS: [&str; 9] =
    ["npx ", "pnpm exec ", "yarn ", "poetry run ", "pipenv run ", "uv run ", "exec ", "python -m ", "./"];

/// Why a workload ends by itself; `None` where nothing says that it does.
pub(super) fn by_itself(workload: &Workload) -> Option<&'static str> {
    let container = &workload.container;
    let words = container.command.iter().chain(&container.args).flatten().map(|word| word.value.trim());
    let text = words.collect::<Vec<_>>().join(" ");
    if ENDLESS.iter().any(|endless| text.contains(endless)) {
        return None;
    }
    let last = text.trim_end_matches([';', ' ', '\n', '"', '\'']).rsplit([';', '&', '|', '\n']).next();
    let last = last.unwrap_or_default().trim();
    let last = ["sh -c ", "bash -c ", "-c "]
        .iter()
        .find_map(|shell| last.split_once(shell))
        .map_or(last, |(_, script)| script.trim_start_matches(['"', '\'', ' ']));
    let program = last.split_whitespace().next().and_then(|word| word.rsplit('/').next()).unwrap_or_default();
    let bare = RUNNERS.iter().find_map(|runner| last.strip_prefix(runner)).unwrap_or(last);
    if matches!(bare, "exit" | "exit 0") {
        Some("its script ends with exit, and it is not restarted")
    } else if FILE_PROGRAMS.contains(&program) {
        Some("its command changes files and ends, and it is not restarted")
    } else if ONCE.iter().any(|once| last.starts_with(once) || bare.starts_with(once)) {
        Some("its command does one thing and ends, and it is not restarted")
    } else if images::is_tool(&container.image.value) {
        Some("its image is a tool, which ends, and it is not restarted")
    } else {
        None
    }
}
