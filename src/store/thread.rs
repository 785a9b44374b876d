//! Threads of messages: which holds belong to one, by keyed hashes of the
//! identifiers that its messages bear.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::mail::Address;

use super::hold::COLUMNS;
use super::transaction::Tx;
use super::{Hold, Reference, State, Store, StoreError};

/// Remembers of a hold which messages are of its thread, itself among them.
pub(super) async fn remember(
    tx: &mut Tx<'_>,
    school: &str,
    hold: &Reference,
    thread: &[String],
) -> Result<(), StoreError> {
    let hash = |id: &String| tx.keys().text_hash(school, id);
    let hashes: BTreeSet<String> = thread.iter().map(hash).collect();
    for hash in hashes {
        sqlx::query("INSERT INTO threads (message, hold) VALUES ($1, $2)")
            .bind(hash)
            .bind(&*hold.0)
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}

impl Store {
    /// The holds of a thread that were let go since then, each with the
    /// recipients to whom it was.
    pub async fn let_go_in_thread(
        &self,
        school: &str,
        thread: &[String],
        since: Timestamp,
    ) -> Result<Vec<(Hold, Vec<Address>)>, StoreError> {
        if thread.is_empty() {
            return Ok(Vec::new());
        }
        let hash = |id: &String| format!("'{}'", self.0.keys.text_hash(school, id));
        let hashes: Vec<String> = thread.iter().map(hash).collect();
        let sql = format!(
            "SELECT {COLUMNS} FROM holds WHERE school = $1 AND state = $2 AND settled >= $3
               AND reference IN (SELECT hold FROM threads WHERE message IN ({}))",
            hashes.join(", "),
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(school)
            .bind(State::Released.as_str())
            .bind(since.as_millisecond())
            .fetch_all(&self.0.reading)
            .await?;
        let mut let_go = Vec::new();
        for row in &rows {
            let hold = Hold::from_database(row, &self.0.keys)?;
            let to = self.deliveries(&hold.reference).await?;
            let to = to.into_iter().map(|(address, ..)| address).collect();
            let_go.push((hold, to));
        }
        Ok(let_go)
    }
}
