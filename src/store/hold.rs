//! Holds: messages that are kept until somebody decides.
//!
//! A hold comes to be in one transaction with its decision, its journal rows,
//! the memory of its retry key and the notices that tell of it. A message
//! that is sent again joins the hold that it already is.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::finding::{Action, Problem};
use crate::mail::Envelope;
use crate::policy::Judged;

use super::journal::Entry;
use super::keys::{Keys, Sealed};
use super::retry::{self, Known, Memory, Place};
use super::transaction::{Tx, timestamp};
use super::writer::Job;
use super::{
    BodyId, Decision, Kind, NewMail, Reference, Store, StoreError, decision, outbox, thread,
};

/// The columns of a hold, in no particular order.
pub(super) const COLUMNS: &str = "reference, school, state, action, created, due, envelope, \
     subject, size, findings, problems, automatic, body";

/// What becomes of a hold, one way only:
/// `Reading` → (sent by the outbox) | `AwaitingSender` | `AwaitingReviewer`;
/// either of those → `Released` | `Withdrawn` | `Refused` | `Expired`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Reading,
    AwaitingSender,
    AwaitingReviewer,
    Released,
    Withdrawn,
    Refused,
    Expired,
}

impl State {
    pub const ALL: [Self; 7] = [
        Self::Reading,
        Self::AwaitingSender,
        Self::AwaitingReviewer,
        Self::Released,
        Self::Withdrawn,
        Self::Refused,
        Self::Expired,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::AwaitingSender => "awaiting-sender",
            Self::AwaitingReviewer => "awaiting-reviewer",
            Self::Released => "released",
            Self::Withdrawn => "withdrawn",
            Self::Refused => "refused",
            Self::Expired => "expired",
        }
    }

    /// Whether something is still to be decided.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::Reading | Self::AwaitingSender | Self::AwaitingReviewer
        )
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

#[derive(Debug, Clone)]
pub struct NewHold {
    pub reference: Reference,
    pub decision: Decision,
    pub envelope: Envelope,
    /// The identifiers of its thread's messages.
    pub thread: Vec<String>,
    pub body: BodyId,
    /// `Reading`, `AwaitingSender` or `AwaitingReviewer`.
    pub state: State,
    /// When it expires.
    pub due: Timestamp,
    pub automatic: bool,
    /// Committed with the hold: its sender and reviewers hear of it, or it
    /// does not exist.
    pub notices: Vec<NewMail>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub reference: Reference,
    /// The same message was held before; only new recipients were added, and
    /// the new hold's notices are not sent.
    pub joined: bool,
}

/// A hold as reviewers and commands see it.
#[derive(Debug, Clone)]
pub struct Hold {
    pub reference: Reference,
    pub school: Arc<str>,
    pub state: State,
    pub action: Action,
    pub created: Timestamp,
    pub due: Timestamp,
    pub envelope: Envelope,
    /// Masked.
    pub subject: String,
    pub size: u64,
    pub findings: Vec<Judged>,
    pub problems: Vec<Problem>,
    pub automatic: bool,
    pub body: BodyId,
}

/// Who decides on a hold, and why; the journal's words.
#[derive(Debug, Clone)]
pub struct Actor {
    pub name: String,
    pub reason: String,
}

/// A new hold with all that can be made ready before its turn.
pub(super) struct PreparedHold {
    hold: NewHold,
    decided: Entry,
}

impl Store {
    /// Commits hold, recipients, decision, journal rows and notices in one
    /// transaction; or joins the hold that this message already is.
    pub async fn hold(&self, hold: NewHold) -> Result<Held, StoreError> {
        let decided = decision::entry(&self.0.keys, &hold.decision)?;
        self.submit(Job::Hold, Box::new(PreparedHold { hold, decided }))
            .await
    }

    pub async fn find(&self, reference: &Reference) -> Result<Hold, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM holds WHERE reference = $1");
        let row = sqlx::query(AssertSqlSafe(sql))
            .bind(&*reference.0)
            .fetch_optional(&self.0.reading)
            .await?;
        let row = row.ok_or_else(|| StoreError::NoSuchHold(reference.clone()))?;
        Hold::from_database(&row, &self.0.keys)
    }
}

