//! An app built by hand, and what must hold of everything that is written down.

use super::{Images, Manifest, Value, emit};
use indexmap::IndexMap;

use crate::ir::{
    Access, Amount, App, Claim, Confinement, Container, ContainerMount, Data, Elsewhere, EnvSource, EnvVar, Exposure,
    ExposureKind, ExposurePort, FileObject, FileObjectKind, HostAlias, Item, JobRole, Kind, Labelled, Name,
    NetworkMode, NetworkShare, NodeRule, NodeTest, Outside, PersistentVolume, Placement, Pod, Port, Probe, Propagation,
    Protocol, Resolver, Resources, Restart, Rollout, Run, SecurityContext, Selects, SelinuxLabel, ShareProtocol,
    Spread, Step, Stop, Traced, Volume, VolumeSource, Wait, WaitFor, Why, Wishes, Workload,
};
use crate::origin::{Origin, Sources};

fn name(text: &str) -> Name {
    Name::from_text(text)
}

fn said<T>(value: T) -> Traced<T> {
    Traced { value, why: why() }
}

fn why() -> Why {
    Why::Origin(origin())
}

fn origin() -> Origin {
    let mut sources = Sources::default();
    let file = sources.add_file("compose.yaml", "services: {}");
    sources.add(file, 0..8)
}

fn container(image: &str) -> Container {
    Container::of_image(said(image.to_owned()))
}

fn workload(text: &str, kind: Kind) -> Workload {
    Workload {
        name: name(text),
        service: text.to_owned(),
        origin: origin(),
        kind: Traced::decided(kind, "kind"),
        replicas: said(1),
        autoscaling: None,
        budget: None,
        patches: Vec::new(),
        wishes: Wishes::default(),
        outside: Outside::default(),
        timetable: None,
        attempts: None,
        kind_is_said: false,
        labels: vec![("tier".to_owned(), said("front".to_owned()))],
        annotations: vec![("team".to_owned(), said("a".to_owned()))],
        min_ready_seconds: None,
        progress_deadline: None,
        rollout: said(Rollout::Rolling { max_surge: Amount::Count(0), max_unavailable: Amount::All }),
        restart: Restart::default(),
        run: Run::default(),
        schedule: None,
        once_per_node: None,
        slots: None,
        outer_links: Vec::new(),
        network: NetworkMode::Shared,
        networks: Vec::new(),
        router_labels: Vec::new(),
        routes: Vec::new(),
        routed: Vec::new(),
        addresses: Vec::new(),
        aliases: Vec::new(),
        links: Vec::new(),
        shares: Vec::new(),
        host: None,
        dependencies: Vec::new(),
        ports: Vec::new(),
        any_port: None,
        published: Vec::new(),
        check: None,
        mounts: Vec::new(),
        headless: None,
        container: container("image:1"),
        called: name(text),
        pod: Pod {
            grace_seconds: said(10),
            hostname: None,
            host_aliases: Vec::new(),
            resolver: Resolver::default(),
            marks: Vec::new(),
            labels: Vec::new(),
            annotations: Vec::new(),
            fs_group: None,
            groups: Vec::new(),
            sysctls: Vec::new(),
            host_processes: None,
            host_memory: None,
            account: None,
            pull_secrets: Vec::new(),
            runtime: None,
            system: None,
            placement: Placement::default(),
            one_process_space: None,
            together: None,
        },
        waits: Vec::new(),
        before: Vec::new(),
        steps: Vec::new(),
        beside: Vec::new(),
        roles: Vec::new(),
        volumes: Vec::new(),
        claim_templates: Vec::new(),
        governing: None,
        answers: Vec::new(),
        exposures: Vec::new(),
        gateway_routes: Vec::new(),
        ingresses: Vec::new(),
        files: Vec::new(),
    }
}

fn file(text: &str, kind: FileObjectKind, entries: &[(&str, &[u8])]) -> FileObject {
    let entries =
        entries.iter().map(|(key, bytes)| ((*key).to_owned(), Data { bytes: bytes.to_vec(), why: why() })).collect();
    FileObject { name: name(text), kind, entries, path: None, labelled: Labelled::default(), why: why() }
}

fn wait(workload: &str, wait_for: WaitFor) -> Wait {
    Wait { name: name(&format!("wait-for-{workload}")), workload: name(workload), wait_for, why: why() }
}

