//! Pictures as Word, Excel and PowerPoint 97 to 2003 keep them ([MS-ODRAW]
//! 2.2.23): records of their own, which lie in several streams and are found
//! there by how they begin, wherever the tables that lead to them are.

use flate2::read::ZlibDecoder;

use super::bytes::{u16_at, u32_at};
use super::harvest::{Harvest, Place};
use super::illustration::{Illustrations, most_unpacked};
use super::{metafile, unpack};

/// Numbers of records; all of them have the same upper byte.
const UPPER: u8 = 0xf0;
const EMF: u8 = 0x1a;
const WMF: u8 = 0x1b;
const PICT: u8 = 0x1c;
const DIB: u8 = 0x1f;

const RECORD_HEADER: usize = 8;
/// A picture's digest; some have two.
const DIGEST: usize = 16;
/// Before a metafile stand its sizes and how it is packed (2.2.31).
const METAFILE_HEADER: usize = 34;
const DEFLATED: u8 = 0;

/// Reads the pictures in a stream.
pub(crate) fn read(
    stream: &[u8],
    pictures: &mut Illustrations,
    place: &Place,
    harvest: &mut Harvest<'_>,
) {
    let mut from = 0;
    while let Some(found) = memchr::memchr(UPPER, stream.get(from..).unwrap_or_default()) {
        let at = from + found;
        from = at + 1;
        let Some(record) = at
            .checked_sub(3)
            .and_then(|start| Record::at(stream, start))
        else {
            continue;
        };
        if harvest.is_spent() || !harvest.entry(place) {
            return;
        }
        from = record.end;
        record.read(pictures, place, harvest);
    }
}

struct Record<'a> {
    kind: u8,
    data: &'a [u8],
    /// Where the next one may begin.
    end: usize,
}

impl<'a> Record<'a> {
    fn at(stream: &'a [u8], start: usize) -> Option<Self> {
        let kind = *stream.get(start + 2)?;
        let digests = digests(u16_at(stream, start)?, kind)?;
        let length = u32_at(stream, start + 4)? as usize;
        let data = start + RECORD_HEADER + digests * DIGEST;
        let end = (start + RECORD_HEADER).checked_add(length)?;
        Some(Self {
            kind,
            data: stream.get(data..end.min(stream.len()))?,
            end,
        })
    }

    fn read(&self, pictures: &mut Illustrations, place: &Place, harvest: &mut Harvest<'_>) {
        if !matches!(self.kind, EMF | WMF | PICT) {
            // A byte without meaning stands before the picture.
            let bytes = self.data.get(1..).unwrap_or_default();
            let file = (self.kind == DIB).then(|| metafile::as_file(bytes));
            return pictures.read(file.flatten().as_deref().unwrap_or(bytes), place, harvest);
        }
        let bytes = self.data.get(METAFILE_HEADER..).unwrap_or_default();
        if self.data.get(32) != Some(&DEFLATED) {
            return pictures.read(bytes, place, harvest);
        }
        let limit = most_unpacked(bytes.len(), harvest);
        match unpack::inflate(ZlibDecoder::new(bytes), 0, limit) {
            Ok(bytes) => {
                if harvest.decoded(place, bytes.len()) {
                    pictures.read(&bytes, place, harvest);
                }
            }
            Err(fault) => fault.tell(place, harvest),
        }
    }
}

/// The fields of a picture's record by their lengths, but for the last, which
/// is the picture itself; `None` where the record's header is another's.
pub(crate) fn fields(header: &[u8]) -> Option<Vec<usize>> {
    let kind = *header.get(2).filter(|_| header.get(3) == Some(&UPPER))?;
    let digests = digests(u16_at(header, 0)?, kind)?;
    let mut fields = vec![DIGEST; digests];
    fields.push(match kind {
        EMF | WMF | PICT => METAFILE_HEADER,
        _ => 1,
    });
    Some(fields)
}

/// How many digests a picture has, by the head of its record.
fn digests(head: u16, kind: u8) -> Option<usize> {
    let one = first_instance(kind)?;
    match head {
        head if head & 0xf != 0 => None,
        head if one.contains(&(head >> 4)) => Some(1),
        head if one.contains(&((head >> 4) ^ 1)) => Some(2),
        _ => None,
    }
}

/// What a record of the kind has as its instance if the picture has one
/// digest; with two it is one more.
fn first_instance(kind: u8) -> Option<&'static [u16]> {
    Some(match kind {
        EMF => &[0x3d4],
        WMF => &[0x216],
        PICT => &[0x542],
        // JPEG in RGB or CMYK; so, too, 0x2a.
        0x1d | 0x2a => &[0x46a, 0x6e2],
        0x1e => &[0x6e0],
        DIB => &[0x7a8],
        0x29 => &[0x6e4],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{Budget, Reading};

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x02\x80\0\0\x01\xe0\x08\0\0\0\0";

    fn record(kind: u8, instance: u16, digests: usize, picture: &[u8]) -> Vec<u8> {
        let data = [&vec![7; digests * DIGEST][..], &[0xff], picture].concat();
        let length = (data.len() as u32).to_le_bytes();
        let head = (instance << 4).to_le_bytes();
        [&head[..], &[kind, UPPER], &length, &data].concat()
    }

    fn reading(stream: &[u8]) -> Reading {
        let budget = Budget::default();
        let mut harvest = Harvest::new(&budget);
        let place = Place::message().within("a.doc");
        read(stream, &mut Illustrations::default(), &place, &mut harvest);
        harvest.finish()
    }

    #[test]
    fn pictures_are_found_wherever_they_lie() {
        let stream = [
            &b"\xf0\xf0 words "[..],
            &record(0x1e, 0x6e0, 1, PNG),
            b"\0\xf0",
            &record(0x1e, 0x6e1, 2, PNG),
            &record(0x1e, 0x123, 1, b"is none"),
        ]
        .concat();
        let places: Vec<String> = reading(&stream)
            .problems
            .iter()
            .map(|problem| problem.location.to_string())
            .collect();
        assert_eq!(places, ["a.doc › picture 1", "a.doc › picture 2"]);
    }

    #[test]
    fn streams_cut_anywhere_and_lengths_without_end_are_borne() {
        let mut stream = record(0x1e, 0x6e0, 1, PNG);
        for length in 0..stream.len() {
            assert!(reading(&stream[..length]).pictures.len() <= 1);
        }
        stream[4..8].fill(0xff);
        assert_eq!(reading(&stream).problems.len(), 1);
        for kind in [EMF, WMF, PICT, DIB] {
            let instance = first_instance(kind).expect("known")[0];
            let problems = reading(&record(kind, instance, 1, b"\0")).problems;
            assert!(problems.len() <= 1, "{problems:?}");
        }
    }
}
