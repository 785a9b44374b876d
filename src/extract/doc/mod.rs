//! Documents of Word 97 to 2003 ([MS-DOC]): one run of characters in pieces,
//! of which the first part is the body and the rest stands elsewhere on the
//! page or beside it.

use super::cipher::{Rc4Header, Xor};
use super::harvest::{Harvest, Place};
use super::illustration::Illustrations;
use super::ole::{self, Compound};
use super::{Protection, office_art, properties};
use crate::extract::bytes::{u16_at, utf16};
use crate::finding::ProblemKind;
use fib::Fib;
use pieces::Pieces;
use runs::Runs;

mod fib;
mod pieces;
mod runs;
mod story;
mod style;

const DOCUMENT: &str = "WordDocument";
/// Where pictures are that stand in lines of text.
const DATA: &str = "Data";
/// RC4 has a new key each so many bytes of a stream.
const BLOCK: usize = 512;

pub(crate) fn is_one(compound: &Compound<'_>) -> bool {
    compound.has_at_top(DOCUMENT)
}

pub(crate) fn read(compound: &Compound<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "doc");
    let Some(place) = harvest.deeper(place) else {
        return;
    };
    properties::read(compound, &place, harvest);
    let Some(mut document) = ole::stream(compound, DOCUMENT, &place, harvest) else {
        return;
    };
    let Some(fib) = Fib::parse(&document) else {
        return harvest.problem(
            &place,
            ProblemKind::Unknown,
            "a document of Word 95 or older, which Exeat does not read: save it as .docx",
        );
    };
    let mut table = ole::stream(compound, fib.table(), &place, harvest).unwrap_or_default();
    let mut data = ole::stream(compound, DATA, &place, harvest).unwrap_or_default();
    if fib.is_encrypted() {
        let streams = [
            (&mut document, fib::BASE),
            (&mut table, fib.key()),
            (&mut data, 0),
        ];
        if !unsealed(&fib, streams, &place, harvest) {
            return;
        }
    }
    // The rest of the header is encrypted with the document.
    match Fib::parse(&document) {
        Some(fib) => stories(&fib, &document, &table, &place, harvest),
        None => damaged(&place, harvest),
    }
    let mut pictures = Illustrations::default();
    for stream in [&data, &document, &table] {
        office_art::read(stream, &mut pictures, &place, harvest);
    }
    ole::embedded(compound, &place, harvest);
    ole::strangers(compound, &place, harvest);
}

/// Takes off an encryption that a password of everybody opens or one of the
/// message, and tells what it is ([MS-DOC] 2.2.6). Of each stream so many bytes
/// are clear; the second is the table.
fn unsealed(
    fib: &Fib,
    streams: [(&mut Vec<u8>, usize); 3],
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> bool {
    if let Some((key, verifier)) = fib.obfuscation() {
        let Some(xor) = Xor::unlock(key, verifier, place, harvest) else {
            return false;
        };
        // The table has no header of its own then.
        let [document, table, data] = streams;
        for (stream, clear) in [document, (table.0, 0), data] {
            keeping(stream, clear, |stream| xor.decrypt_of_word(stream));
        }
        return true;
    }
    if !harvest.guesses(place) {
        return false;
    }
    let Some(header) = Rc4Header::parse(streams[1].0) else {
        harvest.problem(
            place,
            ProblemKind::Unknown,
            "a Word document encrypted in a way that Exeat does not know",
        );
        return false;
    };
    let Some(key) = header.unlock(place, harvest) else {
        return false;
    };
    for (stream, clear) in streams {
        keeping(stream, clear, |stream| key.decrypt(stream, BLOCK));
    }
    true
}

/// Decrypts a stream whose first bytes are clear, and take their part of the
/// key all the same.
fn keeping(stream: &mut [u8], clear: usize, decrypt: impl Fn(&mut [u8])) {
    let clear = clear.min(stream.len());
    let kept = stream[..clear].to_vec();
    decrypt(stream);
    stream[..clear].copy_from_slice(&kept);
}

/// Reads the document part by part, by the numbers of characters that the
/// header gives each.
fn stories(fib: &Fib, document: &[u8], table: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let Some(pieces) = Pieces::parse(fib, table) else {
        return damaged(place, harvest);
    };
    let runs = Runs::read(fib, document, table);
    let text = pieces.characters(document, &runs, harvest.text_room(place));
    let counted: usize = fib.stories().into_iter().sum();
    if text.damaged || text.shown.len() < counted {
        damaged(place, harvest);
    }
    if fib.is_read_only_recommended() {
        harvest.protection(
            place,
            Protection::Open,
            "opens without the password: only editing is restricted",
        );
    }
    let mut tables = 0;
    let mut rest = &text.shown[..];
    for (length, name) in fib.stories().into_iter().zip(story::NAMES) {
        let (part, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        let place = name.map_or_else(|| place.clone(), |name| place.within(name));
        story::read(part, &place, &mut tables, harvest);
    }
    // What no part counts for is text all the same.
    let other = place.hidden("other text, hidden");
    story::read(rest, &other, &mut tables, harvest);
    for (hidden, name) in [
        (&text.deleted, "(deleted text, hidden)"),
        (&text.vanished, "(hidden text)"),
    ] {
        harvest.text(&place.hidden(name), story::lines(hidden));
    }
    let (start, length) = fib.bookmarks;
    let bookmarks = table.get(start..).unwrap_or_default();
    let bookmarks = names(&bookmarks[..length.min(bookmarks.len())]);
    // Those that begin so are made by programs.
    let own: Vec<String> = bookmarks.filter(|name| !name.starts_with('_')).collect();
    harvest.text(
        &place.hidden("(names of bookmarks, hidden)"),
        own.join("\n"),
    );
}

/// The strings of a table in UTF-16 ([MS-DOC] 2.2.4, `STTB`).
fn names(table: &[u8]) -> impl Iterator<Item = String> + use<'_> {
    let wide = u16_at(table, 0) == Some(0xffff);
    let extra = u16_at(table, 4).map_or(0, usize::from);
    let mut rest = table.get(6..).filter(|_| wide).unwrap_or_default();
    std::iter::from_fn(move || {
        let end = 2 + 2 * usize::from(u16_at(rest, 0)?);
        let name = utf16(rest.get(2..end)?);
        rest = rest.get(end + extra..).unwrap_or_default();
        Some(name)
    })
}

fn damaged(place: &Place, harvest: &mut Harvest<'_>) {
    harvest.problem(
        place,
        ProblemKind::Damaged,
        "it is damaged and was read as far as it could be",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_up_to_where_their_table_is_cut() {
        let table = b"\xff\xff\x02\0\x01\0\x03\0Z\0o\0e\0.\x01\0B\0.";
        assert_eq!(names(table).collect::<Vec<_>>(), ["Zoe", "B"]);
        for length in 0..table.len() {
            assert!(names(&table[..length]).count() <= 2);
        }
        assert_eq!(names(b"\x01\0\0\0\x02\0ab").count(), 0);
    }
}
