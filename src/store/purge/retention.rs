//! What a school keeps for how long: all of its purges in one, and what they
//! would destroy.

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;

use crate::store::journal::{Entry, NODE};
use crate::store::{Kind, Store, StoreError};

use super::PAGE;

/// What was decided, finished or written before these times is destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// The messages of decided holds, and the texts of notices.
    pub bodies: Timestamp,
    /// Decided holds, and finished mails.
    pub holds: Timestamp,
    /// What the journal's rows tell.
    pub journal: Timestamp,
}

/// How much is destroyed, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Destroyed {
    pub bodies: u64,
    pub holds: u64,
    pub mails: u64,
    pub journal_rows: u64,
}

/// Decided holds whose mail is owed to nobody any more.
const OVER: &str = "school = $1 AND settled < $2
    AND NOT EXISTS (SELECT 1 FROM outbox
        WHERE outbox.hold = holds.reference AND outbox.state <> 'done')";

impl Store {
    /// Destroys what a school keeps no longer. Each step is journalled in its
    /// own transaction, so that what a crash cuts off goes on the next time.
    /// What nobody has decided on stays, however old it is.
    pub async fn keep_no_longer(
        &self,
        school: &str,
        before: &Before,
    ) -> Result<Destroyed, StoreError> {
        let purged = self.purge(school, before.holds).await?;
        Ok(Destroyed {
            bodies: self.purge_bodies(school, before.bodies).await?,
            holds: purged.holds,
            mails: purged.mails,
            journal_rows: self.purge_journal(school, before.journal).await?,
        })
    }

    /// The same for the journal's rows that are of no school, such as starts
    /// and backups.
    pub async fn keep_no_longer_of_none(&self, before: &Before) -> Result<u64, StoreError> {
        self.purge_journal("", before.journal).await
    }

    /// What [`keep_no_longer`](Self::keep_no_longer) would destroy.
    pub async fn kept_too_long(
        &self,
        school: &str,
        before: &Before,
    ) -> Result<Destroyed, StoreError> {
        let count = async |sql: String, before: Timestamp| -> Result<u64, StoreError> {
            let row = sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(school)
                .bind(before.as_millisecond())
                .fetch_one(&self.0.reading)
                .await?;
            Ok(u64::try_from(row.try_get::<i64, _>("counted")?).unwrap_or(0))
        };
        let bodies = format!(
            "SELECT COUNT(*) AS counted FROM holds WHERE {OVER}
             AND EXISTS (SELECT 1 FROM bodies WHERE bodies.id = holds.body AND bodies.chunks > 0)"
        );
        let holds = format!("SELECT COUNT(*) AS counted FROM holds WHERE {OVER}");
        let mails = "SELECT COUNT(*) AS counted FROM outbox
             WHERE school = $1 AND state = 'done' AND finished < $2 AND hold IS NULL";
        let rows = format!(
            "SELECT COUNT(*) AS counted FROM journal
             WHERE node = '{NODE}' AND school = $1 AND time < $2 AND payload IS NOT NULL"
        );
        Ok(Destroyed {
            bodies: count(bodies, before.bodies).await?,
            holds: count(holds, before.holds).await?,
            mails: count(mails.to_owned(), before.holds).await?,
            journal_rows: count(rows, before.journal).await?,
        })
    }

    /// Destroys the messages of a school's holds that were decided before
    /// `before`, and the texts of its notices that were sent before it. What is
    /// known of them stays. Says how many messages.
    pub async fn purge_bodies(&self, school: &str, before: Timestamp) -> Result<u64, StoreError> {
        self.purge_texts(school, before).await?;
        let mut purged = 0;
        loop {
            let page = self
                .purge_bodies_page(school, before.as_millisecond())
                .await?;
            purged += page;
            if page == 0 {
                return Ok(purged);
            }
        }
    }

    async fn purge_bodies_page(&self, school: &str, before: i64) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let sql = format!(
            "SELECT reference, body FROM holds WHERE {OVER}
             AND EXISTS (SELECT 1 FROM bodies WHERE bodies.id = holds.body AND bodies.chunks > 0)
             LIMIT $3"
        );
        let holds = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(school)
            .bind(before)
            .bind(PAGE)
            .fetch_all(tx.connection())
            .await?;
        if holds.is_empty() {
            return Ok(0);
        }
        let mut references: Vec<&str> = Vec::new();
        for hold in &holds {
            references.push(hold.try_get("reference")?);
            // Without its wrapped key nothing of it could be read, wherever
            // a copy of its chunks may be.
            let body: i64 = hold.try_get("body")?;
            sqlx::query("UPDATE bodies SET chunks = 0, wrapped = $1 WHERE id = $2")
                .bind(Vec::new())
                .bind(body)
                .execute(tx.connection())
                .await?;
            sqlx::query("DELETE FROM body_chunks WHERE body = $1")
                .bind(body)
                .execute(tx.connection())
                .await?;
        }
        let payload = json!({ "bodies": references });
        tx.append(&Entry::new(Kind::Purged, Some(school), &payload)?);
        tx.commit().await?;
        Ok(holds.len() as u64)
    }

    async fn purge_texts(&self, school: &str, before: Timestamp) -> Result<(), StoreError> {
        loop {
            let mut tx = self.0.begin_unrecorded().await?;
            let page = sqlx::query(
                "UPDATE outbox SET message = NULL WHERE id IN (SELECT id FROM outbox
                     WHERE school = $1 AND state = 'done' AND finished < $2
                       AND message IS NOT NULL LIMIT $3)",
            )
            .bind(school)
            .bind(before.as_millisecond())
            .bind(PAGE)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            if page.rows_affected() == 0 {
                return Ok(());
            }
        }
    }
}
