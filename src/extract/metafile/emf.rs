//! Enhanced metafiles ([MS-EMF]).

use std::collections::HashMap;

use super::Drawing;
use super::dib;
use super::page::Space;
use super::plus::Plus;
use crate::extract::bytes::{cp1252, u32_at, utf16};

/// Numbers of records (2.1.1).
mod record {
    pub(super) const SET_WINDOW_EXTENT: u32 = 9;
    pub(super) const SET_WINDOW_ORIGIN: u32 = 10;
    pub(super) const SET_VIEWPORT_EXTENT: u32 = 11;
    pub(super) const SET_VIEWPORT_ORIGIN: u32 = 12;
    pub(super) const END: u32 = 14;
    pub(super) const SET_MAP_MODE: u32 = 17;
    pub(super) const SET_TEXT_ALIGN: u32 = 22;
    pub(super) const MOVE_TO: u32 = 27;
    pub(super) const SAVE: u32 = 33;
    pub(super) const RESTORE: u32 = 34;
    pub(super) const SET_WORLD: u32 = 35;
    pub(super) const CHANGE_WORLD: u32 = 36;
    pub(super) const SELECT_OBJECT: u32 = 37;
    pub(super) const COMMENT: u32 = 70;
    pub(super) const BIT_BLT: u32 = 76;
    pub(super) const STRETCH_BLT: u32 = 77;
    pub(super) const DIB_TO_DEVICE: u32 = 80;
    pub(super) const STRETCH_DIB: u32 = 81;
    pub(super) const CREATE_FONT: u32 = 82;
    pub(super) const TEXT_NARROW: u32 = 83;
    pub(super) const TEXT_WIDE: u32 = 84;
    pub(super) const SMALL_TEXT: u32 = 108;
    pub(super) const ALPHA_BLEND: u32 = 114;
    pub(super) const TRANSPARENT_BLT: u32 = 116;
}

/// Options of text (2.1.11): it is numbers of a font's shapes; no rectangle
/// stands before it; it is single bytes.
const SHAPES: u32 = 0x10;
const NO_RECTANGLE: u32 = 0x100;
const SMALL_CHARACTERS: u32 = 0x200;

/// States that are kept for later, and fonts.
const MOST_KEPT: usize = 4_096;

pub(super) fn read(bytes: &[u8]) -> Drawing {
    let mut reader = Reader {
        drawing: Drawing {
            cut: true,
            ..Drawing::default()
        },
        space: Space::default(),
        kept: Vec::new(),
        fonts: HashMap::new(),
        plus: Plus::default(),
    };
    let mut at = 0;
    while let (Some(kind), Some(size)) = (u32_at(bytes, at), u32_at(bytes, at + 4)) {
        let end = at.saturating_add(size as usize);
        let Some(record) = bytes.get(at..end).filter(|record| record.len() >= 8) else {
            break;
        };
        at = end;
        if kind == record::END {
            reader.drawing.cut = false;
            break;
        }
        // A record too short for what it is says nothing.
        reader.record(kind, record);
    }
    reader.finish()
}

struct Reader {
    drawing: Drawing,
    space: Space,
    kept: Vec<Space>,
    /// Heights of their letters.
    fonts: HashMap<u32, f64>,
    plus: Plus,
}

impl Reader {
    fn record(&mut self, kind: u32, record: &[u8]) -> Option<()> {
        let pair = |at: usize| Some((number_at(record, at)?, number_at(record, at + 4)?));
        let space = &mut self.space;
        match kind {
            record::SET_WINDOW_ORIGIN => pair(8).map(|(x, y)| space.window_origin(x, y))?,
            record::SET_WINDOW_EXTENT => pair(8).map(|(x, y)| space.window_extent(x, y))?,
            record::SET_VIEWPORT_ORIGIN => pair(8).map(|(x, y)| space.viewport_origin(x, y))?,
            record::SET_VIEWPORT_EXTENT => pair(8).map(|(x, y)| space.viewport_extent(x, y))?,
            record::SET_MAP_MODE => space.mode(u32_at(record, 8)?),
            record::SET_TEXT_ALIGN => space.alignment = u32_at(record, 8)?,
            record::MOVE_TO => space.pen = pair(8)?,
            record::SAVE if self.kept.len() < MOST_KEPT => self.kept.push(self.space),
            record::RESTORE => self.space = self.kept.pop()?,
            record::SET_WORLD => space.world(matrix(record, 8)?),
            record::CHANGE_WORLD => match u32_at(record, 32)? {
                1 => space.forget_world(),
                mode => space.change_world(matrix(record, 8)?, mode == 2),
            },
            record::SELECT_OBJECT => space.letters = *self.fonts.get(&u32_at(record, 8)?)?,
            record::CREATE_FONT if self.fonts.len() < MOST_KEPT => {
                let height = number_at(record, 12)?;
                self.fonts.insert(u32_at(record, 8)?, height);
            }
            record::TEXT_NARROW | record::TEXT_WIDE => self.text(record, kind)?,
            record::SMALL_TEXT => self.small_text(record)?,
            record::BIT_BLT
            | record::STRETCH_BLT
            | record::ALPHA_BLEND
            | record::TRANSPARENT_BLT => self.bitmap(record, 84)?,
            record::DIB_TO_DEVICE | record::STRETCH_DIB => self.bitmap(record, 48)?,
            record::COMMENT => self.plus.comment(record.get(12..)?),
            _ => {}
        }
        Some(())
    }

