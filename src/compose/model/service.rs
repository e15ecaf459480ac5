//! A service (compose-spec, "Services top-level elements"): every key it may hold, and the short forms of its commands.

use crate::compose::grammar::words;
use crate::compose::keys::Identity::{Device, GrantTarget, MountTarget, Path, Port};
use crate::compose::keys::Merge::{
    Default as Deep, DependsOn, Each, Names, Replace, Sequence, Short, Unique, UniqueBy, UniqueOrOne,
};
use crate::compose::keys::{Decode, Entries, Merge, Reader, keys};
use crate::compose::model::build::Build;
use crate::compose::model::deploy::Deploy;
use crate::compose::model::device::{BlkioConfig, DeviceMapping, Gpus};
use crate::compose::model::files::{EnvFiles, Grants};
use crate::compose::model::health::Healthcheck;
use crate::compose::model::host::{
    ContainerName, CredentialSpec, ExtraHosts, LabelFiles, Logging, Provider, PullPolicy, ServiceModels, Ulimits,
};
use crate::compose::model::lifecycle::{Develop, Extends, Hooks, PreStartHooks};
use crate::compose::model::mount::{Mounts, TmpfsMounts};
use crate::compose::model::network::{Attachments, Dependencies};
use crate::compose::model::port::{Exposes, Ports};
use crate::compose::model::scalar::{Bytes, Duration, Nullable, Ranged, Truncated, Umask, Unquoted, choices};
use crate::compose::model::text::{OneOrMore, Pairs, StorageOptions, TextSet, Texts, TextsAndNumbers, mapping};
use crate::diag::{Code, Diagnostic};
use crate::origin::Spanned;
use crate::syntax::{Map, Node, Value};

