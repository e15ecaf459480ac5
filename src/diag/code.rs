//! The table of codes: every message has one, and a code never changes its meaning. A code is a line here and a page in
//! `docs/codes/`.
//!
//! `T00xx` reading, `T01xx` the shape of the file, `T02xx` order, `T03xx` names and ports, `T04xx` storage and files,
//! `T05xx` configuration, `T06xx` health, `T07xx` resources, placement, rollout and routes, `T08xx` the words of Kubernetes, `T09xx` what has no counterpart.

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
    ($($variant:ident $id:literal $name:literal $severity:ident;)*) => {
        /// The kind of a message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(
                #[doc = concat!("`", $id, "` ", $name, ": its page is docs/codes/", $id, ".md.")]
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

            /// What it means and what to do about it, as Markdown under a heading: the text of `transship explain`.
            pub fn page(self) -> &'static str {
                match self { $(Code::$variant => include_str!(concat!("../../docs/codes/", $id, ".md"))),* }
            }
        }
    };
}

codes! {
    FileNotFound "T0001" "file-not-found" Error;
    FileUnreadable "T0002" "file-unreadable" Error;
    NotUtf8 "T0003" "not-utf8" Error;
    YamlSyntax "T0004" "yaml-syntax" Error;
    YamlDuplicateKey "T0005" "yaml-duplicate-key" Error;
    YamlUnknownAnchor "T0006" "yaml-unknown-anchor" Error;
    YamlLimit "T0007" "yaml-limit" Error;
    YamlMergeKey "T0008" "yaml-merge-key" Error;
    YamlKeyNotString "T0009" "yaml-key-not-string" Error;
    EnvFileSyntax "T0010" "env-file-syntax" Error;
    EnvFileMissing "T0011" "env-file-missing" Error;
    InterpolationSyntax "T0012" "interpolation-syntax" Error;
    VariableRequired "T0013" "variable-required" Error;
    VariableUnset "T0014" "variable-unset" Warning;
    IncludeCycle "T0016" "include-cycle" Error;
    ExtendsCycle "T0017" "extends-cycle" Error;
    LoadLimit "T0018" "load-limit" Error;
    SeveralFiles "T0019" "several-files" Warning;
    EnvFileSkipped "T0020" "env-file-skipped" Warning;
    UnknownOption "T0021" "unknown-option" Warning;
    RemoteFile "T0022" "remote-file" Error;
    IncludeFolder "T0023" "include-folder" Warning;
    NotSelected "T0024" "not-selected" Note;
    UnknownKey "T0101" "unknown-key" Error;
    WrongType "T0102" "wrong-type" Error;
    BadValue "T0103" "bad-value" Error;
    Missing "T0104" "missing" Error;
    Conflict "T0105" "conflict" Error;
    Undefined "T0106" "undefined" Error;
    VersionObsolete "T0107" "version-obsolete" Note;
    ProjectName "T0108" "project-name" Error;
    EmptyFile "T0109" "empty-file" Error;
    Dialect "T0110" "dialect" Note;
    CommandCut "T0111" "command-cut" Warning;
    Merge "T0112" "merge" Error;
    IgnoredBySwarm "T0113" "ignored-by-swarm" Warning;
    RefusedBySwarm "T0114" "refused-by-swarm" Error;
    ProfileInactive "T0115" "profile-inactive" Note;
    ValueIgnored "T0116" "value-ignored" Warning;
    NoServices "T0117" "no-services" Warning;
    StackVersion "T0140" "stack-version" Error;
    KeyNewerThanVersion "T0141" "key-newer-than-version" Error;
    PortAddressIgnored "T0142" "port-address-ignored" Warning;
    MergeWithoutEffect "T0143" "merge-without-effect" Warning;
    SubstitutionLost "T0144" "substitution-lost" Warning;
    InternalNotPublished "T0145" "internal-not-published" Warning;
    StackTwice "T0146" "stack-twice" Error;
    StackName "T0147" "stack-name" Note;
    NameElsewhere "T0148" "name-elsewhere" Note;
    RestartCondition "T0150" "restart-condition" Warning;
    BuildLeftOut "T0151" "build-left-out" Note;
    ImageReference "T0160" "image-reference" Warning;
    VersionOne "T0161" "version-one" Error;
    VolumeOfStacks "T0170" "volume-of-stacks" Warning;
    ServicePortTwice "T0171" "service-port-twice" Error;
    NodePortOfTwo "T0172" "node-port-of-two" Error;
    BackendMissing "T0173" "backend-missing" Error;
    RoutePathTwice "T0174" "route-path-twice" Warning;
    DependencyCycle "T0201" "dependency-cycle" Error;
    DependencyIgnored "T0202" "dependency-ignored" Note;
    DependencyRestart "T0203" "dependency-restart" Warning;
    DependencyAbsent "T0204" "dependency-absent" Note;
    DependencyByName "T0205" "dependency-by-name" Note;
    DependencySwarmLoose "T0206" "dependency-swarm-loose" Warning;
    DependencyNoHealthcheck "T0207" "dependency-no-healthcheck" Warning;
    DependencyScaledToZero "T0208" "dependency-scaled-to-zero" Warning;
    OnePod "T0210" "one-pod" Note;
    OnePodDiffers "T0211" "one-pod-differs" Warning;
    OnePodPort "T0212" "one-pod-port" Warning;
    ShareOutside "T0213" "share-outside" Error;
    ShareNothing "T0214" "share-nothing" Warning;
    OnePodEarly "T0215" "one-pod-early" Warning;
    StartFirst "T0220" "start-first" Warning;
    HookRights "T0222" "hook-rights" Warning;
    RollbackConfig "T0223" "rollback-config" Warning;
    OneByOne "T0224" "one-by-one" Note;
    KindCronJob "T0230" "kind-cron-job" Note;
    ScheduleDiffers "T0231" "schedule-differs" Warning;
    JobExecCopied "T0232" "job-exec-copied" Warning;
    SchedulerLeftOut "T0233" "scheduler-left-out" Note;
    DependencyOnSchedule "T0234" "dependency-on-schedule" Note;
    ObjectTwice "T0240" "object-twice" Error;
    NameTooLong "T0241" "name-too-long" Note;
    NodePortTwice "T0242" "node-port-twice" Error;
    VolumeTwice "T0243" "volume-twice" Error;
    PortInferred "T0301" "port-inferred" Note;
    PortUnknown "T0302" "port-unknown" Note;
    NameRewritten "T0303" "name-rewritten" Note;
    PortLoopback "T0304" "port-loopback" Warning;
    PortDatastore "T0305" "port-datastore" Warning;
    PortHostAddress "T0306" "port-host-address" Warning;
    PortRandom "T0307" "port-random" Note;
    NameLeft "T0308" "name-left" Warning;
    NameTaken "T0309" "name-taken" Warning;
    PortNotPublished "T0310" "port-not-published" Note;
    PortTwice "T0311" "port-twice" Warning;
    NodePortChosen "T0312" "node-port-chosen" Note;
    PortRange "T0313" "port-range" Warning;
    HostnameChanged "T0314" "hostname-changed" Note;
    DomainLost "T0315" "domain-lost" Warning;
    DnsServer "T0316" "dns-server" Warning;
    HostGateway "T0317" "host-gateway" Warning;
    ExtraHostRefused "T0318" "extra-host-refused" Warning;
    FixedAddress "T0319" "fixed-address" Warning;
    NetworkEncrypted "T0320" "network-encrypted" Warning;
    NetworkAddresses "T0321" "network-addresses" Note;
    NetworkHost "T0322" "network-host" Warning;
    NetworkNone "T0323" "network-none" Note;
    ExternalLink "T0324" "external-link" Warning;
    NetworkPolicies "T0325" "network-policies" Note;
    HostnameTemplate "T0326" "hostname-template" Warning;
    ReferenceRewritten "T0327" "reference-rewritten" Note;
    EntrypointCleared "T0328" "entrypoint-cleared" Warning;
    GraceRounded "T0329" "grace-rounded" Note;
    DnsServerPublic "T0330" "dns-server-public" Note;
    LabelOverridden "T0332" "label-overridden" Note;
    DependencyOnJob "T0333" "dependency-on-job" Note;
    SearchDomainRefused "T0340" "search-domain-refused" Warning;
    PortUnreached "T0350" "port-unreached" Note;
    DockerNameServer "T0355" "docker-name-server" Warning;
    DockerHostAddress "T0356" "docker-host-address" Warning;
    ClusterMember "T0357" "cluster-member" Note;
    Slot "T0360" "slot" Note;
    SlotUnknown "T0361" "slot-unknown" Warning;
    SlotNames "T0362" "slot-names" Warning;
    VolumeOfSlots "T0363" "volume-of-slots" Warning;
    MountTemplate "T0364" "mount-template" Warning;
    SmbNamespace "T0365" "smb-namespace" Note;
    HostLoopback "T0366" "host-loopback" Warning;
    NameOutside "T0375" "name-outside" Warning;
    OwnNameOutside "T0376" "own-name-outside" Note;
    AliasLost "T0377" "alias-lost" Warning;
    VolumeSize "T0401" "volume-size" Note;
    BindSource "T0402" "bind-source" Warning;
    BindData "T0403" "bind-data" Warning;
    BindSystem "T0404" "bind-system" Warning;
    BindEngine "T0405" "bind-engine" Warning;
    BindReadOnly "T0406" "bind-read-only" Warning;
    FileTooLarge "T0407" "file-too-large" Error;
    FileLarge "T0408" "file-large" Warning;
    FileMissing "T0409" "file-missing" Warning;
    FileMode "T0410" "file-mode" Note;
    FileOwner "T0411" "file-owner" Warning;
    ExternalObject "T0412" "external-object" Note;
    VolumeShared "T0413" "volume-shared" Note;
    TmpfsOption "T0414" "tmpfs-option" Warning;
    VolumeSeed "T0415" "volume-seed" Note;
    BindFileMissing "T0416" "bind-file-missing" Warning;
    OutsideProject "T0417" "outside-project" Note;
    BindTimeZone "T0418" "bind-time-zone" Warning;
    MountOption "T0419" "mount-option" Warning;
    VolumeDriver "T0420" "volume-driver" Warning;
    VolumeOption "T0421" "volume-option" Warning;
    NetworkVolume "T0422" "network-volume" Warning;
    VolumeOnEveryNode "T0424" "volume-on-every-node" Warning;
    DataNotKept "T0426" "data-not-kept" Note;
    SecretOmitted "T0428" "secret-omitted" Warning;
    SecretDriver "T0429" "secret-driver" Warning;
    FileTemplate "T0430" "file-template" Warning;
    LabelRefused "T0431" "label-refused" Warning;
    ImageMount "T0432" "image-mount" Warning;
    SecretVariable "T0433" "secret-variable" Warning;
    UsedUp "T0434" "used-up" Note;
    PreStartAgain "T0435" "pre-start-again" Note;
    PreStartEach "T0436" "pre-start-each" Warning;
    WindowsAccount "T0437" "windows-account" Warning;
    RestartedAlways "T0438" "restarted-always" Note;
    CpuWeight "T0439" "cpu-weight" Note;
    VolumeOfEachNode "T0445" "volume-of-each-node" Note;
    NodeLimitLost "T0446" "node-limit-lost" Warning;
    BindReadOnce "T0450" "bind-read-once" Note;
    FolderApart "T0451" "folder-apart" Note;
    VolumeOverSettings "T0455" "volume-over-settings" Warning;
    ClearTextSecret "T0501" "clear-text-secret" Warning;
    EnvironmentName "T0502" "environment-name" Error;
    Placeholder "T0503" "placeholder" Warning;
    LabelKey "T0504" "label-key" Note;
    PullPolicy "T0505" "pull-policy" Warning;
    MountTwice "T0506" "mount-twice" Warning;
    CapabilityUnknown "T0508" "capability-unknown" Warning;
    UserKnown "T0509" "user-known" Note;
    NetworkOption "T0510" "network-option" Warning;
    TmpfsRestriction "T0511" "tmpfs-restriction" Note;
    HealthcheckTime "T0512" "healthcheck-time" Warning;
    OverriddenInList "T0513" "overridden-in-list" Warning;
    ProtocolRefused "T0514" "protocol-refused" Warning;
    FileRights "T0515" "file-rights" Warning;
    ReservedAboveLimit "T0520" "reserved-above-limit" Warning;
    AddedAndDropped "T0521" "added-and-dropped" Note;
    RouterCheck "T0530" "router-check" Note;
    PrivateFile "T0531" "private-file" Note;
    HealthcheckNone "T0601" "healthcheck-none" Note;
    HealthcheckRounded "T0602" "healthcheck-rounded" Note;
    RollbackAction "T0701" "rollback-action" Warning;
    RestartAttempts "T0702" "restart-attempts" Warning;
    ManagerConstraint "T0703" "manager-constraint" Warning;
    KindJob "T0704" "kind-job" Note;
    PlacementUnknown "T0705" "placement-unknown" Warning;
    RolloutApproximate "T0706" "rollout-approximate" Note;
    NodeLabel "T0707" "node-label" Warning;
    StopSignal "T0708" "stop-signal" Warning;
    UserName "T0709" "user-name" Warning;
    SecurityOption "T0710" "security-option" Warning;
    UnsafeSysctl "T0711" "unsafe-sysctl" Warning;
    RuntimeClass "T0712" "runtime-class" Warning;
    Device "T0713" "device" Warning;
    DeviceFile "T0714" "device-file" Warning;
    CpuPeriod "T0715" "cpu-period" Warning;
    EndlessDependency "T0717" "endless-dependency" Warning;
    RouterLabel "T0730" "router-label" Warning;
    RouteRule "T0731" "route-rule" Warning;
    RouteTarget "T0732" "route-target" Warning;
    RouterLabelsElsewhere "T0733" "router-labels-elsewhere" Warning;
    RouteOff "T0734" "route-off" Note;
    RouterLeftOut "T0735" "router-left-out" Warning;
    RoutePort "T0736" "route-port" Warning;
    RouteLost "T0737" "route-lost" Warning;
    RouteNotMade "T0738" "route-not-made" Warning;
    RouteTwice "T0739" "route-twice" Warning;
    RouteStepUnknown "T0740" "route-step-unknown" Warning;
    RouteCertificate "T0741" "route-certificate" Note;
    RouteRedirect "T0742" "route-redirect" Note;
    PublishNotRouted "T0743" "publish-not-routed" Warning;
    GatewayClass "T0744" "gateway-class" Note;
    RestartPause "T0750" "restart-pause" Note;
    RouteSentAway "T0765" "route-sent-away" Warning;
    RouterDialled "T0766" "router-dialled" Warning;
    RouteByPort "T0767" "route-by-port" Note;
    PathPrefix "T0768" "path-prefix" Warning;
    RouterFile "T0769" "router-file" Warning;
    RouterFileTarget "T0770" "router-file-target" Warning;
    TlsPassthrough "T0771" "tls-passthrough" Note;
    RouteOrder "T0772" "route-order" Warning;
    RouteInside "T0773" "route-inside" Warning;
    KubernetesField "T0801" "kubernetes-field" Error;
    KubernetesUnheard "T0802" "kubernetes-unheard" Warning;
    KubernetesWithoutEffect "T0803" "kubernetes-without-effect" Warning;
    PatchUnmatched "T0804" "patch-unmatched" Warning;
    KomposeUnknown "T0830" "kompose-unknown" Warning;
    KomposeBeaten "T0831" "kompose-beaten" Warning;
    KomposeInstead "T0832" "kompose-instead" Warning;
    KomposeValue "T0833" "kompose-value" Warning;
    NoCounterpart "T0902" "no-counterpart" Warning;
    BuildNote "T0903" "build-note" Note;
    DevelopmentOnly "T0904" "development-only" Note;
    Init "T0905" "init-process" Note;
}
