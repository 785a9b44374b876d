//! Collects a message after DATA: reads on to its true end, whatever is wrong
//! with it, and only then says so. A fault that was answered earlier would
//! leave the rest of the message to be taken for commands.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, timeout_at};

use super::conversation::End;
use super::framing::{BareNewlines, Decoder};
use super::mark;
use super::message::{FULL, TROUBLE};
use super::relay::Relay;
use super::reply::Reply;
use super::settings::Limits;
use super::stream::Stream;
use super::transaction::Transaction;
use crate::mail::content::Writer;
use crate::mail::{Content, header};

/// Room in the read buffer, in bytes: for commands and small messages, and
/// for a message that turns out to be large.
pub(crate) const SMALL: usize = 8 * 1024;
pub(crate) const LARGE: usize = 64 * 1024;

const SESSION_OVER: Reply = Reply::new(
    421,
    "4.4.2 This session has lasted long enough, please connect again",
);
const TIMED_OUT: Reply = Reply::new(421, "4.4.2 Waited too long, closing");
const TOO_SLOW: Reply = Reply::new(421, "4.4.2 The message comes too slowly, closing");
const BARE_NEWLINE: Reply = Reply::new(
    550,
    "5.5.2 The message has a CR, LF or NUL on its own; its lines must end with CRLF",
);
const TOO_LARGE: Reply = Reply::new(552, "5.3.4 The message is larger than this server takes");
const HEADER_TOO_LARGE: Reply = Reply::new(
    552,
    "5.3.4 The header of this message is larger than this server takes",
);
const LOOP: Reply = Reply::new(554, "5.4.6 This message goes in a loop");

/// A client's side of DATA.
pub(crate) struct Source<'a> {
    pub(crate) stream: &'a mut Stream,
    /// What was read of it and not used.
    pub(crate) inbox: &'a mut BytesMut,
    pub(crate) newlines: BareNewlines,
    /// When its session has to end.
    pub(crate) ends: Instant,
}

/// A message that was sound.
#[derive(Debug)]
pub(crate) struct Sound {
    pub(crate) content: Content,
    /// Trace fields of earlier passages.
    pub(crate) own_traces: usize,
}

/// Reads the message, and puts the trace field on its top. The inner error is
/// the answer to the message.
pub(crate) async fn collect(
    mut source: Source<'_>,
    transaction: &mut Transaction,
    relay: &Relay,
    trace: &str,
) -> Result<Result<Sound, Reply>, End> {
    let limits = transaction.snapshot.limits;
    let mut taking = Taking {
        writer: Writer::new(&relay.folder),
        size: 0,
        most: limits.message_size,
        fault: None,
    };
    taking.write(trace.as_bytes());
    let mut decoder = Decoder::new(source.newlines);
    let began = Instant::now();
    loop {
        let progress = decoder.push(source.inbox, |bytes| {
            taking.take(bytes);
            Ok(())
        })?;
        source.inbox.advance(progress.used);
        if progress.ended {
            break;
        }
        let room = if taking.size < LARGE as u64 {
            SMALL
        } else {
            LARGE
        };
        source.inbox.reserve(room);
        source.more(began, transaction, relay, &limits).await?;
        let taken = began.elapsed().as_secs();
        let came = taking.size + source.inbox.len() as u64;
        if taken > limits.data_grace_seconds && came / taken < limits.data_rate {
            return Err(End::Reply(TOO_SLOW));
        }
    }
    if decoder.faulty() {
        return Ok(Err(BARE_NEWLINE));
    }
    let sound = taking.finish(relay, trace.len(), limits.header);
    Ok(sound.and_then(|sound| {
        let content = mark::admit(
            sound.content,
            (trace.len(), limits.header.max(header::CAP)),
            &transaction.client,
            &transaction.snapshot.marks(),
            &relay.folder,
        )?;
        Ok(Sound { content, ..sound })
    }))
}

impl Source<'_> {
    /// Waits for more, and gives the next hop back when that takes too long.
    async fn more(
        &mut self,
        began: Instant,
        transaction: &mut Transaction,
        relay: &Relay,
        limits: &Limits,
    ) -> Result<(), End> {
        let deadline = self.ends.min(Instant::now() + limits.data());
        let give_back = began + limits.give_back();
        loop {
            if transaction.is_live() && Instant::now() >= give_back {
                transaction.give_back(relay).await;
            }
            let until = if transaction.is_live() {
                deadline.min(give_back)
            } else {
                deadline
            };
            match timeout_at(until, self.stream.read_buf(self.inbox)).await {
                Ok(Ok(0)) => return Err(End::Lost),
                Ok(read) => return Ok(read.map(drop)?),
                Err(_) if Instant::now() < deadline => {}
                Err(_) if deadline == self.ends => return Err(End::Reply(SESSION_OVER)),
                Err(_) => return Err(End::Reply(TIMED_OUT)),
            }
        }
    }
}

/// What has been taken of a message.
struct Taking<'a> {
    writer: Writer<'a>,
    /// Bytes that came, without the trace field.
    size: u64,
    most: u64,
    /// Why nothing more is kept.
    fault: Option<io::Error>,
}

impl Taking<'_> {
    fn take(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        if self.size <= self.most {
            self.write(bytes);
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.fault.is_none() {
            self.fault = self.writer.push(bytes).err();
        }
    }

    fn finish(self, relay: &Relay, trace: usize, longest_header: usize) -> Result<Sound, Reply> {
        if self.size > self.most {
            return Err(TOO_LARGE);
        }
        let content = match (self.fault, self.writer.finish()) {
            (None, Ok(content)) => content,
            (Some(error), _) | (None, Err(error)) => {
                tracing::error!(%error, "message not kept while it came");
                return Err(FULL);
            }
        };
        let head = content
            .head(trace + longest_header.max(header::CAP))
            .map_err(|error| {
                tracing::error!(%error, "message not read back");
                TROUBLE
            })?;
        let head = &head[trace..];
        if self.size > longest_header as u64
            && !has_header_end(&head[..head.len().min(longest_header)])
        {
            return Err(HEADER_TOO_LARGE);
        }
        let passed = relay.trace.passed(header::section(head));
        if passed.is_loop {
            return Err(LOOP);
        }
        Ok(Sound {
            content,
            own_traces: passed.own,
        })
    }
}

fn has_header_end(head: &[u8]) -> bool {
    head.starts_with(b"\r\n") || memchr::memmem::find(head, b"\r\n\r\n").is_some()
}
