//! What is known of popular images: the ports they listen on, where they keep data, who they run as, and what a new volume over
//! them must be filled with. A fact here only ever fills in what the stack file leaves open.

mod table;
mod users;

pub(crate) use users::ids;

/// One image.
#[derive(Debug)]
pub(crate) struct Image {
    /// The repository's last part, as `postgres`, or its last two, as `bitnami/redis`.
    pub(crate) name: &'static str,
    /// TCP ports that it listens on by default.
    pub(crate) ports: &'static [u16],
    /// Where it keeps its data.
    pub(crate) data: &'static [&'static str],
    /// Whether it is a datastore, which is not published to the outside by default.
    pub(crate) datastore: bool,
    /// Whether it refuses to start on a data folder that is not empty (a new block volume holds `lost+found`).
    pub(crate) wants_empty_folder: bool,
    /// Whether it watches the node that it runs on, so that each node needs one.
    pub(crate) watches_node: bool,
    /// The user id it runs as, where that is not root and a new volume must be writable for it.
    pub(crate) user: Option<i64>,
    /// The group id beside it.
    pub(crate) group: Option<i64>,
    /// Paths with content that a new volume over them must be filled with.
    pub(crate) seeded: &'static [&'static str],
}

impl Image {
    /// Whether a port is one that data is read and written by, not a page for people that a datastore has beside it.
    pub(crate) fn is_data_port(&self, port: u16) -> bool {
        self.datastore && !PAGES.iter().any(|(name, pages)| *name == self.name && pages.contains(&port))
    }

    /// UDP ports that it listens on by default.
    pub(crate) fn udp_ports(&self) -> &'static [u16] {
        UDP.iter().find(|(name, _)| *name == self.name).map_or(&[], |(_, ports)| *ports)
    }

    /// The group that must own its volumes: its own, unless that is root's.
    pub(crate) fn volume_group(&self) -> Option<i64> {
        self.group.filter(|group| *group != 0).or(self.user)
    }
}

const STORE: u8 = 1;
const EMPTY: u8 = 2;
const AGENT: u8 = 4;

const fn image(
    name: &'static str,
    flags: u8,
    ports: &'static [u16],
    data: &'static [&'static str],
    ids: &'static [i64],
    seeded: &'static [&'static str],
) -> Image {
    let (user, group) = match ids {
        [] => (None, None),
        [user] => (Some(*user), None),
        [user, group, ..] => (Some(*user), Some(*group)),
    };
    let (datastore, wants_empty_folder) = (flags & STORE != 0, flags & EMPTY != 0);
    let watches_node = flags & AGENT != 0;
    Image { name, ports, data, datastore, wants_empty_folder, watches_node, user, group, seeded }
}

/// Ports of datastores that serve pages for people alone.
const PAGES: &[(&str, &[u16])] = &[
    ("apache/activemq-artemis", &[8161]),
    ("apache/activemq-classic", &[8161]),
    ("bitnami/minio", &[9001]),
    ("bitnami/neo4j", &[7474]),
    ("bitnami/rabbitmq", &[15672]),
    ("cockroach", &[8080]),
    ("minio", &[9001]),
    ("neo4j", &[7473, 7474]),
    ("orientdb", &[2480]),
    ("pingcap/tidb", &[10080]),
    ("rabbitmq", &[15671, 15672]),
    ("redis-stack", &[8001]),
    ("rethinkdb", &[8080]),
];

/// UDP ports of images.
const UDP: &[(&str, &[u16])] = &[
    ("adguard/adguardhome", &[53]),
    ("coredns", &[53]),
    ("datadog/agent", &[8125]),
    ("datadoghq/agent", &[8125]),
    ("factoriotools/factorio", &[34197]),
    ("graphite-statsd", &[8125]),
    ("itzg/minecraft-bedrock-server", &[19132]),
    ("jaegertracing/all-in-one", &[6831]),
    ("jaegertracing/jaeger-agent", &[6831]),
    ("klutchell/unbound", &[53]),
    ("mvance/unbound", &[53]),
    ("pihole", &[53]),
    ("statsd-exporter", &[9125]),
    ("technitium/dns-server", &[53]),
];

/// Tools, which do what their command says and end.
const TOOLS: [&str; 15] = [
    "alpine/git",
    "amacneil/dbmate",
    "amazon/aws-cli",
    "composer",
    "curlimages/curl",
    "dbt-labs/dbt-bigquery",
    "dbt-labs/dbt-core",
    "dbt-labs/dbt-postgres",
    "dbt-labs/dbt-snowflake",
    "elasticdump/elasticsearch-dump",
    "flyway/flyway",
    "liquibase/liquibase",
    "migrate/migrate",
    "minio/mc",
    "redgate/flyway",
];

