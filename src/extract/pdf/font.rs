//! A PDF font as far as text needs it: what its codes mean, and how wide they
//! are (ISO 32000-1 sections 9.6 to 9.10).

use std::collections::HashMap;
use std::rc::Rc;

use lopdf::{Dictionary, Document, Encoding, Object};

use super::filter::{Endless, unpack};
use super::map::{Map, to_unicode};
use crate::mail::charset;

/// The largest ToUnicode map that is read.
const LARGEST_MAP: usize = 4 * 1024 * 1024; // 4 MB
/// Codes of one range of widths.
const LONGEST_RANGE: u32 = 65_536;
/// Widths that all ranges of a font give together.
const MOST_WIDTHS: usize = 4 * LONGEST_RANGE as usize;
/// Codes of all fonts of a document together.
const MOST_CODES: usize = 1_000_000;

#[derive(Debug)]
pub(crate) struct Font {
    /// Codes are of two bytes.
    wide: bool,
    meanings: HashMap<u32, String>,
    simple: Vec<Option<char>>,
    widths: HashMap<u32, f32>,
    default_width: f32,
    /// Its letters are drawings, of whatever size and colour (Type 3).
    pub(crate) drawn: bool,
    /// Nothing is guessed: every code of honest text has a meaning here.
    pub(crate) covered: bool,
    /// It names a map of its codes' meanings that is not whole, or is not there
    /// where nothing else tells them.
    pub(crate) broken: bool,
    /// It says more than any font does.
    pub(crate) endless: bool,
}

/// Fonts by their dictionary, each read once a document.
#[derive(Debug, Default)]
pub(crate) struct Fonts {
    known: HashMap<*const Dictionary, Rc<Font>>,
    /// Codes of which they say something, all together.
    codes: usize,
    fallback: Option<Rc<Font>>,
}

impl Fonts {
    pub(crate) fn of(&mut self, dictionary: &Dictionary, document: &Document) -> Rc<Font> {
        let key = std::ptr::from_ref(dictionary);
        if let Some(known) = self.known.get(&key) {
            return Rc::clone(known);
        }
        let mut font = Font::read(dictionary, document);
        self.codes += font.meanings.len() + font.widths.len();
        font.endless |= self.codes > MOST_CODES;
        let font = Rc::new(font);
        self.known.insert(key, Rc::clone(&font));
        font
    }

    /// The font of text that names none, or one that is not there.
    pub(crate) fn default_font(&mut self) -> Rc<Font> {
        let fallback = self.fallback.get_or_insert_with(|| {
            Rc::new(Font {
                wide: false,
                meanings: HashMap::new(),
                simple: win_ansi(),
                widths: HashMap::new(),
                default_width: 0.0,
                drawn: false,
                covered: true,
                broken: false,
                endless: false,
            })
        });
        Rc::clone(fallback)
    }
}

impl Font {
    fn read(font: &Dictionary, document: &Document) -> Self {
        let subtype = font
            .get(b"Subtype")
            .and_then(Object::as_name)
            .unwrap_or_default();
        let (map, whole) = map_of_meanings(font, document);
        let Map {
            meanings,
            damaged,
            endless,
        } = map;
        // `/Identity-H` in its place is said by some programs, and means nothing.
        let named = font
            .get(b"ToUnicode")
            .is_ok_and(|map| map.as_name().is_err());
        let broken = named && meanings.is_empty();
        let damaged = damaged || (named && !whole);
        if subtype == b"Type0" {
            return Self {
                broken: broken || damaged,
                endless,
                ..Self::composite(font, document, meanings)
            };
        }
        let (simple, known) = simple_encoding(font, document);
        let (widths, default_width) = simple_widths(font, document, subtype == b"Type3");
        Self {
            wide: false,
            drawn: subtype == b"Type3",
            covered: known || !meanings.is_empty(),
            broken: damaged || (broken && !known),
            endless,
            meanings,
            simple,
            widths,
            default_width,
        }
    }

    fn composite(font: &Dictionary, document: &Document, meanings: HashMap<u32, String>) -> Self {
        let name = font
            .get_deref(b"Encoding", document)
            .and_then(Object::as_name);
        let identity = matches!(name, Ok(b"Identity-H" | b"Identity-V"));
        let descendant = font
            .get_deref(b"DescendantFonts", document)
            .and_then(Object::as_array)
            .ok()
            .and_then(|fonts| document.dereference(fonts.first()?).ok())
            .and_then(|(_, font)| font.as_dict().ok());
        let (widths, default_width) = descendant.map_or((HashMap::new(), 1000.0), |font| {
            composite_widths(font, document)
        });
        Self {
            wide: true,
            drawn: false,
            covered: identity && !meanings.is_empty(),
            broken: false,
            endless: false,
            meanings,
            simple: Vec::new(),
            widths,
            default_width,
        }
    }

