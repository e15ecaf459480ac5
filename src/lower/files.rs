//! Configs and secrets (compose-spec, "configs", "secrets"): objects of their own, whoever is granted them.

use std::collections::BTreeMap;

use crate::compose::Dialect;
use crate::compose::grammar::mounts;
use crate::compose::keys::Key;
use crate::compose::model::files::{External, FileSource};
use crate::compose::model::text::Options;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Data, FileObject, FileObjectKind, Labelled, Name, Why};
use crate::lower::content::{APPLY_LIMIT, OBJECT_LIMIT, data_key, large};
use crate::lower::{Context, file_templates, kubernetes, labelled, later};
use crate::origin::{Origin, Spanned};

/// The objects of configs and secrets, by section and name.
pub(super) type ObjectNames = BTreeMap<(FileObjectKind, String), Name>;

/// What each config and secret is called in the cluster. `db_password` and `db-password` are told apart by a number.
pub(super) fn names(context: &Context<'_>) -> ObjectNames {
    let mut names = ObjectNames::new();
    let mut taken: BTreeMap<(FileObjectKind, Name), Vec<&str>> = BTreeMap::new();
    for (_, kind, name, source) in sources(context) {
        let real = real_name(name, &source.value);
        let wanted = Name::from_text(real);
        let same = taken.entry((kind, wanted.clone())).or_default();
        let number = same.iter().position(|earlier| *earlier == real).unwrap_or(same.len());
        if number == same.len() {
            same.push(real);
        }
        let own = if number == 0 { wanted } else { wanted.with(&(number + 1).to_string()) };
        names.insert((kind, name.to_owned()), own);
    }
    names
}

/// Every config and secret of the project: its section, kind, name and definition.
fn sources<'a>(
    context: &'a Context<'_>,
) -> impl Iterator<Item = ((&'static str, Origin), FileObjectKind, &'a str, &'a Spanned<FileSource>)> {
    let project = &context.loaded.project;
    [("configs", FileObjectKind::ConfigMap, &project.configs), ("secrets", FileObjectKind::Secret, &project.secrets)]
        .into_iter()
        .flat_map(|(section, kind, entries)| {
            entries.get().into_iter().flat_map(move |entries| {
                entries.value.iter().filter_map(move |(name, entry)| {
                    Some(((section, entry.key), kind, name.as_str(), entry.value.as_ref()?))
                })
            })
        })
}

/// The name that it has on Docker.
fn real_name<'a>(name: &'a str, source: &'a FileSource) -> &'a str {
    match source.external.get().map(|external| &external.value) {
        Some(External::Named(named)) => Some(&named.value),
        Some(External::Flag(_)) | None => source.name.get().map(|name| &name.value),
    }
    .filter(|real| !real.is_empty())
    .map_or(name, String::as_str)
}

/// Every config and secret of the project that is made here.
pub(super) fn objects(context: &Context<'_>, names: &ObjectNames, diags: &mut Diagnostics) -> Vec<FileObject> {
    let mut all = Vec::new();
    for ((section, place), kind, name, source) in sources(context) {
        if let Some(own) = names.get(&(kind, name.to_owned())) {
            let mut maker = Maker { context, path: format!("{section}.{name}"), kind, name, own, place, diags };
            all.extend(maker.object(source));
        }
    }
    all
}

/// Makes the object of one config or secret.
struct Maker<'a> {
    context: &'a Context<'a>,
    path: String,
    kind: FileObjectKind,
    name: &'a str,
    own: &'a Name,
    place: Origin,
    diags: &'a mut Diagnostics,
}

