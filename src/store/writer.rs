//! Group commit: concurrent sessions share a transaction.
//!
//! A commit waits for the disk, and the disk takes as long for one row as for
//! a hundred. So one task collects what has come in, commits it together, and
//! answers only then. A batch that fails is tried again change by change:
//! whatever is wrong with one must not cost the others theirs.

use std::collections::BTreeSet;
use std::sync::Weak;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::mail::Address;

use super::at_once::AtOnce;
use super::hold::{self, PreparedHold};
use super::journal::Entry;
use super::open::Inner;
use super::retry::{self, Known, KnownByKey, Memory, Place};
use super::{Decided, DecisionId, Held, RetryKey, Store, StoreError};

/// The most changes that share a transaction.
const BATCH: usize = 256;
/// How long outcomes, for which no client waits, wait for a decision to go
/// along with.
const PATIENCE: Duration = Duration::from_millis(20);

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
        let patience = Instant::now() + PATIENCE;
        while batch.len() < BATCH && batch.iter().all(Job::can_wait) {
            let Ok(Some(job)) = timeout_at(patience, jobs.recv()).await else {
                break;
            };
            batch.push(job);
        }
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
    if !batch.iter().any(|job| matches!(job, Job::Hold(_))) {
        let unavailable = |error: StoreError| StoreError::Unavailable(error.to_string());
        if let Some(tx) = AtOnce::begin(store).await.map_err(unavailable)? {
            match commit_at_once(tx, store, batch, open).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    tracing::debug!(%error, "a batch goes step by step");
                }
            }
        }
    }
    commit_by_steps(store, batch, open).await
}

async fn commit_at_once(
    mut tx: AtOnce,
    store: &Inner,
    batch: &mut [Job],
    open: &mut BTreeSet<DecisionId>,
) -> Result<(), StoreError> {
    let mut changes = Changes::default();
    let ids: Vec<i64> = batch
        .iter()
        .filter_map(|job| changes.add(job, |entry| tx.append(entry)))
        .collect();
    let open_from = changes.open_from(open, tx.next_seq());
    let sent = std::mem::take(&mut changes.sent);
    let now = tx.now;
    let rows = tx
        .commit(store, &retry_keys(batch), sent, open_from)
        .await?;
    // All of it is durable. What cannot be read of the past fails those who
    // asked, and makes nobody write the batch again.
    changes.are_made(open);
    let known = retry::read(&rows, now);
    for (job, id) in batch.iter_mut().zip(ids) {
        job.answer(id, &known);
    }
    Ok(())
}

async fn commit_by_steps(
    store: &Inner,
    batch: &mut [Job],
    open: &mut BTreeSet<DecisionId>,
) -> Result<(), StoreError> {
    let begun = store.begin().await;
    let mut tx = begun.map_err(|error| match error {
        StoreError::Database(error) => StoreError::Unavailable(error.to_string()),
        other => other,
    })?;
    let now = tx.now;
    let known = Ok(retry::look_up(tx.connection(), &retry_keys(batch), now).await?);
    let mut changes = Changes::default();
    for job in batch {
        if let Job::Hold(Waiting { work, answer, .. }) = job {
            *answer = Some(match hold::commit(&mut tx, work).await {
                // These fail before they change anything.
                Err(error @ StoreError::ReferenceTaken(_)) => Err(error),
                other => Ok(other?),
            });
        } else if let Some(id) = changes.add(job, |entry| tx.append(entry)) {
            job.answer(id, &known);
        }
    }
    tx.open_from(changes.open_from(open, tx.next_seq()));
    let sent = std::mem::take(&mut changes.sent);
    retry::remember(tx.connection(), sent, now).await?;
    tx.commit().await?;
    changes.are_made(open);
    Ok(())
}

/// What the decisions and outcomes of a batch change beside the journal.
#[derive(Default)]
struct Changes {
    opened: Vec<DecisionId>,
    closed: Vec<DecisionId>,
    sent: Vec<Memory>,
}

impl Changes {
    /// Appends the journal row of a decision or an outcome, and says its
    /// number.
    fn add(&mut self, job: &Job, append: impl FnOnce(&Entry) -> i64) -> Option<i64> {
        match job {
            Job::Decide(Waiting { work, .. }) => {
                let seq = append(&work.entry);
                self.opened.push(DecisionId(seq));
                Some(seq)
            }
            Job::Record(Waiting { work, .. }) => {
                self.closed.push(work.decision);
                self.sent
                    .extend(work.sent.iter().map(|(key, recipient)| Memory {
                        key: *key,
                        recipient: recipient.clone(),
                        place: Place::Sent,
                        hold: None,
                    }));
                Some(append(&work.entry))
            }
            Job::Hold(_) => None,
        }
    }

    /// The row before which every decision has its outcome. What this batch
    /// closes counts as open until it is committed: a start after a crash then
    /// looks at a few rows too many, never at too few.
    fn open_from(&self, open: &BTreeSet<DecisionId>, next: i64) -> i64 {
        let first = open.first().or(self.opened.first());
        first.map_or(next, |first| first.0)
    }

    fn are_made(self, open: &mut BTreeSet<DecisionId>) {
        open.extend(self.opened);
        for id in &self.closed {
            open.remove(id);
        }
    }
}

fn retry_keys(batch: &[Job]) -> Vec<RetryKey> {
    let keys = batch.iter().filter_map(|job| match job {
        Job::Decide(waiting) => waiting.work.retry,
        _ => None,
    });
    keys.collect()
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
    /// Notes the answer to a decision or an outcome whose row has this number.
    fn answer(&mut self, seq: i64, known: &Result<KnownByKey, StoreError>) {
        match self {
            Self::Decide(Waiting { work, answer, .. }) => {
                *answer = Some(match known {
                    Ok(known) => {
                        let known = work.retry.and_then(|key| known.get(&key));
                        let known = known.map_or(&[][..], Vec::as_slice);
                        Ok(decided(DecisionId(seq), work, known))
                    }
                    Err(fault) => Err(fault.shared()),
                });
            }
            Self::Record(Waiting { answer, .. }) => *answer = Some(Ok(())),
            Self::Hold(_) => {}
        }
    }

    fn can_wait(&self) -> bool {
        matches!(self, Self::Record(_))
    }

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
