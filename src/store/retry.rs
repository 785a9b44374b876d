//! What is known of a message that a client sends again.
//!
//! A client that saw no final reply sends the same message once more, perhaps
//! days later, perhaps for some of its recipients only. For seven days the
//! store remembers, recipient by recipient, where it went.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::mail::Address;

use super::insert::{Insert, Query, Select};
use super::transaction::now;
use super::{Reference, State, Store, StoreError};

/// How long a message is remembered, in milliseconds: seven days.
pub(super) const MEMORY: i64 = 7 * 24 * 60 * 60 * 1000;

/// Keyed digest of what makes a message that one message: unique for seven
/// days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RetryKey(pub [u8; 32]);

impl Store {
    /// `digest` is the reading's, over the decoded parts. `own_traces` counts
    /// the trace headers of Exeat's own: mail that comes by a second time on
    /// a loop-back connector is no retry of its first time.
    pub fn retry_key(
        &self,
        school: &str,
        reverse_path: Option<&Address>,
        message_id: Option<&str>,
        date: Option<i64>,
        digest: &[u8; 32],
        own_traces: usize,
    ) -> RetryKey {
        let path = reverse_path.map(Address::folded).unwrap_or_default();
        let date = date.map(i64::to_be_bytes);
        let date: &[u8] = date.as_ref().map_or(&[], |date| date);
        let parts = [
            path.as_bytes(),
            message_id.unwrap_or_default().as_bytes(),
            date,
            digest,
            &(own_traces as u64).to_be_bytes(),
        ];
        RetryKey(self.0.keys.mac_for("retry", school, &parts))
    }

    /// Whether the message with this key was held, and a person released it
    /// to all of these recipients.
    pub async fn was_released(
        &self,
        key: RetryKey,
        recipients: &[Address],
    ) -> Result<bool, StoreError> {
        let mut connection = self.0.reading.acquire().await?;
        let known = look_up(&mut connection, &[key], now()).await?.remove(&key);
        drop(connection);
        let holds: BTreeSet<Reference> = known
            .unwrap_or_default()
            .into_iter()
            .filter_map(|known| known.hold)
            .collect();
        for hold in holds {
            if self.find(&hold).await?.state != State::Released {
                continue;
            }
            let sent = self.deliveries(&hold).await?;
            if recipients
                .iter()
                .all(|to| sent.iter().any(|(address, ..)| address == to))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Where a message has gone for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// The address's keyed hash.
    pub(super) recipient: String,
    pub(super) place: Place,
    pub(super) hold: Option<Reference>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Held,
    /// The next hop's 2xx was seen.
    Sent,
}

impl Place {
    fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Sent => "sent",
        }
    }
}

/// What is known of messages, by their keys.
pub(super) type KnownByKey = HashMap<RetryKey, Vec<Known>>;

pub(super) static SELECT: LazyLock<Select> = LazyLock::new(|| {
    Select::new("SELECT retry, recipient, state, hold, made FROM retries WHERE retry IN")
});

impl RetryKey {
    pub(super) fn bind<'q>(&self, query: Query<'q>) -> Query<'q> {
        query.bind(self.0.to_vec())
    }
}

/// What is known of messages with these keys.
pub(super) async fn look_up(
    connection: &mut AnyConnection,
    keys: &[RetryKey],
    now: i64,
) -> Result<KnownByKey, StoreError> {
    let mut rows = Vec::new();
    for query in SELECT.over(keys, |query, key| key.bind(query)) {
        rows.extend(query.fetch_all(&mut *connection).await?);
    }
    read(&rows, now)
}

/// Reads what [`SELECT`] gave.
pub(super) fn read(rows: &[AnyRow], now: i64) -> Result<KnownByKey, StoreError> {
    let mut known = KnownByKey::new();
    for row in rows {
        let Ok(key) = row.try_get::<Vec<u8>, _>("retry")?.try_into() else {
            continue;
        };
        if row.try_get::<i64, _>("made")? < now - MEMORY {
            continue;
        }
        known.entry(RetryKey(key)).or_default().push(Known {
            recipient: row.try_get("recipient")?,
            place: match row.try_get::<&str, _>("state")? {
                "sent" => Place::Sent,
                _ => Place::Held,
            },
            hold: row
                .try_get::<Option<String>, _>("hold")?
                .map(|hold| Reference(hold.into())),
        });
    }
    Ok(known)
}

/// What is to be remembered of one recipient of one message.
pub(super) struct Memory {
    pub(super) key: RetryKey,
    pub(super) recipient: String,
    pub(super) place: Place,
    pub(super) hold: Option<Reference>,
}

pub(super) static INSERT: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "INSERT INTO retries (retry, recipient, state, hold, made) VALUES",
        5,
        "ON CONFLICT (retry, recipient) DO UPDATE SET state = excluded.state,
         hold = COALESCE(excluded.hold, retries.hold), made = excluded.made",
    )
});

impl Memory {
    pub(super) fn bind<'q>(&self, query: Query<'q>, now: i64) -> Query<'q> {
        query
            .bind(self.key.0.to_vec())
            .bind(self.recipient.clone())
            .bind(self.place.as_str())
            .bind(self.hold.as_ref().map(|hold| hold.0.to_string()))
            .bind(now)
    }
}

/// The last of those that are about the same: one statement must not meet the
/// same row twice, which PostgreSQL refuses.
pub(super) fn distinct(memories: impl IntoIterator<Item = Memory>) -> Vec<Memory> {
    let memories: BTreeMap<_, _> = memories
        .into_iter()
        .map(|memory| ((memory.key, memory.recipient.clone()), memory))
        .collect();
    memories.into_values().collect()
}

/// Remembers; what was held and is sent now stays known by its hold.
pub(super) async fn remember(
    connection: &mut AnyConnection,
    memories: impl IntoIterator<Item = Memory>,
    now: i64,
) -> Result<(), StoreError> {
    INSERT
        .run(connection, &distinct(memories), |query, memory| {
            memory.bind(query, now)
        })
        .await
}

/// Forgets what is too old to be asked for.
pub(super) async fn forget(connection: &mut AnyConnection, now: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM retries WHERE made < $1")
        .bind(now - MEMORY)
        .execute(connection)
        .await?;
    Ok(())
}
