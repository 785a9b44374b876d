//! Files that stand in the words of a plain body: uuencoded, in yEnc or BinHex,
//! armoured by OpenPGP, or without the header that would tell what the body is.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

use super::harvest::{Harvest, Place};
use super::kind::{self, Kind};
use super::{armour, file};
use crate::finding::ProblemKind;
use crate::mail::{bin_hex, charset, encoding, y_enc};

/// Takes the files out of a body and reads them; gives what is left.
pub(crate) fn files<'a>(text: &'a [u8], place: &Place, harvest: &mut Harvest<'_>) -> Cow<'a, [u8]> {
    headless(text, place, harvest);
    let text = packed(text, place, harvest);
    match armour::find(&text, 0) {
        Some(_) => Cow::Owned(armour::take_out(&text, place, harvest)),
        None => text,
    }
}

/// Takes out the files that old programs put between the lines: uuencode, yEnc,
/// BinHex.
pub(crate) fn packed<'a>(
    text: &'a [u8],
    place: &Place,
    harvest: &mut Harvest<'_>,
) -> Cow<'a, [u8]> {
    let marks: [&[u8]; 3] = [b"=ybegin ", b"BinHex 4.0", b"begin"];
    let has = |mark: &&[u8]| memmem::find(text, mark).is_some();
    if !marks.iter().any(has) && memmem::find(text, b"BEGIN ").is_none() {
        return Cow::Borrowed(text);
    }
    let finders: [Finder; 3] = [uuencoded, y_encoded, in_bin_hex];
    let mut ahead = finders.map(|find| find(text, 0));
    let mut rest = Vec::with_capacity(text.len());
    let mut from = 0;
    let start =
        |found: &Option<Packed>| found.as_ref().map_or(usize::MAX, |found| found.range.start);
    while let Some(found) = ahead
        .iter_mut()
        .min_by_key(|found| start(found))
        .and_then(Option::take)
    {
        if found.range.start >= from {
            rest.extend_from_slice(&text[from..found.range.start]);
            from = found.range.end;
            put(&found, place, harvest);
            if harvest.is_spent() {
                break;
            }
        }
        // The kind that was taken is looked for again, behind what it was.
        ahead[found.kind] = finders[found.kind](text, from);
    }
    rest.extend_from_slice(&text[from..]);
    Cow::Owned(rest)
}

fn put(found: &Packed, place: &Place, harvest: &mut Harvest<'_>) {
    if !harvest.decoded(place, found.bytes.len()) {
        return;
    }
    if found.cut {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "a file among the words is cut short: only a part of it was read",
        );
    }
    let name = charset::decode(&found.name, None);
    if let Some(inside) = harvest.deeper(place) {
        file::read(&[name.trim()], &found.bytes, &inside, harvest);
    }
}

/// Finds the first file of its kind at or after a place.
type Finder = fn(&[u8], usize) -> Option<Packed>;

struct Packed {
    /// Which of the finders found it.
    kind: usize,
    name: Vec<u8>,
    bytes: Vec<u8>,
    cut: bool,
    range: Range<usize>,
}

fn uuencoded(text: &[u8], from: usize) -> Option<Packed> {
    encoding::uuencoded(text, from).map(|found| Packed {
        kind: 0,
        name: found.name.to_vec(),
        bytes: found.bytes,
        cut: false,
        range: found.range,
    })
}

fn y_encoded(text: &[u8], from: usize) -> Option<Packed> {
    y_enc::find(text, from).map(|found| Packed {
        kind: 1,
        name: found.name.to_vec(),
        bytes: found.bytes,
        cut: false,
        range: found.range,
    })
}

fn in_bin_hex(text: &[u8], from: usize) -> Option<Packed> {
    bin_hex::find(text, from).map(|found| Packed {
        kind: 2,
        name: found.name,
        bytes: found.bytes,
        cut: found.cut,
        range: found.range,
    })
}

/// A body that is S/MIME's base64, or a message with its own header, as some
/// servers send it back. It is read as that, and as the words it is.
fn headless(text: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let text = text.trim_ascii_start();
    let is_packed = match kind::sniff(text) {
        Kind::Asn1 => true,
        Kind::Message => {
            let head = text[..text.len().min(4096)].to_ascii_lowercase();
            let packing: [&[u8]; 3] = [b"multipart/", b"base64", b"quoted-printable"];
            let has = |word: &&[u8]| memmem::find(&head, word).is_some();
            has(&&b"mime-version:"[..]) && packing.iter().any(has)
        }
        _ => false,
    };
    if is_packed && let Some(inside) = harvest.deeper(place) {
        file::read(&[], text, &inside, harvest);
    }
}
