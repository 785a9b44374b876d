//! Excel's XML of 2003 (SpreadsheetML 2003): one file with its sheets one
//! after the other, as databases and web pages still export it.

use std::borrow::Cow;
use std::collections::HashMap;

use super::cells::{Cells, sheet_place};
use super::harvest::{Harvest, Place};
use super::number::{self, Format};
use super::office::damaged;
use super::office_xml::only_editing;
use super::page_header;
use super::xml::{self, Element, Node};

pub(crate) fn read(bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, "spreadsheetml");
    let Some(place) = &harvest.deeper(place) else {
        return;
    };
    let mut reader = Reader::default();
    let room = harvest.room();
    let whole = xml::walk(bytes, |node| {
        match node {
            Node::Start(element) => reader.start(&element, true),
            Node::Empty(element) => reader.start(&element, false),
            Node::Text(text) => reader.text.push_str(text),
            Node::End(name) => reader.end(name),
        }
        reader.length() < room
    });
    reader.finish(place, harvest);
    if !whole || !xml::text(bytes).trim_end().ends_with("Workbook>") {
        damaged(place, harvest);
    }
}

#[derive(Debug, Default)]
struct Reader {
    sheets: Vec<Sheet>,
    finished: usize,
    formats: HashMap<String, Format>,
    style: String,
    names: String,
    properties: String,
    links: String,
    /// The text since the last tag that ends or begins a value.
    text: String,
    kind: String,
    cell: Cell,
    in_comment: bool,
    in_properties: bool,
    locked: bool,
}

#[derive(Debug)]
struct Sheet {
    name: String,
    hidden: bool,
    cells: Cells,
    row: u32,
    row_hidden: bool,
    row_cells: Vec<(u32, Cow<'static, str>)>,
    column: u32,
    /// The next column that is told of.
    next_column: u32,
    comments: String,
    header: String,
    formulas: String,
    validation: String,
}

#[derive(Debug, Default)]
struct Cell {
    column: u32,
    style: String,
    value: String,
}

impl Reader {
    fn start(&mut self, element: &Element<'_, '_>, has_content: bool) {
        let sheet = self.sheets.last_mut();
        match (element.name(), sheet) {
            (b"Style", _) => {
                self.style = element.attribute("ID").unwrap_or_default().into_owned();
            }
            (b"NumberFormat", _) => {
                let code = element.attribute("Format").unwrap_or_default();
                self.formats.insert(self.style.clone(), format(&code));
            }
            (b"Worksheet", _) => {
                self.locked |= element.is_on("Protected");
                self.sheets.push(Sheet::new(element));
            }
            (b"NamedRange", _) => {
                for name in ["Name", "RefersTo"] {
                    let end = if name == "Name" { '\t' } else { '\n' };
                    self.names
                        .push_str(&element.attribute(name).unwrap_or_default());
                    self.names.push(end);
                }
            }
            (b"DocumentProperties" | b"CustomDocumentProperties", _) => {
                self.in_properties = has_content;
            }
            (b"Column", Some(sheet)) => sheet.columns(element),
            (b"Row", Some(sheet)) => {
                sheet.start_row(element);
                if !has_content {
                    sheet.end_row();
                }
            }
            (b"Cell", Some(sheet)) => {
                self.cell = sheet.start_cell(element);
                if let Some(target) = element.attribute("HRef") {
                    self.links.push_str(&target);
                    self.links.push('\n');
                }
                if let Some(text) = element.attribute("HRefScreenTip") {
                    sheet.validation.push_str(&text);
                    sheet.validation.push('\n');
                }
            }
            (b"Comment", Some(sheet)) => {
                self.in_comment = has_content;
                let author = element.attribute("Author").unwrap_or_default();
                sheet.comments.push_str(&author);
                sheet.comments.push('\n');
            }
            (b"Data", Some(sheet)) => match element.attribute("Data") {
                // Of a page's header or footer.
                Some(coded) => push_line(&mut sheet.header, &page_header::words(&coded)),
                None => {
                    self.text.clear();
                    self.kind = element.attribute("Type").unwrap_or_default().into_owned();
                }
            },
            (b"Header" | b"Footer", Some(sheet)) => {
                if let Some(coded) = element.attribute("Data") {
                    push_line(&mut sheet.header, &page_header::words(&coded));
                }
            }
            _ if !self.in_comment => {}
            // Letters of several kinds are several elements.
            _ => return,
        }
        if !matches!(
            element.name(),
            b"Font" | b"B" | b"I" | b"U" | b"Sub" | b"Sup" | b"S" | b"Span"
        ) {
            self.text.clear();
        }
    }

