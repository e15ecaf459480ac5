//! Projects of random keys with odd values, the same for the same number.

use std::path::Path;

use serde_json::{Map, Value, json};

pub(crate) use crate::random::Random;
use crate::vocabulary::{COMMON, COMPOSE, DURATIONS, NAMES, SERVICES, TARGETS, TEXTS};

impl Random {
    fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }

    fn one<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn some(&mut self, list: &[&str]) -> Vec<String> {
        let mut found: Vec<String> = list.iter().filter(|_| self.one_in(3)).map(|text| (*text).to_owned()).collect();
        if found.is_empty() {
            found.push(self.one(list).to_owned());
        }
        found
    }

    fn value(&mut self, list: Value) -> Value {
        let items = list.as_array().unwrap();
        items[self.below(items.len())].clone()
    }
}

const SIZES: [&str; 12] =
    ["64m", "64mb", "1g", "1GB", "512k", "134217728", "1.5g", "6m", "100M", "1073741824b", "2048kb", "0.5gb"];

fn text(random: &mut Random) -> String {
    if random.one_in(60) { "long ".repeat(700) } else { random.one(&TEXTS).to_owned() }
}

/// A mapping, or a list of `KEY=VALUE`.
fn pairs(random: &mut Random, names: &[&str], swarm: bool) -> Value {
    let names = random.some(names);
    if random.one_in(3) {
        let item = |name: String, random: &mut Random| match random.below(8) {
            0 if !swarm => Value::String(name),
            _ => Value::String(format!("{name}={}", text(random))),
        };
        return names.into_iter().map(|name| item(name, random)).collect();
    }
    let value = |random: &mut Random| match random.below(9) {
        0 => Value::Null,
        1 => json!(random.below(100_000)),
        2 => json!(1.5),
        3 => json!("1.0"),
        _ => Value::String(text(random)),
    };
    names.into_iter().map(|name| (name, value(random))).collect::<Map<_, _>>().into()
}

fn command(random: &mut Random) -> Value {
    match random.below(6) {
        0 => Value::Null,
        1 => json!([]),
        2 => json!("run --all 'two words' \"a b\" c\\ d"),
        3 => json!(""),
        4 => json!("sh -c \"echo $A && sleep 1\""),
        _ => (0..=random.below(3)).map(|_| Value::String(text(random))).collect(),
    }
}

fn healthcheck(random: &mut Random) -> Value {
    let test = match random.below(6) {
        0 => json!(["NONE"]),
        1 => json!(["CMD", "check", text(random)]),
        2 => json!(["CMD-SHELL", format!("check {}", text(random))]),
        3 => json!(format!("curl -f http://localhost:{}/ || exit 1", random.below(9000) + 1)),
        4 => json!(["CMD", "pg_isready", "-h", "$(A)"]),
        _ => json!("true"),
    };
    let mut check = json!({ "test": test });
    for key in ["interval", "timeout", "start_period"] {
        if random.one_in(2) {
            check[key] = json!(random.one(&DURATIONS));
        }
    }
    if random.one_in(2) {
        check["retries"] = json!(random.below(12));
    }
    check
}

fn ports(random: &mut Random) -> Value {
    let short = [
        "80",
        "8080:80",
        "127.0.0.1:8081:81",
        "9000-9002:9000-9002",
        "53:53/udp",
        "53:53/tcp",
        "[::1]:6000:6000",
        "443:8443",
        "30080:80",
        "0.0.0.0:7000:7000",
        "8000-8001:80-81",
        "132:132/sctp",
    ];
    let long = |random: &mut Random| {
        random.value(json!([
            { "target": 80, "published": 8088 },
            { "target": 80, "published": 8089, "mode": "host" },
            { "target": 53, "published": 5353, "protocol": "udp" },
            { "target": 90, "published": 90, "mode": "ingress", "protocol": "tcp" },
            { "target": 91 },
            { "target": 92, "mode": "host" },
        ]))
    };
    let port = |random: &mut Random| match random.below(4) {
        0 => long(random),
        1 => json!(random.below(65_534) + 1),
        _ => json!(random.one(&short)),
    };
    (0..=random.below(4)).map(|_| port(random)).collect()
}

