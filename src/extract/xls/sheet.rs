//! A sheet's records: cells, and what hangs on them.

use std::borrow::Cow;

use super::record::{Record, Records, kind};
use super::string::Version;
use super::words::Words;
use super::workbook::{SheetName, Workbook};
use crate::extract::bytes::{f64_at, u16_at, u32_at, utf16};
use crate::extract::cells::Cells;
use crate::extract::harvest::{Harvest, Place};
use crate::extract::number;
use crate::extract::page_header;

/// A row's flag that it is hidden (`fDyZero`, [MS-XLS] 2.4.221).
const ROW_HIDDEN: u8 = 0x20;
/// The kind of object that a comment is (`ftCmo`, 2.5.143).
const COMMENT: u16 = 0x19;
/// The moniker of a link to an address ([MS-OSHARED] 2.3.7.6).
const URL: [u8; 16] = [
    0xe0, 0xc9, 0xea, 0x79, 0xf9, 0xba, 0xce, 0x11, 0x8c, 0x82, 0x00, 0xaa, 0x00, 0x4b, 0xa9, 0x0b,
];

pub(super) struct Sheet {
    name: SheetName,
    cells: Vec<(u16, u16, Value)>,
    hidden_rows: Vec<u16>,
    table: Cells,
    /// Where the string is owed that a formula came to.
    formula: Option<(u16, u16)>,
    /// The object that text comes for is a comment.
    in_comment: bool,
    comments: String,
    boxes: String,
    margins: String,
    links: String,
    chart: String,
    words: Words,
    protected: bool,
}

enum Value {
    Shared(u32),
    Text(String),
}

impl Sheet {
    pub(super) fn new(name: SheetName) -> Self {
        Self {
            name,
            cells: Vec::new(),
            hidden_rows: Vec::new(),
            table: Cells::new(),
            formula: None,
            in_comment: false,
            comments: String::new(),
            boxes: String::new(),
            margins: String::new(),
            links: String::new(),
            chart: String::new(),
            words: Words::default(),
            protected: false,
        }
    }

