//! Sends what Exeat owes: released and spooled mail, notices, delivery
//! reports; and ends holds that nobody decided in time.
//!
//! Claims due mails, sends each through its school's next hop under the
//! envelope that it came with, and reports what came of it to the store. Each
//! recipient has an end of its own. Decides nothing about content.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::failpoint;
use crate::mail::Content;
use crate::notice::{About, Event};
use crate::smtp::Relay;
use crate::smtp::listener::asked_to_stop;
use crate::smtp::next_hop::HopError;
use crate::smtp::pool::Submitted;
use crate::smtp::reply::Reply;
use crate::store::{Claim, Delivery, MailKind, NewMail, StoreError};
use crate::tenant::Tenant;

mod report;

/// Mails that are sent at one time.
const AT_ONCE: usize = 16;
/// How long a claim holds: longer than any send can take before its dot, and
/// from its dot on.
const LEASE: Duration = Duration::from_secs(15 * 60);
/// The wait for a next hop's last word (RFC 5321 section 4.5.3.2.6).
const LAST_WORD: Duration = Duration::from_secs(10 * 60);
/// How often the store is asked without being told to.
const POLL: Duration = Duration::from_secs(15);
/// How long mail is tried (RFC 5321 section 4.5.4.1).
const TRIED_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(5 * 24);

/// Sends until `shutdown` turns true, then ends what is under way.
pub async fn run(relay: Arc<Relay>, mut shutdown: watch::Receiver<bool>) {
    let mut sending = JoinSet::new();
    let wake = relay.outbox();
    loop {
        expire_due(&relay, Timestamp::now()).await;
        let free = u32::try_from(AT_ONCE.saturating_sub(sending.len())).unwrap_or(0);
        if free > 0 {
            match relay.store.claim(LEASE, free).await {
                Ok(claims) => {
                    for claim in claims {
                        let relay = Arc::clone(&relay);
                        sending.spawn(async move { send(&relay, claim).await });
                    }
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "outbox not read");
                }
            }
        }
        tokio::select! {
            () = asked_to_stop(&mut shutdown) => break,
            Some(_) = sending.join_next(), if !sending.is_empty() => {}
            () = wake.notified() => {}
            () = sleep(POLL) => {}
        }
    }
    let drain = Duration::from_secs(relay.snapshot().limits.drain_seconds);
    let drained = timeout(drain, async {
        while sending.join_next().await.is_some() {}
    });
    if drained.await.is_err() {
        // Their leases end, and they are sent again: a second copy is better
        // than none.
        tracing::warn!(mails = sending.len(), "mails cut off at the shutdown");
    }
}

/// Ends the holds whose time is over, and tells of it.
async fn expire_due(relay: &Relay, now: Timestamp) {
    let due = match relay.store.due_holds(now).await {
        Ok(due) => due,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "due holds not read"
            );
            return;
        }
    };
    for hold in due {
        let Some(tenant) = relay.snapshot().tenants.by_id(&hold.school).cloned() else {
            tracing::error!(hold = %hold.reference, school = &*hold.school, "a due hold's school is not configured");
            continue;
        };
        let notices = tenant.notices(&About::from(&hold), &Event::Expired, now);
        match relay.store.expire(&hold.reference, &notices).await {
            Ok(()) => relay.outbox().notify_one(),
            // Somebody decided at the last moment, which is as good.
            Err(StoreError::State { .. }) => {}
            Err(error) => {
                tracing::error!(hold = %hold.reference, error = &error as &dyn std::error::Error, "hold not expired");
            }
        }
    }
}

