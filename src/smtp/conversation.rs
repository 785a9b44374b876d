//! One client's connection: reads commands, writes replies, collects
//! messages. What a command means is [`session`](super::session)'s business,
//! what becomes of a message that of `message` beside it.
//!
//! One task, one read buffer and one write buffer a session. Replies gather
//! in the write buffer until there is nothing left to read, so a pipelined
//! transaction is answered in one write (RFC 2920 section 3.2).

mod content;
mod standing;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::client::Client;
use super::collect::{Collecting, SMALL, TOO_SLOW};
use super::command::Command;
use super::line::{self, Line};
use super::listener::asked_to_stop;
use super::proxied::Origin;
use super::relay::{Relay, Snapshot, Tasks};
use super::reply::Reply;
use super::session::{Session, Step};
use super::stream::Stream;
use super::transaction::Transaction;

pub(crate) use standing::take_handshake;

/// What a client is given to take a reply.
const WRITE: Duration = Duration::from_secs(60);
/// Replies that are gathered at most before they are written, in bytes.
const GATHERED: usize = 16 * 1024;

const NOTED: Reply = Reply::new(250, "2.0.0 Noted");
const SHUTDOWN: Reply = Reply::new(421, "4.3.2 This server is shutting down");
const TIMED_OUT: Reply = Reply::new(421, "4.4.2 Waited too long, closing");
const SESSION_OVER: Reply = Reply::new(
    421,
    "4.4.2 This session has lasted long enough, please connect again",
);
const LINE_TOO_LONG: Reply = Reply::new(500, "5.5.2 This line is too long");
const LINE_BROKEN: Reply = Reply::new(
    500,
    "5.5.2 Lines end with CRLF, and hold no CR, LF or NUL; closing",
);

/// Why a conversation ends.
#[derive(Debug)]
pub(crate) enum End {
    /// With a last reply.
    Reply(Reply),
    /// The client has gone, or broke the connection.
    Lost,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Lost
    }
}

/// Talks to one client until it goes.
pub(crate) async fn converse(
    relay: Arc<Relay>,
    tasks: Tasks,
    stream: Stream,
    address: IpAddr,
    shutdown: watch::Receiver<bool>,
) {
    let snapshot = relay.snapshot();
    if !snapshot.knows(address) {
        tracing::warn!(%address, "connection refused: no entry in clients");
        refuse(stream, &stranger(address)).await;
        return;
    }
    let mut session = Session::default();
    if stream.is_encrypted() {
        session.encrypted();
    }
    let mut conversation = Conversation {
        ends: Instant::now() + snapshot.limits.session(),
        relay,
        tasks,
        stream,
        peer: address,
        instead: None,
        account: None,
        forwarded: Origin::default(),
        shutdown,
        snapshot,
        client: None,
        session,
        transaction: None,
        chunks: None,
        inbox: BytesMut::with_capacity(SMALL),
        outbox: Vec::with_capacity(1024),
    };
    conversation.choose_client();
    let Err(end) = conversation.run().await;
    conversation.close(end).await;
}

/// Says one reply to a client that will not be served.
pub(crate) async fn refuse(mut stream: Stream, reply: &Reply) {
    let mut out = Vec::new();
    reply.write_to(&mut out);
    // It is not waited for: one write into an empty buffer does not block.
    let _ = timeout(Duration::from_secs(1), stream.write_all(&out)).await;
}

fn stranger(address: IpAddr) -> Reply {
    Reply::with_text(
        554,
        format!(
            "5.7.1 {address} may not send through this server; its network has to be added to \"clients\" in the configuration"
        ),
    )
}

struct Conversation {
    relay: Arc<Relay>,
    tasks: Tasks,
    stream: Stream,
    /// The other end of the connection.
    peer: IpAddr,
    /// Whom it speaks for, if it is a proxy and has said so.
    instead: Option<IpAddr>,
    /// The account by which it has signed in.
    account: Option<String>,
    /// Whose the next message is, if it is a proxy and has said so.
    forwarded: Origin,
    shutdown: watch::Receiver<bool>,
    /// As of the last EHLO or MAIL.
    snapshot: Arc<Snapshot>,
    /// Its entry; `None` while it has to show more of itself.
    client: Option<Arc<Client>>,
    session: Session,
    transaction: Option<Transaction>,
    /// Its message, of which some chunks have come.
    chunks: Option<Collecting>,
    inbox: BytesMut,
    outbox: Vec<u8>,
    /// When the session has to end.
    ends: Instant,
}

enum Never {}

impl Conversation {
    async fn run(&mut self) -> Result<Never, End> {
        self.greeting().write_to(&mut self.outbox);
        // The time for a command runs from the reply before it to its end.
        let mut deadline = None;
        loop {
            let limit = self.snapshot.limits.line;
            match line::take(&mut self.inbox, limit) {
                Line::Whole(line) => {
                    deadline = None;
                    self.command(&line).await?;
                }
                Line::Partial => {
                    self.settle().await;
                    self.flush().await?;
                    let wait = self.snapshot.limits.command();
                    self.await_command(*deadline.get_or_insert_with(|| Instant::now() + wait))
                        .await?;
                }
                Line::TooLong => {
                    while !line::skip(&mut self.inbox) {
                        let wait = self.snapshot.limits.command();
                        self.await_command(*deadline.get_or_insert_with(|| Instant::now() + wait))
                            .await?;
                    }
                    self.settle().await;
                    let step = self.session.fault(LINE_TOO_LONG, &self.snapshot.limits);
                    self.act(step).await?;
                }
                Line::Broken => {
                    self.settle().await;
                    return Err(End::Reply(LINE_BROKEN));
                }
            }
            if self.outbox.len() > GATHERED {
                self.flush().await?;
            }
        }
    }