fn volumes(random: &mut Random, swarm: bool) -> Value {
    let mount = |random: &mut Random| {
        let target = random.one(&TARGETS);
        let source = random.one(&[
            "data",
            "My_Vol",
            "ext",
            "mem",
            "nfs",
            "./conf",
            "./conf/app.conf",
            "./missing",
            "/etc/hosts",
            "/srv/x",
            "~/h",
        ]);
        let long = random.value(json!([
            { "type": "volume", "source": "data", "read_only": true },
            { "type": "volume", "source": "data", "volume": { "nocopy": true } },
            { "type": "volume", "source": "My_Vol", "volume": { "subpath": "a/b" } },
            { "type": "volume" },
            { "type": "bind", "source": "./conf", "read_only": true },
            { "type": "bind", "source": "./conf/run.sh", "bind": { "create_host_path": true } },
            { "type": "tmpfs", "tmpfs": { "size": 1_048_576, "mode": 448 } },
            { "type": "tmpfs" },
            { "type": "bind", "source": "/var/run/docker.sock" },
        ]));
        let is_old = swarm
            && (long["volume"]["subpath"].is_string()
                || long["tmpfs"]["mode"].is_number()
                || long["bind"]["create_host_path"].is_boolean());
        match random.below(5) {
            0 if !is_old => {
                let mut long = long;
                long["target"] = json!(target);
                long
            }
            1 => json!(target),
            2 => json!(format!("{source}:{target}:ro")),
            _ => json!(format!("{source}:{target}")),
        }
    };
    (0..=random.below(3)).map(|_| mount(random)).collect()
}

fn grants(random: &mut Random, names: &[&str]) -> Value {
    let grant = |name: &String, random: &mut Random| match random.below(3) {
        0 => {
            json!({ "source": name, "target": random.one(&["/etc/app.conf", "renamed", "/deep/down/file", "with.dot"]), "mode": 288 })
        }
        1 => json!({ "source": name, "uid": "103", "gid": "103", "mode": 256 }),
        _ => json!(name),
    };
    random.some(names).iter().map(|name| grant(name, random)).collect()
}

fn deploy(random: &mut Random) -> Value {
    let mut deploy = Map::new();
    let mut set = |random: &mut Random, odds: usize, key: &str, value: Value| {
        if random.one_in(odds) {
            deploy.insert(key.to_owned(), value);
        }
    };
    let mode = random.value(json!(["replicated", "replicated", "replicated", "global", "replicated-job"]));
    let replicas = json!(random.below(4));
    if mode == "global" {
        set(random, 1, "mode", mode);
    } else {
        set(random, 4, "mode", mode);
        set(random, 2, "replicas", replicas);
    }
    let labels = pairs(random, &["com.example.a", "plain", "with space", "a/b/c", "example.com/x", "UPPER.Case"], true);
    set(random, 3, "labels", labels);
    let limits = json!({ "cpus": random.one(&["0.5", "2", "0.001", "1.2345"]), "memory": random.one(&SIZES) });
    let least =
        json!({ "cpus": random.one(&["0.0001", "0.25", "0.001"]), "memory": random.one(&["1m", "4096k", "6291456"]) });
    let resources = random.value(json!([{ "limits": limits }, { "reservations": least }, { "limits": limits, "reservations": { "memory": "4m" } }]));
    set(random, 3, "resources", resources);
    let update = json!({ "parallelism": random.below(4), "order": random.one(&["start-first", "stop-first"]), "delay": random.one(&DURATIONS) });
    set(random, 4, "update_config", update);
    let restart = json!({ "condition": random.one(&["any", "none", "on-failure"]), "max_attempts": random.below(4) });
    set(random, 4, "restart_policy", restart);
    let mode = json!(random.one(&["vip", "dnsrr"]));
    set(random, 8, "endpoint_mode", mode);
    Value::Object(deploy)
}

