//! Which parts of a text are hosts.

use super::{Says, find, says};
use crate::compose::grammar::random_texts;

/// The hosts in one line: `name:port`, a port that a scheme implies in parentheses. A number is found too, and looked up in vain.
fn shown(text: &str, says: Says) -> String {
    let is_name = |host: &super::Host| text.get(host.range.clone()).unwrap_or_default().parse::<u16>().is_err();
    let hosts = find(text, says).into_iter().filter(is_name).map(|host| {
        let port = host.port.map(|port| format!(":{port}")).or(host.implied.map(|port| format!("({port})")));
        format!("{}{}", text.get(host.range).unwrap_or_default(), port.unwrap_or_default())
    });
    hosts.collect::<Vec<_>>().join(" ")
}

#[test]
fn hosts_of_texts_with_any_key() {
    let cases = [
        ("postgres://u:p@my_db/my_db", "my_db(5432)"),
        ("postgresql+asyncpg://u:p@my_db:5433/my_db?x=my_db", "my_db:5433"),
        ("mongodb://a:1,b:2,c/my_db", "a:1 b:2 c(27017)"),
        ("jdbc:sqlserver://my_db:1433;databaseName=my_db", "my_db:1433"),
        ("jdbc:oracle:thin:@my_db:1521/XE", "my_db:1521"),
        ("user:pass@tcp(my_db:3306)/my_db", "my_db:3306"),
        ("host=my_db port=5432 dbname=my_db", "my_db:5432"),
        ("Server=my_db,1433;Database=my_db", "my_db:1433"),
        ("Data Source=my_db;User Id=sa", "my_db"),
        ("{\"host\": \"my_db\", \"database\": \"my_db\"}", "my_db"),
        ("a_1:9092,b_2:9093", "a_1:9092 b_2:9093"),
        ("1@kafka_1:9093", "kafka_1:9093"),
        ("pg_isready -h my_db -U my_db", "my_db"),
        ("mysqladmin ping -hmy_db -u my_db", "my_db"),
        ("nc -z -w 2 my_db 5432 && echo my_db", "my_db:5432"),
        ("until ping -c 1 my_db; do true; done", "my_db"),
        ("wait-for-it my_db:5432 -- run my_db", "my_db:5432"),
        ("--db-host=my_db --db-name=my_db", "my_db"),
        ("PLAINTEXT://kafka_1:9092,EXTERNAL://localhost:9094", "kafka_1:9092 localhost:9094"),
        ("a_1=http://a_1:2380,b_2=http://b_2:2380", "a_1:2380 b_2:2380"),
        ("my_db", ""),
        ("a_1,b_2:9300", "a_1 b_2:9300"),
        ("Server=tcp:my_db,1433;Database=my_db", "tcp my_db:1433"),
        ("run --hosts a_1,b_2 c_3", "a_1 b_2"),
        ("run --hosts=a_1,b_2 --name c_3,d_4", "a_1 b_2"),
        ("{\"hosts\": [\"a_1\", \"b_2\"], \"names\": [\"a_1\"]}", "a_1 b_2"),
        ("seed_hosts: [a_1, b_2]", "a_1 b_2"),
        ("[\"run\", \"--name\", \"a_1\"]", ""),
        ("tasks.my_db", "tasks.my_db"),
        ("tasks.my_db:9000 and /srv/tasks.my_db", "tasks.my_db:9000"),
        ("example/my_db:5432", ""),
        ("redis:7-alpine redis:7.2", ""),
        ("s3://my_bucket/x", ""),
        ("udp://statsd:8125", "statsd:8125"),
        ("amqp://guest:12345@my_mq//", "my_mq(5672)"),
        ("http://my_api/v1 and https://my_api", "my_api(80) my_api(443)"),
        ("server http://a_{1...4}:9000/data{1...2} b{1...2}:9001", "a_{1...4}:9000 b{1...2}:9001"),
        ("http://{{host}}/x {1..2}:80", ""),
        ("timeout 9 bash -c ':> /dev/tcp/my_db/8888' || exit 1", "my_db:8888"),
        ("redis-server --replicaof my_db 6379", "my_db:6379"),
        ("sentinel monitor my_set my_db 6379 2", "my_db:6379"),
        ("cub sr-ready my_registry 8081 40", "my_registry:8081"),
        ("since my_db 2019 and -U my_db 5432", ""),
        ("mongosh my_db/test --quiet; mongosh my_db", "my_db"),
        ("mongos --configdb my_set/a_1:27019", "a_1:27019"),
        ("addShard(\"my_set/a_1:27018,b_2:27018\")", "a_1:27018 b_2:27018"),
        ("pull example/my_db:2024", ""),
        ("dns:///my_api:50051", "my_api:50051"),
        ("--path=a_1:2379,b_2:2379 --db=my_db", "a_1:2379 b_2:2379"),
        ("nc -z ${DB_HOST:-my_db} 5432; echo ${NAME:-my_db}", "my_db:5432"),
        ("<host>my_db</host> <name>my_db</name>", "my_db"),
        ("[\"my_cache\", 6379]", "my_cache:6379"),
        ("cat < /dev/udp/my_db/53 > /dev/tcp/$HOST/my_db", "my_db:53"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text, Says::Anything), expected, "{text}");
    }
}

