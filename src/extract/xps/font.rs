//! The fonts of an XPS document, for how wide their letters are, and which
//! letter a shape is where nothing else says it.

use std::collections::HashMap;
use std::rc::Rc;

use ttf_parser::{Face, GlyphId};

use super::part::{Parts, folded};
use crate::extract::harvest::{Harvest, Place};

/// Larger ones are not looked into: their letters are taken for half as wide
/// as they are high.
const LARGEST: u64 = 8 * 1024 * 1024; // 8 MB
const WIDTH: f32 = 0.5;
/// The bytes at the beginning that are disguised (ECMA-388 9.1.7.3).
const DISGUISED: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Fonts(HashMap<String, Rc<Font>>);

/// One that could not be read knows no letter.
#[derive(Debug, Default)]
pub(super) struct Font {
    bytes: Vec<u8>,
    /// Letters by their shapes, once they have been asked for.
    letters: std::cell::OnceCell<HashMap<u16, char>>,
}

impl Fonts {
    pub(super) fn of(
        &mut self,
        part: &str,
        parts: &Parts<'_>,
        place: &Place,
        harvest: &mut Harvest<'_>,
    ) -> Rc<Font> {
        // A collection's fonts are counted behind the name.
        let part = folded(part.split('#').next().unwrap_or(part));
        if let Some(font) = self.0.get(&part) {
            return Rc::clone(font);
        }
        let font = match parts.size(&part) <= LARGEST && harvest.entry(place) {
            true => parts.unpack(&part, place, harvest),
            false => None,
        };
        let font = font.map_or_else(Font::default, |bytes| Font::new(bytes, &part));
        let font = Rc::new(font);
        self.0.insert(part, Rc::clone(&font));
        font
    }

    pub(super) fn knows(&self, part: &str) -> bool {
        self.0.contains_key(part)
    }
}

impl Font {
    fn new(mut bytes: Vec<u8>, part: &str) -> Self {
        if Face::parse(&bytes, 0).is_err() {
            undisguise(&mut bytes, part);
        }
        Self {
            bytes,
            ..Self::default()
        }
    }

    pub(super) fn face(&self) -> Option<Face<'_>> {
        Face::parse(&self.bytes, 0).ok()
    }

    /// The letter that a shape is, where one is known.
    pub(super) fn letter(&self, shape: u16) -> Option<char> {
        let letters = self.letters.get_or_init(|| {
            self.face()
                .map_or_else(HashMap::new, |face| of_shapes(&face))
        });
        letters.get(&shape).copied()
    }
}

/// How wide a letter is, in heights: by its shape, if that is told.
pub(super) fn width(face: Option<&Face<'_>>, shape: Option<u16>, letter: Option<char>) -> f32 {
    let known = || {
        let face = face?;
        let shape = shape.map(GlyphId);
        let shape = shape.or_else(|| face.glyph_index(letter?))?;
        let width = face.glyph_hor_advance(shape)?;
        let height = f32::from(face.units_per_em());
        (height > 0.0).then(|| f32::from(width) / height)
    };
    known().unwrap_or(WIDTH)
}

fn of_shapes(face: &Face<'_>) -> HashMap<u16, char> {
    let mut letters = HashMap::new();
    let tables = face.tables().cmap.into_iter();
    let tables = tables.flat_map(|cmap| cmap.subtables);
    for table in tables.filter(|table| table.is_unicode()) {
        table.codepoints(|code| {
            let shape = table.glyph_index(code);
            if let (Some(shape), Some(letter)) = (shape, char::from_u32(code)) {
                letters.entry(shape.0).or_insert(letter);
            }
        });
    }
    letters
}

/// The first bytes are mixed with the number that the part's name is.
fn undisguise(bytes: &mut [u8], part: &str) {
    let name = part.rsplit('/').next().unwrap_or(part);
    let stem = name.split('.').next().unwrap_or(name);
    let digits: Vec<u8> = stem.bytes().filter(|byte| *byte != b'-').collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let key: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    let Some(key) = key.filter(|key| key.len() == 16) else {
        return;
    };
    let key = key.iter().rev().cycle();
    for (byte, key) in bytes.iter_mut().zip(key).take(DISGUISED) {
        *byte ^= key;
    }
}
