//! How many messages a second the store takes: each is a decision, awaited
//! until it is on the disk, and then its outcome, awaited likewise.
//!
//! The store lies in the build's own folder, on a real disk, rather than in
//! `/tmp`, which may be memory.

use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use exeat::finding::Action;
use exeat::mail::Address;
use exeat::store::{Access, Decision, Outcome, Settings, Store};

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

fn decision(store: &Store, message_id: &str) -> Decision {
    let sender = address("t.abara@greenfold.sch.example");
    Decision {
        retry: Some(store.retry_key(
            "greenfold",
            Some(&sender),
            Some(message_id),
            Some(0),
            &[7; 32],
            0,
        )),
        school: "greenfold".into(),
        reverse_path: Some(sender),
        recipients: vec![address("parent@home.example")],
        message_id: Some(message_id.to_owned()),
        subject: "Trip on Friday".to_owned(),
        size: 4096,
        action: Action::Deliver,
        findings: Vec::new(),
        problems: Vec::new(),
        took_ms: 3,
        unscreened: false,
    }
}

async fn session(store: Store, number: u64, messages: u64) {
    for message in 0..messages {
        let decision = decision(&store, &format!("{number}.{message}@greenfold.sch.example"));
        let recipients = decision.recipients.clone();
        let decided = store.decide(decision).await.expect("decided");
        let outcome = Outcome::Accepted {
            recipients,
            reply: "250 2.0.0 ok".to_owned(),
        };
        store.record(decided.id, outcome).await.expect("recorded");
    }
}

/// The time that this many messages take in this many sessions at once.
async fn sessions(store: &Store, count: u64, messages: u64) -> Duration {
    let started = Instant::now();
    let sessions: Vec<_> = (0..count)
        .map(|number| tokio::spawn(session(store.clone(), number, messages.div_ceil(count))))
        .collect();
    for session in sessions {
        session.await.expect("no panic");
    }
    started.elapsed()
}

fn decide_and_record(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("exeat.db").display());
    let settings = Settings {
        url,
        key_file: None,
    };
    let store = runtime
        .block_on(Store::open(&settings, Access::Serve))
        .expect("opens");
    let mut group = criterion.benchmark_group("decide and record");
    group.throughput(Throughput::Elements(1)).sample_size(10);
    for count in [1, 10, 64] {
        group.bench_function(BenchmarkId::new("sessions", count), |bencher| {
            bencher.iter_custom(|messages| runtime.block_on(sessions(&store, count, messages)));
        });
    }
    group.finish();
    runtime.block_on(store.close()).expect("closes");
}

criterion_group!(benches, decide_and_record);
criterion_main!(benches);
