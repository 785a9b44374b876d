//! The journal: what was decided and what came of it, as a chain of hashes.
//!
//! Each node (`main`, unless several share a store) has one chain. A row's
//! hash binds it to all rows before it:
//!
//! ```text
//! digest = SHA-256(salt ‖ payload)
//! hash   = SHA-256(previous ‖ seq ‖ time ‖ kind ‖ digest)
//! ```
//!
//! `previous` is the hash of the row before, 32 bytes, all zero for the first;
//! `seq` counts from 1 without gaps, and `time` is in milliseconds since 1970:
//! both as 8 bytes, the most significant first; `kind` is its name as text;
//! `salt` is 16 random bytes; `payload` is the row's JSON text byte for byte
//! as stored. For a row of a dump, with every value but `kind` in hexadecimal,
//!
//! ```sh
//! digest=$( (printf %s "$salt" | xxd -r -p; printf %s "$payload") | sha256sum | cut -c-64)
//! (printf %s "$previous$seq$time" | xxd -r -p; printf %s "$kind"
//!  printf %s "$digest" | xxd -r -p) | sha256sum
//! ```
//!
//! computes the same with stock tools. Destroying a row's salt and payload
//! leaves its digest, so the chain still verifies, and the digest tells
//! nothing of what it was made from.

use std::sync::{Arc, LazyLock};

use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::AnyConnection;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::insert::{Insert, Query};
use super::seal::random;
use super::{Store, StoreError};

/// The one node that there is until several share a store.
pub(super) const NODE: &str = "main";

/// What a row tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The store was made.
    Created,
    /// A message was judged; committed before it moves on.
    Decided,
    /// What became of it.
    Outcome,
    Held,
    /// A message that was sent again joined its hold.
    Joined,
    /// A message read in the background was judged.
    Settled,
    Released,
    Refused,
    Withdrawn,
    Expired,
    NoticeQueued,
    NoticeSent,
    NoticeFailed,
    /// Mail that the outbox owned was taken by the next hop, or refused.
    Sent,
    Failed,
    /// A try whose end nobody saw; another follows.
    Unknown,
    /// The serving process started, or ended in order.
    Started,
    Stopped,
    ConfigLoaded,
    /// A person read a message's content.
    ContentRead,
    /// The store was found to be behind its head file.
    Restored,
    RestoredAccepted,
    /// From now on a school's mail leaves unscreened, or does so no more.
    BypassBegan,
    BypassEnded,
    /// A new key took the old one's place; nothing needs the old one any more.
    KeysRotated,
    KeyRetired,
    /// A copy of the store was made.
    BackedUp,
    /// What was older than its school keeps things was destroyed.
    Purged,
    /// A list of people took another's place.
    PeopleImported,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Decided => "decided",
            Self::Outcome => "outcome",
            Self::Held => "held",
            Self::Joined => "joined",
            Self::Settled => "settled",
            Self::Released => "released",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::NoticeQueued => "notice-queued",
            Self::NoticeSent => "notice-sent",
            Self::NoticeFailed => "notice-failed",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Started => "started",
            Self::Stopped => "stopped",
            Self::ConfigLoaded => "config-loaded",
            Self::ContentRead => "content-read",
            Self::Restored => "restored",
            Self::RestoredAccepted => "restored-accepted",
            Self::BypassBegan => "bypass-began",
            Self::BypassEnded => "bypass-ended",
            Self::KeysRotated => "keys-rotated",
            Self::KeyRetired => "key-retired",
            Self::BackedUp => "backed-up",
            Self::Purged => "purged",
            Self::PeopleImported => "people-imported",
        }
    }
}

/// A row of the journal as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub seq: i64,
    /// Milliseconds since 1970.
    pub time: i64,
    pub kind: String,
    pub school: Option<Arc<str>>,
    /// JSON; with the salt, `None` once purged.
    pub payload: Option<String>,
    pub salt: Option<Vec<u8>>,
    pub digest: [u8; 32],
    pub hash: [u8; 32],
}

impl Store {
    /// Appends a row that goes with no other change.
    pub async fn journal(
        &self,
        kind: Kind,
        school: Option<&str>,
        payload: &serde_json::Value,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.append(&Entry::new(kind, school, payload)?);
        tx.commit().await
    }

    /// At most `limit` rows after the row `after`, in order.
    pub async fn journal_rows(&self, after: i64, limit: i64) -> Result<Vec<Row>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, time, kind, school, salt, payload, digest, hash FROM journal
             WHERE node = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        )
        .bind(NODE)
        .bind(after)
        .bind(limit)
        .fetch_all(&self.0.reading)
        .await?;
        rows.iter().map(Row::from_database).collect()
    }
}

