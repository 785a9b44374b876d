//! The parts of a multipart, and what stands outside all of them.

use mail_parser::HeaderName;
use memchr::memmem;

use super::ways::{each_way, two_ways};
use super::{Around, walk};
use crate::extract::body::Bodies;
use crate::extract::harvest::{Harvest, Place};
use crate::mail::message::Part;
use crate::mail::multipart::{self as split, Multipart};
use crate::mail::{charset, words};

pub(super) fn multipart(
    body: &[u8],
    boundaries: &[String],
    digest: bool,
    around: &Around,
    place: &Place,
    bodies: &mut Bodies,
    harvest: &mut Harvest<'_>,
) {
    if body.trim_ascii().is_empty() {
        return;
    }
    if around.level >= harvest.depth() {
        harvest.exhaust(
            place,
            "its parts are packed in one another deeper than Exeat reads",
        );
        return;
    }
    let limit = harvest.entries_left() + 1;
    let mut usual = None;
    let mut splits = Vec::new();
    for boundary in boundaries {
        if let Some(split) = split::split(body, boundary, limit) {
            usual.get_or_insert(boundary.as_str());
            splits.push(split);
        }
    }
    if splits.len() < boundaries.len() && !splits.is_empty() {
        two_ways("it names several boundaries", place, harvest);
    }
    if splits.is_empty() {
        // Some programs find the parts nevertheless, others show it as text.
        let guessed = split::guess_boundary(body);
        if let Some(split) = guessed.and_then(|guessed| split::split(body, guessed, limit)) {
            two_ways("its parts have no valid boundary", place, harvest);
            splits.push(split);
        }
    }
    if splits.is_empty() {
        harvest.digest(body);
        bodies.plain(charset::decode(body, None));
        return;
    }
    if let Some(parts) = usual.and_then(|usual| split::split_loosely(body, usual, limit)) {
        splits.push(Multipart {
            preamble: b"",
            parts,
            epilogue: b"",
        });
    }
    let inside = Around {
        level: around.level + 1,
        digest,
    };
    let what = "where its parts begin and end is not clear";
    each_way(
        &splits,
        what,
        place,
        bodies,
        harvest,
        |split, bodies, harvest| {
            parts(split, &inside, place, bodies, harvest);
        },
    );
}

fn parts(
    split: &Multipart<'_>,
    inside: &Around,
    place: &Place,
    bodies: &mut Bodies,
    harvest: &mut Harvest<'_>,
) {
    between_parts(
        split.preamble,
        "text before the first part (hidden)",
        place,
        harvest,
    );
    for raw in &split.parts {
        if harvest.is_spent() {
            return;
        }
        let part = Part::parse(raw);
        described(&part, place, harvest);
        walk(&part, inside, place, bodies, harvest);
    }
    between_parts(
        split.epilogue,
        "text after the last part (hidden)",
        place,
        harvest,
    );
}

/// What some programs show of a part beside its name (RFC 2045 section 8), and
/// the subject that some show in the place of the message's own.
fn described(part: &Part<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    for subject in part.texts(HeaderName::Subject) {
        harvest.text(&place.hidden("subject of a part (hidden)"), subject);
    }
    let names = part.names();
    for words in part.raw("Content-Description").take(2) {
        let words = words::decode(words.as_bytes());
        if !names.contains(&words) {
            harvest.text(&place.hidden("description of a part (hidden)"), words);
        }
    }
}

/// Text outside all parts: most programs do not show it, some do.
fn between_parts(text: &[u8], name: &str, place: &Place, harvest: &mut Harvest<'_>) {
    let text = text.trim_ascii();
    let boilerplate = [
        &b"multi-part message in MIME"[..],
        b"multipart message in MIME",
        b"MIME-encapsulated message",
    ]
    .iter()
    .any(|phrase| memmem::find(text, phrase).is_some());
    if text.is_empty() || (boilerplate && text.len() < 300 && !says_more(text)) {
        return;
    }
    harvest.text(&place.hidden(name), charset::decode(text, None));
}

/// Whether there are sentences behind the usual one, other than that a program
/// is old.
fn says_more(text: &[u8]) -> bool {
    let end = memmem::find(text, b"MIME").unwrap_or_default();
    let text = text[end..].to_ascii_lowercase();
    let rest =
        memchr::memchr2(b'.', b'\n', &text).map_or(&b""[..], |at| text[at + 1..].trim_ascii());
    let usual: [&[u8]; 6] = [
        b"mime",
        b"client",
        b"software",
        b"mail reader",
        b"mailer",
        b"program",
    ];
    !rest.is_empty() && !usual.iter().any(|word| memmem::find(rest, word).is_some())
}
