//! Mailboxes of many messages in one file (RFC 4155): each is read as a
//! message in an attachment.

use super::harvest::{Harvest, Place};
use super::message;

/// Whether a second message begins somewhere in it.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(b"From ") && next_start(bytes, 1).is_some()
}

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "mbox");
    let Some(inside) = harvest.deeper(place) else {
        return;
    };
    let mut start = 0;
    for number in 1_u32.. {
        if !harvest.entry(&inside) {
            return;
        }
        let end = next_start(bytes, start + 1).unwrap_or(bytes.len());
        let raw = &bytes[start..end];
        let message = harvest.attachment(&inside, &[&format!("message {number}")], raw.len());
        harvest.kind(&message, "eml");
        message::nested(raw, &message, harvest);
        if end == bytes.len() {
            return;
        }
        start = end;
    }
}

/// Where the next message begins: a line `From …` behind an empty line, with a
/// header field below it.
fn next_start(bytes: &[u8], from: usize) -> Option<usize> {
    let finder = memchr::memmem::Finder::new(b"\nFrom ");
    let mut at = from;
    loop {
        let found = at + finder.find(bytes.get(at..)?)?;
        at = found + 1;
        let before = bytes[..found]
            .strip_suffix(b"\r")
            .unwrap_or(&bytes[..found]);
        if before.ends_with(b"\n") && has_field_below(&bytes[at..]) {
            return Some(at);
        }
    }
}

fn has_field_below(bytes: &[u8]) -> bool {
    let below = bytes[..bytes.len().min(2_000)]
        .split(|&byte| byte == b'\n')
        .nth(1);
    let name = below.and_then(|line| line.split(|&byte| byte == b':').next());
    name.is_some_and(|name| {
        Some(name) != below && !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic())
    })
}
