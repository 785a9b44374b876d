//! Claims: mails in one sender's hands.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::mail::Envelope;
use crate::store::journal::Entry;
use crate::store::transaction::{Tx, database_now, fresh_id, timestamp};
use crate::store::{BodyId, Kind, Reference, RetryKey, Store, StoreError};

use super::{
    Claim, MailId, MailKind, Message, RecipientState, context, is_open, milliseconds,
    open_envelope, recipient_state, set_recipients,
};

impl Store {
    /// Takes mails that are due, at most `limit`. Gives none while a store
    /// that was restored from a backup waits for a person.
    pub async fn claim(&self, lease: Duration, limit: u32) -> Result<Vec<Claim>, StoreError> {
        if self.restored().await? {
            return Ok(Vec::new());
        }
        let mut tx = self.begin().await?;
        let now = database_now(tx.connection(), &self.0).await?;
        requeue_lapsed(&mut tx, now, limit).await?;
        let sql = format!(
            "SELECT id, school, kind, hold, envelope, body, message, created, attempts FROM outbox
             WHERE state = 'queued' AND next_attempt <= $1 ORDER BY next_attempt LIMIT $2{}",
            self.0.place.backend.skip_locked(),
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(now)
            .bind(i64::from(limit))
            .fetch_all(tx.connection())
            .await?;
        let mut claims = Vec::with_capacity(rows.len());
        for row in rows {
            match open_mail(&mut tx, &row, lease).await {
                Ok(claim) => {
                    mark(&mut tx, &claim, now).await?;
                    claims.push(claim);
                }
                Err(StoreError::Altered(_)) => set_aside(&mut tx, &row).await?,
                Err(error) => return Err(error),
            }
        }
        tx.commit().await?;
        let mut in_hand = self.0.in_hand();
        in_hand.extend(
            claims
                .iter()
                .map(|claim| (claim.id, Instant::now() + lease)),
        );
        Ok(claims)
    }

    /// Commits that the dot may be sent now, and begins the lease anew. An
    /// error means that it must not be: another sender may have the mail.
    pub async fn before_dot(&self, claim: &Claim) -> Result<(), StoreError> {
        let mut tx = self.0.begin_unrecorded().await?;
        let now = database_now(&mut tx, &self.0).await?;
        let marked = sqlx::query(
            "UPDATE outbox SET dot = 1, lease = $1 WHERE id = $2 AND fence = $3 AND state = 'sending'",
        )
        .bind(now.saturating_add(milliseconds(claim.lease)))
        .bind(claim.id.0)
        .bind(claim.fence)
        .execute(&mut *tx)
        .await?;
        if marked.rows_affected() != 1 {
            return Err(StoreError::ClaimLost(claim.id.0));
        }
        tx.commit().await?;
        self.0
            .in_hand()
            .insert(claim.id, Instant::now() + claim.lease);
        Ok(())
    }
}

/// Mails whose sender has not reported in time. One that this process still
/// works at is left alone, whatever the clock on the wall says: a clock that
/// was put forward ends no lease.
async fn requeue_lapsed(tx: &mut Tx<'_>, now: i64, limit: u32) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT id, school, kind, hold, dot FROM outbox WHERE state = 'sending' AND lease < $1
         ORDER BY lease LIMIT $2{}",
        tx.store.place.backend.skip_locked(),
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(tx.connection())
        .await?;
    for row in rows {
        let id = MailId(row.try_get("id")?);
        if tx
            .store
            .in_hand()
            .get(&id)
            .is_some_and(|until| *until > Instant::now())
        {
            continue;
        }
        let may_be_sent = row.try_get::<i64, _>("dot")? != 0;
        sqlx::query(
            "UPDATE outbox SET state = 'queued', next_attempt = 0, attempts = attempts + 1,
                 lease = NULL, fence = NULL, dot = 0
             WHERE id = $1",
        )
        .bind(id.0)
        .execute(tx.connection())
        .await?;
        let state = match may_be_sent {
            true => RecipientState::Unknown,
            false => RecipientState::Queued,
        };
        set_recipients(tx, id, RecipientState::Sending, state).await?;
        if may_be_sent {
            let school: String = row.try_get("school")?;
            let payload = json!({
                "mail": id.0,
                "kind": row.try_get::<&str, _>("kind")?,
                "hold": row.try_get::<Option<&str>, _>("hold")?,
                "why": "the sender ended after the message may have been sent",
            });
            tx.append(&Entry::new(Kind::Unknown, Some(&school), &payload)?);
        }
    }
    Ok(())
}

/// The mail as it is to be sent, without changing anything yet.
async fn open_mail(tx: &mut Tx<'_>, row: &AnyRow, lease: Duration) -> Result<Claim, StoreError> {
    let id = MailId(row.try_get("id")?);
    let altered = || StoreError::altered(context(id));
    let school: Arc<str> = row.try_get::<String, _>("school")?.into();
    let recipients =
        sqlx::query("SELECT number, state FROM outbox_recipients WHERE mail = $1 ORDER BY number")
            .bind(id.0)
            .fetch_all(tx.connection())
            .await?;
    let whole = open_envelope(row, tx.keys(), id)?;
    let mut envelope = Envelope {
        recipients: Vec::new(),
        ..whole.clone()
    };
    let mut numbers = Vec::new();
    for recipient in &recipients {
        if !is_open(recipient_state(recipient, id)?) {
            continue;
        }
        let number: i64 = recipient.try_get("number")?;
        let recipient = usize::try_from(number)
            .ok()
            .and_then(|n| whole.recipients.get(n));
        envelope
            .recipients
            .push(recipient.ok_or_else(altered)?.clone());
        numbers.push(number);
    }
    let message = match row.try_get::<Option<i64>, _>("body")? {
        Some(body) => Message::Stored(BodyId(body)),
        None => {
            let sealed: Option<Vec<u8>> = row.try_get("message")?;
            let sealed = sealed.ok_or_else(altered)?;
            Message::Own(tx.keys().open_sealed(&school, &context(id), &sealed)?)
        }
    };
    let hold = row
        .try_get::<Option<String>, _>("hold")?
        .map(|hold| Reference(hold.into()));
    Ok(Claim {
        kind: MailKind::parse(row.try_get("kind")?).ok_or_else(altered)?,
        retry: retry_key_of(tx, hold.as_ref()).await?,
        attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
        created: timestamp(row.try_get("created")?),
        fence: fresh_id()?,
        id,
        school,
        envelope,
        hold,
        lease,
        numbers,
        message,
    })
}

async fn mark(tx: &mut Tx<'_>, claim: &Claim, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE outbox SET state = 'sending', fence = $1, lease = $2, dot = 0 WHERE id = $3",
    )
    .bind(claim.fence)
    .bind(now.saturating_add(milliseconds(claim.lease)))
    .bind(claim.id.0)
    .execute(tx.connection())
    .await?;
    for state in [RecipientState::Queued, RecipientState::Unknown] {
        set_recipients(tx, claim.id, state, RecipientState::Sending).await?;
    }
    Ok(())
}

