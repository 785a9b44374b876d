//! A whole transaction of SQLite's in one call.
//!
//! Each statement that goes to SQLite's thread and back wakes two threads,
//! which costs more than most statements do. What every message brings, a
//! decision and its outcome, is therefore written by one list of statements,
//! from BEGIN to COMMIT. That takes knowing the chain's end beforehand: as the
//! last commit of this process left it. Where another process has written
//! since, the list fails and leaves nothing; the caller then makes the change
//! step by step, as it does on PostgreSQL, which takes no lists.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use tokio::sync::OwnedMutexGuard;

use super::StoreError;
use super::backend::Backend;
use super::journal::{self, Entry, Head, NODE, Row};
use super::open::Inner;
use super::retry::{self, Memory, RetryKey};
use super::transaction::now;

/// Moves the chain's end; an end that is not the expected one breaks a
/// constraint, and so the list.
const MOVE: &str = "UPDATE chain SET seq = CASE WHEN seq = ? AND hash = ? THEN ? END,
     hash = ?, time = ?, open_from = ? WHERE node = ?";

/// Journal rows that are to be written with no other change but memories.
pub(super) struct AtOnce {
    turn: OwnedMutexGuard<Option<AnyConnection>>,
    from: Head,
    to: Head,
    pub(super) now: i64,
    rows: Vec<Row>,
}

impl AtOnce {
    /// Waits for its turn. `None` where it cannot
    /// be done so: the chain's end is not known, or the database takes no
    /// lists.
    pub(super) async fn begin(store: &Inner) -> Result<Option<Self>, StoreError> {
        if store.place.backend != Backend::Sqlite {
            return Ok(None);
        }
        let mut turn = store.turn.wait().await?;
        let Some(from) = store.known_head() else {
            return Ok(None);
        };
        if turn.is_none() {
            let mut connection = store.place.connect().await?;
            store.place.prepare(&mut connection).await?;
            *turn = Some(connection);
        }
        Ok(Some(Self {
            turn,
            from,
            to: from,
            now: now(),
            rows: Vec::new(),
        }))
    }

    /// See [`Tx::append`](super::transaction::Tx::append).
    pub(super) fn append(&mut self, entry: &Entry) -> i64 {
        let row = self.to.extend(entry, self.now);
        self.rows.push(row);
        self.to.seq
    }

    pub(super) fn next_seq(&self) -> i64 {
        self.to.seq + 1
    }

    /// Commits, and gives the rows of what was known before of messages with
    /// these keys, for [`retry::read`]. After an error nothing has happened.
    pub(super) async fn commit(
        mut self,
        store: &Inner,
        keys: &[RetryKey],
        memories: Vec<Memory>,
        open_from: i64,
    ) -> Result<Vec<AnyRow>, StoreError> {
        let memories = retry::distinct(memories);
        let mut list = vec![store.place.backend.begin().to_owned()];
        if !keys.is_empty() {
            list.push(retry::SELECT.unnumbered(keys.len()));
        }
        list.push(journal::INSERT.unnumbered(self.rows.len()));
        list.push(MOVE.to_owned());
        if !memories.is_empty() {
            list.push(retry::INSERT.unnumbered(memories.len()));
        }
        list.push("COMMIT".to_owned());

        // Values come in the order of the statements.
        let query = sqlx::query(AssertSqlSafe(list.join(";\n")));
        let query = keys.iter().fold(query, |query, key| key.bind(query));
        let query = self.rows.iter().fold(query, |query, row| row.bind(query));
        let query = query
            .bind(self.from.seq)
            .bind(self.from.hash.to_vec())
            .bind(self.to.seq)
            .bind(self.to.hash.to_vec())
            .bind(self.now)
            .bind(open_from)
            .bind(NODE);
        let query = memories
            .iter()
            .fold(query, |query, memory| memory.bind(query, self.now));

        let connection = self.turn.as_mut();
        let connection = connection.expect("it has begun with a connection");
        store.forget_head();
        let rows = match query.fetch_all(connection).await {
            Ok(rows) => rows,
            Err(error) => {
                // Closed, it takes back what it has begun.
                if let Some(connection) = self.turn.take() {
                    drop(connection.close().await);
                }
                return Err(error.into());
            }
        };
        store.wrote(&self.to, self.now);
        Ok(rows)
    }
}
