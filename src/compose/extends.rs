//! `extends` (compose-spec, "Extends"; compose-loading, section 10): a service gets what another one says, of the same document or
//! of another file, and its own keys are merged over it. Chains are followed to their end without recursion.

use std::collections::{BTreeMap, BTreeSet};

use crate::compose::find::parent;
use crate::compose::grammar::mounts;
use crate::compose::keys::{Decode, Merge};
use crate::compose::loader::{Document, Loader, Unit};
use crate::compose::merge::merge;
use crate::compose::model::project::Project;
use crate::compose::model::service::Service;
use crate::compose::tags::Tags;
use crate::diag::{Code, Diagnostic, nearest};
use crate::origin::{Origin, Via};
use crate::syntax::{Entry, Map, Node, Value};

/// The files whose services are extended, each read once. The first is the document that is worked on.
#[derive(Default)]
pub(crate) struct Bases {
    scopes: Vec<Scope>,
    by_path: BTreeMap<String, Option<usize>>,
}

/// Services that can be extended.
struct Scope {
    /// The file, as messages show it.
    path: String,
    /// The folder that `file` is relative to.
    folder: String,
    services: Map,
    tags: Tags,
}

/// A service of a scope.
type Place = (usize, String);

/// What `extends` says.
struct Reference {
    service: String,
    file: Option<(String, Origin)>,
    at: Origin,
}

impl Bases {
    fn service(&self, place: &Place) -> Option<&Entry> {
        self.scopes.get(place.0)?.services.get(&place.1)
    }

    fn service_mut(&mut self, place: &Place) -> Option<&mut Node> {
        Some(&mut self.scopes.get_mut(place.0)?.services.get_mut(&place.1)?.value)
    }

    fn path(&self, place: &Place) -> &str {
        self.scopes.get(place.0).map_or("", |scope| scope.path.as_str())
    }
}

