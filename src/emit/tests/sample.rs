//! One of everything that can be written down, built by hand.

use indexmap::IndexMap;

use crate::ir::{
    Access, Amount, App, Claim, Confinement, Container, ContainerMount, Data, Elsewhere, EnvSource, EnvVar, Exposure,
    ExposureKind, ExposurePort, FileObject, FileObjectKind, HostAlias, Item, JobRole, Kind, Labelled, Name,
    NetworkMode, NetworkShare, NodeRule, NodeTest, Outside, PersistentVolume, Placement, Pod, Port, Probe, ProbeAction,
    Propagation, Protocol, Resolver, Resources, Restart, Rollout, Run, SecurityContext, Selects, SelinuxLabel,
    ShareProtocol, Spread, Step, Stop, Traced, Volume, VolumeSource, Wait, WaitFor, Why, Wishes, Workload,
};
use crate::origin::{Origin, Sources};

/// One of everything; `web` waits for the Job `migrate`, which stands behind it.
pub(super) fn sample() -> App {
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

fn pod() -> Pod {
    Pod {
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
    }
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
        pod: pod(),
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
    let probe = Probe {
        action: ProbeAction::Run(vec![said("true".to_owned())]),
        period: said(5),
        timeout: said(5),
        failures: said(3),
    };
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

fn web_pod() -> Pod {
    Pod {
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
        pod: web_pod(),
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
