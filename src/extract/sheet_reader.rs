//! One sheet of SpreadsheetML: its cells, and what stands beside them.

use std::borrow::Cow;

use super::cells::Cells;
use super::grid::cell_name;
use super::harvest::{Harvest, Place};
use super::number::{self, Format};
use super::page_header;
use super::sheet::Workbook;
use super::xml::{self, Node};

pub(super) struct SheetReader<'a> {
    workbook: &'a Workbook,
    table: Cells,
    row: u32,
    row_hidden: bool,
    cells: Vec<(u32, Cow<'a, str>)>,
    /// Columns of the row whose cells show nothing.
    unseen: Vec<u32>,
    column: u32,
    kind: Kind,
    style: usize,
    value: String,
    formula: String,
    reading: Reading,
    /// What stands above and below each printed page.
    header: String,
    /// Formulas with words in them.
    formulas: String,
    /// What may be chosen for a cell, and what is said of it.
    choices: String,
    /// What hovering over a link brings out.
    links: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Shared,
    Text,
    Boolean,
    Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Nothing,
    Value,
    Formula,
    Choice,
}

impl<'a> SheetReader<'a> {
    pub(super) fn new(workbook: &'a Workbook) -> Self {
        Self {
            workbook,
            table: Cells::new(),
            row: 0,
            row_hidden: false,
            cells: Vec::new(),
            unseen: Vec::new(),
            column: 0,
            kind: Kind::Number,
            style: 0,
            value: String::new(),
            formula: String::new(),
            reading: Reading::Nothing,
            header: String::new(),
            formulas: String::new(),
            choices: String::new(),
            links: String::new(),
        }
    }

    pub(super) fn node(&mut self, node: &Node<'_, '_>) {
        match node {
            Node::Start(element) => match element.name() {
                b"c" => self.cell(element),
                b"v" | b"t" => self.reading = Reading::Value,
                b"row" => self.begin_row(element),
                // The newer kind of validation has its formulas one deeper.
                b"f" | b"formula" if self.reading != Reading::Choice => {
                    self.formula.clear();
                    self.reading = Reading::Formula;
                }
                b"formula1" | b"formula2" => {
                    self.formula.clear();
                    self.reading = Reading::Choice;
                }
                b"rPh" => self.reading = Reading::Nothing,
                name if is_page_header(name) => {
                    self.value.clear();
                    self.reading = Reading::Value;
                }
                _ => self.beside(element),
            },
            Node::Empty(element) => match element.name() {
                b"col" => self.column_style(element),
                b"c" => self.advance(element),
                b"row" => {
                    self.begin_row(element);
                    self.end_row();
                }
                _ => self.beside(element),
            },
            Node::Text(text) => match self.reading {
                Reading::Nothing => {}
                Reading::Value => self.value.push_str(text),
                Reading::Formula | Reading::Choice => self.formula.push_str(text),
            },
            Node::End(name) => match *name {
                b"c" => self.end_cell(),
                b"row" => self.end_row(),
                b"v" | b"t" => self.reading = Reading::Nothing,
                b"f" | b"formula" if self.reading == Reading::Formula => {
                    // Only a formula's own words matter; its value is in the
                    // cell.
                    if self.formula.contains('"') {
                        push_line(&mut self.formulas, &self.formula);
                    }
                    self.reading = Reading::Nothing;
                }
                b"formula1" | b"formula2" => {
                    push_line(&mut self.choices, &self.formula);
                    self.reading = Reading::Nothing;
                }
                name if is_page_header(name) => {
                    self.reading = Reading::Nothing;
                    let words = page_header::words(&std::mem::take(&mut self.value));
                    push_line(&mut self.header, &words);
                }
                _ => {}
            },
        }
    }

    /// What belongs to cells and stands beside them.
    fn beside(&mut self, element: &xml::Element<'_, '_>) {
        let (lines, names) = match element.name() {
            b"hyperlink" => (&mut self.links, &["tooltip"][..]),
            b"dataValidation" => (
                &mut self.choices,
                &["promptTitle", "prompt", "errorTitle", "error"][..],
            ),
            _ => return,
        };
        for name in names {
            if let Some(text) = element.attribute(name) {
                push_line(lines, &text);
            }
        }
    }

