//! A conversation's part in the message itself: from DATA, or from the first
//! chunk, to the answer that the message gets.

use std::time::Duration;

use bytes::BytesMut;
use jiff::Timestamp;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, timeout};

use super::{Conversation, End};
use crate::smtp::chunk::Chunk;
use crate::smtp::collect::{Collecting, LARGE, SMALL, Source, TOO_MUCH};
use crate::smtp::command::Mail;
use crate::smtp::framing::Decoder;
use crate::smtp::message::{self, Collected, TROUBLE};
use crate::smtp::proxied::Origin;
use crate::smtp::reply::Reply;
use crate::smtp::stream::Peeked;
use crate::smtp::trace::Hop;
use crate::smtp::transaction::declared_size;

const START: Reply = Reply::new(354, "End the message with CRLF.CRLF");
const TOO_SOON: Reply = Reply::new(
    554,
    "5.5.0 Nothing may follow DATA before its answer; closing",
);
const TOO_MANY: Reply = Reply::new(
    451,
    "4.7.1 Too many messages in one minute, please try again later",
);
const OPEN: &str = "the session takes messages only while there is a transaction";

impl Conversation {
    /// Whether one more message may begin at this moment.
    pub(super) fn admit(&self, mail: &Mail<'_>) -> Result<(), Reply> {
        let (client, limits) = (self.from(), &self.snapshot.limits);
        let size = declared_size(mail.parameters).unwrap_or(0);
        if !self
            .relay
            .in_flight
            .has(client, size, limits.most_in_flight())
        {
            tracing::warn!(%client, "message put off: too many bytes are under way");
            return Err(TOO_MUCH);
        }
        let most = limits.most_messages();
        if !self.relay.messages.take(client, most, Instant::now()) {
            tracing::warn!(%client, "message put off: too many in this minute");
            return Err(TOO_MANY);
        }
        Ok(())
    }

    /// Takes the message that follows DATA.
    pub(super) async fn data(&mut self) -> Result<(), End> {
        if self.has_said_more().await {
            return Err(End::Reply(TOO_SOON));
        }
        START.write_to(&mut self.outbox);
        self.flush().await?;
        let newlines = self.transaction.as_ref().expect(OPEN).client.bare_newlines;
        let mut collecting = self.begin(Decoder::of_data(newlines))?;
        let source = Source {
            stream: &mut self.stream,
            inbox: &mut self.inbox,
            ends: self.ends,
        };
        let transaction = self.transaction.as_mut().expect(OPEN);
        collecting.data(source, transaction, &self.relay).await?;
        self.finish(collecting).await;
        Ok(())
    }

    /// Takes a chunk, and answers the message with its last.
    pub(super) async fn chunk(&mut self, chunk: Chunk) -> Result<(), End> {
        self.flush_unless_here(chunk.size).await?;
        let newlines = self.transaction.as_ref().expect(OPEN).client.bare_newlines;
        let mut collecting = match self.chunks.take() {
            Some(collecting) => collecting,
            None => self.begin(Decoder::of_chunks(newlines))?,
        };
        let source = Source {
            stream: &mut self.stream,
            inbox: &mut self.inbox,
            ends: self.ends,
        };
        let transaction = self.transaction.as_mut();
        let taken = collecting
            .chunk(chunk.size, source, transaction, &self.relay)
            .await?;
        match taken {
            _ if chunk.last => self.finish(collecting).await,
            Ok(()) => {
                self.chunks = Some(collecting);
                self.session.chunk_ended(true);
                let taken = format!("2.0.0 {} bytes taken", chunk.size);
                Reply::with_text(250, taken).write_to(&mut self.outbox);
            }
            Err(reply) => {
                self.session.chunk_ended(false);
                self.spoil(&reply).await;
            }
        }
        Ok(())
    }

    /// Reads over a chunk that is not wanted.
    pub(super) async fn skip(&mut self, size: u64, reply: &Reply) -> Result<(), End> {
        self.flush_unless_here(size).await?;
        let source = Source {
            stream: &mut self.stream,
            inbox: &mut self.inbox,
            ends: self.ends,
        };
        Collecting::skip(size, source, self.snapshot.limits, &self.relay).await?;
        reply.write_to(&mut self.outbox);
        Ok(())
    }

    /// Lets go of the message that has come in part; the transaction stays,
    /// until the client ends it.
    pub(super) async fn spoil(&mut self, reply: &Reply) {
        self.chunks = None;
        if let Some(transaction) = &mut self.transaction {
            transaction.give_back(&self.relay).await;
        }
        reply.write_to(&mut self.outbox);
    }

    /// Whether the client goes on although it has to wait for an answer: what
    /// it says so is meant for a server that takes it for something else.
    async fn has_said_more(&mut self) -> bool {
        if !self.inbox.is_empty() {
            return true;
        }
        if !self.stream.is_encrypted() {
            return self.stream.peek() == Peeked::Bytes;
        }
        // What is there under TLS shows when it is read, which is not waited for.
        let read = self.stream.read_buf(&mut self.inbox);
        matches!(timeout(Duration::ZERO, read).await, Ok(Ok(read)) if read > 0)
    }

    /// What was answered so far goes out before more is waited for.
    async fn flush_unless_here(&mut self, size: u64) -> Result<(), End> {
        if size > self.inbox.len() as u64 {
            self.flush().await?;
        }
        Ok(())
    }

    fn begin(&self, decoder: Decoder) -> Result<Collecting, End> {
        let received = Timestamp::now();
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
            address: self.from(),
            hostname: &self.relay.hostname,
            protocol: self.session.protocol(),
        };
        let trace = self.relay.trace.field(hop, received).map_err(|error| {
            tracing::error!(%error, "no random numbers for a trace field");
            End::Reply(TROUBLE.with_code(421))
        })?;
        let limits = self.transaction.as_ref().expect(OPEN).snapshot.limits;
        Ok(Collecting::begin(
            decoder,
            limits,
            &self.relay,
            self.from(),
            (&trace, received),
        ))
    }

    /// The client, or the one that it speaks for.
    fn from(&self) -> std::net::IpAddr {
        let told = self.forwarded.address.or(self.instead);
        told.unwrap_or(self.peer)
    }

    /// Answers a message that is there.
    async fn finish(&mut self, collecting: Collecting) {
        let mut transaction = self.transaction.take().expect(OPEN);
        let ended = Instant::now();
        let Collecting {
            trace,
            received,
            began,
            ..
        } = collecting;
        let reply = match collecting.finish(&transaction, &self.relay) {
            Ok(sound) => {
                let message = Collected {
                    content: sound.content,
                    from: self.from(),
                    trace,
                    own_traces: sound.own_traces,
                    received,
                    began,
                    ended,
                    share: sound.share,
                };
                message::finish(transaction, &self.relay, &self.tasks, &self.stream, message).await
            }
            Err(reply) => {
                transaction.give_back(&self.relay).await;
                reply
            }
        };
        self.session.message_ended();
        self.forwarded = Origin::default();
        reply.write_to(&mut self.outbox);
        if self.inbox.capacity() >= LARGE && self.inbox.is_empty() {
            self.inbox = BytesMut::with_capacity(SMALL);
        }
    }
}
