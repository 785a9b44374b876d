//! OpenDocument: odt, ods, odp.

use super::grid::Grid;
use super::harvest::{Harvest, Place};
use super::xml::{self, Element, Node};
use super::zip_records::Archive;
use super::{Protection, file};
use crate::finding::ProblemKind;

/// Repeated empty rows and cells beyond this fill a sheet to its end, and say
/// nothing.
const MOST_REPEATS: u32 = 1_000;

pub(crate) fn is_one(archive: &Archive<'_>) -> bool {
    kind_of(archive).is_some()
}

fn kind_of(archive: &Archive<'_>) -> Option<&'static str> {
    let declared = archive.member("mimetype")?.unpack(200).ok()?;
    let declared = std::str::from_utf8(&declared).ok()?.trim();
    let kind = declared.strip_prefix("application/vnd.oasis.opendocument.")?;
    Some(match kind {
        _ if kind.starts_with("text") => "odt",
        _ if kind.starts_with("spreadsheet") => "ods",
        _ if kind.starts_with("presentation") => "odp",
        _ => "odf",
    })
}

pub(crate) fn read(archive: &Archive<'_>, place: &Place, harvest: &mut Harvest<'_>) {
    let kind = kind_of(archive).unwrap_or("odf");
    let sheets = kind == "ods";
    harvest.kind(place, kind);
    archive.faults(place, harvest);
    let Some(place) = harvest.deeper(place) else {
        return;
    };
    let manifest = archive
        .member("META-INF/manifest.xml")
        .and_then(|member| member.unpack(1024 * 1024).ok());
    if manifest.is_some_and(|manifest| is_encrypted(&manifest)) {
        if !is_clear(archive, harvest) {
            harvest.protection(
                &place,
                Protection::Protected,
                "encrypted with its program's own password",
            );
            return;
        }
        harvest.protection(&place, Protection::Weak, "only parts of it are encrypted");
    }
    let mut pictures = 0;
    for member in &archive.members {
        let name = member.name.as_str();
        if harvest.is_spent() {
            return;
        }
        if member.packed.is_empty() || !harvest.entry(&place) {
            continue;
        }
        if name.starts_with("Pictures/") || name.starts_with("Thumbnails/") {
            pictures += u32::from(name.starts_with("Pictures/"));
            continue;
        }
        let bytes = match member.unpack(harvest.inflatable(member.packed.len())) {
            Ok(bytes) if harvest.decoded(&place, bytes.len()) => bytes,
            Ok(_) => return,
            Err(fault) => {
                fault.tell(&place, harvest);
                continue;
            }
        };
        let whole = match name {
            "content.xml" => content(&bytes, sheets, &place, harvest),
            "styles.xml" => content(&bytes, sheets, &place.within("header and footer"), harvest),
            "meta.xml" => content(
                &bytes,
                sheets,
                &place.hidden("document properties, hidden"),
                harvest,
            ),
            _ if name.ends_with("content.xml") => {
                content(&bytes, sheets, &place.within("embedded object"), harvest)
            }
            _ if name.starts_with("ObjectReplacements/") => true,
            _ if name.starts_with("Object ") && !name.ends_with(".xml") => {
                file::read(&[name], &bytes, &place, harvest);
                true
            }
            _ => true,
        };
        if !whole {
            harvest.problem(
                &place,
                ProblemKind::Damaged,
                "a part of it is damaged and was read only in part",
            );
        }
    }
    if pictures > 0 {
        harvest.problem(
            &place,
            ProblemKind::NotRead,
            "pictures in it: text in them was not read",
        );
    }
}

/// Whether the document itself is readable, whatever the manifest says of it
/// or of a picture in it.
fn is_clear(archive: &Archive<'_>, harvest: &Harvest<'_>) -> bool {
    let content = archive.member("content.xml");
    content.is_some_and(|content| {
        let bytes = content.unpack(harvest.inflatable(content.packed.len()));
        bytes.is_ok_and(|bytes| bytes.trim_ascii_start().starts_with(b"<"))
    })
}

fn is_encrypted(manifest: &[u8]) -> bool {
    let mut encrypted = false;
    xml::walk(manifest, |node| {
        if let Node::Start(element) | Node::Empty(element) = node {
            encrypted |= element.name() == b"encryption-data";
        }
        !encrypted
    });
    encrypted
}

/// Any of its XML parts. Tables are texts of their own; all else is lines.
fn content(xml: &[u8], sheets: bool, place: &Place, harvest: &mut Harvest<'_>) -> bool {
    let mut reader = Reader {
        sheets,
        ..Reader::default()
    };
    let mut finished = Vec::new();
    let room = harvest.room();
    let whole = xml::walk(xml, |node| {
        match node {
            Node::Start(element) => reader.start(&element, true),
            Node::Empty(element) => reader.start(&element, false),
            Node::End(name) => reader.end(name, &mut finished),
            Node::Text(text) => reader.push(text),
        }
        reader.length < room
    });
    harvest.text(place, reader.lines);
    for (number, slide) in (1..).zip(reader.slides) {
        let here = match slide.hidden {
            true => place.hidden(&format!("slide {number} (hidden)")),
            false => place.within(&format!("slide {number}")),
        };
        harvest.text(&here, slide.lines);
        harvest.text(
            &place.hidden(&format!("notes of slide {number}")),
            slide.notes,
        );
    }
    for table in finished {
        let mut place = place.within(&table.name);
        place.hidden |= table.hidden;
        table.grid.finish(&place, harvest);
    }
    harvest.text(&place.hidden("(deleted text, hidden)"), reader.deleted);
    harvest.text(&place.within("comments"), reader.comments);
    whole
}

#[derive(Debug, Default)]
struct Reader {
    lines: String,
    deleted: String,
    comments: String,
    slides: Vec<Slide>,
    /// Inside a slide, and inside its notes.
    in_slide: bool,
    in_notes: bool,
    tables: Vec<Table>,
    count: u32,
    /// Tables are sheets with names that people see.
    sheets: bool,
    /// The style that is being read, and those of sheets that are not shown.
    style: String,
    hidden_styles: Vec<String>,
    in_deletion: u32,
    in_comment: u32,
    /// Elements whose text is read.
    words: u32,
    length: usize,
}

/// A slide's words, and those that only its speaker sees.
#[derive(Debug, Default)]
struct Slide {
    hidden: bool,
    lines: String,
    notes: String,
}

#[derive(Debug)]
struct Table {
    name: String,
    hidden: bool,
    grid: Grid,
    row: u32,
    column: u32,
    row_repeats: u32,
    cell_repeats: u32,
    cell: String,
    /// The row's cells, to be written again if it repeats.
    cells: Vec<(u32, String)>,
}

impl Reader {
    fn start(&mut self, element: &Element<'_, '_>, has_content: bool) {
        match element.name() {
            b"style" => self.style = element.attribute("name").unwrap_or_default().into_owned(),
            b"table-properties" if element.attribute("display").as_deref() == Some("false") => {
                self.hidden_styles.push(std::mem::take(&mut self.style));
            }
            b"drawing-page-properties"
                if element.attribute("visibility").as_deref() == Some("hidden") =>
            {
                self.hidden_styles.push(std::mem::take(&mut self.style));
            }
            b"page" => {
                let style = element.attribute("style-name").unwrap_or_default();
                self.slides.push(Slide {
                    hidden: self.hidden_styles.iter().any(|hidden| *hidden == style),
                    ..Slide::default()
                });
                self.in_slide = has_content;
            }
            b"notes" if has_content => self.in_notes = true,
            b"table" if has_content => {
                self.count += 1;
                let style = element.attribute("style-name").unwrap_or_default();
                let hidden = self.hidden_styles.iter().any(|hidden| *hidden == style);
                let name = match element.attribute("name") {
                    Some(name) if self.sheets && hidden => format!("sheet \"{name}\" (hidden)"),
                    Some(name) if self.sheets => format!("sheet \"{name}\""),
                    _ => format!("table {}", self.count),
                };
                self.tables.push(Table {
                    name,
                    hidden,
                    grid: Grid::new(),
                    row: 0,
                    column: 0,
                    row_repeats: 1,
                    cell_repeats: 1,
                    cell: String::new(),
                    cells: Vec::new(),
                });
            }
            b"table-row" => {
                if let Some(table) = self.tables.last_mut() {
                    table.row_repeats = element.number("number-rows-repeated").unwrap_or(1);
                    table.column = 0;
                    if !has_content {
                        table.end_row();
                    }
                }
            }
            b"table-cell" | b"covered-table-cell" => {
                if let Some(table) = self.tables.last_mut() {
                    table.cell_repeats = element.number("number-columns-repeated").unwrap_or(1);
                    if !has_content {
                        table.end_cell();
                    }
                }
            }
            b"deletion" if has_content => self.in_deletion += 1,
            b"annotation" if has_content => self.in_comment += 1,
            b"p" | b"h" if has_content => {
                self.words += 1;
            }
            b"p" | b"h" => self.line_end(),
            b"tab" => self.push("\t"),
            b"s" => self.push(" "),
            b"line-break" => self.push("\n"),
            b"creator" | b"title" | b"subject" | b"description" | b"keyword"
            | b"initial-creator" | b"user-defined" | b"desc"
                if has_content =>
            {
                self.words += 1;
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8], finished: &mut Vec<Table>) {
        match name {
            b"table" => finished.extend(self.tables.pop()),
            b"table-row" => {
                if let Some(table) = self.tables.last_mut() {
                    table.end_row();
                }
            }
            b"table-cell" | b"covered-table-cell" => {
                if let Some(table) = self.tables.last_mut() {
                    table.end_cell();
                }
            }
            b"page" => self.in_slide = false,
            b"notes" => self.in_notes = false,
            b"deletion" => self.in_deletion = self.in_deletion.saturating_sub(1),
            b"annotation" => self.in_comment = self.in_comment.saturating_sub(1),
            b"p" | b"h" | b"creator" | b"title" | b"subject" | b"description" | b"keyword"
            | b"initial-creator" | b"user-defined" | b"desc" => {
                self.words = self.words.saturating_sub(1);
                self.line_end();
            }
            b"date" | b"creator-initials" if self.in_comment > 0 => self.line_end(),
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        if self.words == 0 {
            return;
        }
        self.length += text.len();
        self.side().push_str(text);
    }

    fn line_end(&mut self) {
        let in_cell = self.in_comment == 0 && self.in_deletion == 0 && !self.tables.is_empty();
        self.side().push(if in_cell { ' ' } else { '\n' });
    }

    fn side(&mut self) -> &mut String {
        if self.in_comment > 0 {
            return &mut self.comments;
        }
        if self.in_deletion > 0 {
            return &mut self.deleted;
        }
        match self.tables.last_mut() {
            Some(table) => &mut table.cell,
            None => match self.slides.last_mut() {
                Some(slide) if self.in_notes => &mut slide.notes,
                Some(slide) if self.in_slide => &mut slide.lines,
                _ => &mut self.lines,
            },
        }
    }
}

impl Table {
    fn end_cell(&mut self) {
        let cell = std::mem::take(&mut self.cell);
        let repeats = std::mem::replace(&mut self.cell_repeats, 1);
        if cell.trim().is_empty() {
            self.column = self.column.saturating_add(repeats);
            return;
        }
        for _ in 0..repeats.min(MOST_REPEATS) {
            self.cells.push((self.column, cell.trim().to_owned()));
            self.column = self.column.saturating_add(1);
        }
    }

    fn end_row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        let repeats = std::mem::replace(&mut self.row_repeats, 1);
        if cells.is_empty() {
            self.row = self.row.saturating_add(repeats);
            return;
        }
        for _ in 0..repeats.min(MOST_REPEATS) {
            for (column, cell) in &cells {
                self.grid.cell(self.row, *column, cell);
            }
            self.row = self.row.saturating_add(1);
        }
    }
}
