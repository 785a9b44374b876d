//! Files as Macintoshes wrap them: AppleSingle and AppleDouble (RFC 1740), and
//! MacBinary. The data fork is the file; of the rest only its name and comment
//! are for people.

use super::file;
use super::harvest::{Harvest, Place};
use crate::finding::ProblemKind;
use crate::mail::charset;

const SINGLE: &[u8] = b"\0\x05\x16\0";
const DOUBLE: &[u8] = b"\0\x05\x16\x07";

const DATA: u32 = 1;
const NAME: u32 = 3;
const COMMENT: u32 = 4;

/// MacBinary's header.
const HEADER: usize = 128;

/// Whether the bytes are in AppleSingle or AppleDouble, or in MacBinary.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(SINGLE) || bytes.starts_with(DOUBLE) || binary(bytes).is_some()
}

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    if let Some((name, fork)) = binary(bytes) {
        harvest.kind(place, "macbinary");
        return wrapped(name, fork, place, harvest);
    }
    let kind = if bytes.starts_with(SINGLE) {
        "applesingle"
    } else {
        "appledouble"
    };
    harvest.kind(place, kind);
    let mut name: &[u8] = b"";
    let mut fork: Option<&[u8]> = None;
    let mut cut = false;
    for entry in entries(bytes) {
        cut |= entry.cut;
        match entry.kind {
            DATA => fork = Some(entry.bytes),
            NAME => name = entry.bytes,
            COMMENT => {
                let comment = charset::decode(entry.bytes, None);
                harvest.text(&place.hidden("comment"), comment);
            }
            _ => {}
        }
    }
    if let Some(fork) = fork {
        wrapped(name, fork, place, harvest);
    }
    if cut {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "it is cut short or damaged: only a part of it was read",
        );
    }
}

fn wrapped(name: &[u8], fork: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    if let Some(inside) = harvest.deeper(place) {
        let name = charset::decode(name, Some("macintosh"));
        file::read(&[name.as_str()], fork, &inside, harvest);
    }
}

struct Entry<'a> {
    kind: u32,
    bytes: &'a [u8],
    cut: bool,
}

/// The entries that the header names, as far as they are there.
fn entries(bytes: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let count = bytes
        .get(24..26)
        .map_or(0, |n| u16::from_be_bytes([n[0], n[1]]));
    let (records, _) = bytes.get(26..).unwrap_or_default().as_chunks::<12>();
    let missing = records.len() < usize::from(count);
    let entries = records.iter().take(usize::from(count)).map(move |record| {
        let number = |at: usize| {
            u32::from_be_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]])
        };
        let rest = bytes.get(number(4) as usize..).unwrap_or_default();
        let length = number(8) as usize;
        Entry {
            kind: number(0),
            bytes: &rest[..rest.len().min(length)],
            cut: rest.len() < length,
        }
    });
    let end = missing.then_some(Entry {
        kind: 0,
        bytes: b"",
        cut: true,
    });
    entries.chain(end)
}

/// MacBinary has no mark: its header has zeros where they must be, a name, and
/// lengths that are those of the file.
fn binary(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let header = bytes.get(..HEADER)?;
    let length = usize::from(header[1]);
    if header[0] != 0 || header[74] != 0 || header[82] != 0 || !(1..=63).contains(&length) {
        return None;
    }
    let name = &header[2..2 + length];
    let number = |at: usize| {
        u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]) as usize
    };
    let (data, resources) = (number(83), number(87));
    let padded = |length: usize| length.div_ceil(HEADER).saturating_mul(HEADER);
    let whole = HEADER
        .saturating_add(padded(data))
        .saturating_add(resources);
    let is_written = |letters: &[u8]| letters.iter().all(|b| (b' '..0x7f).contains(b));
    let is_one = !name.iter().any(u8::is_ascii_control)
        && is_written(&header[65..73])
        && data > 0
        && whole <= bytes.len().saturating_add(HEADER)
        && bytes.len() <= whole.saturating_add(4 * HEADER);
    is_one.then(|| (name, &bytes[HEADER..bytes.len().min(HEADER + data)]))
}
