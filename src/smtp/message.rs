//! What becomes of a message once it has come: screened, then handed to the
//! next hop, held, spooled, refused, or read on in the background.
//!
//! The answer that comes out is the client's, and a 2xx says that the message
//! is safe: the next hop has said so, or the store has committed it. Every
//! fault of Exeat's own ends in a 451.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::client::NextHopDown;
use super::delivery;
use super::hold;
use super::refusal;
use super::relay::{NO_SCHOOL, Pending, Relay, Standing, Tasks};
use super::reply::Reply;
use super::share::Share;
use super::stream::{Peeked, Stream};
use super::transaction::{Hop, Transaction};
use crate::extract::{Header, Reading};
use crate::finding::{Action, Problem};
use crate::mail::{Address, Content, Envelope, header};
use crate::policy::{Judged, Verdict};
use crate::screen::{Screening, masked_problems, masked_subject};
use crate::store::{Decision, Outcome, RetryKey, StoreError};
use crate::tenant::Tenant;

/// A message as DATA gave it, its trace field on top.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) content: Content,
    /// The client, or the one that it speaks for.
    pub(crate) from: IpAddr,
    /// Bytes of the trace field.
    pub(crate) trace: usize,
    /// Trace fields of earlier passages.
    pub(crate) own_traces: usize,
    pub(crate) received: Timestamp,
    /// When DATA was given, and when its end came.
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
    /// What it takes of all that may be under way, until it is dealt with.
    pub(crate) share: Share,
}

/// What the steps after screening have in common.
pub(crate) struct Case<'a> {
    pub(crate) relay: &'a Arc<Relay>,
    pub(crate) tasks: &'a Tasks,
    pub(crate) client: &'a Stream,
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) envelope: Arc<Envelope>,
    pub(crate) message: Collected,
    /// The client cannot try again: what the next hop cannot take now goes
    /// into the outbox.
    pub(crate) spools: bool,
    /// A bypass is in force: nobody looks at the message.
    pub(crate) unscreened: bool,
}

pub(crate) const TROUBLE: Reply = Reply::new(
    451,
    "4.3.0 This server has trouble of its own, please try again later",
);
pub(crate) const FULL: Reply = Reply::new(
    452,
    "4.3.1 This server has no room left, please try again later",
);

/// Answers the message.
pub(crate) async fn finish(
    mut transaction: Transaction,
    relay: &Arc<Relay>,
    tasks: &Tasks,
    client: &Stream,
    message: Collected,
) -> Reply {
    if let Err(reply) = choose_school(&mut transaction, relay, &message).await {
        transaction.give_back(relay).await;
        return reply;
    }
    let limits = transaction.snapshot.limits;
    let school = &transaction.tenant.school.id;
    let case = Case {
        unscreened: relay.bypasses.is_open(school, Timestamp::now()),
        relay,
        tasks,
        client,
        tenant: Arc::clone(&transaction.tenant),
        spools: transaction.client.when_next_hop_is_down == NextHopDown::Spool,
        envelope: Arc::new(std::mem::replace(
            &mut transaction.envelope,
            Envelope::new(None, []),
        )),
        message,
    };
    if case.unscreened {
        return case.pass(transaction.hop).await;
    }
    let mut screening = relay.screen(
        Arc::clone(&case.tenant),
        Arc::clone(&case.envelope),
        case.message.content.clone(),
        case.message.received,
    );
    let screened = loop {
        let is_live = transaction.is_live();
        tokio::select! {
            biased;
            screened = &mut screening => break screened,
            () = sleep_until(case.message.began + limits.give_back()), if is_live => {
                transaction.give_back(relay).await;
            }
            () = sleep_until(case.message.ended + limits.screen()) => {
                transaction.give_back(relay).await;
                return case.read_later(screening).await;
            }
        }
    };
    let screening = match screened {
        Ok(screening) => screening,
        Err(error) => {
            tracing::error!(
                school = &*case.tenant.school.id,
                error = &error as &dyn std::error::Error,
                "message not screened"
            );
            transaction.give_back(relay).await;
            return TROUBLE;
        }
    };
    let action = match screening.verdict.action {
        held if held >= Action::Warn && case.was_released(&screening).await => Action::Deliver,
        action => action,
    };
    let reply = match action {
        Action::Deliver | Action::Note => {
            delivery::deliver(&case, transaction.hop, &screening).await
        }
        Action::Warn | Action::Quarantine => {
            transaction.give_back(relay).await;
            hold::hold(&case, &screening).await
        }
        Action::Reject => {
            transaction.give_back(relay).await;
            case.reject(&screening).await
        }
    };
    tracing::info!(
        school = &*case.tenant.school.id,
        client = %case.message.from,
        %action,
        code = reply.code(),
        size = case.message.content.size(),
        ms = case.message.ended.elapsed().as_millis(),
        "message answered"
    );
    reply
}

