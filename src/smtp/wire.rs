//! The parsers of what clients send, without a client: for tests that give them
//! anything at all.

use bytes::BytesMut;

use super::BareNewlines;
use super::command::Command;
use super::framing::{Decoder, Encoder};
use super::line::{self, Line};

/// The longest command line, CRLF included.
const LINE: usize = 2_048;

/// Cuts bytes into command lines as a session does, and reads each: how many
/// are sound. What is no line ends it.
pub fn commands(bytes: &[u8]) -> usize {
    let mut buffer = BytesMut::from(bytes);
    let mut sound = 0;
    loop {
        match line::take(&mut buffer, LINE) {
            Line::Whole(line) => sound += usize::from(Command::parse(&line).is_ok()),
            Line::TooLong if line::skip(&mut buffer) => {}
            Line::TooLong | Line::Partial | Line::Broken => return sound,
        }
    }
}

/// What a client's bytes after DATA came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Framed {
    pub message: Vec<u8>,
    /// Its end came.
    pub ended: bool,
    /// How many of the bytes belong to it, the end included.
    pub used: usize,
    /// A lone CR or LF, or a NUL, was in it.
    pub faulty: bool,
}

/// The message in a client's bytes after DATA, which come in pieces of `size`.
pub fn message_in(bytes: &[u8], newlines: BareNewlines, size: usize) -> Framed {
    let mut decoder = Decoder::of_data(newlines);
    let mut framed = Framed {
        message: Vec::new(),
        ended: false,
        used: 0,
        faulty: false,
    };
    for piece in bytes.chunks(size.max(1)) {
        let progress = decoder.push(piece, |run| framed.message.extend_from_slice(run));
        framed.used += progress.used;
        framed.ended = progress.ended;
        if progress.ended {
            break;
        }
    }
    framed.faulty = decoder.faulty();
    framed
}

/// A message as a next hop is sent it, in pieces of `size`.
pub fn as_sent(message: &[u8], size: usize) -> Vec<u8> {
    let mut encoder = Encoder::new();
    let mut out = Vec::new();
    for piece in message.chunks(size.max(1)) {
        encoder.push(piece, &mut out);
    }
    out.extend_from_slice(encoder.end());
    out
}
