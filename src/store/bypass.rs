//! Bypasses: times in which a school's mail leaves unscreened, because a
//! person has said so.
//!
//! Each is of one school, has an end that is fixed when it begins, and is
//! journalled at both; each message that passes is a decision of its own in
//! the journal, marked as unscreened.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::journal::{Entry, NODE};
use super::transaction::{fresh_id, timestamp};
use super::{Actor, Kind, NewMail, Store, StoreError, outbox};

/// The schema's version that has them.
pub(super) const SINCE: i64 = 4;
/// No bypass is for longer.
pub const LONGEST_BYPASS: SignedDuration = SignedDuration::from_hours(24);
const SHORTEST: SignedDuration = SignedDuration::from_mins(1);

/// A bypass that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bypass {
    pub id: i64,
    pub school: Arc<str>,
    pub began: Timestamp,
    pub until: Timestamp,
    /// Who began it, and why.
    pub by: String,
    pub reason: String,
    /// Messages of its time stand after this row of the journal.
    from_row: i64,
}

impl Bypass {
    /// One of a school that begins now.
    pub fn new(
        school: &str,
        length: SignedDuration,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        if !(SHORTEST..=LONGEST_BYPASS).contains(&length) {
            return Err(StoreError::BypassTooLong);
        }
        Ok(Self {
            id: fresh_id()?,
            school: school.into(),
            began: now,
            until: now + length,
            by: actor.name.clone(),
            reason: actor.reason.clone(),
            from_row: 0,
        })
    }
}

impl Store {
    /// Begins bypasses, all or none of them; `notices` tell of them.
    pub async fn begin_bypasses(
        &self,
        bypasses: &[Bypass],
        notices: &[NewMail],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let running = open(tx.connection()).await?;
        for bypass in bypasses {
            if let Some(open) = running.iter().find(|open| open.school == bypass.school) {
                return Err(StoreError::BypassOpen {
                    school: open.school.to_string(),
                    until: open.until,
                });
            }
            let payload = json!({
                "bypass": bypass.id,
                "until": bypass.until.as_millisecond(),
                "by": bypass.by,
                "reason": bypass.reason,
            });
            let row = tx.append(&Entry::new(
                Kind::BypassBegan,
                Some(&bypass.school),
                &payload,
            )?);
            sqlx::query(
                "INSERT INTO bypasses (id, school, began, until, from_row, person, reason)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(bypass.id)
            .bind(&*bypass.school)
            .bind(bypass.began.as_millisecond())
            .bind(bypass.until.as_millisecond())
            .bind(row)
            .bind(&*bypass.by)
            .bind(&*bypass.reason)
            .execute(tx.connection())
            .await?;
        }
        outbox::queue_all(&mut tx, notices).await?;
        tx.commit().await
    }

    /// Those that have not ended, whatever the clock says.
    pub async fn bypasses(&self) -> Result<Vec<Bypass>, StoreError> {
        let mut connection = self.0.reading.acquire().await?;
        open(&mut connection).await
    }

    /// How many messages have passed in a bypass's time.
    pub async fn passed_unscreened(&self, bypass: &Bypass) -> Result<u64, StoreError> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS messages FROM journal WHERE node = $1 AND seq > $2 AND school = $3
               AND kind = 'decided' AND payload LIKE '%\"unscreened\":true%'",
        )
        .bind(NODE)
        .bind(bypass.from_row)
        .bind(&*bypass.school)
        .fetch_one(&self.0.reading)
        .await?;
        Ok(u64::try_from(row.try_get::<i64, _>("messages")?).unwrap_or(0))
    }

    /// Ends a bypass in which so many messages have passed; false if it has
    /// ended already.
    pub async fn end_bypass(
        &self,
        bypass: &Bypass,
        passed: u64,
        actor: &Actor,
        notices: &[NewMail],
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let now = tx.now;
        let ended = sqlx::query("UPDATE bypasses SET ended = $1 WHERE id = $2 AND ended IS NULL")
            .bind(now)
            .bind(bypass.id)
            .execute(tx.connection())
            .await?;
        if ended.rows_affected() == 0 {
            return Ok(false);
        }
        let payload = json!({
            "bypass": bypass.id,
            "messages": passed,
            "by": actor.name,
            "reason": actor.reason,
        });
        tx.append(&Entry::new(
            Kind::BypassEnded,
            Some(&bypass.school),
            &payload,
        )?);
        outbox::queue_all(&mut tx, notices).await?;
        tx.commit().await?;
        Ok(true)
    }
}

pub(super) async fn open(connection: &mut AnyConnection) -> Result<Vec<Bypass>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, school, began, until, from_row, person, reason FROM bypasses
         WHERE ended IS NULL ORDER BY school",
    )
    .fetch_all(connection)
    .await?;
    rows.iter().map(Bypass::from_database).collect()
}

impl Bypass {
    fn from_database(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.try_get("id")?,
            school: row.try_get::<String, _>("school")?.into(),
            began: timestamp(row.try_get("began")?),
            until: timestamp(row.try_get("until")?),
            by: row.try_get("person")?,
            reason: row.try_get("reason")?,
            from_row: row.try_get("from_row")?,
        })
    }
}
