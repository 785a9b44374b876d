//! Opening a store: whose it is, whether it is whole, whether this process
//! may serve it, and what the last one left undone.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::{Any, AnyConnection, AnyPool, Connection, Row, Transaction};
use tokio::sync::mpsc;

use super::backend::Backend;
use super::decision::{Awaiting, close_abandoned};
use super::head::{self, HeadFile};
use super::journal::{Entry, Head, NODE};
use super::keys::{self, Keys, MasterKeys, at, parent};
use super::lock::{Lock, lock_file, lock_session};
use super::outbox::end_leases;
use super::place::Place;
use super::schema::{self, fact, set_fact};
use super::transaction::{Turn, now};
use super::writer::{self, Job};
use super::{DecisionId, Kind, MailId, Settings, Store, StoreError};

/// What the store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// By the one process that relays and sends; a second is refused.
    Serve,
    /// By a command, beside a serving process or without one.
    Command,
}

/// An open store.
pub(super) struct Inner {
    pub(super) place: Place,
    /// Whose turn it is to write: changes are made in the order in which they
    /// came. SQLite has one writer at a time, and would let the others poll
    /// for their turn.
    pub(super) turn: Turn,
    pub(super) writing: AnyPool,
    pub(super) reading: AnyPool,
    pub(super) keys: Keys,
    pub(super) head_file: HeadFile,
    /// The chain's end, as the last commit of this process left it.
    head: Mutex<Option<Head>>,
    pub(super) jobs: mpsc::Sender<Job>,
    awaiting: Mutex<HashMap<DecisionId, Awaiting>>,
    in_hand: Mutex<HashMap<MailId, Instant>>,
    access: Access,
    /// Kept for as long as the store is served.
    _lock: Option<Lock>,
}

/// How many readers there are beside the writer.
const READERS: u32 = 4;
/// How many changes wait for the writer before callers wait to hand theirs in.
const QUEUE: usize = 1024;
/// An SQLite file up to this size is checked page by page at each start.
const CHECKED: u64 = 64 * 1024 * 1024; // 64 MB, well under a second
/// How often what nothing needs is swept.
const SWEEP: Duration = Duration::from_secs(60 * 60);

impl Store {
    /// Opens the store, and makes it where there is none. An SQLite URL names
    /// an absolute path. Needs a tokio runtime, as everything here.
    pub async fn open(settings: &Settings, access: Access) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let place = Place::of(settings)?;
        let noted = head::read(&place.key_file)?;
        let mut lock = None;
        if let Some(path) = &place.path {
            if access == Access::Serve {
                lock = Some(Lock::File(lock_file(path)?));
            }
            prepare_file(path, &place.key_file, noted.as_ref())?;
        }
        let mut first = place.connect().await?;
        if place.backend == Backend::Postgres && access == Access::Serve {
            lock_session(&mut first).await?;
        }
        // Another program's database is left as it is, down to its settings.
        schema::version(&mut first, place.backend, &place.name()).await?;
        if access == Access::Serve {
            check_pages(&mut first, &place).await?;
        }
        place.prepare(&mut first).await?;
        let keys = establish(&mut first, &place, noted.as_ref()).await?;
        match place.backend {
            Backend::Postgres if access == Access::Serve => {
                lock = Some(Lock::Session(Mutex::new(first)))
            }
            _ => first.close().await?,
        }

        let (jobs, queue) = mpsc::channel(QUEUE);
        let store = Self(Arc::new(Inner {
            turn: Turn::default(),
            writing: place.pool(true, 1),
            reading: place.pool(false, READERS),
            keys,
            head_file: HeadFile::open(&place.key_file)?,
            place,
            head: Mutex::default(),
            jobs,
            awaiting: Mutex::default(),
            in_hand: Mutex::default(),
            access,
            _lock: lock,
        }));
        tokio::spawn(writer::run(queue, Arc::downgrade(&store.0)));
        store.note_restored(noted).await?;
        if access == Access::Serve {
            store.recover().await?;
            tokio::spawn(sweep_hourly(Arc::downgrade(&store.0)));
        }
        Ok(store)
    }

    /// Whether the store was restored from a backup and its outbox waits for
    /// a person.
    pub async fn restored(&self) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT value FROM about WHERE name = 'restored'")
            .fetch_optional(&self.0.reading)
            .await?;
        Ok(row.is_some())
    }

    /// A person takes it on them that mail is sent which may have been sent
    /// before the store was restored.
    pub async fn accept_restored(&self, actor: &super::Actor) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let accepted = sqlx::query("DELETE FROM about WHERE name = 'restored'")
            .execute(tx.connection())
            .await?;
        if accepted.rows_affected() == 0 {
            return Err(StoreError::NotRestored);
        }
        let payload = json!({ "by": actor.name, "reason": actor.reason });
        tx.append(&Entry::new(Kind::RestoredAccepted, None, &payload)?);
        tx.commit().await
    }

    /// Closes in order: the journal says so, and SQLite folds its log into
    /// the file. Dropping the last handle instead loses nothing.
    pub async fn close(self) -> Result<(), StoreError> {
        if self.0.access == Access::Serve {
            let payload = json!({ "pid": std::process::id() });
            self.journal(Kind::Stopped, None, &payload).await?;
        }
        self.0.turn.end().await;
        self.0.reading.close().await;
        self.0.writing.close().await;
        Ok(())
    }

    /// A store that is behind its head file was restored from a backup, as was
    /// one that has rows but no head file: it came here without it. Found
    /// once, it stays known until a person has accepted it, for the next
    /// commit brings the head file up to the store.
    async fn note_restored(&self, noted: Option<Head>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let fresh = fact(tx.connection(), "fresh").await?.is_some();
        let genuine = match noted {
            None => fresh,
            Some(noted) => {
                let row = sqlx::query("SELECT hash FROM journal WHERE node = $1 AND seq = $2")
                    .bind(NODE)
                    .bind(noted.seq)
                    .fetch_optional(tx.connection())
                    .await?;
                let hash: Option<Vec<u8>> = row.map(|row| row.try_get("hash")).transpose()?;
                hash.is_some_and(|hash| hash == noted.hash)
            }
        };
        if tx.next_seq() == 1 {
            tx.append(&Entry::new(Kind::Created, None, &json!({ "node": NODE }))?);
        }
        if !genuine {
            tracing::error!("the store was restored from a backup; its outbox waits for a person");
            let noted = noted.map(|noted| noted.seq);
            sqlx::query(
                "INSERT INTO about (name, value) VALUES ('restored', 'yes') ON CONFLICT (name) DO NOTHING",
            )
            .execute(tx.connection())
            .await?;
            let payload = json!({ "rows_noted": noted });
            tx.append(&Entry::new(Kind::Restored, None, &payload)?);
        }
        tx.commit().await?;
        // Only once the head file is on the disk may its absence mean
        // something: a crash during the very first start is no restoration.
        self.0.head_file.sync()?;
        if fresh {
            let mut tx = self.0.begin_unrecorded().await?;
            sqlx::query("DELETE FROM about WHERE name = 'fresh'")
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// What the last process left undone when it ended: decisions whose
    /// outcome nobody saw, leases of the dead, bodies without rows.
    async fn recover(&self) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let payload = json!({ "pid": std::process::id(), "version": env!("CARGO_PKG_VERSION") });
        tx.append(&Entry::new(Kind::Started, None, &payload)?);
        let abandoned = close_abandoned(&mut tx).await?;
        end_leases(&mut tx).await?;
        tx.commit().await?;
        if abandoned > 0 {
            tracing::warn!(
                decisions = abandoned,
                "the last run ended before these had an outcome"
            );
        }
        self.sweep_bodies(now()).await?;
        self.sweep().await
    }
}

