//! Copies of cells of another workbook, which a workbook keeps for its
//! formulas (ECMA-376 part 1, 18.14).

use super::grid::{Grid, cell_name};
use super::harvest::{Harvest, Place};
use super::xml::{self, Element, Node};

/// `xl/externalLinks/externalLink1.xml`; false if it is damaged.
pub(crate) fn read(xml: &[u8], place: &Place, harvest: &mut Harvest<'_>) -> bool {
    let mut reader = Reader::default();
    let room = harvest.room();
    let whole = xml::walk(xml, |node| {
        match node {
            Node::Start(element) => reader.start(&element),
            Node::Empty(element) => reader.name(&element),
            Node::Text(text) => reader.text(text),
            Node::End(name) => reader.end(name),
        }
        reader.length < room
    });
    reader.end_sheet();
    harvest.text(place, reader.names);
    for (name, grid) in reader.finished {
        let place = match name.as_str() {
            "" => place.within("sheet"),
            name => place.within(&format!("sheet \"{name}\"")),
        };
        grid.finish(&place, harvest);
    }
    whole
}

#[derive(Debug, Default)]
struct Reader {
    /// Names of ranges and of links to other programs, a line each.
    names: String,
    sheets: Vec<String>,
    sheet: Option<(String, Grid)>,
    finished: Vec<(String, Grid)>,
    cell: (u32, u32),
    in_value: bool,
    value: String,
    length: usize,
}

impl Reader {
    fn start(&mut self, element: &Element<'_, '_>) {
        match element.name() {
            b"sheetData" => {
                self.end_sheet();
                let id = element.number("sheetId").unwrap_or(u32::MAX) as usize;
                let name = self.sheets.get(id).cloned().unwrap_or_default();
                self.sheet = Some((name, Grid::new()));
            }
            b"cell" => {
                let name = element.attribute("r").unwrap_or_default();
                self.cell = cell_name(&name).unwrap_or(self.cell);
            }
            b"v" | b"val" => self.in_value = true,
            _ => self.name(element),
        }
    }

    fn name(&mut self, element: &Element<'_, '_>) {
        match element.name() {
            b"sheetName" => {
                let name = element.attribute("val").unwrap_or_default().into_owned();
                self.length += name.len();
                self.sheets.push(name);
            }
            b"definedName" | b"ddeItem" | b"oleItem" => {
                self.line(&element.attribute("name").unwrap_or_default());
            }
            b"ddeLink" => {
                for name in ["ddeService", "ddeTopic"] {
                    self.line(&element.attribute(name).unwrap_or_default());
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_value {
            self.length += text.len();
            self.value.push_str(text);
        }
    }

    fn end(&mut self, name: &[u8]) {
        match name {
            b"v" | b"val" => {
                self.in_value = false;
                let value = std::mem::take(&mut self.value);
                match &mut self.sheet {
                    Some((_, grid)) => grid.cell(self.cell.0, self.cell.1, &value),
                    None => self.line(&value),
                }
            }
            b"sheetData" => self.end_sheet(),
            _ => {}
        }
    }

    fn line(&mut self, text: &str) {
        self.length += text.len();
        self.names.push_str(text);
        self.names.push('\n');
    }

    fn end_sheet(&mut self) {
        self.finished.extend(self.sheet.take());
    }
}