/// A row that is to be appended, all done but its place in the chain.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    kind: Kind,
    school: Option<Arc<str>>,
    salt: [u8; 16],
    payload: String,
    digest: [u8; 32],
}

impl Entry {
    pub(super) fn new(
        kind: Kind,
        school: Option<&str>,
        payload: &impl Serialize,
    ) -> Result<Self, StoreError> {
        let payload =
            serde_json::to_string(payload).expect("payloads are plain data with text keys");
        let salt = random::<16>()?;
        Ok(Self {
            kind,
            school: school.map(Arc::from),
            digest: digest(&salt, &payload),
            salt,
            payload,
        })
    }
}

/// The last row of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Head {
    pub(super) seq: i64,
    pub(super) hash: [u8; 32],
}

impl Head {
    pub(super) fn from_database(row: &AnyRow) -> Result<Self, StoreError> {
        let seq = row.try_get("seq")?;
        Ok(Self {
            seq,
            hash: bytes(row, "hash", seq)?,
        })
    }

    /// The entry as the row that follows.
    pub(super) fn extend(&mut self, entry: &Entry, time: i64) -> Row {
        let seq = self.seq + 1;
        let hash = chain(&self.hash, seq, time, entry.kind.as_str(), &entry.digest);
        *self = Self { seq, hash };
        Row {
            seq,
            time,
            kind: entry.kind.as_str().to_owned(),
            school: entry.school.clone(),
            payload: Some(entry.payload.clone()),
            salt: Some(entry.salt.to_vec()),
            digest: entry.digest,
            hash,
        }
    }
}

impl Row {
    pub(super) fn from_database(row: &AnyRow) -> Result<Self, StoreError> {
        let seq = row.try_get("seq")?;
        Ok(Self {
            seq,
            time: row.try_get("time")?,
            kind: row.try_get("kind")?,
            school: row.try_get::<Option<String>, _>("school")?.map(Arc::from),
            salt: row.try_get("salt")?,
            payload: row.try_get("payload")?,
            digest: bytes(row, "digest", seq)?,
            hash: bytes(row, "hash", seq)?,
        })
    }

    /// What is wrong with what the row tells; nothing where that was purged.
    pub(super) fn content_fault(&self) -> Option<&'static str> {
        match (&self.salt, &self.payload) {
            (Some(salt), Some(payload)) if digest(salt, payload) != self.digest => {
                Some("has another payload than was written")
            }
            (Some(_), None) | (None, Some(_)) => Some("has lost a part of its payload"),
            _ => None,
        }
    }
}

pub(super) static INSERT: LazyLock<Insert> = LazyLock::new(|| {
    let head =
        "INSERT INTO journal (node, seq, time, kind, school, salt, payload, digest, hash) VALUES";
    Insert::new(head, 9, "")
});

impl Row {
    pub(super) fn bind<'q>(&self, query: Query<'q>) -> Query<'q> {
        query
            .bind(NODE)
            .bind(self.seq)
            .bind(self.time)
            .bind(self.kind.clone())
            .bind(self.school.as_deref().map(str::to_owned))
            .bind(self.salt.clone())
            .bind(self.payload.clone())
            .bind(self.digest.to_vec())
            .bind(self.hash.to_vec())
    }
}

/// Writes rows that were chained one to the other.
pub(super) async fn insert(connection: &mut AnyConnection, rows: &[Row]) -> Result<(), StoreError> {
    INSERT
        .run(connection, rows, |query, row: &Row| row.bind(query))
        .await
}

fn digest(salt: &[u8], payload: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(salt)
        .chain_update(payload)
        .finalize()
        .into()
}

pub(super) fn chain(
    previous: &[u8; 32],
    seq: i64,
    time: i64,
    kind: &str,
    digest: &[u8; 32],
) -> [u8; 32] {
    Sha256::new()
        .chain_update(previous)
        .chain_update(seq.to_be_bytes())
        .chain_update(time.to_be_bytes())
        .chain_update(kind)
        .chain_update(digest)
        .finalize()
        .into()
}

fn bytes(row: &AnyRow, column: &str, seq: i64) -> Result<[u8; 32], StoreError> {
    row.try_get::<Vec<u8>, _>(column)?
        .try_into()
        .map_err(|_| StoreError::altered(format!("journal row {seq}")))
}
