//! One client's connection: reads commands, writes replies, collects
//! messages. What a command means is [`session`](super::session)'s business,
//! what becomes of a message that of `message` beside it.
//!
//! One task, one read buffer and one write buffer a session. Replies gather
//! in the write buffer until there is nothing left to read, so a pipelined
//! transaction is answered in one write (RFC 2920 section 3.2).

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::client::Client;
use super::collect::{LARGE, SMALL, Source, collect};
use super::command::Command;
use super::line::{self, Line};
use super::listener::asked_to_stop;
use super::message::{self, Collected, TROUBLE};
use super::proxied::Origin;
use super::relay::{Relay, Snapshot, Tasks};
use super::reply::Reply;
use super::session::{Session, Step};
use super::settings::Limits;
use super::stream::Stream;
use super::tls::{Incoming, names};
use super::trace::Hop;
use super::transaction::Transaction;

/// What a client is given to take a reply.
const WRITE: Duration = Duration::from_secs(60);
/// What a client is given for its handshake at most.
const HANDSHAKE: Duration = Duration::from_secs(60);
/// Replies that are gathered at most before they are written, in bytes.
const GATHERED: usize = 16 * 1024;

const START: Reply = Reply::new(354, "End the message with CRLF.CRLF");
const READY_FOR_TLS: Reply = Reply::new(220, "2.0.0 Go ahead");
const SAID_TOO_SOON: Reply = Reply::new(
    554,
    "5.5.0 Nothing may follow STARTTLS before its answer; closing",
);
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
        forwarded: Origin::default(),
        shutdown,
        snapshot,
        client: None,
        session,
        transaction: None,
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

/// Takes a client's handshake; an error has been told of.
pub(crate) async fn take_handshake(
    stream: &mut Stream,
    tls: &Incoming,
    address: IpAddr,
    limits: &Limits,
) -> Result<(), End> {
    let deadline = Instant::now() + HANDSHAKE.min(limits.command());
    let taken = stream.accept(tls.config(), deadline).await;
    taken.map_err(|error| {
        tracing::warn!(%address, %error, "no agreement on TLS with a client");
        End::Lost
    })
}