/// Images whose own program is a shell: without a command, and a terminal, they end at once. Data containers are made of them.
const SHELLS: [&str; 14] = [
    "almalinux",
    "alpine",
    "amazonlinux",
    "archlinux",
    "bash",
    "busybox",
    "centos",
    "debian",
    "fedora",
    "hello-world",
    "opensuse/leap",
    "rockylinux",
    "tianon/true",
    "ubuntu",
];

/// Whether an image ends at once when it is not told what to do, whatever its registry, tag or digest.
pub(crate) fn is_shell(reference: &str) -> bool {
    is_one_of(&SHELLS, reference)
}

/// Whether an image is a tool, whatever its registry, tag or digest.
pub(crate) fn is_tool(reference: &str) -> bool {
    is_one_of(&TOOLS, reference)
}

fn is_one_of(images: &[&str], reference: &str) -> bool {
    let path = reference.split('@').next().unwrap_or_default();
    let (folders, last) = path.rsplit_once('/').unwrap_or(("", path));
    let publisher = folders.rsplit('/').next().unwrap_or_default();
    let name = last.split(':').next().unwrap_or_default();
    let is_official = matches!(folders, "" | "library" | "docker.io/library");
    images
        .iter()
        .any(|image| image.split_once('/').map_or(is_official && *image == name, |own| own == (publisher, name)))
}

/// Publishers whose images are laid out their own way: another publisher's image of the same name says nothing about theirs.
const OWN_LAYOUT: [&str; 4] = ["bitnami", "bitnamilegacy", "bitnamisecure", "linuxserver"];

/// What is known of an image reference, whatever its registry, tag or digest.
pub(crate) fn known(reference: &str) -> Option<&'static Image> {
    let path = reference.split('@').next()?;
    let (folders, last) = path.rsplit_once('/').unwrap_or(("", path));
    let name = last.split(':').next()?;
    let publisher = folders.rsplit('/').next().unwrap_or_default();
    let full = match publisher {
        "bitnamilegacy" | "bitnamisecure" => format!("bitnami/{name}"),
        _ => format!("{publisher}/{name}"),
    };
    let find = |name: &str| {
        let index = table::IMAGES.binary_search_by(|image| image.name.cmp(name)).ok()?;
        table::IMAGES.get(index)
    };
    find(&full).or_else(|| if OWN_LAYOUT.contains(&publisher) { None } else { find(name) })
}

#[cfg(test)]
mod tests {
    use super::{known, table::IMAGES};

    #[test]
    fn registry_tag_and_digest_do_not_matter() {
        for reference in ["mysql", "mysql:5.7", "docker.io/library/mysql:8", "localhost:5000/mysql@sha256:00"] {
            assert_eq!(known(reference).map(|image| image.name), Some("mysql"), "{reference}");
        }
        assert!(known("example.com/mysql-exporter:1").is_none());
    }

    #[test]
    fn publishers_with_a_layout_of_their_own_are_told_apart() {
        for reference in ["bitnami/redis:7", "docker.io/bitnamilegacy/redis", "registry.example.com/hub/bitnami/redis"]
        {
            assert_eq!(known(reference).map(|image| image.name), Some("bitnami/redis"), "{reference}");
        }
        assert!(known("bitnami/gitea").is_none());
        assert_eq!(known("ghcr.io/linuxserver/mariadb").map(|image| image.data), Some(&["/config"][..]));
    }

    #[test]
    fn the_table_is_sorted_and_says_something_in_each_row() {
        assert!(IMAGES.len() >= 120);
        assert!(IMAGES.is_sorted_by(|one, next| one.name < next.name));
        for image in IMAGES {
            let paths = image.data.iter().chain(image.seeded);
            assert!(paths.clone().all(|path| path.starts_with('/') && !path.ends_with('/')), "{}", image.name);
            assert!(
                !image.ports.is_empty() || paths.count() > 0 || image.user.is_some() || image.watches_node,
                "{}",
                image.name
            );
            assert!(!image.wants_empty_folder || image.datastore && !image.data.is_empty(), "{}", image.name);
        }
    }

    #[test]
    fn a_page_for_people_is_no_data() {
        let is_data = |reference: &str, port| known(reference).is_some_and(|image| image.is_data_port(port));
        assert!(is_data("rabbitmq:4-management", 5672) && !is_data("rabbitmq:4-management", 15672));
        assert!(is_data("minio/minio", 9000) && !is_data("minio/minio", 9001) && !is_data("nginx", 80));
    }

    #[test]
    fn udp_ports_are_those_of_known_images() {
        assert!(super::UDP.is_sorted());
        assert!(super::UDP.iter().all(|(name, _)| IMAGES.iter().any(|image| image.name == *name)));
    }

    #[test]
    fn the_group_of_volumes_is_never_roots() {
        let group = |reference| known(reference).and_then(super::Image::volume_group);
        assert_eq!(group("grafana/grafana"), Some(472));
        assert_eq!(group("apache/kafka"), Some(1000));
        assert_eq!(group("postgres"), None);
    }
}
