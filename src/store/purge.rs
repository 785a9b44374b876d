//! What is destroyed, and when: bodies that no row needs, retry keys past
//! their week, and what is older than its school keeps things.

mod retention;

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;

use super::journal::{Entry, NODE};
use super::retry;
use super::transaction::now;
use super::{Kind, Store, StoreError};

pub use retention::{Before, Destroyed};

/// How old a body must be before it counts as one that no row will need, in
/// milliseconds: an hour. A hold is committed seconds after its body.
const ORPHANED: i64 = 60 * 60 * 1000;

/// How many holds, mails or journal rows one transaction destroys: sessions
/// that decide wait for their turn meanwhile.
const PAGE: i64 = 50;
const JOURNAL_PAGE: i64 = 2000;

/// What [`Store::purge`] destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    pub holds: u64,
    pub mails: u64,
}

impl Store {
    /// Destroys bodies that no row needs and retry keys past their week. The
    /// store does so itself at its start and every hour.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        self.sweep_bodies(now() - ORPHANED).await?;
        let mut tx = self.0.begin_unrecorded().await?;
        retry::forget(&mut tx, now()).await?;
        tx.commit().await
    }

    /// Bodies that were begun before `before` and that no row needs: a crash
    /// came between them and their rows, or a retry joined a hold.
    pub(super) async fn sweep_bodies(&self, before: i64) -> Result<(), StoreError> {
        let rows = sqlx::query(
            "SELECT id FROM bodies WHERE created < $1
               AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.body = bodies.id)
               AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.body = bodies.id)",
        )
        .bind(before)
        .fetch_all(&self.0.reading)
        .await?;
        for row in &rows {
            let mut tx = self.0.begin_unrecorded().await?;
            sqlx::query(
                "DELETE FROM bodies WHERE id = $1
                   AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.body = bodies.id)
                   AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.body = bodies.id)",
            )
            .bind(row.try_get::<i64, _>("id")?)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
        }
        if !rows.is_empty() {
            tracing::info!(bodies = rows.len(), "bodies that nothing needs were swept");
        }
        Ok(())
    }

    /// Destroys a school's holds that were decided before `before` and whose
    /// mail is no longer owed to anyone, with body and envelope, and its
    /// finished mails of that age. What the journal says of them stays.
    pub async fn purge(&self, school: &str, before: Timestamp) -> Result<Purged, StoreError> {
        let mut purged = Purged::default();
        loop {
            let page = self.purge_page(school, before.as_millisecond()).await?;
            purged.holds += page.holds;
            purged.mails += page.mails;
            if page == Purged::default() {
                return Ok(purged);
            }
        }
    }

    async fn purge_page(&self, school: &str, before: i64) -> Result<Purged, StoreError> {
        let mut tx = self.begin().await?;
        let holds = sqlx::query(
            "SELECT reference, body FROM holds WHERE school = $1 AND settled < $2
               AND NOT EXISTS (SELECT 1 FROM outbox
                   WHERE outbox.hold = holds.reference AND outbox.state <> 'done')
             LIMIT $3",
        )
        .bind(school)
        .bind(before)
        .bind(PAGE)
        .fetch_all(tx.connection())
        .await?;
        let mut purged = Purged::default();
        for hold in &holds {
            let reference: &str = hold.try_get("reference")?;
            for sql in [
                "DELETE FROM outbox WHERE hold = $1",
                "DELETE FROM holds WHERE reference = $1",
            ] {
                sqlx::query(sql)
                    .bind(reference)
                    .execute(tx.connection())
                    .await?;
            }
            sqlx::query("DELETE FROM bodies WHERE id = $1")
                .bind(hold.try_get::<i64, _>("body")?)
                .execute(tx.connection())
                .await?;
            purged.holds += 1;
        }
        let mails = sqlx::query(
            "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox
                 WHERE school = $1 AND state = 'done' AND finished < $2 AND hold IS NULL LIMIT $3)",
        )
        .bind(school)
        .bind(before)
        .bind(PAGE)
        .execute(tx.connection())
        .await?;
        purged.mails = mails.rows_affected();
        if purged != Purged::default() {
            let references: Result<Vec<&str>, _> =
                holds.iter().map(|hold| hold.try_get("reference")).collect();
            let payload = json!({ "holds": references?, "mails": purged.mails });
            tx.append(&Entry::new(Kind::Purged, Some(school), &payload)?);
        }
        tx.commit().await?;
        Ok(purged)
    }

    /// Destroys salt and payload of a school's journal rows, or for `""` of
    /// those that are of none, that were written before `before`; the chain still verifies. Says how many.
    pub async fn purge_journal(&self, school: &str, before: Timestamp) -> Result<u64, StoreError> {
        let before = before.as_millisecond();
        let due = sqlx::query(
            "SELECT COALESCE(MIN(seq), 1) AS first, COALESCE(MAX(seq), 0) AS last FROM journal
             WHERE node = $1 AND COALESCE(school, '') = $2 AND time < $3 AND payload IS NOT NULL",
        )
        .bind(NODE)
        .bind(school)
        .bind(before)
        .fetch_one(&self.0.reading)
        .await?;
        let (first, end): (i64, i64) = (due.try_get("first")?, due.try_get("last")?);
        let mut destroyed = 0;
        for from in (first - 1..end).step_by(usize::try_from(JOURNAL_PAGE).expect("a small number"))
        {
            let mut tx = self.0.begin_unrecorded().await?;
            let page = sqlx::query(
                "UPDATE journal SET salt = NULL, payload = NULL
                 WHERE node = $1 AND seq > $2 AND seq <= $3 AND COALESCE(school, '') = $4 AND time < $5
                   AND payload IS NOT NULL",
            )
            .bind(NODE)
            .bind(from)
            .bind(from + JOURNAL_PAGE)
            .bind(school)
            .bind(before)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            destroyed += page.rows_affected();
        }
        if destroyed > 0 {
            let payload = json!({ "journal_rows": destroyed, "before": before });
            let school = Some(school).filter(|school| !school.is_empty());
            self.journal(Kind::Purged, school, &payload).await?;
        }
        Ok(destroyed)
    }
}
