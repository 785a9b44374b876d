//! Values in the Basic Encoding Rules of ASN.1 (X.690), of which DER is the
//! strict kind: S/MIME is made of them, and much of real mail is not strict.

use std::borrow::Cow;

use super::cms;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTETS: u8 = 0x04;
pub(crate) const OBJECT: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
/// `[0]` around another value.
pub(crate) const EXPLICIT: u8 = 0xa0;

const CONSTRUCTED: u8 = 0x20;
/// Values inside values; nothing honest nests deeper.
const DEEPEST: u32 = 24;

/// One value, of definite or indefinite length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// Where the next begins.
    pub(crate) end: usize,
    /// The bytes end before the value does.
    pub(crate) cut: bool,
}

impl<'a> Value<'a> {
    /// The first value in `bytes`, as far as it goes if it is cut short.
    pub(crate) fn first(bytes: &'a [u8]) -> Option<Self> {
        Self::at(bytes, 0, 0)
    }

    fn at(bytes: &'a [u8], start: usize, depth: u32) -> Option<Self> {
        let tag = *bytes.get(start)?;
        // No tag of more than one byte is used in S/MIME (8.1.2.4).
        if tag & 0x1f == 0x1f {
            return None;
        }
        let first = *bytes.get(start + 1)?;
        let mut at = start + 2;
        if first == 0x80 {
            return Self::until_end_mark(bytes, tag, at, depth);
        }
        let mut length = usize::from(first);
        if first > 0x80 {
            let digits = bytes.get(at..at + usize::from(first & 0x7f))?;
            at += digits.len();
            length = 0;
            for &digit in digits {
                length = length.checked_mul(256)? | usize::from(digit);
            }
        }
        let end = at.checked_add(length)?;
        Some(Self {
            tag,
            content: &bytes[at..end.min(bytes.len())],
            end: end.min(bytes.len()),
            cut: end > bytes.len(),
        })
    }

    /// Indefinite length: up to two zero bytes at this level (8.1.3.6).
    fn until_end_mark(bytes: &'a [u8], tag: u8, start: usize, depth: u32) -> Option<Self> {
        if tag & CONSTRUCTED == 0 || depth >= DEEPEST {
            return None;
        }
        let mut at = start;
        loop {
            match bytes.get(at..at + 2) {
                Some([0, 0]) => {
                    return Some(Self {
                        tag,
                        content: &bytes[start..at],
                        end: at + 2,
                        cut: false,
                    });
                }
                Some(_) => at = Self::at(bytes, at, depth + 1)?.end,
                None => {
                    return Some(Self {
                        tag,
                        content: bytes.get(start..)?,
                        end: bytes.len(),
                        cut: true,
                    });
                }
            }
        }
    }

    /// The values inside.
    pub(crate) fn children(&self) -> impl Iterator<Item = Self> + use<'a> {
        values(self.content)
    }

    /// The bytes of an octet string, which may come in pieces (8.7.3).
    pub(crate) fn octets(&self) -> Cow<'a, [u8]> {
        if self.tag & CONSTRUCTED == 0 {
            return Cow::Borrowed(self.content);
        }
        let mut out = Vec::new();
        self.collect(&mut out, 0);
        Cow::Owned(out)
    }

    fn collect(&self, out: &mut Vec<u8>, depth: u32) {
        if self.tag & CONSTRUCTED == 0 {
            out.extend_from_slice(self.content);
        } else if depth < DEEPEST {
            self.children()
                .for_each(|value| value.collect(out, depth + 1));
        }
    }
}

/// The values that stand one after another in `bytes`.
pub(crate) fn values<'a>(bytes: &'a [u8]) -> impl Iterator<Item = Value<'a>> + use<'a> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let value = Value::at(bytes, at, 0)?;
        at = value.end;
        Some(value)
    })
}

/// Whether the bytes begin as S/MIME, a certificate or a key does: a sequence
/// whose first value is an identifier, a number or another sequence.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(64)];
    let [SEQUENCE, length, ..] = *head else {
        return false;
    };
    // A short one is text more often than not: "0 to 5", "01632".
    let header = match length {
        0x80 => 2,
        0x81..=0x84 => 2 + usize::from(length & 0x7f),
        _ => return is_content_info(head),
    };
    let Some(first) = Value::at(head, header, 0) else {
        return false;
    };
    match first.tag {
        OBJECT => (3..=20).contains(&first.content.len()) && !first.cut,
        INTEGER => matches!(first.content.len(), 1..=32) && !first.cut,
        SEQUENCE => head[header + 1] >= 0x80 || first.content.len() > 8,
        _ => false,
    }
}

/// Whether the bytes begin with a type of content of S/MIME's.
pub(crate) fn is_content_info(bytes: &[u8]) -> bool {
    let first = Value::first(bytes).filter(|value| value.tag == SEQUENCE);
    let kind = first.and_then(|value| value.children().next());
    kind.is_some_and(|kind| kind.tag == OBJECT && kind.content.starts_with(cms::RSA))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_all_kinds_are_read() {
        for (bytes, content, end, cut) in [
            (&b"\x04\x02ab"[..], &b"ab"[..], 4, false),
            (b"\x04\x81\x02abc", b"ab", 5, false),
            (b"\x04\x85\0\0\0\0\x01a", b"a", 8, false),
            (b"\x24\x80\x04\x01a\0\0", b"\x04\x01a", 7, false),
            (b"\x04\x05ab", b"ab", 4, true),
            (b"\x24\x80\x04\x01a", b"\x04\x01a", 5, true),
        ] {
            let value = Value::first(bytes).expect("a value");
            assert_eq!(
                (value.content, value.end, value.cut),
                (content, end, cut),
                "{bytes:x?}"
            );
        }
        for broken in [
            &b""[..],
            b"\x04",
            b"\x04\x80ab\0\0",
            b"\x04\x89\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x1f\x01a",
            b"\x24\x82\x01",
        ] {
            assert!(Value::first(broken).is_none(), "{broken:x?}");
        }
    }

    #[test]
    fn strings_in_pieces_are_put_together() {
        let pieces = b"\x24\x80\x04\x01a\x24\x04\x04\x02bc\0\0";
        assert_eq!(&*Value::first(pieces).expect("a value").octets(), b"abc");
        let deep = [[0x24, 0x80]; 1_000].concat();
        assert!(Value::first(&deep).is_none());
    }

    #[test]
    fn words_that_begin_like_a_sequence_are_none() {
        for words in ["0–5 years", "0£", "0 to 5", "01632 960 400", "0"] {
            assert!(!is_one(words.as_bytes()), "{words}");
            let (western, _, _) = encoding_rs::WINDOWS_1252.encode(words);
            assert!(!is_one(&western), "{words}");
        }
        assert!(is_one(b"\x30\x82\x01\x00\x30\x82\x00\xf0"));
        assert!(is_one(b"\x30\x82\x01\x00\x02\x01\x03"));
        assert!(is_one(b"\x30\x10\x06\x07\x2a\x86\x48\x86\xf7\x0d\x01"));
    }
}
