//! Handing a message over to the next hop.
//!
//! The order is the whole point. The decision is committed while the body is
//! already on its way; the end of the message, without which the next hop has
//! nothing, is sent only when the commit is durable and the client is still
//! there. What a crash leaves behind at each step:
//! - before the commit: nothing; the client has no reply and sends again;
//! - after it, before the end of the message: a decision without outcome,
//!   which the next start marks `unknown`; the client sends again;
//! - after the end of the message: the next hop may have it, and the client's
//!   second try may bring a second copy. No order of steps avoids that, since
//!   the next hop's reply itself can be lost.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout_at;

use super::hold;
use super::message::{Case, TROUBLE};
use super::next_hop::{Connection, HopError};
use super::reply::Reply;
use super::transaction::{Hop, LOST, is_loss, lost};
use crate::failpoint;
use crate::finding::Action;
use crate::mail::{Address, Envelope};
use crate::screen::Screening;
use crate::store::{Decided, DecisionId, MailKind, NewMail, Outcome, StoreError};

/// What may pass between a client's end of DATA and that to the next hop.
const UNTIL_END: Duration = Duration::from_secs(3 * 60);
/// And until its own reply: clients give up after ten minutes (RFC 5321
/// section 4.5.3.2.6).
const UNTIL_REPLY: Duration = Duration::from_secs(8 * 60);

const CLIENT_GONE: Reply = Reply::new(451, "4.4.2 The connection was lost, please try again");
const RECIPIENT_REFUSED: Reply = Reply::new(
    451,
    "4.5.0 The next mail server has changed its mind about a recipient, please try again",
);
const ALREADY_SENT: Reply = Reply::new(250, "2.0.0 Sent before");

pub(crate) async fn deliver(case: &Case<'_>, hop: Hop, screening: &Screening) -> Reply {
    let live = match hop {
        Hop::Live(connection) => Some(connection),
        Hop::Replay => None,
        Hop::Spool => return decide_and_spool(case, screening).await,
    };
    failpoint::reached("before-decision");
    let decide = case.relay.store.decide(case.decision(screening));
    let until_end = case.message.ended + UNTIL_END;
    let both = async { tokio::join!(decide, start(case, live, &case.envelope)) };
    let Ok((decided, started)) = timeout_at(until_end, both).await else {
        tracing::error!(
            school = &*case.tenant.school.id,
            "neither store nor next hop answered in time"
        );
        return TROUBLE;
    };
    let decided = match decided {
        Ok(decided) => decided,
        // The next hop has no end of the message; its connection just closes.
        Err(error) => return case.store_fault(&error),
    };
    if decided.hold.is_none() && decided.already_sent.is_empty() {
        return conclude(case, screening, decided.id, started, &case.envelope).await;
    }
    // The next hop never got the end of this message: its connection closes.
    drop(started);
    deliver_rest(case, screening, decided).await
}

/// Sends to those recipients only that the first try has not reached.
async fn deliver_rest(case: &Case<'_>, screening: &Screening, decided: Decided) -> Reply {
    let mut envelope = Envelope::clone(&case.envelope);
    envelope
        .recipients
        .retain(|recipient| !decided.already_sent.contains(&recipient.address));
    let nobody = |reply: &Reply| Outcome::Accepted {
        recipients: Vec::new(),
        reply: reply.to_string(),
    };
    if envelope.recipients.is_empty() {
        case.record(decided.id, nobody(&ALREADY_SENT));
        return ALREADY_SENT;
    }
    if decided.hold.is_some() {
        // The message was held before; the one hold gets its new recipients.
        let reply = hold::hold(case, screening).await;
        case.record(decided.id, nobody(&reply));
        return reply;
    }
    let until_end = case.message.ended + UNTIL_END;
    let started = timeout_at(until_end, start(case, None, &envelope))
        .await
        .unwrap_or(Err(LOST));
    conclude(case, screening, decided.id, started, &envelope).await
}

/// Brings the next hop to where only the end of the message is missing. An
/// error is the client's answer.
async fn start(
    case: &Case<'_>,
    live: Option<Connection>,
    envelope: &Envelope,
) -> Result<Connection, Reply> {
    let mut connection = match live {
        Some(connection) => connection,
        None => replay(case, envelope).await?,
    };
    let lost = |error: HopError| {
        tracing::warn!(next_hop = case.tenant.next_hop.address, %error, "next hop lost before the end of a message");
        LOST
    };
    let answer = connection.data().await.map_err(lost)?;
    if answer.code() != 354 {
        case.relay.hops.give_back(connection).await;
        return Err(refusal(answer));
    }
    connection.body(&case.message.content).await.map_err(lost)?;
    Ok(connection)
}

/// Says the envelope anew, where the connection that heard it is gone.
async fn replay(case: &Case<'_>, envelope: &Envelope) -> Result<Connection, Reply> {
    let size = case.message.content.size();
    let hops = &case.relay.hops;
    let submitted = match hops
        .submit(&case.tenant.next_hop, envelope, Some(size))
        .await
    {
        Ok(submitted) => submitted,
        Err(error) => {
            tracing::warn!(next_hop = case.tenant.next_hop.address, %error, "next hop lost");
            return Err(lost(&error).unwrap_or(LOST));
        }
    };
    let refused = if !submitted.mail.is_positive() {
        refusal(submitted.mail)
    } else if !submitted.recipients.iter().all(Reply::is_positive) {
        // It took them all before, so this may pass; and if not, the client's
        // next try hears it at RCPT.
        RECIPIENT_REFUSED
    } else {
        return Ok(submitted.connection);
    };
    hops.give_back(submitted.connection).await;
    Err(refused)
}

