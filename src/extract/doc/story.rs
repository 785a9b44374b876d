//! A part of the document as people read it: paragraphs, tables, and apart
//! from them what fields are made of ([MS-DOC] 2.4.1).

use crate::extract::harvest::{Harvest, Place};
use crate::extract::plain::push_cell;

/// Where the parts after the body stand for people, in their order.
pub(super) const NAMES: [Option<&str>; 7] = [
    None,
    Some("footnotes"),
    Some("header and footer"),
    Some("comments"),
    Some("endnotes"),
    Some("text boxes"),
    Some("text boxes of header and footer"),
];

pub(super) const PARAGRAPH: u16 = 0x0d;
pub(super) const CELL: u16 = 0x07;
pub(super) const LINE: u16 = 0x0b;
/// Stands for the cell mark that ends a row; no text has it.
pub(super) const ROW: u16 = 0xffff;

const PAGE: u16 = 0x0c;
const FIELD_BEGIN: u16 = 0x13;
const FIELD_RESULT: u16 = 0x14;
const FIELD_END: u16 = 0x15;
const HYPHEN: u16 = 0x1e;

#[derive(Default)]
struct Reader {
    flow: String,
    tables: Vec<String>,
    fields: String,
    /// The paragraph or cell that is being read.
    line: Vec<u16>,
    code: Vec<u16>,
    /// Fields inside fields, of which each is at its code or at its result.
    at_code: Vec<bool>,
    in_table: bool,
    in_row: bool,
}

/// Gives a part's paragraphs and its tables; `tables` counts those of the
/// document.
pub(super) fn read(units: &[u16], place: &Place, tables: &mut u32, harvest: &mut Harvest<'_>) {
    let mut reader = Reader::default();
    for &unit in units {
        reader.unit(unit);
    }
    reader.paragraph_end();
    harvest.text(place, reader.flow);
    for table in reader.tables {
        *tables += 1;
        harvest.text(&place.within(&format!("table {tables}")).table(), table);
    }
    harvest.text(&place.hidden("(field codes, hidden)"), reader.fields);
}

/// Hidden words, a line for each paragraph.
pub(super) fn lines(units: &[u16]) -> String {
    let mut reader = Reader::default();
    units.iter().for_each(|&unit| reader.unit(unit));
    reader.paragraph_end();
    let lines = reader.tables.concat() + &reader.flow + &reader.fields;
    let lines: Vec<&str> = lines.lines().filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

impl Reader {
    fn unit(&mut self, unit: u16) {
        match unit {
            FIELD_BEGIN => self.at_code.push(true),
            FIELD_RESULT => {
                if let Some(at_code) = self.at_code.last_mut() {
                    *at_code = false;
                }
                self.code_end();
            }
            FIELD_END => {
                self.at_code.pop();
                self.code_end();
            }
            // What ends a page or a section ends its paragraph.
            PARAGRAPH | PAGE => self.paragraph_end(),
            CELL => self.cell_end(),
            ROW => self.row_end(),
            LINE => self.push(u16::from(b'\n')),
            HYPHEN => self.push(u16::from(b'-')),
            // Places of pictures, notes and the like.
            0..=8 | 0x0e..=0x1f => {}
            unit => self.push(unit),
        }
    }

    fn push(&mut self, unit: u16) {
        match self.at_code.last() {
            Some(true) => self.code.push(unit),
            _ => self.line.push(unit),
        }
    }

    fn code_end(&mut self) {
        let code = String::from_utf16_lossy(&std::mem::take(&mut self.code));
        if !code.trim().is_empty() {
            self.fields.push_str(code.trim());
            self.fields.push('\n');
        }
    }

    fn taken(&mut self) -> String {
        String::from_utf16_lossy(&std::mem::take(&mut self.line))
    }

    fn paragraph_end(&mut self) {
        // Fields end with their paragraph at the latest.
        let line = self.taken();
        self.flow.push_str(&line);
        self.flow.push('\n');
        self.in_table = false;
    }

    fn cell_end(&mut self) {
        let cell = self.taken();
        if !std::mem::replace(&mut self.in_table, true) {
            self.tables.push(String::new());
            self.in_row = false;
        }
        if let Some(table) = self.tables.last_mut() {
            if std::mem::replace(&mut self.in_row, true) {
                table.push('\t');
            }
            push_cell(table, &cell);
        }
    }

    fn row_end(&mut self) {
        if !self.line.is_empty() {
            self.cell_end();
        }
        if let Some(table) = self.tables.last_mut() {
            table.push('\n');
        }
        self.in_row = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Budget;

    #[test]
    fn paragraphs_tables_and_fields_are_told_apart() {
        let text = "Dear all,\u{c}\u{13} HYPERLINK \"mailto:zoe@home.example\" \u{14}write\u{15} to us\u{c}Name\u{7}Form\u{7}\u{ffff}Zo\u{eb}\u{7}\u{7}\u{ffff}End\r";
        let units: Vec<u16> = text.encode_utf16().collect();
        let budget = Budget::default();
        let mut harvest = Harvest::new(&budget);
        read(&units, &Place::message().within("a"), &mut 0, &mut harvest);
        let reading = harvest.finish();
        let texts: Vec<(&str, &str)> = reading
            .texts
            .iter()
            .map(|text| (text.location.as_str(), text.text.trim_end()))
            .collect();
        assert_eq!(
            texts,
            [
                ("a", "Dear all,\nwrite to us\nEnd"),
                ("a \u{203a} table 1", "Name\tForm\nZo\u{eb}"),
                (
                    "a \u{203a} (field codes, hidden)",
                    "HYPERLINK \"mailto:zoe@home.example\""
                ),
            ]
        );
    }
}
