//! Collects a message, after DATA or in the chunks of BDAT: reads on to its
//! true end, or to that of the chunk, whatever is wrong with it, and only then
//! says so. A fault that was answered earlier would leave the rest of the
//! message to be taken for commands.

use std::net::IpAddr;

use bytes::{Buf, BytesMut};
use jiff::Timestamp;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, timeout_at};

use super::conversation::End;
use super::framing::{BareNewlines, Decoder};
use super::mark;
use super::message::{FULL, TROUBLE};
use super::relay::Relay;
use super::reply::Reply;
use super::settings::Limits;
use super::share::{Most, Share};
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
pub(crate) const TOO_SLOW: Reply = Reply::new(421, "4.4.2 The message comes too slowly, closing");
const BARE_NEWLINE: Reply = Reply::new(
    550,
    "5.5.2 The message has a CR, LF or NUL on its own; its lines must end with CRLF",
);
const TOO_LARGE: Reply = Reply::new(552, "5.3.4 The message is larger than this server takes");
const HEADER_TOO_LARGE: Reply = Reply::new(
    552,
    "5.3.4 The header of this message is larger than this server takes",
);
pub(crate) const TOO_MUCH: Reply = Reply::new(
    452,
    "4.3.1 Too much mail is under way at this moment, please try again later",
);
const LOOP: Reply = Reply::new(554, "5.4.6 This message goes in a loop");

/// A client's side of a message.
pub(crate) struct Source<'a> {
    pub(crate) stream: &'a mut Stream,
    /// What was read of it and not used.
    pub(crate) inbox: &'a mut BytesMut,
    /// When its session has to end.
    pub(crate) ends: Instant,
}

/// A message that was sound.
#[derive(Debug)]
pub(crate) struct Sound {
    pub(crate) content: Content,
    /// Trace fields of earlier passages.
    pub(crate) own_traces: usize,
    pub(crate) share: Share,
}

/// A message on its way in.
#[derive(Debug)]
pub(crate) struct Collecting {
    decoder: Decoder,
    kept: Kept,
    /// Bytes of the trace field, which stands on the message's top.
    pub(crate) trace: usize,
    limits: Limits,
    pub(crate) received: Timestamp,
    pub(crate) began: Instant,
}

/// What is kept of it.
#[derive(Debug)]
struct Kept {
    writer: Writer,
    /// Bytes that came, without the trace field.
    size: u64,
    /// The largest that it may be.
    most: u64,
    /// What it takes of all that may be under way.
    share: Share,
    in_flight: Most,
    /// Why nothing more is kept.
    refusal: Option<Reply>,
}

impl Collecting {
    /// Begins with the trace field of this time.
    pub(crate) fn begin(
        decoder: Decoder,
        limits: Limits,
        relay: &Relay,
        client: IpAddr,
        (trace, received): (&str, Timestamp),
    ) -> Self {
        let mut kept = Kept {
            writer: Writer::new(&relay.folder),
            size: 0,
            most: limits.largest(),
            share: relay.in_flight.share(client),
            in_flight: limits.most_in_flight(),
            refusal: None,
        };
        kept.write(trace.as_bytes());
        Self {
            decoder,
            kept,
            trace: trace.len(),
            limits,
            received,
            began: Instant::now(),
        }
    }

    /// Reads over a chunk that belongs to no message.
    pub(crate) async fn skip(
        size: u64,
        source: Source<'_>,
        limits: Limits,
        relay: &Relay,
    ) -> Result<(), End> {
        let decoder = Decoder::of_chunks(BareNewlines::Reject);
        let nobody = IpAddr::from([0, 0, 0, 0]);
        let untraced = ("", Timestamp::UNIX_EPOCH);
        let mut nothing = Self::begin(decoder, limits, relay, nobody, untraced);
        nothing.kept.refuse(TROUBLE);
        nothing.chunk(size, source, None, relay).await.map(drop)
    }

    /// Reads on to the end that follows DATA.
    pub(crate) async fn data(
        &mut self,
        mut source: Source<'_>,
        transaction: &mut Transaction,
        relay: &Relay,
    ) -> Result<(), End> {
        loop {
            let kept = &mut self.kept;
            let progress = self.decoder.push(source.inbox, |bytes| kept.take(bytes));
            source.inbox.advance(progress.used);
            if progress.ended {
                return Ok(());
            }
            self.more(&mut source, Some(transaction), relay).await?;
        }
    }

