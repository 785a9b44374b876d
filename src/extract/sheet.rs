//! Spreadsheets of SpreadsheetML: sheets, shared strings, styles, and the
//! copies of data that people do not know are there.

use super::cell_style::CellStyles;
use super::cells::sheet_place;
use super::harvest::{Harvest, Place};
use super::sheet_reader::SheetReader;
use super::xml::{self, Node};

pub(crate) const WORKBOOK: &str = "xl/workbook.xml";

/// What all sheets of a workbook share.
#[derive(Debug, Default)]
pub(crate) struct Workbook {
    pub(crate) sheets: Vec<Sheet>,
    pub(super) strings: Strings,
    pub(super) styles: CellStyles,
    pub(super) since_1904: bool,
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
pub(super) struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    pub(super) fn get(&self, index: usize) -> Option<&str> {
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
            reader.len() <= room
        });
        let cut = reader.len() > room;
        let here = reader.finish(name, hidden, place, harvest);
        if cut {
            harvest.exhaust(&here, "it holds more text than Exeat reads of one message");
        }
        whole
    }
}
