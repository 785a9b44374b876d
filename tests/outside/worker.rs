//! Worker processes from outside: they read, they die, and nobody else
//! suffers for it.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use exeat::extract::{Budget, Role};
use exeat::finding::ProblemKind;
use exeat::mail::Content;
use exeat::worker::{Fault, Pool, Settings};

async fn pool(settings: &Settings) -> Pool {
    Pool::start(
        Path::new(env!("CARGO_BIN_EXE_exeat")),
        settings,
        Budget::default(),
    )
    .await
    .expect("workers start")
}

fn one() -> Settings {
    Settings {
        count: 1,
        ..Settings::default()
    }
}

fn mail(field: &str, body: &str) -> Content {
    Content::from(format!("Subject: Trip\r\n{field}\r\n\r\n{body}\r\n").into_bytes())
}

fn fault(kind: &str) -> Content {
    mail(&format!("X-Exeat-Test-Fault: {kind}"), "body")
}

async fn check_reads(pool: &Pool, body: &str) {
    let reading = pool
        .read_message(&mail("X-Other: x", body))
        .await
        .expect("no fault");
    let text = reading
        .texts
        .iter()
        .find(|text| text.role == Role::Body)
        .expect("a body");
    assert_eq!(text.text.trim(), body);
    assert_eq!(reading.header.subject, "Trip");
}

#[tokio::test]
async fn messages_and_files_are_read() {
    let pool = pool(&Settings {
        count: 2,
        ..Settings::default()
    })
    .await;
    check_reads(&pool, "Dear all").await;
    let file = pool
        .read_file("list.csv", &Content::from(b"a,b,c\n1,2,3\n".to_vec()))
        .await
        .expect("no fault");
    assert_eq!(file.attachments[0].kind, "csv");
    assert!(
        file.texts
            .iter()
            .any(|text| text.table && text.text == "a\tb\tc\n1\t2\t3\n")
    );
}

#[tokio::test]
async fn many_callers_share_few_workers() {
    let pool = pool(&Settings {
        count: 2,
        messages: 7,
        ..Settings::default()
    })
    .await;
    let pool = Arc::new(pool);
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..8 {
        let pool = Arc::clone(&pool);
        callers.spawn(async move {
            for i in 0..20 {
                check_reads(&pool, &format!("message {caller} {i}")).await;
            }
        });
    }
    callers.join_all().await;
}

#[tokio::test]
#[cfg(debug_assertions)]
async fn a_caller_who_leaves_takes_a_worker_along_and_another_comes() {
    let pool = pool(&one()).await;
    let message = fault("hang");
    let reading = pool.read_message(&message);
    let left = tokio::time::timeout(Duration::from_millis(300), reading).await;
    assert!(left.is_err(), "a worker that hangs gives no answer");
    check_reads(&pool, "the next one").await;
}

#[tokio::test]
async fn a_large_spilled_message_arrives_whole() {
    let pool = pool(&Settings {
        count: 1,
        ..Settings::default()
    })
    .await;
    let words = "All of it must arrive. ".repeat(200_000);
    let bytes = format!("Subject: Trip\r\n\r\n{words}end").into_bytes();
    let content = exeat::mail::content::collect(bytes.as_slice(), u64::MAX, &std::env::temp_dir())
        .expect("temporary files work")
        .expect("no limit");
    let reading = pool.read_message(&content).await.expect("no fault");
    assert!(
        reading
            .texts
            .iter()
            .any(|text| text.text.trim_end().ends_with("arrive. end"))
    );
}

#[cfg(debug_assertions)]
#[tokio::test]
async fn a_death_harms_one_message_only() {
    let pool = pool(&one()).await;
    for (kind, expected) in [
        ("panic", ProblemKind::Damaged),
        ("exit", ProblemKind::Damaged),
        ("babble", ProblemKind::Damaged),
        ("abort", ProblemKind::Hostile),
        ("exhaust", ProblemKind::Hostile),
    ] {
        let reading = pool
            .read_message(&fault(kind))
            .await
            .expect("the message's fault, not ours");
        assert_eq!(reading.problems.len(), 1, "{kind}");
        assert_eq!(reading.problems[0].kind, expected, "{kind}");
        assert_eq!(reading.problems[0].location.as_str(), "message");
        assert_ne!(reading.digest, [0; 32], "{kind}");
        check_reads(&pool, "the next one").await;
    }
}

