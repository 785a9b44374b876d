//! The message's own place in a session: after DATA, or in chunks (RFC 3030).
//!
//! A chunk follows its command at once. So however the command is answered,
//! its bytes have to be read over: they must never be taken for commands.

use super::{NO_MAIL, Session, State, Step};
use crate::smtp::chunk::Chunk;
use crate::smtp::reply::Reply;
use crate::smtp::settings::Limits;

/// What has come of the message of an open transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    Awaited,
    /// Some chunks, and not the last.
    Chunks,
    /// A chunk that was refused: nothing but RSET helps.
    Spoilt,
}

const NO_RECIPIENT: Reply = Reply::new(503, "5.5.1 There is no recipient to send this to");
const MIXED: Reply = Reply::new(
    503,
    "5.5.1 This message has begun with BDAT, and cannot go on with DATA; RSET forgets it",
);
const SPOILT: Reply = Reply::new(
    503,
    "5.5.1 A part of this message was refused, so that no more of it is taken; RSET forgets it",
);
const NO_SIZE: Reply = Reply::new(
    501,
    "5.5.4 BDAT is followed by a size in bytes, and at the last by LAST; closing",
);

impl Session {
    pub(super) fn data<'a>(&mut self, limits: &Limits) -> Step<'a> {
        let State::Open(open) = &mut self.state else {
            return self.fault(NO_MAIL, limits);
        };
        match open.body {
            Body::Awaited if open.accepted > 0 => Step::Data,
            Body::Awaited => self.fault(NO_RECIPIENT, limits),
            Body::Chunks => {
                open.body = Body::Spoilt;
                Step::Spoil(MIXED)
            }
            Body::Spoilt => self.fault(SPOILT, limits),
        }
    }

    /// Chunks out of place are no faults that count: they may all have been
    /// on their way before the first of them was answered.
    pub(super) fn bdat<'a>(&mut self, chunk: Option<Chunk>) -> Step<'a> {
        let Some(chunk) = chunk else {
            return Step::Close(NO_SIZE);
        };
        let refusal = match &self.state {
            State::Open(open) if open.body == Body::Spoilt => SPOILT,
            State::Open(open) if open.accepted > 0 => return Step::Chunk(chunk),
            State::Open(_) => NO_RECIPIENT,
            State::Connected | State::Greeted => NO_MAIL,
        };
        Step::Skip(chunk.size, refusal)
    }

    /// A chunk that was not the last has been taken, or refused.
    pub(crate) fn chunk_ended(&mut self, taken: bool) {
        if let State::Open(open) = &mut self.state {
            open.body = if taken { Body::Chunks } else { Body::Spoilt };
        }
    }
}
