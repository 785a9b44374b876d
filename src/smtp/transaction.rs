//! A transaction from MAIL to DATA: the envelope, passed live to the next hop
//! of its school, whose answers are the client's.
//!
//! What becomes of the message is decided elsewhere; here nothing is judged
//! but the choice of the school.

use std::sync::Arc;

use super::client::{Client, NextHopDown};
use super::command::{Mail, Parameters, Rcpt};
use super::next_hop::{Connection, HopError, WINDOW, missing};
use super::relay::{Relay, Snapshot, Standing};
use super::reply::Reply;
use super::session::{NO_MAIL, Session};
use crate::mail::{Address, Envelope, Recipient};
use crate::tenant::Tenant;

/// What the trace field adds to the size that a client declares, in bytes.
const TRACE_ROOM: u64 = 1024;

#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) client: Arc<Client>,
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) standing: Standing,
    /// With the recipients that were accepted.
    pub(crate) envelope: Envelope,
    /// The size that the client declared.
    declared: Option<u64>,
    pub(crate) hop: Hop,
    /// Passed on, and not answered yet.
    asked: Vec<Asked>,
}

/// How the next hop will get the message.
#[derive(Debug)]
pub(crate) enum Hop {
    /// It heard the envelope, and waits for DATA.
    Live(Connection),
    /// It will hear the envelope anew: its connection was given back or lost.
    Replay,
    /// It is down, and the outbox will get the message.
    Spool,
}

#[derive(Debug)]
enum Asked {
    Mail,
    Rcpt(Recipient),
}

const DOWN: Reply = Reply::new(
    451,
    "4.4.1 The next mail server cannot be reached, please try again later",
);
const NO_TLS: Reply = Reply::new(
    451,
    "4.7.4 The next mail server offers no encryption, without which nothing is sent to it; please try again later",
);
const BAD_TLS: Reply = Reply::new(
    451,
    "4.7.5 The next mail server could not show who it is, please try again later",
);
pub(crate) const LOST: Reply = Reply::new(
    451,
    "4.4.2 The next mail server was lost, please try again later",
);
const STRANGE: Reply = Reply::new(
    451,
    "4.5.0 The next mail server gave a strange answer, please try again later",
);
const SENDER_FINE: Reply = Reply::new(250, "2.1.0 Sender taken");
const RECIPIENT_FINE: Reply = Reply::new(250, "2.1.5 Recipient taken");

impl Transaction {
    /// Chooses the school, and queues MAIL for its next hop. An error is the
    /// answer to MAIL.
    pub(crate) async fn begin(
        relay: &Relay,
        snapshot: Arc<Snapshot>,
        client: Arc<Client>,
        mail: Mail<'_>,
    ) -> Result<Self, Reply> {
        let reverse_path = mail.reverse_path.and_then(|path| path.address);
        let (tenant, standing) = snapshot.school_of_sender(&client, reverse_path.as_ref())?;
        let declared = declared_size(mail.parameters);
        let mut transaction = Self {
            snapshot,
            client,
            standing,
            envelope: Envelope {
                reverse_path,
                mail_parameters: words(
                    mail.parameters
                        .words()
                        .filter(|word| !word.split('=').next().is_some_and(is_size)),
                ),
                recipients: Vec::new(),
            },
            declared,
            hop: Hop::Replay,
            asked: vec![Asked::Mail],
            tenant,
        };
        match relay.hops.take(&transaction.tenant.next_hop).await {
            Ok(connection) => transaction.attach(relay, connection)?,
            Err(error) => transaction.down(&error)?,
        }
        Ok(transaction)
    }

    /// Queues RCPT.
    pub(crate) fn rcpt(&mut self, rcpt: Rcpt<'_>) {
        let recipient = Recipient {
            path: rcpt.path.text.to_owned(),
            parameters: words(rcpt.parameters.words()),
            address: rcpt.path.address.unwrap_or_else(|| self.postmaster()),
        };
        if let Hop::Live(connection) = &mut self.hop {
            connection.queue_rcpt(&recipient);
        }
        self.asked.push(Asked::Rcpt(recipient));
    }

    /// Whether what is queued has to be answered before more may come.
    pub(crate) fn must_settle(&self) -> bool {
        match &self.hop {
            Hop::Live(connection) => connection.is_lockstep() || self.asked.len() >= WINDOW,
            Hop::Replay | Hop::Spool => true,
        }
    }

    /// Sends what is queued, and hands the answers on in their order.
    pub(crate) async fn settle(&mut self, relay: &Relay, session: &mut Session, out: &mut Vec<u8>) {
        if self.asked.is_empty() {
            return;
        }
        let mut answers = self.answers(relay).await.into_iter();
        for asked in std::mem::take(&mut self.asked) {
            let mut answer = answers.next().unwrap_or(LOST);
            if answer.code() / 100 == 3 {
                answer = STRANGE;
            }
            match asked {
                Asked::Mail => session.mail_answered(answer.is_positive()),
                // A next hop that refused MAIL and takes its recipients.
                Asked::Rcpt(_) if !session.is_open() => {
                    if answer.is_positive() {
                        answer = NO_MAIL;
                    }
                }
                Asked::Rcpt(recipient) => {
                    session.rcpt_answered(answer.is_positive());
                    if answer.is_positive() {
                        self.envelope.recipients.push(recipient);
                    }
                }
            }
            answer.write_to(out);
        }
    }

