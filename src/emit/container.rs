//! The main container; rule: a key only where somebody asked for it, and text that arrives as it was written.
//!
//! ```yaml
//! - name: db
//!   image: mysql:5.7
//!   args:                              # `command` of Compose
//!     - --character-set-server=utf8mb4
//! ```

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    AppArmorProfile, Capabilities, ConfigMapEnvSource, Container, ContainerPort, EnvFromSource, EnvVar, EnvVarSource,
    ExecAction, HTTPGetAction, HTTPHeader, Lifecycle, LifecycleHandler, ObjectFieldSelector, Probe,
    ResourceRequirements, SELinuxOptions, SeccompProfile, SecretEnvSource, SecretKeySelector, SecurityContext,
    VolumeMount, WindowsSecurityContextOptions,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::at::At;
use super::escape::for_kubelet;
use crate::ir::{self, ContainerMount, EnvSource, FileObjectKind, Name, Propagation, Protocol, Traced, Why};

/// A container that the user wrote.
pub(super) fn main(at: &mut At, name: &Name, why: &Why, ports: &[ir::Port], container: &ir::Container) -> Container {
    let ir::Container {
        image,
        pull,
        command,
        args,
        working_dir,
        env,
        env_from,
        resources: limits_and_requests,
        security: rights,
        mounts,
        startup,
        readiness,
        liveness,
        stop,
        after_start,
        before_stop,
        stdin,
        tty,
    } = container;
    at.because("name", why);
    Container {
        name: name.to_string(),
        image: Some(at.put("image", image)),
        image_pull_policy: at.maybe("imagePullPolicy", pull.as_ref()).map(str::to_owned),
        command: words(at, "command", command.as_deref()),
        args: words(at, "args", args.as_deref()),
        working_dir: at.maybe("workingDir", working_dir.as_ref()),
        ports: at.list("ports", ports, container_port),
        env_from: at.list("envFrom", env_from, env_from_source),
        env: at.list("env", env, variable),
        startup_probe: startup.as_ref().map(|check| probe(at, "startupProbe", check)),
        readiness_probe: readiness.as_ref().map(|check| probe(at, "readinessProbe", check)),
        liveness_probe: liveness.as_ref().map(|check| probe(at, "livenessProbe", check)),
        lifecycle: lifecycle(at, stop.as_ref(), after_start.as_deref(), before_stop.as_deref()),
        resources: at.within("resources", |at| resources(at, limits_and_requests)),
        security_context: at.within("securityContext", |at| security(at, rights)),
        volume_mounts: at.list("volumeMounts", mounts, mount),
        stdin: at.flag("stdin", stdin.map(Why::Origin).as_ref()),
        tty: at.flag("tty", tty.map(Why::Origin).as_ref()),
        ..Default::default()
    }
}

/// Arguments that the kubelet will read.
fn words(at: &mut At, key: &str, words: Option<&[Traced<String>]>) -> Option<Vec<String>> {
    at.texts(key, words?, |word| for_kubelet(word))
}

fn container_port(at: &mut At, listening: &ir::Port) -> ContainerPort {
    let ir::Port { number, protocol: transport, stated, host_port, name, spoken } = listening;
    // Whether it was stated matters to waits alone, and what it is called and speaks to Services.
    let _ = (stated, name, spoken);
    at.here(&number.why);
    ContainerPort {
        container_port: i32::from(number.value),
        host_port: at.maybe("hostPort", host_port.as_ref()).map(i32::from),
        protocol: protocol(*transport),
        ..Default::default()
    }
}

fn env_from_source(at: &mut At, from: &Traced<(FileObjectKind, Name)>) -> EnvFromSource {
    let Traced { value: (kind, name), why } = from;
    at.here(why);
    let name = name.to_string();
    match kind {
        FileObjectKind::ConfigMap => {
            EnvFromSource { config_map_ref: Some(ConfigMapEnvSource { name, optional: None }), ..Default::default() }
        }
        FileObjectKind::Secret => {
            EnvFromSource { secret_ref: Some(SecretEnvSource { name, optional: None }), ..Default::default() }
        }
    }
}

fn variable(at: &mut At, variable: &ir::EnvVar) -> EnvVar {
    let ir::EnvVar { name, source, why } = variable;
    at.here(why);
    let name = name.clone();
    match source {
        EnvSource::Literal(text) => EnvVar { name, value: Some(for_kubelet(text)), value_from: None },
        EnvSource::Composed(parts) => EnvVar { name, value: Some(composed(parts)), value_from: None },
        EnvSource::Field(field) => {
            let field = ObjectFieldSelector { field_path: field_path(*field).to_owned(), api_version: None };
            EnvVar {
                name,
                value: None,
                value_from: Some(EnvVarSource { field_ref: Some(field), ..Default::default() }),
            }
        }
        EnvSource::Secret { object, key } => {
            let secret = SecretKeySelector { name: object.to_string(), key: key.clone(), optional: None };
            EnvVar {
                name,
                value: None,
                value_from: Some(EnvVarSource { secret_key_ref: Some(secret), ..Default::default() }),
            }
        }
    }
}

