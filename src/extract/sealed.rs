//! Messages under S/MIME (RFC 8551) and OpenPGP (RFC 9580): what is truly
//! encrypted, and what is only signed or packed.

use super::Protection;
use super::harvest::{Harvest, Place};
use super::message;
use crate::finding::ProblemKind;
use crate::mail::encoding;

const PKCS7: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07";
const SMIME_CT: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01";

/// DER or BER that may be Cryptographic Message Syntax.
pub(crate) fn smime(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let Some((kind, content)) = content_info(bytes) else {
        harvest.kind(place, "certificate");
        return harvest.problem(
            place,
            ProblemKind::NotRead,
            "a certificate or key: it was not read",
        );
    };
    let protected = match (kind.strip_prefix(PKCS7), kind.strip_prefix(SMIME_CT)) {
        (Some([3]), _) => Some("encrypted with S/MIME for its recipients"),
        (Some([6]), _) => Some("encrypted with a password (S/MIME)"),
        (_, Some([23])) => Some("encrypted with S/MIME for its recipients"),
        _ => None,
    };
    if let Some(why) = protected {
        harvest.kind(place, "smime");
        return harvest.protection(place, Protection::Protected, why);
    }
    match (kind.strip_prefix(PKCS7), kind.strip_prefix(SMIME_CT)) {
        (Some([2]), _) => signed(content, place, harvest),
        (_, Some([9])) => {
            harvest.kind(place, "smime");
            harvest.problem(
                place,
                ProblemKind::Unknown,
                "a compressed S/MIME message, which is not read yet",
            );
        }
        _ => {
            harvest.kind(place, "smime");
            harvest.problem(
                place,
                ProblemKind::Unknown,
                "an S/MIME object of a kind that Exeat does not know",
            );
        }
    }
}

/// `SignedData`: a signature alone, or one around the message itself.
fn signed(content: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    // version, digest algorithms, then what is signed (RFC 5652 section 5.1).
    let inner = Value::at(content, 0)
        .filter(|value| value.tag == 0x30)
        .and_then(|data| {
            let mut parts = data.children();
            let (_, _, encapsulated) = (parts.next()?, parts.next()?, parts.next()?);
            let mut parts = encapsulated.children();
            let (_, explicit) = (parts.next()?, parts.next()?);
            let mut octets = Vec::new();
            explicit
                .children()
                .for_each(|value| value.octets(&mut octets, 0));
            Some(octets)
        });
    match inner.filter(|octets| !octets.is_empty()) {
        None => harvest.kind(place, "signature"),
        Some(octets) => {
            harvest.kind(place, "signed message");
            if harvest.decoded(place, octets.len()) {
                message::nested(&octets, place, harvest);
            }
        }
    }
}

/// The content type's object identifier and the content itself.
fn content_info(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let outer = Value::at(bytes, 0).filter(|value| value.tag == 0x30)?;
    let mut parts = outer.children();
    let kind = parts.next().filter(|value| value.tag == 0x06)?;
    let content = parts.next().filter(|value| value.tag == 0xa0);
    Some((kind.content, content.map_or(&[][..], |value| value.content)))
}

/// One value of BER, of definite or indefinite length.
struct Value<'a> {
    tag: u8,
    content: &'a [u8],
    /// Where the next begins.
    end: usize,
}

/// Values inside values; nothing honest nests deeper.
const DEEPEST: u32 = 24;

impl<'a> Value<'a> {
    fn at(bytes: &'a [u8], start: usize) -> Option<Self> {
        Self::nested(bytes, start, 0)
    }

