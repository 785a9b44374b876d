//! Group commit: concurrent sessions share a transaction.
//!
//! A commit waits for the disk, and the disk takes as long for one row as for
//! a hundred. So one task collects what has come in, commits it together, and
//! answers only then. A batch that fails is tried again change by change:
//! whatever is wrong with one must not cost the others theirs.

use std::collections::{BTreeSet, HashMap};
use std::sync::Weak;

use tokio::sync::{mpsc, oneshot};

use crate::mail::Address;

use super::hold::{self, PreparedHold};
use super::journal::Entry;
use super::open::Inner;
use super::retry::{self, Known, Memory, Place};
use super::transaction::Tx;
use super::{Decided, DecisionId, Held, RetryKey, Store, StoreError};

/// The most changes that share a transaction.
const BATCH: usize = 256;

/// A change that is committed together with others.
pub(super) enum Job {
    Decide(Waiting<NewDecision, Decided>),
    Record(Waiting<NewOutcome, ()>),
    Hold(Waiting<Box<PreparedHold>, Held>),
}

/// Work, and who waits for its answer.
pub(super) struct Waiting<W, A> {
    work: W,
    answer: Option<Result<A, StoreError>>,
    reply: oneshot::Sender<Result<A, StoreError>>,
}

pub(super) struct NewDecision {
    pub(super) entry: Entry,
    pub(super) retry: Option<RetryKey>,
    /// With their hashes.
    pub(super) recipients: Vec<(String, Address)>,
}

pub(super) struct NewOutcome {
    pub(super) decision: DecisionId,
    pub(super) entry: Entry,
    /// Recipients, as hashes, that the next hop has taken the message for.
    pub(super) sent: Vec<(RetryKey, String)>,
}

