//! Embedded objects of OLE 1.0, as RTF holds them (MS-OLEDS 2.2.5), and the
//! packages in which other files lie among them.

use super::file;
use super::harvest::{Harvest, Place};
use crate::finding::ProblemKind;
use crate::mail::charset;

/// Reads an object from its hexadecimal digits.
pub(crate) fn read(digits: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    let bytes = unhex(digits);
    if !harvest.decoded(place, bytes.len()) {
        return;
    }
    let Some(inside) = harvest.deeper(place) else {
        return;
    };
    match embedded(&bytes) {
        Some((b"Package", data)) => match package(data) {
            Some((name, file)) => {
                file::read(&[&charset::decode(name, None)], file, &inside, harvest);
            }
            None => unread(&inside, harvest),
        },
        Some((_, data)) => file::read(&["embedded object"], data, &inside, harvest),
        None => unread(&inside, harvest),
    }
}

fn unread(place: &Place, harvest: &mut Harvest<'_>) {
    harvest.problem(
        place,
        ProblemKind::Unknown,
        "an embedded object in it could not be read",
    );
}

fn unhex(digits: &[u8]) -> Vec<u8> {
    let values: Vec<u8> = digits
        .iter()
        .filter_map(|&digit| char::from(digit).to_digit(16))
        .filter_map(|value| u8::try_from(value).ok())
        .collect();
    values
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// The class and the native data of an embedded object.
fn embedded(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (format, rest) = number(bytes.get(4..)?)?;
    // 2 is an embedded object; 1 would be a link.
    if format != 2 {
        return None;
    }
    let (class, rest) = counted(rest)?;
    let (_topic, rest) = counted(rest)?;
    let (_item, rest) = counted(rest)?;
    let (data, _) = counted(rest)?;
    Some((class.strip_suffix(b"\0").unwrap_or(class), data))
}

/// The file in a package: label, path, a temporary path, and its bytes.
fn package(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, rest) = terminated(data.get(2..)?)?;
    let (_path, rest) = terminated(rest)?;
    let (_temporary, rest) = counted(rest.get(4..)?)?;
    let (file, _) = counted(rest)?;
    Some((name, file))
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number(bytes)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

fn terminated(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(0, bytes)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}
