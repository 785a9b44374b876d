//! Encoded words in header fields (RFC 2047), made easy for the parser.
//!
//! Clients split a long text into several words and some split it inside a
//! character, name charsets that nobody else knows, or leave spaces in a word.
//! Each run of adjacent words is decoded here as a mail client does, and put
//! back as one word in UTF-8, so that commas in a name stay out of the way of
//! the address parser.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;

use super::{charset, encoding};

/// The header section with every run of encoded words as one word in UTF-8.
pub fn normalise(header: &[u8]) -> Cow<'_, [u8]> {
    if memmem::find(header, b"=?").is_none() {
        return Cow::Borrowed(header);
    }
    let mut out = Vec::with_capacity(header.len());
    each(header, Way::First, |piece| match piece {
        Piece::Plain(bytes) => out.extend_from_slice(bytes),
        Piece::Words(text) => {
            out.extend_from_slice(b"=?UTF-8?B?");
            out.extend_from_slice(STANDARD.encode(text).as_bytes());
            out.extend_from_slice(b"?=");
        }
    });
    Cow::Owned(out)
}

/// The text of a field's value.
pub fn decode(value: &[u8]) -> String {
    decode_as(value, Way::First)
}

/// The text as other programs decode it, where they differ: they do not know a
/// word's charset, join what is left of one word's base64 with the next, or
/// read broken base64 in another way.
pub fn decode_otherwise(value: &[u8]) -> Option<String> {
    let other = decode_as(value, Way::Other);
    (other != decode(value)).then_some(other)
}

fn decode_as(value: &[u8], way: Way) -> String {
    let mut out = String::new();
    each(value, way, |piece| match piece {
        Piece::Plain(bytes) => out.push_str(&String::from_utf8_lossy(bytes)),
        Piece::Words(text) => out.push_str(&text),
    });
    out
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    First,
    Other,
}

enum Piece<'a> {
    Plain(&'a [u8]),
    Words(String),
}

fn each<'a>(header: &'a [u8], way: Way, mut put: impl FnMut(Piece<'a>)) {
    let mut rest = header;
    while let Some(start) = memmem::find(rest, b"=?") {
        put(Piece::Plain(&rest[..start]));
        rest = &rest[start..];
        let (text, after) = run(rest, way);
        if text.is_empty() {
            put(Piece::Plain(&rest[..2]));
            rest = &rest[2..];
        } else {
            put(Piece::Words(text));
            rest = after;
        }
    }
    put(Piece::Plain(rest));
}

struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
    /// As it stands, if it is base64.
    base64: &'a [u8],
}

/// The text of the run of words at the start, and what follows it.
fn run(header: &[u8], way: Way) -> (String, &[u8]) {
    let mut text = String::new();
    let mut pending: Option<Word<'_>> = None;
    let mut rest = header;
    while let Some((word, after)) = word(rest, way) {
        // Words of one charset are joined before decoding: a character may
        // lie across them.
        match &mut pending {
            Some(last) if last.charset.eq_ignore_ascii_case(word.charset) => {
                last.join(word, way);
            }
            _ => {
                flush(pending.take(), way, &mut text);
                pending = Some(word);
            }
        }
        rest = after;
        // White space between adjacent words is not shown (section 6.2).
        let gap = after.trim_ascii_start();
        if !gap.starts_with(b"=?") {
            break;
        }
        rest = if self::word(gap, way).is_some() {
            gap
        } else {
            break;
        };
    }
    flush(pending, way, &mut text);
    (text, rest)
}

impl<'a> Word<'a> {
    fn join(&mut self, next: Self, way: Way) {
        let ends = self.base64.len().is_multiple_of(4) || self.base64.contains(&b'=');
        if way == Way::Other && !ends && !next.base64.is_empty() {
            let both = encoding::base64(&[self.base64, next.base64].concat());
            let own = encoding::base64(self.base64).len();
            self.bytes.truncate(self.bytes.len().saturating_sub(own));
            self.bytes.extend(both);
        } else {
            self.bytes.extend_from_slice(&next.bytes);
        }
        self.base64 = next.base64;
    }
}

