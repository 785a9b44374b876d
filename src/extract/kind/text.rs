//! What a text is, by how it begins: a page, a message, a list, or words.

use memchr::memmem;

use super::Kind;
use crate::extract::content_line::Family;
use crate::extract::{armour, ber, dif, mbox, sylk};
use crate::mail::{charset, encoding};

/// Whether the bytes are text in some charset: no control characters that text
/// does not have, or UTF-16.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"\xff\xfe")
        || bytes.starts_with(b"\xfe\xff")
        || charset::sniff_utf16(bytes).is_some()
    {
        return true;
    }
    let head = &bytes[..bytes.len().min(64 * 1024)];
    let odd = head
        .iter()
        .filter(|&&b| matches!(b, 0..=6 | 14..=26 | 28..=31 | 127))
        .count();
    // A stray control character does not make a text unreadable, but many
    // high bytes without UTF-8 are no Western text.
    if odd * 500 > head.len() || head.contains(&0) {
        return false;
    }
    let high = head.iter().filter(|b| !b.is_ascii()).count();
    match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) if error.error_len().is_none() => true,
        Err(_) => high * 10 < head.len() * 4 || looks_like_words(head),
    }
}

/// Text in a charset of no Latin letters: high bytes in runs between spaces
/// and line ends.
fn looks_like_words(head: &[u8]) -> bool {
    let spaces = head.iter().filter(|b| b.is_ascii_whitespace()).count();
    let c1 = head.iter().filter(|b| (0x80..0xa0).contains(*b)).count();
    spaces * 20 > head.len() && c1 * 4 < head.len()
}

pub(super) fn text_kind(bytes: &[u8]) -> Kind {
    let head = &bytes[..bytes.len().min(2_048)];
    let wide = charset::sniff_utf16(head).map(|utf_16| charset::with(utf_16, head));
    let head = wide
        .as_deref()
        .map_or(head, str::as_bytes)
        .trim_ascii_start();
    let head = head
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(head)
        .trim_ascii_start();
    let lower = head.to_ascii_lowercase();
    let markup = lower.starts_with(b"<");
    let declared = lower.starts_with(b"<?xml") || lower.starts_with(b"<ctfile");
    if declared && memmem::find(&lower, b"<html").is_none() {
        return Kind::Xml;
    }
    let html_marks: [&[u8]; 6] = [
        b"<!doctype html",
        b"<html",
        b"<head",
        b"<body",
        b"<table",
        b"<div",
    ];
    // `<header>` is no `<head>`.
    let has_tag = |mark: &&[u8]| {
        let mut found = memmem::find_iter(&lower, mark);
        found.any(|at| {
            !lower
                .get(at + mark.len())
                .is_some_and(u8::is_ascii_alphanumeric)
        })
    };
    if markup && html_marks.iter().any(has_tag) {
        return Kind::Html;
    }
    if lower.starts_with(b"begin:vcalendar") {
        return Kind::ContentLines(Family::Calendar);
    }
    if lower.starts_with(b"begin:vcard") {
        return Kind::ContentLines(Family::Contacts);
    }
    if sylk::is_one(head) {
        return Kind::Sylk;
    }
    if dif::is_one(head) {
        return Kind::Dif;
    }
    if is_message(head) {
        return match mbox::is_one(bytes) {
            true => Kind::Mbox,
            false => Kind::Message,
        };
    }
    if armour::find(bytes, 0).is_some() {
        return Kind::Armoured;
    }
    // Some gateways leave S/MIME's base64 as it is.
    if head.starts_with(b"M")
        && ber::is_content_info(&encoding::base64(&head[..head.len().min(64)]))
    {
        return Kind::Asn1;
    }
    Kind::Text
}

/// A saved mail: begins with header fields, among them two of those that all
/// mail has.
fn is_message(head: &[u8]) -> bool {
    const TYPICAL: [&[u8]; 8] = [
        b"received:",
        b"return-path:",
        b"from:",
        b"to:",
        b"subject:",
        b"date:",
        b"message-id:",
        b"mime-version:",
    ];
    let mut typical = 0;
    for (i, line) in head.split(|&b| b == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if i == 0 && line.starts_with(b"From ") {
            continue;
        }
        if line.is_empty() {
            break;
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            continue;
        }
        let lower = line.to_ascii_lowercase();
        let name = lower.split(|&b| b == b':').next().unwrap_or_default();
        if name.len() == lower.len()
            || name.is_empty()
            || !name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        {
            // The last line may be cut.
            return typical >= 3;
        }
        typical += usize::from(TYPICAL.iter().any(|field| lower.starts_with(field)));
    }
    // A note "From: … To: …" is no message without more.
    let lower = head.to_ascii_lowercase();
    let has = |field: &[u8]| memmem::find(&lower, field).is_some();
    typical >= 3
        || (typical == 2 && (has(b"message-id:") || has(b"mime-version:") || has(b"content-type:")))
        // A part that was saved by itself, as programs for S/MIME do.
        || (typical == 1 && has(b"mime-version:") && has(b"content-type:"))
}
