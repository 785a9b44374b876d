//! A table put together from cells with places, as spreadsheets have them.
//!
//! Rows and cells are dense from A1, so that a reader of the text can count
//! out a cell's name; empty rows and columns are written too, up to a gap
//! that no person leaves. Beyond one the table goes on in a text of its own,
//! `… › from row N`, whose first line is row N.

use super::harvest::{Harvest, Place};
use super::plain::push_cell;

/// Empty rows that are written out.
const ROW_GAP: u32 = 1_000;
/// Empty cells that are written out; cells beyond follow the last one.
const COLUMN_GAP: u32 = 256;

#[derive(Debug)]
pub(crate) struct Grid {
    out: String,
    finished: Vec<(u32, String)>,
    /// Bytes in those.
    finished_size: usize,
    /// The row of `out`'s first line, from 0.
    first: u32,
    row: u32,
    column: u32,
}

impl Grid {
    pub(crate) fn new() -> Self {
        Self {
            out: String::new(),
            finished: Vec::new(),
            finished_size: 0,
            first: 0,
            row: 0,
            column: 0,
        }
    }

    /// Writes a cell; rows and columns count from 0. Cells come in order; one
    /// that does not goes to the end of the row.
    pub(crate) fn cell(&mut self, row: u32, column: u32, text: &str) {
        if text.is_empty() {
            return;
        }
        if row > self.row {
            let gap = row - self.row;
            if gap > ROW_GAP {
                let out = std::mem::take(&mut self.out);
                self.finished_size += out.len();
                self.finished.push((self.first, out));
                self.first = row;
            } else {
                self.out.extend(std::iter::repeat_n('\n', gap as usize));
            }
            self.row = row;
            self.column = 0;
        }
        let gap = column.saturating_sub(self.column);
        let gap = if gap == 0 && !self.out.is_empty() && !self.out.ends_with('\n') {
            1
        } else {
            gap
        };
        self.out
            .extend(std::iter::repeat_n('\t', gap.min(COLUMN_GAP) as usize));
        self.column = self.column.max(column);
        push_cell(&mut self.out, text);
    }

    /// Bytes collected so far.
    pub(crate) fn len(&self) -> usize {
        self.finished_size + self.out.len()
    }

    pub(crate) fn finish(mut self, place: &Place, harvest: &mut Harvest<'_>) {
        self.finished.push((self.first, self.out));
        for (first, out) in self.finished {
            let place = match first {
                0 => place.clone(),
                _ => place.within(&format!("from row {}", first + 1)),
            };
            harvest.text(&place.table(), out);
        }
    }
}

/// `B14` as row 13 and column 1.
pub(crate) fn cell_name(name: &str) -> Option<(u32, u32)> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    if !(1..=3).contains(&letters) {
        return None;
    }
    let column = name[..letters].bytes().fold(0, |column, letter| {
        column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1
    });
    let row: u32 = name[letters..].parse().ok()?;
    Some((row.checked_sub(1)?, column - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Budget;

    fn check(cells: &[(u32, u32, &str)], expected: &[(&str, &str)]) {
        let budget = Budget::default();
        let mut harvest = Harvest::new(&budget);
        let mut grid = Grid::new();
        for (row, column, text) in cells {
            grid.cell(*row, *column, text);
        }
        grid.finish(&Place::message().within("s"), &mut harvest);
        let reading = harvest.finish();
        let texts: Vec<(&str, &str)> = reading
            .texts
            .iter()
            .map(|text| (text.location.as_str(), text.text.as_str()))
            .collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn rows_and_cells_are_dense() {
        check(
            &[(0, 0, "a"), (0, 1, "b"), (2, 1, "c")],
            &[("s", "a\tb\n\n\tc")],
        );
        check(&[(0, 2, "c")], &[("s", "\t\tc")]);
        check(&[(0, 0, "a"), (0, 0, "b")], &[("s", "a\tb")]);
        check(&[(0, 0, "a\nb")], &[("s", "a b")]);
        check(
            &[(0, 0, "a"), (50_000, 0, "b")],
            &[("s", "a"), ("s › from row 50001", "b")],
        );
        check(
            &[(0, 0, "a"), (0, 16_000, "b")],
            &[("s", &format!("a{}b", "\t".repeat(256)))],
        );
    }

    #[test]
    fn cell_names_are_read() {
        assert_eq!(cell_name("A1"), Some((0, 0)));
        assert_eq!(cell_name("AB14"), Some((13, 27)));
        for bad in ["", "1", "A", "A0", "ABCD1", "Ä1"] {
            assert_eq!(cell_name(bad), None, "{bad}");
        }
    }
}
