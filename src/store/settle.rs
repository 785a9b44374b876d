//! What becomes of a hold: each step along the arrows of [`State`] in one
//! transaction with its journal row and the mails that follow from it.
//!
//! Two people may decide at once. The first commit wins; the other learns
//! from [`StoreError::State`] what the hold has become, and nothing is sent
//! twice.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::finding::{Action, Problem};
use crate::mail::{Address, Recipient};
use crate::policy::Judged;

use super::hold::{self, json_text, without_nul};
use super::journal::Entry;
use super::transaction::Tx;
use super::{Actor, Hold, Kind, NewMail, Reference, State, Store, StoreError, outbox, thread};

const AWAITING: &[State] = &[State::AwaitingSender, State::AwaitingReviewer];

/// The judgement on a message that was read in the background.
#[derive(Debug, Clone)]
pub struct Settled {
    /// `Reject` keeps the message for a reviewer: its client was told 250,
    /// and it is too late to refuse.
    pub action: Action,
    /// Masked.
    pub subject: String,
    pub findings: Vec<Judged>,
    /// Masked.
    pub problems: Vec<Problem>,
    /// When it expires, if it stays held.
    pub due: Timestamp,
    /// The identifiers of its thread's messages.
    pub thread: Vec<String>,
    pub notices: Vec<NewMail>,
}

impl Store {
    /// Ends the state `Reading`: the outbox sends the message, or it stays
    /// held for its sender or a reviewer. Says which.
    pub async fn settle(
        &self,
        reference: &Reference,
        settled: Settled,
    ) -> Result<State, StoreError> {
        let state = match settled.action {
            Action::Deliver | Action::Note => State::Released,
            Action::Warn => State::AwaitingSender,
            Action::Quarantine | Action::Reject => State::AwaitingReviewer,
        };
        let mut tx = self.begin().await?;
        let hold = take(&mut tx, reference, state, &[State::Reading]).await?;
        sqlx::query(
            "UPDATE holds SET action = $1, subject = $2, findings = $3, problems = $4, due = $5
             WHERE reference = $6",
        )
        .bind(settled.action.as_str())
        .bind(without_nul(&settled.subject))
        .bind(json_text(&settled.findings))
        .bind(json_text(&settled.problems))
        .bind(settled.due.as_millisecond())
        .bind(&*reference.0)
        .execute(tx.connection())
        .await?;
        if state == State::Released {
            outbox::queue_release(&mut tx, &hold, hold.envelope.recipients.clone()).await?;
        }
        thread::remember(&mut tx, &hold.school, reference, &settled.thread).await?;
        let payload = json!({
            "hold": reference,
            "state": state,
            "action": settled.action,
            "subject": settled.subject,
            "findings": settled.findings,
            "problems": settled.problems,
        });
        finish(tx, &hold, Kind::Settled, payload, &settled.notices).await?;
        Ok(state)
    }

    /// Lets the message go to all of its recipients, or to some.
    pub async fn release(
        &self,
        reference: &Reference,
        actor: &Actor,
        recipients: Option<&[Address]>,
        notices: &[NewMail],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let hold = take(&mut tx, reference, State::Released, AWAITING).await?;
        let chosen = chosen(&hold, recipients)?;
        let hash = |recipient: &Recipient| tx.keys().address_hash(&hold.school, &recipient.address);
        let payload = json!({
            "hold": reference,
            "by": actor.name,
            "reason": actor.reason,
            "to": chosen.iter().map(hash).collect::<Vec<_>>(),
            "not_to": hold.envelope.recipients.len() - chosen.len(),
        });
        outbox::queue_release(&mut tx, &hold, chosen).await?;
        finish(tx, &hold, Kind::Released, payload, notices).await
    }

    /// A reviewer decides that the message does not go.
    pub async fn refuse(
        &self,
        reference: &Reference,
        actor: &Actor,
        notices: &[NewMail],
    ) -> Result<(), StoreError> {
        self.end(reference, State::Refused, Kind::Refused, actor, notices)
            .await
    }

    /// Its sender decides that the message does not go.
    pub async fn withdraw(
        &self,
        reference: &Reference,
        actor: &Actor,
        notices: &[NewMail],
    ) -> Result<(), StoreError> {
        self.end(reference, State::Withdrawn, Kind::Withdrawn, actor, notices)
            .await
    }

    /// Nobody has decided in time.
    pub async fn expire(
        &self,
        reference: &Reference,
        notices: &[NewMail],
    ) -> Result<(), StoreError> {
        let actor = Actor {
            name: "exeat".to_owned(),
            reason: "nobody decided in time".to_owned(),
        };
        self.end(reference, State::Expired, Kind::Expired, &actor, notices)
            .await
    }

    async fn end(
        &self,
        reference: &Reference,
        state: State,
        kind: Kind,
        actor: &Actor,
        notices: &[NewMail],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let hold = take(&mut tx, reference, state, AWAITING).await?;
        let payload = json!({ "hold": reference, "by": actor.name, "reason": actor.reason });
        finish(tx, &hold, kind, payload, notices).await
    }
}

/// Moves the hold to its next state, if an arrow leads there.
async fn take(
    tx: &mut Tx<'_>,
    reference: &Reference,
    wanted: State,
    from: &[State],
) -> Result<Hold, StoreError> {
    let hold = hold::fetch(tx, reference).await?;
    let hold = hold.ok_or_else(|| StoreError::NoSuchHold(reference.clone()))?;
    if !from.contains(&hold.state) {
        return Err(StoreError::State {
            reference: reference.clone(),
            state: hold.state,
            wanted,
        });
    }
    let settled = (!wanted.is_open()).then_some(tx.now);
    sqlx::query("UPDATE holds SET state = $1, settled = $2 WHERE reference = $3")
        .bind(wanted.as_str())
        .bind(settled)
        .bind(&*reference.0)
        .execute(tx.connection())
        .await?;
    Ok(hold)
}

async fn finish(
    mut tx: Tx<'_>,
    hold: &Hold,
    kind: Kind,
    payload: Value,
    notices: &[NewMail],
) -> Result<(), StoreError> {
    tx.append(&Entry::new(kind, Some(&hold.school), &payload)?);
    outbox::queue_all(&mut tx, notices).await?;
    tx.commit().await
}

fn chosen(hold: &Hold, recipients: Option<&[Address]>) -> Result<Vec<Recipient>, StoreError> {
    let all = &hold.envelope.recipients;
    let Some(wanted) = recipients else {
        return Ok(all.clone());
    };
    let known = |address: &Address| all.iter().any(|recipient| recipient.address == *address);
    if wanted.is_empty() || !wanted.iter().all(known) {
        return Err(StoreError::NoSuchRecipient(hold.reference.clone()));
    }
    let chosen = all
        .iter()
        .filter(|recipient| wanted.contains(&recipient.address));
    Ok(chosen.cloned().collect())
}
