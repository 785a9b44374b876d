//! The copy of its data that a chart keeps, whatever it is a picture of
//! (ECMA-376 part 1, 21.2.2.201).

use std::collections::BTreeMap;

use super::grid::Grid;
use super::harvest::{Harvest, Place};
use super::xml::{self, Element, Node};

/// `xl/charts/chart1.xml`; false if it is damaged.
pub(crate) fn read(xml: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> bool {
    let mut reader = Reader::default();
    let room = harvest.room();
    let whole = xml::walk(xml, |node| {
        match node {
            Node::Start(element) => reader.start(&element),
            Node::Text(text) => reader.text(text),
            Node::End(name) => reader.end(name),
            Node::Empty(_) => {}
        }
        reader.length < room
    });
    reader.end_column();
    harvest.text(place, std::mem::take(&mut reader.lines));
    reader.grid().finish(&place.within("values"), harvest);
    whole
}

#[derive(Debug, Default)]
struct Reader {
    /// Titles, and formulas that say where the data came from.
    lines: String,
    /// Each cache is a column: its heading and its points by row.
    columns: Vec<Column>,
    column: Option<Column>,
    /// Inside `tx`: the series' name.
    in_name: bool,
    name: String,
    /// The point that is being read.
    point: Option<u32>,
    value: String,
    length: usize,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Column {
    name: String,
    points: Vec<(u32, String)>,
}

impl Reader {
    fn start(&mut self, element: &Element<'_, '_>) {
        match element.name() {
            b"ser" => self.name.clear(),
            b"tx" => self.in_name = true,
            b"strCache" | b"numCache" | b"lvl" if !self.in_name => {
                self.end_column();
                self.column = Some(Column::default());
            }
            b"val" | b"yVal" => self.end_column(),
            b"pt" => self.point = element.number("idx"),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.length += text.len();
        self.value.push_str(text);
    }

    fn end(&mut self, name: &[u8]) {
        match name {
            b"tx" => self.in_name = false,
            b"strCache" | b"numCache" | b"lvl" => self.end_column(),
            b"val" | b"yVal" => self.name_column(),
            b"v" | b"pt" => self.end_value(),
            // Runs of one paragraph stand on one line.
            b"t" | b"r" => {}
            _ => self.line(),
        }
    }

    fn end_value(&mut self) {
        let value = std::mem::take(&mut self.value);
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        match (&mut self.column, self.point) {
            _ if self.in_name => self.name.push_str(value),
            (Some(column), Some(point)) => column.points.push((point, value.to_owned())),
            _ => {
                self.lines.push_str(value);
                self.lines.push('\n');
            }
        }
    }

    fn line(&mut self) {
        let value = std::mem::take(&mut self.value);
        if !value.trim().is_empty() {
            self.lines.push_str(value.trim());
            self.lines.push('\n');
        }
    }

    /// The series' name stands over its values.
    fn name_column(&mut self) {
        if let Some(column) = self.columns.last_mut() {
            column.name = std::mem::take(&mut self.name);
        }
    }

    /// The labels are the same for each series, and written once.
    fn end_column(&mut self) {
        if let Some(column) = self.column.take()
            && !column.points.is_empty()
            && self.columns.first() != Some(&column)
        {
            self.columns.push(column);
        }
    }

    fn grid(self) -> Grid {
        let mut rows: BTreeMap<u32, Vec<(u32, String)>> = BTreeMap::new();
        for (number, column) in (0..).zip(self.columns) {
            rows.entry(0).or_default().push((number, column.name));
            for (row, value) in column.points {
                let row = rows.entry(row.saturating_add(1)).or_default();
                row.push((number, value));
            }
        }
        let mut grid = Grid::new();
        for (row, cells) in rows {
            for (column, text) in cells {
                grid.cell(row, column, &text);
            }
        }
        grid
    }
}
