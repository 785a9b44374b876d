//! Decisions on messages, and what came of them.
//!
//! The journal's row `decided` is durable before the message moves on; its
//! row `outcome` follows when it has. A decision that a crash has left
//! without one gets the outcome `unknown` at the next start.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sqlx::Row;

use crate::finding::{Action, Problem};
use crate::mail::Address;
use crate::policy::Judged;

use super::journal::{Entry, NODE};
use super::keys::Keys;
use super::transaction::Tx;
use super::writer::{Job, NewDecision, NewOutcome};
use super::{Kind, Reference, RetryKey, Store, StoreError};

/// What the journal keeps of a decision: masked, addresses as keyed hashes.
#[derive(Debug, Clone)]
pub struct Decision {
    pub school: Arc<str>,
    pub reverse_path: Option<Address>,
    pub recipients: Vec<Address>,
    pub message_id: Option<String>,
    /// Masked.
    pub subject: String,
    pub size: u64,
    pub action: Action,
    pub findings: Vec<Judged>,
    /// Masked.
    pub problems: Vec<Problem>,
    pub took_ms: u64,
    pub retry: Option<RetryKey>,
    /// Nobody looked at the message: a bypass was in force.
    pub unscreened: bool,
}

/// The journal's row of a decision, to which its outcome refers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DecisionId(pub i64);

/// The answer to [`Store::decide`].
#[derive(Debug, Clone)]
pub struct Decided {
    pub id: DecisionId,
    /// Recipients that this very message (by retry key) has reached already.
    pub already_sent: Vec<Address>,
    /// The hold that this very message already is, for some recipient at
    /// least.
    pub hold: Option<Reference>,
}

/// What became of a message after its decision.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The next hop's 2xx was seen for these recipients.
    Accepted {
        recipients: Vec<Address>,
        reply: String,
    },
    /// The next hop's 4xx or 5xx was seen and handed back.
    RefusedByNextHop { reply: String },
    /// The next hop was lost after the dot: it may have the message.
    ReplyLost,
    /// Refused by Exeat, before anything was sent.
    Rejected,
    /// The client had gone before the message was sent.
    ClientGone,
}

/// A decision that waits for its outcome.
#[derive(Debug, Clone)]
pub(super) struct Awaiting {
    school: Arc<str>,
    retry: Option<RetryKey>,
}

impl Store {
    /// Commits the decision to the journal (grouped with others), and says
    /// what is already known of this message. When it returns, the decision
    /// is durable.
    pub async fn decide(&self, decision: Decision) -> Result<Decided, StoreError> {
        let keys = &self.0.keys;
        let work = NewDecision {
            entry: entry(keys, &decision)?,
            retry: decision.retry,
            recipients: decision
                .recipients
                .into_iter()
                .map(|address| (keys.address_hash(&decision.school, &address), address))
                .collect(),
        };
        let decided = self.submit(Job::Decide, work).await?;
        let awaiting = Awaiting {
            school: decision.school,
            retry: decision.retry,
        };
        self.0.awaiting().insert(decided.id, awaiting);
        Ok(decided)
    }

    /// Commits what became of a message. Returns when durable; a caller who
    /// need not wait spawns it.
    pub async fn record(&self, decision: DecisionId, outcome: Outcome) -> Result<(), StoreError> {
        let unknown = StoreError::NoSuchDecision(decision.0);
        let awaiting = self.0.awaiting().remove(&decision).ok_or(unknown)?;
        let work = outcome_of(&self.0.keys, decision, &awaiting, &outcome);
        let recorded = match work {
            Ok(work) => self.submit(Job::Record, work).await,
            Err(error) => Err(error),
        };
        if recorded.is_err() {
            self.0.awaiting().insert(decision, awaiting);
        }
        recorded
    }
}

/// The journal's row `decided`.
pub(super) fn entry(keys: &Keys, decision: &Decision) -> Result<Entry, StoreError> {
    #[derive(Serialize)]
    struct Payload<'a> {
        from: Option<String>,
        to: Vec<String>,
        message_id: Option<String>,
        subject: &'a str,
        size: u64,
        action: Action,
        findings: &'a [Judged],
        problems: &'a [Problem],
        took_ms: u64,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        unscreened: bool,
    }
    let school = &*decision.school;
    let hash = |address| keys.address_hash(school, address);
    let message_id = decision.message_id.as_deref();
    let payload = Payload {
        from: decision.reverse_path.as_ref().map(hash),
        to: decision.recipients.iter().map(hash).collect(),
        // A Message-ID often is the sender's address in disguise.
        message_id: message_id.map(|id| keys.text_hash(school, id)),
        subject: &decision.subject,
        size: decision.size,
        action: decision.action,
        findings: &decision.findings,
        problems: &decision.problems,
        took_ms: decision.took_ms,
        unscreened: decision.unscreened,
    };
    Entry::new(Kind::Decided, Some(school), &payload)
}