fn claim(text: &str) -> Claim {
    let labels = vec![("tier".to_owned(), said("slow".to_owned()))];
    let labelled = Labelled { annotations: labels.clone(), labels, patches: Vec::new() };
    Claim {
        name: name(text),
        size: said(5),
        access: said(Access::Many),
        class: None,
        labelled,
        volume: Some(said(name("v"))),
        why: why(),
    }
}

fn network_volume() -> PersistentVolume {
    let protocol = ShareProtocol::Nfs { server: "10.0.0.5".to_owned(), path: "/x".to_owned() };
    let share = NetworkShare { protocol, options: vec!["hard".to_owned()], read_only: true, why: why() };
    PersistentVolume { name: name("v"), claim: name("data"), size: said(5), share }
}

fn volume(text: &str, source: VolumeSource) -> Volume {
    Volume { name: name(text), source, why: why() }
}

fn web_container() -> Container {
    let probe = Probe { command: vec![said("true".to_owned())], period: said(5), timeout: said(5), failures: said(3) };
    let secret = EnvSource::Secret { object: name("web"), key: "B".to_owned() };
    Container {
        pull: Some(said("Always")),
        command: Some(vec![said("$$%s".to_owned())]),
        args: Some(vec![said("$(date)".to_owned())]),
        working_dir: Some(said("/srv".to_owned())),
        env: vec![
            EnvVar { name: "A".to_owned(), source: EnvSource::Literal("a$(b)".to_owned()), why: why() },
            EnvVar { name: "B".to_owned(), source: secret, why: why() },
        ],
        env_from: vec![said((FileObjectKind::ConfigMap, name("shared")))],
        resources: Resources {
            limit_cpu: Some(said(1500)),
            limit_memory: Some(said(128 << 20)),
            request_cpu: Some(said(0)),
            request_memory: Some(said(0)),
            limit_disk: Some(said(1 << 30)),
            request_disk: Some(said(0)),
            extended: vec![("nvidia.com/gpu".to_owned(), said(1))],
        },
        security: SecurityContext {
            user: Some(said(1)),
            group: Some(said(1)),
            read_only_root: Some(origin()),
            privileged: None,
            add: vec![said("NET_ADMIN".to_owned())],
            drop: Vec::new(),
            no_new_privileges: Some(origin()),
            seccomp: Some(said(Confinement::Unconfined)),
            app_armor: Some(said(Confinement::Profile("web".to_owned()))),
            selinux: Some(said(SelinuxLabel { kind: Some("spc_t".to_owned()), ..SelinuxLabel::default() })),
            windows_account: Some(said("web".to_owned())),
        },
        mounts: vec![ContainerMount {
            volume: name("files"),
            path: said("/files".to_owned()),
            subpath: Some(said("z".to_owned())),
            of_pod: None,
            read_only: Some(why()),
            propagation: Propagation { mode: Some(said("HostToContainer")), recursive_read_only: Some(origin()) },
        }],
        startup: Some(probe.clone()),
        readiness: Some(probe.clone()),
        liveness: Some(probe),
        stop: Some(Stop::Hook(said("INT".to_owned()))),
        stdin: Some(origin()),
        tty: Some(origin()),
        ..container("web:1")
    }
}