    /// `in_chart`: the record is of a chart in the sheet, whose cells are a
    /// copy of those that it draws.
    pub(super) fn record<'a>(
        &mut self,
        record: Record<'a>,
        records: &mut Records<'a>,
        workbook: &Workbook,
        in_chart: bool,
    ) {
        let data = record.data;
        self.words.record(record.kind, data, workbook.version);
        match record.kind {
            kind::OBJ => self.in_comment = u16_at(data, 4) == Some(COMMENT),
            kind::TXO => self.take_box(data, &records.continuations(), workbook.version),
            kind::NOTE => self.take_note(data, workbook.version),
            kind::HEADER | kind::FOOTER => {
                let text = match workbook.version {
                    Version::Biff8 => workbook.version.long(data),
                    Version::Biff5(_) => workbook.version.short(data),
                };
                let words = page_header::words(&text.unwrap_or_default());
                push_line(&mut self.margins, &words);
            }
            kind::H_LINK => push_line(&mut self.links, &link(data).unwrap_or_default()),
            kind::PROTECT => self.protected |= u16_at(data, 0) == Some(1),
            kind::ROW if data.get(12).is_some_and(|flags| flags & ROW_HIDDEN != 0) => {
                self.hidden_rows.extend(u16_at(data, 0));
            }
            kind::COL_INFO => self.take_columns(data),
            kind::STRING => self.take_formula_text(data, workbook.version),
            _ => self.take_cells(record, workbook, in_chart),
        }
    }

    fn take_cells(&mut self, record: Record<'_>, workbook: &Workbook, in_chart: bool) {
        let data = record.data;
        let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) else {
            return;
        };
        let style = u16_at(data, 4).unwrap_or(0);
        let shown = |number: f64| {
            let format = workbook.format(style);
            number::show(&number.to_string(), &format, workbook.since_1904)
        };
        let value = match record.kind {
            kind::LABEL_SST => u32_at(data, 6).map(Value::Shared),
            kind::LABEL | kind::R_STRING => data
                .get(6..)
                .and_then(|text| workbook.version.long(text))
                .map(Value::Text),
            kind::NUMBER => f64_at(data, 6).map(|number| Value::Text(shown(number))),
            kind::RK => u32_at(data, 6).map(|number| Value::Text(shown(rk(number)))),
            kind::BOOL_ERR if data.get(7) == Some(&0) => data.get(6).map(|on| boolean(*on)),
            kind::FORMULA => self.formula_value(data, row, column, shown),
            kind::MUL_RK => return self.take_row_of_numbers(data, workbook),
            _ => None,
        };
        match (value, in_chart) {
            (Some(Value::Text(text)), true) => push_line(&mut self.chart, &text),
            (Some(value), _) => self.cells.push((row, column, value)),
            (None, _) => {}
        }
    }

    /// [MS-XLS] 2.5.133
    fn formula_value(
        &mut self,
        data: &[u8],
        row: u16,
        column: u16,
        shown: impl Fn(f64) -> String,
    ) -> Option<Value> {
        if u16_at(data, 12)? != 0xffff {
            return Some(Value::Text(shown(f64_at(data, 6)?)));
        }
        match data.get(6)? {
            0 => {
                self.formula = Some((row, column));
                None
            }
            1 => data.get(8).map(|on| boolean(*on)),
            _ => None,
        }
    }

    fn take_formula_text(&mut self, data: &[u8], version: Version) {
        if let (Some((row, column)), Some(text)) = (self.formula.take(), version.long(data)) {
            self.cells.push((row, column, Value::Text(text)));
        }
    }

    /// [MS-XLS] 2.4.175: numbers side by side, each with its style.
    fn take_row_of_numbers(&mut self, data: &[u8], workbook: &Workbook) {
        let (Some(row), Some(first)) = (u16_at(data, 0), u16_at(data, 2)) else {
            return;
        };
        let numbers = data
            .get(4..data.len().saturating_sub(2))
            .unwrap_or_default();
        for (column, cell) in numbers.chunks_exact(6).enumerate() {
            let (Some(style), Some(number)) = (u16_at(cell, 0), u32_at(cell, 2)) else {
                return;
            };
            let format = workbook.format(style);
            let text = number::show(&rk(number).to_string(), &format, workbook.since_1904);
            let column = first.saturating_add(column as u16);
            self.cells.push((row, column, Value::Text(text)));
        }
    }

    fn take_columns(&mut self, data: &[u8]) {
        if let (Some(first), Some(last), Some(flags)) =
            (u16_at(data, 0), u16_at(data, 2), u16_at(data, 8))
            && flags & 1 != 0
        {
            self.table.hide_columns(u32::from(first)..=u32::from(last));
        }
    }

    /// A comment or a text box: its characters stand in the records behind it
    /// ([MS-XLS] 2.4.329).
    fn take_box(&mut self, data: &[u8], pieces: &[&[u8]], version: Version) {
        let mut left = usize::from(u16_at(data, 10).unwrap_or(0));
        let mut text = String::new();
        for piece in pieces {
            let more = version.characters(piece, left).unwrap_or_default();
            left -= more.encode_utf16().count().min(left);
            text.push_str(&more);
            if left == 0 {
                break;
            }
        }
        let to = match self.in_comment {
            true => &mut self.comments,
            false => &mut self.boxes,
        };
        push_line(to, &text);
    }

    /// [MS-XLS] 2.4.179: BIFF8 has the author here, BIFF5 the comment itself.
    fn take_note(&mut self, data: &[u8], version: Version) {
        let text = match version {
            Version::Biff8 => data.get(8..).and_then(|author| version.long(author)),
            Version::Biff5(_) => data.get(4..).and_then(|text| version.long(text)),
        };
        push_line(&mut self.comments, &text.unwrap_or_default());
    }

    pub(super) fn finish(
        mut self,
        workbook: &mut Workbook,
        place: &Place,
        harvest: &mut Harvest<'_>,
    ) {
        if self.protected {
            workbook.restrict_editing();
        }
        self.cells.sort_by_key(|(row, column, _)| (*row, *column));
        self.hidden_rows.sort_unstable();
        let room = harvest.text_room(place);
        let mut cut = false;
        for row in self.cells.chunk_by(|one, other| one.0 == other.0) {
            let number = row[0].0;
            let texts: Vec<(u32, Cow<'_, str>)> = row
                .iter()
                .filter_map(|(_, column, value)| {
                    let text = match value {
                        Value::Shared(index) => workbook.shared(*index as usize)?,
                        Value::Text(text) => text,
                    };
                    Some((u32::from(*column), Cow::Borrowed(text)))
                })
                .collect();
            let hidden = self.hidden_rows.binary_search(&number).is_ok();
            self.table.row(u32::from(number), hidden, &texts);
            // A long text may be in many cells and stand in the file once.
            cut = self.table.len() > room;
            if cut {
                break;
            }
        }
        let here = self
            .table
            .finish_sheet(&self.name.name, self.name.hidden, place, harvest);
        if cut {
            harvest.exhaust(&here, "it holds more text than Exeat reads of one message");
        }
        harvest.text(&place.within("comments"), self.comments);
        harvest.text(&here.within("text boxes"), self.boxes);
        harvest.text(&here.within("header and footer"), self.margins);
        self.words.finish(&here, harvest);
        harvest.text(&place.hidden("link targets, hidden"), self.links);
        harvest.text(&place.hidden("chart's hidden copy of the data"), self.chart);
    }
}

fn boolean(on: u8) -> Value {
    Value::Text(if on == 1 { "TRUE" } else { "FALSE" }.to_owned())
}

fn push_line(to: &mut String, text: &str) {
    if !text.is_empty() {
        to.push_str(text);
        to.push('\n');
    }
}

/// A number in four bytes ([MS-XLS] 2.5.217): an integer, or the upper part of
/// a double, either perhaps in hundredths.
fn rk(packed: u32) -> f64 {
    let number = if packed & 2 != 0 {
        f64::from(packed.cast_signed() >> 2)
    } else {
        f64::from_bits(u64::from(packed & !3) << 32)
    };
    if packed & 1 != 0 {
        number / 100.0
    } else {
        number
    }
}

/// Where a link leads to ([MS-XLS] 2.4.140).
fn link(data: &[u8]) -> Option<String> {
    let at = memchr::memmem::find(data, &URL)? + URL.len();
    let length = u32_at(data, at)? as usize;
    let target = data.get(at + 4..)?;
    let target = utf16(&target[..length.min(target.len())]);
    let target = target.split('\0').next()?;
    Some(target.strip_prefix("mailto:").unwrap_or(target).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_numbers_are_read() {
        for (packed, expected) in [
            (0x3ff0_0000, 1.0),
            (0x0000_002a, 10.0),
            (0x0000_03eb, 2.5),
            (0xffff_fffe, -1.0),
        ] {
            assert_eq!(rk(packed), expected);
        }
    }
}
