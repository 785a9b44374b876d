//! Spreadsheets of SpreadsheetML: sheets, shared strings, styles, and the
//! copies of data that people do not know are there.

use std::borrow::Cow;
use std::collections::HashMap;

use super::cells::{Cells, sheet_place};
use super::grid::cell_name;
use super::harvest::{Harvest, Place};
use super::number::{self, Format};
use super::page_header;
use super::xml::{self, Node};

pub(crate) const WORKBOOK: &str = "xl/workbook.xml";

/// What all sheets of a workbook share.
#[derive(Debug, Default)]
pub(crate) struct Workbook {
    pub(crate) sheets: Vec<Sheet>,
    strings: Strings,
    formats: Vec<Format>,
    since_1904: bool,
    /// Names and what they stand for, a line each.
    names: String,
}

#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) hidden: bool,
    /// Which part it is, by the workbook's relationships.
    pub(crate) relationship: String,
}

impl Sheet {
    pub(crate) fn place(&self, place: &Place) -> Place {
        sheet_place(&self.name, self.hidden, place)
    }
}

/// Shared strings in one run of text, by their ends.
#[derive(Debug, Default)]
struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.text[start..end])
    }
}

impl Workbook {
    /// `xl/workbook.xml`
    pub(crate) fn read(&mut self, xml: &[u8]) -> bool {
        let mut name = String::new();
        let mut in_name = false;
        xml::walk(xml, |node| {
            match node {
                Node::Start(element) | Node::Empty(element) => match element.name() {
                    b"sheet" => self.sheets.push(Sheet {
                        name: element.attribute("name").unwrap_or_default().into_owned(),
                        hidden: element
                            .attribute("state")
                            .is_some_and(|state| state != "visible"),
                        relationship: element.attribute("id").unwrap_or_default().into_owned(),
                    }),
                    b"workbookPr" => self.since_1904 = element.is_on("date1904"),
                    b"definedName" => {
                        name = element.attribute("name").unwrap_or_default().into_owned();
                        in_name = true;
                    }
                    _ => {}
                },
                // Excel's own names say nothing of people.
                Node::Text(text) if in_name && !name.starts_with("_xlnm.") => {
                    self.names.push_str(&format!("{name}\t{text}\n"));
                }
                Node::End(b"definedName") => in_name = false,
                _ => {}
            }
            true
        })
    }

    /// `xl/sharedStrings.xml`
    pub(crate) fn read_strings(&mut self, xml: &[u8]) -> bool {
        let mut in_text = false;
        let mut phonetic = false;
        let strings = &mut self.strings;
        xml::walk(xml, |node| {
            match node {
                Node::Start(element) => match element.name() {
                    b"t" => in_text = !phonetic,
                    b"rPh" => phonetic = true,
                    _ => {}
                },
                Node::Empty(element) if element.name() == b"si" => {
                    strings.ends.push(strings.text.len())
                }
                Node::Text(text) if in_text => strings.text.push_str(text),
                Node::End(b"t") => in_text = false,
                Node::End(b"rPh") => phonetic = false,
                Node::End(b"si") => strings.ends.push(strings.text.len()),
                _ => {}
            }
            true
        })
    }

    /// `xl/styles.xml`: which cells hold dates.
    pub(crate) fn read_styles(&mut self, xml: &[u8]) -> bool {
        let mut codes: HashMap<u32, Format> = HashMap::new();
        let mut in_cells = false;
        let formats = &mut self.formats;
        xml::walk(xml, |node| {
            match node {
                Node::Start(element) | Node::Empty(element) => match element.name() {
                    b"numFmt" => {
                        if let (Some(id), Some(code)) =
                            (element.number("numFmtId"), element.attribute("formatCode"))
                        {
                            codes.insert(id, Format::of_code(&code));
                        }
                    }
                    b"cellXfs" => in_cells = true,
                    b"xf" if in_cells => {
                        let id = element.number("numFmtId").unwrap_or(0);
                        formats.push(
                            codes
                                .get(&id)
                                .cloned()
                                .unwrap_or_else(|| Format::built_in(id)),
                        );
                    }
                    _ => {}
                },
                Node::End(b"cellXfs") => in_cells = false,
                _ => {}
            }
            true
        })
    }

    pub(crate) fn names(&self) -> &str {
        &self.names
    }

