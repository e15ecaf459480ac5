//! Relative paths (compose-loading, section 15). In the resolved project they start from the project's folder, so what another
//! folder's file says is rewritten here; `~` becomes the home folder everywhere.

use crate::compose::grammar::mounts::{self, ShortKind};
use crate::origin::Origin;
use crate::syntax::{Entry, Map, Node, Value};

/// Where the paths of a tree start from.
pub(crate) struct Base<'a> {
    /// The folder, as seen from the folder that they shall start from: `.` where it is the same.
    pub(crate) folder: &'a str,
    /// The user's home folder.
    pub(crate) home: Option<&'a str>,
}

/// Rewrites every path of a model.
pub(crate) fn rebase(root: &mut Node, base: &Base<'_>) {
    each(root, "services", |service| base.container(service, true));
    for section in ["configs", "secrets"] {
        each(root, section, |source| at(source, "file", |file| base.text(file, Base::file)));
    }
    each(root, "volumes", |volume| base.volume(volume));
}

/// A path from one absolute folder to another, `.` where they are the same.
pub(crate) fn relative(from: &str, to: &str) -> String {
    let parts = |path: &str| -> Vec<String> {
        mounts::clean(path).split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
    };
    let (from, to) = (parts(from), parts(to));
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n("..", from.len() - shared);
    let down = to.iter().skip(shared).map(String::as_str);
    let path: Vec<&str> = up.chain(down).collect();
    if path.is_empty() { ".".to_owned() } else { path.join("/") }
}

