//! Words that a sheet of a binary workbook holds beside its cells: in formulas,
//! in what may be chosen for a cell, and in the margins of its pages
//! ([MS-XLSB] 2.4).

use super::record::{Records, wide};
use crate::extract::bytes::u32_at;
use crate::extract::formula::{self, Dialect, counted, push_line};
use crate::extract::harvest::{Harvest, Place};
use crate::extract::page_header;

const FORMULA_STRING: u32 = 8;
const FORMULA_NUMBER: u32 = 9;
const FORMULA_BOOLEAN: u32 = 10;
const FORMULA_ERROR: u32 = 11;
const VALIDATION: u32 = 64;
const ARRAY_FORMULA: u32 = 426;
const SHARED_FORMULA: u32 = 427;
const HEADER_FOOTER: u32 = 479;

/// What stands before a cell's value, and before the formula of several cells.
const CELL: usize = 8;
const AREA: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct Words {
    formulas: String,
    choices: String,
    margins: String,
}

impl Words {
    pub(crate) fn read(part: &[u8]) -> Self {
        let mut words = Self::default();
        for (kind, data) in Records::new(part) {
            // A record too short for what it is says nothing.
            words.record(kind, data);
        }
        words
    }

    fn record(&mut self, kind: u32, data: &[u8]) -> Option<()> {
        match kind {
            // Two bytes of switches stand between value and formula.
            FORMULA_STRING => self.formula(wide(data.get(CELL..)?)?.1.get(2..)?),
            FORMULA_NUMBER => self.formula(data.get(CELL + 8 + 2..)?),
            FORMULA_BOOLEAN | FORMULA_ERROR => self.formula(data.get(CELL + 1 + 2..)?),
            SHARED_FORMULA => self.formula(data.get(AREA..)?),
            ARRAY_FORMULA => self.formula(data.get(AREA + 1..)?),
            VALIDATION => self.validation(data),
            HEADER_FOOTER => {
                let mut rest = data.get(2..)?;
                while let Some((text, behind)) = wide(rest) {
                    rest = behind;
                    push_line(&mut self.margins, &page_header::words(&text));
                }
                Some(())
            }
            _ => None,
        }
    }

    fn formula(&mut self, data: &[u8]) -> Option<()> {
        let words = words(data)?.0.join("\t");
        push_line(&mut self.formulas, &words);
        Some(())
    }

    /// `BrtDVal` (2.4.356): the cells, four texts that Excel shows, and two
    /// formulas.
    fn validation(&mut self, data: &[u8]) -> Option<()> {
        let areas = u32_at(data, 4)? as usize;
        let mut rest = data.get(8_usize.checked_add(areas.checked_mul(AREA)?)?..)?;
        for _ in 0..4 {
            let (text, behind) = wide(rest)?;
            rest = behind;
            push_line(&mut self.choices, &text);
        }
        for _ in 0..2 {
            let (words, behind) = words(rest)?;
            rest = behind;
            words
                .iter()
                .for_each(|word| push_line(&mut self.choices, word));
        }
        Some(())
    }

    pub(crate) fn finish(self, sheet: &Place, harvest: &mut Harvest<'_>) {
        harvest.text(&sheet.within("header and footer"), self.margins);
        harvest.text(&sheet.hidden("formulas, hidden"), self.formulas);
        harvest.text(&sheet.hidden("data validation, hidden"), self.choices);
    }
}

/// The words in a formula (2.2.2, `CellParsedFormula`), and what stands behind
/// it.
fn words(data: &[u8]) -> Option<(Vec<String>, &[u8])> {
    let (tokens, rest) = counted(data, 4)?;
    let (behind, rest) = counted(rest, 4)?;
    Some((formula::words(tokens, behind, Dialect::Biff12), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Vec<u8> {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [&(units.len() as u32 / 2).to_le_bytes()[..], &units].concat()
    }

    fn formula(word: &str) -> Vec<u8> {
        let units: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let count = (units.len() as u16 / 2).to_le_bytes();
        let tokens = [&b"\x17"[..], &count, &units].concat();
        let length = (tokens.len() as u32).to_le_bytes();
        [&length[..], &tokens, &[0; 4]].concat()
    }

    fn check(kind: u32, data: &[u8], formulas: &str, choices: &str, margins: &str) {
        let mut words = Words::default();
        words.record(kind, data);
        assert_eq!(words.formulas, formulas, "{kind}");
        assert_eq!(words.choices, choices, "{kind}");
        assert_eq!(words.margins, margins, "{kind}");
        for length in 0..data.len() {
            Words::default().record(kind, &data[..length]);
        }
    }

    #[test]
    fn words_of_every_record_are_found() {
        let zoe = formula("Zoe");
        for (kind, before) in [
            (FORMULA_NUMBER, 18),
            (FORMULA_BOOLEAN, 11),
            (FORMULA_ERROR, 11),
            (SHARED_FORMULA, 16),
            (ARRAY_FORMULA, 17),
        ] {
            let data = [&vec![0; before][..], &zoe].concat();
            check(kind, &data, "Zoe\n", "", "");
        }
        let string = [&[0; 8][..], &text("shown"), &[0; 2], &zoe].concat();
        check(FORMULA_STRING, &string, "Zoe\n", "", "");
        let validation = [
            &b"\0\0\0\0\x01\0\0\0"[..],
            &[0; 16],
            &text("Wrong"),
            &[0xff; 4],
            &text("Pick"),
            &text("One of us"),
            &formula("Zoe\0Oban"),
            &[0; 8],
        ]
        .concat();
        let choices = "Wrong\nPick\nOne of us\nZoe, Oban\n";
        check(VALIDATION, &validation, "", choices, "");
        let margins = [
            &[0; 2][..],
            &text("&COban Marsh"),
            &[0xff; 4],
            &text("&LPage &P"),
        ]
        .concat();
        check(HEADER_FOOTER, &margins, "", "", "Oban Marsh\nPage\n");
    }
}
