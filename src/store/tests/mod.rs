//! The store from outside, on SQLite always, and on PostgreSQL where
//! `EXEAT_TEST_POSTGRES` names a server that may be written to.

mod bodies;
mod commits;
mod faults;
mod holds;
mod journal;
mod mails;
mod people;
mod rotation;
mod tally;
mod thread;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions, Executor};

use crate::finding::{Action, Finding, Location, Mode, Problem, ProblemKind, RuleId, Weight};
use crate::mail::{Address, Content, Envelope};
use crate::policy::Judged;

use super::*;

/// Runs each test on both databases.
macro_rules! on_both {
    ($(async fn $name:ident($ground:ident: Ground) $body:block)*) => {
        $(mod $name {
            use super::*;

            async fn check($ground: Ground) $body

            #[tokio::test]
            async fn sqlite() {
                check(Ground::sqlite()).await;
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(ground) = Ground::postgres().await {
                    check(ground).await;
                }
            }
        })*
    };
}
use on_both;

/// Where one test's store is.
struct Ground {
    folder: tempfile::TempDir,
    settings: Settings,
    /// For tests that alter what the store has written.
    raw_url: String,
}

impl Ground {
    fn sqlite() -> Self {
        sqlx::any::install_default_drivers();
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("exeat.db");
        let url = format!("sqlite:{}", path.display());
        Self {
            raw_url: format!("sqlite://{}", path.display()),
            settings: Settings {
                url,
                key_file: None,
            },
            folder,
        }
    }

    async fn postgres() -> Option<Self> {
        let server = std::env::var("EXEAT_TEST_POSTGRES").ok()?;
        sqlx::any::install_default_drivers();
        let folder = tempfile::tempdir().expect("a folder");
        let schema = format!("test_{}", seal::hex(&seal::random::<8>().expect("random")));
        execute(&server, &format!("CREATE SCHEMA {schema}")).await;
        let url = format!("{server}?options=-c%20search_path%3D{schema}");
        let key_file = folder.path().join("key");
        keys::create(&key_file).expect("a key");
        Some(Self {
            raw_url: url.clone(),
            settings: Settings {
                url,
                key_file: Some(key_file),
            },
            folder,
        })
    }

    fn is_sqlite(&self) -> bool {
        self.settings.key_file.is_none()
    }

    async fn serve(&self) -> Store {
        Store::open(&self.settings, Access::Serve)
            .await
            .expect("the store opens")
    }

    async fn open_error(&self, access: Access) -> StoreError {
        Store::open(&self.settings, access)
            .await
            .expect_err("the store must not open")
    }

    /// Changes the database behind the store's back.
    async fn execute(&self, sql: &str) -> u64 {
        execute(&self.raw_url, sql).await
    }

    async fn connection(&self) -> AnyConnection {
        connect(&self.raw_url).await
    }

    fn store_file(&self) -> PathBuf {
        self.folder.path().join("exeat.db")
    }

    fn key_file(&self) -> PathBuf {
        let beside = || self.folder.path().join("exeat.db.key");
        self.settings.key_file.clone().unwrap_or_else(beside)
    }
}

async fn connect(url: &str) -> AnyConnection {
    let options: AnyConnectOptions = url.parse().expect("a URL");
    options.connect().await.expect("a connection")
}

async fn execute(url: &str, sql: &str) -> u64 {
    let sql = AssertSqlSafe(sql.to_owned());
    let done = connect(url).await.execute(sqlx::query(sql)).await;
    done.expect("the statement").rows_affected()
}

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

fn addresses(texts: &[&str]) -> Vec<Address> {
    texts.iter().map(|text| address(text)).collect()
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::now() + jiff::SignedDuration::from_secs(seconds)
}

fn decision(recipients: &[&str]) -> Decision {
    Decision {
        school: "greenfold".into(),
        reverse_path: Some(address("t.abara@greenfold.sch.example")),
        recipients: addresses(recipients),
        message_id: Some("one@greenfold.sch.example".to_owned()),
        subject: "Marks for Z.O.".to_owned(),
        size: 1234,
        action: Action::Warn,
        findings: vec![judged()],
        problems: vec![Problem {
            location: Location::new("letter.doc"),
            kind: ProblemKind::Damaged,
            what: "ends in the middle of a table".to_owned(),
        }],
        took_ms: 12,
        retry: None,
        unscreened: false,
    }
}

fn judged() -> Judged {
    Judged {
        finding: Finding {
            rule: RuleId::PupilNameInSubject,
            location: Location::subject(),
            what: "a pupil's name".to_owned(),
            excerpt: "Marks for Z.O.".to_owned(),
            confidence: 0.95,
            pupils: Vec::new(),
            weight: Weight::Ordinary,
            suppressed: None,
        },
        action: Action::Warn,
        mode: Mode::Enforce,
    }
}

fn envelope(recipients: &[&str]) -> Envelope {
    Envelope::new(
        Some(address("t.abara@greenfold.sch.example")),
        addresses(recipients),
    )
}

fn notice(to: &str) -> NewMail {
    NewMail {
        school: "greenfold".into(),
        kind: MailKind::Notice,
        envelope: Envelope::new(None, addresses(&[to])),
        message: b"Subject: Held\r\n\r\nYour mail is held.\r\n".to_vec(),
        hold: None,
    }
}

async fn new_hold(store: &Store, recipients: &[&str]) -> NewHold {
    let message = Content::from(b"Subject: Marks\r\n\r\nHello.\r\n".to_vec());
    NewHold {
        reference: Reference::random().expect("random"),
        decision: decision(recipients),
        envelope: envelope(recipients),
        thread: vec!["one@greenfold.sch.example".to_owned()],
        body: store.save_body("greenfold", &message).await.expect("saved"),
        state: State::AwaitingSender,
        due: later(3600),
        automatic: false,
        notices: Vec::new(),
    }
}

/// A hold for these recipients, waiting for its sender.
async fn held(store: &Store, recipients: &[&str]) -> Reference {
    let hold = new_hold(store, recipients).await;
    store.hold(hold).await.expect("held").reference
}

fn actor() -> Actor {
    Actor {
        name: "data@greenfold.sch.example".to_owned(),
        reason: "agreed with the parents".to_owned(),
    }
}

/// The kinds of the journal's rows, in order, but for the start's.
async fn kinds(store: &Store) -> Vec<String> {
    let rows = store.journal_rows(0, 1000).await.expect("rows");
    let kinds = rows.into_iter().map(|row| row.kind);
    kinds
        .filter(|kind| !matches!(kind.as_str(), "created" | "started"))
        .collect()
}

async fn assert_sound(store: &Store) {
    let verification = store.verify().await.expect("verified");
    assert_eq!(verification.faults, []);
}

fn retry_key(store: &Store, message_id: &str) -> RetryKey {
    let sender = address("t.abara@greenfold.sch.example");
    store.retry_key(
        "greenfold",
        Some(&sender),
        Some(message_id),
        Some(1_790_000_000),
        &[7; 32],
        0,
    )
}

fn school() -> Option<Arc<str>> {
    Some("greenfold".into())
}