    /// One sheet's cells.
    pub(crate) fn read_sheet(
        &self,
        xml: &[u8],
        sheet: Option<&Sheet>,
        place: &Place,
        harvest: &mut Harvest<'_>,
    ) -> bool {
        let name = sheet.map_or("", |sheet| sheet.name.as_str());
        let hidden = sheet.is_some_and(|sheet| sheet.hidden);
        let mut reader = SheetReader::new(self);
        // A long text may be in many cells and stand in the file once.
        let room = harvest.text_room(&sheet_place(name, hidden, place));
        let whole = xml::walk(xml, |node| {
            reader.node(&node);
            reader.table.len() <= room
        });
        let cut = reader.table.len() > room;
        let here = reader.table.finish_sheet(name, hidden, place, harvest);
        if cut {
            harvest.exhaust(&here, "it holds more text than Exeat reads of one message");
        }
        harvest.text(&here.within("header and footer"), reader.header);
        harvest.text(&here.hidden("formulas and notes"), reader.other);
        whole
    }
}

struct SheetReader<'a> {
    workbook: &'a Workbook,
    table: Cells,
    row: u32,
    row_hidden: bool,
    cells: Vec<(u32, Cow<'a, str>)>,
    column: u32,
    kind: Kind,
    style: usize,
    value: String,
    reading: Reading,
    /// What stands above and below each printed page.
    header: String,
    /// Literals in formulas, data validation.
    other: String,
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
    Other,
}

impl<'a> SheetReader<'a> {
    fn new(workbook: &'a Workbook) -> Self {
        Self {
            workbook,
            table: Cells::new(),
            row: 0,
            row_hidden: false,
            cells: Vec::new(),
            column: 0,
            kind: Kind::Number,
            style: 0,
            value: String::new(),
            reading: Reading::Nothing,
            header: String::new(),
            other: String::new(),
        }
    }

    fn node(&mut self, node: &Node<'_, '_>) {
        match node {
            Node::Start(element) => match element.name() {
                b"c" => self.cell(element),
                b"v" | b"t" => self.reading = Reading::Value,
                b"row" => self.begin_row(element),
                b"f" => self.reading = Reading::Formula,
                b"oddHeader" | b"oddFooter" | b"evenHeader" | b"evenFooter" | b"firstHeader"
                | b"firstFooter" => {
                    self.value.clear();
                    self.reading = Reading::Value;
                }
                b"formula1" | b"formula2" => self.reading = Reading::Other,
                b"rPh" => self.reading = Reading::Nothing,
                _ => {}
            },
            Node::Empty(element) => match element.name() {
                b"col" => self.column_style(element),
                b"c" => self.advance(element),
                b"hyperlink" | b"dataValidation" => {
                    for name in ["tooltip", "prompt", "promptTitle"] {
                        if let Some(text) = element.attribute(name) {
                            self.other(&text);
                        }
                    }
                }
                b"row" => {
                    self.begin_row(element);
                    self.end_row();
                }
                _ => {}
            },
            Node::Text(text) => match self.reading {
                Reading::Nothing => {}
                Reading::Value => self.value.push_str(text),
                // Only a formula's own words matter; its value is in the cell.
                Reading::Formula if text.contains('"') => self.other(text),
                Reading::Formula => {}
                Reading::Other => self.other(text),
            },
            Node::End(name) => match *name {
                b"c" => self.end_cell(),
                b"row" => self.end_row(),
                b"v" | b"t" | b"f" | b"formula1" | b"formula2" => self.reading = Reading::Nothing,
                b"oddHeader" | b"oddFooter" | b"evenHeader" | b"evenFooter" | b"firstHeader"
                | b"firstFooter" => {
                    self.reading = Reading::Nothing;
                    let words = page_header::words(&std::mem::take(&mut self.value));
                    self.header.push_str(&words);
                    self.header.push('\n');
                }
                _ => {}
            },
        }
    }

    fn other(&mut self, text: &str) {
        self.other.push_str(text);
        self.other.push('\n');
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
                let format = self.workbook.formats.get(self.style).unwrap_or(&general);
                Cow::Owned(number::show(&value, format, self.workbook.since_1904))
            }
        };
        if !text.is_empty() {
            self.cells.push((self.column, text));
        }
        self.column += 1;
    }

    fn end_row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        self.table.row(self.row, self.row_hidden, &cells);
        self.row = self.row.saturating_add(1);
    }
}

/// Rows without height and columns without width are not seen either.
fn is_zero(element: &xml::Element<'_, '_>, name: &str) -> bool {
    let size = element.attribute(name).and_then(|size| size.parse().ok());
    size == Some(0.0)
}
