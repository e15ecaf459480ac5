//! One service, taken apart: a table of contents, one line a key. A key that the table gains does not compile until it stands here.

use crate::compose::keys::Written;
use crate::compose::model::service::Service;
use crate::diag::Diagnostics;
use crate::ir::{Container, FileObject, Kind, Name, Network, Pod, Run, Traced, Workload, carry};
use crate::lower::env_files::EnvObjects;
use crate::lower::files::ObjectNames;
use crate::lower::hooks;
use crate::lower::mounts::Mounter;
use crate::lower::security::Rights;
use crate::lower::sharing;
use crate::lower::volumes::Definitions;
use crate::lower::{
    Context, annotations, before, command, devices, environment, flags, grants, health, hostname, image, kompose,
    kubernetes, later, lifecycle, listening, memory, mounts, nested, network, owned, placement, ports, resources,
    rollout, router_labels, security, windows, without_counterpart,
};
use crate::origin::Origin;

use indexmap::IndexMap;

/// Which service it is.
pub(super) struct Identity<'a> {
    /// As the user wrote it.
    pub(super) name: &'a str,
    /// In the cluster.
    pub(super) own: Name,
    /// Where it is written.
    pub(super) origin: Origin,
}

/// What all services share.
#[derive(Clone, Copy)]
pub(super) struct Shared<'a> {
    /// The objects of their environment files.
    pub(super) env_objects: &'a EnvObjects,
    /// The objects of configs and secrets.
    pub(super) objects: &'a ObjectNames,
    /// The volumes of the project.
    pub(super) definitions: &'a Definitions,
    /// The networks of the project.
    pub(super) networks: &'a IndexMap<String, Network>,
}

