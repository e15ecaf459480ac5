//! A judge of meaning: what a container would be in the cluster is worked out from the manifests alone, by the rules of Kubernetes,
//! and compared with what Docker would have made of the resolved project. It reads none of the compiler's decisions. Each meaning
//! is kept, named (a message has its key), lost, or wrong; the last two fail. Over `testdata/`, over the corpus that
//! `TRANSSHIP_CORPUS` names, and over projects that a generator makes of odd keys and values.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test reads fixtures and fails loudly"
)]

#[path = "meaning/apiserver.rs"]
mod apiserver;
#[path = "meaning/argv.rs"]
mod argv;
#[path = "meaning/case.rs"]
mod case;
mod corpus;
#[path = "meaning/environment.rs"]
mod environment;
#[path = "meaning/generate.rs"]
mod generate;
#[path = "meaning/health.rs"]
mod health;
#[path = "meaning/kubelet.rs"]
mod kubelet;
#[path = "meaning/lifecycle.rs"]
mod lifecycle;
#[path = "meaning/mounts.rs"]
mod mounts;
#[path = "meaning/ports.rs"]
mod ports;
#[path = "meaning/quantity.rs"]
mod quantity;
mod random;
#[path = "meaning/resources.rs"]
mod resources;
#[path = "meaning/security.rs"]
mod security;
#[path = "meaning/storage.rs"]
mod storage;
#[path = "meaning/verdicts.rs"]
mod verdicts;
#[path = "meaning/vocabulary.rs"]
mod vocabulary;
#[path = "meaning/waits.rs"]
mod waits;
#[path = "reference/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::path::Path;

use case::Case;
use transship::compose::Dialect;
use verdicts::Verdicts;

const DIALECTS: [Dialect; 2] = [Dialect::Compose, Dialect::Swarm];

fn judge(case: &Case, verdicts: &mut Verdicts) {
    for service in case.services() {
        let pods = case.pods(&service);
        if pods.is_empty() {
            verdicts.settle(case, "service", &service.key, Err("LOST: no pod has its container".to_owned()));
        }
        for pod in &pods {
            environment::judge(case, &service, pod, verdicts);
            argv::judge(case, &service, pod, verdicts);
            mounts::judge(case, &service, pod, verdicts);
            health::judge(case, &service, pod, verdicts);
            resources::judge(case, &service, pod, verdicts);
            lifecycle::judge(case, &service, pod, verdicts);
            security::judge(case, &service, pod, verdicts);
            ports::judge(case, &service, pod, verdicts);
            waits::judge(case, &service, pod, verdicts);
        }
    }
    storage::judge(case, verdicts);
    ports::judge_all(case, verdicts);
    apiserver::judge(case, verdicts);
}

#[test]
fn fixtures_mean_the_same() {
    let files = corpus::stack_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"));
    let mut verdicts = Verdicts::default();
    for path in &files {
        let folder = path.parent().unwrap();
        // `x-kubernetes` is the last word of the user, and the printed project does not have it; labels of kompose say the same in
        // other words: another kind, other probes, another way in.
        if path.components().any(|part| part.as_os_str() == "kubernetes" || part.as_os_str() == "kompose") {
            continue;
        }
        for dialect in DIALECTS {
            if let Some(case) = Case::resolved(path, dialect, world::variables(folder)) {
                judge(&case, &mut verdicts);
            }
        }
    }
    verdicts.conclude(100);
}

#[test]
fn the_corpus_means_the_same() {
    let Some(root) = corpus::root() else { return };
    let mut verdicts = Verdicts::default();
    for corpus::Entry { home, file: path } in corpus::entries(&root) {
        let folder = path.parent().unwrap().to_str().unwrap().to_owned();
        let variables = BTreeMap::from([
            ("HOME".to_owned(), "/home/u".to_owned()),
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
            ("PWD".to_owned(), folder),
        ]);
        for dialect in DIALECTS {
            if let Some(case) = Case::of_the_corpus(&root, &home, &path, dialect, variables.clone()) {
                judge(&case, &mut verdicts);
            }
        }
    }
    verdicts.conclude(100);
}

/// `TRANSSHIP_GENERATED` projects of odd keys and values, from the number `TRANSSHIP_SEED` on; every other one is a stack.
#[test]
fn generated_projects_mean_the_same() {
    let number = |name: &str, usual: u64| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (count, first) = (number("TRANSSHIP_GENERATED", 150), number("TRANSSHIP_SEED", 1));
    let mut verdicts = Verdicts::default();
    let mut judged = 0;
    for seed in first..first + count {
        let dialect = DIALECTS[usize::from(seed % 2 == 0)];
        let folder = tempfile::Builder::new().prefix("generated").tempdir().unwrap();
        generate::project(&mut generate::Random(seed), folder.path(), dialect == Dialect::Swarm);
        let path = folder.path().join("compose.yaml");
        if let Some(mut case) = Case::resolved(&path, dialect, world::variables(folder.path())) {
            case.label = format!("generated/{seed}");
            judged += 1;
            judge(&case, &mut verdicts);
        }
    }
    println!("{judged} of {count} judged");
    assert!(judged * 3 > count, "only {judged} of {count} were accepted");
    verdicts.conclude(1);
}
