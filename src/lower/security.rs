//! Users, rights and namespaces (compose-spec "user", "group_add", "cap_add", "cap_drop", "privileged", "read_only", "security_opt",
//! "sysctls", "ipc", "pid", "uts", "userns_mode", "cgroup", "runtime"; Kubernetes, "Configure a Security Context").

use crate::compose::keys::Key;
use crate::compose::model::text::{Pairs, TextSet, TextsAndNumbers};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Confinement, SecurityContext, SelinuxLabel, Traced, Why};
use crate::lower::flags::flag;
use crate::origin::{Origin, Spanned};

/// User and group ids.
type User = (Option<Traced<i64>>, Option<Traced<i64>>);

/// Kernel parameters that the kubelet lets every pod set (Kubernetes, "Using sysctls": the safe set).
const SAFE_SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

/// `user`: ids; a name is known to the image alone, but for root.
pub(super) fn user(path: &str, image: &str, user: &Key<String>, diags: &mut Diagnostics) -> User {
    let Some(found) = user.get() else { return (None, None) };
    let (name, group) = match found.value.split_once(':') {
        Some((name, group)) => (name, Some(group)),
        None => (found.value.as_str(), None),
    };
    let of_user = id(name).is_none().then(|| crate::images::ids(image, name)).flatten();
    let of_group = group.filter(|group| id(group).is_none()).and_then(|group| crate::images::ids(image, group));
    let user_id = id(name).or(of_user.map(|(user, _)| user));
    let group_id = group.and_then(|group| id(group).or(of_group.map(|(_, group)| group)));
    if let (Some(user), true) = (user_id, of_user.is_some() || of_group.is_some()) {
        let numbers = group_id.map_or(user.to_string(), |group| format!("{user}:{group}"));
        diags.push(
            Diagnostic::new(Code::UserKnown, found.origin, format!("the user `{}` is {numbers}", found.value))
                .why("Kubernetes takes numbers alone, and these are the image's")
                .help(format!("write user: \"{numbers}\" to be sure"))
                .cause(found.value.as_str())
                .key(format!("{path}.user")),
        );
    }
    if user_id.is_none() && !name.is_empty() || (group.is_some_and(|group| !group.is_empty()) && group_id.is_none()) {
        diags.push(
            Diagnostic::new(Code::UserName, found.origin, format!("the user `{}` is not set", found.value))
                .label("a name")
                .why("Kubernetes takes numbers alone; names are known to the image")
                .help("write the numbers: docker run --rm IMAGE id")
                .key(format!("{path}.user")),
        );
    } else if user_id.is_none() && group_id.is_none() {
        diags.consume(found.origin, "an empty user is the image's own");
    }
    (user_id.map(|id| Traced::from_origin(id, found.origin)), group_id.map(|id| Traced::from_origin(id, found.origin)))
}

fn id(text: &str) -> Option<i64> {
    match text {
        "root" => Some(0),
        _ => text.parse::<u32>().ok().map(i64::from),
    }
}

/// `group_add`: ids of further groups.
pub(super) fn groups(path: &str, groups: &Key<TextsAndNumbers>, diags: &mut Diagnostics) -> Vec<Traced<i64>> {
    let mut found = Vec::new();
    for group in groups.get().iter().flat_map(|groups| groups.value.0.iter()) {
        match id(&group.value) {
            Some(id) => found.push(Traced::from_origin(id, group.origin)),
            None => diags.push(
                Diagnostic::new(Code::UserName, group.origin, format!("the group `{}` is not set", group.value))
                    .label("a name")
                    .why("Kubernetes takes numbers alone; names are known to the image")
                    .help("write the number: docker run --rm IMAGE getent group")
                    .key(format!("{path}.group_add")),
            ),
        }
    }
    found
}

/// What a service says of its rights.
pub(super) struct Rights<'a> {
    pub(super) user: User,
    pub(super) read_only: &'a Key<bool>,
    pub(super) privileged: &'a Key<bool>,
    pub(super) cap_add: &'a Key<TextSet>,
    pub(super) cap_drop: &'a Key<TextSet>,
    pub(super) security_opt: &'a Key<TextSet>,
}