    /// 2.2.5, at its place in the records of 2.3.5.7 and 2.3.5.8.
    fn text(&mut self, record: &[u8], kind: u32) -> Option<()> {
        let count = u32_at(record, 44)? as usize;
        let options = u32_at(record, 52)?;
        let text = record.get(u32_at(record, 48)? as usize..)?;
        let text = match kind {
            record::TEXT_WIDE => utf16(text.get(..count.checked_mul(2)?)?),
            _ => cp1252(text.get(..count)?),
        };
        let steps = u32_at(record, 72)? as usize;
        let width = (steps > 0)
            .then(|| record.get(steps..steps.checked_add(count.checked_mul(4)?)?))
            .flatten()
            .map(|steps| {
                steps
                    .chunks_exact(4)
                    .filter_map(|step| number_at(step, 0))
                    .sum()
            });
        self.put(text, (36, 40), width, options, record)
    }

    /// 2.3.5.37
    fn small_text(&mut self, record: &[u8]) -> Option<()> {
        let count = u32_at(record, 16)? as usize;
        let options = u32_at(record, 20)?;
        let start = if options & NO_RECTANGLE == 0 { 52 } else { 36 };
        let text = record.get(start..)?;
        let text = match options & SMALL_CHARACTERS {
            0 => utf16(text.get(..count.checked_mul(2)?)?),
            _ => cp1252(text.get(..count)?),
        };
        self.put(text, (8, 12), None, options, record)
    }

    fn put(
        &mut self,
        text: String,
        (x, y): (usize, usize),
        width: Option<f64>,
        options: u32,
        record: &[u8],
    ) -> Option<()> {
        if options & SHAPES != 0 {
            self.drawing.shapes |= !text.is_empty();
            return Some(());
        }
        let at = (number_at(record, x)?, number_at(record, y)?);
        self.drawing.words.put(text, at, width, &mut self.space);
        Some(())
    }

    /// Where the header and the bits of a bitmap stand is told at `at`.
    fn bitmap(&mut self, record: &[u8], at: usize) -> Option<()> {
        let piece = |at: usize| {
            let start = u32_at(record, at)? as usize;
            record.get(start..start.checked_add(u32_at(record, at + 4)? as usize)?)
        };
        let (header, bits) = (piece(at)?, piece(at + 8)?);
        if !header.is_empty() && !bits.is_empty() {
            self.drawing.bitmaps.extend(dib::joined(header, bits));
        }
        Some(())
    }

    /// What GDI+ drew is in older records once more, unless it is alone.
    fn finish(mut self) -> Drawing {
        if self.drawing.words.is_blank() {
            self.drawing.words = self.plus.words;
        }
        if self.drawing.bitmaps.is_empty() {
            self.drawing.bitmaps = self.plus.bitmaps;
        }
        self.drawing
    }
}

fn number_at(record: &[u8], at: usize) -> Option<f64> {
    u32_at(record, at).map(|number| f64::from(number.cast_signed()))
}

fn matrix(record: &[u8], at: usize) -> Option<[f64; 6]> {
    let mut matrix = [0.0; 6];
    for (index, place) in matrix.iter_mut().enumerate() {
        *place = f64::from(f32::from_bits(u32_at(record, at + 4 * index)?));
    }
    Some(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u32, data: &[u8]) -> Vec<u8> {
        let size = (data.len() + 8) as u32;
        [&kind.to_le_bytes()[..], &size.to_le_bytes(), data].concat()
    }

    fn numbers(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
    }

    fn text(text: &str, x: u32, y: u32, options: u32) -> Vec<u8> {
        let count = text.len() as u32;
        let head = [0, 0, 0, 0, 1, 0, 0, x, y, count, 76, options, 0, 0, 0, 0, 0];
        let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        record(record::TEXT_WIDE, &[numbers(&head), text].concat())
    }

    fn small(text: &str, x: u32, y: u32) -> Vec<u8> {
        let head = [
            x,
            y,
            text.len() as u32,
            NO_RECTANGLE | SMALL_CHARACTERS,
            1,
            0,
            0,
        ];
        record(
            record::SMALL_TEXT,
            &[&numbers(&head), text.as_bytes()].concat(),
        )
    }

    fn sample() -> Vec<u8> {
        [
            record(1, &[0; 80]),
            text("Zoe Quillfeather", 0, 20, 0),
            small("14/03/2014", 300, 20),
            small("Born", 300, 0),
            text("Name", 0, 0, 0),
            record(record::END, &[0; 12]),
        ]
        .concat()
    }

    #[test]
    fn words_are_read_in_lines() {
        let drawing = read(&sample());
        assert_eq!(
            drawing.words.text(),
            "Name\tBorn\nZoe Quillfeather\t14/03/2014\n"
        );
        assert!(!drawing.cut && !drawing.shapes);
    }

    #[test]
    fn numbers_of_shapes_are_no_words() {
        let drawing = read(&[text("abc", 0, 0, SHAPES), record(record::END, &[])].concat());
        assert!(drawing.words.is_blank() && drawing.shapes);
    }

    #[test]
    fn a_drawing_cut_anywhere_is_told() {
        let whole = sample();
        for length in 0..whole.len() - 1 {
            assert!(read(&whole[..length]).cut, "{length}");
        }
    }
}