/// Every dollar of a text is doubled here: behind its last one a variable may begin.
fn composed(parts: &[ir::TextPart]) -> String {
    let written = parts.iter().map(|part| match part {
        ir::TextPart::Text(text) => text.replace('$', "$$"),
        ir::TextPart::Field(field) => format!("$({})", field.variable()),
    });
    written.collect()
}

/// Where the downward API finds it.
fn field_path(field: ir::PodField) -> &'static str {
    match field {
        ir::PodField::Node => "spec.nodeName",
        ir::PodField::Name => "metadata.name",
        ir::PodField::Uid => "metadata.uid",
        ir::PodField::Slot => "metadata.labels['apps.kubernetes.io/pod-index']",
    }
}

fn probe(at: &mut At, key: &str, check: &ir::Probe) -> Probe {
    let ir::Probe { action, period, timeout, failures } = check;
    let (command, request) = match action {
        ir::ProbeAction::Run(command) => (Some(command), None),
        ir::ProbeAction::Get(request) => (None, Some(request)),
    };
    at.within(key, |at| Probe {
        exec: command
            .map(|command| at.within("exec", |at| ExecAction { command: words(at, "command", Some(command)) })),
        http_get: request.map(|request| at.within("httpGet", |at| http_get(at, request))),
        period_seconds: Some(count(at.put("periodSeconds", period))),
        timeout_seconds: Some(count(at.put("timeoutSeconds", timeout))),
        failure_threshold: Some(count(at.put("failureThreshold", failures))),
        ..Default::default()
    })
}

fn http_get(at: &mut At, request: &ir::ProbeRequest) -> HTTPGetAction {
    let ir::ProbeRequest { path, port, scheme, headers } = request;
    HTTPGetAction {
        path: Some(at.put("path", path)),
        port: IntOrString::Int(i32::from(at.put("port", port))),
        scheme: scheme.as_ref().map(|scheme| at.put("scheme", scheme).to_owned()),
        http_headers: at.list("httpHeaders", headers, |at, (name, value)| HTTPHeader {
            name: at.put("name", &Traced { value: name.clone(), why: value.why.clone() }),
            value: at.put("value", value),
        }),
        host: None,
    }
}

/// Hooks, and the signal. Hooks are not expanded by the kubelet.
fn lifecycle(
    at: &mut At,
    stop: Option<&ir::Stop>,
    after_start: Option<&[Traced<String>]>,
    before_stop: Option<&[Traced<String>]>,
) -> Option<Lifecycle> {
    at.within("lifecycle", |at| {
        let lifecycle = Lifecycle {
            post_start: after_start.map(|words| hook(at, "postStart", words)),
            pre_stop: match (before_stop, stop) {
                (Some(words), _) => Some(hook(at, "preStop", words)),
                (None, Some(ir::Stop::Hook(signal))) => Some(send(at, signal)),
                (None, Some(ir::Stop::Field(_)) | None) => None,
            },
            stop_signal: match stop {
                Some(ir::Stop::Field(signal)) => Some(at.put("stopSignal", signal)),
                Some(ir::Stop::Hook(_)) | None => None,
            },
        };
        (lifecycle != Lifecycle::default()).then_some(lifecycle)
    })
}

fn hook(at: &mut At, key: &str, words: &[Traced<String>]) -> LifecycleHandler {
    let command = at.within(key, |at| at.within("exec", |at| at.texts("command", words, String::clone)));
    LifecycleHandler { exec: Some(ExecAction { command }), ..Default::default() }
}

/// A hook sends the signal and stays until it has worked, for the kubelet sends its own one afterwards.
fn send(at: &mut At, signal: &Traced<String>) -> LifecycleHandler {
    let signal = at.put("preStop", signal);
    let script = format!("kill -s {signal} 1; while kill -0 1 2>/dev/null; do sleep 1; done");
    let exec = Some(ExecAction { command: Some(vec!["sh".to_owned(), "-c".to_owned(), script]) });
    LifecycleHandler { exec, ..Default::default() }
}

fn resources(at: &mut At, resources: &ir::Resources) -> Option<ResourceRequirements> {
    let ir::Resources { limit_cpu, limit_memory, request_cpu, request_memory, limit_disk, request_disk, extended } =
        resources;
    let limits = at.within("limits", |at| {
        let mut limits = pair(at, limit_cpu.as_ref(), limit_memory.as_ref());
        limits.extend(disk(at, limit_disk.as_ref()));
        limits.extend(extended.iter().map(|(name, number)| (name.clone(), Quantity(at.put(name, number).to_string()))));
        (!limits.is_empty()).then_some(limits)
    });
    let requests = at.within("requests", |at| {
        let mut requests = pair(at, request_cpu.as_ref(), request_memory.as_ref());
        requests.extend(disk(at, request_disk.as_ref()));
        (!requests.is_empty()).then_some(requests)
    });
    (limits.is_some() || requests.is_some()).then_some(ResourceRequirements { limits, requests, claims: None })
}