/// A mail that does not open is told of and kept, and the others go on.
async fn set_aside(tx: &mut Tx<'_>, row: &AnyRow) -> Result<(), StoreError> {
    let id: i64 = row.try_get("id")?;
    tracing::error!(
        mail = id,
        "a mail of the outbox was altered; it is kept and not sent"
    );
    sqlx::query("UPDATE outbox SET state = 'altered' WHERE id = $1")
        .bind(id)
        .execute(tx.connection())
        .await?;
    let payload = json!({
        "mail": id,
        "kind": row.try_get::<&str, _>("kind")?,
        "hold": row.try_get::<Option<&str>, _>("hold")?,
        "why": "the mail was altered in the store",
    });
    tx.append(&Entry::new(
        Kind::Failed,
        Some(row.try_get("school")?),
        &payload,
    )?);
    Ok(())
}

async fn retry_key_of(
    tx: &mut Tx<'_>,
    hold: Option<&Reference>,
) -> Result<Option<RetryKey>, StoreError> {
    let Some(reference) = hold else {
        return Ok(None);
    };
    let row = sqlx::query("SELECT retry FROM holds WHERE reference = $1")
        .bind(&*reference.0)
        .fetch_optional(tx.connection())
        .await?;
    let key: Option<Vec<u8>> = row.map(|row| row.try_get("retry")).transpose()?.flatten();
    Ok(key.and_then(|key| key.try_into().ok()).map(RetryKey))
}