struct Conversation {
    relay: Arc<Relay>,
    tasks: Tasks,
    stream: Stream,
    /// The other end of the connection.
    peer: IpAddr,
    /// Whom it speaks for, if it is a proxy and has said so.
    instead: Option<IpAddr>,
    /// Whose the next message is, if it is a proxy and has said so.
    forwarded: Origin,
    shutdown: watch::Receiver<bool>,
    /// As of the last EHLO or MAIL.
    snapshot: Arc<Snapshot>,
    /// Its entry; `None` while it has to show more of itself.
    client: Option<Arc<Client>>,
    session: Session,
    transaction: Option<Transaction>,
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
                match Transaction::begin(&self.relay, snapshot, client, mail).await {
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
            Step::Data => {
                START.write_to(&mut self.outbox);
                self.flush().await?;
                let transaction = self
                    .transaction
                    .take()
                    .expect("the session is open only while there is one");
                let reply = self.data(transaction).await?;
                self.session.message_ended();
                self.forwarded = Origin::default();
                reply.write_to(&mut self.outbox);
                if self.inbox.capacity() >= LARGE && self.inbox.is_empty() {
                    self.inbox = BytesMut::with_capacity(SMALL);
                }
            }
        }
        Ok(())
    }

    /// Answers STARTTLS, and takes the handshake. What stands behind the
    /// command already was said by nobody knows whom: it must not be taken
    /// for what is said under TLS (RFC 3207 section 4.2).
    async fn start_tls(&mut self) -> Result<(), End> {
        if !self.inbox.is_empty() {
            return Err(End::Reply(SAID_TOO_SOON));
        }
        let Some(tls) = self.snapshot.tls.clone() else {
            return Err(End::Reply(TROUBLE.with_code(421)));
        };
        self.drop_transaction().await;
        READY_FOR_TLS.write_to(&mut self.outbox);
        self.flush().await?;
        take_handshake(&mut self.stream, &tls, self.peer, &self.snapshot.limits).await?;
        self.session.encrypted();
        self.choose_client();
        Ok(())
    }

    /// Goes on as the server of the client behind a proxy.
    async fn speak_for(&mut self, origin: Origin) -> Result<(), End> {
        self.drop_transaction().await;
        if let Some(address) = origin.address {
            if !self.snapshot.knows(address) {
                tracing::warn!(%address, proxy = %self.peer, "connection refused: no entry in clients");
                return Err(End::Reply(stranger(address)));
            }
            self.instead = Some(address);
        }
        self.forwarded = Origin::default();
        self.session.begin_anew();
        self.choose_client();
        let greeting = self.greeting();
        self.answer(&greeting).await;
        Ok(())
    }

    /// Finds the client's entry anew, when it has shown more of itself or the
    /// entries are others.
    fn choose_client(&mut self) {
        let certificates = self.stream.certificates();
        let mut entry = self.snapshot.client(self.peer, certificates);
        if entry.is_none() && !certificates.is_empty() {
            tracing::warn!(
                address = %self.peer,
                certificate = names(certificates).join(" "),
                "no entry in clients is for this certificate"
            );
        }
        let is_proxy = entry.is_some_and(|entry| entry.proxy);
        self.session.trust_as_proxy(is_proxy);
        if let Some(instead) = self.instead {
            // The certificates are the proxy's own.
            let behind = self.snapshot.client(instead, &[]);
            entry = behind.filter(|_| is_proxy);
        }
        self.client = entry.cloned().map(Arc::new);
        self.session.bar(self.client.is_none());
    }

    /// Takes up a configuration that was loaded meanwhile.
    fn refresh(&mut self) -> Result<(), End> {
        let snapshot = self.relay.snapshot();
        if !Arc::ptr_eq(&snapshot, &self.snapshot) {
            let address = self.instead.unwrap_or(self.peer);
            if !snapshot.knows(address) {
                return Err(End::Reply(stranger(address).with_code(421)));
            }
            self.snapshot = snapshot;
            self.choose_client();
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
        if let Some(mut transaction) = self.transaction.take() {
            transaction.give_back(&self.relay).await;
        }
    }

    /// Collects the message and answers it.
    async fn data(&mut self, mut transaction: Transaction) -> Result<Reply, End> {
        let began = Instant::now();
        let received = Timestamp::now();
        let from = self.forwarded.address.or(self.instead);
        let from = from.unwrap_or(self.peer);
        let hop = Hop {
            helo: match &self.forwarded {
                Origin {
                    helo: Some(helo), ..
                } => helo,
                Origin {
                    address: Some(_), ..
                } => "unknown",
                _ => self.session.helo(),
            },
            address: from,
            hostname: &self.relay.hostname,
            protocol: self.session.protocol(),
        };
        let trace = match self.relay.trace.field(hop, received) {
            Ok(trace) => trace,
            Err(error) => {
                tracing::error!(%error, "no random numbers for a trace field");
                transaction.give_back(&self.relay).await;
                return Err(End::Reply(TROUBLE.with_code(421)));
            }
        };
        let source = Source {
            stream: &mut self.stream,
            inbox: &mut self.inbox,
            newlines: transaction.client.bare_newlines,
            ends: self.ends,
        };
        let collected = collect(source, &mut transaction, &self.relay, &trace).await;
        let sound = match collected {
            Ok(Ok(sound)) => sound,
            Ok(Err(reply)) => {
                transaction.give_back(&self.relay).await;
                return Ok(reply);
            }
            Err(end) => {
                transaction.give_back(&self.relay).await;
                return Err(end);
            }
        };
        let message = Collected {
            content: sound.content,
            from,
            trace: trace.len(),
            own_traces: sound.own_traces,
            received,
            began,
            ended: Instant::now(),
        };
        Ok(message::finish(transaction, &self.relay, &self.tasks, &self.stream, message).await)
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
