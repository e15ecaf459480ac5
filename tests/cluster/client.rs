//! The cluster: objects over `kubectl proxy`, which brings the credentials, and everything else by kubectl itself.
//!
//! A kubectl process costs a fifth of a second, a request through the proxy a few milliseconds; hundreds of objects are sent.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

/// The plural of a kind, and whether its objects stand in a namespace.
type Resources = BTreeMap<String, (String, bool)>;

/// A connection; ends with the value.
pub(crate) struct Cluster {
    kubectl: String,
    proxy: Child,
    address: String,
    /// By `apiVersion`.
    resources: Mutex<BTreeMap<String, Resources>>,
}

/// What the server answered.
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The object, or the `Status` that says what is wrong.
    pub(crate) body: Value,
    /// The body as it came.
    pub(crate) text: Vec<u8>,
}

impl Answer {
    pub(crate) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The server's own words.
    pub(crate) fn message(&self) -> String {
        match self.body.pointer("/message").and_then(Value::as_str) {
            Some(message) => message.to_owned(),
            None => format!("{} {}", self.status, String::from_utf8_lossy(&self.text)),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // A proxy that has ended already needs no more.
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
    }
}

impl Cluster {
    /// Starts the proxy and asks for the server's version.
    pub(crate) fn connect() -> Result<Cluster, String> {
        let kubectl = std::env::var("TRANSSHIP_KUBECTL").unwrap_or_else(|_| "kubectl".to_owned());
        let mut proxy = Command::new(&kubectl)
            .args(["proxy", "--port=0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{kubectl} cannot be run: {error}"))?;
        let mut line = String::new();
        if let Some(stdout) = proxy.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(|error| format!("kubectl proxy: {error}"))?;
        }
        let address = line.trim().strip_prefix("Starting to serve on ").unwrap_or_default().to_owned();
        let cluster = Cluster { kubectl, proxy, address, resources: Mutex::default() };
        let version = cluster.get("/version")?;
        let text = |key: &str| version.body.pointer(key).and_then(Value::as_str).unwrap_or("?").to_owned();
        println!("cluster: Kubernetes {}", text("/gitVersion"));
        Ok(cluster)
    }

    /// One request.
    pub(crate) fn request(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Answer, String> {
        let mut answer = Vec::new();
        let fault = |error: std::io::Error| format!("{method} {path}: {error}");
        self.send(method, path, kind, body)?.read_to_end(&mut answer).map_err(fault)?;
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or("an answer without a head")?;
        let text = answer.split_off(end + 4);
        let status = String::from_utf8_lossy(&answer)
            .split(' ')
            .nth(1)
            .and_then(|word| word.parse().ok())
            .ok_or_else(|| format!("{method} {path}: an answer without a status"))?;
        Ok(Answer { status, body: serde_json::from_slice(&text).unwrap_or_default(), text })
    }

    /// Follows what stands at a path: once its first line is there, something is done, and all that came until the end is returned.
    pub(crate) fn follow(&self, path: &str, action: impl FnOnce() -> Result<(), String>) -> Result<String, String> {
        let fault = |error: std::io::Error| format!("GET {path}: {error}");
        let mut answer = BufReader::new(self.send("GET", path, "application/json", b"")?);
        let mut line = String::new();
        while answer.read_line(&mut line).map_err(fault)? > 2 {
            line.clear();
        }
        let mut text = String::new();
        answer.read_line(&mut text).map_err(fault)?;
        action()?;
        answer.read_to_string(&mut text).map_err(fault)?;
        Ok(text)
    }

    fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<TcpStream, String> {
        let fault = |error: std::io::Error| format!("{method} {path}: {error}");
        let mut stream = TcpStream::connect(&self.address).map_err(fault)?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).map_err(fault)?;
        // By version 1.0 the answer ends with the connection and comes in one piece.
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nAccept: application/json\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).map_err(fault)?;
        stream.write_all(body).map_err(fault)?;
        Ok(stream)
    }

    /// What stands at a path.
    pub(crate) fn get(&self, path: &str) -> Result<Answer, String> {
        self.request("GET", path, "application/json", b"")
    }

    /// The path of a collection: that of an object's siblings.
    pub(crate) fn collection(&self, api_version: &str, kind: &str, namespace: &str) -> Result<String, String> {
        let root =
            if api_version.contains('/') { format!("/apis/{api_version}") } else { format!("/api/{api_version}") };
        let mut known = self.resources.lock().map_err(|error| error.to_string())?;
        if !known.contains_key(api_version) {
            let answer = self.get(&root)?;
            let mut resources = BTreeMap::new();
            for resource in answer.body.pointer("/resources").and_then(Value::as_array).into_iter().flatten() {
                let text = |key: &str| resource.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
                let is_namespaced = resource.get("namespaced").and_then(Value::as_bool).unwrap_or_default();
                if !text("name").contains('/') {
                    resources.insert(text("kind"), (text("name"), is_namespaced));
                }
            }
            known.insert(api_version.to_owned(), resources);
        }
        let (plural, is_namespaced) = known
            .get(api_version)
            .and_then(|kinds| kinds.get(kind))
            .ok_or_else(|| format!("the server knows no {kind} of {api_version}"))?;
        Ok(if *is_namespaced { format!("{root}/namespaces/{namespace}/{plural}") } else { format!("{root}/{plural}") })
    }

    /// The name of a namespace that no other run has.
    pub(crate) fn name(&self, part: &str) -> String {
        format!("transship-{}-{part}", std::process::id())
    }

    /// Makes a namespace.
    pub(crate) fn create_namespace(&self, name: &str) -> Result<(), String> {
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).to_string();
        let answer = self.request("POST", "/api/v1/namespaces", "application/json", object.as_bytes())?;
        if answer.is_good() { Ok(()) } else { Err(answer.message()) }
    }

    /// Begins to remove a namespace with all that is in it.
    pub(crate) fn delete_namespace(&self, name: &str) {
        // What is not there needs no removal, and a server that is away shows elsewhere.
        let _ = self.request("DELETE", &format!("/api/v1/namespaces/{name}"), "application/json", b"");
    }

    /// The objects of a kind in a namespace.
    pub(crate) fn list(&self, api_version: &str, kind: &str, namespace: &str) -> Result<Vec<Value>, String> {
        let answer = self.get(&self.collection(api_version, kind, namespace)?)?;
        match answer.body.get("items") {
            Some(Value::Array(items)) => Ok(items.clone()),
            _ => Err(answer.message()),
        }
    }

    /// Runs kubectl in a namespace, with something on its standard input.
    pub(crate) fn kubectl(&self, namespace: &str, arguments: &[&str], input: &[u8]) -> Result<Output, String> {
        let fault = |error: std::io::Error| format!("kubectl {}: {error}", arguments.join(" "));
        let mut child = Command::new(&self.kubectl)
            .args(["--namespace", namespace])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(fault)?;
        let stdin = child.stdin.take();
        // It may answer before it has read everything, so it is fed from the side.
        std::thread::scope(|scope| {
            scope.spawn(|| stdin.map(|mut stdin| stdin.write_all(input)));
            child.wait_with_output().map_err(fault)
        })
    }
}
