//! Reports: what a try came to.

use std::time::Duration;

use serde_json::json;

use crate::store::journal::Entry;
use crate::store::retry::{self, Memory, Place};
use crate::store::transaction::{Tx, database_now};
use crate::store::{Kind, NewMail, Store, StoreError};

use super::{
    Claim, Delivery, MailKind, RecipientState, is_open, milliseconds, queue_all, set_recipients,
};

impl Store {
    /// Commits what the try came to for each recipient of the claim's
    /// envelope, in its order, and the mails that follow from it, such as a
    /// report to the sender. What is not ended is tried again after
    /// `retry_in`.
    pub async fn report(
        &self,
        claim: &Claim,
        deliveries: &[Delivery],
        retry_in: Duration,
        follow_ups: &[NewMail],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let now = database_now(tx.connection(), &self.0).await?;
        let open = deliveries.len() < claim.numbers.len()
            || deliveries.iter().any(|delivery| is_open(delivery.state()));
        let (state, finished) = match open {
            true => ("queued", None),
            false => ("done", Some(tx.now)),
        };
        let reported = sqlx::query(
            "UPDATE outbox SET state = $1, finished = $2, next_attempt = $3, attempts = attempts + 1,
                 lease = NULL, fence = NULL, dot = 0
             WHERE id = $4 AND fence = $5 AND state = 'sending'",
        )
        .bind(state)
        .bind(finished)
        .bind(now.saturating_add(milliseconds(retry_in)))
        .bind(claim.id.0)
        .bind(claim.fence)
        .execute(tx.connection())
        .await?;
        if reported.rows_affected() != 1 {
            return Err(StoreError::ClaimLost(claim.id.0));
        }
        // A recipient that nothing is reported of is queued again.
        set_recipients(
            &mut tx,
            claim.id,
            RecipientState::Sending,
            RecipientState::Queued,
        )
        .await?;
        for (number, delivery) in claim.numbers.iter().zip(deliveries) {
            sqlx::query("UPDATE outbox_recipients SET state = $1, reply = $2 WHERE mail = $3 AND number = $4")
                .bind(delivery.state().as_str())
                .bind(delivery.reply())
                .bind(claim.id.0)
                .bind(*number)
                .execute(tx.connection())
                .await?;
        }
        journal_ends(&mut tx, claim, deliveries).await?;
        queue_all(&mut tx, follow_ups).await?;
        tx.commit().await?;
        self.0.in_hand().remove(&claim.id);
        Ok(())
    }
}

/// Tells the journal of recipients for whom it is over, and of lost replies;
/// and remembers who has a released message, should it come again.
async fn journal_ends(
    tx: &mut Tx<'_>,
    claim: &Claim,
    deliveries: &[Delivery],
) -> Result<(), StoreError> {
    let keys = tx.keys();
    let told = |state: RecipientState| -> Vec<(String, String)> {
        let all = claim.envelope.addresses().zip(deliveries);
        all.filter(|(_, delivery)| delivery.state() == state)
            .map(|(address, delivery)| {
                (keys.address_hash(&claim.school, address), delivery.reply())
            })
            .collect()
    };
    let [sent, failed, unknown] = [
        RecipientState::Sent,
        RecipientState::Failed,
        RecipientState::Unknown,
    ]
    .map(told);
    let rows = [
        (claim.kind.ends(true), &sent),
        (claim.kind.ends(false), &failed),
        (Kind::Unknown, &unknown),
    ];
    for (kind, recipients) in rows {
        if !recipients.is_empty() {
            let payload = json!({
                "mail": claim.id.0,
                "kind": claim.kind,
                "hold": claim.hold,
                "recipients": recipients,
            });
            tx.append(&Entry::new(kind, Some(&claim.school), &payload)?);
        }
    }
    if let (Some(key), MailKind::Release) = (claim.retry, claim.kind) {
        let memories: Vec<Memory> = sent
            .into_iter()
            .map(|(recipient, _)| Memory {
                key,
                recipient,
                place: Place::Sent,
                hold: claim.hold.clone(),
            })
            .collect();
        let now = tx.now;
        retry::remember(tx.connection(), memories, now).await?;
    }
    Ok(())
}