fn web() -> Workload {
    let port = |number, protocol| Port { host_port: Some(said(number)), ..Port::plain(said(number), protocol, true) };
    let exposed = |port, target| ExposurePort {
        port: said(port),
        target,
        protocol: Protocol::Tcp,
        node_port: Some(30000),
        name: Some(said(name("x"))),
        spoken: Some(said("http".to_owned())),
    };
    let exposure = |text, kind, ports| Exposure {
        name: name(text),
        kind,
        selects: Selects::Own,
        ports,
        not_ready: Some(why()),
        local: None,
        why: why(),
    };
    let items = vec![Item { key: "z".to_owned(), path: "z".to_owned(), mode: Some(said(0o400)) }];
    Workload {
        min_ready_seconds: Some(said(10)),
        ports: vec![port(80, Protocol::Tcp), port(53, Protocol::Udp)],
        container: web_container(),
        pod: Pod {
            marks: vec![said(name("mark"))],
            labels: vec![("role".to_owned(), said("web".to_owned()))],
            annotations: vec![("note".to_owned(), said("b".to_owned()))],
            grace_seconds: said(10),
            hostname: Some(said("web".to_owned())),
            host_aliases: vec![HostAlias { address: "10.0.0.1".to_owned(), names: vec![said("mail".to_owned())] }],
            resolver: Resolver {
                searches: vec![said("example.com".to_owned())],
                options: vec![(said("ndots".to_owned()), Some("2".to_owned())), (said("rotate".to_owned()), None)],
            },
            fs_group: Some(said(1)),
            groups: vec![said(5)],
            sysctls: vec![("net.ipv4.tcp_syncookies".to_owned(), said("1".to_owned()))],
            host_processes: Some(origin()),
            host_memory: Some(origin()),
            account: None,
            pull_secrets: vec![said("registry".to_owned())],
            runtime: Some(said("gvisor".to_owned())),
            system: Some(said("linux".to_owned())),
            placement: Placement {
                selector: vec![("disk".to_owned(), said("ssd".to_owned()))],
                rules: vec![NodeRule { label: "zone".to_owned(), test: NodeTest::IsNot("a".to_owned()), why: why() }],
                control_plane: Some(why()),
                spreads: vec![
                    Spread { label: "rack".to_owned(), limit: None, why: why() },
                    Spread { label: "kubernetes.io/hostname".to_owned(), limit: Some(2), why: why() },
                ],
            },
            one_process_space: None,
            together: Some(said(name("data"))),
        },
        steps: vec![
            Step::Wait(wait("db", WaitFor::Port(name("db"), 3306))),
            Step::Wait(wait("agent", WaitFor::Resolve(name("agent")))),
            Step::Wait(wait("migrate", WaitFor::Complete)),
        ],
        roles: vec![JobRole { workload: name("migrate"), name: name("web-waits"), why: why() }],
        volumes: vec![
            volume("files", VolumeSource::Object { kind: FileObjectKind::Secret, object: name("web"), items }),
            volume("data", VolumeSource::Claim(name("data"))),
            volume("empty", VolumeSource::Empty),
            volume("memory", VolumeSource::Memory(Some(said(1 << 20)))),
            volume("host", VolumeSource::Host { path: "/dev".to_owned(), kind: said("Directory") }),
        ],
        exposures: vec![
            exposure("web", ExposureKind::Cluster, vec![exposed(80, None)]),
            exposure("web-published", ExposureKind::LoadBalancer, vec![exposed(8080, Some(80))]),
        ],
        files: vec![file("web", FileObjectKind::Secret, &[("z", b"1"), ("B", b"2")])],
        ..workload("web", Kind::Deployment)
    }
}

/// One of everything; `web` waits for the Job `migrate`, which stands behind it.
fn sample() -> App {
    let mut db = workload("db", Kind::StatefulSet);
    db.governing = Some(name("db-headless"));
    db.claim_templates.push(claim("db-data"));
    db.exposures.push(Exposure {
        selects: Selects::Marked(name("mark")),
        name: name("db-headless"),
        kind: ExposureKind::Headless,
        ports: Vec::new(),
        not_ready: None,
        local: None,
        why: why(),
    });
    App {
        project: said(name("shop")),
        namespace: Some(name("space")),
        files: vec![file("shared", FileObjectKind::ConfigMap, &[("Z", b"$(x)"), ("A", b"\xff")])],
        named_volumes: IndexMap::new(),
        volumes: vec![network_volume()],
        claims: vec![claim("data")],
        networks: IndexMap::new(),
        policies: Vec::new(),
        dials: Vec::new(),
        provided: Vec::new(),
        treatments: Vec::new(),
        left_out: Vec::new(),
        gateways: Vec::new(),
        certificates: Vec::new(),
        shared_networks: Vec::new(),
        others: None,
        calls: Vec::new(),
        elsewhere: vec![Elsewhere { name: name("mail"), target: "smtp.example.com".to_owned(), why: why() }],
        wishes: Wishes::default(),
        rules: Vec::new(),
        defaults: Vec::new(),
        patches: Vec::new(),
        workloads: vec![db, web(), workload("agent", Kind::DaemonSet), workload("migrate", Kind::Job)],
    }
}

fn written(app: &App) -> Vec<Manifest> {
    emit(app, &Images::default()).collect()
}

fn find<'a>(manifests: &'a [Manifest], kind: &str) -> &'a Manifest {
    manifests.iter().find(|manifest| manifest.kind() == kind).unwrap()
}

