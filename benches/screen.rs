//! What screening costs: read in a worker, check, decide. Three classes of
//! mail out of the fixtures, and the whole set.
//!
//! `cargo bench --bench screen`

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use exeat::config;
use exeat::extract::Budget;
use exeat::mail::{Address, Content, Envelope};
use exeat::screen::{Past, screen};
use exeat::worker::Pool;
use jiff::Timestamp;
use tokio::runtime::Runtime;

const SAMPLES: &[(&str, &str)] = &[
    ("plain", "body-teacher-signature"),
    ("named", "subject-full-name"),
    ("docx", "unprotected-docx-sen-table"),
    ("xlsx", "unprotected-xlsx-hidden-sheet"),
    ("pdf", "unprotected-pdf-other-family"),
];

fn screening(c: &mut Criterion) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let config = config::load(&fixtures.join("school/exeat.toml")).expect("the fixtures are sound");
    let tenant = config.tenants.only().expect("one school");
    let program = Path::new(env!("CARGO_BIN_EXE_exeat"));
    let runtime = Runtime::new().expect("threads start");
    let workers = Pool::start(program, &config.workers, Budget::default());
    let workers = runtime.block_on(workers).expect("workers start");
    let envelope = Envelope::new(
        "office@greenfold.sch.example".parse().ok(),
        ["a@b.example".parse::<Address>().expect("an address")],
    );
    let past = Past::default();
    let mut group = c.benchmark_group("screen");
    for (class, name) in SAMPLES {
        let path = fixtures.join(format!("mails/{name}.eml"));
        let message = Content::from(std::fs::read(&path).expect("the fixtures are there"));
        group.throughput(Throughput::Bytes(message.size()));
        group.bench_function(*class, |b| {
            b.iter(|| {
                let screening = runtime.block_on(screen(
                    &workers,
                    &tenant.school,
                    &tenant.policy,
                    black_box(&envelope),
                    black_box(&message),
                    &past,
                    Timestamp::UNIX_EPOCH,
                ));
                screening.expect("the workers work").verdict.action
            });
        });
    }
    group.finish();
}

criterion_group!(benches, screening);
criterion_main!(benches);
