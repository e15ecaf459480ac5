//! `pre_start` (compose-spec): containers that run to their end, one after the other, before the service's own. Each has the mounts and
//! the variables of the service, and what it says itself.
//!
//! ```yaml
//! pre_start: [{ command: [migrate], environment: { MODE: all } }]
//! # initContainers: app-pre-start-1, behind the waits
//! ```

use crate::compose::keys::{Key, Written};
use crate::compose::model::lifecycle::{PreStartHook, PreStartHooks};
use crate::compose::model::service::Service;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{FileObject, Member, Name, Traced, Why};
use crate::lower::Context;
use crate::lower::service::{self, Identity, Shared};
use crate::origin::Origin;

/// The service that the containers come before.
pub(super) struct Main<'a> {
    /// As the user wrote it.
    pub(super) name: &'a str,
    /// In the cluster.
    pub(super) own: &'a Name,
    /// Its image, which is theirs too where they name none.
    pub(super) image: &'a Traced<String>,
    /// Whether it has one pod.
    pub(super) is_single: bool,
}

/// The containers, without what they have from the service: that is added when all of it is known.
pub(super) fn members(
    context: &Context<'_>,
    main: &Main<'_>,
    hooks: &Key<PreStartHooks>,
    shared: Shared<'_>,
    objects: &mut Vec<FileObject>,
    diags: &mut Diagnostics,
) -> Vec<Member> {
    let mut members = Vec::new();
    for (number, hook) in hooks.get().into_iter().flat_map(|hooks| &hooks.value).enumerate() {
        let PreStartHook { container, per_replica } = &hook.value;
        let name = format!("{}.pre_start[{number}]", main.name);
        let path = format!("services.{name}");
        let own = main.own.with(&format!("pre-start-{}", number + 1));
        let identity = Identity { name: &name, own: own.clone(), origin: hook.origin };
        let mut made = Vec::new();
        let Some(workload) = service::lower(context, identity, container, shared, &mut made, diags) else { continue };
        objects.extend(made.into_iter().filter(|object| object.name == own));
        let mut step = workload.container;
        let (has_image, of_pod) = keys_of_the_pod(container);
        if !has_image {
            step.image = main.image.clone();
        }
        for (key, written) in of_pod {
            if let Some(place) = written.written() {
                not_its_own(&path, key, place, diags);
            }
        }
        match per_replica {
            Some(each) if each.value => diags.consume(each.origin, "an init container runs in each pod"),
            Some(once) => runs_again(&path, once.origin, main.is_single, diags),
            None => runs_again(&path, hook.origin, main.is_single, diags),
        }
        members.push(Member { name: own, container: step, ports: Vec::new(), why: Why::Origin(hook.origin) });
    }
    members
}

/// Whether an image is named, and the keys that a container in another's pod has no say in.
#[expect(clippy::too_many_lines, reason = "one line a key is what makes this readable")]
fn keys_of_the_pod(service: &Service) -> (bool, Vec<(&'static str, &dyn Written)>) {
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
    // The container has these as a service's own has them.
    let _ = (
        (
            attach,
            blkio_config,
            build,
            cap_add,
            cap_drop,
            cgroup,
            cgroup_parent,
            command,
            container_name,
            cpu_count,
            cpu_percent,
            cpu_period,
        ),
        (
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
        ),
        (
            entrypoint,
            environment,
            expose,
            extends,
            external_links,
            gpus,
            healthcheck,
            init,
            isolation,
            links,
            logging,
            mac_address,
        ),
        (
            mem_limit,
            mem_reservation,
            mem_swappiness,
            memswap_limit,
            models,
            oom_kill_disable,
            oom_score_adj,
            pids_limit,
            ports,
            post_start,
            pre_start,
            pre_stop,
        ),
        (
            privileged,
            profiles,
            provider,
            pull_policy,
            pull_refresh_after,
            read_only,
            restart,
            scale,
            security_opt,
            stdin_open,
            storage_opt,
            tty,
        ),
        (ulimits, umask, use_api_socket, user, userns_mode, uts, working_dir, extensions),
    );
    let of_pod: Vec<(&'static str, &dyn Written)> = vec![
        ("annotations", annotations),
        ("configs", configs),
        ("dns", dns),
        ("dns_opt", dns_opt),
        ("dns_search", dns_search),
        ("domainname", domainname),
        ("env_file", env_file),
        ("extra_hosts", extra_hosts),
        ("group_add", group_add),
        ("hostname", hostname),
        ("ipc", ipc),
        ("label_file", label_file),
        ("labels", labels),
        ("network_mode", network_mode),
        ("networks", networks),
        ("pid", pid),
        ("platform", platform),
        ("runtime", runtime),
        ("secrets", secrets),
        ("shm_size", shm_size),
        ("stop_grace_period", stop_grace_period),
        ("stop_signal", stop_signal),
        ("sysctls", sysctls),
        ("tmpfs", tmpfs),
        ("volumes", volumes),
        ("volumes_from", volumes_from),
    ];
    (image.get().is_some(), of_pod)
}

fn not_its_own(path: &str, key: &str, place: Origin, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::new(
            Code::HookRights,
            place,
            format!("`{key}` of a container before the service has no counterpart"),
        )
        .label("it runs in the pod of the service, with its mounts, networks and names")
        .help("write it on the service, or do the work in a service of its own")
        .key(format!("{path}.{key}"))
        .cause("pre_start")
        .covers_below([place]),
    );
}

/// Docker runs it when the service is made anew; an init container runs whenever a pod starts.
fn runs_again(path: &str, place: Origin, is_single: bool, diags: &mut Diagnostics) {
    let (code, title) = match is_single {
        true => (Code::PreStartAgain, "a container under pre_start runs again whenever its pod starts"),
        false => (Code::PreStartEach, "a container under pre_start runs in each pod, not once for all"),
    };
    diags.push(
        Diagnostic::new(code, place, title)
            .why("an init container belongs to its pod, and runs before each start of it")
            .help("see that it may run twice, also at the same time; or make it a service that runs once, and write depends_on")
            .key(path)
            .cause("pre_start"),
    );
}
