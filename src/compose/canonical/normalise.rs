//! What the reference fills in once the project is whole (compose-loading, sections 14 and 15): names of resources, defaults,
//! the default network, dependencies that other keys imply, and absolute paths.

use serde_json::{Map, Value, json};

use crate::compose::canonical::{Canonical, Form, plain};
use crate::compose::grammar::mounts;
use crate::compose::interpolate::Lookup;
use crate::compose::load::Loaded;
use crate::compose::model::files::External;
use crate::compose::model::project::Project;
use crate::compose::model::service::Service;
use crate::world::World;

type Object = Map<String, Value>;

/// A project in canonical form, every `$` doubled so that the result can be read again.
pub fn canonical(loaded: &Loaded, world: &dyn World, form: Form) -> Value {
    let Project { version: _, name: _, include: _, services, networks, volumes, configs, secrets, models, extensions } =
        &loaded.project;
    let lookup = loaded.variables.lookup(world);
    let place = Place { world, folder: absolute(&loaded.folder, world), lookup: &*lookup, form };
    let mut top = Map::from_iter([("name".to_owned(), json!(loaded.name.value))]);
    let written = services.get().and_then(|services| services.value.canonical(form));
    let mut services_out = object(written.unwrap_or_else(|| json!({})));
    for (name, service) in &mut services_out {
        let typed = services.get().and_then(|services| services.value.get(name)).and_then(|named| named.value.as_ref());
        if let (Value::Object(service), Some(typed)) = (service, typed) {
            place.service(service, &typed.value);
            add_files(service, name, loaded);
        }
    }
    let sections = [
        ("networks", networks.get().and_then(|found| found.value.canonical(form))),
        ("volumes", volumes.get().and_then(|found| found.value.canonical(form))),
        ("secrets", secrets.get().and_then(|found| found.value.canonical(form))),
        ("configs", configs.get().and_then(|found| found.value.canonical(form))),
    ];
    let uses_default = loaded.uses_default_network
        || services_out.values().any(|service| service.pointer("/networks/default").is_some());
    top.insert("services".to_owned(), Value::Object(services_out));
    for (section, written) in sections {
        let mut entries = object_of(written);
        if section == "networks" && uses_default && !entries.contains_key("default") {
            entries.insert("default".to_owned(), json!({}));
            entries.sort_keys();
        }
        for (name, entry) in &mut entries {
            place.resource(section, name, entry, real_name(&loaded.project, section, name), &loaded.name.value);
        }
        if !entries.is_empty() {
            top.insert(section.to_owned(), Value::Object(entries));
        }
    }
    if form == Form::Yaml
        && let Some(models) = models.get().and_then(|models| models.value.canonical(form))
    {
        top.insert("models".to_owned(), models);
    }
    top.extend(extensions.iter().map(|(name, _, node)| (name.clone(), plain(node))));
    double_dollars(Value::Object(top))
}

/// The real name of a network, volume, config or secret, as it is written: beside `external`, or under it.
fn real_name<'a>(project: &'a Project, section: &str, name: &str) -> Option<&'a str> {
    let (real, external) = match section {
        "networks" => {
            let found = &project.networks.get()?.value.get(name)?.value.as_ref()?.value;
            (&found.name, &found.external)
        }
        "volumes" => {
            let found = &project.volumes.get()?.value.get(name)?.value.as_ref()?.value;
            (&found.name, &found.external)
        }
        _ => {
            let files = if section == "secrets" { &project.secrets } else { &project.configs };
            let found = &files.get()?.value.get(name)?.value.as_ref()?.value;
            (&found.name, &found.external)
        }
    };
    let under = external.get().and_then(|external| match &external.value {
        External::Named(name) => Some(name.value.as_str()),
        External::Flag(_) => None,
    });
    real.get().map(|real| real.value.as_str()).or(under)
}

fn object(value: Value) -> Object {
    if let Value::Object(map) = value { map } else { Map::new() }
}

fn object_of(value: Option<Value>) -> Object {
    value.map(object).unwrap_or_default()
}

/// A folder as an absolute path.
fn absolute(folder: &str, world: &dyn World) -> String {
    mounts::join(&world.current_folder(), folder)
}

struct Place<'a> {
    world: &'a dyn World,
    folder: String,
    lookup: &'a Lookup<'a>,
    form: Form,
}