/// Sends the end of the message, and answers as the next hop does.
async fn conclude(
    case: &Case<'_>,
    screening: &Screening,
    decision: DecisionId,
    started: Result<Connection, Reply>,
    envelope: &Envelope,
) -> Reply {
    let mut connection = match started {
        Ok(connection) => connection,
        Err(reply) if case.spools && is_loss(&reply) => {
            return spool(case, screening, decision, envelope).await;
        }
        Err(reply) => {
            let outcome = Outcome::RefusedByNextHop {
                reply: reply.to_string(),
            };
            case.record(decision, outcome);
            return reply;
        }
    };
    if !case.client_is_there() {
        case.record(decision, Outcome::ClientGone);
        return CLIENT_GONE;
    }
    failpoint::reached("before-dot");
    if let Err(error) = connection.end_body().await {
        tracing::warn!(next_hop = case.tenant.next_hop.address, %error, "next hop lost before the end of a message");
        case.record(
            decision,
            Outcome::RefusedByNextHop {
                reply: LOST.to_string(),
            },
        );
        return LOST;
    }
    match connection
        .final_reply(case.message.ended + UNTIL_REPLY)
        .await
    {
        Ok(reply) if reply.is_positive() => {
            failpoint::reached("after-next-hop-reply");
            case.relay.hops.keep(connection);
            let recipients: Vec<Address> = envelope.addresses().cloned().collect();
            case.record(
                decision,
                Outcome::Accepted {
                    recipients,
                    reply: reply.to_string(),
                },
            );
            if screening.verdict.action == Action::Note {
                hold::note(case, screening);
            }
            reply
        }
        Ok(reply) => {
            case.record(
                decision,
                Outcome::RefusedByNextHop {
                    reply: reply.to_string(),
                },
            );
            case.relay.hops.give_back(connection).await;
            refusal(reply)
        }
        // A 421 says that it has not taken the message.
        Err(HopError::Unwilling(reply)) => {
            case.record(
                decision,
                Outcome::RefusedByNextHop {
                    reply: reply.to_string(),
                },
            );
            refusal(reply)
        }
        Err(error) => {
            tracing::error!(decision = decision.0, next_hop = case.tenant.next_hop.address, %error, "reply to a message lost");
            case.record(decision, Outcome::ReplyLost);
            LOST
        }
    }
}

/// What the client hears of a next hop's refusal: the same, unless it would
/// say something else here. A 421 ends a connection, and no 2xx or 3xx may
/// pass for a refusal.
fn refusal(reply: Reply) -> Reply {
    match reply.code() {
        421 => reply.with_code(451),
        400..600 => reply,
        _ => LOST,
    }
}

/// Spools without a try: at MAIL the next hop was down already.
async fn decide_and_spool(case: &Case<'_>, screening: &Screening) -> Reply {
    let decided = match case.relay.store.decide(case.decision(screening)).await {
        Ok(decided) => decided,
        Err(error) => return case.store_fault(&error),
    };
    let mut envelope = Envelope::clone(&case.envelope);
    envelope
        .recipients
        .retain(|recipient| !decided.already_sent.contains(&recipient.address));
    if envelope.recipients.is_empty() {
        let outcome = Outcome::Accepted {
            recipients: Vec::new(),
            reply: ALREADY_SENT.to_string(),
        };
        case.record(decided.id, outcome);
        return ALREADY_SENT;
    }
    spool(case, screening, decided.id, &envelope).await
}

/// Puts the message into the outbox: the next hop is down, and the client
/// could not try again.
async fn spool(
    case: &Case<'_>,
    screening: &Screening,
    decision: DecisionId,
    envelope: &Envelope,
) -> Reply {
    const SPOOLED: Reply = Reply::new(
        250,
        "2.0.0 Taken, to be sent when the next mail server is back",
    );
    let message = match case.message.content.to_vec() {
        Ok(message) => message,
        Err(error) => return case.store_fault(&StoreError::Message(error)),
    };
    let mail = NewMail {
        school: Arc::clone(&case.tenant.school.id),
        kind: MailKind::Release,
        envelope: envelope.clone(),
        message,
        hold: None,
    };
    if let Err(error) = case.relay.store.queue(&mail).await {
        return case.store_fault(&error);
    }
    case.relay.outbox.notify_one();
    let outcome = Outcome::Accepted {
        recipients: Vec::new(),
        reply: SPOOLED.to_string(),
    };
    case.record(decision, outcome);
    if screening.verdict.action == Action::Note {
        hold::note(case, screening);
    }
    SPOOLED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_hears_of_a_refusal_as_the_next_hop_put_it() {
        let check = |code: u16, expected: u16| {
            assert_eq!(refusal(Reply::new(code, "text")).code(), expected);
        };
        check(550, 550);
        check(452, 452);
        check(421, 451);
        check(250, 451);
        check(354, 451);
    }

    #[test]
    fn the_client_is_answered_before_it_gives_up() {
        assert!(UNTIL_END < UNTIL_REPLY && UNTIL_REPLY < Duration::from_secs(10 * 60));
    }
}
