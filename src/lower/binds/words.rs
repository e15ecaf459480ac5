//! What the path of a bind mount says by its names: a part of the host itself, a file or a folder, data, code or settings.

use super::base_name;
use crate::compose::grammar::mounts as grammar;

/// Files of the host that say its time zone.
pub(super) fn is_clock(path: &str) -> bool {
    matches!(path, "/etc/localtime" | "/etc/timezone" | "/etc/TZ") || path.starts_with("/usr/share/zoneinfo")
}

/// Paths that belong to the host itself.
pub(super) fn is_system(path: &str) -> bool {
    let path = grammar::clean(path);
    // Administrators keep what is theirs in these.
    for (folder, own) in [("/etc/", OWN_SETTINGS), ("/usr/local/", OWN_PROGRAMS)] {
        if let Some(rest) = path.strip_prefix(folder) {
            let first = rest.split('/').next().unwrap_or_default();
            return own.iter().any(|own| own.strip_suffix('*').map_or(first == *own, |start| first.starts_with(start)));
        }
    }
    if path.starts_with("/var/lib/docker/volumes/") {
        return false;
    }
    [
        "/proc",
        "/sys",
        "/dev",
        "/etc",
        "/var/run",
        "/run",
        "/var/log",
        "/var/lib/docker",
        "/var/lib/containerd",
        "/var/lib/kubelet",
        "/var/lib/dbus",
        "/var/lib/systemd",
        "/cgroup",
        "/lib",
        "/lib64",
        "/usr",
        "/bin",
        "/sbin",
        "/boot",
        "/tmp/.X11-unix",
        "/",
    ]
    .iter()
    .any(|system| {
        path == *system || (*system != "/" && path.strip_prefix(system).is_some_and(|rest| rest.starts_with('/')))
    })
}

/// What every node has in `/etc`; a star stands for any ending.
const OWN_SETTINGS: &[&str] = &[
    "X11",
    "alternatives",
    "apparmor*",
    "apt",
    "audit*",
    "ca-certificates*",
    "cdi",
    "cni",
    "containerd",
    "containers",
    "cron*",
    "crypto-policies",
    "dbus-1",
    "default",
    "docker",
    "environment",
    "fstab",
    "group",
    "host.conf",
    "hostname",
    "hosts*",
    "init.d",
    "iproute2",
    "iptables*",
    "issue*",
    "kubernetes",
    "ld.so*",
    "libnl*",
    "localtime",
    "login.defs",
    "lsb-release",
    "machine-id",
    "modprobe.d",
    "modules*",
    "mtab",
    "netplan",
    "network*",
    "NetworkManager",
    "nftables*",
    "nsswitch.conf",
    "nvidia*",
    "os-release",
    "OpenCL",
    "pam.d",
    "passwd*",
    "pki",
    "profile*",
    "protocols",
    "rc*",
    "redhat-release",
    "resolv.conf",
    "rpc",
    "security",
    "selinux",
    "services",
    "shadow*",
    "gshadow*",
    "shells",
    "ssh",
    "ssl",
    "subgid",
    "subuid",
    "sudoers*",
    "sysconfig",
    "sysctl*",
    "systemd",
    "timezone",
    "TZ",
    "udev",
    "vulkan",
    "yum*",
];

/// What belongs to nodes in `/usr/local`.
const OWN_PROGRAMS: &[&str] = &["bin", "cuda*", "lib*", "nvidia*", "sbin", "share"];

/// How paths of devices begin that are sure to be neither folders nor disks.
const CHARACTER_DEVICES: &[&str] =
    &["/dev/tty", "/dev/kmsg", "/dev/net/tun", "/dev/fuse", "/dev/kvm", "/dev/null", "/dev/random", "/dev/urandom"];

/// What a path of the system is, as the kubelet checks it; empty where it may be either, and then it is not checked.
pub(super) fn system_kind(path: &str) -> &'static str {
    let path = grammar::clean(path);
    match path.as_str() {
        "/" | "/proc" | "/sys" | "/etc" | "/var/run" | "/run" | "/run/udev" | "/var/log" | "/usr" | "/lib"
        | "/lib/modules" | "/boot" | "/dev" | "/dev/shm" | "/dev/dri" | "/dev/snd" | "/dev/disk" | "/dev/input"
        | "/dev/mapper" | "/dev/net" | "/dev/bus/usb" | "/tmp/.X11-unix" => "Directory",
        "/etc/passwd" | "/etc/group" | "/etc/hosts" | "/etc/hostname" | "/etc/resolv.conf" | "/etc/os-release"
        | "/etc/machine-id" => "File",
        _ if path.ends_with(".sock") => "Socket",
        _ if CHARACTER_DEVICES.iter().any(|device| path.starts_with(device)) => "CharDevice",
        _ => "",
    }
}