    /// Whether a next hop's connection waits for the message.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.hop, Hop::Live(_))
    }

    /// Gives the next hop's connection back, before the message goes or
    /// because it will not.
    pub(crate) async fn give_back(&mut self, relay: &Relay) {
        if !self.is_live() {
            return;
        }
        if let Hop::Live(connection) = std::mem::replace(&mut self.hop, Hop::Replay) {
            relay.hops.give_back(connection).await;
        }
    }

    async fn answers(&mut self, relay: &Relay) -> Vec<Reply> {
        let mut answers = Vec::with_capacity(self.asked.len());
        match &mut self.hop {
            Hop::Spool => return self.asked.iter().map(taken).collect(),
            Hop::Replay => return answers,
            Hop::Live(connection) => {
                let Err(error) = read(connection, self.asked.len(), &mut answers).await else {
                    return answers;
                };
                tracing::info!(next_hop = self.tenant.next_hop.address, %error, "next hop lost during an envelope");
                // A kept connection that has ended meanwhile: nothing has been
                // answered, so a new one may hear it all again.
                let was_kept = connection.uses() > 1;
                let untold = answers.is_empty() && matches!(self.asked.first(), Some(Asked::Mail));
                self.hop = Hop::Replay;
                if !(was_kept && untold && error.is_loss()) {
                    return answers;
                }
            }
        }
        let attached = match relay.hops.connect(&self.tenant.next_hop).await {
            Ok(connection) => self.attach(relay, connection),
            Err(error) => self.down(&error),
        };
        if let Err(reply) = attached {
            return vec![reply; self.asked.len()];
        }
        match &mut self.hop {
            Hop::Spool => return self.asked.iter().map(taken).collect(),
            Hop::Replay => {}
            Hop::Live(connection) => {
                for asked in &self.asked {
                    if let Asked::Rcpt(recipient) = asked {
                        connection.queue_rcpt(recipient);
                    }
                }
                if read(connection, self.asked.len(), &mut answers)
                    .await
                    .is_err()
                {
                    self.hop = Hop::Replay;
                }
            }
        }
        answers
    }

    /// Queues MAIL on a connection, if it can carry what the client asks for.
    fn attach(&mut self, relay: &Relay, mut connection: Connection) -> Result<(), Reply> {
        if let Some(reply) = missing(connection.extensions(), &self.envelope) {
            relay.hops.keep(connection);
            return Err(reply);
        }
        let size = self.declared.map(|size| size.saturating_add(TRACE_ROOM));
        connection.queue_mail(&self.envelope, size);
        self.hop = Hop::Live(connection);
        Ok(())
    }

    fn down(&mut self, error: &HopError) -> Result<(), Reply> {
        tracing::warn!(next_hop = self.tenant.next_hop.address, %error, "next hop not reached");
        match self.client.when_next_hop_is_down {
            NextHopDown::Defer => Err(lost(error).unwrap_or(DOWN)),
            NextHopDown::Spool => {
                self.hop = Hop::Spool;
                Ok(())
            }
        }
    }

    /// Whom `postmaster` without a domain means (RFC 5321 section 4.5.1).
    fn postmaster(&self) -> Address {
        let domain = self
            .tenant
            .school
            .domains
            .first()
            .map_or("localhost", |domain| domain.as_str());
        format!("postmaster@{domain}")
            .parse()
            .expect("a domain makes an address of postmaster")
    }
}

/// The size that a client says its message has (RFC 1870).
pub(crate) fn declared_size(parameters: Parameters<'_>) -> Option<u64> {
    let mut parameters = parameters.iter();
    let (_, size) = parameters.find(|(key, _)| is_size(key))?;
    size?.parse().ok()
}

fn is_size(key: &str) -> bool {
    key.eq_ignore_ascii_case("SIZE")
}

/// What the client hears where it is not the network that failed.
pub(crate) fn lost(error: &HopError) -> Option<Reply> {
    match error {
        HopError::NoTls => Some(NO_TLS),
        HopError::Tls(_) | HopError::NoAuthority(_) => Some(BAD_TLS),
        _ => None,
    }
}

/// Whether a reply says that the next hop could not be reached, or was lost.
pub(crate) fn is_loss(reply: &Reply) -> bool {
    [&LOST, &NO_TLS, &BAD_TLS].contains(&reply)
}

async fn read(
    connection: &mut Connection,
    count: usize,
    answers: &mut Vec<Reply>,
) -> Result<(), HopError> {
    connection.flush().await?;
    for _ in 0..count {
        answers.push(connection.command_reply().await?);
    }
    Ok(())
}

fn taken(asked: &Asked) -> Reply {
    match asked {
        Asked::Mail => SENDER_FINE,
        Asked::Rcpt(_) => RECIPIENT_FINE,
    }
}

fn words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(" ")
}