#[cfg(debug_assertions)]
#[tokio::test]
async fn nothing_is_within_a_workers_reach() {
    let pool = pool(&one()).await;
    // The worker looks around, and panics at the first thing that it reaches.
    let reading = pool.read_message(&fault("reach")).await.expect("no fault");
    assert_eq!(reading.problems, []);
}

#[cfg(debug_assertions)]
#[tokio::test]
async fn who_takes_too_much_memory_is_stopped() {
    let pool = pool(&one()).await;
    let started = Instant::now();
    let reading = pool.read_message(&fault("gorge")).await.expect("no fault");
    assert_eq!(reading.problems[0].kind, ProblemKind::Hostile);
    assert!(reading.problems[0].what.contains("memory"));
    assert!(started.elapsed() < Duration::from_secs(15));
    check_reads(&pool, "the next one").await;
}

#[cfg(debug_assertions)]
#[tokio::test]
async fn a_hang_ends_at_the_deadline() {
    let pool = pool(&Settings {
        deadline_seconds: 3,
        ..one()
    })
    .await;
    let started = Instant::now();
    let reading = pool
        .read_message(&fault("hang"))
        .await
        .expect("the message's fault, not ours");
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "two deadlines of three seconds"
    );
    assert_eq!(reading.problems[0].kind, ProblemKind::Hostile);
    check_reads(&pool, "the next one").await;
}

#[cfg(debug_assertions)]
#[tokio::test]
async fn a_file_that_kills_is_still_named() {
    let pool = pool(&one()).await;
    let file = Content::from(b"X-Exeat-Test-Fault: abort \n".to_vec());
    let reading = pool
        .read_file("bad.bin", &file)
        .await
        .expect("the file's fault, not ours");
    assert_eq!(reading.attachments[0].name, "bad.bin");
    assert_eq!(reading.problems[0].location.as_str(), "bad.bin");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_a_fault() {
    let started = Pool::start(Path::new("/nonexistent/exeat"), &one(), Budget::default()).await;
    assert!(matches!(started, Err(Fault::Start(_))));
}

#[tokio::test]
async fn a_program_that_is_no_worker_is_the_messages_problem_at_worst() {
    let pool = Pool::start(Path::new("/bin/true"), &one(), Budget::default()).await;
    // Either the greeting already failed, or every message comes back unread.
    if let Ok(pool) = pool {
        match pool.read_message(&mail("X-Other: x", "body")).await {
            Ok(reading) => assert_eq!(reading.problems.len(), 1),
            Err(fault) => assert!(matches!(fault, Fault::Start(_))),
        }
    }
}

/// A worker may write no file, so its standard error must not be one: else a
/// panic that is told there ends it by a signal.
#[cfg(debug_assertions)]
#[test]
fn a_panic_is_told_though_the_log_is_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mail, log) = (folder.path().join("m.eml"), folder.path().join("log"));
    std::fs::write(
        &mail,
        "Subject: Trip\r\nX-Exeat-Test-Fault: panic \r\n\r\nText\r\n",
    )
    .expect("writable");
    std::fs::write(&log, "so far\n").expect("writable");
    let log = std::fs::OpenOptions::new()
        .append(true)
        .open(log)
        .expect("writable");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_exeat"))
        .args(["read", "--json"])
        .arg(&mail)
        .stderr(log)
        .output()
        .expect("the binary runs");
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(object["problems"][0]["kind"], "damaged", "{object}");
}

/// Many start at once, on cores that are busy; and a second try would hide it
/// if one could not begin.
#[tokio::test]
async fn every_worker_that_starts_reads() {
    let log = tempfile::NamedTempFile::new().expect("a temporary file");
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(Mutex::new(log.reopen().expect("it is there")))
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let settings = Settings {
        count: 8,
        messages: 1,
        ..Settings::default()
    };
    let pool = Arc::new(pool(&settings).await);
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let pool = Arc::clone(&pool);
        callers.spawn(async move { check_reads(&pool, "Dear all").await });
    }
    callers.join_all().await;
    let told = std::fs::read_to_string(log.path()).expect("readable");
    assert_eq!(told, "");
}
