//! One connection to a next hop, as its client.
//!
//! Commands queue up and leave in one write where the next hop takes them so
//! (RFC 2920); replies are read one by one. Every wait has a limit, and after
//! any error the connection is of no further use.

mod opening;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::extension::Extensions;
use super::framing::Encoder;
use super::parameter::REQUIRE_TLS;
use super::reply::{Malformed, Reply};
use super::stream::{Peeked, Stream};
use super::tls::NoAuthority;
use crate::mail::content::CHUNK;
use crate::mail::{Content, Envelope, Recipient};
use crate::tenant::NextHop;

/// How long each wait may be. RFC 5321 section 4.5.3.2 has longer ones; but
/// here a client waits meanwhile, and its own patience ends by them.
mod limit {
    use std::time::Duration;

    pub(super) const CONNECT: Duration = Duration::from_secs(15);
    pub(super) const GREETING: Duration = Duration::from_secs(60);
    pub(super) const HANDSHAKE: Duration = Duration::from_secs(30);
    pub(super) const EHLO: Duration = Duration::from_secs(60);
    pub(super) const COMMAND: Duration = Duration::from_secs(120);
    pub(super) const DATA: Duration = Duration::from_secs(120);
    pub(super) const BLOCK: Duration = Duration::from_secs(180);
}

/// RCPT commands sent before their replies are read: more could fill the
/// buffers of both sides with nobody reading.
pub(crate) const WINDOW: usize = 64;