/// Endings of files that a container reads.
#[rustfmt::skip]
const FILES: &[&str] = &[
    "conf", "cfg", "cnf", "config", "ini", "yml", "yaml", "json", "json5", "toml", "xml", "properties",
    "env", "txt", "md", "sh", "bash", "py", "js", "mjs", "ts", "php", "rb", "pl",
    "lua", "sql", "html", "htm", "css", "htpasswd", "key", "pem", "crt", "cer", "cert", "csr",
    "p12", "pfx", "jks", "tmpl", "tpl", "template", "acl", "rules", "lic", "list", "license", "hex",
    "ldif", "keytab", "pub", "der", "ovpn", "csv", "tsv", "cql", "cypher", "hcl", "j2", "ps1",
    "zone", "token", "passwd", "keystore", "truststore", "groovy", "jar", "ipynb", "jsonl", "ndjson", "river", "alloy",
    "exs", "edn", "vcl", "mustache",
];

/// Files without such an ending.
const WELL_KNOWN: &[&str] = &[
    ".Xauthority",
    ".bash_history",
    ".bashrc",
    ".env",
    ".erlang.cookie",
    ".gitconfig",
    ".htaccess",
    ".htpasswd",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".yarnrc",
    "Caddyfile",
    "Corefile",
    "Dockerfile",
    "Gemfile",
    "Jenkinsfile",
    "Makefile",
    "Procfile",
    "Vagrantfile",
    "authorized_keys",
    "crontab",
    "hosts",
    "id_ed25519",
    "id_rsa",
    "id_rsa.pub",
    "jwtsecret",
    "keyfile",
    "keytab",
    "known_hosts",
    "mongo-keyfile",
    "mongodb-keyfile",
    "passwd",
    "pwfile",
];

/// Whether a path that is not there was meant as a file: the container looks for one, by the name that it has there.
pub(super) fn looks_like_file(target: &str) -> bool {
    let name = base_name(target);
    !target.ends_with('/')
        && (WELL_KNOWN.contains(&name)
            || name.rsplit_once('.').is_some_and(|(stem, ending)| {
                !stem.is_empty() && FILES.contains(&ending.to_ascii_lowercase().as_str())
            }))
}

/// Whether a folder's name says that programs write data into it.
pub(super) fn names_data(path: &str) -> bool {
    let name = base_name(path).to_ascii_lowercase();
    let words = [
        "data",
        "uploads",
        "upload",
        "storage",
        "logs",
        "log",
        "backup",
        "backups",
        "cache",
        "tmp",
        "media",
        "volumes",
        "state",
        "pgdata",
        "downloads",
    ];
    words.contains(&name.as_str()) || name.ends_with("-data") || name.ends_with("_data") || name.ends_with("-db")
}

/// Whether a folder is called after a datastore.
pub(super) fn names_datastore(path: &str) -> bool {
    let name = base_name(path).to_ascii_lowercase();
    ["db", "database", "mysql", "postgres", "postgresql", "mongo", "redis"].contains(&name.as_str())
}

/// Whether a folder's name says that people write code in it.
pub(in crate::lower) fn names_code(path: &str) -> bool {
    let name = base_name(path).to_ascii_lowercase();
    [
        "api",
        "app",
        "apps",
        "assets",
        "backend",
        "bin",
        "client",
        "cmd",
        "code",
        "components",
        "docs",
        "examples",
        "frontend",
        "html",
        "internal",
        "lib",
        "libs",
        "migrations",
        "packages",
        "pages",
        "pkg",
        "prisma",
        "public",
        "resources",
        "routes",
        "scripts",
        "server",
        "services",
        "site",
        "source",
        "spec",
        "src",
        "static",
        "styles",
        "templates",
        "test",
        "tests",
        "views",
        "web",
        "website",
        "worker",
        "www",
    ]
    .contains(&name.as_str())
}

