//! Files that their reader alone may read: programs refuse a key that its group may read, and files of ConfigMaps and Secrets belong
//! to root. Such a file is copied for its reader before the container starts.
//!
//! ```yaml
//! command: mongod --keyFile /etc/keyfile
//! secrets: [{ source: key, target: /etc/keyfile }]
//! # an init container writes /etc/keyfile for the user 999, with the mode 0400
//! ```

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::images;
use crate::ir::{Container, EnvSource, Mount, MountSource, Owner, Traced, Why};

/// What refuses a key that others may read.
enum Program {
    /// Named beside an option, whose path is the file's.
    Option(&'static str),
    /// Known by the end of its path.
    Path(&'static str),
}

/// Image, the user that its program runs as, and which of its files it refuses.
const PROGRAMS: &[(&str, &str, Program)] = &[
    ("mongo", "mongodb", Program::Option("--keyFile")),
    ("postgres", "postgres", Program::Option("ssl_key_file")),
    ("rabbitmq", "rabbitmq", Program::Path("/.erlang.cookie")),
];

/// Gives each file of a container that its program refuses otherwise to the user whom it runs as.
pub(super) fn settle(
    path: &str,
    container: &Container,
    user: &(Option<Traced<i64>>, Option<Traced<i64>>),
    mounts: &mut [Mount],
    diags: &mut Diagnostics,
) {
    for mount in mounts.iter_mut() {
        if let MountSource::File { object: _, kind: _, key: _, mode: _ } = &mount.source
            && mount.owner.is_none()
            && is_refused(container, &mount.target.value)
        {
            mount.owner = owner(container, user);
        }
        say(path, mount, diags);
    }
}

/// Whether a program looks at who may read a file.
fn is_refused(container: &Container, target: &str) -> bool {
    let image = container.image.value.as_str();
    PROGRAMS.iter().any(|(name, _, program)| match program {
        Program::Path(end) => target.ends_with(end),
        Program::Option(option) => is_image(image, name) && names(container, option, target),
    }) || is_ssh_key(target)
}

/// A private key in somebody's `.ssh`.
fn is_ssh_key(target: &str) -> bool {
    let Some((folder, name)) = target.rsplit_once('/') else { return false };
    folder.ends_with("/.ssh") && name.starts_with("id_") && !name.ends_with(".pub")
}

/// Whether an option leads to a path, as `--keyFile /a`, `--keyFile=/a` or `ssl_key_file=/a`.
fn names(container: &Container, option: &str, target: &str) -> bool {
    let words = container.command.iter().chain(&container.args).flatten().map(|word| word.value.as_str());
    let values = container.env.iter().filter_map(|variable| match &variable.source {
        EnvSource::Literal(value) => Some(value.as_str()),
        EnvSource::Field(_) | EnvSource::Composed(_) | EnvSource::Secret { object: _, key: _ } => None,
    });
    let parts = words
        .chain(values)
        .flat_map(|text| text.split([' ', '=', '\'', '"', '\n', ';']))
        .filter(|part| !part.is_empty());
    let mut before = "";
    for part in parts {
        if before.eq_ignore_ascii_case(option) && part == target {
            return true;
        }
        before = part;
    }
    false
}

/// The image's own name, whatever its registry and tag.
fn is_image(reference: &str, name: &str) -> bool {
    let path = reference.split('@').next().unwrap_or(reference);
    let last = path.rsplit('/').next().unwrap_or(path);
    last.split(':').next() == Some(name)
}

/// Who runs the program: the user that is written, or the one that the image is known for. `None` for root, who reads everything.
fn owner(container: &Container, (user, group): &(Option<Traced<i64>>, Option<Traced<i64>>)) -> Option<Owner> {
    let mode = Traced::decided(0o400, "private-file");
    if let Some(user) = user {
        let group = group.clone().unwrap_or_else(|| Traced { value: 0, why: user.why.clone() });
        return (user.value != 0).then(|| Owner { user: user.clone(), group, mode });
    }
    let image = container.image.value.as_str();
    let (user, group) = PROGRAMS
        .iter()
        .filter(|(name, _, _)| is_image(image, name))
        .find_map(|(_, user, _)| images::ids(image, user))?;
    let of_image = |id| Traced { value: id, why: Why::Decision("image-user") };
    Some(Owner { user: of_image(user), group: of_image(group), mode })
}

fn say(path: &str, mount: &Mount, diags: &mut Diagnostics) {
    let Some(owner) = &mount.owner else { return };
    let place = mount.target.why.origins().first().copied().unwrap_or(mount.origin);
    let mut said = Diagnostic::new(
        Code::PrivateFile,
        place,
        format!("{} is copied for the user {} before the container starts", mount.target.value, owner.user.value),
    )
    .label(format!("nobody else may read it: {:04o}", owner.mode.value))
    .why("files of ConfigMaps and Secrets belong to root, and the group of the pod's files may read them")
    .cause("private-file")
    .key(path);
    if !owner.mode.why.origins().is_empty() {
        said = said.help("write mode: 0444 if others may read it: it is mounted as it is then");
    }
    diags.push(said);
}