fn disk(at: &mut At, size: Option<&Traced<i64>>) -> Option<(String, Quantity)> {
    at.maybe("ephemeral-storage", size).map(|size| ("ephemeral-storage".to_owned(), memory(size)))
}

/// Cores and bytes, where there are any.
fn pair(at: &mut At, cores: Option<&Traced<i64>>, bytes: Option<&Traced<i64>>) -> BTreeMap<String, Quantity> {
    let cpu = at.maybe("cpu", cores).map(|value| ("cpu".to_owned(), cpu(value)));
    let memory = at.maybe("memory", bytes).map(|value| ("memory".to_owned(), memory(value)));
    cpu.into_iter().chain(memory).collect()
}

fn security(at: &mut At, security: &ir::SecurityContext) -> Option<SecurityContext> {
    let ir::SecurityContext {
        user,
        group,
        read_only_root,
        privileged,
        add,
        drop,
        no_new_privileges,
        seccomp,
        app_armor,
        selinux,
        windows_account,
    } = security;
    let capabilities = at.within("capabilities", |at| {
        let (add, drop) = (at.texts("add", add, String::clone), at.texts("drop", drop, String::clone));
        (add.is_some() || drop.is_some()).then_some(Capabilities { add, drop })
    });
    let context = SecurityContext {
        run_as_user: at.maybe("runAsUser", user.as_ref()),
        run_as_group: at.maybe("runAsGroup", group.as_ref()),
        read_only_root_filesystem: at.flag("readOnlyRootFilesystem", read_only_root.map(Why::Origin).as_ref()),
        privileged: at.flag("privileged", privileged.map(Why::Origin).as_ref()),
        allow_privilege_escalation: at
            .flag("allowPrivilegeEscalation", no_new_privileges.map(Why::Origin).as_ref())
            .map(|forbidden| !forbidden),
        seccomp_profile: at.maybe("seccompProfile", seccomp.as_ref()).map(|profile| {
            let (type_, localhost_profile) = confinement(profile);
            SeccompProfile { type_, localhost_profile }
        }),
        app_armor_profile: at.maybe("appArmorProfile", app_armor.as_ref()).map(|profile| {
            let (type_, localhost_profile) = confinement(profile);
            AppArmorProfile { type_, localhost_profile }
        }),
        se_linux_options: at.maybe("seLinuxOptions", selinux.as_ref()).map(|label| {
            let ir::SelinuxLabel { user, role, kind, level } = label;
            SELinuxOptions { user, role, type_: kind, level }
        }),
        capabilities,
        windows_options: windows_account.as_ref().map(|account| {
            at.within("windowsOptions", |at| {
                let gmsa_credential_spec_name = Some(at.put("gmsaCredentialSpecName", account));
                WindowsSecurityContextOptions { gmsa_credential_spec_name, ..Default::default() }
            })
        }),
        ..Default::default()
    };
    (context != SecurityContext::default()).then_some(context)
}

/// The type of a profile, and the name of one that lies on the node.
fn confinement(confinement: ir::Confinement) -> (String, Option<String>) {
    match confinement {
        ir::Confinement::Unconfined => ("Unconfined".to_owned(), None),
        ir::Confinement::Profile(name) => ("Localhost".to_owned(), Some(name)),
    }
}

fn mount(at: &mut At, mount: &ContainerMount) -> VolumeMount {
    let ContainerMount { volume, path, subpath, of_pod, read_only, propagation } = mount;
    let Propagation { mode, recursive_read_only } = propagation;
    at.here(&path.why);
    VolumeMount {
        name: volume.to_string(),
        mount_path: path.value.clone(),
        sub_path: at.maybe("subPath", subpath.as_ref()),
        sub_path_expr: of_pod.as_ref().map(|parts| {
            at.because("subPathExpr", &parts.why);
            composed(&parts.value)
        }),
        read_only: at.flag("readOnly", read_only.as_ref()),
        recursive_read_only: recursive_read_only.map(|place| {
            at.because("recursiveReadOnly", &Why::Origin(place));
            "Enabled".to_owned()
        }),
        mount_propagation: at.maybe("mountPropagation", mode.as_ref()).map(str::to_owned),
    }
}

/// The protocol of a port, where it is not the usual one.
pub(super) fn protocol(protocol: Protocol) -> Option<String> {
    match protocol {
        Protocol::Tcp => None,
        Protocol::Udp | Protocol::Sctp => Some(protocol.word().to_owned()),
    }
}

/// A number as the API has it.
pub(super) fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Thousandths of a core: `500m`, `2`, `0`.
pub(super) fn cpu(thousandths: i64) -> Quantity {
    Quantity(if thousandths % 1000 == 0 { (thousandths / 1000).to_string() } else { format!("{thousandths}m") })
}

/// Bytes in the largest unit that divides them.
pub(super) fn memory(bytes: i64) -> Quantity {
    let units = [(1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
    let unit = units.iter().find(|(size, _)| bytes != 0 && bytes % size == 0);
    Quantity(unit.map_or_else(|| bytes.to_string(), |(size, unit)| format!("{}{unit}", bytes / size)))
}