impl Place<'_> {
    fn service(&self, service: &mut Object, typed: &Service) {
        if self.form == Form::Json {
            service.entry("command").or_insert(Value::Null);
            service.entry("entrypoint").or_insert(Value::Null);
        }
        let alone = service.contains_key("provider") || service.contains_key("network_mode");
        if !alone && !service.contains_key("networks") {
            service.insert("networks".to_owned(), json!({ "default": null }));
        }
        if let Some(Value::Object(build)) = service.get_mut("build") {
            self.build(build, typed);
        }
        if let Some(Value::Array(ports)) = service.get_mut("ports") {
            flatten_ports(ports);
        }
        for mount in array(service, "volumes") {
            self.mount(mount);
        }
        for secret in array(service, "secrets") {
            default_target(secret);
        }
        for request in array(service, "gpus") {
            default_count(request);
        }
        self.deploy(service);
        for file in array(service, "label_file") {
            if let Value::String(path) = file {
                *path = self.absolute(path);
            }
        }
        if let Some(Value::Array(servers)) = service.get_mut("dns") {
            servers.retain(|server| server != "");
        }
        for watch in service.get_mut("develop").and_then(|develop| develop.get_mut("watch")).into_iter().flat_map(items)
        {
            self.path_at(watch, "path");
            if self.form == Form::Json && watch.get("exec").is_none() {
                set(watch, "exec", json!({ "command": null }));
            }
        }
        imply_dependencies(service);
    }

    fn deploy(&self, service: &mut Object) {
        let scale = service.get("scale").cloned();
        let Some(Value::Object(deploy)) = service.get_mut("deploy") else { return };
        if let Some(scale) = scale {
            deploy.insert("replicas".to_owned(), scale);
        }
        let requests = deploy.get_mut("resources").and_then(|found| found.pointer_mut("/reservations/devices"));
        requests.into_iter().flat_map(items).for_each(default_count);
        if self.form == Form::Json {
            deploy.entry("resources").or_insert_with(|| json!({}));
            deploy.entry("placement").or_insert_with(|| json!({}));
        } else {
            deploy.retain(|name, value| !(matches!(name.as_str(), "resources" | "placement") && is_empty(value)));
        }
    }

    fn build(&self, build: &mut Object, typed: &Service) {
        let typed = typed.build.get().map(|build| &build.value);
        if typed.is_some_and(|build| build.context.get().is_none()) {
            build.insert("context".to_owned(), json!("."));
        }
        let chosen =
            typed.is_some_and(|build| build.dockerfile.get().is_some() || build.dockerfile_inline.get().is_some());
        if !chosen {
            build.insert("dockerfile".to_owned(), json!("Dockerfile"));
        }
        if let Some(context) = build.get_mut("context") {
            self.context(context);
        }
        if let Some(Value::Object(contexts)) = build.get_mut("additional_contexts") {
            contexts.values_mut().for_each(|context| self.context(context));
        }
        if let Some(Value::Object(arguments)) = build.get_mut("args") {
            for (name, value) in arguments.iter_mut().filter(|(_, value)| value.is_null()) {
                *value = (self.lookup)(name).map_or(Value::Null, |(found, _)| Value::String(found));
            }
            arguments.retain(|_, value| !value.is_null());
            if arguments.is_empty() {
                build.shift_remove("args");
            }
        }
    }

    fn context(&self, value: &mut Value) {
        let Value::String(text) = value else { return };
        let remote = ["https://", "http://", "git://", "ssh://", "github.com/", "git@", "service:"];
        if !text.contains("://") && !remote.iter().any(|prefix| text.starts_with(prefix)) && !text.is_empty() {
            *text = self.absolute(text);
        }
    }

    fn mount(&self, mount: &mut Value) {
        if let Some(Value::String(target)) = mount.get_mut("target") {
            *target = mounts::clean(target);
        }
        if mount.get("type").is_some_and(|kind| kind == "bind") {
            if mount.get("source").is_none() {
                set(mount, "source", json!("."));
            }
            self.path_at(mount, "source");
        }
    }

    /// A network, volume, config or secret.
    fn resource(&self, section: &str, name: &str, entry: &mut Value, written: Option<&str>, project: &str) {
        if entry.is_null() {
            *entry = json!({});
        }
        let Value::Object(resource) = entry else { return };
        let is_external = resource.contains_key("external");
        let real = match written {
            Some(written) => written.to_owned(),
            None if is_external => name.to_owned(),
            None => format!("{project}_{name}"),
        };
        if !real.is_empty() {
            resource.insert("name".to_owned(), Value::String(real));
        }
        match section {
            "networks" if self.form == Form::Json => {
                resource.entry("ipam").or_insert_with(|| json!({}));
            }
            "networks" => resource.retain(|name, value| name != "ipam" || !is_empty(value)),
            "volumes" => {
                let options = resource.get("driver_opts");
                let is_bind = resource.get("driver").is_some_and(|driver| driver == "local")
                    && options.and_then(|options| options.get("o")).is_some_and(|kind| kind == "bind");
                if let Some(options) = resource.get_mut("driver_opts").filter(|_| is_bind) {
                    self.path_at(options, "device");
                }
            }
            _ => self.path_at(entry, "file"),
        }
    }

    fn path_at(&self, value: &mut Value, key: &str) {
        if let Some(Value::String(path)) = value.get_mut(key) {
            *path = self.absolute(path);
        }
    }

    /// A path of the host: of the home folder, of Windows, or from the project's folder.
    fn absolute(&self, path: &str) -> String {
        if let Some(rest) = path.strip_prefix('~')
            && let Some(home) = self.world.home()
        {
            return mounts::clean(&format!("{home}/{rest}"));
        }
        if path.starts_with('/') || mounts::is_windows_absolute(path) {
            return path.to_owned();
        }
        mounts::join(&self.folder, path)
    }
}