impl Inner {
    pub(super) fn awaiting(&self) -> MutexGuard<'_, HashMap<DecisionId, Awaiting>> {
        self.awaiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn known_head(&self) -> Option<Head> {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until a commit has come back, nobody knows where the chain ends.
    pub(super) fn forget_head(&self) {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Notes where the chain ends after a commit.
    pub(super) fn wrote(&self, head: &Head, time: i64) {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = Some(*head);
        self.head_file.write(head, time);
    }

    /// Mails that this process has claimed, and until when by its own steady
    /// clock.
    pub(super) fn in_hand(&self) -> MutexGuard<'_, HashMap<MailId, Instant>> {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Schema, key, and the first row of the chain, in one transaction: a crash
/// leaves a database without tables, which is a store yet to be made.
async fn establish(
    first: &mut AnyConnection,
    place: &Place,
    noted: Option<&Head>,
) -> Result<Keys, StoreError> {
    let mut tx: Transaction<'_, Any> = first.begin_with(place.backend.begin()).await?;
    let version = schema::version(&mut tx, place.backend, &place.name()).await?;
    if version == 0 {
        if let Some(noted) = noted {
            return Err(emptied(&place.key_file, noted));
        }
        if place.backend == Backend::Sqlite && !place.key_file.exists() {
            keys::create(&place.key_file)?;
        }
    }
    let master = MasterKeys::read(&place.key_file)?;
    schema::migrate(&mut tx, place.backend, version).await?;
    if version == 0 {
        sqlx::query(
            "INSERT INTO chain (node, seq, hash, time, open_from) VALUES ($1, 0, $2, $3, 1)",
        )
        .bind(NODE)
        .bind(Head::default().hash.to_vec())
        .bind(now())
        .execute(&mut *tx)
        .await?;
        set_fact(&mut tx, "fresh", "yes").await?;
    }
    let keys = Keys::open(&mut tx, &master).await?;
    tx.commit().await?;
    Ok(keys)
}

/// Makes the file readable by its owner only before SQLite opens it; its log
/// takes the file's mode. A file that is gone or empty, yet was a store, is
/// never made anew.
fn prepare_file(path: &Path, key_file: &Path, noted: Option<&Head>) -> Result<(), StoreError> {
    let size = std::fs::metadata(path).map_or(0, |data| data.len());
    if let (0, Some(noted)) = (size, noted) {
        return Err(emptied(key_file, noted));
    }
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .and_then(|_| File::open(parent(path))?.sync_all())
        .map_err(at(path))
}

fn emptied(key_file: &Path, noted: &Head) -> StoreError {
    StoreError::Emptied {
        head: head::path(key_file),
        rows: noted.seq,
    }
}

/// A damaged page would else be met only by whoever needs what lay there.
async fn check_pages(connection: &mut AnyConnection, place: &Place) -> Result<(), StoreError> {
    let Some(path) = &place.path else {
        return Ok(());
    };
    if std::fs::metadata(path).map_err(at(path))?.len() > CHECKED {
        return Ok(());
    }
    let row = sqlx::query("PRAGMA quick_check(1)")
        .fetch_one(connection)
        .await?;
    match row.try_get::<&str, _>(0)? {
        "ok" => Ok(()),
        fault => Err(StoreError::Damaged(fault.trim().to_owned())),
    }
}

async fn sweep_hourly(store: Weak<Inner>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let Some(inner) = store.upgrade() else { return };
        if let Err(error) = Store(inner).sweep().await {
            tracing::warn!(%error, "sweeping the store failed; it is tried again in an hour");
        }
    }
}