impl Base<'_> {
    /// A service, or a container that runs before it.
    fn container(&self, service: &mut Node, is_service: bool) {
        at(service, "env_file", |files| {
            one_or_all(files, |file| match &mut file.value {
                Value::Map(_) => at(file, "path", |path| self.text(path, Base::plain)),
                Value::String(_) => self.text(file, Base::plain),
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::Timestamp(_)
                | Value::List(_) => {}
            })
        });
        at(service, "label_file", |files| one_or_all(files, |file| self.text(file, Base::plain)));
        at(service, "volumes", |mounts| items(mounts, |mount| self.mount(mount)));
        if !is_service {
            return;
        }
        at(service, "build", |build| self.build(build));
        at(service, "develop", |develop| {
            at(develop, "watch", |rules| {
                items(rules, |rule| at(rule, "path", |path| self.text(path, Base::plain)));
            });
        });
        at(service, "pre_start", |hooks| items(hooks, |hook| self.container(hook, false)));
    }

    fn build(&self, build: &mut Node) {
        if matches!(build.value, Value::String(_)) {
            self.text(build, Base::context);
            return;
        }
        at(build, "context", |context| self.text(context, Base::context));
        at(build, "additional_contexts", |contexts| self.pairs(contexts, Base::context));
        at(build, "ssh", |keys| self.pairs(keys, Base::file));
    }

    /// The values of a mapping or of a list of `NAME=VALUE`.
    fn pairs(&self, pairs: &mut Node, resolve: fn(&Self, &str) -> String) {
        match &mut pairs.value {
            Value::Map(map) => map.values_mut().for_each(|entry| self.text(&mut entry.value, resolve)),
            Value::List(list) => list.iter_mut().for_each(|item| {
                if let Value::String(text) = &mut item.value
                    && let Some((name, path)) = text.split_once('=')
                {
                    *text = format!("{name}={}", resolve(self, path));
                }
            }),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) | Value::String(_) => {
            }
        }
    }

    fn mount(&self, mount: &mut Node) {
        match &mut mount.value {
            Value::Map(map) => {
                let is_bind = map.get("type").is_some_and(|kind| is_text(&kind.value, "bind"));
                if is_bind && let Some(source) = map.get_mut("source") {
                    self.text(&mut source.value, Base::file);
                }
            }
            Value::String(text) => {
                if let Some(value) = self.short_mount(text, mount.origin) {
                    mount.value = value;
                }
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) | Value::List(_) => {}
        }
    }

    /// A short mount whose source is a path. A path with a colon that this brings in does not fit the short form.
    fn short_mount(&self, text: &str, origin: Origin) -> Option<Value> {
        if self.folder == "." && !text.starts_with('~') {
            return None;
        }
        let mount = mounts::parse_short(text).ok().filter(|mount| mount.kind == ShortKind::Bind)?;
        let written = mount.source?;
        let mut source = self.file(&written);
        if source == written {
            return None;
        }
        if !source.starts_with(['/', '.']) {
            source = format!("./{source}");
        }
        let short = format!("{source}{}", text.get(written.len()..).unwrap_or_default());
        if mounts::parse_short(&short).is_ok_and(|short| short.source.as_ref() == Some(&source)) {
            return Some(Value::String(short));
        }
        let node = |value| Node { value, origin, tag: None };
        let entry = |(name, value): (&str, Value)| (name.to_owned(), Entry { key: origin, value: node(value) });
        let mut bind = vec![("create_host_path", Value::Bool(true))];
        bind.extend(mount.options.into_iter().map(|option| {
            (if option.eq_ignore_ascii_case("z") { "selinux" } else { "propagation" }, Value::String(option))
        }));
        let mut long = vec![
            ("type", Value::String("bind".to_owned())),
            ("source", Value::String(source)),
            ("target", Value::String(mount.target)),
            ("bind", Value::Map(bind.into_iter().map(entry).collect())),
        ];
        if mount.read_only {
            long.push(("read_only", Value::Bool(true)));
        }
        Some(Value::Map(long.into_iter().map(entry).collect()))
    }

    /// `device` of a volume that is a bind mount in disguise: nothing else that `local` mounts is a path.
    fn volume(&self, volume: &mut Node) {
        let Value::Map(keys) = &mut volume.value else { return };
        if !keys.get("driver").is_some_and(|driver| is_text(&driver.value, "local")) {
            return;
        }
        if let Some(options) = keys.get_mut("driver_opts")
            && let Value::Map(options) = &mut options.value.value
            && options.get("o").is_some_and(|kind| is_text(&kind.value, "bind"))
            && let Some(device) = options.get_mut("device")
        {
            self.text(&mut device.value, Base::file);
        }
    }

    fn text(&self, node: &mut Node, resolve: fn(&Self, &str) -> String) {
        if let Value::String(text) = &mut node.value {
            *text = resolve(self, text);
        }
    }

    /// A path that is read here.
    fn plain(&self, path: &str) -> String {
        let path = self.without_home(path);
        if path.is_empty() || path.starts_with('/') || self.folder == "." {
            return path;
        }
        // One of Windows is no absolute path for the reference here.
        mounts::clean(&format!("{}/{path}", self.folder))
    }

    /// A path of the host, which may be one of Windows.
    fn file(&self, path: &str) -> String {
        let path = self.without_home(path);
        if self.folder == "." { path } else { mounts::join(self.folder, &path) }
    }

    /// What an image is built from: a folder, or something elsewhere.
    fn context(&self, path: &str) -> String {
        const ELSEWHERE: &[&str] = &["service:", "https://", "http://", "git://", "ssh://", "github.com/", "git@"];
        let is_elsewhere = path.contains("://") || ELSEWHERE.iter().any(|prefix| path.starts_with(prefix));
        if is_elsewhere { path.to_owned() } else { self.plain(path) }
    }

    /// `~` is the home folder, and so is the start of `~name`.
    fn without_home(&self, path: &str) -> String {
        match (path.strip_prefix('~'), self.home) {
            (Some(below), Some(home)) => mounts::clean(&format!("{home}/{below}")),
            (Some(_), None) | (None, _) => path.to_owned(),
        }
    }
}

fn is_text(node: &Node, text: &str) -> bool {
    matches!(&node.value, Value::String(found) if found == text)
}

fn map(node: &mut Node) -> Option<&mut Map> {
    if let Value::Map(map) = &mut node.value { Some(map) } else { None }
}

/// Does something with the value of a key, if it is there.
fn at(node: &mut Node, key: &str, act: impl FnOnce(&mut Node)) {
    if let Some(entry) = map(node).and_then(|map| map.get_mut(key)) {
        act(&mut entry.value);
    }
}

/// Does something with each entry of a section.
fn each(root: &mut Node, section: &str, mut act: impl FnMut(&mut Node)) {
    at(root, section, |section| {
        map(section).into_iter().flat_map(|map| map.values_mut()).for_each(|entry| act(&mut entry.value));
    });
}

fn items(node: &mut Node, act: impl FnMut(&mut Node)) {
    if let Value::List(items) = &mut node.value {
        items.iter_mut().for_each(act);
    }
}