impl Maker<'_> {
    fn object(&mut self, source: &Spanned<FileSource>) -> Option<FileObject> {
        let FileSource {
            name: real,
            file,
            content,
            environment,
            external,
            labels,
            driver,
            driver_opts,
            template_driver,
            extensions,
        } = &source.value;
        later::beside_kubernetes(extensions, self.diags);
        if let Some(real) = real.get() {
            self.diags.consume(real.origin, "the object's name");
        }
        if let Key::Set { key: place, value } = external
            && value.value.is_external()
        {
            kubernetes::not_made(&self.path, extensions, self.diags);
            self.outside(*place, value);
            self.unread([file, content, environment, template_driver]);
            return None;
        }
        if let Some(external) = external.get() {
            self.diags.consume(external.origin, "false is the default");
        }
        if let Some(driver) = driver.get() {
            kubernetes::not_made(&self.path, extensions, self.diags);
            self.by_driver(driver, driver_opts);
            self.unread([file, content, environment]);
            self.template_of_absent(template_driver);
            return None;
        }
        later::used_up(driver_opts, "options of no driver", self.diags);
        let mut labelled = Labelled::default();
        if let Some(labels) = labels.get() {
            self.diags.consume(labels.origin, "no labels");
            labelled = labelled::labelled(&format!("{}.labels", self.path), &labels.value, self.diags);
        }
        let Some(mut data) = self.data(file, content, environment, &mut labelled) else {
            later::without_object(extensions, self.diags);
            self.template_of_absent(template_driver);
            return None;
        };
        self.template(template_driver, &mut data);
        let mut object = FileObject {
            name: self.own.clone(),
            kind: self.kind,
            entries: vec![(data_key(self.name), data)],
            path: None,
            labelled,
            why: Why::Origin(self.place),
        };
        kubernetes::with_file_extras(self.context, &self.path, extensions, &mut object, self.diags);
        Some(object)
    }

    /// The command that makes the object from a file.
    fn create(&self, from: &str) -> String {
        let (own, key) = (self.own, data_key(self.name));
        match self.kind {
            FileObjectKind::ConfigMap => format!("kubectl create configmap {own} --from-{from}={key}"),
            FileObjectKind::Secret => format!("kubectl create secret generic {own} --from-{from}={key}"),
        }
    }

    fn outside(&mut self, place: Origin, external: &Spanned<External>) {
        let leaf = match &external.value {
            External::Flag(_) => external.origin,
            External::Named(named) => named.origin,
        };
        self.diags.push(
            Diagnostic::new(Code::ExternalObject, place, format!("{} must exist in the cluster", self.own))
                .help(format!("{}=FILE", self.create("file")))
                .key(self.path.clone())
                .covers([leaf]),
        );
    }

    /// What a swarm lets stand beside the word that the content is elsewhere.
    fn unread<'a>(&mut self, contents: impl IntoIterator<Item = &'a Key<String>>) {
        for content in contents.into_iter().filter_map(Key::get) {
            self.diags.consume(content.origin, "a swarm does not read it either, as the content is elsewhere");
        }
    }

    /// What a plugin of Docker holds.
    fn by_driver(&mut self, driver: &Spanned<String>, options: &Key<Options>) {
        let leaves = options
            .get()
            .into_iter()
            .flat_map(|options| [options.origin].into_iter().chain(options.value.0.values().map(|pair| pair.origin)));
        self.diags.push(
            Diagnostic::new(
                Code::SecretDriver,
                driver.origin,
                format!("the plugin `{}` of Docker holds what {} is to hold", driver.value, self.own),
            )
            .why("the pods wait until the Secret is there")
            .help(format!("let an operator such as External Secrets make it, or: {}=FILE", self.create("file")))
            .key(self.path.clone())
            .covers(leaves),
        );
    }

    fn data(
        &mut self,
        file: &Key<String>,
        content: &Key<String>,
        environment: &Key<String>,
        labelled: &mut Labelled,
    ) -> Option<Data> {
        if let Some(file) = file.get() {
            let full = mounts::join(&self.context.loaded.folder, &file.value);
            if self.context.world.kind(&full).is_none() {
                self.absent(file, labelled);
                return None;
            }
            return read_at(self.context, &self.path, &full, file.origin, self.diags);
        }
        if let Some(content) = content.get() {
            return Some(Data { bytes: content.value.clone().into_bytes(), why: Why::Origin(content.origin) });
        }
        let Some(variable) = environment.get() else {
            // The loader has said it of a Compose file.
            if self.context.dialect() == Dialect::Compose {
                return None;
            }
            self.diags.push(
                Diagnostic::new(Code::Missing, self.place, format!("`{}` has no content", self.path))
                    .help("write file:, content:, environment: or external: true")
                    .key(self.path.clone()),
            );
            return None;
        };
        let lookup = self.context.loaded.variables.lookup(self.context.world);
        let held = || self.context.loaded.held.get(&self.context.sources.place(variable.origin)).cloned();
        if let Some(value) = lookup(&variable.value).map(|(value, _)| value).or_else(held) {
            return Some(Data { bytes: value.into_bytes(), why: Why::Origin(variable.origin) });
        }
        let labels = origins(labelled);
        self.diags.push(
            Diagnostic::new(
                Code::SecretVariable,
                variable.origin,
                format!("the variable `{}`, which {} is to hold, is not set", variable.value, self.own),
            )
            .why("the pods wait until the object is there")
            .help(format!("set it in the environment or in .env, or: {}=VALUE", self.create("literal")))
            .key(self.path.clone())
            .covers(labels),
        );
        None
    }

    /// A file that is not here: it is often kept out of the repository. Whoever has it makes the object.
    fn absent(&mut self, file: &Spanned<String>, labelled: &mut Labelled) {
        let labels = origins(labelled);
        self.diags.push(
            Diagnostic::new(
                Code::FileMissing,
                file.origin,
                format!("{}, of which {} is made, is not here", file.value, self.own),
            )
            .why("the pods wait until the object is there")
            .help(format!("convert where the file is, or run: {}={}", self.create("file"), file.value))
            .key(format!("{}.file", self.path))
            .covers(labels),
        );
    }

    /// Whoever makes the object puts in what a swarm would have filled in.
    fn template_of_absent(&mut self, driver: &Key<String>) {
        let Some(driver) = driver.get() else { return };
        if self.context.dialect() == Dialect::Compose {
            return self.diags.consume(driver.origin, "docker compose fills in no templates");
        }
        self.diags.push(
            Diagnostic::new(
                Code::FileTemplate,
                driver.origin,
                format!("the templates of {} are not filled in", self.own),
            )
            .why("swarm fills them in when a task starts; a cluster hands out the text as it is")
            .help("write the values into the file before the object is made of it")
            .key(self.path.clone()),
        );
    }

    /// Fills in what is known before a task starts.
    fn template(&mut self, driver: &Key<String>, data: &mut Data) {
        let Some(driver) = driver.get() else { return };
        let Some(text) = std::str::from_utf8(&data.bytes).ok().filter(|text| text.contains("{{")) else {
            return self.diags.consume(driver.origin, "there is nothing to expand");
        };
        if self.context.dialect() == Dialect::Compose {
            let title = format!("docker compose does not fill in the templates of {}", self.own);
            return self.diags.push(
                Diagnostic::new(Code::FileTemplate, driver.origin, title)
                    .why("only a swarm does")
                    .help("write the values, or say --dialect swarm if it was deployed as a stack")
                    .key(self.path.clone()),
            );
        }
        let filled = file_templates::fill(self.context, self.kind, self.name, text);
        data.bytes = filled.text.into_bytes();
        match filled.left {
            None => self.diags.consume(driver.origin, "its templates are filled in"),
            Some(left) => self.diags.push(
                Diagnostic::new(
                    Code::FileTemplate,
                    driver.origin,
                    format!("{} holds templates that are not filled in, such as `{left}`", self.own),
                )
                .why("swarm fills them in when a task starts; here the text is the same for all pods")
                .help("write the value, or give it to the container as a variable and fill the file in at its start")
                .key(self.path.clone()),
            ),
        }
    }
}