impl Loader<'_> {
    /// Gives every service of a document what it extends.
    pub(crate) fn extend(&mut self, unit: &mut Unit<'_>, path: &str, document: &mut Node, tags: Tags) {
        let Value::Map(top) = &mut document.value else { return };
        let Some(Value::Map(services)) = top.get_mut("services").map(|services| &mut services.value.value) else {
            return;
        };
        let extends = |entry: &Entry| matches!(&entry.value.value, Value::Map(keys) if keys.contains_key("extends"));
        let names: Vec<String> =
            services.iter().filter(|(_, entry)| extends(entry)).map(|(name, _)| name.clone()).collect();
        if names.is_empty() {
            return;
        }
        let folder = unit.folder.clone();
        let scope = Scope { path: path.to_owned(), folder, services: std::mem::take(services), tags };
        match unit.bases.scopes.first_mut() {
            Some(first) => *first = scope,
            None => unit.bases.scopes.push(scope),
        }
        for name in names {
            self.resolve(unit, (0, name));
        }
        if let Some(scope) = unit.bases.scopes.first_mut() {
            *services = std::mem::take(&mut scope.services);
        }
    }

    /// Follows a chain to the service that extends nothing, and merges back from there.
    fn resolve(&mut self, unit: &mut Unit<'_>, start: Place) {
        let mut waiting: Vec<(Place, Origin)> = Vec::new();
        let mut seen = BTreeSet::from([start.clone()]);
        let mut place = start;
        // Whoever was asked for what it extends does not say it any more, so that nothing is merged or reported twice.
        while let Some(reference) = self.take_reference(unit, &place) {
            let at = reference.at;
            let Some(target) = self.target(unit, &place, reference) else { break };
            let is_new = seen.insert(target.clone());
            waiting.push((place, at));
            place = target;
            if !is_new {
                self.report_cycle(unit, &waiting, &place);
                return;
            }
        }
        while let Some((waiter, at)) = waiting.pop() {
            self.inherit(unit, &waiter, &place, at);
            place = waiter;
        }
    }

    fn take_reference(&mut self, unit: &mut Unit<'_>, place: &Place) -> Option<Reference> {
        let path = format!("services.{}.extends", place.1);
        let Value::Map(keys) = &mut unit.bases.service_mut(place)?.value else { return None };
        let entry = keys.shift_remove("extends")?;
        self.spend(&path, &entry, "the service that it names is part of this one");
        if let Value::String(service) = entry.value.value {
            return Some(Reference { service, file: None, at: entry.value.origin });
        }
        let Value::Map(mut map) = entry.value.value else {
            self.wrong_type(&path, &entry, "the name of a service, or a mapping with service: and file:");
            return None;
        };
        let file = map.shift_remove("file").filter(|file| file.value.value != Value::Null);
        let file = match file {
            Some(file) => Some(self.string(&format!("{path}.file"), file)?),
            None => None,
        };
        let Some(service) = map.shift_remove("service") else {
            let message = format!("`{path}` does not say which service it extends");
            self.fail(Diagnostic::new(Code::Missing, entry.key, message).help("add service:").key(path));
            return None;
        };
        let (service, at) = self.string(&format!("{path}.service"), service)?;
        self.unknown_options(&path, map, "service and file");
        Some(Reference { service, file, at })
    }

    /// The service that is referred to; `None` after a message.
    fn target(&mut self, unit: &mut Unit<'_>, from: &Place, reference: Reference) -> Option<Place> {
        let Reference { service, file, at } = reference;
        let is_elsewhere = file.is_some();
        let scope = match file {
            Some((file, at)) => self.scope(unit, from, &file, at)?,
            None => from.0,
        };
        let target = (scope, service);
        if unit.bases.service(&target).is_some() {
            return Some(target);
        }
        let name = &target.1;
        let names = unit.bases.scopes.get(scope).into_iter().flat_map(|scope| scope.services.keys());
        let near = nearest(name, names.map(String::as_str));
        let message =
            format!("`{}` extends the service `{name}`, which {} does not define", from.1, unit.bases.path(&target));
        let mut diagnostic = Diagnostic::new(Code::Undefined, at, message).key(format!("services.{}.extends", from.1));
        if let Some(near) = near {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        } else if is_elsewhere {
            diagnostic = diagnostic.help("define it there, or correct the name or the file");
        } else {
            diagnostic = diagnostic
                .why("a service is looked for in the file that extends it and in what that file includes")
                .help("correct the name, or say which file defines it: file: FILE beside service:");
        }
        self.fail(diagnostic);
        None
    }

    /// The services of another file, read when first asked for.
    fn scope(&mut self, unit: &mut Unit<'_>, from: &Place, file: &str, at: Origin) -> Option<usize> {
        let folder = unit.bases.scopes.get(from.0).map_or(".", |scope| scope.folder.as_str());
        let path = mounts::join(folder, file);
        if self.refuse_remote(file, at) {
            return None;
        }
        let key = self.absolute(&path);
        if let Some(known) = unit.bases.by_path.get(&key) {
            return *known;
        }
        let documents = self.read(&path, Some(at));
        let scope = documents.and_then(|documents| self.base(unit, &path, documents, at));
        // The first place is the document's own; this is only asked while that is worked on.
        let index = scope.map(|scope| {
            unit.bases.scopes.push(scope);
            unit.bases.scopes.len() - 1
        });
        unit.bases.by_path.insert(key, index);
        index
    }

    /// What a file defines by itself: neither what it includes nor what its services extend, which is followed from there.
    fn base(&mut self, unit: &Unit<'_>, path: &str, documents: Vec<Document>, at: Origin) -> Option<Scope> {
        let mut whole: Option<Node> = None;
        let mut all = Tags::default();
        for Document { path: _, mut root } in documents {
            if !self.is_mapping(&root) {
                continue;
            }
            let tags = self.prepare(&mut root, unit.variables);
            whole = Some(match whole {
                Some(mut earlier) => {
                    tags.apply(&mut earlier, self.diags);
                    merge(earlier, root, Merge::Default, Project::SHAPE, "", self.diags)
                }
                None => root,
            });
            all.extend(tags);
        }
        let folder = parent(path);
        if let Some(whole) = &mut whole {
            self.rebase(whole, &unit.folder, &folder);
        }
        let top = whole.and_then(|whole| if let Value::Map(top) = whole.value { Some(top) } else { None });
        let services = top.and_then(|mut top| top.shift_remove("services"));
        let Some(Value::Map(services)) = services.map(|services| services.value.value) else {
            self.fail(
                Diagnostic::new(Code::Undefined, at, format!("{path} has no services to extend"))
                    .help("correct the path, or add services: to that file"),
            );
            return None;
        };
        Some(Scope { path: path.to_owned(), folder, services, tags: all })
    }

    /// Merges a service over a copy of the one that it extends.
    fn inherit(&mut self, unit: &mut Unit<'_>, waiter: &Place, base: &Place, at: Origin) {
        let Some(source) = unit.bases.service(base).map(|entry| &entry.value) else { return };
        let path = format!("services.{}", waiter.1);
        match source.value {
            Value::Map(_) => {}
            // A base without anything adds nothing.
            Value::Null => return,
            Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Timestamp(_)
            | Value::String(_)
            | Value::List(_) => {
                self.fail(
                    Diagnostic::new(
                        Code::WrongType,
                        source.origin,
                        format!("`services.{}` must be a mapping, not {}", base.1, source.value.kind()),
                    )
                    .also(at, "it is extended here")
                    .help("write a mapping, with an image at least")
                    .key(path),
                );
                return;
            }
        }
        let Some(mut copy) = self.copies.copy(source, Via::Extends, at, self.sources, self.diags) else { return };
        if let Some(scope) = unit.bases.scopes.get(waiter.0) {
            scope.tags.apply_at(&["services", &waiter.1], &mut copy, self.diags);
        }
        let Some(own) = unit.bases.service_mut(waiter) else { return };
        let origin = own.origin;
        let taken = std::mem::replace(own, Node { value: Value::Null, origin, tag: None });
        let merged = merge(copy, taken, Merge::Default, Service::SHAPE, &path, self.diags);
        *own = Node { origin, ..merged };
    }

    /// `chain` ends with the service that refers to `again`, which stands in it already.
    fn report_cycle(&mut self, unit: &Unit<'_>, chain: &[(Place, Origin)], again: &Place) {
        let start = chain.iter().position(|(place, _)| place == again).unwrap_or(0);
        let mut steps = chain.iter().skip(start);
        let Some((place, at)) = steps.next() else { return };
        let told = |place: &Place| format!("`{}` in {}", place.1, unit.bases.path(place));
        let mut words = vec![told(place)];
        let mut diagnostic = Diagnostic::new(Code::ExtendsCycle, *at, String::new());
        for (place, at) in steps {
            words.push(told(place));
            diagnostic = diagnostic.also(*at, "");
        }
        words.push(told(again));
        diagnostic.message = format!("the service `{}` extends itself", again.1);
        self.fail(
            diagnostic
                .why(words.join(" extends "))
                .help("move what they share to a service that extends none of them")
                .key(format!("services.{}.extends", again.1)),
        );
    }
}