    /// The codes of a string, each with its width in thousandths.
    pub(crate) fn codes<'b>(&'b self, string: &'b [u8]) -> impl Iterator<Item = (u32, f32)> + 'b {
        let size = if self.wide { 2 } else { 1 };
        string.chunks(size).map(move |code| {
            let code = code
                .iter()
                .fold(0, |code, &byte| code << 8 | u32::from(byte));
            (
                code,
                self.widths
                    .get(&code)
                    .copied()
                    .unwrap_or_else(|| self.default_of(code)),
            )
        })
    }

    fn default_of(&self, code: u32) -> f32 {
        if self.wide || !self.widths.is_empty() || self.default_width > 0.0 {
            self.default_width
        } else {
            helvetica(code)
        }
    }

    /// Puts the code's meaning; false if it has none.
    pub(crate) fn put(&self, code: u32, out: &mut String) -> bool {
        if let Some(meaning) = self.meanings.get(&code) {
            out.push_str(meaning);
            return true;
        }
        match self.simple.get(code as usize) {
            Some(Some(c)) => {
                out.push(*c);
                true
            }
            _ => false,
        }
    }

    pub(crate) fn is_space(&self, code: u32) -> bool {
        !self.wide && code == 32
    }
}

/// The font's map of its codes' meanings, and whether all of it was read.
fn map_of_meanings(font: &Dictionary, document: &Document) -> (Map, bool) {
    let Ok(stream) = font
        .get_deref(b"ToUnicode", document)
        .and_then(Object::as_stream)
    else {
        return (Map::default(), true);
    };
    let mut map = Vec::new();
    match unpack(stream, document, LARGEST_MAP, &mut map) {
        Ok(whole) => (to_unicode(&map), whole),
        Err(Endless) => {
            let endless = Map {
                endless: true,
                ..Map::default()
            };
            (endless, false)
        }
    }
}

/// What the codes of a font of single bytes mean, and whether that is sure.
fn simple_encoding(font: &Dictionary, document: &Document) -> (Vec<Option<char>>, bool) {
    let Ok(declared) = font.get_deref(b"Encoding", document) else {
        // An embedded font's own encoding is often the standard one, but a
        // symbolic font's may be anything.
        return (win_ansi(), !is_symbolic(font, document));
    };
    let base = match declared {
        Object::Name(name) => Some(name.as_slice()),
        Object::Dictionary(dictionary) => dictionary
            .get(b"BaseEncoding")
            .and_then(Object::as_name)
            .ok(),
        _ => None,
    };
    let mut meanings = match base {
        None | Some(b"WinAnsiEncoding") => win_ansi(),
        Some(b"MacRomanEncoding") => table(encoding_rs::MACINTOSH),
        Some(name) => predefined(name, document).unwrap_or_else(win_ansi),
    };
    let mut sure = true;
    let differences = declared
        .as_dict()
        .and_then(|dictionary| dictionary.get_deref(b"Differences", document))
        .and_then(Object::as_array);
    let mut code = 0_usize;
    for entry in differences.into_iter().flatten() {
        match entry {
            Object::Integer(number) => code = usize::try_from(*number).unwrap_or(256),
            Object::Name(name) => {
                let meaning = glyph(name, document);
                sure &= meaning.is_some() || name == b".notdef";
                if let Some(slot) = meanings.get_mut(code) {
                    *slot = meaning;
                }
                code += 1;
            }
            _ => {}
        }
    }
    (meanings, sure)
}

/// Windows-1252, which readers fall back to.
fn win_ansi() -> Vec<Option<char>> {
    table(encoding_rs::WINDOWS_1252)
}

fn table(encoding: &'static encoding_rs::Encoding) -> Vec<Option<char>> {
    (0..=255_u8)
        .map(|code| {
            let text = charset::with(encoding, std::slice::from_ref(&code)).into_owned();
            text.chars().next().filter(|c| !c.is_control())
        })
        .collect()
}

/// One of the encodings that PDF names itself.
fn predefined(name: &[u8], document: &Document) -> Option<Vec<Option<char>>> {
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", Object::Name(name.to_vec()));
    let encoding = font
        .get_font_encoding_with_limit(document, LARGEST_MAP)
        .ok()?;
    let meaning = |code: u8| encoding.bytes_to_string(&[code]).ok()?.chars().next();
    Some(
        (0..=255_u8)
            .map(|code| meaning(code).filter(|c| !c.is_control()))
            .collect(),
    )
}

