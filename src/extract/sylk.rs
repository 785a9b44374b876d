//! Workbooks in Multiplan's format for exchange (SYLK, `.slk`), which Excel and
//! LibreOffice still write and open: a line for each cell, of fields between
//! semicolons.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::cells::Cells;
use super::harvest::{Harvest, Place};
use super::number::{self, Format};
use crate::mail::charset;

/// How lines begin.
const RECORDS: [&str; 12] = [
    "ID", "P", "F", "C", "B", "O", "NN", "NE", "NU", "NL", "W", "E",
];
/// Lines that a file is judged by.
const SAMPLE: usize = 20;

/// Whether the beginning of a text is that of such a workbook; a table whose
/// first column is called ID is none.
pub(crate) fn is_one(head: &[u8]) -> bool {
    let mut lines = head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.next().unwrap_or_default();
    let is_record = |line: &[u8]| {
        let name = line.split(|&byte| byte == b';').next().unwrap_or_default();
        RECORDS.iter().any(|record| record.as_bytes() == name)
    };
    // The last line may be cut.
    let lines: Vec<&[u8]> = lines.take(SAMPLE).collect();
    let whole = &lines[..lines.len().saturating_sub(1)];
    (first == b"ID" || first.starts_with(b"ID;"))
        && !whole.is_empty()
        && whole.iter().all(|line| is_record(line))
}

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "slk");
    let utf_16 = charset::sniff_utf16(bytes).map(encoding_rs::Encoding::name);
    let text = charset::decode(bytes, utf_16);
    if !harvest.decoded(place, text.len()) {
        return;
    }
    let mut workbook = Workbook::default();
    for line in text.lines() {
        workbook.line(line);
    }
    workbook.finish(place, harvest);
}

#[derive(Debug, Default)]
struct Workbook {
    /// Number formats in their order.
    codes: Vec<Format>,
    /// By row and column, from 0.
    cells: BTreeMap<(u32, u32), String>,
    formats: BTreeMap<(u32, u32), usize>,
    /// Of whole columns.
    columns: BTreeMap<u32, usize>,
    hidden_columns: Vec<u32>,
    since_1904: bool,
    /// The cell that a line without a place is about.
    row: u32,
    column: u32,
    formulas: String,
    comments: String,
    names: String,
}

impl Workbook {
    fn line(&mut self, line: &str) {
        let mut fields = Fields(line);
        match fields.next().as_deref() {
            Some("P") => {
                let code = fields.find_map(|field| Some(field.strip_prefix('P')?.to_owned()));
                self.codes.extend(code.map(|code| Format::of_code(&code)));
            }
            Some("O") => {
                self.since_1904 |= fields.any(|field| field == "V4");
            }
            Some("F") => self.format(fields),
            Some("C") => self.cell(fields),
            Some("NN") => {
                let name = fields.map(|field| field.into_owned());
                self.names.push_str(&name.collect::<Vec<_>>().join("\t"));
                self.names.push('\n');
            }
            _ => {}
        }
    }

    /// Takes a field that says where; false if it is another.
    fn place(&mut self, field: &str) -> bool {
        let (kind, number) = field.split_at_checked(1).unwrap_or_default();
        let Some(number) = number.parse::<u32>().ok().and_then(|n| n.checked_sub(1)) else {
            return false;
        };
        match kind {
            "X" => self.column = number,
            "Y" => self.row = number,
            _ => return false,
        }
        true
    }

    /// The format of a cell, or of a column; a column without width is hidden.
    fn format(&mut self, fields: Fields<'_>) {
        let mut code = None;
        let mut column = None;
        for field in fields {
            if self.place(&field) {
                continue;
            }
            let (kind, value) = field.split_at_checked(1).unwrap_or_default();
            match kind {
                "P" => code = value.parse().ok(),
                "C" => column = value.parse::<u32>().ok(),
                "W" => {
                    let numbers: Vec<u32> =
                        value.split(' ').filter_map(|n| n.parse().ok()).collect();
                    if let [first, last, 0] = numbers[..] {
                        let last = last.min(first.saturating_add(256));
                        self.hidden_columns
                            .extend((first..=last).filter_map(|n| n.checked_sub(1)));
                    }
                }
                _ => {}
            }
        }
        match (code, column.and_then(|column| column.checked_sub(1))) {
            (Some(code), Some(column)) => drop(self.columns.insert(column, code)),
            (Some(code), None) => drop(self.formats.insert((self.row, self.column), code)),
            (None, _) => {}
        }
    }

    fn cell(&mut self, fields: Fields<'_>) {
        let mut value = None;
        let mut formula = None;
        let mut comment = None;
        for field in fields {
            if self.place(&field) {
                continue;
            }
            let (kind, rest) = field.split_at_checked(1).unwrap_or_default();
            match kind {
                "K" => value = Some(rest.to_owned()),
                // Only a formula's own words matter; its value is in the cell.
                "E" if rest.contains('"') => formula = Some(rest.to_owned()),
                "A" => comment = Some(unquoted(rest).to_owned()),
                _ => {}
            }
        }
        if let Some(value) = value {
            self.cells.insert((self.row, self.column), value);
        }
        for (to, line) in [(&mut self.formulas, formula), (&mut self.comments, comment)] {
            if let Some(line) = line {
                to.push_str(&line);
                to.push('\n');
            }
        }
    }

