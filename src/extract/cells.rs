//! A sheet's cells as two tables: what its program shows, and the rows that
//! are hidden or that a hidden column crosses.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::grid::Grid;
use super::harvest::{Harvest, Place};

/// Behind a sheet's name in the place of what it does not show.
pub(crate) const HIDDEN_ROWS: &str = " (hidden rows or columns)";

/// A sheet has at most 16,384 columns, and hides them in far fewer runs.
const MOST_RUNS: usize = 1_024;

#[derive(Debug)]
pub(crate) struct Cells {
    shown: Grid,
    /// Whole rows, and the first row for its headings; places as in the sheet.
    hidden: Grid,
    has_hidden: bool,
    /// Rows with cells that show nothing, written as those of `hidden` are.
    unseen: Grid,
    has_unseen: bool,
    hidden_columns: Vec<RangeInclusive<u32>>,
}

impl Cells {
    pub(crate) fn new() -> Self {
        Self {
            shown: Grid::new(),
            hidden: Grid::new(),
            has_hidden: false,
            unseen: Grid::new(),
            has_unseen: false,
            hidden_columns: Vec::new(),
        }
    }

    pub(crate) fn hide_columns(&mut self, columns: RangeInclusive<u32>) {
        if self.hidden_columns.len() < MOST_RUNS {
            self.hidden_columns.push(columns);
        }
    }

    /// Writes a row's cells, each with its column.
    pub(crate) fn row(&mut self, row: u32, hidden: bool, cells: &[(u32, Cow<'_, str>)]) {
        self.row_with_unseen(row, hidden, cells, &[]);
    }

    /// Writes a row's cells; those in the columns `unseen` look empty, as white
    /// letters on white do.
    pub(crate) fn row_with_unseen(
        &mut self,
        row: u32,
        hidden: bool,
        cells: &[(u32, Cow<'_, str>)],
        unseen: &[u32],
    ) {
        let in_hidden_column = |column: &u32| {
            self.hidden_columns
                .iter()
                .any(|columns| columns.contains(column))
        };
        let crossed = cells.iter().any(|(column, _)| in_hidden_column(column));
        let any_hidden = hidden || crossed;
        for (column, text) in cells {
            if !hidden && !in_hidden_column(column) && !unseen.contains(column) {
                self.shown.cell(row, *column, text);
            }
            if any_hidden || row == 0 {
                self.hidden.cell(row, *column, text);
            }
            if !unseen.is_empty() || row == 0 {
                self.unseen.cell(row, *column, text);
            }
        }
        self.has_unseen |= !unseen.is_empty();
        self.has_hidden |= any_hidden && !cells.is_empty();
    }

    /// Bytes collected so far.
    pub(crate) fn len(&self) -> usize {
        self.shown.len() + self.hidden.len() + self.unseen.len()
    }

    /// Hands the tables over: to `here` what is shown, and beside it, by the
    /// table's name, what is not.
    pub(crate) fn finish(
        self,
        here: &Place,
        name: &str,
        beside: &Place,
        harvest: &mut Harvest<'_>,
    ) {
        self.shown.finish(here, harvest);
        if self.has_hidden {
            let rows = beside.hidden(&format!("{name}{HIDDEN_ROWS}"));
            self.hidden.finish(&rows, harvest);
        }
        if self.has_unseen {
            let rows = beside.hidden(&format!("{name} (hidden: cells that look empty)"));
            self.unseen.finish(&rows, harvest);
        }
    }

    /// Hands a sheet's tables over, and gives the sheet's place.
    pub(crate) fn finish_sheet(
        self,
        name: &str,
        hidden: bool,
        place: &Place,
        harvest: &mut Harvest<'_>,
    ) -> Place {
        let here = sheet_place(name, hidden, place);
        self.finish(&here, &format!("sheet \"{name}\""), place, harvest);
        here
    }
}

/// Where a sheet's words stand.
pub(crate) fn sheet_place(name: &str, hidden: bool, place: &Place) -> Place {
    let suffix = if hidden { " (hidden)" } else { "" };
    let mut here = match name {
        "" => place.within("sheet"),
        name => place.within(&format!("sheet \"{name}\"{suffix}")),
    };
    here.hidden = hidden;
    here
}