fn networks(random: &mut Random) -> Value {
    let names = random.some(&["front", "back", "in_side"]);
    if random.one_in(2) {
        return names.into_iter().map(Value::String).collect();
    }
    let attachment = |random: &mut Random| {
        let aliases = random.some(&["alias", "al_ias", "some.host", "db-alias", "x1"]);
        if random.one_in(3) { Value::Null } else { json!({ "aliases": aliases }) }
    };
    names.into_iter().map(|name| (name, attachment(random))).collect::<Map<_, _>>().into()
}

/// Keys that both dialects read.
fn common(random: &mut Random, key: &str, swarm: bool) -> Value {
    match key {
        "command" | "entrypoint" => command(random),
        "environment" => pairs(random, &NAMES, false),
        "labels" => pairs(
            random,
            &["com.example.a", "plain", "with space", "a/b/c", "example.com/x", "-bad", "UPPER.Case", "äö"],
            true,
        ),
        "healthcheck" => healthcheck(random),
        "ports" => ports(random),
        "expose" => random.value(json!([["3000", "4000/udp"], ["5000-5002"], [9090]])),
        "volumes" => volumes(random, swarm),
        "configs" => grants(random, &["c_file", "c-ext"]),
        "secrets" => grants(random, &["s_file", "s.ext"]),
        "deploy" => deploy(random),
        "networks" => networks(random),
        "user" => random.value(json!(["1000", "1000:1000", "root", "www-data", "0:0", "", "1000:staff"])),
        "working_dir" => random.value(json!(["/srv", "", "/with space", "relative", "/a/../b"])),
        "hostname" => random.value(json!(["host", "Host_Name", "a.b.c", "x"])),
        "extra_hosts" => random.value(json!([["mail:10.0.0.1"], ["Mail=10.0.0.1", "v6:[::1]"], ["a_b:10.0.0.2"]])),
        "dns" => random.value(json!(["8.8.8.8", ["1.1.1.1", "10.0.0.2"], "fe80::1"])),
        "dns_search" => random.value(json!(["example.com", ["a.example", "B.Example"], "."])),
        "stop_grace_period" => json!(random.one(&DURATIONS)),
        "stop_signal" => json!(random.one(&["SIGTERM", "SIGINT", "QUIT", "9", "SIGRTMIN+3"])),
        "sysctls" => random
            .value(json!([["net.core.somaxconn=1024"], ["net.ipv4.tcp_syncookies=0", "kernel.shm_rmid_forced=1"]])),
        "cap_add" => random.value(json!([["NET_ADMIN"], ["cap_sys_time", "ALL"], ["sys_ptrace"]])),
        "cap_drop" => random.value(json!([["ALL"], ["CAP_CHOWN", "kill"]])),
        "logging" => json!({ "driver": "json-file", "options": { "max-size": "10m" } }),
        "ulimits" => json!({ "nofile": { "soft": 10, "hard": 20 } }),
        "tty" | "stdin_open" | "read_only" | "init" => json!(random.one_in(2)),
        "depends_on" => Value::Null,
        _ => panic!("{key}"),
    }
}

/// Keys that a stack ignores or refuses.
fn of_compose(random: &mut Random, key: &str) -> Value {
    match key {
        "restart" => random.value(json!(["no", "always", "on-failure", "on-failure:3", "unless-stopped", ""])),
        "container_name" => random.value(json!(["shop-web", "Shop_Web", "a.b"])),
        "tmpfs" => random.value(json!(["/run", ["/tmp", "/cache:size=64m,mode=1777"], "/x:ro,size=1048576"])),
        "mem_limit" | "mem_reservation" | "shm_size" => json!(random.one(&SIZES)),
        "cpus" => random.value(json!([0.5, "1.5", 2, 0.0004])),
        "privileged" => json!(random.one_in(2)),
        "group_add" => random.value(json!([["1000"], [44, "audio"], ["0"]])),
        "security_opt" => random.value(json!([
            ["no-new-privileges:true"],
            ["seccomp:unconfined"],
            ["apparmor=unconfined"],
            ["label:disable"]
        ])),
        "annotations" => pairs(random, &["com.example.a", "plain", "with space"], true),
        "pid" | "ipc" => json!("host"),
        "network_mode" => json!(random.one(&["host", "none", "bridge"])),
        "scale" => json!(random.below(3)),
        "pull_policy" => json!(random.one(&["always", "never", "missing", "if_not_present", "daily", "every_12h"])),
        "devices" => json!(["/dev/null:/dev/xnull:rwm"]),
        "platform" => json!(random.one(&["linux/amd64", "linux/arm64/v8"])),
        "post_start" => json!([{ "command": "touch $A /x" }]),
        "pre_stop" => json!([{ "command": ["sh", "-c", "echo $(A)"] }]),
        "userns_mode" => json!("host"),
        "links" => json!([]),
        _ => panic!("{key}"),
    }
}

