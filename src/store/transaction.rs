//! One change of the store: its rows and its journal rows, or none of them.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Any, AnyConnection, AssertSqlSafe, Connection, Row as _, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use super::journal::{self, Entry, Head, NODE, Row};
use super::keys::Keys;
use super::open::Inner;
use super::{Store, StoreError};

/// How long a change waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whose turn it is to write, and a connection of those changes that are
/// written at once: they come so often that a pool, which asks each connection
/// that it is given back whether it is well, would cost as much as they do.
#[derive(Default)]
pub(super) struct Turn(Arc<Mutex<Option<AnyConnection>>>);

impl Turn {
    pub(super) async fn wait(&self) -> Result<OwnedMutexGuard<Option<AnyConnection>>, StoreError> {
        timeout(PATIENCE, self.0.clone().lock_owned())
            .await
            .map_err(|_| StoreError::Database(sqlx::Error::PoolTimedOut))
    }

    /// Gives the connection back, without which SQLite does not fold its log.
    pub(super) async fn end(&self) {
        if let Some(connection) = self.0.lock().await.take() {
            drop(connection.close().await);
        }
    }
}

/// A transaction whose turn it is. Dropped, it leaves nothing.
pub(super) struct Unrecorded {
    // Ends before the turn does.
    inner: Transaction<'static, Any>,
    _turn: OwnedMutexGuard<Option<AnyConnection>>,
}

impl Unrecorded {
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }
}

impl Deref for Unrecorded {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Unrecorded {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}

/// A transaction that appends to the journal. Dropped, it leaves nothing.
pub(super) struct Tx<'s> {
    pub(super) store: &'s Inner,
    inner: Unrecorded,
    /// By this machine's clock, in milliseconds since 1970.
    pub(super) now: i64,
    head: Head,
    rows: Vec<Row>,
    open_from: Option<i64>,
}

impl Store {
    pub(super) async fn begin(&self) -> Result<Tx<'_>, StoreError> {
        self.0.begin().await
    }
}

impl Inner {
    /// Waits for its turn, and takes the end of the chain. It is read anew each
    /// time: a command may have written between.
    pub(super) async fn begin(&self) -> Result<Tx<'_>, StoreError> {
        let mut inner = self.begin_unrecorded().await?;
        let sql = format!(
            "SELECT seq, hash FROM chain WHERE node = $1{}",
            self.place.backend.for_update()
        );
        let row = sqlx::query(AssertSqlSafe(sql))
            .bind(NODE)
            .fetch_one(&mut *inner)
            .await?;
        Ok(Tx {
            store: self,
            inner,
            now: now(),
            head: Head::from_database(&row)?,
            rows: Vec::new(),
            open_from: None,
        })
    }

    /// For what is no event of its own: the chunks of a body, the mark before
    /// the dot.
    pub(super) async fn begin_unrecorded(&self) -> Result<Unrecorded, StoreError> {
        let turn = self.turn.wait().await?;
        Ok(Unrecorded {
            inner: self.writing.begin_with(self.place.backend.begin()).await?,
            _turn: turn,
        })
    }
}

impl Tx<'_> {
    pub(super) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.store.keys
    }

    /// Chains the entry to the rows before it and says its number.
    pub(super) fn append(&mut self, entry: &Entry) -> i64 {
        let row = self.head.extend(entry, self.now);
        self.rows.push(row);
        self.head.seq
    }

    /// Notes that every decision before row `seq` has its outcome.
    pub(super) fn open_from(&mut self, seq: i64) {
        self.open_from = Some(seq);
    }

    /// The number that the next row will have.
    pub(super) fn next_seq(&self) -> i64 {
        self.head.seq + 1
    }

    /// A crash before the database's commit leaves nothing of this change: no
    /// row, and no journal row that tells of it. A crash after it leaves all.
    /// A crash before the head file is written leaves that file behind the
    /// journal, which is how it is after every power cut.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        if self.rows.is_empty() {
            return self.inner.commit().await;
        }
        journal::insert(&mut self.inner, &self.rows).await?;
        sqlx::query(
            "UPDATE chain SET seq = $1, hash = $2, time = $3, open_from = COALESCE($4, open_from)
             WHERE node = $5",
        )
        .bind(self.head.seq)
        .bind(self.head.hash.to_vec())
        .bind(self.now)
        .bind(self.open_from)
        .bind(NODE)
        .execute(&mut *self.inner)
        .await?;
        self.store.forget_head();
        self.inner.commit().await?;
        self.store.wrote(&self.head, self.now);
        Ok(())
    }
}

/// This machine's clock, in milliseconds since 1970.
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// A time out of the database; one that no calendar has is the nearest that
/// one does have.
pub(super) fn timestamp(milliseconds: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(match milliseconds {
        ..0 => jiff::Timestamp::MIN,
        _ => jiff::Timestamp::MAX,
    })
}

/// The database's clock, which nodes that share a store share.
pub(super) async fn database_now(
    connection: &mut AnyConnection,
    store: &Inner,
) -> Result<i64, StoreError> {
    let row = sqlx::query(store.place.backend.clock())
        .fetch_one(connection)
        .await?;
    Ok(row.try_get("now")?)
}

/// A new identifier: the time in milliseconds above 22 random bits, so that
/// what is written together lies together. Two that are alike meet a primary
/// key, and the later change fails as a whole.
pub(super) fn fresh_id() -> Result<i64, StoreError> {
    let random = i64::from(u32::from_le_bytes(super::seal::random()?) >> 10);
    Ok((now() & ((1 << 41) - 1)) << 22 | random)
}