    fn finish(self, place: &Place, harvest: &mut Harvest<'_>) {
        let mut table = Cells::new();
        for column in &self.hidden_columns {
            table.hide_columns(*column..=*column);
        }
        let room = harvest.text_room(place);
        let mut cells = self.cells.iter().peekable();
        while let Some(((row, _), _)) = cells.peek().copied() {
            let mut texts: Vec<(u32, Cow<'_, str>)> = Vec::new();
            while let Some((at, value)) = cells.next_if(|((of, _), _)| of == row) {
                texts.push((at.1, self.shown(*at, value)));
            }
            table.row(*row, false, &texts);
            if table.len() > room {
                break;
            }
        }
        table.finish(place, "table", place, harvest);
        harvest.text(&place.within("comments"), self.comments);
        harvest.text(&place.hidden("formulas, hidden"), self.formulas);
        harvest.text(&place.hidden("defined names, hidden"), self.names);
    }

    fn shown<'v>(&self, at: (u32, u32), value: &'v str) -> Cow<'v, str> {
        if value.starts_with('"') {
            return Cow::Borrowed(unquoted(value));
        }
        let code = self.formats.get(&at).or_else(|| self.columns.get(&at.1));
        match code.and_then(|code| self.codes.get(*code)) {
            Some(format) => Cow::Owned(number::show(value, format, self.since_1904)),
            None => Cow::Borrowed(value),
        }
    }
}

fn unquoted(value: &str) -> &str {
    let value = value.strip_prefix('"').unwrap_or(value);
    value.strip_suffix('"').unwrap_or(value)
}

/// The fields of a line. Two semicolons stand for one that is meant.
struct Fields<'a>(&'a str);

impl<'a> Iterator for Fields<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Cow<'a, str>> {
        if self.0.is_empty() {
            return None;
        }
        let mut from = 0;
        let end = loop {
            let Some(at) = self.0[from..].find(';').map(|at| from + at) else {
                break self.0.len();
            };
            if self.0[at + 1..].starts_with(';') {
                from = at + 2;
            } else {
                break at;
            }
        };
        let field = &self.0[..end];
        self.0 = self.0.get(end + 1..).unwrap_or_default();
        Some(match from {
            0 => Cow::Borrowed(field),
            _ => Cow::Owned(field.replace(";;", ";")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{Budget, Reading};

    fn reading(text: &str) -> Reading {
        let budget = Budget::default();
        let mut harvest = Harvest::new(&budget);
        read(
            text.as_bytes(),
            &Place::message().within("a.slk"),
            &mut harvest,
        );
        harvest.finish()
    }

    fn check(text: &str, expected: &[(&str, &str)]) {
        let reading = reading(text);
        let found: Vec<(&str, &str)> = reading
            .texts
            .iter()
            .map(|text| (text.location.as_str(), text.text.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn cells_keep_the_place_that_was_told_last() {
        check(
            "ID;PWXL;N;E\nP;PGeneral\nP;Pdd/mm/yyyy\nF;P1;FG0G;X2;Y2\n\
             C;Y1;X1;K\"Name\"\nC;X2;K\"Born\"\nC;Y2;X1;K\"Quill;; \"Zoe\"\"\nF;P1;FG0G;X2\nC;K41712\nE\n",
            &[("a.slk", "Name\tBorn\nQuill; \"Zoe\"\t14/03/2014")],
        );
    }

    #[test]
    fn what_is_beside_the_cells_is_told() {
        check(
            "ID;P\nF;W2 2 0\nC;Y1;X1;K\"Name\"\nC;X2;K\"Excluded\"\nC;Y2;X1;K\"x\";E\"Zoe\"&R1C1\nC;AOban is ill\nNN;NPupil;ER1C1\nE\n",
            &[
                ("a.slk", "Name\nx"),
                (
                    "a.slk \u{203a} table (hidden rows or columns)",
                    "Name\tExcluded",
                ),
                ("a.slk \u{203a} comments", "Oban is ill\n"),
                ("a.slk \u{203a} formulas, hidden", "\"Zoe\"&R1C1\n"),
                ("a.slk \u{203a} defined names, hidden", "NPupil\tER1C1\n"),
            ],
        );
    }

    #[test]
    fn lines_that_mean_nothing_are_borne() {
        for line in [
            "C",
            "C;",
            "C;K",
            "C;X0;K\"a\"",
            "C;X99999999999;K\"a\"",
            "F;W",
            "F;W1 4294967295 0",
            "P;",
            ";;;",
            "C;Y4294967295;X4294967295;K1",
            "é;é",
            "F;P;é",
        ] {
            reading(&format!("ID;P\n{line}\nE\n"));
        }
    }

    #[test]
    fn tables_with_a_column_called_id_are_none() {
        assert!(is_one(b"ID;PWXL\r\nP;PGeneral\r\nC;X1;Y1;K\"a\"\r\nE"));
        for text in [
            "ID;Pupil\n1;Zoe\n2;Oban\n",
            "ID;PWXL",
            "ID card\nC\nE\n",
            "",
        ] {
            assert!(!is_one(text.as_bytes()), "{text}");
        }
    }
}