/// Gives the outcome `unknown` to each decision that the last process left
/// without one; says to how many.
pub(super) async fn close_abandoned(tx: &mut Tx<'_>) -> Result<usize, StoreError> {
    #[derive(Deserialize)]
    struct Closing {
        decision: Option<i64>,
    }
    let row = sqlx::query("SELECT open_from FROM chain WHERE node = $1")
        .bind(NODE)
        .fetch_one(tx.connection())
        .await?;
    let mut after = row.try_get::<i64, _>("open_from")? - 1;
    let mut open: BTreeMap<i64, String> = BTreeMap::new();
    loop {
        let rows = sqlx::query(
            "SELECT seq, kind, school, payload FROM journal WHERE node = $1 AND seq > $2
               AND kind IN ('decided', 'outcome', 'held', 'joined') ORDER BY seq LIMIT 1000",
        )
        .bind(NODE)
        .bind(after)
        .fetch_all(tx.connection())
        .await?;
        for row in &rows {
            after = row.try_get("seq")?;
            if row.try_get::<&str, _>("kind")? == "decided" {
                open.insert(after, row.try_get("school")?);
                continue;
            }
            let payload: Option<&str> = row.try_get("payload")?;
            let closing = payload.and_then(|payload| serde_json::from_str::<Closing>(payload).ok());
            if let Some(Closing {
                decision: Some(decision),
            }) = closing
            {
                open.remove(&decision);
            }
        }
        if rows.is_empty() {
            break;
        }
    }
    for (decision, school) in &open {
        let payload = OutcomePayload {
            decision: *decision,
            what: "unknown",
            recipients: None,
            reply: None,
        };
        let entry = Entry::new(Kind::Outcome, Some(school), &payload)?;
        tx.append(&entry);
    }
    tx.open_from(tx.next_seq());
    Ok(open.len())
}

/// The codes of a reply, without its text: that may name a mailbox.
/// `550 5.1.1 <j@d.example>: no such user` is `550 5.1.1`.
pub(super) fn reply_codes(reply: &str) -> String {
    let numeric =
        |word: &&str| word.bytes().all(|b| b.is_ascii_digit() || b == b'.') && word.len() < 10;
    let codes: Vec<&str> = reply
        .split([' ', '-', '\r', '\n'])
        .take(2)
        .take_while(numeric)
        .collect();
    codes.join(" ").trim_end().to_owned()
}

#[derive(Serialize)]
struct OutcomePayload {
    decision: i64,
    what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipients: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<String>,
}

fn outcome_of(
    keys: &Keys,
    decision: DecisionId,
    awaiting: &Awaiting,
    outcome: &Outcome,
) -> Result<NewOutcome, StoreError> {
    let (what, recipients, reply) = match outcome {
        Outcome::Accepted { recipients, reply } => ("accepted", Some(recipients), Some(reply)),
        Outcome::RefusedByNextHop { reply } => ("refused-by-next-hop", None, Some(reply)),
        Outcome::ReplyLost => ("reply-lost", None, None),
        Outcome::Rejected => ("rejected", None, None),
        Outcome::ClientGone => ("client-gone", None, None),
    };
    let recipients: Option<Vec<String>> = recipients.map(|recipients| {
        let hash = |address| keys.address_hash(&awaiting.school, address);
        recipients.iter().map(hash).collect()
    });
    let sent = match awaiting.retry {
        Some(key) => recipients
            .iter()
            .flatten()
            .map(|hash| (key, hash.clone()))
            .collect(),
        None => Vec::new(),
    };
    let payload = OutcomePayload {
        decision: decision.0,
        what,
        recipients,
        reply: reply.map(|reply| reply_codes(reply)),
    };
    Ok(NewOutcome {
        decision,
        entry: Entry::new(Kind::Outcome, Some(&awaiting.school), &payload)?,
        sent,
    })
}

#[cfg(test)]
mod tests {
    use super::reply_codes;

    #[test]
    fn of_a_reply_only_the_codes_are_kept() {
        for (reply, codes) in [
            ("250 2.0.0 <j@home.example> queued as 7", "250 2.0.0"),
            (
                "550-5.1.1 <j@home.example>\r\n550 5.1.1 unknown",
                "550 5.1.1",
            ),
            ("250 ok", "250"),
            ("250", "250"),
            ("250  ok", "250"),
            ("451 192.168.100.200 busy", "451"),
            ("j@home.example", ""),
            ("", ""),
        ] {
            assert_eq!(reply_codes(reply), codes, "{reply}");
        }
    }
}