/// One try at one mail, and its report.
async fn send(relay: &Relay, claim: Claim) {
    let id = claim.id.0;
    let now = Timestamp::now();
    let Some(tenant) = relay.snapshot().tenants.by_id(&claim.school).cloned() else {
        tracing::error!(
            mail = id,
            school = &*claim.school,
            "a mail's school is not configured"
        );
        let later = Delivery::Later {
            reply: "451 4.3.5 school not configured".to_owned(),
        };
        finish(
            relay,
            None,
            &claim,
            &Content::from(Vec::new()),
            vec![later; claim.envelope.recipients.len()],
            now,
        )
        .await;
        return;
    };
    let message = match relay.store.message_of(&claim, &relay.folder).await {
        Ok(message) => message,
        Err(error) => {
            tracing::error!(
                mail = id,
                error = &error as &dyn std::error::Error,
                "mail not read back"
            );
            return;
        }
    };
    match attempt(relay, &tenant, &claim, &message).await {
        Ok(deliveries) => finish(relay, Some(&tenant), &claim, &message, deliveries, now).await,
        Err(error) => {
            tracing::error!(
                mail = id,
                error = &error as &dyn std::error::Error,
                "mail not sent: no leave to"
            );
        }
    }
}

/// What a try comes to for each recipient. An error says that the store did
/// not give leave for the dot, so that nothing was sent.
async fn attempt(
    relay: &Relay,
    tenant: &Tenant,
    claim: &Claim,
    message: &Content,
) -> Result<Vec<Delivery>, StoreError> {
    let envelope = &claim.envelope;
    let all = |delivery: Delivery| vec![delivery; envelope.recipients.len()];
    let submitted = relay
        .hops
        .submit(&tenant.next_hop, envelope, Some(message.size()))
        .await;
    let Submitted {
        mut connection,
        mail,
        recipients,
    } = match submitted {
        Ok(submitted) => submitted,
        Err(error) => return Ok(all(lost(claim, &error))),
    };
    if !mail.is_positive() {
        relay.hops.give_back(connection).await;
        return Ok(all(refused(&mail)));
    }
    if !recipients.iter().any(Reply::is_positive) {
        relay.hops.give_back(connection).await;
        return Ok(recipients.iter().map(refused).collect());
    }
    // Those it refused keep its answer; the others share the message's.
    let each = |delivery: Delivery| {
        recipients
            .iter()
            .map(|reply| {
                if reply.is_positive() {
                    delivery.clone()
                } else {
                    refused(reply)
                }
            })
            .collect()
    };
    match connection.data().await {
        Ok(reply) if reply.code() == 354 => {}
        Ok(reply) => {
            relay.hops.give_back(connection).await;
            return Ok(each(refused(&reply)));
        }
        Err(error) => return Ok(each(lost(claim, &error))),
    }
    if let Err(error) = connection.body(message).await {
        return Ok(each(lost(claim, &error)));
    }
    failpoint::reached("outbox-before-dot");
    relay.store.before_dot(claim).await?;
    if let Err(error) = connection.end_body().await {
        return Ok(each(lost(claim, &error)));
    }
    match connection.final_reply(Instant::now() + LAST_WORD).await {
        Ok(reply) => {
            failpoint::reached("outbox-after-reply");
            let delivery = if reply.is_positive() {
                Delivery::Sent {
                    reply: reply.to_string(),
                }
            } else {
                refused(&reply)
            };
            relay.hops.keep(connection);
            Ok(each(delivery))
        }
        Err(error @ HopError::Unwilling(_)) => Ok(each(lost(claim, &error))),
        Err(error) => {
            tracing::error!(mail = claim.id.0, %error, "reply to a mail lost");
            Ok(each(Delivery::ReplyLost))
        }
    }
}

fn refused(reply: &Reply) -> Delivery {
    let text = reply.to_string();
    if reply.is_permanent() {
        Delivery::Failed { reply: text }
    } else {
        Delivery::Later { reply: text }
    }
}

/// The next hop was not reached, or lost before it could have the message.
fn lost(claim: &Claim, error: &HopError) -> Delivery {
    tracing::warn!(mail = claim.id.0, %error, "mail not sent, to be tried again");
    let reply = match error {
        HopError::Unwilling(reply) => reply.to_string(),
        HopError::NoTls => format!("451 4.7.4 {error}"),
        HopError::Tls(_) | HopError::NoAuthority(_) => format!("451 4.7.5 {error}"),
        _ => format!("451 4.4.1 {error}"),
    };
    Delivery::Later { reply }
}

