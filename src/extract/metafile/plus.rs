//! What GDI+ leaves in an enhanced metafile's comments ([MS-EMFPLUS]).

use super::page::{Page, Space};
use crate::extract::bytes::{u16_at, u32_at, utf16};

const MARK: &[u8] = b"EMF+";
/// Numbers of records (2.1.1.1).
const OBJECT: u16 = 0x4008;
const DRAW_STRING: u16 = 0x401c;
const DRAW_DRIVER_STRING: u16 = 0x4036;
/// The text is characters (2.1.2.3).
const CHARACTERS: u32 = 1;

#[derive(Debug, Default)]
pub(super) struct Plus {
    pub(super) words: Page,
    pub(super) bitmaps: Vec<Vec<u8>>,
}

impl Plus {
    /// A comment's data.
    pub(super) fn comment(&mut self, data: &[u8]) {
        let Some(mut rest) = data.strip_prefix(MARK) else {
            return;
        };
        while let (Some(kind), Some(size)) = (u16_at(rest, 0), u32_at(rest, 4)) {
            let size = size as usize;
            let Some(record) = rest.get(..size).filter(|_| size >= 12) else {
                return;
            };
            rest = &rest[size..];
            let data = &record[12..];
            // What is too short says nothing.
            let _read: Option<()> = match kind {
                DRAW_STRING => self.string(data),
                DRAW_DRIVER_STRING => self.driver_string(data),
                OBJECT => self.object(data),
                _ => None,
            };
        }
    }

    /// 2.3.4.14: words in a rectangle.
    fn string(&mut self, data: &[u8]) -> Option<()> {
        let count = u32_at(data, 8)? as usize;
        let text = data.get(28..28_usize.checked_add(count.checked_mul(2)?)?)?;
        self.put(utf16(text), (float_at(data, 12)?, float_at(data, 16)?));
        Some(())
    }

    /// 2.3.4.6: characters, each at a point of its own.
    fn driver_string(&mut self, data: &[u8]) -> Option<()> {
        let count = u32_at(data, 12)? as usize;
        let points = 16_usize.checked_add(count.checked_mul(2)?)?;
        let text = data.get(16..points)?;
        if u32_at(data, 4)? & CHARACTERS != 0 {
            // An odd number of characters is filled up.
            let points = points.next_multiple_of(4);
            let at = (float_at(data, points)?, float_at(data, points + 4)?);
            self.put(utf16(text), at);
        }
        Some(())
    }

    fn put(&mut self, text: String, at: (f64, f64)) {
        self.words.put(text, at, None, &mut Space::default());
    }

    /// A picture that is a file as it is (2.2.2.5).
    fn object(&mut self, data: &[u8]) -> Option<()> {
        let marks: [&[u8]; 2] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"];
        let head = &data[..data.len().min(64)];
        let at = marks
            .iter()
            .find_map(|mark| memchr::memmem::find(head, mark))?;
        self.bitmaps.push(data[at..].to_vec());
        Some(())
    }
}

fn float_at(data: &[u8], at: usize) -> Option<f64> {
    u32_at(data, at).map(|bits| f64::from(f32::from_bits(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let size = (data.len() as u32).to_le_bytes();
        let whole = (data.len() as u32 + 12).to_le_bytes();
        [&kind.to_le_bytes()[..], &[0, 0], &whole, &size, data].concat()
    }

    #[test]
    fn words_and_pictures_are_found_in_whole_records_only() {
        let text: Vec<u8> = "Zoe".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let string = [&[0; 8][..], &[3, 0, 0, 0], &[0; 16], &text].concat();
        let comment = [
            MARK.to_vec(),
            record(DRAW_STRING, &string),
            record(OBJECT, b"1234\xff\xd8\xff\xe0"),
        ]
        .concat();
        let mut plus = Plus::default();
        plus.comment(&comment);
        assert_eq!(plus.words.text(), "Zoe\n");
        assert_eq!(plus.bitmaps, [b"\xff\xd8\xff\xe0"]);
        for length in 0..comment.len() {
            let mut plus = Plus::default();
            plus.comment(&comment[..length]);
            assert!(plus.bitmaps.is_empty(), "{length}");
        }
    }
}
