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
    let mut rest = header;
    while let Some(start) = memmem::find(rest, b"=?") {
        out.extend_from_slice(&rest[..start]);
        rest = &rest[start..];
        let (text, after) = run(rest);
        if text.is_empty() {
            out.extend_from_slice(&rest[..2]);
            rest = &rest[2..];
        } else {
            out.extend_from_slice(b"=?UTF-8?B?");
            out.extend_from_slice(STANDARD.encode(text).as_bytes());
            out.extend_from_slice(b"?=");
            rest = after;
        }
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
}

/// The text of the run of words at the start, and what follows it.
fn run(header: &[u8]) -> (String, &[u8]) {
    let mut text = String::new();
    let mut pending: Option<Word<'_>> = None;
    let mut rest = header;
    while let Some((word, after)) = word(rest) {
        // Words of one charset are joined before decoding: a character may
        // lie across them.
        match &mut pending {
            Some(last) if last.charset.eq_ignore_ascii_case(word.charset) => {
                last.bytes.extend_from_slice(&word.bytes);
            }
            _ => {
                flush(pending.take(), &mut text);
                pending = Some(word);
            }
        }
        rest = after;
        // White space between adjacent words is not shown (section 6.2).
        let gap = after.trim_ascii_start();
        if !gap.starts_with(b"=?") {
            break;
        }
        rest = if self::word(gap).is_some() {
            gap
        } else {
            break;
        };
    }
    flush(pending, &mut text);
    (text, rest)
}

fn flush(word: Option<Word<'_>>, text: &mut String) {
    if let Some(word) = word {
        let decoded = charset::decode(&word.bytes, Some(word.charset));
        text.extend(decoded.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')));
    }
}

/// `=?charset*language?B|Q?text?=`
fn word(header: &[u8]) -> Option<(Word<'_>, &[u8])> {
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
    let bytes = match method {
        b"B" | b"b" => encoding::base64(text),
        b"Q" | b"q" => encoding::quoted_word(text),
        _ => return None,
    };
    let charset = std::str::from_utf8(charset).ok()?;
    let charset = charset.split('*').next().unwrap_or(charset);
    Some((Word { charset, bytes }, after))
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
