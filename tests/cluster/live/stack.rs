//! One live stack: its compilation, its namespace, its probe pod, and what it looks like when something is wrong.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use transship::Compilation;
use transship::ir::Name;
use transship::render::yaml;

use crate::client::Cluster;
use crate::compiled::{self, StackWorld};
use crate::expect::{self, Expect, Said};
use crate::promise::{self, Promise};

/// The pod from which the app is looked at: a member of all its networks.
pub(super) const PROBE: &str = "probe";
/// A pod in the same namespace that is a member of none.
pub(super) const STRANGER: &str = "stranger";

/// A stack in a namespace of its own.
pub(super) struct Stack<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) namespace: String,
    /// Where its files are; a copy, once they were edited.
    pub(super) folder: PathBuf,
    /// Folders of copies, which go away with it.
    pub(super) copies: Vec<tempfile::TempDir>,
    pub(super) world: StackWorld,
    pub(super) expect: Expect,
    pub(super) promises: Vec<Promise>,
    /// What the conversion says: codes, and the line of the source that each is about.
    pub(super) messages: Vec<(String, String)>,
    /// What is applied.
    pub(super) objects: Vec<Value>,
    /// The same as kubectl reads it.
    pub(super) text: String,
    /// What was applied before edits.
    pub(super) earlier: Vec<String>,
}

impl<'a> Stack<'a> {
    /// Compiles it; nothing reaches the cluster yet.
    pub(super) fn new(cluster: &'a Cluster, folder: &Path) -> Result<Self, String> {
        let expect = expect::read(&folder.join("expect.toml"))?;
        let file = super::main_file(folder)?;
        let variables = expect.variables.iter().map(|(name, text)| (name.clone(), text.text())).collect();
        let world = StackWorld { variables };
        let compilation = compiled::one(&world, &file);
        let objects = objects(&compilation, &expect)?;
        let text = stream(&objects);
        let promises = promise::promises(&world, &file, &compilation)?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        Ok(Stack {
            cluster,
            namespace: cluster.name(&name),
            folder: folder.to_owned(),
            copies: Vec::new(),
            world,
            expect,
            promises,
            messages: compiled::messages(&compilation),
            objects,
            text,
            earlier: Vec::new(),
        })
    }

    /// A message of the conversion names this difference.
    pub(super) fn says(&self, said: &Said) -> Result<(), String> {
        let is_meant = |message: &&(String, String)| message.0 == said.code && message.1.contains(&said.line);
        self.messages.iter().find(is_meant).map(|_| ()).ok_or_else(|| format!("it says {:?}", self.messages))
    }

    /// Makes the namespace and the pods from which the app is looked at.
    pub(super) fn prepare(&self) -> Result<(), String> {
        self.cluster.create_namespace(&self.namespace)?;
        self.start(PROBE, &self.of_members())?;
        if self.expect.apart.is_empty() { Ok(()) } else { self.start(STRANGER, &json!({})) }
    }

    fn start(&self, name: &str, labels: &Value) -> Result<(), String> {
        let image = std::env::var("TRANSSHIP_TEST_PROBE_IMAGE").unwrap_or_else(|_| "busybox:1.37".to_owned());
        let container = json!({"name": name, "image": image, "command": ["sleep", "3600"]});
        let spec = json!({"terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false, "containers": [container]});
        let metadata = json!({"name": name, "labels": labels});
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}).to_string();
        self.apply(&pod).map(|_| ())
    }

    /// The labels of pods that network policies let in.
    fn of_members(&self) -> Value {
        let mut labels = serde_json::Map::new();
        for policy in self.objects.iter().filter(|object| text(object, "/kind") == "NetworkPolicy") {
            let rules = policy.pointer("/spec/ingress").and_then(Value::as_array).into_iter().flatten();
            let peers = rules.filter_map(|rule| rule.get("from").and_then(Value::as_array)).flatten();
            for peer in peers.filter_map(|peer| peer.pointer("/podSelector/matchLabels").and_then(Value::as_object)) {
                labels.extend(peer.clone());
            }
        }
        Value::Object(labels)
    }

