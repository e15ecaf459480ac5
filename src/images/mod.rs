//! What is known of popular images: the ports they listen on, where they keep data, and whether that is a datastore.
//!
//! Facts from the images' own documentation. A fact here only ever fills in what the stack file leaves open.

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
    /// The user id it runs as, where that is not root and a new volume must be writable for it.
    pub(crate) user: Option<i64>,
}

const fn image(name: &'static str, ports: &'static [u16], data: &'static [&'static str]) -> Image {
    Image { name, ports, data, datastore: false, wants_empty_folder: false, user: None }
}

const fn store(
    name: &'static str,
    ports: &'static [u16],
    data: &'static [&'static str],
    wants_empty_folder: bool,
) -> Image {
    Image { name, ports, data, datastore: true, wants_empty_folder, user: None }
}

static IMAGES: &[Image] = &[
    store("mysql", &[3306], &["/var/lib/mysql"], true),
    store("mariadb", &[3306], &["/var/lib/mysql"], true),
    store("percona", &[3306], &["/var/lib/mysql"], true),
    store("postgres", &[5432], &["/var/lib/postgresql/data", "/var/lib/postgresql"], true),
    store("postgis", &[5432], &["/var/lib/postgresql/data"], true),
    store("timescaledb", &[5432], &["/var/lib/postgresql/data"], true),
    store("pgvector", &[5432], &["/var/lib/postgresql/data"], true),
    store("redis", &[6379], &["/data"], false),
    store("valkey", &[6379], &["/data"], false),
    store("mongo", &[27017], &["/data/db", "/data/configdb"], false),
    store("memcached", &[11211], &[], false),
    store("elasticsearch", &[9200, 9300], &["/usr/share/elasticsearch/data"], false),
    store("opensearch", &[9200], &["/usr/share/opensearch/data"], false),
    store("cassandra", &[9042], &["/var/lib/cassandra"], false),
    store("influxdb", &[8086], &["/var/lib/influxdb", "/var/lib/influxdb2"], false),
    store("clickhouse-server", &[8123, 9000], &["/var/lib/clickhouse"], false),
    store("couchdb", &[5984], &["/opt/couchdb/data"], false),
    store("neo4j", &[7474, 7687], &["/data"], false),
    store("etcd", &[2379], &[], false),
    store("zookeeper", &[2181], &["/data", "/datalog"], false),
    store("rabbitmq", &[5672], &["/var/lib/rabbitmq"], false),
    store("cp-kafka", &[9092], &["/var/lib/kafka/data"], true),
    store("cp-zookeeper", &[2181], &["/var/lib/zookeeper"], false),
    image("nats", &[4222], &[]),
    image("nginx", &[80], &[]),
    image("httpd", &[80], &[]),
    image("caddy", &[80, 443], &["/data", "/config"]),
    image("traefik", &[80], &[]),
    image("haproxy", &[], &[]),
    image("wordpress", &[80], &["/var/www/html"]),
    image("nextcloud", &[80], &["/var/www/html"]),
    image("ghost", &[2368], &["/var/lib/ghost/content"]),
    image("adminer", &[8080], &[]),
    image("phpmyadmin", &[80], &[]),
    image("mongo-express", &[8081], &[]),
    image("grafana", &[3000], &["/var/lib/grafana"]),
    image("prometheus", &[9090], &["/prometheus"]),
    image("alertmanager", &[9093], &["/alertmanager"]),
    image("node-exporter", &[9100], &[]),
    image("cadvisor", &[8080], &[]),
    image("loki", &[3100], &["/loki"]),
    image("kibana", &[5601], &[]),
    image("logstash", &[5044, 9600], &[]),
    image("minio", &[9000], &["/data"]),
    image("vault", &[8200], &["/vault/file"]),
    image("consul", &[8500], &["/consul/data"]),
    image("registry", &[5000], &["/var/lib/registry"]),
    image("gitea", &[3000], &["/data"]),
    image("portainer", &[9000], &["/data"]),
    image("portainer-ce", &[9000], &["/data"]),
    image("mailpit", &[8025, 1025], &[]),
    image("mailhog", &[8025, 1025], &[]),
    image("keycloak", &[8080], &[]),
    image("jenkins", &[8080], &["/var/jenkins_home"]),
    image("sonarqube", &[9000], &["/opt/sonarqube/data"]),
    image("tomcat", &[8080], &[]),
];

/// What is known of an image reference, whatever its registry, tag or digest.
pub(crate) fn known(reference: &str) -> Option<&'static Image> {
    let path = reference.split('@').next()?;
    let last = path.rsplit('/').next()?;
    let name = last.split(':').next()?;
    IMAGES.iter().find(|image| image.name == name)
}

#[cfg(test)]
mod tests {
    use super::known;

    #[test]
    fn registry_tag_and_digest_do_not_matter() {
        for reference in ["mysql", "mysql:5.7", "docker.io/library/mysql:8", "localhost:5000/mysql@sha256:00"] {
            assert_eq!(known(reference).map(|image| image.name), Some("mysql"), "{reference}");
        }
        assert!(known("example.com/mysql-exporter:1").is_none());
    }
}
