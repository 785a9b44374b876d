//! The outbox's rows: mail that Exeat owes to somebody.
//!
//! A sender *claims* mails for the time of a lease. The claim carries a fence,
//! a number that is committed with it: only who knows a mail's present fence
//! may change it, so a sender that was thought dead cannot interfere with its
//! successor. What a crash leaves behind, step by step:
//!
//! 1. Before the claim is committed: the mail is queued, as before.
//! 2. After it, before the mark of [`Store::before_dot`]: nothing was sent,
//!    for the dot that ends DATA waits for that mark. When the lease ends the
//!    mail is queued again.
//! 3. After the mark: the next hop may or may not have the message. When the
//!    lease ends its recipients are `Unknown`, the journal says so, and it is
//!    sent again: a second copy is better than none.
//! 4. After the report is committed: each recipient is sent, failed, or queued
//!    for another try.

mod claim;
mod owed;
mod report;

pub use owed::Owed;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::mail::{Address, Content, Envelope, Recipient};

use super::decision::reply_codes;
use super::journal::Entry;
use super::keys::Keys;
use super::transaction::{Tx, fresh_id};
use super::{BodyId, Hold, Kind, Reference, RetryKey, Store, StoreError};

/// A mail for the outbox.
#[derive(Debug, Clone)]
pub struct NewMail {
    pub school: Arc<str>,
    pub kind: MailKind,
    pub envelope: Envelope,
    pub message: Vec<u8>,
    pub hold: Option<Reference>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailKind {
    /// A held message on its way after all.
    Release,
    /// A mail of Exeat's own to a sender or reviewer.
    Notice,
    /// A delivery status report (RFC 3464).
    Report,
}

impl MailKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Notice => "notice",
            Self::Report => "report",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Release, Self::Notice, Self::Report]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }

    /// What the journal calls the end of such a mail.
    fn ends(self, sent: bool) -> Kind {
        match (self, sent) {
            (Self::Release, true) => Kind::Sent,
            (Self::Release, false) => Kind::Failed,
            (_, true) => Kind::NoticeSent,
            (_, false) => Kind::NoticeFailed,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailId(pub i64);

/// How far the outbox is with one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecipientState {
    Queued,
    Sending,
    /// The next hop's 2xx was seen.
    Sent,
    /// Given up.
    Failed,
    /// The end of a try was not seen; another follows.
    Unknown,
}

impl RecipientState {
    const ALL: [Self; 5] = [
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Failed,
        Self::Unknown,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// A mail in one sender's hands, until its lease ends.
#[derive(Debug, Clone)]
pub struct Claim {
    pub id: MailId,
    pub school: Arc<str>,
    pub kind: MailKind,
    /// Only those recipients that are still to be reached.
    pub envelope: Envelope,
    pub hold: Option<Reference>,
    /// Tries before this one.
    pub attempts: u32,
    /// When the mail came to be owed.
    pub created: Timestamp,
    fence: i64,
    lease: Duration,
    /// The recipients' numbers, in the order of the envelope.
    numbers: Vec<i64>,
    message: Message,
    /// The hold's, to remember who has the message.
    retry: Option<RetryKey>,
}

#[derive(Debug, Clone)]
enum Message {
    Stored(BodyId),
    Own(Vec<u8>),
}

/// What a try came to for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    Sent {
        reply: String,
    },
    /// A 5xx, or the last of many 4xx.
    Failed {
        reply: String,
    },
    /// Another try follows.
    Later {
        reply: String,
    },
    /// The connection was lost after the dot; another try follows.
    ReplyLost,
}

impl Delivery {
    fn state(&self) -> RecipientState {
        match self {
            Self::Sent { .. } => RecipientState::Sent,
            Self::Failed { .. } => RecipientState::Failed,
            Self::Later { .. } => RecipientState::Queued,
            Self::ReplyLost => RecipientState::Unknown,
        }
    }

    fn reply(&self) -> String {
        match self {
            Self::Sent { reply } | Self::Failed { reply } | Self::Later { reply } => {
                reply_codes(reply)
            }
            Self::ReplyLost => String::new(),
        }
    }
}

impl Store {
    /// Puts a mail into the outbox that goes with no other change.
    pub async fn queue(&self, mail: &NewMail) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        queue_all(&mut tx, std::slice::from_ref(mail)).await?;
        tx.commit().await
    }

    /// The message of a claim. `folder` is where it goes if it is too large
    /// for memory.
    pub async fn message_of(&self, claim: &Claim, folder: &Path) -> Result<Content, StoreError> {
        match &claim.message {
            Message::Stored(body) => self.load_body(*body, folder).await,
            Message::Own(message) => Ok(message.clone().into()),
        }
    }

    /// How far the outbox is with the recipients of a hold's message, and the
    /// codes of the next hop's last reply for each.
    pub async fn deliveries(
        &self,
        reference: &Reference,
    ) -> Result<Vec<(Address, RecipientState, String)>, StoreError> {
        let rows = sqlx::query(
            "SELECT o.id, o.school, o.envelope, r.number, r.state, r.reply
             FROM outbox o JOIN outbox_recipients r ON r.mail = o.id
             WHERE o.hold = $1 AND o.kind = $2 ORDER BY o.id, r.number",
        )
        .bind(&*reference.0)
        .bind(MailKind::Release.as_str())
        .fetch_all(&self.0.reading)
        .await?;
        rows.iter()
            .map(|row| {
                let id = MailId(row.try_get("id")?);
                let envelope = open_envelope(row, &self.0.keys, id)?;
                let number: i64 = row.try_get("number")?;
                let recipient = usize::try_from(number)
                    .ok()
                    .and_then(|n| envelope.recipients.get(n));
                let recipient = recipient.ok_or_else(|| StoreError::altered(context(id)))?;
                let state = recipient_state(row, id)?;
                Ok((recipient.address.clone(), state, row.try_get("reply")?))
            })
            .collect()
    }
}