    /// Bytes collected so far.
    pub(super) fn len(&self) -> usize {
        self.table.len() + self.formulas.len() + self.choices.len()
    }

    /// Gives the sheet's place.
    pub(super) fn finish(
        mut self,
        name: &str,
        hidden: bool,
        place: &Place,
        harvest: &mut Harvest<'_>,
    ) -> Place {
        // A sheet that is cut short ends within a row.
        if !self.cells.is_empty() {
            self.end_row();
        }
        let here = self.table.finish_sheet(name, hidden, place, harvest);
        harvest.text(&here.within("header and footer"), self.header);
        harvest.text(&here.hidden("formulas, hidden"), self.formulas);
        harvest.text(&here.hidden("data validation, hidden"), self.choices);
        harvest.text(&here.hidden("descriptions of links, hidden"), self.links);
        here
    }

    fn column_style(&mut self, element: &xml::Element<'_, '_>) {
        if (element.is_on("hidden") || is_zero(element, "width"))
            && let (Some(min), Some(max)) = (element.number("min"), element.number("max"))
        {
            self.table
                .hide_columns(min.saturating_sub(1)..=max.saturating_sub(1));
        }
    }

    fn begin_row(&mut self, element: &xml::Element<'_, '_>) {
        self.row = element
            .number("r")
            .map_or(self.row, |row| row.saturating_sub(1));
        self.row_hidden = element.is_on("hidden") || is_zero(element, "ht");
        self.column = 0;
    }

    /// Finds the cell's place; one without a name follows the last.
    fn advance(&mut self, element: &xml::Element<'_, '_>) {
        let name = element.attribute("r");
        if let Some((_, column)) = name.as_deref().and_then(cell_name) {
            self.column = column;
        }
        self.column += 1;
    }

    fn cell(&mut self, element: &xml::Element<'_, '_>) {
        self.kind = Kind::Number;
        self.style = 0;
        for (name, value) in element.attributes() {
            match name {
                "r" => {
                    if let Some((_, column)) = cell_name(&value) {
                        self.column = column;
                    }
                }
                "t" => {
                    self.kind = match value.as_ref() {
                        "s" => Kind::Shared,
                        "b" => Kind::Boolean,
                        "d" => Kind::Date,
                        "n" => Kind::Number,
                        _ => Kind::Text,
                    }
                }
                "s" => self.style = value.parse().unwrap_or(0),
                _ => {}
            }
        }
        self.value.clear();
    }

    fn end_cell(&mut self) {
        let value = std::mem::take(&mut self.value);
        let style = self.workbook.styles.get(self.style);
        let text = match self.kind {
            Kind::Shared => {
                let index = value.trim().parse().ok();
                let shared = index.and_then(|index| self.workbook.strings.get(index));
                Cow::Borrowed(shared.unwrap_or_default())
            }
            Kind::Text => Cow::Owned(value),
            Kind::Boolean => Cow::Borrowed(if value.trim() == "1" { "TRUE" } else { "FALSE" }),
            Kind::Date => Cow::Owned(number::iso_date(&value)),
            Kind::Number if value.is_empty() => Cow::Owned(value),
            Kind::Number => {
                let general = Format::General;
                let format = style.map_or(&general, |style| &style.format);
                Cow::Owned(number::show(&value, format, self.workbook.since_1904))
            }
        };
        if !text.is_empty() {
            if style.is_some_and(|style| style.shows_nothing) {
                self.unseen.push(self.column);
            }
            self.cells.push((self.column, text));
        }
        self.column += 1;
    }

    fn end_row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        let unseen = std::mem::take(&mut self.unseen);
        self.table
            .row_with_unseen(self.row, self.row_hidden, &cells, &unseen);
        self.row = self.row.saturating_add(1);
    }
}

/// Rows without height and columns without width are not seen either.
fn is_zero(element: &xml::Element<'_, '_>, name: &str) -> bool {
    let size = element.attribute(name).and_then(|size| size.parse().ok());
    size == Some(0.0)
}

fn is_page_header(name: &[u8]) -> bool {
    matches!(
        name,
        b"oddHeader"
            | b"oddFooter"
            | b"evenHeader"
            | b"evenFooter"
            | b"firstHeader"
            | b"firstFooter"
    )
}

fn push_line(lines: &mut String, line: &str) {
    lines.push_str(line);
    lines.push('\n');
}
