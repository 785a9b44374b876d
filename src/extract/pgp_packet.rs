//! The packets that OpenPGP is made of (RFC 9580 section 4).

use std::borrow::Cow;

pub(crate) const SESSION_KEY_FOR_KEY: u8 = 1;
pub(crate) const SIGNATURE: u8 = 2;
pub(crate) const SESSION_KEY_FOR_PASSWORD: u8 = 3;
pub(crate) const ONE_PASS: u8 = 4;
pub(crate) const SECRET_KEY: u8 = 5;
pub(crate) const PUBLIC_KEY: u8 = 6;
pub(crate) const SECRET_SUBKEY: u8 = 7;
pub(crate) const COMPRESSED: u8 = 8;
/// Without protection of its integrity.
pub(crate) const ENCRYPTED: u8 = 9;
pub(crate) const MARKER: u8 = 10;
pub(crate) const LITERAL: u8 = 11;
pub(crate) const TRUST: u8 = 12;
pub(crate) const USER_ID: u8 = 13;
pub(crate) const PUBLIC_SUBKEY: u8 = 14;
pub(crate) const USER_ATTRIBUTE: u8 = 17;
pub(crate) const SEALED: u8 = 18;
/// What GnuPG 2.3 and later encrypt by, if the key says that it can.
pub(crate) const SEALED_BY_GNUPG: u8 = 20;
pub(crate) const PADDING: u8 = 21;

#[derive(Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) tag: u8,
    pub(crate) body: Cow<'a, [u8]>,
    /// The bytes end before the packet does.
    pub(crate) cut: bool,
}

/// The packets in a row; it ends at what is none.
#[derive(Debug)]
pub(crate) struct Packets<'a>(pub(crate) &'a [u8]);

/// How many bytes of a body follow.
enum Length {
    Whole(usize),
    /// This many, and then another length (4.2.1.4).
    Part(usize),
    ToTheEnd,
}

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Packet<'a>> {
        let mut rest = self.0;
        let first = take(&mut rest, 1)?[0];
        let (tag, mut length) = match first {
            0xc0.. => (first & 0x3f, length(&mut rest)?),
            0x80.. => (first >> 2 & 0x0f, old_length(first & 3, &mut rest)?),
            _ => return None,
        };
        let mut body = Cow::Borrowed(&[][..]);
        let cut = loop {
            let (size, last) = match length {
                Length::Whole(size) => (size, true),
                Length::Part(size) => (size, false),
                Length::ToTheEnd => (rest.len(), true),
            };
            let cut = size > rest.len();
            let there = size.min(rest.len());
            append(&mut body, take(&mut rest, there)?);
            if last || cut {
                break cut;
            }
            match self::length(&mut rest) {
                Some(next) => length = next,
                None => break true,
            }
        };
        self.0 = rest;
        Some(Packet { tag, body, cut })
    }
}

/// One piece is not copied.
fn append<'a>(body: &mut Cow<'a, [u8]>, piece: &'a [u8]) {
    if body.is_empty() {
        *body = Cow::Borrowed(piece);
    } else {
        body.to_mut().extend_from_slice(piece);
    }
}

fn length(rest: &mut &[u8]) -> Option<Length> {
    let first = take(rest, 1)?[0];
    Some(match first {
        0..=191 => Length::Whole(usize::from(first)),
        192..=223 => {
            let second = take(rest, 1)?[0];
            Length::Whole((usize::from(first) - 192) * 256 + usize::from(second) + 192)
        }
        224..=254 => Length::Part(1 << (first & 0x1f)),
        255 => Length::Whole(number(rest, 4)?),
    })
}

/// The older kind of header (4.2.2).
fn old_length(kind: u8, rest: &mut &[u8]) -> Option<Length> {
    Some(match kind {
        3 => Length::ToTheEnd,
        _ => Length::Whole(number(rest, 1 << kind)?),
    })
}

fn number(rest: &mut &[u8], bytes: usize) -> Option<usize> {
    let digits = take(rest, bytes)?;
    Some(
        digits
            .iter()
            .fold(0, |number, &digit| number << 8 | usize::from(digit)),
    )
}

fn take<'a>(rest: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(size)?;
    *rest = left;
    Some(taken)
}

impl Packet<'_> {
    /// Whether the body begins as the tag demands: with a version, a method or
    /// a format that exists.
    pub(crate) fn is_sound(&self) -> bool {
        let first = self.body.first().copied();
        match (self.tag, first) {
            (SESSION_KEY_FOR_KEY, Some(first)) => matches!(first, 2 | 3 | 6),
            (SESSION_KEY_FOR_PASSWORD, Some(first)) => matches!(first, 4..=6),
            (SIGNATURE, Some(first)) => matches!(first, 2..=6),
            (ONE_PASS, Some(first)) => matches!(first, 3 | 6),
            (SECRET_KEY | PUBLIC_KEY | SECRET_SUBKEY | PUBLIC_SUBKEY, Some(first)) => {
                matches!(first, 2..=6)
            }
            (COMPRESSED, Some(first)) => first <= 3,
            (LITERAL, Some(first)) => matches!(first, b'b' | b't' | b'u' | b'l' | b'm' | b'1'),
            (SEALED, Some(first)) => matches!(first, 1 | 2),
            (SEALED_BY_GNUPG, Some(first)) => first == 1,
            (MARKER, _) => &*self.body == b"PGP",
            (ENCRYPTED | TRUST | USER_ID | USER_ATTRIBUTE | PADDING, _) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_of_all_lengths_are_told_apart() {
        let long = [&[0xcb, 192, 8][..], &[b'x'; 200]].concat();
        for (bytes, expected) in [
            (
                &b"\xcb\x01a\xcd\x02bc"[..],
                &[(11, 1, false), (13, 2, false)][..],
            ),
            (&long, &[(11, 200, false)]),
            (b"\xcb\xff\0\0\0\x02ab", &[(11, 2, false)]),
            (b"\xcb\xe1ab\xe0c\x01d", &[(11, 4, false)]),
            (b"\xac\x01a", &[(11, 1, false)]),
            (b"\xad\0\x01a", &[(11, 1, false)]),
            (b"\xafabc", &[(11, 3, false)]),
            (b"\xcb\x05ab", &[(11, 2, true)]),
            (b"\xcb\xe1ab", &[(11, 2, true)]),
            (b"abc", &[]),
            (b"\xcb", &[]),
            (b"\xcb\xff\0", &[]),
        ] {
            let found: Vec<_> = Packets(bytes)
                .map(|packet| (packet.tag, packet.body.len(), packet.cut))
                .collect();
            assert_eq!(found, expected, "{bytes:x?}");
        }
    }
}
