//! Keeping a message: held for its sender or a reviewer, or until it has been
//! read; and telling those who should hear of it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::message::{Case, counted};
use super::relay::{Pending, Relay};
use super::reply::Reply;
use crate::failpoint;
use crate::finding::Action;
use crate::mail::Envelope;
use crate::notice::{About, Event};
use crate::screen::{Screening, masked_problems, masked_subject, thread};
use crate::store::{Held, NewHold, Reference, Settled, State, StoreError};
use crate::tenant::Tenant;

/// How long a hold waits for somebody to decide.
const HELD_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A sender hears of a message that was read for longer than this.
const SLOW: SignedDuration = SignedDuration::from_mins(10);

/// Holds the message as its verdict says, and answers.
pub(crate) async fn hold(case: &Case<'_>, screening: &Screening) -> Reply {
    match keep(case, screening).await {
        Ok(Some(held)) => {
            case.relay.outbox.notify_one();
            taken(&held.reference)
        }
        Ok(None) => Reply::new(451, "4.4.2 The connection was lost, please try again"),
        Err(error) => case.store_fault(&error),
    }
}

/// The reply to a message that is kept.
pub(crate) fn taken(reference: &Reference) -> Reply {
    Reply::with_text(250, format!("2.0.0 held, reference {reference}"))
}

/// Keeps a message that is still being read.
pub(crate) async fn keep_unread(case: &Case<'_>) -> Result<Held, StoreError> {
    let store = &case.relay.store;
    let body = store
        .save_body(&case.tenant.school.id, &case.message.content)
        .await?;
    store
        .hold(NewHold {
            reference: Reference::random()?,
            decision: case.undecided(),
            envelope: (*case.envelope).clone(),
            thread: Vec::new(),
            body,
            state: State::Reading,
            due: due(case.message.received),
            automatic: false,
            notices: Vec::new(),
        })
        .await
}

/// Waits for a screening in the background, and does as it says. What cannot
/// be screened stays in the state `Reading` for the next start.
pub(crate) async fn settle(
    relay: &Relay,
    tenant: &Tenant,
    envelope: &Envelope,
    reference: &Reference,
    received: Timestamp,
    screening: Pending,
) {
    let screening = match screening.await {
        Ok(screening) => screening,
        Err(error) => {
            tracing::error!(hold = %reference, error = &error as &dyn std::error::Error, "held message not screened");
            return;
        }
    };
    let now = Timestamp::now();
    let mut about = about(
        tenant,
        envelope,
        &screening,
        received,
        Some(reference.clone()),
    );
    let event = match screening.verdict.action {
        Action::Deliver if now.duration_since(received) < SLOW => None,
        Action::Deliver => Some(Event::Released {
            by: "Exeat".to_owned(),
        }),
        Action::Note => Some(Event::Noted),
        Action::Warn => Some(Event::Warned),
        Action::Quarantine | Action::Reject => Some(Event::Quarantined),
    };
    let is_held = screening.verdict.action >= Action::Warn;
    about.due = is_held.then(|| due(now));
    let notices = event.map(|event| tenant.notices(&about, &event, now));
    let settled = Settled {
        action: screening.verdict.action,
        subject: masked_subject(&tenant.school, &screening.reading),
        findings: counted(&screening.verdict.findings),
        problems: masked_problems(&tenant.school, &screening.reading),
        due: due(now),
        thread: thread(&screening.reading.header),
        notices: notices.unwrap_or_default(),
    };
    match relay.store.settle(reference, settled).await {
        Ok(_) => relay.outbox.notify_one(),
        Err(error) => {
            tracing::error!(hold = %reference, error = &error as &dyn std::error::Error, "held message not settled");
        }
    }
}

/// Tells the sender of a message that went out what was noticed in it. The
/// message has gone, so nobody waits for this.
pub(crate) fn note(case: &Case<'_>, screening: &Screening) {
    let about = about(
        &case.tenant,
        &case.envelope,
        screening,
        case.message.received,
        None,
    );
    let now = Timestamp::now();
    let notices = case.tenant.notices(&about, &Event::Noted, now);
    if notices.is_empty() {
        return;
    }
    let relay = Arc::clone(case.relay);
    case.tasks.spawn(async move {
        for notice in &notices {
            match relay.store.queue(notice).await {
                Ok(()) => relay.outbox.notify_one(),
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "notice not queued"
                    );
                }
            }
        }
    });
}

/// When a hold that begins now expires.
pub(crate) fn due(now: Timestamp) -> Timestamp {
    now.checked_add(HELD_FOR).unwrap_or(Timestamp::MAX)
}

async fn keep(case: &Case<'_>, screening: &Screening) -> Result<Option<Held>, StoreError> {
    let store = &case.relay.store;
    let body = store
        .save_body(&case.tenant.school.id, &case.message.content)
        .await?;
    if !case.client_is_there() {
        // It will send the message again; a body that no row needs is swept.
        return Ok(None);
    }
    let reference = Reference::random()?;
    let (state, event) = match screening.verdict.action {
        Action::Quarantine | Action::Reject => (State::AwaitingReviewer, Event::Quarantined),
        _ => (State::AwaitingSender, Event::Warned),
    };
    let now = Timestamp::now();
    let mut about = about(
        &case.tenant,
        &case.envelope,
        screening,
        case.message.received,
        Some(reference.clone()),
    );
    about.due = Some(due(now));
    failpoint::reached("before-hold");
    let held = store
        .hold(NewHold {
            notices: case.tenant.notices(&about, &event, now),
            reference,
            decision: case.decision(screening),
            envelope: (*case.envelope).clone(),
            thread: thread(&screening.reading.header),
            body,
            state,
            due: due(now),
            automatic: screening.reading.header.automatic,
        })
        .await?;
    failpoint::reached("after-hold");
    Ok(Some(held))
}

/// What notices say of the message; masked.
fn about(
    tenant: &Tenant,
    envelope: &Envelope,
    screening: &Screening,
    received: Timestamp,
    reference: Option<Reference>,
) -> About {
    About {
        reference,
        sender: envelope.reverse_path.clone(),
        subject: masked_subject(&tenant.school, &screening.reading),
        received,
        recipients: envelope.recipients.len(),
        findings: counted(&screening.verdict.findings),
        automatic: screening.reading.header.automatic,
        due: None,
    }
}