fn one_or_all(node: &mut Node, mut act: impl FnMut(&mut Node)) {
    if matches!(node.value, Value::List(_)) { items(node, act) } else { act(node) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::origin::Sources;

    fn rebased(text: &str, folder: &str) -> String {
        let mut sources = Sources::default();
        let file = sources.add_file("a.yaml", text);
        let mut root = crate::syntax::parse(file, &mut sources, &mut Diagnostics::default()).unwrap().remove(0);
        rebase(&mut root, &Base { folder, home: Some("/home/u") });
        shown(&root)
    }

    fn shown(node: &Node) -> String {
        match &node.value {
            Value::String(text) => text.clone(),
            Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
            Value::Map(map) => {
                let entries = map.iter().map(|(name, entry)| format!("{name}: {}", shown(&entry.value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
            Value::Bool(flag) => flag.to_string(),
            Value::Null | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) => "?".to_owned(),
        }
    }

    #[test]
    fn relative_paths() {
        let cases = [
            ("/a/b", "/a/b", "."),
            ("/a/b", "/a/b/c/d", "c/d"),
            ("/a/b", "/a", ".."),
            ("/a/b", "/c", "../../c"),
            ("/", "/a", "a"),
            ("/a/", "/a/./b/..", "."),
        ];
        for (from, to, expected) in cases {
            assert_eq!(relative(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn keys_that_hold_paths() {
        let cases = [
            ("services: {a: {build: .}}", "sub", "{services: {a: {build: sub}}}"),
            ("services: {a: {build: {context: ../x}}}", "sub/y", "{services: {a: {build: {context: sub/x}}}}"),
            ("services: {a: {build: 'https://x/y.git'}}", "s", "{services: {a: {build: https://x/y.git}}}"),
            (
                "services: {a: {build: {additional_contexts: [x=./x, 'y=docker-image://y'], ssh: [default, k=id]}}}",
                "s",
                "{services: {a: {build: {additional_contexts: [x=s/x, y=docker-image://y], ssh: [default, k=s/id]}}}}",
            ),
            ("services: {a: {env_file: x.env}}", "s", "{services: {a: {env_file: s/x.env}}}"),
            (
                "services: {a: {env_file: [x.env, {path: ~/y.env}], label_file: [z]}}",
                "s",
                "{services: {a: {env_file: [s/x.env, {path: /home/u/y.env}], label_file: [s/z]}}}",
            ),
            (
                "services: {a: {volumes: ['./x:/x:ro', '~/y:/y', 'v:/v', 'name:/n', '/abs:/a', 'C:\\z:/z', '../up:/u']}}",
                "s",
                "{services: {a: {volumes: [./s/x:/x:ro, /home/u/y:/y, v:/v, name:/n, /abs:/a, C:\\z:/z, ./up:/u]}}}",
            ),
            (
                "services: {a: {volumes: [{type: bind, source: x, target: /x}, {type: volume, source: x, target: /y}]}}",
                "../s",
                "{services: {a: {volumes: [{type: bind, source: ../s/x, target: /x}, {type: volume, source: x, target: /y}]}}}",
            ),
            (
                "services: {a: {develop: {watch: [{path: x}]}, pre_start: [{env_file: y}]}}",
                "s",
                "{services: {a: {develop: {watch: [{path: s/x}]}, pre_start: [{env_file: s/y}]}}}",
            ),
            (
                "configs: {c: {file: x}}\nsecrets: {d: {file: /x}}",
                "s",
                "{configs: {c: {file: s/x}}, secrets: {d: {file: /x}}}",
            ),
            (
                "volumes: {v: {driver: local, driver_opts: {o: bind, device: x}}, w: {driver_opts: {o: bind, device: x}}}",
                "s",
                "{volumes: {v: {driver: local, driver_opts: {o: bind, device: s/x}}, w: {driver_opts: {o: bind, device: x}}}}",
            ),
            ("services: {a: {volumes: ['./x:/x', '~:/y']}}", ".", "{services: {a: {volumes: [./x:/x, /home/u:/y]}}}"),
        ];
        for (text, folder, expected) in cases {
            assert_eq!(rebased(text, folder), expected, "{text}");
        }
    }

    #[test]
    fn a_colon_in_a_folder_needs_the_long_form() {
        let long = rebased("services: {a: {volumes: ['./x:/x:ro,z']}}", "c:d");
        assert_eq!(
            long,
            "{services: {a: {volumes: [{type: bind, source: ./c:d/x, target: /x, \
             bind: {create_host_path: true, selinux: z}, read_only: true}]}}}"
        );
    }
}