/// Where the labels of an object that is not written came from.
fn origins(labelled: &mut Labelled) -> Vec<Origin> {
    let Labelled { labels, annotations, patches } = std::mem::take(labelled);
    let labels = labels.iter().chain(&annotations).flat_map(|(_, value)| value.why.origins().to_vec());
    labels.chain(patches.iter().map(|tree| tree.origin)).collect()
}

/// The content of a file, by its whole path.
pub(super) fn read_at(
    context: &Context<'_>,
    path: &str,
    full: &str,
    origin: Origin,
    diags: &mut Diagnostics,
) -> Option<Data> {
    match context.world.read(full, OBJECT_LIMIT as u64) {
        Ok(bytes) => {
            if bytes.len() > APPLY_LIMIT {
                diags.push(large(full, bytes.len(), origin).key(path));
            }
            Some(Data { bytes, why: Why::Origin(origin) })
        }
        Err(error) => {
            let too_large = matches!(error, crate::world::ReadError::TooLarge { limit: _ });
            let code = if too_large { Code::FileTooLarge } else { Code::FileUnreadable };
            let help = if too_large {
                "put it into the image or onto a volume: an object holds at most 1 MiB"
            } else {
                "correct the path, or let it be read"
            };
            diags.push(Diagnostic::new(code, origin, format!("{full} cannot be read: {error}")).help(help).key(path));
            None
        }
    }
}
