//! Tables of OpenDocument: sheets, and tables in texts (OpenDocument 1.3 part
//! 3, 9.1), with rows and columns that are hidden, filtered or folded up.

use std::borrow::Cow;

use crate::extract::cells::{Cells, sheet_place};
use crate::extract::harvest::{Harvest, Place};
use crate::extract::xml::Element;

/// Repeated empty rows and cells beyond this fill a sheet to its end, and say
/// nothing.
const MOST_REPEATS: u32 = 1_000;

#[derive(Debug)]
pub(crate) struct Table {
    /// A sheet's, or its number among the tables of a text.
    name: Name,
    hidden: bool,
    cells: Cells,
    row: u32,
    column: u32,
    /// The next column that is told of.
    next_column: u32,
    row_repeats: u32,
    row_hidden: bool,
    cell_repeats: u32,
    pub(crate) cell: String,
    /// Words in shapes that lie on the sheet.
    pub(crate) drawing: String,
    /// The row's cells, to be written again if it repeats, and their bytes.
    row_cells: Vec<(u32, Cow<'static, str>)>,
    row_size: usize,
    /// Groups of rows or columns around what is read: whether each, or one
    /// around it, is folded up.
    groups: Vec<bool>,
}

#[derive(Debug)]
pub(crate) enum Name {
    Sheet(String),
    Number(u32),
    /// A slide's number, and its own among the tables.
    OnSlide(usize, u32),
    /// What a chart was drawn from.
    Chart,
}

impl Table {
    pub(crate) fn new(name: Name, hidden: bool) -> Self {
        Self {
            name,
            hidden,
            cells: Cells::new(),
            row: 0,
            column: 0,
            next_column: 0,
            row_repeats: 1,
            row_hidden: false,
            cell_repeats: 1,
            cell: String::new(),
            drawing: String::new(),
            row_cells: Vec::new(),
            row_size: 0,
            groups: Vec::new(),
        }
    }

    pub(crate) fn start_group(&mut self, element: &Element<'_, '_>) {
        let folded = element.attribute("display").as_deref() == Some("false");
        self.groups.push(folded || self.is_folded());
    }

    pub(crate) fn end_group(&mut self) {
        self.groups.pop();
    }

    fn is_folded(&self) -> bool {
        self.groups.last().copied().unwrap_or_default()
    }

    fn is_hidden(&self, element: &Element<'_, '_>) -> bool {
        let visibility = element.attribute("visibility");
        matches!(visibility.as_deref(), Some("collapse" | "filter")) || self.is_folded()
    }

    pub(crate) fn columns(&mut self, element: &Element<'_, '_>) {
        let repeats = element.number("number-columns-repeated").unwrap_or(1);
        let first = self.next_column;
        self.next_column = first.saturating_add(repeats);
        if self.is_hidden(element) && repeats > 0 {
            self.cells.hide_columns(first..=self.next_column - 1);
        }
    }

    pub(crate) fn start_row(&mut self, element: &Element<'_, '_>) {
        self.row_repeats = element.number("number-rows-repeated").unwrap_or(1);
        self.row_hidden = self.is_hidden(element);
        self.column = 0;
    }

    pub(crate) fn start_cell(&mut self, element: &Element<'_, '_>) {
        self.cell_repeats = element.number("number-columns-repeated").unwrap_or(1);
    }

    /// Keeps the cell as often as it repeats, but not much beyond `room`.
    pub(crate) fn end_cell(&mut self, room: usize) {
        let cell = std::mem::take(&mut self.cell);
        let repeats = std::mem::replace(&mut self.cell_repeats, 1);
        let cell = cell.trim();
        if cell.is_empty() {
            self.column = self.column.saturating_add(repeats);
            return;
        }
        for _ in 0..repeats.min(MOST_REPEATS) {
            self.row_cells
                .push((self.column, Cow::Owned(cell.to_owned())));
            self.column = self.column.saturating_add(1);
            self.row_size += cell.len();
            if self.row_size > room {
                break;
            }
        }
    }

    /// Writes the row as often as it repeats, but not much beyond `room`; gives
    /// the bytes that it became.
    pub(crate) fn end_row(&mut self, room: usize) -> usize {
        let before = self.cells.len();
        self.row_size = 0;
        let cells = std::mem::take(&mut self.row_cells);
        let repeats = std::mem::replace(&mut self.row_repeats, 1);
        if cells.is_empty() {
            self.row = self.row.saturating_add(repeats);
            return 0;
        }
        for _ in 0..repeats.min(MOST_REPEATS) {
            self.cells.row(self.row, self.row_hidden, &cells);
            self.row = self.row.saturating_add(1);
            if self.cells.len() - before > room {
                break;
            }
        }
        self.cells.len() - before
    }

    /// Where the sheet is, if it is one.
    pub(crate) fn sheet(&self, place: &Place) -> Option<Place> {
        match &self.name {
            Name::Sheet(name) => Some(sheet_place(name, self.hidden, place)),
            _ => None,
        }
    }

    /// The number of the slide that it is on.
    pub(crate) fn slide(&self) -> Option<usize> {
        match self.name {
            Name::OnSlide(slide, _) => Some(slide),
            _ => None,
        }
    }

    pub(crate) fn finish(self, place: &Place, harvest: &mut Harvest<'_>) {
        let numbered = |number: u32| {
            let name = format!("table {number}");
            let mut here = place.within(&name);
            here.hidden |= self.hidden;
            (here, name)
        };
        let (here, name) = match &self.name {
            Name::Sheet(name) => (
                sheet_place(name, self.hidden, place),
                format!("sheet \"{name}\""),
            ),
            Name::Number(number) | Name::OnSlide(_, number) => numbered(*number),
            Name::Chart => {
                let name = "chart's hidden copy of the data".to_owned();
                (place.hidden(&name), name)
            }
        };
        self.cells.finish(&here, &name, place, harvest);
        harvest.text(&here.within("drawing"), self.drawing);
    }
}
