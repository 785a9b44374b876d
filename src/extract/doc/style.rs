//! Which styles of the document hide what is written in them ([MS-DOC] 2.9.271,
//! the style sheet).

use super::runs::{VANISHED, modifiers};
use crate::extract::bytes::u16_at;

/// Kinds of styles (2.9.260).
const PARAGRAPH: u16 = 1;
const CHARACTER: u16 = 2;
/// A style that is based on none.
const NONE: u16 = 0x0fff;
/// Styles based on one another beyond this run in a circle.
const LONGEST_CHAIN: usize = 16;

/// Whether each style hides, by its number.
#[derive(Debug, Default)]
pub(super) struct Styles(Vec<bool>);

struct Style {
    based_on: usize,
    /// The style's own word on it.
    hides: Option<bool>,
}

impl Styles {
    pub(super) fn read(sheet: &[u8]) -> Self {
        let styles = parse(sheet).unwrap_or_default();
        let hides = |first: usize| {
            let mut next = first;
            for _ in 0..LONGEST_CHAIN {
                let Some(Some(style)) = styles.get(next) else {
                    return false;
                };
                if let Some(hides) = style.hides {
                    return hides;
                }
                next = style.based_on;
            }
            false
        };
        Self((0..styles.len()).map(hides).collect())
    }

    pub(super) fn hides(&self, style: u16) -> bool {
        self.0.get(usize::from(style)).copied().unwrap_or_default()
    }

    pub(super) fn any(&self) -> bool {
        self.0.contains(&true)
    }
}

/// All styles; there are numbers that none has.
fn parse(sheet: &[u8]) -> Option<Vec<Option<Style>>> {
    let head = usize::from(u16_at(sheet, 0)?);
    let count = u16_at(sheet, 2)?;
    let base = usize::from(u16_at(sheet, 4)?);
    let mut rest = sheet.get(2 + head..)?;
    let mut styles = Vec::new();
    for _ in 0..count {
        let Some(length) = u16_at(rest, 0) else {
            break;
        };
        let end = 2 + usize::from(length);
        let Some(style) = rest.get(2..end) else {
            break;
        };
        styles.push(one(style, base));
        // Each begins at an even place.
        rest = rest.get(end.next_multiple_of(2)..).unwrap_or_default();
    }
    Some(styles)
}

/// A style (2.9.259): numbers, its name, and formats by what it is for.
fn one(style: &[u8], base: usize) -> Option<Style> {
    let kind = u16_at(style, 2)?;
    let name = usize::from(u16_at(style, base)?);
    // Its length, its characters and a zero.
    let formats = style.get(base + 2 + (name + 1) * 2..)?;
    let characters = match kind & 0xf {
        PARAGRAPH => {
            let paragraph = 2 + usize::from(u16_at(formats, 0)?);
            formats.get(paragraph.next_multiple_of(2)..)
        }
        CHARACTER => Some(formats),
        _ => None,
    };
    let hides = characters.and_then(|format| {
        let length = usize::from(u16_at(format, 0)?);
        let all = modifiers(format.get(2..2 + length)?);
        let vanished = all.filter(|(modifier, _)| *modifier == VANISHED);
        vanished.map(|(_, operand)| operand & 1 == 1).last()
    });
    Some(Style {
        based_on: usize::from(match kind >> 4 {
            NONE => u16::MAX,
            base => base,
        }),
        hides,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(kind: u16, based_on: u16, vanished: Option<u8>) -> Vec<u8> {
        let characters = vanished.map_or(Vec::new(), |on| vec![0x3c, 0x08, on]);
        let mut style = vec![0, 0];
        style.extend((kind | based_on << 4).to_le_bytes());
        style.extend([0; 6]);
        style.extend(b"\x01\0A\0\0\0");
        if kind == PARAGRAPH {
            style.extend(b"\x03\0\0\0\x01\0");
        }
        style.extend((characters.len() as u16).to_le_bytes());
        style.extend(characters);
        let mut out = (style.len() as u16).to_le_bytes().to_vec();
        out.extend(style);
        if out.len() % 2 == 1 {
            out.push(0);
        }
        out
    }

    fn sheet(styles: &[Vec<u8>]) -> Vec<u8> {
        let mut out = b"\x04\0".to_vec();
        out.extend((styles.len() as u16).to_le_bytes());
        out.extend(b"\x0a\0");
        out.extend(styles.concat());
        out
    }

    #[test]
    fn styles_hide_by_themselves_and_by_what_they_are_based_on() {
        let sheet = sheet(&[
            style(PARAGRAPH, NONE, None),
            style(PARAGRAPH, 0, Some(1)),
            style(PARAGRAPH, 1, None),
            style(PARAGRAPH, 1, Some(0)),
            b"\0\0".to_vec(),
            style(CHARACTER, NONE, Some(1)),
            // A circle.
            style(CHARACTER, 7, None),
            style(CHARACTER, 6, None),
        ]);
        let styles = Styles::read(&sheet);
        let hiding: Vec<u16> = (0..9).filter(|style| styles.hides(*style)).collect();
        assert_eq!(hiding, [1, 2, 5]);
        for length in 0..sheet.len() {
            Styles::read(&sheet[..length]);
        }
    }
}