/// What the container may do.
pub(super) fn security(
    path: &str,
    rights: Rights<'_>,
    privileged_by: Option<Origin>,
    diags: &mut Diagnostics,
) -> SecurityContext {
    let Rights { user: (user, group), read_only, privileged, cap_add, cap_drop, security_opt } = rights;
    let mut context = SecurityContext {
        user,
        group,
        read_only_root: flag(read_only, diags),
        privileged: flag(privileged, diags).or(privileged_by),
        add: capabilities(&format!("{path}.cap_add"), cap_add, diags),
        drop: capabilities(&format!("{path}.cap_drop"), cap_drop, diags),
        ..SecurityContext::default()
    };
    give_back(path, &mut context, diags);
    for option in security_opt.get().iter().flat_map(|options| options.value.0.iter()) {
        security_option(&format!("{path}.security_opt"), option, &mut context, diags);
    }
    if let (Some(_), Some(place)) =
        (context.privileged, context.no_new_privileges.take_if(|_| context.privileged.is_some()))
    {
        diags.push(
            Diagnostic::new(Code::SecurityOption, place, "a privileged container can always gain rights")
                .why("Kubernetes refuses a privileged container that must not")
                .help("remove privileged: true, or this option")
                .cause("privileged")
                .key(format!("{path}.security_opt")),
        );
    }
    context
}

/// Takes what is added out of what is dropped: Docker adds after it has dropped, runtimes of Kubernetes drop after they have added.
fn give_back(path: &str, context: &mut SecurityContext, diags: &mut Diagnostics) {
    context.drop.retain(|dropped| {
        let added = context.add.iter().any(|added| added.value == dropped.value);
        for place in dropped.why.origins().iter().filter(|_| added) {
            diags.push(
                Diagnostic::new(Code::AddedAndDropped, *place, format!("{} is not dropped", dropped.value))
                    .why("it is added, too: Docker adds after it has dropped, and Kubernetes the other way round")
                    .help("remove it from one of the two lists")
                    .cause("added and dropped")
                    .key(format!("{path}.cap_drop")),
            );
        }
        !added
    });
}

/// Those that Linux has; a container with another one does not start.
fn capabilities(path: &str, key: &Key<TextSet>, diags: &mut Diagnostics) -> Vec<Traced<String>> {
    let mut found = Vec::new();
    for written in key.get().map_or(&[][..], |texts| texts.value.0.as_slice()) {
        let name = capability(&written.value);
        if CAPABILITIES.contains(&name.as_str()) {
            found.push(Traced::from_origin(name, written.origin));
            continue;
        }
        diags.push(
            Diagnostic::new(Code::CapabilityUnknown, written.origin, format!("`{}` is no capability", written.value))
                .label("left out")
                .why("Linux has none of this name, and a container that asks for it does not start")
                .help("correct it, or remove it")
                .cause(written.value.as_str())
                .key(path),
        );
    }
    found
}