/// Turns one service into a workload; its files join `objects`. `None` for what a provider makes: there is no container.
#[expect(clippy::too_many_lines, reason = "one line a key is what makes this readable")]
pub(super) fn lower(
    context: &Context<'_>,
    identity: Identity<'_>,
    service: &Service,
    shared: Shared<'_>,
    objects: &mut Vec<FileObject>,
    diags: &mut Diagnostics,
) -> Option<Workload> {
    let Identity { name, own, origin } = identity;
    let path = format!("services.{name}");
    let Service {
        annotations,
        attach,
        blkio_config,
        build,
        cap_add,
        cap_drop,
        cgroup,
        cgroup_parent,
        command,
        configs,
        container_name,
        cpu_count,
        cpu_percent,
        cpu_period,
        cpu_quota,
        cpu_rt_period,
        cpu_rt_runtime,
        cpu_shares,
        cpus,
        cpuset,
        credential_spec,
        depends_on,
        deploy,
        develop,
        device_cgroup_rules,
        devices,
        dns,
        dns_opt,
        dns_search,
        domainname,
        entrypoint,
        env_file,
        environment,
        expose,
        extends,
        external_links,
        extra_hosts,
        gpus,
        group_add,
        healthcheck,
        hostname,
        image,
        init,
        ipc,
        isolation,
        label_file,
        labels,
        links,
        logging,
        mac_address,
        mem_limit,
        mem_reservation,
        mem_swappiness,
        memswap_limit,
        models,
        network_mode,
        networks,
        oom_kill_disable,
        oom_score_adj,
        pid,
        pids_limit,
        platform,
        ports,
        post_start,
        pre_start,
        pre_stop,
        privileged,
        profiles,
        provider,
        pull_policy,
        pull_refresh_after,
        read_only,
        restart,
        runtime,
        scale,
        secrets,
        security_opt,
        shm_size,
        stdin_open,
        stop_grace_period,
        stop_signal,
        storage_opt,
        sysctls,
        tmpfs,
        tty,
        ulimits,
        umask,
        use_api_socket,
        user,
        userns_mode,
        uts,
        volumes,
        volumes_from,
        working_dir,
        extensions,
    } = service;
    if let Some(place) = provider.written() {
        without_counterpart::provided(&path, name, place, origin, diags);
        return None;
    }
    let image = image::image(context, &own, image, build, (&path, origin), diags);
    let known = crate::images::known(&image.value);
    let user = security::user(&path, &image.value, user, diags);
    let is_privileged = privileged.get().is_some_and(|privileged| privileged.value);
    let (device_files, privileged_by) = devices::mappings(&path, devices, is_privileged, diags);
    let check = health::check(context, &path, healthcheck, diags);
    let plan = rollout::plan(context, &path, deploy, scale, restart, diags);
    let of_kompose = kompose::of_service(&path, labels, deploy, extensions, diags);
    let said = of_kompose.as_deref().unwrap_or(extensions);
    let extras = kubernetes::extras(context, (&path, &own), said, diags);
    let mut group = user
        .1
        .clone()
        .filter(|group| group.value != 0)
        .or_else(|| user.0.clone())
        .or_else(|| Some(Traced::decided(known?.volume_group()?, "image-user")));
    let mounts = {
        let mut mounter = Mounter {
            context,
            own: &own,
            path: &path,
            build,
            known,
            on_each_node: [&extras.kind, &plan.kind].into_iter().flatten().any(|kind| kind.value == Kind::DaemonSet),
            has_zone: environment.get().is_some_and(|pairs| pairs.value.0.contains_key("TZ")),
            privileged: is_privileged,
            volumes: shared.definitions,
            objects,
            diags,
        };
        let mut all = mounter.mounts(volumes);
        all.extend(memory::tmpfs(&path, tmpfs, diags));
        all.extend(memory::shm(shm_size, &all, diags));
        all.extend(device_files);
        all.extend(grants::grants((context, shared.objects), &path, configs, secrets, &mut group, diags));
        let mut all = mounts::without_doubles(all, diags);
        kompose::subpath(&path, labels, deploy, &mut all, diags);
        nested::apart(all, objects, &path, diags)
    };
    // The loader has read what the key names.
    let env_files = env_file.get().and_then(|_| context.loaded.env_files.get(name)).map_or(&[][..], Vec::as_slice);
    let (mut env, env_from) =
        environment::environment(context, (&own, &path), environment, (shared.env_objects, env_files), objects, diags);
    for of_pod in mounts.iter().filter_map(|mount| mount.of_pod.as_ref()) {
        carry(&of_pod.value, &mut env, &of_pod.why);
    }
    let written = resources::Written {
        deploy,
        cpus,
        cpu_count,
        cpu_quota,
        cpu_period,
        cpu_shares,
        mem_limit,
        mem_reservation,
        memswap_limit,
        storage_opt,
        gpus,
    };
    let resources = resources::resources(&path, &written, diags);
    let rights = Rights { user: user.clone(), read_only, privileged, cap_add, cap_drop, security_opt };
    let mut security = security::security(&path, rights, privileged_by, diags);
    security.windows_account = windows::account(&path, credential_spec, diags);
    let placement = placement::with_platform(plan.placement, &path, platform, diags);
    let of_labels = annotations::of(&format!("{path}.labels"), labels, router_labels::taken(context), diags);
    let of_annotations = annotations::of(&format!("{path}.annotations"), annotations, |_| false, diags);
    let (pod_labels, of_labels) = annotations::sorted(of_labels);
    let pod_annotations = annotations::joined(&path, of_labels, of_annotations, diags);
    let (own_labels, own_annotations) = annotations::sorted(plan.annotations);
    let router_labels = router_labels::of(context, labels, deploy);
    let stop = lifecycle::stop(context, &path, stop_signal, diags);
    let before_stop = hooks::command(&format!("{path}.pre_stop"), pre_stop, diags);
    let (before_stop, stop) = hooks::with_signal(before_stop, stop);
    let system = lifecycle::system(stop.as_ref());
    let usual = listening::usual(known, entrypoint, command, environment);
    let stated =
        ports::stated(ports, expose, check.as_ref(), usual, ports::of_routers(labels, deploy, environment), diags);
    let main = before::Main { name, own: &own, image: &image, is_single: plan.replicas.value <= 1 };
    let steps_before = before::members(context, &main, pre_start, shared, objects, diags);
    let without: &[(&str, &dyn Written)] = &[
        ("blkio_config", blkio_config),
        ("cgroup_parent", cgroup_parent),
        ("cpu_percent", cpu_percent),
        ("cpu_rt_period", cpu_rt_period),
        ("cpu_rt_runtime", cpu_rt_runtime),
        ("cpuset", cpuset),
        ("device_cgroup_rules", device_cgroup_rules),
        ("mac_address", mac_address),
        ("mem_swappiness", mem_swappiness),
        ("models", models),
        ("pull_refresh_after", pull_refresh_after),
        ("umask", umask),
    ];
    for (field, key) in without {
        without_counterpart::say(&path, field, *key, diags);
    }
    let usual: &[(&str, &dyn Written, bool)] = &[
        ("cgroup", cgroup, cgroup.get().is_some_and(|found| found.value.word() == "private")),
        ("isolation", isolation, isolation.get().is_some_and(|found| matches!(found.value.as_str(), "" | "default"))),
        ("oom_kill_disable", oom_kill_disable, oom_kill_disable.get().is_some_and(|found| !found.value)),
        ("oom_score_adj", oom_score_adj, oom_score_adj.get().is_some_and(|found| found.value.0 == 0)),
        ("pids_limit", pids_limit, pids_limit.get().is_some_and(|found| found.value.0 <= 0)),
        ("use_api_socket", use_api_socket, use_api_socket.get().is_some_and(|found| !found.value.0)),
        (
            "userns_mode",
            userns_mode,
            userns_mode.get().is_some_and(|found| matches!(found.value.as_str(), "" | "host")),
        ),
        ("uts", uts, uts.get().is_some_and(|found| matches!(found.value.as_str(), "" | "private"))),
        ("ulimits", ulimits, ulimits.get().is_some_and(|found| found.value.0.is_empty())),
    ];
    for (field, key, is_usual) in usual {
        if *is_usual {
            later::used_up(*key, "what a pod has anyway", diags);
        } else {
            without_counterpart::say(&path, field, *key, diags);
        }
    }
    later::used_up(extends, "the loader has merged the service that it names", diags);
    later::used_up(label_file, "the loader has read the labels that it names", diags);
    later::used_up(develop, "matters only while developing with docker compose", diags);
    rollout::logging(&path, logging, diags);
    resources::init(&path, init, diags);
    if let Some(attach) = attach.get() {
        diags.consume(attach.origin, "matters only to the command line of docker compose");
    }
    for profile in profiles.get().iter().flat_map(|profiles| profiles.value.0.iter()) {
        diags.consume(profile.origin, "the profile is active");
    }
    let mut names = network::attachments(shared.networks, &path, networks, network_mode, diags);
    let called = hostname::read(context, (name, &path), hostname, diags);
    names.aliases.extend(network::own_names(container_name, &called));
    later::beside_kubernetes(extensions, diags);
    let sharing::Sharing { shares, host_processes, host_memory } =
        sharing::sharing(&path, network_mode, pid, ipc, volumes_from, diags);
    let network_mode = network::mode(&path, network_mode, names.on_host, diags);
    let slots = hostname::slots(&called, &env, &mounts);
    let process = command::process(context, &path, entrypoint, command, diags);
    let mut dependencies = rollout::dependencies(context.dialect(), &path, depends_on, diags);
    sharing::implied(&shares, links, &mut dependencies);
    let shares = shares.into_iter().chain(kompose::group(labels, deploy)).collect();
    let mut workload = Workload {
        shares,
        host: None,
        dependencies,
        published: ports::published(
            &path,
            ports,
            network_mode,
            ports::binding(shared.networks, &names.networks),
            diags,
        ),
        any_port: ports::any_port(&path, ports, expose, diags),
        ports: stated,
        check,
        mounts,
        headless: plan.headless,
        kind_is_said: extras.kind.is_some(),
        kind: extras.kind.or(plan.kind).unwrap_or_else(|| Traced::decided(Kind::Deployment, "ordinary-service")),
        replicas: extras.replicas.unwrap_or(plan.replicas),
        labels: own_labels,
        annotations: own_annotations,
        autoscaling: extras.autoscaling,
        budget: extras.budget,
        patches: extras.patches,
        wishes: extras.wishes,
        outside: extras.outside,
        timetable: extras.timetable,
        attempts: extras.attempts,
        min_ready_seconds: plan.min_ready_seconds,
        progress_deadline: None,
        rollout: plan.rollout,
        restart: plan.restart,
        run: Run::default(),
        schedule: None,
        once_per_node: plan.once_per_node,
        slots,
        container: Container {
            image,
            pull: kompose::pull(&path, labels, deploy, image::pull(&path, pull_policy, diags), diags),
            command: process.command,
            args: process.args,
            working_dir: command::folder(&path, working_dir, diags),
            env,
            env_from,
            resources,
            security,
            mounts: Vec::new(),
            startup: None,
            readiness: None,
            liveness: None,
            stop,
            after_start: hooks::command(&format!("{path}.post_start"), post_start, diags),
            before_stop,
            stdin: flags::flag(stdin_open, diags),
            tty: flags::flag(tty, diags),
        },
        pod: Pod {
            grace_seconds: rollout::grace(&path, stop_grace_period, diags),
            hostname: hostname::hostname(&path, &called, domainname, diags),
            host_aliases: network::hosts(&path, extra_hosts, diags),
            resolver: network::resolver(&path, dns, dns_search, dns_opt, diags),
            marks: Vec::new(),
            labels: pod_labels,
            annotations: pod_annotations,
            system,
            fs_group: group,
            groups: security::groups(&path, group_add, diags),
            sysctls: security::sysctls(&path, sysctls, diags),
            host_processes,
            host_memory,
            account: extras.account,
            pull_secrets: extras.pull_secrets,
            runtime: security::runtime(&path, runtime, diags),
            placement,
            one_process_space: None,
            together: None,
        },
        waits: Vec::new(),
        before: steps_before,
        steps: Vec::new(),
        beside: Vec::new(),
        called: own.clone(),
        roles: Vec::new(),
        volumes: Vec::new(),
        claim_templates: Vec::new(),
        governing: None,
        answers: Vec::new(),
        network: network_mode,
        networks: names.networks,
        router_labels,
        routes: extras.routes,
        routed: Vec::new(),
        addresses: names.addresses,
        aliases: names.aliases,
        links: network::links(context, links),
        outer_links: network::external_links(external_links),
        exposures: Vec::new(),
        gateway_routes: Vec::new(),
        ingresses: Vec::new(),
        files: Vec::new(),
        service: name.to_owned(),
        origin,
        name: own,
    };
    owned::settle(&path, &workload.container, &user, &mut workload.mounts, diags);
    mounts::without_rights(&workload.mounts, &path, diags);
    Some(workload)
}