    fn greeting(&self) -> Reply {
        Reply::with_text(220, format!("{} ESMTP Exeat", self.relay.hostname))
    }

    async fn command(&mut self, line: &[u8]) -> Result<(), End> {
        let slow = |chunks: &Collecting| chunks.is_too_slow(self.inbox.len());
        if self.chunks.as_ref().is_some_and(slow) {
            return Err(End::Reply(TOO_SLOW));
        }
        if self.session.awaits_response() {
            let step = self.session.response(line, &self.snapshot.limits);
            return self.act(step).await;
        }
        let command = Command::parse(line);
        // Only recipients may follow an answer that has not come yet.
        if !matches!(command, Ok(Command::Rcpt(_))) {
            self.settle().await;
        }
        if matches!(command, Ok(Command::Mail(_) | Command::Ehlo(_))) {
            self.refresh()?;
        }
        let step = self.session.take(command, &self.snapshot.limits);
        self.act(step).await
    }

    async fn act(&mut self, step: Step<'_>) -> Result<(), End> {
        match step {
            Step::Answer(reply) => self.answer(&reply).await,
            Step::Reset(reply) => {
                self.drop_transaction().await;
                self.forwarded = Origin::default();
                self.answer(&reply).await;
            }
            Step::Promise => {
                self.drop_transaction().await;
                self.forwarded = Origin::default();
                let client = self.client.as_deref();
                let mut promised = self.snapshot.promise(client, &self.relay.hops);
                promised.require_tls &= self.session.is_encrypted();
                self.session.offer_sign_in(self.snapshot.may_sign_in());
                promised.auth = self.session.offers_sign_in();
                self.session.promise(promised);
                self.session.offer_tls(self.snapshot.tls.is_some());
                let mut text = promised.announce(&self.relay.hostname);
                for keyword in self.session.own_keywords() {
                    text.push('\n');
                    text.push_str(keyword);
                }
                self.answer(&Reply::with_text(250, text)).await;
            }
            Step::StartTls => self.start_tls().await?,
            Step::Challenge(reply) => self.answer(&reply).await,
            Step::SignIn(credentials) => self.sign_in(credentials).await?,
            Step::Forwarded(origin) => {
                self.forwarded.learn(origin);
                self.answer(&NOTED).await;
            }
            Step::Instead(origin) => self.speak_for(origin).await?,
            Step::Close(reply) => {
                self.settle().await;
                return Err(End::Reply(reply));
            }
            Step::Mail(mail) => {
                let snapshot = Arc::clone(&self.snapshot);
                let client = self.client.clone();
                let client = client.expect("the session is barred while there is none");
                let begun = match self.admit(&mail) {
                    Ok(()) => Transaction::begin(&self.relay, snapshot, client, mail).await,
                    Err(reply) => Err(reply),
                };
                match begun {
                    Ok(transaction) => {
                        self.transaction = Some(transaction);
                        self.settle_if_due().await;
                    }
                    Err(reply) => {
                        self.session.mail_answered(false);
                        reply.write_to(&mut self.outbox);
                    }
                }
            }
            Step::Rcpt(rcpt) => {
                let transaction = self
                    .transaction
                    .as_mut()
                    .expect("the session is open only while there is one");
                transaction.rcpt(rcpt);
                self.settle_if_due().await;
            }
            Step::Data => self.data().await?,
            Step::Chunk(chunk) => self.chunk(chunk).await?,
            Step::Skip(size, reply) => self.skip(size, &reply).await?,
            Step::Spoil(reply) => self.spoil(&reply).await,
        }
        Ok(())
    }

    async fn answer(&mut self, reply: &Reply) {
        self.settle().await;
        reply.write_to(&mut self.outbox);
    }

    async fn settle(&mut self) {
        if let Some(transaction) = &mut self.transaction {
            transaction
                .settle(&self.relay, &mut self.session, &mut self.outbox)
                .await;
            if !self.session.is_open() {
                self.drop_transaction().await;
            }
        }
    }

    async fn settle_if_due(&mut self) {
        if self
            .transaction
            .as_ref()
            .is_some_and(Transaction::must_settle)
        {
            self.settle().await;
        }
    }

    async fn drop_transaction(&mut self) {
        self.chunks = None;
        if let Some(mut transaction) = self.transaction.take() {
            transaction.give_back(&self.relay).await;
        }
    }

    /// Waits for more of a command.
    async fn await_command(&mut self, deadline: Instant) -> Result<(), End> {
        let deadline = deadline.min(self.ends);
        self.inbox.reserve(1024);
        tokio::select! {
            biased;
            read = timeout_at(deadline, self.stream.read_buf(&mut self.inbox)) => match read {
                Ok(Ok(0)) => Err(End::Lost),
                Ok(read) => Ok(read.map(drop)?),
                Err(_) if deadline == self.ends => Err(End::Reply(SESSION_OVER)),
                Err(_) => Err(End::Reply(TIMED_OUT)),
            },
            () = asked_to_stop(&mut self.shutdown) => Err(End::Reply(SHUTDOWN)),
        }
    }

    async fn flush(&mut self) -> Result<(), End> {
        if self.outbox.is_empty() {
            return Ok(());
        }
        let written = timeout(WRITE, async {
            self.stream.write_all(&self.outbox).await?;
            self.stream.flush().await
        })
        .await;
        self.outbox.clear();
        written.map_err(|_| End::Lost)??;
        Ok(())
    }

    async fn close(mut self, end: End) {
        self.drop_transaction().await;
        if let End::Reply(reply) = end {
            reply.write_to(&mut self.outbox);
            // It may be gone already, which is as good.
            let _ = self.flush().await;
            let _ = timeout(WRITE, self.stream.shutdown()).await;
        }
    }
}
