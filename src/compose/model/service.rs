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
        annotations "annotations": Pairs, Merge::Pairs, Reads, Exact, "Annotations of the container.";
        attach "attach": bool, Deep, Reads, Loader, "Whether `up` attaches to its logs.";
        blkio_config "blkio_config": BlkioConfig, Deep, Reads, Nothing, "Limits of block input and output.";
        build "build": Build, Short("context"), Ignores, Loader, "How its image is built.";
        cap_add "cap_add": TextSet, Unique, Reads, Exact, "Capabilities that it gets.";
        cap_drop "cap_drop": TextSet, Unique, Reads, Exact, "Capabilities that it loses.";
        cgroup "cgroup": Cgroup, Deep, Reads, Nothing, "Its control group namespace.";
        cgroup_parent "cgroup_parent": String, Deep, Ignores, Nothing, "Its parent control group.";
        command "command": Command, Replace, Reads, Exact, "What replaces the image's command.";
        configs "configs": Grants, UniqueBy(GrantTarget("/")), Reads, Exact, "Configs that it sees as files.";
        container_name "container_name": ContainerName, Deep, Ignores, Approximate, "A fixed name for its container.";
        cpu_count "cpu_count": Ranged<0, { i64::MAX }>, Deep, Reads, Approximate, "Number of processors it may use (Windows).";
        cpu_percent "cpu_percent": Ranged<0, 100>, Deep, Reads, Nothing, "Percentage of processors it may use (Windows).";
        cpu_period "cpu_period": Truncated, Deep, Reads, Approximate, "Scheduler period in microseconds.";
        cpu_quota "cpu_quota": Truncated, Deep, Refuses, Exact, "Scheduler quota in microseconds.";
        cpu_rt_period "cpu_rt_period": Truncated, Deep, Reads, Nothing, "Realtime scheduler period.";
        cpu_rt_runtime "cpu_rt_runtime": Truncated, Deep, Reads, Nothing, "Realtime scheduler budget.";
        cpu_shares "cpu_shares": Truncated, Deep, Refuses, Approximate, "Its weight among containers.";
        cpus "cpus": f64, Deep, Reads, Exact, "Number of cores it may use.";
        cpuset "cpuset": String, Deep, Refuses, Nothing, "Which cores it may use.";
        credential_spec "credential_spec": CredentialSpec, Deep, Reads, Approximate, "A Windows account.";
        depends_on "depends_on": Dependencies, DependsOn, Reads, Approximate, "Services that must be up before it.";
        deploy "deploy": Deploy, Deep, Reads, Exact, "How it is deployed.";
        develop "develop": Develop, Deep, Reads, Loader, "What docker compose watches while developing.";
        device_cgroup_rules "device_cgroup_rules": TextSet, Deep, Reads, Nothing, "Rules for devices.";
        devices "devices": Vec<Spanned<DeviceMapping>>, UniqueBy(Device), Ignores, Approximate, "Devices of the host.";
        dns "dns": OneOrMore, UniqueOrOne, Reads, Approximate, "Name servers.";
        dns_opt "dns_opt": TextSet, Unique, Reads, Exact, "Resolver options.";
        dns_search "dns_search": OneOrMore, UniqueOrOne, Reads, Approximate, "Search domains.";
        domainname "domainname": String, Deep, Ignores, Approximate, "Its domain name.";
        entrypoint "entrypoint": Command, Replace, Reads, Exact, "What replaces the image's entrypoint.";
        env_file "env_file": EnvFiles, UniqueBy(Path), Reads, Exact, "Files of environment variables.";
        environment "environment": Pairs, Merge::Pairs, Reads, Exact, "Environment variables.";
        expose "expose": Exposes, Unique, Reads, Exact, "Ports that other services reach.";
        extends "extends": Extends, Deep, Refuses, Loader, "A service that it inherits from.";
        external_links "external_links": TextSet, Deep, Ignores, Approximate, "Containers outside the project.";
        extra_hosts "extra_hosts": ExtraHosts, Sequence, Reads, Exact, "Lines for /etc/hosts.";
        gpus "gpus": Gpus, Deep, Reads, Approximate, "Graphics processors.";
        group_add "group_add": TextsAndNumbers, Deep, Reads, Approximate, "Groups of its user.";
        healthcheck "healthcheck": Healthcheck, Deep, Reads, Approximate, "How it is checked.";
        hostname "hostname": String, Deep, Reads, Exact, "Its host name.";
        image "image": String, Deep, Reads, Exact, "The image it runs.";
        init "init": bool, Deep, Reads, Approximate, "Whether an init process reaps its children.";
        ipc "ipc": String, Deep, Ignores, Approximate, "Its namespace for interprocess communication.";
        isolation "isolation": String, Deep, Reads, Approximate, "Its isolation technology (Windows).";
        label_file "label_file": LabelFiles, Sequence, Reads, Loader, "Files of labels.";
        labels "labels": Pairs, Merge::Pairs, Reads, Exact, "Labels of the container.";
        links "links": TextSet, Unique, Ignores, Approximate, "Services it reaches under other names.";
        logging "logging": Logging, Merge::Logging, Reads, Approximate, "Where its output goes.";
        mac_address "mac_address": String, Deep, Ignores, Nothing, "Its hardware address.";
        mem_limit "mem_limit": Bytes, Deep, Refuses, Exact, "Bytes of memory it may use.";
        mem_reservation "mem_reservation": Bytes, Deep, Reads, Approximate, "Bytes of memory it is promised.";
        mem_swappiness "mem_swappiness": Bytes, Deep, Reads, Nothing, "How readily it is swapped out.";
        memswap_limit "memswap_limit": Bytes, Deep, Refuses, Nothing, "Bytes of memory and swap it may use.";
        models "models": ServiceModels, Names, Reads, Nothing, "Models it uses.";
        network_mode "network_mode": String, Deep, Ignores, Approximate, "Its network namespace.";
        networks "networks": Attachments, Names, Reads, Approximate, "Networks it is attached to.";
        oom_kill_disable "oom_kill_disable": bool, Deep, Reads, Nothing, "Whether it is spared when memory runs out.";
        oom_score_adj "oom_score_adj": Ranged<-1000, 1000>, Deep, Reads, Nothing, "How likely it is killed when memory runs out.";
        pid "pid": Nullable<String>, Deep, Ignores, Approximate, "Its process namespace.";
        pids_limit "pids_limit": Truncated, Deep, Reads, Nothing, "Number of processes it may have.";
        platform "platform": String, Deep, Reads, Approximate, "The platform it runs on.";
        ports "ports": Ports, UniqueBy(Port), Reads, Approximate, "Ports that are published.";
        post_start "post_start": Hooks, Deep, Reads, Approximate, "Commands after its start.";
        pre_start "pre_start": PreStartHooks, Deep, Reads, Approximate, "Containers that run before it.";
        pre_stop "pre_stop": Hooks, Deep, Reads, Approximate, "Commands before its stop.";
        privileged "privileged": bool, Deep, Ignores, Exact, "Whether it has all powers of the host.";
        profiles "profiles": TextSet, Unique, Reads, Loader, "Profiles that it belongs to.";
        provider "provider": Provider, Deep, Reads, Nothing, "A program that provides it.";
        pull_policy "pull_policy": PullPolicy, Deep, Reads, Approximate, "When its image is pulled.";
        pull_refresh_after "pull_refresh_after": String, Deep, Reads, Nothing, "When its image is pulled again.";
        read_only "read_only": bool, Deep, Reads, Exact, "Whether its root file system is read-only.";
        restart "restart": String, Deep, Reads, Approximate, "When it is started again.";
        runtime "runtime": String, Deep, Reads, Approximate, "The runtime that runs it.";
        scale "scale": i64, Deep, Reads, Exact, "How many containers it has.";
        secrets "secrets": Grants, UniqueBy(GrantTarget("/run/secrets/")), Reads, Exact, "Secrets that it sees as files.";
        security_opt "security_opt": TextSet, Deep, Ignores, Approximate, "Security options.";
        shm_size "shm_size": Bytes, Deep, Ignores, Exact, "Size of /dev/shm.";
        stdin_open "stdin_open": bool, Deep, Reads, Exact, "Whether its standard input stays open.";
        stop_grace_period "stop_grace_period": Duration, Deep, Reads, Exact, "Time between the stop signal and its end.";
        stop_signal "stop_signal": String, Deep, Reads, Exact, "The signal that stops it.";
        storage_opt "storage_opt": StorageOptions, Deep, Reads, Approximate, "Storage options.";
        sysctls "sysctls": Pairs, Merge::Pairs, Reads, Approximate, "Kernel parameters.";
        tmpfs "tmpfs": TmpfsMounts, UniqueOrOne, Ignores, Approximate, "Folders in memory.";
        tty "tty": bool, Deep, Reads, Exact, "Whether it has a terminal.";
        ulimits "ulimits": Ulimits, Each, Reads, Nothing, "Limits of the process.";
        umask "umask": Umask, Deep, Reads, Nothing, "Permission bits that its processes take away.";
        use_api_socket "use_api_socket": Unquoted<bool>, Deep, Reads, Nothing, "Whether it reaches the Docker engine.";
        user "user": String, Deep, Reads, Approximate, "The user it runs as.";
        userns_mode "userns_mode": String, Deep, Ignores, Approximate, "Its user namespace.";
        uts "uts": String, Deep, Reads, Nothing, "Its host name namespace.";
        volumes "volumes": Mounts, UniqueBy(MountTarget), Reads, Approximate, "What is mounted into it.";
        volumes_from "volumes_from": TextSet, Deep, Refuses, Approximate, "Services whose mounts it gets.";
        working_dir "working_dir": String, Deep, Reads, Exact, "The folder it starts in.";
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
            let words = Texts::decode(node, reader)?.0;
            if words.len() > words::MAX_WORDS {
                reader.bad_value(origin, words::TOO_MANY, "put the words in a file, and let the program read it");
                return None;
            }
            return Some(Command(words));
        };
        let words = match words::split_compose(text) {
            Ok(words) => words,
            Err(message) if message == words::TOO_MANY => {
                reader.bad_value(origin, message, "put the words in a file, and let the program read it");
                return None;
            }
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