/// A next hop that cannot be reached, or that was lost.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HopError {
    #[error("the next hop cannot be reached")]
    Connect(#[source] io::Error),
    #[error("the connection to the next hop was lost")]
    Lost(#[source] io::Error),
    #[error("the next hop closed the connection")]
    Closed,
    #[error("the next hop did not answer in time")]
    Slow,
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("the next hop does not want to be spoken to: {0}")]
    Unwilling(Reply),
    #[error("the next hop offers no encryption, and it is required")]
    NoTls,
    #[error("no agreement on TLS with the next hop: {0}")]
    Tls(io::Error),
    #[error("no certificate of the next hop can be verified: {0}")]
    NoAuthority(#[from] NoAuthority),
    #[error("the message could not be read back")]
    Content(#[source] io::Error),
}

impl HopError {
    /// The connection had ended before its use: another may do better.
    pub(crate) fn is_loss(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Closed | Self::Unwilling(_))
    }
}

#[derive(Debug)]
pub(crate) struct Connection {
    next_hop: Arc<NextHop>,
    stream: Stream,
    inbox: BytesMut,
    outbox: Vec<u8>,
    extensions: Extensions,
    /// Messages sent, or begun.
    uses: u32,
    /// Replies to RSET that have not been read yet.
    owed: u32,
}

impl Connection {
    pub(crate) fn next_hop(&self) -> &Arc<NextHop> {
        &self.next_hop
    }

    pub(crate) fn extensions(&self) -> Extensions {
        self.extensions
    }

    pub(crate) fn uses(&self) -> u32 {
        self.uses
    }

    /// Whether the other side is still there, as far as this side knows.
    pub(crate) fn is_alive(&self) -> bool {
        match self.stream.peek() {
            Peeked::Nothing => true,
            // More than the replies that are owed would be a farewell, which
            // shows when they are read.
            Peeked::Bytes => self.owed > 0,
            Peeked::Gone => false,
        }
    }

    /// Queues MAIL. `size` is the message's, where it is known.
    pub(crate) fn queue_mail(&mut self, envelope: &Envelope, size: Option<u64>) {
        self.uses += 1;
        let path = envelope
            .reverse_path
            .as_ref()
            .map_or("", |path| path.as_str());
        self.queue(&["MAIL FROM:<", path, ">"]);
        self.queue_parameters(&envelope.mail_parameters);
        if let (true, Some(size)) = (self.extensions.size, size) {
            self.queue(&[" SIZE=", &size.to_string()]);
        }
        self.queue(&["\r\n"]);
    }

    pub(crate) fn queue_rcpt(&mut self, recipient: &Recipient) {
        self.queue(&["RCPT TO:<", &recipient.path, ">"]);
        self.queue_parameters(&recipient.parameters);
        self.queue(&["\r\n"]);
    }

    /// As the client wrote them, but for those that this next hop has never
    /// heard of and that it can do without (RFC 3461 section 5.2.2). What it
    /// could not do without is [`missing`]'s business.
    fn queue_parameters(&mut self, parameters: &str) {
        for word in parameters.split_ascii_whitespace() {
            let key = word.split_once('=').map_or(word, |(key, _)| key);
            let one_of = |keys: &[&str]| keys.iter().any(|other| key.eq_ignore_ascii_case(other));
            let known = match () {
                () if one_of(&["RET", "ENVID", "NOTIFY", "ORCPT"]) => self.extensions.dsn,
                () if one_of(&["BODY"]) => self.extensions.eight_bit,
                // It is between the client and Exeat.
                () if one_of(&["AUTH"]) => false,
                () => true,
            };
            if known {
                self.queue(&[" ", word]);
            }
        }
    }

    fn queue(&mut self, words: &[&str]) {
        for word in words {
            self.outbox.extend_from_slice(word.as_bytes());
        }
    }

    /// Whether commands have to go one at a time.
    pub(crate) fn is_lockstep(&self) -> bool {
        !self.extensions.pipelining
    }

    pub(crate) async fn flush(&mut self) -> Result<(), HopError> {
        if self.outbox.is_empty() {
            return Ok(());
        }
        timeout(limit::BLOCK, async {
            self.stream.write_all(&self.outbox).await?;
            self.stream.flush().await
        })
        .await
        .map_err(|_| HopError::Slow)?
        .map_err(HopError::Lost)?;
        self.outbox.clear();
        Ok(())
    }

    /// The reply to a MAIL or RCPT.
    pub(crate) async fn command_reply(&mut self) -> Result<Reply, HopError> {
        self.reply(limit::COMMAND).await
    }

    async fn command(&mut self, words: &[&str], wait: Duration) -> Result<Reply, HopError> {
        self.queue(words);
        self.queue(&["\r\n"]);
        self.flush().await?;
        self.reply(wait).await
    }

    /// The next reply. A 421 is an error: the next hop closes after it.
    async fn reply(&mut self, wait: Duration) -> Result<Reply, HopError> {
        self.reply_by(Instant::now() + wait).await
    }

    async fn reply_by(&mut self, deadline: Instant) -> Result<Reply, HopError> {
        loop {
            while let Some((reply, length)) = Reply::parse(&self.inbox)? {
                let _ = self.inbox.split_to(length);
                if reply.code() == 421 {
                    return Err(HopError::Unwilling(reply));
                }
                if self.owed == 0 {
                    return Ok(reply);
                }
                self.owed -= 1;
            }
            let read = timeout_at(deadline, self.stream.read_buf(&mut self.inbox))
                .await
                .map_err(|_| HopError::Slow)?
                .map_err(HopError::Lost)?;
            if read == 0 {
                return Err(HopError::Closed);
            }
        }
    }

    /// Says the whole envelope: the answer to MAIL, and those to each RCPT
    /// unless MAIL was refused. What this next hop must not have is refused in
    /// its place, and nothing of it said.
    pub(crate) async fn submit(
        &mut self,
        envelope: &Envelope,
        size: Option<u64>,
    ) -> Result<(Reply, Vec<Reply>), HopError> {
        if let Some(reply) = missing(self.extensions, envelope) {
            return Ok((reply, Vec::new()));
        }
        self.queue_mail(envelope, size);
        let mut answers = Vec::with_capacity(envelope.recipients.len());
        let mut mail = None;
        let window = if self.is_lockstep() { 1 } else { WINDOW };
        if self.is_lockstep() {
            self.flush().await?;
            mail = Some(self.command_reply().await?);
        }
        for recipients in envelope.recipients.chunks(window) {
            if mail.as_ref().is_some_and(|mail| !mail.is_positive()) {
                break;
            }
            for recipient in recipients {
                self.queue_rcpt(recipient);
            }
            self.flush().await?;
            if mail.is_none() {
                mail = Some(self.command_reply().await?);
            }
            for _ in recipients {
                answers.push(self.command_reply().await?);
            }
        }
        let mail = match mail {
            Some(mail) => mail,
            None => {
                self.flush().await?;
                self.command_reply().await?
            }
        };
        if !mail.is_positive() {
            answers.clear();
        }
        Ok((mail, answers))
    }

    /// Says DATA; anything but 354 is a refusal.
    pub(crate) async fn data(&mut self) -> Result<Reply, HopError> {
        self.command(&["DATA"], limit::DATA).await
    }

    /// Sends the message but for its last piece and its end, which
    /// [`end_body`](Self::end_body) does: until then nothing has been handed over.
    pub(crate) async fn body(&mut self, message: &Content) -> Result<(), HopError> {
        let mut encoder = Encoder::new();
        for chunk in message.chunks() {
            // What the last round left goes out while there is more to come.
            self.flush().await?;
            encoder.push(&chunk.map_err(HopError::Content)?, &mut self.outbox);
        }
        self.outbox.extend_from_slice(encoder.end());
        Ok(())
    }

    /// Sends what is left, and the end of the message with it. After an error
    /// the end has not gone out, since it is the last of what was written.
    pub(crate) async fn end_body(&mut self) -> Result<(), HopError> {
        self.flush().await?;
        if self.outbox.capacity() > 2 * CHUNK {
            self.outbox = Vec::new();
        }
        Ok(())
    }

    /// The reply to the message. After an error nobody knows whether the next
    /// hop has it, except that a 421 says it has not.
    pub(crate) async fn final_reply(&mut self, deadline: Instant) -> Result<Reply, HopError> {
        self.reply_by(deadline).await
    }

    /// Drops the open transaction without waiting: its reply is read before
    /// the next one.
    pub(crate) async fn rset(&mut self) -> Result<(), HopError> {
        self.outbox.clear();
        self.queue(&["RSET\r\n"]);
        self.flush().await?;
        self.owed += 1;
        Ok(())
    }

    /// Takes leave, without waiting for the answer.
    pub(crate) async fn quit(mut self) {
        self.outbox.clear();
        self.queue(&["QUIT\r\n"]);
        // Nothing depends on it: the connection closes either way.
        let _ = self.flush().await;
    }
}

/// What the message needs and the next hop lacks.
pub(crate) fn missing(extensions: Extensions, envelope: &Envelope) -> Option<Reply> {
    let asks = |parameter: &str| {
        envelope
            .mail_parameters
            .split_ascii_whitespace()
            .any(|word| word.eq_ignore_ascii_case(parameter))
    };
    if asks("REQUIRETLS") && !extensions.require_tls {
        return Some(REQUIRE_TLS);
    }
    if asks("SMTPUTF8") && !extensions.utf8 {
        return Some(Reply::new(
            550,
            "5.6.7 The next mail server takes no addresses outside ASCII",
        ));
    }
    if asks("BODY=8BITMIME") && !extensions.eight_bit {
        return Some(Reply::new(
            554,
            "5.6.3 The next mail server takes no 8-bit text",
        ));
    }
    None
}
