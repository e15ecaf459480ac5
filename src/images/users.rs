//! Names of users and groups that popular images know, as numbers: Kubernetes takes numbers alone. The images' own Dockerfiles make
//! them, with the numbers of Debian or of Alpine, whose variants say so in their tags.

/// A user, and the group of the same name.
type Ids = (i64, i64);

/// `repository name | user group | user group of the Alpine variant`.
const USERS: &[(&str, &str, Ids, Ids)] = &[
    ("cassandra", "cassandra", (999, 999), (999, 999)),
    ("couchdb", "couchdb", (5984, 5984), (5984, 5984)),
    ("elasticsearch", "elasticsearch", (1000, 1000), (1000, 1000)),
    ("ghost", "node", (1000, 1000), (1000, 1000)),
    ("grafana", "grafana", (472, 0), (472, 0)),
    ("httpd", "www-data", (33, 33), (82, 82)),
    ("jenkins", "jenkins", (1000, 1000), (1000, 1000)),
    ("kibana", "kibana", (1000, 1000), (1000, 1000)),
    ("logstash", "logstash", (1000, 1000), (1000, 1000)),
    ("mariadb", "mysql", (999, 999), (999, 999)),
    ("memcached", "memcache", (11211, 11211), (11211, 11211)),
    ("mongo", "mongodb", (999, 999), (999, 999)),
    ("mysql", "mysql", (999, 999), (999, 999)),
    ("n8n", "node", (1000, 1000), (1000, 1000)),
    ("neo4j", "neo4j", (7474, 7474), (7474, 7474)),
    ("nextcloud", "www-data", (33, 33), (82, 82)),
    ("nginx", "nginx", (101, 101), (101, 101)),
    ("node", "node", (1000, 1000), (1000, 1000)),
    ("node-red", "node-red", (1000, 1000), (1000, 1000)),
    ("php", "www-data", (33, 33), (82, 82)),
    ("postgres", "postgres", (999, 999), (70, 70)),
    ("rabbitmq", "rabbitmq", (999, 999), (100, 101)),
    ("redis", "redis", (999, 999), (999, 1000)),
    ("solr", "solr", (8983, 8983), (8983, 8983)),
    ("valkey", "valkey", (999, 999), (999, 1000)),
    ("wordpress", "www-data", (33, 33), (82, 82)),
    ("zookeeper", "zookeeper", (1000, 1000), (1000, 1000)),
];

/// The numbers of a user and of the group of the same name, where the image is known to have them.
pub(crate) fn ids(reference: &str, name: &str) -> Option<Ids> {
    let path = reference.split('@').next()?;
    let last = path.rsplit('/').next()?;
    let (image, tag) = last.split_once(':').unwrap_or((last, ""));
    let publisher = path.rsplit('/').nth(1).unwrap_or_default();
    if super::OWN_LAYOUT.contains(&publisher) {
        return None;
    }
    let (_, _, usual, of_alpine) = USERS.iter().find(|(known, user, ..)| *known == image && *user == name)?;
    Some(if tag.contains("alpine") { *of_alpine } else { *usual })
}

#[cfg(test)]
mod tests {
    use super::{USERS, ids};

    #[test]
    fn names_are_numbers_of_their_image() {
        assert!(USERS.is_sorted());
        assert_eq!(ids("postgres:17", "postgres"), Some((999, 999)));
        assert_eq!(ids("docker.io/library/postgres:17-alpine", "postgres"), Some((70, 70)));
        assert_eq!(ids("postgres:17", "www-data"), None);
        assert_eq!(ids("bitnami/redis:7", "redis"), None);
        assert_eq!(ids("localhost:5000/node", "node"), Some((1000, 1000)));
    }
}