#[test]
fn hosts_of_texts_that_are_hosts() {
    let cases = [
        ("my_db", "my_db"),
        ("a_1,b_2", "a_1 b_2"),
        ("[\"a_1\", \"b_2:9300\"]", "a_1 b_2:9300"),
        ("rabbit@my_mq", "my_mq"),
        ("my_app@my_app-1,my_app@my_app-2", "my_app-1 my_app-2"),
        ("my_api/v1", "my_api"),
        ("/var/run/my_db", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text, Says::Hosts), expected, "{text}");
    }
    assert_eq!(shown("redis:7", Says::Other), "");
    assert_eq!(shown("u:p@(my_db:3306)/", says("DATA_SOURCE_NAME")), "my_db:3306");
}

#[test]
fn hosts_of_texts_that_are_names() {
    for (text, expected) in [("my_db", ""), ("my_db:3306", "my_db:3306"), ("my_db:14", ""), ("a_1,b_2", "")] {
        assert_eq!(shown(text, Says::Name), expected, "{text}");
    }
}

#[test]
fn keys_say_what_their_values_are() {
    for key in [
        "DB_HOST",
        "dbHost",
        "PGHOST",
        "KAFKA_BROKERS",
        "discovery.seed_hosts",
        "ES_NODES",
        "BASE_URL",
        "SERVER_NAME",
        "PEER_1",
    ] {
        assert_eq!(says(key), Says::Hosts, "{key}");
    }
    for key in ["POSTGRES_DB", "MYSQL_DATABASE", "--path"] {
        assert_eq!(says(key), Says::Name, "{key}");
    }
    for key in ["DB_NAME", "DB_USER", "REDIS_IMAGE", "IMAGE_BACKEND", "BUCKETS"] {
        assert_eq!(says(key), Says::Other, "{key}");
    }
    for key in ["REDIS", "GREETING", ""] {
        assert_eq!(says(key), Says::Anything, "{key}");
    }
}

#[test]
fn never_panics() {
    let pieces =
        ["a_1", "://", "@", ":", "5432", ",", "/", "=", " ", "-h", "host", "\"", "é", ".", "//", "nc", "port="];
    for text in random_texts(&pieces, 5_000) {
        for says in [Says::Hosts, Says::Anything, Says::Name, Says::Other] {
            for host in find(&text, says) {
                assert!(text.get(host.range.clone()).is_some_and(|name| !name.is_empty()), "{text}");
            }
        }
    }
}
