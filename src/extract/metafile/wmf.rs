//! Metafiles of Windows 3 ([MS-WMF]), with or without the header that says how
//! large they are on paper.

use super::Drawing;
use super::dib;
use super::page::Space;
use crate::extract::bytes::{cp1252, u16_at, u32_at};

/// Of the header that may stand before (2.3.2.3), and of the file's own.
const PLACEABLE: usize = 22;
const HEADER: usize = 18;

/// Numbers of records (2.1.1.1).
mod record {
    pub(super) const END: u16 = 0x0000;
    pub(super) const SAVE: u16 = 0x001e;
    pub(super) const SET_MAP_MODE: u16 = 0x0103;
    pub(super) const RESTORE: u16 = 0x0127;
    pub(super) const SET_TEXT_ALIGN: u16 = 0x012e;
    pub(super) const SET_WINDOW_ORIGIN: u16 = 0x020b;
    pub(super) const SET_WINDOW_EXTENT: u16 = 0x020c;
    pub(super) const SET_VIEWPORT_ORIGIN: u16 = 0x020d;
    pub(super) const SET_VIEWPORT_EXTENT: u16 = 0x020e;
    pub(super) const MOVE_TO: u16 = 0x0214;
    pub(super) const CREATE_FONT: u16 = 0x02fb;
    pub(super) const TEXT: u16 = 0x0521;
    pub(super) const DIB_BIT_BLT: u16 = 0x0940;
    pub(super) const EXTENDED_TEXT: u16 = 0x0a32;
    pub(super) const DIB_STRETCH_BLT: u16 = 0x0b41;
    pub(super) const DIB_TO_DEVICE: u16 = 0x0d33;
    pub(super) const STRETCH_DIB: u16 = 0x0f43;
}

/// Options of text (2.1.2.2): a rectangle stands before it, if either is set;
/// it is numbers of a font's shapes.
const RECTANGLE: u16 = 0x06;
const SHAPES: u16 = 0x10;

const MOST_KEPT: usize = 4_096;

pub(super) fn read(bytes: &[u8]) -> Drawing {
    let start = if bytes.starts_with(b"\xd7\xcd\xc6\x9a") {
        PLACEABLE
    } else {
        0
    };
    let mut reader = Reader::default();
    reader.drawing.cut = true;
    let mut at = start + HEADER;
    // Sizes are in words of two bytes.
    while let (Some(words), Some(kind)) = (u32_at(bytes, at), u16_at(bytes, at + 4)) {
        let end = at.saturating_add((words as usize).saturating_mul(2));
        let Some(record) = bytes.get(at..end).filter(|record| record.len() >= 6) else {
            break;
        };
        at = end;
        if kind == record::END {
            reader.drawing.cut = false;
            break;
        }
        // A record too short for what it is says nothing.
        reader.record(kind, &record[6..]);
    }
    reader.drawing
}

#[derive(Default)]
struct Reader {
    drawing: Drawing,
    space: Space,
    kept: Vec<Space>,
}

impl Reader {
    fn record(&mut self, kind: u16, data: &[u8]) -> Option<()> {
        // The other way round than people say it.
        let pair = || Some((number_at(data, 2)?, number_at(data, 0)?));
        let space = &mut self.space;
        match kind {
            record::SET_WINDOW_ORIGIN => pair().map(|(x, y)| space.window_origin(x, y))?,
            record::SET_WINDOW_EXTENT => pair().map(|(x, y)| space.window_extent(x, y))?,
            record::SET_VIEWPORT_ORIGIN => pair().map(|(x, y)| space.viewport_origin(x, y))?,
            record::SET_VIEWPORT_EXTENT => pair().map(|(x, y)| space.viewport_extent(x, y))?,
            record::SET_MAP_MODE => space.mode(u32::from(u16_at(data, 0)?)),
            record::SET_TEXT_ALIGN => space.alignment = u32::from(u16_at(data, 0)?),
            record::MOVE_TO => space.pen = pair()?,
            record::SAVE if self.kept.len() < MOST_KEPT => self.kept.push(self.space),
            record::RESTORE => self.space = self.kept.pop()?,
            // Programs make a font when they are about to use it.
            record::CREATE_FONT => space.letters = number_at(data, 0)?,
            record::TEXT => self.text(data)?,
            record::EXTENDED_TEXT => self.extended_text(data)?,
            record::DIB_BIT_BLT => self.bitmap(data, 16)?,
            record::DIB_STRETCH_BLT => self.bitmap(data, 20)?,
            record::DIB_TO_DEVICE => self.bitmap(data, 18)?,
            record::STRETCH_DIB => self.bitmap(data, 22)?,
            _ => {}
        }
        Some(())
    }

