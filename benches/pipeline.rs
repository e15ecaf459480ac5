//! The whole pipeline on generated projects of 100, 1,000 and 10,000 services: `cargo bench`.

use std::fmt::Write;

use transship::world::MemoryWorld;
use transship::{Request, compile};

fn main() {
    divan::main();
}

fn project(services: usize) -> String {
    let mut text = String::from("services:\n");
    for number in 0..services {
        let _ = write!(
            text,
            "  s{number}:\n    image: example.com/app:{number}\n    ports: [\"{}:8080\"]\n    volumes: [\"v{number}:/data\"]\n    healthcheck: {{ test: [CMD, \
             check], interval: 10s }}\n    environment:\n",
            1024 + number % 60_000,
        );
        for variable in 0..10 {
            let _ = writeln!(text, "      KEY_{variable}: value {variable}");
        }
        if number > 0 {
            let _ = writeln!(text, "    depends_on: [s{}]", number - 1);
        }
    }
    text.push_str("volumes:\n");
    for number in 0..services {
        let _ = writeln!(text, "  v{number}:");
    }
    text
}

#[divan::bench(args = [100, 1_000, 10_000])]
fn generated(bencher: divan::Bencher, services: usize) {
    let mut world = MemoryWorld::default();
    world.files.insert("/app/compose.yaml".into(), project(services).into_bytes());
    let request = Request { files: vec!["/app/compose.yaml".into()], ..Request::default() };
    bencher.bench(|| {
        let compilation = compile(&world, &request);
        let manifests = compilation.manifests.unwrap_or_default();
        transship::render::yaml::stream(manifests.iter().map(|manifest| &manifest.object))
    });
}