fn flush(word: Option<Word<'_>>, way: Way, text: &mut String) {
    if let Some(word) = word {
        let other = match way {
            Way::First => None,
            Way::Other => charset::otherwise(&word.bytes, word.charset),
        };
        let decoded = other.unwrap_or_else(|| charset::decode(&word.bytes, Some(word.charset)));
        text.extend(decoded.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')));
    }
}

/// `=?charset*language?B|Q?text?=`
fn word(header: &[u8], way: Way) -> Option<(Word<'_>, &[u8])> {
    let inner = header.strip_prefix(b"=?")?;
    let (charset, inner) = until_question_mark(inner, 60)?;
    let (method, inner) = until_question_mark(inner, 1)?;
    let end = memmem::find(inner, b"?=")?;
    let (text, after) = (&inner[..end], &inner[end + 2..]);
    // A question mark inside is against the rules and met; another word's
    // beginning is neither.
    if text.len() > 10_000 || text.contains(&b'\n') || memmem::find(text, b"=?").is_some() {
        return None;
    }
    let mut base64: &[u8] = b"";
    let bytes = match method {
        b"B" | b"b" => {
            base64 = text;
            let other = match way {
                Way::First => None,
                Way::Other => encoding::base64_otherwise(text).into_iter().next(),
            };
            other.unwrap_or_else(|| encoding::base64(text))
        }
        b"Q" | b"q" => encoding::quoted_word(text),
        _ => return None,
    };
    let charset = std::str::from_utf8(charset).ok()?;
    let charset = charset.split('*').next().unwrap_or(charset);
    let word = Word {
        charset,
        bytes,
        base64,
    };
    Some((word, after))
}

fn until_question_mark(bytes: &[u8], most: usize) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'?', bytes).filter(|&end| end <= most)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: &str) {
        let out = normalise(header.as_bytes()).into_owned();
        let out = String::from_utf8(out).expect("only ASCII was put in");
        let (before, rest) = out.split_once("=?UTF-8?B?").unwrap_or((&out, "?="));
        let (word, after) = rest.split_once("?=").expect("a word ends");
        let text = STANDARD.decode(word).expect("own encoding");
        let text = String::from_utf8(text).expect("UTF-8");
        assert_eq!(format!("{before}{text}{after}"), expected, "{header}");
    }

    #[test]
    fn words_are_joined_and_decoded() {
        check("Subject: =?utf-8?Q?Zo=C3=AB?=", "Subject: Zoë");
        check("=?iso-8859-1?q?Ren=E9?= Smith", "René Smith");
        // One character across two words, folded between them.
        check("=?utf-8?Q?Zo=C3?=\r\n =?utf-8?Q?=AB_Quill?=", "Zoë Quill");
        check("=?utf-8?B?Wm/D?= =?utf-8?B?qw==?=", "Zoë");
        check("=?utf-8*en?Q?a?= =?us-ascii?Q?b?= c", "ab c");
        check("=?utf-8?Q?with spaces?=", "with spaces");
        check("=?utf-8?Q?Is_it_on??= now", "Is it on? now");
        check("=?x-nonsense?Q?Zo=C3=AB?=", "Zoë");
    }

    #[test]
    fn what_is_no_word_stays() {
        for header in [
            "=?",
            "=?utf-8?X?abc?=",
            "a =?utf-8?Q?never ends",
            "=?utf-8?Q?a\r\nb?=",
            "1 =? 2",
        ] {
            assert!(
                normalise(header.as_bytes()) == header.as_bytes(),
                "{header}"
            );
        }
        let hostile = b"=?utf-8?Q?".repeat(20_000);
        assert!(normalise(&hostile).as_ref() == hostile);
    }
}