keys! {
    /// One service.
    Service in "services.*" short adopted {
        annotations "annotations": Pairs, Merge::Pairs, Reads, Translated, "Annotations of the container.";
        attach "attach": bool, Deep, Reads, Loader, "Whether `up` attaches to its logs.";
        blkio_config "blkio_config": BlkioConfig, Deep, Reads, Translated, "Limits of block input and output.";
        build "build": Build, Short("context"), Ignores, Translated, "How its image is built.";
        cap_add "cap_add": TextSet, Unique, Reads, Translated, "Capabilities that it gets.";
        cap_drop "cap_drop": TextSet, Unique, Reads, Translated, "Capabilities that it loses.";
        cgroup "cgroup": Cgroup, Deep, Reads, Translated, "Its control group namespace.";
        cgroup_parent "cgroup_parent": String, Deep, Ignores, Translated, "Its parent control group.";
        command "command": Command, Replace, Reads, Translated, "What replaces the image's command.";
        configs "configs": Grants, UniqueBy(GrantTarget("/")), Reads, Translated, "Configs that it sees as files.";
        container_name "container_name": ContainerName, Deep, Ignores, Translated, "A fixed name for its container.";
        cpu_count "cpu_count": Ranged<0, { i64::MAX }>, Deep, Reads, Translated, "Number of processors it may use (Windows).";
        cpu_percent "cpu_percent": Ranged<0, 100>, Deep, Reads, Translated, "Percentage of processors it may use (Windows).";
        cpu_period "cpu_period": Truncated, Deep, Reads, Translated, "Scheduler period in microseconds.";
        cpu_quota "cpu_quota": Truncated, Deep, Refuses, Translated, "Scheduler quota in microseconds.";
        cpu_rt_period "cpu_rt_period": Truncated, Deep, Reads, Translated, "Realtime scheduler period.";
        cpu_rt_runtime "cpu_rt_runtime": Truncated, Deep, Reads, Translated, "Realtime scheduler budget.";
        cpu_shares "cpu_shares": Truncated, Deep, Refuses, Translated, "Its weight among containers.";
        cpus "cpus": f64, Deep, Reads, Translated, "Number of cores it may use.";
        cpuset "cpuset": String, Deep, Refuses, Translated, "Which cores it may use.";
        credential_spec "credential_spec": CredentialSpec, Deep, Reads, Translated, "A Windows account.";
        depends_on "depends_on": Dependencies, DependsOn, Reads, Translated, "Services that must be up before it.";
        deploy "deploy": Deploy, Deep, Reads, Translated, "How it is deployed.";
        develop "develop": Develop, Deep, Reads, Loader, "What docker compose watches while developing.";
        device_cgroup_rules "device_cgroup_rules": TextSet, Deep, Reads, Translated, "Rules for devices.";
        devices "devices": Vec<Spanned<DeviceMapping>>, UniqueBy(Device), Ignores, Translated, "Devices of the host.";
        dns "dns": OneOrMore, UniqueOrOne, Reads, Translated, "Name servers.";
        dns_opt "dns_opt": TextSet, Unique, Reads, Translated, "Resolver options.";
        dns_search "dns_search": OneOrMore, UniqueOrOne, Reads, Translated, "Search domains.";
        domainname "domainname": String, Deep, Ignores, Translated, "Its domain name.";
        entrypoint "entrypoint": Command, Replace, Reads, Translated, "What replaces the image's entrypoint.";
        env_file "env_file": EnvFiles, UniqueBy(Path), Reads, Translated, "Files of environment variables.";
        environment "environment": Pairs, Merge::Pairs, Reads, Translated, "Environment variables.";
        expose "expose": Exposes, Unique, Reads, Translated, "Ports that other services reach.";
        extends "extends": Extends, Deep, Refuses, Loader, "A service that it inherits from.";
        external_links "external_links": TextSet, Deep, Ignores, Translated, "Containers outside the project.";
        extra_hosts "extra_hosts": ExtraHosts, Sequence, Reads, Translated, "Lines for /etc/hosts.";
        gpus "gpus": Gpus, Deep, Reads, Translated, "Graphics processors.";
        group_add "group_add": TextsAndNumbers, Deep, Reads, Translated, "Groups of its user.";
        healthcheck "healthcheck": Healthcheck, Deep, Reads, Translated, "How it is checked.";
        hostname "hostname": String, Deep, Reads, Translated, "Its host name.";
        image "image": String, Deep, Reads, Translated, "The image it runs.";
        init "init": bool, Deep, Reads, Translated, "Whether an init process reaps its children.";
        ipc "ipc": String, Deep, Ignores, Translated, "Its namespace for interprocess communication.";
        isolation "isolation": String, Deep, Reads, Translated, "Its isolation technology (Windows).";
        label_file "label_file": LabelFiles, Sequence, Reads, Loader, "Files of labels.";
        labels "labels": Pairs, Merge::Pairs, Reads, Translated, "Labels of the container.";
        links "links": TextSet, Unique, Ignores, Translated, "Services it reaches under other names.";
        logging "logging": Logging, Merge::Logging, Reads, Translated, "Where its output goes.";
        mac_address "mac_address": String, Deep, Ignores, Translated, "Its hardware address.";
        mem_limit "mem_limit": Bytes, Deep, Refuses, Translated, "Bytes of memory it may use.";
        mem_reservation "mem_reservation": Bytes, Deep, Reads, Translated, "Bytes of memory it is promised.";
        mem_swappiness "mem_swappiness": Bytes, Deep, Reads, Translated, "How readily it is swapped out.";
        memswap_limit "memswap_limit": Bytes, Deep, Refuses, Translated, "Bytes of memory and swap it may use.";
        models "models": ServiceModels, Names, Reads, Translated, "Models it uses.";
        network_mode "network_mode": String, Deep, Ignores, Translated, "Its network namespace.";
        networks "networks": Attachments, Names, Reads, Translated, "Networks it is attached to.";
        oom_kill_disable "oom_kill_disable": bool, Deep, Reads, Translated, "Whether it is spared when memory runs out.";
        oom_score_adj "oom_score_adj": Ranged<-1000, 1000>, Deep, Reads, Translated, "How likely it is killed when memory runs out.";
        pid "pid": Nullable<String>, Deep, Ignores, Translated, "Its process namespace.";
        pids_limit "pids_limit": Truncated, Deep, Reads, Translated, "Number of processes it may have.";
        platform "platform": String, Deep, Reads, Translated, "The platform it runs on.";
        ports "ports": Ports, UniqueBy(Port), Reads, Translated, "Ports that are published.";
        post_start "post_start": Hooks, Deep, Reads, Translated, "Commands after its start.";
        pre_start "pre_start": PreStartHooks, Deep, Reads, Translated, "Containers that run before it.";
        pre_stop "pre_stop": Hooks, Deep, Reads, Translated, "Commands before its stop.";
        privileged "privileged": bool, Deep, Ignores, Translated, "Whether it has all powers of the host.";
        profiles "profiles": TextSet, Unique, Reads, Loader, "Profiles that it belongs to.";
        provider "provider": Provider, Deep, Reads, Translated, "A program that provides it.";
        pull_policy "pull_policy": PullPolicy, Deep, Reads, Translated, "When its image is pulled.";
        pull_refresh_after "pull_refresh_after": String, Deep, Reads, Translated, "When its image is pulled again.";
        read_only "read_only": bool, Deep, Reads, Translated, "Whether its root file system is read-only.";
        restart "restart": String, Deep, Reads, Translated, "When it is started again.";
        runtime "runtime": String, Deep, Reads, Translated, "The runtime that runs it.";
        scale "scale": i64, Deep, Reads, Translated, "How many containers it has.";
        secrets "secrets": Grants, UniqueBy(GrantTarget("/run/secrets/")), Reads, Translated, "Secrets that it sees as files.";
        security_opt "security_opt": TextSet, Deep, Ignores, Translated, "Security options.";
        shm_size "shm_size": Bytes, Deep, Ignores, Translated, "Size of /dev/shm.";
        stdin_open "stdin_open": bool, Deep, Reads, Translated, "Whether its standard input stays open.";
        stop_grace_period "stop_grace_period": Duration, Deep, Reads, Translated, "Time between the stop signal and its end.";
        stop_signal "stop_signal": String, Deep, Reads, Translated, "The signal that stops it.";
        storage_opt "storage_opt": StorageOptions, Deep, Reads, Translated, "Storage options.";
        sysctls "sysctls": Pairs, Merge::Pairs, Reads, Translated, "Kernel parameters.";
        tmpfs "tmpfs": TmpfsMounts, UniqueOrOne, Ignores, Translated, "Folders in memory.";
        tty "tty": bool, Deep, Reads, Translated, "Whether it has a terminal.";
        ulimits "ulimits": Ulimits, Each, Reads, Translated, "Limits of the process.";
        umask "umask": Umask, Deep, Reads, Translated, "Permission bits that its processes take away.";
        use_api_socket "use_api_socket": Unquoted<bool>, Deep, Reads, Translated, "Whether it reaches the Docker engine.";
        user "user": String, Deep, Reads, Translated, "The user it runs as.";
        userns_mode "userns_mode": String, Deep, Ignores, Translated, "Its user namespace.";
        uts "uts": String, Deep, Reads, Translated, "Its host name namespace.";
        volumes "volumes": Mounts, UniqueBy(MountTarget), Reads, Translated, "What is mounted into it.";
        volumes_from "volumes_from": TextSet, Deep, Refuses, Translated, "Services whose mounts it gets.";
        working_dir "working_dir": String, Deep, Reads, Translated, "The folder it starts in.";
    }
}