    /// `kubectl apply -f -`, as users do it; what it prints.
    pub(super) fn apply(&self, text: &str) -> Result<String, String> {
        let output = self.cluster.kubectl(&self.namespace, &["apply", "-f", "-"], text.as_bytes())?;
        let said = String::from_utf8_lossy(&output.stderr);
        // A warning of kubectl or of the server is one that the user would see.
        if output.status.success() && said.is_empty() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(said.into_owned())
        }
    }

    /// Runs kubectl; what it prints.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.cluster.kubectl(&self.namespace, arguments, b"")?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(format!("kubectl {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)))
    }

    /// Runs a command in the container of a service and returns what it prints.
    pub(super) fn exec_in(&self, service: &str, command: &[&str]) -> Result<Vec<u8>, String> {
        let pod = self.pod_of_service(service)?;
        self.executed(&["exec", "--quiet", &pod, "-c", &container(service), "--"], command, &pod)
    }

    /// Runs a command in a pod of one container and returns what it prints.
    pub(super) fn exec(&self, pod: &str, command: &[&str]) -> Result<Vec<u8>, String> {
        self.executed(&["exec", "--quiet", pod, "--"], command, pod)
    }

    fn executed(&self, exec: &[&str], command: &[&str], pod: &str) -> Result<Vec<u8>, String> {
        let output = self.cluster.kubectl(&self.namespace, &[exec, command].concat(), b"")?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Err(format!("{} in {pod}: {}{}", command.join(" "), out, err.trim_end()))
    }

    /// The objects of a kind.
    pub(super) fn list(&self, api_version: &str, kind: &str) -> Result<Vec<Value>, String> {
        self.cluster.list(api_version, kind, &self.namespace)
    }

    /// The app's own pods.
    pub(super) fn pods(&self) -> Result<Vec<Value>, String> {
        let pods = self.list("v1", "Pod")?;
        Ok(pods.into_iter().filter(|pod| ![PROBE, STRANGER].contains(&text(pod, "/metadata/name"))).collect())
    }

    /// The pods of a service: those that have its container, as several services may share one.
    pub(super) fn pods_of_service(&self, service: &str) -> Result<Vec<Value>, String> {
        let name = container(service);
        let lists = ["/spec/containers", "/spec/initContainers"];
        let of = |pod: &Value| {
            let containers = lists.iter().filter_map(|list| pod.pointer(list)?.as_array()).flatten();
            containers.into_iter().any(|container| text(container, "/name") == name)
        };
        Ok(self.pods()?.into_iter().filter(of).collect())
    }

    /// A pod of a service that is not on its way out.
    pub(super) fn pod_of_service(&self, service: &str) -> Result<String, String> {
        let pods = self.pods_of_service(service)?;
        let stays = |pod: &&Value| pod.pointer("/metadata/deletionTimestamp").is_none();
        let found = pods.iter().find(stays).ok_or_else(|| format!("{service} has no pod"))?;
        Ok(text(found, "/metadata/name").to_owned())
    }

    /// `KIND/NAME` of the controller of a service, and its replicas.
    pub(super) fn controller(&self, service: &str) -> Result<(String, i64), String> {
        let workload = container(service);
        let is_it = |object: &&Value| {
            matches!(text(object, "/kind"), "Deployment" | "StatefulSet") && text(object, "/metadata/name") == workload
        };
        let object = self.objects.iter().find(is_it).ok_or_else(|| format!("{service} cannot be scaled"))?;
        Ok((format!("{}/{workload}", text(object, "/kind")), number(object, "/spec/replicas")))
    }

    /// Whether a service runs and ends: a Job, or one of a schedule.
    pub(super) fn runs_once(&self, service: &str) -> bool {
        let workload = Name::from_text(service).to_string();
        let label = "/metadata/labels/app.kubernetes.io~1name";
        let ends = |object: &Value| ["Job", "CronJob"].contains(&text(object, "/kind"));
        self.objects.iter().any(|object| ends(object) && text(object, label) == workload)
    }

    /// Pods, their events (warnings alone, if it has come up) and the ends of their logs.
    pub(super) fn state(&self, is_up: bool) -> String {
        let mut said = String::new();
        let mut add = |title: &str, arguments: &[&str]| {
            if let Ok(output) = self.cluster.kubectl(&self.namespace, arguments, b"") {
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                said.push_str(&format!("--- {title}\n{text}"));
            }
        };
        add("pods", &["get", "pods,jobs,persistentvolumeclaims", "-o", "wide"]);
        let events = ["get", "events", "--sort-by=.lastTimestamp", "--field-selector=type!=Normal"];
        add("events", if is_up { &events } else { events.get(..3).unwrap_or_default() });
        for pod in self.pods().unwrap_or_default() {
            let name = text(&pod, "/metadata/name");
            add(&format!("log of {name}"), &["logs", name, "--all-containers", "--prefix", "--tail=15"]);
        }
        said
    }

    /// Removes everything.
    pub(super) fn remove(&self) {
        self.cluster.delete_namespace(&self.namespace);
    }

    /// Looks again and again, until it holds or the time is over; less often the longer it takes, as each look is work for the cluster.
    pub(super) fn within(&self, limit: Duration, mut check: impl FnMut() -> Result<(), String>) -> Result<(), String> {
        let (start, mut pause) = (Instant::now(), Duration::from_millis(200));
        loop {
            match check() {
                Ok(()) => return Ok(()),
                Err(message) if start.elapsed() >= limit => {
                    return Err(format!("{message} (after {} s)", limit.as_secs()));
                }
                Err(_) => std::thread::sleep(pause),
            }
            pause = (pause * 3 / 2).min(Duration::from_millis(1500));
        }
    }
}

/// The manifests as they are applied: with the claims' class, where the stack asks for one.
pub(super) fn objects(compilation: &Compilation, expect: &Expect) -> Result<Vec<Value>, String> {
    let Some(manifests) = &compilation.manifests else { return Err(compiled::errors(compilation)) };
    let mut objects: Vec<Value> = manifests.iter().map(compiled::object).collect();
    if let Some(class) = &expect.storage_class {
        for object in &mut objects {
            let mut specs: Vec<&mut Value> = match object.pointer("/kind").and_then(Value::as_str) {
                Some("PersistentVolumeClaim") => object.pointer_mut("/spec").into_iter().collect(),
                _ => match object.pointer_mut("/spec/volumeClaimTemplates") {
                    Some(Value::Array(claims)) => {
                        claims.iter_mut().filter_map(|claim| claim.pointer_mut("/spec")).collect()
                    }
                    _ => Vec::new(),
                },
            };
            for spec in specs.iter_mut().filter_map(|spec| spec.as_object_mut()) {
                spec.entry("storageClassName").or_insert_with(|| json!(class));
            }
        }
    }
    Ok(objects)
}

/// Objects as kubectl reads them.
pub(super) fn stream(objects: &[Value]) -> String {
    let objects: Vec<transship::emit::Value> = objects.iter().cloned().map(Into::into).collect();
    yaml::stream(&objects)
}

/// A text of an object; empty where there is none.
pub(super) fn text<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// What the container of a service is called, as its workload is.
pub(super) fn container(service: &str) -> String {
    Name::from_text(service).to_string()
}

/// A number of an object; 0 where there is none.
pub(super) fn number(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}