fn service(random: &mut Random, others: &[String], swarm: bool) -> Value {
    let image = random.one(&[
        "nginx",
        "postgres:16",
        "example/app:1.2",
        "redis:7-alpine",
        "busybox",
        "reg.example.com:5000/a/b@sha256:0123456789012345678901234567890123456789012345678901234567890123",
    ]);
    let mut service = Map::from_iter([("image".to_owned(), json!(image))]);
    for _ in 0..random.below(9) {
        let key = random.one(&COMMON);
        let value = common(random, key, swarm);
        service.insert(key.to_owned(), value);
    }
    if !swarm {
        for _ in 0..random.below(4) {
            let key = random.one(&COMPOSE);
            let value = of_compose(random, key);
            service.insert(key.to_owned(), value);
        }
    }
    if !others.is_empty() && random.one_in(3) {
        let name = &others[random.below(others.len())];
        let condition = random.one(&["service_started", "service_healthy", "service_completed_successfully"]);
        let is_short = swarm || random.one_in(2);
        let edge = if is_short { json!([name]) } else { json!({ name: { "condition": condition } }) };
        service.insert("depends_on".to_owned(), edge);
    }
    if service.contains_key("network_mode") {
        for key in ["networks", "ports", "hostname", "extra_hosts", "dns"] {
            service.remove(key);
        }
    }
    Value::Object(service)
}

/// Every `$` of a text is doubled, so that it is one.
fn doubled(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.replace('$', "$$"),
        Value::Array(items) => items.iter_mut().for_each(doubled),
        Value::Object(map) => map.values_mut().for_each(doubled),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A project, and the files that it names, in a folder.
pub(crate) fn project(random: &mut Random, folder: &Path, swarm: bool) {
    let mut names: Vec<String> = Vec::new();
    for _ in 0..=random.below(3) {
        let name = random.one(&SERVICES).to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut services = Map::new();
    for (index, name) in names.iter().enumerate() {
        services.insert(name.clone(), service(random, &names[..index], swarm));
    }
    let mut project = json!({
        "services": services,
        "networks": { "front": {}, "back": {}, "in_side": { "internal": true } },
        "volumes": {
            "data": {}, "My_Vol": null, "ext": { "external": true, "name": "Ext_Vol" },
            "mem": { "driver_opts": { "type": "tmpfs", "device": "tmpfs", "o": "size=16m" } },
            "nfs": { "driver_opts": { "type": "nfs", "o": "addr=10.0.0.9,rw", "device": ":/export/x" } },
        },
        "configs": { "c_file": { "file": "./conf/app.conf" }, "c-ext": { "external": true } },
        "secrets": { "s_file": { "file": "./secret.txt" }, "s.ext": { "external": true, "name": "Sec_Ext" } },
    });
    if swarm {
        project["version"] = json!("3.8");
    }
    doubled(&mut project);
    std::fs::create_dir_all(folder.join("conf/nested")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("conf/app.conf", "upstream db:5432;\n$x ${y}\n");
    write("conf/run.sh", "#!/bin/sh\necho hi\n");
    write("conf/nested/with space.txt", "nested\r\n");
    write("secret.txt", "s3cret");
    write("compose.yaml", &serde_json::to_string_pretty(&project).unwrap());
}