    /// Reads one chunk. The inner error is the answer to it.
    pub(crate) async fn chunk(
        &mut self,
        size: u64,
        mut source: Source<'_>,
        mut transaction: Option<&mut Transaction>,
        relay: &Relay,
    ) -> Result<Result<(), Reply>, End> {
        if self.kept.size.saturating_add(size) > self.kept.most {
            self.kept.refuse(TOO_LARGE);
        }
        let mut left = size;
        loop {
            let there = source.inbox.len();
            let piece = usize::try_from(left).map_or(there, |left| there.min(left));
            let kept = &mut self.kept;
            self.decoder
                .push(&source.inbox[..piece], |bytes| kept.take(bytes));
            source.inbox.advance(piece);
            left -= piece as u64;
            if left == 0 {
                return Ok(self.kept.refusal.clone().map_or(Ok(()), Err));
            }
            self.more(&mut source, transaction.as_deref_mut(), relay)
                .await?;
        }
    }

    /// Whether it has come too slowly so far. `waiting` bytes have come that
    /// were not looked at yet.
    pub(crate) fn is_too_slow(&self, waiting: usize) -> bool {
        let taken = self.began.elapsed().as_secs();
        let came = self.kept.size + waiting as u64;
        taken > self.limits.data_grace_seconds && came / taken < self.limits.data_rate
    }

    /// The message, once all of it is there. The error is the answer to it.
    pub(crate) fn finish(
        mut self,
        transaction: &Transaction,
        relay: &Relay,
    ) -> Result<Sound, Reply> {
        let line_end = self.decoder.finish();
        if self.decoder.faulty() {
            return Err(BARE_NEWLINE);
        }
        self.kept.write(line_end);
        let size = self.kept.size;
        let (content, share) = self.kept.finish()?;
        let longest = self.limits.header;
        let head = content
            .head(self.trace + longest.max(header::CAP))
            .map_err(|error| {
                tracing::error!(%error, "message not read back");
                TROUBLE
            })?;
        let head = &head[self.trace..];
        if size > longest as u64 && !has_header_end(&head[..head.len().min(longest)]) {
            return Err(HEADER_TOO_LARGE);
        }
        let passed = relay.trace.passed(header::section(head));
        if passed.is_loop {
            return Err(LOOP);
        }
        let content = mark::admit(
            content,
            (self.trace, longest.max(header::CAP)),
            &transaction.client,
            &transaction.snapshot.marks(),
            &relay.folder,
        )?;
        Ok(Sound {
            content,
            own_traces: passed.own,
            share,
        })
    }

    /// Waits for more, and gives the next hop back when that takes too long.
    async fn more(
        &mut self,
        source: &mut Source<'_>,
        transaction: Option<&mut Transaction>,
        relay: &Relay,
    ) -> Result<(), End> {
        let room = if self.kept.size < LARGE as u64 {
            SMALL
        } else {
            LARGE
        };
        source.inbox.reserve(room);
        let deadline = source.ends.min(Instant::now() + self.limits.data());
        let give_back = self.began + self.limits.give_back();
        let mut live = transaction.filter(|transaction| transaction.is_live());
        loop {
            if Instant::now() >= give_back
                && let Some(transaction) = live.take()
            {
                transaction.give_back(relay).await;
            }
            let until = match live {
                Some(_) => deadline.min(give_back),
                None => deadline,
            };
            match timeout_at(until, source.stream.read_buf(source.inbox)).await {
                Ok(Ok(0)) => return Err(End::Lost),
                Ok(read) => {
                    read?;
                    break;
                }
                Err(_) if Instant::now() < deadline => {}
                Err(_) if deadline == source.ends => return Err(End::Reply(SESSION_OVER)),
                Err(_) => return Err(End::Reply(TIMED_OUT)),
            }
        }
        if self.is_too_slow(source.inbox.len()) {
            return Err(End::Reply(TOO_SLOW));
        }
        Ok(())
    }
}

impl Kept {
    fn take(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        if self.size > self.most {
            self.refuse(TOO_LARGE);
        }
        if self.refusal.is_none() && !self.share.grow(bytes.len() as u64, self.in_flight) {
            tracing::warn!("message put off: too many bytes are under way");
            self.refuse(TOO_MUCH);
        }
        self.write(bytes);
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.refusal.is_none()
            && let Err(error) = self.writer.push(bytes)
        {
            tracing::error!(%error, "message not kept while it came");
            self.refuse(FULL);
        }
    }

    /// Lets go of what there is, and keeps nothing more.
    fn refuse(&mut self, reply: Reply) {
        if self.refusal.is_none() {
            self.refusal = Some(reply);
            self.writer.clear();
            self.share.clear();
        }
    }

    fn finish(self) -> Result<(Content, Share), Reply> {
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        let content = self.writer.finish().map_err(|error| {
            tracing::error!(%error, "message not kept while it came");
            FULL
        })?;
        Ok((content, self.share))
    }
}

fn has_header_end(head: &[u8]) -> bool {
    head.starts_with(b"\r\n") || memchr::memmem::find(head, b"\r\n\r\n").is_some()
}