/// The hold in its transaction; with [`StoreError::ReferenceTaken`] nothing
/// was changed yet.
pub(super) async fn commit(tx: &mut Tx<'_>, prepared: &PreparedHold) -> Result<Held, StoreError> {
    let hold = &prepared.hold;
    let now = tx.now;
    let known = match hold.decision.retry {
        Some(key) => retry::look_up(tx.connection(), &[key], now)
            .await?
            .remove(&key),
        None => None,
    };
    let known = known.unwrap_or_default();
    let earlier = earlier(tx, &known).await?;
    let fresh = without(tx.keys(), &hold.envelope, &hold.decision.school, &known);
    match earlier {
        Some(earlier) if fresh.recipients.is_empty() || earlier.state.is_open() => {
            join(tx, prepared, earlier, fresh).await
        }
        // What was decided on its other recipients binds nobody for these.
        Some(_) => insert(tx, prepared, &fresh).await,
        // All were sent it before, and now it is held: a person sees it whole.
        None if fresh.recipients.is_empty() => insert(tx, prepared, &hold.envelope).await,
        None => insert(tx, prepared, &fresh).await,
    }
}

/// The hold that this message already is; of several, one that is still open.
async fn earlier(tx: &mut Tx<'_>, known: &[Known]) -> Result<Option<Hold>, StoreError> {
    let references: BTreeSet<&Reference> = known
        .iter()
        .filter_map(|known| known.hold.as_ref())
        .collect();
    let mut earlier = None;
    for reference in references {
        match fetch(tx, reference).await? {
            Some(open) if open.state.is_open() => return Ok(Some(open)),
            Some(decided) => earlier = Some(decided),
            // Its school keeps holds for less than a week.
            None => {}
        }
    }
    Ok(earlier)
}

/// The hold, kept from changing until the transaction ends.
pub(super) async fn fetch(
    tx: &mut Tx<'_>,
    reference: &Reference,
) -> Result<Option<Hold>, StoreError> {
    let lock = tx.store.place.backend.for_update();
    let sql = format!("SELECT {COLUMNS} FROM holds WHERE reference = $1{lock}");
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(&*reference.0)
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| Hold::from_database(&row, tx.keys()))
        .transpose()
}

impl Hold {
    pub(super) fn from_database(row: &AnyRow, keys: &Keys) -> Result<Self, StoreError> {
        let reference = Reference(row.try_get::<String, _>("reference")?.into());
        let altered = || StoreError::altered(format!("hold {reference}"));
        let school: Arc<str> = row.try_get::<String, _>("school")?.into();
        let sealed: Vec<u8> = row.try_get("envelope")?;
        let envelope = keys.open_sealed(&school, &context(&reference), &sealed)?;
        let quoted =
            |column: &str| Ok::<_, sqlx::Error>(format!("\"{}\"", row.try_get::<&str, _>(column)?));
        Ok(Self {
            state: State::parse(row.try_get("state")?).ok_or_else(altered)?,
            action: serde_json::from_str(&quoted("action")?).map_err(|_| altered())?,
            created: timestamp(row.try_get("created")?),
            due: timestamp(row.try_get("due")?),
            envelope: postcard::from_bytes(&envelope).map_err(|_| altered())?,
            subject: row.try_get("subject")?,
            size: u64::try_from(row.try_get::<i64, _>("size")?).map_err(|_| altered())?,
            findings: serde_json::from_str(row.try_get("findings")?).map_err(|_| altered())?,
            problems: serde_json::from_str(row.try_get("problems")?).map_err(|_| altered())?,
            automatic: row.try_get::<i64, _>("automatic")? != 0,
            body: BodyId(row.try_get("body")?),
            reference,
            school,
        })
    }
}

/// JSON as it lies in a column.
pub(super) fn json_text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("findings and problems are plain data with text keys")
}

/// PostgreSQL's TEXT takes every character but NUL.
pub(super) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