choices! {
    /// A service's control group namespace.
    Cgroup {
        Host "host" "The host's.";
        Private "private" "Its own.";
    }
}

/// `x-develop` is what `develop` was called before it was adopted.
fn adopted(node: Node, reader: &mut Reader<'_>) -> Option<Map> {
    let mut map = mapping(node, reader)?;
    if !map.contains_key("develop")
        && let Some((index, _, entry)) = map.shift_remove_full("x-develop")
    {
        map.shift_insert(index, "develop".to_owned(), entry);
    }
    Some(map)
}

/// The services of a project.
pub type Services = Entries<Service>;

/// A command: words, each with its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command(pub Vec<Spanned<String>>);

impl Decode for Command {
    const NULLABLE: bool = true;
    const EXPECTED: &'static str = "a string or a list of strings";

    fn decode(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let origin = node.origin;
        let Value::String(text) = &node.value else {
            return Texts::decode(node, reader).map(|texts| Command(texts.0));
        };
        let words = match words::split_compose(text) {
            Ok(words) => words,
            Err(message) => {
                reader.bad_value(origin, message, "balance the quotes, or write a list: [\"word\", \"word\"]");
                return None;
            }
        };
        if words.cut.is_some() {
            let path = reader.path();
            reader.diags.push(
                Diagnostic::new(Code::CommandCut, origin, format!("`{path}` is cut at an unquoted shell operator"))
                    .label("Docker runs this without a shell, and stops reading here")
                    .why(format!("what runs is: {}", words.words.join(" ")))
                    .help("to run it in a shell write: [\"sh\", \"-c\", \"...\"]")
                    .key(path),
            );
        }
        Some(Command(words.words.into_iter().map(|value| Spanned { value, origin }).collect()))
    }
}