impl Store {
    /// Hands work to the writer and waits until it is committed.
    pub(super) async fn submit<W, A>(
        &self,
        job: fn(Waiting<W, A>) -> Job,
        work: W,
    ) -> Result<A, StoreError> {
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting {
            work,
            answer: None,
            reply,
        };
        self.0
            .jobs
            .send(job(waiting))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

/// Commits batches until the last handle on the store has gone.
pub(super) async fn run(mut jobs: mpsc::Receiver<Job>, store: Weak<Inner>) {
    let mut batch = Vec::with_capacity(BATCH);
    // Decisions without an outcome so far.
    let mut open = BTreeSet::new();
    while jobs.recv_many(&mut batch, BATCH).await > 0 {
        // Sessions that the last commit has answered are about to ask again:
        // letting them run first makes this batch theirs too.
        tokio::task::yield_now().await;
        while batch.len() < BATCH {
            let Ok(job) = jobs.try_recv() else { break };
            batch.push(job);
        }
        let Some(store) = store.upgrade() else { return };
        commit_all(&store, &mut batch, &mut open).await;
        batch.clear();
    }
}

async fn commit_all(store: &Inner, batch: &mut Vec<Job>, open: &mut BTreeSet<DecisionId>) {
    match commit(store, batch, open).await {
        Ok(()) => batch.drain(..).for_each(Job::acknowledge),
        Err(fault) if batch.len() > 1 && fault.may_be_one_rows() => {
            tracing::warn!(error = %fault, changes = batch.len(), "a batch failed; its changes are tried one by one");
            one_by_one(store, batch.drain(..), open).await;
        }
        Err(fault) => batch.drain(..).for_each(|job| job.fail(fault.shared())),
    }
}

async fn one_by_one(
    store: &Inner,
    mut jobs: impl Iterator<Item = Job>,
    open: &mut BTreeSet<DecisionId>,
) {
    while let Some(mut job) = jobs.next() {
        match commit(store, std::slice::from_mut(&mut job), open).await {
            Ok(()) => job.acknowledge(),
            Err(fault) if fault.may_be_one_rows() => job.fail(fault),
            // Without the database, each further try would take as long to
            // fail as this one.
            Err(fault) => std::iter::once(job)
                .chain(&mut jobs)
                .for_each(|job| job.fail(fault.shared())),
        }
    }
}

/// One transaction for all of them. After an error nothing has happened.
async fn commit(
    store: &Inner,
    batch: &mut [Job],
    open: &mut BTreeSet<DecisionId>,
) -> Result<(), StoreError> {
    let begun = store.begin().await;
    let mut tx = begun.map_err(|error| match error {
        StoreError::Database(error) => StoreError::Unavailable(error.to_string()),
        other => other,
    })?;
    let known = known_retries(&mut tx, batch).await?;
    let mut opened = Vec::new();
    let mut closed = Vec::new();
    let mut sent = Vec::new();
    for job in batch {
        match job {
            Job::Decide(Waiting { work, answer, .. }) => {
                let id = DecisionId(tx.append(&work.entry));
                opened.push(id);
                let known = work.retry.and_then(|key| known.get(&key));
                *answer = Some(Ok(decided(id, work, known.map_or(&[], Vec::as_slice))));
            }
            Job::Record(Waiting { work, answer, .. }) => {
                tx.append(&work.entry);
                closed.push(work.decision);
                sent.extend(work.sent.iter().map(|(key, recipient)| Memory {
                    key: *key,
                    recipient: recipient.clone(),
                    place: Place::Sent,
                    hold: None,
                }));
                *answer = Some(Ok(()));
            }
            Job::Hold(Waiting { work, answer, .. }) => {
                *answer = Some(match hold::commit(&mut tx, work).await {
                    // These fail before they change anything.
                    Err(error @ StoreError::ReferenceTaken(_)) => Err(error),
                    other => Ok(other?),
                });
            }
        }
    }
    // What this batch closes counts as open until it is committed: a start
    // after a crash then looks at a few rows too many, never at too few.
    let first = open.first().or(opened.first());
    let open_from = first.map_or(tx.next_seq(), |first| first.0);
    tx.open_from(open_from);
    let now = tx.now;
    retry::remember(tx.connection(), sent, now).await?;
    tx.commit().await?;
    open.extend(opened);
    for id in &closed {
        open.remove(id);
    }
    Ok(())
}

async fn known_retries(
    tx: &mut Tx<'_>,
    batch: &[Job],
) -> Result<HashMap<RetryKey, Vec<Known>>, StoreError> {
    let keys: Vec<RetryKey> = batch
        .iter()
        .filter_map(|job| match job {
            Job::Decide(waiting) => waiting.work.retry,
            _ => None,
        })
        .collect();
    let now = tx.now;
    retry::look_up(tx.connection(), &keys, now).await
}

fn decided(id: DecisionId, work: &NewDecision, known: &[Known]) -> Decided {
    let sent = |hash: &str| {
        let mut all = known.iter();
        all.any(|known| known.place == Place::Sent && known.recipient == hash)
    };
    Decided {
        id,
        already_sent: work
            .recipients
            .iter()
            .filter(|(hash, _)| sent(hash))
            .map(|(_, address)| address.clone())
            .collect(),
        hold: known.iter().find_map(|known| known.hold.clone()),
    }
}

impl Job {
    /// Tells who waits that it is durable. One who has gone needs no answer.
    fn acknowledge(self) {
        match self {
            Self::Decide(waiting) => waiting.acknowledge(),
            Self::Record(waiting) => waiting.acknowledge(),
            Self::Hold(waiting) => waiting.acknowledge(),
        }
    }

    fn fail(self, error: StoreError) {
        match self {
            Self::Decide(waiting) => drop(waiting.reply.send(Err(error))),
            Self::Record(waiting) => drop(waiting.reply.send(Err(error))),
            Self::Hold(waiting) => drop(waiting.reply.send(Err(error))),
        }
    }
}

impl<W, A> Waiting<W, A> {
    fn acknowledge(self) {
        let answer = self
            .answer
            .expect("a committed batch has an answer for each");
        drop(self.reply.send(answer));
    }
}