/// Reports the try, and what follows from it.
async fn finish(
    relay: &Relay,
    tenant: Option<&Tenant>,
    claim: &Claim,
    message: &Content,
    deliveries: Vec<Delivery>,
    now: Timestamp,
) {
    let deliveries = end_of_patience(deliveries, claim.created, now);
    let failed = deliveries
        .iter()
        .filter(|delivery| matches!(delivery, Delivery::Failed { .. }));
    let failed = failed.count();
    let mut follow_ups = Vec::new();
    if failed > 0 {
        tracing::error!(
            mail = claim.id.0,
            kind = claim.kind.as_str(),
            hold = claim.hold.as_ref().map(tracing::field::display),
            recipients = failed,
            "mail given up"
        );
        follow_ups.extend(
            tenant.and_then(|tenant| {
                delivery_report(relay, tenant, claim, message, &deliveries, now)
            }),
        );
    }
    let reported = relay
        .store
        .report(claim, &deliveries, retry_in(claim.attempts), &follow_ups)
        .await;
    match reported {
        Ok(()) if follow_ups.is_empty() => {}
        Ok(()) => relay.outbox().notify_one(),
        Err(error) => {
            tracing::error!(
                mail = claim.id.0,
                error = &error as &dyn std::error::Error,
                "try not reported"
            );
        }
    }
}

/// The report to the sender of a message; none on notices and reports, which
/// must never be answered by more of their kind.
fn delivery_report(
    relay: &Relay,
    tenant: &Tenant,
    claim: &Claim,
    message: &Content,
    deliveries: &[Delivery],
    now: Timestamp,
) -> Option<NewMail> {
    if claim.kind != MailKind::Release {
        return None;
    }
    let mail = report::compose(&relay.hostname, tenant, claim, message, deliveries, now)?;
    Some(NewMail {
        school: Arc::clone(&claim.school),
        kind: MailKind::Report,
        envelope: mail.0,
        message: mail.1,
        hold: claim.hold.clone(),
    })
}

/// Turns tries to come into failures once mail has been tried for long
/// enough.
fn end_of_patience(deliveries: Vec<Delivery>, created: Timestamp, now: Timestamp) -> Vec<Delivery> {
    if now.duration_since(created) < TRIED_FOR {
        return deliveries;
    }
    let ended = |delivery| match delivery {
        Delivery::Later { reply } => Delivery::Failed { reply },
        other => other,
    };
    deliveries.into_iter().map(ended).collect()
}

/// The pause after a try: a minute at first, in the end an hour.
fn retry_in(attempts: u32) -> Duration {
    const MINUTES: [u64; 7] = [1, 2, 4, 8, 15, 30, 60];
    let index = usize::try_from(attempts)
        .unwrap_or(usize::MAX)
        .min(MINUTES.len() - 1);
    Duration::from_secs(60 * MINUTES[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_grow_rarer_and_never_end_in_silence() {
        let minutes = |attempts| retry_in(attempts).as_secs() / 60;
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 6, 7, 1000].map(minutes),
            [1, 2, 4, 8, 15, 30, 60, 60, 60]
        );
    }

    #[test]
    fn after_five_days_what_is_not_sent_has_failed() {
        let created = Timestamp::UNIX_EPOCH;
        let later = Delivery::Later {
            reply: "451 later".to_owned(),
        };
        let sent = Delivery::Sent {
            reply: "250 fine".to_owned(),
        };
        let tried = vec![later.clone(), sent.clone(), Delivery::ReplyLost];
        let hours = |hours| created + jiff::SignedDuration::from_hours(hours);
        assert_eq!(end_of_patience(tried.clone(), created, hours(119)), tried);
        let failed = Delivery::Failed {
            reply: "451 later".to_owned(),
        };
        assert_eq!(
            end_of_patience(tried, created, hours(120)),
            [failed, sent, Delivery::ReplyLost]
        );
    }

    #[test]
    fn only_a_5xx_fails_at_once() {
        let failed = |code| matches!(refused(&Reply::new(code, "text")), Delivery::Failed { .. });
        assert!(failed(550) && failed(554));
        assert!(!failed(451) && !failed(421) && !failed(354));
    }
}