/// Environment files stand under `environment`, which goes before them also where it has no value.
fn add_files(service: &mut Object, name: &str, loaded: &Loaded) {
    service.shift_remove("env_file");
    let Some(files) = loaded.env_files.get(name).filter(|files| !files.is_empty()) else { return };
    let mut environment = object_of(service.shift_remove("environment"));
    for file in files.iter().rev() {
        for entry in file.entries.iter().rev() {
            if !environment.contains_key(&entry.name) {
                environment.insert(entry.name.clone(), Value::String(entry.value.clone()));
            }
        }
    }
    environment.sort_keys();
    if !environment.is_empty() {
        service.insert("environment".to_owned(), Value::Object(environment));
    }
}

/// Each entry of `ports` is a list here; one that says all that an earlier one says replaces it.
fn flatten_ports(ports: &mut Vec<Value>) {
    let mut flat: indexmap::IndexMap<String, Value> = indexmap::IndexMap::new();
    for mut port in std::mem::take(ports)
        .into_iter()
        .flat_map(|entry| if let Value::Array(ports) = entry { ports } else { Vec::new() })
    {
        let part = |name: &str, default: &str| port.get(name).map_or_else(|| default.to_owned(), text);
        let identity = format!(
            "{}:{}:{}/{}",
            part("host_ip", "0.0.0.0"),
            part("published", ""),
            part("target", ""),
            part("protocol", "tcp")
        );
        for (name, default) in [("protocol", "tcp"), ("mode", "ingress")] {
            if port.get(name).is_none() {
                set(&mut port, name, json!(default));
            }
        }
        flat.insert(identity, port);
    }
    ports.extend(flat.into_values());
}

fn text(value: &Value) -> String {
    if let Value::String(text) = value { text.clone() } else { value.to_string() }
}

fn default_target(grant: &mut Value) {
    if grant.get("target").is_none() {
        let source = grant.get("source").map(text).unwrap_or_default();
        set(grant, "target", json!(format!("/run/secrets/{source}")));
    }
}

fn default_count(request: &mut Value) {
    if request.get("count").is_none() && request.get("device_ids").is_none() {
        set(request, "count", json!(-1));
    }
}

/// `links`, `volumes_from` and namespaces of other services are dependencies, unless they are written out.
fn imply_dependencies(service: &mut Object) {
    let mut implied: Vec<(String, bool)> = Vec::new();
    for link in array(service, "links") {
        let link = text(link);
        let name =
            link.split_once(':').filter(|(_, alias)| !alias.contains(':')).map_or(link.as_str(), |(name, _)| name);
        implied.push((name.to_owned(), true));
    }
    for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        if let Some(name) = service.get(key).and_then(Value::as_str).and_then(|mode| mode.strip_prefix("service:")) {
            implied.push((name.to_owned(), true));
        }
    }
    for source in array(service, "volumes_from") {
        let source = text(source);
        if !source.starts_with("container:") {
            implied.push((source.split(':').next().unwrap_or_default().to_owned(), false));
        }
    }
    if implied.is_empty() {
        return;
    }
    let mut depends_on = object_of(service.shift_remove("depends_on"));
    for (name, restart) in implied {
        let mut entry = Map::from_iter([("condition".to_owned(), json!("service_started"))]);
        if restart {
            entry.insert("restart".to_owned(), json!(true));
        }
        entry.insert("required".to_owned(), json!(true));
        depends_on.entry(name).or_insert(Value::Object(entry));
    }
    depends_on.sort_keys();
    service.insert("depends_on".to_owned(), Value::Object(depends_on));
}

fn array<'a>(map: &'a mut Object, key: &str) -> impl Iterator<Item = &'a mut Value> {
    map.get_mut(key).into_iter().flat_map(items)
}

fn items(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_array_mut().into_iter().flatten()
}

fn set(value: &mut Value, key: &str, new: Value) {
    if let Value::Object(map) = value {
        map.insert(key.to_owned(), new);
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty)
}

fn double_dollars(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('$') => Value::String(text.replace('$', "$$")),
        Value::Array(items) => items.into_iter().map(double_dollars).collect(),
        Value::Object(map) => Value::Object(
            map.into_iter().map(|(name, value)| (name.replace('$', "$$"), double_dollars(value))).collect(),
        ),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}