/// What `capabilities(7)` lists, and what stands for all.
const CAPABILITIES: &[&str] = &[
    "ALL",
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

/// The bare name that container runtimes know.
fn capability(name: &str) -> String {
    let upper = name.trim().to_ascii_uppercase();
    upper.strip_prefix("CAP_").unwrap_or(&upper).to_owned()
}

/// One of `security_opt`: name and value stand on both sides of the first `=`, or of the first `:` as older files write it.
fn security_option(path: &str, option: &Spanned<String>, context: &mut SecurityContext, diags: &mut Diagnostics) {
    let place = option.origin;
    let (name, value) = option.value.split_once(['=', ':']).unwrap_or((option.value.as_str(), ""));
    let value = value.trim();
    let unknown = |why: &'static str, help: &'static str| {
        Diagnostic::new(Code::SecurityOption, place, format!("the security option `{}` is left out", option.value))
            .why(why)
            .help(help)
            .cause(option.value.as_str())
            .key(path)
    };
    match (name.trim(), value) {
        ("no-new-privileges", "" | "true") => context.no_new_privileges = Some(place),
        ("no-new-privileges", "false") => diags.consume(place, "the default"),
        ("seccomp", "unconfined") => context.seccomp = Some(Traced::from_origin(Confinement::Unconfined, place)),
        ("apparmor", "unconfined") => context.app_armor = Some(Traced::from_origin(Confinement::Unconfined, place)),
        ("apparmor", "docker-default" | "runtime/default") => diags.consume(place, "the default of the runtime"),
        ("apparmor", profile) if !profile.is_empty() => {
            context.app_armor = Some(Traced::from_origin(Confinement::Profile(profile.to_owned()), place));
        }
        ("seccomp", "builtin" | "runtime/default") => diags.consume(place, "the default of the runtime"),
        ("seccomp", _) => diags.push(unknown(
            "a profile of your own must lie on every node",
            "copy it to /var/lib/kubelet/seccomp on the nodes, and set seccompProfile by hand",
        )),
        ("label", value) if selinux(value, place, context) => {}
        ("systempaths", "unconfined") => diags.push(unknown(
            "Kubernetes shows all of /proc in pods with a user namespace of their own alone",
            "write privileged: true if the service needs it",
        )),
        _ => diags.push(unknown("Kubernetes has no such option", "remove it")),
    }
}

/// `label`: a part of the SELinux label.
fn selinux(value: &str, place: Origin, context: &mut SecurityContext) -> bool {
    let (mut label, mut places) = context
        .selinux
        .take()
        .map_or_else(|| (SelinuxLabel::default(), Vec::new()), |label| (label.value, label.why.origins().to_vec()));
    let known = match value.split_once(':') {
        None if value == "disable" => {
            // The type that confines nothing.
            label.kind = Some("spc_t".to_owned());
            true
        }
        Some(("user", text)) => {
            label.user = Some(text.to_owned());
            true
        }
        Some(("role", text)) => {
            label.role = Some(text.to_owned());
            true
        }
        Some(("type", text)) => {
            label.kind = Some(text.to_owned());
            true
        }
        Some(("level", text)) => {
            label.level = Some(text.to_owned());
            true
        }
        Some(_) | None => false,
    };
    if known {
        places.push(place);
    }
    if !places.is_empty() {
        context.selinux = Some(Traced { value: label, why: Why::Origins(places) });
    }
    known
}

/// `sysctls`: a pod that sets one that the kubelet forbids is never started, so that those are left out.
pub(super) fn sysctls(path: &str, sysctls: &Key<Pairs>, diags: &mut Diagnostics) -> Vec<(String, Traced<String>)> {
    let (mut found, mut left) = (Vec::new(), Vec::new());
    for (name, pair) in sysctls.get().iter().flat_map(|pairs| pairs.value.0.iter()) {
        // The kernel takes either, Kubernetes compares dots alone.
        let dotted = name.replace('/', ".");
        let value = pair.value.clone().unwrap_or_default();
        if SAFE_SYSCTLS.contains(&dotted.as_str()) && !value.is_empty() {
            found.push((dotted, Traced::from_origin(value, pair.origin)));
        } else {
            left.push((dotted, value, pair.origin));
        }
    }
    let names: Vec<&str> = left.iter().map(|(name, _, _)| name.as_str()).filter(|name| !name.is_empty()).collect();
    let names = names.join(",");
    let named = left.iter().filter(|(name, _, _)| !name.is_empty());
    let written = named.map(|(name, value, _)| format!("{{ name: {name}, value: \"{value}\" }}"));
    let written = written.collect::<Vec<_>>().join(", ");
    for (name, _, place) in &left {
        let title = match name.as_str() {
            "" => "a kernel parameter without a name is left out".to_owned(),
            _ => format!("the kernel parameter {name} is left out"),
        };
        diags.push(
            Diagnostic::new(Code::UnsafeSysctl, *place, title)
                .why("kubelets start no pod that sets such a one, unless they are told to")
                .help(format!(
                    "start the kubelets with --allowed-unsafe-sysctls={names}, and write x-kubernetes: {{ pod_security_context: {{ sysctls: [{written}] }} }}"
                ))
                .cause(names.as_str())
                .subject(name.as_str())
                .key(format!("{path}.sysctls")),
        );
    }
    found
}

/// A runtime, by the name of its RuntimeClass; the usual one needs no name.
pub(super) fn runtime(path: &str, runtime: &Key<String>, diags: &mut Diagnostics) -> Option<Traced<String>> {
    let found = runtime.get()?;
    let name = crate::ir::Name::from_text(&found.value);
    if matches!(found.value.as_str(), "" | "runc" | "io.containerd.runc.v2") {
        diags.consume(found.origin, "the usual runtime");
        return None;
    }
    diags.push(
        Diagnostic::new(Code::RuntimeClass, found.origin, format!("the cluster needs a RuntimeClass called {name}"))
            .why("no pod can be made for a class that does not exist")
            .help(format!("see whether it is there: kubectl get runtimeclass {name}"))
            .cause(found.value.as_str())
            .key(format!("{path}.runtime")),
    );
    Some(Traced::from_origin(name.to_string(), found.origin))
}