/// The character of a glyph's name: the Adobe glyph list, as `lopdf` holds it,
/// or `uni0041` and `u0041`.
fn glyph(name: &[u8], document: &Document) -> Option<char> {
    // By far most are letters that name themselves.
    if let [letter] = name
        && letter.is_ascii_alphabetic()
    {
        return Some(char::from(*letter));
    }
    let text = std::str::from_utf8(name).ok()?;
    let hexadecimal = text.strip_prefix("uni").or_else(|| text.strip_prefix('u'));
    if let Some(code) = hexadecimal.filter(|digits| (4..=6).contains(&digits.len()))
        && let Ok(code) = u32::from_str_radix(code, 16)
    {
        return char::from_u32(code);
    }
    let mut encoding = Dictionary::new();
    encoding.set(
        "Differences",
        vec![Object::Integer(1), Object::Name(name.to_vec())],
    );
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", Object::Dictionary(encoding));
    match font.get_font_encoding_with_limit(document, LARGEST_MAP) {
        // A name that it does not know makes it fall back to another variant.
        Ok(encoding @ Encoding::Differences(_)) => {
            encoding.bytes_to_string(&[1]).ok()?.chars().next()
        }
        _ => None,
    }
}

fn is_symbolic(font: &Dictionary, document: &Document) -> bool {
    font.get_deref(b"FontDescriptor", document)
        .and_then(Object::as_dict)
        .and_then(|descriptor| descriptor.get(b"Flags"))
        .and_then(Object::as_i64)
        .is_ok_and(|flags| flags & 4 != 0)
}

fn simple_widths(
    font: &Dictionary,
    document: &Document,
    is_type3: bool,
) -> (HashMap<u32, f32>, f32) {
    let scale = if is_type3 {
        let matrix = font
            .get_deref(b"FontMatrix", document)
            .and_then(Object::as_array);
        let first = matrix
            .ok()
            .and_then(|matrix| matrix.first())
            .and_then(|value| value.as_float().ok());
        first.unwrap_or(0.001) * 1000.0
    } else {
        1.0
    };
    let first = font
        .get(b"FirstChar")
        .and_then(Object::as_i64)
        .unwrap_or(0)
        .clamp(0, 255) as u32;
    let widths = font
        .get_deref(b"Widths", document)
        .and_then(Object::as_array)
        .map(|widths| {
            widths
                .iter()
                .take(256)
                .zip(first..)
                .filter_map(|(width, code)| Some((code, number(width, document)? * scale)))
                .collect()
        })
        .unwrap_or_default();
    let name = font
        .get(b"BaseFont")
        .and_then(Object::as_name)
        .unwrap_or_default();
    let missing = if memchr::memmem::find(name, b"Courier").is_some() {
        600.0
    } else {
        0.0
    };
    (widths, missing)
}

/// `/W [ first [w w w] first last w ]` and `/DW`.
fn composite_widths(font: &Dictionary, document: &Document) -> (HashMap<u32, f32>, f32) {
    let default = font
        .get(b"DW")
        .ok()
        .and_then(|width| number(width, document))
        .unwrap_or(1000.0);
    let mut widths = HashMap::new();
    let Ok(array) = font.get_deref(b"W", document).and_then(Object::as_array) else {
        return (widths, default);
    };
    let mut entries = array.iter();
    // Crafted ranges give the same codes their width without end.
    let mut left = MOST_WIDTHS;
    while let Some(first) = entries.next().and_then(|first| number(first, document)) {
        let first = first.max(0.0) as u32;
        let Some(second) = entries.next() else { break };
        match document.dereference(second).map(|(_, second)| second) {
            Ok(Object::Array(list)) => {
                let list = list.iter().take(LONGEST_RANGE as usize).zip(first..);
                widths.extend(
                    list.filter_map(|(width, code)| Some((code, number(width, document)?))),
                );
            }
            Ok(second) => {
                let last = number_of(second).unwrap_or(0.0).max(0.0) as u32;
                let Some(width) = entries.next().and_then(|width| number(width, document)) else {
                    break;
                };
                let count = last.saturating_sub(first).min(LONGEST_RANGE - 1) as usize + 1;
                let codes = (first..=last).take(count.min(left));
                left -= count.min(left);
                widths.extend(codes.map(|code| (code, width)));
            }
            Err(_) => break,
        }
        if widths.len() > 2 * LONGEST_RANGE as usize {
            break;
        }
    }
    (widths, default)
}

fn number(object: &Object, document: &Document) -> Option<f32> {
    number_of(document.dereference(object).ok()?.1)
}

fn number_of(object: &Object) -> Option<f32> {
    match object {
        Object::Integer(value) => Some(*value as f32),
        Object::Real(value) => Some(*value),
        _ => None,
    }
}

/// Helvetica's widths for the fonts that every reader has and no file brings
/// (Adobe's metrics); near enough for Times too.
fn helvetica(code: u32) -> f32 {
    const WIDTHS: [u16; 95] = [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556,
        556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722,
        722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722,
        667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556,
        556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500,
        500, 334, 260, 334, 584,
    ];
    let index = code.checked_sub(32).map(|index| index as usize);
    f32::from(
        index
            .and_then(|index| WIDTHS.get(index))
            .copied()
            .unwrap_or(556),
    )
}