    fn nested(bytes: &'a [u8], start: usize, depth: u32) -> Option<Self> {
        let tag = *bytes.get(start)?;
        let first = *bytes.get(start + 1)?;
        let mut at = start + 2;
        if first == 0x80 {
            // Indefinite: up to two zero bytes at this level.
            if depth >= DEEPEST {
                return None;
            }
            let begin = at;
            loop {
                match bytes.get(at..at + 2) {
                    Some([0, 0]) => {
                        return Some(Self {
                            tag,
                            content: &bytes[begin..at],
                            end: at + 2,
                        });
                    }
                    Some(_) => at = Self::nested(bytes, at, depth + 1)?.end,
                    // Cut short, it is read as far as it goes.
                    None => {
                        return Some(Self {
                            tag,
                            content: bytes.get(begin..)?,
                            end: bytes.len(),
                        });
                    }
                }
            }
        }
        let mut length = usize::from(first);
        if first > 0x80 {
            let count = usize::from(first & 0x7f);
            if count > 4 {
                return None;
            }
            length = bytes
                .get(at..at + count)?
                .iter()
                .fold(0, |length, &byte| length << 8 | usize::from(byte));
            at += count;
        }
        let end = at.checked_add(length)?.min(bytes.len());
        Some(Self {
            tag,
            content: &bytes[at..end],
            end,
        })
    }

    fn children(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let content = self.content;
        let mut at = 0;
        std::iter::from_fn(move || {
            let value = Value::at(content, at)?;
            at = value.end;
            Some(value)
        })
    }

    /// The bytes of an octet string, which may come in pieces.
    fn octets(&self, out: &mut Vec<u8>, depth: u32) {
        match self.tag {
            0x04 => out.extend_from_slice(self.content),
            0x24 if depth < DEEPEST => self
                .children()
                .for_each(|value| value.octets(out, depth + 1)),
            _ => {}
        }
    }
}

/// Whether the bytes begin with an OpenPGP packet of an encrypted message.
pub(crate) fn is_pgp(bytes: &[u8]) -> bool {
    matches!(packet(bytes), Some((1, 3 | 6)) | Some((3, 4..=6)))
}

/// The first packet's tag, and its first byte, a version.
fn packet(bytes: &[u8]) -> Option<(u8, u8)> {
    let first = *bytes.first()?;
    if first & 0x80 == 0 {
        return None;
    }
    let (tag, header) = if first & 0x40 != 0 {
        let header = match *bytes.get(1)? {
            0..=191 => 2,
            192..=223 => 3,
            255 => 6,
            _ => 2,
        };
        (first & 0x3f, header)
    } else {
        (first >> 2 & 0x0f, [2, 3, 5, 1][usize::from(first & 3)])
    };
    Some((tag, *bytes.get(header)?))
}

/// An OpenPGP file, armoured or not.
pub(crate) fn pgp(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "pgp");
    let Some(label) = armour_label(bytes) else {
        return judge(bytes, place, harvest);
    };
    match label {
        b"SIGNATURE" => harvest.kind(place, "signature"),
        b"MESSAGE" => judge(&dearmoured(bytes), place, harvest),
        _ => {
            harvest.kind(place, "pgp key");
            harvest.problem(
                place,
                ProblemKind::NotRead,
                "an OpenPGP key: it was not read",
            );
        }
    }
}

/// The armour's word is not taken for what is in it.
fn judge(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    match packet(bytes) {
        Some((1 | 3 | 9 | 18 | 20, _)) => {
            harvest.protection(place, Protection::Protected, "encrypted with OpenPGP");
        }
        Some((4 | 8 | 11, _)) => harvest.problem(
            place,
            ProblemKind::Unknown,
            "an OpenPGP message that is packed but not encrypted, which is not read yet",
        ),
        _ => harvest.problem(
            place,
            ProblemKind::Damaged,
            "an OpenPGP file that is damaged",
        ),
    }
}

/// What an armour says it holds: `MESSAGE`, `SIGNATURE`, `PUBLIC KEY BLOCK`.
pub(crate) fn armour_label(bytes: &[u8]) -> Option<&[u8]> {
    let label = bytes.trim_ascii_start().strip_prefix(b"-----BEGIN PGP ")?;
    let end = memchr::memmem::find(label, b"-----")?;
    Some(&label[..end])
}

fn dearmoured(bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut in_body = false;
    for line in bytes.trim_ascii_start().split(|&b| b == b'\n').skip(1) {
        let line = line.trim_ascii();
        if line.starts_with(b"-----END") || (in_body && line.starts_with(b"=")) {
            break;
        }
        if line.is_empty() {
            in_body = true;
        } else if in_body {
            body.extend_from_slice(line);
        }
    }
    encoding::base64(&body)
}