async fn insert(
    tx: &mut Tx<'_>,
    prepared: &PreparedHold,
    envelope: &Envelope,
) -> Result<Held, StoreError> {
    let PreparedHold { hold, decided } = prepared;
    let (reference, decision) = (&hold.reference, &hold.decision);
    let taken = sqlx::query("SELECT reference FROM holds WHERE reference = $1")
        .bind(&*reference.0)
        .fetch_optional(tx.connection())
        .await?;
    if taken.is_some() {
        return Err(StoreError::ReferenceTaken(reference.clone()));
    }
    let decided = tx.append(decided);
    let now = tx.now;
    let sealed = sealed(tx.keys(), &decision.school, reference, envelope)?;
    sqlx::query(
        "INSERT INTO holds (reference, school, state, action, created, due, envelope, subject,
             size, findings, problems, automatic, body, retry, key_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(&*reference.0)
    .bind(&*decision.school)
    .bind(hold.state.as_str())
    .bind(decision.action.as_str())
    .bind(now)
    .bind(hold.due.as_millisecond())
    .bind(sealed.bytes)
    .bind(without_nul(&decision.subject))
    .bind(i64::try_from(decision.size).unwrap_or(i64::MAX))
    .bind(json_text(&decision.findings))
    .bind(json_text(&decision.problems))
    .bind(i64::from(hold.automatic))
    .bind(hold.body.0)
    .bind(decision.retry.map(|key| key.0.to_vec()))
    .bind(sealed.key_id)
    .execute(tx.connection())
    .await?;
    remember(tx, decision, reference, envelope).await?;
    thread::remember(tx, &decision.school, reference, &hold.thread).await?;
    let payload = json!({
        "decision": decided,
        "hold": reference,
        "state": hold.state,
        "due": hold.due.as_millisecond(),
        "recipients": envelope.recipients.len(),
    });
    tx.append(&Entry::new(Kind::Held, Some(&decision.school), &payload)?);
    outbox::queue_all(tx, &hold.notices).await?;
    Ok(Held {
        reference: reference.clone(),
        joined: false,
    })
}

/// The body that came with the retry is needed by no row, and swept later.
async fn join(
    tx: &mut Tx<'_>,
    prepared: &PreparedHold,
    mut earlier: Hold,
    fresh: Envelope,
) -> Result<Held, StoreError> {
    let decision = &prepared.hold.decision;
    let decided = tx.append(&prepared.decided);
    let payload = json!({
        "decision": decided,
        "hold": earlier.reference,
        "recipients": fresh.recipients.len(),
    });
    tx.append(&Entry::new(Kind::Joined, Some(&decision.school), &payload)?);
    if !fresh.recipients.is_empty() {
        remember(tx, decision, &earlier.reference, &fresh).await?;
        earlier.envelope.recipients.extend(fresh.recipients);
        let envelope = sealed(
            tx.keys(),
            &earlier.school,
            &earlier.reference,
            &earlier.envelope,
        )?;
        sqlx::query("UPDATE holds SET envelope = $1, key_id = $2 WHERE reference = $3")
            .bind(envelope.bytes)
            .bind(envelope.key_id)
            .bind(&*earlier.reference.0)
            .execute(tx.connection())
            .await?;
    }
    Ok(Held {
        reference: earlier.reference,
        joined: true,
    })
}

/// The envelope with those recipients that nothing is known of.
fn without(keys: &Keys, envelope: &Envelope, school: &str, known: &[Known]) -> Envelope {
    let mut fresh = envelope.clone();
    fresh.recipients.retain(|recipient| {
        let hash = keys.address_hash(school, &recipient.address);
        !known.iter().any(|known| known.recipient == hash)
    });
    fresh
}

async fn remember(
    tx: &mut Tx<'_>,
    decision: &Decision,
    reference: &Reference,
    envelope: &Envelope,
) -> Result<(), StoreError> {
    let Some(key) = decision.retry else {
        return Ok(());
    };
    let memories: Vec<Memory> = envelope
        .addresses()
        .map(|address| Memory {
            key,
            recipient: tx.keys().address_hash(&decision.school, address),
            place: Place::Held,
            hold: Some(reference.clone()),
        })
        .collect();
    let now = tx.now;
    retry::remember(tx.connection(), memories, now).await
}

fn sealed(
    keys: &Keys,
    school: &str,
    reference: &Reference,
    envelope: &Envelope,
) -> Result<Sealed, StoreError> {
    let plain = postcard::to_stdvec(envelope).expect("an envelope is plain data");
    keys.seal(school, &context(reference), &plain)
}

pub(super) fn context(reference: &Reference) -> String {
    format!("the envelope of hold {reference}")
}
