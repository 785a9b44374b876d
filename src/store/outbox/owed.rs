//! What the outbox owes, for a person to look at; and what a person takes
//! out of it.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{AssertSqlSafe, Row};

use crate::mail::Address;
use crate::store::journal::Entry;
use crate::store::transaction::{database_now, timestamp};
use crate::store::{Actor, Reference, Store, StoreError};

use super::{
    MailId, MailKind, RecipientState, context, is_open, open_envelope, recipient_state,
    set_recipients,
};

/// A mail that has not reached all of its recipients yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Owed {
    pub id: i64,
    pub school: Arc<str>,
    pub kind: MailKind,
    pub hold: Option<Reference>,
    pub created: Timestamp,
    pub attempts: i64,
    /// `None` is the null reverse path.
    pub sender: Option<Address>,
    /// Only those whom it is still to reach.
    pub recipients: Vec<(Address, RecipientState)>,
}

impl Store {
    /// Mails that wait in the outbox, the longest first.
    pub async fn owed(&self, limit: u32) -> Result<Vec<Owed>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, school, kind, hold, envelope, created, attempts FROM outbox
             WHERE state IN ('queued', 'sending') ORDER BY created, id LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.0.reading)
        .await?;
        let mut owed = Vec::with_capacity(rows.len());
        for row in &rows {
            let id = MailId(row.try_get("id")?);
            let altered = || StoreError::altered(context(id));
            let envelope = open_envelope(row, &self.0.keys, id)?;
            let states = sqlx::query(
                "SELECT number, state FROM outbox_recipients WHERE mail = $1 ORDER BY number",
            )
            .bind(id.0)
            .fetch_all(&self.0.reading)
            .await?;
            let mut recipients = Vec::new();
            for state in &states {
                let number = usize::try_from(state.try_get::<i64, _>("number")?).ok();
                let recipient = number.and_then(|number| envelope.recipients.get(number));
                let address = &recipient.ok_or_else(altered)?.address;
                let state = recipient_state(state, id)?;
                recipients.extend(is_open(state).then(|| (address.clone(), state)));
            }
            let hold: Option<String> = row.try_get("hold")?;
            owed.push(Owed {
                id: id.0,
                school: row.try_get::<String, _>("school")?.into(),
                kind: MailKind::parse(row.try_get("kind")?).ok_or_else(altered)?,
                hold: hold.map(|hold| Reference(hold.into())),
                created: timestamp(row.try_get("created")?),
                attempts: row.try_get("attempts")?,
                sender: envelope.reverse_path,
                recipients,
            });
        }
        Ok(owed)
    }

    /// A person decides that a mail which waits is not sent any more.
    pub async fn give_up(&self, id: i64, actor: &Actor) -> Result<(), StoreError> {
        let until = self.0.in_hand().get(&MailId(id)).copied();
        if until.is_some_and(|until| until > Instant::now()) {
            return Err(StoreError::NoSuchMail(id));
        }
        let mut tx = self.begin().await?;
        let now = database_now(tx.connection(), &self.0).await?;
        let sql = format!(
            "SELECT school, kind, hold FROM outbox
             WHERE id = $1 AND (state = 'queued' OR (state = 'sending' AND lease < $2)){}",
            self.0.place.backend.for_update()
        );
        let row = sqlx::query(AssertSqlSafe(sql))
            .bind(id)
            .bind(now)
            .fetch_optional(tx.connection())
            .await?
            .ok_or(StoreError::NoSuchMail(id))?;
        let kind = MailKind::parse(row.try_get("kind")?);
        let kind = kind.ok_or_else(|| StoreError::altered(context(MailId(id))))?;
        sqlx::query(
            "UPDATE outbox SET state = 'done', finished = $1, lease = NULL, fence = NULL, dot = 0
             WHERE id = $2",
        )
        .bind(tx.now)
        .bind(id)
        .execute(tx.connection())
        .await?;
        for state in RecipientState::ALL {
            if is_open(state) {
                set_recipients(&mut tx, MailId(id), state, RecipientState::Failed).await?;
            }
        }
        let payload = json!({
            "mail": id,
            "kind": kind,
            "hold": row.try_get::<Option<&str>, _>("hold")?,
            "by": actor.name,
            "reason": actor.reason,
        });
        let school: &str = row.try_get("school")?;
        tx.append(&Entry::new(kind.ends(false), Some(school), &payload)?);
        tx.commit().await
    }
}
