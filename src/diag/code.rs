//! The table of codes: every message has one, and a code never changes its meaning.
//!
//! `T00xx` reading, `T01xx` the shape of the file, `T02xx` order, `T03xx` names and ports, `T04xx` storage and files,
//! `T05xx` configuration, `T06xx` health, `T07xx` resources, placement and rollout, `T09xx` not translated.

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// There is no output.
    Error,
    /// Behaviour differs or something is lost.
    Warning,
    /// A decision made for the user: shown with `-v`.
    Note,
}

impl Severity {
    /// `error`, `warning` or `note`.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

macro_rules! codes {
    ($($variant:ident $id:literal $name:literal $severity:ident $page:literal;)*) => {
        /// The kind of a message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(
                #[doc = $page]
                $variant,
            )*
        }

        impl Code {
            /// Every code, by id.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// The stable id, as `T0101`.
            pub fn id(self) -> &'static str {
                match self { $(Code::$variant => $id),* }
            }

            /// The stable name, as `depends-on-no-port`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name),* }
            }

            /// How much it matters unless the user says otherwise.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity),* }
            }

            /// What it means and what to do about it: the text of `transship explain`.
            pub fn page(self) -> &'static str {
                match self { $(Code::$variant => $page),* }
            }
        }
    };
}

codes! {
    FileNotFound "T0001" "file-not-found" Error "No Compose file was found, or a named one does not exist. Files are looked for as docker compose does: compose.yaml, compose.yml, docker-compose.yml, docker-compose.yaml, here and in each parent folder. Name one with -f.";
    FileUnreadable "T0002" "file-unreadable" Error "A file exists but cannot be read: it is a folder, it is too large, or permission is missing.";
    NotUtf8 "T0003" "not-utf8" Error "A file is not UTF-8 text. Save it as UTF-8.";
    YamlSyntax "T0004" "yaml-syntax" Error "The text is not YAML. The marked place is where the reader gave up; the mistake is there or shortly before.";
    YamlDuplicateKey "T0005" "yaml-duplicate-key" Error "A mapping says the same key twice. Docker refuses it too, as one of the two would be lost.";
    YamlUnknownAnchor "T0006" "yaml-unknown-anchor" Error "An alias (*name) names an anchor (&name) that no earlier line defines.";
    YamlLimit "T0007" "yaml-limit" Error "The file is nested too deeply, is too large, or its aliases expand to too much. The limits are far above what real files need; they stop a hostile file from filling the memory.";
    YamlMergeKey "T0008" "yaml-merge-key" Error "The value of a merge key (<<) must be a mapping, an alias of one, or a list of those.";
    YamlKeyNotString "T0009" "yaml-key-not-string" Error "A key of a mapping must be a string. Quote it.";
    EnvFileSyntax "T0010" "env-file-syntax" Error "A line of an environment file cannot be read.";
    EnvFileMissing "T0011" "env-file-missing" Error "An env_file does not exist. Create it, or write `required: false`.";
    InterpolationSyntax "T0012" "interpolation-syntax" Error "A `${...}` cannot be read. Allowed are ${NAME}, ${NAME:-default}, ${NAME-default}, ${NAME:?message}, ${NAME?message}, ${NAME:+value} and ${NAME+value}; write $$ for a dollar sign.";
    VariableRequired "T0013" "variable-required" Error "A variable that the file requires with `:?` is not set. Set it in the environment, in .env, or in a file named with --env-file.";
    VariableUnset "T0014" "variable-unset" Warning "A variable is not set, so a blank string stands in for it, as with docker compose. Set it, or write a default: ${NAME:-default}.";
    NotReadYet "T0015" "not-read-yet" Error "The key brings in other files or services, and is not read yet. Without what it brings the manifests would be wrong, so there are none. `docker compose config` prints the file with everything brought in; that can be converted.";
    UnknownKey "T0101" "unknown-key" Error "No such key exists here in the Compose Specification. Keys of your own must start with `x-`.";
    WrongType "T0102" "wrong-type" Error "A value has another type than the key takes.";
    BadValue "T0103" "bad-value" Error "A value cannot be read: a port, a duration, a size, or a word that is not one of those allowed.";
    Missing "T0104" "missing" Error "Something that must be there is missing, such as the image of a service.";
    Conflict "T0105" "conflict" Error "Two keys say different things, or exclude each other.";
    Undefined "T0106" "undefined" Error "A service names a volume, network, config, secret or service that the file does not define.";
    VersionObsolete "T0107" "version-obsolete" Note "The `version` key has no meaning any more in a Compose file.";
    ProjectName "T0108" "project-name" Error "A project name must consist of lower-case letters, digits, dashes and underscores, and start with a letter or digit.";
    EmptyFile "T0109" "empty-file" Error "The file holds no services.";
    Dialect "T0110" "dialect" Note "Compose and swarm read the same text differently. Which of the two was taken is decided by the keys and the file's name; --dialect says otherwise.";
    CommandCut "T0111" "command-cut" Warning "A command written as one string is split into words, not run by a shell. Docker stops reading at an unquoted ; & | < or >. Write [\"sh\", \"-c\", \"...\"] if a shell was meant.";
    Merge "T0112" "merge" Error "A later file gives a key a value of another kind, which cannot be merged over the earlier one.";
    IgnoredBySwarm "T0113" "ignored-by-swarm" Warning "`docker stack deploy` ignores this key, so what ran on the swarm ran without it, and so does this translation.";
    RefusedBySwarm "T0114" "refused-by-swarm" Error "`docker stack deploy` refuses this key.";
    ProfileInactive "T0115" "profile-inactive" Note "The service belongs to a profile that is not active, so it is left out. Name the profile with --profile.";
    DependencyCycle "T0201" "dependency-cycle" Error "Services wait for each other in a circle, so none could ever start.";
    DependencyIgnored "T0202" "dependency-ignored" Note "Swarm ignores depends_on. It is honoured here all the same: a pod waits for what it needs.";
    DependencyRestart "T0203" "dependency-restart" Warning "Kubernetes does not restart a pod because another one was restarted.";
    DependencyAbsent "T0204" "dependency-absent" Note "The service that is depended on is not part of this conversion and is not required, so nothing waits for it.";
    DependencyByName "T0205" "dependency-by-name" Note "The service that is depended on states no TCP port, so the wait is for its name to resolve: that happens when a pod of it is ready.";
    DependencySwarmLoose "T0206" "dependency-swarm-loose" Warning "Swarm ignores depends_on, so a circle or an undefined name in it did no harm there. Nothing waits for it here.";
    DependencyNoHealthcheck "T0207" "dependency-no-healthcheck" Warning "`service_healthy` waits for a healthcheck, and the service has none in the file. Docker would use the one of the image, which Kubernetes does not read.";
    DependencyScaledToZero "T0208" "dependency-scaled-to-zero" Warning "The service that is depended on has no replicas, so a wait for it would never end. Nothing waits.";
    PortInferred "T0301" "port-inferred" Note "The service states no port. This one was found elsewhere, and the Service listens on it.";
    PortUnknown "T0302" "port-unknown" Note "No port of the service is known, so its Service is headless: the name resolves, and any port answers.";
    NameRewritten "T0303" "name-rewritten" Warning "Kubernetes names hold lower-case letters, digits and dashes only, so the name was changed.";
    PortLoopback "T0304" "port-loopback" Warning "A port bound to a loopback address was reachable from the Docker host alone, so it is not published.";
    PortDatastore "T0305" "port-datastore" Warning "The port of a datastore is not published to the outside. It is reachable in the cluster.";
    PortHostAddress "T0306" "port-host-address" Warning "A Service cannot be bound to one address of a host.";
    PortRandom "T0307" "port-random" Note "No published port was written, so Docker chose one at random. It is reachable in the cluster only.";
    VolumeSize "T0401" "volume-size" Note "Compose states no size for a volume; Kubernetes needs one.";
    BindSource "T0402" "bind-source" Warning "A folder of source code that is mounted over an image built from it is left out: the image holds the code.";
    BindData "T0403" "bind-data" Warning "A folder of the Docker host becomes a volume claim. Its data must be copied.";
    BindSystem "T0404" "bind-system" Warning "A path of the host is mounted from the node. Not every cluster allows it, and every node has its own.";
    BindEngine "T0405" "bind-engine" Warning "The Docker socket is mounted, and there is no Docker engine behind it in Kubernetes.";
    BindReadOnly "T0406" "bind-read-only" Warning "A file of a ConfigMap cannot be written by the container, as the bind mount could.";
    FileTooLarge "T0407" "file-too-large" Error "A ConfigMap or Secret holds at most 1 MiB.";
    FileLarge "T0408" "file-large" Warning "kubectl apply stores a copy of the object in an annotation, which holds at most 262,144 bytes. Use `kubectl apply --server-side`.";
    FileMissing "T0409" "file-missing" Error "A file that a config or secret is made of does not exist.";
    FileMode "T0410" "file-mode" Note "Docker Compose ignores mode, uid and gid of a secret or config that comes from a file.";
    FileOwner "T0411" "file-owner" Warning "Files of ConfigMaps and Secrets belong to root; a group can be given, an owner cannot.";
    ExternalObject "T0412" "external-object" Note "An external config, secret or volume is referenced by name and must exist in the cluster.";
    VolumeShared "T0413" "volume-shared" Note "Several services mount the volume, so one claim serves them, and their pods run on one node, as they did on one Docker host.";
    TmpfsOption "T0414" "tmpfs-option" Warning "An option of a tmpfs mount has no counterpart.";
    VolumeSeed "T0415" "volume-seed" Note "Docker copies what the image holds at the mount point into a new volume; Kubernetes does not.";
    ClearTextSecret "T0501" "clear-text-secret" Warning "A password stands in the file in clear text. It is written to a Secret.";
    EnvironmentName "T0502" "environment-name" Error "An environment variable's name must not be empty nor hold `=`.";
    HealthcheckNone "T0601" "healthcheck-none" Note "The healthcheck is turned off, so there are no probes.";
    HealthcheckRounded "T0602" "healthcheck-rounded" Note "Kubernetes counts in whole seconds, so the time was rounded up.";
    RollbackAction "T0701" "rollback-action" Warning "A Deployment that fails to roll out stalls; it is not rolled back by itself. Use `kubectl rollout undo`.";
    RestartAttempts "T0702" "restart-attempts" Warning "Kubernetes restarts a container for ever, with growing pauses.";
    ManagerConstraint "T0703" "manager-constraint" Warning "`node.role == manager` is dropped: managed clusters have no control-plane nodes, and the pod would wait for ever.";
    KindJob "T0704" "kind-job" Note "The service runs once, so it becomes a Job.";
    PlacementUnknown "T0705" "placement-unknown" Warning "A placement constraint has no counterpart.";
    RolloutApproximate "T0706" "rollout-approximate" Note "Kubernetes rolls out by other rules; the nearest were taken.";
    NotTranslated "T0901" "not-translated" Warning "The key is read but not translated yet, so the manifests do not hold what it says.";
    NoCounterpart "T0902" "no-counterpart" Warning "Kubernetes has nothing that does what this key does.";
    BuildNote "T0903" "build-note" Note "Kubernetes runs images and does not build them: build and push the image first.";
    DevelopmentOnly "T0904" "development-only" Note "The key matters only while developing with docker compose.";
    Init "T0905" "init-process" Note "Kubernetes has no `init: true`; the image's own process is PID 1.";
}