/// Lets the header section have its say where the reverse path had none, and
/// moves the transaction to that school's next hop.
async fn choose_school(
    transaction: &mut Transaction,
    relay: &Relay,
    message: &Collected,
) -> Result<(), Reply> {
    if transaction.standing == Standing::Named {
        return Ok(());
    }
    let head = message
        .content
        .head(message.trace + header::CAP)
        .map_err(|error| {
            tracing::error!(%error, "message not read back");
            TROUBLE
        })?;
    let section = header::section(&head[message.trace..]);
    if let Some(tenant) = transaction
        .snapshot
        .school_of_header(&transaction.client, section)
    {
        if tenant.next_hop != transaction.tenant.next_hop {
            transaction.give_back(relay).await;
        }
        transaction.tenant = tenant;
        return Ok(());
    }
    match transaction.standing {
        Standing::StandIn => Err(NO_SCHOOL),
        Standing::Named | Standing::Default => Ok(()),
    }
}

impl Case<'_> {
    /// The client is still there to hear the answer. Where it is not, it will
    /// send the message again, so nothing may be sent or kept.
    pub(crate) fn client_is_there(&self) -> bool {
        self.client.peek() != Peeked::Gone
    }

    /// What the journal keeps of the decision.
    pub(crate) fn decision(&self, screening: &Screening) -> Decision {
        let reading = &screening.reading;
        Decision {
            message_id: reading.header.message_id.clone(),
            subject: masked_subject(&self.tenant.school, reading),
            action: screening.verdict.action,
            findings: counted(&screening.verdict.findings),
            problems: self.problems(screening),
            took_ms: u64::try_from(screening.took.as_millis()).unwrap_or(u64::MAX),
            retry: self.retry_key(screening),
            ..self.undecided()
        }
    }

    /// The same for a message that is still being read.
    pub(crate) fn undecided(&self) -> Decision {
        Decision {
            school: Arc::clone(&self.tenant.school.id),
            reverse_path: self.envelope.reverse_path.clone(),
            recipients: self.envelope.addresses().cloned().collect(),
            message_id: None,
            subject: String::new(),
            size: self.message.content.size(),
            action: Action::Deliver,
            findings: Vec::new(),
            problems: Vec::new(),
            took_ms: 0,
            retry: None,
            unscreened: self.unscreened,
        }
    }

    /// Their places may hold a file's name, and so a pupil's.
    pub(crate) fn problems(&self, screening: &Screening) -> Vec<Problem> {
        masked_problems(&self.tenant.school, &screening.reading)
    }

    /// Records what became of a decision, while the client already has its
    /// answer. If that fails the journal says `unknown` at the next start.
    pub(crate) fn record(&self, decision: crate::store::DecisionId, outcome: Outcome) {
        let relay = Arc::clone(self.relay);
        self.tasks.spawn(async move {
            if let Err(error) = relay.store.record(decision, outcome).await {
                tracing::error!(
                    decision = decision.0,
                    error = &error as &dyn std::error::Error,
                    "outcome not recorded"
                );
            }
        });
    }

    /// A message without identity of its own is never taken for a second try:
    /// two scans of one sheet are two messages.
    fn retry_key(&self, screening: &Screening) -> Option<RetryKey> {
        self.key_after(screening, self.message.own_traces)
    }

    /// Whether a loop-back connector brings a message by for the second time
    /// that a person has released since the first: its own trace says that it
    /// was here, and the store knows it by its content and its recipients.
    async fn was_released(&self, screening: &Screening) -> bool {
        let Some(earlier) = self.message.own_traces.checked_sub(1) else {
            return false;
        };
        let Some(key) = self.key_after(screening, earlier) else {
            return false;
        };
        let recipients: Vec<Address> = self.envelope.addresses().cloned().collect();
        match self.relay.store.was_released(key, &recipients).await {
            Ok(released) => released,
            // It is held once more, which loses nothing.
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "released mail not looked up"
                );
                false
            }
        }
    }

    fn key_after(&self, screening: &Screening, own_traces: usize) -> Option<RetryKey> {
        let header = &screening.reading.header;
        if header.message_id.is_none() && header.date.is_none() {
            return None;
        }
        Some(self.relay.store.retry_key(
            &self.tenant.school.id,
            self.envelope.reverse_path.as_ref(),
            header.message_id.as_deref(),
            header.date,
            &screening.reading.digest,
            own_traces,
        ))
    }

    /// Hands the message on as it came: a person has said so, for a time.
    async fn pass(&self, hop: Hop) -> Reply {
        let screening = match unscreened(&self.message) {
            Ok(screening) => screening,
            Err(error) => return self.store_fault(&StoreError::Message(error)),
        };
        let reply = delivery::deliver(self, hop, &screening).await;
        tracing::warn!(
            school = &*self.tenant.school.id,
            client = %self.message.from,
            code = reply.code(),
            size = self.message.content.size(),
            "message passed unscreened"
        );
        reply
    }

    async fn reject(&self, screening: &Screening) -> Reply {
        match self.relay.store.decide(self.decision(screening)).await {
            Ok(decided) => {
                self.record(decided.id, Outcome::Rejected);
                refusal::reply(&screening.verdict, &self.tenant.console_url)
            }
            Err(error) => self.store_fault(&error),
        }
    }

    /// Keeps the message, answers, and reads on.
    async fn read_later(self, screening: Pending) -> Reply {
        match hold::keep_unread(&self).await {
            Ok(held) => {
                let reply = hold::taken(&held.reference);
                if !held.joined {
                    let (relay, tenant, envelope) =
                        (Arc::clone(self.relay), self.tenant, self.envelope);
                    let Collected {
                        received, share, ..
                    } = self.message;
                    self.tasks.spawn(async move {
                        hold::settle(
                            &relay,
                            &tenant,
                            &envelope,
                            &held.reference,
                            received,
                            screening,
                        )
                        .await;
                        drop(share);
                    });
                }
                reply
            }
            Err(error) => self.store_fault(&error),
        }
    }

    pub(crate) fn store_fault(&self, error: &StoreError) -> Reply {
        tracing::error!(
            school = &*self.tenant.school.id,
            error = error as &dyn std::error::Error,
            "store failed, message deferred"
        );
        match error {
            StoreError::Full => FULL,
            _ => TROUBLE,
        }
    }
}

/// What there is to know of a message without reading it: its identity, by
/// which a second try is known.
fn unscreened(message: &Collected) -> std::io::Result<Screening> {
    let head = message.content.head(message.trace + header::CAP)?;
    let section = header::section(head.get(message.trace..).unwrap_or_default());
    let mut hasher = blake3::Hasher::new();
    let mut trace = message.trace;
    for chunk in message.content.chunks() {
        let chunk = chunk?;
        let skipped = trace.min(chunk.len());
        trace -= skipped;
        hasher.update(&chunk[skipped..]);
    }
    Ok(Screening {
        verdict: Verdict::default(),
        reading: Reading {
            header: Header {
                message_id: header::first(section, "Message-ID"),
                ..Header::default()
            },
            digest: hasher.finalize().into(),
            ..Reading::default()
        },
        took: Duration::ZERO,
    })
}

/// Findings that count: what a check let pass is for explanations only.
pub(crate) fn counted(findings: &[Judged]) -> Vec<Judged> {
    let counts = |judged: &&Judged| judged.finding.suppressed.is_none();
    findings.iter().filter(counts).cloned().collect()
}