    fn end(&mut self, name: &[u8]) {
        if self.in_properties {
            match name {
                b"DocumentProperties" | b"CustomDocumentProperties" => self.in_properties = false,
                _ => push_line(&mut self.properties, self.text.trim()),
            }
            return self.text.clear();
        }
        let text = match name {
            b"Font" | b"B" | b"I" | b"U" | b"Sub" | b"Sup" | b"S" | b"Span" => return,
            _ => std::mem::take(&mut self.text),
        };
        let Some(sheet) = self.sheets.last_mut() else {
            return;
        };
        match name {
            b"Data" if self.in_comment => push_line(&mut sheet.comments, &text),
            b"Data" => {
                let format = self.formats.get(&self.cell.style);
                self.cell.value = shown(&text, &self.kind, format);
            }
            b"Comment" => self.in_comment = false,
            b"Cell" => sheet.end_cell(std::mem::take(&mut self.cell)),
            b"Row" => sheet.end_row(),
            b"Visible" => sheet.hidden = text.contains("Hidden"),
            b"Value" | b"InputTitle" | b"InputMessage" | b"ErrorTitle" | b"ErrorMessage" => {
                push_line(&mut sheet.validation, text.trim());
            }
            b"Worksheet" => self.finished = self.sheets.len(),
            _ => {}
        }
    }

    fn length(&self) -> usize {
        let open = self.sheets.get(self.finished..).unwrap_or_default();
        open.iter().map(|sheet| sheet.cells.len()).sum::<usize>() + self.text.len()
    }

    fn finish(self, place: &Place, harvest: &mut Harvest<'_>) {
        harvest.text(&place.hidden("defined names, hidden"), self.names);
        for sheet in self.sheets {
            sheet.finish(place, harvest);
        }
        harvest.text(
            &place.hidden("document properties, hidden"),
            self.properties,
        );
        harvest.text(&place.hidden("link targets, hidden"), self.links);
        if self.locked {
            only_editing(place, harvest);
        }
    }
}

impl Sheet {
    fn new(element: &Element<'_, '_>) -> Self {
        Self {
            name: element.attribute("Name").unwrap_or_default().into_owned(),
            hidden: false,
            cells: Cells::new(),
            row: 0,
            row_hidden: false,
            row_cells: Vec::new(),
            column: 0,
            next_column: 0,
            comments: String::new(),
            header: String::new(),
            formulas: String::new(),
            validation: String::new(),
        }
    }

    /// Columns, rows and cells follow the last unless they have an index, from
    /// 1.
    fn columns(&mut self, element: &Element<'_, '_>) {
        let first = index(element).unwrap_or(self.next_column);
        let last = first.saturating_add(element.number("Span").unwrap_or(0));
        self.next_column = last.saturating_add(1);
        if element.is_on("Hidden") || is_zero(element, "Width") {
            self.cells.hide_columns(first..=last);
        }
    }

    fn start_row(&mut self, element: &Element<'_, '_>) {
        self.row = index(element).unwrap_or(self.row);
        self.row_hidden = element.is_on("Hidden") || is_zero(element, "Height");
        self.column = 0;
    }

    fn end_row(&mut self) {
        let cells = std::mem::take(&mut self.row_cells);
        self.cells.row(self.row, self.row_hidden, &cells);
        self.row = self.row.saturating_add(1);
    }

    fn start_cell(&mut self, element: &Element<'_, '_>) -> Cell {
        let column = index(element).unwrap_or(self.column);
        let across = element.number("MergeAcross").unwrap_or(0);
        self.column = column.saturating_add(across).saturating_add(1);
        let formula = element.attribute("Formula").unwrap_or_default();
        // Only a formula's own words matter; its value is in the cell.
        if formula.contains('"') {
            push_line(&mut self.formulas, &formula);
        }
        Cell {
            column,
            style: element
                .attribute("StyleID")
                .unwrap_or_default()
                .into_owned(),
            value: String::new(),
        }
    }

    fn end_cell(&mut self, cell: Cell) {
        if !cell.value.is_empty() {
            self.row_cells.push((cell.column, Cow::Owned(cell.value)));
        }
    }

    fn finish(self, place: &Place, harvest: &mut Harvest<'_>) {
        let here = sheet_place(&self.name, self.hidden, place);
        let name = format!("sheet \"{}\"", self.name);
        self.cells.finish(&here, &name, place, harvest);
        harvest.text(&here.within("comments"), self.comments);
        harvest.text(&here.within("header and footer"), self.header);
        harvest.text(&here.hidden("formulas, hidden"), self.formulas);
        harvest.text(&here.hidden("data validation, hidden"), self.validation);
    }
}

/// A number's format by its code, or by a name that stands for one.
fn format(code: &str) -> Format {
    match code {
        "Short Date" | "Medium Date" | "Long Date" => Format::Date,
        "General Date" => Format::DateTime,
        "Short Time" | "Medium Time" | "Long Time" => Format::Time,
        _ => Format::of_code(code),
    }
}

fn shown(text: &str, kind: &str, format: Option<&Format>) -> String {
    match kind {
        "DateTime" => number::iso_date(text.trim()),
        "Boolean" if text.trim() == "1" => "TRUE".to_owned(),
        "Boolean" => "FALSE".to_owned(),
        "Number" => number::show(text, format.unwrap_or(&Format::General), false),
        _ => text.to_owned(),
    }
}

fn index(element: &Element<'_, '_>) -> Option<u32> {
    element.number("Index")?.checked_sub(1)
}

/// Rows without height and columns without width are not seen either.
fn is_zero(element: &Element<'_, '_>, name: &str) -> bool {
    let size = element.attribute(name).and_then(|size| size.parse().ok());
    size == Some(0.0)
}

fn push_line(lines: &mut String, line: &str) {
    if !line.is_empty() {
        lines.push_str(line);
        lines.push('\n');
    }
}