    /// 2.3.3.20
    fn text(&mut self, data: &[u8]) -> Option<()> {
        let count = usize::from(u16_at(data, 0)?);
        let text = data.get(2..2 + count)?;
        let behind = 2 + count.next_multiple_of(2);
        let at = (number_at(data, behind + 2)?, number_at(data, behind)?);
        let words = &mut self.drawing.words;
        words.put(cp1252(text), at, None, &mut self.space);
        Some(())
    }

    /// 2.3.3.5
    fn extended_text(&mut self, data: &[u8]) -> Option<()> {
        let at = (number_at(data, 2)?, number_at(data, 0)?);
        let count = usize::from(u16_at(data, 4)?);
        let options = u16_at(data, 6)?;
        let start = if options & RECTANGLE == 0 { 8 } else { 16 };
        let text = data.get(start..start + count)?;
        if options & SHAPES != 0 {
            self.drawing.shapes |= count > 0;
            return Some(());
        }
        let steps = data.get(start + count.next_multiple_of(2)..)?;
        let width = (steps.len() >= 2 * count).then(|| {
            let steps = steps.chunks_exact(2).take(count);
            steps.filter_map(|step| number_at(step, 0)).sum()
        });
        let words = &mut self.drawing.words;
        words.put(cp1252(text), at, width, &mut self.space);
        Some(())
    }

    fn bitmap(&mut self, data: &[u8], at: usize) -> Option<()> {
        let bitmap = dib::as_file(data.get(at..)?)?;
        self.drawing.bitmaps.push(bitmap);
        Some(())
    }
}

fn number_at(data: &[u8], at: usize) -> Option<f64> {
    u16_at(data, at).map(|number| f64::from(number.cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let words = (data.len() as u32).div_ceil(2) + 3;
        let mut record = [&words.to_le_bytes()[..], &kind.to_le_bytes(), data].concat();
        record.resize(words as usize * 2, 0);
        record
    }

    fn numbers(numbers: &[u16]) -> Vec<u8> {
        numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
    }

    fn sample() -> Vec<u8> {
        let text = [&numbers(&[3])[..], b"Zoe\0", &numbers(&[20, 0])].concat();
        let extended = [&numbers(&[20, 300, 10, 0])[..], b"14/03/2014"].concat();
        let heading = [&numbers(&[0, 0, 4, 2, 0, 0, 9, 9])[..], b"Name"].concat();
        [
            vec![0; HEADER],
            record(record::TEXT, &text),
            record(record::EXTENDED_TEXT, &extended),
            record(record::EXTENDED_TEXT, &heading),
            record(record::END, &[]),
        ]
        .concat()
    }

    #[test]
    fn words_are_read_in_lines() {
        for before in [
            &b""[..],
            b"\xd7\xcd\xc6\x9a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        ] {
            let drawing = read(&[before, &sample()].concat());
            assert!(!drawing.cut);
            assert_eq!(drawing.words.text(), "Name\nZoe\t14/03/2014\n");
        }
    }

    #[test]
    fn a_drawing_cut_anywhere_is_told() {
        let whole = sample();
        for length in 0..whole.len() {
            assert!(read(&whole[..length]).cut, "{length}");
        }
    }
}