/// Puts mails of Exeat's own into the outbox, due at once.
pub(super) async fn queue_all(tx: &mut Tx<'_>, mails: &[NewMail]) -> Result<(), StoreError> {
    for mail in mails {
        let id = MailId(fresh_id()?);
        let message = tx.keys().seal(&mail.school, &context(id), &mail.message)?;
        let row = NewRow {
            id,
            school: &mail.school,
            kind: mail.kind,
            hold: mail.hold.as_ref(),
            envelope: &mail.envelope,
            body: None,
            message: Some(message.bytes),
        };
        insert(tx, row).await?;
        let hash = |address| tx.keys().address_hash(&mail.school, address);
        let payload = json!({
            "mail": id.0,
            "kind": mail.kind,
            "hold": mail.hold,
            "to": mail.envelope.addresses().map(hash).collect::<Vec<_>>(),
        });
        tx.append(&Entry::new(
            Kind::NoticeQueued,
            Some(&mail.school),
            &payload,
        )?);
    }
    Ok(())
}

/// Puts a hold's message into the outbox, for these of its recipients. The
/// caller's journal row tells of it.
pub(super) async fn queue_release(
    tx: &mut Tx<'_>,
    hold: &Hold,
    recipients: Vec<Recipient>,
) -> Result<(), StoreError> {
    let envelope = Envelope {
        recipients,
        ..hold.envelope.clone()
    };
    let row = NewRow {
        id: MailId(fresh_id()?),
        school: &hold.school,
        kind: MailKind::Release,
        hold: Some(&hold.reference),
        envelope: &envelope,
        body: Some(hold.body),
        message: None,
    };
    insert(tx, row).await
}

/// After the start of the one process that may send: whoever held a lease is
/// dead, and nobody need wait for its end.
pub(super) async fn end_leases(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    sqlx::query("UPDATE outbox SET lease = 0 WHERE state = 'sending'")
        .execute(tx.connection())
        .await?;
    Ok(())
}

struct NewRow<'a> {
    id: MailId,
    school: &'a str,
    kind: MailKind,
    hold: Option<&'a Reference>,
    envelope: &'a Envelope,
    body: Option<BodyId>,
    message: Option<Vec<u8>>,
}

async fn insert(tx: &mut Tx<'_>, row: NewRow<'_>) -> Result<(), StoreError> {
    let envelope = postcard::to_stdvec(row.envelope).expect("an envelope is plain data");
    let envelope = tx.keys().seal(row.school, &context(row.id), &envelope)?;
    let now = tx.now;
    sqlx::query(
        "INSERT INTO outbox (id, school, kind, state, hold, envelope, body, message, created,
             next_attempt, attempts, dot, key_id)
         VALUES ($1, $2, $3, 'queued', $4, $5, $6, $7, $8, 0, 0, 0, $9)",
    )
    .bind(row.id.0)
    .bind(row.school)
    .bind(row.kind.as_str())
    .bind(row.hold.map(|hold| hold.0.to_string()))
    .bind(envelope.bytes)
    .bind(row.body.map(|body| body.0))
    .bind(row.message)
    .bind(now)
    .bind(envelope.key_id)
    .execute(tx.connection())
    .await?;
    for number in 0..row.envelope.recipients.len() {
        sqlx::query(
            "INSERT INTO outbox_recipients (mail, number, state, reply) VALUES ($1, $2, $3, '')",
        )
        .bind(row.id.0)
        .bind(i64::try_from(number).expect("recipients fit in memory"))
        .bind(RecipientState::Queued.as_str())
        .execute(tx.connection())
        .await?;
    }
    Ok(())
}

async fn set_recipients(
    tx: &mut Tx<'_>,
    id: MailId,
    from: RecipientState,
    to: RecipientState,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE outbox_recipients SET state = $1 WHERE mail = $2 AND state = $3")
        .bind(to.as_str())
        .bind(id.0)
        .bind(from.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) fn open_envelope(row: &AnyRow, keys: &Keys, id: MailId) -> Result<Envelope, StoreError> {
    let sealed: Vec<u8> = row.try_get("envelope")?;
    let plain = keys.open_sealed(row.try_get("school")?, &context(id), &sealed)?;
    postcard::from_bytes(&plain).map_err(|_| StoreError::altered(context(id)))
}

fn recipient_state(row: &AnyRow, id: MailId) -> Result<RecipientState, StoreError> {
    let text: &str = row.try_get("state")?;
    let mut all = RecipientState::ALL.into_iter();
    all.find(|state| state.as_str() == text)
        .ok_or_else(|| StoreError::altered(context(id)))
}

fn is_open(state: RecipientState) -> bool {
    !matches!(state, RecipientState::Sent | RecipientState::Failed)
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

pub(super) fn context(id: MailId) -> String {
    format!("mail {}", id.0)
}