/// Whether a file's name says that a build puts it into the image with the code.
pub(super) fn names_code_file(path: &str) -> bool {
    let name = base_name(path);
    let endings = [
        "cjs", "css", "go", "html", "java", "js", "jsx", "mjs", "php", "py", "rb", "rs", "scss", "svelte", "ts", "tsx",
        "vue",
    ];
    let names = [
        "Cargo.lock",
        "Cargo.toml",
        "Gemfile",
        "Gemfile.lock",
        "angular.json",
        "build.gradle",
        "build.gradle.kts",
        "composer.json",
        "composer.lock",
        "go.mod",
        "go.sum",
        "nest-cli.json",
        "package-lock.json",
        "package.json",
        "pnpm-lock.yaml",
        "poetry.lock",
        "pom.xml",
        "pyproject.toml",
        "requirements.txt",
        "settings.gradle",
        "setup.cfg",
        "tsconfig.json",
        "yarn.lock",
    ];
    names.contains(&name) || name.rsplit_once('.').is_some_and(|(_, ending)| endings.contains(&ending))
}

/// Where programs look for their configuration, and not for their code.
pub(in crate::lower) fn is_configuration(target: &str) -> bool {
    [
        "/etc",
        "/usr/local/etc",
        "/docker-entrypoint",
        "/config",
        "/conf",
        "/certs",
        "/ssl",
        "/run",
        "/var/run",
        "/opt/bitnami",
    ]
    .iter()
    .any(|folder| target.starts_with(folder))
}

/// Whether a folder holds what a server reads when it starts, and never writes: scripts for a new database, and settings.
pub(super) fn is_read_at_start(target: &str) -> bool {
    let target = target.trim_end_matches('/');
    let folders = [
        "/container-entrypoint-initdb.d",
        "/docker-entrypoint-initaws.d",
        "/docker-entrypoint-initdb.d",
        "/docker-entrypoint.d",
        "/etc/apache2",
        "/etc/caddy",
        "/etc/clickhouse-server",
        "/etc/grafana/provisioning",
        "/etc/haproxy",
        "/etc/localstack/init",
        "/etc/loki",
        "/etc/mysql",
        "/etc/nginx/conf.d",
        "/etc/nginx/sites-available",
        "/etc/nginx/sites-enabled",
        "/etc/nginx/templates",
        "/etc/prometheus",
        "/etc/supervisor",
        "/mosquitto/config",
        "/opt/jboss/keycloak/imports",
        "/opt/keycloak/data/import",
        "/opt/oracle/scripts",
        "/usr/local/etc/haproxy",
        "/usr/local/etc/php",
        "/usr/local/etc/redis",
        "/usr/share/logstash/config",
        "/usr/share/logstash/pipeline",
        "/var/lib/grafana/dashboards",
    ];
    folders
        .iter()
        .any(|folder| target == *folder || target.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::{is_system, looks_like_file, names_code, names_data, names_datastore, system_kind};

    #[test]
    fn names_tell_files_from_folders() {
        assert!(looks_like_file("/etc/nginx/nginx.conf") && looks_like_file("/etc/nginx/.htpasswd"));
        assert!(looks_like_file("/etc/caddy/Caddyfile") && looks_like_file("/root/.ssh/known_hosts"));
        assert!(!looks_like_file("/etc/nginx/conf.d") && !looks_like_file("/docker-entrypoint-initdb.d"));
        assert!(!looks_like_file("/root/.config") && !looks_like_file("/srv/a.json/"));
        assert!(names_data("/p/pg-data") && !names_data("/p/src") && !names_data("/p/mysql"));
        assert!(names_datastore("/p/mysql") && names_code("/p/src") && !names_code("/p/images"));
    }

    #[test]
    fn the_system_is_known_by_its_paths() {
        assert!(is_system("/var/run/docker.sock") && is_system("/") && !is_system("/etcetera") && !is_system("/srv/x"));
        assert!(
            !is_system("/etc/letsencrypt/live") && is_system("/etc/ssl/certs/ca.pem") && is_system("/etc/sysctl.d")
        );
        assert!(!is_system("/usr/local/docker/nginx") && is_system("/usr/local/bin/docker"));
        assert!(!is_system("/var/lib/docker/volumes/x/_data") && is_system("/var/lib/docker/containers"));
        assert_eq!(system_kind("/dev/ttyUSB0"), "CharDevice");
        assert_eq!(system_kind("/dev/disk/"), "Directory");
        assert_eq!((system_kind("/dev/sda"), system_kind("/dev/serial/by-id")), ("", ""));
        assert_eq!(system_kind("/etc/docker/daemon.json"), "");
    }
}