fn text<'a>(manifest: &'a Manifest, pointer: &str) -> &'a str {
    manifest.object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The pointers of all leaves that nothing explains.
fn unexplained(manifest: &Manifest) -> Vec<String> {
    fn leaves(value: &Value, pointer: &str, found: &mut Vec<String>) {
        let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
        match value {
            Value::Object(map) if !map.is_empty() => {
                map.iter().for_each(|(key, child)| leaves(child, &format!("{pointer}/{}", escape(key)), found));
            }
            Value::Array(items) if !items.is_empty() => {
                items.iter().enumerate().for_each(|(index, child)| leaves(child, &format!("{pointer}/{index}"), found));
            }
            Value::Object(_) | Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                found.push(pointer.to_owned());
            }
        }
    }
    let mut found = Vec::new();
    leaves(&manifest.object, "", &mut found);
    found.retain(|pointer| manifest.why(pointer).is_none());
    found
}

#[test]
fn every_leaf_is_explained_and_every_reason_has_its_place() {
    for manifest in written(&sample()) {
        assert_eq!(unexplained(&manifest), Vec::<String>::new(), "{:#}", manifest.object);
        for (pointer, _) in manifest.reasons.iter() {
            assert!(manifest.object.pointer(&pointer).is_some(), "{pointer} of {}", manifest.kind());
        }
    }
}

#[test]
fn jobs_and_rights_stand_before_those_who_need_them() {
    let manifests = written(&sample());
    let kinds: Vec<&str> = manifests.iter().map(Manifest::kind).collect();
    let expected = [
        ["Namespace", "ConfigMap", "PersistentVolume", "PersistentVolumeClaim", "Service"].as_slice(),
        &["StatefulSet", "Service"],
        &["Job", "Secret", "ServiceAccount", "Role", "RoleBinding", "Deployment", "Service", "Service", "DaemonSet"],
    ];
    assert_eq!(kinds, expected.concat());
}

#[test]
fn a_job_is_named_after_its_template() {
    let mut app = sample();
    let before = written(&app);
    let job = find(&before, "Job").name().to_owned();
    assert_eq!(text(find(&before, "Role"), "/rules/0/resourceNames/0"), job);
    let script = text(find(&before, "Deployment"), "/spec/template/spec/initContainers/2/command/2");
    assert!(script.contains(&format!("$$(cat $dir/namespace)/jobs/{job}\n")), "{script}");
    assert_eq!(find(&written(&app), "Job").name(), job);
    app.workloads[3].container.image.value.push('1');
    assert_ne!(find(&written(&app), "Job").name(), job);
}

#[test]
fn text_is_escaped_where_the_kubelet_reads_it_alone() {
    let manifests = written(&sample());
    let web = find(&manifests, "Deployment");
    let main = "/spec/template/spec/containers/0";
    assert_eq!(text(web, &format!("{main}/command/0")), "$$$%s");
    assert_eq!(text(web, &format!("{main}/args/0")), "$$(date)");
    assert_eq!(text(web, &format!("{main}/env/0/value")), "a$$(b)");
    assert_eq!(text(find(&manifests, "ConfigMap"), "/data/Z"), "$(x)");
    assert_eq!(text(find(&manifests, "ConfigMap"), "/binaryData/A"), "/w==");
}

#[test]
fn keys_and_labels_keep_their_order() {
    let manifests = written(&sample());
    let keys = |pointer: &str| -> Vec<String> {
        let map = find(&manifests, "Secret").object.pointer(pointer).and_then(Value::as_object).unwrap();
        map.keys().map(str::to_owned).collect()
    };
    assert_eq!(keys("/data"), ["z", "B"]);
    assert_eq!(
        keys("/metadata/labels"),
        ["app.kubernetes.io/name", "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"]
    );
}

#[test]
fn a_changed_file_rolls_the_pods() {
    let mut app = sample();
    let sum = |app: &App, file: &str| {
        let pointer = format!("/spec/template/metadata/annotations/checksum~1{file}");
        text(find(&written(app), "Deployment"), &pointer).to_owned()
    };
    let (own, shared) = (sum(&app, "secret-web"), sum(&app, "config-shared"));
    assert_eq!((own.len(), shared.len()), (16, 16));
    app.files[0].entries[0].1.bytes.push(b'!');
    assert_eq!(sum(&app, "secret-web"), own);
    assert_ne!(sum(&app, "config-shared"), shared);
}
